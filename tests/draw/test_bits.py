"""Numbers bit by bit: spelled exactly, aligned, named, with what they stand for."""

from __future__ import annotations

import pytest

from lessons.kit.pictures import Bits
from tests.draw.amounts import FIELDS, WORDS, shown, styles, word
from tests.draw.pictures import LOOKS, rows, text
from tutor.draw.bits import bits_rows
from tutor.draw.canvas import Look

TENTH = Bits("bits of 0.1", FIELDS, tuple(word(name, 0.1) for name in ("fp32", "fp16", "bf16")))


def test_every_bit_is_spelled() -> None:
    canvas = shown(TENTH, 62)
    assert canvas.text(2).split() == ["fp32", "0", "01111011", "10011001100110011001101", "0.1"]
    assert canvas.text(5).split() == ["fp16", "0", "01011", "1001100110", "0.09998"]
    assert canvas.text(7).split() == ["bf16", "0", "01111011", "1001100", "0.09961"]


def test_fields_of_a_kind_can_be_compared() -> None:
    """Exponents end in one column, fractions begin in one, values stand below each other."""
    fp32, fp16 = (shown(TENTH, 62).text(y) for y in (2, 5))
    assert fp32.index("01111011") + 8 == fp16.index("01011") + 5
    assert fp32.index("10011001") == fp16.index("1001100110")
    assert fp32.index("0.1") == fp16.index("0.09998")


def test_the_fields_have_their_names_under_the_first_word() -> None:
    first, names = (shown(TENTH, 62).text(y) for y in (2, 3))
    assert names.split() == list(FIELDS)
    assert names.index("sign") + 3 == first.index(" 0 ") + 1
    assert names.index("exponent") == first.index("01111011")
    assert names.index("fraction") == first.index("10011001")


@pytest.mark.parametrize("w", [44, 62, 74, 110])
def test_nothing_is_missing_at_widths_in_use(w: int) -> None:
    """Values and notes go below where they have no room beside the bits."""
    canvas = shown(WORDS, w)
    assert bits_rows(WORDS, w) == canvas.height
    for part in ("11111111111000000000000", "10001110", "65520", "inf", "its largest is 65504"):
        assert part in text(canvas), part


def test_a_word_that_is_too_wide_goes_on_below() -> None:
    bits = "".join(row[8:].strip() for row in rows(shown(WORDS, 30))[2:5] if row.strip())
    assert "…" not in bits
    assert bits.replace(" ", "").startswith("1000111011111111111000000000000")


def test_with_few_rows_it_is_cut_and_says_so() -> None:
    """The value stays in view."""
    canvas = shown(WORDS, 44, 3)
    assert canvas.text(0).split() == ["fp32", "0", "10001110", "1111111111100000000…", "65520"]
    assert canvas.text(2).split() == ["fp16", "0", "11111", "0000000000", "inf"]


def test_a_note_goes_before_a_word_does() -> None:
    canvas = shown(WORDS, 62, 2)
    assert [row.split()[0] for row in rows(canvas)] == ["fp32", "fp16"]
    assert "largest" not in text(canvas)


@pytest.mark.parametrize("look", [look for look in LOOKS if look.flat])
def test_without_shades_the_fields_are_underlined(look: Look) -> None:
    canvas = shown(WORDS, 62, look=look)
    row = canvas.text(2)
    underlined = [column for column, style in enumerate(styles(canvas, 2)) if style.underline]
    assert "".join(row[column] for column in underlined) == "01000111011111111111000000000000"
    assert len(underlined) == 32


@pytest.mark.parametrize("look", [look for look in LOOKS if not look.flat])
def test_with_shades_every_field_has_its_own(look: Look) -> None:
    canvas = shown(WORDS, 62, look=look)
    ground = look.style("text on bg").bgcolor
    shades = {style.bgcolor for style in styles(canvas, 2)} - {ground}
    assert len(shades) == 3
