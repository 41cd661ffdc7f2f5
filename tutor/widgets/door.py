"""Door: the last place before the screen that sees text as text, of every widget, Textual's own ones too.

And `literal`, for the one of them that takes no text that is not markup: the palette.
"""

from __future__ import annotations

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from diagnostics.text import sign


class Door(LineFilter):
    """Lets through what can be printed; all else becomes a sign as wide as it, and a link to a place is none.

    Our own widgets paint on a canvas, which did this already; a text area or the palette hands on what it was given.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(text.isprintable() and (style is None or style.link is None) for text, style, _ in segments):
            return segments
        return [_passed(segment) for segment in segments]


def literal(text: str) -> str:
    """Text as markup that says the same. Textual's own `escape` lets some through that raises, as "[/'"."""
    return text.replace("[", "\\[")


def _passed(segment: Segment) -> Segment:
    text, style, _ = segment
    return Segment(
        text if text.isprintable() else "".join(map(_as_wide, text)),
        style.update_link(None) if style is not None and style.link is not None else style,
    )


def _as_wide(character: str) -> str:
    """What the layout took a character for, it stays: no row gets longer or shorter."""
    if character.isprintable():
        return character
    columns = get_character_cell_size(character)
    return sign(character).ljust(columns) if columns else ""
