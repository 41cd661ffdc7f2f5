"""CodeView: the very function that runs, with what was changed and where it failed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from tutor.draw.canvas import Canvas, Look
from tutor.draw.code import Styled, folded, highlight
from tutor.draw.prose import wrapped
from tutor.edits import Version
from tutor.widgets.drawn import Drawn

GUTTER = 3
MESSAGE = 8
"""Rows of an error's message: its end often says what to do."""
CODE = 7
"""The column where code begins, after line numbers and change marks."""


@dataclass(frozen=True)
class Failure:
    """Where and how the version failed. `columns`: the expression that did it, from 0, where Python tells."""

    line: int | None
    columns: tuple[int, int] | None
    kind: str
    message: str


class CodeView(Drawn):
    offers = "e edits"
    """What stands at the right of its title."""
    code: Version | None = None
    failure: Failure | None = None
    printed: tuple[str, ...] = ()
    """What the version printed, last lines."""
    top = 0

    def scroll_rows(self, rows: int) -> bool:
        lines = self.code.text.count("\n") + 1 if self.code else 0
        offset = min(max(0, lines - self.size.height + 6), max(0, self.top + rows))
        moved = offset != self.top
        self.top = offset
        self.repaint()
        return moved

    @property
    def page(self) -> int:
        return max(1, self.size.height - 5)

    def on_mouse_scroll_down(self) -> None:
        self.scroll_rows(3)

    def on_mouse_scroll_up(self) -> None:
        self.scroll_rows(-3)

    def reveal_failure(self) -> None:
        """Scrolls so far that the failing line is on the screen."""
        if self.failure and self.failure.line and not self.top < self.failure.line <= self.top + self.page - 4:
            self.top = max(0, self.failure.line - self.page // 2)
        self.repaint()

    def paint(self, canvas: Canvas) -> None:
        if self.code is None:
            return
        draw_title(canvas, self.code, self.offers)
        changed = changed_lines(self.code.original, self.code.text)
        y, last = 3, canvas.height - (len(self.printed) + 2 if self.printed else 0)
        for number, line in enumerate(highlight(self.code.text), 1):
            if number > self.top and y < last:
                y = self._line(canvas, y, last, number, line, number in changed)
        if self.failure is not None and self.failure.line is None:
            draw_failure(canvas, y + 1, canvas.width - 2 * GUTTER, self.failure)
        draw_printed(canvas, last, self.printed)

    def _line(self, canvas: Canvas, y: int, last: int, number: int, line: tuple[Styled, ...], changed: bool) -> int:
        """One line of code, on as many rows as it needs, and what went wrong in it; the row after it."""
        failure = self.failure if self.failure and self.failure.line == number else None
        ground = " on raised" if failure else ""
        rows = folded(line, max(20, canvas.width - CODE - 1))
        for row, pieces in enumerate(rows[: last - y]):
            if failure:
                canvas.fill(0, y + row, canvas.width, 1, "text on raised")
                canvas.put(0, y + row, "▌", "danger on raised")
            x = CODE
            for text, spec in pieces:
                x = canvas.put(x, y + row, text, spec + ground)
        canvas.right(CODE - 3, y, str(number), ("danger bold" if failure else "faint") + ground)
        if changed:
            canvas.put(CODE - 2, y, "~", "warn" + ground)
        y += len(rows)
        if failure:
            shown = failure if len(rows) == 1 else replace(failure, columns=None)
            y = draw_failure(canvas, y, canvas.width - 2 * GUTTER, shown) + 1
        return y


def draw_title(canvas: Canvas, code: Version, right: str) -> None:
    x = canvas.put(GUTTER, 1, code.title, "bright bold")
    canvas.put(x + 2, 1, code.whose, "warn" if code.edited else "faint")
    canvas.right(canvas.width - GUTTER, 1, right, "faint")


def draw_printed(canvas: Canvas, y: int, lines: tuple[str, ...]) -> None:
    """What a version printed, on one row more than its lines."""
    if lines:
        canvas.put(GUTTER, y, "it printed", "faint")
    for row, text in enumerate(lines, 1):
        canvas.put(GUTTER, y + row, text[: canvas.width - 2 * GUTTER], "muted")


def draw_failure(canvas: Canvas, y: int, width: int, failure: Failure) -> int:
    """The bracket under the failing expression and the message; the row after them."""
    x = CODE
    if failure.columns:
        start, end = failure.columns
        length = max(2, min(end, width) - start)
        canvas.put(x + start, y, "╰" + "─" * (length - 2) + "╯", "danger")
        y += 1
    said = ": ".join(filter(None, (failure.kind, failure.message)))
    for number, line in enumerate(wrapped(said, max(10, width - CODE + GUTTER))[:MESSAGE]):
        canvas.put(x, y, line, "bright")
        if number == 0 and line.startswith(failure.kind):
            canvas.put(x, y, failure.kind, "bright bold")
        y += 1
    return y


def failure_rows(width: int, failure: Failure) -> int:
    """How many rows `draw_failure` takes."""
    canvas = Canvas(width + 2 * GUTTER, MESSAGE + 2, Look())
    return draw_failure(canvas, 0, width, failure)


def changed_lines(original: str, version: str) -> set[int]:
    """Numbers, from 1, of the lines of `version` that differ from the original."""
    matcher = difflib.SequenceMatcher(a=original.split("\n"), b=version.split("\n"), autojunk=False)
    changed: set[int] = set()
    for tag, _, _, start, end in matcher.get_opcodes():
        if tag != "equal":
            changed.update(range(start + 1, max(end, start + 1) + 1))
    return changed
