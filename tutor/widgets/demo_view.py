"""DemoView: the pictures of the running demo, its caption and its state; in a graph, nodes can be chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.message import Message

from lessons.kit.pictures import Graph
from tutor.draw.canvas import Canvas
from tutor.draw.graph import GraphView
from tutor.draw.panel import ROOMY, WIDE, PanelView, draw_panel, main_picture
from tutor.widgets.drawn import Drawn


class DemoView(Drawn, can_focus=True):
    GROUND: ClassVar[str] = "panel"

    class Glanced(Message):
        """A key was pressed while the picture stood in place of the editor."""

        def __init__(self, key: events.Key) -> None:
            self.key = key
            super().__init__()

    view = PanelView()
    takes_letters = False
    """Whether the picture stands in place of the editor: every key is its own then, and brings the editor back."""

    def glance(self) -> None:
        self.takes_letters = True
        self.screen.set_focus(self)  # at once: keys may be on their way

    def on_key(self, event: events.Key) -> None:
        if self.takes_letters:
            event.stop()
            event.prevent_default()
            self.post_message(self.Glanced(events.Key(event.key, event.character)))

    def on_blur(self) -> None:
        self.takes_letters = False

    def show(self, view: PanelView) -> None:
        """Shows a panel; how the reader looks at a graph stays as long as it is the same graph."""
        before, look = _graph_of(self.view), self.view.graph
        after = _graph_of(view)
        if before is not None and after is not None and before.nodes != after.nodes:
            look = look.afresh()
        self._take(replace(view, graph=look))

    @property
    def graph(self) -> Graph | None:
        """The graph that can be looked into: where it is tight, a second picture is not drawn."""
        graph = _graph_of(self.view)
        tight = self.size.height < ROOMY and self.size.width < WIDE
        return None if tight and graph is not main_picture(self.view) else graph

    def focus_graph(self, focused: bool) -> None:
        look = self.view.graph
        self._look(look.begin(self.graph) if focused else look.leave())

    def choose(self, by: int) -> None:
        """The node `by` rows further."""
        if self.graph:
            self._look(self.view.graph.choose(self.graph, by))

    def enter(self) -> None:
        """Keeps the chosen node or lets it go; where plumbing is folded, unfolds it."""
        if self.graph:
            self._look(self.view.graph.enter(self.graph))

    def turn_layers(self) -> None:
        """Rails or layers."""
        self._look(replace(self.view.graph, layers=not self.view.graph.layers))

    def _look(self, look: GraphView) -> None:
        self._take(replace(self.view, graph=look))

    def _take(self, view: PanelView) -> None:
        if view != self.view:
            self.view = view
            self.repaint()

    def paint(self, canvas: Canvas) -> None:
        draw_panel(canvas, self.view)


def _graph_of(view: PanelView) -> Graph | None:
    if view.frame is None or view.locked or view.words:
        return None
    return next((picture for picture in view.frame.pictures if isinstance(picture, Graph)), None)
