"""What must hold of round_to_bfloat16()."""

from __future__ import annotations

import random

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from lessons.kit.properties import expect

INF = 0x7F80
"""The first 16 bits of inf; those of finite numbers are below."""


def it_keeps_shape_and_dtype(given) -> None:
    """It returns float32 of the shape of x."""
    for x in (torch.randn(5), torch.randn(3, 4).T, torch.tensor(0.1), torch.zeros(0), torch.randn(2, 3, 4)[:, ::2]):
        y = given.round_to_bfloat16(x.clone())
        told = f"x of shape {tuple(x.shape)}"
        expect(isinstance(y, torch.Tensor), f"{told}: it returned {type(y).__name__}, not a tensor")
        expect(y.shape == x.shape, f"{told}: the result has shape {tuple(y.shape)}")
        expect(y.dtype == torch.float32, f"{told}: the result is {y.dtype}")


def the_last_16_bits_are_0(given) -> None:
    """The last 16 bits of every result are 0."""
    x = _finite(10_000)
    y = given.round_to_bfloat16(x.clone())
    some = _first((_bits(y) & 0xFFFF) != 0)
    expect(some is None, f"{_told(x, some)} became {_told(y, some)}; its last 16 bits are not 0")


def what_bfloat16_has_stays(given) -> None:
    """Every finite number that bfloat16 has stays what it is."""
    x = _number(torch.arange(INF) << 16)
    for each in (x, -x):
        _compare(given, each, each)


def the_rest_goes_to_the_nearest(given) -> None:
    """Any other number becomes the nearest one that bfloat16 has."""
    x = _finite(20_000)
    x = x[(_bits(x) & 0xFFFF) != 0x8000]
    _compare(given, x, x.bfloat16().float())


def ties_go_to_even(given) -> None:
    """A number halfway between two becomes the one whose last bit is 0."""
    _compare(given, torch.tensor([257.0, 259.0, -257.0, -259.0]), torch.tensor([256.0, 260.0, -256.0, -260.0]))
    low = torch.arange(INF - 1) << 16
    even = torch.where((low >> 16) % 2 == 0, low, low + 0x10000)
    x, wanted = _number(low + 0x8000), _number(even)
    for sign in (1, -1):
        _compare(given, sign * x, sign * wanted)


def beyond_the_largest_comes_inf(given) -> None:
    """inf stays inf, and what is too large becomes inf."""
    x = torch.tensor([float("inf"), torch.finfo(torch.float32).max, 3.3961776e38, 3.3895314e38])
    wanted = torch.tensor([float("inf"), float("inf"), float("inf"), 3.3895314e38])
    for sign in (1, -1):
        _compare(given, sign * x, sign * wanted)


def nan_stays_nan(given) -> None:
    """nan stays nan, whichever bits its fraction has."""
    for fraction in (0x400000, 1, 0x7FFFFF, 0x8000, random.randrange(1, 0x10000), random.randrange(1, 0x800000)):
        for sign in (0, 1 << 31):
            bits = sign | INF << 16 | fraction
            y = given.round_to_bfloat16(_number(torch.tensor([bits])))
            expect(y.isnan().all(), f"nan with the bits 0x{bits:08X} became {y.item():g}; nan was wanted")


def x_is_left_as_it_was(given) -> None:
    """x itself is left as it was."""
    x = torch.randn(100)
    before = x.clone()
    given.round_to_bfloat16(x)
    changed = int((x != before).sum())
    expect(changed == 0, f"{changed} of 100 values of x were changed by the call; a view shares the memory of x")


def torch_does_not_round(given) -> None:
    """It works on the bits: nothing on the way is bfloat16."""
    with _Seen() as seen:
        given.round_to_bfloat16(torch.randn(8))
    expect(torch.bfloat16 not in seen.dtypes, "torch rounded: a tensor on the way was bfloat16; do it by the bits")


class _Seen(TorchDispatchMode):
    """Notes the dtype of whatever torch computes."""

    def __init__(self) -> None:
        super().__init__()
        self.dtypes: set[torch.dtype] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.dtypes.add(result.dtype)
        return result


def _finite(count: int) -> torch.Tensor:
    """Numbers of all sizes and both signs, but for the largest; a few are small integers."""
    bits = torch.randint(0, (INF - 0x80) << 16, (count,))
    bits |= torch.randint(0, 2, (count,)) << 31
    return torch.cat([torch.tensor([1.003, 1.005, -70000.0, 0.1]), _number(bits)])


def _number(bits: torch.Tensor) -> torch.Tensor:
    """float32 of these bits, which are int64 from 0 up."""
    return torch.where(bits < 1 << 31, bits, bits - (1 << 32)).to(torch.int32).view(torch.float32)


def _bits(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous().view(torch.int32)


def _first(wrong: torch.Tensor) -> int | None:
    return int(wrong.nonzero()[0]) if wrong.any() else None


def _told(x: torch.Tensor, at: int | None) -> str:
    return "" if at is None else f"{x[at].item():.8g} (0x{_bits(x)[at].item() & 0xFFFFFFFF:08X})"


def _compare(given, x: torch.Tensor, wanted: torch.Tensor) -> None:
    y = given.round_to_bfloat16(x.clone())
    some = _first(_bits(y) != _bits(wanted))
    expect(some is None, f"{_told(x, some)} became {_told(y, some)}; {_told(wanted, some)} was wanted")
