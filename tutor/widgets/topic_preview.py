"""TopicPreview: the chosen topic: the reader's own last picture of it, what it will teach, and what it holds."""

from __future__ import annotations

from typing import ClassVar

from lessons.kit.course import Topic
from lessons.kit.pictures import Frame
from tutor.draw.canvas import Canvas
from tutor.draw.panel import PanelView, draw_panel
from tutor.draw.prose import wrapped
from tutor.progress import TopicProgress
from tutor.widgets.drawn import Drawn

GUTTER = 3
LEAST = 8
"""Rows under which a picture says nothing."""

Rows = list[tuple[str, str]]
"""Text and its style, a row each."""


class TopicPreview(Drawn):
    GROUND: ClassVar[str] = "panel"

    topic: Topic | None = None
    frame: Frame | None = None
    done: frozenset[str] = frozenset()
    """Slugs of the sections that are done."""
    kept: TopicProgress | None = None

    def paint(self, canvas: Canvas) -> None:
        topic = self.topic
        if topic is None:
            return
        width = min(72, canvas.width - 2 * GUTTER)
        summary: Rows = [(line, "text") for line in wrapped(topic.summary, width)]
        rows = summary + _objectives(topic, width)
        canvas.put(GUTTER, 1, topic.title, "bright bold")
        y = 3
        if self.frame is not None:
            if canvas.height - len(rows) - LEAST < LEAST:
                rows = summary  # what was seen says more than what is promised
            picture = canvas.height - len(rows) - LEAST
            if picture >= LEAST:
                inner = Canvas(canvas.width, picture + 3, canvas.look, self.GROUND)
                draw_panel(inner, PanelView("your last run", "", "", "", self.frame))
                canvas.paste(inner, 0, 2)
                y = picture + 6
        for text, spec in rows + _cut(self._holds(topic), canvas.height - y - len(rows)):
            canvas.put(GUTTER, y, text, spec)
            y += 1

    def _holds(self, topic: Topic) -> Rows:
        """Its sections and exercises, with what was done of each."""
        rows: Rows = [("", "text")]
        rows += [(f"{'✓' if s.slug in self.done else ' '} {s.title}", "muted") for s in topic.page.sections]
        if topic.exercises:
            rows += [("", "text"), ("Exercises", "muted")]
        for name, exercise in topic.exercises.items():
            kept = self.kept.exercises.get(name) if self.kept else None
            sign = "✓" if kept and kept.solved is not None else "–" if kept and kept.skipped is not None else " "
            rows.append((f"{sign} {exercise.title}{', skipped' if sign == '–' else ''}", "muted"))
        return rows


def _cut(rows: Rows, room: int) -> Rows:
    """A list as far as it fits; none where that is next to nothing of it."""
    if len(rows) <= room:
        return rows
    return [*rows[: room - 1], ("  …", "faint")] if room >= 5 else []


def _objectives(topic: Topic, width: int) -> Rows:
    rows: Rows = [("", "text"), ("You will be able to", "muted")]
    for objective in topic.objectives:
        for number, line in enumerate(wrapped(objective, width - 2)):
            rows.append((("· " if number == 0 else "  ") + line, "text"))
    return rows
