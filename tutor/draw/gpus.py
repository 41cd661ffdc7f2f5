"""GPUs on a screen: a row each with its history, the chosen one in full, and the processes on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from diagnostics.gpus.reading import Point, Process, Reading, Sample
from tutor.draw.canvas import Canvas, Dots
from tutor.draw.glyphs import cut, width

GIB = 2**30
BAR = 2
"""Columns left of a list in which the bar of the chosen row stands."""
BLOCKS = "▁▂▃▄▅▆▇"
"""Of a history: the top eighth stays empty, so that rows do not run together."""
UNSEEN = "·"
MINUTE = 60.0

HOT = 85
"""Degrees from which a temperature is told in the colour of a warning; the doctor's checks decide what is a fault."""


# One row a GPU


@dataclass(frozen=True)
class Columns:
    """Where the columns of the list of GPUs begin, and how wide they are; 0 for one that there is no room for."""

    name: int
    state: int
    history: int
    bar: int
    clock: int

    @classmethod
    def within(cls, w: int) -> Columns:
        name, state = (20, 9) if w >= 130 else (14, 8) if w >= 96 else (10, 7)
        bar = 20 if w >= 130 else 14 if w >= 96 else 8
        clock = 7 if w >= 84 else 0
        rest = w - name - state - 1 - PERCENT - 2 - bar - MEMORY - DEGREES - WATTS - clock
        return cls(name, state, max(4, rest), bar, clock)


PERCENT, MEMORY, DEGREES, WATTS = 6, 9, 5, 6


def draw_heads(canvas: Canvas, x: int, y: int, w: int, sample: Sample, seconds: float) -> None:
    """The heads of the columns."""
    columns = Columns.within(w)
    totals = {round(one.memory_total / GIB) for one in sample.readings if one.memory_total}
    canvas.put(x, y, "GPU", "muted")
    at = x + columns.name + columns.state
    head = f"utilisation, last {seconds:.0f} s" if columns.history > 24 else "utilisation"
    canvas.put(at, y, cut(head, columns.history + PERCENT), "muted")
    at += columns.history + 1 + PERCENT + 2
    of = f"memory of {totals.pop()} GiB" if len(totals) == 1 else "memory, GiB"
    canvas.put(at, y, cut(of, columns.bar + MEMORY), "muted")
    at += columns.bar + MEMORY
    for head, size in (("°C", DEGREES), ("W", WATTS), ("MHz", columns.clock)):
        at += size
        if size:
            canvas.right(at, y, head, "muted")


def draw_gpu(
    canvas: Canvas, x: int, y: int, w: int, gpu: Reading, points: Sequence[Point], now: float, *, on: bool, stale: bool
) -> None:
    """One GPU in a row. `on`: it is the chosen one; `stale`: NVML is silent, and all of it is old."""
    columns = Columns.within(w)
    ground = " on raised" if on else ""
    if on:
        canvas.fill(x - BAR, y, w + BAR, 1, "text on raised")
        canvas.put(x - BAR, y, "▌", "accent on raised")
    number = "?" if gpu.index is None else str(gpu.index)
    after = canvas.put(x, y, number, ("bright bold" if on else "text") + ground)
    canvas.put(after + 1, y, cut(short_name(gpu), columns.name - (after - x) - 2), "muted" + ground)
    word, spec = state_of(gpu)
    at = x + columns.name
    if gpu.state in ("failed", "asleep"):
        canvas.put(at, y, cut(_why(gpu, now), w - columns.name), spec + ground)
        return
    canvas.put(at, y, word, spec + ground)
    at += columns.state
    draw_history(canvas, at, y, columns.history, points, now, ("muted" if stale else _series(canvas)) + ground)
    at += columns.history + 1 + PERCENT
    value = "muted" if stale else "text"
    canvas.right(at, y, "–" if gpu.utilisation is None else f"{gpu.utilisation} %", value + ground)
    at += 2
    draw_share(canvas, at, y, columns.bar, gpu.memory_used, gpu.memory_total, ground, stale=stale)
    at += columns.bar + MEMORY
    canvas.right(at, y, gib(gpu.memory_used), value + ground)
    alarm = "warn bold" if gpu.alarms and not stale else value
    for text, size, style in (
        ("–" if gpu.temperature is None else str(gpu.temperature), DEGREES, alarm),
        ("–" if gpu.power is None else f"{gpu.power:.0f}", WATTS, value),
        ("–" if gpu.clock is None else str(gpu.clock), columns.clock, alarm),
    ):
        at += size
        if size:
            canvas.right(at, y, text, style + ground)


def state_of(gpu: Reading) -> tuple[str, str]:
    """Sign and word of a GPU that is not as it should be, and their style; "" for one that is."""
    if gpu.state == "failed":
        return "✗ lost" if "bus" in (gpu.error or "") else "✗ fail", "danger bold"
    if gpu.alarms:
        return "! slow", "warn bold"
    if gpu.mig:
        return "MIG", "faint"
    return {"asleep": ("· asleep", "muted"), "resting": ("· rests", "muted")}.get(gpu.state, ("", "muted"))


def _why(gpu: Reading, now: float) -> str:
    if gpu.state == "asleep":
        return "· asleep: reading it would wake it"
    since = "" if gpu.since is None else f" {ago(now - gpu.since)}"
    return f"{state_of(gpu)[0]}{since}: it {gpu.error or 'cannot be read'}"


def short_name(gpu: Reading) -> str:
    name = gpu.name or gpu.pci or "unknown"
    for vendor in ("NVIDIA ", "GeForce ", "Tesla "):
        name = name.removeprefix(vendor)
    return name


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


def _series(canvas: Canvas) -> str:
    return "accent" if canvas.look.flat else "p4"


def draw_history(canvas: Canvas, x: int, y: int, w: int, points: Sequence[Point], now: float, spec: str) -> None:
    """The last minute in one row, a block a column, the newest at the right; a column without a reading is empty."""
    for column, value in enumerate(_columns(points, now, w, MINUTE)):
        if value is not None:
            block = BLOCKS[min(len(BLOCKS) - 1, int(value / 100 * len(BLOCKS)))]
            ground = spec.partition(" on ")[2]
            quiet = "rule" + (f" on {ground}" if ground else "")
            canvas.put(x + column, y, block, spec if value >= 1 else quiet)


def _columns(points: Sequence[Point], now: float, w: int, seconds: float) -> list[float | None]:
    """The utilisation in each of `w` columns that stand for the last `seconds`: the mean of what was read in it."""
    sums, counts = [0.0] * w, [0] * w
    for point in reversed(points):
        column = w - 1 - int((now - point.time) / seconds * w)
        if column < 0:
            break
        if column < w and point.utilisation is not None:
            sums[column] += point.utilisation
            counts[column] += 1
    means = [total / count if count else None for total, count in zip(sums, counts)]
    known = [at for at, mean in enumerate(means) if mean is not None]
    # Between two readings a second apart there is nothing unknown: the column takes the one before.
    reach = math.ceil(1.5 * w / seconds)
    for before, after in zip(known, known[1:]):
        if after - before <= reach:
            means[before + 1 : after] = [means[before]] * (after - before - 1)
    return means


def draw_share(
    canvas: Canvas, x: int, y: int, w: int, part: int | None, whole: int | None, ground: str, *, stale: bool = False
) -> None:
    """A bar: how much of a whole."""
    if part is None or not whole:
        return
    filled = min(w, max(1 if part > whole / 1000 else 0, round(part / whole * w)))
    canvas.put(x, y, "━" * filled, ("muted" if stale else "accent") + ground)
    canvas.put(x + filled, y, "─" * (w - filled), "rule" + ground)


# The chosen one


def draw_area(canvas: Canvas, x: int, y: int, w: int, h: int, points: Sequence[Point], now: float) -> None:
    """Ten minutes of utilisation as an area, with what its axes mean."""
    left, right = 6, 14 if w >= 60 else 0
    plot = max(1, w - left - right)
    canvas.right(x + left - 1, y, "100 %", "faint")
    canvas.right(x + left - 1, y + h - 1, "0", "faint")
    if right:
        canvas.put(x + left + plot + 2, y, "utilisation", "muted")
        canvas.put(x + left + plot + 2, y + h - 1, "10 min", "faint")
    dots = Dots(plot, h)
    bottom = 4 * h - 1
    for column, value in enumerate(_columns(points, now, 2 * plot, 10 * MINUTE)):
        if value is not None:
            dots.line(column, bottom, column, bottom - value / 100 * bottom, _series(canvas))
    dots.onto(canvas, x + left, y)


def facts_of(gpu: Reading, now: float) -> list[tuple[str, str]]:
    """Everything that is known of a GPU: label and value."""
    clock = None if gpu.clock is None else f"{gpu.clock} of {gpu.clock_max or '?'} MHz"
    power = None if gpu.power is None else f"{gpu.power:.0f} of {gpu.power_limit or math.nan:.0f} W"
    memory = None if gpu.memory_used is None else f"{gib(gpu.memory_used)} of {gib(gpu.memory_total)} GiB"
    shared = ", shared with the CPU: the whole machine's" if gpu.unified else ""
    ecc = {None: None, False: "off"}.get(gpu.ecc, f"on, {gpu.ecc_uncorrected or 0} errors it could not correct")
    told = [
        ("name", gpu.name),
        ("uuid", gpu.uuid),
        ("PCI", gpu.pci),
        ("for CUDA", "hidden from programs started here" if gpu.cuda is None else f"cuda:{gpu.cuda}"),
        ("state", None if gpu.state == "ready" else _why(gpu, now)),
        ("memory", memory and memory + shared),
        ("power", power),
        ("clock", clock),
        ("slowed by", None if gpu.throttle is None else ", ".join(gpu.throttle) or "nothing"),
        ("heat", None if gpu.temperature is None else _heat(gpu)),
        ("fan", None if gpu.fan is None else f"{gpu.fan} %"),
        ("ECC", ecc),
        ("state P", None if gpu.performance_state is None else f"P{gpu.performance_state} (0 is the fastest)"),
    ]
    slices = [
        (f"slice {number}", f"{one.name or 'MIG'}: {gib(one.memory_used)} of {gib(one.memory_total)} GiB")
        for number, one in enumerate(gpu.slices)
    ]
    return [(label, value) for label, value in (*told, *slices) if value]


def _heat(gpu: Reading) -> str:
    memory = "" if gpu.memory_temperature is None else f", memory {gpu.memory_temperature} °C"
    return f"{gpu.temperature} °C{memory}"


# Processes


def draw_processes(
    canvas: Canvas, x: int, y: int, w: int, h: int, processes: Sequence[Process], chosen: int | None, now: float
) -> None:
    """Heads and as many processes as there is room for; `chosen` is one of them, None where the focus is elsewhere."""
    pid, user, gpus, memory, since = 9, 12 if w >= 84 else 9, 12 if w >= 84 else 8, 11, 9 if w >= 84 else 0
    name = max(8, w - pid - user - gpus - memory - since)
    at = x
    for head, size in (("pid", pid), ("user", user), ("process", name)):
        at = canvas.put(at, y, head, "muted") + size - width(head)
    for head, size in (("GPUs", gpus), ("memory", memory), ("since", since)):
        at += size
        if size:
            canvas.right(at, y, head, "muted")
    rows = max(0, h - 1)
    top = max(0, (chosen or 0) - rows + 1)
    for row, one in enumerate(processes[top : top + rows], 1):
        on = chosen == top + row - 1
        ground = " on raised" if on else ""
        if on:
            canvas.fill(x - BAR, y + row, w + BAR, 1, "text on raised")
            canvas.put(x - BAR, y + row, "▌", "accent on raised")
        canvas.put(x, y + row, "–" if one.host_pid else str(one.pid), "faint" + ground)
        canvas.put(x + pid, y + row, cut(one.user or "?", user - 2), "text" + ground)
        spec = "muted" if one.host_pid else "bright" if on else "text"
        canvas.put(x + pid + user, y + row, cut(process_name(one), name - 1), spec + ground)
        at = x + pid + user + name + gpus
        canvas.right(at, y + row, cut(" ".join(map(str, one.gpus)), gpus - 1), "text" + ground)
        canvas.right(at + memory, y + row, "–" if one.memory is None else f"{gib(one.memory)} GiB", "text" + ground)
        if since and one.started is not None:
            canvas.right(at + memory + since, y + row, lasted(now - one.started), "faint" + ground)


def process_name(process: Process) -> str:
    return f"host pid {process.pid}, not visible from here" if process.host_pid else process.name or "?"
