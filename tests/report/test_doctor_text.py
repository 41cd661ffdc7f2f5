"""The doctor's report in 80 columns, as a reader meets it in a pipe and on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.doctor.judge import THEMES, faults, judge
from diagnostics.finding import STATUSES, Finding, Step
from tests.diagnostics.doctor.hosts import HEALTHY
from tutor.draw.canvas import Look
from tutor.report.doctor_text import COLUMN, Paper
from tutor.report.doctor_words import verdict
from tutor.report.findings import Row

PIPE = Paper(None)
TERMINAL = Paper(Look(depth="16"))

OLD = Finding(
    "driver-too-old",
    "fail",
    "The driver is too old for this torch",
    ("driver 535.104.05 speaks CUDA 12.2", "torch 2.13.0+cu130 needs CUDA 13.0"),
    "A driver runs programs of its own CUDA major version and older.",
    (
        Step("Install the build for CUDA 12.6.", "pip install torch==2.13.0 --index-url https://a.b/whl/cu126"),
        Step("Install driver 580.", "sudo apt install driver", root=True, reboot=True, verify="nvidia-smi lists it"),
    ),
)
UNAVAILABLE = Finding("torch-cuda-unavailable", "fail", "torch sees no GPU", consequence_of="driver-too-old")
HOT = Finding("heat-throttle", "warn", "GPU 5 is hot")


def text(rows: Sequence[Row], paper: Paper = PIPE) -> str:
    return paper.text(rows)


def test_a_finding_reads_from_its_title_to_what_it_explains() -> None:
    """Word, theme and title; then what was seen, the cause, each step with what it takes, and the check of it."""
    assert text(PIPE.finding(OLD, [OLD, UNAVAILABLE])) == "\n".join(
        [
            f"[fail]     {theme('driver-too-old'):<15}The driver is too old for this torch",
            "           seen           driver 535.104.05 speaks CUDA 12.2",
            "                          torch 2.13.0+cu130 needs CUDA 13.0",
            "           cause          A driver runs programs of its own CUDA major version",
            "                          and older.",
            "           next           Install the build for CUDA 12.6.",
            "    pip install torch==2.13.0 --index-url https://a.b/whl/cu126",
            "                          no root, no reboot",
            "           or             Install driver 580.",
            "                          sudo apt install driver",
            "                          needs root and a reboot",
            "           then           nvidia-smi lists it",
            "           verify         tutor doctor --only driver-too-old",
            "           explains       ▾ 1 finding that will go with it",
            "                            torch sees no GPU",
            "",
            "",
        ]
    )


def theme(name: str) -> str:
    return faults()[name].theme if name in faults() else name


def test_the_check_of_a_fix_asks_the_python_that_was_judged() -> None:
    """Where the reader named one: without it, another would be judged."""
    paper = Paper(None, "tutor doctor --python /opt/py")
    assert "verify         tutor doctor --python /opt/py --only heat-throttle\n" in text(paper.finding(HOT, [HOT]))


@pytest.mark.parametrize("length", [10, 54, 55, 76, 77, 300])
def test_a_command_is_one_line_however_long(length: int) -> None:
    """It stands under its title, further left if it must, and is never cut or broken."""
    command = ("x " * length)[:length].rstrip() + "y"
    lines = text(PIPE.finding(replace(HOT, fix=(Step("Do it.", command),)), [])).split("\n")
    assert [line for line in lines if line.strip() == command]
    assert all(len(line) <= 80 for line in lines if command not in line)


def test_a_command_that_its_step_ends_with_is_told_once() -> None:
    """In the sentence it could be broken."""
    step = Step("Load it: `modprobe nvidia`.", "modprobe nvidia")
    told = text(PIPE.finding(replace(HOT, fix=(step,)), []))
    assert "next           Load it:\n                          modprobe nvidia\n" in told
    assert told.count("modprobe") == 1


def test_what_is_in_order_takes_a_row_each_and_comes_last() -> None:
    """Without blank rows between, after all that has details; without its evidence."""
    findings = [
        Finding("driver", "ok", "driver 550 is loaded", ("the open module",)),
        Finding("no-gpu", "note", "no GPU", ("none on the bus",)),
        Finding("limits", "skipped", "limits were not judged", ("permission denied",)),
        Finding("container", "ok", "not in a container", ("no cgroup tells of one",)),
        Finding("wsl", "ok", "a title that has no room in a row of eighty columns, and needs two"),
    ]
    assert text(PIPE.rest(findings)) == "\n".join(
        [
            f"[note]     {theme('no-gpu'):<15}no GPU",
            "           seen           none on the bus",
            "",
            "[skipped]  limits         limits were not judged",
            "                          permission denied",
            "[ok]       driver         driver 550 is loaded",
            "[ok]       container      not in a container",
            "[ok]       wsl            a title that has no room in a row of eighty columns,",
            "                          and needs two",
            "",
            "",
        ]
    )


def test_a_note_has_its_first_step_alone() -> None:
    """It is worth knowing; what is wrong has them all."""
    steps = (Step("Look.", "nvidia-smi"), Step("or look elsewhere.", "dmesg"))
    assert "dmesg" not in text(PIPE.rest([Finding("no-gpu", "note", "no GPU", fix=steps)]))
    wrong = Finding("no-driver", "fail", "no driver", fix=steps)
    assert "dmesg" in text(PIPE.finding(wrong, [wrong]))


def test_signs_and_words_stand_beside_the_colour() -> None:
    """On a terminal; a pipe gets the word alone, in brackets, and no escape."""
    rows = TERMINAL.finding(OLD, [OLD])
    assert "✗ fail" in text(rows, TERMINAL)
    assert "\x1b[" in text(rows, TERMINAL)
    assert "\x1b" not in text(PIPE.finding(OLD, [OLD]))


# What torch adds to what was told


def test_nothing_is_told_twice() -> None:
    """What torch leaves as it was, it leaves untold."""
    assert PIPE.since([OLD, HOT], [OLD, HOT]) == []


def test_the_worst_is_told_first() -> None:
    """Of what is told at one time."""
    told = text(PIPE.since([], [HOT, OLD]))
    assert told.index(OLD.title) < told.index(HOT.title)


def test_what_torch_adds_and_an_earlier_finding_explains_is_told_as_its_consequence() -> None:
    """It has no details of its own: the fix stands above."""
    told = text(PIPE.since([OLD], [OLD, UNAVAILABLE]))
    assert "torch sees no GPU\n" in told
    assert "It goes with “The driver is too old for this torch”," in told
    assert "seen" not in told


def test_a_new_consequence_of_a_consequence_is_told_with_its_cause() -> None:
    """With the first cause, which stands above."""
    third = Finding("no-kernel-image", "warn", "A third", consequence_of=UNAVAILABLE.id)
    told = text(PIPE.since([OLD, UNAVAILABLE], [OLD, UNAVAILABLE, third]))
    assert "A third" in told
    assert "It goes with “The driver is too old for this torch”," in told
    assert UNAVAILABLE.title not in told


def test_what_torch_explains_is_folded_under_the_new_cause() -> None:
    """An earlier finding gets no second row; the new one names it."""
    cause = Finding("cpu-only-wheel", "fail", "torch is built without CUDA")
    told = text(PIPE.since([HOT], [replace(HOT, consequence_of=cause.id), cause]))
    assert told.count(HOT.title) == 1
    assert "explains" in told


def test_what_torch_shows_differently_is_told_again() -> None:
    """With all that is now known."""
    told = text(PIPE.since([HOT], [replace(HOT, title="GPU 5 is too hot")]))
    assert "GPU 5 is too hot" in told


def test_what_torch_shows_to_be_wrong_is_taken_back() -> None:
    """A row that was printed cannot be unprinted."""
    told = text(PIPE.since([OLD, HOT], [OLD]))
    assert "Withdrawn, torch shows otherwise: GPU 5 is hot" in told


def test_a_finding_whose_cause_is_withdrawn_gets_its_row() -> None:
    """Until then it was folded."""
    told = text(PIPE.since([OLD, UNAVAILABLE], [replace(UNAVAILABLE, consequence_of="")]))
    assert "[fail]" in told
    assert UNAVAILABLE.title in told


# The sum


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ("ok ok", "Nothing is wrong."),
        ("ok note note", "Nothing is wrong: 2 notes."),
        ("ok note skipped", "Nothing wrong was found: 1 note, 1 not checked."),
        ("warn ok", "1 warning, 1 ok."),
        ("fail warn fail note skipped", "2 broken, 1 warning, 1 note, 1 not checked."),
    ],
)
def test_the_sum_is_in_words(statuses: str, words: str) -> None:
    """What could not be checked is not said to be in order."""
    assert verdict([Finding(f"x{n}", status, "X") for n, status in enumerate(statuses.split())]) == words


def test_what_is_folded_counts_with_its_cause() -> None:
    """Once; and as the worse of the two, so that the sum agrees with the exit code."""
    assert verdict([OLD, UNAVAILABLE]) == "1 broken."
    assert verdict([HOT, replace(UNAVAILABLE, consequence_of=HOT.id)]) == "1 broken."
    told = text(PIPE.finding(HOT, [HOT, replace(UNAVAILABLE, consequence_of=HOT.id)]))
    assert "fail: torch sees no GPU" in told


def test_the_consequence_of_a_consequence_is_told() -> None:
    """Under the first cause."""
    third = Finding("no-kernel-image", "warn", "A third", consequence_of=UNAVAILABLE.id)
    assert "▾ 2 findings" in text(PIPE.finding(OLD, [OLD, UNAVAILABLE, third]))


# Whatever comes


@pytest.mark.parametrize("name", HEALTHY)
def test_every_healthy_host_ends_in_one_sentence(name: str) -> None:
    """And is told in 80 columns."""
    findings = judge(HEALTHY[name]())
    rows = [*PIPE.since([], findings), *PIPE.rest(findings), *PIPE.sum(findings, "")]
    assert verdict(findings).startswith("Nothing ")
    assert all(len(line) <= 80 for line in text(rows).split("\n"))


def test_every_theme_has_room_before_the_titles() -> None:
    """Titles stand in one column."""
    assert max(map(len, THEMES)) + 1 < COLUMN - len("[skipped]")


TEXTS = st.text(st.characters(blacklist_categories=()), max_size=60)


@given(TEXTS, TEXTS, st.sampled_from(STATUSES))
def test_hostile_text_is_shown_and_not_obeyed(one: str, other: str, status: str) -> None:
    """No control character, no line of its own; with colours, no escape but those of colours."""
    finding = Finding("x", status, one, (other,), one, (Step(other, one, verify=other),), lesson=one)
    follower = Finding("y", status, other, (one,), consequence_of="x")
    for paper in (PIPE, TERMINAL):
        rows = [*paper.finding(finding, [finding, follower]), *paper.head([("python", one), ("torch", other)])]
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text(rows, paper))
        assert all(line.isprintable() for line in plain.split("\n"))
