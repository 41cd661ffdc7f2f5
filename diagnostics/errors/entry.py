"""Entry: one fault as error messages tell of it, in the wordings of all versions of torch."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from diagnostics.finding import Step

CATEGORIES = (
    "device-mismatch",
    "label-dtype",
    "label-shape-or-range",
    "dtype-mismatch",
    "shape",
    "autograd",
    "dataloader",
    "oom",
    "amp",
    "cuda-setup",
    "distributed",
    "checkpoint",
    "other",
)
"""label-*: the target of a loss, its type, or its shape and values; dtype-mismatch and shape: of anything else."""


@dataclass(frozen=True)
class Wording:
    """One way in which it is told: a regular expression of a message from its first character on.

    `title` may name groups of the expression; empty: the entry's.
    """

    pattern: str
    title: str = ""
    compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", re.compile(self.pattern))


@dataclass(frozen=True)
class Entry:
    """One fault. `id` may stand in several entries, if what else the log says decides between causes or categories.

    `inside` and `outside` are expressions for the calls that led to the message (file, function and code, a line
    each): one that must be found there, and one that must not. `warning`: torch goes on after it. `lesson` is where to
    learn why, and `after` names the entries that lead to this one, where both stand in a log.
    """

    id: str
    category: str
    title: str
    cause: str
    fix: tuple[Step, ...]
    wordings: tuple[Wording, ...]
    lesson: str = ""
    inside: str = ""
    outside: str = ""
    warning: bool = False
    after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise ValueError(f"a category is one of {', '.join(CATEGORIES)}, not {self.category!r}")

    def fits(self, calls: str) -> bool:
        """Whether the calls that led to the message are those of this fault."""
        if self.inside and not re.search(self.inside, calls):
            return False
        return not (self.outside and re.search(self.outside, calls))


def says(*patterns: str) -> tuple[Wording, ...]:
    """Wordings that need no title of their own."""
    return tuple(map(Wording, patterns))


LOSSES = r"nll_loss|cross_entropy|binary_cross_entropy|mse_loss|l1_loss|huber_loss|soft_margin|kl_div|nn.modules.loss"
"""Calls that are a loss of torch's own."""

COLLATING = r"collate"
IN_TORCH = r"[\\/]torch[\\/]"
