"""PanelSide: a demo at work. Its pictures, its knobs, and the player that runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical

from lessons.kit.course import Setting
from tutor.lab.client import Job, Lab
from tutor.lab.player import Player, State
from tutor.link import Link
from tutor.widgets.demo_view import DemoView
from tutor.widgets.knob_list import KnobList

SLOW = 0.3
"""Seconds without a first frame after which the panel says that torch is starting."""


class PanelSide(Vertical):
    """`changed` is called when frame or state are no longer as they were."""

    def __init__(self, lab: Lab, fps: float, changed: Callable[[], None], link: Link) -> None:
        super().__init__(id="panel")
        self.view, self.knobs = DemoView(), KnobList()
        self.player = Player(lab, fps, changed, self._drawn)
        self.slow = False
        """Whether the first frame takes long enough to say so."""
        self._changed, self._link = changed, link

    def compose(self) -> ComposeResult:
        yield from (self.view, self.knobs)

    def load(self, setting: Setting | None, file: str, source: str, *, play: bool) -> None:
        """Runs a setting, or shows its start alone; does nothing where that stands there already."""
        self.knobs.chosen = min(self.knobs.chosen, max(0, self.knobs.rows() - 1))
        self.size_knobs()
        job = Job(source, file, setting.demo, setting.knobs) if setting else None
        if job is None or (not play and self.player.job == job and self.player.state is not State.FAILED):
            self._changed()
            return
        self.player.load(job, play=play)
        self.set_timer(SLOW, self._say_if_slow)

    def size_knobs(self) -> None:
        self.knobs.styles.height = self.knobs.rows() + self.knobs.blanks(self.screen.size.height)

    def _say_if_slow(self) -> None:
        if not self.player.frames and self.player.trouble is None:
            self.slow = True
            self._changed()

    async def _drawn(self) -> None:
        """Waits until what changed was painted, and has arrived at the terminal: a slow link slows the demo."""
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        try:
            await asyncio.wait_for(painted.wait(), 1.0)
        except asyncio.TimeoutError:  # another screen stands in front
            self.player.pause()
        await self._link.until_clear()
