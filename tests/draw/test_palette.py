"""The colour tables: complete, exact in their palette, and readable."""

from __future__ import annotations

import pytest
from rich.color import Color, ColorSystem

from tutor.draw.canvas import Look
from tutor.draw.palette import TABLES

SHADED = [(theme, depth) for theme in ("dark", "light") for depth in ("true", "256")]


def luminance(colour: str) -> float:
    """Relative luminance after WCAG."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ramp(theme: str, depth: str) -> list[str]:
    return [TABLES[theme, depth][f"ramp{i}"] for i in range(Look(theme, depth).bands)]


def test_every_table_knows_every_token() -> None:
    """A widget may name any token at any depth."""
    tokens = set(TABLES["dark", "16"])
    for key, table in TABLES.items():
        assert {token for token in tokens if not token.startswith("ramp")} <= set(table) <= tokens, key


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colours_of_the_256_arrive_as_themselves(theme: str) -> None:
    """Rich rounds them to the palette on their way out; none may land on a neighbour that another token uses."""
    table = TABLES[theme, "256"]
    arrived = {token: Color.parse(value).downgrade(ColorSystem.EIGHT_BIT).number for token, value in table.items()}
    greys = ("bg", "panel", "raised", "rule", "faint", "muted", "text", "bright")
    expected = {
        "dark": (233, 234, 236, 238, 245, 249, 253, 255),
        "light": (231, 255, 253, 251, 242, 239, 236, 233),
    }
    assert tuple(arrived[token] for token in greys) == expected[theme]
    assert len({arrived[f"ramp{i}"] for i in range(Look(theme, "256").bands)}) == Look(theme, "256").bands


@pytest.mark.parametrize(("theme", "depth"), SHADED)
def test_text_can_be_read_on_every_ground(theme: str, depth: str) -> None:
    table = TABLES[theme, depth]
    least = {"text": 11, "bright": 14, "muted": 7, "faint": 4.4, "accent": 4.9, "warn": 4.8, "danger": 4.9, "code": 4.9}
    for token, least_contrast in least.items():
        for ground in ("bg", "panel"):
            assert contrast(table[token], table[ground]) >= least_contrast, (token, ground)


@pytest.mark.parametrize(("theme", "depth"), SHADED)
def test_light_gathers_where_the_loss_is_low(theme: str, depth: str) -> None:
    """The ramp goes one way, so that brighter (dark theme) or darker (light theme) always means lower."""
    lights = [luminance(colour) for colour in ramp(theme, depth)]
    assert lights == sorted(lights, reverse=theme == "light")
    assert len(set(lights)) == len(lights) >= 8


@pytest.mark.parametrize(("theme", "depth"), SHADED)
def test_a_path_can_be_seen_on_every_band(theme: str, depth: str) -> None:
    bright = TABLES[theme, depth]["bright"]
    assert min(contrast(bright, colour) for colour in ramp(theme, depth)) >= 3


@pytest.mark.parametrize("depth", ["16", "none"])
def test_flat_depths_have_no_ground(depth: str) -> None:
    """The reader's own background stays: no token means one, and bright black is never used."""
    look = Look("dark", depth)
    assert look.flat
    assert look.bands == 0
    for ground in ("bg", "panel", "raised", "p1", "ramp0"):
        assert look.style(f"text on {ground}").bgcolor is None
    assert not any("black" in value for value in TABLES["dark", depth].values())


def test_without_colour_nothing_has_one() -> None:
    assert all(Look("dark", "none").style(f"{t} on {t}").color is None for t in TABLES["dark", "none"])
