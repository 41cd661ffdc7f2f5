"""What the watch for silent bugs leaves behind: nothing; and what it says of itself."""

from __future__ import annotations

import gc
import importlib
import warnings
import weakref
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

import diagnostics  # noqa: E402
from diagnostics.finding import STATUSES  # noqa: E402
from diagnostics.training.silent import watcher  # noqa: E402
from diagnostics.training.silent.kinds import KINDS  # noqa: E402
from diagnostics.training.silent.rule import Rule  # noqa: E402

CASES = Path(__file__).parent / "cases"
IN_LABELS = {
    "softmax-before-cross-entropy",
    "sigmoid-before-bce-logits",
    "nll-of-logits",
    "log-softmax-over-batch",
}
"""Kinds that are told by the judges of loss calls."""


def train(steps: int = 4, model: Any = None) -> Any:
    """A few healthy steps; the loss of the last."""
    model = model or torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = torch.nn.functional.mse_loss(model(torch.randn(8, 4)), torch.randn(8, 1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters=model.parameters(), max_norm=1.0)
        optimizer.step()
    return loss.detach()


def seams() -> list[Any]:
    """All that is patched."""
    functional, optimizer = torch.nn.functional, torch.optim.Optimizer
    return [
        *(getattr(functional, name) for name in watcher.DROPPING),
        *(getattr(torch.Tensor, name) for name in (*watcher.WAITING, "max", "argmax")),
        torch.max,
        torch.argmax,
        torch.autograd.backward,
        optimizer.__init__,
        optimizer.zero_grad,
        torch.nn.Module.zero_grad,
        torch.nn.utils.clip_grad_norm_,
        torch.amp.GradScaler.scale,
        torch.amp.GradScaler.unscale_,
        torch.optim.lr_scheduler.LRScheduler.step,
        torch.utils.data.DataLoader.__iter__,
        torch.jit._builtins._get_builtin_table(),
    ]


def test_every_kind_has_its_scripts() -> None:
    """And no scripts are of a kind that there is not."""
    assert {path.stem for path in CASES.glob("*.md")} == set(KINDS) | IN_LABELS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_says_what_to_do_and_how_to_see_that_it_helped(kind: str) -> None:
    """Cause, fix, confirmation, and a section of a lesson."""
    entry = KINDS[kind]
    assert entry.status in STATUSES
    assert entry.cause.endswith(".")
    assert all(step.text and step.verify for step in entry.fix)
    topic, _, section = entry.lesson.partition("#")
    assert topic
    assert section


def test_all_is_put_back() -> None:
    """Patches and hooks."""
    before = seams()
    with diagnostics.watch(device="cpu"):
        assert seams() != before
    assert seams() == before
    assert not importlib.import_module("torch.optim.optimizer")._global_optimizer_pre_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_a_training_computes_what_it_computes_alone() -> None:
    """The same numbers drawn, the same loss, to the bit."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        alone = train(20), torch.get_rng_state()
        torch.manual_seed(3)
        with diagnostics.watch(device="cpu") as findings:
            watched = train(20), torch.get_rng_state()
    assert all(torch.equal(one, other) for one, other in zip(alone, watched))
    assert findings == []


def test_no_model_is_kept_alive() -> None:
    """Those of a search would fill the memory."""
    with diagnostics.watch(device="cpu"):
        model = torch.nn.Linear(4, 1)
        gone = weakref.ref(model)
        train(8, model)
        del model
        gc.collect()
        assert gone() is None


def test_a_rule_that_fails_is_said_and_the_script_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, as something that was not checked; the other rules hear on."""

    class Broken(Rule):
        def stepping(self, *given: Any) -> None:
            raise KeyError("ours")

    monkeypatch.setattr(watcher, "RULES", (Broken, *watcher.RULES))
    with diagnostics.watch(device="cpu") as findings:
        model = torch.nn.Linear(4, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(6):
            model(torch.randn(2, 4)).mean().backward()
            optimizer.step()
    assert [(each.id, each.status) for each in findings] == [
        ("silent-not-checked", "skipped"),
        ("missing-zero-grad", "warn"),
    ]
    assert findings[0].evidence == ("Broken: KeyError: 'ours'",)


def test_a_warning_of_torch_points_to_the_readers_line() -> None:
    """As it does without a watch: a scheduler that steps too early, gradients that are none, a dropout of old use."""
    model = torch.nn.Linear(4, 1)

    def warned() -> list[tuple[str, int]]:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            schedule.step()
            torch.nn.utils.clip_grad_norm_((each for each in ()), 1.0)
            torch.autograd.backward(model(torch.ones(1, 4)), grad_variables=torch.ones(1, 1))
            torch.nn.functional.dropout2d(torch.ones(2, 2))
        return [(each.filename, each.lineno) for each in caught]

    alone = warned()
    with diagnostics.watch(device="cpu"):
        watched = warned()
    assert watched == alone
    assert [file for file, _ in watched] == [__file__] * 4


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([torch.nn.Dropout(0.5)], "Dropout works as it does in training"),
        ([torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5)], "BatchNorm1d and Dropout work as they do in training"),
        (
            [torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5), torch.nn.AlphaDropout(0.5)],
            "AlphaDropout, BatchNorm1d and Dropout work as they do in training",
        ),
    ],
)
def test_one_layer_works_and_several_work(layers: list[Any], told: str) -> None:
    """The title of an evaluation in train mode."""
    model = torch.nn.Sequential(*layers, torch.nn.Linear(4, 1))
    with diagnostics.watch(device="cpu") as findings:
        train(4, model)
        with torch.no_grad():
            for _ in range(3):
                torch.nn.functional.mse_loss(model(torch.randn(8, 4)), torch.zeros(8, 1))
    assert [each.title for each in findings] == [f"The model is evaluated in train mode: {told}"]


def test_backward_without_its_parentheses_is_named() -> None:
    """With its line, beside what was seen of the steps."""
    model = torch.nn.Linear(4, 1)
    with diagnostics.watch(device="cpu") as findings:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            loss = model(torch.randn(8, 4)).square().mean()
            loss.backward  # noqa: B018
            optimizer.step()
    assert [each.id for each in findings] == ["missing-backward"]
    assert findings[0].evidence[0] == "4 steps, and backward() was called 0 times"
    assert "names backward and does not call it" in findings[0].evidence[2]
