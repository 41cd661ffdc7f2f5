"""What the reader did, as an append-only log: one JSON line an event, one file a host and process, merged on read.

A line is written whole or not at all, so a crash, two terminals, or one home on many hosts lose nothing.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from lessons.kit.knobs import Value


def state_folder() -> Path:
    """The one place where the tutor writes unasked."""
    return Path(platformdirs.user_state_dir("pytorch-tutor", appauthor=False))


@dataclass
class TopicProgress:
    """What was done in one topic."""

    seen: set[str] = field(default_factory=set)
    """Slugs of the sections that were shown."""
    answers: dict[str, int] = field(default_factory=dict)
    """Question name -> the choice that was locked in first."""
    knobs: dict[str, dict[str, Value]] = field(default_factory=dict)
    """Demo name -> the last setting of its knobs."""
    turned_in: str = ""
    """The section in which knobs were last turned."""
    section: str = ""
    """Where the reader stopped."""


class Progress:
    """The log of one reader. Reading never fails: lines that are no events are passed over."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or state_folder()) / "progress"
        self.topics: dict[str, TopicProgress] = {}
        self.last = ""
        """The topic that was open last."""
        self.theme = ""
        self.script = ""
        """What was checked last: the words after `tutor check`, as a shell takes them."""
        self.trouble = ""
        """Why nothing can be kept, in one sentence; empty while all is well."""
        for event in sorted(self._events(), key=lambda event: event["t"]):
            self._apply(event)

    def topic(self, name: str) -> TopicProgress:
        return self.topics.setdefault(name, TopicProgress())

    def saw(self, topic: str, section: str) -> None:
        if self.last != topic or self.topic(topic).section != section:
            self._record(what="section", topic=topic, section=section)

    def answered(self, topic: str, question: str, choice: int) -> None:
        if question not in self.topic(topic).answers:
            self._record(what="answer", topic=topic, question=question, choice=choice)

    def turned(self, topic: str, demo: str, knobs: Mapping[str, Value]) -> None:
        if self.topic(topic).knobs.get(demo) != knobs:
            self._record(what="knobs", topic=topic, demo=demo, knobs=dict(knobs))

    def chose_theme(self, theme: str) -> None:
        if theme != self.theme:
            self._record(what="theme", theme=theme)

    def checked(self, script: str) -> None:
        if script != self.script:
            self._record(what="script", script=script)

    def _record(self, **event: Any) -> None:
        event = {"t": time.time(), **event}
        self._apply(event)
        line = json.dumps(event, ensure_ascii=True) + "\n"
        host = re.sub(r"[^\w.-]", "_", socket.gethostname())[:60] or "host"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # O_APPEND and a single write: lines of two terminals never mix.
            descriptor = os.open(
                self.folder / f"{host}.{os.getpid()}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
            )
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            self.trouble = f"progress cannot be kept in {self.folder}: {error.strerror}"

    def _events(self) -> Iterator[dict[str, Any]]:
        try:
            files = sorted(self.folder.glob("*.jsonl"))
        except OSError:
            return
        for file in files:
            try:
                text = file.read_text("utf-8", "replace")
            except OSError:
                continue
            for line in text.splitlines():
                try:
                    event = json.loads(line)
                except ValueError:  # cut short by a full disk or a crash
                    continue
                if isinstance(event, dict) and isinstance(event.get("t"), (int, float)):
                    yield event

    def _apply(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"what": "section", "topic": str(topic), "section": str(section)}:
                self.last = topic
                self.topic(topic).section = section
                self.topic(topic).seen.add(section)
            case {"what": "answer", "topic": str(topic), "question": str(question), "choice": int(choice)}:
                self.topic(topic).answers.setdefault(question, choice)
            case {"what": "knobs", "topic": str(topic), "demo": str(demo), "knobs": dict(knobs)}:
                self.topic(topic).knobs[demo] = {str(name): value for name, value in knobs.items()}
                self.topic(topic).turned_in = self.topic(topic).section
            case {"what": "script", "script": str(script)}:
                self.script = script
            case {"what": "theme", "theme": "dark" | "light" as theme}:
                self.theme = theme
