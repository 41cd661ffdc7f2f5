"""The simulated driver answers the real pynvml as a driver would: other tests rest on it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.nvml import SCENARIOS, Simulated

Simulate = Callable[..., Simulated]

MIB = 2**20
READY = sorted(path.stem for path in SCENARIOS.glob("*.ini"))

# What every child starts with: show(call) prints an answer as JSON, or the name of the exception.
PROLOGUE = """
import json, pynvml as nvml

def seen(call, *arguments):
    try:
        answer = call(*arguments)
    except Exception as error:
        return type(error).__name__
    return answer

def show(answer):
    print(json.dumps(answer, default=lambda it: it.__dict__ or str(it)), flush=True)
"""


def ask(driver: Simulated, code: str) -> Any:
    """What a child that meets `driver` shows."""
    program = PROLOGUE + textwrap.dedent(code)
    ended = subprocess.run([sys.executable, "-c", program], env=driver.env, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_workstation_is_read_as_its_scenario_says(simulate: Simulate) -> None:
    """Texts, numbers, pairs and structures arrive; ECC counters and the row remapper are not supported there."""
    answer = ask(
        simulate("rtx4090"),
        """
        nvml.nvmlInit()
        gpu = nvml.nvmlDeviceGetHandleByIndex(0)
        pci = nvml.nvmlDeviceGetPciInfo(gpu)
        memory = nvml.nvmlDeviceGetMemoryInfo(gpu), nvml.nvmlDeviceGetMemoryInfo(gpu, version=nvml.nvmlMemory_v2)
        show({
            "driver": nvml.nvmlSystemGetDriverVersion(),
            "cuda": nvml.nvmlSystemGetCudaDriverVersion_v2(),
            "count": nvml.nvmlDeviceGetCount(),
            "name": nvml.nvmlDeviceGetName(gpu),
            "capability": nvml.nvmlDeviceGetCudaComputeCapability(gpu),
            "pci": [pci.busId, pci.busIdLegacy, pci.bus, pci.pciDeviceId],
            "used": [memory[0].used, memory[1].used, memory[1].reserved],
            "limits": nvml.nvmlDeviceGetPowerManagementLimitConstraints(gpu),
            "throttle": nvml.nvmlDeviceGetCurrentClocksEventReasons(gpu),
            "ecc": nvml.nvmlDeviceGetEccMode(gpu),
            "ecc_errors": seen(nvml.nvmlDeviceGetTotalEccErrors, gpu, 1, 0),
            "remapped": seen(nvml.nvmlDeviceGetRemappedRows, gpu),
            "power": [field.value.uiVal for field in nvml.nvmlDeviceGetFieldValues(gpu, [186])],
        })
        """,
    )
    assert answer == {
        "driver": "560.35.03",
        "cuda": 12060,
        "count": 1,
        "name": "NVIDIA GeForce RTX 4090",
        "capability": [8, 9],
        "pci": ["00000000:01:00.0", "0000:01:00.0", 1, 0x268410DE],
        "used": [2140 * MIB, 1700 * MIB, 440 * MIB],
        "limits": [150_000, 600_000],
        "throttle": 1,
        "ecc": [0, 0],
        "ecc_errors": "NVMLError_NotSupported",
        "remapped": "NVMLError_NotSupported",
        "power": [22_000],
    }


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("init_driver_not_loaded", "NVMLError_DriverNotLoaded"),
        ("init_version_mismatch", "NVMLError_LibRmVersionMismatch"),
        ("init_no_permission", "NVMLError_NoPermission"),
        ("init_unknown", "NVMLError_Unknown"),
        ("init_gpu_lost", "NVMLError_GpuIsLost"),
    ],
)
def test_a_driver_that_does_not_start_says_why(simulate: Simulate, name: str, error: str) -> None:
    """nvmlInit raises the error, and what follows is uninitialized."""
    answer = ask(simulate(name), "show([seen(nvml.nvmlInit), seen(nvml.nvmlDeviceGetCount)])")
    assert answer == [error, "NVMLError_Uninitialized"]


def test_a_lost_gpu_does_not_take_its_neighbours_along(simulate: Simulate) -> None:
    """GPU 5 gives no handle; GPU 3 waits for a reset; the others are sound."""
    answer = ask(
        simulate("h200_8"),
        """
        nvml.nvmlInit()
        def remapped(index):
            return nvml.nvmlDeviceGetRemappedRows(nvml.nvmlDeviceGetHandleByIndex(index))
        show([seen(remapped, index) for index in range(nvml.nvmlDeviceGetCount())])
        """,
    )
    sound = [0, 0, 0, 0]
    assert answer == [sound, sound, sound, [0, 1, 1, 0], sound, "NVMLError_GpuIsLost", sound, sound]
