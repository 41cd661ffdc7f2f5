"""What is not known is called a no. Breaks: what_is_not_known_is_none."""

from __future__ import annotations

OLDEST = {11: (450, 80, 2), 12: (525, 60, 13), 13: (580,)}


def driver_runs(driver: str, cuda: str) -> bool | None:
    major = int(cuda.split(".")[0])
    return major in OLDEST and tuple(map(int, driver.split("."))) >= OLDEST[major]
