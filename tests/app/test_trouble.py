"""Demos that crash, hang, flood or eat memory, and Pythons without torch: the reader is told, and goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.processes import Process
from tests.support.session import Session

pytestmark = pytest.mark.pty

STUBS = Path(__file__).parents[1] / "lab" / "stubs"
SECTIONS = load_course().topic("learning_rate").page.sections
PLACE = str([topic.name for topic in load_course().topics].index("learning_rate") + 1)
"""The topic's number in the contents."""
QUESTION = SECTIONS[0].questions[0]
BOWL = ["tutor", "lesson", f"learning_rate#{SECTIONS[1].slug}"]
"""A section without a question, whose panel shows the bowl."""

HEAD = """\
def bowl(lr, optimizer, beta):
    from lessons.kit import Frame
    for step in range(3):
        yield Frame((), {"loss": 1.0}, f"Fine so far, {step}.", step, 200)
"""

LIMIT = """\
import resource
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 2**30,) * 2)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits and names these")

FAULTS = [
    pytest.param("import ctypes; ctypes.string_at(0)", ["A segfault (signal 11) ended", "✗ line 5"], id="segfault"),
    pytest.param("import os; os._exit(3)", ["ended by itself with exit code 3."], id="exit"),
    pytest.param("while True: pass", ["no frame yet", "goes round for ever"], id="endless loop"),
    pytest.param(
        f"{LIMIT}import torch; torch.zeros(10 << 30)", ["allocate memory", "✗ line 8"], id="tensor", marks=linux
    ),
]


def keep_version(home: Path, body: str) -> None:
    """Puts a version of the bowl where the reader's own is kept."""
    kept = home / "state" / "pytorch-tutor" / "edits" / "learning_rate.bowl.py"
    kept.parent.mkdir(parents=True)
    kept.write_text(HEAD + textwrap.indent(body, "    ") + "\n")


def tells(reader: Reader, *sentences: str) -> None:
    """What the panel says at the right, its lines joined; or what stands in one line anywhere."""
    reader.sees(lambda text: all(sentence in panel(text) or sentence in text for sentence in sentences))


def panel(text: str) -> str:
    """The right part of a wide screen in one line: it begins where its head has the demo's name."""
    rows = text.split("\n")
    left = rows[3].rfind(" bowl ") if len(rows) > 3 else 0
    return " ".join(" ".join(row[max(0, left) :] for row in rows).split())


def assert_runs(reader: Reader) -> None:
    """The demo runs and comes on."""
    reader.sees("● running")
    reader.sees(lambda _: reader.step() >= 5)


@pytest.mark.torch
@pytest.mark.parametrize(("body", "told"), FAULTS)
def test_a_version_that_goes_wrong_stops_nothing_else(tmp_path: Path, body: str, told: list[str]) -> None:
    """It is told what happened, keys are served, and the original runs again."""
    keep_version(tmp_path, body)
    with Session(BOWL, 140, 40, home=tmp_path) as session:
        reader = Reader(session)
        reader.sees("○ not run yet")
        reader.press("e")
        reader.sees("letters type")
        reader.press("ctrl+r")
        tells(reader, *told)
        reader.press("ctrl+g")
        reader.sees("y copy")
        reader.press("?")
        reader.sees("small letters act here")
        reader.press("?")
        reader.sees("y copy")
        reader.press("e")
        reader.sees("letters type")
        reader.press("ctrl+t")
        reader.sees("once more")
        reader.press("ctrl+t")
        reader.sees_no("your version")
        reader.press("ctrl+r")
        assert_runs(reader)
        reader.press("ctrl+q")
        assert session.exit_code() == 0
        assert session.left_behind() == []


@pytest.mark.torch
def test_in_a_narrow_window_the_editor_says_what_happened(tmp_path: Path) -> None:
    """The panel cannot be seen beside it."""
    keep_version(tmp_path, "import os; os._exit(3)")
    with Session(BOWL, 80, 24, home=tmp_path) as session:
        reader = Reader(session)
        reader.press("e")
        reader.sees("letters type")
        reader.press("ctrl+r")
        reader.sees("✗ it failed", "exit code 3")


@pytest.mark.torch
def test_megabytes_of_prints_end_in_the_last_lines(tmp_path: Path) -> None:
    """The run goes on behind them, and the code view shows where they stopped."""
    keep_version(
        tmp_path, 'for i in range(30_000): print("line", i, "x" * 100)\nyield Frame((), {}, "It got here.", 200, 200)'
    )
    with Session(BOWL, 140, 40, home=tmp_path) as session:
        reader = Reader(session)
        reader.sees("○ not run yet")
        reader.press("c")
        reader.sees("y copy")
        reader.press("space")
        reader.sees("✓ finished", "It got here.", "line 29999")


@pytest.fixture
def running() -> Iterator[Reader]:
    """The bowl, running, with a spare process beside it."""
    with Session(BOWL, 120, 40, env={"TUTOR_AHEAD": "1"}) as session:
        reader = Reader(session)
        reader.sees("○ not run yet")
        reader.press("space")
        reader.sees("● running", lambda _: len(workers(session)) == 2)
        yield reader


def workers(session: Session) -> list[Process]:
    return [process for process in session.family() if "worker.py" in process.command]


@pytest.mark.torch
@pytest.mark.parametrize("spare_too", [False, True], ids=["the worker", "worker and spare"])
def test_a_killed_worker_is_told_and_replaced(running: Reader, spare_too: bool) -> None:
    """The last picture stays; space runs it again."""
    for process in workers(running.session):
        if spare_too or process.command.endswith(" 5"):  # its niceness: the spare's is higher
            os.kill(process.pid, signal.SIGKILL)
    tells(running, "✗ the demo's process ended", "was killed (signal 9)", "Your text, knobs and answers are kept.")
    tells(running, "space runs it again")
    running.press("n")
    running.sees(SECTIONS[2].title)
    running.press("p")
    running.sees("○ not run yet")
    running.press("space")
    assert_runs(running)


# Pythons without torch


def make_python(folder: Path, script: str) -> str:
    """A shell script that can stand for a Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.torch
def test_without_torch_reading_goes_on_and_r_looks_again(tmp_path: Path) -> None:
    """The panel says what to do in two commands; a question is told at once, since no run can answer it."""
    there = tmp_path / "there"
    python = make_python(tmp_path, f'[ -e {there} ] || set -- -S -I "$@"\nexec {sys.executable} "$@"')
    with Session(["tutor", "lesson", "learning_rate", "--python", python], 140, 40) as session:
        reader = Reader(session)
        reader.sees("needs torch", "no torch")
        tells(reader, "There is no torch in", "Reading and questions work without it.")
        reader.sees("tutor --python PATH/TO/python", "pip install 'pytorch-tutor[torch]'")
        reader.press("1")
        reader.sees("answered")
        reader.press("end")
        reader.sees("yours" if QUESTION.right else "right, yours")
        reader.press("n")
        reader.sees(SECTIONS[1].title, "needs torch")
        there.touch()
        for _ in range(3):  # the first look may be the one that was under way, before there was a torch
            reader.press("r")
            with contextlib.suppress(AssertionError):
                session.wait_for("● running", 20)
                break
        assert_runs(reader)
        assert "torch 2" in session.rows()[0]


def test_at_80_columns_the_reason_is_whole(tmp_path: Path) -> None:
    """Sentence and both commands fit the smallest usual window."""
    python = make_python(tmp_path, f'exec {sys.executable} -S -I "$@"')
    with Session([*BOWL, "--python", python], 80, 24) as session:
        reader = Reader(session)
        reader.sees("no torch")
        reader.press("v")
        reader.sees("There is no torch in", "PATH/TO/python", "whl/cpu", "r  looks again")


def test_a_torch_that_cannot_be_imported_is_told_with_its_reason() -> None:
    """Without the escape sequence that its message tries to send."""
    with Session(BOWL, 140, 40, env={"PYTHONPATH": str(STUBS), "TORCH_STUB": "broken"}) as session:
        tells(Reader(session), "Torch cannot be imported by", "libcudart.so.12", "looks again")


def test_a_torch_that_crashes_at_import_is_told() -> None:
    """The screen stands, whatever became of the process."""
    with Session(BOWL, 140, 40, env={"PYTHONPATH": str(STUBS), "TORCH_STUB": "crash"}) as session:
        reader = Reader(session)
        tells(reader, "A segfault (signal 11) ended", "before torch was there")
        reader.press("n")
        reader.sees(SECTIONS[2].title)


def test_while_torch_starts_every_key_is_served(tmp_path: Path) -> None:
    """However long it takes; the panel says so, and the first frame comes by itself."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with Session(BOWL, 120, 40, env={"PYTHONPATH": str(STUBS), "TORCH_STUB": f"wait:{fifo}"}) as session:
        reader = Reader(session)
        with open(fifo, "wb"):  # opens once the worker waits
            tells(reader, "starting torch", "Reading goes on meanwhile.")
            reader.press("p")
            reader.sees(SECTIONS[0].title)
            reader.press("1")
            reader.sees("yours")
            reader.press("?")
            reader.sees("small letters act here")
            reader.press("?")
            reader.sees(SECTIONS[0].title)
            assert "torch 9.9" not in session.text()
        reader.sees("torch 9.9")
        reader.sees_no("starting torch")


def test_a_state_folder_that_cannot_be_written_is_said_once_and_stops_nothing(tmp_path: Path) -> None:
    """Here it is a file."""
    (tmp_path / "state").write_text("")
    with Session(["tutor"], 100, 30, env={"PYTHONPATH": str(STUBS)}, home=tmp_path) as session:
        reader = Reader(session)
        reader.sees("Start with")
        reader.press(PLACE)
        reader.sees(SECTIONS[0].title)
        reader.press("1")
        reader.press("C")
        reader.sees("What you do now is not kept")
        reader.press("q")
        assert session.exit_code() == 0
        assert session.modes_left_on() == []
