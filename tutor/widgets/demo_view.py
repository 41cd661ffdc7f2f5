"""DemoView: the pictures of the running demo, its caption and its state."""

from __future__ import annotations

from typing import ClassVar

from tutor.draw.canvas import Canvas
from tutor.draw.panel import PanelView, draw_panel
from tutor.widgets.drawn import Drawn


class DemoView(Drawn):
    GROUND: ClassVar[str] = "panel"

    view = PanelView()

    def show(self, view: PanelView) -> None:
        if view != self.view:
            self.view = view
            self.repaint()

    def paint(self, canvas: Canvas) -> None:
        draw_panel(canvas, self.view)
