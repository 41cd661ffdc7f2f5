"""Course and Topic: what is known of the lessons without running any of their code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lessons.kit.exercise import Exercise, Term
from lessons.kit.knobs import Knob, Value
from lessons.kit.names import unknown
from lessons.kit.problems import CourseError, Problem

if TYPE_CHECKING:
    from lessons.kit.page import Page

SHIPPED = Path(__file__).parents[1]


@dataclass(frozen=True)
class Reading:
    """Where to read more."""

    title: str
    url: str


@dataclass(frozen=True)
class Setting:
    """A demo with its knobs set: what a link, a question or a section's panel asks for."""

    demo: str
    knobs: dict[str, Value]


@dataclass(frozen=True)
class Demo:
    """A demo as `lesson.toml` declares it. `shows` says in a few words what the picture is."""

    name: str
    title: str
    shows: str
    knobs: tuple[Knob, ...]

    def defaults(self) -> dict[str, Value]:
        return {knob.name: knob.default for knob in self.knobs}

    def knob(self, name: str) -> Knob:
        """Raises LookupError with a sentence."""
        for knob in self.knobs:
            if knob.name == name:
                return knob
        raise LookupError(unknown("knob", name, (knob.name for knob in self.knobs), of=self.name))

    def setting(self, given: Mapping[str, str]) -> Setting:
        """The knobs in `given` at the values that its texts name, the others at their defaults.

        Raises ValueError with a sentence that names the knob and what it takes.
        """
        try:
            return Setting(self.name, self.defaults() | {name: self.knob(name).parse(given[name]) for name in given})
        except LookupError as error:
            raise ValueError(str(error)) from None


@dataclass(frozen=True)
class Topic:
    name: str
    title: str
    summary: str
    minutes: int
    objectives: tuple[str, ...]
    demos: dict[str, Demo]
    read: tuple[Reading, ...]
    exercises: dict[str, Exercise]
    terms: tuple[Term, ...]
    folder: Path

    @property
    def source(self) -> str:
        """The text of `demo.py`."""
        return (self.folder / "demo.py").read_text("utf-8-sig")

    @cached_property
    def page(self) -> Page:
        """The prose, read when first asked for (some 5 ms). Raises CourseError."""
        from lessons.kit.markdown import read_page  # here: 50 ms of imports that a list of topics does without

        found: list[Problem] = []
        page = read_page(self.folder / "lesson.md", found)
        if page is None or found:
            raise CourseError(found)
        return page

    def demo(self, name: str) -> Demo:
        """Raises LookupError with a sentence."""
        if name not in self.demos:
            raise LookupError(unknown("demo", name, self.demos, of=self.name))
        return self.demos[name]

    def exercise(self, name: str) -> Exercise:
        """Raises LookupError with a sentence."""
        if name not in self.exercises:
            raise LookupError(unknown("exercise", name, self.exercises, of=self.name))
        return self.exercises[name]


@dataclass(frozen=True)
class Course:
    title: str
    topics: tuple[Topic, ...]
    folder: Path

    def topic(self, name: str) -> Topic:
        """Raises LookupError with a sentence."""
        for topic in self.topics:
            if topic.name == name:
                return topic
        raise LookupError(unknown("topic", name, (topic.name for topic in self.topics)))

    @property
    def exercises(self) -> dict[str, Exercise]:
        """Those of all topics, in the course's order; a name stands once in a course."""
        return {name: exercise for topic in self.topics for name, exercise in topic.exercises.items()}

    def exercise(self, name: str) -> Exercise:
        """By its name, or as TOPIC/NAME. Raises LookupError with a sentence."""
        topic, slash, own = name.rpartition("/")
        if slash:
            return self.topic(topic).exercise(own)
        if name not in self.exercises:
            raise LookupError(unknown("exercise", name, self.exercises))
        return self.exercises[name]


def load_course(folder: Path | None = None) -> Course:
    """The course in a folder, or the one that ships with the tutor. Raises CourseError with all that stops it."""
    from lessons.kit.manifest import read_outline, read_topic  # here: manifests are read into the classes above

    folder = folder or SHIPPED
    found: list[Problem] = []
    outline = read_outline(folder, found)
    manifests = [read_topic(folder / name, found) for name in outline.topics]
    if found:
        raise CourseError(found)
    return Course(outline.title, tuple(manifest.topic for manifest in manifests if manifest), folder)


def setting(topic: Topic, target: str) -> Setting:
    """What "bowl?lr=0.101&optimizer=Adam" asks for, with or without "demo:" before it.

    Raises ValueError with a sentence that names the demo or the knob and what it takes.
    """
    name, _, query = target.removeprefix("demo:").partition("?")
    given: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        knob, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{target!r} sets {knob} to nothing; write {knob}=VALUE")
        if knob in given:
            raise ValueError(f"{target!r} sets {knob} twice; take one of them away")
        given[knob] = value
    try:
        return topic.demo(name).setting(given)
    except LookupError as error:
        raise ValueError(str(error)) from None
