"""`make pictures`: the README's pictures, of the real program in a terminal. Look at them: tests see no ugliness.

Every screen at every colour depth with --all, into a folder of your choice with --into.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.nvml import scenario, simulated
from tests.support.session import Session
from tests.support.shoot import png_of_screen

SHIPPED = Path(__file__).parent / "pictures"
SAMPLES = Path(__file__).parent / "samples"
"""Where the reader stands."""

DEPTHS = {
    "true": {"COLORTERM": "truecolor"},
    "256": {},
    "16": {"TERM": "xterm"},
    "none": {"NO_COLOR": "1"},
}


@dataclass(frozen=True)
class Shot:
    """What to press, and what to wait for.

    "=text" waits for a text, "~2" lets 2 seconds pass, ">text" types it, all else is a key.
    """

    name: str
    does: Sequence[str]
    args: Sequence[str] = ("lesson", "learning_rate")
    gpus: str = ""
    """The scenario of the simulated driver that the program runs under."""


READY = "=torch "
LESSON = Shot("lesson", [READY, "n", "n", "=waiting", "2", "=finished", "tab", "tab", "enter", "=It converged"])
RUNNING = Shot("running", [READY, "n", "=not run yet", *["right"] * 2, "space", "z", "~1", "r", "~3.2"])
DIVERGED = Shot("diverged", [READY, "n", "n", "n", "=waiting", "1", "=finished"])
VALLEY = Shot("valley", [READY, *["n"] * 7, "=waiting", "1", "=finished"])
CODE = Shot("code", [READY, "n", "=not run yet", "c", "=e edits", "r", "=finished"])
AUTOGRAD = Shot(
    "autograd",
    [READY, "=waiting", "1", "=finished", *["b"] * 3, "g", "~1"],
    ("lesson", "autograd#a-gradient-flows-back"),
)
ATTENTION = Shot(
    "attention",
    [READY, "=not run yet", "t", "right", "right", "=finished"],
    ("lesson", "autograd#reading-a-real-graph"),
)
BITS = Shot("bits", [READY, "=waiting", "1", "=finished"], ("lesson", "number_formats#where-float16-ends"))
LOST = Shot("lost", [READY, "=waiting", "1", "=finished"], ("lesson", "number_formats#what-a-gradient-loses"))
MEMORY = Shot(
    "memory", [READY, "=waiting", "1", "=finished"], ("lesson", "mixed_precision#what-shrinks-and-what-does-not")
)
RESCUE = Shot("rescue", [READY, "=waiting", "1", "=finished"], ("lesson", "mixed_precision#gradients-that-become-0"))
HELP = Shot("help", [READY, "?", "=small letters"])
CONTENTS = Shot("contents", [READY], ())
CHECK = Shot("check", [READY, "S", "=run it", ">train.py", "enter", "=ended with"], ())
DOCTOR = Shot("doctor", ["=torch", "D", "=Nothing was changed"], (), gpus="h200_8")
GPUS = Shot("gpus", ["=torch", "G", "=lost", "~60", "down", "down", "down", "~1"], (), gpus="h200_8")
SHOTS = (
    *(LESSON, RUNNING, DIVERGED, VALLEY, AUTOGRAD, ATTENTION, BITS, LOST, MEMORY, RESCUE),
    *(CODE, HELP, CONTENTS, CHECK, DOCTOR, GPUS),
)

README = (
    ("lesson_120x40", LESSON, (120, 40), "true", "dark"),
    ("diverged_120x40", DIVERGED, (120, 40), "true", "dark"),
    ("autograd_120x40", AUTOGRAD, (120, 40), "true", "dark"),
    ("memory_120x40", MEMORY, (120, 40), "true", "dark"),
    ("lesson_light_120x40", LESSON, (120, 40), "true", "light"),
    ("lesson_16_120x40", LESSON, (120, 40), "16", "dark"),
    ("code_120x40", CODE, (120, 40), "true", "dark"),
    ("check_120x40", CHECK, (120, 40), "true", "dark"),
    ("doctor_120x40", DOCTOR, (120, 40), "true", "dark"),
    ("gpus_120x40", GPUS, (120, 40), "true", "dark"),
    ("valley_200x50", VALLEY, (200, 50), "true", "dark"),
)


def take(shot: Shot, size: tuple[int, int], depth: str, theme: str, file: Path) -> None:
    """Runs the program at a size and depth, presses the keys, and draws what the terminal shows."""
    with (
        TemporaryDirectory() as folder,
        Session(
            ["tutor", *shot.args, "--theme", theme],
            *size,
            env={**_driver(shot.gpus, Path(folder)), **DEPTHS[depth]},
            cwd=SAMPLES,
        ) as session,
    ):
        for step in shot.does:
            if step.startswith("="):
                session.wait_for(_shown(session, step[1:]), 60)
            elif step.startswith("~"):
                session.record(float(step[1:]))
            elif step.startswith(">"):
                session.press(*step[1:])
            else:
                session.press(step)
                session.record(0.2)
        session.record(0.3)
        png_of_screen(session.screen, file, theme)


def _driver(name: str, folder: Path) -> dict[str, str]:
    """What makes the program meet the simulated driver of that scenario; nothing for none."""
    return dict(simulated(scenario(name), folder, folder, clock=None).variables) if name else {}


def _shown(session: Session, text: str) -> str:
    """What to wait for, brought to the front where text and panel take turns."""
    narrow = session.columns < 100
    if narrow and text in ("waiting", "not run yet", "finished") and "v picture" in session.text():
        session.press("v")
    return text


def main() -> None:
    options = argparse.ArgumentParser(prog="make pictures ARGS=...", description=__doc__)
    options.add_argument("--all", action="store_true", help="every screen, size, depth and theme")
    options.add_argument("--into", type=Path, default=SHIPPED, help="the folder (default: the README's)")
    options.add_argument("--only", default="", metavar="TEXT", help="those whose name contains it")
    chosen = options.parse_args()
    chosen.into.mkdir(parents=True, exist_ok=True)
    wanted: Sequence[tuple[str, Shot, tuple[int, int], str, str]] = README
    if chosen.all:
        wanted = [
            (f"{shot.name}_{theme}_{depth}_{columns}x{rows}", shot, (columns, rows), depth, theme)
            for shot in SHOTS
            for columns, rows in ((80, 24), (120, 40), (200, 50))
            for depth in DEPTHS
            for theme in (("dark", "light") if depth in ("true", "256") else ("dark",))
        ]
    for name, shot, size, depth, theme in wanted:
        if chosen.only in name:
            began = time.monotonic()
            take(shot, size, depth, theme, chosen.into / f"{name}.png")
            print(f"{chosen.into / name}.png  {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
