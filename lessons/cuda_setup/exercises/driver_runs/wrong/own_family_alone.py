"""A driver is taken to run its own family alone. Breaks: a_newer_driver_runs_all_older_cudas."""

from __future__ import annotations

FAMILIES = {11: ((450, 80, 2), (525, 60, 13)), 12: ((525, 60, 13), (9999,)), 13: ((580,), (9999,))}


def driver_runs(driver: str, cuda: str) -> bool | None:
    family = FAMILIES.get(int(cuda.split(".")[0]))
    if family is None:
        return None
    first, end = family
    return first <= tuple(map(int, driver.split("."))) < end
