"""Each kind of silent bug: the scripts that have it, in several styles, and healthy ones that look alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from tests.diagnostics.training.forks import Forks  # noqa: E402

CASES = Path(__file__).parent / "cases"
SECTION = re.compile(r"^## (Wrong|Right): ([^\n]+)\n+```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = "# here"


@dataclass(frozen=True)
class Case:
    """A script of a file in cases/: the file is named after the kind that the wrong ones have."""

    kind: str
    wrong: bool
    title: str
    code: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"

    @property
    def lines(self) -> set[int]:
        """Where the fault may be told: the marked lines."""
        return {number for number, line in enumerate(self.code.splitlines(), 1) if line.endswith(HERE)}


ALL = [
    Case(path.stem, word == "Wrong", title, code)
    for path in sorted(CASES.glob("*.md"))
    for word, title, code in SECTION.findall(path.read_text())
]
KINDS = sorted({case.kind for case in ALL})


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_scripts_of_both_sorts(kind: str) -> None:
    """At least three that are wrong, each with a marked line, and three that are right."""
    wrong = [case for case in ALL if case.kind == kind and case.wrong]
    assert len(wrong) >= 3
    assert sum(case.kind == kind and not case.wrong for case in ALL) >= 3
    assert all(case.lines for case in wrong)


@pytest.mark.parametrize("case", [case for case in ALL if case.wrong], ids=str)
def test_a_silent_bug_is_found_at_its_line(case: Case, forks: Forks) -> None:
    """And no other fault is claimed; the script prints what it prints alone."""
    outcome = forks.run(case.code, device="check")
    assert not outcome.error, outcome.trace
    found = [(each["id"], each["line"]) for each in outcome.findings if each["status"] != "ok"]
    assert case.kind in [kind for kind, _ in found], found
    assert all(line in case.lines for kind, line in found if kind == case.kind), found
    others = [each for each in outcome.findings if each["id"] != case.kind and each["status"] in ("warn", "fail")]
    assert others == []


@pytest.mark.parametrize("case", [case for case in ALL if not case.wrong], ids=str)
def test_a_healthy_look_alike_is_left_alone(case: Case, forks: Forks) -> None:
    """No warning, no failure, nothing given up; and not even a note of the kind that it looks like."""
    outcome = forks.run(case.code, device="check")
    assert not outcome.error, outcome.trace
    loud = [each for each in outcome.findings if each["status"] in ("warn", "fail", "skipped")]
    assert loud == []
    assert case.kind not in [each["id"] for each in outcome.findings]


def test_many_trainings_in_one_process_are_told_apart(forks: Forks) -> None:
    """What an earlier one left behind, gradients too, is no fault of a later one."""
    script = Path(__file__).parent / "healthy" / "many.py"
    outcome = forks.run(script, device="check")
    assert (outcome.printed, outcome.error, outcome.findings) == ("done\n", "", [])
