"""What others wrote stands on every screen as text and as nothing else, whoever forgot to clean it on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot

from diagnostics.doctor.facts import Facts
from diagnostics.finding import Finding, Step, Tensor, Where
from diagnostics.gpus.reading import Process, Reading, Sample, Slice
from lessons.kit.course import load_course
from lessons.kit.pictures import Chart, Frame, Picture, Series, Table
from tests.diagnostics.doctor.hosts import changed, rtx4090_driver550_cu126
from tests.support.hostile import ALL, WORST, hostile, spoiled
from tests.support.hostile_course import hostile_course
from tests.test_gpu_watch import Readings
from tutor.app import TutorApp
from tutor.gpu_watch import GpuWatch
from tutor.host_check import HostCheck
from tutor.interpreter import Interpreter
from tutor.lab.protocol import DemoFailed, FrameArrived, NotAllowed, NoTorch, PropertyJudged, Ready, Trouble, WorkerDied
from tutor.log_explained import LogExplained
from tutor.progress import Progress
from tutor.report.watched import Asked, Ran
from tutor.script_check import ScriptCheck
from tutor.terminal import Profile

SIZE = (100, 30)

FINDING = Finding(
    "device-mismatch",
    "fail",
    "Two devices in one operation",
    ("`x`: cpu",),
    "One of them was never moved.",
    (Step("Move it", "x = x.to(device)", root=True, verify="look again"),),
    Where("train.py", 7, "x + y", (Tensor("x", "cpu", "torch.float32", (2, 3), "train.py:1"),)),
    "devices#two-devices",
    category="device-mismatch",
)
BROKEN = changed(rtx4090_driver550_cu126(), driver={"loaded": "", "modules": []}, nvml={"error": 9, "gpus": None})
PICTURES: tuple[Picture, ...] = (
    Table("a table", ("name", "value"), (("x", "1"), ("y", "2"))),
    Chart("loss", (Series("weights", (1.0, 2.0)),), 10),
)
TROUBLES: tuple[Trouble, ...] = (
    DemoFailed("ValueError", "it broke", 2, (4, 9), "demo.py:2"),
    WorkerDied("the process ended", ("its last line", "Killed")),
    NotAllowed("this code may not run", "tutor --trust --course folder"),
    NoTorch("torch cannot be imported", "/usr/bin/python"),
)


class Lab:
    """A lab whose process says whatever it likes, and a protocol that let it through."""

    def __init__(self, text: str, trouble: Trouble) -> None:
        self.text, self.trouble = text, trouble
        self.torch = self.spoiled(Ready("2.13.0", "3.11", "/usr/bin/python", False))

    def spoiled(self, fact: Any) -> Any:
        return spoiled(fact, lambda value: value + self.text)

    async def warm(self) -> None: ...
    async def close(self) -> None: ...

    async def ready(self) -> Ready:
        return self.torch

    async def run(self, job: Any) -> Run:
        return Run(self, judged=hasattr(job, "check"))


class Run:
    """A frame, or a property that broke, and then trouble."""

    pid, is_stopped = 0, False

    def __init__(self, lab: Lab, judged: bool) -> None:
        error = DemoFailed("ValueError", "yours broke", 1, (0, 3), "first.py:1")
        broken = PropertyJudged("it_is", "It is.", 2, False, "given 1 it is 2", error)
        frame = Frame(PICTURES, {"loss": 1.0}, "The loss falls.", 1, 10, ("loss",))
        first = broken if judged else FrameArrived(frame, "cpu")
        self.printed = (lab.text,)
        self._events: Iterator[Any] = iter([lab.spoiled(first), lab.spoiled(lab.trouble)])

    async def next(self, skip: int = 0) -> Any:
        return next(self._events)

    async def stop(self) -> None: ...


class Script:
    """A script that has run, and what it printed."""

    running = stopped = False

    def __init__(self, ran: Ran, text: str) -> None:
        self.ran = ran
        self.tail = SimpleNamespace(lines=lambda: (text,), fed=1)

    def look(self) -> bool:
        return False

    async def close(self) -> None: ...


def lying_app(folder: Path, text: str, trouble: Trouble) -> TutorApp:
    """The app amid sources that nothing has cleaned."""
    said = partial(spoiled, spoil=lambda value: value if value in KEPT else value + text)
    app = TutorApp(
        load_course(hostile_course(folder / "course", text)),
        Progress(folder / "state"),
        Profile(colours="true"),
        Interpreter(f"/usr/{text}/python", text),
        gate=lambda: None,
    )
    app.lab = Lab(text, trouble)  # type: ignore[assignment]

    async def examine(_: str) -> AsyncIterator[Facts]:
        yield said(BROKEN)

    app._host = HostCheck(app.interpreter, examine)
    ran = Ran(3, 1.0, [said(FINDING)], {"began": {}, "torch": said({"version": "2.13", "device": "cpu"})})
    app._check = script = ScriptCheck(app.interpreter, "train.py")
    script.asked = Asked((f"{text}.py", text))
    script.run = Script(ran, text)  # type: ignore[assignment]
    app._explained = explained = LogExplained()
    explained.name, explained._findings = text, [said(FINDING), said(FINDING)]
    readings = Readings()
    gpu = Reading(index=0, uuid="G", name="H200", slices=(Slice(name="1g"),), throttle=("heat",), memory_total=2**30)
    lost = Reading(index=1, uuid="H", name="H200", state="failed", error="fell off the bus", since=1.0)
    process = Process(pid=7, user="anna", name="python train.py", gpus=(0,), memory=2**30)
    readings.latest = said(
        Sample(time=2.0, readings=(gpu, lost), processes=(process,), trouble="It broke.", driver="5")
    )
    app._gpus = GpuWatch(readings)
    return app


KEPT = ("fail", "ready", "failed", "compute", "heat")
"""Words that choose among forms, and come from our own code."""


async def held(pilot: Pilot[None]) -> str:
    """What stands on the screen; no cell of it is anything but printable, and no row is longer than another."""
    await pilot.pause()
    await pilot.pause()
    rows = pilot.app.screen._compositor.render_strips()
    for row in rows:
        assert row.text.isprintable(), repr(row.text)
        assert cell_len(row.text) == row.cell_length == SIZE[0]
        assert not any(style is not None and style.link for _, style, _ in row)
    return "\n".join(row.text for row in rows)


async def walked(app: TutorApp, text: str) -> None:
    """Every screen, and what can be opened on it."""
    async with app.run_test(size=SIZE) as pilot:

        async def press(*keys: str) -> str:
            await pilot.press(*keys)
            return await held(pilot)

        async def paste() -> None:
            app.post_message(events.Paste(text.encode("utf-8", "replace").decode()))  # a terminal sends whole ones
            await held(pilot)

        await held(pilot)
        await press("?")
        await press("q", "/")
        await paste()
        await press("escape", ":")
        for word in ("means", "backspace", "x"):
            await press(*(word if len(word) == 5 else [word]))
        await paste()
        await press("escape", "1")
        assert "Means" in await press("space", "s", "i")
        await press("c")
        await press("e")
        await paste()
        await press("ctrl+r")
        await press("escape", "y", "t", "right")
        await press("w")
        await press("escape", "/")
        await paste()
        await press("escape", "C", "S")
        await press("v", "a", "y", "w", "o")
        await paste()
        await press("escape", "C", "E")
        await press("escape", "v", "y")
        await press("C", "D")
        await press("v", "a", "y")
        await press("C", "G")
        await press("tab", "i", "i", "enter", "y", "o", "/")
        await paste()
        await press("escape", "C", "P")
        await press("r")
        while any(one.group == "judge" and not one.is_finished for one in app.workers):
            await pilot.pause()
        await press("h", "c", "y")
        await press("x", "c")
    assert app.return_code in (0, None)


@pytest.fixture(scope="module", autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No hand on the test's signals and state."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TutorApp, "_heed_signals", lambda self: None)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("xdg")))
        yield


@settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # a walk takes seconds: no search for a smaller one
)
@given(hostile)
@example(ALL)
@example(WORST["a tag that closes nothing"] + WORST["lines"] + WORST["C1"])
def test_no_screen_lets_anything_through(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Sources that nothing cleaned, pasted words, and a walk through all screens: text, and rows as wide as ever."""
    folder = tmp_path_factory.mktemp("walk")
    text = text[:1000]
    asyncio.run(walked(lying_app(folder, text, TROUBLES[len(text) % len(TROUBLES)]), text))
