"""Amounts, bits, ranges, grids and tables in words, and numbers that can be told from their neighbours."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.kit.pictures import Bar, Bars, Bits, Grid, Histogram, Lane, Mark, Picture, Ruler, Table, Timeline, Word
from lessons.kit.words import summary
from lessons.kit.words.exact import exact, named, percent, stored
from tests.draw.amounts import (
    ANY_AMOUNT,
    FIELDS,
    GRADIENT,
    LABELS,
    LOADING,
    MEMORY,
    RANGES,
    SIZES_OF_GRADIENTS,
    WORDS,
    word,
)

INF, NAN = math.inf, math.nan
HALVES = st.integers(0, 0x7BFF).map(lambda bits: struct.unpack(">e", bits.to_bytes(2, "big"))[0])


def as_number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("fp32", 65520.0, "65520"),
        ("fp16", 65504.0, "65504"),
        ("fp32", 0.1, "0.1"),
        ("fp16", 0.1, "0.09998"),
        ("bf16", 70000.0, "69632"),
        ("fp32", 1 / 3, "0.33333334"),
        ("fp16", 2.0**-24, "5.96e-8"),
        ("fp16", -1.5, "−1.5"),
        ("fp16", 0.0, "0"),
        ("fp16", -0.0, "−0"),
        ("fp16", INF, "inf"),
        ("fp16", -INF, "−inf"),
        ("fp32", NAN, "nan"),
        ("fp32", 3.4e38, "3.4e38"),
        ("fp32", 16777216.0, "16777216"),
    ],
)
def test_a_stored_number_has_the_digits_it_needs(name: str, value: float, text: str) -> None:
    assert stored(word(name, value)) == text


@settings(max_examples=500)
@given(HALVES)
def test_neighbours_in_fp16_never_read_the_same(value: float) -> None:
    """Each of the 31744 is written so that the next one is written differently."""
    bits = int.from_bytes(struct.pack(">e", value), "big")
    if bits < 0x7BFF:
        following = struct.unpack(">e", (bits + 1).to_bytes(2, "big"))[0]
        assert stored(word("fp16", value)) != stored(word("fp16", following))
    assert as_number(stored(word("fp16", value))) == pytest.approx(value, rel=5e-4)


@given(st.floats(-1e308, 1e308), st.integers(0, 60))
def test_an_exact_number_is_near_its_value(value: float, bits: int) -> None:
    assert as_number(exact(value, bits)) == pytest.approx(value, rel=5.1e-4, abs=1e-320)


@pytest.mark.parametrize(
    ("part", "total", "said"),
    [
        (1.0, 1.0, "100 %"),
        (99999.0, 100000.0, "> 99.9 %"),
        (958.0, 1000.0, "95.8 %"),
        (1.0, 1e6, "1e-4 %"),
        (0.0, 5.0, "0 %"),
    ],
)
def test_what_is_not_all_is_never_told_as_all(part: float, total: float, said: str) -> None:
    assert percent(part, total) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("largest", "largest 65504"),
        ("largest fp16", "largest fp16 65504"),
        ("value 65504", "value 65504"),
        ("3e-8", "3e-8"),
        ("", "65504"),
    ],
)
def test_a_name_has_its_number_once(name: str, said: str) -> None:
    assert named(name, "65504") == said


def test_bars_say_their_sums_parts_and_notes() -> None:
    assert summary(MEMORY) == (
        "memory of a step, in MiB:"
        " fp32 72.8 (weights 7.11, gradients 7.11, optimizer 14.2, activations 44.4);"
        " autocast 52.7 (weights 7.11, gradients 7.11, optimizer 14.2, activations 24.3), −20.1;"
        " pure bf16 36.4 (weights 3.55, gradients 3.55, optimizer 7.11, activations 22.2), −36.4."
    )


def test_many_bars_say_their_sums_alone() -> None:
    text = summary(Bars("steps", ("a", "b"), tuple(Bar(f"run {k}", (1.0, float(k))) for k in range(9)), "ms"))
    assert "run 8 9;" not in text
    assert text.endswith("run 7 8; run 8 9.")
    assert "a 1" not in text


@pytest.mark.parametrize(("value", "beyond"), [(90.0, True), (80.0, False), (NAN, False), (INF, True)])
def test_bars_say_what_is_beyond_the_end(value: float, beyond: bool) -> None:
    text = summary(Bars("memory", ("weights",), (Bar("run", (value,)),), "GiB", 80.0))
    assert ("beyond the end" in text) == beyond
    assert text.endswith("The scale ends at 80.")


def test_a_timeline_says_what_each_lane_did_and_for_how_long() -> None:
    assert summary(LOADING) == (
        "who is at work, from 0 to 80 ms: trainer: waits 40 ms, trains 40 ms in 2 stretches;"
        " pid 4711: fetches 60 ms in 2 stretches; pid 4712: fetches 35 ms."
    )
    assert summary(Timeline("t", ("a",), (Lane("b", ()),), 1.0, "s")) == "t, from 0 to 1 s: b: nothing."
    assert summary(Timeline("t", ("a",), (), 1.0)) == "t, from 0 to 1 ms: nothing yet."


def test_a_histogram_says_what_stands_apart_and_where_the_middle_is() -> None:
    assert summary(SIZES_OF_GRADIENTS) == (
        "sizes of the gradients: 40 values, of which 25 % became 0. Of the others half lie between 1e-6 and 0.01."
        " About 16.7 % of those on the axis are below the mark smallest 1e-6."
    )


def test_a_histogram_of_nothing_says_so() -> None:
    assert summary(Histogram("values", (0.0, 0.0), 0, 1)) == "values: nothing was counted."
    assert summary(Histogram("values", (NAN, 1.0), 0, 1)).startswith("values: 1 values, and 1 count that is not finite")


def test_all_apart_has_no_middle() -> None:
    text = summary(Histogram("g", (0.0,), -8, 0, log=True, marks=(Mark(-4, "m"),), apart=5.0, apart_name="became 0"))
    assert text == "g: 5 values, of which 100 % became 0. Marked: m 1e-4."


def test_few_words_are_read_out_bit_by_bit() -> None:
    assert summary(WORDS) == (
        "bits of 65520: fp32 is 65520, sign 0, exponent 10001110, fraction 11111111111000000000000;"
        " fp16 is inf, sign 0, exponent 11111, fraction 0000000000, its largest is 65504."
    )


def test_many_words_are_read_out_by_value() -> None:
    many = Bits("bits", FIELDS, tuple(Word(f"w{k}", ("0", "1", "01"), float(k)) for k in range(9)))
    assert summary(many).startswith("bits: w0 is 0; w1 is 1; ")
    assert "exponent" not in summary(many)


def test_a_ruler_says_in_whose_range_a_mark_is() -> None:
    text = summary(RANGES)
    assert "fp16 from 5.96e-8 to 65504, with all its digits from 6.104e-5" in text
    assert "value 65520, within the range of fp32 and bf16, too large for fp16" in text
    assert text.endswith("gradient 1e-6, within the range of fp32 and bf16, with fewer digits in fp16.")


@pytest.mark.parametrize("value", [0.0, INF, NAN])
def test_what_has_no_place_on_a_ruler_is_named_alone(value: float) -> None:
    text = summary(Ruler("r", RANGES.spans, (Mark(value, "m"),)))
    assert text.endswith(f"Marked: m {exact(value)}.")


def test_a_small_grid_is_read_out_and_its_marks_counted() -> None:
    assert summary(GRADIENT) == (
        "gradient: 2 rows by 3 columns, from −0.25 to 1; 1 of 6 became 0; 1 nan; 1 inf."
        " Row by row, out 0: 0.5, −0.25, 0; out 1: nan, inf, 1."
    )


def test_a_large_grid_says_its_size_and_ends() -> None:
    grid = Grid("weights", ("a",) * 10, ("b",) * 10, tuple(float(k) for k in range(100)))
    assert summary(grid) == "weights: 10 rows by 10 columns, from 0 to 99."


def test_a_table_says_its_chosen_row() -> None:
    assert summary(LABELS) == (
        "labels: 20 rows of loss, dtype, value. Chosen is row 13: loss loss 12, dtype int64, value 18."
    )
    small = Table("t", ("a", "b"), (("1", "2"),))
    assert summary(small) == "t: 1 row of a, b. 1, 2."


@settings(max_examples=300, deadline=None)
@given(ANY_AMOUNT)
def test_words_come_of_any_picture(picture: Picture) -> None:
    """One sentence at least, that begins with the title."""
    assert summary(picture).startswith(picture.title)
    assert summary(picture).endswith(".")
