"""Scripts by someone who had not seen the rules: what is found in each, and at which line; and what is still missed."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from tests.diagnostics.training.forks import Forks  # noqa: E402

BLIND = Path(__file__).parent / "blind"

FOUND = {
    "bug_argmax_axis_1": [("wrong-argmax-axis", "warn", 8)],
    "bug_detached_loss_1": [("loss-without-graph", "warn", 54)],
    "bug_double_sigmoid_1": [("sigmoid-before-bce-logits", "warn", 33)],
    "bug_double_softmax_1": [("softmax-before-cross-entropy", "warn", 47)],
    "bug_eval_in_train_mode_1": [("evaluating-in-train", "warn", 38)],
    "bug_flat_lnc_1": [("flat-at-chance", "note", 50)],
    "bug_fp16_underflow_1": [("half-gradients-zero", "warn", 39)],
    "bug_functional_dropout_1": [("functional-dropout", "warn", 18)],
    "bug_grad_none_1": [("part-never-used", "note", 14)],
    "bug_graph_in_total_1": [("graph-kept", "warn", 42)],
    "bug_lr_high_1": [("loss-diverges", "warn", 40)],
    "bug_lr_low_1": [("learning-rate-too-low", "warn", 37)],
    "bug_lr_zero_1": [("learning-rate-zero", "warn", 40)],
    "bug_no_step_1": [("missing-step", "warn", 55), ("scheduler-before-step", "warn", 57)],
    "bug_no_zero_grad_1": [("missing-zero-grad", "warn", 43)],
    "bug_not_in_optimizer_1": [("parameters-in-no-optimizer", "note", 48)],
    "bug_one_batch_1": [("one-batch-only", "note", 38)],
    "bug_plain_list_1": [("layers-in-plain-list", "warn", 34)],
    "bug_sorted_data_1": [("sorted-labels", "warn", 40)],
    "bug_step_early_1": [("step-before-backward", "warn", 36)],
    "bug_sync_each_step_1": [("waits-every-step", "note", 44), ("waits-every-step", "note", 45)],
    "bug_train_in_eval_mode_1": [("training-in-eval", "warn", 60)],
    "bug_worker_seed_1": [("repeated-worker-seeds", "warn", 33)],
}
"""A script -> all that is found in it: kind, status, line."""

MISSED = ("bug_head_frozen_1",)
"""Why is said in blind/README.md."""

RIGHT = sorted(path.stem for path in BLIND.glob("ok_*.py"))


def found_in(name: str, forks: Forks) -> list[tuple[str, str, int]]:
    outcome = forks.run(BLIND / f"{name}.py", device="check")
    assert not outcome.error, outcome.trace
    assert outcome.printed
    return sorted((each["id"], each["status"], each["line"]) for each in outcome.findings)


def test_no_script_is_left_out() -> None:
    """Each with a bug is either found or missed."""
    assert sorted([*FOUND, *MISSED]) == sorted(path.stem for path in BLIND.glob("bug_*.py"))
    assert (len(FOUND), len(MISSED), len(RIGHT)) == (23, 1, 22)


@pytest.mark.parametrize("name", FOUND)
def test_the_bug_is_found_at_its_line(name: str, forks: Forks) -> None:
    """And nothing else is claimed."""
    assert found_in(name, forks) == FOUND[name]


@pytest.mark.parametrize("name", MISSED)
def test_what_is_missed_is_missed_without_another_claim(name: str, forks: Forks) -> None:
    """One that is found some day belongs to the others."""
    assert found_in(name, forks) == []


@pytest.mark.parametrize("name", RIGHT)
def test_a_healthy_script_is_left_alone(name: str, forks: Forks) -> None:
    """Not even a note."""
    assert found_in(name, forks) == []
