"""The tutor in every kind of terminal: `python -m benchmarks.terminals --into DIR` draws what each of them shows.

A terminal shows what it has: with 16 colours no code for more, without UTF-8 bytes as letters, on a console no sign
that its font lacks. DIR gets a folder of pictures for each environment, and table.md.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pictures import SAMPLES
from benchmarks.recording import read_until_silent
from lessons.kit.course import load_course
from tests.support.nvml import scenario, simulated
from tests.support.session import Session
from tests.support.shoot import png_of_screen
from tests.support.terminal import MODES, Terminal, colour_kinds
from tutor.terminal import decide

ASCII = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
CONSOLE = frozenset(bytes(range(128, 256)).decode("cp437") + "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼⌂")
"""The signs of the font that a Linux console has from the kernel."""
LACKING = "¿"
"""What a picture shows in place of a sign that the font lacks."""
FEW = ("linux", "vt100")
"""Terminals without a mouse, bracketed paste or focus reports."""

TMUX = "tmux.conf"
TRUECOLOUR_CONF = 'set -g default-terminal tmux-256color\nset -as terminal-features ",*:RGB"\n'


@dataclass(frozen=True)
class Place:
    """An environment. `colours`: the palettes its terminal has; `signs`: "utf-8", "bytes" or "console"."""

    name: str
    env: Mapping[str, str]
    colours: frozenset[str] = frozenset(("16", "256", "true"))
    signs: str = "utf-8"
    args: Sequence[str] = ()
    tmux: str | None = None
    """The configuration of a tmux in between."""
    theme: str = "dark"


_16, _256 = frozenset(("16",)), frozenset(("16", "256"))

PLACES = (
    Place("xterm-256color", {"TERM": "xterm-256color"}, _256),
    Place("xterm", {"TERM": "xterm"}, _16),
    Place("linux", {"TERM": "linux"}, _16, "console"),
    Place("vt100", {"TERM": "vt100"}, frozenset(), "bytes"),
    Place("xterm-256color_COLORTERM", {"TERM": "xterm-256color", "COLORTERM": "truecolor"}),
    Place("xterm_COLORTERM", {"TERM": "xterm", "COLORTERM": "truecolor"}),
    Place("screen-256color", {"TERM": "screen-256color"}, _256),
    Place("tmux-256color", {"TERM": "tmux-256color"}, _256),
    Place("tmux-256color_COLORTERM", {"TERM": "tmux-256color", "COLORTERM": "truecolor"}),
    Place("xterm-kitty", {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}),
    Place("dumb", {"TERM": "dumb"}, frozenset(), "bytes"),
    Place("light_256", {"TERM": "xterm-256color"}, _256, "utf-8", ("--theme", "light"), theme="light"),
    Place("light_true", {"COLORTERM": "truecolor"}, args=("--theme", "light"), theme="light"),
    Place("light_16", {"TERM": "xterm"}, _16, "utf-8", ("--theme", "light"), theme="light"),
    Place("NO_COLOR", {"TERM": "xterm-256color", "NO_COLOR": "1"}, frozenset()),
    Place("NO_COLOR_light", {"NO_COLOR": "1"}, frozenset(), "utf-8", ("--theme", "light"), theme="light"),
    Place("LANG=C", {"TERM": "xterm-256color", "LANG": "C"}, _256),
    Place("LC_ALL=C", {"TERM": "xterm-256color", "LC_ALL": "C"}, _256),
    Place("ascii", {"TERM": "xterm-256color", "LANG": "C", **ASCII}, _256, "bytes"),
    Place("ascii_16", {"TERM": "xterm", **ASCII}, _16, "bytes"),
    Place("--ascii", {"TERM": "xterm-256color"}, _256, "bytes", ("--ascii",)),
    Place("in tmux", {"TERM": "xterm-256color"}, _256, tmux=""),
    Place("in tmux, RGB", {"TERM": "xterm-256color", "COLORTERM": "truecolor"}, tmux=TRUECOLOUR_CONF),
    Place("in tmux, LC_ALL=C", {"TERM": "xterm-256color", "LC_ALL": "C"}, _256, "bytes", tmux=""),
)


@dataclass
class Shown:
    """A session as its terminal shows it."""

    place: Place
    session: Session
    folder: Path
    terminal: Terminal = field(init=False)
    fed: int = 0

    def __post_init__(self) -> None:
        self.terminal = Terminal(self.session.columns, self.session.lines)
        if self.place.signs == "bytes":
            self.terminal.feed(b"\x1b%@")

    def picture(self, name: str) -> None:
        """Writes the picture, once the screen is still."""
        self.session.wait_quiet(0.3)
        data = self.session.bytes_since(self.fed)
        self.fed = self.session.mark()
        self.terminal.feed(_known(data, self.place.colours))
        if self.place.signs == "console":
            _without_lacking(self.terminal)
        png_of_screen(self.terminal.screen, self.folder / f"{name}.png", self.place.theme)


_COLOUR = re.compile(rb"([34]8)[;:](?:(5)[;:]\d+|(2)(?:[;:]\d+){3})")
_16_COLOURS = re.compile(rb"(?<=[\[;])(?:[34]|9|10)[0-7](?=(?:;\d+)*m)")


def _known(data: bytes, colours: frozenset[str]) -> bytes:
    """The output as a terminal with these colours reads it: codes of others fall back to the default colour."""

    def known(code: re.Match[bytes]) -> bytes:
        palette = "256" if code[2] else "true"
        return code[0] if palette in colours else b"39" if code[1] == b"38" else b"49"

    plain = _COLOUR.sub(known, data)
    return plain if colours else _16_COLOURS.sub(b"", plain)


def _without_lacking(terminal: Terminal) -> None:
    for row in terminal.screen.buffer.values():
        for x, cell in row.items():
            if not cell.data.isascii() and cell.data not in CONSOLE:
                row[x] = cell._replace(data=LACKING)


NAMES = [topic.name for topic in load_course().topics]
TOPICS = ("learning_rate", "autograd", "number_formats", "mixed_precision", "data_loading", "dropout", "memory")
"""Of their first sections: surface and chart, rails, bits, table, timeline, grid, bars."""


def tour(shown: Shown, topics: Sequence[str]) -> None:
    """Every screen once."""
    session, narrow = shown.session, shown.session.columns < 100
    session.wait_for("torch ", 120)
    shown.picture("contents")
    for topic in topics:
        session.press("home", *["down"] * NAMES.index(topic), "enter")
        session.wait_for(" 1 of ", 60)
        shown.picture(f"{topic}_text")
        session.press("1")
        session.wait_for(lambda text: "finished" in text or "n next" in text or "not run yet" in text, 60)
        session.record(1.5)
        shown.picture(topic)
        if topic == "learning_rate":
            _knobs_and_code(shown, narrow)
        session.press("C")
        session.wait_for("enter open", 60)
    session.press("?")
    session.wait_for("small letters act")
    shown.picture("help")
    session.press("?")
    session.wait_for(lambda text: "small letters act" not in text)
    session.press("D")
    session.wait_for("Nothing was changed", 120)
    shown.picture("doctor")
    session.press("G")
    session.wait_for("memory of", 60)
    session.record(3)
    shown.picture("gpus")
    session.press("E")
    session.wait_for(lambda text: "explain" in text.lower())
    shown.picture("explain")
    session.press(*"CUDA out of memory. Tried to allocate 2.00 GiB".replace(" ", "\x20"), "enter")
    session.record(1)
    shown.picture("explained")
    session.press("escape")
    session.record(0.5)
    session.press("P")
    session.record(1.5)
    shown.picture("practice")


def _knobs_and_code(shown: Shown, narrow: bool) -> None:
    session = shown.session
    if narrow:
        session.press("v")
        session.record(0.5)
        shown.picture("learning_rate_other")
        session.press("v")
        session.record(0.5)
    session.press("n")
    session.wait_for(" 2 of ")
    session.press("t")
    session.record(0.5)
    session.press("z")
    session.wait_for("finished", 90)
    shown.picture("knobs")
    session.press("c")
    session.wait_for("y copy")
    shown.picture("code")
    session.press("y")
    session.wait_for("OSC 52")
    shown.picture("copied")
    session.press("e")
    session.wait_for("letters type")
    session.press("x", "=", "1")
    session.record(0.3)
    shown.picture("editor")
    session.press("ctrl+g")
    session.wait_for("y copy")
    session.press("c")


def visit(place: Place, size: tuple[int, int], topics: Sequence[str], into: Path) -> str:
    """The place's row of the table; its pictures go into a folder."""
    folder = into / f"{place.name.replace(' ', '_').replace(',', '')}_{size[0]}x{size[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        home = Path(temporary)
        (home / TMUX).write_text(place.tmux or "")
        argv = ["tutor", "--fps", "60", *place.args]
        if place.tmux is not None:
            argv = ["tmux", "-S", str(home / "socket"), "-f", str(home / TMUX), "new-session", *argv]
        driver = dict(simulated(scenario("h200_8"), home, home, clock=None).variables)
        with Session(argv, *size, env={**driver, **place.env}, cwd=SAMPLES) as session:
            shown = Shown(place, session, folder)
            first = 0
            if place.name == "dumb":
                session.exit_code(60)
                shown.picture("refused")
            else:
                read_until_silent(session)
                first = len(session.bytes_since())
                tour(shown, topics)
            return _row(place, session, first)


def _row(place: Place, session: Session, first: int) -> str:
    output = session.bytes_since()
    kinds = colour_kinds(output)
    beyond = sorted(kinds - place.colours - {"90"})
    outside = sorted(set(re.sub(r"[\x00-\x7f]", "", output.decode("utf-8", "replace"))))
    if place.signs == "console":
        outside = [sign for sign in outside if sign not in CONSOLE]
    lacks = " ".join(outside[:12]) if place.signs != "utf-8" else ""
    modes = {int(mode) for mode in re.findall(rb"\x1b\[\?(\d+)h", output)}
    unknown = sorted({MODES[mode] for mode in modes if mode in MODES and mode != 1049}) if _few(place) else []
    cells = [
        place.name, _profile(place), f"{first:,}", " ".join(sorted(kinds)) or "none", " ".join(beyond) or "–",
        lacks or "–", ", ".join(unknown) or "–",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _few(place: Place) -> bool:
    return place.env.get("TERM", "") in FEW


def _profile(place: Place) -> str:
    """What the tutor chooses there; inside tmux its TERM is tmux's own."""
    inside = {} if place.tmux is None else {"TMUX": "x", "TERM": "tmux-256color" if place.tmux else "screen"}
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color", **place.env, **inside}
    code = "import sys; print(sys.stderr.encoding)"
    encoding = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    chosen = decide(env, ttys=True, encoding=encoding.strip(), ascii_only="--ascii" in place.args, theme=place.theme)
    if chosen.refusal:
        return "refused"
    return f"{chosen.colours}, {'ASCII' if chosen.ascii else 'signs'}, {chosen.theme}"


HEAD = ("environment", "chosen", "first paint", "codes", "beyond its colours", "beyond its signs", "modes it lacks")


def table(rows: Iterator[str], file: Path) -> None:
    """Written row by row: what was seen stands, however the next one ends."""
    with file.open("w", encoding="utf-8") as out:
        print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}", file=out, flush=True)
        for row in rows:
            print(row, file=out, flush=True)
            print(row, flush=True)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.terminals", description=__doc__)
    options.add_argument("--into", type=Path, required=True, help="the folder for pictures and table")
    options.add_argument("--only", default="", metavar="TEXT", help="environments whose name contains it")
    options.add_argument("--size", default="120x40", metavar="CxR", help="of the window (default: 120x40)")
    options.add_argument("--topics", default=",".join(TOPICS), help="lessons to open")
    chosen = options.parse_args()
    chosen.into.mkdir(parents=True, exist_ok=True)
    columns, rows = map(int, chosen.size.split("x"))
    topics = [topic for topic in chosen.topics.split(",") if topic]
    places = [place for place in PLACES if chosen.only in place.name]
    table((visit(place, (columns, rows), topics, chosen.into) for place in places), chosen.into / "table.md")


if __name__ == "__main__":
    main()
