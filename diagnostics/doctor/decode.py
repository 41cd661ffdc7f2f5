"""JSON to Facts: a file that somebody sent, or a line of the probe. Nothing in it is trusted."""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from diagnostics.doctor.facts import SCHEMA, Facts
from diagnostics.text import clean

LARGEST = 4 * 2**20
"""Bytes of a file."""
LONGEST = 2**16
"""Characters of one text."""
MOST = 10_000
"""Entries of one list."""

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
"""What msgspec calls a kind of value -> what a reader does."""

_WRONG = re.compile(r"Expected `([^`]*)`, got `([^`]*)`(?: - at `(?:key in )?\$\.?([^`]*)`)?")
_PLACE = re.compile(r"\(byte (\d+)\)")
_RANGE = re.compile(r"(?:Number|Integer) out of range(?: - at `\$\.?([^`]*)`)?", re.IGNORECASE)


class _Head(msgspec.Struct):
    schema_version: int


class _Line(msgspec.Struct):
    section: str
    facts: msgspec.Raw = msgspec.Raw()
    trouble: str = ""
    hung: bool = False


@dataclass(frozen=True)
class Section:
    """A line of the probe: a section's value, or None and the trouble that kept it from being seen."""

    name: str
    value: Any = None
    trouble: str = ""
    hung: bool = False


def decode(data: bytes, name: str) -> Facts:
    """Facts of a file. Raises ValueError with one sentence that begins with the file's name."""
    name = clean(name)
    data = data.removeprefix(codecs.BOM_UTF8)
    if len(data) > LARGEST:
        raise ValueError(f"{name} is larger than facts can be: {len(data):,} bytes, of at most {LARGEST:,}")
    try:
        schema = msgspec.json.decode(data, type=_Head).schema_version
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{name} holds no facts of a host: {_reason(error, data)}") from None
    if schema < 1:
        raise ValueError(f"{name} holds no facts of a host: no doctor writes schema {schema}")
    if schema > SCHEMA:
        raise ValueError(
            f"{name} was written by a newer doctor (schema {schema}, and this one reads {SCHEMA}): update pytorch-tutor"
        )
    try:
        facts = msgspec.json.decode(data, type=Facts)
        _check(facts, "")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} holds no facts that can be judged: {_reason(error, data)}") from None
    if not facts.troubles and all(getattr(facts, section) is None for section in sections()):
        raise ValueError(f"{name} holds no facts of a host: it has none of their sections")
    return facts


def decode_line(line: bytes) -> Section | None:
    """A line of the probe; None for one that is not, such as what a shell's start-up files print."""
    if not line.startswith(b'{"section"'):
        return None
    try:
        read = msgspec.json.decode(line, type=_Line)
    except (ValueError, RecursionError):
        return None
    if not read.facts or read.section not in sections():
        return Section(read.section, trouble=clean(read.trouble, 400), hung=read.hung)
    try:
        value = msgspec.json.decode(read.facts, type=sections()[read.section])
        _check(value, read.section)
    except (ValueError, RecursionError) as error:
        return Section(read.section, trouble=f"What the probe said of it cannot be read: {_reason(error, read.facts)}")
    return Section(read.section, value)


@cache
def sections() -> dict[str, Any]:
    """Section -> the type of its value, without None."""
    args = {name: get_args(hint) for name, hint in get_type_hints(Facts).items()}
    return {name: kinds[0] for name, kinds in args.items() if type(None) in kinds}


def _check(value: Any, path: str) -> None:
    """Bounds that types do not have. Raises ValueError."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise ValueError(f"{path} is a text of {len(value):,} characters")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path} is out of range")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise ValueError(f"{path} is out of range")
    elif isinstance(value, list | dict):
        _check_all(value, path)
    elif is_dataclass(value):
        for field in fields(value):
            _check(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))


def _check_all(values: list[Any] | dict[str, Any], path: str) -> None:
    if len(values) > MOST:
        raise ValueError(f"{path} has {len(values):,} entries")
    if isinstance(values, dict):
        for key in values:
            _check(key, f"a name in {path}")
        values = list(values.values())
    for index, value in enumerate(values):
        _check(value, f"{path}[{index}]")


def _reason(error: Exception, data: bytes | msgspec.Raw) -> str:
    """What msgspec says in a reader's words."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "its text is not UTF-8"
    words = str(error)
    if wrong := _WRONG.match(words):
        wanted, got, path = wrong.groups()
        wants = " or ".join(_KINDS.get(kind, kind) for kind in wanted.split(" | "))
        return f"{clean(path or 'the whole')} is {_KINDS.get(got, got)}, not {wants}"
    if out := _RANGE.match(words):
        return f"{clean(out[1] or 'a number')} is out of range"
    if place := _PLACE.search(words):
        before = bytes(data)[: int(place[1])]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        return f"it is not JSON from line {line}, column {column}"
    if "truncated" in words:
        return "its JSON ends too early"
    if "required field" in words:
        return "it does not say its schema_version"
    return clean(words[:1].lower() + words[1:])
