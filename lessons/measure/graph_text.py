"""The expression of a node in an autograd graph, put together from those of its inputs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lessons.kit import number

LONGEST = 24
"""Characters of an operand that is written out; a longer one is cut short to "relu(…)" or "(…)"."""

SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4
"""How strongly the outermost operator of an expression binds."""

RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

INFIX = {
    "Add": (SUM, "{0} + {1}"),
    "Sub": (SUM, "{0} − {1:r}"),
    "Rsub": (SUM, "{1} − {0:r}"),
    "Mul": (PRODUCT, "{0}·{1}"),
    "Div": (PRODUCT, "{0} / {1:r}"),
    "Mm": (PRODUCT, "{0} @ {1}"),
    "Bmm": (PRODUCT, "{0} @ {1}"),
    "Mv": (PRODUCT, "{0} @ {1}"),
    "Dot": (PRODUCT, "{0} @ {1}"),
    "Neg": (SUM, "−{0:r}"),
}


@dataclass(frozen=True)
class Text:
    """An expression, how it is cut short within a longer one, and how strongly its outermost operator binds."""

    text: str
    brief: str
    binds: int = ATOM


@dataclass(frozen=True)
class _Operand:
    """An operand under an operator: format "r" asks for parentheses also around one that binds just as strongly."""

    of: Text
    operator: int

    def __format__(self, spec: str) -> str:
        if len(self.of.text) > LONGEST:
            return self.of.brief
        loose = self.of.binds < self.operator + (spec == "r")
        return f"({self.of.text})" if loose else self.of.text


def compose(operation: str, inputs: list[Text | None], saved: dict[str, Any]) -> Text:
    """The expression of an operation on these inputs; those that nothing is known of are "…"."""
    known = [each or Text("…", "…") for each in inputs]
    if operation == "Addmm" and len(known) >= 3:
        added, left, right = (_Operand(each, binds) for each, binds in zip(known, (SUM, PRODUCT, PRODUCT)))
        return Text(f"{left} @ {right} + {added}", "(…)", SUM)
    if operation in ("T", "Transpose") and known:
        return Text(f"{_Operand(known[0], ATOM)}ᵀ", "(…)ᵀ")
    if operation == "Pow" and known:
        return _power(known, saved)
    if operation in INFIX and len(known) >= INFIX[operation][1].count("{") and saved.get("alpha", 1) == 1:
        binds, pattern = INFIX[operation]
        return Text(pattern.format(*(_Operand(each, binds) for each in known)), "(…)", binds)
    if operation == "Reciprocal" and known:
        return Text(f"1 / {_Operand(known[0], POWER)}", "(…)", PRODUCT)
    if len(known) == 1 and operation in ("View", "UnsafeView", "Reshape", "ReshapeAlias", "Expand", "Clone", "Alias"):
        return known[0]
    return _call(_snake(operation), known)


def _power(known: list[Text], saved: dict[str, Any]) -> Text:
    base, exponent = known[0], saved.get("exponent")
    if isinstance(exponent, (int, float)):
        raised = number(exponent).translate(RAISED) if exponent == int(exponent) else f"^{number(exponent)}"
    elif isinstance(saved.get("self"), (int, float)):  # a number to the power of a tensor
        base, raised = Text(number(saved["self"]), ""), f"^{_Operand(known[0], ATOM)}"
    else:
        raised = f"^{_Operand(known[1], ATOM)}" if len(known) > 1 else "^…"
    return Text(f"{_Operand(base, ATOM)}{raised}", f"(…){raised}", POWER)


def _call(name: str, known: list[Text]) -> Text:
    inside = ", ".join(each.brief.replace("(…)", "…") if len(each.text) > LONGEST else each.text for each in known)
    return Text(f"{name}({inside})", f"{name}(…)")


def _snake(operation: str) -> str:
    """ "log_softmax" for LogSoftmax."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()
