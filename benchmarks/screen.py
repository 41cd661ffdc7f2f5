"""The screen: how soon it stands, what it costs, how soon it answers a key, and whether it is ever idle."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from benchmarks.figures import Aim, Figure
from benchmarks.recording import answers, full_paint, read_until_silent, seen_at, sights
from lessons.kit.course import load_course
from tests.support.processes import pss
from tests.support.session import Session
from tests.support.terminal import Terminal

CONTENTS = ["tutor"]
LESSON = ["tutor", "lesson", "learning_rate"]
BARE = [sys.executable, str(Path(__file__).with_name("bare.py"))]

# Each turn starts the run anew, so that one is going at every key. The pauses keep no step with the frames.
PRESSED = ("right", "down", "up", "left", "down", "up")
PAUSES = (0.11, 0.17, 0.13, 0.19, 0.14, 0.12, 0.16)


def terminal(argv: Sequence[str]) -> Session:
    """The size and the colours at which everything is measured."""
    return Session(argv, columns=120, rows=40, env={"COLORTERM": "truecolor", "TUTOR_AHEAD": "1"})


def first_frame(text: str) -> bool:
    """Whether the panel shows where the demo starts: its head says so once the first frame has come."""
    return "waiting for your answer" in text or "not run yet" in text


def _bowl() -> list[str]:
    """The lesson at a section that shows the bowl and asks nothing first."""
    topic = load_course().topic("learning_rate")
    section = next(s for s in topic.page.sections if s.panel.startswith("bowl?") and not s.questions)
    return ["tutor", "lesson", f"learning_rate#{section.slug}"]


BOWL = _bowl()
"""Inside, `start_bowl` sets it going."""


def start_bowl(session: Session) -> None:
    """Sets every knob to its default, which starts a run of 200 steps and leaves the focus in the knobs."""
    session.wait_for(first_frame, timeout=120)
    session.press("z")
    session.wait_for("● running")


def until_still(session: Session, timeout: float = 120) -> None:
    """Waits until the program and its workers, which may be importing torch, do nothing for a second."""
    deadline, used = session.now() + timeout, -1.0
    while (now := sum(process.cpu for process in session.family())) - used > 0.02:
        if session.now() > deadline:
            raise AssertionError(f"still busy after {timeout:g} s, with this screen:\n{session.text()}")
        used = now
        session.record(1)


@dataclass(frozen=True)
class Opening:
    """One start, until the screen was first still. Of the screen's process alone: seconds of CPU, memory in MiB."""

    paint_ms: float
    written: int
    cpu: float
    rss: float
    pss: float


def opening(argv: Sequence[str]) -> Opening:
    with terminal(argv) as session:
        read_until_silent(session)
        used, shared = session.process, pss(session.pid)
        return Opening(full_paint(session) * 1000, len(session.bytes_since()), used.cpu, used.rss, shared)


def first_paint(runs: int) -> list[Figure]:
    """Starts of the lesson and of the bare app, in turns, since a machine is never equally busy for long."""
    opening(LESSON), opening(BARE)  # the first ones also fill the file cache
    pairs = [(opening(LESSON), opening(BARE)) for _ in range(runs)]

    def figure(name: str, unit: str, what: str, aim: Aim | None = None) -> Figure:
        ours, bare = zip(*[(getattr(lesson, what), getattr(least, what)) for lesson, least in pairs])
        return Figure(name, unit, ours, bare, aim)

    return [
        figure("first full paint", "ms", "paint_ms", Aim(1.3, "ratio")),
        figure("CPU until still", "s", "cpu"),
        figure("bytes until still", "B", "written"),
        figure("memory, RSS", "MiB", "rss", Aim(55)),
        figure("memory, PSS", "MiB", "pss"),
    ]


def keys(presses: int) -> list[Figure]:
    """A knob turned to and fro and its neighbour chosen, while the demo runs: from the key to the row that says so."""
    with terminal(BOWL) as session:
        start_bowl(session)
        asked = []
        for key, pause in islice(zip(cycle(PRESSED), cycle(PAUSES)), presses):
            asked.append(session.now())
            session.press(key)
            session.record(pause)
        rows = answers(sights(session, rows_in_focus), asked)
        ended = sights(session, lambda terminal: "finished" in terminal.text())
    turned = [wait for number, wait in enumerate(rows) if number % 3 == 0]
    chosen = [wait for number, wait in enumerate(rows) if number % 3]
    share = sum(seen_at(ended, moment) is False for moment in asked) / len(asked)
    return [
        _key_figure("key to paint, turning a knob", turned, share),
        _key_figure("key to paint, choosing a knob", chosen, share),
    ]


def rows_in_focus(terminal: Terminal) -> list[tuple[int, str]]:
    return [(y, row) for y, row in enumerate(terminal.rows()) if "▌" in row]


def _key_figure(name: str, waits: Sequence[float | None], running: float) -> Figure:
    seen = [wait * 1000 for wait in waits if wait is not None]
    note = f"{len(seen)} of {len(waits)} keys seen, {running:.0%} during a run"
    return Figure(name, "ms", seen, aim=Aim(50, "p95"), note=note)


def idle(seconds: float) -> list[Figure]:
    """What is written when nobody does anything: once torch is there, and once a run has ended."""
    with terminal(CONTENTS) as session:
        session.wait_for("enter open", timeout=60)
        until_still(session)
        contents = _rate(session, seconds)
    with terminal(BOWL) as session:
        start_bowl(session)
        session.wait_for("finished", timeout=120)
        until_still(session)
        lesson = _rate(session, seconds)
        used = session.process.rss
    return [
        Figure("idle, contents", "B/s", [contents], aim=Aim(0)),
        Figure("idle, after a run", "B/s", [lesson], aim=Aim(0)),
        Figure("memory after a run, RSS", "MiB", [used]),
    ]


def _rate(session: Session, seconds: float) -> float:
    mark = session.mark()
    session.record(seconds)
    return len(session.bytes_since(mark)) / seconds
