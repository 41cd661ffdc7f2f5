"""What must hold of mean_of_parts()."""

from __future__ import annotations

import random
import weakref
from collections.abc import Iterator

import torch

from lessons.kit.properties import expect

OFF = 1e-3
"""How far the mean may be off, as a share of the mean size of a value."""


def it_returns_a_number(given) -> None:
    """It returns a Python float."""
    mean = given.mean_of_parts(iter([torch.ones(4).half(), torch.zeros(4).half()]))
    expect(isinstance(mean, float), f"what came back is {type(mean).__name__}; a float was wanted")


def equal_parts_are_averaged(given) -> None:
    """It is the mean of all values, where the parts are equally large."""
    _compare(given, [torch.tensor([1.0, 2.0]).half(), torch.tensor([3.0, 6.0]).half()], "parts of [1, 2] and [3, 6]")
    for shape in ((4,), (1,), (2, 3), (3, 1, 2), ()):
        parts = [torch.randint(10, shape).half() for _ in range(3)]
        _compare(given, parts, f"parts of shape {shape}: {[part.flatten().tolist() for part in parts]}")


def every_value_counts_once(given) -> None:
    """A value counts as much in a small part as in a large one."""
    _compare(given, [torch.ones(99).half(), torch.zeros(1).half()], "a part of 99 ones, and one of a single 0")
    sizes = [random.randint(1, 20) for _ in range(5)]
    parts = [torch.full((size,), float(number)).half() for number, size in enumerate(sizes)]
    _compare(given, parts, f"parts of {', '.join(map(str, sizes))} values, which are all 0, all 1, and so on")


def values_near_60000_come_out_right(given) -> None:
    """Values near 60000 have a mean near 60000, however many they are."""
    for size, count in ((1, 2), (2, 1), (100, 20), (1000, 2)):
        for sign in (1, -1):
            parts = [sign * _around(6e4, (size,))] * count
            _compare(given, parts, f"{_many(count, size)} near {sign * 60000}")


def a_million_values_do_not_stick(given) -> None:
    """A million values near 1 have a mean near 1."""
    for size, count in ((1, 5000), (1000, 1000), (200_000, 5)):
        _compare(given, [_around(1.0, (size,))] * count, f"{_many(count, size)} near 1")


def small_values_are_not_lost(given) -> None:
    """Values near the smallest that float16 has do not become 0."""
    for each in (6e-8, 1e-6, 1e-4):
        for size, count in ((7, 100), (1000, 20)):
            parts = [torch.full((size,), each).half() for _ in range(count)]
            _compare(given, parts, f"{_many(count, size)}, each {each:g}")


def late_values_count_as_much_as_early_ones(given) -> None:
    """A value counts as much after thousands of others as before them."""
    for size, count in ((1, 4000), (10, 5000), (100, 2000)):
        parts = [_around(1.0 if number < count / 2 else 3.0, (size,)) for number in range(count)]
        _compare(given, parts, f"{_many(count, size)}, the first half near 1 and the second near 3")


def no_part_is_kept(given) -> None:
    """It keeps no part: one at a time is in memory, and the one that comes next."""
    alive: list[weakref.ref] = []
    given.mean_of_parts(_watched(alive, 50))
    expect(len(alive) == 50, f"of 50 parts it took {len(alive)}")


def the_parts_stay_as_they_were(given) -> None:
    """The parts are left as they were."""
    parts = [_around(1.0, (10,)) for _ in range(3)]
    before = [part.clone() for part in parts]
    given.mean_of_parts(iter(parts))
    changed = sum(not torch.equal(*pair) for pair in zip(parts, before))
    expect(changed == 0, f"{changed} of 3 parts were changed by the call")


def _around(value: float, shape: tuple[int, ...]) -> torch.Tensor:
    """Values near this one, within 5 per cent or 0.05."""
    return (value + max(0.05, 0.05 * abs(value)) * (2 * torch.rand(shape) - 1)).half()


def _many(count: int, size: int) -> str:
    parts = "1 part" if count == 1 else f"{count} parts"
    return f"{parts} of {'one value' if size == 1 else f'{size} values'}"


def _compare(given, parts: list[torch.Tensor], told: str) -> None:
    flat = torch.cat([part.flatten() for part in parts]).double()
    wanted, size = flat.mean().item(), flat.abs().mean().item()
    mean = given.mean_of_parts(iter(parts))
    expect(abs(mean - wanted) <= OFF * size, f"{told}: {mean:.7g} came back; the mean is {wanted:.7g}")


def _watched(alive: list[weakref.ref], count: int) -> Iterator[torch.Tensor]:
    for number in range(count):
        part = torch.full((100,), float(number)).half()
        alive.append(weakref.ref(part))
        yield part
        del part
        kept = sum(each() is not None for each in alive)
        expect(kept <= 2, f"after {number + 1} parts of {count}, {kept} are still in memory")
