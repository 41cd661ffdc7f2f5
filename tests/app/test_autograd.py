"""The topic autograd in a real terminal: its graphs and the keys that choose their nodes, an edit, its last section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

SECTIONS = [section.slug for section in load_course().topic("autograd").page.sections]


@contextmanager
def opened(slug: str, columns: int = 80, rows: int = 24) -> Iterator[Reader]:
    """A reader in a section of the topic."""
    with Session(["tutor", "lesson", f"autograd#{slug}"], columns, rows) as session:
        reader = Reader(session)
        reader.sees(f"{SECTIONS.index(slug) + 1} of {len(SECTIONS)}", "torch ")
        yield reader


def row(reader: Reader, *parts: str) -> bool:
    """Whether all the parts stand in one row."""
    return any(all(part in line for part in parts) for line in reader.session.rows())


def test_a_reader_answers_steps_turns_and_types() -> None:
    """The backward pass of (w·x + b − 10)²: locked, answered, node by node, with another w, with an own expression."""
    with opened("a-gradient-flows-back") as reader:
        answers_and_steps(reader)
        chooses_nodes(reader)
        turns_to_the_goal(reader)
        types_an_expression(reader)


def answers_and_steps(reader: Reader) -> None:
    """Nothing of the backward pass is on the screen before the answer; `b` and `s` go through it."""
    reader.show_panel()
    reader.sees("waiting for your answer", "w·x + b", "Pow")
    assert "−6" not in reader.session.text()
    reader.show_text()
    reader.press("2")
    reader.sees("✓ finished", "w.grad = −18, x.grad = −12, b.grad = −6", "(w·x + b − 10)²")
    reader.sees(lambda text: row(reader, "●━┛  w·x ", "Mul", "−6"))
    reader.press("b", "b")
    reader.at_step(5)
    reader.sees("Mul has −6 and sends −6 · 3 = −18 to w and −6 · 2 = −12 to x.")
    reader.sees(lambda text: row(reader, "○    w ", "leaf", "·"))
    reader.press("s")
    reader.at_step(6)
    reader.sees("w is a leaf: w.grad = −18.")


def chooses_nodes(reader: Reader) -> None:
    """`g` goes to the graph and back; a node that is kept stays chosen; `l` draws layers and rails again."""
    reader.press("g")
    reader.sees("↑↓ node")
    for _ in range(8):
        if row(reader, "▌", "Pow"):
            break
        reader.press("down")
        reader.session.wait_quiet(0.1)
    reader.sees("saved for backward: w·x + b − 10 = −3, exponent = 2", "1 · 2 · (−3)")
    reader.press("enter")
    reader.sees("enter let go")
    reader.press("l")
    reader.sees_no("expression         node")
    reader.sees("Pow 1")
    reader.press("l")
    reader.sees("shape")
    reader.press("enter")
    reader.sees("enter keep")
    reader.press("g")
    reader.sees("g graph")


def turns_to_the_goal(reader: Reader) -> None:
    """w = 3 makes all three gradients 0."""
    reader.press("t")
    reader.press("down")
    reader.sees(lambda text: row(reader, "▌", "w ", "‹"))
    for value in ("2.5", "3"):
        reader.press("right")
        reader.sees(lambda text, value=value: reader.value("w") == value)
    reader.sees("w.grad = 0, x.grad = 0, b.grad = 0")


def types_an_expression(reader: Reader) -> None:
    """One that is not understood is told why, and can be typed anew."""
    reader.press("up")
    reader.press("enter")
    reader.sees("letters type")
    reader.session.press("ctrl+u")
    reader.type("w*y")
    reader.press("enter")
    reader.sees("y is not there: an expression is made of w, x, b, numbers")
    reader.press("enter")
    reader.sees("letters type")
    reader.session.press("ctrl+u")
    reader.type("x*x*x")
    reader.press("enter")
    reader.sees("✓ finished", "x.grad = 9 + 9 + 9 = 27")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_a_second_backward_fails_at_its_line(columns: int, rows: int) -> None:
    """Typed into the demo's code, beneath the first."""
    with opened("gradients-add-up", columns, rows) as reader:
        reader.press("2")
        reader.sees("✓ finished", "adds its own 12: 36")
        reader.press("e")
        reader.sees("letters type")
        numbered = r"^\W*(\d+) +y\.backward\(\)"
        shown = re.search(numbered, reader.sees(lambda text: re.search(numbered, text, re.MULTILINE)), re.MULTILINE)
        assert shown
        reader.press(*["down"] * (int(shown[1]) - 1))
        reader.press("end", "enter")
        reader.type("y.backward()")
        reader.press("ctrl+r")
        reader.sees(f"✗ line {int(shown[1]) + 1}", "Trying to backward through the graph a second time")


def test_a_whole_network_is_read_to_its_end() -> None:
    """The last section: its graph is drawn, its list can be scrolled to, and nothing is left after it."""
    with opened(SECTIONS[-1], 120, 40) as reader:
        reader.sees("○ not run yet", "0.weight")
        reader.press("space")
        reader.sees("✓ finished", "The pass went through all 11 nodes", "0.444")
        reader.press("q", "q")
        assert reader.session.exit_code() == 0
        assert reader.session.left_behind() == []
