"""A reader on Devices, in a real terminal of 80 by 24; and the header, which tells how busy a demo keeps its device."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

SECTIONS = load_course().topic("devices").page.sections


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Session(["tutor", "lesson", "devices"], 80, 24) as session:
        reader = Reader(session)
        reader.sees(SECTIONS[0].title, "torch ")
        yield reader


def answers(reader: Reader, section: int) -> None:
    """Chooses what is right in a section's question; the run that answers comes to its end."""
    reader.press(str(SECTIONS[section].questions[0].right + 1))
    reader.sees("✓ finished")


def test_a_walk_through_the_topic(reader: Reader) -> None:
    """Every question is answered by its run, which says what it measured; a knob changes who sets the pace."""
    answers(reader, 0)
    reader.finishes("they take turns", "samples a second")
    reader.show_text()
    reader.goes_on_to(2)
    answers(reader, 1)
    reader.finishes("batch", "4096")
    reader.takes("workers")
    reader.press("right")
    reader.finishes("sets the pace")
    reader.press("t")
    reader.show_text()
    reader.goes_on_to(3)
    answers(reader, 2)
    reader.finishes("the loader sets the pace")
    reader.show_text()
    reader.goes_on_to(4)
    answers(reader, 3)
    reader.finishes("model(x) is refused", "and x is on cpu")
    reader.show_text()
    reader.goes_on_to(5)
    assert not re.search(r"cpu \d+ %", reader.session.rows()[0])


def test_the_header_tells_how_busy_the_device_is_while_a_demo_runs() -> None:
    """At the end it tells the device alone, and not a byte is sent any more."""
    with Session(["tutor", "lesson", "learning_rate", "--fps", "5"], 80, 24) as session:
        reader = Reader(session)
        reader.sees("torch 2")
        reader.goes_on_to(2)
        reader.press("space")
        reader.sees(lambda _: re.search(r"torch 2\.\d+   cpu \d+ %", session.rows()[0]))
        reader.press("space")
        reader.sees(lambda _: session.rows()[0].rstrip().endswith("   cpu"))
        session.wait_quiet(2.5)
