"""The glyph of a cell in which lines meet: its arms are as heavy as asked for."""

from __future__ import annotations

import unicodedata
from itertools import product

import pytest

from tests.draw.following import DOWN, LEFT, RIGHT, UP, arms
from tutor.draw.lines import HEAVY, LIGHT, NONE, glyph, weight

ALL = list(product((NONE, LIGHT, HEAVY), repeat=4))


@pytest.mark.parametrize("wanted", ALL)
def test_every_meeting_of_lines_has_its_character(wanted: tuple[int, int, int, int]) -> None:
    """By Unicode's own names: the arms are there, and it is heavy, light or both."""
    sign = glyph(wanted)
    assert arms(sign) == {way for way, heavy in zip((UP, RIGHT, DOWN, LEFT), wanted) if heavy}
    name = unicodedata.name(sign)
    assert ("HEAVY" in name) == (HEAVY in wanted)
    assert ("LIGHT" in name) == (LIGHT in wanted)


def test_no_two_meetings_look_the_same() -> None:
    assert len({glyph(each) for each in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("wanted", "sign"),
    [
        ((1, 0, 1, 0), "|"),
        ((2, 0, 2, 0), "#"),
        ((0, 1, 0, 1), "-"),
        ((0, 2, 0, 2), "="),
        ((1, 0, 0, 1), "'"),
        ((0, 0, 1, 1), "."),
        ((1, 0, 1, 1), "+"),
        ((0, 0, 0, 0), " "),
    ],
)
def test_in_ascii_one_sees_where_a_line_goes_on(wanted: tuple[int, int, int, int], sign: str) -> None:
    """A joint, a corner up and a corner down are three signs."""
    assert glyph(wanted, True) == sign


def test_a_line_is_heavy_once_the_gradient_has_passed_along_one_of_its_edges() -> None:
    assert [weight(0, 0b11), weight(0b100, 0b011), weight(0b110, 0b011)] == [NONE, LIGHT, HEAVY]
