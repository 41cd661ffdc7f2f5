"""Which file a shared library was loaded from."""

from __future__ import annotations

import os


def mapped(name: str) -> str | None:
    """The file of this process's library of that name, as "libcuda"; None where /proc does not tell."""
    try:
        with open("/proc/self/maps", errors="replace") as maps:
            paths = [line.rstrip("\n").partition("/")[2] for line in maps]
    except OSError:
        return None
    return next((f"/{path}" for path in paths if os.path.basename(path).startswith(f"{name}.so")), None)
