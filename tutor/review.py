"""Review: which old question is asked again today. Pure: time comes from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lessons.kit.course import Course, Topic
from lessons.kit.page import Section
from lessons.kit.question import Question
from tutor.progress import Answered, Progress

DAY = 86_400.0
"""Seconds."""

INTERVALS = (1, 3, 7, 21)
"""Days until a question comes again, after the first right answer in a row, the second, ...; after a wrong one, 1."""


@dataclass(frozen=True)
class Due:
    """A question that was answered before; `last` is when, in seconds since 1970."""

    topic: Topic
    section: Section
    question: Question
    last: float

    def ago(self, now: float) -> str:
        """How long ago that was, in words."""
        days = int((now - self.last) // DAY)
        return f"{days} days ago" if days > 1 else "yesterday" if days == 1 else "today"


def due(course: Course, progress: Progress, now: float) -> Due | None:
    """Of the questions that wait, the one whose last answer is the oldest; only of sections that were read."""
    waiting = (
        asked for asked, answers in _asked(course, progress) if asked.last + DAY * _interval(asked, answers) <= now
    )
    return min(waiting, key=lambda asked: asked.last, default=None)


def _asked(course: Course, progress: Progress) -> Iterator[tuple[Due, Sequence[Answered]]]:
    """The questions that were answered, with their answers that today's question still has."""
    for topic in course.topics:
        kept = progress.topic(topic.name)
        for section in topic.page.sections if kept.asked else ():
            for question in section.questions if section.slug in kept.seen else ():
                answers = [a for a in kept.asked.get(question.name, ()) if 0 <= a.choice < len(question.answers)]
                if answers:
                    yield Due(topic, section, question, answers[-1].time), answers


def _interval(asked: Due, answers: Sequence[Answered]) -> int:
    """Days from the last answer to the next."""
    streak = 0
    for answer in answers:
        streak = streak + 1 if answer.choice == asked.question.right else 0
    return INTERVALS[min(max(streak, 1), len(INTERVALS)) - 1]
