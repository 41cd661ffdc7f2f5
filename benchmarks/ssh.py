"""Over SSH: how soon a key is answered on a long and narrow way, and what is sent on it.

`python -m benchmarks.ssh` measures this alone. A real sshd on this machine, behind a link that delays and throttles;
so the tutor finds SSH_CONNECTION, no COLORTERM and 256 colours.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from typing import TypeVar

from benchmarks.figures import Aim, Figure, table
from benchmarks.recording import answers, read_until_silent, seen_at, sights
from benchmarks.screen import BARE, BOWL, CONTENTS, LESSON, PAUSES, PRESSED, rows_in_focus, start_bowl
from tests.support.session import Session
from tests.support.slow_link import SlowLink
from tests.support.sshd import Server, missing
from tests.support.storm import without_torch, write_storm
from tests.support.terminal import Terminal

LOST = 20.0
"""Seconds after which a key is given up."""

SECTIONS = 5
"""How many pages are turned, there and back."""

RUNS = 4
"""How many runs are left by n, and as many by p."""

DEMOS = BOWL_RUNS, STORM = "bowl", "storm"
"""Demos that run while keys are pressed."""

MOVING = re.compile(r"step [1-9]|Step [1-9]")
"""On the screen once a run has come beyond its start."""

T = TypeVar("T")


@dataclass(frozen=True)
class Way:
    """`rtt` in ms, `rate` in bit/s, 0: no limit. A key is to be answered `beyond` ms after the round trip."""

    name: str
    rtt: float
    rate: float
    beyond: float

    @property
    def limit(self) -> float:
        return self.rtt + self.beyond


DIRECT = Way("direct", 0, 0, 50)
WAYS = (DIRECT, Way("80 ms, 1 Mbit/s", 80, 1e6, 50), Way("150 ms, 128 kbit/s", 150, 128e3, 300))


@dataclass(frozen=True)
class Line:
    """A way to a server, and as many readers there as log in."""

    server: Server
    link: SlowLink
    readers: Iterator[int] = field(default_factory=count)

    def session(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Session:
        home = self.server.folder / f"reader-{next(self.readers)}"
        return Session(self.server.command(*argv, port=self.link.port, home=home, env=env), columns=120, rows=40)

    @contextlib.contextmanager
    def running(self, what: str) -> Iterator[Session]:
        """The bowl of the course, or a storm: a demo that changes every cell, which none of the course does."""
        if what == BOWL_RUNS:
            with self.session(BOWL) as session:
                start_bowl(session)
                yield session
        else:
            course = self.server.folder / f"course-{next(self.readers)}"
            with self.session(write_storm(course), without_torch()) as session:
                session.wait_for("Nothing happens here", timeout=60)
                session.press("n")
                session.wait_for("not run yet", timeout=60)
                session.press("t", "right")
                session.wait_for("● running", timeout=60)
                yield session


def over_ssh(presses: int) -> list[Figure]:
    """So many keys on each way, and what the remote profile costs. Raises AssertionError where no sshd can run."""
    assert not (why := missing()), why
    figures = []
    for way in WAYS:
        with line(way) as at:
            figures += [figure for what in DEMOS for figure in knobs(way, at, presses, what)]
            figures += [*sections(way, at), *(live(way, at, what) for what in DEMOS)]
    with line(DIRECT) as at:
        return [*figures, *idle(at), first_paint(at)]


@contextlib.contextmanager
def line(way: Way) -> Iterator[Line]:
    with Server() as server, SlowLink(server.port, way.rtt / 1000, way.rate) as link:
        yield Line(server, link)


def knobs(way: Way, at: Line, presses: int, what: str) -> list[Figure]:
    """A knob turned to and fro and its neighbour chosen, while the demo runs: from the key to the row that says so."""
    with at.running(what) as session:
        keys = islice(zip(cycle(PRESSED), cycle(PAUSES)), presses)
        asked = []
        for key, pause in keys:
            session.wait_for(lambda text: MOVING.search(text), timeout=60)
            asked.append(pressed(session, way, key, lambda: _focus(session), pause))
        waits = waited(session, rows_in_focus, asked)
        ended = sights(session, lambda terminal: "finished" in terminal.text())
    running = sum(seen_at(ended, moment) is False for moment in asked) / len(asked)
    turned = [wait for number, wait in enumerate(waits) if number % 3 == 0]
    chosen = [wait for number, wait in enumerate(waits) if number % 3]
    return [
        _answered(way, f"{what}, turning a knob", turned, f"{running:.0%} during a run"),
        _answered(way, f"{what}, choosing a knob", chosen, f"{running:.0%} during a run"),
    ]


def sections(way: Way, at: Line) -> list[Figure]:
    """On to the next section, amid a run and in peace, and back: from the key to the number in the header.

    And the bytes and the time of a page that nothing else is sent beside, until the last of it is there.
    """
    with at.running(BOWL_RUNS) as session:
        amid = []
        for key, back in [("n", "p"), ("p", "n")] * RUNS:
            session.press("r")
            session.wait_for("● running", timeout=60)
            amid.append(pressed(session, way, key, lambda: _section(session.rows()), 1.0))
            session.press(back)
            session.wait_quiet(1.0, timeout=120)
        sizes, whole = [], []
        for key in "n" * SECTIONS + "p" * SECTIONS:
            mark, began = session.mark(), session.now()
            session.press(key)
            session.wait_quiet(max(1.0, way.rtt / 100), timeout=120)
            sizes.append(len(session.bytes_since(mark)))
            whole.append((session.chunks[-1].at - began) * 1000)
        turns = waited(session, lambda terminal: _section(terminal.rows()), amid)
    return [
        _answered(way, "n and p amid a run", turns),
        Figure(f"{way.name}: a page whole", "ms", whole),
        Figure(f"{way.name}: a page", "B", sizes, aim=Aim(20_000, "p95")),
    ]


def live(way: Way, at: Line, what: str) -> Figure:
    """A demo that runs, with nobody at the keyboard."""
    with at.running(what) as session:
        session.wait_for(lambda text: MOVING.search(text), timeout=60)
        rates = [_rate(session, 1) for _ in range(5)]
    return Figure(f"{way.name}: {what}, live panel", "B/s", rates, aim=Aim(25_000))


def idle(at: Line) -> list[Figure]:
    """Once torch is there, and once a run has ended."""
    with at.session(CONTENTS) as session:
        session.wait_for("torch ", timeout=120)
        contents = _idle(session)
    with at.running(BOWL_RUNS) as session:
        session.wait_for("finished", timeout=120)
        lesson = _idle(session)
    return [
        Figure("idle over SSH, contents", "B/s", [contents], aim=Aim(0)),
        Figure("idle over SSH, after a run", "B/s", [lesson], aim=Aim(0)),
    ]


def first_paint(at: Line) -> Figure:
    """Until the screen is first still, beside the bare app's."""
    sizes: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(3):
        for name, argv in (("ours", LESSON), ("bare", BARE)):
            with at.session(argv) as session:
                read_until_silent(session)
                sizes[name].append(len(session.bytes_since()))
    return Figure("first paint over SSH", "B", sizes["ours"], sizes["bare"], Aim(2, "ratio"))


def pressed(session: Session, way: Way, key: str, look: Callable[[], object], pause: float) -> float:
    """Waits for a while, presses, and waits until something else is seen; when it was pressed.

    Nothing is drawn before the limit is over, so that drawing delays no reading that matters.
    """
    session.record(pause)
    before, asked = look(), session.now()
    session.press(key)
    session.record(way.limit / 1000)
    while look() == before and session.now() - asked < LOST:
        session.record(0.2)
    return asked


def waited(session: Session, look: Callable[[Terminal], T], asked: Sequence[float]) -> list[float]:
    """Seconds from each key to its answer; of a key that was given up, as long as it was waited for."""
    found = answers(sights(session, look), asked)
    return [LOST if wait is None else wait for wait in found]


def _answered(way: Way, what: str, waits: Sequence[float], note: str = "") -> Figure:
    within = sum(wait * 1000 <= way.limit for wait in waits) / len(waits)
    notes = [f"{within:.0%} within RTT + {way.beyond:g}", f"most {max(waits) * 1000:.0f}", note]
    milliseconds = [wait * 1000 for wait in waits]
    told = "; ".join(filter(None, notes))
    return Figure(f"{way.name}: {what}", "ms", milliseconds, aim=Aim(way.limit, "p95"), note=told)


def _focus(session: Session) -> list[tuple[int, str]]:
    return [(y, row) for y, row in enumerate(session.rows()) if "▌" in row]


def _section(rows: Sequence[str]) -> list[str]:
    """The header says which of how many."""
    return re.findall(r"\d+ of \d+", rows[0])


def _idle(session: Session) -> float:
    session.wait_quiet(3, timeout=120)
    return _rate(session, 5)


def _rate(session: Session, seconds: float) -> float:
    mark = session.mark()
    session.record(seconds)
    return len(session.bytes_since(mark)) / seconds


if __name__ == "__main__":
    print(table(over_ssh(int(sys.argv[1]) if len(sys.argv) > 1 else 60)))
