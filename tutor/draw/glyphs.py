"""Text as cells: one string a column, wide characters take two, and an ASCII stand-in for every sign we draw."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import get_character_cell_size

from diagnostics.text import LONGEST_STACK, sign

_STAND_INS = dict(
    zip(
        "━─╌┄│┃╭╮╰╯┛┼╋●○■▌▏▸▾▴▲✓✗‹›·–←→↑↓−—…×÷λΛβμµπΣ‘’“”‖⋯▁▂▃▄▅▆▇█▓▒░▀▐≤≥≠∞±°⁻",
        "=-..|#+++++++@o#>|>v^^+x<>.-<>^v--~x/LLBuupS''\"\"=~_..-==##%+.'|<>#8+ -",
    )
)

_WORDS = str.maketrans(
    {"½": "1/2", "¼": "1/4", "√": "sqrt "}
    | {"λ": "lambda", "ε": "eps", "π": "pi", "Σ": "sum", "°": " deg", "·": "*", "±": "+-"}
)

_POWER = re.compile("[⁻⁰¹²³⁴-⁹]+")

_ARROWS = {"↑↓": "up/down", "←→": "left/right", "↑": "up", "↓": "down", "←": "left", "→": "right"}

_MORE = re.compile("[▾↓](?= (\\d+ )?more)")
"""In ASCII these would be the letter v, which is a key."""

_VARIATION_SELECTORS = frozenset("\ufe0e\ufe0f")

LONGEST = 4096
"""Characters of one row that are looked at; no terminal is as wide."""


@lru_cache(8192)
def cells(text: str, ascii_only: bool = False) -> tuple[str, ...]:
    """The columns that `text` takes: a wide character is followed by "", a combining mark joins the one before.

    This is the canvas' door: what cannot be printed becomes a sign, so no escape and no line break gets onto a screen.
    With `ascii_only` the number of columns stays the same.
    """
    text = text[:LONGEST]
    if text.isascii() and text.isprintable():
        return tuple(text)
    columns: list[str] = []
    for character in _MORE.sub("+", text) if ascii_only else text:
        if character in _VARIATION_SELECTORS:
            continue
        if not character.isprintable():
            character = sign(character)
        size = get_character_cell_size(character)
        if size == 0:
            if columns and not ascii_only:
                last = -1 if columns[-1] else -2
                if len(columns[last]) <= LONGEST_STACK:
                    columns[last] += character
        elif ascii_only:
            columns += stand_in(character) * size
        else:
            columns += [character, ""][:size]
    return tuple(columns)


def stand_in(character: str) -> str:
    """The one ASCII character that stands for `character`: ours from the table, letters without accent, else "?"."""
    if character.isascii():
        return character
    if character in _STAND_INS:
        return _STAND_INS[character]
    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if plain.isascii() and plain.isprintable() else "?"


def spelled(text: str) -> str:
    """Prose for ASCII: what one character cannot stand for is spelt out, so that w² is w^2 and not w2."""
    return _POWER.sub(lambda power: "^" + "".join(map(stand_in, power[0])), text).translate(_WORDS)


def key_name(shown: str, ascii_only: bool) -> str:
    """A key as it is called; in ASCII an arrow is a word, since < and v are keys of their own."""
    if ascii_only:
        for arrow, word in _ARROWS.items():
            shown = shown.replace(arrow, word)
    return shown


def width(text: str) -> int:
    """How many columns `text` takes."""
    return len(cells(text))


def cut(text: str, room: int) -> str:
    """`text` in at most `room` columns, with … where something is missing."""
    columns = cells(text)
    if len(columns) <= room:
        return text
    if room <= 0:
        return ""
    return "".join(columns[: room - 1 - (columns[room - 1] == "" and room > 1)]) + "…"
