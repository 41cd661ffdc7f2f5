"""Frames as lines of JSON, on their way out of the process that runs a demo.

JSON has no infinity and no nan: they travel as "inf", "-inf" and "nan". Standard library only, Python 3.9 and newer.
"""

from __future__ import annotations

import json
import math
import reprlib
from dataclasses import fields, is_dataclass, replace
from typing import Any

from lessons.kit.pictures import KINDS, Frame, Graph, Picture, Surface

LIMIT = 16 * 2**20
"""The longest line that either side sends or takes, in bytes."""

ONCE: dict[type[Any], str] = {Surface: "field", Graph: "nodes"}
"""The field of a picture that is sent only when it changes."""

_KIND = {picture: kind for kind, picture in KINDS.items()}


def to_wire(frame: Frame, before: Frame | None = None) -> dict[str, Any]:
    """The frame as plain data; what is large is None where `before`, the frame last sent, has that very object.

    Numbers may be anything that is one, as torch's 0-dim tensors are. Raises TypeError or ValueError with a sentence
    for the demo's author.
    """
    if not isinstance(frame, Frame):
        raise TypeError(f"a demo yields Frames, and this one yielded {reprlib.repr(frame)}")
    if not isinstance(frame.note, str) or not frame.note.strip():
        raise ValueError("a frame needs a note: one sentence that says what its pictures show")
    if not isinstance(frame.pictures, (tuple, list)):
        raise TypeError("the pictures of a frame are a tuple: write (picture,) for a single one")
    if not isinstance(frame.values, dict):
        raise TypeError("the values of a frame are a dict: a name and a number each")
    earlier = before.pictures if before else ()
    return {
        "pictures": [
            _picture(picture, earlier[place] if place < len(earlier) else None)
            for place, picture in enumerate(frame.pictures)
        ],
        "values": {name: _number(value, f"the value {name!r}") for name, value in frame.values.items()},
        "note": frame.note,
        "step": _number(frame.step, "the frame's step"),
        "steps": _number(frame.steps, "the frame's steps"),
        "measured": list(frame.measured),
    }


def to_line(message: dict[str, Any]) -> bytes:
    """One line of JSON, with its line end; characters that no UTF-8 can carry become question marks."""
    try:
        text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(_spelled(message), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def _picture(picture: Picture, before: Picture | None) -> dict[str, Any]:
    kind = _KIND.get(type(picture))
    if kind is None:
        names = ", ".join(sorted(each.__name__ for each in _KIND))
        raise TypeError(f"a frame's pictures are of {names}, and this one is {reprlib.repr(picture)}")
    where = f"the {kind} {picture.title!r}"
    if part := ONCE.get(type(picture)):
        whole = getattr(picture, part)
        if whole is None:
            raise ValueError(f"{where} has no {part}: yield it every time, it is sent only once")
        if type(before) is type(picture) and getattr(before, part) is whole:
            picture = replace(picture, **{part: None})  # type: ignore[arg-type]
    return {"kind": kind, **{each.name: _plain(getattr(picture, each.name), where) for each in fields(picture)}}


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (tuple, list)):
        if set(map(type, value)) <= {float, int}:  # thousands of heights: no walk through them
            return value
        return [_plain(each, where) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each, where) for name, each in value.items()}
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name), where) for each in fields(value)}
    return _number(value, where)


def _number(value: Any, where: str) -> float:
    """The value as Python's own number. `item` comes first: float() of a tensor that requires grad warns."""
    if type(value) in (float, int):
        return value  # type: ignore[no-any-return]
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ValueError(f"{where} holds {reprlib.repr(value)}, which is no number") from None


def _spelled(value: Any) -> Any:
    """The same data with each non-finite number as a word."""
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, dict):
        return {name: _spelled(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_spelled(each) for each in value]
    return value
