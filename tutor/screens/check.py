"""CheckScreen: a script under watch, what was found in it, and the way to the lesson that explains it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from diagnostics.text import clean
from tutor.keys import CHECK, PLACES, bindings
from tutor.report.findings import lesson_on
from tutor.screens.base import TutorScreen
from tutor.script_check import ScriptCheck, from_here, to_keep
from tutor.widgets.finding_detail import FindingDetail
from tutor.widgets.finding_list import FindingList
from tutor.widgets.frame import Hint
from tutor.widgets.script_field import ScriptField

TICK = 0.1
"""Seconds between two looks at what a running script has told, where the terminal keeps up."""


class CheckScreen(TutorScreen):
    """Shows `check`, which outlives the screen; a script that still runs does not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings((*CHECK, *PLACES)),
        Binding("escape", "escape", show=False),
    ]

    def __init__(self, check: ScriptCheck) -> None:
        super().__init__()
        self.check = check

    def body(self) -> Iterable[Widget]:
        self.too_small.command = "tutor check SCRIPT"
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield FindingList()
                yield ScriptField()
            yield FindingDetail()

    def on_mount(self) -> None:
        self.list, self.field = self.query_one(FindingList), self.query_one(ScriptField)
        self.detail = self.query_one(FindingDetail)
        self.list.check = self.detail.check = self.check
        self.detail.course = self.tutor.course
        chosen = self.tutor.interpreter
        self.field.runs_in = f"It runs in {_here()}, by {chosen.path} ({chosen.why})."
        self._ask(self.check.run is None)

    async def on_unmount(self) -> None:
        await self.check.close()

    # What is shown

    @property
    def asking(self) -> bool:
        return self.field.display

    def _ask(self, on: bool) -> None:
        """Asks which script to check, or shows the check again."""
        self.field.display, self.list.display = on, not on
        self.detail.asking = on
        if on:
            self.remove_class("-detail")
            self.field.trouble = ""
            self.field.open(self.check.line or from_here(self.tutor.progress.script))
        else:
            self.set_focus(None)
        self.call_after_refresh(self.repaint_all)

    def refreshed(self) -> None:
        super().refreshed()
        if self.is_attached and self.is_mounted:
            self.field.about = self.narrow
            self.list.tells_printed = self.narrow or self.check.chosen is not None
            for widget in (self.list, self.field, self.detail):
                widget.repaint()

    def tell_standing(self) -> None:
        place = ["tutor", "Check", *([self.check.name] if self.check.name and not self.asking else [])]
        facts = self.check.facts if self.check.run is not None else self.tutor.torch_facts()[:1]
        self.header.show(place, facts, 1.0 if self.check.running else 0.0)
        if self.asking:
            self.key_bar.show([("enter", "run it"), ("esc", "leave")], [])
        else:
            self.key_bar.show(self._hints(), [("?", "all keys"), ("q", "back")])

    def _hints(self) -> list[Hint]:
        finding = self.check.chosen
        hints = [("space", "stop")] if self.check.running else [("r", "check again")]
        if finding is not None:
            if self.narrow:
                hints.append(("v", "list" if self.has_class("-detail") else "detail"))
            if lesson_on(finding, self.tutor.course):
                hints.append(("w", "why"))
            if self._fix():
                hints.append(("y", "copy fix"))
            if len(self.check.findings) > 1:
                hints.append(("↑↓", "choose"))
        elif self.narrow and self.check.printed:
            hints.append(("v", "list" if self.has_class("-detail") else "output"))
        if self.check.hidden or self.check.all:
            hints.append(("a", "worse only" if self.check.all else "show all"))
        return [*hints, ("o", "another script")]

    def say(self, sentence: str) -> None:
        """A sentence in the key bar, until the next key."""
        self.key_bar.say(sentence)

    # The run

    def on_script_field_entered(self, message: ScriptField.Entered) -> None:
        self._begin(message.text)

    def on_script_field_left(self) -> None:
        if self.check.run is None:
            self.action_leave()
        else:
            self._ask(False)

    def _begin(self, line: str) -> None:
        self.run_worker(self._check(line), group="check", exclusive=True)

    async def _check(self, line: str) -> None:
        """Runs the script and follows it to its end."""
        if not await self.check.begin(line):
            if not self.asking:
                self._ask(True)
            self.field.say(self.check.trouble)
            return
        self.tutor.progress.checked(to_keep(line))
        self.detail.top = 0
        self._ask(False)
        run, new = self.check.run, True
        while run is not None and run.running:
            await asyncio.wait([run.gone], timeout=TICK)
            new = run.look() or new
            if new and not self.tutor.backlog():
                await self._told()
                new = False
        await self._told()

    async def _told(self) -> None:
        await self.check.read_excerpts()
        self.refreshed()

    def action_check_again(self) -> None:
        if self.check.run is None:
            self._ask(True)
        else:
            self._begin(self.check.line)

    def action_toggle_run(self) -> None:
        if self.check.running and self.check.run is not None:
            self.check.run.stop()
        else:
            self.action_check_again()

    def action_another(self) -> None:
        self._ask(True)

    # Reading

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
        self.detail.scroll_rows(self.detail.page)

    def action_page_up(self) -> None:
        self.detail.scroll_rows(-self.detail.page)

    def action_home(self) -> None:
        self.detail.scroll_rows(-100_000)

    def action_end(self) -> None:
        self.detail.scroll_rows(100_000)

    def action_view(self) -> None:
        if self.narrow and not self.asking:
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

    # Places

    def action_contents(self) -> None:
        self.tutor.open_contents()

    def action_leave(self) -> None:
        if self.narrow and self.has_class("-detail"):
            self.action_view()
        else:
            self.tutor.leave_check()

    def action_escape(self) -> None:
        """What `q` does, but it never leaves the check: escape is slow, and easily pressed once too often."""
        if self.narrow and self.has_class("-detail"):
            self.action_view()


def _here() -> str:
    """The current folder, in which a script is looked for and runs."""
    try:
        return clean(os.getcwd())
    except OSError:  # it was removed
        return "a folder that is gone"
