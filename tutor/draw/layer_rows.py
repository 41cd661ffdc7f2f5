"""Layers drawn: labels, the gradients beside them, and the lines between."""

from __future__ import annotations

from tutor.draw.canvas import Canvas
from tutor.draw.columns import NUMBER, gradient, texts
from tutor.draw.drawing import Drawing
from tutor.draw.folding import flow_of, stands_at
from tutor.draw.glyphs import cut, width
from tutor.draw.layers import Layered, Size, lay_layers

MOST, MOST_EDGES = 14, 40
"""Nodes and edges up to which a graph is drawn in layers: with more it takes long, and cannot be read."""
LABEL, SHORT_LABEL = 12, 7
MARK = 2
"""Columns before a label, for ▲ or ▸."""


def draw_layers(box: Canvas, drawing: Drawing) -> str:
    """Draws into the whole of `box`, or leaves it as it was and says why: it needs more room than there is."""
    if len(drawing.rows) > MOST:
        return f"layers are for up to {MOST} nodes"
    if sum(map(len, drawing.inputs)) > MOST_EDGES:
        return f"layers are for up to {MOST_EDGES} edges"
    need = ""
    for longest, beside in ((LABEL, NUMBER - 1), (LABEL, 0), (SHORT_LABEL, 0)):
        labels = _labels(drawing, longest)
        sizes = [
            Size(max(width(label), 2 * len(row.inputs) - 1), MARK, beside) for label, row in zip(labels, drawing.rows)
        ]
        layered = lay_layers(drawing.inputs, tuple(sizes))
        if layered is None:
            return "its layers cannot be drawn apart"
        if layered.width <= box.width and len(layered.rows) <= box.height:
            _draw(box, drawing, layered, [_centred(label, size.label) for label, size in zip(labels, sizes)], beside)
            return ""
        need = f"layers need {layered.width} × {len(layered.rows)}"
    return need


def _labels(drawing: Drawing, longest: int) -> list[str]:
    """A row's expression, or its operation where that is too long, or cut already."""
    labels = []
    for row, said in zip(drawing.rows, texts(drawing.graph.nodes or (), drawing.rows)):
        name = said["expression"]
        long = width(name) > longest or "…" in name
        label = said["operation"] if row.inputs and not row.folded and long else name
        labels.append(cut(label or said["operation"] or "?", longest))
    return labels


def _centred(label: str, columns: int) -> str:
    left = (columns - width(label)) // 2
    return " " * left + label


def _draw(box: Canvas, drawing: Drawing, layered: Layered, labels: list[str], beside: int) -> None:
    passed = drawing.passed(range(len(drawing.rows)))
    for y, cells in enumerate(layered.rows):
        for x, *arms in cells:
            up, right, down, left = arms
            drawing.line(box, x, y, (up, right, down, left), passed)
    for place, ((x, y), label) in enumerate(zip(layered.nodes, labels)):
        _node(box, x, y, drawing, place, label, beside)


def _node(box: Canvas, x: int, y: int, drawing: Drawing, place: int, label: str, beside: int) -> None:
    row, graph = drawing.rows[place], drawing.graph
    here, chosen = stands_at(graph, row), place == drawing.chosen
    ground = " on raised" if chosen and drawing.raised else ""
    if here or chosen:
        box.put(x - MARK, y, "▲ " if here else "▸ ", f"{drawing.accent} bold{ground}")
    spec = "bright bold" if here or chosen or not row.inputs else "faint" if row.folded else "text"
    blank = len(label) - len(label.lstrip())
    box.put(x + blank, y, label[blank:], spec + ground)
    if beside:
        uses = sum(each.count(place) for each in drawing.inputs)
        text, known = gradient(flow_of(graph, row), uses, beside - 1)
        if text != "·":
            spec = f"{drawing.accent} bold" if here else "bright" if known else "faint"
            box.put(x + width(label) + 1, y, text, spec + ground)
