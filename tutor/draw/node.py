"""One node in detail: what it has kept for the backward pass, and what it makes of its gradient."""

from __future__ import annotations

from lessons.kit.pictures import Flow, Graph, Sent
from lessons.kit.words import number
from tutor.draw.canvas import Canvas
from tutor.draw.columns import shortened
from tutor.draw.glyphs import cut, width

NODE_ROWS = 4
"""Always as many, so that nothing below moves."""

_NAME = 14
"""The most columns for the name of an input."""


def draw_node(canvas: Canvas, x: int, y: int, w: int, graph: Graph, place: int) -> None:
    """Draws into the box of `NODE_ROWS` rows and `w` columns at (x, y)."""
    nodes = graph.nodes or ()
    if not 0 <= place < len(nodes):
        return
    box = Canvas(w, NODE_ROWS, canvas.look, canvas.ground)
    _head(box, graph, place)
    flow = graph.flows[place]
    if flow.gradient is None:
        box.put(0, 1, cut(_waiting(graph, place), box.width), "faint")
    elif not nodes[place].inputs:
        box.put(0, 1, cut(_leaf(flow), box.width), "muted")
    elif not flow.sent:
        box.put(0, 1, cut("sends nothing on", box.width), "faint")
    else:
        _sent(box, graph, flow.sent)
    canvas.paste(box, x, y)


def _head(box: Canvas, graph: Graph, place: int) -> None:
    node = (graph.nodes or ())[place]
    end = box.put(0, 0, cut(node.operation, box.width), "bright bold")
    saved = ", ".join(dict.fromkeys(node.saved))
    for text in (f"saved for backward: {saved}", f"saved: {saved}"):
        room = box.width - end - 3
        if saved and (width(text) <= room or (text.startswith("saved:") and room > 12)):
            text = cut(text, room)
            box.right(box.width, 0, text, "faint")
            break
    else:
        text = ""
    room = box.width - end - 2 - (width(text) + 3 if text else 0)
    if node.expression != node.operation and room > 4:
        box.put(end + 2, 0, shortened(node.expression, room), "muted")


def _waiting(graph: Graph, place: int) -> str:
    """What has to pass its gradient on before this node is reached."""
    nodes, flow = graph.nodes or (), graph.flows[place]
    users = [k for k, node in enumerate(nodes) if place in node.inputs]
    open_ones = [k for k in users if graph.flows[k].gradient is None or k == graph.now]
    here = f"{' + '.join(map(number, flow.parts))} so far; " if flow.parts else ""
    if not users:
        return f"{here}waits for backward() to begin"
    if not open_ones:
        return f"{here}waits for its turn"
    names = list(dict.fromkeys(nodes[k].operation for k in open_ones))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{here}waits for {' and '.join(names[:2]) if not more else ', '.join(names[:2])}{more}"


def _leaf(flow: Flow) -> str:
    text = f"gradient {number(flow.gradient or 0.0)}"
    if len(flow.parts) > 1:
        text += f" = {' + '.join(map(number, flow.parts))}"
    return text + (f"   .grad is now {number(flow.kept)}" if flow.kept is not None else "")


def _sent(box: Canvas, graph: Graph, sent: tuple[Sent, ...]) -> None:
    """A row for each gradient that goes on; what does not fit is counted in the last one."""
    rows = NODE_ROWS - 1
    shown = sent if len(sent) <= rows else sent[: rows - 1]
    names = [f"to {shortened(_name(graph, each.to), _NAME)}" for each in shown]
    rule_x = max(map(width, names)) + 3
    rules = max(width(each.rule) for each in shown)
    room = box.width - rule_x - 3 - 8
    value_x = rule_x + (min(rules, room) + 3 if rules and room >= 5 else 0)
    for y, (name, each) in enumerate(zip(names, shown), 1):
        box.put(0, y, name, "muted")
        if each.rule and value_x > rule_x:
            box.put(rule_x, y, cut(each.rule, room), "code")
            box.put(value_x - 2, y, "=", "faint")
        box.put(value_x, y, number(each.value), "bright bold")
    if len(shown) < len(sent):
        box.put(0, rows, f"and {len(sent) - len(shown)} more", "faint")


def _name(graph: Graph, place: int) -> str:
    return (graph.nodes or ())[place].name
