"""The demos: what a frame costs in bytes and CPU, and how soon the first one stands."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Aim, Figure
from benchmarks.recording import answers, sights
from benchmarks.screen import BOWL, LESSON, first_frame, start_bowl, terminal
from tests.support.session import Session
from tests.support.terminal import Terminal

GALLERY = [sys.executable, "-m", "benchmarks.gallery"]
ROOT = Path(__file__).parent.parent
RUNS = {
    ("chart", "surface", "meter"): ["learning_rate/bowl", "--set", "lr=0.09"],
    ("graph",): ["autograd/network", "--set", "model=attention"],
    ("histogram", "grid"): ["number_formats/gradients"],
}
"""Kinds of picture, and a demo whose run moves them."""
IMPORT_TORCH = [sys.executable, "-c", "import torch"]

STEP = re.compile(r"step (\d+) of \d+")


def pictures(runs: int) -> list[Figure]:
    """Each kind of picture alone, over the frames of a real run; then the whole panel, in the app."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (kinds, demo) in enumerate(RUNS.items()):
            file = Path(folder) / f"frames{number}.jsonl"
            command = [str(Path(sys.executable).with_name("tutor")), "demo", *demo, "--json"]
            with file.open("w") as output:
                subprocess.run(command, stdout=output, check=True)
            count = len(file.read_text("utf-8").splitlines())
            for kind in kinds:
                samples = [_gallery(kind, file, count) for _ in range(runs)]
                figures += _a_frame(kind, samples)
    return figures + _a_frame("panel of a running demo", [_panel() for _ in range(runs)])


def _a_frame(name: str, samples: list[tuple[float, float]]) -> list[Figure]:
    written, cpu = zip(*samples)
    return [Figure(f"a frame, {name}", "B", written), Figure(f"a frame, {name}", "CPU ms", cpu)]


def _gallery(kind: str, file: Path, count: int) -> tuple[float, float]:
    """Bytes and CPU milliseconds a frame."""
    with Session([*GALLERY, kind, str(file)], columns=68, rows=38, env={"COLORTERM": "truecolor"}, cwd=ROOT) as session:
        session.wait_quiet(1)
        mark, used = session.mark(), session.process.cpu
        session.press("space")
        session.wait_for("over", timeout=120)
        return len(session.bytes_since(mark)) / count, 1000 * (session.process.cpu - used) / count


def _panel() -> tuple[float, float]:
    """The same of a run in the lesson, restart to finish; frames are counted by the step in the panel's head."""
    with terminal(BOWL) as session:
        start_bowl(session)
        session.wait_for("finished", timeout=120)
        session.wait_quiet(1)
        mark, began, used = session.mark(), session.now(), session.process.cpu
        session.press("r")
        session.wait_for("● running")
        session.wait_for("finished", timeout=120)
        cost = len(session.bytes_since(mark)), 1000 * (session.process.cpu - used)
        drawn = {sight.seen for sight in sights(session, _step) if sight.at > began}
    return cost[0] / len(drawn), cost[1] / len(drawn)


def launch(runs: int) -> list[Figure]:
    """From the command to the demo's first frame, in turns with an import of torch by the same Python."""
    _cold(), _imported()  # fills the file cache
    pairs = [(_cold(), _imported()) for _ in range(runs)]
    ours, torch = zip(*pairs)
    return [
        Figure("launch to first frame, cold", "s", ours, torch, Aim(1.3, "ratio"), "beside `import torch`"),
        Figure("launch to first frame, warm", "ms", _warm(4 * runs), aim=Aim(150)),
    ]


def _imported() -> float:
    began = time.perf_counter()
    subprocess.run(IMPORT_TORCH, check=True)
    return time.perf_counter() - began


def _cold() -> float:
    with terminal(LESSON) as session:
        session.wait_for(first_frame, timeout=120)
        return next(sight.at for sight in sights(session, Terminal.text) if first_frame(sight.seen))


def _warm(restarts: int) -> list[float]:
    """Milliseconds from the key to another step than the last one."""
    with terminal(BOWL) as session:
        start_bowl(session)
        asked = []
        for _ in range(restarts):
            session.wait_for("finished", timeout=120)
            session.wait_quiet(0.5)
            asked.append(session.now())
            session.press("r")
            session.wait_for("● running")
            session.press("enter")  # to its end at once
        waits = answers(sights(session, _step), asked)
    return [wait * 1000 for wait in waits if wait is not None]


def _step(terminal: Terminal) -> str:
    found = STEP.search(terminal.text())
    return found.group(1) if found else ""
