"""`tutor doctor`: looks at this machine, or at the facts of another, and says what is wrong, why, and what to do.

The probe is started first, and what judges and prints is loaded while it works: that is a third of the time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from tutor.arguments import UsageError
from tutor.interpreter import Interpreter

if TYPE_CHECKING:
    from diagnostics.doctor.facts import Facts
    from diagnostics.finding import Finding

FINE, WARNED, BROKEN, FAILED = 0, 1, 2, 3


@dataclass(frozen=True)
class Asked:
    """What is asked of the doctor. `form`: "text", "json" or "md"; `facts` and `save`: files, "" for none.

    `named`: whether the reader named the Python that is judged.
    """

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    strict: bool = False
    form: str = "text"
    facts: str = ""
    save: str = ""
    torch: bool = True
    named: bool = False


class DoctorFailed(Exception):
    """The doctor's own fault, not the machine's: one sentence."""


def doctor(asked: Asked, interpreter: Interpreter) -> int:
    """Looks, reports, and saves what was seen; the exit code. Raises UsageError for what cannot be asked."""
    _refuse(asked)
    began = perf_counter()
    with nullcontext([_given(asked.facts)]) if asked.facts else _examined(asked, interpreter) as seen:
        from tutor.report import doctor_forms

        try:
            with closing(doctor_forms.stages(seen, asked, began)) as stages:
                stage = doctor_forms.FORMS[asked.form](asked, interpreter, stages)
        except DoctorFailed as error:
            print(f"tutor: the doctor itself failed: {error}", file=sys.stderr)
            if asked.form == "json":
                doctor_forms.print_json({"findings": [], "error": str(error)})
            return FAILED
    if asked.save and not _saved(asked, stage.facts):
        return FAILED
    code = exit_code(stage.findings, asked.strict)
    return FAILED if code == FINE and "python" in stage.facts.troubles else code


def exit_code(findings: list[Finding], strict: bool) -> int:
    """Where nothing could be checked, the doctor has failed."""
    statuses = {finding.status for finding in findings}
    if "fail" in statuses:
        return BROKEN
    if "warn" in statuses and strict:
        return WARNED
    return FINE if statuses - {"skipped"} else FAILED


def known(names: list[str]) -> tuple[str, ...]:
    """The ids of faults; a theme's name stands for all of its own.

    Raises UsageError for what is neither, with what was probably meant.
    """
    if not names:
        return ()
    from diagnostics.doctor.judge import THEMES, faults

    found: list[str] = []
    for name in map(str.lower, names):
        if name not in faults() and name not in THEMES:
            from lessons.kit.names import unknown

            close = unknown("fault", name, [*faults(), *THEMES])
            raise UsageError(close if "did you mean" in close else f"there is no fault {name!r}; --list names all")
        found += [name] if name in faults() else [one.id for one in faults().values() if one.theme == name]
    return tuple(found)


# Before


def _refuse(asked: Asked) -> None:
    """Raises UsageError where the facts could not be saved: before anything is looked at."""
    path = Path(asked.save)
    if not asked.save:
        return
    if asked.save == "-":
        raise UsageError("--save-facts takes a file: stdout is the report's")
    if os.path.isdir(path):  # unlike Path's, it raises for no name
        raise UsageError(f"--save-facts {asked.save}: that is a folder; name a file in it")
    if not os.path.isdir(path.absolute().parent):
        raise UsageError(f"--save-facts {asked.save}: there is no such folder")
    if os.path.isfile(path) and path.stat().st_size and not _holds_facts(path):
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
    from diagnostics.text import clean

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


@contextmanager
def _examined(asked: Asked, interpreter: Interpreter) -> Iterator[Iterable[Facts]]:
    """All that needs no torch, then the whole. The probe is at work from the first; no process outlives the block."""
    from diagnostics.doctor.examine import Examination

    look = Examination(interpreter.path, torch=asked.torch)
    look.start()
    try:
        yield look
    finally:
        look.stop()


# After


def _saved(asked: Asked, facts: Facts) -> bool:
    import json
    import shlex
    from dataclasses import asdict

    from diagnostics.doctor.redact import redacted
    from diagnostics.text import clean
    from tutor.report.findings import near

    path, shown = Path(asked.save), clean(near(asked.save), 1000)
    older = ", in place of older ones" if os.path.isfile(path) and path.stat().st_size else ""
    try:
        path.write_text(json.dumps(asdict(redacted(facts)), indent=1) + "\n", "utf-8")
    except OSError as error:
        print(f"tutor: {shown} could not be written: {error.strerror}", file=sys.stderr)
        return False
    print(
        f"tutor: the facts were saved to {shown}{older}, without names of users and of hosts; "
        f"`tutor doctor --facts {clean(shlex.quote(near(asked.save)), 1000)}` judges them anywhere",
        file=sys.stderr,
    )
    return True
