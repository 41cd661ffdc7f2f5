"""Untrusted text to what may stand on a screen: names of processes and GPUs, logs, remote JSON, texts of exceptions.

A control byte that reaches a terminal is obeyed, and one that reaches a table or a title tears it. The canvas, the
streams and the screen let none through (`sign`, `printable`); `clean` is for where text comes in, and one short line
is wanted. Markup is not removed: what shows cleaned text must take it as plain text.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_STACK = 3
"""More marks than this upon one letter are drawn over the lines above and below it; no language needs them."""

_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and symbols by their category that are drawn as nothing."""

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")

_LAYOUT = re.compile(r"([\n\t]+)")

_RAW_IN_JSON = re.compile(r"[\x7f-\x9f]|[^\x00-\x7f]")


def clean(text: str | bytes, limit: int = 200) -> str:
    """One printable line of at most `limit` characters: what is invisible or would be obeyed is shown as a sign."""
    if isinstance(text, bytes):
        text = text[: 16 * limit + 4].decode("utf-8", "replace")  # four bytes a character, and one more of them
    cut = len(text) > 4 * limit  # before any work: a name may have megabytes
    text = text[: 4 * limit]
    text = _line(text)
    return text if len(text) <= limit and not cut else text[: limit - 1] + "…"


def clean_lines(text: str | bytes, last: int = 20, limit: int = 200) -> tuple[str, ...]:
    """The `last` lines of what a program printed, each clean, without colours, and as a carriage return left it."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    lines = text.rstrip().split("\n")[-last:] if text.strip() else []
    return tuple(clean(_COLOURS.sub("", line).rstrip("\r").rpartition("\r")[2].expandtabs(), limit) for line in lines)


def printable(text: str) -> str:
    """All of a text, with signs as `clean` has them, but for its line ends and tabs, which stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if number % 2 else _line(part) for number, part in enumerate(_LAYOUT.split(text)))


def printable_json(line: bytes) -> bytes:
    """The same JSON, in UTF-8, with every character escaped that a terminal could obey or hide: readers get it back."""
    if line.isascii() and b"\x7f" not in line:  # no encoder leaves the others raw
        return line
    return _RAW_IN_JSON.sub(lambda found: _escaped(found[0]), line.decode("utf-8", "surrogatepass")).encode()


def _escaped(character: str) -> str:
    """As JSON spells it where it cannot be printed: beyond 16 bits in two halves."""
    if character.isprintable() and character not in _BLANK:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _line(text: str) -> str:
    return text if text.isascii() and text.isprintable() else "".join(_signs(text))


def _signs(text: str) -> list[str]:
    shown: list[str] = []
    stack = 0
    for character in text:
        stack = stack + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if stack > LONGEST_STACK:
            if stack == LONGEST_STACK + 1:
                shown.append("\ufffd")
        else:
            shown.append(sign(character))
    return shown


def sign(character: str) -> str:
    """The character itself, or what stands for it where it is invisible or would be obeyed: as wide as most, or 1."""
    if character == "\t" or unicodedata.category(character) == "Zs":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))  # the pictures of the C0 controls
    if character == "\x7f":
        return "␡"
    return character if character.isprintable() and character not in _BLANK else "\ufffd"
