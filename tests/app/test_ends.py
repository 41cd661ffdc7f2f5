"""However the tutor ends, the terminal is as it was, no process is left, and what the reader did is kept."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session
from tests.support.terminal import left_on

pytestmark = pytest.mark.pty

STUBS = Path(__file__).parents[1] / "lab" / "stubs"
SECTIONS = load_course().topic("learning_rate").page.sections
LESSON = ["tutor", "lesson", "learning_rate"]

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])")
LEFT = b"\x1b[?1049l"
"""Leaves the alternate screen."""

Act = Callable[[Session], None]


def signalled(number: signal.Signals) -> Act:
    return lambda session: session.signal(number)


def pressed(*keys: str) -> Act:
    return lambda session: session.press(*keys)


ENDS: dict[str, tuple[Act, int]] = {
    "SIGTERM": (signalled(signal.SIGTERM), 143),
    "SIGHUP": (signalled(signal.SIGHUP), 129),
    "SIGINT": (signalled(signal.SIGINT), 130),
    "ctrl+c": (pressed("ctrl+c"), 130),
    "ctrl+q": (pressed("ctrl+q"), 0),
    "closed terminal": (Session.hang_up, 129),
}


def in_contents(reader: Reader) -> None:
    reader.sees("Start with")


def in_search(reader: Reader) -> None:
    in_contents(reader)
    reader.press("/")
    reader.sees("Search in")


def in_lesson(reader: Reader) -> None:
    reader.sees(SECTIONS[0].title)


def in_editor(reader: Reader) -> None:
    in_lesson(reader)
    reader.press("e")
    reader.sees("letters type")
    reader.type("x")


def in_palette(reader: Reader) -> None:
    in_lesson(reader)
    reader.press(":")
    reader.sees("Search for commands")
    reader.type("theme")


def in_help(reader: Reader) -> None:
    in_lesson(reader)
    reader.press("?")
    reader.sees("small letters act here")


def in_a_running_demo(reader: Reader) -> None:
    """With a worker at work, and a spare beside it."""
    reader.sees("torch ")
    reader.press("n")
    reader.sees(SECTIONS[1].title)
    reader.show_panel()
    reader.sees("○ not run yet")
    reader.press("space")
    reader.sees("● running", lambda _: workers(reader.session) == 2)


PLACES: dict[str, tuple[list[str], Callable[[Reader], None]]] = {
    "contents": (["tutor"], in_contents),
    "search": (["tutor"], in_search),
    "editor": (LESSON, in_editor),
    "palette": (LESSON, in_palette),
    "help": (LESSON, in_help),
}


def workers(session: Session) -> int:
    return sum("worker.py" in process.command for process in session.family())


def assert_clean(session: Session, code: int) -> None:
    """Exit code, terminal, processes, and not a word after the screen was left."""
    assert session.exit_code() == code
    assert session.left_behind() == []
    if session.bytes_since().count(LEFT):  # a terminal that is gone cannot be put back
        assert session.modes_left_on() == []
        assert ESCAPES.sub(b"", session.bytes_since().rpartition(LEFT)[2]).strip() == b""


LEAVES = [
    *((place, "ctrl+c") for place in PLACES),
    *((place, "SIGTERM") for place in ("editor", "palette")),
    *((place, "closed terminal") for place in ("search", "help")),
]
"""A key goes to what has focus, wherever that is; a signal and a lost terminal do not."""


@pytest.mark.parametrize(("place", "end"), LEAVES)
def test_it_leaves_from_anywhere(place: str, end: str) -> None:
    """What has focus keeps no key and no signal from ending it."""
    argv, go = PLACES[place]
    act, code = ENDS[end]
    with Session(argv, 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        go(Reader(session))
        act(session)
        assert_clean(session, code)
        assert LEFT in session.bytes_since() or end == "closed terminal"


@pytest.mark.torch
@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "SIGINT", "closed terminal"])
def test_it_leaves_amid_a_run(end: str) -> None:
    """With it go the process at work and the spare."""
    act, code = ENDS[end]
    with Session(LESSON, 80, 24, env={"TUTOR_AHEAD": "1"}) as session:
        in_a_running_demo(Reader(session))
        act(session)
        assert_clean(session, code)


def test_q_goes_back_and_then_out() -> None:
    """From the help to the lesson, to the contents, to the shell; 0."""
    with Session(LESSON, 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        reader = Reader(session)
        in_help(reader)
        reader.press("q")
        reader.sees(SECTIONS[0].title)
        reader.press("q")
        reader.sees("Go on with")
        reader.press("q")
        assert_clean(session, 0)


@pytest.mark.parametrize(
    "script",
    ['trap "" HUP; exec tutor lesson learning_rate', 'trap "" HUP; tutor lesson learning_rate; exit 129'],
    ids=["it ignores the signal", "its shell does"],
)
def test_a_closed_terminal_ends_it_where_nobody_says_so(script: str) -> None:
    """Started with SIGHUP ignored, as nohup and some session managers do; the shell in between gets none either."""
    with Session(["sh", "-c", script], 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        in_lesson(Reader(session))
        session.hang_up()
        assert_clean(session, 129)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_first_picture_is_heeded(number: signal.Signals) -> None:
    """From the first byte on that changes the terminal."""
    with Session(LESSON, 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        while not session.read(0.1):
            assert session.running()
        session.signal(number)
        assert_clean(session, 128 + number)


def test_a_terminal_that_was_stuck_before_it_is_closed_holds_nobody() -> None:
    """As a stalled SSH connection is: what is to be drawn waits in a queue, until that is full."""
    with Session(["tutor"], 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        in_contents(Reader(session))
        session.stall()
        for key in ("?", "escape") * 15:
            session.press(key)
            session.record(0.1)  # that each is drawn cannot be seen: it is all that a stalled terminal leaves to do
        session.hang_up()
        assert_clean(session, 129)


def test_a_terminal_that_takes_nothing_is_left_on_a_signal() -> None:
    """What waits for it is dropped, and it is put back as it was."""
    with Session(["tutor"], 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        in_contents(Reader(session))
        session.stall()
        for key in ("?", "escape") * 4:
            session.press(key)
            session.record(0.1)
        session.signal(signal.SIGTERM)
        assert_clean(session, 143)
        assert LEFT in session.bytes_since()


@pytest.mark.parametrize(
    "signals",
    [("SIGCONT",), ("SIGSTOP", "SIGCONT"), ("SIGTERM", "SIGCONT"), ("SIGCONT", "SIGTERM")],
    ids=" ".join,
)
def test_going_on_without_having_been_suspended_keeps_the_way_out(signals: tuple[str, ...]) -> None:
    """As supervisors do, which send SIGCONT behind SIGTERM, and `kill -STOP`."""
    with Session(["tutor"], 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        reader = Reader(session)
        in_contents(reader)
        before = session.wait_quiet()
        for name in signals:
            session.signal(signal.Signals[name])
        if "SIGTERM" not in signals:
            session.record(1)  # what it does then has no end that could be seen
            session.wait_for(lambda text: text == before)
            reader.press("q")
        assert_clean(session, 143 if "SIGTERM" in signals else 0)


def test_in_a_smaller_window_nothing_of_the_larger_is_left() -> None:
    """A terminal draws what is told for rows below its last one over that."""
    with Session(["tutor"], 120, 40, env={"PYTHONPATH": str(STUBS)}) as session:
        reader = Reader(session)
        in_contents(reader)
        reader.press("?")
        reader.sees("small letters act here")
        session.resize(80, 24)
        reader.sees(lambda text: text.splitlines()[-1].endswith("? close") and "↑↓ scroll" in text)
        assert session.wait_quiet().splitlines()[-1].split() == ["↑↓", "scroll", "?", "close"]


def test_what_another_program_wrote_on_the_screen_is_painted_over_on_request() -> None:
    """Only what changed is sent; ctrl+l sends it all."""
    with Session(["tutor"], 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        in_contents(Reader(session))
        session.wait_for("torch 9.9")  # the last that comes by itself
        before = session.wait_quiet()
        session.deface(b"\x1b[5;3HBroadcast message from root\x1b[12;1H\x1b[41mThe system goes down\x1b[m")
        assert session.text() != before
        session.press("ctrl+l")
        session.wait_for(lambda text: text == before)


def test_several_signals_are_as_one() -> None:
    """A supervisor that repeats itself finds a clean end; which of them gives the code does not matter."""
    with Session(LESSON, 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        in_lesson(Reader(session))
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            session.signal(number)
        code = session.exit_code()
        at_its_very_end = -signal.SIGTERM, -signal.SIGINT  # after Python had taken the handlers down
        assert code in (129, 130, 143, *at_its_very_end)
        assert_clean(session, code)


@pytest.mark.parametrize(
    ("argv", "keys"),
    [(["tutor"], "enter"), (["tutor"], "/ x"), *((LESSON, keys) for keys in ("/ x", ":", "?", "c e", "C", "n", "w"))],
    ids=lambda value: value if isinstance(value, str) else value[-1],
)
def test_leaving_at_once_leaves_no_traceback(argv: list[str], keys: str) -> None:
    """Amid the making of a screen or of a part of one, and while torch starts."""
    with Session(argv, 80, 24, env={"PYTHONPATH": str(STUBS)}) as session:
        session.wait_for("Start with" if argv == ["tutor"] else SECTIONS[0].title)
        session.press(*keys.split(), "ctrl+q")
        assert_clean(session, 0)


def test_leaving_while_torch_takes_its_time(tmp_path: Path) -> None:
    """A worker that is still importing holds nobody."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    env = {"PYTHONPATH": str(STUBS), "TORCH_STUB": f"wait:{fifo}"}
    with Session(LESSON, 80, 24, env=env) as session:
        in_lesson(Reader(session))
        with open(fifo, "wb"):  # opens once the worker waits
            session.press("ctrl+q")
            assert_clean(session, 0)


@pytest.mark.torch
def test_a_kill_amid_a_run_leaves_no_process() -> None:
    """Nobody can tell the worker and the spare; the kernel does."""
    with Session(LESSON, 80, 24, env={"TUTOR_AHEAD": "1"}) as session:
        in_a_running_demo(Reader(session))
        session.signal(signal.SIGKILL)
        assert session.exit_code() == -signal.SIGKILL
        assert session.left_behind() == []


def test_a_kill_at_the_start_leaves_no_process() -> None:
    """While the first worker is being started."""
    with Session(LESSON, 80, 24) as session:
        session.wait_for(lambda _: workers(session) == 1)
        session.signal(signal.SIGKILL)
        assert session.left_behind() == []


def test_reset_terminal_repairs_what_a_kill_left() -> None:
    """Run in the same terminal afterwards."""
    with Session(["sh", "-c", "tutor lesson learning_rate; tutor --reset-terminal; stty -a"], 80, 24) as session:
        in_lesson(Reader(session))
        tutor = next(p for p in session.family() if p.parent == session.pid and "lesson" in p.command)
        assert session.modes_left_on() != []
        os.kill(tutor.pid, signal.SIGKILL)
        assert session.exit_code() == 0
        assert left_on(session.bytes_since()) == []
        flags = session.bytes_since().rpartition(LEFT)[2].decode()
        assert {"icanon", "isig", "echo", "icrnl", "opost", "onlcr"} <= set(re.split(r"[\s;]+", flags))
        assert session.left_behind() == []


@pytest.mark.torch
def test_the_next_start_goes_on_where_a_killed_one_ended(tmp_path: Path) -> None:
    """At the section, with its knobs and with the answers."""
    with Session(LESSON, 120, 40, home=tmp_path) as session:
        reader = Reader(session)
        reader.sees("waiting for your answer")
        reader.press("1")
        reader.sees("yours")
        reader.press("n")
        reader.sees(SECTIONS[1].title, "○ not run yet")
        reader.press("t", "right", "right")
        reader.sees("● running")
        turned = reader.value("lr")
        session.signal(signal.SIGKILL)
        session.exit_code()
    with Session(["tutor"], 120, 40, home=tmp_path) as session:
        reader = Reader(session)
        reader.sees("Go on with", SECTIONS[1].title)
        reader.press("enter")
        reader.sees("○ not run yet")
        assert f"2 of {len(SECTIONS)}" in session.rows()[0]
        assert reader.value("lr") == turned
        reader.press("p")
        reader.sees(SECTIONS[0].title)
        reader.press("end")
        reader.sees("yours")
        assert "waiting for your answer" not in session.text()


@pytest.mark.parametrize("end", ["SIGTERM", "ctrl+q", "closed terminal"])
def test_what_was_typed_in_the_editor_is_kept(tmp_path: Path, end: str) -> None:
    """Also where the reader never ran it."""
    env = {"PYTHONPATH": str(STUBS)}
    with Session(LESSON, 80, 24, env=env, home=tmp_path) as session:
        in_editor(Reader(session))
        Reader(session).sees("xdef ")
        ENDS[end][0](session)
        session.exit_code()
    with Session(LESSON, 80, 24, env=env, home=tmp_path) as session:
        in_lesson(Reader(session))
        session.press("c")
        session.wait_for("xdef ")
