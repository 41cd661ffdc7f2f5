"""Problem: one fault in a course, in a sentence for its author; and all of them, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnostics.text import clean


@dataclass(frozen=True)
class Problem:
    """`line` counts from 1; None where the whole file is meant. The sentence says what is wrong and what to do."""

    file: Path
    line: int | None
    sentence: str

    def __str__(self) -> str:
        """As compilers write it, so that editors and terminals can jump there."""
        place = _near(self.file) if self.line is None else f"{_near(self.file)}:{self.line}"
        return clean(f"{place}: {self.sentence}", 1000)


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
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = error.object[: error.start].count(b"\n") + 1, error.object[error.start]
        found.append(Problem(file, line, f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"))
    except FileNotFoundError:
        found.append(Problem(file, None, "the file is missing; create it"))
    except OSError as error:
        found.append(Problem(file, None, f"the file cannot be read: {error.strerror}"))
    return None


def _near(file: Path) -> Path:
    """Relative to where the author stands, if it lies below."""
    try:
        return file.relative_to(Path.cwd()) if file.is_absolute() else file
    except (ValueError, OSError):  # elsewhere, or the current folder is gone
        return file
