"""Numbers in few characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.draw.pictures import INF, NAN
from tutor.draw.numbers import scientific, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0000089, "8.9e-6"),
        (0.09, "0.09"),
        (2600, "2.6e3"),
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (2.02, "2.02"),
        (100.0, "100"),
        (999.6, "1e3"),
        (995, "995"),
        (0.01, "0.01"),
        (0.00994, "9.9e-3"),
        (-1.5, "−1.5"),
        (-8.9e-6, "−8.9e-6"),
        (1e300, "1e300"),
        (INF, "inf"),
        (-INF, "−inf"),
        (NAN, "nan"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text


@given(st.floats(-1e308, 1e308))
def test_short_tells_the_truth(value: float) -> None:
    """To two digits, in at most nine characters."""
    text = short(value)
    assert float(text.replace("−", "-")) == pytest.approx(value, rel=0.05, abs=5e-324)
    assert len(text) <= len("−8.9e-300")


def test_scientific_drops_zeros_at_the_end() -> None:
    assert scientific(-12000.0, 3) == "−1.2e4"
    assert scientific(100.0, 0) == "1e2"
