"""What was done of a topic, item by item, and which misconceptions were met. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone

from lessons.kit.course import Course, Topic
from lessons.kit.page import Section
from lessons.kit.question import Question
from tutor.progress import ExerciseProgress, Progress
from tutor.reading import sections_done


@dataclass(frozen=True)
class Predicted:
    """A question and the choice that was locked in, from 0. `reviews`: whether each later answer was right."""

    section: Section
    question: Question
    choice: int
    reviews: tuple[bool, ...]

    @property
    def right(self) -> bool:
        return self.choice == self.question.right


@dataclass(frozen=True)
class TopicDone:
    """`exercises`: all of the topic's, in its order, also those that were not begun."""

    topic: Topic
    read: tuple[str, ...]
    predicted: tuple[Predicted, ...]
    exercises: dict[str, ExerciseProgress] = field(default_factory=dict)

    @property
    def begun(self) -> bool:
        return bool(self.read or self.predicted) or any(map(_touched, self.exercises.values()))

    @property
    def solved(self) -> list[str]:
        return [name for name, kept in self.exercises.items() if kept.solved is not None]

    @property
    def skipped(self) -> list[str]:
        return [name for name, kept in self.exercises.items() if kept.skipped is not None]

    @property
    def tried(self) -> list[str]:
        """Neither solved nor skipped, yet tried."""
        done = {*self.solved, *self.skipped}
        return [name for name, kept in self.exercises.items() if kept.tries and name not in done]


def topic_done(topic: Topic, progress: Progress) -> TopicDone:
    """What today's topic still has of what was done."""
    kept = progress.topic(topic.name)
    predicted = tuple(
        Predicted(section, question, choice, tuple(a.choice == question.right for a in kept.asked[question.name][1:]))
        for section in topic.page.sections
        for question in section.questions
        if 0 <= (choice := kept.answers.get(question.name, -1)) < len(question.answers)
    )
    read = tuple(section.slug for section in topic.page.sections if section.slug in kept.seen)
    exercises = {name: kept.exercises.get(name, ExerciseProgress()) for name in topic.exercises}
    return TopicDone(topic, read, predicted, exercises)


def all_done(course: Course, progress: Progress) -> list[TopicDone]:
    return [topic_done(topic, progress) for topic in course.topics]


def done_as_json(done: TopicDone, progress: Progress) -> dict[str, object]:
    """Choices are numbered from 1, as on the screen; times are ISO 8601 in UTC."""
    sections, of = sections_done(done.topic, progress)
    return {
        "sections_done": sections,
        "sections": of,
        "read": list(done.read),
        "predicted": {
            each.question.name: {"choice": each.choice + 1, "right": each.right, "reviews": list(each.reviews)}
            for each in done.predicted
        },
        "exercises": {
            name: {
                "tries": kept.tries,
                "held": kept.held,
                "of": kept.of,
                "hints": kept.hints,
                "solved": _iso(kept.solved),
                "skipped": _iso(kept.skipped),
            }
            for name, kept in done.exercises.items()
        },
    }


def _touched(kept: ExerciseProgress) -> bool:
    return kept != ExerciseProgress()


def _iso(when: float | None) -> str | None:
    return None if when is None else datetime.fromtimestamp(when, timezone.utc).isoformat(timespec="seconds")
