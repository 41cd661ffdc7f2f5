"""Every topic of the course from its first section to its last, by the keyboard alone, in a real terminal."""

from __future__ import annotations

import pytest

from lessons.kit.course import Topic, load_course
from lessons.kit.page import Section
from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

TOPICS = load_course().topics
SIZES = ((80, 24), (120, 40))
WALKS = [(topic, SIZES[number % 2]) for number, topic in enumerate(TOPICS)]

SCREENS = 12
"""More than any section is long, in screens."""


@pytest.mark.parametrize(("topic", "size"), WALKS, ids=[f"{topic.name}-{size[0]}x{size[1]}" for topic, size in WALKS])
def test_a_topic_is_walked_from_its_first_section_to_its_last(topic: Topic, size: tuple[int, int]) -> None:
    """Each question is answered and its run comes to its end; pgdn alone leads on; then the contents call it done."""
    walk(topic, size)


def walk(topic: Topic, size: tuple[int, int]) -> None:
    """Raises AssertionError with the screen where the way ends."""
    sections = topic.page.sections
    with Session(["tutor", "lesson", topic.name], *size) as session:
        reader = Reader(session)
        for number, section in enumerate(sections, 1):
            reader.sees(f"{number} of {len(sections)}", section.title)
            answers(reader, section)
            pages_on(reader, last=number == len(sections))
        reader.press("q")
        reader.sees("q quit")
        reader.sees_row(topic.title, "✓ done")
        reader.press("q")
        assert session.exit_code() == 0
        assert session.left_behind() == []


def answers(reader: Reader, section: Section) -> None:
    """What is right, of each question in turn; its run is seen to its end, where no other question waits already."""
    for question in section.questions:
        reader.show_panel()
        reader.sees("waiting for your answer")
        reader.press(str(question.right + 1))
        if question is section.questions[-1]:
            reader.sees(lambda text: "● running" in text or " finished" in text)
            reader.press("enter")
            reader.sees(" finished")
        reader.show_text()
        reader.sees("right, yours")


def pages_on(reader: Reader, last: bool) -> None:
    """Screen by screen to the next section; the last one ends."""
    at = reader.section()
    for _ in range(SCREENS):
        before = prose(reader)
        more = "▾ more" in before
        reader.press("pagedown")
        if last and not more:
            return
        reader.sees(lambda _, before=before, more=more: reader.section() != at or (more and shown(reader) != before))
        if reader.section() != at:
            return
    raise AssertionError(f"pgdn led on from section {at} in no {SCREENS} screens:\n{reader.session.text()}")


def prose(reader: Reader) -> str:
    """What stands in the column of text, once all of it is there: a screen arrives in pieces."""
    text = ""
    while text != (text := shown(reader)):
        reader.session.read(0.3)
    return text


def shown(reader: Reader) -> str:
    """The column of text as it is: the panel and the header change by themselves."""
    return "\n".join(row[:50] if reader.wide else row for row in reader.session.rows()[2:])
