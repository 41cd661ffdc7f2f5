"""`tutor check`: how much later a script begins than under python alone."""

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
loaded = time.time()
torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
print(began, loaded, time.time())
"""


def start(runs: int) -> list[Figure]:
    """To the script's first line, from there until it has torch, and until it has its first optimizer.

    The watch imports at once what torch itself imports with the first optimizer: the three belong together.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(SCRIPT)
        _parts(ALONE, script), _parts(CHECKED, script)  # fills the file cache
        pairs = [(_parts(CHECKED, script), _parts(ALONE, script)) for _ in range(runs)]
    checked, alone = zip(*pairs)
    names = ("first line", "import torch", "first optimizer", "all three")
    return [
        Figure(f"check, start: {name}", "s", ours, beside)
        for name, ours, beside in zip(names, zip(*checked), zip(*alone))
    ]


def _parts(command: list[str], script: Path) -> tuple[float, ...]:
    """Seconds of each part, and of all."""
    began = time.time()
    done = subprocess.run([*command, str(script)], capture_output=True, text=True, check=True)
    first, torch, optimizer = map(float, done.stdout.split())
    return first - began, torch - first, optimizer - torch, optimizer - began
