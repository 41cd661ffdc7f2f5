"""How much is asked of the driver, counted by the simulated one."""

from __future__ import annotations

import collections
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.diagnostics.gpus.conftest import ROOT
from tests.support.nvml import Simulated

MINUTE = """
from pathlib import Path
from diagnostics.gpus.fleet import Fleet
now = 0.0
fleet = Fleet(Path("no-devices"), lambda: now)
for second in range(60):
    now = float(second)
    fleet.look(1.0)
print(fleet.ml.calls)
"""


def minute(driver: Simulated) -> int:
    """The calls of a minute, by a clock that runs ahead."""
    done = subprocess.run(
        [sys.executable, "-c", MINUTE], env={**driver.env, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.stderr == ""
    return int(done.stdout)


@pytest.mark.parametrize("kind", ["h200_8", "healthy"])
def test_eight_gpus_take_at_most_twenty_calls_a_second(simulate: Callable[..., Simulated], kind: str) -> None:
    """Over a minute, with the first reading of all that never changes; also where one of them is lost."""
    driver = simulate("h200_8")
    if kind == "healthy":
        driver.add("[gpu.5]\nerror.* = SUCCESS")
    assert minute(driver) <= 20 * 60
    assert len(driver.calls()) <= 20 * 60


def test_what_counts_most_is_read_most_often(simulate: Callable[..., Simulated]) -> None:
    """Utilisation each second, everything else by and by, what never changes once."""
    driver = simulate("h200_8")
    driver.add("[gpu.5]\nerror.* = SUCCESS")
    minute(driver)
    for gpu in range(8):
        calls = collections.Counter(call.function for call in driver.calls() if call.device == f"gpu.{gpu}")
        assert calls["nvmlDeviceGetUtilizationRates"] == 60
        assert calls["nvmlDeviceGetMemoryInfo_v2"] >= 15
        for function in ("Temperature", "FieldValues", "ClockInfo", "CurrentClocksEventReasons"):
            assert calls[f"nvmlDeviceGet{function}"] >= 8
        assert calls["nvmlDeviceGetComputeRunningProcesses_v3"] >= 3
        assert calls["nvmlDeviceGetName"] == calls["nvmlDeviceGetMaxClockInfo"] == calls["nvmlDeviceGetFanSpeed"] == 1


def test_the_count_of_calls_is_the_drivers_own(simulate: Callable[..., Simulated]) -> None:
    """pynvml asks twice for a list of processes: first for its length, and where it is not 0, for the list."""
    driver = simulate("rtx4090")
    assert minute(driver) == len(driver.calls())
