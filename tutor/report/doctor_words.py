"""What the doctor's reports say in the same words: the sum, which torch was judged, what a fix takes."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.doctor.facts import Facts
from diagnostics.finding import STATUSES, Finding, Step
from tutor.report.findings import followers, unfolded

WRONG = ("fail", "warn")
COUNTED = {"fail": "broken", "warn": "warning", "note": "note", "skipped": "not checked", "ok": "ok"}


def roots(findings: Sequence[Finding], statuses: Sequence[str] = STATUSES) -> list[Finding]:
    """Those that stand on their own and have one of these statuses, the worst first."""
    return [one for one in unfolded(findings) if one.status in statuses]


def family(finding: Finding, among: Sequence[Finding]) -> list[Finding]:
    """It, and what it causes."""
    return [finding, *followers(finding, among)]


def verdict(findings: Sequence[Finding]) -> str:
    """As in "1 broken, 2 warnings, 9 ok." or "Nothing is wrong."; what is folded counts with its cause."""
    counts = dict.fromkeys(STATUSES, 0)
    for root in roots(findings):
        counts[_counted(root, findings)] += 1
    wrong = any(counts[status] for status in WRONG)
    parts = [f"{count} {_plural(COUNTED[status], count)}" for status, count in counts.items() if count]
    if wrong:
        return f"{', '.join(parts)}."
    opening = "Nothing wrong was found" if counts["skipped"] else "Nothing is wrong"
    beside = [part for part in parts if not part.endswith("ok")]
    return f"{opening}{': ' if beside else ''}{', '.join(beside)}."


def _counted(root: Finding, findings: Sequence[Finding]) -> str:
    """The worst status of it and of what it explains."""
    return min((one.status for one in family(root, findings)), key=STATUSES.index)


def _plural(word: str, count: int) -> str:
    return f"{word}s" if word in ("warning", "note") and count != 1 else word


def python_in(facts: Facts, known: str = "") -> str:
    """The Python that was judged, in words; `known` is what is known of it before anything was seen."""
    python = facts.python
    if python is None:
        return known or facts.troubles.get("python", "not known")
    return f"{python.version or 'version unknown'}, {known or python.executable or 'path unknown'}"


def torch_in(facts: Facts) -> str:
    """The torch that this Python imports, in words."""
    if facts.packages is None or facts.packages.torches is None:
        return facts.troubles.get("packages", "not known")
    if not facts.packages.torches:
        return "none is installed there"
    torch = facts.packages.torches[0]
    return f"{torch.version or 'version unknown'} in {torch.folder}"


def needs(step: Step) -> str:
    """As in "needs root, no reboot"."""
    if step.reboot:
        return "needs root and a reboot" if step.root else "needs a reboot"
    return "needs root, no reboot" if step.root else "no root, no reboot"
