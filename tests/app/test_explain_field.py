"""The field of the explain screen: what is pasted, what is typed, and what stands there while a log is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tests.support.small_course import small_course
from tutor.app import TutorApp
from tutor.interpreter import Interpreter
from tutor.log_explained import LogExplained
from tutor.progress import Progress
from tutor.screens.explain import ExplainScreen
from tutor.terminal import Profile
from tutor.widgets.drawn import Drawn

LOG = "Traceback (most recent call last):\n  File \"a.py\", line 7, in f\n    x.view(4)\nKeyError: 'x'\n"
ANSWER = b'{"findings": [{"id": "view-shape", "title": "A view of another size", "status": "fail"}]}'


class Read:
    """What the reader's logs are read by: it keeps what it is asked, and answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, ...], bytes]] = []
        self.answers = asyncio.Event()

    async def __call__(self, arguments: Sequence[str], text: bytes) -> bytes:
        self.asked.append((tuple(arguments), text))
        await self.answers.wait()
        return ANSWER


@pytest.fixture(autouse=True)
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """No process beside the app, and no hand on the test's signals and state."""
    read = Read()
    monkeypatch.setattr(LogExplained, "_asked", lambda self, arguments, text: read(arguments, text))
    monkeypatch.setattr(TutorApp, "warm", lambda self: None)
    monkeypatch.setattr(TutorApp, "_heed_signals", lambda self: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    return read


@asynccontextmanager
async def asking(folder: Path, place: str = "E", size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    """The app, at the place that a capital opens."""
    course = small_course(folder / "course")
    app = TutorApp(course, Progress(folder / "state"), Profile(), Interpreter("python", "a test"))
    async with app.run_test(size=size) as pilot:
        await pilot.press(place)
        yield pilot


async def text(pilot: Pilot[None]) -> str:
    await pilot.pause()
    await pilot.pause()
    shown = [widget for widget in pilot.app.screen.query(Drawn) if widget.display and widget.region]
    return "\n".join(widget.render_line(y).text.rstrip() for widget in shown for y in range(widget.size.height))


async def paste(pilot: Pilot[None], pasted: str) -> str:
    pilot.app.post_message(events.Paste(pasted))
    return await text(pilot)


async def read_whole(pilot: Pilot[None], read: Read) -> str:
    read.answers.set()
    await pilot.app.workers.wait_for_complete()
    return await text(pilot)


@pytest.mark.parametrize(("place", "command"), [("E", "tutor explain"), ("S", "tutor check")])
async def test_a_name_that_is_pasted_stands_there_once(tmp_path: Path, place: str, command: str) -> None:
    """In both fields."""
    async with asking(tmp_path, place) as pilot:
        shown = await paste(pilot, "error.log\n")
        assert f"{command} error.log" in shown
        assert shown.count("error.log") == 1


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_lines_that_are_pasted_are_a_log(tmp_path: Path, read: Read, end: str) -> None:
    """However a terminal ends them: tmux and xterm paste a carriage return."""
    async with asking(tmp_path) as pilot:
        await paste(pilot, LOG.replace("\n", end))
        assert "what you pasted" in await read_whole(pilot, read)
        assert read.asked == [((), LOG.replace("\n", end).encode())]


@pytest.mark.parametrize("line", ["RuntimeError: CUDA out of memory.", "Segmentation fault (core dumped)"])
async def test_a_line_that_is_an_error_is_explained(tmp_path: Path, read: Read, line: str) -> None:
    """Where no file is called so."""
    async with asking(tmp_path) as pilot:
        await paste(pilot, line)
        await pilot.press("enter")
        assert "A view of another size" in await read_whole(pilot, read)
        assert read.asked == [((), line.encode())]


@pytest.mark.parametrize("name", ["error.log", "my error.log", "/no/a b c.log"])
async def test_a_name_that_is_mistyped_is_no_error(tmp_path: Path, read: Read, name: str) -> None:
    """It is told that there is no such file."""
    async with asking(tmp_path) as pilot:
        await paste(pilot, name)
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        assert f"there is no file {name}" in await text(pilot)
        assert read.asked == []


async def test_a_file_whose_name_reads_as_an_error_is_read(tmp_path: Path, read: Read) -> None:
    """What is there comes first."""
    (tmp_path / "run: the last one").write_text(LOG)
    async with asking(tmp_path) as pilot:
        await paste(pilot, "run: the last one")
        await pilot.press("enter")
        await read_whole(pilot, read)
        assert read.asked == [(("--", "run: the last one"), b"")]


async def test_a_log_that_is_read_is_told_so(tmp_path: Path, read: Read) -> None:
    """From the first moment to the last."""
    async with asking(tmp_path) as pilot:
        assert "reading" not in await text(pilot)
        assert "reading ..." in await paste(pilot, LOG)
        assert "reading" not in await read_whole(pilot, read)
        await pilot.press("o")
        assert "reading" not in await text(pilot)


async def test_a_second_log_that_is_given_up_leaves_the_first(tmp_path: Path, read: Read) -> None:
    """`escape` while it is read ends the reading."""
    async with asking(tmp_path) as pilot:
        await paste(pilot, LOG)
        assert "A view of another size" in await read_whole(pilot, read)
        read.answers.clear()
        await pilot.press("o")
        assert "reading ..." in await paste(pilot, LOG + "another\n")
        await pilot.press("escape")
        shown = await text(pilot)
        assert isinstance(pilot.app.screen, ExplainScreen)
        assert "A view of another size" in shown
        assert "what you pasted" in shown
        assert not pilot.app.screen.check.running


async def test_the_contents_name_the_way_here(tmp_path: Path) -> None:
    """Where there is room for all the places."""
    async with asking(tmp_path, "down") as pilot:
        assert "E error" in await text(pilot)
