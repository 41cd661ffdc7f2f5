"""What must hold of to_device(). The device is meta, which every machine has."""

from __future__ import annotations

import random
from collections import namedtuple
from typing import Any

import torch

from lessons.kit.properties import expect

Sample = namedtuple("Sample", ["image", "label"])


def a_tensor_is_moved(given: Any) -> None:
    """A tensor comes back on the device, with its shape and dtype."""
    for shape, dtype in (((), torch.float32), ((3,), torch.int64), ((0, 4), torch.bool), ((2, 3), torch.float16)):
        x = torch.zeros(shape, dtype=dtype)
        _expect_moved("", x, given.to_device(x, "meta"))
    moved = given.to_device(torch.zeros(2), torch.device("meta"))
    expect(_lies(moved) == "meta", f"for torch.device('meta') a tensor came back as {_said(moved)}")


def dicts_lists_and_tuples_are_moved(given: Any) -> None:
    """Every tensor in a dict, a list or a tuple is moved, and they keep their types, keys and order."""
    for batch in (
        {"x": torch.ones(2), "y": torch.zeros(2)},
        [torch.ones(2), torch.zeros(3)],
        (torch.ones(2), torch.zeros(3)),
        (torch.ones(2),),
        {},
        [],
        (),
    ):
        _expect_moved("", batch, given.to_device(batch, "meta"))


def a_namedtuple_stays_one(given: Any) -> None:
    """A namedtuple comes back as the same kind of namedtuple."""
    sample = Sample(torch.ones(2), torch.tensor(1))
    _expect_moved("", sample, given.to_device(sample, "meta"))


def what_is_no_tensor_stays(given: Any) -> None:
    """Texts, numbers, None and other objects come back as the same objects."""
    for other in ("cat.png", "", 3, 0.5, None, True, b"bytes", range(3), object(), torch.float32):
        for batch in (other, [other], {"x": torch.ones(1), "name": other}):
            _expect_moved("", batch, given.to_device(batch, "meta"))


def any_depth_is_moved(given: Any) -> None:
    """A batch in a batch is moved too, at any depth."""
    for _ in range(20):
        batch = _random_batch(5)
        _expect_moved("", batch, given.to_device(batch, "meta"))


def nothing_is_copied_in_vain(given: Any) -> None:
    """A tensor that is on the device already comes back itself."""
    for device in ("cpu", "meta"):
        x = torch.ones(3, device=device)
        backs = {
            "alone": given.to_device(x, device),
            "in a list": given.to_device([x], device)[0],
            "in a tuple in a dict": given.to_device({"x": (x, 1)}, device)["x"][0],
        }
        for where, back in backs.items():
            expect(back is x, f"a tensor on {device}, {where}, came back from to_device(…, {device!r}) as a copy")


def what_was_given_stays(given: Any) -> None:
    """The batch that was given is left as it was."""
    x, y = torch.ones(2), torch.zeros(2)
    inner = [y]
    batch = {"x": x, "rest": inner}
    moved = given.to_device(batch, "meta")
    expect(moved is not batch, "the dict that came back is the very dict that was given, with other tensors in it")
    expect(batch["x"] is x and batch["rest"] is inner, f"in the dict that was given, x is now on {_lies(batch['x'])}")
    expect(inner[0] is y, f"in a list inside the dict that was given, a tensor is now on {_lies(inner[0])}")


def _expect_moved(place: str, before: Any, after: Any) -> None:
    """Goes through both; `place` is as "batch['x'][0]"."""
    place = place or "batch"
    if isinstance(before, torch.Tensor):
        expect(
            _lies(after) == "meta", f"{place} was a tensor on {_lies(before)}; to_device(…, 'meta') gave {_said(after)}"
        )
        same = (after.shape, after.dtype) == (before.shape, before.dtype)
        expect(same, f"{place} was {_said(before)}, and came back as {_said(after)}")
        return
    if not isinstance(before, (dict, list, tuple)):
        expect(after is before, f"{place} was {before!r}, which is no tensor; it came back as {_said(after)}")
        return
    kind = type(before).__name__
    expect(type(after) is type(before), f"{place} was a {kind}; it came back as {_said(after)}")
    expect(len(after) == len(before), f"{place} was a {kind} of {len(before)}; it came back with {len(after)}")
    if isinstance(before, dict):
        expect(list(after) == list(before), f"{place} had the keys {list(before)}; it came back with {list(after)}")
    for key in before if isinstance(before, dict) else range(len(before)):
        _expect_moved(f"{place}[{key!r}]", before[key], after[key])


def _lies(value: Any) -> str:
    return value.device.type if isinstance(value, torch.Tensor) else ""


def _said(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {list(value.shape)} and {value.dtype} on {value.device}"
    words = repr(value)
    return f"{type(value).__name__} {words if len(words) < 40 else words[:39] + '…'}"


def _random_batch(depth: int) -> Any:
    """At least one tensor lies at the given depth."""
    if depth == 0:
        return torch.ones(random.randrange(3))
    inner = _random_batch(depth - 1)
    beside = random.choice([torch.ones(1), "text", None, 7, [torch.ones(2)]])
    return random.choice([[beside, inner], (inner, beside), {"beside": beside, "inner": inner}, Sample(inner, beside)])
