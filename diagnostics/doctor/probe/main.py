"""The probe's course: looks at a host and prints a JSON line for each section of Facts as soon as it is seen.

A line is {"section", "facts"}, or {"section", "trouble"}: one sentence, with "hung" where a time limit ended the look.
What can crash or hang is asked in children, which are started first; the host is looked at meanwhile.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from diagnostics.doctor.probe.answers import told, trouble
from diagnostics.doctor.probe.children import Child, Forked, Process, attend, begun
from diagnostics.doctor.probe.joined import PACKAGE
from diagnostics.doctor.probe.speech import Voice

LOOKS = (
    ("python", "python"),
    ("driver", "driver"),
    ("nodes", "nodes"),
    ("variables", "environment"),
    ("container", "container"),
    ("host", "host"),
    ("libraries", "libraries"),
    ("kernel_log", "kernel_log"),
    ("packages", "torch_files"),
    ("limits", "limits"),
)
"""Section -> the module that looks at it; those that read network folders, which can hang, come last."""

LIMITS = {"nvml": 5.0, "cuda": 10.0, "torch": 60.0, "looks": 10.0}
"""Seconds. NVML's are for one GPU: a driver that does not keep them awake takes a second or two to wake each."""

GRACE = 0.5
"""Seconds before its end at which torch's child writes down where it hangs."""


def main(options: dict[str, Any]) -> None:
    """`options`: `root` ("" is the host itself), `skip` (sections), `limits` (as LIMITS). Ends the process."""
    probe = Probe(Voice(), options)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, frame: probe.leave(128 + number))
    try:
        probe.run()
    except BrokenPipeError:
        probe.leave(1)
    probe.leave(0)


class Probe:
    """One run of it."""

    def __init__(self, voice: Voice, options: dict[str, Any]) -> None:
        self.voice = voice
        self.root: str = options.get("root", "")
        self.skip: Sequence[str] = options.get("skip", ())
        self.limits: dict[str, float] = {**LIMITS, **options.get("limits", {})}
        self.children: list[Child] = []
        self._lock = threading.Lock()
        self._at = ""

    def run(self) -> None:
        """Raises BrokenPipeError when nobody listens."""
        self.say({"section": "start"})
        self.start_children(sleeping=asleep(self.look("pci", "pci")))
        looks = threading.Thread(target=self.look_around, daemon=True)
        looks.start()
        deadline = time.monotonic() + self.limits["looks"]
        for child in attend(self.children, self.stay_if_heard):
            self.say(told(child))
        while looks.is_alive() and time.monotonic() < deadline:
            looks.join(0.1)
            self.stay_if_heard()
        if self._at:  # what comes behind it is given up, too
            sentence = f"Looking at it did not end within {self.limits['looks']:g} s"
            self.say({**trouble(self._at, sentence), "hung": True})

    def say(self, message: dict[str, Any]) -> None:
        with self._lock:
            try:
                self.voice.say(message)
            except ValueError as error:
                self.voice.say(trouble(message["section"], f"What was seen cannot be told: {error}"))

    def start_children(self, sleeping: bool) -> None:
        """The slowest first. A GPU that sleeps is left asleep: torch is imported, and asked for no GPU."""
        torch = {"limit": max(self.limits["torch"] - GRACE, 0.1), "cuda": not sleeping}
        self.start("torch", lambda: begun("torch_child", torch))
        if sleeping:
            for section, name in (("nvml", "NVML"), ("cuda", "CUDA")):
                self.say(trouble(section, f"The GPU sleeps, and asking {name} would wake it"))
            return
        self.start("nvml", lambda: Forked("nvml", {"root": self.root}), renewed=True)
        self.start("cuda", lambda: Forked("cuda", {}))

    def start(self, section: str, begin: Callable[[], Process], renewed: bool = False) -> None:
        if section in self.skip:
            return
        try:
            self.children.append(Child(section, begin(), self.limits[section], renewed))
        except OSError as error:
            self.say(trouble(section, f"No process could be started to ask: {error}"))

    def look_around(self) -> None:
        for section, module in LOOKS:
            self._at = section
            if section not in self.skip:
                self.look(section, module)
        self._at = ""

    def look(self, section: str, module: str) -> Any:
        """One section, seen and said; whatever goes wrong in it is its own trouble."""
        try:
            facts = import_module(f"{PACKAGE}.{module}").look(self.root)
        except Exception as error:
            self.say(trouble(section, f"Looking at it failed: {type(error).__name__}: {error}"))
            return None
        self.say(
            trouble(section, "This system does not tell") if facts is None else {"section": section, "facts": facts}
        )
        return facts

    def stay_if_heard(self) -> None:
        """Ends the probe when nobody listens any more."""
        if not self.voice.heard():
            self.leave(1)

    def leave(self, code: int) -> None:
        """Ends the probe and all that it started, at once."""
        for child in self.children:
            child.kill()
        os._exit(code)


def asleep(devices: Sequence[dict[str, Any]] | None) -> bool:
    """Whether there are NVIDIA GPUs, and all of them are suspended, as in a laptop."""
    states = [
        device["runtime_status"]
        for device in devices or ()
        if device["vendor"] == "10de" and device["device_class"].startswith("03")
    ]
    return bool(states) and set(states) == {"suspended"}
