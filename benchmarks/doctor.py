"""`tutor doctor`: time to its verdict, beside `nvitop -1` and a bare import of torch, in turns."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import Aim, Figure
from tests.support.nvml import scenario, simulated
from tests.support.nvml.build import compiler

TUTOR = [sys.executable, "-m", "tutor", "doctor"]
NVITOP = [sys.executable, "-m", "nvitop", "-1"]
TORCH = [sys.executable, "-c", "import torch"]


def doctor(runs: int) -> list[Figure]:
    """Without torch, on a host with a (simulated) GPU and on this one; and with torch on this one."""
    figures = []
    if importlib.util.find_spec("nvitop") is not None and compiler() is not None:
        with tempfile.TemporaryDirectory() as folder:
            driver = simulated(scenario("rtx4090"), Path(folder), Path(folder), clock=None)
            for name, env in (("an RTX 4090", driver.env), ("no GPU", None)):
                ours, theirs = _in_turns([*TUTOR, "--no-torch"], NVITOP, runs, env)
                figures.append(Figure(f"doctor without torch, {name}; nvitop -1", "ms", ours, theirs, Aim(2, "ratio")))
    ours, theirs = _in_turns(TUTOR, TORCH, runs, None)
    figures.append(Figure("doctor with torch; import torch", "ms", ours, theirs, Aim(1.15, "ratio")))
    return figures


def _in_turns(
    ours: list[str], theirs: list[str], runs: int, env: Mapping[str, str] | None
) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for command, found in zip((ours, theirs), times):
            began = time.perf_counter()
            subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            found.append((time.perf_counter() - began) * 1000)
    return times
