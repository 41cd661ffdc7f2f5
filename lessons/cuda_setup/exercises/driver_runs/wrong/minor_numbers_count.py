"""The driver must have come with that CUDA or a newer one. Breaks: minor_numbers_decide_nothing."""

from __future__ import annotations

CAME_WITH = {
    450: (11, 0),
    470: (11, 4),
    520: (11, 8),
    535: (12, 2),
    550: (12, 4),
    570: (12, 8),
    580: (13, 0),
    610: (13, 3),
}


def driver_runs(driver: str, cuda: str) -> bool | None:
    asked = tuple(map(int, cuda.split(".")))
    if not 11 <= asked[0] <= 13:
        return None
    branch = int(driver.split(".")[0])
    return asked <= max(with_it for came, with_it in CAME_WITH.items() if came <= max(branch, 450))
