"""What CUDA would refuse, as data and as the exception that the script sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KINDS = ("mix", "module", "host", "numpy", "python", "generator", "ordinal", "fork", "autocast", "leaf")
"""mix: tensors of two devices in one operation. module: a part of DataParallel's module was left behind.
host: a GPU tensor where one of the CPU is asked for, as the lengths of packed sequences. numpy: a GPU tensor made an
array. python: one in apply_ or map_. generator: a random generator of the other device. ordinal: a GPU that is not
there. fork: CUDA in a forked worker. autocast: refused under autocast. leaf: a parameter that is the copy of a leaf on
another device."""


@dataclass(frozen=True)
class Operand:
    """A tensor of the refused operation: its argument there, and the device that it carries (None: not known).

    `odd` marks those that do not fit with the others.
    """

    argument: str
    tensor: Any
    device: Any | None
    odd: bool = False


@dataclass(frozen=True)
class Mismatch:
    """An operation that CUDA would refuse, and its words for it. `kind` is one of KINDS."""

    op: str
    message: str
    operands: tuple[Operand, ...] = ()
    kind: str = "mix"

    def error(self) -> Exception:
        """What torch would raise: of its class, which can be pickled where nobody knows of us."""
        return TypeError(self.message) if self.kind in _OF_TYPE else RuntimeError(self.message)


_OF_TYPE = ("numpy", "python")
"""Kinds that are a TypeError with CUDA."""

Report = Callable[[Mismatch], None]


class DeviceMismatch(RuntimeError):
    """Raised where CUDA would refuse; `mismatch` says what was seen."""

    mismatch: Mismatch | None = None


class NotForPython(DeviceMismatch, TypeError):
    """A GPU tensor was to be read by Python: a TypeError with CUDA, and so here."""


def refusal(mismatch: Mismatch) -> DeviceMismatch:
    """The exception for it."""
    error = (NotForPython if mismatch.kind in _OF_TYPE else DeviceMismatch)(mismatch.message)
    error.mismatch = mismatch
    return error
