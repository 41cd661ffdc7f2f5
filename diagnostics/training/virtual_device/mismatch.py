"""What CUDA would refuse, as data and as the exception that the script sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KINDS = ("mix", "host", "numpy", "generator", "ordinal", "fork", "autocast")
"""mix: tensors of two devices in one operation. host: a GPU tensor where one of the CPU is asked for, as the lengths
of packed sequences. numpy: a GPU tensor made an array. generator: a random generator of the other device.
ordinal: a GPU that is not there. fork: CUDA in a forked worker. autocast: refused under autocast."""


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
        return TypeError(self.message) if self.kind == "numpy" else RuntimeError(self.message)


Report = Callable[[Mismatch], None]


class DeviceMismatch(RuntimeError):
    """Raised where CUDA would refuse; `mismatch` says what was seen."""

    mismatch: Mismatch | None = None


class NotForNumpy(DeviceMismatch, TypeError):
    """A GPU tensor was made an array: a TypeError with CUDA, and so here."""


def refusal(mismatch: Mismatch) -> DeviceMismatch:
    """The exception for it."""
    error = (NotForNumpy if mismatch.kind == "numpy" else DeviceMismatch)(mismatch.message)
    error.mismatch = mismatch
    return error
