"""The oldest driver itself is refused. Breaks: the_oldest_driver_is_the_limit."""

from __future__ import annotations

OLDEST = {11: "450.80.02", 12: "525.60.13", 13: "580"}


def driver_runs(driver: str, cuda: str) -> bool | None:
    oldest = OLDEST.get(int(cuda.split(".")[0]))
    if oldest is None:
        return None
    return [int(part) for part in driver.split(".")] > [int(part) for part in oldest.split(".")]
