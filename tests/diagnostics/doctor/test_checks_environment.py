"""Variables of the environment: what hides GPUs, and what is no fault."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.doctor.checks import environment
from diagnostics.doctor.checks.alloc_conf import refused
from diagnostics.doctor.facts import Facts, Gpu, MigDevice
from diagnostics.doctor.judge import faults, judge
from diagnostics.finding import Finding
from tests.diagnostics.doctor import hosts
from tests.diagnostics.doctor.judging import causes

MASKS = {name for name in faults() if name.startswith("visible-devices-")}
ENVIRONMENT = {name for name, one in faults().items() if one.theme == "environment"}


def found(facts: Facts) -> list[Finding]:
    """What the theme says, without its own line."""
    return judge(facts, only=ENVIRONMENT)


def four(**variables: str) -> Facts:
    """A server with four H200."""
    facts = hosts.hgx_h200_8()
    assert facts.nvml is not None
    assert facts.nvml.gpus is not None
    uuids = ["GPU-8f6d2c1e-00", "GPU-8f6d77aa-01", "GPU-1b00c0de-02", "GPU-c0ffee00-03"]
    gpus = [replace(gpu, uuid=uuid) for gpu, uuid in zip(facts.nvml.gpus, uuids)]
    return hosts.changed(facts, nvml={"gpus": gpus}, variables=variables, pci=(facts.pci or [])[:4])


def masked(value: str) -> Facts:
    return four(CUDA_VISIBLE_DEVICES=value)


def with_torch(version: str, **variables: str) -> Facts:
    """A workstation with this torch."""
    facts = hosts.changed(hosts.rtx4090_driver550_cu126(), variables=variables, torch={"version": version})
    assert facts.packages is not None
    assert facts.packages.torches is not None
    return hosts.changed(facts, packages={"torches": [replace(facts.packages.torches[0], version=version)]})


def mig(*uuids: str, **variables: str) -> Facts:
    slices = [MigDevice(uuid=uuid) for uuid in uuids]
    return hosts.gpus_changed(four(**variables), mig=True, mig_devices=slices)


@pytest.mark.parametrize(
    ("value", "name", "status", "says", "command"),
    [
        ("", "none", "fail", "none of 4", "unset CUDA_VISIBLE_DEVICES"),
        ("-1", "none", "fail", "none of 4", "unset CUDA_VISIBLE_DEVICES"),
        ("NoDevFiles", "none", "fail", "none of 4", "unset CUDA_VISIBLE_DEVICES"),
        ("0,0", "twice", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=0"),
        ("0,2,0", "twice", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=0,2"),
        ("GPU-1b,GPU-1b00", "twice", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=GPU-1b00c0de-02"),
        ("cuda:0", "unreadable", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=0"),
        ("[1,2]", "unreadable", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=1,2"),
        ('"1"', "unreadable", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=1"),
        ("all", "unreadable", "fail", "none of 4", "unset CUDA_VISIBLE_DEVICES"),
        ("gpu-1b00c0de", "unreadable", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=GPU-1b00c0de-02"),
        ("+", "unreadable", "fail", "ValueError", "unset CUDA_VISIBLE_DEVICES"),
        ("1gpu2", "unreadable", "warn", "GPU 1 of 4", "export CUDA_VISIBLE_DEVICES=1"),
        ("0-2", "unreadable", "warn", "GPU 0 of 4", "export CUDA_VISIBLE_DEVICES=0,1,2"),
        ("0;1", "unreadable", "warn", "GPU 0 of 4", "export CUDA_VISIBLE_DEVICES=0,1"),
        ("0,1,x,2", "cut", "warn", "GPUs 0 and 1 of 4", "export CUDA_VISIBLE_DEVICES=0,1,2"),
        ("0,-1,1", "cut", "warn", "GPU 0 of 4", "export CUDA_VISIBLE_DEVICES=0,1"),
        ("0,,2", "cut", "warn", "GPU 0 of 4", "export CUDA_VISIBLE_DEVICES=0,2"),
        (
            "GPU-1b, GPU-c0ff",
            "cut",
            "warn",
            "GPU 2 of 4",
            "export CUDA_VISIBLE_DEVICES=GPU-1b00c0de-02,GPU-c0ffee00-03",
        ),
        ("7", "out-of-range", "fail", "none of 4", "unset CUDA_VISIBLE_DEVICES"),
        ("4,0", "out-of-range", "fail", "none of 4", "export CUDA_VISIBLE_DEVICES=0"),
        ("0,4,1", "out-of-range", "warn", "GPU 0 of 4", "export CUDA_VISIBLE_DEVICES=0,1"),
        ("GPU-dead", "unknown-uuid", "fail", "none of 4", "unset CUDA_VISIBLE_DEVICES"),
        ("GPU-8f6d", "unknown-uuid", "fail", "none of 4", "unset CUDA_VISIBLE_DEVICES"),
        ("GPU-c0ff,GPU-dead", "unknown-uuid", "warn", "GPU 3 of 4", "export CUDA_VISIBLE_DEVICES=GPU-c0ffee00-03"),
    ],
)
def test_a_wrong_mask_is_one_fault_with_the_corrected_line(
    value: str, name: str, status: str, says: str, command: str
) -> None:
    """What torch makes of it is the evidence, and the first step is the line as it should be."""
    findings = found(masked(value))
    assert [finding.id for finding in findings] == [f"visible-devices-{name}"]
    assert findings[0].status == status
    assert says in " ".join(findings[0].evidence)
    assert findings[0].fix[0].command == command


@pytest.mark.parametrize(
    "value", ["0,1,2,3", "0, 1, 2, 3", "3,2,1,0", "0,1,2,3,", "0,1,2,3,-1", "GPU-8f6d2,GPU-8f6d7,GPU-1,GPU-c"]
)
def test_a_mask_of_every_gpu_says_nothing(value: str) -> None:
    """Blanks, another order, a comma or a -1 at the end, and beginnings of UUIDs are no faults."""
    assert found(masked(value)) == []


@pytest.mark.parametrize(("value", "left"), [("0, 1", "0 and 1"), ("3", "3"), ("GPU-1b00", "2"), ("2,", "2")])
def test_a_subset_is_a_note(value: str, left: str) -> None:
    """It is how GPUs are shared."""
    (finding,) = found(masked(value))
    assert (finding.id, finding.status) == ("visible-devices-subset", "note")
    assert finding.title.endswith(left)


def test_a_subset_in_a_job_is_the_schedulers() -> None:
    """The theme of sharing tells what was allotted."""
    assert found(hosts.slurm_1_of_8()) == []
    assert found(hosts.slurm_cgroup_1_of_8()) == []


def test_a_job_that_was_given_no_gpu_is_told_to_ask_for_one() -> None:
    """Slurm empties the mask of a job that asked for none."""
    job = hosts.changed(four(), variables={"SLURM_JOB_ID": "1", "CUDA_VISIBLE_DEVICES": ""})
    (finding,) = found(job)
    assert (finding.id, finding.status) == ("visible-devices-none", "warn")
    assert "--gres=gpu:1" in finding.fix[0].command


def test_a_job_without_a_gpu_is_one_fault() -> None:
    """The nodes that the job may not open explain the empty mask."""
    job = hosts.changed(hosts.slurm_cgroup_1_of_8(), variables={"SLURM_JOB_GPUS": "", "CUDA_VISIBLE_DEVICES": ""})
    shut = [replace(node, opens=1) for node in job.nodes or []]
    job = hosts.changed(job, nodes=shut, nvml={"gpus": [], "error": 0}, cuda={"error": 100, "devices": 0})
    assert causes(job, "job-without-gpu", "visible-devices-none")["visible-devices-none"] == "job-without-gpu"


def test_a_job_whose_mask_lost_its_gpu_is_not_told_to_take_the_others() -> None:
    """Slurm gave GPU 3, and a start-up file emptied the mask."""
    job = hosts.changed(hosts.slurm_1_of_8(), variables={"CUDA_VISIBLE_DEVICES": ""})
    (finding,) = found(job)
    assert (finding.id, finding.status) == ("visible-devices-none", "fail")
    assert not any("unset" in step.command for step in finding.fix)


@pytest.mark.parametrize("host", [hosts.cpu_laptop, hosts.login_node, hosts.mac])
@pytest.mark.parametrize("value", ["", "-1", "0", "cuda:0"])
def test_a_mask_where_there_is_no_gpu_says_nothing(host: object, value: str) -> None:
    """It hides nothing."""
    assert callable(host)
    assert found(hosts.changed(host(), variables={"CUDA_VISIBLE_DEVICES": value})) == []


def test_without_nvml_only_what_no_gpu_could_change_is_told() -> None:
    """How many GPUs there are is not known then."""
    asleep = hosts.laptop_asleep()
    assert found(hosts.changed(asleep, variables={"CUDA_VISIBLE_DEVICES": "7"})) == []
    assert found(hosts.changed(asleep, variables={"CUDA_VISIBLE_DEVICES": "GPU-dead"})) == []
    (finding,) = found(hosts.changed(asleep, variables={"CUDA_VISIBLE_DEVICES": "cuda:0"}))
    assert finding.fix[0].command == "unset CUDA_VISIBLE_DEVICES"


def test_a_torch_for_amd_reads_other_variables() -> None:
    """CUDA_VISIBLE_DEVICES is not the one that counts there."""
    facts = with_torch("2.13.0+rocm7.0", CUDA_VISIBLE_DEVICES="cuda:0")
    assert found(facts) == []


def test_a_uuid_of_a_gpu_that_nvml_cannot_read_is_not_judged() -> None:
    """A lost GPU has no UUID to compare with."""
    facts = hosts.gpu_changed(masked("GPU-dead"), 3, uuid=None, error=15)
    assert found(facts) == []


def test_a_slice_of_another_gpu_is_unknown() -> None:
    """CUDA starts with no device then."""
    (finding,) = found(mig("MIG-aaaa", "MIG-bbbb", CUDA_VISIBLE_DEVICES="MIG-cccc"))
    assert (finding.id, finding.status) == ("visible-devices-unknown-uuid", "fail")
    assert "MIG-aaaa" in finding.evidence[-1]


@pytest.mark.parametrize("value", ["MIG-aaaa", "MIG-aaaa,MIG-bbbb", "MIG-GPU-8f6d2c1e-00/1/0"])
def test_a_slice_that_is_there_says_nothing(value: str) -> None:
    """Nor does the form of older drivers, which cannot be looked up."""
    assert found(mig("MIG-aaaa", "MIG-bbbb", CUDA_VISIBLE_DEVICES=value)) == []


@given(value=st.text(max_size=40) | st.text(alphabet="0123, -GPUMIGcuda:x[];.", max_size=12))
def test_any_mask_is_judged_once_and_in_sentences(value: str) -> None:
    """Whatever stands there, at most one thing is told, and it fits on a screen."""
    findings = found(masked(value))
    assert len(findings) <= 1
    for finding in findings:
        words = (finding.title, finding.cause, *finding.evidence, *(step.command for step in finding.fix))
        assert all(word.isprintable() for word in words)
        assert finding.status == "note" or finding.fix


def test_what_a_mask_holds_reaches_the_screen_clean() -> None:
    """A variable is text from outside."""
    (finding,) = found(masked("\x1b[31mcuda:0\x07" + "x" * 5000))
    text = " ".join((finding.title, *finding.evidence, *(step.command for step in finding.fix)))
    assert text.isprintable()
    assert len(finding.title) < 200


MIXED = [
    Gpu(index=0, name="NVIDIA GeForce GT 1030", uuid="GPU-aaaa"),
    Gpu(index=1, name="NVIDIA GeForce RTX 4090", uuid="GPU-bbbb"),
]


def mixed(order: list[str], **variables: str) -> Facts:
    """Two models, and the UUIDs in torch's order."""
    facts = hosts.changed(hosts.rtx4090_driver550_cu126(), nvml={"gpus": MIXED}, variables=variables)
    assert facts.torch is not None
    assert facts.torch.gpus is not None
    return hosts.changed(facts, torch={"gpus": [replace(facts.torch.gpus[0], uuid=uuid) for uuid in order]})


def test_several_models_may_be_numbered_in_two_ways() -> None:
    """cuda:0 is the RTX 4090, nvidia-smi's 0 the GT 1030."""
    (finding,) = found(mixed(["bbbb", "aaaa"]))
    assert (finding.id, finding.status) == ("device-order", "note")
    assert finding.fix[0].command == "export CUDA_DEVICE_ORDER=PCI_BUS_ID"
    assert found(mixed([]))[0].id == "device-order"
    assert found(mixed([], CUDA_DEVICE_ORDER="FASTEST_FIRST"))[0].id == "device-order"


def test_one_numbering_says_nothing() -> None:
    """By the variable, by what torch saw, or because all are of one model."""
    assert found(mixed([], CUDA_DEVICE_ORDER="PCI_BUS_ID")) == []
    assert found(mixed(["aaaa", "bbbb"])) == []
    assert found(four()) == []


@pytest.mark.parametrize(
    ("name", "value", "fault", "status"),
    [
        ("CUDA_LAUNCH_BLOCKING", "1", "launch-blocking", "warn"),
        ("PYTORCH_NVML_BASED_CUDA_CHECK", "1", "nvml-based-check", "note"),
        ("NVIDIA_TF32_OVERRIDE", "0", "tf32-override", "note"),
        ("NVIDIA_TF32_OVERRIDE", "1", "tf32-override", "note"),
        ("NCCL_DEBUG", "info", "nccl-debug", "note"),
        ("NCCL_DEBUG", "TRACE", "nccl-debug", "note"),
    ],
)
def test_a_variable_that_changes_torch_is_told(name: str, value: str, fault: str, status: str) -> None:
    """Only where there is a GPU for it to act upon."""
    (finding,) = found(four(**{name: value}))
    assert (finding.id, finding.status) == (fault, status)
    assert value.upper() in finding.evidence[0].upper()
    assert found(hosts.changed(hosts.cpu_laptop(), variables={name: value})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CUDA_LAUNCH_BLOCKING", "0"),
        ("CUDA_LAUNCH_BLOCKING", ""),
        ("PYTORCH_NVML_BASED_CUDA_CHECK", "0"),
        ("NVIDIA_TF32_OVERRIDE", ""),
        ("NCCL_DEBUG", "WARN"),
        ("NCCL_DEBUG", "VERSION"),
        ("HSA_OVERRIDE_GFX_VERSION", "10.3.0"),
        ("CUDA_DEVICE_MAX_CONNECTIONS", "1"),
    ],
)
def test_a_variable_without_effect_says_nothing(name: str, value: str) -> None:
    """Switched off, or for another make of GPU."""
    assert found(four(**{name: value})) == []


def test_rocm_told_of_another_gpu_is_a_note() -> None:
    """Some GPUs need it, and others are harmed."""
    facts = with_torch("2.13.0+rocm7.0", HSA_OVERRIDE_GFX_VERSION="10.3.0")
    assert facts.packages is not None
    assert facts.packages.torches is not None
    torch = replace(facts.packages.torches[0], hip="7.0.51831")
    (finding,) = found(hosts.changed(facts, packages={"torches": [torch]}))
    assert (finding.id, finding.status) == ("rocm-override", "note")


@pytest.mark.parametrize("torch", ["2.6.0+cu126", "2.8.0+cu126", "2.9.1+cu128"])
def test_the_new_name_has_no_effect_on_an_old_torch(torch: str) -> None:
    """Up to 2.9 only the old name is read for CUDA."""
    (finding,) = found(with_torch(torch, PYTORCH_ALLOC_CONF="expandable_segments:True"))
    assert (finding.id, finding.status) == ("alloc-conf-old", "warn")
    assert finding.fix[0].command == "export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"


def test_the_old_name_is_a_note_where_torch_warns_of_it() -> None:
    """Its settings work."""
    (finding,) = found(with_torch("2.10.0+cu128", PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True"))
    assert (finding.id, finding.status) == ("alloc-conf-old", "note")


@pytest.mark.parametrize(
    ("torch", "names"),
    [
        ("2.6.0+cu126", ["PYTORCH_CUDA_ALLOC_CONF"]),
        ("2.13.0+cu126", ["PYTORCH_CUDA_ALLOC_CONF"]),
        ("2.13.0+cu126", ["PYTORCH_ALLOC_CONF"]),
        ("2.8.0+cu128", ["PYTORCH_CUDA_ALLOC_CONF"]),
        ("2.10.0+cu128", ["PYTORCH_ALLOC_CONF"]),
        ("2.12.0+cu128", ["PYTORCH_CUDA_ALLOC_CONF"]),
        ("2.6.0+cu126", ["PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"]),
    ],
)
def test_a_name_that_is_read_says_nothing(torch: str, names: list[str]) -> None:
    """Both names together work with every torch."""
    assert found(with_torch(torch, **dict.fromkeys(names, "expandable_segments:True"))) == []


REFUSED = [
    ("expandable_segments:true", "expandable_segments:True"),
    ("expandable_segments:1", "expandable_segments:True"),
    ("expandable_segments=True", "expandable_segments:True"),
    ("expandable_segments", ""),
    ("max_split_size_mb=128", "max_split_size_mb:128"),
    ("max_split_size_mb:19", ""),
    ("max_split_size_mb:128;expandable_segments:True", ""),
    ("max_split_size_mb:512 garbage_collection_threshold:0.8", ""),
    (
        "pinned_use_background_threads:true,max_split_size_mb:64",
        "pinned_use_background_threads:True,max_split_size_mb:64",
    ),
]
MISSPELLED = [
    ("expandable_segment:True", "expandable_segments:True"),
    ("max_split_size:128", "max_split_size_mb:128"),
    ('"expandable_segments:True"', "expandable_segments:True"),
    ("Expandable_Segments:True", "expandable_segments:True"),
]
TAKEN = [
    "",
    "expandable_segments:True",
    " expandable_segments : True ,",
    "max_split_size_mb:20",
    "garbage_collection_threshold:0.8,max_split_size_mb:512",
    "roundup_power2_divisions:[256:1,512:2,>:4],expandable_segments:True",
    "roundup_power2_divisions:8",
    "backend:cudaMallocAsync",
    "an_option_of_next_year:1",
]


@pytest.mark.parametrize(("conf", "better"), REFUSED + MISSPELLED)
def test_settings_that_torch_refuses_fail(conf: str, better: str) -> None:
    """With the line as it should be, where that is plain."""
    (finding,) = found(with_torch("2.13.0+cu126", PYTORCH_CUDA_ALLOC_CONF=conf))
    assert (finding.id, finding.status) == ("alloc-conf-unknown", "fail")
    first = f"export PYTORCH_CUDA_ALLOC_CONF={better}" if better else "unset PYTORCH_CUDA_ALLOC_CONF"
    assert finding.fix[0].command == first


@pytest.mark.parametrize("conf", TAKEN)
def test_settings_that_torch_takes_say_nothing(conf: str) -> None:
    """Nor does an option that a newer torch may know."""
    assert found(with_torch("2.13.0+cu126", PYTORCH_CUDA_ALLOC_CONF=conf)) == []


def test_an_option_that_an_old_torch_lacks_fails() -> None:
    """2.0 calls expandable_segments unrecognized."""
    assert found(with_torch("2.0.1+cu118", PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True"))[0].status == "fail"
    assert found(with_torch("2.1.0+cu118", PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True")) == []


@pytest.mark.torch
@pytest.mark.parametrize("conf", [conf for conf, _ in REFUSED] + TAKEN)
def test_the_grammar_is_torchs(conf: str) -> None:
    """torch's own parser takes and refuses the same; which names it knows, only a build for CUDA checks."""
    core = pytest.importorskip("torch")._C
    if not hasattr(core, "_accelerator_setAllocatorSettings"):
        pytest.skip("this torch cannot be asked")
    try:
        core._accelerator_setAllocatorSettings(conf)
        taken = True
    except (RuntimeError, ValueError):
        taken = False
    finally:
        core._accelerator_setAllocatorSettings("expandable_segments:False")
    assert taken == (refused(conf, (2, 13)) is None)


@pytest.mark.parametrize("host", hosts.HEALTHY.values(), ids=hosts.HEALTHY)
def test_healthy_hosts_have_a_quiet_environment(host: object) -> None:
    """And the theme has its line."""
    assert callable(host)
    assert [finding for finding in found(host()) if finding.status in ("warn", "fail")] == []
    assert any(finding.id == "environment" for finding in judge(host()))


def test_an_unknown_uuid_and_a_short_one_are_told_apart() -> None:
    """One names nothing, the other too much."""
    assert "no GPU here has that UUID" in found(masked("GPU-dead"))[0].title
    several = found(masked("GPU-8f6d"))[0]
    assert "with which 2 GPUs begin" in several.title
    assert "GPU-8f6d77aa-01" in several.evidence


def test_one_gpu_is_named_as_one() -> None:
    """The number past the last is told in words that fit."""
    (finding,) = found(hosts.changed(hosts.rtx4090_driver550_cu126(), variables={"CUDA_VISIBLE_DEVICES": "1"}))
    assert finding.title == "CUDA_VISIBLE_DEVICES names GPU 1, but there is 1 GPU, number 0"


def test_a_setting_with_brackets_is_quoted() -> None:
    """A shell would take them for a pattern."""
    conf = "roundup_power2_divisions:[256:1,512:2],expandable_segments:true"
    (finding,) = found(with_torch("2.13.0+cu126", PYTORCH_CUDA_ALLOC_CONF=conf))
    assert finding.fix[0].command.endswith("='roundup_power2_divisions:[256:1,512:2],expandable_segments:True'")


def test_settings_where_there_is_no_gpu_say_nothing() -> None:
    """They are for CUDA's allocator."""
    assert (
        found(hosts.changed(hosts.cpu_laptop(), variables={"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:1"})) == []
    )


def test_the_themes_own_line() -> None:
    """What was seen, what could not be, and nothing before it arrived."""
    assert environment.sound(Facts()) is None
    lines = [environment.sound(one) for one in (four(), masked("0"), Facts(troubles={"variables": "Not seen."}))]
    assert [line.status for line in lines if line] == ["ok", "ok", "skipped"]
    assert lines[1] is not None
    assert lines[1].evidence == ('CUDA_VISIBLE_DEVICES="0"',)
