"""Exercise: a file to edit, and what must hold of it. What is known of one without running any code.

exercises/my_dropout/
    task.md       # Title, then ## Task, ## First hint, ## Second hint, ## Third hint, ## Afterwards
    start.py      what the reader edits
    solution.py   the reference
    check.py      its public functions are the properties; see properties.py
    wrong/*.py    planted mistakes; the docstring of each ends "Breaks: NAME.", the property that has to tell it
    right/*.py    correct solutions in another style
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lessons.kit.page import Page, Section
from lessons.kit.problems import CourseError, Problem

SECTIONS = ("Task", "First hint", "Second hint", "Third hint", "Afterwards")
"""What a task.md has, in this order."""

BREAKS = re.compile(r"Breaks:\s*(\w+)\.?\s*$")


@dataclass(frozen=True)
class Term:
    """A word of the glossary. `section`: the slug of the section of its topic that explains it.

    `line`: where it stands in lesson.toml.
    """

    name: str
    means: str
    section: str
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Planted:
    """A solution that ships with its exercise. `breaks`: the property that has to tell it; "" for a correct one."""

    file: Path
    breaks: str

    @property
    def source(self) -> str:
        return self.file.read_text("utf-8-sig")


@dataclass(frozen=True)
class Exercise:
    """`asks`: the task in a line. `section`: the slug of the section of its topic that teaches it.

    `line`: where it stands in lesson.toml.
    """

    topic: str
    name: str
    title: str
    asks: str
    section: str
    folder: Path
    line: int = field(default=1, compare=False)

    @property
    def start(self) -> str:
        return self._text("start.py")

    @property
    def solution(self) -> str:
        return self._text("solution.py")

    @property
    def check(self) -> str:
        return self._text("check.py")

    @property
    def wrong(self) -> tuple[Planted, ...]:
        return tuple(Planted(file, breaks(file.read_text("utf-8-sig"))) for file in solutions(self.folder / "wrong"))

    @property
    def right(self) -> tuple[Planted, ...]:
        """The reference among them."""
        files = (self.folder / "solution.py", *solutions(self.folder / "right"))
        return tuple(Planted(file, "") for file in files)

    @cached_property
    def page(self) -> Page:
        """The whole task.md. Raises CourseError."""
        from lessons.kit.markdown import read_page  # here: 50 ms of imports that a list of exercises does without

        found: list[Problem] = []
        page = read_page(self.folder / "task.md", found)
        if page is None or found:
            raise CourseError(found)
        return page

    @property
    def task(self) -> Section:
        return self.page.sections[0]

    @property
    def hints(self) -> tuple[Section, ...]:
        return self.page.sections[1:-1]

    @property
    def afterwards(self) -> Section:
        return self.page.sections[-1]

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8-sig")


def solutions(folder: Path) -> list[Path]:
    """The Python files in a folder, by name; none where it is missing."""
    return sorted(folder.glob("*.py"))


def breaks(source: str) -> str:
    """The property that a planted mistake names; "" where it names none."""
    try:
        named = BREAKS.search(ast.get_docstring(ast.parse(source)) or "")
    except (SyntaxError, ValueError):
        return ""
    return named[1] if named else ""


def properties(check: str) -> dict[str, str]:
    """The properties in the text of a check.py, in their order: name and sentence. Raises SyntaxError."""
    functions = [node for node in ast.parse(check).body if isinstance(node, ast.FunctionDef)]
    return {node.name: (ast.get_docstring(node) or "").strip() for node in functions if not node.name.startswith("_")}
