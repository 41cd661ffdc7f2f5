"""Rows of a picture: which go first, and that what is missing is said."""

from __future__ import annotations

import pytest

from tests.draw.pictures import rows as written
from tutor.draw.canvas import Canvas, Look
from tutor.draw.rows import AIR, DETAIL, GAPS, KEY, TITLE, Row, Span, draw_rows, fitted, title


def row(text: str, rank: int = 0) -> Row:
    return Row([Span(0, text)], rank)


PICTURE = [*title("title"), row("a"), row("about a", DETAIL), Row(rank=GAPS), row("b"), row("key", KEY)]


def texts(height: int, rows: list[Row] = PICTURE) -> list[str]:
    return [kept.spans[0].text if kept.spans else "" for kept in fitted(rows, height)]


@pytest.mark.parametrize(
    ("height", "kept"),
    [
        (9, ["title", "", "a", "about a", "", "b", "key"]),
        (7, ["title", "", "a", "about a", "", "b", "key"]),
        (6, ["title", "a", "about a", "", "b", "key"]),
        (5, ["title", "a", "about a", "b", "key"]),
        (4, ["title", "a", "b", "key"]),
        (3, ["a", "b", "key"]),
        (2, ["a", "b"]),
        (1, ["a"]),
        (0, []),
    ],
)
def test_air_goes_first_and_what_it_is_about_last(height: int, kept: list[str]) -> None:
    assert texts(height) == kept


def test_ranks_stand_in_that_order() -> None:
    assert 0 < KEY < TITLE < DETAIL < GAPS < AIR


@pytest.mark.parametrize(
    ("height", "kept"),
    [
        (9, [*"01234567", "key"]),
        (8, [*"01234567"]),
        (7, ["0", "1", "2", "3", "4", "↓ 3 more", "key"]),
        (4, ["0", "1", "↓ 6 more", "key"]),
        (3, ["0", "1", "↓ 6 more"]),
        (2, ["0", "↓ 7 more"]),
        (1, ["0"]),
    ],
)
def test_what_is_missing_is_counted(height: int, kept: list[str]) -> None:
    """The key stays beside at least three rows: it says what the signs in them mean."""
    assert texts(height, [row(str(k)) for k in range(8)] + [row("key", KEY)]) == kept


def test_text_that_is_too_long_is_cut_with_a_sign() -> None:
    canvas = Canvas(10, 1, Look())
    draw_rows(canvas, 2, 0, 6, 1, [Row([Span(0, "ab"), Span(3, "cdefgh")])])
    assert written(canvas) == ["  ab cd…  "]
