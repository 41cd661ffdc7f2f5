"""How much may be on its way to the terminal, and who waits for it. The clock is the test's."""

from __future__ import annotations

import asyncio
import math

import pytest

from tutor.link import GAIN, QUEUE, Link


class Way:
    """A link of a round trip and a rate: paints are answered when they would be, by a clock that is moved on."""

    def __init__(self, round_trip: float, rate: float, **options: float) -> None:
        self.now, self.round_trip, self.rate = 0.0, round_trip, rate
        self.link = Link(now=lambda: self.now, **options)  # type: ignore[arg-type]
        self.free = 0.0
        self.due: list[tuple[float, int]] = []

    def paint(self, count: int) -> None:
        self.link.wrote(count)
        self.free = max(self.free, self.now) + count / self.rate
        self.due.append((self.free + self.round_trip, self.link.asks()))

    def pass_to(self, moment: float) -> None:
        while self.due and self.due[0][0] <= moment:
            self.now, mark = self.due.pop(0)
            self.link.answered(mark)
        self.now = moment

    def settle(self) -> None:
        self.pass_to(self.now + 60)


async def known(round_trip: float, rate: float, **options: float) -> Way:
    """A way that has been measured: an empty question, a page, and some rows."""
    way = Way(round_trip, rate, **options)
    for count in (0, 8000, 8000, 100):
        way.paint(count)
        way.settle()
    return way


WAYS = [(0.15, 16_000), (0.08, 125_000), (0.3, 16_000), (0.001, 1_000)]


@pytest.mark.parametrize(("round_trip", "rate"), WAYS)
async def test_the_way_is_measured(round_trip: float, rate: float) -> None:
    """How long it is and how wide."""
    way = await known(round_trip, rate)
    assert way.link.round_trip == pytest.approx(round_trip, rel=0.01)
    assert way.link.rate == pytest.approx(rate, rel=0.01)


@pytest.mark.parametrize(("round_trip", "rate"), WAYS)
async def test_what_is_painted_waits_for_a_short_while_at_most(round_trip: float, rate: float) -> None:
    """However much there is to be sent; and the link is kept busy all the same."""
    way = await known(round_trip, rate)
    began, left, queues = way.now, 4 * rate * (round_trip + 1), []
    while left > 0:
        while left > 0 and (room := way.link.room):
            way.paint(int(min(room, way.link.piece, left)) or 1)
            left -= min(room, way.link.piece, left)
        queues.append(way.free - way.now)
        way.pass_to(way.now + 0.002)
    assert max(queues) < GAIN * QUEUE + (GAIN - 1) * round_trip + 2 * way.link.piece / rate
    assert way.now - began < 1.2 * 4 * (round_trip + 1)


async def test_a_quick_link_takes_whole_pages() -> None:
    """Before anything is known, and where a page takes no time."""
    assert Link().room == math.inf
    assert (await known(0.0005, 5e6)).link.room > 50_000


async def test_who_waits_is_called_when_there_is_room() -> None:
    """Once, and the newest of each alone."""
    way = await known(0.15, 16_000)
    way.paint(20_000)
    assert way.link.room == 0
    calls: list[str] = []
    way.link.when_free("who", lambda: calls.append("old"))
    way.link.when_free("who", lambda: calls.append("new"))
    way.link.when_free("other", lambda: calls.append("other"))
    assert not way.link.clear
    way.settle()
    assert calls == ["new", "other"]
    assert way.link.clear


async def test_a_picture_waits_until_the_one_before_has_arrived() -> None:
    """And as long again as it took to get through, so that half of the link is free."""
    way = await known(0.1, 10_000)
    way.paint(2000)
    waiting = asyncio.create_task(way.link.until_clear())
    way.pass_to(way.now + 0.29)
    await asyncio.sleep(0)
    assert not waiting.done()
    way.pass_to(way.now + 0.02)
    assert way.link.clear
    slept = way.link._due - way.now
    assert slept == pytest.approx(0.2, rel=0.1)
    waiting.cancel()


async def test_the_budget_is_kept() -> None:
    """Of a link that takes far more."""
    way = await known(0.01, 1e6, budget=20_000)
    way.paint(2000)
    way.pass_to(way.now + 0.02)
    assert way.link._due - way.now == pytest.approx(0.08, abs=0.01)
    way.paint(100_000)
    assert way.link._due - way.now == pytest.approx(5.08, abs=0.02)


async def test_a_terminal_without_answers_is_found_out() -> None:
    """Then nothing counts as on its way, and pictures go by the guess."""
    silent = Link(guess=1000)
    silent._patience = 0.01
    silent.wrote(500)
    silent.asks()
    assert not silent.clear
    await silent.until_clear()
    assert silent.mute
    assert silent.room == math.inf
    before = silent._now()
    silent.wrote(100)
    assert silent._due - before == pytest.approx(0.1, abs=0.05)


async def test_a_frozen_link_is_asked_ever_more_rarely() -> None:
    """It has answered before, so it is not taken for mute."""
    frozen = Link()
    frozen.answered(frozen.asks())
    for wait in (0.01, 0.02):
        frozen._patience = wait
        frozen.wrote(100)
        frozen.asks()
        await frozen.until_clear()
        assert frozen._patience == 2 * wait
    assert not frozen.mute


async def test_a_late_answer_is_not_taken_for_a_newer_one() -> None:
    """Nor is a lost one waited for, once a newer one has come."""
    way = await known(0.15, 16_000)
    way.paint(1000)
    late = way.due.pop()[1]
    way.link.forget()
    way.paint(1000)
    way.link.answered(late)
    assert not way.link.clear
    assert way.link.round_trip == pytest.approx(0.15, rel=0.01)
    way.paint(1000)
    way.due.pop(0)
    way.settle()
    assert way.link.clear


async def test_while_an_answer_is_waited_for_nobody_is_woken() -> None:
    """A link that is frozen for an hour costs nothing."""
    way = await known(0.15, 16_000)
    way.paint(20_000)
    way.now += 10
    waiting = asyncio.create_task(way.link.until_clear())
    way.link.when_free("who", lambda: None)
    await asyncio.sleep(0)
    assert way.link._wake is None
    way.settle()
    await asyncio.sleep(0)
    waiting.cancel()


async def test_writes_that_the_pty_does_not_take_count() -> None:
    """All that can be known of a terminal that gives no answers."""
    held = 5
    waiting = Link(queued=lambda: held)
    assert waiting.room == 0
    assert not waiting.clear
    done = asyncio.create_task(waiting.until_clear())
    await asyncio.sleep(0.05)
    assert not done.done()
    held = 0
    await asyncio.wait_for(done, 60)
