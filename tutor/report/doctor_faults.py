"""What the doctor knows: `--list`, a line a fault, and `--explain`, one of them in full."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from diagnostics.doctor.checks.fault import Fault
from diagnostics.doctor.judge import THEMES, faults
from diagnostics.finding import SCHEMA, Finding
from tutor import output
from tutor.report.findings import Row, hanging, lesson_command, look_of, printed, wrapped
from tutor.report.text import WIDTH

LABEL = 11
"""The column of what is said, after its label."""


def list_faults(as_json: bool) -> None:
    """Every fault by its theme: id, theme, title."""
    known = sorted(faults().values(), key=lambda fault: THEMES.index(fault.theme))
    if as_json:
        return output.write_json(_encoded({"faults": [_plain(fault) for fault in known]}))
    ids = max((len(fault.id) for fault in known), default=0)
    themes = max(map(len, THEMES))
    for fault in known:
        print(f"{fault.id:<{ids}}  {fault.theme:<{themes}}  {fault.title}")
    return None


def explain_faults(names: Sequence[str], as_json: bool) -> None:
    """What is looked at for each, why it matters, what it explains and what explains it, and where to learn more."""
    known = [faults()[name] for name in names]
    if as_json:
        return output.write_json(_encoded(_plain(known[0]) if len(known) == 1 else {"faults": [*map(_plain, known)]}))
    look = look_of(sys.stdout)
    print("\n\n".join("\n".join(printed(row, look) for row in _explained(fault)) for fault in known))
    return None


def _explained(fault: Fault) -> list[Row]:
    rows: list[Row] = [[(fault.title, "bold bright")], [(f"{fault.id}, {fault.theme}", "faint")], []]
    rows += _said("looks at", fault.looks)
    rows += _said("matters", fault.matters)
    rows += _listed("leads to", [one for one in faults().values() if fault.id in one.follows])
    rows += _listed("due to", [faults()[one] for one in fault.follows if one in faults()])
    rows += _said("why", lesson_command(Finding(fault.id, "ok", "", lesson=fault.lesson)), "code")
    return rows + _said("check", f"tutor doctor --only {fault.id}", "code")


def _said(label: str, text: str, style: str = "text") -> list[Row]:
    lines = wrapped(text, WIDTH - LABEL)
    heads = [label, *[""] * len(lines)]
    return [[(head.ljust(LABEL), "faint"), (line, style)] for head, line in zip(heads, lines)]


def _listed(label: str, several: list[Fault]) -> list[Row]:
    """A line each: the title, and the id to go on with."""
    lines = [line for fault in several for line in hanging(f"{fault.title} ({fault.id})", WIDTH - LABEL)]
    heads = [label, *[""] * len(lines)]
    return [[(head.ljust(LABEL), "faint"), (line, "text")] for head, line in zip(heads, lines)]


def _plain(fault: Fault) -> dict[str, Any]:
    return {field.name: getattr(fault, field.name) for field in fields(fault) if field.name != "check"}


def _encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps({"schema_version": SCHEMA, **answer}, indent=2).encode() + b"\n"
