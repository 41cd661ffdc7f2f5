"""Numbers bit by bit: their fields below each other, so that they can be compared digit by digit."""

from __future__ import annotations

from lessons.kit.pictures import Bits, Word
from lessons.kit.words.exact import stored
from tutor.draw.canvas import Canvas, Look
from tutor.draw.glyphs import cut, width
from tutor.draw.rows import DETAIL, GAPS, KEY, Row, Span, draw_rows, title

_GAP = 1
"""Columns between two fields, which tell them apart without colour."""

_READABLE = 8
"""Columns from which what is left of a field stands under its beginning."""


def draw_bits(canvas: Canvas, x: int, y: int, w: int, h: int, picture: Bits, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y). A word that is too wide goes on below, or ends with … at too few rows."""
    rows = _Layout(picture, w, canvas.look, frozen).rows()
    if sum(row.rank <= KEY for row in rows) > h:
        rows = _Layout(picture, w, canvas.look, frozen, short=True).rows()
    draw_rows(canvas, x, y, w, h, rows)


def bits_rows(picture: Bits, w: int) -> int:
    """Rows at which the picture is comfortable in `w` columns."""
    return len(_Layout(picture, w, Look(), False).rows())


class _Layout:
    """Where the fields stand in `w` columns: those of a kind end, and the last ones begin, in the same column.

    `short`: a word keeps to one row, its value beside it; what has no room is left out, and … says so.
    """

    def __init__(self, picture: Bits, w: int, look: Look, frozen: bool, short: bool = False) -> None:
        self.picture, self.w, self.look, self.frozen, self.short = picture, w, look, frozen, short
        names = max((width(word.name) for word in picture.words), default=0)
        self.sizes = [
            max((len(word.fields[k]) for word in picture.words), default=0) for k in range(len(picture.fields))
        ]
        reach = width(picture.fields[0]) + 1 - self.sizes[0] if self.sizes else 0
        self.left = min(max(names + 2, reach), max(0, w // 3)) if names else 0
        self.starts = [self.left + sum(self.sizes[:k]) + _GAP * k for k in range(len(self.sizes))]
        self.values = [stored(word) for word in picture.words]
        values = max(map(width, self.values), default=0)
        self.end = self.starts[-1] + self.sizes[-1] if self.sizes else self.left
        self.beside = self.end + 2 + values <= w
        if short and not self.beside and w - values - 2 > self.left:
            self.end, self.beside = w - values - 2, True
        self.room = self.end if self.beside else w
        self.notes = self.beside and all(
            self.end + 4 + width(value) + width(word.note) <= w for word, value in zip(picture.words, self.values)
        )

    def rows(self) -> list[Row]:
        """The title, and for each word its fields with what they stand for; the names under the first."""
        rows = title(self.picture.title)
        for place, word in enumerate(self.picture.words):
            rows += self._word(word, self.values[place])
            rows += [self._names()] if place == 0 else []
            if not self.notes:
                rows += self._below(word, self.values[place])
            rows.append(Row(rank=GAPS))
        return rows[:-1]

    def _word(self, word: Word, value: str) -> list[Row]:
        spans = [Span(0, cut(word.name, self.left - 2), "muted" if self.frozen else "text")]
        folded: list[Row] = []
        for k, bits in enumerate(word.fields):
            last = k == len(word.fields) - 1
            start = self.starts[k] + (0 if last else self.sizes[k] - len(bits))
            room = max(0, self.room - start)
            spans.append(Span(start, cut(bits, room) if self.short else bits[:room], self._spec(k)))
            folded += [] if self.short else self._folded(k, bits[room:])
        if self.beside:
            spans.append(Span(self.end + 2, value, "muted" if self.frozen else "bright bold"))
            if self.notes and word.note:
                spans.append(Span(self.end + 4 + width(value), word.note, "muted"))
        return [Row(spans), *folded]

    def _folded(self, k: int, bits: str) -> list[Row]:
        """What is left of a field, on rows of its own."""
        start = self.starts[k] if self.w - self.starts[k] >= _READABLE else 0
        room = max(1, self.w - start)
        return [Row([Span(start, bits[at : at + room], self._spec(k))]) for at in range(0, len(bits), room)]

    def _names(self) -> Row:
        """The names of the fields. The first may reach into the column of names, each other ends before the next."""
        spans = []
        for k, name in enumerate(self.picture.fields):
            start = self.starts[k]
            stop = self.starts[k + 1] - 1 if k + 1 < len(self.starts) else max(start, self.w)
            if k == 0:
                start = max(0, min(start, start + self.sizes[0] - width(name)))
            spans.append(Span(start, cut(name, stop - start), "faint"))
        return Row(spans, KEY)

    def _below(self, word: Word, value: str) -> list[Row]:
        """The note, and the value where it has no room beside the bits."""
        if self.beside:
            return [Row([Span(self.left, word.note, "muted")], DETAIL)] if word.note else []
        start = Span(self.left, value, "muted" if self.frozen else "bright bold")
        return [Row([start, Span(self.left + width(value) + 2, word.note, "muted")], KEY)]

    def _spec(self, k: int) -> str:
        """The fields in tints of one colour; where there are no shades they are underlined."""
        if self.frozen:
            return "muted underline" if self.look.flat else "muted on raised"
        if self.look.flat:
            return "accent underline" if k % 2 else "text underline"
        return ("text on raised", "bright on p1", "bright on ramp3")[k % 3] if k else "bright on raised"
