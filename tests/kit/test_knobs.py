"""What a reader can turn, and where it lands."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.knobs import Choice, Slider, Toggle, Value, matters

LR = Slider("lr", 1e-4, 1.0, 0.05, log=True)
BETA = Slider("beta", 0.0, 0.99, 0.9)
COUNT = Slider("count", 1, 100, 20, whole=True)
BATCH = Slider("batch", 1, 4096, 32, log=True, whole=True)
OFFSET = Slider("offset", 1000.0, 1010.0, 1005.0)
SIGNED = Slider("signed", -3.0, 3.0, 0.5)
SLIDERS = (LR, BETA, COUNT, BATCH, OFFSET, SIGNED)
WIDE = Choice("optimizer", ("SGD", "momentum", "Nesterov", "Adam", "AdamW", "RMSprop", "Adagrad"), "SGD")

turns = st.lists(st.tuples(st.integers(-30, 30), st.booleans()), max_size=8)


def turned(slider: Slider, moves: list[tuple[int, bool]]) -> Value:
    value: Value = slider.default
    for by, fine in moves:
        value = slider.turn(value, by, fine)
    return value


@given(slider=st.sampled_from(SLIDERS), moves=turns)
def test_turning_never_leaves_the_range_nor_the_type(slider: Slider, moves: list[tuple[int, bool]]) -> None:
    """However a slider is turned, its value lies between its ends, and is whole where it must be."""
    value = turned(slider, moves)
    assert slider.low <= float(value) <= slider.high
    assert type(value) is (int if slider.whole else float)


@given(slider=st.sampled_from(SLIDERS), moves=turns)
def test_what_is_shown_parses_to_the_same_value(slider: Slider, moves: list[tuple[int, bool]]) -> None:
    """A value that keys can reach survives being written down."""
    value = turned(slider, moves)
    assert slider.parse(slider.show(value)) == value


@given(slider=st.sampled_from(SLIDERS), start=st.integers(-60, 60), fine=st.booleans())
def test_up_then_down_returns(slider: Slider, start: int, fine: bool) -> None:
    """One place up and one down from a place within the range is where it was."""
    value = slider.turn(slider.turn(slider.low, 1), start, False)
    up = slider.turn(value, 1, fine)
    if up not in (value, slider.high):
        assert slider.turn(up, -1, fine) == value


@given(slider=st.sampled_from(SLIDERS), moves=turns, fine=st.booleans())
def test_every_turn_inside_the_range_moves(slider: Slider, moves: list[tuple[int, bool]], fine: bool) -> None:
    """No place is a trap: up is more and down is less, but at the ends."""
    value = float(turned(slider, moves))
    up, down = float(slider.turn(value, 1, fine)), float(slider.turn(value, -1, fine))
    assert up > value or value == slider.high
    assert down < value or value == slider.low


@given(slider=st.sampled_from(SLIDERS), moves=turns, fine=st.booleans())
def test_a_turn_by_none_stays(slider: Slider, moves: list[tuple[int, bool]], fine: bool) -> None:
    value = turned(slider, moves)
    assert slider.turn(value, 0, fine) == value


@given(slider=st.sampled_from(SLIDERS), moves=turns, by=st.integers(1, 12), fine=st.booleans())
def test_many_places_at_once_are_as_many_turns(
    slider: Slider, moves: list[tuple[int, bool]], by: int, fine: bool
) -> None:
    value = turned(slider, moves)
    one_by_one = value
    for _ in range(by):
        one_by_one = slider.turn(one_by_one, 1, fine)
    assert slider.turn(value, by, fine) == one_by_one


@pytest.mark.parametrize("end", [0.09, 0.1])
def test_values_of_the_lesson_are_coarse_places(end: float) -> None:
    """From 0.05, arrow keys alone reach 0.09 and 0.1."""
    value: Value = 0.05
    for _ in range(10):
        if value == end:
            return
        value = LR.turn(value, 1)
    pytest.fail(f"{end} was passed")


def test_a_fine_step_is_one_unit_of_the_third_digit() -> None:
    """0.101 is one fine step above 0.1, and 0.0999 one below."""
    assert LR.turn(0.1, 1, fine=True) == 0.101
    assert LR.turn(0.1, -1, fine=True) == 0.0999
    assert LR.turn(0.101, -1, fine=True) == 0.1


def test_a_value_between_places_goes_to_the_next_one() -> None:
    assert (LR.turn(0.101, 1), LR.turn(0.101, -1)) == (0.12, 0.1)
    assert (BETA.turn(0.93, 1), BETA.turn(0.93, -1)) == (0.95, 0.9)


def test_places_of_a_linear_slider_are_round_numbers() -> None:
    """From an end that is no multiple, the next place is one: 1, 5, 10."""
    assert [COUNT.turn(1, by) for by in range(4)] == [1, 5, 10, 15]
    assert BETA.turn(0.1, 1) == 0.15
    assert BETA.turn(0.95, 1) == 0.99


def test_a_whole_log_slider_leaves_one() -> None:
    """Places between whole numbers are left out, so that the first turn from 1 does not fall back to it."""
    assert [BATCH.turn(1, by) for by in range(4)] == [1, 2, 3, 4]
    assert BATCH.turn(1, 1, fine=True) == 2


@given(slider=st.sampled_from(SLIDERS), fraction=st.floats(0.0, 1.0))
def test_where_a_mouse_lets_go_is_near(slider: Slider, fraction: float) -> None:
    """A fraction and back is the same place, up to the rounding of its value."""
    value = slider.at(fraction)
    assert slider.low <= float(value) <= slider.high
    if slider.whole and slider.log:
        assert abs(slider.fraction(value) - fraction) <= math.log(1.5) / math.log(slider.high / slider.low)
    else:
        assert slider.fraction(value) == pytest.approx(fraction, abs=0.012)


@given(slider=st.sampled_from(SLIDERS), moves=turns)
def test_a_coarse_place_is_found_again_by_its_fraction(slider: Slider, moves: list[tuple[int, bool]]) -> None:
    value = turned(slider, [(by, False) for by, _ in moves])
    assert slider.at(slider.fraction(value)) == value


def test_the_ends_stand_at_the_ends() -> None:
    for slider in SLIDERS:
        assert (slider.fraction(slider.low), slider.fraction(slider.high)) == (0, 1)
        assert (slider.at(-1), slider.at(2)) == (slider.low, slider.high)


@pytest.mark.parametrize(
    ("slider", "value", "text"),
    [
        (LR, 0.05, "0.05"),
        (LR, 1e-4, "0.0001"),
        (Slider("tiny", 1e-6, 1.0, 1e-5, log=True), 8.9e-6, "8.9e-6"),
        (COUNT, 20, "20"),
        (Slider("big", 1, 10**7, 1, log=True, whole=True), 10**6, "1000000"),
        (Slider("far", 100000.0, 100010.0, 100000.0), 100000.5, "100000.5"),
    ],
)
def test_values_are_shown_short(slider: Slider, value: Value, text: str) -> None:
    assert slider.show(value) == text


@pytest.mark.parametrize(
    ("slider", "text", "said"),
    [
        (LR, "much", "lr takes a number from 0.0001 to 1, not 'much'"),
        (LR, "2", "lr goes from 0.0001 to 1; 2 is outside"),
        (LR, "nan", "lr goes from 0.0001 to 1; nan is outside"),
        (LR, "inf", "lr goes from 0.0001 to 1; inf is outside"),
        (COUNT, "2.5", "count takes a whole number from 1 to 100, not 2.5"),
    ],
)
def test_a_slider_says_what_it_takes(slider: Slider, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        slider.parse(text)


def test_a_slider_takes_numbers_in_any_writing() -> None:
    assert (LR.parse("1e-3"), LR.parse(".1"), SIGNED.parse("−2"), COUNT.parse("20.0")) == (0.001, 0.1, -2.0, 20)
    assert type(COUNT.parse("20.0")) is int


@given(start=st.sampled_from(WIDE.options), by=st.integers(-10, 10))
def test_a_wide_choice_stops_at_its_ends(start: str, by: int) -> None:
    """Turning goes through the options in their order and stays at the first and the last."""
    place = WIDE.options.index(start) + by
    assert WIDE.turn(start, by) == WIDE.options[min(6, max(0, place))]


def test_a_choice_takes_any_case_and_says_its_options() -> None:
    assert WIDE.parse("rmsPROP") == "RMSprop"
    with pytest.raises(ValueError, match=r"^optimizer is one of SGD, .*, Adagrad, not 'LBFGS'$"):
        WIDE.parse("LBFGS")


def test_a_toggle_is_on_to_the_right() -> None:
    toggle = Toggle("rotate", False)
    assert [toggle.turn(False, 1), toggle.turn(True, -1), toggle.turn(True, 0)] == [True, False, True]
    assert [toggle.parse(toggle.show(value)) for value in (True, False)] == [True, False]
    with pytest.raises(ValueError, match="rotate is on or off, not 'maybe'"):
        toggle.parse("maybe")


def test_a_knob_matters_where_it_is_used() -> None:
    """It matters at the values it names, and always if it names none."""
    beta = Slider("beta", 0.0, 0.99, 0.9, used={"optimizer": ("momentum", "Nesterov")})
    assert matters(beta, {"optimizer": "momentum"})
    assert not matters(beta, {"optimizer": "Adam"})
    assert matters(LR, {"optimizer": "Adam"})


EXPRESSION = Choice("expression", ("w*x", "x*x+x"), "w*x", typed=True)


def test_a_choice_that_may_be_typed_takes_any_line() -> None:
    """Its own words keep their spelling; what else it may be only the demo can judge."""
    assert EXPRESSION.parse("W*X") == "w*x"
    assert EXPRESSION.parse("  sin(x) ") == "sin(x)"


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "x" * 61, "\x1b[31m"])
def test_what_is_no_line_is_refused(text: str) -> None:
    """With a sentence that gives an example."""
    with pytest.raises(ValueError, match="expression takes a line of 1 to 60 characters, as w"):
        EXPRESSION.parse(text)


def test_a_choice_that_may_not_be_typed_takes_its_own_words_alone() -> None:
    """As before."""
    with pytest.raises(ValueError, match="is one of"):
        WIDE.parse("mine")


def test_from_a_typed_text_a_turn_leads_back_to_the_options() -> None:
    """To the first one upwards, to the last one downwards."""
    assert EXPRESSION.turn("sin(x)", 1) == "w*x"
    assert EXPRESSION.turn("sin(x)", -1) == "x*x+x"
