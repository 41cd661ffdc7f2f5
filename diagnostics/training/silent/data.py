"""Batches: in the order of their labels, or one alone of all."""

from __future__ import annotations

import re
import weakref
from types import FrameType
from typing import Any

import torch
from torch.utils.data import IterableDataset, SequentialSampler

from diagnostics.training.labels.calls import LossCall, is_plain, unseen
from diagnostics.training.naming.source import text_of
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import NOWHERE, Place, place_at

BATCHES = 16
"""So many first batches of a line of labels are looked at."""

MOST = 64
"""Calls of losses in all."""

FEWEST = 4
"""Batches, and samples of a class, below which sorted labels may be chance."""

EPOCHS = 4
"""So many times in a row the first batch alone was taken."""

ENOUGH = 50
"""Steps, and losses of the same batch, after which one that was taken before the loop is said to be all there is."""

SAMPLE = 64
"""Elements by which the tensors of a batch are known again."""

MEANT = r"overfit|sanity|memori[sz]|smoke|bench|profil"
"""Words for what is done with one batch on purpose."""


class _Labels:
    """The labels that one loss has met: their order so far."""

    def __init__(self) -> None:
        self.batches = 0
        self.last = -1
        self.counts: dict[int, int] = {}
        self.place = NOWHERE


class Data(Rule):
    """sorted-labels, one-batch-only."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._labels: dict[Place, _Labels] = {}
        self._calls = 0
        self._loops: weakref.WeakKeyDictionary[Any, _Loops] = weakref.WeakKeyDictionary()
        self._first: list[_Loops] = []
        """Those of which no more than the first batch was taken; their loaders may be gone."""
        self._trains = False
        """Whether steps came between the batches of a loop."""

    def loss(self, call: LossCall, frame: FrameType) -> None:
        target = call.target
        self._calls += 1
        if self._calls > MOST:
            self.rest("loss")
        if self._first and call.grad and isinstance(target, torch.Tensor) and is_plain(target):
            self._is_again(target)
        if call.name not in ("cross_entropy", "nll_loss") or not call.grad or not isinstance(target, torch.Tensor):
            return
        if target.dim() != 1 or target.is_floating_point() or target.numel() < 2 or not is_plain(target):
            return
        place = place_at(frame)
        seen = self._labels.setdefault(place, _Labels())
        if seen.batches < 0:
            return
        with unseen():
            ids = [int(each) for each in target.tolist()] if target.numel() <= 4096 else []
        self._order(seen, ids, place)

    def began_loader(self, loader: Any, place: Place) -> None:
        loops = self._loops.setdefault(loader, _Loops(place, _count(loader)))
        steps = self.training.steps - loops.steps
        one = loops.taken == 1 and loops.alone and 0 < steps <= sum(1 for _ in self.training.optimizers())
        loops.in_a_row = loops.in_a_row + 1 if one else 0
        loops.taken, loops.steps, loops.alone = 0, self.training.steps, True
        if loops.in_a_row >= EPOCHS and loops.batches > 1 and isinstance(loader.sampler, SequentialSampler):
            self._tell(
                loops,
                place,
                f"{loops.in_a_row} times in a row a new iterator gave one batch, a step followed, and no second batch "
                f"was taken of {loops.batches}",
                why="A new iterator begins at the front, and without shuffling the front is always the same batch",
            )

    def took_batch(self, loader: Any, batch: Any) -> None:
        loops = self._loops.get(loader) if loader is not None else None
        if loops is None:
            return
        self._trains = self._trains or (loops.taken > 0 and self.training.steps > loops.steps)
        loops.taken, loops.total = loops.taken + 1, loops.total + 1
        for other in self._loops.values():
            other.alone = other.alone and other is loops
        if loops.total > 1:
            self._first = [each for each in self._first if each is not loops]
        elif loops.batches >= FEWEST:
            with unseen():
                loops.parts = [_part(each).clone() for each in _tensors(batch)]
            self._first.append(loops)

    def ended(self) -> None:
        for loops in self._first:
            steps = self.training.steps - loops.steps
            if loops.same < ENOUGH or steps < ENOUGH or self._trains or _is_meant(loops.place.file):
                continue
            self._tell(
                loops,
                loops.place,
                f"{steps} steps followed the first batch, and no other was taken; the first {loops.same} losses had "
                "its targets",
                status="note",
                why="The batch was taken once, before the loop: each step sees it again, and no other",
            )

    def _tell(self, loops: _Loops, place: Place, seen: str, why: str, status: str = "") -> None:
        text = place.text
        self.tell(
            "one-batch-only",
            place,
            seen,
            status=status,
            used="1",
            batches=str(loops.batches),
            loader=text.partition("iter(")[2].partition(")")[0] if "iter(" in text else "loader",
            why=why,
        )

    def _is_again(self, target: torch.Tensor) -> None:
        """Counts the losses whose targets are those of a first batch; forgets it at the first that are others."""
        with unseen():
            part = _part(target)
        for loops in self._first:
            loops.same += (
                1 if any(part.dtype == each.dtype and torch.equal(part, each) for each in loops.parts) else -MOST
            )

    def _order(self, seen: _Labels, ids: list[int], place: Place) -> None:
        ids = [each for each in ids if each >= 0]
        rises = bool(ids) and seen.last <= ids[0] and all(one <= other for one, other in zip(ids, ids[1:]))
        if not rises or seen.batches >= BATCHES:
            seen.batches = -1
            return
        seen.batches += 1
        seen.last = ids[-1]
        for each in ids:
            seen.counts[each] = seen.counts.get(each, 0) + 1
        full = [count for count in seen.counts.values() if count >= FEWEST]
        if seen.batches >= FEWEST and len(full) >= 2:
            first = ", ".join(f"{count} of class {each}" for each, count in list(seen.counts.items())[:6])
            self.tell(
                "sorted-labels",
                place,
                f"the labels of the first {seen.batches} batches never fall, within a batch and from one to the next: "
                f"{first}",
            )
            seen.batches = -1


class _Loops:
    """How a loader was looped over; `parts` are of the tensors of its first batch."""

    def __init__(self, place: Place, batches: int) -> None:
        self.place, self.batches = place, batches
        self.taken = self.total = self.in_a_row = self.steps = self.same = 0
        self.alone = True
        """No batch of another loader was taken since it began."""
        self.parts: list[torch.Tensor] = []


def _tensors(batch: Any) -> list[torch.Tensor]:
    """Those of a batch that is a tensor, or a flat list, tuple or dict of tensors."""
    parts = batch.values() if isinstance(batch, dict) else batch if isinstance(batch, (list, tuple)) else (batch,)
    return [each for each in parts if isinstance(each, torch.Tensor)]


def _part(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().flatten()[:SAMPLE].cpu()


def _is_meant(file: str) -> bool:
    """Whether the file says that one batch is enough for what it does."""
    return re.search(MEANT, text_of(file), re.IGNORECASE) is not None


def _count(loader: Any) -> int:
    if isinstance(loader.dataset, IterableDataset):
        return 0
    try:
        return len(loader)
    except TypeError:
        return 0
