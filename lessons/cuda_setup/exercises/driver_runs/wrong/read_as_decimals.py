"""The first two numbers are read as one decimal. Breaks: the_oldest_driver_is_the_limit."""

from __future__ import annotations

OLDEST = {11: 450.80, 12: 525.60, 13: 580.0}


def driver_runs(driver: str, cuda: str) -> bool | None:
    oldest = OLDEST.get(int(float(cuda)))
    return None if oldest is None else float(".".join(driver.split(".")[:2])) >= oldest
