"""Text that somebody else chose: the worst of it, a strategy that mixes it, and what must not leave the program."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from hypothesis import strategies as st

WORST = {
    "clears the screen": "\x1b[2J\x1b[H",
    "hides what follows": "\x1b[8m",
    "sets the title": "\x1b]0;pwned\x07",
    "sets the clipboard": "\x1b]52;c;cm0gLXJmIH4K\x1b\\",
    "links": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "C1": "\x9b2J\x9d0;pwned\x9c\x90q\x85",
    "C1 as bytes": "\udc9b2J",
    "controls": "\x00\x01\x05\x07\x08\x0b\x0c\x0e\x0f\x11\x13\x1a\x7f",
    "lines": "one\ntwo\r\nthree\rfour",
    "bidi": "\u202egpj.exe\u202c \u2066a\u2069 \u200e\u200f\u061c",
    "invisible": "pay\u200bpal\u200d\u2060\u00ad\ufeff\u180e\u3164\u2800\u115f",
    "tags": "\U000e0041\U000e007f\U000e0001",
    "spaces": "a\xa0b\u3000c\u2028d\u2029e\tf",
    "surrogates": "\udcff\ud800\udfff",
    "a tower": "e" + "\u0301\u20dd" * 40,
    "wide": "界한😀👩‍👩‍👧🇩🇪",
    "unassigned": "\U000378ff\u0378\ue000\U0010ffff",
    "a tag that closes nothing": "x[/foo]y",
    "a tag half closed": "[/'",
    "a link in markup": "[link=http://evil.example]y[/link]",
    "an action": "[@click=app.exit]here[/]",
    "a colour": "[red]x[/red] [$primary]y [",
    "long": "m" * 5000 + "\x1b[31m" + "界" * 2000,
}

ALL = "".join(text for name, text in WORST.items() if name not in ("lines", "long"))

hostile = st.lists(
    st.sampled_from([*WORST.values(), "name", " ", "train.py", "12.4"]) | st.text(st.characters(), max_size=4),
    min_size=1,
    max_size=6,
).map("".join)

OURS = re.compile(r"\x1b\[(?:[0-479]|[39][0-7]|4[0-7]|10[0-7])(?:;(?:[0-479]|[39][0-7]|4[0-7]|10[0-7]))*m")
"""The styles of a report in 16 colours."""


def unprintable(printed: str) -> list[str]:
    """What plain output must not have: all but printable characters, line ends, tabs and our own styles."""
    return [one for one in OURS.sub("", printed) if not (one.isprintable() or one in "\n\t")]


T = TypeVar("T")


def spoiled(value: T, spoil: Callable[[str], str]) -> T:
    """The same plain data with every text in it, names of things included, given to `spoil`."""
    return _spoiled(value, spoil)  # type: ignore[no-any-return]


def _spoiled(value: Any, spoil: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return spoil(value)
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(_spoiled(each, spoil) for each in value)
    if isinstance(value, dict):
        return {_spoiled(name, spoil): _spoiled(each, spoil) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _spoiled(getattr(value, each.name), spoil) for each in fields(value)})
    return value
