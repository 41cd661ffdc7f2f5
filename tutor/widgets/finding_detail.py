"""FindingDetail: the chosen finding in full; while there is none, what a script printed."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.message import Message

from lessons.kit.course import Course
from tutor.draw.canvas import Canvas
from tutor.draw.findings import Line, draw_lines, finding_lines
from tutor.draw.glyphs import cells
from tutor.found import Found
from tutor.report.findings import lesson_on
from tutor.widgets.ask_field import draw_about
from tutor.widgets.drawn import Drawn

GUTTER = 3
TALL = 26


class FindingDetail(Drawn):
    GROUND: ClassVar[str] = "panel"

    class LessonClicked(Message):
        """The way to the lesson was clicked."""

    check: Found
    course: Course
    asking = False
    """Whether the reader is being asked what to look at."""
    about: tuple[str, ...] = ()
    """What is told meanwhile."""
    top = 0
    """The first line shown."""

    def lines(self, width: int, height: int) -> list[Line]:
        finding = self.check.chosen
        if finding is None:
            return []
        lesson = lesson_on(finding, self.course)
        title = ""
        if lesson:
            topic, slug = lesson
            section = next((section.title for section in topic.page.sections if section.slug == slug), "")
            title = f"{topic.title}: {section}" if section else topic.title
        return finding_lines(
            finding,
            self.check.found,
            max(1, width - 2 * GUTTER),
            excerpt=self.check.excerpt(finding),
            lesson=title,
            roomy=height >= TALL,
            ascii_only=self.look.ascii,
            verify=self.check.verify(finding),
        )

    def scroll_rows(self, rows: int) -> None:
        self.top += rows
        self.repaint()

    @property
    def page(self) -> int:
        """Rows of a screen, less one that stays for the eye."""
        return max(1, self.size.height - 4)

    def paint(self, canvas: Canvas) -> None:
        if self.asking:
            draw_about(canvas, 3, self.about)
        elif lines := self.lines(canvas.width, canvas.height):
            room = max(1, canvas.height - 2)
            self.top = max(0, min(self.top, len(lines) - room))
            draw_lines(canvas, GUTTER, 1, canvas.width - 2 * GUTTER, room, lines, self.top)
            if self.top + room < len(lines):
                canvas.put(GUTTER, canvas.height - 1, "▾ more", "accent")
                canvas.right(canvas.width - GUTTER, canvas.height - 1, "pgdn", "faint")
        elif self.check.prints:
            self._printed(canvas)

    def _printed(self, canvas: Canvas) -> None:
        """The last lines, as many as there is room for, none cut."""
        w, room = max(1, canvas.width - 2 * GUTTER), max(0, canvas.height - 4)
        rows = [row for line in self.check.printed for row in _broken(line, w)]
        nothing = "It has printed nothing so far." if self.check.running else "It printed nothing."
        canvas.put(GUTTER, 1, "It printed" if rows else nothing, "muted")
        for y, row in enumerate(rows[-room:] if room else [], 3):
            canvas.put(GUTTER, y, row, "text")

    def on_click(self, event: events.Click) -> None:
        at = event.y - 1 + self.top
        lines = self.lines(*self.size)
        if 0 <= at < len(lines) and lines[at].lesson:
            self.post_message(self.LessonClicked())

    def on_mouse_scroll_down(self) -> None:
        self.scroll_rows(3)

    def on_mouse_scroll_up(self) -> None:
        self.scroll_rows(-3)


def _broken(line: str, w: int) -> list[str]:
    """A line on as many rows of `w` columns as it needs."""
    columns = cells(line)
    return ["".join(columns[start : start + w]) for start in range(0, max(1, len(columns)), w)]
