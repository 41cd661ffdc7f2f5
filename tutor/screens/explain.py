"""ExplainScreen: an error log that is pasted or opened, what it means, and the way to the lesson that explains it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tutor.keys import EXPLAIN, PLACES, bindings
from tutor.log_explained import LogExplained
from tutor.screens.findings import FindingsScreen
from tutor.widgets.ask_field import LogField
from tutor.widgets.finding_detail import FindingDetail
from tutor.widgets.finding_list import FindingList


class ExplainScreen(FindingsScreen):
    """Shows `check`, which outlives the screen."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings((*EXPLAIN, *PLACES)))
    check: LogExplained

    def body(self) -> Iterable[Widget]:
        self.too_small.command = "tutor explain FILE"
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield FindingList()
                yield LogField()
            yield FindingDetail()

    def on_mount(self) -> None:
        self.overview, self.field = self.query_one(FindingList), self.query_one(LogField)
        self.detail = self.query_one(FindingDetail)
        self.overview.check = self.detail.check = self.check
        self.detail.course, self.detail.about = self.tutor.course, self.field.ABOUT
        self._ask(not self.check.found)

    @property
    def asking(self) -> bool:
        return self.field.display

    def _ask(self, on: bool) -> None:
        """Asks for a log, or shows what was found in the last one."""
        self.field.display, self.overview.display = on, not on
        self.detail.asking = on
        if on:
            self.remove_class("-detail")
            self.field.note = self.field.trouble = ""
            self.field.open(self.check.line)
        else:
            self.set_focus(None)
        self.call_after_refresh(self.repaint_all)

    def refreshed(self) -> None:
        super().refreshed()
        if self.is_attached and self.is_mounted:
            self.field.about = self.narrow
            for widget in (self.overview, self.field, self.detail):
                widget.repaint()

    def tell_standing(self) -> None:
        place = ["tutor", "Explain", *([self.check.name] if self.check.name and not self.asking else [])]
        self.header.show(place, [], 0.0)
        if self.asking:
            self.key_bar.show([("enter", "read the file"), ("esc", "leave")], [])
        else:
            self.key_bar.show([*self.finding_hints(), ("o", "another log")], [("?", "all keys"), ("q", "back")])

    def on_ask_field_entered(self, message: LogField.Entered) -> None:
        self._begin(self.check.read(message.text))

    def on_log_field_pasted(self, message: LogField.Pasted) -> None:
        self._begin(self.check.take(message.text))

    def on_ask_field_left(self) -> None:
        self.workers.cancel_group(self, "explain")
        if self.check.found:
            self._ask(False)
        else:
            self.action_leave()

    def _begin(self, work: Awaitable[bool]) -> None:
        self.run_worker(self._explain(work), group="explain", exclusive=True)

    async def _explain(self, work: Awaitable[bool]) -> None:
        self.field.note = "reading ..."
        self.field.say("")
        if await work:
            self.detail.top = 0
            self._ask(False)
        else:
            self.field.note = ""
            self.field.say(self.check.trouble)

    def action_another(self) -> None:
        self._ask(True)
