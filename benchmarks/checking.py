"""`tutor check`: how much later a script begins, and has torch, than under python alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure

ALONE = [sys.executable]
CHECKED = [str(Path(sys.executable).with_name("tutor")), "check", "--device", "cuda"]

SCRIPT = """
import time
began = time.time()
import torch
print(began, time.time())
"""


def start(runs: int) -> list[Figure]:
    """From the command to the script's first line, and from there until its import of torch is done."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(SCRIPT)
        _begun(ALONE, script), _begun(CHECKED, script)  # fills the file cache
        pairs = [(_begun(CHECKED, script), _begun(ALONE, script)) for _ in range(runs)]
    checked, alone = zip(*pairs)
    (first, torch), (first_alone, torch_alone) = zip(*checked), zip(*alone)
    return [
        Figure("check, to the script's first line", "s", first, first_alone),
        Figure("check, `import torch` in the script", "s", torch, torch_alone),
    ]


def _begun(command: list[str], script: Path) -> tuple[float, float]:
    """Seconds to the first line, and from there to the end of the import."""
    began = time.time()
    done = subprocess.run([*command, str(script)], capture_output=True, text=True, check=True)
    first, last = map(float, done.stdout.split())
    return first - began, last - first
