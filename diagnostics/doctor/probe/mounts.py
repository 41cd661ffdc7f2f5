"""Room and mount options of folders."""

from __future__ import annotations

import os
import re

from diagnostics.doctor.probe.root import place, real, text

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def free(root: str, path: str) -> int | None:
    """Bytes that this user may still write there."""
    room = _room(root, path)
    return None if room is None else room[1]


def size_of(root: str, path: str) -> int | None:
    """Bytes of the file system: what it was mounted with, where the mount says so, else what it tells itself."""
    for option in mount_of(root, path, exact=True) or []:
        written = re.fullmatch(r"size=(\d{1,15})([kmg]?)", option)
        if written:
            return int(written.group(1)) * _UNITS[written.group(2)]
    room = _room(root, path)
    return None if room is None else room[0]


def mount_of(root: str, path: str, exact: bool = False) -> list[str] | None:
    """The options with which the file system of a folder was mounted; `exact`: only if it is mounted right there."""
    listed = text(root, "/proc/self/mounts", 1 << 20)
    target = real(root, path)
    if listed is None or target is None:
        return None
    best, options = "", None
    for row in listed.splitlines():
        words = row.split(" ")
        if len(words) > 3 and len(words[1]) >= len(best) and _holds(words[1], target):  # the last of equals is on top
            best, options = words[1], words[3].split(",")
    return options if not exact or best == target else None


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _room(root: str, path: str) -> tuple[int, int] | None:
    where = place(root, path)
    try:
        told = os.statvfs(where or "\0")
    except (OSError, ValueError):
        return None
    return told.f_frsize * told.f_blocks, told.f_frsize * told.f_bavail
