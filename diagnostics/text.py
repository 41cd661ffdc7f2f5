"""Untrusted text to what may stand on a screen: names of processes and GPUs, logs, remote JSON, texts of exceptions.

A control byte that reaches a terminal is obeyed, and one that reaches a table or a title tears it. Markup is not
removed: what shows cleaned text must take it as plain text.
"""

from __future__ import annotations

import re
import unicodedata

_LONGEST_STACK = 3
"""More marks than this upon one letter are drawn over the lines above and below it; no language needs them."""

_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and symbols by their category that are drawn as nothing."""

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")


def clean(text: str | bytes, limit: int = 200) -> str:
    """One printable line of at most `limit` characters: what is invisible or would be obeyed is shown as a sign."""
    if isinstance(text, bytes):
        text = text[: 16 * limit + 4].decode("utf-8", "replace")  # four bytes a character, and one more of them
    cut = len(text) > 4 * limit  # before any work: a name may have megabytes
    text = text[: 4 * limit]
    if not (text.isascii() and text.isprintable()):
        text = "".join(_signs(text))
    return text if len(text) <= limit and not cut else text[: limit - 1] + "…"


def clean_lines(text: str | bytes, last: int = 20, limit: int = 200) -> tuple[str, ...]:
    """The `last` lines of what a program printed, each clean, without colours, and as a carriage return left it."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    lines = text.rstrip().split("\n")[-last:] if text.strip() else []
    return tuple(clean(_COLOURS.sub("", line).rstrip("\r").rpartition("\r")[2].expandtabs(), limit) for line in lines)


def _signs(text: str) -> list[str]:
    shown: list[str] = []
    stack = 0
    for character in text:
        stack = stack + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if stack > _LONGEST_STACK:
            if stack == _LONGEST_STACK + 1:
                shown.append("\ufffd")
        else:
            shown.append(_sign(character))
    return shown


def _sign(character: str) -> str:
    """The character itself, or what stands for it."""
    if character == "\t" or unicodedata.category(character) == "Zs":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))  # the pictures of the C0 controls
    if character == "\x7f":
        return "␡"
    return character if character.isprintable() and character not in _BLANK else "\ufffd"
