"""A course as the app sees it: what loads, what a target asks for, and what is said of what does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lessons.kit.course import Reading, Setting, load_course, setting
from lessons.kit.knobs import Choice, Slider, Toggle
from lessons.kit.problems import CourseError
from tests.kit.conftest import Author


def test_a_course_has_its_topics_in_their_order(author: Author) -> None:
    course = author.course()
    assert (course.title, course.folder) == ("A course", author.folder)
    assert [(topic.name, topic.title, topic.minutes) for topic in course.topics] == [
        ("steps", "Steps", 15),
        ("noise", "Noise", 5),
    ]


def test_a_topic_is_what_its_manifest_says(author: Author) -> None:
    topic = author.course().topic("steps")
    assert topic.summary == "How long a step may be."
    assert topic.objectives == ("Predict a run from its step size", "Say what momentum changes")
    assert topic.read == (Reading("torch.optim", "https://docs.pytorch.org/docs/stable/optim.html"),)
    assert topic.page.title == "Steps"
    assert "def bowl" in topic.source
    assert author.course().topic("noise").demos == {}


def test_knobs_are_typed(author: Author) -> None:
    """A slider's ends are floats unless it is whole; a choice begins with its first option."""
    bowl = author.course().topic("steps").demo("bowl")
    assert (bowl.title, bowl.shows) == ("A bowl with two curvatures", "λ 20 and 1")
    assert bowl.knobs == (
        Slider("lr", 1e-4, 1.0, 0.05, log=True),
        Choice("optimizer", ("SGD", "momentum", "Nesterov", "Adam"), "SGD"),
        Toggle("rotate", False),
        Slider("beta", 0.0, 0.99, 0.9, used={"optimizer": ("momentum", "Nesterov")}),
        Slider("count", 1, 100, 20, whole=True),
    )
    assert bowl.defaults() == {"lr": 0.05, "optimizer": "SGD", "rotate": False, "beta": 0.9, "count": 20}
    assert type(bowl.defaults()["count"]) is int


@pytest.mark.parametrize(
    "target", ["bowl?lr=0.101&optimizer=adam&rotate=on", "demo:bowl?rotate=1&optimizer=Adam&lr=.101"]
)
def test_a_target_is_typed_and_completed(author: Author, target: str) -> None:
    assert setting(author.course().topic("steps"), target) == Setting(
        "bowl", {"lr": 0.101, "optimizer": "Adam", "rotate": True, "beta": 0.9, "count": 20}
    )


def test_a_bare_target_is_the_defaults(author: Author) -> None:
    topic = author.course().topic("steps")
    assert setting(topic, "bowl") == setting(topic, "bowl?") == Setting("bowl", topic.demo("bowl").defaults())


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("bowls", "steps has no demo 'bowls'; did you mean 'bowl'?"),
        ("bowl?optimiser=Adam", "bowl has no knob 'optimiser'; did you mean 'optimizer'?"),
        ("bowl?momentum=1", "bowl has no knob 'momentum'; it has lr, optimizer, rotate, beta, count"),
        ("bowl?lr=2", "lr goes from 0.0001 to 1; 2 is outside"),
        ("bowl?lr=", "lr takes a number from 0.0001 to 1, not ''"),
        ("bowl?lr", "'bowl?lr' sets lr to nothing; write lr=VALUE"),
        ("bowl?lr=0.1&lr=0.2", "'bowl?lr=0.1&lr=0.2' sets lr twice; take one of them away"),
        ("bowl?optimizer=LBFGS", "optimizer is one of SGD, momentum, Nesterov, Adam, not 'LBFGS'"),
    ],
)
def test_a_wrong_target_is_answered_with_what_it_takes(author: Author, target: str, said: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        setting(author.course().topic("steps"), target)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [("step", "there is no topic 'step'; did you mean 'steps'?"), ("x", "there is no topic 'x'; known: steps, noise")],
)
def test_an_unknown_topic_is_answered_with_a_known_one(author: Author, name: str, said: str) -> None:
    with pytest.raises(LookupError) as raised:
        author.course().topic(name)
    assert str(raised.value) == said


def test_a_course_that_cannot_be_read_says_all_that_stops_it(author: Author) -> None:
    author.write("steps/lesson.toml", "title = \n")
    author.replace("noise/lesson.toml", "minutes = 5", 'minutes = "five"')
    with pytest.raises(CourseError) as raised:
        author.course()
    assert [problem.file.parent.name for problem in raised.value.problems] == ["steps", "noise"]
    assert str(raised.value).count("\n") == 1


def test_a_page_is_read_when_it_is_asked_for(author: Author) -> None:
    """A page that cannot be shown leaves the list of topics and the other pages alone."""
    author.append("steps/lesson.md", "\n> quoted\n")
    course = author.course()
    assert course.topic("noise").page.sections
    with pytest.raises(CourseError, match="a block quote has no place"):
        _ = course.topic("steps").page


def test_listing_topics_imports_no_parser_and_no_torch() -> None:
    """The first paint waits for nothing that it does not show."""
    code = (
        "import sys; from lessons.kit.course import load_course; load_course()\n"
        "print([name for name in ('markdown_it', 'torch', 'numpy', 'textual', 'rich') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "[]"


def test_the_shipped_course_loads() -> None:
    course = load_course()
    assert course.folder == Path(__file__).parents[2] / "lessons"
    assert course.topic("learning_rate").page.sections
