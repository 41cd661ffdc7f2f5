"""A topic begun: a small sound one from the sample beside this module, and its name on the course's list."""

from __future__ import annotations

import keyword
import os
import re
import shutil
import sys
from pathlib import Path

from lessons.kit.course import load_course
from lessons.kit.problems import CourseError, Problem, read_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SAMPLE = Path(__file__).parent / "sample"

NAMED = ("lesson.toml", "lesson.md")
"""The files in which the topic is named: @name@ is its folder, @title@ what the reader sees."""

LONGEST = 40

NEW_COURSE = 'title = "A course"\ntopics = ["{name}"]\n'

TOPICS = re.compile(r"^(topics\s*=\s*\[)([^\]]*)(\])", re.MULTILINE)


def begin(folder: Path, name: str) -> Path:
    """Makes a topic in a course's folder, and the course where there is none; the topic's folder.

    Raises ValueError with a sentence for a name that will not do, CourseError for a course that cannot be read, and
    OSError; then nothing was made.
    """
    _judge_name(name)
    title = name.replace("_", " ").capitalize()
    topic, outline = folder / name, folder / "course.toml"
    if os.path.lexists(topic):
        raise ValueError(f"there is a {name} in it already; choose another name, or take that away")
    listing = _listed(folder, outline, name, title)
    made = folder / f".{name}.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _copy(made, name, title)
        made = made.rename(topic)
        _write(outline, listing)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return topic


def _judge_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ValueError(f"{name!r} cannot be a topic's name; use small letters, digits and _, as in learning_rate")
    if len(name) > LONGEST:
        raise ValueError(f"the name has {len(name)} letters; a topic's name may have {LONGEST}")


def _listed(folder: Path, outline: Path, name: str, title: str) -> str:
    """The text of course.toml with the topic at the end of its list. Raises ValueError and CourseError."""
    if not os.path.lexists(outline):
        return NEW_COURSE.format(name=name)
    course = load_course(folder)
    if f"{name}_step" in course.exercises:
        raise ValueError(f"the course has an exercise {name}_step already; choose another name")
    if title.casefold() in {term.name.casefold() for topic in course.topics for term in topic.terms}:
        raise ValueError(f"the course has a term {title!r} already; choose another name")
    found: list[Problem] = []
    text = read_text(outline, found)
    if text is None:
        raise CourseError(found)
    return _appended(text, name)


def _appended(text: str, name: str) -> str:
    """The text with one more topic, all else as it was written. Raises ValueError where that is no simple matter."""
    before = tomllib.loads(text)
    after = TOPICS.sub(lambda found: f"{found[1]}{_with(found[2], name)}{found[3]}", text, count=1)
    try:
        if tomllib.loads(after) == {**before, "topics": [*before["topics"], name]}:
            return after
    except tomllib.TOMLDecodeError:
        pass
    raise ValueError(f'the list of topics is written in a way of its own; add "{name}" to it, then begin anew')


def _with(names: str, name: str) -> str:
    """The inside of a list with one more name, on a line of its own where the last one has one."""
    inside = names.rstrip()
    comma = "" if inside.endswith(",") else ","
    lines = re.findall(r"\n([ \t]*)\S", names)
    gap = f"\n{lines[-1]}" if lines else " "
    return f'{inside}{comma}{gap}"{name}"{"," if lines else ""}{names[len(inside) :]}'


def _copy(part: Path, name: str, title: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SAMPLE, part, ignore=ignored, copy_function=shutil.copyfile)
    (part / "exercises" / "step").rename(part / "exercises" / f"{name}_step")
    for file in NAMED:
        text = (part / file).read_text("utf-8").replace("@name@", name).replace("@title@", title)
        (part / file).write_text(text, "utf-8")


def _write(file: Path, text: str) -> None:
    """All of it or nothing."""
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf-8")
    part.replace(file)
