"""One number against named zones: in words, on a scale, and by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Limit, Meter, Zone
from tests.draw.pictures import INF, LOOKS, NAN, curvature, rows, text
from tutor.draw.canvas import Canvas, Look
from tutor.draw.meter import ROWS, draw_meter

W = 62


def canvas_of(meter: Meter, w: int = W, look: Look | None = None, locked: bool = False) -> Canvas:
    canvas = Canvas(w, ROWS, look or Look(), "panel")
    draw_meter(canvas, 0, 0, w, meter, locked)
    return canvas


def styled(canvas: Canvas, y: int, spec: str) -> str:
    """What stands on a row in that style."""
    wanted = canvas.look.style(f"{spec} on panel")
    return " ".join(segment.text.strip() for segment in canvas.segments(y) if segment.style == wanted)


@pytest.mark.parametrize(
    ("value", "words", "tone"),
    [
        (0.02, "lr × λ  0.02  monotone", "accent"),
        (1.8, "lr × λ  1.8  zigzag", "accent"),
        (2.0, "lr × λ  2  ! critical", "warn"),
        (2.02, "lr × λ  2.02  ✗ diverges", "danger"),
        (1e6, "lr × λ  1e6  ✗ diverges", "danger"),
        (INF, "lr × λ  inf  ✗ diverges", "danger"),
        (NAN, "lr × λ  nan  ✗ diverges", "danger"),
        (-0.5, "lr × λ  −0.5  monotone", "accent"),
        (0.0, "lr × λ  0  monotone", "accent"),
        (1.9999, "lr × λ  1.9999  zigzag", "accent"),
        (2.000001, "lr × λ  2.000001  ✗ diverges", "danger"),
    ],
)
def test_the_value_and_its_zone_are_said(value: float, words: str, tone: str) -> None:
    """With as many digits as it takes not to look like a limit that the value is not on."""
    canvas = canvas_of(curvature(value))
    assert canvas.text(0).strip() == words
    assert styled(canvas, 0, f"{tone} bold") == words.rpartition("  ")[2]


@pytest.mark.parametrize(("value", "column"), [(0.0, 0), (1.3, 30), (2.0, 47), (2.6, 61)])
def test_the_pointer_stands_at_the_value(value: float, column: int) -> None:
    scale = canvas_of(curvature(value)).text(1)
    assert scale.index("●") == column
    assert set(scale[:column]) <= set("━╌┼╋")
    assert "━" not in scale[column:]


@pytest.mark.parametrize("value", [2.7, 1e300, INF])
def test_beyond_the_end_the_pointer_stays_there(value: float) -> None:
    assert canvas_of(curvature(value)).text(1).endswith("●›")


def test_below_the_beginning_it_stays_there() -> None:
    assert canvas_of(curvature(-3.0)).text(1).startswith("‹●")


def test_nan_has_no_place() -> None:
    assert "●" not in canvas_of(curvature(NAN)).text(1)


def test_ticks_stand_between_zones_and_the_last_is_dashed() -> None:
    scale = canvas_of(curvature(None)).text(1)
    assert scale == "─" * 23 + "┼" + "─" * 23 + "╋" + "╌" * 14


@pytest.mark.parametrize(("value", "name", "spec"), [(0.5, "monotone", "bright"), (2.3, "diverges", "danger")])
def test_the_present_zone_stands_out(value: float, name: str, spec: str) -> None:
    canvas = canvas_of(curvature(value))
    assert styled(canvas, 2, spec) == name
    assert canvas.text(2).split() == ["0", "monotone", "1", "zigzag", "2", "diverges"]


def test_at_a_limit_its_number_stands_out() -> None:
    assert styled(canvas_of(curvature(2.0)), 2, "warn bold") == "2"


@given(st.none() | st.floats(), st.integers(1, 80))
def test_names_never_run_together(value: float | None, w: int) -> None:
    """Every word of the names row is whole, and the present zone is among them where it fits."""
    meter = curvature(value)
    words = canvas_of(meter, w).text(2).split()
    assert set(words) <= {"0", "1", "2", "monotone", "zigzag", "diverges"} or w < 8
    zone = meter.zone()
    if isinstance(zone, Zone) and w >= 8:
        assert zone.name in words


@given(st.floats(), st.integers(1, 80))
def test_a_number_is_whole_or_absent(value: float, w: int) -> None:
    """On the row of words the title goes first, then the number, as a whole."""
    said, whole = (canvas_of(curvature(value), columns).text(0).split() for columns in (w, 80))
    if said and said[-1].endswith("…"):
        said = said[:-1]
        assert not any(character.isdigit() for word in said for character in word)
    assert set(said) <= set(whole)


def test_without_a_value_it_says_why() -> None:
    assert canvas_of(curvature(None)).text(0).strip() == "lr × λ  not run yet"
    assert canvas_of(curvature(None, "no simple limit")).text(0).strip() == "lr × λ  no simple limit"
    assert "●" not in text(canvas_of(curvature(None)))


def test_locked_hides_what_is_to_be_predicted() -> None:
    canvas = canvas_of(curvature(2.02), locked=True)
    assert canvas.text(0).strip() == "lr × λ  not run yet"
    assert "●" not in text(canvas)
    assert styled(canvas, 0, "faint") == "lr × λ not run yet"


@pytest.mark.parametrize(
    "meter",
    [
        Meter("m", 1.0, ()),
        Meter("m", 1.0, (Zone(NAN, "a"), Zone(INF, "b"))),
        Meter("m", 1.0, (Zone(-1.0, "a"), Zone(0.0, "b"))),
        Meter("m", 1.0, (Zone(5e-324, "a"),), (Limit(INF, "b"), Limit(NAN, "c"))),
        Meter("界" * 40, 1e-300, (Zone(1.0, "界" * 40), Zone(2.0, ""))),
    ],
)
def test_no_meter_is_too_strange(meter: Meter) -> None:
    for w in range(1, 50):
        assert len(rows(canvas_of(meter, w))) == ROWS
        assert len(rows(canvas_of(replace(meter, value=None), w))) == ROWS


@pytest.mark.parametrize("look", [look for look in LOOKS if look.ascii])
def test_in_ascii_it_reads_the_same(look: Look) -> None:
    assert rows(canvas_of(curvature(1.3), 30, look)) == [
        "lr x L  1.3  zigzag           ",
        "===========+==@-------+.......",
        "0 monotone 1  zigzag  2       ",
    ]
