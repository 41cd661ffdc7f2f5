"""A horizontal scale: which column a value stands in, ticks at round numbers, and flags for values with names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lessons.kit.words import number
from tutor.draw.glyphs import cut, width
from tutor.draw.rows import Span

_APART = 3
"""Columns at least between the labels of two ticks."""


@dataclass(frozen=True)
class Scale:
    """From `low` in column `left` to `high`, `columns` on. With `log` its numbers are powers of ten."""

    low: float
    high: float
    left: int
    columns: int
    log: bool = False

    def column(self, place: float) -> int:
        """The column of a place on the scale; places beyond its ends stand at them."""
        share = (place / 2 - self.low / 2) / (self.high / 2 - self.low / 2 or 1)
        return self.left + round(min(1.0, max(0.0, share)) * (self.columns - 1))

    def ticks(self) -> list[tuple[int, str]]:
        """(column, label) at round numbers, as many as can be read beside each other."""
        best: list[tuple[int, str]] = []
        for step in self._steps():
            first = math.ceil(self.low / step - 1e-9)
            last = math.floor(self.high / step + 1e-9)
            if last - first > self.columns:
                continue
            places = [step * k for k in range(first, last + 1)]
            ticks = [(self.column(place), label) for place, label in zip(places, self._labels(places, step))]
            if all(b[0] - a[0] >= (width(a[1]) + width(b[1])) / 2 + _APART for a, b in zip(ticks, ticks[1:])):
                return ticks
            best = best or ticks[:1]
        return best

    def labels(self, right: int) -> list[Span]:
        """The ticks' labels, each under its tick; those at the ends are moved in, before column `right`.

        One that would then run into the label before it is left out.
        """
        spans: list[Span] = []
        for column, label in self.ticks():
            x = max(0, min(column - (width(label) - 1) // 2, right - width(label)))
            if not spans or spans[-1].x + width(spans[-1].text) < x:
                spans.append(Span(x, label, "faint"))
        return spans

    def _steps(self) -> list[float]:
        if self.log:
            return [1, 2, 5, 10, 20, 50, 100, 200, 500]
        exponent = math.floor(math.log10(max((self.high / 2 - self.low / 2) / max(1, self.columns) * 2, 1e-300)))
        return [digit * 10.0**power for power in range(exponent, min(exponent + 5, 308)) for digit in (1, 2, 5)]

    def _labels(self, places: Sequence[float], step: float) -> list[str]:
        if self.log:
            return [f"1e{place:.0f}" if place else "1" for place in places]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        rounded = [round(place, decimals) + 0.0 for place in places]
        short = [number(place) for place in rounded]
        if len(set(short)) == len(short):
            return short
        return [f"{place:.{min(decimals, 12)}f}".replace("-", "−") for place in rounded]


class Flag(NamedTuple):
    """A name on a mast at `column`, `row` rows above the lowest, written from column `x` on."""

    column: int
    row: int
    x: int
    text: str


def flags(marks: Sequence[tuple[int, str]], columns: int, rows: int) -> tuple[list[Flag], list[str]]:
    """Names (column, text) on masts of at most `rows` rows so that none covers another; those that found no place."""
    ordered = sorted(marks)
    inwards = [ordered[k // 2 if k % 2 == 0 else -1 - k // 2] for k in range(len(ordered))]
    tries = [_placed(order, columns, rows) for order in (ordered[::-1], ordered, inwards, inwards[::-1])]
    placed, lost = min(tries, key=lambda tried: len(tried[1]))
    return placed, [text for _, text in sorted(lost)]


def _placed(marks: Sequence[tuple[int, str]], columns: int, rows: int) -> tuple[list[Flag], list[tuple[int, str]]]:
    """Gives each name in turn the lowest free place beside its mast, at the right where it can be."""
    names: set[tuple[int, int]] = set()
    masts: set[tuple[int, int]] = {(column, 0) for column, _ in marks}
    placed, lost = [], []
    for column, text in marks:
        short = cut(text, columns - 2)
        size = width(short)
        for row, x in ((row, x) for row in range(rows) for x in (column + 2, column - 1 - size)):
            cells = {(at, row) for at in range(x - 1, x + size + 1)}
            mast = {(column, below) for below in range(row + 1)}
            if 0 <= x <= columns - size and names.isdisjoint(cells | mast) and (masts - mast).isdisjoint(cells):
                names |= {(at, row) for at in range(x, x + size)}
                masts |= mast
                placed.append(Flag(column, row, x, short))
                break
        else:
            lost.append((column, text))
    return placed, lost


def masts(placed: Sequence[Flag], row: int, spec: str) -> list[Span]:
    """What of the flags stands on a row: masts that go through it or end there, and names."""
    spans = [Span(flag.column, "│", "faint") for flag in placed if flag.row >= row]
    return spans + [Span(flag.x, flag.text, spec) for flag in placed if flag.row == row]
