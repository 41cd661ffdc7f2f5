"""Progress as one file, to carry to another machine: written here, and read with distrust."""

from __future__ import annotations

import json

from tutor.event_log import Event, is_event
from tutor.progress import Progress, is_carried

SCHEMA = 1


def to_text(progress: Progress) -> str:
    """All that was done, as JSON: `{"schema_version", "events": [{"t", "what", "topic", ...}]}`."""
    events = ",\n".join(f"  {json.dumps(event, sort_keys=True)}" for event in progress.events())
    return f'{{"schema_version": {SCHEMA}, "events": [\n{events}\n]}}\n'


def from_text(text: str | bytes) -> list[Event]:
    """The events of such a file. Raises ValueError with what is wrong, as the end of a sentence about the file."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON, or was cut short") from None
    if not isinstance(read, dict) or not isinstance(read.get("events"), list):
        raise ValueError("is no exported progress; `tutor progress --export FILE` writes one")
    if read.get("schema_version") != SCHEMA:
        raise ValueError("was written by another version of the tutor; update this one")
    for number, event in enumerate(read["events"], 1):
        if not is_event(event) or not is_carried(event):
            raise ValueError(f"was changed: its event {number} is no event of progress")
    return list(read["events"])
