"""A checked script's own crash, explained from its traceback where the check itself said nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from diagnostics.finding import Finding, Where


def crash_explained(error: dict[str, Any] | None, found: Sequence[Finding]) -> list[Finding]:
    """What the traceback of the journal's `error` means; nothing where `found` tells of it, or nothing is known."""
    if error is None or error["misses_gpu"] or not error.get("traceback"):
        return []
    from diagnostics.errors.explain import explain  # here: most scripts end well

    explained = [placed(one, error) for one in explain(error["traceback"]) if one.status == "fail"]
    if any(_tells(one, other) for one in found for other in explained):
        return []
    return explained


def placed(finding: Finding, error: dict[str, Any]) -> Finding:
    """At the reader's line as the watch saw it: the printed traceback has lines of the watch, too."""
    if not error["line"]:
        return finding
    before = finding.where
    same = before is not None and (before.file, before.line) == (error["file"], error["line"])
    return finding if same else replace(finding, where=Where(error["file"], error["line"]))


def _tells(found: Finding, explained: Finding) -> bool:
    """Whether the check has told of this: the same fault, or at the same line."""
    if found.status not in ("fail", "warn"):
        return False
    if found.category and found.category == explained.category:
        return True
    places = [(one.where.file, one.where.line) for one in (found, explained) if one.where]
    return found.id == explained.id or (len(places) == 2 and places[0] == places[1])
