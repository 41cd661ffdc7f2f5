"""What NVML says of the driver and of each GPU, through ctypes: in a process of its own, since a call can hang.

A reading that this driver or this GPU does not give is None. Codes are those of NVIDIA's nvml.h.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from ctypes import CDLL, byref, c_uint, c_ulonglong, c_void_p, sizeof
from typing import Any

from diagnostics.doctor.probe.maps import mapped
from diagnostics.doctor.probe.nvml_calls import (
    Device,
    Fabric,
    FabricV2,
    Memory,
    MemoryV2,
    Pci,
    Process,
    ProcessV1,
    Utilisation,
    call,
    error_text,
    number,
    text,
)
from diagnostics.doctor.probe.speech import child

LIBRARY_MISSING = 12
MOST_GPUS = 128
MOST_SLICES = 16
NOT_AVAILABLE = 2**64 - 1
GRAPHICS, SENSOR, SLOWDOWN = 0, 0, 1
UNCORRECTED, VOLATILE, AGGREGATE = 1, 0, 1
STATE_UNKNOWN = 32
LINKS = 18


def main(options: dict[str, Any]) -> None:
    """The child's course. Options: `root`, where /proc tells which processes are seen here."""
    voice = child()
    voice.say({"facts": look(options["root"], voice.say), "end": True})


def look(root: str, say: Callable[[dict[str, Any]], None], name: str = "libnvidia-ml.so.1") -> dict[str, Any]:
    """Section "nvml". What is asked is said before, so that a hang can be placed."""
    say({"at": "nvmlInit"})
    try:
        library = CDLL(name)
    except OSError as error:
        return {"error": LIBRARY_MISSING, "error_text": str(error)}
    facts: dict[str, Any] = {"library": mapped("libnvidia-ml")}
    code = call(library, ("nvmlInit_v2", "nvmlInit"))
    if code:
        return {**facts, "error": code, "error_text": error_text(library, code)}
    facts["driver"] = text(library, ("nvmlSystemGetDriverVersion",))
    facts["cuda"] = number(library, ("nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetCudaDriverVersion"))
    count = number(library, ("nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"))
    if count is not None:
        facts["gpus"] = []
        for index in range(min(count, MOST_GPUS)):
            say({"at": f"GPU {index}"})
            facts["gpus"].append(gpu(library, index, root))
    return facts


def gpu(library: CDLL, index: int, root: str) -> dict[str, Any]:
    """All that is read of one GPU. What fails for the whole of it is its `error`."""
    handle = c_void_p()
    code = call(library, ("nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"), c_uint(index), byref(handle))
    if code:
        return {"index": index, "error": code}
    device = Device(library, handle)
    facts: dict[str, Any] = {
        "name": device.text("GetName"),
        "uuid": device.text("GetUUID"),
        "pci": address(device),
        "brand": device.number("GetBrand"),
        "capability": device.numbers("GetCudaComputeCapability", 2),
    }
    for group in (memory, load, power, settings, health, link):
        facts.update(group(device))
    facts.update(mig(device))
    facts["nvlinks_down"] = nvlinks_down(device)
    facts["fabric_state"] = fabric_state(device)
    facts["processes"] = processes(device, root)
    return {"index": index, "error": device.error, **facts}


def address(device: Device) -> str | None:
    """As /sys writes it: "0000:5d:00.0"."""
    pci = Pci()
    if device.call("GetPciInfo_v3", byref(pci)) and device.call("GetPciInfo_v2", byref(pci)):
        return None
    return f"{pci.domain:04x}:{pci.bus:02x}:{pci.device:02x}.0"


def memory(device: Device) -> dict[str, Any]:
    """`memory_error` is the code of the older call, which every driver has."""
    newer = MemoryV2(version=sizeof(MemoryV2) | 2 << 24)
    if device.call("GetMemoryInfo_v2", byref(newer)) == 0:
        return {"memory_total": newer.total, "memory_used": newer.used, "memory_error": 0}
    older = Memory()
    code = device.call("GetMemoryInfo", byref(older))
    if code:
        return {"memory_error": code}
    return {"memory_total": older.total, "memory_used": older.used, "memory_error": 0}


def load(device: Device) -> dict[str, Any]:
    rates = Utilisation()
    state = device.number("GetPerformanceState")
    return {
        "utilisation": rates.gpu if device.call("GetUtilizationRates", byref(rates)) == 0 else None,
        "temperature": device.number("GetTemperature", SENSOR),
        "temperature_slowdown": device.number("GetTemperatureThreshold", SLOWDOWN),
        "performance_state": None if state == STATE_UNKNOWN else state,
        "clock": device.number("GetClockInfo", GRAPHICS),
        "clock_max": device.number("GetMaxClockInfo", GRAPHICS),
    }


def power(device: Device) -> dict[str, Any]:
    reasons = device.number("GetCurrentClocksEventReasons", kind=c_ulonglong)
    if reasons is None:  # its name until driver 535
        reasons = device.number("GetCurrentClocksThrottleReasons", kind=c_ulonglong)
    return {
        "power": device.watts("GetPowerUsage"),
        "power_limit": device.watts("GetEnforcedPowerLimit"),
        "power_default": device.watts("GetPowerManagementDefaultLimit"),
        "throttle": reasons,
    }


def settings(device: Device) -> dict[str, Any]:
    modes = device.numbers("GetEccMode", 2)
    return {
        "persistence": device.switch("GetPersistenceMode"),
        "compute_mode": device.number("GetComputeMode"),
        "display": device.switch("GetDisplayActive"),
        "ecc": bool(modes[0]) if modes else None,
    }


def health(device: Device) -> dict[str, Any]:
    rows = device.numbers("GetRemappedRows", 4)  # corrected, uncorrected, pending, failed
    return {
        "ecc_uncorrected": device.number("GetTotalEccErrors", UNCORRECTED, VOLATILE, kind=c_ulonglong),
        "ecc_uncorrected_ever": device.number("GetTotalEccErrors", UNCORRECTED, AGGREGATE, kind=c_ulonglong),
        "remap_pending": bool(rows[2]) if rows else None,
        "remap_failed": bool(rows[3]) if rows else None,
        "retired_pending": device.switch("GetRetiredPagesPendingStatus"),
    }


def link(device: Device) -> dict[str, Any]:
    """The greatest generation is the slot's, not the GPU's: a card in an older slot is in order."""
    return {
        "link_generation": device.number("GetCurrPcieLinkGeneration"),
        "link_generation_max": device.number("GetMaxPcieLinkGeneration"),
        "link_width": device.number("GetCurrPcieLinkWidth"),
        "link_width_max": device.number("GetMaxPcieLinkWidth"),
    }


def mig(device: Device) -> dict[str, Any]:
    modes = device.numbers("GetMigMode", 2)
    if modes is None:
        return {}
    facts: dict[str, Any] = {"mig": bool(modes[0]), "mig_pending": modes[1] != modes[0]}
    if modes[0]:
        most = device.number("GetMaxMigDeviceCount") or 0
        facts["mig_devices"] = [found for index in range(min(most, MOST_SLICES)) for found in mig_device(device, index)]
    return facts


def mig_device(device: Device, index: int) -> list[dict[str, Any]]:
    """The slice of that number, where there is one."""
    handle = c_void_p()
    if device.call("GetMigDeviceHandleByIndex", c_uint(index), byref(handle)):
        return []
    one = Device(device.library, handle)
    return [{"uuid": one.text("GetUUID"), "name": one.text("GetName"), "memory_total": memory(one).get("memory_total")}]


def nvlinks_down(device: Device) -> int | None:
    """How many are down where others are up: a card without a bridge has all of them down, and is in order."""
    states = [device.number("GetNvLinkState", index) for index in range(LINKS)]
    known = [state for state in states if state is not None]
    return known.count(0) if any(known) else None


def fabric_state(device: Device) -> int | None:
    newer = FabricV2(version=sizeof(FabricV2) | 2 << 24)
    if device.call("GetGpuFabricInfoV", byref(newer)) == 0:
        return int(newer.state)
    older = Fabric()
    return int(older.state) if device.call("GetGpuFabricInfo", byref(older)) == 0 else None


def processes(device: Device, root: str) -> list[dict[str, Any]] | None:
    """Those that compute or draw, each once with the most memory that is told of it."""
    lists = [running(device, kind) for kind in ("Compute", "Graphics")]
    if all(one is None for one in lists):
        return None
    found: dict[int, int | None] = {}
    for one in lists:
        for pid, used in one or []:
            found[pid] = max((known for known in (found.get(pid), used) if known is not None), default=None)
    return [
        {"pid": pid, "memory": used, "visible": os.path.exists(f"{root}/proc/{pid}")} for pid, used in found.items()
    ]


def running(device: Device, kind: str) -> list[tuple[int, int | None]] | None:
    """(pid, bytes) of each process; bytes are None where the driver does not tell them."""
    for suffix, entry in (("_v2", Process), ("_v3", Process), ("", ProcessV1)):
        room = (entry * 1024)()
        count = c_uint(len(room))
        if device.call(f"Get{kind}RunningProcesses{suffix}", byref(count), room) == 0:
            listed = room[: min(count.value, len(room))]
            return [(one.pid, None if one.memory == NOT_AVAILABLE else one.memory) for one in listed]
    return None
