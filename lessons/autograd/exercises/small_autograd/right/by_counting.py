"""As torch does it: count each value's uses, and act when none is outstanding."""

import math
from collections import Counter


class Value:
    def __init__(self, data, rule=None, *sources):
        self.data, self.grad = data, 0.0
        self.rule, self.sources = rule, sources

    def __add__(self, other):
        return Value(self.data + other.data, lambda g: (g, g), self, other)

    def __mul__(self, other):
        return Value(self.data * other.data, lambda g: (g * other.data, g * self.data), self, other)

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, lambda g: (g * (1 - y) * (1 + y),), self)

    def backward(self):
        uses, seen, stack = Counter(), {id(self)}, [self]
        while stack:
            for source in stack.pop().sources:
                uses[id(source)] += 1
                if id(source) not in seen:
                    seen.add(id(source))
                    stack.append(source)

        arrived, ready = Counter({id(self): 1.0}), [self]
        while ready:
            value = ready.pop()
            gradient = arrived[id(value)]
            if not value.sources:
                value.grad += gradient
                continue
            for source, part in zip(value.sources, value.rule(gradient)):
                arrived[id(source)] += part
                uses[id(source)] -= 1
                if uses[id(source)] == 0:
                    ready.append(source)
