"""DoctorList: how many of each kind the doctor found, a row a theme, and how long it took."""

from __future__ import annotations

from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import width
from tutor.draw.prose import wrapped
from tutor.report.findings import STYLES
from tutor.widgets.ask_field import draw_paragraph
from tutor.widgets.finding_list import GUTTER, FindingList

COUNTED = {
    "fail": ("broken", "broken"),
    "warn": ("warning", "warnings"),
    "note": ("note", "notes"),
    "skipped": ("skipped", "skipped"),
    "ok": ("ok", "ok"),
}


class DoctorList(FindingList):
    def head(self, canvas: Canvas, w: int) -> int:
        standing = self.check.standing
        canvas.right(GUTTER + w, 1, standing.word, standing.style)
        x, end = GUTTER, GUTTER + w - width(standing.word)
        statuses = [one.status for one in (*self.check.findings, *self.check.hidden)]
        for status, words in COUNTED.items():
            if count := statuses.count(status):
                text = f"{count} {words[count != 1]}"
                if x + width(text) < end:
                    x = canvas.put(x, 1, text, STYLES[status]) + 3
        if not standing.heading:
            return 3
        canvas.put(GUTTER, 3, standing.heading, "bright")
        return 5

    def foot(self, canvas: Canvas, w: int) -> int:
        sentence = self.check.standing.sentence
        rows = len(wrapped(sentence, w)) if sentence else 0
        if not rows or canvas.height < 16:
            return 0
        draw_paragraph(canvas, GUTTER, canvas.height - rows - 1, w, sentence, "faint")
        return rows + 2
