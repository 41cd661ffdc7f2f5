"""The major number is looked up as text, so nothing is ever known. Breaks: minor_numbers_decide_nothing."""

from __future__ import annotations

OLDEST = {11: "450.80.02", 12: "525.60.13", 13: "580"}


def driver_runs(driver: str, cuda: str) -> bool | None:
    oldest = OLDEST.get(cuda.split(".")[0])
    return None if oldest is None else numbers(driver) >= numbers(oldest)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
