"""A child that says what pynvml, or with the argument "nvitop" that library, reads of each GPU: a list, as JSON.

The names are those of a Reading's fields; one that cannot be read is null.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any


def of_pynvml() -> list[dict[str, Any]]:
    import pynvml as nvml

    def asked(call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except (nvml.NVMLError, nvml.NVMLLibraryMismatchError):
            return None

    def reading(index: int) -> dict[str, Any]:
        handle = asked(nvml.nvmlDeviceGetHandleByIndex, index)
        memory = asked(nvml.nvmlDeviceGetMemoryInfo, handle, nvml.nvmlMemory_v2)
        memory = memory or asked(nvml.nvmlDeviceGetMemoryInfo, handle)
        utilisation = asked(nvml.nvmlDeviceGetUtilizationRates, handle)
        power, limit = asked(nvml.nvmlDeviceGetPowerUsage, handle), asked(nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
        ecc, mig = asked(nvml.nvmlDeviceGetEccMode, handle), asked(nvml.nvmlDeviceGetMigMode, handle)
        running = asked(nvml.nvmlDeviceGetComputeRunningProcesses_v3, handle)
        if running is None:
            running = asked(nvml.nvmlDeviceGetComputeRunningProcesses_v2, handle)
        drawing = asked(nvml.nvmlDeviceGetGraphicsRunningProcesses_v3, handle)
        return {
            "index": index,
            "uuid": asked(nvml.nvmlDeviceGetUUID, handle),
            "name": asked(nvml.nvmlDeviceGetName, handle),
            "utilisation": utilisation and utilisation.gpu,
            "memory_used": memory and memory.used,
            "memory_total": memory and memory.total,
            "temperature": asked(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
            "power": power and power / 1000,
            "power_limit": limit and limit / 1000,
            "clock": asked(nvml.nvmlDeviceGetClockInfo, handle, nvml.NVML_CLOCK_SM),
            "clock_max": asked(nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_SM),
            "fan": asked(nvml.nvmlDeviceGetFanSpeed, handle),
            "performance_state": asked(nvml.nvmlDeviceGetPerformanceState, handle),
            "ecc": ecc and ecc[0] == 1,
            "ecc_uncorrected": asked(nvml.nvmlDeviceGetTotalEccErrors, handle, 1, 0),
            "mig": mig and mig[0] == 1,
            "processes": None
            if running is drawing is None
            else sorted({one.pid for one in [*(running or ()), *(drawing or ())]}),
        }

    nvml.nvmlInit()
    return [reading(index) for index in range(nvml.nvmlDeviceGetCount())]


def of_nvitop() -> list[dict[str, Any]]:
    import nvitop

    def known(value: Any) -> Any:
        return None if value == nvitop.NA else value

    def reading(device: Any) -> dict[str, Any]:
        power, limit = known(device.power_usage()), known(device.power_limit())
        state, errors = known(device.performance_state()), known(device.total_volatile_uncorrected_ecc_errors())
        return {
            "index": device.index,
            "uuid": known(device.uuid()),
            "name": known(device.name()),
            "utilisation": known(device.gpu_utilization()),
            "memory_used": known(device.memory_used()),
            "memory_total": known(device.memory_total()),
            "temperature": known(device.temperature()),
            "power": power and power / 1000,
            "power_limit": limit and limit / 1000,
            "clock": known(device.sm_clock()),
            "clock_max": known(device.max_sm_clock()),
            "fan": known(device.fan_speed()),
            "performance_state": state and int(state.removeprefix("P")),
            "ecc_uncorrected": errors,
        }

    return [reading(device) for device in nvitop.Device.all()]


print(json.dumps(of_nvitop() if sys.argv[1:] == ["nvitop"] else of_pynvml()))
