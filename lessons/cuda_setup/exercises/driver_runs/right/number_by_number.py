"""By a walk through the numbers of both versions."""

from __future__ import annotations

from itertools import zip_longest

OLDEST = {"11": "450.80.02", "12": "525.60.13", "13": "580"}


def driver_runs(driver: str, cuda: str) -> bool | None:
    major, _, _ = cuda.partition(".")
    if major not in OLDEST:
        return None
    pairs = zip_longest(driver.split("."), OLDEST[major].split("."), fillvalue="0")
    for have, need in pairs:
        if int(have) != int(need):
            return int(have) > int(need)
    return True
