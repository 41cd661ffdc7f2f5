"""Colour tokens: what each means in every theme and colour depth. Everything drawn names a token, never a colour.

A value is a colour, an attribute ("dim") or "", which leaves the terminal's own. The 256-colour tables hold numbers of
that palette, the 16-colour table uses the reader's own colours and never bright black, which Solarized shows as its
background.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[str, str]


def _ramp(*colours: str) -> dict[str, str]:
    """Bands of a surface from the highest to the lowest."""
    return {f"ramp{i}": colour for i, colour in enumerate(colours)}


def _indexed(number: int) -> str:
    """The RGB value that arrives as `number` of the 256 colours.

    Rich rounds the 24 greys by a scale of its own, so their exact values would arrive as a neighbour.
    """
    if number >= 232:
        level = round((number - 231) / 25 * 255)
        return f"#{level:02x}{level:02x}{level:02x}"
    if number == 231:
        return "#ffffff"
    steps = (0, 95, 135, 175, 215, 255)
    red, green, blue = (steps[(number - 16) // place % 6] for place in (36, 6, 1))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _indexed_table(numbers: Mapping[str, int], ramp: tuple[int, ...]) -> Table:
    return {token: _indexed(n) for token, n in numbers.items()} | _ramp(*map(_indexed, ramp))


DARK: Table = {
    "bg": "#16181d",
    "panel": "#1d2026",
    "raised": "#2a2e36",
    "rule": "#3c414b",
    "faint": "#838a97",
    "muted": "#abb2be",
    "text": "#d9dce1",
    "bright": "#f6f7f9",
    "accent": "#6fb8e0",
    "warn": "#e3b35a",
    "danger": "#f0706a",
    "code": "#d6c7a1",
    "s1": "#6fb8e0",
    "s2": "#d6b370",
    "s3": "#c99bd0",
    "s4": "#9bb8a0",
    "p1": "#275877",
    "p2": "#655b43",
    "p3": "#584d64",
    "p4": "#3f7fa2",
    "p5": "#3c5e56",
    "p6": "#5f4a48",
    "fill": "#3f7fa2",
    **_ramp(
        *("#21262e", "#222b37", "#233241", "#243b4c", "#254359"),
        *("#284d67", "#2b5876", "#316485", "#387396", "#4283a8"),
    ),
}

LIGHT: Table = {
    "bg": "#faf9f6",
    "panel": "#f1f0ec",
    "raised": "#e3e1db",
    "rule": "#c9c6bf",
    "faint": "#6b6965",
    "muted": "#504f4c",
    "text": "#2b2c2f",
    "bright": "#0f1012",
    "accent": "#0a6590",
    "warn": "#8a5a00",
    "danger": "#b3261e",
    "code": "#6b4a12",
    "s1": "#0a6590",
    "s2": "#8a5a00",
    "s3": "#7b3f86",
    "s4": "#3f6b4a",
    "p1": "#a9cade",
    "p2": "#e2d7b9",
    "p3": "#d8cade",
    "p4": "#cfe3ee",
    "p5": "#c2d8cc",
    "p6": "#e3cbc5",
    "fill": "#6fa4c2",
    **_ramp(
        *("#e9ebe9", "#e1e7e8", "#d7e2e6", "#cadae2", "#bbd2dd"),
        *("#aac9da", "#97bed3", "#83b1cb", "#6fa4c2", "#5b96b8"),
    ),
}

DARK_256 = _indexed_table(
    {
        "bg": 233,
        "panel": 234,
        "raised": 236,
        "rule": 238,
        "faint": 245,
        "muted": 249,
        "text": 253,
        "bright": 255,
        "accent": 74,
        "warn": 179,
        "danger": 203,
        "code": 187,
        "s1": 74,
        "s2": 179,
        "s3": 176,
        "s4": 108,
        "p1": 24,
        "p2": 58,
        "p3": 60,
        "p4": 67,
        "p5": 23,
        "p6": 95,
        "fill": 67,
    },
    ramp=(*range(235, 243), 67),
)

LIGHT_256 = _indexed_table(
    {
        "bg": 231,
        "panel": 255,
        "raised": 253,
        "rule": 251,
        "faint": 242,
        "muted": 239,
        "text": 236,
        "bright": 233,
        "accent": 24,
        "warn": 94,
        "danger": 124,
        "code": 58,
        "s1": 24,
        "s2": 94,
        "s3": 53,
        "s4": 22,
        "p1": 110,
        "p2": 187,
        "p3": 146,
        "p4": 153,
        "p5": 151,
        "p6": 181,
        "fill": 67,
    },
    ramp=(*range(254, 246, -1), 67),
)

ANSI_16: Table = {
    **_ramp(*[""] * 10),
    **dict.fromkeys(("bg", "panel", "raised", "p1", "p2", "p3", "p4", "p5", "p6"), ""),
    **dict.fromkeys(("muted", "text", "code", "s4"), ""),
    "rule": "dim",
    "faint": "dim",
    "bright": "bold",
    "accent": "cyan",
    "warn": "yellow",
    "danger": "red",
    "s1": "cyan",
    "s2": "yellow",
    "s3": "magenta",
    "fill": "cyan",
}

NO_COLOUR: Table = {
    **ANSI_16,
    **dict.fromkeys(("accent", "warn", "danger", "s1"), "bold"),
    "s2": "",
    "fill": "",
    "s3": "dim",
    "s4": "underline",
}

TABLES: dict[tuple[str, str], Table] = {
    ("dark", "true"): DARK,
    ("dark", "256"): DARK_256,
    ("light", "true"): LIGHT,
    ("light", "256"): LIGHT_256,
    **{(theme, "16"): ANSI_16 for theme in ("dark", "light")},
    **{(theme, "none"): NO_COLOUR for theme in ("dark", "light")},
}
