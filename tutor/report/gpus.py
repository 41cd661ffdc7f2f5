"""`tutor gpus` without a screen: a table in 80 columns, and samples as JSON lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from diagnostics.gpus.reading import Process, Reading, Sample, Slice, as_json
from tutor import output
from tutor.draw.glyphs import cut, width
from tutor.report.text import WIDTH, filled

if TYPE_CHECKING:
    from diagnostics.gpus.sampler import Sampler

READ, UNREAD = 0, 1
"""Exit codes: whether NVML could be read."""

LONGEST = 30.0
"""Seconds to wait for the first readings: without its persistence mode a driver starts eight GPUs for that long."""
HUNG = 8.0
"""Seconds after which a single call is given up: starting one GPU takes no longer."""

MOMENT = 0.5
"""Seconds that the processors are watched at least: of a shorter moment our own work would be the most of it."""

GIB = 2**30

Row = Sequence[str]


def print_once(*, as_lines: bool) -> int:
    """One sample, as a table or as a line of JSON."""
    from diagnostics.gpus.host import HostMeter  # here, with psutil: the screen takes its words from this module
    from diagnostics.gpus.sampler import Sampler

    began, meter = time.monotonic(), HostMeter()
    sampler = Sampler()
    sampler.start()
    sample = _first(sampler)
    sampler.stop()
    time.sleep(max(0.0, MOMENT - (time.monotonic() - began)))
    sample = replace(sample, host=meter.read())
    if as_lines:
        output.write_json(gpus_json(sample))
    else:
        print(gpus_text(sample))
    return UNREAD if sample.trouble else READ


def stream() -> int:
    """A line of JSON for each sample, until somebody ends it."""
    from diagnostics.gpus.sampler import Sampler

    sampler = Sampler()
    sampler.start()
    try:
        while True:
            sample = sampler.wait(sampler.interval + 0.5)
            if sample is not None:
                output.write_json(gpus_json(sample))
    finally:
        sampler.stop()


def gpus_json(sample: Sample) -> bytes:
    """`{"schema_version", "time", "gpus", "processes", "trouble", "silent", "driver", "host"}` on one line."""
    return output.to_json(as_json(sample), indent=None)


def gpus_text(sample: Sample) -> str:
    """The GPUs a row each, what is wrong with them, the processes on them, and the machine they are in."""
    parts = []
    if sample.trouble:
        parts.append(filled(f"{sample.trouble} `tutor doctor` says more."))
    if sample.readings:
        rows = [row for reading in sample.readings for row in _gpu(reading)]
        parts.append(_table((GPU_HEAD, *rows), ">< >>>>>>"))
    parts += ["\n".join(map(filled, remarks))] if (remarks := list(_remarks(sample))) else []
    if sample.processes:
        parts.append(_table((PROCESS_HEAD, *map(_process, sample.processes)), "><<>>"))
    elif sample.processes is not None:
        parts.append("No process is on a GPU.")
    parts.append(_machine(sample))
    return "\n\n".join(parts)


def _first(sampler: Sampler) -> Sample:
    """The first sample that NVML answered for, or what there is when patience is over."""
    deadline = time.monotonic() + LONGEST
    told = not sys.stderr.isatty()
    while (left := deadline - time.monotonic()) > 0:
        sample = sampler.wait(min(left, sampler.interval))
        if sample is None:
            continue
        if sample.silent is None:
            return sample
        if sample.silent >= HUNG:
            break
        if not told:
            print(f"NVML does not answer; it is given {HUNG:.0f} s in all.", file=sys.stderr)
            told = True
    return sampler.latest or Sample(time=time.time(), trouble=f"NVML has not answered for {LONGEST:.0f} s.")


GPU_HEAD = ("GPU", "name", "", "busy", "memory, GiB", "°C", "W", "MHz", "fan")
PROCESS_HEAD = ("pid", "user", "process", "GPUs", "GiB")


def _gpu(reading: Reading) -> Iterator[Row]:
    number = "?" if reading.index is None else str(reading.index)
    name = (reading.name or reading.pci or "unknown").removeprefix("NVIDIA ")
    state = "" if reading.state == "ready" else reading.state
    yield (
        number,
        cut(name, 22),
        state,
        _number(reading.utilisation, " %"),
        _memory(reading),
        _number(reading.temperature),
        _of(reading.power, reading.power_limit),
        _number(reading.clock),
        _number(reading.fan, " %"),
    )
    for one in reading.slices:
        yield ("", f"  MIG {cut(one.name or 'slice', 16)}", "", "", _memory(one), "", "", "", "")


def _memory(of: Reading | Slice) -> str:
    if of.memory_used is None or of.memory_total is None:
        return ""
    return f"{of.memory_used / GIB:.1f} of {of.memory_total / GIB:.1f}"


def _of(value: float | None, limit: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if limit is None else f"{value:.0f} of {limit:.0f}"


def _number(value: int | None, unit: str = "") -> str:
    return "" if value is None else f"{value}{unit}"


def _remarks(sample: Sample) -> Iterator[str]:
    """A sentence for each thing about a GPU that a number does not tell."""
    for reading in sample.readings:
        gpu = f"GPU {reading.index}" if reading.index is not None else f"The GPU {reading.name or reading.pci}"
        if reading.state == "failed":
            yield f"{gpu} {reading.error}{_since(sample.time, reading.since)}."
        elif reading.state == "asleep":
            yield f"{gpu} is asleep, and was not read: that would wake it."
        elif reading.state == "resting":
            yield f"{gpu} is idle, and was let go so that it can fall asleep."
        if reading.alarms:
            yield f"{gpu} is slowed down: {', '.join(reading.alarms)}."
        if reading.ecc_uncorrected:
            errors = "1 memory error" if reading.ecc_uncorrected == 1 else f"{reading.ecc_uncorrected} memory errors"
            yield f"{gpu} had {errors} that ECC could not correct, since the driver was loaded."
        if reading.remap_failed:
            yield f"{gpu} could not replace faulty memory. `tutor doctor` says more."
        elif reading.remap_pending:
            yield f"{gpu} waits for a reset to replace faulty memory. `tutor doctor` says more."
        if reading.unified:
            yield f"{gpu} shares the machine's memory: what stands above is the whole machine's."


def _since(now: float, since: float | None) -> str:
    """Since when it cannot be read; "" where it never could."""
    if since is None:
        return ""
    seconds = max(0, round(now - since))
    return ", first seen just now" if seconds < 2 else f", first seen {seconds} s ago"


def _process(process: Process) -> Row:
    name = process.name or ("host pid, not visible from here" if process.host_pid else "?")
    gpus = " ".join(map(str, process.gpus))
    memory = "" if process.memory is None else f"{process.memory / GIB:.1f}"
    return str(process.pid), cut(process.user or "?", 12), cut(name, 34), gpus, memory


def _machine(sample: Sample) -> str:
    host, parts = sample.host, []
    if host.cpu is not None:
        parts.append(f"CPU {host.cpu:.0f} %")
    if host.memory_used is not None and host.memory_total is not None:
        parts.append(f"memory {host.memory_used / GIB:.1f} of {host.memory_total / GIB:.1f} GiB")
    if sample.driver:
        parts.append(f"driver {sample.driver}")
    return ", ".join(parts)


def _table(rows: Sequence[Row], sides: str) -> str:
    """Columns as wide as their cells, `sides` saying to which side each leans; one without a cell is left out."""
    used = [column for column in range(len(sides)) if any(row[column] for row in rows[1:])]
    widths = [max(width(row[column]) for row in rows) for column in used]
    lines = []
    for row in rows:
        cells = [_padded(row[column], room, sides[column]) for column, room in zip(used, widths)]
        lines.append(cut("  ".join(cells).rstrip(), WIDTH))
    return "\n".join(lines)


def _padded(text: str, room: int, side: str) -> str:
    gap = " " * (room - width(text))
    return gap + text if side == ">" else text + gap
