"""What the writers of findings share."""

from __future__ import annotations

from typing import Any, Protocol

from diagnostics.finding import Finding, Step


class Operand(Protocol):
    """A tensor of the refused operation; `odd` where it does not fit with the others. `device` None: not known."""

    @property
    def argument(self) -> str: ...
    @property
    def tensor(self) -> Any: ...
    @property
    def device(self) -> Any: ...
    @property
    def odd(self) -> bool: ...


class Mismatch(Protocol):
    """An operation that is refused, and CUDA's words for it."""

    @property
    def op(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def operands(self) -> tuple[Any, ...]: ...


def finding(title: str, cause: str, steps: tuple[Step, ...] = ()) -> Finding:
    """A fault, whose id and place are put in later."""
    return Finding("", "fail", title, (), cause, steps)


def called(name: str, operand: Operand) -> str:
    """The operand in a sentence."""
    return f"`{name}`" if name else f"the {operand.argument or 'other'} of the operation"
