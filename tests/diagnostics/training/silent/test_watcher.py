"""What the watch for silent bugs leaves behind: nothing; and what it says of itself."""

from __future__ import annotations

import gc
import importlib
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
