"""Limits that the control groups above this process set on memory and CPUs, in version 1 and 2 of them."""

from __future__ import annotations

from diagnostics.doctor.probe.root import is_folder, line, number, text

_ROOT = "/sys/fs/cgroup"
_NONE = 1 << 60
"""Version 1 writes "no limit" as the largest page-aligned number."""


def memory(root: str) -> tuple[int | None, int | None]:
    """(limit, used) in bytes of the group with the least room; (None, None) for no limit.

    File pages that were not used of late are not counted as used: they go when room is needed.
    """
    tight: tuple[int, int] | None = None
    for folder in _folders(root, "memory"):
        limit = _either(root, folder, "memory.max", "memory.limit_in_bytes")
        used = _either(root, folder, "memory.current", "memory.usage_in_bytes")
        if limit is None or limit >= _NONE:
            continue
        taken = max(0, (used or 0) - (_counted(root, f"{folder}/memory.stat", "inactive_file") or 0))
        if tight is None or limit - taken < tight[0] - tight[1]:
            tight = limit, taken
    return tight or (None, None)


def oom_kills(root: str) -> int | None:
    """Processes of this group, and of those below it, that the kernel killed for memory."""
    for folder in _folders(root, "memory"):
        for name in ("memory.events", "memory.oom_control"):
            kills = _counted(root, f"{folder}/{name}", "oom_kill")
            if kills is not None:
                return kills
    return None


def cpus(root: str) -> float | None:
    """The share of CPU time that the tightest group has, in CPUs; None for no limit."""
    shares = [share for share in (_share(root, folder) for folder in _folders(root, "cpu")) if share]
    return min(shares, default=None)


def _share(root: str, folder: str) -> float | None:
    words = (line(root, f"{folder}/cpu.max") or "").split()
    if len(words) == 2 and all(word.isdecimal() for word in words):
        quota, period = int(words[0][:15]), int(words[1][:15])
    else:
        quota = number(root, f"{folder}/cpu.cfs_quota_us") or 0
        period = number(root, f"{folder}/cpu.cfs_period_us") or 0
    return round(quota / period, 2) if quota > 0 and period > 0 else None


def _folders(root: str, controller: str) -> list[str]:
    """This process's group and those above it, innermost first. In a container the names are often those outside."""
    for row in (text(root, "/proc/self/cgroup") or "").splitlines():
        _, _, rest = row.partition(":")
        controllers, _, group = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        top = next((top for top in _tops(controllers, controller) if is_folder(root, top)), None)
        if top is None or (not controllers and not _has(root, top, group, controller)):
            continue
        parts = [part for part in group.split("/") if part]
        if ".." in parts or not is_folder(root, f"{top}{group}"):
            parts = []
        return [top + "".join(f"/{part}" for part in parts[:count]) for count in range(len(parts), -1, -1)]
    return []


def _tops(controllers: str, controller: str) -> tuple[str, ...]:
    if controllers:
        return (f"{_ROOT}/{controller}", f"{_ROOT}/{controllers}")
    return (_ROOT,)


def _has(root: str, top: str, group: str, controller: str) -> bool:
    """Version 2 stands beside version 1 on hybrid hosts, without the controllers."""
    controllers = text(root, f"{top}{group}/cgroup.controllers") or text(root, f"{top}/cgroup.controllers") or ""
    return controller in controllers.split()


def _either(root: str, folder: str, newer: str, older: str) -> int | None:
    value = number(root, f"{folder}/{newer}")
    return number(root, f"{folder}/{older}") if value is None else value


def _counted(root: str, path: str, name: str) -> int | None:
    """ "oom_kill 3" of a file of such lines."""
    for row in (text(root, path) or "").splitlines():
        key, _, value = row.partition(" ")
        if key == name and value.strip().isdecimal():
            return int(value[:18])
    return None
