"""How the checks' tests ask: one fault of one host, as a table of those that speak and those that must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

import pytest

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import judge
from diagnostics.finding import Finding
from tests.diagnostics.doctor.hosts import changed

SECTIONS = [one.name for one in fields(Facts) if one.name not in ("schema_version", "taken", "troubles", "hung")]

SLIPS = re.compile(r"\bNone\b|\bFalse\b|\bTrue\b|\{|\}|  |\(\)|\[\]|\bnan\b| ,| \.|,,|: *$|^ | $")
"""What a text shows where a field was missing, or a format was not filled in."""


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
    assert not slips(found)
    if case.status in ("fail", "warn"):
        assert found.evidence
        assert found.fix


def must_be_shown(case: Case) -> None:
    """Among all that is found, what is folded stands under a finding with a row of its own."""
    under = {one.id: one.consequence_of for one in judge(case.host)}
    assert {cause: under[cause] for cause in under.values() if cause and under[cause]} == {}


def must_read_well(case: Case) -> None:
    """Of the same host with any one field not seen: nothing raises, and no sentence shows the gap."""
    for path, less in half_seen(case.host):
        found = finding(less, case.fault)
        assert not (found and slips(found)), path


def causes(host: Facts, *faults: str) -> dict[str, str]:
    """Fault -> the fault that it is folded under, of those that speak."""
    return {one.id: one.consequence_of for one in judge(host, only=faults)}


def texts(finding: Finding) -> list[str]:
    """What a reader is told, without the commands."""
    steps = [text for step in finding.fix for text in (step.text, step.verify)]
    return [text for text in (finding.title, *finding.evidence, finding.cause, *steps) if text]


def slips(finding: Finding) -> list[str]:
    """The texts that show a missing value."""
    return [text for text in texts(finding) if SLIPS.search(text)]


def half_seen(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """The same host with each section, and each field of each, not seen."""
    for name in SECTIONS:
        section = getattr(facts, name)
        yield name, changed(facts, **{name: None})
        for path, less in _less(section):
            yield f"{name}.{path}", changed(facts, **{name: less})


def _less(value: Any) -> Iterator[tuple[str, Any]]:
    """A section with one field of it, or of the first of its parts, as None."""
    if isinstance(value, list):
        for path, less in _less(value[0]) if value else ():
            yield f"0.{path}", [less, *value[1:]]
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            if "None" in str(one.type):
                yield one.name, replace(value, **{one.name: None})
            if isinstance(getattr(value, one.name), list):
                for path, less in _less(getattr(value, one.name)):
                    yield f"{one.name}.{path}", replace(value, **{one.name: less})
