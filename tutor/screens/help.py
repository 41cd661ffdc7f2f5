"""HelpScreen: every key, the signs of the pictures, and how to leave. A page, not a box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import key_name
from tutor.keys import ANSWERS, CONTENTS, EDIT, EDITOR, GO, LESSON, PLACES, READ, RUN, TURN, Key
from tutor.screens.base import TutorScreen
from tutor.widgets.drawn import Drawn

GUTTER = 3

SIGNS: tuple[tuple[str, str], ...] = (
    ("○", "start; not reached"),
    ("●", "now; passed"),
    ("┼", "lowest point"),
    ("↑", "left the map"),
    ("▲", "infinite; in a graph: here"),
    ("▸", "chosen"),
    ("✗", "not a number"),
)

FINDINGS = (("✗", "fails"), ("!", "warning"), ("·", "note"), ("–", "could not be checked"), ("✓", "well"))

NOTES = (
    "Shift (Linux), Option (iTerm2) or Fn (macOS Terminal) and drag selects text.",
    "tutor --reset-terminal repairs a terminal that a kill left odd.",
)


class HelpPage(Drawn):
    demos_run_in = ""
    """Which Python runs the demos, and why that one."""
    top = 0

    keys: Sequence[Key] = (*LESSON, *EDITOR)
    signs = SIGNS

    def paint(self, canvas: Canvas) -> None:
        groups = _groups(self.keys)
        columns = max(1, min(4, (canvas.width - 2 * GUTTER) // 36))
        wide = (canvas.width - 2 * GUTTER) // columns
        tall = canvas.height >= 26
        rows = _balanced(groups, columns)
        height = max((sum(len(keys) + 2 for _, keys in column) for column in rows), default=0)
        page = Canvas(canvas.width, max(canvas.height, height + 11), canvas.look)
        x = page.put(GUTTER, 1 if tall else 0, "Keys", "bright bold")
        page.put(x + 2, 1 if tall else 0, "small letters act here, capitals go to places", "faint")
        first = 3 if tall else 2
        for number, column in enumerate(rows):
            y = first
            for title, keys in column:
                page.put(GUTTER + number * wide, y, title, "accent bold")
                y += 1
                for shown, meaning in keys:
                    page.put(GUTTER + number * wide, y, key_name(shown, canvas.look.ascii), "bright bold")
                    page.put(GUTTER + number * wide + 10, y, meaning[: wide - 12], "muted")
                    y += 1
                y += 1
        y = first + height
        page.put(GUTTER, y, "Signs", "accent bold")
        x = GUTTER + 10
        for sign, word in self.signs:
            if x + 2 + len(word) > canvas.width - GUTTER:
                x, y = GUTTER + 10, y + 1
            x = page.put(x, y, sign, "bright")
            x = page.put(x + 1, y, word, "muted") + 3
        for number, note in enumerate((self.demos_run_in, *NOTES)):
            page.put(GUTTER, y + 2 + number, note, "muted")
        self.top = max(0, min(self.top, y + 5 - canvas.height))
        canvas.paste(page, 0, -self.top)
        if y + 5 - self.top > canvas.height:
            canvas.fill(0, canvas.height - 1, canvas.width, 1, "text")
            canvas.put(GUTTER, canvas.height - 1, "▾ more", "accent")

    def scroll_rows(self, rows: int) -> None:
        self.top = max(0, self.top + rows)
        self.repaint()


class HelpScreen(TutorScreen):
    CSS = "HelpPage { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q,escape,enter", "leave", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
        Binding("home", "scroll(-1000)", show=False),
        Binding("end", "scroll(1000)", show=False),
        Binding("ctrl+q", "app.quit", show=False),
    ]

    def __init__(self, keys: Sequence[Key] | None = None) -> None:
        """`keys`: those of a screen; of a lesson where there are none."""
        super().__init__()
        self.keys = keys

    def body(self) -> Iterable[Widget]:
        page = HelpPage()
        if self.keys is not None:
            page.keys = self.keys
            page.signs = SIGNS if self.keys is CONTENTS else FINDINGS
        chosen = self.tutor.interpreter
        page.demos_run_in = f"Demos and scripts run in {chosen.path} ({chosen.why})."
        yield page

    def tell_standing(self) -> None:
        self.header.show(["tutor", "all keys"], self.tutor.torch_facts(), 0.0)
        self.key_bar.show([("↑↓", "scroll")], [("?", "close")])

    def action_scroll(self, rows: int) -> None:
        self.query_one(HelpPage).scroll_rows(rows)

    def action_leave(self) -> None:
        self.app.pop_screen()


def _groups(keys: Sequence[Key]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each group of these keys and of the places once, a lesson's answers as one row."""
    groups = []
    for group in (READ, RUN, TURN, GO, EDIT):
        rows = [(key.shown, key.meaning) for key in (*keys, *PLACES) if key.group == group]
        if not rows:
            continue
        if group == READ and keys[0] in LESSON:
            rows.append((f"{ANSWERS[0].shown} – {ANSWERS[-1].shown}", ANSWERS[0].meaning))
        groups.append((group if group != EDIT else "Edit, where letters type", rows))
    return groups


def _balanced(
    groups: list[tuple[str, list[tuple[str, str]]]], columns: int
) -> list[list[tuple[str, list[tuple[str, str]]]]]:
    """Groups in as many columns, in order, of about the same height."""
    total = sum(len(keys) + 2 for _, keys in groups)
    rows: list[list[tuple[str, list[tuple[str, str]]]]] = [[]]
    height = 0
    for group in groups:
        size = len(group[1]) + 2
        if rows[-1] and len(rows) < columns and height + size / 2 > total / columns:
            rows.append([])
            height = 0
        rows[-1].append(group)
        height += size
    return rows
