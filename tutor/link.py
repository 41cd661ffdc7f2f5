"""Link: what is on its way to the terminal, measured. After each paint the cursor is set to a mark and the terminal is
asked where it stands: the answer tells that all that was written before this question has arrived.

What a pty has taken tells nothing: between it and a terminal far away there is room for seconds of old frames. So the
link is given what it was seen to take and a little more, to see whether it takes more, as BBR does (Cardwell, 2016).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

QUEUE = 0.05
"""Seconds that what is painted may wait behind what is on its way already."""

PIECE = 0.01
"""Seconds that one piece of a paint takes; below that nobody sees it come in pieces."""

GAIN = 1.25
"""How much more than its measured rate a link is given."""

LEAST = 512
"""Bytes that go out at once on any link, if nothing else is on its way."""

TELLING = 2048
"""Bytes of a paint from which the time it takes tells the link's rate: a smaller one comes in a single packet."""

QUICKEST = 0.005
"""Seconds: differences below this are the two programs' own."""

REST = 0.5
"""Seconds at most that a run's next picture waits because of how long one paint took, a whole page perhaps."""

PATIENCE, LONGEST_PATIENCE = 3.0, 60.0
"""Seconds after which an answer is taken for lost. A link that is frozen gets a frame ever more rarely."""

DELAYS, RATES = 32, 5
"""Measurements kept: the quickest answer to what went alone tells how long the way is; the middle rate, how wide."""

MARKS = 16
"""Of questions: a cursor can stand there in any window."""

HELD = 2
"""Writes that wait for the pty, of a terminal that gives no answers, from which on more of them would only queue."""

TICK = 0.001
"""Seconds beyond the moment when there is room: the clock that wakes may be a little early."""

TAKEN = 0.02
"""Seconds between two looks whether there is room, where no answer tells."""


class Question(NamedTuple):
    """Asked `at` a moment, after `total` bytes; `alone` where nothing else was on its way."""

    mark: int
    at: float
    total: int
    alone: bool


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
        self._written = self._arrived = self._asked = 0
        self._questions: deque[Question] = deque()
        self._answered_at = -math.inf
        self._delays: deque[float] = deque(maxlen=DELAYS)
        self._rates: deque[float] = deque(maxlen=RATES)
        self._seen = (0, 0.0)
        """Bytes that came without a pause, and in how many seconds: added up until they tell a rate."""
        self._through = -math.inf
        """When all that was written is through, at the rate at which it is given out."""
        self._due = -math.inf
        """When a run's next picture may follow."""
        self._patience = PATIENCE
        self._mute = False
        self._waiting: dict[object, Callable[[], object]] = {}
        self._changed = asyncio.Event()
        self._watch: asyncio.TimerHandle | None = None
        self._wake: asyncio.TimerHandle | None = None

    @property
    def round_trip(self) -> float:
        """Seconds: the shortest of the last answers; inf before the first."""
        return min(self._delays, default=math.inf)

    @property
    def rate(self) -> float:
        """Bytes a second; inf before it was seen."""
        return median(self._rates) if self._rates else math.inf

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
        """Bytes that may be written now without what follows having to wait for long; 0 where it is less than LEAST."""
        if self._mute or not self._delays:
            return math.inf if self._queued() <= HELD else 0.0
        if not self._rates:
            return math.inf
        waits = max(0.0, self._through - self._now())
        paced = GAIN * self.rate * (QUEUE - waits) if waits else max(LEAST, GAIN * self.rate * QUEUE)
        window = max(LEAST, GAIN * self.rate * (self.round_trip + QUEUE))  # where the rate was taken for too high
        room = min(paced, window - self.on_its_way)
        return room if room >= LEAST else 0.0

    @property
    def piece(self) -> float:
        """Bytes of a paint that go out at once: of a page that takes long, the beginning is seen soon."""
        return max(LEAST, self.rate * PIECE)

    @property
    def clear(self) -> bool:
        """Whether all that was painted has arrived, as far as that can be known."""
        return not (self.on_its_way or self._waiting or self._queued() > HELD)

    # What happens

    def wrote(self, count: int) -> None:
        """Bytes are on their way."""
        now = self._now()
        self._written += count
        self._through = max(self._through, now) + count / (GAIN * self.rate)
        self._rest(count / (self._guess if self._mute else self._budget))

    def asks(self) -> int:
        """A question is on its way behind them; its mark, from 1 to MARKS."""
        self._asked += 1
        mark = 1 + self._asked % MARKS
        self._questions.append(Question(mark, self._now(), self._written, not self._questions))
        self._look_later(self._patience)
        return mark

    def answered(self, mark: int) -> None:
        """To the oldest question of that mark: those before it will not be answered any more."""
        self._mute, self._patience = False, PATIENCE
        if all(question.mark != mark for question in self._questions):  # it was given up
            return
        while (question := self._questions.popleft()).mark != mark:
            pass
        now = self._now()
        if question.alone:
            self._delays.append(now - question.at)
        self._measure(question, now)
        self._arrived, self._answered_at = question.total, now
        self._tell()

    def _measure(self, question: Question, now: float) -> None:
        """What came at the heels of something else, came as fast as the link takes it."""
        count, seconds = self._seen
        undelayed = question.at + self.round_trip
        if undelayed > self._answered_at:
            count, seconds = 0, 0.0
        count += question.total - self._arrived
        took = now - max(undelayed, self._answered_at)
        seconds += took
        if count >= TELLING:
            self._rates.append(count / max(seconds, QUICKEST))
            count, seconds = 0, 0.0
        self._seen = count, seconds
        self._rest(min(took, REST))  # as long again: half of the link stays free for what keys change

    def forget(self) -> None:
        """Whatever was asked is not answered any more: another program has the terminal."""
        self._questions.clear()
        self._arrived = self._written
        self._tell()

    def _rest(self, seconds: float) -> None:
        self._due = max(self._due, self._now()) + seconds

    # Who waits

    def when_free(self, who: object, act: Callable[[], object]) -> None:
        """Calls `act` once there is room; for each `who` the newest alone."""
        self._waiting[who] = act
        self._wake_later()

    async def until_clear(self) -> None:
        """Returns once all that was painted has arrived, and a run's next picture may follow."""
        while not self.clear:
            self._changed.clear()
            self._wake_later()
            await self._changed.wait()
        await asyncio.sleep(max(0.0, self._due - self._now()))

    def _tell(self) -> None:
        self._changed.set()
        if self._waiting and self.room:
            waiting, self._waiting = self._waiting, {}
            for act in waiting.values():
                act()

    def _wake_later(self) -> None:
        """When there is room again, where no answer will tell."""
        if self._wake is None and (left := self._until_room()) > 0:
            self._wake = asyncio.get_running_loop().call_later(left + TICK, self._woken)

    def _until_room(self) -> float:
        """Seconds; 0 where an answer is waited for."""
        if self._queued() > HELD:
            return TAKEN
        speed = GAIN * self.rate
        return max(0.0, self._through - self._now() - max(0.0, QUEUE - LEAST / speed))

    def _woken(self) -> None:
        self._wake = None
        self._tell()
        if self._waiting or not self.clear:
            self._wake_later()

    def _look_later(self, seconds: float) -> None:
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Whether an answer is lost."""
        self._watch = None
        if not self._questions:
            return
        left = max(self._questions[0].at, self._answered_at) + self._patience - self._now()
        if left > 0:
            self._look_later(left)
            return
        self._mute = not self._delays
        self._patience = min(LONGEST_PATIENCE, 2 * self._patience)
        self.forget()
