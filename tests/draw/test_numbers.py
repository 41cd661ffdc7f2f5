"""Numbers on a scale."""

from __future__ import annotations

from tutor.draw.numbers import scientific


def test_scientific_drops_zeros_at_the_end() -> None:
    assert scientific(-12000.0, 3) == "−1.2e4"
    assert scientific(100.0, 0) == "1e2"
