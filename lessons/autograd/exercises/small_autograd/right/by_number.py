"""Values are numbered as they are made: the newest first is an order in which all uses come before."""

from __future__ import annotations

import heapq
import itertools
import math

numbers = itertools.count()


class Value:
    def __init__(self, data: float, *sources: tuple[Value, float]) -> None:
        self.data, self.grad, self.sources, self.number = data, 0, sources, next(numbers)

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, (self, 1), (other, 1))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, (self, other.data), (other, self.data))

    def tanh(self) -> Value:
        return Value(math.tanh(self.data), (self, 1 / math.cosh(self.data) ** 2))

    def backward(self) -> None:
        waiting, arrived = [(-self.number, self)], {self.number: 1.0}
        while waiting:
            _, value = heapq.heappop(waiting)
            gradient = arrived[value.number]
            value.grad += gradient
            for source, slope in value.sources:
                if source.number not in arrived:
                    heapq.heappush(waiting, (-source.number, source))
                arrived[source.number] = arrived.get(source.number, 0.0) + gradient * slope
