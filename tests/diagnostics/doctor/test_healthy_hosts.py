"""Nothing is a warning on a healthy host, whole or half seen: a false alarm is worse than silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import THEMES, judge, theme_of
from diagnostics.finding import Finding
from tests.diagnostics.doctor.hosts import HEALTHY

SECTIONS = [one.name for one in fields(Facts) if one.name not in ("schema_version", "taken", "troubles", "hung")]

SLIPS = re.compile(r"\bNone\b|\bFalse\b|\bTrue\b|\{|\}|  |\(\)|\[\]|\bnan\b| ,| \.|,,|: *$|^ | $")
"""What a text shows where a field was missing, or a format was not filled in."""

healthy = pytest.mark.parametrize("name", HEALTHY)


def alarms(facts: Facts) -> set[str]:
    return {one.id for one in judge(facts) if one.status in ("fail", "warn")}


def texts(finding: Finding) -> list[str]:
    """What a reader is told, without the commands."""
    steps = [text for step in finding.fix for text in (step.text, step.verify)]
    return [text for text in (finding.title, *finding.evidence, finding.cause, *steps) if text]


def half_seen(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """The same host with each section, and each field of each, not seen."""
    for name in SECTIONS:
        section = getattr(facts, name)
        yield name, replace(facts, **{name: None})
        for path, less in _less(section):
            yield f"{name}.{path}", replace(facts, **{name: less})


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


@healthy
def test_a_healthy_host_is_told_of_no_fault(name: str) -> None:
    """No warning and no failure, and at least one line."""
    findings = judge(HEALTHY[name]())
    assert [(one.id, one.title) for one in findings if one.status in ("fail", "warn")] == []
    assert findings


@healthy
def test_what_was_not_seen_starts_no_alarm(name: str) -> None:
    """Any one field of any section may be missing: no check raises, and none begins to warn."""
    told = {path: found for path, less in half_seen(HEALTHY[name]()) if (found := alarms(less))}
    assert told == {}


@healthy
def test_what_is_told_of_a_host_half_seen_reads_well(name: str) -> None:
    """No None, no empty brackets, no double blanks in any sentence."""
    slips = {
        text
        for _, less in half_seen(HEALTHY[name]())
        for finding in judge(less)
        for text in texts(finding)
        if SLIPS.search(text)
    }
    assert slips == set()


@healthy
def test_sections_may_arrive_one_by_one(name: str) -> None:
    """What comes first is judged without what is still to come."""
    whole = HEALTHY[name]()
    so_far = Facts(taken=whole.taken)
    for section in SECTIONS:
        so_far = replace(so_far, **{section: getattr(whole, section)})
        assert alarms(so_far) == set(), f"after {section}"


@healthy
def test_sections_that_could_not_be_seen_are_told_as_skipped(name: str) -> None:
    """A trouble is no alarm, and no theme says ok of what it did not see."""
    why = "It took longer than 5 s."
    for section in SECTIONS:
        less = replace(HEALTHY[name](), **{section: None}, troubles={section: why})
        assert alarms(less) == set(), section


def test_nothing_seen_is_nothing_said() -> None:
    """Facts without a section give no finding, of no theme."""
    assert judge(Facts()) == []


@healthy
def test_a_theme_has_a_line_or_a_note_of_its_own(name: str) -> None:
    """No line stands twice, and each belongs to a theme that is known."""
    findings = judge(HEALTHY[name]())
    assert len({one.id for one in findings}) == len(findings)
    assert {theme_of(one) for one in findings} <= set(THEMES)
