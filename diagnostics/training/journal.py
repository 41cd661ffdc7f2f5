"""The journal: what a watch found, line by line in a file that outlives the process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
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
        self._file = _identity(self.descriptor)
        self._known: set[tuple[str, str, int]] = set()
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forked)

    def write(self, event: str, body: Any) -> None:
        """One line, in one call: whole, or not at all."""
        with contextlib.suppress(OSError):  # closed by the script, or the disk is full: the script goes on
            if _identity(self.descriptor) == self._file:  # else a file of the script's has taken the number
                os.write(self.descriptor, json.dumps({event: body}).encode() + b"\n")

    def report(self, finding: Finding) -> None:
        """Writes a finding down, once for each place."""
        known = place(finding)
        with self._lock:
            if known in self._known or len(self._known) >= MOST:
                return
            self._known.add(known)
        self.write("finding", as_json(finding))

    def _forked(self) -> None:
        """A thread that is not in this process may have held the lock."""
        self._lock = threading.Lock()


def _identity(descriptor: int) -> tuple[int, int]:
    """Device and inode of an open file. Raises OSError for a number that stands for none."""
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


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
