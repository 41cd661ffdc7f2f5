"""A reader of drawn graphs: knows the box characters by their Unicode names, and follows lines from cell to cell.

It knows nothing of how graphs are laid out; it does what a person does with a finger on the screen.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.draw.graphs import Edges

UP, DOWN, LEFT, RIGHT = (-1, 0), (1, 0), (0, -1), (0, 1)
WORDS = {
    "UP": {UP},
    "DOWN": {DOWN},
    "LEFT": {LEFT},
    "RIGHT": {RIGHT},
    "VERTICAL": {UP, DOWN},
    "HORIZONTAL": {LEFT, RIGHT},
}
NODES = "○●"
Step = tuple[int, int]


def arms(character: str) -> set[Step]:
    """Where the lines of a character lead."""
    name = unicodedata.name(character, "")
    if not name.startswith("BOX DRAWINGS"):
        return set()
    return set().union(*(WORDS[word] for word in name.split() if word in WORDS))


class Lines:
    """A picture as cells: which of them are lines, and where these lead."""

    def __init__(self, rows: Sequence[str]) -> None:
        self.rows = rows

    def at(self, y: int, x: int) -> str:
        return self.rows[y][x] if 0 <= y < len(self.rows) and 0 <= x < len(self.rows[y]) else " "

    def arms(self, y: int, x: int) -> set[Step]:
        return arms(self.at(y, x))

    def along(self, y: int, x: int, way: Step) -> Iterator[int]:
        """The columns that a horizontal line comes to, past every upright that it does not touch; then its end."""
        while True:
            x += way[1]
            here = self.arms(y, x)
            if here == {UP, DOWN}:
                continue
            if (0, -way[1]) in here:
                yield x
                if way not in here:
                    return
            else:
                assert self.at(y, x) in NODES, f"a line leads nowhere at {y}, {x}"
                yield x
                return


class RailReader(Lines):
    """Rails: a node a row, whose place its text tells."""

    def __init__(self, rows: Sequence[str], text: int) -> None:
        """`rows` without their head, where the texts begin at column `text`."""
        areas = [row[:text] for row in rows]
        self.tags = [re.findall(r"([←→])([a-z×\d ]+)", area) for area in areas]
        super().__init__([re.split("[←→]", area)[0] for area in areas])
        self.dot = {y: x for y, row in enumerate(self.rows) for x, sign in enumerate(row) if sign in NODES}

    def edges(self) -> Edges:
        """(row of the input, row of its user), rows counted by their nodes from the top."""
        number = {y: k for k, y in enumerate(sorted(self.dot))}
        found = Counter((number[y], number[user]) for y in self.dot for user in self.users(y))
        return found + self.jumps(number)

    def users(self, y: int) -> Iterator[int]:
        x = self.dot[y]
        yield from self.down(y + 1, x)
        if LEFT not in self.arms(y, x + 1):
            return
        for branch in self.along(y, x, RIGHT):
            here = self.arms(y, branch)
            if DOWN in here and UP not in here:
                yield from self.down(y + 1, branch)

    def down(self, y: int, x: int) -> Iterator[int]:
        """The rows that a line from above comes to."""
        while self.dot.get(y) != x:
            here = self.arms(y, x)
            if UP not in here:
                return
            ends = [list(self.along(y, x, way))[-1] for way in (LEFT, RIGHT) if way in here]
            if ends:
                assert [end for end in ends if self.at(y, end) in NODES] == [self.dot[y]]
                yield y
            if DOWN not in here:
                return
            y += 1
        yield y

    def jumps(self, number: dict[int, int]) -> Edges:
        sources: dict[str, int] = {}
        used: Edges = Counter()
        row = -1
        for y, tags in enumerate(self.tags):
            row = number.get(y, row)
            for sign, letters in tags:
                for tag, _, times in (each.partition("×") for each in letters.split()):
                    if sign == "→":
                        assert tag not in sources, f"the tag {tag} has two sources"
                        sources[tag] = row
                    else:
                        used[sources[tag], row] += int(times or 1)
        assert set(sources.values()) == {source for source, _ in used}
        return used


class LayerReader(Lines):
    """Layers: labels, with lines that leave below them and arrive above them; a label holds a number as a group."""

    def __init__(self, rows: Sequence[str], label: str) -> None:
        super().__init__(rows)
        found = [(y, match) for y, row in enumerate(rows) for match in re.finditer(label, row)]
        self.labels = {int(match[1]): (y, range(*match.span())) for y, match in found}
        self.label_at = {(y, x): place for place, (y, columns) in self.labels.items() for x in columns}

    def edges(self) -> Edges:
        """(place of the input, place of its user)."""
        return Counter((place, user) for place in self.labels for user in self.users(place))

    def users(self, place: int) -> Iterator[int]:
        y, columns = self.labels[place]
        leaving = [x for x in columns if UP in self.arms(y + 1, x)]
        assert len(leaving) <= 1
        for x in leaving:
            yield from self.down(y + 1, x)

    def down(self, y: int, x: int) -> Iterator[int]:
        while True:
            here = self.arms(y, x)
            if UP not in here:
                yield self.label_at[y, x]
                return
            for way in (LEFT, RIGHT):
                if way in here:
                    for turn in self.along(y, x, way):
                        assert UP not in self.arms(y, turn), "two nets have met"
                        if DOWN in self.arms(y, turn):
                            yield from self.down(y + 1, turn)
            if DOWN not in here:
                return
            y += 1


def unplain(area: str) -> str:
    """A row of ASCII rails as if drawn with box characters: what a "+", "'" or "." joins, its neighbours tell."""
    lines, arrow, tags = re.match("([^<>]*)([<>]?)(.*)", area).groups()  # type: ignore[union-attr]
    return (
        "".join(_boxed(lines, x) for x in range(len(lines)))
        + {"<": "←", ">": "→", "": ""}[arrow]
        + re.sub(r"x(?=\d)", "×", tags).replace(">", "→")
    )


def _boxed(row: str, x: int) -> str:
    sign = row[x]
    if sign in "o@":
        return "○"
    if sign == " ":
        return sign
    if sign in "-=|#":
        return {"-": "─", "=": "─", "|": "│", "#": "│"}[sign]
    left, right = (0 <= at < len(row) and row[at] in "-=" for at in (x - 1, x + 1))
    table = {"+": "│┤├┼", "'": "╵╯╰┴", ".": "╷╮╭┬"}
    return table[sign][left + 2 * right]
