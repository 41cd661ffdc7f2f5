"""Rails drawn: lines and nodes, tags, and the columns beside them, scrolled to the row that matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tutor.draw import columns as texts
from tutor.draw.canvas import Canvas
from tutor.draw.columns import Column
from tutor.draw.drawing import Drawing
from tutor.draw.folding import Row, flow_of, stands_at
from tutor.draw.glyphs import cut, width
from tutor.draw.rails import Jump, RailRow, Rails, lay_rails

TAGS = 8
"""The most columns for tags; more of them go on below."""
LEAST_WITH_HEAD = 5
"""Rows from which the columns have heads."""
LEAST_WITH_COUNTS = 5
"""Rows from which those that are cut off are counted."""
BETWEEN = -1
"""The line after a row, where there is room for one."""

Line = tuple[int, int]
"""A row of the drawing and which of its lines: 0 is the node's own, further ones hold tags that did not fit."""


def rail_columns(w: int) -> int:
    """How many lines side by side `w` columns are shared with, so that the texts beside keep theirs."""
    return max(2, min(16, (w - 28) // 4))


def draw_rails(box: Canvas, drawing: Drawing, focus: int) -> int | None:
    """Draws into the whole of `box` so that row `focus` is seen; returns on which line the chosen row stands."""
    rails = lay_rails(drawing.inputs, rail_columns(box.width))
    plan = _Plan(box, drawing, rails)
    head = int(box.height >= LEAST_WITH_HEAD)
    if head:
        plan.head()
    room = box.height - head
    lines = plan.lines(room)
    start, stop = _window(lines, rails.order.index(focus), room)
    counted = room >= LEAST_WITH_COUNTS
    marked = None
    for y, line in enumerate(lines[start:stop], head + (counted and start > 0)):
        plan.line(y, line)
        if line[1] == 0 and rails.order[line[0]] == drawing.chosen:
            marked = y
    if counted and start > 0:
        plan.more(head, lines[start - 1], "↑", lines[:start])
    if counted and stop < len(lines):
        plan.more(box.height - 1, lines[stop - 1], "↓", lines[stop:])
    return marked


def _window(lines: Sequence[Line], focus: int, room: int) -> tuple[int, int]:
    """Which lines are shown. They move by half a screen at a time, so that a step on does not move them."""
    at = lines.index((focus, 0))
    if len(lines) <= room:
        return 0, len(lines)
    if room < LEAST_WITH_COUNTS:
        start = min(at, len(lines) - room)
        return start, start + room
    inner = room - 2
    step = inner // 2
    start = max(0, min(len(lines) - inner - 1, (at - inner // 4) // step * step))
    stop = start + room - (start > 0)
    return start, stop if stop >= len(lines) else stop - 1


class _Plan:
    """Where things stand in a box."""

    def __init__(self, box: Canvas, drawing: Drawing, rails: Rails) -> None:
        self.box, self.drawing, self.rails = box, drawing, rails
        self.hot = drawing.passed(rails.order)
        self.tags = [_tag_lines(row.jumps) for row in rails.rows]
        wide = max((_width(line) for lines in self.tags for line in lines), default=0)
        self.tag_x = rails.width + 1
        self.text_x = rails.width + 2 + (wide + 1 if wide else 0)
        nodes = drawing.graph.nodes or ()
        self.uses = Counter(each for node in nodes for each in node.inputs)
        self.said = texts.texts(nodes, drawing.rows)
        self.columns = texts.fitted(nodes, drawing.rows, box.width - self.text_x)

    def lines(self, room: int) -> list[Line]:
        count = [max(1, len(tags)) for tags in self.tags]
        close = [(row, k) for row, lines in enumerate(count) for k in range(lines)]
        if len(close) + len(count) - 1 > room:
            return close
        return [(row, k) for row, lines in enumerate(count) for k in (*range(lines), BETWEEN)][:-1]

    def head(self) -> None:
        for column in self.columns:
            heads = (column.head, column.head.partition(",")[0], "")
            self._put(column, 0, next(head for head in heads if width(head) <= column.width), "faint")

    def _put(self, column: Column, y: int, text: str, spec: str) -> None:
        x = self.text_x + column.x
        if column.right:
            self.box.right(x + column.width, y, text, spec)
        else:
            self.box.put(x, y, text, spec)

    def line(self, y: int, line: Line) -> None:
        row, part = line
        place = self.rails.order[row]
        chosen = place == self.drawing.chosen and part == 0
        ground = " on raised" if chosen and self.drawing.raised else ""
        if ground:
            self.box.fill(0, y, self.box.width, 1, f"text{ground}")
        rail = self.rails.rows[row]
        self._rails(y, rail, part, place, ground)
        if 0 <= part < len(self.tags[row]):
            self._tags(y, self.tags[row][part], ground)
        if part == 0:
            if chosen and not self.drawing.raised:
                self.box.put(self.text_x - 2, y, "▸", f"bright bold{ground}")
            self._texts(y, place, chosen, ground)

    def _rails(self, y: int, rail: RailRow, part: int, place: int, ground: str) -> None:
        for x, up, right, down, left in rail.cells:
            if part == 0 and x == 2 * rail.column:
                self._node(x, y, place, ground)
                continue
            edges = (up, right, down, left) if part == 0 else (down, 0, down, 0)
            self.drawing.line(self.box, x, y, edges, self.hot, ground)

    def _node(self, x: int, y: int, place: int, ground: str) -> None:
        row = self.drawing.rows[place]
        if flow_of(self.drawing.graph, row).gradient is None:
            self.box.put(x, y, "○", f"muted{ground}")
        else:
            self.box.put(x, y, "●", f"{self.drawing.accent} bold{ground}")

    def _tags(self, y: int, jumps: Sequence[Jump], ground: str) -> None:
        x, before = self.tag_x, None
        for jump in jumps:
            spec = f"{self.drawing.accent} bold" if jump.edges & self.hot else "faint"
            sign = "" if before == jump.used else "←" if jump.used else "→"
            x = self.box.put(x, y, sign + jump.text, spec + ground) + 1
            before = jump.used

    def _texts(self, y: int, place: int, chosen: bool, ground: str) -> None:
        row, said = self.drawing.rows[place], self.said[place]
        here = chosen or stands_at(self.drawing.graph, row)
        specs = {
            "expression": "faint" if row.folded else "bright bold" if here or not row.inputs else "text",
            "operation": "muted",
            "shape": "faint",
            "dtype": "faint",
            "value": "text",
        }
        for column in self.columns:
            if column.name == "gradient":
                self._gradient(column, y, row, ground)
            elif said[column.name]:
                short = texts.shortened if column.name == "expression" else cut
                self._put(column, y, short(said[column.name], column.width), specs[column.name] + ground)

    def _gradient(self, column: Column, y: int, row: Row, ground: str) -> None:
        graph = self.drawing.graph
        here = stands_at(graph, row)
        text, known = texts.gradient(flow_of(graph, row), self.uses[row.last], column.width - 2 * here)
        spec = f"{self.drawing.accent} bold" if here else "bright" if known else "faint"
        self._put(column, y, f"▲ {text}" if here else text, spec + ground)

    def more(self, y: int, before: Line, arrow: str, hidden: Iterable[Line]) -> None:
        """A row that stands for those that are cut off; the lines go on through it."""
        row = before[0]
        self._rails(y, self.rails.rows[row], BETWEEN, self.rails.order[row], "")
        self.box.put(self.text_x, y, f"{arrow} {sum(part == 0 for _, part in hidden)} more", "faint")


def _tag_lines(jumps: Iterable[Jump]) -> list[list[Jump]]:
    """The tags of a row in lines of at most `TAGS` columns."""
    lines: list[list[Jump]] = []
    for jump in jumps:
        if not lines or _width([*lines[-1], jump]) > TAGS:
            lines.append([])
        lines[-1].append(jump)
    return lines


def _width(jumps: Sequence[Jump]) -> int:
    """Columns of one line of tags: an arrow for each that go the same way."""
    arrows = sum(k == 0 or jump.used != jumps[k - 1].used for k, jump in enumerate(jumps))
    return sum(len(jump.text) + 1 for jump in jumps) - 1 + arrows
