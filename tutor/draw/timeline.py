"""Who did what when: a lane each, on one axis of time."""

from __future__ import annotations

from lessons.kit.pictures import Lane, Stretch, Timeline
from tutor.draw.bars import FILLS, initials
from tutor.draw.canvas import Canvas, Look
from tutor.draw.glyphs import cut, width
from tutor.draw.rows import DETAIL, GAPS, KEY, Row, Span, draw_rows, title
from tutor.draw.scale import Scale

_TALLEST, _COMFORTABLE = 3, 2
"""Rows of a lane where there is more than enough room, and where there is enough."""


def draw_timeline(canvas: Canvas, x: int, y: int, w: int, h: int, picture: Timeline, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y): lanes of up to three rows. A stretch has its kind's letter and its name."""
    for tall in range(_TALLEST, 0, -1):
        rows = _Lanes(picture, w, tall, canvas.look, frozen).rows()
        if len(rows) <= h:
            break
    draw_rows(canvas, x, y, w, h, rows)


def timeline_rows(picture: Timeline, w: int) -> int:
    """Rows at which the picture is comfortable in `w` columns."""
    return len(_Lanes(picture, w, _COMFORTABLE, Look(), False).rows())


class _Lanes:
    """The rows of a picture in `w` columns, its lanes `tall` rows high."""

    def __init__(self, picture: Timeline, w: int, tall: int, look: Look, frozen: bool) -> None:
        self.picture, self.w, self.tall, self.flat, self.frozen = picture, w, tall, look.flat, frozen
        self.signs = initials(picture.kinds)
        names = max((width(lane.name) for lane in picture.lanes), default=0)
        self.left = min(names, w // 4) + 2 if names else 0
        self.room = max(1, w - self.left)

    def rows(self) -> list[Row]:
        rows = title(self.picture.title)
        for lane in self.picture.lanes:
            rows += [*self._lane(lane), Row(rank=GAPS)]
        scale = Scale(0.0, self.picture.end, self.left, self.room)
        ticks = [Span(0, cut(self.picture.unit, max(0, self.left - 2)), "faint"), *scale.labels(self.w)]
        return [*rows, Row(ticks, DETAIL), Row(self._key(), KEY)]

    def _lane(self, lane: Lane) -> list[Row]:
        labels = int(self.flat and self.tall > 1)
        track = Span(self.left, self._track(), self._ground(None))
        rows: list[list[Span]] = [[] if place < labels else [track] for place in range(self.tall)]
        rows[0].insert(0, Span(0, cut(lane.name, self.left - 2), "muted" if self.frozen else "text"))
        for stretch in lane.stretches:
            start, cells = self._cells(stretch)
            for place, spans in enumerate(rows):
                fill = FILLS[stretch.kind % len(FILLS)] if self.flat else " "
                if place >= labels:  # a label on a filling would be a hole in it
                    spans.append(Span(self.left + start, fill * cells, self._ground(stretch.kind)))
                if place == 0 and (label := self._label(stretch, cells)):
                    spans.append(Span(self.left + start, label, self._letter(stretch.kind)))
        return [Row(spans) for spans in rows]

    def _track(self) -> str:
        return ("─" if self.flat else " ") * self.room

    def _cells(self, stretch: Stretch) -> tuple[int, int]:
        """(first column of the track, columns): one at the least, and none beyond the end."""
        first, last = (round(min(1.0, at / self.picture.end) * self.room) for at in (stretch.start, stretch.end))
        first = min(first, self.room - 1)
        return first, max(1, last - first)

    def _label(self, stretch: Stretch, cells: int) -> str:
        """The letter of its kind and its name, or what of them goes in."""
        sign = self.signs[stretch.kind]
        texts = (f"{sign}{stretch.name}", sign)
        return next((text for text in texts if width(text) <= cells), "")

    def _ground(self, kind: int | None) -> str:
        """What a stretch of that kind stands on; the empty track for None."""
        if kind is None:
            return "rule" if self.flat else "text on raised"
        if self.flat:
            return "muted" if self.frozen else f"s{kind % 4 + 1}"
        return "text on rule" if self.frozen else f"text on p{kind % 6 + 1}"

    def _letter(self, kind: int) -> str:
        tone = "muted" if self.frozen else "bright"
        return tone if self.flat else self._ground(kind).replace("text", tone)

    def _key(self) -> list[Span]:
        spans, x = [], 0
        for kind, (sign, name) in enumerate(zip(self.signs, self.picture.kinds)):
            if self.flat:
                spans += [Span(x, FILLS[kind % len(FILLS)], self._ground(kind)), Span(x + 2, sign, self._letter(kind))]
            else:
                spans.append(Span(x, f" {sign} ", self._letter(kind)))
            spans.append(Span(x + 4, name, "muted"))
            x += 4 + width(name) + 3
        return spans
