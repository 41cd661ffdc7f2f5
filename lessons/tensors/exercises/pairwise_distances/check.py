"""What must hold of pairwise_distances()."""

from __future__ import annotations

import math
import random

import torch
from torch.overrides import TorchFunctionMode

from lessons.kit.properties import expect


def it_gives_a_number_for_each_pair(given) -> None:
    """It returns a tensor of shape (N, M), of the dtype of a."""
    for n, m, d in ((2, 3, 4), (1, 5, 1), (4, 4, 2), (0, 3, 2), (3, 0, 2)):
        for dtype in (torch.float32, torch.float64):
            out = given.pairwise_distances(torch.randn(n, d, dtype=dtype), torch.randn(m, d, dtype=dtype))
            expect(isinstance(out, torch.Tensor), f"it returned {type(out).__name__}, which is no tensor")
            shape = tuple(out.shape)
            expect(
                shape == (n, m), f"for a ({n}, {d}) and b ({m}, {d}) it returned the shape {shape}; it is ({n}, {m})"
            )
            expect(out.dtype == dtype, f"for {dtype} it returned {out.dtype}")


def the_example_comes_out(given) -> None:
    """From (0, 0) and (3, 0) to (0, 4) it is 4 and 5."""
    out = given.pairwise_distances(torch.tensor([[0.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 4.0]]))
    near = torch.allclose(out, torch.tensor([[4.0], [5.0]]))
    expect(near, f"from [[0, 0], [3, 0]] to [[0, 4]] it returned {out.tolist()}; it is [[4], [5]]")


def each_number_belongs_to_its_pair(given) -> None:
    """[i, j] is the distance from a[i] to b[j], by Python's math.dist, on random points."""
    n, m, d = random.randint(3, 6), random.randint(3, 6), random.randint(1, 5)
    for a, b in ((torch.randn(n, d), torch.randn(m, d)), (torch.randn(4, 3), torch.randn(4, 3))):
        left, right = a.tolist(), b.tolist()
        out = given.pairwise_distances(a, b)
        for i, p in enumerate(left):
            for j, q in enumerate(right):
                got, wanted = out[i, j].item(), math.dist(p, q)
                shapes = f"a {tuple(a.shape)}, b {tuple(b.shape)}"
                told = f"{shapes}: [{i}, {j}] is {got:.4f}; from a[{i}] to b[{j}] it is {wanted:.4f}"
                expect(abs(got - wanted) < 0.01, told)


def far_from_the_origin_nothing_is_lost(given) -> None:
    """Two points keep their distance when both are moved far away."""
    a, b = torch.tensor([[5000.0, 5000.0]]), torch.tensor([[5003.0, 5004.0]])
    got = given.pairwise_distances(a, b).item()
    expect(abs(got - 5) < 1e-3, f"from (5000, 5000) to (5003, 5004) it returned {got:.4f}; it is 5")


def a_point_is_at_distance_0_from_itself(given) -> None:
    """0 from a point to itself, and never nan."""
    a = 100 * torch.randn(20, 8)
    own = given.pairwise_distances(a, a).diagonal()
    told = f"from 20 random points to themselves the largest is {own.abs().max().item():g} (nan counts); it is 0"
    expect(bool((own == 0).all()), told)


def a_and_b_are_left_as_they_were(given) -> None:
    """Neither a nor b is changed."""
    a, b = torch.randn(3, 2), torch.randn(4, 2)
    before = a.clone(), b.clone()
    given.pairwise_distances(a, b)
    expect(torch.equal(a, before[0]), f"a began with {before[0][0].tolist()} and now begins with {a[0].tolist()}")
    expect(torch.equal(b, before[1]), f"b began with {before[1][0].tolist()} and now begins with {b[0].tolist()}")


def more_points_take_no_more_calls(given) -> None:
    """Broadcasting makes the pairs: 40 points take as many calls of torch as 4, and none is cdist."""
    few, many = _calls(given, 4), _calls(given, 40)
    expect("cdist" not in many, "it called torch.cdist, which is the whole exercise: make the pairs by broadcasting")
    told = (
        f"for 4 points it called torch {len(few)} times, for 40 points {len(many)} times; without a loop it is the same"
    )
    expect(len(few) == len(many), told)


class _Counted(TorchFunctionMode):
    """Notes the name of each call of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.names.append(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))


def _calls(given, points: int) -> list[str]:
    a, b = torch.randn(points, 3), torch.randn(points, 3)
    with _Counted() as counted:
        given.pairwise_distances(a, b)
    return counted.names
