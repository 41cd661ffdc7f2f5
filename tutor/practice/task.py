"""The task of an exercise as one section to read, and what else stands beside the reader's own code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lessons.kit.page import Section, Word
from tutor.draw.prose import Asked
from tutor.practice.practice import Standing


@dataclass(frozen=True)
class Task:
    """As a section view takes it: it asks nothing and drives no panel."""

    section: Section
    asked: Mapping[str, Asked] = field(default_factory=dict)
    locked: bool = False
    target: str = ""


def task_of(one: Standing) -> Task:
    """The task, the hints that are open, and what is read afterwards, once it is solved or skipped."""
    page = one.exercise
    parts = [*one.hints, *([page.afterwards] if one.done else [])]
    more = [block for part in parts for block in (Word(part.title), *part.blocks)]
    return Task(Section(page.title, page.name, (*page.task.blocks, *more), "", 0))


class Reference:
    """The solution that ships with an exercise, as a code view shows it."""

    def __init__(self, one: Standing) -> None:
        self.title, self.whose, self.file = "the reference", "one way to do it", "solution.py"
        self.text = self.original = one.exercise.solution
        self.edited = False

    def local_line(self, line: int) -> int | None:
        return line

    def keep(self, text: str) -> str:
        raise NotImplementedError("the reference is read only")
