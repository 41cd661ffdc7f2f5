"""Rails: a graph as one row a node, its edges as lines beside the rows, in a fixed number of columns.

A node's line goes down its column as far as its last user. What would take more columns than there are becomes a jump:
a tag in the row of the source, and the same tag in the row of each user, counted where it uses the source more often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

Inputs = tuple[tuple[int, ...], ...]
"""For each row its inputs' places, all of them before its own."""

Edges = int
"""A set of edges, as bits: bit k for those that lead to row k of the drawing."""

Cell = tuple[int, Edges, Edges, Edges, Edges]
"""A column, and the edges that its arms up, right, down and left carry; an arm without edges is not there."""


@dataclass(frozen=True)
class Jump:
    """One tag of a row: `used` where edges arrive, so many `times`, else where they leave."""

    tag: str
    used: bool
    edges: Edges
    times: int = 1

    @property
    def text(self) -> str:
        return self.tag if self.times == 1 else f"{self.tag}×{self.times}"


@dataclass(frozen=True)
class RailRow:
    """A row of the drawing: where its node stands, the lines that cross it, and its tags."""

    column: int
    cells: tuple[Cell, ...]
    jumps: tuple[Jump, ...]


@dataclass(frozen=True)
class Rails:
    """`order` are the places of the rows from the top, `width` the columns that lines and nodes take."""

    order: tuple[int, ...]
    rows: tuple[RailRow, ...]
    width: int


@dataclass(eq=False)
class _Wire:
    """A line from a row down to its users' rows. A row that uses another twice gets a second wire."""

    source: int
    uses: Edges

    def below(self, row: int) -> Edges:
        """The uses that lie below a row."""
        return self.uses >> row + 1 << row + 1

    @property
    def last(self) -> int:
        """The row of its last use, or of its source where there is none."""
        return self.uses.bit_length() - 1 if self.uses else self.source

    def next_use(self, row: int) -> int:
        """The first use below a row, 0 if there is none."""
        below = self.below(row)
        return (below & -below).bit_length() - 1 if below else 0


@dataclass
class _Wiring:
    """The wires of a graph by their source row, and how many of its edges, as (source, user), became jumps."""

    wires: list[list[_Wire]]
    jumps: Counter[tuple[int, int]] = field(default_factory=Counter)

    def cut(self, wire: _Wire, row: int) -> None:
        """Ends a wire at its last use down to `row`: what lies below becomes jumps."""
        below = wire.below(row)
        self.jumps.update((wire.source, use) for use in _rows(below))
        wire.uses ^= below
        if not wire.uses:
            self.wires[wire.source].remove(wire)


class _Placed(NamedTuple):
    """A row's columns: those of its node and further wires, of what it joins, and each one's wire above and below."""

    places: list[int]
    joined: list[int]
    above: list[_Wire | None]
    taken: list[_Wire | None]
    resting: int = -1


@lru_cache(64)
def order_of(inputs: Inputs) -> tuple[int, ...]:
    """The rows in drawn order: inputs stand just above their first user, the longest way to one of them first."""
    depth: list[int] = []
    for each in inputs:
        depth.append(1 + max((depth[place] for place in each), default=0))
    used = {place for each in inputs for place in each}
    order: list[int] = []
    seen: set[int] = set()
    stack = [place for place in reversed(range(len(inputs))) if place not in used]
    while stack:
        place = stack.pop()
        if place < 0:
            order.append(~place)
        elif place not in seen:
            seen.add(place)
            stack.append(~place)
            stack += sorted(set(inputs[place]) - seen, key=lambda at: (depth[at], -inputs[place].index(at)))
    return tuple(order)


@lru_cache(64)
def lay_rails(inputs: Inputs, columns: int) -> Rails:
    """Draws a graph with at most so many lines side by side, at least two."""
    columns = max(2, columns)
    order = order_of(inputs)
    row_of = {place: row for row, place in enumerate(order)}
    wiring = _wired([[row_of[each] for each in inputs[place]] for place in order], columns)
    _thin_out(wiring, columns)
    drawn = [(each.places[0], _cells(row, each)) for row, each in enumerate(_placed(wiring, columns))]
    rows = [RailRow(column, cells, ()) for column, cells in drawn]
    for row, jumps in _tagged(wiring.jumps).items():
        rows[row] = RailRow(rows[row].column, rows[row].cells, tuple(jumps))
    width = max((cells[-1][0] + 1 for _, cells in drawn), default=0)
    return Rails(order, tuple(rows), width)


def _wired(uses: Sequence[Sequence[int]], columns: int) -> _Wiring:
    """A wire for each row that is used, and further ones for users that use it more than once.

    Of those a user gets as many as there are columns: more could not stand side by side, and are jumps at once.
    """
    first: list[Edges] = [0 for _ in uses]
    second: list[list[_Wire]] = [[] for _ in uses]
    wiring = _Wiring([])
    for user, sources in enumerate(uses):
        for source, count in sorted(Counter(sources).items()):
            first[source] |= 1 << user
            drawn = min(count, columns)
            second[source] += [_Wire(source, 1 << user) for _ in range(drawn - 1)]
            if count > drawn:
                wiring.jumps[source, user] = count - drawn
    wiring.wires = [[_Wire(row, users), *second[row]] if users else [] for row, users in enumerate(first)]
    return wiring


def _thin_out(wiring: _Wiring, columns: int) -> None:
    """Cuts wires until nowhere more than `columns` are side by side, each time the one that is needed last."""
    live: list[_Wire] = []
    for row in range(len(wiring.wires)):
        live = [wire for wire in live if wire.below(row)] + wiring.wires[row]
        if len(live) > columns:
            farthest = set(sorted(live, key=lambda wire: wire.next_use(row))[columns:])
            for wire in farthest:
                wiring.cut(wire, row)
            live = [wire for wire in live if wire not in farthest]


def _placed(wiring: _Wiring, columns: int) -> list[_Placed]:
    """Gives every row its columns. Where there are not enough the wire that is needed last ends before.

    Then the rows below its new end are placed anew.
    """
    placed: list[_Placed] = []
    while len(placed) < len(wiring.wires):
        row = len(placed)
        wires = wiring.wires[row]
        above: list[_Wire | None] = list(placed[-1].taken) if placed else [None] * columns
        joined = [column for column, wire in enumerate(above) if wire and wire.uses >> row & 1]
        taken = [wire if wire and wire.below(row) else None for wire in above]
        resting = placed[-1].resting if placed else -1
        free = [column for column, wire in enumerate(above) if wire is None and column != resting]
        if places := _places(free, taken, joined, len(wires)):
            for column, wire in zip(places, wires):
                taken[column] = wire
            # two nodes under each other would look joined
            placed.append(_Placed(places, joined, above, taken, -1 if wires else places[0]))
        else:
            farthest = max([*filter(None, taken), *wires], key=lambda wire: wire.next_use(row))
            wiring.cut(farthest, row)
            del placed[farthest.last :]
    return placed


def _places(free: Sequence[int], taken: Sequence[_Wire | None], joined: Sequence[int], wires: int) -> list[int]:
    """The columns of a node and of the further wires that leave it; [] where there are not enough.

    A node takes the place of an input whose wire ends here. One with several wires has all its inputs at its left or
    above, so that what comes in never meets what goes out.
    """
    ending = [column for column in joined if taken[column] is None]
    if wires < 2:
        if ending:
            return ending[:1]
        near = joined[-1] if joined else 0
        return sorted(free, key=lambda column: (abs(column - near), -column))[:1]
    last = joined[-1] if joined else -1
    first = [last] if last in ending else []
    places = first + [column for column in free if column > last]
    return places[:wires] if len(places) >= wires else []


def _cells(row: int, placed: _Placed) -> tuple[Cell, ...]:
    """What one row is made of; lines stand two cells apart, and the node's own cell is always there."""
    places, joined, above, taken, _ = placed
    node = places[0]
    up, right, down, left = arms = tuple([0] * (2 * len(above)) for _ in range(4))
    for column, (wire, after) in enumerate(zip(above, taken)):
        up[2 * column] = _edges(wire, row - 1)
        down[2 * column] = _edges(after, row)
    ends = [(2 * min(node, *joined), 2 * max(node, *joined), 1 << row)] if joined else []
    ends += [(2 * node, 2 * place, _edges(taken[place], row)) for place in places[1:]]
    for start, stop, edges in ends:
        for x in range(start, stop):
            right[x] |= edges
            left[x + 1] |= edges
    for column, wire in enumerate(above):
        if wire and column != node and column not in joined:
            right[2 * column] = left[2 * column] = 0
    return tuple((x, *each) for x, each in enumerate(zip(*arms)) if any(each) or x == 2 * node)


def _edges(wire: _Wire | None, row: int) -> Edges:
    return wire.below(row) if wire else 0


def _rows(edges: Edges) -> Iterator[int]:
    """The rows that a set of edges leads to, from the top."""
    while edges:
        lowest = edges & -edges
        yield lowest.bit_length() - 1
        edges ^= lowest


def _tagged(jumps: Counter[tuple[int, int]]) -> dict[int, list[Jump]]:
    """The tags of each row, what arrives first. A source has one for all its jumps: a to z, then aa, ab, ..."""
    leaving: dict[int, Jump] = {}
    tagged: dict[int, list[Jump]] = {}
    for (source, user), times in sorted(jumps.items()):
        before = leaving.get(source, Jump(_tag(len(leaving)), False, 0))
        leaving[source] = replace(before, edges=before.edges | 1 << user)
        tagged.setdefault(user, []).append(Jump(before.tag, True, 1 << user, times))
    for source, jump in leaving.items():
        tagged.setdefault(source, []).append(jump)
    return tagged


def _tag(number: int) -> str:
    letters = ""
    while number >= 0:
        number, letter = divmod(number, 26)
        letters = chr(ord("a") + letter) + letters
        number -= 1
    return letters
