"""What the doctor must say of a host, and what it does say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import judge

ALARMS = ("fail", "warn")


@dataclass(frozen=True)
class Says:
    """`roots`: fault -> its status; `folded`: fault -> the one above it. Nothing else may warn or fail.

    `notes` must be among what is noted; `run` stands in the first command that is advised for the first root.
    """

    roots: Mapping[str, str] = field(default_factory=dict)
    folded: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    run: str = ""


def told(facts: Facts) -> tuple[dict[str, str], dict[str, str]]:
    """The roots with their statuses, and what is folded under which, of all that warns or fails."""
    found = [one for one in judge(facts) if one.status in ALARMS]
    roots = {one.id: one.status for one in found if not one.consequence_of}
    return roots, {one.id: one.consequence_of for one in found if one.consequence_of}


def noted(facts: Facts) -> set[str]:
    return {one.id for one in judge(facts) if one.status == "note"}


def first_command(facts: Facts, fault: str) -> str:
    """Of the first step of its fix."""
    (finding,) = judge(facts, only=[fault])
    return finding.fix[0].command
