"""Ranges on one axis: where they begin and end, and which of them hold a value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Mark, Ruler
from tests.draw.amounts import CROWD, FORMATS, RANGES, shown
from tests.draw.pictures import INF, NAN, rows, text
from tutor.draw.canvas import Canvas, Look
from tutor.draw.ruler import ruler_rows


def marked(*values: float, name: str = "value") -> Ruler:
    return replace(RANGES, marks=tuple(Mark(value, name) for value in values))


def span_rows(canvas: Canvas) -> dict[str, str]:
    found = {row.split()[0]: row for row in rows(canvas) if row.split() and row.split()[0] in ("fp32", "fp16", "bf16")}
    assert list(found) == ["fp32", "fp16", "bf16"]
    return found


def test_a_span_is_dotted_where_digits_are_missing_and_heavy_where_all_are_there() -> None:
    spans = span_rows(shown(marked(), 85 + 6))
    assert spans["fp32"][6:] == " " * 0 + "╌" * 7 + "━" * 77 + spans["fp32"][90:]
    assert spans["fp16"].strip(" fp16·").count("╌") == 3
    assert spans["fp16"].count("━") == 10
    assert spans["fp16"].index("━") == 6 + 46 - 4 - 1


@pytest.mark.parametrize(
    ("value", "signs"),
    [
        (1.0, "●●●"),
        (65504.0, "●●●"),
        (65520.0, "●│●"),
        (1e-6, "●○●"),
        (1e-9, "●│●"),
        (-65520.0, "●│●"),
        (1e-40, "○│○"),
        (1e-44, "○││"),
        (1e-46, "│││"),
        (1e40, "│││"),
    ],
)
@pytest.mark.parametrize("w", [44, 62, 110])
def test_a_mark_shows_which_spans_hold_it(value: float, signs: str, w: int) -> None:
    """● with all digits, ○ with fewer, a thin line where it is outside, however near."""
    spans = span_rows(shown(marked(value), w))
    found = ["".join(sign for sign in row if sign in "●○│") for row in spans.values()]
    assert "".join(found) == signs


@pytest.mark.parametrize(("value", "word", "column"), [(0.0, "0", 6), (INF, "inf", 61)])
def test_what_has_no_logarithm_stands_at_an_end_with_a_word(value: float, word: str, column: int) -> None:
    canvas = shown(marked(value), 62)
    assert {row.index("│") for row in span_rows(canvas).values()} == {column}
    ticks = rows(canvas)[-1]
    assert word in ticks.split()
    assert f"value {word}" in text(canvas)


def test_neighbours_stand_beside_each_other() -> None:
    """65504 is held by fp16, 65520 is not, and both can be seen."""
    spans = span_rows(shown(marked(65504.0, 65520.0), 62))
    assert "●│" in spans["fp16"]
    assert "●●" in spans["bf16"]


def test_marks_in_a_crowd_all_have_their_names() -> None:
    """On masts of their own, or in a row below; nan only there."""
    said = text(shown(CROWD, 62))
    for name in ("a 3e-8", "b 0.001", "c 0", "d 65504", "e inf", "✗ f nan", "g −2", "‹ h 1e-300"):
        assert name in said, name


@pytest.mark.parametrize(("name", "written"), [("value", "value 65520"), ("value 65520", "value 65520")])
def test_a_number_is_written_once(name: str, written: str) -> None:
    canvas = shown(marked(65520.0, name=name), 62)
    assert text(canvas).count("65520") == 1
    assert written in text(canvas)


def test_the_axis_reaches_over_all_spans_and_no_further() -> None:
    assert rows(shown(marked(), 62))[-1].split() == ["1e-40", "1e-20", "1", "1e20"]


def test_a_mark_far_away_does_not_squeeze_the_spans() -> None:
    near, far = (span_rows(shown(marked(value), 62))["fp16"].count("━") for value in (1.0, 1e-300))
    assert far >= near - 1


def test_few_rows_keep_the_spans() -> None:
    assert [row.split()[0] for row in rows(shown(CROWD, 62, 3))] == ["fp32", "fp16", "bf16"]


@given(st.lists(st.floats(allow_nan=False), max_size=5), st.integers(24, 120))
def test_it_is_as_high_as_it_says(values: list[float], w: int) -> None:
    picture = marked(*values)
    assert rows(shown(picture, w))[-1].strip()
    assert not any(row.strip() for row in rows(shown(picture, w, 40))[ruler_rows(picture, w) :])


def test_nan_alone_is_told_and_stands_nowhere() -> None:
    canvas = shown(marked(NAN), 62)
    assert "also marked: ✗ value nan" in text(canvas)
    assert "│" not in text(canvas)


def test_in_ascii_it_reads_the_same() -> None:
    spans = span_rows(shown(replace(RANGES, spans=FORMATS), 62, look=Look("dark", "none", True)))
    assert "==@==" in spans["fp32"]
    assert "|" in spans["fp16"]
