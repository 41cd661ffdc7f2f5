"""Practising in the app: keys in, what stands on the screen out. The course is a small one, and torch a stub."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app.reader import Reader
from tests.support.practice import MEAN_RIGHT, SUM, tutor_with, write_course
from tests.support.processes import wait_gone
from tests.support.session import Session
from tutor.keys import PLACES, PRACTICE

pytestmark = pytest.mark.pty

ROOT = Path(__file__).parents[2]
STUBS = ROOT / "tests" / "lab" / "stubs"
SIZES = [(80, 24), (120, 40)]

RAISES = "def my_mean(values):\n    count = len(values)\n    return sum(values) / missing\n"
ENDLESS = "import os\n\n\ndef my_mean(values):\n    os.write(2, b'here')\n    while True:\n        pass\n"


class Desk:
    """A reader's home, a course with exercises, and the files they write."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.course = write_course(folder / "course")
        self.practice = self.home / "state" / "pytorch-tutor" / "practice"
        self.mean = self.practice / "numbers" / "my_mean.py"

    def session(self, size: tuple[int, int] = (120, 40), *words: str, **env: str) -> Session:
        own = {"PYTHONPATH": os.pathsep.join(map(str, (STUBS, ROOT))), **env}
        return Session([*tutor_with(self.course), *words], *size, env=own, cwd=ROOT, home=self.home)

    def write(self, text: str) -> None:
        self.mean.parent.mkdir(parents=True, exist_ok=True)
        self.mean.write_text(text)

    def editor(self, does: str) -> str:
        """A program that edits the file that it is given."""
        program = self.home / "an editor"
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
        return f"'{program}' --wait"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def practising(reader: Reader) -> None:
    """The screen stands, and its file is watched."""
    reader.sees("Practice", "not checked yet")
    if reader.wide:
        reader.sees("watching by events")


# Where it opens


@pytest.mark.parametrize("size", [*SIZES, (200, 50)])
@pytest.mark.parametrize("look", ["", "--ascii"])
def test_it_opens_at_the_exercise_that_was_named(desk: Desk, size: tuple[int, int], look: str) -> None:
    """With task, code and properties, at every size, also in 16 colours and ASCII."""
    with desk.session(size, "practice", "my_clamp", *look.split(), **({"TERM": "xterm"} if look else {})) as session:
        reader = Reader(session)
        text = reader.sees("Write a clamp", "2 of 3", "not checked yet")
        assert not look or text.isascii()
        if not reader.wide:
            reader.press("v")
        reader.sees("def my_clamp", "not reached", "It returns a number.")
        reader.press("q")
        assert session.exit_code() == 0
        assert session.left_behind() == []


def test_it_goes_on_with_the_first_that_is_left(desk: Desk) -> None:
    """What is skipped is not asked for again, and can still be opened."""
    with desk.session((120, 40), "practice") as session:
        reader = Reader(session)
        reader.sees("Write a mean")
        reader.press("x")
        reader.sees("Skipped.", "Afterwards")
    with desk.session((120, 40), "practice") as session:
        reader = Reader(session)
        reader.sees("Write a clamp", "2 of 3")
        reader.press("p")
        reader.sees("Write a mean", "skipped")


def test_a_lesson_leads_to_its_exercise_and_the_exercise_to_its_lesson(desk: Desk) -> None:
    """And the demo that ran meanwhile is paused, goes on where it stood, and nothing runs twice."""
    with desk.session((120, 40), "lesson", "numbers", "--fps", "20") as session:
        reader = Reader(session)
        reader.sees("▸ Write a mean", "▸ Write a clamp", "Step 0 of")
        reader.press("space")
        reader.sees("● running", "step 2")
        reader.press("tab", "tab", "tab", "enter")
        reader.sees("Practice  /  Write a clamp")
        reader.press("r")
        reader.sees("broken")
        reader.press("w")
        reader.sees("Limits", "2 of 2")
        reader.press("q")
        reader.sees("Practice  /  Write a clamp", "broken")
        reader.press("q")
        reader.sees("‖ paused", "step ")
        before = reader.step()
        reader.press("space")
        reader.sees(lambda text: (found := re.search(r"step (\d+) of", text)) and int(found[1]) > before)


# The file


@pytest.mark.parametrize("way", ["in place", "by another file", "truncated first"])
def test_a_save_in_any_editor_is_judged(desk: Desk, way: str) -> None:
    """Whichever way it writes; where it stays, and what is next, is said after success."""
    with desk.session((120, 40), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        if way == "in place":
            desk.write(SUM)
        elif way == "by another file":
            part = desk.mean.with_suffix(".swp")
            part.write_text(SUM)
            part.replace(desk.mean)
        else:
            with desk.mean.open("w") as file:
                session.record(0.3)
                file.write(SUM)
        reader.sees("✗ 1 of 3 hold", "of 5 values from", "✗ broken", "– not reached")
        assert "def my_mean(values):" in session.text()
        desk.write(MEAN_RIGHT)
        text = reader.sees("✓ solved", "Next: Write a clamp (n goes there).", "Afterwards")
        assert "Practice  /  Write a mean" in text


def test_an_empty_moment_is_not_judged(desk: Desk) -> None:
    """A file that is truncated first would else be told to lack all that was just written."""
    desk.write(SUM)
    with desk.session((120, 40), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        mark = session.mark()
        with desk.mean.open("w") as file:
            session.record(0.5)
            file.write(MEAN_RIGHT)
        reader.sees("✓ solved")
        assert b"has no my_mean" not in session.bytes_since(mark)


def test_where_no_events_arrive_it_looks_and_says_so(desk: Desk, tmp_path: Path) -> None:
    """A write by another name of the same file tells the folder nothing, as on NFS."""
    desk.write(SUM)
    other = tmp_path / "other.py"
    os.link(desk.mean, other)
    with desk.session((120, 40), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        other.write_text(RAISES)  # what is read as the watch begins needs no event
        reader.sees("✗ 0 of 3 hold")
        other.write_text(MEAN_RIGHT)
        reader.sees("✓ solved", "events do not arrive here: looking every second")
        desk.write(SUM)
        reader.sees("✗ 1 of 3 hold", "watching by events")


@pytest.mark.parametrize("size", SIZES)
def test_it_is_edited_here(desk: Desk, size: tuple[int, int]) -> None:
    """Letters type; ctrl+r judges; what is left in the editor is kept, and the failing line is marked."""
    with desk.session(size, "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        reader.press("e")
        reader.sees("letters type")
        session.press("down", "down", "end", "backspace", "backspace", "backspace")
        reader.type("return sum(values) / nothing")
        session.press("ctrl+r")
        reader.sees("0 of 3 hold", "NameError")
        session.press("ctrl+g")
        reader.sees("╰─────╯", "yours")
        assert desk.mean.read_text().endswith("    return sum(values) / nothing\n")


def test_the_editor_opens_from_the_first_column(desk: Desk) -> None:
    """With the cursor where the code failed; and once it is solved there, it says how to get on from typing."""
    desk.write(RAISES)
    with desk.session((80, 24), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        reader.press("r")
        reader.sees("0 of 3 hold", "NameError")
        for _ in range(2):
            reader.press("e")
            reader.sees("letters type", "def my_mean(values):", "    return sum(values)")
            session.press("ctrl+g")
            reader.sees("╰─────╯")
        reader.press("e")
        reader.sees("letters type")
        desk.write(MEAN_RIGHT)
        reader.sees("✓ solved", "ctrl+g leaves the editor, n goes there")


def test_a_save_that_cannot_be_read_takes_the_verdict_away(desk: Desk) -> None:
    """In another encoding, or deleted; and once it can be read again, it is judged."""
    desk.write(MEAN_RIGHT)
    with desk.session((120, 40), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        reader.press("r")
        reader.sees("✓ solved")
        desk.mean.write_bytes(b"# gr\xfc\xdfe\n")
        text = reader.sees("✗ not read", "is not UTF-8")
        assert "✓ solved" not in text
        desk.write(MEAN_RIGHT)
        reader.sees("✓ solved")
        desk.mean.unlink()
        reader.sees("✗ not read", "No such file")


def test_what_was_changed_outside_meanwhile_is_not_lost(desk: Desk) -> None:
    """It is said, and kept beside the version that was typed here."""
    with desk.session((120, 40), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        reader.press("e")
        reader.sees("letters type")
        reader.type("# mine")
        reader.sees("# mine")
        desk.write(SUM)
        reader.sees("Changed outside: ctrl+r keeps yours")
        session.press("ctrl+r")
        reader.sees("my_mean.py.before beside it")
        assert desk.mean.read_text().startswith("# mine")
        assert desk.mean.with_name("my_mean.py.before").read_text() == SUM


@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
def test_the_file_opens_in_the_reader_s_own_editor(desk: Desk, variable: str) -> None:
    """It has the terminal to itself; what it saved is judged when it ends."""
    (desk.home / "right.py").write_text(MEAN_RIGHT)
    does = f'[ "$1" = --wait ] || exit 1; printf "at work "; tty; read go; cat {desk.home}/right.py > "$2"'
    with desk.session((120, 40), "practice", "my_mean", **{variable: desk.editor(does)}) as session:
        reader = Reader(session)
        practising(reader)
        reader.press("f")
        reader.sees("at work /dev/")
        session.press("enter")
        reader.sees("✓ solved")
        reader.press("q")
        assert session.exit_code() == 0
        assert session.modes_left_on() == []


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("", "$VISUAL and $EDITOR name no editor: e edits here, y copies the path."),
        ("no-such-editor", "no program no-such"),
    ],
)
def test_without_an_editor_a_sentence_says_so(desk: Desk, editor: str, said: str) -> None:
    """And what can be done instead."""
    with desk.session((120, 40), "practice", EDITOR=editor) as session:
        reader = Reader(session)
        practising(reader)
        reader.press("f")
        reader.sees(said)


# Trouble


def test_without_torch_it_says_how_to_get_it(desk: Desk) -> None:
    """Task, hints and editing are there all the same."""
    with desk.session((120, 40), "practice", TORCH_STUB="broken") as session:
        reader = Reader(session)
        reader.sees("Write a mean", "def my_mean")
        reader.press("r")
        reader.sees("– needs torch", "pip install 'pytorch-tutor[torch]'", "libcudart.so.12")
        reader.press("h")
        reader.sees("First hint")


@pytest.mark.parametrize("end", ["q", "n", "SIGTERM", "closed terminal"])
def test_a_loop_without_end_outlives_nothing(desk: Desk, end: str) -> None:
    """Whichever way the exercise is left while it is judged."""
    desk.write(ENDLESS)
    with desk.session((120, 40), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        reader.press("r")
        reader.sees("··· checking")
        ends: dict[str, Callable[[], None]] = {
            "SIGTERM": lambda: session.signal(signal.SIGTERM),
            "closed terminal": session.hang_up,
        }
        ends.get(end, lambda: reader.press(end))()
        if end == "n":
            reader.sees("Write a clamp", "not checked yet")
            reader.press("r")
            reader.sees("✗ broken")
            reader.press("q")
        assert session.exit_code() in (0, 128 + signal.SIGTERM, 128 + signal.SIGHUP)
        assert session.left_behind() == []


def test_a_process_that_ends_itself_is_told_and_the_next_one_judges(desk: Desk) -> None:
    """The lab takes another."""
    desk.write("import os\n\n\ndef my_mean(values):\n    os._exit(3)\n")
    with desk.session((120, 40), "practice", "my_mean") as session:
        reader = Reader(session)
        practising(reader)
        reader.press("r")
        reader.sees("✗ not judged to the end", "exit code 3")
        desk.write(RAISES)
        reader.sees("✗ 0 of 3 hold", "NameError", "╰─────╯")


# Keys


@pytest.fixture(params=SIZES, ids=["80x24", "120x40"])
def reader(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Reader]:
    with desk.session(request.param, EDITOR=desk.editor("echo at work; read go")) as session:
        yield Reader(session)


def test_every_key_of_the_screen_does_what_the_help_says(reader: Reader, desk: Desk) -> None:
    """One reader's way through an exercise on which no key is left out."""
    reader.sees("q quit")
    reader.press("P")
    practising(reader)
    reads(reader)
    works(reader, desk)
    reader.press("x")
    reader.sees("Skipped.")
    learns(reader)
    leaves(reader)
    expected = {name for key in (*PRACTICE, *PLACES) for name in key.keys.split(",")} - {"ctrl+p", "ctrl+q"}
    assert expected - reader.pressed == set()


def reads(reader: Reader) -> None:
    """Hints one at a time, and the task up and down."""
    for number, title in enumerate(("First", "Second", "Third"), 1):
        reader.press("h")
        reader.sees(f"{title} hint", f"Hint {number} of 3.")
    reader.press("h")
    reader.sees("All 3 hints are open.")
    reader.session.resize(reader.session.columns, 18)
    for on, back in (("down", "up"), ("j", "k"), ("end", "home")):
        reader.press(back, back, "home")
        reader.sees("▾ more")
        reader.press(*[on] * 9)
        reader.sees("It is one line with")
        reader.press(*[back] * 9)
    reader.session.resize(reader.session.columns, 40 if reader.wide else 24)


def works(reader: Reader, desk: Desk) -> None:
    """Checks, edits, opens and resets; what is at stake is asked for once."""
    reader.press("v")
    reader.sees("def my_mean")
    reader.press("v", "r")
    reader.sees("✗ broken", "is a NoneType")
    reader.press("pagedown", "pageup", "y")
    reader.sees("last-path.txt")
    reader.press("e")
    reader.sees("letters type")
    reader.type("# mine")
    reader.session.press("ctrl+g")
    reader.sees_no("letters type")
    reader.press("z")
    reader.sees("z again begins anew")
    reader.press("f")
    reader.sees("at work")
    reader.session.press("enter")
    reader.sees_no("at work")
    reader.press("z")
    reader.sees("z again begins anew")
    reader.press("z")
    reader.sees("Begun anew", "as it was given")
    assert desk.mean.with_name("my_mean.py.before").read_text().startswith("# mine")
    if not reader.wide:
        reader.press("v")
    reader.press("c")
    reader.sees("The reference is shown once")
    reader.press("n")
    reader.sees("Write a clamp")
    reader.press("p")
    reader.sees("Write a mean")


def learns(reader: Reader) -> None:
    """The reference, the links of what is read afterwards, the section that teaches it."""
    reader.press("c")
    reader.sees("the reference", "return sum(values) / len(values)")
    reader.press("c")
    reader.press("tab")
    reader.sees("enter follow")
    reader.press("tab", "enter")
    reader.sees("https://pytorch.org")
    reader.press("shift+tab", "enter")
    reader.sees("A mean is a sum")
    reader.press("q")
    reader.sees("Practice", "Write a mean")
    reader.press("w")
    reader.sees("A mean is a sum")
    reader.press("q")
    reader.sees("Practice", "Write a mean")
    reader.press("?")
    reader.sees("next hint", "letters type")
    reader.press("?")
    reader.press(":")
    reader.sees("Search for commands")
    reader.type("check your code")
    reader.sees("key r")
    reader.escapes("Search for commands")
    reader.sees("q back")


def leaves(reader: Reader) -> None:
    """To every place and back, and out."""
    for place, name in (("S", "Check"), ("E", "Explain"), ("D", "Doctor"), ("G", "GPUs"), ("P", "Practice")):
        reader.press(place)
        reader.sees_place(name)
        if place in "SE":  # these begin with a field
            reader.escapes("esc leave")
    reader.press("C")
    reader.sees("q quit")
    reader.press("q")
    assert reader.session.exit_code() == 0
    assert reader.session.modes_left_on() == []
    assert reader.session.left_behind() == []


def test_no_process_is_left_where_the_reader_leaves_at_once(desk: Desk) -> None:
    """Before torch is there, and while the file is being judged."""
    with desk.session((120, 40), "practice") as session:
        reader = Reader(session)
        reader.sees("Write a mean")
        pids = {process.pid for process in session.family()}
        reader.press("r", "q")
        assert session.exit_code() == 0
        assert wait_gone(pids) == set()
