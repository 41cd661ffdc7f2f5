"""What the tests of drawing share: a real run on a bowl, every look, and a box to draw in that shows what leaves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lessons.kit.pictures import Chart, Field, Limit, Meter, Point, Series, Surface, Zone, field
from tutor.draw.canvas import Canvas, Look

INF, NAN = float("inf"), float("nan")

LOOKS = [
    Look(theme, depth, ascii_only)
    for theme in ("dark", "light")
    for depth in ("true", "256", "16", "none")
    for ascii_only in (False, True)
]


def steep_bowl(x: float, y: float) -> float:
    return 0.5 * (20 * y * y + x * x)


BOWL: Field = field(steep_bowl, (-1.4, 1.4), (-1.4, 1.4))


def descend(lr: float, steps: int) -> list[Point]:
    """Plain gradient descent on the bowl from (1, 1), the start included."""
    path = [(1.0, 1.0)]
    for _ in range(steps):
        x, y = path[-1]
        path.append((x - lr * x, y - lr * 20 * y))
    return path


def surface(*path: Point, lowest: Point | None = (0.0, 0.0)) -> Surface:
    return Surface("bowl", BOWL, path, lowest, "flat axis", "steep axis")


def chart(*series: tuple[float, ...], steps: int = 0, log: bool = False, names: Sequence[str] = "abcdefgh") -> Chart:
    return Chart("loss", tuple(Series(name, values) for name, values in zip(names, series)), steps, log=log)


def curvature(value: float | None, instead: str = "") -> Meter:
    zones = (Zone(1.0, "monotone"), Zone(2.0, "zigzag"), Zone(2.6, "diverges", "danger"))
    return Meter("lr × λ", value, zones, (Limit(2.0, "critical"),), instead)


def rows(canvas: Canvas) -> list[str]:
    return [canvas.text(y) for y in range(canvas.height)]


def text(canvas: Canvas) -> str:
    return "\n".join(rows(canvas))


def drawn(draw: Callable[[Canvas, int, int], None], w: int, h: int, look: Look) -> Canvas:
    """What `draw(canvas, x, y)` leaves in a box w by h, after a look at all that is around it."""
    canvas = Canvas(w + 4, h + 4, look)
    canvas.fill(0, 0, w + 4, h + 4, "danger", "#")
    draw(canvas, 2, 2)
    framed = rows(canvas)
    assert framed[:2] + framed[-2:] == ["#" * (w + 4)] * 4
    assert all(row.startswith("##") and row.endswith("##") for row in framed)
    box = Canvas(w, h, look)
    box.paste(canvas, -2, -2)
    return box


def is_braille(sign: str) -> bool:
    return "\u2801" <= sign <= "\u28ff"


def shades(canvas: Canvas) -> set[str]:
    """The background colours that a canvas would send."""
    styles = [segment.style for y in range(canvas.height) for segment in canvas.segments(y)]
    return {style.bgcolor.name for style in styles if style and style.bgcolor}


def colours(canvas: Canvas) -> set[str]:
    """All colours that a canvas would send."""
    styles = [segment.style for y in range(canvas.height) for segment in canvas.segments(y)]
    return shades(canvas) | {style.color.name for style in styles if style and style.color}
