"""Which old question comes again, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.kit.course import Course
from tests.support.small_course import RIGHT, WRONG, small_course
from tutor.progress import Progress
from tutor.review import DAY, due

NOW = 1_000 * DAY


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return small_course(tmp_path / "course")


def did(folder: Path, *answers: tuple[float, str, int], read: str = "abc") -> Progress:
    """A reader who read sections and answered: days before now, question, choice; later answers are reviews."""
    progress = Progress(folder / "state")
    events = [{"t": 1.0, "what": "section", "topic": _topic(name), "section": f"section-{name}"} for name in read]
    answered: set[str] = set()
    for days, name, choice in answers:
        what = "review" if name in answered else "answer"
        answered.add(name)
        time = NOW - days * DAY
        events.append({"t": time, "what": what, "topic": _topic(name), "question": name, "choice": choice})
    progress.merge(events)
    return progress


def _topic(question: str) -> str:
    return "two" if question == "c" else "one"


def asked(course: Course, progress: Progress) -> str:
    found = due(course, progress, NOW)
    return found.question.name if found else ""


def test_nothing_is_asked_of_who_has_answered_nothing(course: Course, tmp_path: Path) -> None:
    """Sections that were read without an answer are asked about in the lesson, not here."""
    assert asked(course, did(tmp_path)) == ""


@pytest.mark.parametrize(
    ("choices", "days"),
    [
        ((RIGHT,), 1),
        ((WRONG,), 1),
        ((RIGHT, RIGHT), 3),
        ((WRONG, RIGHT), 1),
        ((RIGHT, RIGHT, RIGHT), 7),
        ((RIGHT, RIGHT, RIGHT, RIGHT), 21),
        ((RIGHT,) * 9, 21),
        ((RIGHT, RIGHT, RIGHT, WRONG), 1),
        ((RIGHT, RIGHT, RIGHT, WRONG, RIGHT), 1),
        ((RIGHT, RIGHT, RIGHT, WRONG, RIGHT, RIGHT), 3),
    ],
)
def test_a_question_comes_again_at_growing_intervals(
    course: Course, tmp_path: Path, choices: tuple[int, ...], days: int
) -> None:
    """1, 3, 7, 21 days after right answers in a row, 1 after a wrong one; not a minute before."""
    for name, last, comes in (("early", days - 0.001, ""), ("due", float(days), "a")):
        before = len(choices) - 1
        answers = [(last + 30.0 * (before - number), "a", choice) for number, choice in enumerate(choices)]
        assert asked(course, did(tmp_path / name, *answers)) == comes


def test_the_oldest_comes_first(course: Course, tmp_path: Path) -> None:
    """In whichever topic it stands; once it is answered, the next oldest."""
    progress = did(tmp_path, (5, "a", RIGHT), (9, "c", WRONG), (7, "b", RIGHT))
    order = []
    while name := asked(course, progress):
        order.append(name)
        progress.merge([{"t": NOW, "what": "review", "topic": _topic(name), "question": name, "choice": RIGHT}])
    assert order == ["c", "b", "a"]


def test_only_what_was_read_is_asked(course: Course, tmp_path: Path) -> None:
    """A question that has moved to a section which the reader has not seen would come as news."""
    assert asked(course, did(tmp_path, (9, "a", RIGHT), (5, "b", RIGHT), read="b")) == "b"


def test_an_answer_that_the_question_no_longer_has_counts_as_none(course: Course, tmp_path: Path) -> None:
    """The course has changed since."""
    assert asked(course, did(tmp_path, (9, "a", 7))) == ""
    assert asked(course, did(tmp_path / "more", (9, "b", RIGHT), (8, "b", 7))) == "b"


@pytest.mark.parametrize(
    ("days", "words"), [(0.2, "today"), (1.9, "yesterday"), (2.0, "2 days ago"), (21.5, "21 days ago")]
)
def test_how_long_ago_is_said_in_words(course: Course, tmp_path: Path, days: float, words: str) -> None:
    found = due(course, did(tmp_path, (30, "a", RIGHT)), NOW)
    assert found
    assert found.ago(found.last + days * DAY) == words
