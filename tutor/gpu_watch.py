"""GpuWatch: GPUs as the reader watches them: their order, the chosen one, a filter, held or not; no widgets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from diagnostics.gpus.reading import Point, Process, Reading, Sample

GPU_ORDERS = ("number", "utilisation", "memory", "temperature")


class Readings(Protocol):
    """What a Sampler gives."""

    @property
    def latest(self) -> Sample | None: ...
    def history(self, key: str) -> tuple[Point, ...]: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class View:
    """What is on the screen at one moment."""

    sample: Sample
    gpus: tuple[Reading, ...]
    chosen: int
    """Of `gpus`; 0 where there is none."""
    processes: tuple[Process, ...]
    chosen_process: int
    in_processes: bool
    """Whether the arrows choose processes."""
    all_processes: bool
    order: str
    filter: str
    held: bool
    """Whether nothing new is shown."""
    histories: Callable[[str], Sequence[Point]]

    @property
    def gpu(self) -> Reading | None:
        return self.gpus[self.chosen] if self.gpus else None


class GpuWatch:
    """Outlives the screen, so that order, choice and filter are there when the reader comes back."""

    def __init__(self, readings: Readings) -> None:
        self.readings = readings
        self.filter = ""
        self.all_processes = True
        self.in_processes = False
        """Whether the arrows are meant for processes; where there are none they choose GPUs."""
        self._order = {False: GPU_ORDERS[0], True: PROCESS_ORDERS[0]}
        """Of GPUs, and of processes."""
        self._gpu = ""
        self._process = 0
        self._held: Sample | None = None
        self._histories: dict[str, tuple[Point, ...]] = {}

    # What the reader does

    def hold(self) -> None:
        """Stands still, or goes on."""
        sample = None if self._held else self.readings.latest
        self._held = sample
        self._histories = {one.key: self.readings.history(one.key) for one in sample.readings} if sample else {}

    def next_order(self) -> str:
        """Orders what the arrows choose from in another way; which."""
        among = self.view().in_processes
        orders = PROCESS_ORDERS if among else GPU_ORDERS
        self._order[among] = orders[(orders.index(self._order[among]) + 1) % len(orders)]
        return self._order[among]

    def switch(self) -> None:
        """From the GPUs to the processes, where there are some, and back."""
        view = self.view()
        self.in_processes = not view.in_processes and bool(view.processes)

    def choose(self, by: int) -> None:
        """Another GPU, or another process, `by` rows on."""
        view = self.view()
        if view.in_processes:
            at = min(len(view.processes) - 1, max(0, view.chosen_process + by))
            self._process = view.processes[at].pid
        elif view.gpus:
            self._gpu = view.gpus[min(len(view.gpus) - 1, max(0, view.chosen + by))].key

    def choose_gpu(self, number: int) -> bool:
        """The GPU that NVML gives that number; False where none has it."""
        found = next((one for one in self.view().gpus if one.index == number), None)
        if found is not None:
            self._gpu, self.in_processes = found.key, False
        return found is not None

    # What is shown

    def view(self) -> View:
        sample = self._held or self.readings.latest or Sample(time=0.0)
        gpus, processes = self._filtered(sample)
        gpus = tuple(sorted(gpus, key=_gpu_key(self._order[False])))
        chosen = next((at for at, one in enumerate(gpus) if one.key == self._gpu), 0)
        if not self.all_processes and gpus:
            processes = [one for one in processes if gpus[chosen].index in one.gpus]
        processes = tuple(sorted(processes, key=PROCESS_KEYS[self._order[True]]))
        among = self.in_processes and bool(processes)
        return View(
            sample=sample,
            gpus=gpus,
            chosen=chosen,
            processes=processes,
            chosen_process=next((at for at, one in enumerate(processes) if one.pid == self._process), 0),
            in_processes=among,
            all_processes=self.all_processes,
            order=self._order[among],
            filter=self.filter,
            held=self._held is not None,
            histories=self._history,
        )

    def _history(self, key: str) -> tuple[Point, ...]:
        return self._histories.get(key, ()) if self._held else self.readings.history(key)

    def _filtered(self, sample: Sample) -> tuple[Sequence[Reading], Sequence[Process]]:
        """The GPUs that the filter's words fit, and what is on them; where they fit none they are for the processes."""
        words = self.filter.lower().split()
        processes = sample.processes or ()
        if not words:
            return sample.readings, processes
        gpus = [one for one in sample.readings if all(word in _gpu_said(one) for word in words)]
        if gpus:
            indices = {one.index for one in gpus}
            return gpus, [one for one in processes if indices.intersection(one.gpus)]
        return sample.readings, [one for one in processes if all(word in _process_said(one) for word in words)]


def _gpu_said(gpu: Reading) -> str:
    return f"{gpu.index} {gpu.name or ''} {gpu.state}".lower()


def _process_said(process: Process) -> str:
    return f"{process.pid} {process.user or ''} {process.name or ''}".lower()


def _gpu_key(order: str) -> Callable[[Reading], tuple[float, float]]:
    """The highest first, those without a value last; by number, the lowest first."""

    def key(gpu: Reading) -> tuple[float, float]:
        value = {"utilisation": gpu.utilisation, "memory": gpu.memory_used, "temperature": gpu.temperature}.get(order)
        return (-value if value is not None else 1.0, math.inf if gpu.index is None else gpu.index)

    return key


PROCESS_KEYS: dict[str, Callable[[Process], tuple[float | str, int]]] = {
    "memory": lambda one: (-(one.memory or 0), one.pid),
    "pid": lambda one: (one.pid, one.pid),
    "user": lambda one: (one.user or "~", one.pid),
    "process": lambda one: ((one.name or "~").lower(), one.pid),
}
PROCESS_ORDERS = tuple(PROCESS_KEYS)
