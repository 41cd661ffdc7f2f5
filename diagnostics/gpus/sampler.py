"""The Sampler: GPUs read again and again in a thread of its own, whatever NVML does."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from diagnostics.gpus.fleet import Fleet
from diagnostics.gpus.host import SHORTEST, HostMeter
from diagnostics.gpus.owners import Owners
from diagnostics.gpus.reading import Point, Sample
from diagnostics.gpus.sleep import PCI
from diagnostics.text import clean

HISTORY, SPARE = 600.0, 60
"""Seconds of history that are kept, and the points on top of them: a sample may come a little late."""

PATIENCE = 2.0
"""Seconds that a call may take before the reader is told of it."""


class Sampler:
    """Reads all GPUs every `interval` seconds in one daemon thread, so that no call of the driver is ever waited for.

    `told` is called with each new sample, in that thread: it must be quick. While NVML hangs it is not called, and
    `latest` says so.
    """

    def __init__(
        self,
        interval: float = 1.0,
        told: Callable[[Sample], None] | None = None,
        devices: Path = PCI,
        sees_host: bool | None = None,
    ) -> None:
        self.interval = interval
        self._told = told
        self._fleet = Fleet(devices)
        self._owners = Owners(sees_host)
        self._host = HostMeter()
        self._sample: Sample | None = None
        self._waited_for: Sample | None = None
        self._history: dict[str, deque[Point]] = {}
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpus", daemon=True)

    def start(self) -> None:
        """Begins to read. A Sampler is started once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, without waiting for it: a hung call would never end."""
        self._stopped.set()

    @property
    def latest(self) -> Sample | None:
        """The newest sample; None before the first. Never waits, and is right while NVML hangs: it says how long."""
        asked = self._fleet.ml.asked
        silent = 0.0 if asked is None else time.monotonic() - asked
        sample = self._sample
        if silent < PATIENCE:
            return sample
        trouble = f"NVML has not answered for {int(silent)} s."
        now = time.time()
        return replace(sample or Sample(time=now), time=now, trouble=trouble, silent=silent, host=self._host.read())

    def wait(self, timeout: float) -> Sample | None:
        """Waits for the next sample, at most `timeout` seconds; then the latest, whichever that is. For one reader."""
        with self._changed:
            self._changed.wait_for(lambda: self._sample is not self._waited_for, timeout)
            self._waited_for = self._sample
        return self.latest

    def history(self, key: str) -> tuple[Point, ...]:
        """The last ten minutes of the GPU of that Reading.key, the oldest first."""
        with self._changed:
            return tuple(self._history.get(key, ()))

    @property
    def calls(self) -> int:
        """Calls of NVML so far."""
        return self._fleet.ml.calls

    def _run(self) -> None:
        last = time.monotonic()
        next_at = last
        while not self._stopped.is_set():
            now = time.monotonic()
            self._look(now - last or self.interval)
            last = now
            # The next is in step with the one before, unless that took too long.
            next_at = max(next_at + self.interval, time.monotonic())
            self._stopped.wait(next_at - time.monotonic())
        self._fleet.close()

    def _look(self, elapsed: float) -> None:
        began = time.monotonic()
        try:
            self._fleet.look(elapsed)
            if self._sample is None:  # no share of processor time could be told of so short a moment
                self._stopped.wait(max(0.0, SHORTEST - (time.monotonic() - began)))
            sample = self._taken()
        except Exception as error:  # whatever it is, the thread lives on and says so
            trouble = f"There are no GPU readings: {type(error).__name__}: {clean(str(error))}."
            sample = Sample(time=time.time(), trouble=trouble, host=self._host.read())
        with self._changed:
            self._sample = sample
            for reading in sample.readings:
                points = self._history.setdefault(reading.key, deque(maxlen=int(HISTORY / self.interval) + SPARE))
                points.append(Point(sample.time, reading.utilisation, reading.memory_used))
            self._changed.notify_all()
        if self._told is not None:
            self._told(sample)

    def _taken(self) -> Sample:
        readings = self._fleet.readings()
        listed = any(reading.processes is not None for reading in readings)
        return Sample(
            time=time.time(),
            readings=readings,
            processes=self._owners.processes(self._fleet.boards) if listed else None,
            trouble=self._fleet.trouble,
            driver=self._fleet.driver,
            host=self._host.read(),
        )
