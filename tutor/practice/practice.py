"""Practice: the exercises of a course, one of them chosen, and what the reader has done about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lessons.kit.course import Course
from lessons.kit.exercise import Exercise, properties
from lessons.kit.page import Section
from tutor.lab.client import Lab
from tutor.lab.judge import Verdict, judge
from tutor.lab.protocol import NotAllowed, NoTorch
from tutor.practice.own_file import OwnFile
from tutor.progress import ExerciseProgress, Progress


@dataclass(frozen=True)
class Line:
    """A property as the reader sees it. `standing`: "held", "broken" or "not reached"."""

    standing: str
    sentence: str


class Standing:
    """How the reader stands with one exercise. Every step is recorded."""

    def __init__(self, exercise: Exercise, progress: Progress, folder: Path | None = None) -> None:
        self.exercise, self._progress = exercise, progress
        self.own = OwnFile(exercise, folder or progress.state)
        self.verdict: Verdict | None = None
        """What came of the last attempt in this session."""
        self.judged = ""
        """The text that `verdict` is about."""

    @property
    def kept(self) -> ExerciseProgress:
        return self._progress.topic(self.exercise.topic).exercise(self.exercise.name)

    @property
    def word(self) -> str:
        """ "solved", "skipped", "begun" or "new"."""
        kept = self.kept
        if kept.solved is not None:
            return "solved"
        return "skipped" if kept.skipped is not None else "begun" if kept.tries or kept.hints else "new"

    @property
    def trouble(self) -> str:
        """Why what was done last is not kept, in a sentence; empty while all is well."""
        return self._progress.trouble

    @property
    def done(self) -> bool:
        """Solved or skipped: all hints, the reference and what comes afterwards can be read."""
        return self.word in ("solved", "skipped")

    @property
    def hints(self) -> tuple[Section, ...]:
        """Those that are open."""
        every = self.exercise.hints
        return every if self.done else every[: self.kept.hints]

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The properties, in words."""
        return tuple(properties(self.exercise.check).values())

    @property
    def lines(self) -> tuple[Line, ...]:
        """The properties, as the last attempt left them."""
        judged = self.verdict.properties if self.verdict else ()
        told = [Line("held" if one.holds else "broken", one.sentence) for one in judged]
        return (*told, *(Line("not reached", sentence) for sentence in self.sentences[len(told) :]))

    @property
    def tells(self) -> bool:
        """Whether `verdict` is about what stands in the file now."""
        return self.verdict is not None and self.judged == self.own.text

    async def check(self, lab: Lab) -> Verdict | None:
        """Judges what stands in the file; None where something else took the lab over. Raises Unreadable."""
        text = self.own.open()
        verdict = await judge(lab, self.exercise, text)
        if not (verdict.solved or verdict.broken or verdict.trouble):
            return None
        self.verdict, self.judged = verdict, text
        topic, name = self.exercise.topic, self.exercise.name
        if not isinstance(verdict.trouble, (NoTorch, NotAllowed)):
            self._progress.tried(topic, name, verdict.held, verdict.of or len(self.sentences))
        if verdict.solved:
            self._progress.solved(topic, name)
        return verdict

    def hint(self) -> int:
        """Opens the next hint; the number of the one that is open last, from 1."""
        number = min(len(self.hints) + 1, len(self.exercise.hints))
        if not self.done:
            self._progress.hinted(self.exercise.topic, self.exercise.name, number)
        return number

    def skip(self) -> None:
        self._progress.skipped(self.exercise.topic, self.exercise.name)

    def reset(self) -> str:
        """Begins anew; the sentence that says what was kept, and what no longer counts. Raises Unreadable."""
        said = self.own.reset()
        if self.word == "skipped":
            said += " It is no longer skipped."
        self.verdict = None
        self._progress.reset(self.exercise.topic, self.exercise.name)
        return said


@dataclass
class Practice:
    """The exercises in the course's order."""

    course: Course
    progress: Progress
    folder: Path | None = None
    """The state folder; None for the one that progress is kept in."""
    _standings: dict[str, Standing] = field(default_factory=dict)
    _chosen: str = ""

    def __iter__(self) -> Iterator[Standing]:
        return (self.of(name) for name in self.course.exercises)

    def of(self, name: str) -> Standing:
        """By its name, or as TOPIC/NAME. Raises LookupError with a sentence."""
        exercise = self.course.exercise(name)
        if exercise.name not in self._standings:
            self._standings[exercise.name] = Standing(exercise, self.progress, self.folder)
        return self._standings[exercise.name]

    @property
    def chosen(self) -> Standing:
        """The one that was chosen; else the first that is not done, or the first of all."""
        if not self._chosen:
            self._chosen = (self.next_open() or next(iter(self))).exercise.name
        return self.of(self._chosen)

    def choose(self, name: str) -> None:
        """Raises LookupError with a sentence."""
        self._chosen = self.of(name).exercise.name

    def go(self, by: int) -> bool:
        """To the next or previous exercise; False where there is none."""
        names = list(self.course.exercises)
        at = names.index(self.chosen.exercise.name) + by
        if 0 <= at < len(names):
            self._chosen = names[at]
        return 0 <= at < len(names)

    def next_open(self) -> Standing | None:
        """The first after the chosen one that is not done, or else before it; None where all are."""
        every = list(self)
        at = next((number for number, one in enumerate(every) if one.exercise.name == self._chosen), -1)
        return next((one for one in (*every[at + 1 :], *every[: at + 1]) if not one.done), None)

    @property
    def place(self) -> tuple[int, int]:
        """Which one is chosen, from 1, of how many."""
        names = list(self.course.exercises)
        return names.index(self.chosen.exercise.name) + 1, len(names)
