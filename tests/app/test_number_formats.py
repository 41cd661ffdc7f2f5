"""A reader on Number formats, in a real terminal of 80 by 24: predicts, runs, steps, types a number, turns a knob."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

SECTIONS = load_course().topic("number_formats").page.sections
GRADIENTS = next(k for k, section in enumerate(SECTIONS) if section.panel.startswith("gradients"))


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Session(["tutor", "lesson", "number_formats"], 80, 24) as session:
        reader = Reader(session)
        reader.sees(SECTIONS[0].title, "torch ")
        yield reader


def answers(reader: Reader, section: int) -> None:
    """Chooses what is right in a section's first question; the run that answers comes to its end."""
    reader.press(str(SECTIONS[section].questions[0].right + 1))
    reader.sees("✓ finished")


def test_a_number_is_predicted_seen_and_typed(reader: Reader) -> None:
    """Its bits are those of the section's numbers, and what is no number is told in a sentence."""
    reader.show_panel()
    reader.sees("waiting for your answer", "01111111")
    reader.sees_no("bfloat16  0 ")
    answers(reader, 0)
    reader.sees("0.1 becomes 0.100000001 in float32", "01011 1001100110", "bfloat16  0 01111011 1001101")
    reader.press("b")
    reader.at_step(1)
    reader.sees_no("bfloat16  0 ")
    reader.press("s")
    reader.at_step(2)
    reader.press("t")
    types(reader, "0.5")
    reader.sees("hold 0.5 exactly.")
    types(reader, "half")
    reader.sees("value takes a number", "'half'")
    types(reader, "70000")
    reader.sees("70144 in bfloat16.")
    reader.press("t")
    reader.show_text()
    reader.press("end")
    reader.sees("right, yours", "Turn")


def types(reader: Reader, number: str) -> None:
    """Into the chosen knob, in place of what stands there."""
    reader.sees("enter type your own")
    reader.press("enter")
    reader.sees("▏")
    reader.press("ctrl+u")
    reader.type(number)
    reader.sees(f"{number}▏")
    reader.press("enter")


def test_lost_gradients_are_drawn_and_bfloat16_loses_none(reader: Reader) -> None:
    """From the section's question to the other format by one turn of its knob."""
    for number in range(2, GRADIENTS + 2):
        reader.press("n")
        reader.sees(f"{number} of {len(SECTIONS)}")
    reader.sees(SECTIONS[GRADIENTS].title)
    answers(reader, GRADIENTS)
    reader.at_step(60)
    reader.sees("size of 8192 gradients in float16", "of the gradients became 0", "of 128 became 0")
    reader.press("t")
    reader.sees(lambda text: "▌" in reader.knob("dtype"))
    reader.press("right")
    reader.sees("[bfloat16]", "In bfloat16 0 % of the gradients became 0")
    reader.press("down")
    reader.sees(lambda text: "▌" in reader.knob("factor"))
    before = reader.value("factor")
    reader.press("right")
    reader.sees(lambda text: reader.value("factor") != before)
