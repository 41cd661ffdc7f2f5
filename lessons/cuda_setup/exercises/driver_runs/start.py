"""Whether a driver runs a build of torch."""

from __future__ import annotations

OLDEST = {11: "450.80.02", 12: "525.60.13", 13: "580"}
"""Major number of CUDA -> the oldest driver that runs it."""


def driver_runs(driver: str, cuda: str) -> bool | None:
    """Whether a driver, "550.54.14", runs what was built with a CUDA, "12.8"; None where that is not known."""
    ...


def numbers(version: str) -> tuple[int, ...]:
    """(550, 54, 14) of "550.54.14"."""
    return tuple(int(part) for part in version.split("."))
