"""DoctorScreen: this machine's CUDA set-up judged, what to do, and the way to the lesson that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from tutor.host_check import HostCheck
from tutor.keys import DOCTOR, PLACES, bindings
from tutor.screens.findings import FindingsScreen
from tutor.widgets.doctor_list import DoctorList
from tutor.widgets.finding_detail import FindingDetail


class DoctorScreen(FindingsScreen):
    """Shows `check`, which outlives the screen; what it has running does not."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings((*DOCTOR, *PLACES)))
    check: HostCheck

    def body(self) -> Iterable[Widget]:
        self.too_small.command = "tutor doctor"
        with Horizontal(id="body"):
            yield DoctorList()
            yield FindingDetail()

    def on_mount(self) -> None:
        self.overview, self.detail = self.query_one(DoctorList), self.query_one(FindingDetail)
        self.overview.check = self.detail.check = self.check
        self.detail.course = self.tutor.course
        if not self.check.looked:
            self.action_check_again()

    def action_check_again(self) -> None:
        self.run_worker(self.check.look(self.refreshed), group="doctor", exclusive=True)

    def refreshed(self) -> None:
        super().refreshed()
        if self.is_attached and self.is_mounted:
            self.overview.repaint()
            self.detail.repaint()

    def tell_standing(self) -> None:
        self.header.show(["tutor", "Doctor"], self.check.machine, 0.5 if self.check.running else 0.0)
        again = ("r", "start again" if self.check.running else "check again")
        self.key_bar.show([again, *self.finding_hints()], [("?", "all keys"), ("q", "back")])
