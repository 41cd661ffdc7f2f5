"""What must hold of driver_runs()."""

from __future__ import annotations

import random
from typing import Any, Optional

from lessons.kit.properties import expect


def it_says_true_false_or_none(given: Any) -> None:
    """It returns True, False or None."""
    for driver, cuda in (("550.54.14", "12.8"), ("550.54.14", "13.0"), ("550.54.14", "14.0"), ("580", "11.8")):
        said = given.driver_runs(driver, cuda)
        expect(said is None or isinstance(said, bool), f"driver {driver}, CUDA {cuda}: it returned {said!r}")


def minor_numbers_decide_nothing(given: Any) -> None:
    """All minor numbers of one CUDA get the same answer."""
    drivers = (("550.54.14", True), ("535.54.03", True), ("610.43.02", True), ("470.57.02", False))
    for driver, runs in drivers:
        for minor in (0, 1, 4, 6, 8, 9, random.randint(10, 30)):
            _expect(given, driver, f"12.{minor}", runs)


def the_oldest_driver_is_the_limit(given: Any) -> None:
    """The oldest driver of a family runs it, and one that is a little older does not."""
    limits = (
        ("12.4", "525.60.13", ("525.60.12", "525.60", "525.59.99", "525", "524.99.99")),
        ("11.8", "450.80.02", ("450.80.01", "450.80", "450.51.06", "450", "449.99.99")),
        ("13.0", "580", ("579.99.99", "575.51.03")),
    )
    for cuda, oldest, older in limits:
        _expect(given, oldest, cuda, True)
        for driver in older:
            _expect(given, driver, cuda, False)


def a_newer_driver_runs_all_older_cudas(given: Any) -> None:
    """A driver that runs one CUDA runs the older ones as well."""
    for driver in ("580.65.06", "610.43.02", f"{random.randint(600, 900)}.10.01"):
        for cuda in ("11.0", "11.8", "12.1", "12.9", "13.2"):
            _expect(given, driver, cuda, True)


def versions_are_numbers(given: Any) -> None:
    """Versions are compared number by number, and not as text."""
    for driver, cuda, wanted in (
        ("525.105.17", "12.2", True),
        ("450.102.04", "11.8", True),
        ("450.80.2", "11.8", True),
        ("525.60.9", "12.2", False),
        ("1000.10", "13.0", True),
        ("99.90", "11.1", False),
        ("525.60.013", "12.0", True),
    ):
        _expect(given, driver, cuda, wanted)


def what_is_not_known_is_none(given: Any) -> None:
    """For a CUDA that is not in OLDEST it returns None."""
    for cuda in ("10.2", "9.0", f"{random.randint(14, 30)}.0"):
        for driver in ("550.54.14", "340.108", "999.1"):
            _expect(given, driver, cuda, None)


def _expect(given: Any, driver: str, cuda: str, wanted: Optional[bool]) -> None:  # noqa: UP045 (an older worker)
    said = given.driver_runs(driver, cuda)
    expect(said is wanted, f"driver {driver}, CUDA {cuda}: it returned {said!r}; {wanted} is right")
