"""Link: what is on its way to the terminal, measured. After each paint the terminal is asked where its cursor stands,
and the answer tells that all that was written before the question has arrived.

What a pty has taken tells nothing: between it and a terminal far away there is room for seconds of old frames.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

QUEUE = 0.1
"""Seconds that what is painted may wait behind what is on its way already."""

PIECE = 0.02
"""Seconds until the first of a paint is seen; below that nobody sees it come in pieces."""

LEAST = 2048
"""Bytes that may always be on their way: a few changed rows, an eighth of a second at 128 kbit/s."""

TELLING = 2048
"""Bytes of a paint from which the time it takes tells the link's rate: a smaller one comes in a single packet."""

QUICKEST = 0.005
"""Seconds: differences below this are the two programs' own."""

REST = 0.5
"""Seconds at most that one paint, a whole page perhaps, holds up the next picture of a run."""

PATIENCE, LONGEST_PATIENCE = 3.0, 60.0
"""Seconds after which an answer is taken for lost. A link that is frozen gets a frame ever more rarely."""

DELAYS, RATES = 32, 5
"""Measurements kept: the quickest answer tells how long the way is, the middle rate how wide."""

HELD = 2
"""Writes that wait for the pty, of a terminal that gives no answers, from which on more of them would only queue."""

TAKEN = 0.02
"""Seconds between two looks whether the pty has taken what was written, where no answer will tell."""


class Question(NamedTuple):
    """Asked `at` a moment, after `total` bytes."""

    at: float
    total: int


class Link:
    """`budget`: bytes a second that the pictures of a run may take; `guess`: the same where the terminal never answers.
    `queued` counts writes that the pty has not taken. Lives in the event loop.
    """

    def __init__(
        self,
        budget: float = math.inf,
        guess: float = math.inf,
        queued: Callable[[], int] = lambda: 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget, self._guess = budget, guess
        self._queued, self._now = queued, now
        self._written = self._arrived = 0
        self._questions: deque[Question] = deque()
        self._answered_at = -math.inf
        self._delays: deque[float] = deque(maxlen=DELAYS)
        self._rates: deque[float] = deque(maxlen=RATES)
        self._patience = PATIENCE
        self._mute = False
        self._due = -math.inf
        self._waiting: dict[object, Callable[[], object]] = {}
        self._changed = asyncio.Event()
        self._watch: asyncio.TimerHandle | None = None

    @property
    def round_trip(self) -> float:
        """Seconds: the shortest of the last answers; inf before the first."""
        return min(self._delays, default=math.inf)

    @property
    def rate(self) -> float:
        """Bytes a second; 0 before the first large paint."""
        return median(self._rates) if self._rates else 0.0

    @property
    def mute(self) -> bool:
        """Whether the terminal was asked and gives no answers."""
        return self._mute

    @property
    def on_its_way(self) -> int:
        """Bytes before a question that has not been answered; those after the last question are not counted."""
        return self._questions[-1].total - self._arrived if self._questions and not self._mute else 0

    @property
    def room(self) -> float:
        """Bytes that may be written now without what follows them having to wait for long."""
        if self._mute or not self._delays:
            return math.inf if self._queued() <= HELD else 0.0
        window = max(LEAST, self.rate * (self.round_trip + QUEUE)) if self._rates else math.inf
        return max(0.0, window - self.on_its_way)

    @property
    def piece(self) -> float:
        """Bytes of a paint that are better sent at once: a page that takes long is seen as it comes."""
        return max(LEAST / 2, self.rate * PIECE) if self._rates else math.inf

    @property
    def clear(self) -> bool:
        """Whether all that was painted has arrived, as far as that can be known."""
        return not (self.on_its_way or self._waiting or self._queued() > HELD)

    # What happens

    def wrote(self, count: int) -> None:
        """Bytes are on their way."""
        self._written += count
        self._rest(count / (self._guess if self._mute else self._budget))

    def asked(self) -> None:
        """A question is on its way behind them."""
        self._questions.append(Question(self._now(), self._written))
        self._look_later(self._patience)

    def answered(self) -> None:
        """To the oldest question: a terminal takes them in turn."""
        self._mute, self._patience = False, PATIENCE
        if not self._questions:  # to one that was given up
            return
        now, question = self._now(), self._questions.popleft()
        self._delays.append(now - question.at)
        # What was asked while the one before was on its way came at its heels.
        took = now - max(question.at + self.round_trip, self._answered_at)
        count = question.total - self._arrived
        if count >= TELLING:
            self._rates.append(count / max(took, QUICKEST))
        self._arrived, self._answered_at = question.total, now
        self._rest(took)  # half of the link stays free for what keys change
        self._tell()

    def forget(self) -> None:
        """Whatever was asked is not answered any more: another program has the terminal."""
        self._questions.clear()
        self._arrived = self._written
        self._tell()

    def _rest(self, seconds: float) -> None:
        now = self._now()
        self._due = min(max(self._due, now) + seconds, now + REST)

    # Who waits

    def when_free(self, who: object, act: Callable[[], object]) -> None:
        """Calls `act` once there is room; for each `who` the newest alone."""
        self._waiting[who] = act
        self._look_later(self._patience if self._questions else TAKEN)

    async def until_clear(self) -> None:
        """Returns once all that was written has arrived, and a run's next picture may follow."""
        while not self.clear:
            self._changed.clear()
            self._look_later(self._patience if self._questions else TAKEN)
            await self._changed.wait()
        await asyncio.sleep(max(0.0, self._due - self._now()))

    def _tell(self) -> None:
        self._changed.set()
        if self._waiting and self.room >= LEAST / 4:
            waiting, self._waiting = self._waiting, {}
            for act in waiting.values():
                act()

    def _look_later(self, seconds: float) -> None:
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Where no answer came that would have told."""
        self._watch = None
        if self._questions:
            left = self._questions[0].at + self._patience - self._now()
            if left > 0:
                self._look_later(left)
                return
            self._mute = not self._delays
            self._patience = min(LONGEST_PATIENCE, 2 * self._patience)
            self.forget()
        else:
            self._tell()
        if self._waiting or not self._changed.is_set():
            self._look_later(TAKEN)
