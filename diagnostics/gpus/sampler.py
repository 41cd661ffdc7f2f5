"""The Sampler: GPUs read again and again in a thread of its own, whatever NVML does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from diagnostics.gpus.reading import Point, Sample

PCI = Path("/sys/bus/pci/devices")


class Sampler:
    """Reads all GPUs every `interval` seconds in one daemon thread, so that no call of the driver is ever waited for.

    `told` is called with each new sample, in that thread: it must be quick. While NVML hangs it is not called, and
    `latest` says so.
    """

    def __init__(
        self, interval: float = 1.0, told: Callable[[Sample], None] | None = None, devices: Path = PCI
    ) -> None:
        self.interval = interval

    def start(self) -> None:
        """Begins to read. A Sampler is started once."""

    def stop(self) -> None:
        """Ends the thread, without waiting for it: a hung call would never end."""

    @property
    def latest(self) -> Sample | None:
        """The newest sample; None before the first. Costs nothing, and is right while NVML hangs: it says how long."""

    def wait(self, timeout: float, after: Sample | None = None) -> Sample | None:
        """Waits for a sample other than `after`; the latest once there is one, or when `timeout` seconds are over."""

    def history(self, key: str) -> tuple[Point, ...]:
        """The last ten minutes of the GPU of that Reading.key, the oldest first."""
        return ()
