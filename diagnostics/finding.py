"""Finding: the one word that all diagnostics speak. Plain data, so that a report, a screen and JSON show the same.

Standard library only, Python 3.9 and newer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = 1

STATUSES = ("fail", "warn", "note", "skipped", "ok")
"""In the order of a report. `skipped` could not be checked, and its evidence says why."""


@dataclass(frozen=True)
class Step:
    """One step of a fix: what to do, and where there is one, the command (or the line of code) that does it."""

    text: str
    command: str = ""
    root: bool = False
    reboot: bool = False
    verify: str = ""


@dataclass(frozen=True)
class Tensor:
    """A tensor of the reader's program: its name there ("" where it has none), and what is known of it.

    `born` is where it was made, as "train.py:21 torch.zeros(8)".
    """

    name: str
    device: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    born: str = ""


@dataclass(frozen=True)
class Where:
    """A place in the reader's program: the line from 1, and the exact expression on it."""

    file: str
    line: int
    expression: str = ""
    tensors: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One fault, or the news that there is none. `id` names the fault, as "device-mismatch": one id is one fault.

    `evidence` is what was seen, a line each. `lesson` is where to learn why, as "devices#two-devices".
    `consequence_of` is the id of the finding that causes this one; `category` belongs to explained errors.
    """

    id: str
    status: str
    title: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    fix: tuple[Step, ...] = ()
    where: Where | None = None
    lesson: str = ""
    consequence_of: str = ""
    category: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"a finding is one of {', '.join(STATUSES)}, not {self.status!r}")


def as_json(finding: Finding) -> dict[str, Any]:
    """The finding as plain data."""
    return asdict(finding)


def by_weight(findings: list[Finding]) -> list[Finding]:
    """The worst first; among equals the order stays."""
    return sorted(findings, key=lambda finding: STATUSES.index(finding.status))
