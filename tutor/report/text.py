"""Text in columns, for plain output."""

from __future__ import annotations

import textwrap

WIDTH = 80


def filled(text: str, *, indent: int = 0, first: str = "") -> str:
    """A paragraph wrapped to 80 columns; `first` stands in the indent of its first row."""
    rest = " " * indent
    return textwrap.fill(
        text, WIDTH, initial_indent=first.ljust(indent) if first else rest, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
