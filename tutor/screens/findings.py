"""FindingsScreen: a list of findings beside the chosen one in full, and the way to the lesson that explains it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tutor.found import Found
from tutor.report.findings import lesson_on
from tutor.screens.base import TutorScreen
from tutor.widgets.finding_detail import FindingDetail
from tutor.widgets.finding_list import FindingList
from tutor.widgets.frame import Hint

FAR = 100_000
"""Rows, or findings, by which every end is passed."""
PAGE = 8
"""Findings of a screen of the list."""


class FindingsScreen(TutorScreen):
    """Shows `check`. Subclasses compose `overview` and `detail`, and bind the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "escape", show=False)]
    overview: FindingList
    detail: FindingDetail

    def __init__(self, check: Found) -> None:
        super().__init__()
        self.check = check

    def finding_hints(self) -> list[Hint]:
        """What the keys do with the chosen finding, and with the list."""
        finding = self.check.chosen
        hints = []
        if finding is not None:
            if self.narrow:
                hints.append(("v", "list" if self.has_class("-detail") else "detail"))
            if lesson_on(finding, self.tutor.course):
                hints.append(("w", "why"))
            if self._fix():
                hints.append(("y", "copy fix"))
            if len(self.check.findings) > 1:
                hints.append(("↑↓", "choose"))
        if self.check.hidden or self.check.all:
            hints.append(("a", "worse only" if self.check.all else "show all"))
        return hints

    def say(self, sentence: str) -> None:
        """A sentence in the key bar, until the next key."""
        self.key_bar.say(sentence)

    def action_leave(self) -> None:
        if not self.closes_detail():
            self.tutor.leave_place()

    def action_up(self) -> None:
        self._move(-1)

    def action_down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        if self.narrow and self.has_class("-detail"):
            self.detail.scroll_rows(by)
        else:
            self._choose(by)

    def action_next(self) -> None:
        self._choose(1)

    def action_previous(self) -> None:
        self._choose(-1)

    def _choose(self, by: int) -> None:
        self.check.choose(by)
        self.detail.top = 0
        self.refreshed()

    def on_finding_list_clicked(self, message: FindingList.Clicked) -> None:
        self._choose(message.by)
        if self.narrow:
            self.action_view()

    def action_page_down(self) -> None:
        self._far(self.detail.page, PAGE)

    def action_page_up(self) -> None:
        self._far(-self.detail.page, -PAGE)

    def action_home(self) -> None:
        self._far(-FAR, -FAR)

    def action_end(self) -> None:
        self._far(FAR, FAR)

    def _far(self, rows: int, findings: int) -> None:
        """Scrolls the detail; where the list is alone on the screen, goes on in it."""
        if self.narrow and not self.has_class("-detail"):
            self._choose(findings)
        else:
            self.detail.scroll_rows(rows)

    def action_view(self) -> None:
        if self.narrow and not self.detail.asking:
            self.toggle_class("-detail")
            self.call_after_refresh(self.repaint_all)

    def action_all(self) -> None:
        if not self.check.all and not self.check.hidden:
            self.say("Everything is shown.")
            return
        self.check.all = not self.check.all
        self.refreshed()

    def action_lesson(self) -> None:
        finding = self.check.chosen
        lesson = lesson_on(finding, self.tutor.course) if finding is not None else None
        if lesson is not None:
            topic, section = lesson
            self.tutor.open_topic(topic.name, section)
        elif finding is not None:
            self.say("The course has no lesson on this yet.")

    def on_finding_detail_lesson_clicked(self) -> None:
        self.action_lesson()

    def _fix(self) -> str:
        """The first command or line of code that mends the chosen finding; "" where there is none."""
        finding = self.check.chosen
        return next((step.command for step in finding.fix if step.command), "") if finding is not None else ""

    def action_copy(self) -> None:
        if fix := self._fix():
            self.say(self.tutor.copy(fix, "last-fix.txt"))

    def closes_detail(self) -> bool:
        """Goes from the detail back to the list, where there is room for one of them only."""
        narrow = self.narrow and self.has_class("-detail")
        if narrow:
            self.action_view()
        return narrow

    def action_escape(self) -> None:
        """What `q` does, but it never leaves the place: escape is slow, and easily pressed once too often."""
        self.closes_detail()

    def action_contents(self) -> None:
        self.tutor.open_contents()
