"""Only the first number of the driver is read. Breaks: the_oldest_driver_is_the_limit."""

from __future__ import annotations

OLDEST = {11: 450, 12: 525, 13: 580}


def driver_runs(driver: str, cuda: str) -> bool | None:
    oldest = OLDEST.get(int(cuda.split(".")[0]))
    return None if oldest is None else int(driver.split(".")[0]) >= oldest
