"""What an exercise's check.py is written with: each of its public functions is a property of the reader's module.

    def the_mean_stays(given) -> None:
        "The mean of the values stays what it was."
        ...
        expect(abs(mean - 3) < 0.05, f"p = {p}: the mean of 100,000 threes became {mean:.2f}; it was 3.00")

Standard library only, Python 3.9 and newer: this module runs in the worker, beside any torch.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any


class Broken(AssertionError):
    """A property that does not hold; its text is the counterexample."""


class Missing(Exception):
    """The reader's file lacks something that the check needs."""


class Given:
    """The reader's module, as a check sees it."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise Missing(f"the file has no {name}; it has to define one") from None


def expect(holds: object, counterexample: str) -> None:
    """Raises Broken unless it holds. The counterexample names the input, what came of it and what was wanted."""
    if not holds:
        raise Broken(counterexample)
