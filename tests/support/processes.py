"""What the system knows of processes: who descends from whom, what they used. From /proc on Linux, else from ps."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.support.patience import PATIENCE, Patience

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Process:
    """One live process. `cpu`: seconds of user and system time so far; `rss`: resident memory in MiB.

    `started` tells it from an earlier process of the same number (Linux; elsewhere empty).
    """

    pid: int
    started: str
    parent: int
    cpu: float
    rss: float
    command: str

    def __str__(self) -> str:
        return f"{self.pid} {self.command}"


def processes() -> dict[int, Process]:
    """Every live process by its pid. One that ended and waits for its parent is not alive."""
    found = _from_proc() if sys.platform == "linux" else _from_ps()
    return {process.pid: process for process in found}


def family(roots: Collection[Process], mark: str) -> list[Process]:
    """Those of `roots` that live, all whose environment holds `mark`, and all that descend from them.

    The mark finds what a tree cannot: a process whose parent died. Environments are read on Linux alone.
    """
    known = processes()
    same = [known[root.pid] for root in roots if root.pid in known and known[root.pid].started == root.started]
    found = same + [process for process in known.values() if process not in same and _carries(process.pid, mark)]
    for one in found:
        found += [process for process in known.values() if process.parent == one.pid and process not in found]
    return found


def pss(pid: int) -> float:
    """Memory in MiB, with what is shared divided among those who share it. Linux; elsewhere and without leave nan."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), float("nan"))


def wait_gone(pids: Collection[int], timeout: float = PATIENCE) -> set[int]:
    """Waits until none of `pids` is alive; those that still are after `timeout` seconds."""
    patience = Patience(timeout)
    while (left := set(pids) & processes().keys()) and not patience.over:
        time.sleep(0.02)
    return left


def _from_proc() -> list[Process]:
    found = []
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:  # it ended between the listing and the look
            continue
        if fields[0] in "ZX":
            continue
        cpu = (int(fields[11]) + int(fields[12])) / TICKS
        command = b" ".join(words).decode(errors="replace")
        found.append(Process(int(folder.name), fields[19], int(fields[1]), cpu, int(fields[21]) * PAGE_MIB, command))
    return found


def _from_ps() -> list[Process]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,state=,time=,rss=,command="], capture_output=True, text=True, check=True
    ).stdout
    found = []
    for line in listing.splitlines():
        pid, parent, state, used, kib, *words = line.split(None, 5)
        if not state.startswith("Z"):
            command = words[0] if words else ""
            found.append(Process(int(pid), "", int(parent), _seconds(used), int(kib) / 1024, command))
    return found


def _seconds(clock: str) -> float:
    """Seconds of `[[days-]hours:]minutes:seconds`."""
    days, _, rest = clock.rpartition("-")
    total = 0.0
    for part in rest.split(":"):
        total = total * 60 + float(part)
    return total + 86400 * int(days or 0)


def _carries(pid: int, mark: str) -> bool:
    try:
        return mark.encode() in (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
