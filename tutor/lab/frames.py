"""A frame as it comes over the wire, read and checked: what passes here can be drawn without a second look."""

from __future__ import annotations

import math
from dataclasses import is_dataclass, replace
from typing import Any

import msgspec

from diagnostics.text import clean
from lessons.kit.pictures import KINDS, Field, Frame, Meter, Picture, Surface

LONGEST = 400
"""Characters of a note, a title or a name that are kept."""


class _Frame(msgspec.Struct):
    note: str
    pictures: tuple[msgspec.Raw, ...]
    values: dict[str, float]
    step: int = 0
    steps: int = 0
    measured: tuple[str, ...] = ()


class _Kind(msgspec.Struct):
    kind: str


# strict=False turns "inf" and "nan" into numbers. A decoder a kind: msgspec knows no unions of dataclasses.
_FRAME = msgspec.json.Decoder(_Frame, strict=False)
_KIND = msgspec.json.Decoder(_Kind)
_PICTURES = {kind: msgspec.json.Decoder(picture, strict=False) for kind, picture in KINDS.items()}


def read_frame(text: bytes | msgspec.Raw, before: Frame | None) -> Frame:
    """The frame in `text`, its unchanged fields taken from `before`. Raises ValueError with a sentence."""
    try:
        wire = _FRAME.decode(text)
        earlier = before.pictures if before else ()
        pictures = tuple(
            _picture(raw, earlier[place] if place < len(earlier) else None) for place, raw in enumerate(wire.pictures)
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"its frame cannot be read: {clean(str(error))}") from None
    values, measured = _clean(wire.values), _clean(wire.measured)
    return Frame(pictures, values, clean(wire.note, LONGEST), wire.step, wire.steps, measured)


def _picture(raw: msgspec.Raw, before: Picture | None) -> Picture:
    kind = _KIND.decode(raw).kind
    if kind not in _PICTURES:
        raise ValueError(f"its frame has a picture of an unknown kind, {clean(kind, 40)!r}")
    picture: Picture = _clean(_PICTURES[kind].decode(raw))
    if isinstance(picture, Surface):
        if picture.field is None and isinstance(before, Surface):
            return replace(picture, field=before.field)
        _check_field(picture.title, picture.field)
    if isinstance(picture, Meter) and not picture.zones:
        raise ValueError(f"the meter {picture.title!r} has no zones")
    return picture


def _check_field(title: str, field: Field | None) -> None:
    if field is None:
        raise ValueError(f"the surface {title!r} has no field")
    if field.columns < 2 or field.rows < 2 or field.rows * field.columns != len(field.heights):
        raise ValueError(f"the {len(field.heights)} heights of {title!r} are no grid of {field.columns} columns")
    for low, high in (field.x, field.y):
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"the sides of {title!r} go from a low to a high number, not {low:g} to {high:g}")


def _clean(value: Any) -> Any:
    """The same data with every text in it clean."""
    if isinstance(value, str):
        return clean(value, LONGEST)
    if isinstance(value, tuple):
        return value if set(map(type, value)) <= {float, int} else tuple(map(_clean, value))
    if isinstance(value, dict):
        return {clean(name, LONGEST): _clean(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {name: fresh for name, each in vars(value).items() if (fresh := _clean(each)) is not each}
        return replace(value, **changed) if changed else value
    return value
