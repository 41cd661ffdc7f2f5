"""DemoView: the pictures of the running demo, its caption and its state; in a graph, nodes can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.message import Message

from lessons.kit.pictures import Graph
from tutor.draw.canvas import Canvas
from tutor.draw.graph import GraphView
from tutor.draw.panel import PanelView, draw_panel
from tutor.widgets.drawn import Drawn


class DemoView(Drawn, can_focus=True):
    GROUND: ClassVar[str] = "panel"

    class Glanced(Message):
        """A key was pressed while the picture stood in place of the editor."""

        def __init__(self, key: events.Key) -> None:
            self.key = key
            super().__init__()

    view = PanelView()
    kept = False
    """Whether the chosen node stays chosen when the keys are elsewhere."""
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
        before = self.graph
        view = replace(view, graph=self.view.graph)
        if view != self.view:
            self.view = view
            after = self.graph
            if before is not None and after is not None and before.nodes != after.nodes:
                kept = self.view.graph
                self.kept = False
                self.view = replace(view, graph=GraphView(layers=kept.layers, focused=kept.focused))
            self.repaint()

    @property
    def graph(self) -> Graph | None:
        """The graph among the pictures, where it can be looked into."""
        view = self.view
        if view.frame is None or view.locked or view.words:
            return None
        return next((picture for picture in view.frame.pictures if isinstance(picture, Graph)), None)

    def focus_graph(self, focused: bool) -> None:
        """Begins at the row that is followed; a node that was not kept is let go at the end."""
        if focused:
            self._look(lambda graph, view: replace(view, focused=True) if self.kept else begun(graph, view))
        else:
            self._look(lambda _, view: replace(view, focused=False, chosen=view.chosen if self.kept else None))

    def choose(self, by: int) -> None:
        """The node `by` rows further."""
        self._look(lambda graph, view: view.choose(graph, by))

    def enter(self) -> None:
        """Keeps the chosen node or lets it go; where plumbing is folded, unfolds it."""
        before = self.view.graph
        self._look(lambda graph, view: view.enter(graph))
        if self.view.graph.unfolded == before.unfolded:
            self.kept = not self.kept
            self._look(lambda _, view: replace(view, chosen=before.chosen))

    def turn_layers(self) -> None:
        """Rails or layers."""
        self._look(lambda graph, view: replace(view, layers=not view.layers))

    def _look(self, change: Callable[[Graph, GraphView], GraphView]) -> None:
        graph = self.graph
        if graph is not None:
            self.view = replace(self.view, graph=change(graph, self.view.graph))
            self.repaint()

    def paint(self, canvas: Canvas) -> None:
        draw_panel(canvas, self.view)


def begun(graph: Graph, view: GraphView) -> GraphView:
    """With the row chosen that was followed so far."""
    return replace(view, focused=True, chosen=None).choose(graph, 0)
