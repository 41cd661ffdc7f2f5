"""Pictures of screens: what a person looks at must be what the terminal holds."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="pictures of screens need Pillow: pip install pytorch-tutor[pictures]")

import pyte
from PIL import Image

from tests.support.shoot import CELL_HEIGHT, CELL_WIDTH, png_of_canvas, png_of_screen
from tests.support.terminal import FaintScreen
from tutor.draw.canvas import Canvas, Look


def corner(path: Path, column: int) -> tuple[int, ...]:
    """The colour at the upper left of a cell of the first row."""
    with Image.open(path) as image:
        pixel = image.convert("RGB").getpixel((column * CELL_WIDTH, 0))
    assert isinstance(pixel, tuple)
    return pixel


def screen_of(data: str, screen: FaintScreen) -> FaintScreen:
    pyte.Stream(screen).feed(data)
    return screen


@pytest.mark.parametrize(
    ("depth", "colour"), [("true", (0x21, 0x26, 0x2E)), ("256", (38, 38, 38)), ("16", (18, 18, 18))]
)
def test_a_canvas_has_the_colours_of_its_depth(tmp_path: Path, depth: str, colour: tuple[int, ...]) -> None:
    canvas = Canvas(4, 2, Look("dark", depth), "ramp0")
    canvas.put(1, 0, "界█▁▘⠿●░━")
    png_of_canvas(canvas, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (4 * CELL_WIDTH, 2 * CELL_HEIGHT)
    assert corner(tmp_path / "a.png", 0) == colour


def test_an_empty_canvas_is_a_picture_too(tmp_path: Path) -> None:
    png_of_canvas(Canvas(0, 0, Look()), tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()


def test_a_screen_has_its_colours(tmp_path: Path) -> None:
    screen = screen_of("\x1b[38;2;1;2;3m█\x1b[0;31m█\x1b[0;7m \x1b[0;44m ", FaintScreen(6, 1))
    png_of_screen(screen, tmp_path / "a.png")
    assert [corner(tmp_path / "a.png", x) for x in range(4)] == [
        (1, 2, 3),
        (205, 49, 49),
        (208, 208, 208),
        (36, 114, 200),
    ]


def test_faint_is_kept_and_colours_with_a_2_in_them_are_none() -> None:
    screen = screen_of("\x1b[2ma\x1b[22mb\x1b[38;2;2;2;2mc\x1b[48;5;2;2md\x1b[0me", FaintScreen(5, 1))
    assert [screen.buffer[0][x].blink for x in range(5)] == [True, False, False, True, False]
    assert screen.buffer[0][2].fg == "020202"


def test_faint_text_is_half_as_strong(tmp_path: Path) -> None:
    png_of_screen(screen_of("█\x1b[2m█", FaintScreen(2, 1)), tmp_path / "a.png")
    assert [corner(tmp_path / "a.png", x) for x in range(2)] == [(208, 208, 208), (113, 113, 113)]
