"""What a doctor's look becomes: findings as they grow, and the forms in which they are printed."""

from __future__ import annotations

import json
import shlex
import sys
import traceback
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import faults, judge, theme_of
from diagnostics.finding import SCHEMA, Finding, as_json
from diagnostics.text import clean
from tutor import output
from tutor.interpreter import Interpreter
from tutor.report.doctor import Asked, DoctorFailed
from tutor.report.doctor_text import Paper
from tutor.report.doctor_words import python_in, torch_in
from tutor.report.findings import look_of

faults()  # every check is loaded now, while the probe works


@dataclass(frozen=True)
class Stage:
    """What is known so far, judged, after so many seconds."""

    facts: Facts
    findings: list[Finding]
    seconds: float


def stages(seen: Iterable[Facts], asked: Asked, began: float) -> Generator[Stage, None, None]:
    """What is known, as it grows. Raises DoctorFailed for whatever goes wrong on the way."""
    facts = None
    try:
        for facts in seen:
            if asked.form == "md":  # before it is judged, so that no sentence tells what is hidden
                from diagnostics.doctor.redact import redacted

                facts = redacted(facts)
            yield Stage(facts, judged(facts, asked.only, asked.skip), perf_counter() - began)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        raise DoctorFailed(clean(text, 400)) from error
    if facts is None:
        raise DoctorFailed("nothing was seen")


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


# Forms


def _text(asked: Asked, interpreter: Interpreter, stages: Iterator[Stage]) -> Stage:
    """On a terminal what needs no torch is shown while torch is tried; elsewhere all at once, the worst first.

    What was printed stays: below it is told what torch adds, what it shows to be different, and what it explains.
    What is in order comes last, when nothing can speak against it any more.
    """
    again = f"tutor doctor --python {shlex.quote(interpreter.path)}" if asked.named else "tutor doctor"
    paper = Paper(look_of(sys.stdout), again)
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
    if stage.facts.torch is None:
        times = f"{seconds[-1]:.2f} s without torch"
    elif len(seconds) > 1:
        times = f"{seconds[0]:.2f} s without torch, {seconds[-1]:.1f} s with it"
    else:  # what needs no torch was not there before
        times = f"{seconds[-1]:.2f} s"
    return f"Checked in {times}. Nothing was changed."


def _json(asked: Asked, interpreter: Interpreter, stages: Iterator[Stage]) -> Stage:
    *_, stage = stages
    if not asked.facts:
        print(f"tutor: {interpreter.path} ({interpreter.why}) is judged", file=sys.stderr)
    python, packages = stage.facts.python, stage.facts.packages
    print_json(
        {
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


def print_json(answer: dict[str, Any]) -> None:
    """On stdout, with the version of its schema."""
    output.write_json(json.dumps({"schema_version": SCHEMA, **answer}, indent=2).encode() + b"\n")


FORMS = {"text": _text, "json": _json, "md": _markdown}
