"""Which course is open: the one that ships with the tutor or one of the reader's own, each with progress of its own."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from diagnostics.text import clean
from lessons.kit import course as kit
from lessons.kit.course import Course, Topic, load_course
from lessons.kit.exercise import Exercise
from lessons.kit.problems import CourseError, problems
from tutor.arguments import UsageError
from tutor.progress import Progress, state_folder

if TYPE_CHECKING:
    from tutor.lab.protocol import NotAllowed
    from tutor.trust import Trust


@dataclass(frozen=True)
class Opened:
    """A course, where what its reader does is kept, and whether its code may run: None for the tutor's own, which may.

    A course of one's own is known by the path of its folder: one that is moved begins anew, and
    `tutor progress --export` and `--import` carry what was done.
    """

    course: Course
    state: Path
    trust: Trust | None = None

    def progress(self) -> Progress:
        return Progress(self.state)

    @property
    def theme(self) -> str:
        """The reader's choice, which is no matter of a course; "" for none."""
        return self.progress().theme or (Progress().theme if self.trust else "")

    @property
    def gate(self) -> Callable[[], NotAllowed | None] | None:
        """What the lab asks before it runs any code of the course."""
        return self.trust.refusal if self.trust else None


def open_course(named: str | None) -> Opened:
    """The course in a folder, None for the tutor's own. Raises UsageError, and CourseError with all that is wrong.

    Another's course is read to its last file first: what is wrong with it is a sentence here, and not a crash later.
    """
    if named is None or _is_own(Path(named)):
        return Opened(load_course(), state_folder())
    from tutor.trust import Trust

    folder = folder_of(named)
    if found := problems(folder):
        raise CourseError(found)
    state = state_folder() / "courses" / _key(folder)
    return Opened(load_course(folder), state, Trust(folder, state))


def to_open(course: Course | Topic | Exercise) -> str:
    """What a shell runs to have its course open: "tutor", and the folder of any course but the tutor's own."""
    up = {Course: 0, Topic: 1, Exercise: 3}[type(course)]
    folder = (course.folder / "course.toml").parents[up]
    return "tutor" if _is_own(folder) else f"tutor {option(folder)}"


def option(folder: Path) -> str:
    """What names a course to a shell, from wherever it is typed."""
    return f"--course {clean(shlex.quote(os.path.realpath(folder)), 1000)}"


def folder_of(named: str) -> Path:
    """Raises UsageError where there is no such folder."""
    try:
        if Path(named).is_dir():
            return Path(named)
    except (OSError, ValueError):  # behind a folder that may not be entered; a null byte
        pass
    raise UsageError(f"there is no folder {clean(named, 1000)}; name one with a course.toml in it")


def _is_own(folder: Path) -> bool:
    try:
        return os.path.samefile(folder, kit.SHIPPED)
    except (OSError, ValueError):
        return False


def _key(folder: Path) -> str:
    """A folder's name in the state folder: legible, and one for each path."""
    path = os.path.realpath(folder)
    name = re.sub(r"[^A-Za-z0-9_-]", "_", os.path.basename(path))[:40] or "course"
    return f"{name}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
