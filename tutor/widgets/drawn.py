"""Drawn: a widget that paints itself on a canvas, and has only the cells that changed rendered anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, cast

from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tutor.draw.canvas import Canvas, Look
from tutor.widgets.door import Door


class HasLook(Protocol):
    """What widgets ask of the app they stand in."""

    look: Look


class Drawn(Widget):
    """Subclasses paint; `repaint()` after a change of what they show. Focus, keys and state belong to the screens."""

    GROUND: ClassVar[str] = "bg"

    _canvas: Canvas | None = None

    @property
    def look(self) -> Look:
        return cast(HasLook, self.app).look

    def paint(self, canvas: Canvas) -> None:
        """Draws the whole widget."""

    def repaint(self) -> None:
        """Paints anew and refreshes what differs; nothing where nothing changed."""
        before = self._canvas
        if before is None or not self.is_attached or (before.width, before.height) != tuple(self.size):
            self._canvas = None
            self.refresh()
            return
        after = self._painted()
        if spans := after.changes(before):
            self.refresh(*(Region(x, y, width, 1) for x, y, width in spans))

    def _painted(self) -> Canvas:
        self._canvas = Canvas(self.size.width, self.size.height, self.look, self.GROUND)
        self.paint(self._canvas)
        return self._canvas

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._canvas = None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The canvas is a door itself; asking another one for every row would cost 4 % of a frame."""
        return [each for each in super().get_line_filters() if not isinstance(each, Door)]

    def render_line(self, y: int) -> Strip:
        canvas = self._canvas
        # Textual may ask with the new size before it tells of it.
        if canvas is None or (canvas.width, canvas.height) != tuple(self.size) or canvas.look != self.look:
            canvas = self._painted()
        if y >= canvas.height:
            return Strip.blank(canvas.width, self.look.style(f"text on {self.GROUND}"))
        return Strip(canvas.segments(y), canvas.width)
