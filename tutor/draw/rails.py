"""Rails: a graph as one row a node, its edges as lines beside the rows, in a fixed number of columns.

A node's line goes down its column as far as its last user. What would take more columns than there are becomes a jump:
a tag in the row of the source, and the same tag in the row of each user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

Inputs = tuple[tuple[int, ...], ...]
"""For each row its inputs' places, all of them before its own."""

Edges = int
"""A set of edges, as bits: bit k for those that lead to row k of the drawing."""

Cell = tuple[int, Edges, Edges, Edges, Edges]
"""A column, and the edges that its arms up, right, down and left carry; an arm without edges is not there."""


@dataclass(frozen=True)
class Jump:
    """One tag of a row: `used` where the edge arrives, as often as it does, else where it leaves."""

    tag: str
    used: bool
    edges: Edges


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
    uses: list[int]
    second: bool = False

    def next_use(self, row: int) -> int:
        """The first use below a row, 0 if there is none."""
        return next((use for use in self.uses if use > row), 0)


@dataclass
class _Wiring:
    """The wires of a graph by their source row, and the edges that became jumps, as (source, user)."""

    wires: list[list[_Wire]]
    jumps: list[tuple[int, int]] = field(default_factory=list)

    def cut(self, wire: _Wire, row: int) -> None:
        """Ends a wire at its last use down to `row`: what lies below becomes jumps."""
        self.jumps += [(wire.source, use) for use in wire.uses if use > row]
        wire.uses = [use for use in wire.uses if use <= row]
        if not wire.uses:
            self.wires[wire.source].remove(wire)


class _Full(Exception):
    """No column is left at a row; `wires` are those that take them."""

    def __init__(self, row: int, wires: Iterable[_Wire]) -> None:
        self.row, self.wires = row, list(wires)


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
    uses: list[list[int]] = [sorted(row_of[each] for each in inputs[place]) for place in order]
    wiring = _wired(uses)
    _thin_out(wiring, columns)
    while True:
        try:
            drawn = _drawn(uses, wiring, columns)
            break
        except _Full as full:
            _cut_farthest(wiring, full.wires, full.row)
    rows = [RailRow(column, cells, ()) for column, cells in drawn]
    for row, jumps in _tagged(wiring.jumps).items():
        rows[row] = RailRow(rows[row].column, rows[row].cells, tuple(jumps))
    width = max((cells[-1][0] + 1 for _, cells in drawn), default=0)
    return Rails(order, tuple(rows), width)


def _wired(uses: Sequence[Sequence[int]]) -> _Wiring:
    """A wire for each row that is used, and further ones for users that use it more than once."""
    first: list[list[int]] = [[] for _ in uses]
    second: list[list[_Wire]] = [[] for _ in uses]
    for user, sources in enumerate(uses):
        for source, count in Counter(sources).items():
            first[source].append(user)
            second[source] += [_Wire(source, [user], True) for _ in range(count - 1)]
    return _Wiring([[_Wire(row, users), *second[row]] if users else [] for row, users in enumerate(first)])


def _thin_out(wiring: _Wiring, columns: int) -> None:
    """Cuts wires until nowhere more than `columns` are side by side, each time the one that is needed last."""
    live: list[_Wire] = []
    for row in range(len(wiring.wires)):
        live = [wire for wire in live if wire.next_use(row)] + wiring.wires[row]
        while len(live) > columns:
            live.remove(_cut_farthest(wiring, live, row))


def _cut_farthest(wiring: _Wiring, wires: Iterable[_Wire], row: int) -> _Wire:
    farthest = max(wires, key=lambda wire: wire.next_use(row))
    wiring.cut(farthest, row)
    return farthest


def _drawn(uses: Sequence[Sequence[int]], wiring: _Wiring, columns: int) -> list[tuple[int, tuple[Cell, ...]]]:
    """Column and cells of every row. Raises _Full where the columns do not suffice."""
    taken: list[_Wire | None] = [None] * columns
    resting = -1
    rows = []
    for row in range(len(uses)):
        above = list(taken)
        joined = [column for column, wire in enumerate(above) if wire and row in wire.uses]
        taken = [wire if wire and wire.next_use(row) else None for wire in taken]
        wires = wiring.wires[row]
        free = [column for column, wire in enumerate(above) if wire is None and column != resting]
        places = _places(free, taken, joined, len(wires))
        if not places:
            raise _Full(row, [*filter(None, taken), *wires])
        for column, wire in zip(places, wires):
            taken[column] = wire
        resting = -1 if wires else places[0]  # two nodes under each other would look joined
        rows.append((places[0], _cells(row, places, joined, above, taken)))
    return rows


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


def _cells(
    row: int,
    places: Sequence[int],
    joined: Sequence[int],
    above: Sequence[_Wire | None],
    taken: Sequence[_Wire | None],
) -> tuple[Cell, ...]:
    """What one row is made of; lines stand two cells apart, and the node's own cell is always there."""
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
    """The uses of a wire that lie below a row."""
    return sum(1 << use for use in wire.uses if use > row) if wire else 0


def _tagged(jumps: Iterable[tuple[int, int]]) -> dict[int, list[Jump]]:
    """The tags of each row, what arrives first. A source has one for all its jumps: a to z, then aa, ab, ..."""
    users: dict[int, list[int]] = {}
    for source, user in sorted(jumps):
        users.setdefault(source, []).append(user)
    tagged: dict[int, list[Jump]] = {}
    leaving: dict[int, Jump] = {}
    for number, (source, those) in enumerate(users.items()):
        tag = _tag(number)
        for user in those:
            tagged.setdefault(user, []).append(Jump(tag, True, 1 << user))
        leaving[source] = Jump(tag, False, sum(1 << user for user in set(those)))
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
