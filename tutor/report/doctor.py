"""`tutor doctor`: looks at this machine, or at the facts of another, and says what is wrong, why, and what to do."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import faults, judge, theme_of
from diagnostics.finding import SCHEMA, Finding, as_json
from diagnostics.text import clean
from tutor import output
from tutor.arguments import UsageError
from tutor.interpreter import Interpreter
from tutor.report.doctor_text import Paper
from tutor.report.doctor_words import python_in, torch_in
from tutor.report.findings import look_of, near

FINE, WARNED, BROKEN, FAILED = 0, 1, 2, 3


@dataclass(frozen=True)
class Asked:
    """What is asked of the doctor. `form`: "text", "json" or "md"; `facts` and `save`: files, "" for none.

    `exe`: the Python that the reader named, "" where it was chosen for them.
    """

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    strict: bool = False
    form: str = "text"
    facts: str = ""
    save: str = ""
    torch: bool = True
    exe: str = ""


@dataclass(frozen=True)
class Stage:
    """What is known so far, judged, after so many seconds."""

    facts: Facts
    findings: list[Finding]
    seconds: float


class DoctorFailed(Exception):
    """The doctor's own fault, not the machine's: one sentence."""


def doctor(asked: Asked, interpreter: Interpreter) -> int:
    """Looks, reports, and saves what was seen; the exit code. Raises UsageError for what cannot be asked."""
    _refuse(asked)
    try:
        with closing(_stages(asked, interpreter)) as stages:
            stage = {"text": _text, "json": _json, "md": _markdown}[asked.form](asked, interpreter, stages)
    except DoctorFailed as error:
        print(f"tutor: the doctor itself failed: {error}", file=sys.stderr)
        if asked.form == "json":
            _print_json({"schema_version": SCHEMA, "findings": [], "error": str(error)})
        return FAILED
    if asked.save and not _saved(asked, stage.facts):
        return FAILED
    return exit_code(stage.findings, asked.strict)


def exit_code(findings: list[Finding], strict: bool) -> int:
    """Where nothing could be checked, the doctor has failed."""
    statuses = {finding.status for finding in findings}
    if "fail" in statuses:
        return BROKEN
    if "warn" in statuses and strict:
        return WARNED
    return FINE if statuses - {"skipped"} else FAILED


def known(names: list[str]) -> tuple[str, ...]:
    """The ids of faults. Raises UsageError for one that there is not, with the one that was probably meant."""
    for name in names:
        if name not in faults():
            from lessons.kit.names import unknown

            close = unknown("fault", name, faults())
            raise UsageError(close if "did you mean" in close else f"there is no fault {name!r}; --list names all")
    return tuple(names)


# Before


def _refuse(asked: Asked) -> None:
    """Raises UsageError where the facts could not be saved: before anything is looked at."""
    path = Path(asked.save)
    if not asked.save:
        return
    if asked.save == "-":
        raise UsageError("--save-facts takes a file: stdout is the report's")
    if path.is_dir():
        raise UsageError(f"--save-facts {asked.save}: that is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--save-facts {asked.save}: there is no such folder")
    if path.is_file() and path.stat().st_size and not _holds_facts(path):
        raise UsageError(f"--save-facts {asked.save}: that file holds something else; name another")


def _holds_facts(path: Path) -> bool:
    from diagnostics.doctor.decode import LARGEST, decode

    try:
        return path.stat().st_size <= LARGEST and bool(decode(path.read_bytes(), path.name))
    except (OSError, ValueError):
        return False


def _given(name: str) -> Facts:
    """The facts in a file, or on stdin. Raises UsageError with a sentence for what are none."""
    from diagnostics.doctor.decode import LARGEST, decode

    shown = "stdin" if name == "-" else clean(name)
    try:
        with sys.stdin.buffer if name == "-" else open(name, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"--facts {shown}: it could not be read: {error.strerror}") from None
    try:
        return decode(data, shown)
    except ValueError as error:
        raise UsageError(clean(str(error), 400)) from None


# The look


def _stages(asked: Asked, interpreter: Interpreter) -> Generator[Stage, None, None]:
    """What is known, as it grows. Raises DoctorFailed for whatever goes wrong on the way."""
    given = _given(asked.facts) if asked.facts else None
    began = perf_counter()
    facts = None
    try:
        for facts in [given] if given else _examined(asked, interpreter):
            if asked.form == "md":  # before it is judged, so that no sentence tells what is hidden
                facts = _redacted(facts)
            yield Stage(facts, judged(facts, asked.only, asked.skip), perf_counter() - began)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        raise DoctorFailed(clean(text, 400)) from error
    if facts is None:
        raise DoctorFailed("nothing was seen")


def _redacted(facts: Facts) -> Facts:
    from diagnostics.doctor.redact import redacted

    return redacted(facts)


def _examined(asked: Asked, interpreter: Interpreter) -> Iterator[Facts]:
    """All that needs no torch, then the whole. Left early, it leaves no process behind."""
    from diagnostics.doctor.examine import Examination

    look = Examination(interpreter.path, torch=asked.torch)
    try:
        yield from look
    finally:
        look.stop()


def judged(facts: Facts, only: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> list[Finding]:
    """As `judge` does; of a fault that was asked for and not found, that it was not, or why nobody could know."""
    found = judge(facts, only, skip)
    absent = [name for name in only if name not in skip and not any(one.id == name for one in found)]
    everything = judge(facts) if absent else []
    return found + [_absent(name, everything) for name in absent]


def _absent(name: str, everything: list[Finding]) -> Finding:
    fault = faults()[name]
    of_theme = [one for one in everything if theme_of(one) == fault.theme]
    line = next((one for one in of_theme if one.id == fault.theme), None)
    if not of_theme:
        return Finding(name, "skipped", f"Not checked: {fault.title}", (f"Nothing was seen of: {fault.looks}",))
    if line is not None and line.status == "skipped":
        return Finding(name, "skipped", f"Not checked: {fault.title}", (line.title, *line.evidence))
    return Finding(name, "ok", f"Not so here: {fault.title}")


# Reports


def _text(asked: Asked, interpreter: Interpreter, stages: Iterator[Stage]) -> Stage:
    """On a terminal what needs no torch is shown while torch is tried; elsewhere all at once, the worst first.

    What was printed stays: below it is told what torch adds, what it shows to be different, and what it explains.
    What is in order comes last, when nothing can speak against it any more.
    """
    paper = Paper(look_of(sys.stdout), f"tutor doctor --python {asked.exe}" if asked.exe else "tutor doctor")
    seconds: list[float] = []
    told: list[Finding] = []
    for stage in stages:
        if paper.look is not None:
            rows = paper.head(_judged(asked, interpreter, stage.facts)) if not seconds else []
            rows += paper.since(told, stage.findings)
            if waits := stage.facts.torch is None and "torch" not in stage.facts.troubles and not asked.facts:
                rows += paper.waiting
            print(paper.text(rows), end="", flush=waits)
            told = stage.findings
        seconds.append(stage.seconds)
    rows = [] if paper.look else paper.head(_judged(asked, interpreter, stage.facts))
    rows += paper.since(told, stage.findings)
    print(
        paper.text([*rows, *paper.rest(stage.findings), *paper.sum(stage.findings, _took(asked, stage, seconds))]),
        end="",
    )
    return stage


def _judged(asked: Asked, interpreter: Interpreter, facts: Facts) -> list[tuple[str, str]]:
    """What was judged, as (label, words)."""
    if not asked.facts:
        return [("python", python_in(facts, f"{interpreter.path} ({interpreter.why})")), ("torch", torch_in(facts))]
    source = "stdin" if asked.facts == "-" else clean(asked.facts)
    taken = f", taken {facts.taken}" if facts.taken else ""
    return [("facts", f"{source}{taken}"), ("python", python_in(facts)), ("torch", torch_in(facts))]


def _took(asked: Asked, stage: Stage, seconds: list[float]) -> str:
    if asked.facts:
        return "Judged from the file alone: nothing of this machine was looked at."
    with_torch = f", {seconds[-1]:.1f} s with it" if len(seconds) > 1 and stage.facts.torch is not None else ""
    return f"Checked in {seconds[0]:.2f} s without torch{with_torch}. Nothing was changed."


def _json(asked: Asked, interpreter: Interpreter, stages: Iterator[Stage]) -> Stage:
    *_, stage = stages
    if not asked.facts:
        print(f"tutor: judged is {interpreter.path} ({interpreter.why})", file=sys.stderr)
    python, packages = stage.facts.python, stage.facts.packages
    _print_json(
        {
            "schema_version": SCHEMA,
            "findings": [{**as_json(one), "theme": theme_of(one)} for one in stage.findings],
            "python": python.executable if python else None,
            "torch": packages.torches[0].version if packages and packages.torches else None,
            "seconds": round(stage.seconds, 3),
        }
    )
    return stage


def _markdown(asked: Asked, interpreter: Interpreter, stages: Iterator[Stage]) -> Stage:
    from tutor.report.doctor_markdown import markdown

    *_, stage = stages
    print(markdown(stage.facts, stage.findings))
    return stage


def _print_json(answer: dict[str, Any]) -> None:
    output.write_json(json.dumps(answer, indent=2).encode() + b"\n")


# After


def _saved(asked: Asked, facts: Facts) -> bool:
    path = Path(asked.save)
    older = ", in place of older ones" if path.is_file() and path.stat().st_size else ""
    try:
        path.write_text(json.dumps(asdict(_redacted(facts)), indent=1) + "\n", "utf-8")
    except OSError as error:
        print(f"tutor: {near(asked.save)} could not be written: {error.strerror}", file=sys.stderr)
        return False
    print(
        f"tutor: the facts were saved to {near(asked.save)}{older}, without names of users and of hosts; "
        f"`tutor doctor --facts {near(asked.save)}` judges them anywhere",
        file=sys.stderr,
    )
    return True
