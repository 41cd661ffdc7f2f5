"""Batches: in the order of their labels, one alone of all, random numbers that every loader worker draws again."""

from __future__ import annotations

import dis
import random
import sys
import weakref
from types import FrameType
from typing import Any

import torch
from torch.utils.data import IterableDataset, SequentialSampler

from diagnostics.training.labels.calls import LossCall, is_plain, unseen
from diagnostics.training.naming.lookup import attributes
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


class _Labels:
    """The labels that one loss has met: their order so far."""

    def __init__(self) -> None:
        self.batches = 0
        self.last = -1
        self.counts: dict[int, int] = {}
        self.place = NOWHERE


class Data(Rule):
    """sorted-labels, one-batch-only, repeated-worker-seeds."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._labels: dict[Place, _Labels] = {}
        self._calls = 0
        self._loops: weakref.WeakKeyDictionary[Any, _Loops] = weakref.WeakKeyDictionary()
        self._searched: weakref.WeakSet[Any] = weakref.WeakSet()

    def loss(self, call: LossCall, frame: FrameType) -> None:
        target = call.target
        self._calls += 1
        if self._calls > MOST:
            self.rest("loss")
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
        self._seeds(loader, place)
        loops = self._loops.setdefault(loader, _Loops())
        steps = self.training.steps - loops.steps
        one = loops.taken == 1 and loops.alone and 0 < steps <= sum(1 for _ in self.training.optimizers())
        loops.in_a_row = loops.in_a_row + 1 if one else 0
        loops.taken, loops.steps, loops.alone = 0, self.training.steps, True
        batches = _count(loader)
        if loops.in_a_row >= EPOCHS and batches > 1 and isinstance(loader.sampler, SequentialSampler):
            text = place.text
            self.tell(
                "one-batch-only",
                place,
                f"{loops.in_a_row} times in a row a new iterator gave one batch, a step followed, and no second batch "
                f"was taken of {batches}",
                used="1",
                batches=str(batches),
                loader=text.partition("iter(")[2].partition(")")[0] if "iter(" in text else "loader",
            )

    def took_batch(self, loader: Any) -> None:
        loops = self._loops.get(loader) if loader is not None else None
        if loops is None:
            return
        loops.taken += 1
        for other in self._loops.values():
            other.alone = other.alone and other is loops

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

    def _seeds(self, loader: Any, place: Place) -> None:
        if loader in self._searched:
            return
        self._searched.add(loader)
        if not loader.num_workers or loader.worker_init_fn is not None:
            return
        for path, owner, name, value in _generators(loader.dataset):
            if not _is_drawn_from(owner, name):
                continue
            self.tell(
                "repeated-worker-seeds",
                place,
                f"{path}: {type(value).__module__}.{type(value).__name__}, made once; {loader.num_workers} workers get "
                "a copy each",
                "torch seeds its own generator, random and numpy.random in each worker, but no generator that a data "
                "set holds",
                name=path,
            )


class _Loops:
    """How a loader was looped over."""

    def __init__(self) -> None:
        self.taken = self.in_a_row = self.steps = 0
        self.alone = True
        """No batch of another loader was taken since it began."""


def _count(loader: Any) -> int:
    if isinstance(loader.dataset, IterableDataset):
        return 0
    try:
        return len(loader)
    except TypeError:
        return 0


def _generators(dataset: Any) -> list[tuple[str, Any, str, Any]]:
    """Random generators that the data set holds, or its transform, or the set within it."""
    found, waiting = [], [("dataset", dataset, 0)]
    while waiting:
        path, owner, depth = waiting.pop()
        for name, value in list(attributes(owner).items())[:64]:
            if isinstance(value, _kinds()):
                found.append((f"{path}.{name}", owner, name, value))
            elif (
                depth < 3
                and hasattr(value, "__dict__")
                and not isinstance(value, (type, torch.Tensor, torch.nn.Module))
            ):
                waiting.append((f"{path}.{name}", value, depth + 1))
    return found


def _kinds() -> tuple[type, ...]:
    numpy: Any = sys.modules.get("numpy")
    of_numpy = (numpy.random.Generator, numpy.random.RandomState) if numpy is not None else ()
    return (random.Random, torch.Generator, *of_numpy)


def _is_drawn_from(owner: Any, name: str) -> bool:
    """Whether a method other than __init__ reads the generator, and none makes a new one or asks which worker it is."""
    reads = False
    for kind in type(owner).__mro__[:-1]:
        for method, value in vars(kind).items():
            code = getattr(value, "__code__", None)
            if code is None or method == "__init__":
                continue
            if "get_worker_info" in code.co_names or _sets(value, name):
                return False
            reads = reads or name in code.co_names
    return reads


def _sets(function: Any, name: str) -> bool:
    """Whether the function stores the attribute anew."""
    return any(each.opname == "STORE_ATTR" and each.argval == name for each in dis.get_instructions(function))
