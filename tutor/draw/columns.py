"""What stands beside the rails: the texts of a graph's rows, in columns that shrink, go and breathe with the room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from lessons.kit.pictures import Flow, Node
from lessons.kit.words import number
from tutor.draw.folding import Row
from tutor.draw.glyphs import cells, cut, width

GAP, WIDEST_GAP = 2, 6
EXPRESSION, OPERATION, SHAPE, VALUE = 28, 10, 14, 8
"""The most columns that these texts get."""
LEAST_EXPRESSION, LEAST_NUMBER = 4, 3
"""The fewest columns for a name beside a gradient, and for a gradient alone."""
NUMBER = 9
"""A gradient with its sign, beside ▲."""
SUM = 17
"""Two numbers and what joins them."""

_ONLY_WHERE_THERE_IS_ROOM = ("dtype", "shape", "operation", "value")
"""Columns in the order in which they go."""

_SHORT = (("bfloat", "bf"), ("float", "f"), ("complex", "c"), ("uint", "u"), ("int", "i"))


@dataclass(frozen=True)
class Column:
    """A column's place, once it is known, with the fewest columns it can do with and those it would like."""

    name: str
    head: str
    least: int
    wish: int
    x: int = 0
    width: int = 0
    right: bool = False


Texts = dict[str, str]
"""What a row says in each column."""


@lru_cache(16)
def texts(nodes: tuple[Node, ...], rows: tuple[Row, ...]) -> tuple[Texts, ...]:
    """What each row says, whatever the backward pass does."""
    same = len({node.dtype for node in nodes}) == 1
    return tuple(_texts(nodes, row, same) for row in rows)


def _texts(nodes: tuple[Node, ...], row: Row, same_dtype: bool) -> Texts:
    first, last = nodes[row.place], nodes[row.last]
    return {
        "expression": f"⋯ {len(row.members)} views" if row.folded else "▾ " * row.opened + first.expression,
        "operation": "" if row.folded else first.operation,
        "shape": shape(last),
        "dtype": "" if same_dtype else dtype(last),
        "value": "" if last.value is None else number(last.value),
    }


def shape(node: Node) -> str:
    return "×".join(map(str, node.shape)) or "()"


def dtype(node: Node) -> str:
    """As "f32" or "bf16"; "f8" for all of eight bits."""
    text = node.dtype.removeprefix("torch.").partition("_")[0]
    for long, short in _SHORT:
        if text.startswith(long):
            return text.replace(long, short, 1)
    return text


@lru_cache(64)
def fitted(nodes: tuple[Node, ...], rows: tuple[Row, ...], room: int) -> tuple[Column, ...]:
    """The columns that go into `room`, from the left, with their places."""
    columns = _wished(nodes, rows)
    for name in _ONLY_WHERE_THERE_IS_ROOM:
        if _least(columns) > room:
            columns = [column for column in columns if column.name != name]
    if _least(columns) > room and columns[0].name == "expression":
        columns[0] = replace(columns[0], least=min(columns[0].least, LEAST_EXPRESSION))
    if _least(columns) > room:
        columns = columns[-1:]
    if _least(columns) > room:
        return (replace(columns[0], width=room),) if room >= LEAST_NUMBER else ()
    return _placed(columns, room - _least(columns))


def _least(columns: list[Column]) -> int:
    return sum(column.least + GAP for column in columns) - GAP


def _wished(nodes: tuple[Node, ...], rows: tuple[Row, ...]) -> list[Column]:
    longest: dict[str, int] = {}
    for row in texts(nodes, rows):
        for name, text in row.items():
            longest[name] = max(longest.get(name, 0), width(text))
    dtypes = {dtype(node) for node in nodes}
    shapes = f"shape, {next(iter(dtypes))}" if len(dtypes) == 1 else "shape"

    def column(name: str, head: str, least: int, most: int, right: bool = False) -> Column:
        words = max(longest.get(name, 0), width(head.partition(",")[0]))
        return Column(name, head, min(least, most, words), min(most, max(words, width(head))), right=right)

    columns = [
        column("expression", "expression", 10, EXPRESSION),
        column("operation", "node", 6, OPERATION),
        column("shape", shapes, SHAPE, SHAPE),
        Column("dtype", "", longest.get("dtype", 0), longest.get("dtype", 0)),
        column("value", "value", VALUE, VALUE, right=True),
    ]
    return [each for each in columns if longest.get(each.name)] + [
        Column("gradient", "gradient", NUMBER, SUM, right=True)
    ]


def _placed(columns: list[Column], spare: int) -> tuple[Column, ...]:
    """Gives what is spare to the columns as they wish, names of operations first, then evenly to the gaps."""
    widths = {}
    for column in sorted(columns, key=lambda column: column.name != "operation"):
        more = min(spare, column.wish - column.least)
        spare -= more
        widths[column.name] = column.least + more
    gaps = max(1, len(columns) - 1)
    more, rest = (WIDEST_GAP - GAP, 0) if spare >= gaps * (WIDEST_GAP - GAP) else divmod(spare, gaps)
    x, placed = 0, []
    for k, column in enumerate(columns):
        if k and k == len(columns) - 1:
            x += rest
        placed.append(replace(column, x=x, width=widths[column.name]))
        x += widths[column.name] + GAP + more
    return tuple(placed)


def gradient(flow: Flow, uses: int, room: int) -> tuple[str, bool]:
    """The gradient as far as it is known, in at most `room` columns, and whether it is all there.

    "3 + …" is a part of a sum: as many parts come as the node has uses.
    """
    if flow.gradient is None:
        parts = [*map(number, flow.parts), *["…"] * (0 < len(flow.parts) < uses)]
        return cut(" + ".join(parts), room) or "·", False
    text = number(flow.gradient)
    after = "" if flow.kept is None else f"{text} → {number(flow.kept)}"
    return (after if after and width(after) <= room else cut(text, room)), True


def shortened(text: str, room: int) -> str:
    """`text` in at most `room` columns with … in its middle: the last operation stands at the end."""
    columns = cells(text)
    if len(columns) <= room or room < 5:
        return cut(text, room)
    head = (room - 1) // 2
    tail = room - 1 - head
    before, after = "".join(columns[: head - (columns[head] == "")]), "".join(columns[-tail:])
    return before.rstrip("… ") + "…" + after.lstrip("… ")
