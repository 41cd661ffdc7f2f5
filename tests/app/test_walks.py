"""A reader with a graph, its nodes, its steps and its knobs, and with a version of the code of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.pty, pytest.mark.torch]

COURSE = load_course()


@contextmanager
def opened(topic: str, slug: str, home: Path | None = None) -> Iterator[Reader]:
    """A reader in a section, in a terminal of 80 by 24."""
    sections = COURSE.topic(topic).page.sections
    number = next(k for k, section in enumerate(sections, 1) if section.slug == slug)
    with Session(["tutor", "lesson", f"{topic}#{slug}"], 80, 24, home=home) as session:
        reader = Reader(session)
        reader.sees(f"{number} of {len(sections)}", sections[number - 1].title)
        yield reader


def answers(reader: Reader, topic: str, number: int, *told: str) -> None:
    """Goes on to a section and chooses what is right in its question; the run that answers is seen to its end."""
    chooses(reader, topic, number)
    reader.finishes(*told)


def chooses(reader: Reader, topic: str, number: int) -> None:
    reader.goes_on_to(number)
    reader.show_panel()
    reader.sees("waiting for your answer")
    reader.press(str(COURSE.topic(topic).page.sections[number - 1].questions[0].right + 1))
    reader.sees_no("waiting for your answer")


def follows(reader: Reader, link: int, *told: str) -> None:
    """Follows a link of the text, so many further on; what it drives is seen to its end."""
    reader.show_text()
    reader.press(*["tab"] * link, "enter")
    reader.finishes(*told)


# --- Graphs ---


def row(reader: Reader, *parts: str) -> bool:
    """Whether all the parts stand in one row."""
    return any(all(part in line for part in parts) for line in reader.session.rows())


def test_a_reader_answers_steps_turns_and_types() -> None:
    """The backward pass of (w·x + b − 10)²: locked, answered, node by node, with another w, with an own expression."""
    with opened("autograd", "a-gradient-flows-back") as reader:
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


def test_a_real_graph_is_read_node_by_node() -> None:
    """A residual block's `Add` sends the whole gradient both ways; attention is longer, and its rows scroll."""
    with opened("autograd", "reading-a-real-graph") as reader:
        follows(reader, 1, "The pass went through all 19 nodes", "[residual]")
        reader.press("g")
        reader.sees("enter keep")
        reader.moves_to("down", "Add ")
        gradient = reader.chosen().split()[-1]
        reader.sees(lambda text: len(re.findall(rf"to \S+ +{re.escape(gradient)}\n", text)) == 2)
        reader.press("g")
        reader.sees("v text")
        follows(reader, 2, "The pass went through all 24 nodes", "[attention]", "↓ 14 more")
        reader.press("g")
        reader.sees("enter keep")
        reader.moves_to("down", "Softmax")
        reader.sees_together("Softmax softmax(", "saved for backward", "↑ ")
        reader.press("enter")
        reader.sees("enter let go")
        reader.press("g")
        reader.sees_together("Softmax softmax(", "saved for backward")


def test_a_step_back_writes_only_the_rows_concerned() -> None:
    """The node that acts, the one before it and those it sends to; the head, the caption and the node's details."""
    with opened("autograd", "a-gradient-flows-back") as reader:
        answers(reader, "autograd", 2, "w.grad = −18, x.grad = −12, b.grad = −6.")
        reader.press(*["b"] * 4)
        reader.at_step(3)
        reader.session.wait_quiet()
        rows = {name: row_of(reader, pattern) for name, pattern in NODES.items()}
        details = row_of(reader, r"Add  w·x \+ b")
        allowed = {row_of(reader, "step 3 of 7"), row_of(reader, "Add has −6 and sends"), *range(details, details + 3)}
        for step, told, concerned in [
            (4, "b is a leaf: b.grad = −6.", {"Mul", "b", "Add"}),
            (5, "Mul has −6 and sends −6 · 3 = −18 to w", {"Mul", "b"}),
            (6, "w is a leaf: w.grad = −18.", {"w", "x", "Mul"}),
        ]:
            mark = reader.session.mark()
            reader.press("s")
            reader.at_step(step)
            reader.sees(told)
            reader.session.wait_quiet()
            written = rows_written(reader.session, mark)
            assert {name for name, row in rows.items() if row in written} == concerned
            assert written - set(rows.values()) <= allowed


NODES = {
    "w": r" w +leaf", "x": r" x +leaf", "Mul": r" w·x +Mul", "b": r" b +leaf", "Add": r" w·x \+ b +Add",
    "Sub": r" w·x \+ b − 10 +Sub", "Pow": r"\)² +Pow",
}  # fmt: skip


def row_of(reader: Reader, pattern: str) -> int:
    """The only row with that."""
    (found,) = [k for k, row in enumerate(reader.session.rows()) if re.search(pattern, row)]
    return found


def rows_written(session: Session, mark: int) -> set[int]:
    """The rows that anything was written to since the mark, changed by it or not."""
    terminal = Terminal(session.columns, session.lines)
    terminal.screen.dirty.clear()
    terminal.feed(session.bytes_since(mark))
    return set(terminal.screen.dirty)


# --- A version of one's own ---

OWN = "held = exact.to(torch.bfloat16).to(dtype)"
OWN_TELLS = "65536 in float32, inf in float16 and 65536 in bfloat16."
ORIGINAL_TELLS = "65519 in float32, 65504 in float16"


def test_a_version_is_kept_until_it_is_thrown_away(tmp_path: Path) -> None:
    """The tutor is left and opened twice: the first time the version is there, then the original, for good."""
    place = ("number_formats", "where-float16-ends")
    with opened(*place, tmp_path) as reader:
        answers(reader, "number_formats", reader.section(), ORIGINAL_TELLS)
        types_below(reader, 8, OWN)
        runs_the_editor(reader, OWN_TELLS)
        leaves(reader)
    with opened(*place, tmp_path) as reader:
        opens_the_editor(reader)
        reader.sees("your version", OWN)
        runs_the_editor(reader, OWN_TELLS)
        reader.press("ctrl+t")
        reader.sees("once more")
        reader.press("ctrl+t")
        reader.sees_no(OWN)
        leaves(reader)
    with opened(*place, tmp_path) as reader:
        opens_the_editor(reader)
        assert "your version" not in reader.sees_no(OWN)
        runs_the_editor(reader, ORIGINAL_TELLS)


def opens_the_editor(reader: Reader) -> None:
    reader.press("e")
    reader.sees("letters type")


def types_below(reader: Reader, line: int, typed: str) -> None:
    opens_the_editor(reader)
    reader.press(*["down"] * (line - 1), "end", "enter")
    reader.type(typed)
    reader.sees(typed)


def runs_the_editor(reader: Reader, *told: str) -> None:
    """The picture takes the place of the code until a key is pressed."""
    reader.press("ctrl+r")
    reader.finishes("back to the code", *told)
    reader.press("x")
    reader.sees("letters type")


def leaves(reader: Reader) -> None:
    reader.press("ctrl+q")
    assert reader.session.exit_code() == 0


def test_plumbing_is_folded_and_opened_by_enter() -> None:
    """Attention with eight more transpositions has more nodes than there are rows without folding."""
    with opened("autograd", "reading-a-real-graph") as reader:
        follows(reader, 2, "all 24 nodes")
        types_below(reader, 11, "for _ in range(8): logits = logits.T")
        runs_the_editor(reader, "all 32 nodes")
        reader.press("ctrl+g")
        reader.sees("e edits")
        reader.press("c")
        reader.sees("Reading a real graph")
        reader.show_panel()
        reader.press("g")
        reader.sees("enter keep")
        reader.moves_to("down", "⋯ 8 views")
        reader.press("enter")
        reader.sees_no("⋯ 8 views")
        reader.moves_to("down", "ᵀ")
        reader.moves_to("up", "▾ ")
        reader.press("enter")
        reader.sees_row("▌", "⋯ 8 views")
