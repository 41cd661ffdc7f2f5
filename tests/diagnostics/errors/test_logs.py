"""Whole logs, as people have them: what must be said of each, and where nothing may be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.errors.explain import explain
from diagnostics.finding import Finding

LOGS = Path(__file__).with_name("logs")

EXPLAINED = {
    "plain_linear_shape": ("matmul-shape", "shape", "/home/ann/mnist/train.py:17"),
    "tqdm_device_mismatch": ("device-mismatch", "device-mismatch", "finetune.py:61"),
    "notebook_label_dtype": ("label-dtype", "label-dtype", "Cell In[7]:12"),
    "colab_old_notebook": ("target-shape", "label-shape-or-range", "<ipython-input-23-6e4bbf0d12ab>:5"),
    "ansi_colours_oom": ("cuda-oom", "oom", "/workspace/llm/sft.py:204"),
    "rank_prefix_many": ("unused-parameters", "distributed", "/data/ddp/main.py:77"),
    "interleaved_default_prefix": ("conv-shape", "shape", "train_ddp.py:40"),
    "chained_cause": ("state-dict-data-parallel", "checkpoint", "/srv/app/predict.py:20"),
    "chained_context": ("no-graph", "autograd", "run.py:12"),
    "worker_collate": ("collate-sizes", "dataloader", "/home/b/seg/train.py:55"),
    "worker_user_keyerror": ("worker-error", "dataloader", "/home/c/data.py:21"),
    "device_assert": ("label-range", "label-shape-or-range", "/home/d/cls.py:66"),
    "cublas_after_assert": ("index-range", "other", "bert.py:112"),
    "cublas_alone": ("cublas-failed", "other", "bert.py:112"),
    "truncated_beginning": ("broadcast-shape", "shape", "/home/e/vit/model.py:91"),
    "text_after_error": ("label-range", "label-shape-or-range", "train.py:9"),
    "windows_paths": ("torch-cpu-only", "cuda-setup", "C:\\Users\\Eva\\Documents\\proj\\main.py:14"),
    "powershell_utf16": ("graph-freed", "autograd", "C:\\work\\train.py:22"),
    "docker_compose_shm": ("shared-memory", "dataloader", "/app/train.py:33"),
    "logger_timestamps": ("scaler-order", "amp", "/app/loop.py:71"),
    "github_actions": ("optimizer-no-parameters", "autograd", "/home/runner/work/p/p/train.py:5"),
    "json_log": ("not-scalar", "autograd", "/app/worker.py:31"),
    "pytest_style": ("dtype-mismatch", "dtype-mismatch", "tests/test_net.py:9"),
    "rich_traceback": ("modified-inplace", "autograd", "/home/f/proj/train.py:18"),
    "message_only": ("device-mismatch", "device-mismatch", ""),
    "printed_exception": ("label-batch-size", "label-shape-or-range", ""),
    "logger_error_line": ("cuda-oom", "oom", ""),
    "mp_spawn": ("group-not-begun", "distributed", "/home/g/launch.py:22"),
    "nccl_watchdog": ("collective-timeout", "distributed", ""),
    "rank_oom_then_peers": ("cuda-oom", "oom", "pretrain.py:301"),
    "exception_group": ("numpy-of-grad", "autograd", "/home/h/tasks.py:5"),
    "no_kernel_image": ("no-kernel-image", "cuda-setup", "a.py:3"),
    "weights_only": ("weights-only", "checkpoint", "/w/gen.py:4"),
    "mse_warning": ("target-broadcast", "label-shape-or-range", "/home/i/reg/train.py:25"),
    "very_old_torch": ("label-dtype", "label-dtype", "main.py:70"),
    "torchscript": ("dtype-mismatch", "dtype-mismatch", "net.py:8"),
    "markdown_issue": ("leaf-inplace", "autograd", "/home/j/x.py:6"),
    "srun_labels": ("rendezvous-missing", "distributed", "slurm_train.py:15"),
    "fork_in_worker": ("fork-after-cuda", "cuda-setup", "t.py:9"),
    "ray_actor": ("cat-shape", "shape", "/home/ray/job.py:27"),
    "replica_data_parallel": ("device-mismatch", "device-mismatch", "dp.py:12"),
    "cpp_abort": ("illegal-access", "other", ""),
    "compiled_without_compiler": ("no-compiler", "cuda-setup", "t.py:2"),
    "in_progress_bar_binary": ("batchnorm-one-value", "shape", "/home/k/tr�.py:3"),
    "blind_jupyter_device": ("device-mismatch", "device-mismatch", "<ipython-input-14-6d3f5a0b2c11>:5"),
    "blind_tqdm_oom": ("cuda-oom", "oom", "/root/seg/engine.py:52"),
    "blind_rank0_shape": ("matmul-shape", "shape", "/workspace/ddp_train.py:10"),
    "blind_nccl_timeout": ("collective-timeout", "distributed", ""),
    "blind_worker_keyerror": ("worker-error", "dataloader", "/home/alice/proj/dataset.py:9"),
    "blind_worker_stack": ("collate-sizes", "dataloader", "C:\\Users\\Mei Lin\\nlp\\reviews.py:9"),
    "blind_assert_nll": ("label-range", "label-shape-or-range", "/data/work/cls/trainer.py:58"),
    "blind_assert_embedding": ("index-range", "other", "/content/bert_clf.py:34"),
    "blind_cublas_init": ("cublas-failed", "other", "/home/u/gnn/layers.py:21"),
    "blind_cudnn": ("cudnn-failed", "other", "E:\\research\\yolo\\models\\common.py:49"),
    "blind_bce_long": ("bce-integer-target", "label-dtype", "train_ctr.py:6"),
    "blind_old_long": ("label-dtype", "label-dtype", "mnist.py:52"),
    "blind_ce_float_chinese": ("label-dtype", "label-dtype", "/home/wang/实验/训练.py:7"),
    "blind_multi_target": ("label-shape", "label-shape-or-range", "/Users/sam/kaggle/model.py:5"),
    "blind_out_of_bounds": ("label-range", "label-shape-or-range", "./clf.py:6"),
    "blind_bce_size": ("target-shape", "label-shape-or-range", "/mnt/d/projects/churn/steps.py:7"),
    "blind_bce_range": ("bce-input-range", "label-shape-or-range", "gan.py:7"),
    "blind_double": ("dtype-mismatch", "dtype-mismatch", "boston.py:8"),
    "blind_half_bias": ("dtype-mismatch", "dtype-mismatch", "/workspace/sd/infer.py:40"),
    "blind_floattensor_truncated": ("device-mismatch", "device-mismatch", "/home/k/proj/net.py:18"),
    "blind_autocast_half": ("dtype-mismatch", "dtype-mismatch", "/home/b/asr/train.py:93"),
    "blind_unscale_fp16": ("unscale-fp16", "amp", "/home/ubuntu/lora/finetune.py:283"),
    "blind_unscale_twice": ("scaler-order", "amp", "train_amp.py:88"),
    "blind_second_backward": ("graph-freed", "autograd", "/home/alice/lstm/train.py:11"),
    "blind_lightning_nograd": ("no-graph", "autograd", "/home/jo/pl/run.py:61"),
    "blind_inplace_anomaly": ("modified-inplace", "autograd", "/srv/ml/unet/blocks.py:13"),
    "blind_leaf": ("leaf-inplace", "autograd", "sgd_by_hand.py:6"),
    "blind_numpy_grad": ("numpy-of-grad", "autograd", "Cell In[22]:7"),
    "blind_cuda_numpy": ("numpy-of-gpu-tensor", "device-mismatch", "eval.py:45"),
    "blind_state_dict": ("state-dict-data-parallel", "checkpoint", "/data/code/test.py:11"),
    "blind_deserialize": ("checkpoint-device", "checkpoint", "/Users/lea/demo/app.py:12"),
    "blind_weights_only": ("weights-only", "checkpoint", "/home/pi/yolo/detect.py:6"),
    "blind_zip_slurm": ("checkpoint-torn", "checkpoint", "/scratch/users/tk/resume.py:4"),
    "blind_not_compiled": ("torch-cpu-only", "cuda-setup", "D:\\deep learning\\pix2pix\\models\\networks.py:111"),
    "blind_no_kernel_zh": ("no-kernel-image", "cuda-setup", "/home/li/demo/run.py:9"),
    "blind_no_driver": ("no-driver", "cuda-setup", "/app/main.py:15"),
    "blind_windows_spawn": ("no-main-guard", "dataloader", "C:\\code\\fruits\\fruits.py:40"),
    "blind_bus_shm": ("shared-memory", "dataloader", "/workspace/train_imagenet.py:244"),
    "blind_ddp_unused": ("unused-parameters", "distributed", "/nfs/vl/train_vl.py:355"),
    "blind_torchrun_root": ("broadcast-shape", "shape", "/home/m/pt/pretrain.py:171"),
    "blind_slurm_addr": ("address-in-use", "distributed", "/home/grp/mae/util/misc.py:245"),
    "blind_conv_channels": ("conv-shape", "shape", "/kaggle/working/xray_model.py:27"),
    "blind_view": ("view-stride", "shape", "att.py:4"),
    "blind_oom_old_text_after": ("cuda-oom", "oom", "run_summarization.py:621"),
}
"""A log -> id and category of its root cause, and the reader's line.

Those named blind_ were written by someone who had not seen the patterns: at first 43 of 44 were told rightly, and none
of the 44 unrelated ones was diagnosed.
"""

UNRELATED = sorted(path.stem for path in (LOGS / "unrelated").glob("*.log"))


def explained(kind: str, name: str) -> list[Finding]:
    return explain((LOGS / kind / f"{name}.log").read_bytes())


def test_every_log_is_judged() -> None:
    """No file is left out, and there are enough."""
    assert sorted(EXPLAINED) == sorted(path.stem for path in (LOGS / "known").glob("*.log"))
    assert len(EXPLAINED) >= 40
    assert len(UNRELATED) >= 40


@pytest.mark.parametrize("name", EXPLAINED)
def test_the_root_cause_of_a_log_comes_first(name: str) -> None:
    """With its category, and the line that is the reader's own."""
    finding = explained("known", name)[0]
    place = f"{finding.where.file}:{finding.where.line}" if finding.where else ""
    assert (finding.id, finding.category, place) == EXPLAINED[name]
    assert finding.status in ("fail", "warn")
    assert finding.consequence_of == ""
    assert finding.fix
    assert finding.cause
    assert finding.evidence


@pytest.mark.parametrize("name", UNRELATED)
def test_a_log_without_an_error_of_torch_gets_no_diagnosis(name: str) -> None:
    """One finding that says what was found instead."""
    (finding,) = explained("unrelated", name)
    assert (finding.id, finding.status, finding.category) == ("not-known", "skipped", "")
    assert finding.evidence


@pytest.mark.parametrize(
    ("name", "followers"),
    [
        ("device_assert", {"device-assert"}),
        ("cublas_after_assert", {"cublas-failed"}),
        ("docker_compose_shm", {"worker-died"}),
        ("rank_oom_then_peers", {"peer-gone"}),
        ("compiled_without_compiler", {"compile-failed"}),
        ("chained_cause", set()),
    ],
)
def test_what_a_root_cause_led_to_is_folded_under_it(name: str, followers: set[str]) -> None:
    """A broken GPU, a dead worker and lost peers are consequences."""
    first, *rest = explained("known", name)
    assert {one.id for one in rest if one.consequence_of == first.id} == followers
    assert len(rest) == len(followers)


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("plain_linear_shape", "self.fc1(x.view(x.size(0), -1))"),
        ("notebook_label_dtype", "loss = loss_fn(pred, yb)"),
        ("truncated_beginning", "x + self.pos_embed"),
        ("exception_group", "model(x).numpy()"),
        ("windows_paths", "model.cuda()"),
        ("ansi_colours_oom", "trainer.train()"),
        ("rich_traceback", "loss.backward()"),
        ("srun_labels", 'dist.init_process_group("nccl")'),
    ],
)
def test_the_expression_is_that_which_the_log_shows(name: str, expression: str) -> None:
    """What Python underlined, else the whole line."""
    where = explained("known", name)[0].where
    assert where is not None
    assert where.expression == expression


@pytest.mark.parametrize(
    ("name", "said", "place"),
    [
        ("pandas_key", "KeyError: 'label'", 12),
        ("django", "app.models.Item.DoesNotExist: Item matching query does not exist.", 31),
        ("syntax_error", "SyntaxError: '(' was never closed", 14),
        ("launcher_only", "exit code -9", None),
        ("healthy_training", "no Python error and no message of torch's: 9 lines", None),
    ],
)
def test_what_is_not_known_is_told_as_it_was_found(name: str, said: str, place: int | None) -> None:
    """The last exception and the reader's line, a launcher's exit code, or that there was nothing."""
    (finding,) = explained("unrelated", name)
    assert any(said in line for line in finding.evidence)
    assert (finding.where.line if finding.where else None) == place


def test_ranks_that_tell_the_same_are_one_finding() -> None:
    """Which ranks told it is said."""
    findings = explained("known", "rank_prefix_many")
    assert [one.id for one in findings] == ["unused-parameters"]
    assert "by rank0, rank1, rank2, rank3" in findings[0].evidence


def test_a_progress_bar_before_a_message_is_not_part_of_it() -> None:
    """tqdm leaves the cursor behind its bar, and the next message is printed there."""
    bar = "Epoch 1:  12%|█▏        | 37/312 [00:04<00:31,  8.81it/s, loss=1.2]"
    said = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x10 and 20x5)"
    (found,) = explain(bar + said)
    assert found.evidence[0].startswith("RuntimeError: mat1")
    assert [one.id for one in explain(bar)] == ["not-known"]
