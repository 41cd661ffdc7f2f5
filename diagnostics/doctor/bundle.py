"""The probe as one text, the same for this host and for another: `ssh host python3 - < text`, or faster by RUN."""

from __future__ import annotations

import pkgutil
from typing import Any

from diagnostics.doctor import probe
from diagnostics.doctor.probe.joined import joined

RUN = "import sys; exec(sys.stdin.read())"
"""What `python -c` is given with the text on standard input: read by `python -`, it takes twice as long."""


def bundle(**options: Any) -> str:
    """A text for Python's standard input that prints Facts, a JSON line a section. `options` as the probe's main()."""
    return joined(sorted(module.name for module in pkgutil.iter_modules(probe.__path__)), "main", options)
