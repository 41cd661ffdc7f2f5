"""EventLog: one JSON line an event, one file a host and process, merged on read.

A crash, two terminals at once, one home on many hosts or a full disk cost at most the event that could not be written.
"""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]
"""`t`: seconds since 1970; `what`: its kind; the rest is the kind's own."""

LATEST = 1e11
"""Seconds since 1970 beyond which a number is no time of ours."""


class EventLog:
    """The events in a folder. Reading never fails: what is no event, or cannot be read, is passed over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reason = ""
        """Why the last events are not kept, in the system's words; empty while all are."""
        self.unread = ""
        """What the last reading could not read, and why; empty where it read all."""
        self._waiting: list[Event] = []
        """What could not be written yet: it is tried again with the next event."""

    def read(self) -> list[Event]:
        """All events in the order of their times, each once: one that was written or imported twice counts once."""
        known = dict(self._lines()) | {canonical(event): event for event in self._waiting}
        return sorted(known.values(), key=lambda event: event["t"])

    def add(self, **event: Any) -> Event:
        """Writes an event of now."""
        event = {"t": time.time(), **event}
        self.write([event])
        return event

    def write(self, events: Iterable[Event]) -> None:
        """Appends events, after those that could not be written before."""
        self._waiting += events
        host = re.sub(r"[^\w.-]", "_", socket.gethostname())[:60] or "host"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # O_APPEND: what another tutor writes to the same file, from a container of the same name, stays.
            descriptor = os.open(
                self.folder / f"{host}.{os.getpid()}.jsonl", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600
            )
            try:
                self._append(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.reason = error.strerror or str(error)
        else:
            self.reason = ""

    def _append(self, descriptor: int) -> None:
        """Raises OSError; what was written until then waits no more."""
        if _is_torn(descriptor):
            _write(descriptor, b"\n")
        while self._waiting:
            _write(descriptor, canonical(self._waiting[0]).encode() + b"\n")
            del self._waiting[0]

    def _lines(self) -> Iterator[tuple[str, Event]]:
        """Each line that is an event, with it."""
        self.unread = ""
        try:
            files = sorted(file for file in self.folder.iterdir() if file.suffix == ".jsonl")
        except FileNotFoundError:
            return
        except OSError as error:
            self.unread = f"{self.folder} cannot be read: {error.strerror}"
            return
        for file in files:
            try:
                text = file.read_text("utf-8", "replace")
            except OSError as error:
                self.unread = f"{file} cannot be read: {error.strerror}"
                continue
            for line in text.splitlines():
                try:
                    event = json.loads(line)
                except (ValueError, RecursionError):  # cut short by a full disk or a crash
                    continue
                if is_event(event):
                    yield line, event


def is_event(value: object) -> bool:
    """Whether it is an object with a time and a kind."""
    if not isinstance(value, dict) or not isinstance(value.get("what"), str):
        return False
    when = value.get("t")
    return isinstance(when, (int, float)) and not isinstance(when, bool) and 0 <= when < LATEST


def canonical(event: Event) -> str:
    """The one way to write an event: the same event gives the same line."""
    return json.dumps(event, sort_keys=True)


def _is_torn(descriptor: int) -> bool:
    """Whether the last line lacks its end, and would swallow the next one."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _write(descriptor: int, data: bytes) -> None:
    """All of it, or OSError: a disk that fills up takes a part first, and complains at the next call."""
    while data:
        written = os.write(descriptor, data)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        data = data[written:]
