"""Stacked bars: lengths that are true, parts that are told apart, sums that are said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Bar, Bars
from tests.draw.amounts import MEMORY, PARTS, shown, styles
from tests.draw.pictures import INF, LOOKS, NAN, rows, text
from tutor.draw.bars import FILLS, bars_rows, initials, shares
from tutor.draw.canvas import Canvas, Look

POSITIVE = st.floats(min_value=0, max_value=1e308)


def part_cells(canvas: Canvas, y: int) -> list[int]:
    """How many cells of a row each part fills."""
    look = canvas.look
    grounds = [look.style(f"text on p{k + 1}").bgcolor for k in range(4)]
    return [sum(style.bgcolor == ground for style in styles(canvas, y)) for ground in grounds]


def one(*values: float, end: float | None = None, note: str = "") -> Bars:
    return Bars("memory", PARTS[: len(values)], (Bar("run", values, note),), "MiB", end)


@given(st.lists(POSITIVE, max_size=8), st.integers(0, 200))
def test_shares_add_up(values: list[float], cells: int) -> None:
    """To the cells there are, none of them below 0, and nothing for what is nothing."""
    given_cells = shares(values, cells)
    assert sum(given_cells) == (cells if any(values) else 0)
    assert all(share >= 0 for share in given_cells)
    assert all(share == 0 for share, value in zip(given_cells, values) if value == 0)


@given(st.lists(POSITIVE, min_size=1, max_size=8), st.integers(8, 200))
def test_no_part_vanishes_where_there_is_room(values: list[float], cells: int) -> None:
    assert all(share >= 1 for share, value in zip(shares(values, cells), values) if value > 0)


@pytest.mark.parametrize(
    ("values", "cells", "shared"),
    [
        ((1, 1, 1), 10, [4, 3, 3]),
        ((5, 3, 2), 10, [5, 3, 2]),
        ((1000, 1, 1), 10, [8, 1, 1]),
        ((1, 2, 3), 2, [0, 1, 1]),
        ((0, 0), 10, [0, 0]),
        ((), 10, []),
    ],
)
def test_shares_by_largest_remainder(values: tuple[float, ...], cells: int, shared: list[int]) -> None:
    assert shares(values, cells) == shared


def test_all_bars_are_on_one_scale() -> None:
    """The longest fills the room; each other is as long as its sum says, to half a cell."""
    canvas = shown(MEMORY, 62)
    lengths = [sum(part_cells(canvas, y)) for y in (2, 5, 8)]
    longest = sum(MEMORY.bars[0].values)
    for length, bar in zip(lengths, MEMORY.bars):
        assert abs(length - lengths[0] * sum(bar.values) / longest) <= 0.5
    assert part_cells(canvas, 2) == shares(MEMORY.bars[0].values, lengths[0])


def test_a_bar_says_its_name_its_parts_its_sum_and_its_note() -> None:
    canvas = shown(MEMORY, 62)
    assert canvas.text(0).strip() == "memory of a step"
    assert canvas.text(2).split() == ["fp32", "W", "G", "O", "14.2", "A", "44.4", "=", "72.8", "MiB"]
    assert canvas.text(6).strip() == "−20.1"
    assert canvas.text(11).split() == ["W", "weights", "G", "gradients", "O", "optimizer", "A", "activations"]


@pytest.mark.parametrize("w", [44, 62, 74, 110])
def test_it_is_as_high_as_it_says(w: int) -> None:
    canvas = shown(MEMORY, w, 40)
    assert bars_rows(MEMORY, w) in (12, 13)
    used = [y for y, row in enumerate(rows(shown(MEMORY, w))) if row.strip()]
    assert used[-1] == bars_rows(MEMORY, w) - 1
    assert [sum(part_cells(canvas, y)) > 9 for y in range(2, 6)] == [True, True, True, False]


def test_a_tiny_part_keeps_a_cell_and_its_letter() -> None:
    canvas = shown(one(7.0, 7.0, 14.0, 0.001), 62)
    assert part_cells(canvas, 2)[3] == 1
    assert "A" in canvas.text(2)


def test_few_rows_take_the_air_first_and_the_sums_never() -> None:
    five = rows(shown(MEMORY, 62, 5))
    assert [row.split()[0] for row in five] == ["memory", "fp32", "autocast", "pure", "W"]
    assert [row.split()[0] for row in rows(shown(MEMORY, 62, 3))] == ["fp32", "autocast", "pure"]
    assert rows(shown(MEMORY, 62, 2))[1].strip() == "↓ 2 more"
    assert "52.7 MiB  −20.1" in five[2]


@pytest.mark.parametrize(("value", "said"), [(INF, "▲ inf MiB"), (NAN, "✗ nan MiB")])
def test_what_is_not_finite_is_said(value: float, said: str) -> None:
    canvas = shown(one(7.0, value, 4.0, 1.0), 62)
    assert said in text(canvas)
    assert part_cells(canvas, 2)[0] > 0


@pytest.mark.parametrize(("value", "beyond"), [(50.0, True), (INF, True), (40.0, False), (3.0, False), (NAN, False)])
@pytest.mark.parametrize("look", LOOKS)
def test_beyond_the_end_of_the_scale_a_sign_stands(value: float, beyond: bool, look: Look) -> None:
    canvas = shown(one(value, 0.0, end=40.0), 62, look=look)
    assert (">" in text(canvas).replace("›", ">")) == beyond


@pytest.mark.parametrize("end", [NAN, INF, 0.0, -1.0])
def test_an_end_that_is_none_is_as_if_it_were_not_given(end: float) -> None:
    assert text(shown(one(7.0, 3.0, end=end), 62)) == text(shown(one(7.0, 3.0), 62))


def test_up_to_a_given_end_there_is_a_track() -> None:
    """The sums then stand below each other behind it."""
    picture = replace(MEMORY, end=80.0)
    canvas = shown(picture, 62)
    columns = {canvas.text(y).index("MiB") for y in (2, 5, 8)}
    assert len(columns) == 1
    raised = canvas.look.style("text on raised").bgcolor
    assert any(style.bgcolor == raised for style in styles(canvas, 8))


@pytest.mark.parametrize("look", [look for look in LOOKS if look.flat])
def test_without_shades_every_part_has_a_filling_of_its_own(look: Look) -> None:
    canvas = shown(MEMORY, 62, look=look)
    fills = "#%+." if look.ascii else FILLS[:4]
    assert [canvas.text(3).count(fill) > 0 for fill in fills] == [True] * 4
    assert "W" in canvas.text(2)
    assert f"{fills[0]} W weights" in canvas.text(11)


def test_bars_of_one_part_need_no_key() -> None:
    canvas = shown(Bars("time of a step", ("step",), (Bar("cpu", (12.0,)),), "ms"), 40)
    assert canvas.height == 4
    assert canvas.text(2).split() == ["cpu", "12", "ms"]


@pytest.mark.parametrize(
    ("names", "signs"),
    [
        (PARTS, ["W", "G", "O", "A"]),
        (("step", "sync", "stall"), ["S", "Y", "T"]),
        (("a", "a", "a"), ["A", "1", "2"]),
        (("", "界"), ["1", "2"]),
        ((), []),
    ],
)
def test_every_part_has_a_letter_of_its_own(names: tuple[str, ...], signs: list[str]) -> None:
    assert initials(names) == signs


def test_a_run_that_ended_badly_is_quiet() -> None:
    assert part_cells(shown(MEMORY, 62, frozen=True), 2) == [0, 0, 0, 0]


@pytest.mark.parametrize("look", LOOKS)
def test_six_parts_can_be_told_apart(look: Look) -> None:
    """By shade or by filling."""
    parts = tuple(f"{letter} part" for letter in "uvwxyz")
    canvas = shown(Bars("t", parts, (Bar("run", (1.0,) * 6),)), 62, look=look)
    row = 3 if look.flat else 2
    seen = {canvas.at(x, row) if look.flat else str(styles(canvas, row)[x].bgcolor) for x in range(5, 58)}
    assert len(seen - {" "}) >= 6
