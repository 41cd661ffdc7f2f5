"""The ground under a path: a field of heights as bands of shade, as contour lines, or as digits in ASCII."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from lessons.kit.pictures import Field
from tutor.draw.canvas import Canvas, Dots, Look

_LIMIT = 1e150
"""Heights are held within this, so that no difference between two of them overflows."""

CONTOURS = 8
"""How many lines of equal height there are at most."""

_PARTS = 8
_ROW = (1 << _PARTS) - 1
_FULL = (1 << _PARTS * _PARTS) - 1
"""Into so many rows and columns a cell is divided to find the sign whose shape fits an edge best."""


@dataclass(frozen=True)
class Backdrop:
    """What stands behind the path. `grounds[row][column]` is the token of the shade that fills most of a cell."""

    canvas: Canvas
    grounds: list[list[str]]


@lru_cache(8)
def backdrop(field: Field, width: int, height: int, look: Look, ground: str) -> Backdrop:
    """The whole field over width by height cells. It is kept, for all frames of a run show it: do not write on it."""
    if look.ascii:
        return _digits(field, width, height, look, ground)
    if look.flat:
        return _contours(field, width, height, look, ground)
    return _shades(field, width, height, look, ground)


def edges(heights: Sequence[float], bands: int) -> list[float]:
    """The heights between bands, lowest first: quantiles at (k/n)², which set the rings of a round bowl evenly apart.

    Quantiles and not fractions of the range, so that a few very high places cannot make all the rest one band. A plain
    has none.
    """
    ranked = sorted(heights)
    if ranked[0] == ranked[-1]:
        return []
    return [ranked[int((len(ranked) - 1) * (k / bands) ** 2)] for k in range(1, bands)]


def _finite(field: Field) -> list[float]:
    """The heights, of which those that are no number, or too large, stand at the limit."""
    return [max(-_LIMIT, min(_LIMIT, v)) if v == v else _LIMIT for v in field.heights]


def _sample(heights: Sequence[float], columns: int, across: int, down: int) -> list[list[float]]:
    """Heights at `down` rows of `across` points, edges included, each between its four neighbours (bilinear)."""
    rows = len(heights) // columns
    places = [_place(i, across, columns) for i in range(across)]
    out = []
    for j in range(down):
        at, share = _place(j, down, rows)
        upper = heights[at * columns : (at + 1) * columns]
        lower = heights[(at + 1) * columns : (at + 2) * columns] if at + 1 < rows else upper
        row = [a + (b - a) * share for a, b in zip(upper, lower)]
        out.append([row[i] + (row[min(i + 1, columns - 1)] - row[i]) * part for i, part in places])
    return out


def _place(index: int, count: int, points: int) -> tuple[int, float]:
    """Of `count` even places along `points`, the one at `index`: the point before it, and the share of the way on."""
    where = index / max(1, count - 1) * (points - 1)
    before = min(int(where), max(0, points - 2))
    return before, where - before


def _shades(field: Field, width: int, height: int, look: Look, ground: str) -> Backdrop:
    heights = _finite(field)
    limits = edges(heights, look.bands)
    grid = _sample(heights, field.columns, width + 1, height * 2 + 1)
    canvas = Canvas(width, height, look, ground)
    grounds = []
    for y in range(height):
        row = []
        for x in range(width):
            cell = [line[x : x + 2] for line in grid[y * 2 : y * 2 + 3]]
            sign, shape, rest, most = _fitted(cell, limits)
            canvas.put(x, y, sign, f"ramp{shape} on ramp{rest}")
            row.append(f"ramp{most}")
        grounds.append(row)
    return Backdrop(canvas, grounds)


def _fitted(cell: list[list[float]], limits: list[float]) -> tuple[str, int, int, int]:
    """The sign for a cell of three rows of two heights; the bands of its shape, of the rest and of most of the cell."""
    flat = [*cell[0], *cell[1], *cell[2]]
    first, last = bisect_left(limits, min(flat)), bisect_left(limits, max(flat))
    top = len(limits) - first
    if first == last:
        return " ", top, top, top
    above = [_mask(cell, limit) for limit in limits[first:last]]
    regions = [outer & ~inner for outer, inner in pairwise([_FULL, *above, 0])]
    most, off = _commonest(regions, _FULL)
    best = (off, 0, " ", most, most)
    for k, mask in enumerate(above, 1):
        if _stripe(mask):
            continue
        shape = _best(mask)
        sign, inverted = _SIGNS[shape]
        inside, outside = _commonest(regions, shape), _commonest(regions, _FULL & ~shape)
        bands = (outside[0], inside[0]) if inverted else (inside[0], outside[0])
        best = min(best, (inside[1] + outside[1], k, sign, *bands))
    return best[2], top - best[3], top - best[4], top - most


def _stripe(mask: int) -> bool:
    """Whether the shape crosses the cell between two others: no sign does, and a lopsided one would show."""
    middle = mask >> _PARTS * (_PARTS // 2)
    return (mask ^ mask >> _PARTS * (_PARTS - 1)) & _ROW == 0 and (mask ^ middle) & _ROW != 0


def _commonest(regions: list[int], part: int) -> tuple[int, int]:
    """The region that fills most of a part of the cell, and how far off the rest of that part is, in bands."""
    counts = [(region & part).bit_count() for region in regions]
    most = counts.index(max(counts))
    return most, sum(count * abs(k - most) for k, count in enumerate(counts))


def _mask(cell: list[list[float]], edge: float) -> int:
    """Which of the cell's parts lie above `edge`, one bit each, row by row."""
    mask = 0
    for j in range(_PARTS):
        half, share = divmod((j + 0.5) * 2 / _PARTS, 1)
        upper, lower = cell[int(half)], cell[int(half) + 1]
        left = upper[0] + (lower[0] - upper[0]) * share - edge
        right = upper[1] + (lower[1] - upper[1]) * share - edge
        mask = mask << _PARTS | _row_mask(left, right)
    return mask


def _row_mask(left: float, right: float) -> int:
    """The parts of a row that are positive, where the height goes straight from left to right."""
    if left > 0 and right > 0:
        return _ROW
    if left <= 0 and right <= 0:
        return 0
    crossing = round(left / (left - right) * _PARTS)
    return _ROW & ~(_ROW >> crossing) if left > 0 else _ROW >> crossing


def _shapes() -> dict[int, tuple[str, bool]]:
    """Mask -> the sign that has this shape, and whether the shape is what the sign leaves free."""
    shapes = {0: (" ", False), _FULL: (" ", True)}

    def add(sign: str, mask: int) -> None:
        shapes.setdefault(mask, (sign, False))
        shapes.setdefault(_FULL & ~mask, (sign, True))

    for k, sign in enumerate("▁▂▃▄▅▆▇", 1):
        add(sign, (1 << _PARTS * k) - 1)
    column = sum(1 << _PARTS * j for j in range(_PARTS))
    for k, sign in enumerate("▏▎▍▌▋▊▉", 1):
        add(sign, column * (_ROW & ~(_ROW >> k)))
    half = _PARTS // 2
    upper, left = _FULL & ~((1 << _PARTS * half) - 1), column * (_ROW & ~(_ROW >> half))
    for sign, mask in zip(
        "▘▝▖▗▚", (upper & left, upper & ~left, ~upper & left, _FULL & ~upper & ~left, _FULL & ~(upper ^ left))
    ):
        add(sign, mask)
    return shapes


_SIGNS = _shapes()


def _best(mask: int) -> int:
    if mask in _SIGNS:
        return mask
    return min(_SIGNS, key=lambda shape: (shape ^ mask).bit_count())


def _contours(field: Field, width: int, height: int, look: Look, ground: str) -> Backdrop:
    """A dot wherever the next one to the right or below lies in another band."""
    heights = _finite(field)
    limits = edges(heights, min(CONTOURS, height // 2 + 1) + 1)
    bands = [
        [bisect_left(limits, v) for v in row] for row in _sample(heights, field.columns, width * 2 + 1, height * 4 + 1)
    ]
    dots = Dots(width, height)
    for y, (row, below) in enumerate(pairwise(bands)):
        for x in range(width * 2):
            if row[x] != row[x + 1] or row[x] != below[x]:
                dots.line(x, y, x, y, "dim")
    canvas = Canvas(width, height, look, ground)
    dots.onto(canvas, 0, 0)
    return Backdrop(canvas, [[ground] * width for _ in range(height)])


def _digits(field: Field, width: int, height: int, look: Look, ground: str) -> Backdrop:
    heights = _finite(field)
    limits = edges(heights, 10)
    canvas = Canvas(width, height, look, ground)
    grid = _sample(heights, field.columns, width * 2 + 1, height * 2 + 1)
    for y in range(height):
        canvas.put(0, y, "".join(str(bisect_left(limits, v)) for v in grid[y * 2 + 1][1::2]), "faint")
    return Backdrop(canvas, [[ground] * width for _ in range(height)])
