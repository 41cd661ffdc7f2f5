"""How a process of the probe speaks: JSON objects, one a line, on what was its standard output."""

from __future__ import annotations

import contextlib
import json
import os
import select
from typing import Any


class Voice:
    """Speaks on what was standard output; what others print goes to standard error from now on."""

    def __init__(self) -> None:
        self._fd = os.dup(1)
        os.dup2(2, 1)
        self._ear = select.poll()
        self._ear.register(self._fd, 0)  # errors are always told

    def say(self, message: dict[str, Any]) -> None:
        """Raises ValueError for what JSON has no word for (nan), and BrokenPipeError when nobody listens any more."""
        line = json.dumps(message, ensure_ascii=False, allow_nan=False) + "\n"
        left = line.encode("utf-8", "replace")  # names of files may hold what is no text
        while left:
            left = left[os.write(self._fd, left) :]

    def heard(self) -> bool:
        """Whether somebody still listens: False once an SSH connection broke."""
        return not self._ear.poll(0)


def child() -> Voice:
    """The voice of a child of the probe, which leaves no core file, and ends when the probe does."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    least = 1 if most else 0  # 1 is less than any core, and keeps it from a helper that the kernel would call
    resource.setrlimit(resource.RLIMIT_CORE, (least, least))
    with contextlib.suppress(ImportError, OSError, AttributeError):  # a system, or a Python, without it
        import ctypes

        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    return Voice()
