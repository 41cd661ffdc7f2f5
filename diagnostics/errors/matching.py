"""From a message to the entry of the catalogue that explains it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from diagnostics.errors.catalogue import ENTRIES
from diagnostics.errors.entry import Entry, Wording

PLACES = 8
"""Places of one line at which a message may begin, after what programs put before it."""


@dataclass(frozen=True)
class Match:
    """An entry, how it was told, and what its wording found; `line` is the line of the message that told it."""

    entry: Entry
    title: str
    line: str


_BEGINS = re.compile(r"^|: |\(['\"]|\] |- ", re.MULTILINE)
_ERROR = re.compile(r"\b(?i:error|exception|failed|fatal|critical)\b|what\(\)")
_COLON = re.compile(": +")
_QUIET = re.compile(r"\W*(?:\S+\W+){0,5}?(?:INFO|DEBUG|WARNING|WARN|TRACE|NOTICE)\b")


def find(message: str, calls: str = "", *, warning: bool = False) -> Match | None:
    """What explains the message of an exception, which some calls led to; None where the catalogue knows nothing."""
    for text in (message, message.replace("\n", " ")):  # what draws a box breaks long lines
        for entry, wording, found, start in _candidates(text):
            if entry.fits(calls) and (entry.warning or entry.category == "cuda-setup" or not warning):
                return _match(entry, wording, found, _line_at(text, start))
    return None


def find_bare(line: str, at_once: bool) -> Match | None:
    """The same for a line that names no exception: one that begins with a message, or says that it is an error.

    `at_once`: whether it may only begin with one.
    """
    for place in [0] if at_once else [0, *_after_error(line)]:
        if _passes(line, place) and not _QUIET.match(line):
            for entry, wording in _pairs():
                found = wording.compiled.match(line, place)
                if found and entry.fits("") and not entry.warning:
                    return _match(entry, wording, found, line)
    return None


def may_begin(line: str) -> bool:
    """Whether a message may begin with the line: quick, and rarely wrong."""
    return line[:4] in _beginnings()


def _after_error(line: str) -> list[int]:
    """Where a message may begin in a line that says that it tells of an error."""
    word = _ERROR.search(line, 0, 200)
    return [colon.end() for colon in _COLON.finditer(line, word.end(), word.end() + 120)][:PLACES] if word else []


@lru_cache(maxsize=512)
def _candidates(message: str) -> tuple[tuple[Entry, Wording, re.Match[str], int], ...]:
    return tuple(_search(message))


def _search(message: str) -> Iterator[tuple[Entry, Wording, re.Match[str], int]]:
    places = 0
    for begin in _BEGINS.finditer(message):
        places = 0 if begin.end() == 0 or message[begin.end() - 1] == "\n" else places + 1
        if places < PLACES and _passes(message, begin.end()):
            for entry, wording in _pairs():
                if found := wording.compiled.match(message, begin.end()):
                    yield entry, wording, found, begin.end()


def _match(entry: Entry, wording: Wording, found: re.Match[str], line: str) -> Match:
    groups = {name: text or "?" for name, text in found.groupdict().items()}
    return Match(entry, (wording.title or entry.title).format_map(groups), line)


def _line_at(message: str, start: int) -> str:
    first = message.rfind("\n", 0, start) + 1
    return message[first:].split("\n", 1)[0]


@cache
def _pairs() -> tuple[tuple[Entry, Wording], ...]:
    return tuple((entry, wording) for entry in ENTRIES for wording in entry.wordings)


def _passes(text: str, place: int) -> bool:
    """Whether some wording fits there: most texts are refused in one go, with all wordings as one expression."""
    if _gate(False).match(text, place):
        return True
    return _INNER.search(text, place, place + 400) is not None and _gate(True).match(text, place) is not None


@cache
def _gate(inner: bool) -> re.Pattern[str]:
    """`inner`: of the wordings whose own words begin anywhere in a line, which are slow to refuse."""
    patterns = (wording.pattern for _, wording in _pairs() if wording.pattern.startswith(_SLOW) == inner)
    return re.compile("|".join(f"(?:{_NAME.sub('(?:', pattern)})" for pattern in patterns))


_SLOW = (".{", r"\S", r"(?P<name>.{")
_INNER = re.compile(
    r"Assertion|atchdog|Allocator|not enough memory|socket|in use|NCCL|ncclRemote|peer \[|Broken pipe|monitoredBarrier|"
    r"unsafe to autocast|Timed out waiting|capability sm_|\.so|lib\w+: symbol|attempted to run"
)
"""A word of each of those."""


_NAME = re.compile(r"\(\?P<\w+>")
_PLAIN = re.compile(r"(?:[\w \"'-]|\\[().\[\]$\\])+")


@cache
def _beginnings() -> frozenset[str]:
    """The first four characters of the wordings that begin with plain text."""
    plain = (_PLAIN.match(option) for _, wording in _pairs() for option in _options(wording.pattern))
    return frozenset(text[:4] for found in plain if found and len(text := found.group().replace("\\", "")) >= 4)


def _options(pattern: str) -> list[str]:
    """The pattern with the alternatives of a group or a set at its start written out."""
    if found := re.match(r"\[(\w)(\w)\]", pattern):
        return [letter + pattern[found.end() :] for letter in found.groups()]
    if found := re.match(r"\((?:\?:)?([\w |]+)\)(?!\?)", pattern):
        return [word + pattern[found.end() :] for word in found.group(1).split("|")]
    return pattern.split("|") if "(" not in pattern else [pattern]
