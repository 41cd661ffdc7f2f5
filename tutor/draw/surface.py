"""A loss surface from above and the path walked on it: shades, contour lines or digits, whatever the terminal has."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lessons.kit.pictures import Field, Point, Surface
from tutor.draw.backdrop import backdrop
from tutor.draw.canvas import Canvas, Dots, Look
from tutor.draw.glyphs import cells, width

_EDGE = 1e-6
"""How far beyond the edge still counts as on it."""


def legend(look: Look) -> str:
    """How to read the ground, in words for the head of the picture."""
    if look.ascii:
        return "0 is lowest"
    if look.flat:
        return "lines of equal loss"
    return "brighter is lower" if look.theme == "dark" else "darker is lower"


def draw_surface(canvas: Canvas, x: int, y: int, w: int, h: int, surface: Surface, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y). Of an even height the last row stays empty: the middle lies inside a row.

    A surface without a field, or without room, leaves the box as it was. `frozen` is for a run that has ended badly.
    """
    height = h - 1 if h > 1 and h % 2 == 0 else h
    field = surface.field
    if field is None or w <= 0 or height <= 0 or field.columns < 1 or field.rows < 1:
        return
    behind = backdrop(field, w, height, canvas.look, canvas.ground)
    box = Canvas(w, height, canvas.look, canvas.ground)
    box.paste(behind.canvas, 0, 0)
    _Map(field, box, behind.grounds).draw(surface, frozen)
    canvas.paste(box, x, y)


class _Map:
    """A box on which places of the field can be marked."""

    def __init__(self, field: Field, box: Canvas, grounds: list[list[str]]) -> None:
        self.field, self.box, self.grounds = field, box, grounds

    def draw(self, surface: Surface, frozen: bool) -> None:
        path = surface.path
        left = left_since(path, self.field)
        self._name_axes(surface, top_row_taken=left is not None)
        if surface.lowest is not None:
            self._mark(surface.lowest, "┼", "muted")
        spec = "muted" if frozen else "bright"
        if left is None:
            self._draw_path([_fractions(point, self.field) for point in path], spec)
        else:
            self._draw_path_out(path, left, spec)
        if path:
            self._mark(path[0], "○", "bright bold")
        if left is None and len(path) > 1:
            flat = self.box.look.flat
            self._mark(path[-1], "●", "accent bold" if flat else "bright bold")

    def _draw_path(self, places: Sequence[Point], spec: str) -> Dots:
        dots = Dots(self.box.width, self.box.height)
        dots.curve([(across * dots.width * 2 - 0.5, down * dots.height * 4 - 0.5) for across, down in places], spec)
        dots.onto(self.box, 0, 0, lambda column, row: self.grounds[row][column], marks="o")
        return dots

    def _draw_path_out(self, path: Sequence[Point], step: int, spec: str) -> None:
        """Up to the edge, where an arrow stands; the top row says since when, at the side where there is more room."""
        places = [_fractions(point, self.field) for point in path[:step]]
        arrow, edge = _exit(places[-1] if places else (0.5, 0.5), _fractions(path[step], self.field))
        path_columns = self._draw_path([*places, edge] if places and edge else places, spec).columns(0)
        marks = [self._nearest(places[0])] if on_map(path[0], self.field) else []
        if edge:
            marks.append(self._nearest(edge))
            self._write(*marks[-1], arrow, "danger bold")
        mark_columns = [column for column, row in marks if row == 0]
        for text in (
            f" {arrow} off the map since step {step} ",
            f" {arrow} off since step {step} ",
            f" {arrow} off ",
            arrow,
        ):
            for taken in (path_columns + mark_columns, mark_columns):
                left, right = min(taken, default=self.box.width), self.box.width - 1 - max(taken, default=-1)
                if len(text) <= max(left, right):
                    self._write(0 if left > right else self.box.width - len(text), 0, text, "danger bold")
                    return

    def _nearest(self, place: Point) -> tuple[int, int]:
        """The cell of a place, or the one on the map that is nearest to it."""
        sizes = (self.box.width, self.box.height)
        column, row = (int(min(max(part * size, 0), size - 1)) for part, size in zip(place, sizes))
        return column, row

    def _mark(self, point: Point, sign: str, spec: str) -> None:
        if on_map(point, self.field):
            self._write(*self._nearest(_fractions(point, self.field)), sign, spec)

    def _write(self, column: int, row: int, text: str, spec: str) -> None:
        """Writes over the ground and keeps its shades."""
        for at, sign in enumerate(cells(text, self.box.look.ascii), column):
            if 0 <= at < self.box.width:
                self.box.put(at, row, sign, f"{spec} on {self.grounds[row][at]}")

    def _name_axes(self, surface: Surface, top_row_taken: bool) -> None:
        """In two corners, where a name takes no more than a quarter of the width."""
        box = self.box
        across, up = f" {surface.x} → ", f" ↑ {surface.y} "
        if surface.y and not top_row_taken and box.height >= 7 and width(up) <= box.width // 4:
            self._write(0, 0, up, "faint")
        if surface.x and box.height >= 7 and width(across) <= box.width // 4:
            self._write(box.width - width(across), box.height - 1, across, "faint")


def _exit(inside: Point, outside: Point) -> tuple[str, Point | None]:
    """The arrow to the edge that a line crosses first, and where; "✗" and None where a coordinate is no number."""
    crossings = []
    for axis, arrows in enumerate(("←→", "↑↓")):
        if not -_EDGE <= outside[axis] <= 1 + _EDGE:
            edge = 1.0 if outside[axis] > 1 else 0.0
            start = min(1.0, max(0.0, inside[axis]))
            crossings.append(((edge - start) / (outside[axis] - start), axis, edge, arrows[int(edge)]))
    if not crossings or any(math.isnan(part) for part in outside):
        return "✗", None
    share, axis, edge, arrow = min(crossings)
    where = [a + (b - a) * share if math.isfinite(b) else a for a, b in zip(inside, outside)]
    where[axis] = edge
    return arrow, (where[0], where[1])


def _fractions(point: Point, field: Field) -> Point:
    """Where a point lies from the left and from the top, 0 to 1 on the map."""
    (left, right), (bottom, top) = field.x, field.y
    return (point[0] - left) / (right - left or 1), (top - point[1]) / (top - bottom or 1)


def on_map(point: Point, field: Field) -> bool:
    """Whether a point lies on the field, to what 32-bit numbers can tell; inf and nan do not."""
    return all(-_EDGE <= part <= 1 + _EDGE for part in _fractions(point, field))


def left_since(path: Sequence[Point], field: Field) -> int | None:
    """The step at which the path left the map for good, None while it is on it."""
    outside = 0
    for point in reversed(path):
        if on_map(point, field):
            break
        outside += 1
    return len(path) - outside if outside else None
