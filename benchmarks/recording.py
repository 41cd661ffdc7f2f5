"""What a recording tells: the chunks that a session read, played again afterwards, when looking delays nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.support.session import Session
from tests.support.terminal import Terminal

STARTED = 1000
"""Bytes after which a program has painted something, not only switched modes."""

Cells = dict[tuple[int, int], tuple[str, str, str]]
T = TypeVar("T")


@dataclass(frozen=True)
class Sight(Generic[T]):
    """What somebody who looked at the screen `at` seconds from launch saw."""

    at: float
    seen: T


def read_until_silent(session: Session, quiet: float = 0.5, timeout: float = 60) -> None:
    """Reads, without drawing, until the program has painted and then wrote nothing for `quiet` seconds."""
    began = last = session.now()
    painted = 0
    while painted < STARTED or session.now() - last < quiet:
        if session.now() - began > timeout:
            raise AssertionError(
                f"after {timeout:g} s the first screen was not painted or not still:\n{session.text()}"
            )
        if data := session.read(0.02):
            painted += len(data)
            last = session.chunks[-1].at


def sights(session: Session, look: Callable[[Terminal], T]) -> list[Sight[T]]:
    """What `look` saw after each chunk, half-drawn screens left out."""
    terminal = Terminal(session.columns, session.lines)
    found = []
    for chunk in session.chunks:
        terminal.feed(chunk.data)
        if terminal.settled:
            found.append(Sight(chunk.at, look(terminal)))
    return found


def full_paint(session: Session, share: float = 0.99) -> float:
    """Seconds from launch until this share of the cells painted at the end stood as they do at the end."""
    history = sights(session, _painted)
    final = history[-1].seen
    return next(
        sight.at
        for sight in history
        if sum(sight.seen.get(place) == cell for place, cell in final.items()) >= share * len(final)
    )


def answers(history: Sequence[Sight[T]], asked: Sequence[float]) -> list[float | None]:
    """For each moment in `asked`: seconds until something else was seen than stood there, before the next was asked."""
    found: list[float | None] = []
    for now, following in zip(asked, [*asked[1:], float("inf")]):
        before = seen_at(history, now)
        seen = (sight.at for sight in history if now < sight.at <= following and sight.seen != before)
        at = next(seen, None)
        found.append(None if at is None else at - now)
    return found


def seen_at(history: Sequence[Sight[T]], moment: float) -> T | None:
    """What stood there at that moment; None before anything did."""
    return next((sight.seen for sight in reversed(history) if sight.at <= moment), None)


def _painted(terminal: Terminal) -> Cells:
    """The cells that hold a character or a background: an empty screen counts as nothing painted."""
    return {
        (y, x): (cell.data, cell.fg, cell.bg)
        for y, row in terminal.screen.buffer.items()
        for x, cell in row.items()
        if cell.data.strip() or cell.bg != "default"
    }
