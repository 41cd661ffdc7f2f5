"""Rows of words in columns: aligned, cut where they must be, the chosen row always in view."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Table
from tests.draw.amounts import LABELS, in_style, shown
from tests.draw.pictures import rows, text
from tutor.draw.table import table_rows


def test_columns_begin_below_their_heads_and_numbers_end_there() -> None:
    canvas = shown(LABELS, 62)
    head, first, last = canvas.text(2), canvas.text(3), canvas.text(22)
    assert head.split() == ["loss", "dtype", "value"]
    assert head.index("dtype") == first.index("int64")
    assert len(head.rstrip()) == len(first.rstrip()) == len(last.rstrip())
    assert table_rows(LABELS, 62) == canvas.height == 23


@pytest.mark.parametrize("cell", ["12", "−3.5", "1e-8", "4 MiB", "85 %", "inf", ""])
def test_numbers_are_aligned_at_their_end(cell: str) -> None:
    canvas = shown(Table("t", ("a long head",), (("123456",), (cell,))), 40)
    assert canvas.text(4).rstrip().endswith(cell)
    assert not cell or canvas.text(4).rstrip().index(cell) + len(cell) == 13


@pytest.mark.parametrize("cell", ["int64", "3 classes and more", "(2, 3)", "no"])
def test_words_are_aligned_at_their_beginning(cell: str) -> None:
    canvas = shown(Table("t", ("head",), (("12",), (cell,))), 40)
    assert canvas.text(4).index(cell) == canvas.text(2).index("head") == 2


def test_the_chosen_row_is_marked_and_bright() -> None:
    canvas = shown(LABELS, 62)
    assert canvas.text(15).startswith("▸ loss 12 ")
    assert in_style(canvas, 15, "bright bold").split() == ["loss", "12", "int64", "18"]
    assert text(canvas).count("▸") == 1
    assert "▸" not in text(shown(replace(LABELS, chosen=None), 62))


@given(st.integers(0, 19), st.integers(1, 30))
def test_the_chosen_row_is_always_in_view(chosen: int, h: int) -> None:
    """And what is out of view is counted to the row."""
    shown_rows = rows(shown(replace(LABELS, chosen=chosen), 62, h))
    assert sum(row.startswith(f"▸ loss {chosen} ") for row in shown_rows) == 1
    in_view = sum("int64" in row for row in shown_rows)
    hidden = [int(row.split()[1]) for row in shown_rows if row.split() and row.split()[-1] == "more"]
    assert in_view + sum(hidden) == 20 or h < 4


def test_a_table_that_scrolls_keeps_its_heads() -> None:
    canvas = shown(LABELS, 62, 6)
    assert canvas.text(0).split() == ["loss", "dtype", "value"]
    assert canvas.text(1).strip() == "↑ 11 more"
    assert canvas.text(5).strip() == "↓ 6 more"


def test_a_table_that_fits_counts_nothing() -> None:
    assert "more" not in text(shown(LABELS, 62))


def test_the_widest_column_gives_way_and_says_so() -> None:
    picture = Table("t", ("name", "what it means"), (("fp16", "a rather long sentence about a format"),))
    row = shown(picture, 30).text(3)
    assert row.split()[0] == "fp16"
    assert row.rstrip().endswith("…")
    assert shown(picture, 62).text(3).rstrip().endswith("format")


@pytest.mark.parametrize(
    "picture", [Table("t", (), ()), Table("t", ("a",), ()), Table("t", ("界" * 30,), (("界",),), 5)]
)
def test_no_table_is_too_strange(picture: Table) -> None:
    for w in range(0, 40):
        assert shown(picture, w).height == table_rows(picture, w)
