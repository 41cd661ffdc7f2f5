"""Whose the processes on the GPUs are, as far as it can be seen from here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psutil

from diagnostics.gpus.board import Board
from diagnostics.gpus.reading import Process
from diagnostics.text import clean

HOSTS_OWN = 0xEFFFFFFC
"""The inode of the kernel's first pid namespace (linux/proc_ns.h): NVML's pids are numbers in it."""

KEPT = 10.0
"""Seconds after which a process is looked at again: a name can change, and a pid be another's."""


@dataclass(frozen=True)
class Owner:
    user: str | None = None
    name: str | None = None
    started: float | None = None


def sees_host() -> bool:
    """Whether pids mean the same here as to NVML: not in a container that has its own."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino == HOSTS_OWN
    except OSError:  # no Linux: no namespaces
        return True


class Owners:
    """Remembers for a while what a pid is."""

    def __init__(self, host: bool | None = None) -> None:
        self._host = sees_host() if host is None else host
        self._known: dict[int, tuple[float, Owner | None]] = {}

    def processes(self, boards: Iterable[Board]) -> tuple[Process, ...]:
        """Every process that a GPU lists, in the order of pids."""
        boards = list(boards)
        pids = sorted({pid for board in boards for kind in ("compute", "graphics") for pid in board.used(kind)})
        self._known = {pid: known for pid, known in self._known.items() if pid in pids}
        return tuple(self._process(pid, boards) for pid in pids)

    def _process(self, pid: int, boards: Sequence[Board]) -> Process:
        on = [board for board in boards if pid in board.used("compute") or pid in board.used("graphics")]
        kinds = [kind for kind in ("compute", "graphics") if any(pid in board.used(kind) for board in on)]
        # One that computes and draws stands in both lists with the same memory.
        sizes = [max(board.used(kind).get(pid) or 0 for kind in kinds) for board in on]
        owner = self._owner(pid)
        return Process(
            pid=pid,
            user=owner.user if owner else None,
            name=owner.name if owner else None,
            started=owner.started if owner else None,
            host_pid=owner is None,
            gpus=tuple(index for board in on if (index := board.values["index"]) is not None),
            memory=sum(sizes) or None,
            kind="both" if len(kinds) == 2 else kinds[0],
        )

    def _owner(self, pid: int) -> Owner | None:
        """None where it cannot be seen from here."""
        if not self._host:
            return None
        now = time.monotonic()
        at, owner = self._known.get(pid, (-KEPT, None))
        if now - at >= KEPT:
            owner = _look(pid)
            self._known[pid] = now, owner
        return owner


def _look(pid: int) -> Owner | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            return Owner(_user(process), _name(process), process.create_time())
    except (psutil.Error, OSError, OverflowError):  # the last: a number that no pid can have
        return None


def _user(process: psutil.Process) -> str | None:
    try:
        return clean(process.username())
    except (psutil.Error, OSError, KeyError):
        return None


def _name(process: psutil.Process) -> str | None:
    """Its command line; of another user's, where that is hidden, its short name."""
    try:
        words = process.cmdline()
    except (psutil.Error, OSError):
        words = []
    try:
        return clean(" ".join(words) or process.name())
    except (psutil.Error, OSError):
        return None
