"""A frame as it comes over the wire, read and checked: what passes here can be drawn without a second look."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any

import msgspec

from diagnostics.text import clean
from lessons.kit.pictures import KINDS, Frame, Picture
from lessons.kit.wire import ONCE
from tutor.lab.checked import check

LONGEST = 400
"""Characters of a note, a title or a name that are kept."""


MOST_PICTURES, MOST_VALUES = 8, 200


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
        if len(wire.pictures) > MOST_PICTURES or len(wire.values) > MOST_VALUES:
            raise ValueError(
                f"its frame has {len(wire.pictures)} pictures and {len(wire.values)} values; "
                f"{MOST_PICTURES} and {MOST_VALUES} are the most"
            )
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
    part = ONCE.get(type(picture))
    if part and getattr(picture, part) is None and type(before) is type(picture):
        picture = replace(picture, **{part: getattr(before, part)})
    check(picture)
    return picture


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
