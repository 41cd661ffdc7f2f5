"""Local rules: how an operation on single numbers turns the gradient that came in into those that it sends on.

Each is written in numbers, the gradient first: "−6 · 3" for one side of a product whose other side is 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lessons.kit import number

AGREES = 1e-3
"""A rule whose result differs by more than this part from what torch sent is not shown: it would explain nothing."""


class Known(NamedTuple):
    """A node's gradient, its inputs and its result, all single numbers, and what it has saved."""

    gradient: float
    inputs: tuple[float, ...]
    result: float
    saved: dict[str, Any]


Rule = tuple[str, float]
"""How it is written, and what it gives."""


def local_rules(operation: str, known: Known, sent: Sequence[float | None]) -> list[str]:
    """For each gradient that was sent, the arithmetic that gives it; "" where there is no rule for the operation."""
    try:
        rules = RULES[operation](known) if operation in RULES else []
    except (ArithmeticError, ValueError, IndexError):  # as 1 / 0, where torch sends inf
        rules = []
    texts = [
        text if value is not None and math.isclose(value, result, rel_tol=AGREES, abs_tol=1e-30) else ""
        for (text, result), value in zip(rules, sent)
    ]
    return texts + [""] * (len(sent) - len(texts))


def times(gradient: float, *factors: float | Rule) -> Rule:
    """The product, as "−6 · (−3)", of numbers and of what is written otherwise."""
    text, value = number(gradient), gradient
    for factor in factors:
        written, size = (_signed(factor), factor) if isinstance(factor, (int, float)) else factor
        text, value = f"{text} · {written}", value * size
    return text, value


def _signed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _squared(value: float) -> str:
    return f"{_signed(value)}²"


def _add(known: Known) -> list[Rule]:
    return [times(known.gradient, 1), times(known.gradient, known.saved.get("alpha", 1))]


def _sub(known: Known) -> list[Rule]:
    return [times(known.gradient, 1), times(known.gradient, -known.saved.get("alpha", 1))]


def _mul(known: Known) -> list[Rule]:
    left, right = known.inputs[:2]
    return [times(known.gradient, right), times(known.gradient, left)]


def _div(known: Known) -> list[Rule]:
    above, below = known.inputs[:2]
    first = (f"{number(known.gradient)} / {_signed(below)}", known.gradient / below)
    return [first, times(known.gradient, (f"{_signed(-above)} / {_squared(below)}", -above / below**2))]


def _pow(known: Known) -> list[Rule]:
    gradient, base, exponent = known.gradient, known.saved.get("self"), known.saved.get("exponent")
    if isinstance(exponent, (int, float)):
        return [times(gradient, exponent, *_raised(known.inputs[0], exponent - 1))]
    if isinstance(base, (int, float)):
        return [times(gradient, known.result, (f"ln({number(base)})", math.log(base)))]
    base, exponent = known.inputs[:2]
    logarithm = (f"ln({number(base)})", math.log(base))
    return [times(gradient, exponent, *_raised(base, exponent - 1)), times(gradient, known.result, logarithm)]


def _raised(base: float, exponent: float) -> list[float | Rule]:
    """The power as a factor; nothing where it is 1."""
    if exponent in (0, 1):
        return [base] if exponent else []
    return [(f"{_signed(base)}^{_signed(exponent)}", base**exponent)]


def _sigmoid(known: Known) -> list[Rule]:
    rest = 1 - known.result
    written = number(rest) if known.result > 0.99 else f"(1 − {number(known.result)})"
    return [times(known.gradient, known.result, (written, rest))]


def _tanh(known: Known) -> list[Rule]:
    rest = 1 - known.result**2
    written = number(rest) if abs(known.result) > 0.99 else f"(1 − {_squared(known.result)})"
    return [times(known.gradient, (written, rest))]


def _relu(known: Known) -> list[Rule]:
    return [times(known.gradient, 1 if known.result > 0 else 0)]


def _log(known: Known) -> list[Rule]:
    return [(f"{number(known.gradient)} / {_signed(known.inputs[0])}", known.gradient / known.inputs[0])]


def _sin(known: Known) -> list[Rule]:
    at = known.inputs[0]
    return [times(known.gradient, _of_angle("cos", at, math.cos(at)))]


def _cos(known: Known) -> list[Rule]:
    at = known.inputs[0]
    return [times(known.gradient, _of_angle("−sin", at, -math.sin(at)))]


def _of_angle(function: str, angle: float, value: float) -> Rule:
    """As "cos(3)"; a large angle, cut to three digits, would give anything, so the value stands for it."""
    written = f"{function}({number(angle)})" if abs(angle) < 100 else _signed(value)
    return (f"({written})" if written.startswith("−") else written), value


def _sqrt(known: Known) -> list[Rule]:
    return [(f"{number(known.gradient)} / (2 · {number(known.result)})", known.gradient / (2 * known.result))]


def _reciprocal(known: Known) -> list[Rule]:
    return [times(known.gradient, (f"(−{_squared(known.result)})", -(known.result**2)))]


def _abs(known: Known) -> list[Rule]:
    at = known.inputs[0]
    return [times(known.gradient, (at > 0) - (at < 0))]


RULES: dict[str, Callable[[Known], list[Rule]]] = {
    "Add": _add,
    "Sub": _sub,
    "Rsub": lambda known: [times(known.gradient, -1)],
    "Neg": lambda known: [times(known.gradient, -1)],
    "Mul": _mul,
    "Div": _div,
    "Reciprocal": _reciprocal,
    "Pow": _pow,
    "Sqrt": _sqrt,
    "Exp": lambda known: [times(known.gradient, known.result)],
    "Log": _log,
    "Sin": _sin,
    "Cos": _cos,
    "Sigmoid": _sigmoid,
    "Tanh": _tanh,
    "Relu": _relu,
    "Abs": _abs,
}
