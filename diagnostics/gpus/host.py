"""The machine's own processors and memory, through psutil."""

from __future__ import annotations

import time

import psutil

from diagnostics.gpus.reading import Host

SHORTEST = 0.1
"""Seconds below which a share of processor time is mostly the clock's own steps."""


class HostMeter:
    """Reads the Host; its processors' share is that of the time since the reading before."""

    def __init__(self) -> None:
        self._times = psutil.cpu_times()
        self._at = time.monotonic()
        self._cpu: float | None = None

    def read(self) -> Host:
        if time.monotonic() - self._at >= SHORTEST:
            self._measure()
        memory = psutil.virtual_memory()
        return Host(cpu=self._cpu, memory_used=memory.total - memory.available, memory_total=memory.total)

    def _measure(self) -> None:
        times = psutil.cpu_times()
        spent = {name: max(0.0, getattr(times, name) - getattr(self._times, name)) for name in times._fields}
        # Linux counts a guest's time in user's and nice's too.
        total = sum(seconds for name, seconds in spent.items() if not name.startswith("guest"))
        idle = spent["idle"] + spent.get("iowait", 0.0)
        if total > 0:
            self._cpu = round(100 * (total - idle) / total, 1)
            self._times, self._at = times, time.monotonic()
