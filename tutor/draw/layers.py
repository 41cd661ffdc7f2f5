"""Layers: a small graph from its inputs at the top to its result at the bottom (Sugiyama, Tagawa and Toda, 1981).

Every line that leaves a node is a net of its own: nets cross, and never share a stretch of line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tutor.draw.channel import Net, route
from tutor.draw.rails import Cell, Edges, Inputs, order_of

GAP = 2
"""Columns between neighbours in a layer."""
SWEEPS = 8
LINE_WEIGHT = 40.0
"""How much more a line that only passes a layer wants to run straight than a node wants to stand over its inputs."""


@dataclass(frozen=True)
class Layered:
    """Where each node's label begins, as (x, y) by place, and the cells of lines, row by row."""

    nodes: tuple[tuple[int, int], ...]
    rows: tuple[tuple[Cell, ...], ...]
    width: int


@dataclass(frozen=True)
class Size:
    """The columns of a node's label, and those to keep free before and after it."""

    label: int
    before: int = 0
    after: int = 0


@dataclass(eq=False)
class _Item:
    """A node in its layer, or a net that passes it on its way to `edges`; `x` is where its line leaves."""

    node: int
    edges: Edges = 0
    left: int = 0
    right: int = 0
    x: int = 0
    at: float = 0.0

    @property
    def passing(self) -> bool:
        return self.edges != 0


@dataclass(frozen=True)
class _Link:
    """A line from one layer to the next: it arrives `shift` columns beside the middle of what is below."""

    above: _Item
    below: _Item
    shift: int = 0


@lru_cache(32)
def lay_layers(inputs: Inputs, sizes: tuple[Size, ...]) -> Layered | None:
    """The layered drawing of a graph; None in the rare case that two nets cannot be kept apart."""
    layers, gaps = _items(inputs, _layers(inputs), sizes)
    _untangle(layers, gaps)
    for top, gap in enumerate(gaps):
        _give_ports(gap, layers[top])
    _straighten(layers, gaps)
    routes = []
    for gap in gaps:
        cells = route(_nets(gap))
        if cells is None:
            return None
        routes.append(cells)
    return _put_together(layers, routes, sizes)


def _layers(inputs: Inputs) -> list[int]:
    """The layer of each node: below all of its inputs; what nothing else hangs on, just above its first user."""
    users: list[set[int]] = [
        {user for user, those in enumerate(inputs) if place in those} for place in range(len(inputs))
    ]
    layer: list[int] = []
    loose: list[bool] = []
    for each in inputs:
        layer.append(1 + max((layer[place] for place in each), default=-1))
        loose.append(all(loose[place] and len(users[place]) == 1 for place in each))
    for place in reversed(range(len(inputs))):
        if loose[place] and users[place]:
            layer[place] = min(layer[user] for user in users[place]) - 1
    return layer


def _items(inputs: Inputs, layer: Sequence[int], sizes: Sequence[Size]) -> tuple[list[list[_Item]], list[list[_Link]]]:
    """The layers with what stands in them, and the links between each and the next."""
    layers: list[list[_Item]] = [[] for _ in range(max(layer) + 1)]
    gaps: list[list[_Link]] = [[] for _ in layers[1:]]
    items = []
    for place, size in enumerate(sizes):
        middle = (size.label - 1) // 2
        items.append(_Item(place, 0, size.before + middle, size.label - 1 - middle + size.after))
    for place in order_of(inputs):
        layers[layer[place]].append(items[place])
        uses = [user for user, those in enumerate(inputs) for each in those if each == place]
        above = items[place]
        for at in range(layer[place], max((layer[user] for user in uses), default=0)):
            gaps[at] += [_Link(above, items[user]) for user in uses if layer[user] == at + 1]
            if further := sum(1 << user for user in set(uses) if layer[user] > at + 1):
                below = _Item(place, further)
                layers[at + 1].append(below)
                gaps[at].append(_Link(above, below))
                above = below
    return layers, gaps


def _untangle(layers: list[list[_Item]], gaps: Sequence[Sequence[_Link]]) -> None:
    """Orders each layer for few crossings: by the mean place of its neighbours above or below, then by swaps."""
    _count_off(layers)
    best = (_crossings(gaps), [list(items) for items in layers])
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for at in range(len(layers)) if down else reversed(range(len(layers))):
            links = _near(gaps, at, down)
            pairs = [(link.below, link.above) if down else (link.above, link.below) for link in links]
            _order(layers[at], pairs)
        _swap(layers, gaps)
        best = min(best, (_crossings(gaps), [list(items) for items in layers]), key=lambda kept: kept[0])
    layers[:] = best[1]
    _count_off(layers)


def _order(items: list[_Item], links: Sequence[tuple[_Item, _Item]]) -> None:
    """Sorts a layer by the mean place of what each item is linked with."""
    items.sort(key=lambda item: _mean([other.at for one, other in links if one is item], item.at))
    _count_off([items])


def _near(gaps: Sequence[Sequence[_Link]], layer: int, above: bool) -> Sequence[_Link]:
    """The links of a layer with the one above it, or below."""
    gap = layer - above
    return gaps[gap] if 0 <= gap < len(gaps) else ()


def _swap(layers: Sequence[list[_Item]], gaps: Sequence[Sequence[_Link]]) -> None:
    for at, items in enumerate(layers):
        near = [_near(gaps, at, True), _near(gaps, at, False)]
        for k in range(len(items) - 1):
            before = _crossings(near)
            items[k], items[k + 1] = items[k + 1], items[k]
            _count_off([items])
            if _crossings(near) >= before:
                items[k], items[k + 1] = items[k + 1], items[k]
                _count_off([items])


def _count_off(layers: Iterable[Sequence[_Item]]) -> None:
    for items in layers:
        for k, item in enumerate(items):
            item.at = float(k)


def _crossings(gaps: Iterable[Sequence[_Link]]) -> int:
    count = 0
    for links in gaps:
        ends = [(link.above.at, link.below.at) for link in links]
        count += sum((a - c) * (b - d) < 0 for k, (a, b) in enumerate(ends) for c, d in ends[:k])
    return count


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _give_ports(gap: list[_Link], above: Sequence[_Item]) -> None:
    """Lets the lines into one node arrive side by side, two columns apart, in the order in which they come."""
    place = {id(item): k for k, item in enumerate(above)}
    arriving: dict[int, list[int]] = {}
    for k in sorted(range(len(gap)), key=lambda k: place[id(gap[k].above)]):
        arriving.setdefault(id(gap[k].below), []).append(k)
    for links in arriving.values():
        for port, k in enumerate(links):
            gap[k] = _Link(gap[k].above, gap[k].below, 2 * port - (len(links) - 1))


def _straighten(layers: Sequence[Sequence[_Item]], gaps: Sequence[Sequence[_Link]]) -> None:
    """Gives every item its column: near its neighbours, in its layer's order and clear of the next."""
    for items in layers:
        _place(items, [0.0] * len(items))
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for at in range(len(layers)) if down else reversed(range(len(layers))):
            wishes = []
            for item in layers[at]:
                over = [link.above.x - link.shift for link in _near(gaps, at, True) if link.below is item]
                under = [link.below.x + link.shift for link in _near(gaps, at, False) if link.above is item]
                first, second = (over, under) if down else (under, over)
                wishes.append(_mean(first or second, item.x))
            _place(layers[at], wishes)
    for _ in range(2):
        for group in _groups(layers):
            _settle(group, layers, [link for gap in gaps for link in gap])


def _groups(layers: Sequence[Sequence[_Item]]) -> list[list[_Item]]:
    """What may move on its own: each node, and all that passes of a net, which is best one straight line."""
    passing: dict[int, list[_Item]] = {}
    for item in (item for items in layers for item in items if item.passing):
        passing.setdefault(item.node, []).append(item)
    return [*passing.values(), *([item] for items in layers for item in items if not item.passing)]


def _settle(group: Sequence[_Item], layers: Sequence[Sequence[_Item]], links: Sequence[_Link]) -> None:
    """Moves a group to one column, where most of its lines are straight, and then short; not past any neighbour."""
    ends = [link.above.x - link.shift for link in links if link.below in group and link.above not in group]
    ends += [link.below.x + link.shift for link in links if link.above in group and link.below not in group]
    low, high = -math.inf, math.inf
    for items in layers:
        for one, other in pairwise(items):
            gap = one.right + GAP + other.left + 1
            low = max(low, one.x + gap) if other in group else low
            high = min(high, other.x - gap) if one in group else high
    allowed = [x for x in [*(item.x for item in group), *ends] if low <= x <= high]
    if allowed:
        best = max(allowed, key=lambda x: (ends.count(x), -sum(abs(end - x) for end in ends)))
        for item in group:
            item.x = best


def _place(items: Sequence[_Item], wishes: Sequence[float]) -> None:
    """Puts items in their order as near to their wishes as can be, in least squares (isotonic regression)."""
    offsets = [0]
    for one, other in pairwise(items):
        offsets.append(offsets[-1] + one.right + GAP + other.left + 1)
    blocks: list[tuple[float, float, int]] = []  # of items that touch: where the first is, its weight, how many
    for item, wish, offset in zip(items, wishes, offsets):
        at, heavy, count = wish - offset, LINE_WEIGHT if item.passing else 1.0, 1
        while blocks and blocks[-1][0] > at:
            first, weight, many = blocks.pop()
            at, heavy, count = (at * heavy + first * weight) / (heavy + weight), heavy + weight, count + many
        blocks.append((at, heavy, count))
    places = [round(at) for at, _, count in blocks for _ in range(count)]
    for item, at, offset in zip(items, places, offsets):
        item.x = at + offset


def _nets(gap: Sequence[_Link]) -> list[Net]:
    ends: dict[int, list[tuple[int, Edges]]] = {}
    for link in gap:
        ends.setdefault(link.above.node, []).append(
            (link.below.x + link.shift, link.below.edges or 1 << link.below.node)
        )
    tops = {link.above.node: link.above.x for link in gap}
    return [Net(tops[node], tuple(sorted(those))) for node, those in ends.items()]


def _put_together(
    layers: Sequence[Sequence[_Item]], routes: Sequence[Sequence[Sequence[Cell]]], sizes: Sequence[Size]
) -> Layered:
    start = min(item.x - item.left for items in layers for item in items)
    stop = max(item.x + item.right for items in layers for item in items)
    rows: list[tuple[Cell, ...]] = []
    nodes = [(0, 0)] * len(sizes)
    for items, cells in zip(layers, [*routes, ()]):
        for item in items:
            if not item.passing:
                nodes[item.node] = (item.x - start - item.left + sizes[item.node].before, len(rows))
        rows.append(tuple((item.x - start, item.edges, 0, item.edges, 0) for item in items if item.passing))
        rows += [tuple((x - start, up, right, down, left) for x, up, right, down, left in row) for row in cells]
    return Layered(tuple(nodes), tuple(rows), stop - start + 1)
