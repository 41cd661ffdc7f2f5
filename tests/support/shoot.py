"""Screens and canvases as PNG, cell by cell: for people who want to look at what a terminal shows.

Blocks, lines, braille and discs are drawn as exact shapes, as good terminals draw them; all else comes from a font.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from pyte.screens import Char
from rich.color import Color, ColorSystem
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from tests.support.terminal import FaintScreen
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cells

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 9, 19, 15
RGB = tuple[int, int, int]
Box = tuple[float, float, float, float]


def _hex(colour: str) -> RGB:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:], 16)


_NORMAL = ["#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5"]
_NORMAL_ON_LIGHT = ["#000000", "#c12d2d", "#008054", "#8c6700", "#1e5faa", "#962896", "#007694", "#bebebe"]
_BRIGHT = ["#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff"]
TERMINALS = {
    "dark": TerminalTheme(_hex("#121212"), _hex("#d0d0d0"), [*map(_hex, _NORMAL)], [*map(_hex, _BRIGHT)]),
    "light": TerminalTheme(_hex("#ffffff"), _hex("#282828"), [*map(_hex, _NORMAL_ON_LIGHT)], [*map(_hex, _BRIGHT)]),
}
"""Two terminals with a palette of their own, for the depths at which we leave the colours to the reader."""


@dataclass(frozen=True)
class Cell:
    """What stands in one column: "" for the second half of a wide character."""

    text: str
    colour: RGB
    ground: RGB
    bold: bool = False
    italic: bool = False
    underline: bool = False


def png_of_canvas(canvas: Canvas, path: str | Path) -> None:
    """Writes what a terminal of the canvas' own look would show."""
    terminal = TERMINALS[canvas.look.theme]
    rows = []
    for y in range(canvas.height):
        row = []
        for segment in canvas.segments(y):
            style = segment.style or Style()
            row += _styled_cells(segment.text, style, canvas.look.depth, terminal)
        rows.append(row)
    _save(rows, path, terminal)


def png_of_screen(screen: FaintScreen, path: str | Path, theme: str = "dark") -> None:
    """Writes what a screen holds; `theme` is the terminal's own."""
    terminal = TERMINALS[theme]
    rows = [[_screen_cell(screen.buffer[y][x], terminal) for x in range(screen.columns)] for y in range(screen.lines)]
    _save(rows, path, terminal)


def _styled_cells(text: str, style: Style, depth: str, terminal: TerminalTheme) -> list[Cell]:
    colour = _rgb(style.color, depth, terminal, foreground=True)
    ground = _rgb(style.bgcolor, depth, terminal, foreground=False)
    if style.reverse:
        colour, ground = ground, colour
    if style.dim:
        colour = _mix(colour, ground, 0.5)
    return [
        Cell(column, colour, ground, bool(style.bold), bool(style.italic), bool(style.underline))
        for column in cells(text)
    ]


def _rgb(color: Color | None, depth: str, terminal: TerminalTheme, foreground: bool) -> RGB:
    if color is None or color.is_default:
        return terminal.foreground_color if foreground else terminal.background_color
    if depth == "256":
        color = color.downgrade(ColorSystem.EIGHT_BIT)
    red, green, blue = color.get_truecolor(terminal, foreground=foreground)
    return red, green, blue


def _screen_cell(char: Char, terminal: TerminalTheme) -> Cell:
    colour = _named(char.fg, terminal, terminal.foreground_color)
    ground = _named(char.bg, terminal, terminal.background_color)
    if char.reverse:
        colour, ground = ground, colour
    if char.blink:
        colour = _mix(colour, ground, 0.5)
    return Cell(char.data, colour, ground, char.bold, char.italics, char.underscore)


_PYTE_NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")


def _named(name: str, terminal: TerminalTheme, default: RGB) -> RGB:
    if name == "default":
        return default
    plain = name.removeprefix("bright").removeprefix("bfight")  # the second is a slip in pyte's own table
    if plain in _PYTE_NAMES:
        return terminal.ansi_colors[_PYTE_NAMES.index(plain) + 8 * (plain != name)]
    return _hex(f"#{name}")


def _mix(one: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other))
    return red, green, blue


def _save(rows: list[list[Cell]], path: str | Path, terminal: TerminalTheme) -> None:
    size = (max(1, max(map(len, rows), default=0) * CELL_WIDTH), max(1, len(rows) * CELL_HEIGHT))
    image = Image.new("RGB", size, terminal.background_color)
    pen = _Pen(image)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if cell.text:
                pen.cell(x * CELL_WIDTH, y * CELL_HEIGHT, cell, wide=x + 1 < len(row) and not row[x + 1].text)
    image.save(path, optimize=True)


def _font(*names: str) -> ImageFont.FreeTypeFont:
    for name in names:
        try:
            return ImageFont.truetype(name, FONT_SIZE)
        except OSError:
            continue
    raise SystemExit("No monospaced font was found to draw with. Install JetBrains Mono or DejaVu Sans Mono.")


_ARMS = {
    "─": "lr", "│": "ud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru",
    "┼": "lrud", "╴": "l", "╶": "r", "╷": "d", "╵": "u",
}  # fmt: skip
_HEAVY_ARMS = {
    "━": "lr", "┃": "ud", "┏": "rd", "┓": "ld", "┗": "ru", "┛": "lu", "┣": "udr", "┫": "udl", "┳": "lrd", "┻": "lru",
    "╋": "lrud", "╸": "l", "╺": "r",
}  # fmt: skip
_DASHES = {"┄": (3, 1), "┈": (4, 1), "╌": (2, 1), "┅": (3, 3), "╍": (2, 3)}
_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def _blocks() -> dict[str, list[Box]]:
    """Block elements as boxes in units of a cell."""
    boxes: dict[str, list[Box]] = {
        "█": [(0, 0, 1, 1)],
        "▀": [(0, 0, 1, 0.5)],
        "▐": [(0.5, 0, 1, 1)],
        "▔": [(0, 0, 1, 0.125)],
    }
    for k, (low, left) in enumerate(zip("▁▂▃▄▅▆▇", "▏▎▍▌▋▊▉"), 1):
        boxes[low] = [(0, 1 - k / 8, 1, 1)]
        boxes[left] = [(0, 0, k / 8, 1)]
    quarters = {"1": (0, 0, 0.5, 0.5), "2": (0.5, 0, 1, 0.5), "3": (0, 0.5, 0.5, 1), "4": (0.5, 0.5, 1, 1)}
    for sign, which in zip("▘▝▖▗▚▞▛▜▙▟", ("1", "2", "3", "4", "14", "23", "123", "124", "134", "234")):
        boxes[sign] = [quarters[q] for q in which]
    return boxes


_BLOCKS = _blocks()


class _Pen:
    """Draws one cell after the other onto an image."""

    def __init__(self, image: Image.Image) -> None:
        self._image, self._draw = image, ImageDraw.Draw(image)
        styles = ("Regular", ""), ("Bold", "-Bold"), ("Italic", "-Oblique"), ("BoldItalic", "-BoldOblique")
        self._fonts = [_font(f"JetBrainsMono-{name}.ttf", f"DejaVuSansMono{dejavu}.ttf") for name, dejavu in styles]
        self._other = _font("DejaVuSans.ttf", "DejaVuSansMono.ttf")

    def cell(self, x: int, y: int, cell: Cell, wide: bool) -> None:
        right, bottom = x + CELL_WIDTH * (1 + wide) - 1, y + CELL_HEIGHT - 1
        self._draw.rectangle((x, y, right, bottom), fill=cell.ground)
        if cell.underline:
            self._draw.line((x, bottom - 2, right, bottom - 2), fill=cell.colour)
        if cell.text != " ":
            self._sign(x, y, cell)

    def _sign(self, x: int, y: int, cell: Cell) -> None:
        sign, colour = cell.text, cell.colour
        if len(sign) == 1 and 0x2800 <= ord(sign) < 0x2900:
            self._braille(x, y, ord(sign) - 0x2800, colour)
        elif sign in _BLOCKS:
            for box in _BLOCKS[sign]:
                self._box(x, y, box, colour)
        elif sign in "░▒▓":
            self._shade(x, y, "░▒▓".index(sign), colour)
        elif sign in _ARMS or sign in _HEAVY_ARMS:
            self._arms(x, y, _ARMS.get(sign) or _HEAVY_ARMS[sign], 1 if sign in _ARMS else 3, colour)
        elif sign in _DASHES:
            self._dashes(x, y, *_DASHES[sign], colour)
        elif sign in "●○":
            self._disc(x, y, sign == "●", colour)
        else:
            font = self._fonts[cell.bold + 2 * cell.italic]
            known = bytes(font.getmask(sign)) != bytes(font.getmask("\uffff"))
            self._draw.text((x, y), sign, colour, font=font if known else self._other)

    def _box(self, x: int, y: int, box: Box, colour: RGB) -> None:
        left, top, right, bottom = box
        edges = (x + round(left * CELL_WIDTH), y + round(top * CELL_HEIGHT))
        ends = (x + round(right * CELL_WIDTH) - 1, y + round(bottom * CELL_HEIGHT) - 1)
        if ends[0] >= edges[0] and ends[1] >= edges[1]:
            self._draw.rectangle((*edges, *ends), fill=colour)

    def _braille(self, x: int, y: int, bits: int, colour: RGB) -> None:
        for row in range(4):
            for column in range(2):
                if bits & _BRAILLE[row][column]:
                    left, top = x + 1 + column * 5, y + 1 + round(row * 4.75)
                    self._draw.rectangle((left, top, left + 2, top + 2), fill=colour)

    def _shade(self, x: int, y: int, level: int, colour: RGB) -> None:
        """A fixed pattern of points that joins up from cell to cell, as terminals draw it."""
        for column in range(CELL_WIDTH):
            for row in range(CELL_HEIGHT):
                place = (column + x) % 2 + 2 * ((row + y) % 2)
                if place in ((0,), (0, 3), (0, 1, 3))[level]:
                    self._draw.point((x + column, y + row), fill=colour)

    def _arms(self, x: int, y: int, arms: str, weight: int, colour: RGB) -> None:
        middle, centre, half = x + CELL_WIDTH // 2, y + CELL_HEIGHT // 2, weight // 2
        for arm in arms:
            left, right = {"l": (x, middle), "r": (middle, x + CELL_WIDTH - 1)}.get(arm, (middle - half, middle + half))
            top, bottom = {"u": (y, centre), "d": (centre, y + CELL_HEIGHT - 1)}.get(
                arm, (centre - half, centre + half)
            )
            self._draw.rectangle((left, top, right, bottom), fill=colour)

    def _dashes(self, x: int, y: int, count: int, weight: int, colour: RGB) -> None:
        step, centre = CELL_WIDTH / count, y + CELL_HEIGHT // 2
        for k in range(count):
            left = x + round(k * step)
            right = left + max(0, round(step) - 3)
            self._draw.rectangle((left, centre - weight // 2, right, centre + weight // 2), fill=colour)

    def _disc(self, x: int, y: int, full: bool, colour: RGB) -> None:
        scale = 4
        mask = Image.new("L", (CELL_WIDTH * scale, CELL_HEIGHT * scale), 0)
        pen = ImageDraw.Draw(mask)
        across, down, radius = CELL_WIDTH * scale / 2, CELL_HEIGHT * scale / 2, 3.9 * scale
        pen.ellipse((across - radius, down - radius, across + radius, down + radius), fill=255)
        if not full:
            radius -= 1.5 * scale
            pen.ellipse((across - radius, down - radius, across + radius, down + radius), fill=0)
        self._image.paste(colour, (x, y), mask.resize((CELL_WIDTH, CELL_HEIGHT), Image.Resampling.LANCZOS))
