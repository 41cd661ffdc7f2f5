"""The process of a script under watch: started on our own streams, relayed our signals, and its journal read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from diagnostics.finding import Finding
from diagnostics.training import journal
from tutor.arguments import UsageError
from tutor.interpreter import Interpreter
from tutor.report.crash import crash_explained

RUN = Path(journal.__file__).with_name("run.py")

FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
"""What a terminal sends to all of its foreground: the script has it already when we do."""

PASSED_ON = (*FROM_THE_TERMINAL, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True)
class Asked:
    """What the command line says. `words`: SCRIPT ARGS, or -m MODULE ARGS."""

    words: tuple[str, ...]
    device: str | None = None
    gpus: int = 1
    steps: int | None = None
    json: str | None = None

    @property
    def name(self) -> str:
        """The script's, as the reader gave it."""
        return " ".join(self.words[:2]) if self.words[0] == "-m" else self.words[0]


CLOSED = Finding(
    "record-closed",
    "skipped",
    "Not all of the run was seen",
    evidence=(
        "the record of the watch was closed by the script before its end, as os.closerange and os.exec do: "
        "what came after is not known",
    ),
)
"""What is said of a record without an end: silence would pass for health."""


@dataclass
class Ran:
    """How the script ended, and what its journal says. `code` as a shell counts: 128 and more for signals."""

    code: int = 0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    events: dict[str, Any] = field(default_factory=dict)

    def hear(self, text: bytes) -> None:
        """Takes whole lines of the journal. Workers of the script find the same as the script itself."""
        for event, body in journal.read(text):
            if event != "finding":
                self.events.setdefault(event, body)
                continue
            finding = journal.finding_from(body)
            if all(journal.place(one) != journal.place(finding) for one in self.findings):
                self.findings.append(finding)

    def ended(self, code: int, seconds: float) -> None:
        """After the last line of the journal. `code` as Python gives it: negative for a signal."""
        self.code, self.seconds = 128 - code if code < 0 else code, seconds
        self.findings += crash_explained(self.events.get("error"), self.findings)
        if "began" in self.events and "ended" not in self.events and self.code <= 128:  # and no signal explains it
            self.findings.append(CLOSED)


def run(asked: Asked, interpreter: Interpreter) -> Ran:
    """Runs the script on our own streams and in our own process group, as if we were not there.

    Raises UsageError where the interpreter cannot be run.
    """
    began = time.monotonic()
    ran = Ran()
    with nameless_file() as notes:
        os.set_inheritable(notes.fileno(), True)
        with _Relay() as relay:
            try:
                # What the shell opened for the script, as in `train.py <(zcat data.gz)`, is to reach it: close nothing.
                process = subprocess.Popen(command(asked, interpreter, notes.fileno()), close_fds=False)
            except OSError as error:
                raise cannot_run(interpreter, error) from None
            code, seconds = relay.until_it_ends(process), time.monotonic() - began
        notes.seek(0)
        ran.hear(notes.read())
    ran.ended(code, seconds)
    return ran


def command(asked: Asked, interpreter: Interpreter, descriptor: int) -> list[str]:
    """What to start. `descriptor`: of the journal, which the child inherits."""
    executing = find_spec("executing")
    options = {
        "device": asked.device,
        "gpus": asked.gpus,
        "steps": asked.steps,
        "journal": descriptor,
        "packages": {"executing": (executing.submodule_search_locations or [""])[0]} if executing else {},
    }
    return [interpreter.path, str(RUN), json.dumps(options), *asked.words]


def cannot_run(interpreter: Interpreter, error: OSError) -> UsageError:
    return UsageError(f"{interpreter.path} cannot be run: {error.strerror}; see --python")


def nameless_file() -> Any:
    """A file that nobody sees and that is gone with its last process; in memory where the system can."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("tutor-check"), "w+b")
    return tempfile.TemporaryFile()


class _Relay:
    """While it lasts a signal that would end us goes to the script, which ends or goes on as it sees fit."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.early: list[int] = []
        self.before: dict[int, Any] = {}

    def __enter__(self) -> _Relay:
        for number in PASSED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup the script ignores it as well
                self.before[number] = signal.signal(number, self.pass_on)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def until_it_ends(self, process: subprocess.Popen[bytes]) -> int:
        self.process = process
        for number in self.early:
            process.send_signal(number)
        return process.wait()

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        if number in FROM_THE_TERMINAL and _in_the_foreground():
            return
        if self.process is None:
            self.early.append(number)
        else:
            self.process.send_signal(number)


def _in_the_foreground() -> bool:
    """Whether a terminal sends what is typed there to our process group, and so to the script too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
