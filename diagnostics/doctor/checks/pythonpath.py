"""A torch that PYTHONPATH puts before the judged Python's own: what is installed there changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from diagnostics.doctor.facts import Facts, Torch
from diagnostics.finding import Step


def holds_torch(facts: Facts) -> bool:
    """Whether the torch that is imported comes from there: it lies outside of the Python and of the home's packages."""
    found = (facts.packages.torches if facts.packages else None) or []
    folders = [one for one in (facts.variables or {}).get("PYTHONPATH", "").split(":") if one]
    prefix = facts.python.prefix if facts.python else None
    if not found or not folders or not prefix or found[0].user_site or _within(found[0], prefix):
        return False
    named = any(_holder(found[0]) == PurePosixPath(folder) for folder in folders)
    return named or any(_within(one, prefix) for one in found[1:])


def left_out(facts: Facts, step: Step) -> Step:
    """A step that installs torch; where PYTHONPATH holds one, the way to the torch behind it, or both."""
    if not holds_torch(facts):
        return step
    behind = ((facts.packages.torches if facts.packages else None) or [])[1:]
    text = "Leave PYTHONPATH out: the torch that is imported comes from there, and pip does not change it."
    if behind:
        return Step(text, "unset PYTHONPATH", verify="`tutor doctor` names another torch.")
    return replace(step, text=f"{text} {step.text}", command=f"unset PYTHONPATH && {step.command}")


def _holder(torch: Torch) -> PurePosixPath:
    """The folder on the path that it lies in."""
    folder = PurePosixPath(torch.folder)
    return folder.parent if folder.name == "torch" else folder


def _within(torch: Torch, prefix: str) -> bool:
    return PurePosixPath(prefix) in PurePosixPath(torch.folder).parents
