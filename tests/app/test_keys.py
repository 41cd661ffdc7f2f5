"""Every key of the lesson screen, pressed in a real terminal at two sizes; after each, what the screen says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session
from tutor.keys import ANSWERS, EDITOR, LESSON, PLACES

pytestmark = [pytest.mark.pty, pytest.mark.torch]

TOPIC = load_course().topic("learning_rate")
SECTIONS = [section.title for section in TOPIC.page.sections]
FIRST = TOPIC.page.sections[0].questions[0]

SECOND_NAMES = {"k", "j", "shift+left", "shift+right", "ctrl+p", "f5"}
"""Further names of keys that are pressed under their first."""


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    columns, rows = request.param
    with Session(["tutor", "lesson", "learning_rate"], columns, rows) as session:
        reader = Reader(session)
        reader.sees(SECTIONS[0], "torch ")
        yield reader


def test_every_key_of_the_lesson_does_what_the_help_says(reader: Reader) -> None:
    """One reader's way through a topic on which no key is left out."""
    predicts(reader)
    runs(reader)
    turns(reader)
    reads(reader)
    edits(reader)
    leaves(reader)
    expected = {name for key in (*LESSON, *PLACES, *EDITOR) for name in key.keys.split(",")} - SECOND_NAMES
    named = {"comma": ",", "full_stop": "."}
    assert {named.get(name, name) for name in expected} - reader.pressed == set()


def predicts(reader: Reader) -> None:
    """A question is open: nothing runs before it is answered; the run answers it."""
    reader.show_panel()
    reader.sees("waiting for your answer")
    reader.press("space")
    reader.sees("choose first")
    reader.show_text()
    reader.press("down")
    reader.press("up")
    right = FIRST.right + 1
    wrong = 1 if right != 1 else 2
    assert str(wrong) in {key.keys for key in ANSWERS}
    reader.press(str(wrong))
    reader.sees("step ", "✓ finished")
    reader.show_text()
    reader.press("end")
    reader.sees("yours", "right", "✗", "✓")
    reader.press("home")


def runs(reader: Reader) -> None:
    """The second section has no question: its demo runs, pauses, steps, goes back and starts anew."""
    reader.press("n")
    reader.sees(f"2 of {len(SECTIONS)}", SECTIONS[1][:20])
    reader.show_panel()
    reader.sees("○ not run yet")
    reader.at_step(0)
    reader.press("s")
    reader.at_step(1)
    reader.press("s")
    reader.at_step(2)
    reader.press("b")
    reader.at_step(1)
    reader.press("space")
    reader.sees("● running")
    reader.press("space")
    reader.sees("‖ paused")
    stopped = reader.step()
    reader.press("r")
    reader.sees(lambda text: 0 < reader.step() < stopped or "● running" in text)
    reader.press("space")
    reader.sees(lambda text: "● running" not in text)
    reader.press("i")
    reader.sees("gradient norm")
    reader.press("i")
    reader.sees_no("gradient norm")


def turns(reader: Reader) -> None:
    """Knobs: chosen, turned, turned finely, set back."""
    reader.press("t")
    reader.sees(lambda text: "▌" in reader.knob("lr"))
    before = reader.value("lr")
    reader.press("right")
    reader.sees(lambda text: reader.value("lr") != before)
    reader.press("left")
    reader.sees(lambda text: reader.value("lr") == before)
    reader.press(".")
    reader.sees(lambda text: float(reader.value("lr")) > float(before))
    reader.press(",")
    reader.sees(lambda text: reader.value("lr") == before)
    reader.press("backspace")
    reader.sees(lambda text: reader.value("lr") == "0.05")
    reader.press("down")
    reader.sees(lambda text: "▌" in reader.knob("optimizer"))
    reader.press("right")
    reader.sees("[momentum]")
    reader.press("z")
    reader.sees("[SGD]")
    reader.press("t")
    reader.sees(lambda text: "▌" not in reader.knob("optimizer"))
    for key in ("g", "l"):  # what they do with a graph stands in test_autograd.py
        reader.press(key)
        reader.sees("The picture has no graph")
        reader.press("i")
        reader.sees_no("The picture has no graph")
        reader.press("i")


def reads(reader: Reader) -> None:
    """Links, search, further reading, scrolling, views, help, palette."""
    reader.show_text()
    reader.press("n")
    reader.sees(SECTIONS[2])
    reader.press("1")
    reader.sees("● running")
    reader.press("right")
    reader.sees("This run answers")
    reader.press("enter")
    reader.sees(" finished")
    reader.press("r")
    reader.sees("● running")
    reader.show_text()
    reader.press("tab")
    reader.sees("enter follow")
    reader.press("tab")
    reader.press("shift+tab")
    reader.press("enter")
    reader.sees("● running")
    reader.sees(lambda text: reader.value("lr") == "0.05")
    reader.show_text()
    reader.press("p")
    reader.sees(f"2 of {len(SECTIONS)}", SECTIONS[1])
    reader.press("pageup")
    reader.sees(f"1 of {len(SECTIONS)}", SECTIONS[0])
    for _ in range(8):
        reader.press("pagedown")
        if f"2 of {len(SECTIONS)}" in reader.session.wait_quiet(0.2):
            break
    reader.sees(f"2 of {len(SECTIONS)}", SECTIONS[1])
    reader.press("/")
    reader.sees("Search in")
    reader.type("nesterov")
    reader.sees("found")
    reader.press("enter")
    reader.sees_no("found")
    reader.press("w")
    reader.sees("Where to read more", "docs.pytorch.org")
    reader.press("y")
    reader.sees("links.txt")
    reader.press("w")
    reader.sees_no("Where to read more")
    reader.press("v")
    reader.press("v")
    reader.press("v")
    reader.press("v") if not reader.wide else None
    reader.press("?")
    reader.sees("all keys", "small letters act here")
    reader.press("?")
    reader.sees_no("small letters act here")
    reader.press("S")
    reader.sees("Check a training script", "enter run it")
    reader.escapes("Check a training script")
    reader.press("E")
    reader.sees("Explain an error")
    reader.escapes("Explain an error")
    reader.press("P")
    reader.sees("Practice")
    reader.press("q")
    reader.sees_no("Practice")
    reader.press(":")
    reader.sees("Search for commands")
    reader.type("light")
    reader.sees("Theme: light")
    reader.escapes("Theme: light")


def edits(reader: Reader) -> None:
    """The code, a version of one's own that fails, the original again."""
    reader.show_text()
    before = reader.section() - 1
    reader.press("p")
    reader.sees(lambda _: reader.section() == before)
    for question in TOPIC.page.sections[before - 1].questions:  # nothing else runs before its answer
        reader.show_panel()
        reader.sees("waiting for your answer")
        reader.press(str(question.right + 1))
        reader.sees(" finished")
    reader.show_text()
    reader.sees_no("1-")
    reader.press("c")
    reader.sees("e edits", "def ")
    reader.press("y")
    reader.sees("last-snippet.py")
    reader.press("e")
    reader.sees("letters type")
    reader.type("x = ")
    reader.sees("x = def")
    reader.press("ctrl+r")
    reader.sees("✗ line 1", "SyntaxError")
    reader.press("ctrl+z")
    reader.sees_no("x = def")
    reader.type("?")
    reader.sees("?def")
    reader.press("ctrl+t")
    reader.sees("once more")
    reader.press("ctrl+t")
    reader.sees_no("your version")
    reader.press("ctrl+r")
    reader.sees(" finished")  # at 80 columns the picture stands before the code until the next key
    for key in ("ctrl+g", "escape"):
        reader.press(key)
        reader.sees(lambda text: "y copy code" in text and "def " in text)  # the picture that had its place is gone
        if key == "ctrl+g":
            reader.press("e")
            reader.sees("letters type")
    reader.press("c")
    reader.sees_no("e edits")


def leaves(reader: Reader) -> None:
    """Places: over the lesson and back to it, the contents and back to where the reader was, then out."""
    for key, place in (("D", "Doctor"), ("G", "GPUs")):
        reader.press(key)
        reader.sees_place(place)
        reader.press("q")
        reader.sees_place("Learning rate")
    where = next(row for row in reader.session.rows() if " of " in row)
    reader.press("C")
    reader.sees("Go on with")
    reader.press("enter")
    reader.sees(lambda text: where.split("torch")[0].strip()[-7:] in text)
    reader.press("q")
    reader.sees("Go on with")
    reader.press("q")
    assert reader.session.exit_code() == 0
    assert reader.session.modes_left_on() == []
    assert reader.session.left_behind() == []
    reader.pressed.add("ctrl+q")  # in a test of its own: this session has ended


def test_ctrl_q_leaves_from_anywhere(tmp_path: Path) -> None:
    """Also out of the editor, with the terminal as it was."""
    with Session(["tutor", "lesson", "learning_rate"], 80, 24, home=tmp_path) as session:
        session.wait_for(SECTIONS[0])
        session.press("e")
        session.wait_for("letters type")
        session.press("ctrl+q")
        assert session.exit_code() == 0
        assert session.modes_left_on() == []
        assert session.left_behind() == []
