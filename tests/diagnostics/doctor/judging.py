"""How the checks' tests ask: one fault of one host, as a table of those that speak and those that must not."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import judge
from diagnostics.finding import Finding


class Case(NamedTuple):
    """A host, a fault, and what its finding must say: `shown` in the evidence, `run` in a command of the fix."""

    fault: str
    host: Facts
    status: str
    title: str
    shown: str = ""
    run: str = ""


def speaks(name: str, fault: str, host: Facts, status: str, title: str, shown: str = "", run: str = "") -> Any:
    """A case, named as a sentence."""
    return pytest.param(Case(fault, host, status, title, shown, run), id=f"{fault}: {name}")


def quiet(name: str, fault: str, host: Facts) -> Any:
    """A healthy host that is nearly a broken one."""
    return pytest.param(fault, host, id=f"{fault}: {name}")


def finding(host: Facts, fault: str) -> Finding | None:
    """What is said of this fault; at most one thing."""
    found = judge(host, only=[fault])
    assert len(found) <= 1
    return found[0] if found else None


def alarm(host: Facts, fault: str) -> Finding | None:
    """A finding that is a failure or a warning."""
    found = finding(host, fault)
    return found if found and found.status in ("fail", "warn") else None


def must_speak(case: Case) -> None:
    """The case's fault is named with its status, the evidence and a fix."""
    found = finding(case.host, case.fault)
    assert found is not None
    assert found.status == case.status
    assert case.title in found.title
    assert not case.shown or any(case.shown in line for line in found.evidence), found.evidence
    assert not case.run or any(case.run in step.command for step in found.fix), found.fix
    if case.status in ("fail", "warn"):
        assert found.evidence
        assert found.fix


def causes(host: Facts, *faults: str) -> dict[str, str]:
    """Fault -> the fault that it is folded under, of those that speak."""
    return {one.id: one.consequence_of for one in judge(host, only=faults)}
