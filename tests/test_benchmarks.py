"""What the measurements are made of: a figure nobody can trust is worse than none."""

from __future__ import annotations

import pytest

from benchmarks.figures import Aim, Figure, percentile, table
from benchmarks.recording import Sight, answers, full_paint, read_until_silent, seen_at, sights
from benchmarks.screen import BARE, opening
from tests.support.session import Session

HISTORY = [Sight(1.0, "a"), Sight(2.0, "a"), Sight(3.0, "b"), Sight(4.0, "c")]


def test_an_answer_is_the_first_other_thing_seen() -> None:
    """Chunks that change nothing of what is looked at are passed over."""
    assert answers(HISTORY, [1.5]) == [1.5]
    assert answers(HISTORY, [1.5, 3.5]) == [1.5, 0.5]


def test_an_answer_that_comes_after_the_next_question_is_none() -> None:
    """Nor is there one when nothing changed any more, or what changed had changed before."""
    assert answers(HISTORY, [1.5, 2.5]) == [None, 0.5]
    assert answers(HISTORY, [4.5]) == [None]
    assert seen_at(HISTORY, 2.5) == "a"
    assert seen_at(HISTORY, 0.5) is None


def test_percentiles_are_values_that_were_measured() -> None:
    """The 95th of a hundred is exceeded by five."""
    assert percentile(range(1, 101), 95) == 95
    assert percentile([7], 95) == 7
    assert percentile([3, 1, 2], 50) == 2


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("memory", "MiB", [40, 70, 50], aim=Aim(55)), True),
        (Figure("memory", "MiB", [56], aim=Aim(55)), False),
        (Figure("idle", "B/s", [0], aim=Aim(0)), True),
        (Figure("keys", "ms", [10] * 94 + [60] * 6, aim=Aim(50, "p95")), False),
        (Figure("keys", "ms", [10] * 95 + [60] * 5, aim=Aim(50, "p95")), True),
        (Figure("keys", "ms", [], aim=Aim(50, "p95")), False),
        (Figure("paint", "ms", [130, 900, 120], [100, 100, 100], Aim(1.3, "ratio")), True),
        (Figure("paint", "ms", [140], [100], Aim(1.3, "ratio")), False),
        (Figure("bytes", "B", [140]), None),
    ],
)
def test_aims_are_met_or_missed(figure: Figure, met: bool | None) -> None:
    """By the median, the 95th percentile or the ratio of medians; nothing measured is nothing met."""
    assert figure.met is met
    verdict = {True: " met", False: " MISSED", None: " 140"}[met]
    assert table([figure]).endswith(verdict)


@pytest.mark.pty
def test_a_paint_is_full_when_nearly_all_cells_stand() -> None:
    """A clock that ticks later, less than a hundredth of the screen, does not count; a second half does."""
    rows = "i=0; while [ $i -lt 10 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done"
    with Session(
        ["sh", "-c", f"stty -echo; {rows}; echo half; read x; {rows}; echo full; read x; echo late; read x"]
    ) as session:
        session.wait_for("half")
        half = session.now()
        session.press("enter")
        session.wait_for("full")
        full = session.now()
        session.press("enter")
        session.wait_for("late")
        assert half < full_paint(session) < full
        assert [sight.seen for sight in sights(session, lambda terminal: "late" in terminal.text())][-1]


@pytest.mark.pty
def test_a_program_that_paints_nothing_is_an_error() -> None:
    """With its screen, since it is most often a traceback."""
    with (
        Session(["sh", "-c", "echo no such lesson; sleep 60"]) as session,
        pytest.raises(AssertionError, match="no such"),
    ):
        read_until_silent(session, timeout=0.3)


@pytest.mark.pty
def test_the_bare_app_can_be_measured() -> None:
    """What the tutor is compared with paints, takes time and memory, and is still."""
    bare = opening(BARE)
    assert bare.paint_ms > 0
    assert bare.cpu > 0
    assert bare.rss > 10
    assert bare.written > 5000
