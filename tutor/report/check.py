"""`tutor check`: runs a script under watch in a process of its own, then says what was found."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from diagnostics.finding import SCHEMA, Finding, as_json
from diagnostics.text import clean
from tutor.arguments import UsageError
from tutor.interpreter import Interpreter
from tutor.report.findings import counted, findings_text, look_of, near
from tutor.report.watched import Asked, Ran, run

OK, WRONG = 0, 1


def check(asked: Asked, interpreter: Interpreter) -> int:
    """Runs the script and reports; the exit code. Raises UsageError where there is nothing to run."""
    refuse(asked)
    name = clean(asked.name)
    print(f"tutor: {name} runs in {interpreter.path} ({interpreter.why})", file=sys.stderr, flush=True)
    ran = run(asked, interpreter)
    if why := never_began(ran, interpreter):
        print(f"tutor: {why}", file=sys.stderr)
        ran.findings.append(Finding("not-run", "skipped", "The script was not run", evidence=(why,)))
        script_exit, code = None, WRONG
    else:
        nothing_seen = unwatched(ran)
        print(f"\n{findings_text(ran.findings, look_of(sys.stderr), nothing_seen or total(ran))}", file=sys.stderr)
        if nothing_seen:
            ran.findings.append(Finding("not-run", "skipped", "Nothing was checked", evidence=(nothing_seen,)))
        script_exit = ran.code
        code = ran.code or (WRONG if any(one.status in ("warn", "fail") for one in ran.findings) else OK)
    if asked.json and not _wrote_json(asked, interpreter, ran, script_exit):
        return code or WRONG
    return code


# Before


def refuse(asked: Asked) -> None:
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


# After


def never_began(ran: Ran, interpreter: Interpreter) -> str:
    """Why there was no run, in one sentence; empty where there was one."""
    if "no torch" in ran.events:
        return (
            f"there is no torch in {interpreter.path} ({interpreter.why}): "
            "install it there, or name another Python with --python"
        )
    if "began" in ran.events or ran.code > 128:
        return ""
    code = f"{interpreter.path} ended with exit code {ran.code} before the script began"
    return f"{code}; --python takes a Python from 3.9 on"


def unwatched(ran: Ran) -> str:
    """Why there was nothing to look at, in one sentence; empty where there was something."""
    if "torch" in ran.events or ran.findings:
        return ""
    if ran.code:
        return f"Nothing was checked: the script {ended(ran)} before it imported torch."
    return "Nothing was checked: the script never imported torch."


def total(ran: Ran) -> str:
    """The last line of the report."""
    wrong = counted(ran.findings)
    if wrong:
        return f"{wrong}, {time_and_place(ran)}"
    found = "No device or label fault was found" if "error" in ran.events else "Nothing wrong was found"
    return f"{found} {time_and_place(ran)}"


def time_and_place(ran: Ran) -> str:
    """In which time, on what, and how the script ended: the end of a sentence, and what follows it."""
    where = ran.events.get("torch", {}).get("device", "")
    under = f" under {where} (nothing ran on a GPU)" if where == "virtual cuda" else f" on {where}" if where else ""
    text = f"in {ran.seconds:.1f} s{under}."
    if "enough" in ran.events:
        text += f" The script was stopped after {_steps(ran.events['enough'])}, as asked."
    elif ran.code:
        text += f" The script {ended_by(ran)}."
    if ran.events.get("error", {}).get("misses_gpu"):
        text += " It asked for a GPU: `--device cuda` checks it without one."
    return text


def ended_by(ran: Ran) -> str:
    """The same, with the error of its own that it died of, where no finding stands for that."""
    error = ran.events.get("error")
    if error is None or any(one.status == "fail" for one in ran.findings):
        return ended(ran)
    file, line = Path(error["file"]).name, error["line"]
    place = f" (line {line})" if error["in_script"] else f" ({file}:{line})" if line else ""
    return f"ended with its own {error['type']}{place}"


def ended(ran: Ran) -> str:
    """Its end as a predicate: "ended with exit code 1"."""
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
        print(f"tutor: {clean(near(asked.json or ''))} could not be written: {error.strerror}", file=sys.stderr)
        return False
    return True
