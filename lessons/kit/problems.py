"""Problem: one fault in a course, in a sentence for its author; and all of them, in one pass."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnostics.text import clean

LARGEST = 200_000
"""Bytes of a file of a course: some five times the largest there is, and read in a moment."""

OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal would obey, or what would turn a line's direction: it has no place in any file of a course."""


@dataclass(frozen=True)
class Problem:
    """`line` counts from 1; None where the whole file is meant, which is said of its first line.

    The sentence says what is wrong and what to do.
    """

    file: Path
    line: int | None
    sentence: str

    def __str__(self) -> str:
        """As compilers write it, so that editors and terminals can jump there."""
        return clean(f"{_near(self.file)}:{self.line or 1}: {self.sentence}", 1000)


class CourseError(Exception):
    """A course that cannot be read. Its text is one line a problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def problems(course_folder: Path | None = None) -> list[Problem]:
    """All that is wrong with a course (None: the shipped one), by file and line. Reads its code and runs none of it."""
    from lessons.kit.checks import examine  # here: the checks are written in the words above
    from lessons.kit.course import SHIPPED

    return sorted(examine(course_folder or SHIPPED), key=lambda problem: (str(problem.file), problem.line or 0))


def read_text(file: Path, found: list[Problem]) -> str | None:
    """The text of a file; None, and a problem in `found`, where it has none."""
    try:
        if told := _unfit(file):
            found.append(Problem(file, None, told))
            return None
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line, byte = error.object[: error.start].count(b"\n") + 1, error.object[error.start]
        found.append(Problem(file, line, f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"))
    except FileNotFoundError:
        found.append(Problem(file, None, "the file is missing; create it"))
    except OSError as error:
        found.append(Problem(file, None, f"the file cannot be read: {error.strerror}"))
    else:
        if (sign := OBEYED.search(text)) is None:
            return text
        line = text.count("\n", 0, sign.start()) + 1
        found.append(Problem(file, line, f"the invisible character U+{ord(sign[0]):04X} stands here; take it away"))
    return None


def _unfit(file: Path) -> str:
    """Why a file is not even opened; "" where it may be. A pipe or a device might never come to an end."""
    state = file.stat()
    if not stat.S_ISREG(state.st_mode):
        return "this is no file; put one in its place"
    if state.st_size > LARGEST:
        return f"the file has {state.st_size:,} bytes; one of a course may have {LARGEST:,}: split or shorten it"
    return ""


def _near(file: Path) -> Path:
    """Relative to where the author stands, if it lies below."""
    try:
        return file.relative_to(Path.cwd()) if file.is_absolute() else file
    except (ValueError, OSError):  # elsewhere, or the current folder is gone
        return file
