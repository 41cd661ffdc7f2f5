"""Where findings point: what the course tells of it, found without reading the course."""

from __future__ import annotations

from lessons.kit.course import load_course
from lessons.kit.told import told


def test_every_section_of_the_course_is_found() -> None:
    """It agrees with the course as it is read."""
    for topic in load_course().topics:
        for section in topic.page.sections:
            lesson = f"{topic.name}#{section.slug}"
            assert told(lesson) == lesson


def test_a_section_that_is_not_there_is_its_topic() -> None:
    """The reader is sent to the topic as a whole."""
    assert told("autograd#no-such-section") == "autograd"
    assert told("autograd") == "autograd"


def test_a_topic_that_is_not_there_is_nothing() -> None:
    """No other file is read for it."""
    assert told("no_such_topic#section") == told("") == told("../lessons/autograd#x") == ""
