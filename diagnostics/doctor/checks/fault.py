"""A fault: one thing that can be wrong, the function that sees it, and what `tutor doctor --explain` tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diagnostics.doctor.facts import Facts
from diagnostics.finding import Finding, Step


@dataclass(frozen=True)
class Seen:
    """What a check saw, without the names that its fault gives it. A title is one line, evidence is a line each."""

    status: str
    title: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    fix: tuple[Step, ...] = ()


Check = Callable[[Facts], Iterator[Seen]]


@dataclass(frozen=True)
class Fault:
    """`id` is for ever: scripts and reports name it. `title` says the fault in general, `looks` what is looked at.

    `matters` says why it matters, in a sentence or two. `follows`: ids of faults that would explain this one, the
    likeliest first.
    """

    id: str
    theme: str
    title: str
    looks: str
    matters: str
    lesson: str
    follows: tuple[str, ...]
    check: Check

    def findings(self, facts: Facts) -> list[Finding]:
        """At most one: several GPUs with one fault are one finding that names them."""
        return [
            Finding(self.id, seen.status, seen.title, seen.evidence, seen.cause, seen.fix, lesson=self.lesson)
            for seen in self.check(facts)
        ]


FAULTS: dict[str, Fault] = {}
"""Every fault by its id, in the order in which the modules of checks are imported."""


def fault(
    name: str, title: str, *, looks: str, matters: str, lesson: str, follows: tuple[str, ...] = ()
) -> Callable[[Check], Check]:
    """Makes a check known by its fault's id. The theme is the name of the check's module."""

    def known(check: Check) -> Check:
        if name in FAULTS:
            raise ValueError(f"two faults are named {name}")
        theme = check.__module__.rpartition(".")[2].replace("_", " ")
        FAULTS[name] = Fault(name, theme, title, looks, matters, lesson, follows, check)
        return check

    return known


def unseen(facts: Facts, *sections: str) -> str:
    """Why one of these sections could not be seen, in a sentence; "" where all were, or may still come."""
    return next((facts.troubles[name] for name in sections if name in facts.troubles), "")
