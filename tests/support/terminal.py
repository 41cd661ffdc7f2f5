"""The terminal's side of a conversation: what keys send, how queries are answered, what stands on the screen."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence

import pyte

KEYS = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "insert": "\x1b[2~", "delete": "\x1b[3~", "pageup": "\x1b[5~", "pagedown": "\x1b[6~",
    "tab": "\t", "shift+tab": "\x1b[Z", "enter": "\r", "escape": "\x1b", "space": " ", "backspace": "\x7f",
    "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "f5": "\x1b[15~",
    **{f"shift+{name}": f"\x1b[1;2{final}" for name, final in zip(("up", "down", "right", "left"), "ABCD")},
    **{f"ctrl+{name}": f"\x1b[1;5{final}" for name, final in zip(("up", "down", "right", "left"), "ABCD")},
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in string.ascii_lowercase},
}  # fmt: skip

MODES = {
    1049: "alternate screen", 1000: "mouse", 1003: "mouse", 1006: "mouse", 1015: "mouse", 1016: "mouse",
    1004: "focus reports", 2004: "bracketed paste", 2026: "synchronized output", 2048: "resize reports",
}  # fmt: skip
"""Private modes that are off in a shell."""

SHOWN_IN_A_SHELL = {25: "hidden cursor", 7: "no line wrap"}
"""Private modes that are on in a shell, and what it is called when they are not."""

_QUERY = re.compile(
    rb"\x1b\[\?(?P<mode>\d+)\$p|\x1b\[0?(?P<attributes>c)|\x1b\[6(?P<cursor>n)|\x1b\[(?P<place>\d+;\d+)H"
)
_SWITCH = re.compile(rb"\x1b\[\?(?P<modes>[\d;]+)(?P<to>[hl])|\x1b\[(?P<keyboard>[<>])\d*u")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[P_^X][^\x1b]*\x1b?)?\Z")
_NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=?][\d;:]*[um]|\x1b[P_^X][^\x1b]*\x1b\\")
"""Keyboard protocol and private attributes, of which pyte draws a part as text; strings addressed to the terminal."""


_SGR = re.compile(rb"\x1b\[([0-9;:]*)m")


class FaintScreen(pyte.Screen):
    """A pyte screen that keeps SGR 2 (faint), which pyte forgets: in the attribute `blink`, which nobody uses."""

    def select_graphic_rendition(self, *attrs: int, **kwargs: object) -> None:
        super().select_graphic_rendition(*_faint_as_blink(attrs), **kwargs)


def _faint_as_blink(attributes: Sequence[int]) -> Iterable[int]:
    rest = list(attributes)
    while rest:
        attribute = rest.pop(0)
        if attribute in (38, 48) and rest:
            length = 4 if rest[0] == 2 else 2
            yield from (attribute, *rest[:length])
            rest = rest[length:]
        elif attribute == 22:
            yield from (22, 25)
        else:
            yield 5 if attribute == 2 else attribute


class Terminal:
    """A screen that is fed bytes and shows what a person would see."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = FaintScreen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._held = b""
        self.settled = True
        """False amid a synchronized update: what stands there now, a terminal would not show."""

    def feed(self, data: bytes) -> None:
        """Any bytes, cut anywhere: an escape sequence that has not ended waits for its rest."""
        data = self._held + data
        unfinished = _UNFINISHED.search(data)
        self._held = unfinished.group() if unfinished else b""
        data = data[: len(data) - len(self._held)]
        began, ended = data.rfind(b"\x1b[?2026h"), data.rfind(b"\x1b[?2026l")
        if began != ended:
            self.settled = ended > began
        self._stream.feed(_NOT_FOR_PYTE.sub(b"", data))

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)

    def text(self) -> str:
        """The screen, each row without its trailing blanks."""
        return "\n".join(self.rows())

    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]


class Answers:
    """What a modern terminal says to what Textual asks: synchronized output yes, resize reports no."""

    def __init__(self) -> None:
        self._tail = b""
        self._place = b"1;1"
        """Where the cursor was set to last."""

    def to(self, data: bytes) -> bytes:
        """The reply to every query that ends in `data`, which goes on where the last one stopped."""
        data = self._tail + data
        unfinished = _UNFINISHED.search(data)
        self._tail = unfinished.group() if unfinished else b""
        return b"".join(self._answer(query) for query in _QUERY.finditer(data[: len(data) - len(self._tail)]))

    def _answer(self, query: re.Match[bytes]) -> bytes:
        if query["place"]:
            self._place = query["place"]
            return b""
        if query["mode"]:
            return b"\x1b[?%s;%d$y" % (query["mode"], 2 if query["mode"] == b"2026" else 0)
        return b"\x1b[?62;22c" if query["attributes"] else b"\x1b[%sR" % self._place


def key_bytes(*keys: str) -> bytes:
    """What the terminal sends for these keys: names as Textual has them, or single characters."""
    for key in keys[:-1]:
        if key == "escape":
            raise ValueError("escape can only be the last key of a press: with a key at its heels it reads as alt")
    unknown = [key for key in keys if key not in KEYS and len(key) != 1]
    if unknown:
        raise ValueError(f"no key is called {unknown[0]!r}; a name of KEYS or one character is")
    return "".join(KEYS.get(key, key) for key in keys).encode()


def left_on(output: bytes) -> list[str]:
    """What a program that wrote all of `output` did not put back: empty if the terminal is as a shell wants it."""
    now = {**dict.fromkeys(MODES, False), **dict.fromkeys(SHOWN_IN_A_SHELL, True)}
    keyboards = 0
    for switch in _SWITCH.finditer(output):
        if switch["keyboard"]:
            keyboards += 1 if switch["keyboard"] == b">" else -1
        for mode in (switch["modes"] or b"").split(b";"):
            if mode.isdigit() and int(mode) in now:
                now[int(mode)] = switch["to"] == b"h"
    names = [name for mode, name in MODES.items() if now[mode]]
    names += [name for mode, name in SHOWN_IN_A_SHELL.items() if not now[mode]]
    names += ["keyboard protocol"] if keyboards > 0 else []
    return list(dict.fromkeys(names))


def colour_kinds(output: bytes) -> set[str]:
    """Which palettes the colour codes in `output` are of: "16", "256", "true"; bright black as "90"."""
    found: set[str] = set()
    for codes in _SGR.findall(output):
        numbers: Iterator[int] = iter(int(code or 0) for code in re.split(b"[;:]", codes))
        for number in numbers:
            if number in (38, 48):
                kind = {5: "256", 2: "true"}[next(numbers)]
                for _ in range({"256": 1, "true": 3}[kind]):
                    next(numbers)
                found.add(kind)
            elif number in (90, 100):
                found.add("90")
            elif number in (*range(30, 38), *range(40, 48), *range(91, 98), *range(101, 108)):
                found.add("16")
    return found
