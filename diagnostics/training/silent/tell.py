"""From what a rule saw to a finding: the line, the numbers, and what the table says of the kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import NamedTuple

from diagnostics.finding import Finding, Where
from diagnostics.training.naming import user_frame
from diagnostics.training.naming.source import line_of
from diagnostics.training.silent.kinds import KINDS


class Place(NamedTuple):
    """A line of the reader's, from 1."""

    file: str
    line: int

    @property
    def text(self) -> str:
        """The line itself."""
        return line_of(self.file, self.line) if self.line else ""

    def owner(self, method: str, otherwise: str) -> str:
        """What the method is called on there, as `optimizer` in `optimizer.step()`."""
        found = re.search(rf"([\w.]+(?:\[[^\]]*\])?)\.{method}\(", self.text)
        return found.group(1) if found else otherwise


NOWHERE = Place("", 0)


def place_at(frame: FrameType | None) -> Place:
    """The reader's line at or above the frame."""
    user = user_frame(frame) if frame is not None else None
    return Place(user.f_code.co_filename, user.f_lineno) if user is not None else NOWHERE


class Tell:
    """Reports a kind once for a line."""

    def __init__(self, report: Callable[[Finding], None]) -> None:
        self._report = report
        self._told: set[tuple[str, Place]] = set()

    def __call__(self, kind: str, place: Place, *evidence: str, status: str = "", **words: str) -> None:
        """`words` fill the table's sentences; `status` stands in for the table's where what was seen weighs less."""
        if (kind, place) in self._told:
            return
        self._told.add((kind, place))
        entry = KINDS[kind]
        self._report(
            Finding(
                kind,
                status or entry.status,
                _filled(entry.title, words),
                evidence=evidence,
                cause=_filled(entry.cause, words),
                fix=tuple(
                    replace(
                        step,
                        text=_filled(step.text, words),
                        command=_filled(step.command, words),
                        verify=_filled(step.verify, words),
                    )
                    for step in entry.fix
                ),
                where=Where(place.file, place.line, place.text) if place.line else None,
                lesson=entry.lesson,
            )
        )

    def failed(self, rule: str, error: Exception) -> None:
        """A rule could not go on: what was not checked is said."""
        why = f"{rule}: {type(error).__name__}: {error}".splitlines()[0]
        self._report(Finding("silent-not-checked", "skipped", "A rule for silent bugs gave up", evidence=(why,)))


def _filled(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return text
