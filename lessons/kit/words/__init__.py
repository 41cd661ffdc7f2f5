"""Words: what a picture shows, in one to three sentences, for `--plain` and for screen readers.

Standard library only, Python 3.9 and newer: this package runs in the worker, beside any torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.kit.pictures import (
    Bars,
    Bits,
    Chart,
    Graph,
    Grid,
    Histogram,
    Meter,
    Picture,
    Ruler,
    Surface,
    Table,
    Timeline,
)
from lessons.kit.words.amounts import bars_words, histogram_words
from lessons.kit.words.chart import chart_words
from lessons.kit.words.graph import graph_words
from lessons.kit.words.lists import joined
from lessons.kit.words.meter import meter_words
from lessons.kit.words.numbers import number
from lessons.kit.words.surface import surface_words
from lessons.kit.words.tables import bits_words, grid_words, ruler_words, table_words
from lessons.kit.words.timeline import timeline_words

__all__ = ["joined", "number", "summary"]

WORDS: dict[type[Any], Callable[[Any], str]] = {
    Chart: chart_words,
    Surface: surface_words,
    Meter: meter_words,
    Graph: graph_words,
    Bars: bars_words,
    Histogram: histogram_words,
    Timeline: timeline_words,
    Bits: bits_words,
    Ruler: ruler_words,
    Grid: grid_words,
    Table: table_words,
}


def summary(picture: Picture) -> str:
    """The picture in words, its numbers short."""
    return WORDS[type(picture)](picture)
