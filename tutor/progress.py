"""What the reader did: sections read, questions predicted, exercises tried, all of it from an append-only log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from lessons.kit.knobs import Value
from tutor.event_log import Event, EventLog, canonical


def state_folder() -> Path:
    """The one place where the tutor writes unasked."""
    return Path(platformdirs.user_state_dir("pytorch-tutor", appauthor=False))


MOST = 100
"""Properties or hints beyond which a number was not written by us."""


@dataclass
class ExerciseProgress:
    """What was done about one exercise. Times are seconds since 1970; None: never."""

    tries: int = 0
    held: int = 0
    """Properties that held at the last try, of `of`."""
    of: int = 0
    hints: int = 0
    """Hints that were opened: the first, the first two, or all three."""
    solved: float | None = None
    """When a right solution was first there; it counts for ever."""
    skipped: float | None = None
    """When it was skipped; None again once it is solved or begun anew."""


@dataclass(frozen=True)
class Answered:
    """A choice, from 0, and when it was made."""

    time: float
    choice: int


@dataclass
class TopicProgress:
    """What was done in one topic."""

    seen: set[str] = field(default_factory=set)
    """Slugs of the sections that were shown."""
    answers: dict[str, int] = field(default_factory=dict)
    """Question name -> the choice that was locked in first: which misconception it was, if it was one."""
    asked: dict[str, list[Answered]] = field(default_factory=dict)
    """Question name -> the prediction, and every review of it, in their order."""
    exercises: dict[str, ExerciseProgress] = field(default_factory=dict)
    knobs: dict[str, dict[str, Value]] = field(default_factory=dict)
    """Demo name -> the last setting of its knobs."""
    turned_in: str = ""
    """The section in which knobs were last turned."""
    section: str = ""
    """Where the reader stopped."""

    def exercise(self, name: str) -> ExerciseProgress:
        return self.exercises.setdefault(name, ExerciseProgress())


class Progress:
    """What one reader did. Reading never fails, and writing never stops anybody: `trouble` tells."""

    def __init__(self, folder: Path | None = None) -> None:
        self._log = EventLog((folder or state_folder()) / "progress")
        self._told = False
        self._replay(self._log.read())

    @property
    def folder(self) -> Path:
        return self._log.folder

    @property
    def state(self) -> Path:
        """The folder that all of this course is kept in: progress, exercises, edits, pictures."""
        return self.folder.parent

    @property
    def trouble(self) -> str:
        """Why what was done last is not kept, in one sentence; empty while all is well."""
        return f"What you do now is not kept: {self._log.reason}, in {self.folder}" if self._log.reason else ""

    @property
    def unread(self) -> str:
        """What of the progress could not be read when it was last, and why; empty where all was."""
        return self._log.unread

    def news(self) -> str:
        """The trouble in a few words, once each time that it comes up; else empty."""
        told, self._told = self._told, bool(self.trouble)
        return f"What you do now is not kept: {self._log.reason}." if self.trouble and not told else ""

    def topic(self, name: str) -> TopicProgress:
        if name not in self.topics:
            self.topics[name] = TopicProgress()
        return self.topics[name]

    # Reading

    def saw(self, topic: str, section: str) -> None:
        if self.last != topic or self.topic(topic).section != section:
            self._record(what="section", topic=topic, section=section)

    def answered(self, topic: str, question: str, choice: int) -> None:
        """The prediction: the first one stands."""
        if question not in self.topic(topic).answers:
            self._record(what="answer", topic=topic, question=question, choice=choice)

    def reviewed(self, topic: str, question: str, choice: int) -> None:
        """A later answer to the same question; the prediction stays what it was."""
        self._record(what="review", topic=topic, question=question, choice=choice)

    def turned(self, topic: str, demo: str, knobs: Mapping[str, Value]) -> None:
        if self.topic(topic).knobs.get(demo) != knobs:
            self._record(what="knobs", topic=topic, demo=demo, knobs=dict(knobs))

    # Exercises

    def tried(self, topic: str, exercise: str, held: int, of: int) -> None:
        """An attempt was checked: `held` of its `of` properties held."""
        self._record(what="try", topic=topic, exercise=exercise, held=held, of=of)

    def hinted(self, topic: str, exercise: str, number: int) -> None:
        """Hint `number`, from 1, was opened."""
        if number > self.topic(topic).exercise(exercise).hints:
            self._record(what="hint", topic=topic, exercise=exercise, number=number)

    def solved(self, topic: str, exercise: str) -> None:
        if self.topic(topic).exercise(exercise).solved is None:
            self._record(what="solved", topic=topic, exercise=exercise)

    def skipped(self, topic: str, exercise: str) -> None:
        """Nothing, where it is solved or skipped already."""
        kept = self.topic(topic).exercise(exercise)
        if kept.solved is None and kept.skipped is None:
            self._record(what="skipped", topic=topic, exercise=exercise)

    def reset(self, topic: str, exercise: str) -> None:
        """Begun anew: hints are closed and it is skipped no more; tries and a solution stay."""
        self._record(what="reset", topic=topic, exercise=exercise)

    # Choices that are no progress

    def chose_theme(self, theme: str) -> None:
        if theme != self.theme:
            self._record(what="theme", theme=theme)

    def checked(self, script: str) -> None:
        if script != self.script:
            self._record(what="script", script=script)

    # To another machine, and back

    def events(self) -> list[Event]:
        """All that was done in topics, in its order: no paths, no settings of this machine."""
        return [event for event in self._log.read() if is_carried(event)]

    def merge(self, events: Iterable[Event]) -> int:
        """Adds the events that are not here yet; how many those were."""
        known = set(map(canonical, self._log.read()))
        new = {line: event for event in events if is_carried(event) and (line := canonical(event)) not in known}
        if new:
            self._log.write(new.values())
            self._replay(self._log.read())
        return len(new)

    def _record(self, **event: Any) -> None:
        self._apply(self._log.add(**event))

    def _replay(self, events: Iterable[Event]) -> None:
        self.topics: dict[str, TopicProgress] = {}
        self.last = ""
        """The topic that was open last."""
        self.theme = ""
        self.script = ""
        """What was checked last: the words after `tutor check`, as a shell takes them."""
        for event in events:
            self._apply(event)

    def _apply(self, event: Event) -> None:
        match event:
            case {"what": "theme", "theme": "dark" | "light" as theme}:
                self.theme = theme
            case {"what": "script", "script": str(script)}:
                self.script = script
            case {"topic": str(topic), "exercise": str(exercise)}:
                _done(self.topic(topic).exercise(exercise), event)
            case {"what": "section", "topic": str(topic), "section": str(section)}:
                self.last = topic
                self.topic(topic).section = section
                self.topic(topic).seen.add(section)
            case {"what": "answer", "topic": str(topic), "question": str(question), "choice": int(choice)}:
                kept = self.topic(topic)
                if question not in kept.answers:
                    kept.answers[question] = choice
                    kept.asked.setdefault(question, []).append(Answered(event["t"], choice))
            case {"what": "review", "topic": str(topic), "question": str(question), "choice": int(choice)}:
                self.topic(topic).asked.setdefault(question, []).append(Answered(event["t"], choice))
            case {"what": "knobs", "topic": str(topic), "demo": str(demo), "knobs": dict(knobs)}:
                self.topic(topic).knobs[demo] = {str(name): value for name, value in knobs.items()}
                self.topic(topic).turned_in = self.topic(topic).section


def is_carried(event: Event) -> bool:
    """Whether it belongs to a topic, and so to the reader; all else belongs to this machine."""
    return isinstance(event.get("topic"), str) and event["what"] not in ("theme", "script")


def _done(kept: ExerciseProgress, event: Event) -> None:
    """Applies what was done about an exercise."""
    match event:
        case {"what": "try", "held": int(held), "of": int(of)} if 0 <= held <= of <= MOST:
            kept.tries += 1
            kept.held, kept.of = held, of
        case {"what": "hint", "number": int(number)} if number <= MOST:
            kept.hints = max(kept.hints, number)
        case {"what": "solved"}:
            kept.solved = event["t"] if kept.solved is None else kept.solved
            kept.skipped = None
        case {"what": "skipped"} if kept.solved is None:
            kept.skipped = event["t"]
        case {"what": "reset"}:
            kept.hints, kept.skipped = 0, None
