"""The plain report of findings, as a reader meets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.finding import STATUSES, Finding, Step, Tensor, Where
from lessons.kit.course import load_course
from tutor.draw.canvas import Look
from tutor.report.findings import counted, findings_text, look_of, untold

LAST = "the sum."
SECTION = f"learning_rate#{load_course().topic('learning_rate').page.sections[1].slug}"


def report(*findings: Finding, look: Look | None = None) -> str:
    return findings_text(findings, look, LAST)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script of three lines, in the folder that the reader stands in."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "train.py"
    file.write_text(
        f"import torch\nif True:\n    logits = model(features)\nlong = {'a + ' * 40}model(x){' + b' * 40}\n"
    )
    return file


def test_a_finding_reads_from_its_title_to_its_lesson(script: Path) -> None:
    """Sign, title, place, what was seen, cause, fix, how to verify, where to learn."""
    tensors = (
        Tensor("features", "cpu", "torch.float32", (32, 10), "train.py:2 torch.randn(32, 10)"),
        Tensor("model[0].weight", "cuda:0", "float32", (), ""),
    )
    finding = Finding(
        "device-mismatch",
        "fail",
        "features is on the CPU",
        evidence=("torch said no",),
        cause="It was never moved.",
        fix=(
            Step("move it", "line 3: logits = model(features.to(device))", verify="run it again"),
            Step("or make it there", "line 2: torch.randn(32, 10, device=device)"),
        ),
        where=Where(str(script), 3, "model(features)", tensors),
        lesson="learning_rate#no-such-section",
    )
    assert report(finding) == "\n".join(
        [
            "[fail]     features is on the CPU",
            "           where    train.py:3",
            "                    logits = model(features)",
            "                             ~~~~~~~~~~~~~~~",
            "           seen     torch said no",
            "                    features         cpu     float32  32×10",
            "                      made at train.py:2 torch.randn(32, 10)",
            "                    model[0].weight  cuda:0  float32  one number",
            "           cause    It was never moved.",
            "           fix      move it",
            "                    line 3: logits = model(features.to(device))",
            "           verify   run it again",
            "           or       make it there",
            "                    line 2: torch.randn(32, 10, device=device)",
            "           lesson   learn why: tutor lesson learning_rate",
            "",
            "the sum.",
        ]
    )


@pytest.mark.parametrize(
    ("lesson", "said"),
    [
        (SECTION, f"learn why: tutor lesson {SECTION}\n"),
        ("learning_rate", "learn why: tutor lesson learning_rate\n"),
        ("no_such_topic#two", ""),
        ("", ""),
    ],
)
def test_a_lesson_is_named_only_where_the_course_has_it(lesson: str, said: str) -> None:
    """The section too; of a topic that has no such section the topic."""
    text = report(Finding("x", "fail", "X", lesson=lesson))
    assert said in text
    assert ("learn why" in text) == bool(said)


def test_a_fault_of_a_machine_reads_too() -> None:
    """No place in a script; what a step needs is said."""
    step = Step("Install the driver", "sudo apt install nvidia-driver-580", root=True, reboot=True, verify="nvidia-smi")
    text = report(Finding("driver-too-old", "fail", "The driver is too old", fix=(step,)))
    assert "sudo apt install nvidia-driver-580\n" in text
    assert "needs root and a reboot\n" in text
    assert "verify   nvidia-smi\n" in text
    assert "where" not in text


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    """Fail, warn, note, skipped, ok."""
    found = [Finding(f"{status}{number}", status, f"{status} {number}") for number in (1, 2) for status in STATUSES]
    titles = re.findall(r"^\[\w+\] +(\w+ \d)", report(*reversed(found)), re.M)
    assert titles == [f"{status} {number}" for status in STATUSES for number in (2, 1)]


def test_what_a_finding_causes_is_folded_under_it() -> None:
    """It has no row of its own, unless its cause was not found."""
    cause = Finding("cause", "fail", "The cause")
    one, other = (Finding(id_, "warn", f"Follower {id_}", consequence_of="cause") for id_ in ("a", "b"))
    text = report(one, cause, other)
    assert "explains ▾ 2 findings\n                      Follower a\n                      Follower b\n" in text
    assert text.count("Follower a") == 1
    assert "[warn]" in report(one)


def test_a_command_and_a_line_of_code_are_whole(script: Path) -> None:
    """However long, on one line, so that they can be copied."""
    command = "pip install " + "torch==2.13.0 " * 20 + "numpy"
    assert f" {command}\n" in report(Finding("x", "fail", "X", fix=(Step("", command),)))


def test_code_is_not_broken_where_a_line_ends(script: Path) -> None:
    """In a step that says `line 3: code`, the code stands on its own, whole, after those words or below them."""
    short, long = "x = x.long()", f"x = x.to({'device, ' * 12})"
    for code, wanted in ((short, f"fix      line 3: {short}\n"), (long, f"fix      line 3:\n{' ' * 20}{long}\n")):
        assert wanted in report(Finding("x", "fail", "X", fix=(Step(f"line 3: `{code}`", code),)))
    assert f"`{long}`" in report(Finding("x", "fail", "X", cause=f"It says `{long}` somewhere."))


def test_a_tensor_is_told_once() -> None:
    """In the words of the evidence, or where it has none in the table."""
    tensors = (Tensor("x", "cpu", "float32", (3,)), Tensor("y", "cuda:0", "float32", (3,)))
    text = report(Finding("x", "fail", "X", ("`x`: cpu, values 0 to 1",), where=Where("gone.py", 1, "x + y", tensors)))
    assert "seen     `x`: cpu, values 0 to 1\n                    y  cuda:0  float32  3\n" in text


def test_of_a_long_line_the_part_that_matters_is_shown(script: Path) -> None:
    """Cut on both sides, and marked at the right place."""
    lines = report(Finding("x", "fail", "X", where=Where(str(script), 4, "model(x)"))).split("\n")
    code, marks = lines[2], lines[3]
    assert code[marks.index("~") : marks.rindex("~") + 1] == "model(x)"
    assert code.strip().startswith("…")
    assert code.endswith("…")
    assert len(code) <= 80


@pytest.mark.parametrize("expression", ["not there", "", "model(\n    features\n)"])
def test_an_expression_that_is_not_on_the_line_is_not_marked_wrongly(script: Path, expression: str) -> None:
    """Of one over several lines the first is marked, of others nothing."""
    text = report(Finding("x", "fail", "X", where=Where(str(script), 3, expression)))
    assert "logits = model(features)\n" in text
    assert ("~" in text) == expression.startswith("model(")


def test_a_place_without_source_shows_its_expression() -> None:
    """A notebook's cell, or a file that is gone."""
    text = report(Finding("x", "fail", "X", where=Where("<stdin>", 3, "model(features)")))
    assert "where    <stdin>:3\n                    model(features)\n" in text


TEXTS = st.text(st.characters(blacklist_categories=()), max_size=60)


@given(TEXTS, TEXTS, st.sampled_from(STATUSES))
def test_hostile_text_is_shown_and_not_obeyed(text: str, other: str, status: str) -> None:
    """No control character, no escape, no line of its own; with colours, no escape but those of colours."""
    tensor = Tensor(text, other, text, (1,), other)
    where = Where(text.replace("\0", "") or "x", 1, other, (tensor,))
    finding = Finding("x", status, text, (other,), text, (Step(other, text, verify=text),), where, lesson=other)
    plain = report(finding)
    assert all(line.isprintable() for line in plain.split("\n"))
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", report(finding, look=Look(depth="16")))
    assert all(line.isprintable() for line in coloured.split("\n"))


def test_signs_and_words_stand_beside_the_colour() -> None:
    """On a terminal; without one the word alone, in brackets."""
    finding = Finding("x", "warn", "A title")
    assert re.search(r"\x1b\[[0-9;]*m! warn *\x1b", report(finding, look=Look(depth="16")))
    assert "\x1b[33m" not in report(finding, look=Look(depth="none"))
    assert report(finding).startswith("[warn] ")


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ("", ""),
        ("ok ok", ""),
        ("fail", "1 failed"),
        ("warn fail warn", "1 failed, 2 warnings"),
        ("note note skipped warn", "1 warning, 2 notes, 1 not checked"),
    ],
)
def test_findings_are_counted_in_words(statuses: str, words: str) -> None:
    """What is well is not counted."""
    assert counted(Finding("x", status, "X") for status in statuses.split()) == words


class Stream:
    """A stream that is a terminal, or none."""

    def __init__(self, tty: bool) -> None:
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


def test_colours_are_for_terminals_that_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """And are the reader's own sixteen: a report does not know its background."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert look_of(Stream(True)) == Look(depth="16")
    assert look_of(Stream(False)) is None
    monkeypatch.setenv("NO_COLOR", "1")
    assert look_of(Stream(True)) == Look(depth="none")
    monkeypatch.setenv("TERM", "dumb")
    assert look_of(Stream(True)) is None


def test_a_tensor_of_a_told_module_and_one_without_a_name_are_told_once() -> None:
    """The evidence tells a module in place of its parameters, and a tensor without a name by its place."""
    evidence = ("`net`: cuda:0 (its weight and bias)", "the left side of `+`: cpu, shape (3,)")
    tensors = (Tensor("net.weight", "cuda:0"), Tensor("", "cpu", "float32", (3,)), Tensor("net", "cpu"))
    finding = Finding(
        "x", "fail", "X", evidence, where=Where("gone.py", 1, "x + y", (*tensors, Tensor("z"), Tensor("z")))
    )
    assert [one.name for one in untold(finding)] == ["z"]
    plain = Finding("x", "fail", "X", ("`net`: a net",), where=Where("gone.py", 1, "x", tensors[:2]))
    assert [one.name for one in untold(plain)] == ["net.weight", ""]
