"""The player: which frame stands on the panel, and when the next is asked for. The lab is a list of events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lessons.kit.pictures import Frame
from tutor.lab.client import Job
from tutor.lab.player import KEPT, Player, State
from tutor.lab.protocol import DemoEnded, DemoFailed, DemoStopped, Event, FrameArrived, WorkerDied

STEPS = 5


def frame(step: int, steps: int = STEPS) -> FrameArrived:
    return FrameArrived(Frame((), {"loss": 1.0}, f"Step {step}.", step, steps), "cpu")


class ScriptedRun:
    """Answers every request with the next event, and skips as the worker does."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events, self.at, self.asked = list(events), -1, 0
        self.printed: tuple[str, ...] = ()
        self.stopped = asyncio.Event()

    @property
    def is_stopped(self) -> bool:
        return self.stopped.is_set()

    async def stop(self) -> None:
        self.stopped.set()

    async def next(self, skip: int = 0) -> Event:
        await asyncio.sleep(0)
        self.asked += 1
        if self.is_stopped:
            return DemoStopped()
        if not self.events:  # a demo that computes for ever
            await self.stopped.wait()
            return DemoStopped()
        self.at = min(self.at + 1, len(self.events) - 1)
        while skip and self.at + 1 < len(self.events) and isinstance(self.events[self.at + 1], FrameArrived):
            self.at, skip = self.at + 1, skip - 1
        return self.events[self.at]


class ScriptedLab:
    """Hands out one scripted run a job."""

    def __init__(self, *scripts: Sequence[Event]) -> None:
        self.scripts = list(scripts)
        self.runs: list[ScriptedRun] = []

    async def run(self, job: Job) -> ScriptedRun:
        await asyncio.sleep(0)
        self.runs.append(ScriptedRun(self.scripts[min(len(self.runs), len(self.scripts) - 1)]))
        return self.runs[-1]


class Stage:
    """A player with its notifications, and a way to wait for a state."""

    def __init__(self, *scripts: Sequence[Event], rate: float = 1000.0) -> None:
        self.lab = ScriptedLab(*(scripts or [[*map(frame, range(STEPS + 1)), DemoEnded()]]))
        self.shown: list[int] = []
        self.player = Player(self.lab, rate, lambda: None, self.drawn)  # type: ignore[arg-type]

    async def drawn(self) -> None:
        if self.player.frame is not None:
            self.shown.append(self.player.frame.step)
        await asyncio.sleep(0)

    def load(self, *, play: bool, demo: str = "bowl") -> None:
        self.player.load(Job("", "demo.py", demo, {}), play=play)

    async def until(self, *states: State) -> None:
        for _ in range(20_000):
            if self.player.state in states:
                return
            await asyncio.sleep(0.0005)
        raise AssertionError(f"{self.player.state} instead of {states}")

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)


async def test_without_play_only_the_start_is_shown() -> None:
    """A locked panel shows step 0 and asks for no more."""
    stage = Stage()
    stage.load(play=False)
    await stage.until(State.PAUSED)
    await stage.settle()
    assert stage.shown == [0]
    assert stage.lab.runs[0].asked == 1
    await stage.player.close()


async def test_playing_shows_every_frame_to_the_last() -> None:
    """In order, and then it is finished."""
    stage = Stage()
    stage.load(play=True)
    await stage.until(State.FINISHED)
    assert stage.shown == list(range(STEPS + 1))
    await stage.player.close()


async def test_a_step_is_one_frame() -> None:
    """Also where a run that plays would skip some."""
    stage = Stage([*(frame(n, 600) for n in range(601)), DemoEnded()], rate=10)
    stage.load(play=False)
    await stage.until(State.PAUSED)
    stage.player.step()
    await stage.settle()
    stage.player.step()
    await stage.settle()
    assert stage.shown == [0, 1, 2]
    await stage.player.close()


async def test_a_low_rate_draws_fewer_frames_of_a_long_run() -> None:
    """600 steps at 10 a second are shown in 100 pictures, the last step among them."""
    stage = Stage([*(frame(n, 600) for n in range(601)), DemoEnded()], rate=10)
    stage.player.rate = 10
    stage.load(play=True)
    await stage.until(State.RUNNING)
    while len(stage.shown) < 3 and stage.player.state is State.RUNNING:
        await asyncio.sleep(0.001)
    assert stage.shown[1] - stage.shown[0] == 6
    await stage.player.close()


async def test_back_and_forth_asks_for_nothing_twice() -> None:
    """Frames are remembered: the demo is not run again to look at them."""
    stage = Stage()
    stage.load(play=True)
    await stage.until(State.FINISHED)
    asked = stage.lab.runs[0].asked
    stage.player.back()
    stage.player.back()
    assert stage.player.frame is not None
    assert stage.player.frame.step == STEPS - 2
    assert stage.player.state is State.PAUSED
    stage.player.step()
    await stage.settle()
    assert stage.player.frame.step == STEPS - 1
    stage.player.play()
    await stage.until(State.FINISHED)
    assert stage.lab.runs[0].asked == asked
    assert len(stage.lab.runs) == 1
    await stage.player.close()


async def test_playing_from_the_end_starts_anew() -> None:
    """Space on a finished run runs it again."""
    stage = Stage()
    stage.load(play=True)
    await stage.until(State.FINISHED)
    stage.player.play()
    await stage.until(State.RUNNING)
    await stage.until(State.FINISHED)
    assert len(stage.lab.runs) == 2
    await stage.player.close()


async def test_many_turns_of_a_knob_start_few_runs() -> None:
    """Only the newest job is taken up: jobs that came while the player was busy are passed over."""
    stage = Stage()
    for _ in range(30):
        stage.load(play=True)
    await stage.until(State.FINISHED)
    assert len(stage.lab.runs) == 1
    await stage.player.close()


async def test_a_failure_leaves_the_last_frame_standing() -> None:
    """The picture stays, the trouble is told, and space runs again."""
    failed = DemoFailed("IndexError", "out of range", 7)
    stage = Stage([frame(0), frame(1), failed], [*map(frame, range(STEPS + 1)), DemoEnded()])
    stage.load(play=True)
    await stage.until(State.FAILED)
    assert stage.player.trouble == failed
    assert stage.player.frame is not None
    assert stage.player.frame.step == 1
    stage.player.toggle()
    await stage.until(State.FINISHED)
    assert stage.player.trouble is None
    await stage.player.close()


async def test_a_dead_worker_before_the_first_frame_keeps_the_run_before() -> None:
    """What stood on the panel stands there still, if it was the same demo's."""
    stage = Stage([*map(frame, range(STEPS + 1)), DemoEnded()], [WorkerDied("killed")], [WorkerDied("killed")])
    stage.load(play=True)
    await stage.until(State.FINISHED)
    stage.load(play=True)
    await stage.until(State.FAILED)
    assert stage.player.frame is None
    assert stage.player.before is not None
    stage.load(play=True, demo="valley")
    assert stage.player.before is None
    await stage.player.close()


async def test_pause_holds_and_play_goes_on() -> None:
    """Nothing is asked for and nothing moves while it is paused."""
    stage = Stage(rate=50)
    stage.load(play=True)
    await stage.until(State.RUNNING)
    stage.player.pause()
    await asyncio.sleep(0.05)  # a frame that was on its way has come by now
    assert stage.player.state is State.PAUSED
    asked, shown = stage.lab.runs[0].asked, list(stage.shown)
    await asyncio.sleep(0.1)  # five frames' time
    assert (stage.lab.runs[0].asked, stage.shown) == (asked, shown)
    stage.player.play()
    await stage.until(State.FINISHED)
    await stage.player.close()


async def test_finish_goes_to_the_end_without_the_pictures_between() -> None:
    """From a pause in the middle, and also after a step back."""
    stage = Stage([*(frame(n, 600) for n in range(601)), DemoEnded()], rate=10)
    stage.load(play=False)
    await stage.until(State.PAUSED)
    stage.player.finish()
    await stage.until(State.FINISHED)
    assert stage.player.frame is not None
    assert stage.player.frame.step == 600
    assert len(stage.shown) < 5
    await stage.player.close()


async def test_what_is_remembered_of_an_endless_run_is_bounded() -> None:
    """It may run all day."""
    stage = Stage([frame(n, 0) for n in range(2 * KEPT)], rate=1e6)
    stage.load(play=True)
    await stage.until(State.RUNNING)
    while len(stage.shown) < KEPT + 100:
        await asyncio.sleep(0.01)
    assert len(stage.player.frames) == KEPT
    await stage.player.close()
    assert stage.lab.runs[0].stopped.is_set()


async def test_a_frame_that_never_comes_does_not_hold_the_next_run() -> None:
    """A newer job stops the one that is stuck."""
    stage = Stage([], [*map(frame, range(STEPS + 1)), DemoEnded()])
    stage.load(play=True)
    await stage.settle()
    assert stage.player.state is State.STARTING
    stage.load(play=True)
    await stage.until(State.FINISHED)
    assert stage.lab.runs[0].stopped.is_set()
    await stage.player.close()


LONG = [*(frame(n, 600) for n in range(601)), DemoEnded()]


async def test_a_run_that_plays_is_paused_when_the_lab_is_taken_and_goes_on_where_it_was() -> None:
    """It is neither finished nor in trouble, and no frame is shown anew or left out."""
    stage = Stage(LONG, rate=200)
    stage.load(play=True)
    while len(stage.shown) < 3:
        await asyncio.sleep(0)
    await stage.lab.runs[0].stop()
    await stage.until(State.PAUSED)
    assert stage.player.trouble is None
    stood = stage.player.frame.step
    stage.player.play()
    await stage.until(State.FINISHED)
    assert len(stage.lab.runs) == 2
    assert stage.shown == sorted(stage.shown)
    assert next(step for step in stage.shown if step > stood) == stood + 1
    await stage.player.close()


async def test_a_run_that_rests_when_the_lab_is_taken_takes_the_very_next_step() -> None:
    """One press of the key is one frame, whatever ran in between."""
    stage = Stage(LONG)
    stage.load(play=False)
    await stage.until(State.PAUSED)
    stage.player.step()
    await stage.settle()
    await stage.lab.runs[0].stop()
    stage.player.step()
    await stage.settle()
    assert stage.shown == [0, 1, 2]
    await stage.player.close()
