"""The expression of a node in an autograd graph, put together from those of its inputs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lessons.kit import number

LONGEST = 24
"""Characters of an operand that is written out; a longer one is cut short to "relu(…)" or "(…)"."""

MOST_OPERANDS = 6
"""Operands of a function that are written out; after them comes "…"."""

SIGNED, SUM, QUOTIENT, PRODUCT, POWER, ATOM = range(6)
"""How strongly the outermost operator of an expression binds; a leading minus least. What is read from the left, as
"w / x / b" and "a @ b @ c", is a QUOTIENT: next to "·", where no one order is agreed on, it gets brackets."""

RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MOST_RAISED = 1e4
"""From here on an exponent has a power of ten of its own, and is written after a "^"."""

MATRICES = (QUOTIENT, "{0} @ {1}", (QUOTIENT, POWER))
INFIX = {
    "Add": (SUM, "{0} + {1}", (SIGNED, SUM)),
    "Sub": (SUM, "{0} − {1}", (SIGNED, QUOTIENT)),
    "Rsub": (SUM, "{1} − {0}", (QUOTIENT, SIGNED)),
    "Mul": (PRODUCT, "{0}·{1}", (PRODUCT, PRODUCT)),
    "Div": (QUOTIENT, "{0} / {1}", (QUOTIENT, POWER)),
    "Reciprocal": (QUOTIENT, "1 / {0}", (POWER,)),
    "Neg": (SIGNED, "−{0}", (QUOTIENT,)),
    "Mm": MATRICES,
    "Bmm": MATRICES,
    "Mv": MATRICES,
    "Dot": MATRICES,
    "Addmm": (SUM, "{1} @ {2} + {0}", (SUM, QUOTIENT, POWER)),
}
"""How an operation binds, how it is written, and how strongly each of its inputs has to bind to need no brackets."""


@dataclass(frozen=True)
class Text:
    """An expression, how it is cut short within a longer one, and how strongly its outermost operator binds."""

    text: str
    brief: str
    binds: int = ATOM

    def under(self, least: int) -> str:
        """As an operand that has to bind at least so strongly, in brackets where it does not."""
        text = self.brief if len(self.text) > LONGEST else self.text
        binds = SIGNED if text.startswith("−") else self.binds
        return text if binds >= least or text == "(…)" else f"({text})"

    def piece(self, place: int) -> Text:
        """One of several results, counted from 0."""
        return Text(f"{self.text}[{place}]", f"{self.brief}[{place}]")


def compose(operation: str, inputs: list[Text | None], saved: dict[str, Any]) -> Text:
    """The expression of an operation on these inputs; those that nothing is known of are "…"."""
    known = [each or Text("…", "…") for each in inputs]
    if operation in INFIX and len(known) >= len(INFIX[operation][2]) and saved.get("alpha", 1) == 1:
        binds, pattern, least = INFIX[operation]
        return Text(pattern.format(*map(Text.under, known, least)), "(…)", binds)
    if operation in ("T", "Transpose") and known:
        return Text(f"{known[0].under(ATOM)}ᵀ", "(…)ᵀ")
    if operation == "Pow" and known:
        return _power(known, saved)
    if len(known) == 1 and operation in ("View", "UnsafeView", "Reshape", "ReshapeAlias", "Expand", "Clone", "Alias"):
        return known[0]
    return _call(_snake(operation), known)


def _power(known: list[Text], saved: dict[str, Any]) -> Text:
    base, exponent = known[0], saved.get("exponent")
    if isinstance(exponent, (int, float)):
        small = abs(exponent) < MOST_RAISED and exponent == int(exponent)
        raised = number(exponent).translate(RAISED) if small else f"^{number(exponent)}"
    elif isinstance(saved.get("self"), (int, float)):  # a number to the power of a tensor
        base, raised = Text(number(saved["self"]), ""), f"^{known[0].under(ATOM)}"
    else:
        raised = f"^{known[1].under(ATOM)}" if len(known) > 1 else "^…"
    return Text(f"{base.under(ATOM)}{raised}", f"(…){raised}", POWER)


def _call(name: str, known: list[Text]) -> Text:
    operands = [each.brief.replace("(…)", "…") if len(each.text) > LONGEST else each.text for each in known]
    if len(operands) > MOST_OPERANDS:
        operands = [*operands[:MOST_OPERANDS], "…"]
    return Text(f"{name}({', '.join(operands)})", f"{name}(…)")


def _snake(operation: str) -> str:
    """ "log_softmax" for LogSoftmax."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()
