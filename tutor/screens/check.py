"""CheckScreen: a script under watch, what was found in it, and the way to the lesson that explains it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from diagnostics.text import clean
from tutor.keys import CHECK, PLACES, bindings
from tutor.screens.findings import FindingsScreen
from tutor.script_check import ScriptCheck, from_here, to_keep
from tutor.widgets.ask_field import ScriptField
from tutor.widgets.finding_detail import FindingDetail
from tutor.widgets.finding_list import FindingList
from tutor.widgets.frame import Hint

TICK = 0.1
"""Seconds between two looks at what a running script has told, where the terminal keeps up."""


class CheckScreen(FindingsScreen):
    """Shows `check`, which outlives the screen; a script that still runs does not."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings((*CHECK, *PLACES)))
    check: ScriptCheck

    def body(self) -> Iterable[Widget]:
        self.too_small.command = "tutor check SCRIPT"
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield FindingList()
                yield ScriptField()
            yield FindingDetail()

    def on_mount(self) -> None:
        self.overview, self.field = self.query_one(FindingList), self.query_one(ScriptField)
        self.detail = self.query_one(FindingDetail)
        self.overview.check = self.detail.check = self.check
        self.detail.course, self.detail.about = self.tutor.course, self.field.ABOUT
        chosen = self.tutor.interpreter
        self.field.note = f"It runs in {_here()}, by {chosen.path} ({chosen.why})."
        self._ask(self.check.run is None)

    async def on_unmount(self) -> None:
        await self.check.close()

    # What is shown

    @property
    def asking(self) -> bool:
        return self.field.display

    def _ask(self, on: bool) -> None:
        """Asks which script to check, or shows the check again."""
        self.field.display, self.overview.display = on, not on
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
            self.overview.tells_printed = self.narrow or self.check.chosen is not None
            for widget in (self.overview, self.field, self.detail):
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
        hints = [("space", "stop")] if self.check.running else [("r", "check again")]
        if self.check.chosen is None and self.narrow and self.check.printed:
            hints.append(("v", "list" if self.has_class("-detail") else "output"))
        return [*hints, *self.finding_hints(), ("o", "another script")]

    # The run

    def on_ask_field_entered(self, message: ScriptField.Entered) -> None:
        self._begin(message.text)

    def on_ask_field_left(self) -> None:
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
            if new and self.tutor.link.clear:
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


def _here() -> str:
    """The current folder, in which a script is looked for and runs."""
    try:
        return clean(os.getcwd())
    except OSError:  # it was removed
        return "a folder that is gone"
