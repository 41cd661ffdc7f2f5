"""The journal: what a watch found, line by line in a file that outlives the process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from typing import Any

from diagnostics.finding import Finding, Step, Tensor, Where, as_json

HIGH = 100
"""From where on its number is looked for: the script's own files keep the numbers that they would have."""

MOST = 500
"""Findings that one process may write down."""


def place(finding: Finding) -> tuple[str, str, int]:
    """What makes it one and the same: the fault, and the line that it is told of."""
    return (finding.id, finding.where.file, finding.where.line) if finding.where else (finding.id, "", 0)


class Journal:
    """The side that writes. Processes that are forked write into the same file; a program that is started gets none."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = _moved_up(descriptor)
        self._known: set[tuple[str, str, int]] = set()

    def write(self, event: str, body: Any) -> None:
        """One line, in one call: whole, or not at all."""
        with contextlib.suppress(OSError):  # closed by the script, or the disk is full: the script goes on
            os.write(self.descriptor, json.dumps({event: body}).encode() + b"\n")

    def report(self, finding: Finding) -> None:
        """Writes a finding down, once for each place."""
        known = place(finding)
        if known not in self._known and len(self._known) < MOST:
            self._known.add(known)
            self.write("finding", as_json(finding))


def _moved_up(descriptor: int) -> int:
    """The same file under a higher number, which ends with this program."""
    try:
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, HIGH)
    except OSError:  # so many files may not be open
        os.set_inheritable(descriptor, False)
        return descriptor
    os.close(descriptor)
    return moved


def read(text: bytes) -> list[tuple[str, Any]]:
    """(event, body) of each line; a last one that a kill tore is left out."""
    events = []
    for line in text.split(b"\n")[:-1]:
        ((event, body),) = json.loads(line).items()
        events.append((event, body))
    return events


def finding_from(body: dict[str, Any]) -> Finding:
    """A finding from its plain data."""
    where = body["where"]
    if where:
        tensors = tuple(Tensor(**{**tensor, "shape": tuple(tensor["shape"])}) for tensor in where["tensors"])
        where = Where(**{**where, "tensors": tensors})
    fix = tuple(Step(**step) for step in body["fix"])
    return Finding(**{**body, "where": where, "fix": fix, "evidence": tuple(body["evidence"])})
