"""Versions are compared as text. Breaks: versions_are_numbers."""

from __future__ import annotations

OLDEST = {"11": "450.80.02", "12": "525.60.13", "13": "580"}


def driver_runs(driver: str, cuda: str) -> bool | None:
    oldest = OLDEST.get(cuda.split(".")[0])
    return None if oldest is None else driver >= oldest
