"""Folding: runs of plumbing in a large graph become one row each, and no edge gets lost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lessons.kit.pictures import Flow, Graph, Node

MOST_ROWS = 30
"""Up to so many nodes nothing is folded."""


@dataclass(frozen=True)
class Row:
    """A node, or a run of plumbing from its first node to its last; `inputs` are places among the rows.

    `opened`: the node is the first of a run that the reader has unfolded.
    """

    members: tuple[int, ...]
    inputs: tuple[int, ...]
    opened: bool = False

    @property
    def place(self) -> int:
        """The node that stands for the row: the first, which sends the gradient out of a run."""
        return self.members[0]

    @property
    def last(self) -> int:
        return self.members[-1]

    @property
    def folded(self) -> bool:
        return len(self.members) > 1


@lru_cache(32)
def fold(nodes: tuple[Node, ...], unfolded: frozenset[int]) -> tuple[Row, ...]:
    """The rows of a graph, inputs before those that use them. `unfolded` are the first nodes of runs left open."""
    runs = _runs(nodes) if len(nodes) > MOST_ROWS else {}
    inside = {member for head, run in runs.items() if head not in unfolded for member in run[1:]}
    rows: list[Row] = []
    row_of: dict[int, int] = {}
    for place, node in enumerate(nodes):
        if place in inside:
            continue
        run = runs.get(place, (place,))
        members = (place,) if place in unfolded else run
        rows.append(Row(members, tuple(row_of[each] for each in node.inputs), place in unfolded and len(run) > 1))
        row_of |= dict.fromkeys(members, len(rows) - 1)
    return tuple(rows)


def _runs(nodes: tuple[Node, ...]) -> dict[int, tuple[int, ...]]:
    """Chains of at least two plumbing nodes, each the only input and the only user of the next, by their first."""
    uses = [0] * len(nodes)
    for node in nodes:
        for each in node.inputs:
            uses[each] += 1
    before = {
        place: node.inputs[0]
        for place, node in enumerate(nodes)
        if node.plumbing and len(node.inputs) == 1 and nodes[node.inputs[0]].plumbing and uses[node.inputs[0]] == 1
    }
    after = {one: other for other, one in before.items()}
    runs = {}
    for head in after.keys() - before.keys():
        run = [head]
        while run[-1] in after:
            run.append(after[run[-1]])
        runs[head] = tuple(run)
    return runs


def row_at(rows: tuple[Row, ...], place: int | None) -> int | None:
    """Which row holds a node; None where none does."""
    return next((k for k, row in enumerate(rows) if place in row.members), None)


def flow_of(graph: Graph, row: Row) -> Flow:
    """The gradient of the first node once the pass has come there, before that what came to the last."""
    flows = graph.flows
    return next((flows[place] for place in row.members if flows[place].gradient is not None), flows[row.last])


def stands_at(graph: Graph, row: Row) -> bool:
    """Whether the backward pass is at this row."""
    return graph.now in row.members


def passed_on(graph: Graph, row: Row) -> bool:
    """Whether the gradient has passed from this row to its inputs."""
    return graph.flows[row.place].gradient is not None and graph.now != row.place
