"""Lines that meet in a cell: the glyph for the weights of a cell's four arms. Lines that touch are joined.

A line that passes another without joining it is interrupted: the vertical stays whole, as in "─│─".
"""

from __future__ import annotations

from itertools import product

NONE, LIGHT, HEAVY = 0, 1, 2

Arms = tuple[int, int, int, int]
"""The weights of the arms that go up, right, down and left."""

_GLYPHS = (
    " ╴╸╷╮┑╻┒┓╶─╾╭┬┭┎┰┱╺╼━┍┮┯┏┲┳"
    "╵╯┙│┤┥╽┧┪╰┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈"
    "╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"
)  # a character for each of the weights 0 to 2, up changing slowest and left fastest


def _plain(up: int, right: int, down: int, left: int) -> str:
    """The same in ASCII: "'" comes from above, "." goes down, "+" does both; heavy lines are "=" and "#"."""
    across, along = max(right, left), max(up, down)
    if not along:
        return " -="[across]
    if not across:
        return " |#"[along]
    return "+" if up and down else "'" if up else "."


_SIGN = dict(zip(product(range(3), repeat=4), _GLYPHS))
_PLAIN = {arms: _plain(*arms) for arms in _SIGN}


def glyph(arms: Arms, ascii_only: bool = False) -> str:
    return (_PLAIN if ascii_only else _SIGN)[arms]


def weight(carried: int, hot: int) -> int:
    """How heavy a line is that carries a set of edges, where those in `hot` have seen the gradient pass; bit sets."""
    if not carried:
        return NONE
    return HEAVY if carried & hot else LIGHT
