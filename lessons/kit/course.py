"""Course and Topic: what is known of the lessons without running any of their code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lessons.kit.knobs import Knob, Value
from lessons.kit.page import Page


@dataclass(frozen=True)
class Reading:
    """Where to read more."""

    title: str
    url: str


@dataclass(frozen=True)
class Demo:
    """A demo as `lesson.toml` declares it. `shows` says in a few words what the picture is."""

    name: str
    title: str
    shows: str
    knobs: tuple[Knob, ...]

    def defaults(self) -> dict[str, Value]:
        return {knob.name: knob.default for knob in self.knobs}


@dataclass(frozen=True)
class Setting:
    """A demo with its knobs set: what a link, a question or a section's panel asks for."""

    demo: str
    knobs: dict[str, Value]


@dataclass(frozen=True)
class Topic:
    name: str
    title: str
    summary: str
    minutes: int
    objectives: tuple[str, ...]
    demos: dict[str, Demo]
    read: tuple[Reading, ...]
    page: Page
    folder: Path

    @property
    def source(self) -> str:
        """The text of `demo.py`."""
        return (self.folder / "demo.py").read_text("utf-8")
