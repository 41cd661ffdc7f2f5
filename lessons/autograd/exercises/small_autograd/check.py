"""What must hold of Value, the small autograd."""

from __future__ import annotations

import math
import random

import torch

from lessons.kit.properties import expect


def it_computes_forwards(given) -> None:
    """Sums, products and tanh are Values with the right .data."""
    for a, b in ((3.0, -2.0), (0.0, 0.5), (random.uniform(-2, 2), random.uniform(-2, 2))):
        one, other = given.Value(a), given.Value(b)
        results = {
            f"{a:.3g} + {b:.3g}": (one + other, a + b),
            f"{a:.3g} · {b:.3g}": (one * other, a * b),
            f"tanh({a:.3g})": (one.tanh(), math.tanh(a)),
        }
        for told, (came, wanted) in results.items():
            expect(isinstance(came, given.Value), f"{told} is of type {type(came).__name__}; a Value was wanted")
            expect(_near(came.data, wanted), f"{told}: .data is {came.data:.4g}, {wanted:.4g} was wanted")
            expect(came.grad == 0, f"{told}: .grad is {came.grad} before any backward(), 0 was wanted")


def each_operation_has_its_own_rule(given) -> None:
    """One operation alone sends each of its sides the right gradient."""
    for _ in range(5):
        numbers = [random.choice((-1, 1)) * random.uniform(0.3, 2.0) for _ in range(2)]
        _compare(given, numbers, [("+", 0, 1)])
        _compare(given, numbers, [("*", 0, 1)])
        _compare(given, numbers[:1], [("tanh", 0, 0)])


def what_meets_is_added(given) -> None:
    """A leaf that is used twice gets the sum of what both send."""
    for number in (3.0, random.uniform(0.5, 2.0), -random.uniform(0.5, 2.0)):
        for steps in (
            [("+", 0, 0)],
            [("*", 0, 0)],
            [("*", 0, 0), ("+", 1, 0)],
            [("tanh", 0, 0), ("*", 1, 0)],
        ):
            _compare(given, [number], steps)


def a_value_waits_for_all_uses(given) -> None:
    """A value in the middle passes on all that its uses send."""
    for number in (random.uniform(0.5, 1.5), -random.uniform(0.5, 1.5)):
        twice = ("+", 0, 0)  # the value 1; it is used near the end and far from it
        for steps in (
            [twice, ("tanh", 1, 1), ("+", 1, 2)],
            [twice, ("tanh", 1, 1), ("+", 2, 1)],
            [twice, ("*", 1, 1), ("tanh", 2, 2), ("*", 3, 1)],
            [twice, ("*", 1, 1), ("tanh", 2, 2), ("*", 1, 3)],
        ):
            _compare(given, [number], steps)


def random_graphs_agree_with_torch(given) -> None:
    """The leaves of random graphs get torch's gradients."""
    for operations in (2, 3, 4, 6, 10, 20) * 4:
        numbers = [random.uniform(-1.5, 1.5) for _ in range(3)]
        _compare(given, numbers, _random_steps(numbers, operations))


def a_second_pass_adds_its_own(given) -> None:
    """Another backward() adds its own gradient, and no more."""
    number = random.uniform(0.3, 0.9)
    x = given.Value(number)
    y = x * x
    for calls in (1, 2, 3):
        y.backward()
        wanted = calls * 2 * number
        told = f"y = x·x at x = {number:.3g}, and y.backward() for time {calls}"
        expect(_near(x.grad, wanted), f"{told}: x.grad is {x.grad:.4g}, {wanted:.4g} was wanted")

    x = given.Value(number)
    h = x * x
    (h + h).backward()
    (h * h).backward()
    wanted = 4 * number + 4 * number**3
    told = f"h = x·x at x = {number:.3g}; (h + h).backward(), then (h·h).backward()"
    expect(_near(x.grad, wanted), f"{told}: x.grad is {x.grad:.4g}, {wanted:.4g} was wanted")


def the_end_itself_and_what_is_not_behind_it(given) -> None:
    """What is not behind the end gets nothing; the end gets 1."""
    x, other = given.Value(2.0), given.Value(5.0)
    _used = x * other
    x.backward()
    expect(x.grad == 1, f"x is a leaf; after x.backward() x.grad is {x.grad}, 1 was wanted")
    expect(other.grad == 0, f"x is a leaf and x·b was computed; x.backward() gave b {other.grad}, 0 was wanted")
    expect(x.data == 2, f"after backward() the number of x is {x.data}; it was 2.0")


def each_value_acts_once(given) -> None:
    """However many ways lead back to a value, it passes its gradient on once."""
    squares = 11
    x = y = given.Value(_Counted(1.0))
    for _ in range(squares):
        y = y * y
    _Counted.products = 0
    y.backward()
    expect(
        _Counted.products < 20 * squares,
        f"{squares} squares in a row: backward() multiplied {_Counted.products} times, {2 * squares} will do",
    )
    expect(_near(x.grad, 2.0**squares), f"{squares} squares in a row from 1: x.grad is {x.grad:.5g}, not {2**squares}")


class _Counted(float):
    """A number that counts the products it is in."""

    products = 0

    def __mul__(self, other: float) -> float:
        _Counted.products += 1
        return _Counted(float(self) * float(other))

    __rmul__ = __mul__


def _random_steps(numbers: list[float], operations: int) -> list[tuple[str, int, int]]:
    """Operations on values that are there already, the newest more often; the last ones end in one sum."""
    data, steps, unused = list(numbers), [], set(range(len(numbers)))

    def step(name: str, one: int, other: int) -> None:
        steps.append((name, one, other))
        unused.difference_update((one, other))
        unused.add(len(data))
        data.append({"+": data[one] + data[other], "*": data[one] * data[other], "tanh": math.tanh(data[one])}[name])

    for _ in range(operations):
        one, other = (random.choice((random.randrange(len(data)), len(data) - 1)) for _ in range(2))
        small = abs(data[one]) < 5 and abs(data[other]) < 5
        name = random.choice(("+", "*", "tanh")) if small else "tanh"
        step(name, one, one if name == "tanh" else other)
    while len(unused) > 1:
        step("+", *sorted(unused)[-2:])
    return steps


def _compare(given, numbers: list[float], steps: list[tuple[str, int, int]]) -> None:
    mine = [given.Value(number) for number in numbers]
    theirs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    _computed(mine, steps).backward()
    _computed(theirs, steps).backward()
    for k, (leaf, tensor) in enumerate(zip(mine, theirs)):
        wanted = 0.0 if tensor.grad is None else tensor.grad.item()
        told = f"{_written(steps, len(numbers))} at {', '.join(_leaf(k, n) for k, n in enumerate(numbers))}"
        expect(_near(leaf.grad, wanted), f"{told}: {'abc'[k]}.grad is {leaf.grad:.4g}, {wanted:.4g} was wanted")


def _computed(leaves: list, steps: list[tuple[str, int, int]]):
    values = list(leaves)
    for name, one, other in steps:
        if name == "tanh":
            values.append(values[one].tanh())
        else:
            values.append(values[one] + values[other] if name == "+" else values[one] * values[other])
    return values[-1]


def _written(steps: list[tuple[str, int, int]], leaves: int) -> str:
    """As "h = a·a, y = h + a"; only its size where it is long."""
    if len(steps) > 4:
        return f"a graph of {len(steps)} operations"
    names = [*"abc"[:leaves], *(f"h{k}" for k in range(1, len(steps))), "y"]
    lines = []
    for k, (name, one, other) in enumerate(steps):
        first, second = names[one], names[other]
        made = {"tanh": f"tanh({first})", "+": f"{first} + {second}", "*": f"{first}·{second}"}[name]
        lines.append(f"{names[leaves + k]} = {made}")
    return ", ".join(lines)


def _leaf(k: int, number: float) -> str:
    return f"{'abc'[k]} = {number:.3g}"


def _near(came: float, wanted: float) -> bool:
    return abs(came - wanted) <= 1e-7 * max(1.0, abs(wanted))
