"""What is said of GPUs, of the processes on them and of the machine: short words for rows, sentences, and facts."""

from __future__ import annotations

from diagnostics.finding import Finding
from diagnostics.gpus.reading import Host, Process, Reading, Slice

GIB = 2**30
BUSY, IDLE = 90, 0
"""Percent of utilisation from which a GPU has no time left, and at which it has nothing to do."""

SLOWNESS = ("heat-throttle", "power-brake")
"""What the doctor says of a GPU that the word "slow" says too."""

VENDORS = ("NVIDIA ", "GeForce ", "Tesla ")


def short_name(gpu: Reading) -> str:
    name = gpu.name or gpu.pci or "unknown"
    for vendor in VENDORS:
        name = name.removeprefix(vendor)
    return name


def state_of(gpu: Reading, finding: Finding | None = None) -> tuple[str, str]:
    """Sign and word of a GPU that is not as it should be, and their style; "" for one that is.

    `finding`: the worst that the doctor says of it.
    """
    if gpu.state == "failed":
        return "✗ lost" if "bus" in (gpu.error or "") else "✗ fail", "danger bold"
    if finding is not None and finding.status == "fail":
        return "✗ fail", "danger bold"
    if finding is not None and finding.id not in SLOWNESS:
        return "! warn", "warn bold"
    if gpu.alarms:
        return "! slow", "warn bold"
    if gpu.mig:
        return "MIG", "faint"
    return {"asleep": ("· asleep", "muted"), "resting": ("· rests", "muted")}.get(gpu.state, ("", "muted"))


def why_unread(gpu: Reading, now: float) -> str:
    """Why nothing is read of a GPU that failed or sleeps, with its sign and word."""
    if gpu.state == "asleep":
        return "· asleep: reading it would wake it"
    since = "" if gpu.since is None else f" {ago(now - gpu.since)}"
    return f"{state_of(gpu)[0]}{since}: it {gpu.error or 'cannot be read'}"


def remark(gpu: Reading) -> str:
    """What the numbers of a GPU say of which the doctor says nothing."""
    if gpu.state == "asleep":
        return "It sleeps, and is left asleep: nothing is read."
    if gpu.state == "resting":
        return "It is idle, and was let go so that it can fall asleep."
    if gpu.alarms:
        return f"Its clocks are lowered: {', '.join(gpu.alarms)}."
    if gpu.mig:
        return "It is cut into slices (MIG), for which NVML gives no utilisation; enter lists them."
    if gpu.utilisation is None:
        return "NVML gives no utilisation for it."
    if gpu.utilisation == IDLE:
        held = {0: "", 1: " One process still holds memory."}.get(
            len(gpu.processes or ()), f" {len(gpu.processes or ())} processes still hold memory."
        )
        return f"No kernel ran in the last second.{held}"
    said = f"A kernel ran in {gpu.utilisation} % of the last second"
    if gpu.utilisation >= BUSY:
        return f"{said}. That does not say how full the GPU was."
    return f"{said}; in the rest it waited for its program."


def facts_of(gpu: Reading, now: float) -> list[tuple[str, str]]:
    """Everything that is known of a GPU: label and value."""
    told = [
        ("name", gpu.name),
        ("uuid", gpu.uuid),
        ("PCI", gpu.pci),
        ("for CUDA", _for_cuda(gpu)),
        ("state", None if gpu.state == "ready" else remark(gpu) if gpu.state == "resting" else why_unread(gpu, now)),
        ("memory", _memory(gpu)),
        ("power", None if gpu.power is None else f"{_of(gpu.power, gpu.power_limit)} W"),
        ("clock", None if gpu.clock is None else f"{_of(gpu.clock, gpu.clock_max)} MHz"),
        ("slowed by", None if gpu.throttle is None else ", ".join(gpu.slowed_by) or "nothing"),
        ("heat", None if gpu.temperature is None else _heat(gpu)),
        ("fan", None if gpu.fan is None else f"{gpu.fan} %"),
        ("ECC", _ecc(gpu)),
        ("state P", None if gpu.performance_state is None else f"P{gpu.performance_state} (0 is the fastest)"),
    ]
    slices = [fact for number, one in enumerate(gpu.slices) for fact in _slice(number, one)]
    return [(label, value) for label, value in (*told, *slices) if value]


def _slice(number: int, one: Slice) -> list[tuple[str, str | None]]:
    """Its UUID stands whole, to be copied into CUDA_VISIBLE_DEVICES."""
    cuda = "" if one.cuda is None else f", cuda:{one.cuda}"
    told = f"{one.name or 'MIG'}: {gib(one.memory_used)} of {gib(one.memory_total)} GiB{cuda}"
    return [(f"slice {number}", told), ("uuid", one.uuid)]


def _for_cuda(gpu: Reading) -> str:
    if gpu.cuda is not None:
        return f"cuda:{gpu.cuda}"
    if gpu.hidden:
        return "hidden by CUDA_VISIBLE_DEVICES"
    if gpu.mig:
        return "its slices, not the whole of it"
    return "not known: CUDA may number the GPUs in another order"


def _memory(gpu: Reading) -> str | None:
    if gpu.memory_used is None:
        return None
    shared = ", shared with the CPU: the whole machine's" if gpu.unified else ""
    whole = "" if gpu.memory_total is None else f" of {gib(gpu.memory_total)}"
    return f"{gib(gpu.memory_used)}{whole} GiB{shared}"


def _of(value: float, limit: float | None) -> str:
    return f"{value:.0f}" if limit is None else f"{value:.0f} of {limit:.0f}"


def _heat(gpu: Reading) -> str:
    memory = "" if gpu.memory_temperature is None else f", memory {gpu.memory_temperature} °C"
    return f"{gpu.temperature} °C{memory}"


def _ecc(gpu: Reading) -> str | None:
    if not gpu.ecc:
        return None if gpu.ecc is None else "off"
    errors = gpu.ecc_uncorrected or 0
    return f"on, {errors} error{'s' * (errors != 1)} it could not correct"


def process_name(process: Process) -> str:
    return f"host pid {process.pid}, not visible here" if process.host_pid else process.name or "?"


def machine(host: Host) -> list[tuple[str, int | None, int | None, str]]:
    """Processors and memory: label, part, whole, text."""
    rows: list[tuple[str, int | None, int | None, str]] = []
    if host.cpu is not None:
        rows.append(("CPU", round(host.cpu), 100, f"{host.cpu:.0f} %"))
    if host.memory_used is not None and host.memory_total:
        used, total = host.memory_used, host.memory_total
        rows.append(("memory", used, total, f"{used / GIB:.1f} of {total / GIB:.1f} GiB"))
    return rows


def gib(size: int | None) -> str:
    """As in "121" or "1.8"."""
    if size is None:
        return "–"
    return f"{size / GIB:.0f}" if size >= 100 * GIB else f"{size / GIB:.1f}"


def ago(seconds: float) -> str:
    """As in "12 s ago"."""
    return f"{lasted(seconds)} ago" if seconds >= 2 else "just now"


def lasted(seconds: float) -> str:
    """As in "41 min" or "2 h 14"."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{max(0, int(seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02}" if hours < 48 else f"{hours // 24} days"
