"""Figures: what was measured, beside what it is compared with and what it should be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Aim:
    """The most that a figure's median, its 95th percentile, or its ratio to the program beside it should be."""

    limit: float
    of: Literal["median", "p95", "ratio"] = "median"

    def __str__(self) -> str:
        times = " ×" if self.of == "ratio" else ""
        return f"{'95 % ' if self.of == 'p95' else ''}≤ {self.limit:g}{times}"


@dataclass(frozen=True)
class Figure:
    """Samples of one quantity: of the tutor, and where there is one of the program beside it, run for run."""

    name: str
    unit: str
    ours: Sequence[float]
    beside: Sequence[float] = ()
    aim: Aim | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Of the medians: machines are noisy, and a single run can be anything."""
        return statistics.median(self.ours) / statistics.median(self.beside) if self.ours and self.beside else None

    @property
    def met(self) -> bool | None:
        """None without an aim; what could not be measured is not met."""
        if self.aim is None:
            return None
        if self.aim.of == "ratio":
            return self.ratio is not None and self.ratio <= self.aim.limit
        return bool(self.ours) and percentile(self.ours, 50 if self.aim.of == "median" else 95) <= self.aim.limit


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent) // 100) - 1)]


HEAD = ("", "", "tutor", "beside", "ratio", "aim", "")


def table(figures: Sequence[Figure]) -> str:
    """One row a figure: median (lowest–highest) of each side, their ratio, the aim and whether it is met."""
    rows = [HEAD, *map(_row, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:])), row[-1]]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    aim = str(figure.aim or "")
    verdict = "" if figure.met is None else "met" if figure.met else "MISSED"
    last = "; ".join(part for part in (verdict, figure.note) if part)
    return figure.name, figure.unit, _side(figure.ours), _side(figure.beside), ratio, aim, last


def _side(values: Sequence[float]) -> str:
    if not values:
        return ""
    middle = _short(statistics.median(values))
    if len(values) == 1:
        return middle
    if len(values) >= 20:
        return f"{middle} (95 % {_short(percentile(values, 95))})"
    return f"{middle} ({_short(min(values))}–{_short(max(values))})"


def _short(value: float) -> str:
    if value == int(value):
        return f"{value:.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
