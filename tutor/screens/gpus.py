"""GpusScreen: the GPUs of this machine, live, with the doctor's word on each that is not well."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from diagnostics.finding import Finding
from diagnostics.gpus.reading import Reading
from diagnostics.text import clean
from tutor.gpu_watch import GpuWatch, View
from tutor.gpu_words import process_name
from tutor.keys import GPUS, PLACES, bindings
from tutor.report.findings import lesson_on
from tutor.report.gpus import gpus_text
from tutor.screens.base import TutorScreen
from tutor.widgets.filter_field import FilterField
from tutor.widgets.frame import Hint
from tutor.widgets.gpu_page import GpuPage
from tutor.widgets.text_page import TextPage

EVERY = 1.0
"""Seconds between two looks at the newest readings."""
FAR = 1_000_000
"""Rows by which the end of every list is passed."""


class GpusScreen(TutorScreen):
    """Shows `gpus`, which outlives the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings((*GPUS, *PLACES)),
        *[Binding(str(number), f"gpu({number})", show=False) for number in range(10)],
        Binding("escape", "escape", show=False),
    ]

    def __init__(self, gpus: GpuWatch) -> None:
        super().__init__()
        self.gpus = gpus
        self._knows = False
        """Whether the doctor's checks are loaded."""

    def body(self) -> Iterable[Widget]:
        self.too_small.command = "tutor gpus --once"
        with Vertical(id="body"):
            yield GpuPage()
            yield TextPage()
            yield FilterField()

    def on_mount(self) -> None:
        self.page, self.words = self.query_one(GpuPage), self.query_one(TextPage)
        self.field = self.query_one(FilterField)
        self.words.display = self.field.display = False
        self.page.finding = self._finding
        self.set_interval(EVERY, self._tick)
        self.run_worker(self._prepare(), group="gpus")

    async def _prepare(self) -> None:
        """Loads the doctor's checks beside the screen."""
        from diagnostics.doctor.judge import faults

        await asyncio.to_thread(faults)
        self._knows = True
        self.refreshed()

    def _tick(self) -> None:
        """Shows what is new, where it is seen and the terminal keeps up."""
        if self.is_current and self.tutor.link.clear:
            self.refreshed()

    def on_screen_resume(self) -> None:
        self.refreshed()

    def refreshed(self) -> None:
        super().refreshed()
        if self.is_attached and self.is_mounted:
            self.page.view = self.gpus.view()
            if self.words.display:
                self.words.show(gpus_text(self.page.view.sample))
            else:
                self.page.repaint()

    def tell_standing(self) -> None:
        view = self.gpus.view()
        silent = view.sample.silent
        held = "■ held" if view.held else "every 1 s" if silent is None else f"{silent:.0f} s old"
        self.header.show(["tutor", "GPUs"], [clean(platform.node(), 40), held], 0.0)
        if self.field.display:
            self.key_bar.show([("enter", "keep"), ("esc", "no filter")], [])
            return
        self.key_bar.show(self._hints(view) if view.gpus else [], [("?", "all keys"), ("q", "back")])

    def _hints(self, view: View) -> list[Hint]:
        hints = [("space", "go on")] if view.held else []
        hints += [("/", f"filter: {view.filter}"), ("esc", "clears")] if view.filter else []
        if view.gpu is not None:
            hints.append(("enter", "history" if self.page.details else "details"))
        if not view.filter:
            hints.append(("/", "filter"))
        if view.gpu is not None and (finding := self._finding(view.gpu)) and lesson_on(finding, self.tutor.course):
            hints.append(("w", "why"))
        if view.processes:
            hints.append(("tab", "GPUs" if view.in_processes else "processes"))
        if not view.held:
            hints.append(("space", "hold"))
        if view.in_processes or len(view.gpus) > 1:
            hints.append(("↑↓", "process" if view.in_processes else "GPU"))
        return [*hints, ("o", f"order: {view.order}")]

    def _finding(self, gpu: Reading) -> Finding | None:
        """What the doctor says of the GPU, the worst of it; None while its checks are loaded."""
        if not self._knows:
            return None
        from diagnostics.gpus.judged import judged

        return next(iter(judged(gpu)), None)

    # Keys

    def action_up(self) -> None:
        self._choose(-1)

    def action_down(self) -> None:
        self._choose(1)

    def action_first(self) -> None:
        self._choose(-FAR)

    def action_last(self) -> None:
        self._choose(FAR)

    def action_page_down(self) -> None:
        self._page(1)

    def action_page_up(self) -> None:
        self._page(-1)

    def _page(self, by: int) -> None:
        """A screen of the text or of the details; of a list, to its end."""
        if self.words.display:
            self.words.scroll_rows(by * max(1, self.words.size.height - 3))
        elif self.page.details:
            self.page.top_fact += by * self.page.fact_rows
            self.refreshed()
        else:
            self._choose(by * FAR)

    def _choose(self, by: int) -> None:
        if self.words.display:
            self.words.scroll_rows(by)
        else:
            self.gpus.choose(by)
            self.refreshed()

    def on_gpu_page_clicked(self, message: GpuPage.Clicked) -> None:
        self.gpus.in_processes = message.process
        self._choose(message.by)

    def action_gpu(self, number: int) -> None:
        if not self.gpus.choose_gpu(number):
            hidden = self.gpus.filter and any(one.index == number for one in self.gpus.view().sample.readings)
            self.key_bar.say(f"The filter hides GPU {number}." if hidden else f"There is no GPU {number} here.")
        self.refreshed()

    def action_switch(self) -> None:
        self.gpus.switch()
        self.refreshed()

    def action_hold(self) -> None:
        self.gpus.hold()
        self.refreshed()

    def action_order(self) -> None:
        self.key_bar.say(f"In the order of {self.gpus.next_order()}.")
        self.refreshed()

    def action_all(self) -> None:
        self.gpus.all_processes = not self.gpus.all_processes
        self.key_bar.say("The processes of all GPUs." if self.gpus.all_processes else "Only those of the chosen GPU.")
        self.refreshed()

    def action_details(self) -> None:
        if self.gpus.view().gpus:
            self.page.details, self.page.top_fact = not self.page.details, 0
            self.refreshed()

    def action_in_words(self) -> None:
        self.words.display = not self.words.display
        self.page.display = not self.words.display
        self.call_after_refresh(self.repaint_all)

    def action_find(self) -> None:
        self.field.display = True
        self.field.open()
        self.refreshed()

    def on_filter_field_changed(self, message: FilterField.Changed) -> None:
        self.gpus.filter = message.text
        self.refreshed()

    def on_filter_field_left(self) -> None:
        self.field.display = False
        self.gpus.filter = self.field.line.text
        self.set_focus(None)
        self.call_after_refresh(self.repaint_all)

    def action_copy(self) -> None:
        """The chosen row: the process, or the GPU."""
        view = self.gpus.view()
        if view.in_processes:
            one = view.processes[view.chosen_process]
            text = f"{one.pid} {one.user or '?'} {process_name(one)}"
        elif view.gpu is not None:
            text = " ".join(str(part) for part in (view.gpu.index, view.gpu.name, view.gpu.uuid) if part is not None)
        else:
            return
        self.key_bar.say(self.tutor.copy(text, "last-row.txt"))

    def action_lesson(self) -> None:
        gpu = self.gpus.view().gpu
        finding = self._finding(gpu) if gpu is not None else None
        if finding is None:
            self.key_bar.say("Nothing is wrong with it.")
        elif lesson := lesson_on(finding, self.tutor.course):
            topic, section = lesson
            self.tutor.open_topic(topic.name, section)
        else:
            self.key_bar.say("The course has no lesson on this yet.")

    # Places

    def action_contents(self) -> None:
        self.tutor.open_contents()

    def action_leave(self) -> None:
        if not self._closes():
            self.tutor.leave_place()

    def action_escape(self) -> None:
        """Clears a filter, too; unlike `q` it never leaves the place."""
        if not self._closes() and self.gpus.filter:
            self.field.clear()
            self.gpus.filter = ""
            self.refreshed()

    def _closes(self) -> bool:
        """Takes away what lies over the list: the text, or the details."""
        if self.words.display:
            self.action_in_words()
        elif self.page.details and self.gpus.view().gpus:
            self.action_details()
        else:
            return False
        return True
