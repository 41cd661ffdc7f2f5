"""Trust: whether the code of a course that is not the tutor's own may run.

It may once its reader has allowed this very code: a digest over all Python files of the course is kept in the state
folder, so that code which changed is asked about anew. A link that leads out of the folder, or a file that cannot be
read, could become anything: such a course is read, and its code does not run.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diagnostics.text import clean
from tutor.courses import option
from tutor.lab.protocol import NotAllowed
from tutor.whole_file import write_whole

MOST_FILES = 20_000
"""Files of any kind in a course; a folder that has more is a home, or a whole disk."""

LARGEST = 2**20
"""Bytes of a Python file."""

SKIPPED = "__pycache__"
"""Besides folders whose name begins with a point: no topic and no exercise can be called so."""


class Unjudged(Exception):
    """Why it cannot be told which code would run, in a sentence."""


@dataclass(frozen=True)
class Code:
    """The Python files of a course, by their path in it, and what tells whether any of them changed."""

    files: tuple[str, ...]
    digest: str


class Trust:
    """Whether the code in a course's folder may run. `state`: the folder in which that is remembered."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.folder = Path(os.path.realpath(folder))
        self._file = state / "trusted.json"
        self._allowed = ""
        """The digest that was allowed in this session: it counts where none can be stored."""

    @property
    def how(self) -> str:
        """The command that allows the code."""
        return f"tutor --trust {option(self.folder)}"

    @property
    def known(self) -> bool:
        """Whether code of this folder was ever allowed."""
        return bool(self._allowed or self._stored())

    def refusal(self) -> NotAllowed | None:
        """Why the code may not run, as it stands now. It is read from first to last: not for the event loop."""
        try:
            code = read_code(self.folder)
        except Unjudged as error:
            return NotAllowed(f"the code of this course cannot run: {error}")
        if self.allows(code):
            return None
        changed = "changed since it was allowed" if self.known else "was not allowed to run"
        return NotAllowed(f"the code of this course {changed}", self.how)

    def allows(self, code: Code) -> bool:
        return not code.files or code.digest in (self._allowed, self._stored())

    def allow(self, code: Code) -> str:
        """This very code may run from now on; a sentence where that could not be stored."""
        self._allowed = code.digest
        text = json.dumps({"schema_version": 1, "folder": str(self.folder), "digest": code.digest})
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, f"{text}\n".encode("utf-8", "backslashreplace"))
        except OSError as error:
            return (
                f"that the code may run is remembered until you leave alone: {error.strerror}, in {self._file.parent}"
            )
        return ""

    def _stored(self) -> str:
        try:
            kept = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return ""
        digest = kept.get("digest") if isinstance(kept, dict) else None
        return digest if isinstance(digest, str) else ""


def read_code(folder: Path) -> Code:
    """All Python files below a folder. Raises Unjudged."""
    root = os.path.realpath(folder)
    sum_, names = hashlib.sha256(), []
    for path in _code_paths(root):
        name = os.path.relpath(path, root)
        data = _content(path, name)
        for part in (os.fsencode(name), data):
            sum_.update(len(part).to_bytes(8, "big") + part)
        if not os.path.isdir(path):
            names.append(clean(name))
    return Code(tuple(names), sum_.hexdigest())


def _code_paths(root: str) -> Iterator[str]:
    """Every Python file, and every link to a folder, in a fixed order. Raises Unjudged."""
    seen = 0
    for folder, folders, files in os.walk(root, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != SKIPPED)
        seen += len(files) + len(folders)
        if seen > MOST_FILES:
            raise Unjudged(f"it has more than {MOST_FILES:,} files, which no course has; name the folder of one")
        code = (name for name in files if name.lower().endswith(".py"))
        links = (name for name in folders if os.path.islink(os.path.join(folder, name)))
        for name in sorted((*code, *links)):
            path = os.path.join(folder, name)
            if os.path.commonpath((root, os.path.realpath(path))) != root:
                raise Unjudged(f"{_said(path, root)} is a link that leads out of it; put the code itself there")
            yield path


def _content(path: str, name: str) -> bytes:
    """What stands in a file, or where a link to a folder leads. Raises Unjudged."""
    try:
        state = os.stat(path)
        if stat.S_ISDIR(state.st_mode):
            return os.fsencode(os.path.realpath(path))
        if not stat.S_ISREG(state.st_mode):
            raise Unjudged(f"{clean(name)} is no file; take it away")
        if state.st_size > LARGEST:
            raise Unjudged(f"{clean(name)} has more than {LARGEST / 2**20:.0f} MB; no demo is that long")
        return Path(path).read_bytes()
    except OSError as error:
        raise Unjudged(f"{clean(name)} cannot be read ({error.strerror})") from None


def _unreadable(error: OSError) -> None:
    raise Unjudged(f"{clean(str(error.filename))} cannot be read ({error.strerror})")


def _said(path: str, root: str) -> str:
    return clean(os.path.relpath(path, root))
