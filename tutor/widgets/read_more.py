"""ReadMore: where a topic can be read about in more depth."""

from __future__ import annotations

from lessons.kit.course import Topic
from tutor.draw.canvas import Canvas
from tutor.draw.prose import wrapped
from tutor.widgets.drawn import Drawn

GUTTER = 3


class ReadMore(Drawn):
    topic: Topic | None = None

    def paint(self, canvas: Canvas) -> None:
        if self.topic is None:
            return
        width = min(72, canvas.width - 2 * GUTTER)
        canvas.put(GUTTER, 1, "Where to read more", "bright bold")
        y = 3
        for reading in self.topic.read:
            for line in wrapped(reading.title, width):
                canvas.put(GUTTER, y, line, "text")
                y += 1
            for line in wrapped(reading.url, canvas.width - GUTTER - 1):
                canvas.put(GUTTER, y, line, "accent")
                y += 1
            y += 1
        if not self.topic.read:
            canvas.put(GUTTER, y, "This topic names no further reading.", "text")
