"""Channel routing: the lines between two layers, each net on a track of its own (Hashimoto and Stevens, 1971)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, permutations

from tutor.draw.rails import Cell, Edges

TRIES = 24
"""How many orders of the nets are tried for the fewest tracks and crossings."""


@dataclass(frozen=True)
class Net:
    """A line that enters at column `top` and leaves at `ends`: columns from the left, and the edges that go there."""

    top: int
    ends: tuple[tuple[int, Edges], ...]

    @property
    def straight(self) -> bool:
        return all(x == self.top for x, _ in self.ends)

    @property
    def span(self) -> tuple[int, int]:
        return min(self.top, self.ends[0][0]), max(self.top, self.ends[-1][0])


def route(nets: Sequence[Net]) -> list[tuple[Cell, ...]] | None:
    """The rows of cells between two layers, at least one; None where nets would have to share a stretch.

    No two nets have the same top, and no two the same end.
    """
    bent = sorted((net for net in nets if not net.straight), key=lambda net: net.span)
    plans = [plan for order in islice(permutations(bent), TRIES) if (plan := _tracks(order)) is not None]
    if not plans:
        return None
    tracks = min(plans, key=lambda plan: (max(plan.values(), default=0), _crossings(plan)))
    height = 1 + max(tracks.values(), default=0)
    return [_row(nets, tracks, at) for at in range(height)]


def _tracks(order: Sequence[Net]) -> dict[Net, int] | None:
    """A track for each net, the highest that is free, taken in this order as far as what must be above allows.

    A net that comes down where another one ends has to turn off above it. None where that goes round in a circle.
    """
    tracks: dict[Net, int] = {}
    waiting = list(order)
    while waiting:
        ready = (net for net in waiting if not any(_above(other, net) for other in waiting if other is not net))
        net = next(ready, None)
        if net is None:
            return None
        waiting.remove(net)
        at = max((tracks[other] + 1 for other in tracks if _above(other, net)), default=0)
        while any(_meet(other, net) for other, track in tracks.items() if track == at):
            at += 1
        tracks[net] = at
    return tracks


def _above(one: Net, other: Net) -> bool:
    """Whether `one` has to turn off above `other`, which ends where it comes down."""
    return any(x == one.top for x, _ in other.ends)


def _meet(one: Net, other: Net) -> bool:
    """Whether two nets on one track would touch."""
    return one.span[0] <= other.span[1] + 1 and other.span[0] <= one.span[1] + 1


def _crossings(tracks: dict[Net, int]) -> int:
    """How often a net's uprights pass another net's track."""
    count = 0
    for net, at in tracks.items():
        for other, track in tracks.items():
            left, right = other.span
            if track < at:
                count += left < net.top < right
            elif track > at:
                count += sum(left < x < right for x, _ in net.ends)
    return count


def _row(nets: Iterable[Net], tracks: dict[Net, int], at: int) -> tuple[Cell, ...]:
    """One row of cells. Where a net's upright passes another's track, the track is interrupted."""
    arms: dict[int, tuple[Edges, Edges, Edges, Edges]] = {}
    uprights: dict[int, tuple[Edges, Edges, Edges, Edges]] = {}
    for net in nets:
        track = tracks.get(net)
        whole = _sum(net.ends)
        if track is None or at < track:
            uprights[net.top] = (whole, 0, whole, 0)
        elif at > track:
            uprights |= {x: (edges, 0, edges, 0) for x, edges in net.ends}
        else:
            arms |= {x: _turn(net, x) for x in range(net.span[0], net.span[1] + 1)}
    return tuple((x, *each) for x, each in sorted((arms | uprights).items()))


def _turn(net: Net, x: int) -> tuple[Edges, Edges, Edges, Edges]:
    """What a net carries through one cell of its track: away from where it comes down, to either side."""
    whole = _sum(net.ends)
    right = _sum(end for end in net.ends if end[0] > x) if x >= net.top else _sum(e for e in net.ends if e[0] <= x)
    left = _sum(end for end in net.ends if end[0] < x) if x <= net.top else _sum(e for e in net.ends if e[0] >= x)
    return (whole if x == net.top else 0, right, _sum(end for end in net.ends if end[0] == x), left)


def _sum(ends: Iterable[tuple[int, Edges]]) -> Edges:
    edges = 0
    for _, each in ends:
        edges |= each
    return edges
