"""DeviceLoad: how busy a demo keeps the device that it runs on, for the header; nothing is read while nothing runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tutor.gpu_watch import Readings
from tutor.lab.player import Player, State

EVERY = 1.0
"""Seconds between two looks."""

STEP = 5
"""Percent points by which a share must change before the header does: a slow line has better things to carry."""


class DeviceLoad:
    """Follows `player`. `gpus`: the readings of GPUs that go on anyway, None where nobody asked for them.

    Of the CPU it tells the share of one core that the demo's process takes, of a GPU its utilisation as NVML has it.
    """

    def __init__(self, player: Player, gpus: Callable[[], Readings | None], sampler: Callable[[], Readings]) -> None:
        self._player, self._gpus, self._sampler = player, gpus, sampler
        self._own: Readings | None = None
        """Readings that were begun for this run."""
        self._share: int | None = None
        self._pid = 0
        self._spent = self._at = 0.0
        """Processor seconds of the process, and when they were looked up."""

    @property
    def device(self) -> str:
        """As in "cuda:0 38 %" while a demo runs, else the device alone."""
        device = self._player.device
        return f"{device} {self._share} %" if self._runs and self._share is not None else device

    @property
    def _runs(self) -> bool:
        return self._player.state is State.RUNNING

    async def look(self) -> bool:
        """Looks anew; whether that changes what is told."""
        before = self.device
        if not self._runs:
            self.rest()
        elif self._player.device.startswith("cuda"):
            self._tell(self._of_gpu())
        elif self._player.device:
            self._tell(await asyncio.to_thread(self._of_process, self._player.pid))
        return self.device != before

    def rest(self) -> None:
        """Nothing runs: lets go of what was begun for a run."""
        self._share, self._pid = None, 0
        if self._own is not None:
            self._own.stop()
            self._own = None

    def _tell(self, share: int | None) -> None:
        if share is None or self._share is None or abs(share - self._share) >= STEP:
            self._share = share

    def _of_gpu(self) -> int | None:
        """The utilisation of the GPU with the number that CUDA gives it."""
        readings = self._gpus() or self._own
        if readings is None:
            readings = self._own = self._sampler()
            readings.start()
        number = int(self._player.device.partition(":")[2] or 0)
        sample = readings.latest
        gpus = () if sample is None or sample.silent is not None else sample.readings
        return next((gpu.utilisation for gpu in gpus if gpu.cuda == number), None)

    def _of_process(self, pid: int) -> int | None:
        """The share of one core since the look before; None at the first, and once the process is gone."""
        import psutil  # here, in a thread: it takes a while, and many a reader never runs a demo

        try:
            times = psutil.Process(pid).cpu_times() if pid else None
        except psutil.Error:
            times = None
        if times is None:
            return None
        spent, at = times.user + times.system, time.monotonic()
        known, elapsed = self._pid == pid, at - self._at
        before, self._pid, self._spent, self._at = self._spent, pid, spent, at
        return min(100, round(100 * (spent - before) / elapsed)) if known and elapsed > 0 else None


def sampler() -> Readings:
    """Reads GPUs, once it is started."""
    from diagnostics.gpus.sampler import Sampler

    return Sampler()
