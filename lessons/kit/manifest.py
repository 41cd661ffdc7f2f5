"""Manifest: `course.toml` and `lesson.toml` as data. Reading goes on after a fault, so that all are told at once."""

from __future__ import annotations

import keyword
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessons.kit.course import Demo, Reading, Topic
from lessons.kit.exercise import Exercise, Term
from lessons.kit.knobs import Choice, Knob, Slider, Toggle, Value
from lessons.kit.names import unknown
from lessons.kit.problems import Problem
from lessons.kit.tables import Table, read_toml


@dataclass(frozen=True)
class Outline:
    """What `course.toml` says: the course's title, and its topics' folders in their order, listed in `line`."""

    title: str = ""
    topics: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True)
class Manifest:
    """What `lesson.toml` says. The knobs of the demos in `spoiled` could not all be read."""

    topic: Topic
    spoiled: frozenset[str]


def read_outline(folder: Path, found: list[Problem]) -> Outline:
    """What `course.toml` says, as far as it can be read; what is wrong with it goes to `found`."""
    table = read_toml(folder / "course.toml", found)
    if table is None:
        return Outline()
    title = table.text("title")
    names: list[str] = []
    for name in table.texts("topics"):
        if not name.isidentifier():
            table.wrong("topics", f"{name!r} is no name of a topic; use small letters and _, as in learning_rate")
        elif name in names:
            table.wrong("topics", f"topic {name} is listed twice; take one of them away")
        elif not _is_folder(folder / name):
            table.wrong("topics", f"topic {name} has no folder; create {name}/ or take it off the list")
        else:
            names.append(name)
    table.close()
    return Outline(title, tuple(names), table.line_of("topics"))


def read_topic(folder: Path, found: list[Problem]) -> Manifest | None:
    """What a topic's `lesson.toml` says; None where it cannot be read. What is wrong with it goes to `found`."""
    table = read_toml(folder / "lesson.toml", found)
    if table is None:
        return None
    title, summary = table.text("title"), table.text("summary")
    minutes = table.take("minutes", "a whole number of minutes, as 15", _is_minutes, 0)
    objectives = table.texts("objectives")
    read = tuple(_reading(entry) for entry in table.tables("read"))
    demos: dict[str, Demo] = {}
    spoiled: set[str] = set()
    for name, entry in table.children("demo").items():
        demos[name], whole = _demo(name, entry) if entry else (Demo(name, "", "", ()), False)
        if not whole:
            spoiled.add(name)
    exercises = {
        name: _exercise(folder, name, entry) for name, entry in table.children("exercise").items() if entry is not None
    }
    terms = tuple(_term(entry) for entry in table.tables("term"))
    table.close()
    topic = Topic(folder.name, title, summary, minutes, objectives, demos, read, exercises, terms, folder)
    return Manifest(topic, frozenset(spoiled))


def _exercise(topic: Path, name: str, table: Table) -> Exercise:
    _check_name(name, table)
    title, asks, section = table.text("title"), table.text("asks"), table.text("section")
    table.close()
    return Exercise(topic.name, name, title, asks, section, topic / "exercises" / name, table.line)


def _term(table: Table) -> Term:
    name, means, section = table.text("name"), table.text("means"), table.text("section")
    table.close()
    return Term(name, means, section, table.line)


def _reading(table: Table) -> Reading:
    title = table.text("title")
    url = table.take("url", 'an address, as "https://pytorch.org/..."', _is_address, "")
    table.close()
    return Reading(title, url)


def _demo(name: str, table: Table) -> tuple[Demo, bool]:
    """The demo, and whether all of its knobs could be read."""
    _check_name(name, table)
    title, shows = table.text("title"), table.text("shows")
    entries = table.children("knobs")
    table.close()
    read = {knob: _knob(knob, entry) if entry else None for knob, entry in entries.items()}
    for knob in read.values():
        if knob and (entry := entries[knob.name]):
            _check_used(knob, {other: read[other] for other in read if other != knob.name}, entry)
    knobs = tuple(knob for knob in read.values() if knob)
    return Demo(name, title, shows, knobs), len(knobs) == len(entries)


def _check_name(name: str, table: Table) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        table.wrong("", f"{name!r} cannot be a name in Python; use letters, digits and _")


def _knob(name: str, table: Table) -> Knob | None:
    """The knob, or None and a problem."""
    _check_name(name, table)
    kinds = [kind for kind in ("slider", "choice", "toggle") if kind in table]
    used = _used(table)
    knob: Knob | None = None
    if len(kinds) != 1:
        table.wrong("", f"{name} is one of slider, choice and toggle; write as {name} = {{ toggle = false }}")
        return None
    if kinds == ["slider"]:
        knob = _slider(name, table, used)
    elif kinds == ["choice"]:
        knob = _choice(name, table, used)
    else:
        knob = Toggle(name, table.truth("toggle"), used)
    table.close()
    return knob


def _slider(name: str, table: Table, used: dict[str, tuple[Value, ...]]) -> Slider | None:
    ends = table.take("slider", "two numbers, the lower one first, as [0.0, 1.0]", _is_range, None)
    default = table.take("default", "a number", _is_number, None)
    log = table.take("scale", '"log" or "linear"', _is_scale, "linear", required=False) == "log"
    whole = table.truth("whole")
    if ends is None or default is None:
        return None
    low, high = ends
    if log and low <= 0:
        table.wrong("slider", f"{name} has a log scale from {low:g}; such a scale begins above 0")
        return None
    if whole and not all(isinstance(number, int) for number in (low, high, default)):
        table.wrong("slider", f"{name} is whole; write both ends and the default without a point")
        return None
    number = int if whole else float
    knob = Slider(name, number(low), number(high), number(default), log, whole, used)
    try:
        knob.parse(str(default))
    except ValueError as error:
        table.wrong("default", f"the default does not fit: {error}")
    return knob


def _choice(name: str, table: Table, used: dict[str, tuple[Value, ...]]) -> Choice | None:
    options = table.texts("choice")
    default = table.text("default", options[0] if options else "")
    if len({option.casefold() for option in options}) < max(2, len(options)):
        table.wrong("choice", f"{name} is a choice; give it at least two options, all different")
        return None
    if default not in options:
        table.wrong("default", unknown("option", default, options, of=name))
    return Choice(name, options, default, used, table.truth("typed"))


def _used(table: Table) -> dict[str, tuple[Value, ...]]:
    what = 'the values of other knobs for which this one matters, as { optimizer = ["Adam"] }'
    used = table.take("used", what, _is_used, {}, required=False)
    return {name: tuple(values) for name, values in used.items()}


def _check_used(knob: Knob, others: dict[str, Knob | None], table: Table) -> None:
    for name, values in knob.used.items():
        if name not in others:
            table.wrong("used", unknown("other knob", name, others))
        elif other := others[name]:
            for value in values:
                if not _holds(other, value):
                    table.wrong("used", f"{knob.name} is used when {name} is {value!r}, which {name} never is")


def _holds(knob: Knob, value: Value) -> bool:
    """Whether the knob can stand at the value."""
    if isinstance(knob, Toggle):
        return isinstance(value, bool)
    if isinstance(knob, Choice):
        return value in knob.options or knob.typed
    return _is_number(value) and knob.low <= float(value) <= knob.high


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # behind a folder that may not be entered
        return False


def _is_minutes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("https://") and value.isprintable()


def _is_number(value: Any) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max  # an int may be larger; nan is not


def _is_scale(value: Any) -> bool:
    return value in ("log", "linear")


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] < value[1]


def _is_used(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(entry, list) and entry and all(isinstance(item, (str, int, float)) for item in entry)
        for entry in value.values()
    )
