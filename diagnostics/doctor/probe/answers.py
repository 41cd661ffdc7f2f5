"""What a child's end means: facts of its section, or one sentence of trouble."""

from __future__ import annotations

import re
from typing import Any

from diagnostics.doctor.probe.children import Child

NAMES = {"nvml": "NVML", "cuda": "CUDA"}
MOST_LINES = 20
LONGEST = 600
"""Characters of a line."""
TRACES = ("Fatal Python error", "Timeout (")
"""How Python's faulthandler begins to say where a process stands."""

_OWN = re.compile(r' *File "<(string|diagnostics\.doctor\.probe\.\w+|frozen [\w.]+)>", line \d+')


def told(child: Child) -> dict[str, Any]:
    """The line that the probe prints for a child that is over."""
    if child.section == "torch":
        return _torch(child)
    name = NAMES[child.section]
    if child.how == "answered":
        return {"section": child.section, "facts": child.facts}
    if child.how == "hung":
        where = f", at {child.at}" if child.at.startswith("GPU") else ""
        return {**trouble(child.section, f"{name} did not answer within {child.limit:g} s{where}"), "hung": True}
    return trouble(child.section, f"Asking {name} ended with {_end(child)}: {_last(child)}")


def trouble(section: str, sentence: str) -> dict[str, Any]:
    """A section that could not be seen."""
    return {"section": section, "trouble": sentence}


def _torch(child: Child) -> dict[str, Any]:
    """A torch that crashes or hangs is a fact about it; what was learned before is kept."""
    facts = dict(child.facts)
    if facts.pop("missing", False):
        return trouble("torch", "There is no torch in this Python")
    if facts.get("outcome") != "ran":
        facts["during"] = child.at
    if child.how != "answered":
        facts["outcome"] = "hung" if child.how == "hung" else "died"
        facts["signal"] = child.signal
        facts["error"] = _worth(child.said())
        if child.how == "left":
            facts["error"].append(f"It left with exit code {child.code}.")
    facts["error"] = [line[:LONGEST] for line in facts.get("error", [])]
    return {"section": "torch", "facts": facts}


def _worth(lines: list[str]) -> list[str]:
    """Where it stood, if Python said so; else what it said last. The frames of the probe itself say nothing."""
    lines = [line for line in lines if not _OWN.match(line)]
    for number, line in reversed(list(enumerate(lines))):
        if line.startswith(TRACES):
            return lines[number : number + MOST_LINES]
    return lines[-MOST_LINES:]


def _end(child: Child) -> str:
    return child.signal or f"exit code {child.code}"


def _last(child: Child) -> str:
    return child.said()[-1][:LONGEST] or "it said nothing"
