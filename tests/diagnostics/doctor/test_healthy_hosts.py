"""Nothing is a warning on a healthy host, whole or half seen: a false alarm is worse than silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import THEMES, judge, theme_of
from tests.diagnostics.doctor.hosts import HEALTHY, changed
from tests.diagnostics.doctor.judging import SECTIONS, half_seen, slips

healthy = pytest.mark.parametrize("name", HEALTHY)


def alarms(facts: Facts) -> set[str]:
    return {one.id for one in judge(facts) if one.status in ("fail", "warn")}


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


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(HEALTHY)), st.lists(st.integers(0, 10_000), min_size=2, max_size=5))
def test_much_that_was_not_seen_starts_no_alarm_either(name: str, chosen: list[int]) -> None:
    """Several fields missing at once, as on a host that shows little."""
    facts, gone = HEALTHY[name](), []
    for number in chosen:
        ways = list(half_seen(facts))
        path, facts = ways[number % len(ways)]
        gone.append(path)
    assert alarms(facts) == set(), gone


@healthy
def test_what_is_told_of_a_host_half_seen_reads_well(name: str) -> None:
    """No None, no empty brackets, no double blanks in any sentence."""
    told = {text for _, less in half_seen(HEALTHY[name]()) for finding in judge(less) for text in slips(finding)}
    assert told == set()


@healthy
def test_sections_may_arrive_one_by_one(name: str) -> None:
    """What comes first is judged without what is still to come."""
    whole = HEALTHY[name]()
    so_far = Facts(taken=whole.taken)
    for section in SECTIONS:
        arrived: Any = {section: getattr(whole, section)}
        so_far = replace(so_far, **arrived)
        assert alarms(so_far) == set(), f"after {section}"


@healthy
def test_sections_that_could_not_be_seen_are_told_as_skipped(name: str) -> None:
    """A trouble is no alarm, and no theme says ok of what it did not see."""
    why = "It took longer than 5 s."
    for section in SECTIONS:
        less = replace(changed(HEALTHY[name](), **{section: None}), troubles={section: why})
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
