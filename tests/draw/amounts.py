"""Bars, timelines, bits, rulers, grids, histograms and tables to draw: real ones, and any that may arrive."""

from __future__ import annotations

import struct

from hypothesis import strategies as st
from rich.style import Style

from lessons.kit.pictures import (
    Bar,
    Bars,
    Bits,
    Grid,
    Histogram,
    Lane,
    Mark,
    Picture,
    Ruler,
    Span,
    Stretch,
    Table,
    Timeline,
    Word,
)
from tests.draw.pictures import INF, NAN
from tutor.draw.canvas import Canvas, Look
from tutor.draw.glyphs import cells
from tutor.draw.graph import GraphView
from tutor.draw.picture import draw_picture, wanted

PARTS = ("weights", "gradients", "optimizer", "activations")
MEMORY = Bars(
    "memory of a step",
    PARTS,
    (
        Bar("fp32", (7.11, 7.11, 14.22, 44.41)),
        Bar("autocast", (7.11, 7.11, 14.22, 24.3), "−20.1"),
        Bar("pure bf16", (3.55, 3.55, 7.11, 22.2), "−36.4"),
    ),
    "MiB",
)


def word(name: str, value: float, note: str = "") -> Word:
    """`value` as fp32 or fp16 stores it, or as bf16, which is fp32 cut to its first two bytes."""
    code, exponent = (">e", 5) if name == "fp16" else (">f", 8)
    packed = struct.pack(code, value)
    if name == "bf16":
        packed = packed[:2] + bytes(2)
    bits = f"{int.from_bytes(packed, 'big'):0{8 * len(packed)}b}"
    fields = (bits[0], bits[1 : 1 + exponent], bits[1 + exponent : 16 if name == "bf16" else None])
    return Word(name, fields, struct.unpack(code, packed)[0], note)


FIELDS = ("sign", "exponent", "fraction")
WORDS = Bits("bits of 65520", FIELDS, (word("fp32", 65520.0), word("fp16", INF, "its largest is 65504")))
FORMATS = (
    Span("fp32", 2.0**-149, 2.0**-126, 3.4028e38),
    Span("fp16", 2.0**-24, 2.0**-14, 65504.0),
    Span("bf16", 2.0**-133, 2.0**-126, 3.3895e38),
)
RANGES = Ruler("what they hold", FORMATS, (Mark(65520.0, "value"), Mark(1e-6, "gradient")))
CROWD = Ruler(
    "gradients",
    FORMATS,
    tuple(Mark(value, name) for value, name in zip((3e-8, 1e-3, 0.0, 65504.0, INF, NAN, -2.0, 1e-300), "abcdefgh")),
)
GRADIENT = Grid(
    "gradient",
    ("out 0", "out 1"),
    ("in 0", "in 1", "in 2"),
    (0.5, -0.25, 0.0, NAN, INF, 1.0),
    marked=(2,),
    meaning="became 0",
)
SIZES_OF_GRADIENTS = Histogram(
    "sizes of the gradients",
    (0.0, 1.0, 4.0, 16.0, 8.0, 1.0),
    -12,
    0,
    "size",
    True,
    (Mark(-6.0, "smallest"),),
    10.0,
    "became 0",
)
LABELS = Table(
    "labels", ("loss", "dtype", "value"), tuple((f"loss {k}", "int64", f"{k * 1.5:g}") for k in range(20)), 12
)
LOADING = Timeline(
    "who is at work",
    ("fetches", "waits", "trains"),
    (
        Lane("trainer", (Stretch(0.0, 40.0, 1), Stretch(40.0, 60.0, 2, "0"), Stretch(60.0, 80.0, 2, "1"))),
        Lane("pid 4711", (Stretch(10.0, 40.0, 0, "0"), Stretch(40.0, 70.0, 0, "2"))),
        Lane("pid 4712", (Stretch(20.0, 55.0, 0, "1"),)),
    ),
    80.0,
)
AMOUNTS: list[Picture] = [MEMORY, LOADING, WORDS, RANGES, CROWD, GRADIENT, SIZES_OF_GRADIENTS, LABELS]

_NUMBER = st.floats() | st.sampled_from([0.0, 5e-324, 1e308, -1e308, INF, -INF, NAN, 1.0, 7.0])
_WORD = st.text(max_size=12) | st.sampled_from(["loss", "梯度的范数", "e\u0301", "\x1b[2J"])
_ABOVE = st.floats(min_value=0, max_value=1e308, exclude_min=True)
_MARKS = st.lists(st.builds(Mark, _NUMBER, _WORD), max_size=6).map(tuple)


@st.composite
def _bars(draw: st.DrawFn) -> Bars:
    parts = draw(st.lists(_WORD, max_size=6).map(tuple))
    values = st.tuples(*[_NUMBER] * len(parts))
    bars = draw(st.lists(st.builds(Bar, _WORD, values, _WORD), max_size=5).map(tuple))
    return Bars(draw(_WORD), parts, bars, draw(_WORD), draw(st.none() | _NUMBER))


@st.composite
def _timeline(draw: st.DrawFn) -> Timeline:
    kinds = draw(st.lists(_WORD, min_size=1, max_size=8).map(tuple))
    times = st.tuples(st.floats(0, 1e308), st.floats(0, 1e308)).map(sorted)
    stretch = st.builds(lambda t, k, n: Stretch(t[0], t[1], k, n), times, st.integers(0, len(kinds) - 1), _WORD)
    lane = st.builds(Lane, _WORD, st.lists(stretch, max_size=6).map(tuple))
    return Timeline(draw(_WORD), kinds, draw(st.lists(lane, max_size=5).map(tuple)), draw(_ABOVE), draw(_WORD))


@st.composite
def _bits(draw: st.DrawFn) -> Bits:
    fields = draw(st.lists(_WORD, max_size=4).map(tuple))
    digits = st.tuples(*[st.text("01", max_size=60)] * len(fields))
    return Bits(
        draw(_WORD), fields, draw(st.lists(st.builds(Word, _WORD, digits, _NUMBER, _WORD), max_size=4).map(tuple))
    )


@st.composite
def _grid(draw: st.DrawFn) -> Grid:
    rows, columns = (draw(st.lists(_WORD, max_size=7).map(tuple)) for _ in range(2))
    count = len(rows) * len(columns)
    values = draw(st.tuples(*[_NUMBER] * count))
    ends = (draw(st.none() | _NUMBER), draw(st.none() | _NUMBER))
    marked = draw(st.lists(st.integers(0, max(0, count - 1)), max_size=4).map(tuple)) if count else ()
    return Grid(draw(_WORD), rows, columns, values, *ends, marked, draw(_WORD))


@st.composite
def _table(draw: st.DrawFn) -> Table:
    heads = draw(st.lists(_WORD, max_size=5).map(tuple))
    rows = draw(st.lists(st.tuples(*[_WORD] * len(heads)), max_size=9).map(tuple))
    return Table(draw(_WORD), heads, rows, draw(st.none() | st.integers(0, 12)))


_SPAN = st.tuples(_ABOVE, _ABOVE, _ABOVE).map(sorted).flatmap(lambda ends: st.builds(Span, _WORD, *map(st.just, ends)))
_RANGE = (
    st.tuples(st.floats(-1e308, 1e308), st.floats(-1e308, 1e308)).map(sorted).filter(lambda ends: ends[0] < ends[1])
)
_HISTOGRAM = _RANGE.flatmap(
    lambda ends: st.builds(
        Histogram,
        _WORD,
        st.lists(_NUMBER, max_size=80).map(tuple),
        st.just(ends[0]),
        st.just(ends[1]),
        _WORD,
        st.booleans(),
        _MARKS,
        _NUMBER,
        _WORD,
    )
)
ANY_AMOUNT: st.SearchStrategy[Picture] = st.one_of(
    _bars(),
    _timeline(),
    _bits(),
    st.builds(Ruler, _WORD, st.lists(_SPAN, max_size=4).map(tuple), _MARKS),
    _grid(),
    _HISTOGRAM,
    _table(),
)
"""Whatever the checks of arriving pictures let through."""


def shown(picture: Picture, w: int, h: int | None = None, look: Look | None = None, frozen: bool = False) -> Canvas:
    """The picture in w columns and h rows, or in as many as it wants."""
    canvas = Canvas(w, (wanted(picture, w) or 0) if h is None else h, look or Look())
    draw_picture(canvas, 0, 0, w, canvas.height, picture, view=GraphView(), frozen=frozen)
    return canvas


def styles(canvas: Canvas, y: int) -> list[Style]:
    """The style of every cell of a row."""
    return [segment.style or Style() for segment in canvas.segments(y) for _ in cells(segment.text)]


def in_style(canvas: Canvas, y: int, spec: str) -> str:
    """What stands on a row in that style."""
    style = canvas.look.style(f"{spec} on {canvas.ground}" if " on " not in spec else spec)
    return " ".join(segment.text.strip() for segment in canvas.segments(y) if segment.style == style)
