"""Patience: waiting that is counted in time that we ourselves ran: a machine that freezes uses none of it up."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds to wait for what comes at once on a machine that has nothing else to do."""

LONGEST_STEP = 0.5
"""Seconds from one look to the next that count: who looks ten times a second and more was kept from it beyond that."""


class Patience:
    """Lasts for `seconds`, if somebody looks at it often. `clock` tells seconds."""

    def __init__(self, seconds: float = PATIENCE, clock: Callable[[], float] = time.monotonic) -> None:
        self.left = seconds
        self._clock = clock
        self._looked = clock()

    @property
    def over(self) -> bool:
        now = self._clock()
        self.left -= min(now - self._looked, LONGEST_STEP)
        self._looked = now
        return self.left <= 0
