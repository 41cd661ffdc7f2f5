"""Bits, rulers, grids and tables in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lessons.kit.pictures import Bits, Grid, Mark, Ruler, Span, Table, Word
from lessons.kit.words.exact import exact, named, stored
from lessons.kit.words.lists import joined
from lessons.kit.words.numbers import number

_SPELLED = 8
"""Up to so many words or rows are read out."""

_CELLS = 16
"""Up to so many values of a grid are read out."""


def bits_words(picture: Bits) -> str:
    spelled = len(picture.words) <= _SPELLED
    words = [_word(word, picture.fields if spelled else ()) for word in picture.words]
    return f"{picture.title}: {'; '.join(words) or 'nothing yet'}."


def _word(word: Word, names: Sequence[str]) -> str:
    parts = [f"{word.name} is {stored(word)}", *(f"{name} {bits}" for name, bits in zip(names, word.fields))]
    return ", ".join(part for part in (*parts, word.note) if part)


def ruler_words(picture: Ruler) -> str:
    spans = [
        f"{span.name} from {exact(span.low)} to {exact(span.high)}, with all its digits from {exact(span.normal)}"
        for span in picture.spans
    ]
    text = f"{picture.title}: {'; '.join(spans) or 'nothing yet'}."
    marks = [_mark(mark, picture.spans) for mark in picture.marks]
    return f"{text} Marked: {'; '.join(marks)}." if marks else text


def _mark(mark: Mark, spans: Sequence[Span]) -> str:
    """Which of the spans hold a value."""
    size = abs(mark.value)
    text = named(mark.name, exact(mark.value))
    if not math.isfinite(size) or size == 0 or not spans:
        return text
    places = {
        "within the range of": [span.name for span in spans if span.normal <= size <= span.high],
        "with fewer digits in": [span.name for span in spans if span.low <= size < span.normal],
        "too small for": [span.name for span in spans if size < span.low],
        "too large for": [span.name for span in spans if size > span.high],
    }
    told = [f"{words} {joined(names)}" for words, names in places.items() if names]
    return f"{text}, {', '.join(told)}"


def grid_words(picture: Grid) -> str:
    values = picture.values
    if not values:
        return f"{picture.title}."
    text = f"{picture.title}: {len(picture.rows)} rows by {len(picture.columns)} columns"
    finite = [value for value in values if math.isfinite(value)]
    if finite:
        text += f", from {number(min(finite))} to {number(max(finite))}"
    odd = [value for value in map(number, values) if value in ("nan", "inf", "−inf")]
    told = [f"{odd.count(name)} {name}" for name in dict.fromkeys(odd)]
    if picture.marked:
        told = [f"{len(set(picture.marked))} of {len(values)} {picture.meaning or 'marked'}", *told]
    text += "".join(f"; {part}" for part in told)
    return f"{text}.{_cells(picture)}" if 0 < len(values) <= _CELLS else f"{text}."


def _cells(picture: Grid) -> str:
    """A small grid read out row by row."""
    columns = len(picture.columns)
    rows = [
        f"{name}: {', '.join(map(number, picture.values[k * columns : (k + 1) * columns]))}"
        for k, name in enumerate(picture.rows)
    ]
    return f" Row by row, {'; '.join(rows)}."


def table_words(picture: Table) -> str:
    heads = ", ".join(filter(None, picture.heads))
    text = f"{picture.title}: {len(picture.rows)} row{'s' * (len(picture.rows) != 1)} of {heads}."
    if 0 < len(picture.rows) <= _SPELLED:
        text += f" {'; '.join(', '.join(row) for row in picture.rows)}."
    chosen = picture.chosen
    if chosen is not None and 0 <= chosen < len(picture.rows):
        told = ", ".join(f"{head} {cell}".strip() for head, cell in zip(picture.heads, picture.rows[chosen]))
        text += f" Chosen is row {chosen + 1}: {told}."
    return text
