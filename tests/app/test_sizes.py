"""Any window, any palette, any encoding: what is drawn fits it, and nothing is sent that it does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.kit.course import load_course
from lessons.kit.page import Paragraph
from tests.app.reader import Reader
from tests.support.session import Session
from tests.support.terminal import colour_kinds

pytestmark = pytest.mark.pty

STUBS = Path(__file__).parents[1] / "lab" / "stubs"
NO_TORCH_NEEDED = {"PYTHONPATH": str(STUBS)}
NAMES = [topic.name for topic in load_course().topics]
SECTIONS = load_course().topic("learning_rate").page.sections
BOWL = ["tutor", "lesson", f"learning_rate#{SECTIONS[1].slug}"]


def flat(text: str) -> str:
    return " ".join(text.split())


# Sizes


@pytest.mark.torch
@pytest.mark.parametrize(("columns", "rows", "prose"), [(60, 18, 60), (200, 50, 80), (300, 80, 80)])
def test_from_the_smallest_size_on_everything_is_there(columns: int, rows: int, prose: int) -> None:
    """Prose that is never wider than 80 columns, the picture, what it shows in words, the knobs, the keys."""
    with Session(BOWL, columns, rows) as session:
        reader = Reader(session)
        reader.sees("torch ")
        paragraph = next(block for block in SECTIONS[1].blocks if isinstance(block, Paragraph))
        words = flat("".join(inline.text for inline in paragraph.inlines))
        reader.sees(lambda text: words in flat(" ".join(row[:prose] for row in text.split("\n"))))
        reader.show_panel()
        text = reader.sees("○ not run yet", "The start", "optimizer", "? all keys")
        reader.knob("lr")
        assert text.split("\n")[-1].endswith("q back")
        reader.press("space")
        reader.sees(lambda _: reader.step() >= 3)


LARGER = [(59, 40), (120, 17), (59, 17)]
SMALLEST = [(20, 5), (3, 20), (1, 1)]
SMALL = [*LARGER, *SMALLEST]


def test_below_it_there_is_one_sentence() -> None:
    """With the size there is, the size needed and the command that prints the lesson; q leaves."""
    with Session(BOWL, *LARGER[0], env=NO_TORCH_NEEDED) as session:
        for number, (columns, rows) in enumerate(LARGER):
            if number:
                session.resize(columns, rows)
            sentence = f"This window is {columns} × {rows}. The tutor needs 60 × 18."
            session.wait_for(
                lambda text, sentence=sentence: (
                    flat(text).startswith(sentence)
                    and "tutor lesson learning_rate --plain" in flat(text)
                    and "q leaves" in flat(text)
                )
            )
        session.press("q", "q")
        assert session.exit_code() == 0
        assert session.modes_left_on() == []


@pytest.mark.parametrize(("columns", "rows"), SMALLEST)
def test_the_sentence_is_cut_where_it_does_not_fit(columns: int, rows: int) -> None:
    """q leaves from there too."""
    with Session(BOWL, columns, rows, env=NO_TORCH_NEEDED) as session:
        session.wait_for(lambda text: columns == 1 or flat(text).startswith("T"))
        session.press("q", "q")
        assert session.exit_code() == 0
        assert session.modes_left_on() == []


def test_a_window_that_grows_shows_the_lesson() -> None:
    """And the sentence again when it shrinks."""
    with Session(BOWL, 40, 10, env=NO_TORCH_NEEDED) as session:
        session.wait_for("This window is 40")
        session.resize(80, 24)
        session.wait_for(SECTIONS[1].title)
        session.resize(50, 24)
        session.wait_for("This window is 50 × 24.")
        session.resize(120, 40)
        session.wait_for(lambda text: SECTIONS[1].title in text and "This window" not in text)


def finished(session: Session) -> str:
    """The screen once the run has ended and all is drawn."""
    session.wait_for("✓ finished")
    return session.wait_quiet()


@pytest.mark.torch
def test_after_a_storm_of_sizes_the_screen_is_as_if_it_had_always_been_this_one() -> None:
    """Thirty sizes while the demo runs, some of them too small."""
    sizes = [(60 + 37 * n % 180, 18 + 11 * n % 50) for n in range(20)] + SMALL * 2
    argv, columns, rows = [*BOWL, "--fps", "60"], 110, 30
    with Session(argv, columns, rows) as session:
        reader = Reader(session)
        reader.sees("torch ")
        reader.show_panel()
        reader.press("space")
        reader.sees("● running")
        for size in sorted(sizes, key=lambda size: size[0] * 7 % 11):
            session.resize(*size)
            session.read(0.02)
        session.resize(columns, rows)
        stormy = finished(session)
    with Session(argv, columns, rows) as session:
        reader = Reader(session)
        reader.sees("torch ")
        reader.show_panel()
        reader.press("space")
        assert stormy == finished(session)


# Colours and signs


def tour(reader: Reader) -> None:
    """Every screen once, and most kinds of picture."""
    reader.sees("Start with")
    for topic in ("autograd", "number_formats", "mixed_precision"):  # a graph, bits and a ruler, a table
        reader.press("home", *["down"] * NAMES.index(topic), "enter")
        reader.sees("waiting for your answer")
        reader.press("1")
        reader.sees("finished")
        reader.press("C")
        reader.sees("Go on with")
    reader.press("home", *["down"] * NAMES.index("learning_rate"), "enter")
    reader.sees(SECTIONS[0].title, "torch ")
    reader.press("1")
    reader.sees("finished")
    reader.show_text()
    reader.press("n")
    reader.sees(SECTIONS[1].title)
    reader.show_panel()
    reader.press("space")
    reader.sees(lambda _: reader.step() >= 3)
    reader.press("c")
    reader.sees("y copy")
    reader.press("e")
    reader.sees("letters type")
    reader.type("x = ")
    reader.press("ctrl+r")
    reader.sees("SyntaxError")
    reader.press("ctrl+t", "ctrl+t")
    reader.sees_no("x = ")
    reader.press("ctrl+g")
    reader.sees("y copy")
    reader.press("c")
    reader.sees_no("y copy")
    reader.press("/")
    reader.sees("Search in")
    reader.type("momentum")
    reader.sees("found")
    reader.escapes("found")
    reader.press("?")
    reader.sees("small letters act here")
    reader.press("?")
    reader.sees_no("small letters act here")
    reader.press(":")
    reader.sees("Search for commands")
    reader.type("theme")
    reader.sees("Theme: light")
    reader.escapes("Theme: light")


ASCII = {"LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


@pytest.mark.torch
@pytest.mark.parametrize(
    ("argv", "env", "kinds", "only_ascii"),
    [
        (["--ascii"], {"NO_COLOR": "1", "COLORTERM": "truecolor"}, set(), True),
        (["--theme", "light"], {"TERM": "xterm", **ASCII}, {"16"}, True),
        (["--theme", "light"], {"TERM": "xterm-256color"}, {"256"}, False),
        ([], {"COLORTERM": "truecolor"}, {"true"}, False),
    ],
    ids=["no colour, ascii", "16, ascii encoding", "256", "true colour"],
)
def test_nothing_is_sent_that_the_terminal_does_not_have(
    argv: list[str], env: dict[str, str], kinds: set[str], only_ascii: bool
) -> None:
    """On any screen. With 16 colours never bright black, which some palettes use as background."""
    with Session(["tutor", *argv], 120, 40, env=env) as session:
        tour(Reader(session))
        session.press("ctrl+q")
        assert session.exit_code() == 0
        assert colour_kinds(session.bytes_since()) == kinds
        assert session.bytes_since().isascii() == only_ascii


def test_colour_codes_are_told_apart() -> None:
    """A test that sees no colours must be able to see them."""
    assert colour_kinds(b"\x1b[0;1mx\x1b[39;49m\x1b[m") == set()
    assert colour_kinds(b"\x1b[1;31mx\x1b[97m") == {"16"}
    assert colour_kinds(b"\x1b[90mx") == {"90"}
    assert colour_kinds(b"\x1b[38;5;31;48;5;233mx") == {"256"}
    assert colour_kinds(b"\x1b[1;38;2;31;32;33mx") == {"true"}
