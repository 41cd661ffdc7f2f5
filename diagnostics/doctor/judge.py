"""Facts judged: every fault that is seen, each under the one that causes it, and a line for what is in order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from importlib import import_module
from types import ModuleType

from diagnostics.doctor.checks.fault import FAULTS, Fault
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Finding

THEMES = (
    "driver",
    "devices",
    "nvml",
    "cuda",
    "hardware",
    "speed",
    "container",
    "wsl",
    "libraries",
    "environment",
    "torch",
    "packages",
    "python",
    "sharing",
    "communication",
    "limits",
)
"""The modules of checks, in the order of a report. Each has `sound(facts)`: its line where nothing of it is wrong."""


def faults() -> dict[str, Fault]:
    """Every fault that the doctor knows, by id."""
    for theme in THEMES:
        _module(theme)
    return FAULTS


def judge(facts: Facts, only: Collection[str] = (), skip: Collection[str] = ()) -> list[Finding]:
    """What is wrong, theme by theme, then what is not. `only` and `skip` name faults; `only` tells of nothing else."""
    asked = [one for one in faults().values() if (not only or one.id in only) and one.id not in skip]
    found = folded([finding for one in asked for finding in one.findings(facts)])
    if only:
        return found
    return found + [line for theme in THEMES for line in _line(theme, facts, found)]


def theme_of(finding: Finding) -> str:
    """The theme that a finding belongs to; a theme's own line has its name for an id."""
    known = faults().get(finding.id)
    return known.theme if known else finding.id


def folded(found: list[Finding]) -> list[Finding]:
    """Each with the finding that causes it, where that was found too."""
    statuses = {finding.id: finding.status for finding in found}
    return [replace(one, consequence_of=_cause(one, statuses)) for one in found]


def _cause(finding: Finding, statuses: dict[str, str]) -> str:
    """The first that explains it. A note explains notes alone, and what could not be checked goes with nothing."""
    weighty = {"fail": ("fail", "warn"), "warn": ("fail", "warn"), "note": ("fail", "warn", "note")}
    causes = weighty.get(finding.status, ())
    return next((one for one in faults()[finding.id].follows if statuses.get(one) in causes), "")


def _line(theme: str, facts: Facts, found: list[Finding]) -> list[Finding]:
    """A theme's own line; none where a fault of it speaks, or where nothing is known of it yet."""
    if any(theme_of(finding) == theme for finding in found):
        return []
    seen = _module(theme).sound(facts)
    return [Finding(theme, "skipped" if seen.status == "skipped" else "ok", seen.title, seen.evidence)] if seen else []


def _module(theme: str) -> ModuleType:
    return import_module(f"diagnostics.doctor.checks.{theme}")
