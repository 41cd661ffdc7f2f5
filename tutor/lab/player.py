"""Player: one demo at a time, at a chosen rate, with its frames remembered. Knows no widgets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from enum import Enum

from lessons.kit.pictures import Frame
from tutor.lab.client import Job, Lab, Run
from tutor.lab.protocol import DemoEnded, DemoStopped, Event, FrameArrived, Trouble

KEPT = 1000
"""Frames remembered for going back: a demo without an end must not fill the memory."""

HURRY = 100_000
"""Frames passed over at once on the way to the end."""

RUN_SECONDS = 10
"""About how long a whole run is shown: at a low rate each frame drawn stands for several steps."""

LATE = 3.0
"""Seconds without the next frame after which that is worth saying."""


class State(Enum):
    EMPTY = "not run yet"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "stopped"


class Player:
    """Asks for the next frame only after the last was drawn, so a slow link slows the demo and nothing queues.

    `changed` is called after every change of state or frame; `drawn` returns once what changed is on the screen.
    """

    def __init__(
        self, lab: Lab, rate: float, changed: Callable[[], None], drawn: Callable[[], Awaitable[None]]
    ) -> None:
        self.lab, self.rate = lab, rate
        self._changed, self._drawn = changed, drawn
        self.state = State.EMPTY
        self.job: Job | None = None
        self.device = ""
        self.trouble: Trouble | None = None
        self.frames: list[Frame] = []
        self.at = -1
        """Which of `frames` is shown."""
        self.before: Frame | None = None
        """The last frame of the same demo's run before this one: it stands until a newer one comes."""
        self.late = False
        """Whether the next frame has been waited for for LATE seconds: the demo computes, or goes round for ever."""
        self._playing = False
        self._steps_wanted = 0
        self._hurried = False
        self._closed = False
        self._ended = False
        self._computed = 0
        """How many frames of the job its run has come to, those passed over included."""
        self._loads = 0
        """How often a job was loaded: what was begun under an older number is let go."""
        self._wake = asyncio.Event()
        self._run: Run[Event] | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._shown_in = 0.0
        """Seconds until the last frame was on the screen."""

    @property
    def frame(self) -> Frame | None:
        return self.frames[self.at] if 0 <= self.at < len(self.frames) else None

    @property
    def pid(self) -> int:
        """Of the process that the demo runs in; 0 where there is none."""
        return self._run.pid if self._run else 0

    @property
    def printed(self) -> tuple[str, ...]:
        """The last lines that the demo wrote to stdout or stderr."""
        return tuple(self._run.printed) if self._run else ()

    def load(self, job: Job, *, play: bool) -> None:
        """Starts `job` from its first frame, in place of whatever ran; without `play` it stops there."""
        same = self.job is not None and self.job.demo == job.demo
        self.before = (self.frame or self.before) if same else None
        self.job = job
        self._loads += 1
        if self._run is not None:  # its next frame may be waited for, and may never come
            self._stopping = asyncio.ensure_future(self._run.stop())
        self.frames, self.at, self._computed = [], -1, 0
        self.trouble, self._ended = None, False
        self._playing, self._steps_wanted, self._hurried = play, 1, False
        self.state = State.STARTING
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        if self._showing is not None:  # nobody waits any more for the frame before
            self._showing.cancel()
        self._wake.set()
        self._changed()

    def play(self) -> None:
        """Goes on; from the end, or after trouble, starts anew."""
        if self.job is None:
            return
        if self.state in (State.FINISHED, State.FAILED) and self.at == len(self.frames) - 1:
            self.load(self.job, play=True)
            return
        self._regain()
        self._playing = True
        self.state = State.RUNNING if self.frames else State.STARTING
        self._wake.set()
        self._changed()

    def pause(self) -> None:
        self._playing = False
        if self.state is State.RUNNING:
            self.state = State.PAUSED
            self._changed()

    def toggle(self) -> None:
        if self._playing and self.state in (State.RUNNING, State.STARTING):
            self.pause()
        else:
            self.play()

    def step(self) -> None:
        """One frame on: a remembered one, else the next that the demo computes."""
        if self.state in (State.FINISHED, State.FAILED) and self.at == len(self.frames) - 1:
            return
        self._regain()
        self._playing = False
        self._steps_wanted += 1
        if self.frames:
            self.state = State.PAUSED
        self._wake.set()
        self._changed()

    def back(self) -> None:
        """One frame back, among those remembered."""
        self._hurried = False
        if self.at <= 0:
            return
        self._playing, self._steps_wanted = False, 0
        self.at -= 1
        if self.state is not State.FAILED:
            self.state = State.PAUSED
        self._changed()

    def finish(self) -> None:
        """To the end of the run, without the pictures between."""
        if self.frames and self.state in (State.RUNNING, State.PAUSED):
            self._hurried = True
            self.at = len(self.frames) - 1
            self.play()

    async def close(self) -> None:
        """Ends the run, so that nothing goes on computing for nobody."""
        self._closed = True  # besides: before Python 3.12 wait_for may lose a cancellation
        if self._showing is not None:
            self._showing.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._run is not None:
            await self._run.stop()

    async def _work(self) -> None:
        """The one task: takes the newest job, shows its frames, and lets go as soon as a newer one stands there."""
        served = 0
        while not self._closed:
            await self._wake.wait()
            if served != self._loads and self.job is not None:
                served, self._run = self._loads, None
                self._run = await self.lab.run(self.job)
                continue
            if not (self._playing or self._steps_wanted):
                self._wake.clear()
                continue
            await self._advance(served)

    async def _advance(self, served: int) -> None:
        began = asyncio.get_running_loop().time()
        single = not self._playing
        if self.at < len(self.frames) - 1:
            self.at += 1
            self._steps_wanted = max(0, self._steps_wanted - 1)
        elif self._ended or self.job is None:
            self._playing, self._steps_wanted = False, 0
            return
        else:
            if self._run is None:
                self._run, again = await self.lab.run(self.job), self._computed
            else:
                again = 0
            skip = again + (0 if single or not self.frames else self._skip())
            event = await self._next(self._run, skip)
            if self._loads != served:  # a newer job came while this frame was on its way
                return
            self._steps_wanted = max(0, self._steps_wanted - 1)
            self._computed += skip + 1 - again if isinstance(event, FrameArrived) else 0
            self._take(event)
        self._settle()
        self._changed()
        self._showing = asyncio.create_task(self._show(began))
        await asyncio.wait([self._showing])
        if not self._showing.cancelled():
            self._showing.result()

    async def _show(self, began: float) -> None:
        """Returns when the next frame's time has come."""
        now = asyncio.get_running_loop().time
        changed = now()
        await self._drawn()
        self._shown_in = now() - changed
        if self._playing:
            await asyncio.sleep(max(0.0, began + 1 / self.rate - now()))

    async def _next(self, run: Run[Event], skip: int) -> Event:
        try:
            return await asyncio.wait_for(run.next(skip), LATE)
        except asyncio.TimeoutError:
            self.late = True
            self._changed()
        try:
            return await run.next(skip)
        finally:
            self.late = False

    def _skip(self) -> int:
        """How many frames each drawn one stands for beyond itself, so that a run takes about RUN_SECONDS."""
        if self._hurried:
            return HURRY
        steps = self.frames[-1].steps
        return max(0, math.ceil(steps * max(1 / self.rate, self._shown_in) / RUN_SECONDS) - 1)

    def _take(self, event: FrameArrived | DemoEnded | Trouble) -> None:
        if isinstance(event, FrameArrived):
            self.frames = [*self.frames[-KEPT + 1 :], event.frame]
            self.at = len(self.frames) - 1
            self.device = event.device
        elif isinstance(event, DemoStopped):
            self._lose()
        else:
            self._ended = True
            self._playing, self._steps_wanted = False, 0
            if not isinstance(event, DemoEnded):
                self.trouble = event

    def _lose(self) -> None:
        """Something else has taken the lab over, and the run with it: it goes on from here when it is asked to."""
        self._run = None
        self._playing, self._steps_wanted, self._hurried = False, 0, False

    def _regain(self) -> None:
        """A run that was lost while it rested begins anew once the reader wants more of it."""
        if self._run is not None and self._run.is_stopped:
            self._run = None

    def _settle(self) -> None:
        last = self.at == len(self.frames) - 1
        if self._ended and last:
            self.state = State.FAILED if self.trouble else State.FINISHED
        elif self._playing:
            self.state = State.RUNNING
        else:
            self.state = State.PAUSED
        # A demo that says how many steps it has is finished when it stands on the last one.
        frame = self.frame
        if frame is not None and frame.steps and frame.step >= frame.steps and last and not self.trouble:
            self._playing, self._ended, self.state = False, True, State.FINISHED
