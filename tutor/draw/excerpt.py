"""The lines of a script around a finding: read once, when it was found, and drawn with the expression bracketed."""

from __future__ import annotations

import os
import textwrap
import tokenize
from dataclasses import dataclass
from itertools import islice

from diagnostics.finding import Where
from diagnostics.text import clean
from tutor.report.findings import LARGEST, LONGEST, marked

AROUND = 2
"""Lines shown before the one that a finding is about, and after it."""


@dataclass(frozen=True)
class Excerpt:
    """Lines of source from number `first` on; `columns` are those of the expression in line `line`, from 0."""

    first: int
    lines: tuple[str, ...]
    line: int
    columns: tuple[int, int] | None

    def within(self, around: int) -> Excerpt:
        """No more than `around` lines on both sides."""
        at = self.line - self.first
        start = max(0, at - around)
        return Excerpt(self.first + start, self.lines[start : at + around + 1], self.line, self.columns)


def read_excerpt(where: Where) -> Excerpt | None:
    """None where there is no such line to read, as of a notebook's cell."""
    start = max(1, where.line - AROUND)
    try:
        if not os.path.isfile(where.file) or os.path.getsize(where.file) > LARGEST:
            return None
        with tokenize.open(where.file) as file:
            lines = [line.rstrip("\n") for line in islice(file, start - 1, where.line + AROUND)]
    except (OSError, SyntaxError, ValueError):  # no name that a file could have, or no text
        return None
    return excerpt_of(lines, start, where)


def excerpt_of(lines: list[str], first: int, where: Where) -> Excerpt | None:
    """The lines without what they are all indented by, and without blank ones at the ends."""
    at = where.line - first
    if not 0 <= at < len(lines):
        return None
    lines = textwrap.dedent("\n".join(line.expandtabs(4) for line in lines)).split("\n")
    lines = [clean(line.rstrip(), LONGEST) for line in lines]
    last = len(lines)
    while last > at + 1 and not lines[last - 1]:
        last -= 1
    start = 0
    while start < at and not lines[start]:
        start += 1
    left, right = marked(lines[at], where.expression)
    return Excerpt(first + start, tuple(lines[start:last]), where.line, (left, right) if right > left else None)
