"""What is read of a GPU: which calls give which fields of a Reading, how often, and what takes their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from diagnostics.gpus import nvml
from diagnostics.gpus.nvml import Nvml, Refused
from diagnostics.gpus.reading import Slice
from diagnostics.text import clean

Values = dict[str, Any]
"""Names of a Reading's fields, or of what Board makes of them, and their values."""

ONCE = float("inf")

REASONS = {
    0x1: "idle",
    0x2: "clocks set by a program",
    0x4: "power limit",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "heat",
    0x40: "hardware heat",
    0x80: "power brake",
    0x100: "display clocks",
}
"""The bits of nvmlClocksEventReasons (nvml.h)."""

POWER_AVERAGE, POWER_LIMIT, MEMORY_TEMPERATURE, ECC_UNCORRECTED = 185, 190, 82, 4
"""Ids of NVML's field values, which can be read together in one call."""

MOST = {
    "utilisation": 100,
    "temperature": 250,
    "memory_temperature": 250,
    "fan": 250,  # more than 100 is possible (nvml.h)
    "power": 20_000,
    "power_limit": 20_000,
    "clock": 20_000,
    "clock_max": 20_000,
    "performance_state": 15,
    "ecc_uncorrected": 10**9,
}
"""More than that, or less than 0, is no reading: -1 as an unsigned number, or 32 for a state NVML does not know."""

MOST_BYTES = 2**50

SM_CLOCK, GPU_SENSOR, UNCORRECTED, SINCE_LOADED = 1, 0, 1, 0
"""Values of enumerations in nvml.h."""


@dataclass(frozen=True)
class Task:
    """One thing to read. `every`: seconds between two readings where calls are plenty, and its weight where not.

    `instead` take its place: those whose fields it did not give the first time.
    """

    fields: tuple[str, ...]
    every: float
    read: Callable[[Nvml, Any], Values]
    instead: tuple[Task, ...] = ()


def text(answer: str | bytes) -> str:
    return clean(answer)


def credible(values: Values) -> Values:
    """Without the numbers that cannot be; memory in use that is more than there is, too."""
    kept = {name: value for name, value in values.items() if name not in MOST or 0 <= value <= MOST[name]}
    if kept.get("memory_used", 0) > kept.get("memory_total", MOST_BYTES):
        del kept["memory_used"]
    return kept


def _pci(ml: Nvml, handle: Any) -> Values:
    address = text(ml.ask("nvmlDeviceGetPciInfo", handle).busId).lower()
    domain, _, rest = address.partition(":")
    return {"pci": f"{domain[-4:] if domain.startswith('0000') else domain}:{rest}"}


def _utilisation(ml: Nvml, handle: Any) -> Values:
    return {"utilisation": ml.ask("nvmlDeviceGetUtilizationRates", handle).gpu}


def _memory_v2(ml: Nvml, handle: Any) -> Values:
    try:
        return _memory(ml, handle, 0x02000028)
    except Refused as refused:
        if refused.code != nvml.UNKNOWN:
            raise
        return _memory(ml, handle)  # WSL answers the first version alone


def _memory(ml: Nvml, handle: Any, *version: int) -> Values:
    memory = ml.ask("nvmlDeviceGetMemoryInfo", handle, *version)
    return {"memory_used": memory.used, "memory_total": memory.total}


def _memory_of_the_machine(ml: Nvml, handle: Any) -> Values:
    import psutil

    memory = psutil.virtual_memory()
    return {"memory_used": memory.total - memory.available, "memory_total": memory.total, "unified": True}


def _batch(ml: Nvml, handle: Any) -> Values:
    """Those of the four that this GPU and driver know."""
    ids = [POWER_AVERAGE, POWER_LIMIT, MEMORY_TEMPERATURE, ECC_UNCORRECTED]
    answers = [_number(one) for one in ml.ask("nvmlDeviceGetFieldValues", handle, ids)]
    power, limit, temperature, errors = answers
    values = {
        "power": None if power is None else power / 1000,
        "power_limit": None if limit is None else limit / 1000,
        "memory_temperature": temperature or None,  # 0 stands for no such sensor
        "ecc_uncorrected": errors,
    }
    return {name: value for name, value in values.items() if value is not None}


def _number(field: Any) -> int | float | None:
    """The value of one field, by its type (nvmlValueType_t); None where the call for it failed."""
    if field.nvmlReturn:
        return None
    name = {0: "dVal", 1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal", 5: "siVal"}.get(field.valueType, "uiVal")
    number: int | float = getattr(field.value, name)
    return number


def _power(ml: Nvml, handle: Any) -> Values:
    return {"power": ml.ask("nvmlDeviceGetPowerUsage", handle) / 1000}


def _limit(ml: Nvml, handle: Any) -> Values:
    return {"power_limit": ml.ask("nvmlDeviceGetEnforcedPowerLimit", handle) / 1000}


def _errors(ml: Nvml, handle: Any) -> Values:
    return {"ecc_uncorrected": ml.ask("nvmlDeviceGetTotalEccErrors", handle, UNCORRECTED, SINCE_LOADED)}


def _remapped(ml: Nvml, handle: Any) -> Values:
    _, _, pending, failed = ml.ask("nvmlDeviceGetRemappedRows", handle)
    return {"remap_pending": bool(pending), "remap_failed": bool(failed)}


def _throttle(function: str) -> Callable[[Nvml, Any], Values]:
    def read(ml: Nvml, handle: Any) -> Values:
        bits = ml.ask(function, handle)
        return {"throttle": tuple(word for bit, word in REASONS.items() if bits & bit)}

    return read


def _running(kind: str, version: int) -> Callable[[Nvml, Any], Values]:
    """pid -> bytes or None, under the name of the kind."""
    function = f"nvmlDeviceGet{kind.capitalize()}RunningProcesses_v{version}"

    def read(ml: Nvml, handle: Any) -> Values:
        try:
            running = ml.ask(function, handle)
        except Refused as refused:
            if refused.code != nvml.NO_PERMISSION:
                raise
            running = [one for part in _slice_handles(ml, handle) for one in ml.ask(function, part)]
        return {kind: _used(running)}

    return read


def _used(running: Iterable[Any]) -> dict[int, int | None]:
    """pid -> bytes. One pid may stand on several lines, for each of its parts of a MIG slice with the same memory."""
    used: dict[int, int | None] = {}
    for one in running:
        size = one.usedGpuMemory or 0
        used[one.pid] = max(used.get(one.pid) or 0, size if size < MOST_BYTES else 0) or None
    return used


def _slices(ml: Nvml, handle: Any) -> Values:
    enabled = ml.ask("nvmlDeviceGetMigMode", handle)[0] == 1
    return {"mig": enabled, "slices": tuple(_slices_of(ml, handle)) if enabled else ()}


def _slices_of(ml: Nvml, handle: Any) -> list[Slice]:
    return [
        Slice(uuid=text(ml.ask("nvmlDeviceGetUUID", one)), name=_slice_name(ml, one), **_slice_memory(ml, one))
        for one in _slice_handles(ml, handle)
    ]


def _slice_handles(ml: Nvml, handle: Any) -> list[Any]:
    """Those of the slices there are; a GPU has seven places for them."""
    handles = []
    for place in range(ml.ask("nvmlDeviceGetMaxMigDeviceCount", handle)):
        try:
            handles.append(ml.ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, place))
        except Refused as refused:
            if refused.code != nvml.NOT_FOUND:
                raise
    return handles


def _slice_name(ml: Nvml, handle: Any) -> str | None:
    """As in "1g.10gb": the driver's name is that of the GPU, and then MIG and the profile."""
    try:
        return text(ml.ask("nvmlDeviceGetName", handle)).rpartition("MIG ")[2]
    except Refused:
        return None


def _slice_memory(ml: Nvml, handle: Any) -> Values:
    try:
        return _memory_v2(ml, handle)
    except Refused:
        try:
            return _memory(ml, handle)
        except Refused:
            return {}


def _of(field: str, function: str, *arguments: int) -> Callable[[Nvml, Any], Values]:
    return lambda ml, handle: {field: ml.ask(function, handle, *arguments)}


UTILISATION = Task(("utilisation",), 1, _utilisation)
"""Read each time, for each GPU: what comes and goes in a second is not seen otherwise."""

MACHINE = Task(("memory_used", "memory_total", "unified"), 1, _memory_of_the_machine)
MEMORY = Task(
    ("memory_used", "memory_total"),
    0.5,
    _memory_v2,
    (Task(("memory_used", "memory_total"), 0.5, _memory, (MACHINE,)),),
)

TASKS = (
    Task(("name",), ONCE, lambda ml, handle: {"name": text(ml.ask("nvmlDeviceGetName", handle))}),
    Task(("pci",), ONCE, _pci),
    Task(("clock_max",), ONCE, _of("clock_max", "nvmlDeviceGetMaxClockInfo", SM_CLOCK)),
    Task(("ecc",), ONCE, lambda ml, handle: {"ecc": ml.ask("nvmlDeviceGetEccMode", handle)[0] == 1}),
    UTILISATION,
    MEMORY,
    Task(
        ("power", "power_limit", "memory_temperature", "ecc_uncorrected"),
        1,
        _batch,
        (
            Task(("power",), 1, _power),
            Task(("power_limit",), 10, _limit),
            Task(("ecc_uncorrected",), 10, _errors),
        ),
    ),
    Task(
        ("temperature",),
        1,
        _of("temperature", "nvmlDeviceGetTemperature", GPU_SENSOR),
        (Task(("temperature",), 1, _of("temperature", "nvmlDeviceGetTemperatureV", GPU_SENSOR)),),
    ),
    Task(("clock",), 1, _of("clock", "nvmlDeviceGetClockInfo", SM_CLOCK)),
    Task(
        ("throttle",),
        1,
        _throttle("nvmlDeviceGetCurrentClocksEventReasons"),
        (Task(("throttle",), 1, _throttle("nvmlDeviceGetCurrentClocksThrottleReasons")),),
    ),
    Task(("compute",), 3, _running("compute", 3), (Task(("compute",), 3, _running("compute", 2)),)),
    Task(("graphics",), 6, _running("graphics", 3), (Task(("graphics",), 6, _running("graphics", 2)),)),
    Task(("fan",), 5, _of("fan", "nvmlDeviceGetFanSpeed")),
    Task(("performance_state",), 10, _of("performance_state", "nvmlDeviceGetPerformanceState")),
    Task(("mig", "slices"), 10, _slices),
    Task(("remap_pending", "remap_failed"), 60, _remapped),
)
