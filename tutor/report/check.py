"""`tutor check`: runs a script under watch in a process of its own, then says what was found."""

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

from diagnostics.finding import SCHEMA, Finding, as_json
from diagnostics.text import clean
from diagnostics.training import journal
from tutor.arguments import UsageError
from tutor.interpreter import Interpreter
from tutor.report.findings import counted, findings_text, look_of, near

RUN = Path(journal.__file__).with_name("run.py")

OK, WRONG = 0, 1

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


@dataclass
class Ran:
    """How the script ended, and what its journal says. `code` as a shell counts: 128 and more for signals."""

    code: int
    seconds: float
    findings: list[Finding] = field(default_factory=list)
    events: dict[str, Any] = field(default_factory=dict)


def check(asked: Asked, interpreter: Interpreter) -> int:
    """Runs the script and reports; the exit code. Raises UsageError where there is nothing to run."""
    _refuse(asked)
    name = clean(asked.name)
    print(f"tutor: {name} runs in {interpreter.path} ({interpreter.why})", file=sys.stderr, flush=True)
    ran = _run(asked, interpreter)
    if why := _never_began(ran, interpreter):
        print(f"tutor: {why}", file=sys.stderr)
        ran.findings.append(Finding("not-run", "skipped", "The script was not run", evidence=(why,)))
        script_exit, code = None, WRONG
    else:
        unwatched = _unwatched(ran)
        print(f"\n{findings_text(ran.findings, look_of(sys.stderr), unwatched or _sum(ran))}", file=sys.stderr)
        if unwatched:
            ran.findings.append(Finding("not-run", "skipped", "Nothing was checked", evidence=(unwatched,)))
        script_exit = ran.code
        code = ran.code or (WRONG if any(one.status in ("warn", "fail") for one in ran.findings) else OK)
    if asked.json and not _wrote_json(asked, interpreter, ran, script_exit):
        return code or WRONG
    return code


# Before


def _refuse(asked: Asked) -> None:
    """Raises UsageError for what python itself could not run, before anything starts."""
    if asked.json == "-":
        raise UsageError("--json takes a file: stdout is the script's")
    if asked.json and not os.path.isdir(os.path.dirname(os.path.abspath(asked.json))):
        raise UsageError(f"--json {asked.json}: there is no such folder")
    name = asked.words[0]
    if name == "-m":
        return
    if os.path.isdir(name) and not os.path.exists(os.path.join(name, "__main__.py")):
        raise UsageError(f"{name} is a folder; name the script in it")
    if not os.path.exists(name):
        raise UsageError(f"there is no file {name}; name the script as you would for python")


# The run


def _run(asked: Asked, interpreter: Interpreter) -> Ran:
    """Runs the script on our own streams and in our own process group, as if we were not there."""
    executing = find_spec("executing")
    began = time.monotonic()
    with _nameless_file() as notes:
        os.set_inheritable(notes.fileno(), True)
        options = {
            "device": asked.device,
            "gpus": asked.gpus,
            "steps": asked.steps,
            "journal": notes.fileno(),
            "packages": {"executing": (executing.submodule_search_locations or [""])[0]} if executing else {},
        }
        command = [interpreter.path, str(RUN), json.dumps(options), *asked.words]
        with _Relay() as relay:
            try:
                # What the shell opened for the script, as in `train.py <(zcat data.gz)`, is to reach it: close nothing.
                process = subprocess.Popen(command, close_fds=False)
            except OSError as error:
                raise UsageError(f"{interpreter.path} cannot be run: {error.strerror}; see --python") from None
            code = relay.until_it_ends(process)
        notes.seek(0)
        text = notes.read()
    ran = Ran(128 - code if code < 0 else code, time.monotonic() - began)
    for event, body in journal.read(text):
        if event == "finding":
            _add(ran.findings, journal.finding_from(body))
        else:
            ran.events.setdefault(event, body)
    return ran


def _nameless_file() -> Any:
    """A file that nobody sees and that is gone with its last process; in memory where the system can."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("tutor-check"), "w+b")
    return tempfile.TemporaryFile()


def _add(findings: list[Finding], finding: Finding) -> None:
    """Workers of the script find the same as the script itself."""
    if all(journal.place(one) != journal.place(finding) for one in findings):
        findings.append(finding)


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


# After


def _never_began(ran: Ran, interpreter: Interpreter) -> str:
    """Why there was no run, in one sentence; empty where there was one."""
    if "no torch" in ran.events:
        return (
            f"there is no torch in {interpreter.path} ({interpreter.why}): "
            "install it there, or name another Python with --python"
        )
    if "began" in ran.events or ran.code > 128:
        return ""
    ended = f"{interpreter.path} ended with exit code {ran.code} before the script began"
    return f"{ended}; --python takes a Python from 3.9 on"


def _unwatched(ran: Ran) -> str:
    """Why there was nothing to look at, in one sentence; empty where there was something."""
    if "torch" in ran.events or ran.findings:
        return ""
    if ran.code:
        return f"Nothing was checked: the script {_ended(ran)} before it imported torch."
    return "Nothing was checked: the script never imported torch."


def _sum(ran: Ran) -> str:
    """The last line of the report."""
    where = ran.events.get("torch", {}).get("device", "")
    under = f" under {where} (nothing ran on a GPU)" if where == "virtual cuda" else f" on {where}" if where else ""
    wrong = counted(ran.findings)
    text = f"{wrong}, in" if wrong else "Nothing wrong was found in"
    text = f"{text} {ran.seconds:.1f} s{under}."
    if "enough" in ran.events:
        text += f" The script was stopped after {_steps(ran.events['enough'])}, as asked."
    elif ran.code:
        text += f" The script {_ended(ran)}."
    return text


def _ended(ran: Ran) -> str:
    if ran.code - 128 in {number.value for number in signal.Signals}:
        return f"was ended by {signal.Signals(ran.code - 128).name}"
    return f"ended with exit code {ran.code}"


def _steps(count: int) -> str:
    return "1 optimizer step" if count == 1 else f"{count} optimizer steps"


def _wrote_json(asked: Asked, interpreter: Interpreter, ran: Ran, script_exit: int | None) -> bool:
    torch = ran.events.get("torch", {})
    answer = {
        "schema_version": SCHEMA,
        "findings": [as_json(finding) for finding in ran.findings],
        "script": list(asked.words),
        "script_exit": script_exit,
        "python": interpreter.path,
        "torch": torch.get("version"),
        "device": torch.get("device"),
        "seconds": round(ran.seconds, 3),
    }
    try:
        Path(asked.json or "").write_text(json.dumps(answer, indent=2) + "\n", "utf-8")
    except OSError as error:
        print(f"tutor: {near(asked.json or '')} could not be written: {error.strerror}", file=sys.stderr)
        return False
    return True
