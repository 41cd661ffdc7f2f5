"""The gradient is handed on from .grad, with what an earlier pass left. Breaks: a_second_pass_adds_its_own."""

from __future__ import annotations

import math


class Value:
    """A number, and the numbers it was computed from.

    sources: pairs (value, slope): how fast this one moves
    with that value.
    """

    def __init__(self, data: float, sources=()) -> None:
        self.data = data
        self.grad = 0.0
        self.sources = sources

    def __add__(self, other: Value) -> Value:
        sources = ((self, 1.0), (other, 1.0))
        return Value(self.data + other.data, sources)

    def __mul__(self, other: Value) -> Value:
        sources = ((self, other.data), (other, self.data))
        return Value(self.data * other.data, sources)

    def tanh(self) -> Value:
        y = math.tanh(self.data)
        return Value(y, ((self, 1 - y**2),))

    def backward(self) -> None:
        """Adds to .grad of each value behind it."""
        self.grad = 1.0
        for value in reversed(sources_first(self)):
            for source, slope in value.sources:
                source.grad += value.grad * slope


def sources_first(last: Value) -> list[Value]:
    """Each value behind `last` once, and then `last`.

    Each stands after all those that it was computed from.
    """
    found: dict[Value, None] = {}  # keeps the order

    def visit(value: Value) -> None:
        if value not in found:
            for source, _ in value.sources:
                visit(source)
            found[value] = None

    visit(last)
    return list(found)
