"""Whether a service runs, without asking its manager, and what a program says of its version."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnostics.doctor.probe.root import exists, is_folder, line, place, program

_SECONDS = 1.0
"""A program that has not told its version by then is left unasked."""


def runs(root: str, unit: str, name: str = "") -> bool:
    """By systemd's control group for it, or by the process whose number its file in /run holds."""
    groups = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")
    if any(is_folder(root, f"{group}/system.slice/{unit}.service") for group in groups):
        return True
    process = line(root, f"/run/{unit}/{name or unit}.pid") or ""
    return process.isdecimal() and exists(root, f"/proc/{process}")


def version_of(root: str, name: str, variables: Mapping[str, str]) -> str | None:
    """The first number such as 550.54.14 or 12.4 in what `NAME --version` prints."""
    path = program(root, name, variables)
    said = _output(place(root, path) or path) if path else ""
    found = re.search(r"(?:release|version)\D{0,20}(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)", said, re.IGNORECASE)
    return found.group(1) if found else None


def _output(path: str) -> str:
    import subprocess  # slow to load, and needed on few hosts

    try:
        ended = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return ended.stdout[:4096].decode("utf-8", "replace")
