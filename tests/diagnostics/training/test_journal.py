"""The journal: what was found comes back as it went in, also from a process that was torn away."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator

import pytest

from diagnostics.finding import Finding, Step, Tensor, Where
from diagnostics.training.journal import MOST, Journal, finding_from, read

WHOLE = Finding(
    "device-mismatch",
    "fail",
    "A title",
    ("seen", "and seen"),
    "A cause",
    (Step("do", "code", root=True, verify="see"), Step("or")),
    Where("train.py", 3, "model(x)", (Tensor("x", "cpu", "float32", (3, 4), "line 2"), Tensor(""))),
    "devices#two",
    "other",
    "device-mismatch",
)


@pytest.fixture
def file() -> Iterator[int]:
    """The descriptor of a file that both sides have."""
    with tempfile.TemporaryFile() as opened:
        yield opened.fileno()


def told(file: int) -> list[Finding]:
    return [finding_from(body) for event, body in read(os.pread(file, 10**7, 0)) if event == "finding"]


def test_a_finding_comes_back_as_it_went_in(file: int) -> None:
    """All of it, or next to nothing."""
    journal = Journal(os.dup(file))
    for finding in (WHOLE, Finding("x", "ok", "")):
        journal.report(finding)
    assert told(file) == [WHOLE, Finding("x", "ok", "")]


def test_a_line_that_was_torn_is_left_out(file: int) -> None:
    """The kill came in the midst of it."""
    Journal(os.dup(file)).report(WHOLE)
    whole = os.pread(file, 10**7, 0)
    for length in range(len(whole)):
        assert read(whole + whole[:length]) == read(whole)


def test_a_place_is_told_once_and_a_flood_ends(file: int) -> None:
    """A fault in a loop; a program that is wrong everywhere."""
    journal = Journal(os.dup(file))
    for line in [*range(MOST + 10), *range(10)]:
        journal.report(Finding("x", "warn", "X", where=Where("train.py", line)))
    assert len(told(file)) == MOST


def test_threads_tell_one_fault_once(file: int) -> None:
    """Each as often as it likes."""
    journal = Journal(os.dup(file))

    def tell() -> None:
        for _ in range(50):
            journal.report(WHOLE)

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(file) == [WHOLE]


def test_a_journal_that_the_script_closed_stops_nobody(file: int) -> None:
    """As `os.closerange(3, 1000)` does in a program that becomes a daemon."""
    journal = Journal(os.dup(file))
    os.close(journal.descriptor)
    journal.report(WHOLE)
    assert told(file) == []
