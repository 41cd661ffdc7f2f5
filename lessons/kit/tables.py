"""TOML files handed out key by key, each with its type; what is missing, mistyped or unknown is told at its line."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from lessons.kit.names import unknown
from lessons.kit.problems import OBEYED, Problem, read_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(#.*)?")
NAME = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
KEY = re.compile(rf"\s*({NAME}(?:\s*\.\s*{NAME})*)\s*=")


def read_toml(file: Path, found: list[Problem]) -> Table | None:
    """A file's top table; None, and a problem in `found`, where there is none."""
    text = read_text(file, found)
    if text is None:
        return None
    try:
        return Table(tomllib.loads(text), (), Sheet(file, text, found))
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        number = re.search(r"line (\d+)", place)
        line = int(number[1]) if number else text.count("\n") + 1
        found.append(Problem(file, line, f"this is no TOML: {message[:1].lower()}{message[1:]}"))
    except (ValueError, RecursionError):  # a number of thousands of digits, a list a thousand deep
        found.append(Problem(file, None, "a number or a list in it is far too long; shorten it"))
    return None


class Table:
    """One table of a file. A value that is not what it should be is told, and a harmless one stands in for it."""

    def __init__(self, values: dict[str, Any], path: tuple[str, ...], sheet: Sheet) -> None:
        self.values = values
        self.path = path
        self.sheet = sheet
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.values

    @property
    def line(self) -> int:
        """Where it begins in its file."""
        return self.sheet.line(self.path)

    def line_of(self, key: str) -> int:
        return self.sheet.line((*self.path, key))

    def take(self, key: str, what: str, fits: Callable[[Any], bool], instead: Any, required: bool = True) -> Any:
        """The value of a key if it fits, else `instead`; `what` says what fits."""
        self._known.add(key)
        name = ".".join(part for part in (*self.path, key) if not part.isdigit())
        if key not in self.values:
            if required:
                self.wrong(key, f"{name} is missing; it takes {what}")
            return instead
        if not fits(self.values[key]):
            self.wrong(key, f"{name} takes {what}, not {_short(self.values[key])}")
            return instead
        return self.values[key]

    def text(self, key: str, default: str | None = None) -> str:
        """A text with something in it."""
        value: str = self.take(key, "a text in quotes", _is_text, default or "", required=default is None)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """At least one text."""
        return tuple(self.take(key, 'a list of texts, as ["one", "two"]', lambda value: _is_list(value, _is_text), ()))

    def truth(self, key: str) -> bool:
        """False where the key is missing."""
        return bool(self.take(key, "true or false", lambda value: isinstance(value, bool), False, required=False))

    def tables(self, key: str) -> list[Table]:
        """The tables in a list; none where the key is missing."""
        what = f"a list of tables, as {key} = [{{ ... }}, {{ ... }}]"
        entries = self.take(key, what, lambda value: _is_list(value, _is_table), (), required=False)
        return [Table(entry, (*self.path, key, str(place)), self.sheet) for place, entry in enumerate(entries)]

    def children(self, key: str) -> dict[str, Table | None]:
        """The tables in a table, by name; none where the key is missing, None for what is no table."""
        entries = self.take(key, f"tables with names, as [{key}.NAME]", _is_table, {}, required=False)
        children: dict[str, Table | None] = {}
        for name, entry in entries.items():
            children[name] = Table(entry, (*self.path, key, name), self.sheet) if _is_table(entry) else None
            if children[name] is None:
                self.wrong(f"{key}.{name}", f"{name} takes a table, as {name} = {{ ... }}, not {_short(entry)}")
        return children

    def close(self) -> None:
        """Tells of every key that nobody asked for."""
        for key in self.values.keys() - self._known:
            self.wrong(key, unknown("key", key, self._known))

    def wrong(self, key: str, sentence: str) -> None:
        """Tells what is wrong with a key, or with the whole table where it is ""."""
        self.sheet.wrong((*self.path, *filter(None, key.split("."))), sentence)


class Sheet:
    """The file that tables stand in: tells what is wrong at the line of its key."""

    def __init__(self, file: Path, text: str, found: list[Problem]) -> None:
        self.file = file
        self.text = text
        self.found = found

    def wrong(self, path: tuple[str, ...], sentence: str) -> None:
        self.found.append(Problem(self.file, self.line(path), sentence))

    def line(self, path: tuple[str, ...]) -> int:
        """Where a key or a table begins, or else the nearest one around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        return key_lines(self.text)


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Where each key and each table begins, by its path; tables of a list are numbered from 0.

    A search, not a parse, and good enough to point at a line.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    listed: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        if header := HEADER.fullmatch(line):
            table = _names(header[2])
            lines.setdefault(table, number)
            if header[1] == "[[":
                place, listed[table] = listed[table], listed[table] + 1
                table = (*table, str(place))
                lines[table] = number
        elif key := KEY.match(line):
            lines.setdefault((*table, *_names(key[1])), number)
    return lines


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip(" \t\"'") for name in dotted.split("."))


def _short(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not OBEYED.search(value)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any, of: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and bool(value) and all(map(of, value))
