"""The question whether the code of a course may run; where nobody can be asked, a sentence."""

from __future__ import annotations

import sys

from diagnostics.text import clean
from tutor.report.running import sentence
from tutor.report.text import filled
from tutor.trust import Code, Trust, Unjudged, read_code

SHOWN = 8
"""Files that the question names."""


def may_run(trust: Trust) -> bool:
    """Whether a course's code may run, asked where that is not known; a sentence on stderr where it may not."""
    ask_first(trust)
    if refused := trust.refusal():
        print(f"tutor: {sentence(refused)}.", file=sys.stderr)
    return refused is None


def ask_first(trust: Trust) -> None:
    """Asks whether a course's code may run, where that is not known and somebody can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    try:
        code = read_code(trust.folder)
    except Unjudged:
        return
    if not trust.allows(code) and _ask(trust, code):
        _keep(trust, code)


def trust_now(trust: Trust) -> None:
    """Allows the code as it stands, unasked; a sentence on stderr where it cannot be judged."""
    try:
        code = read_code(trust.folder)
    except Unjudged as error:
        print(f"tutor: the code of this course cannot run: {error}.", file=sys.stderr)
    else:
        _keep(trust, code)


def _ask(trust: Trust, code: Code) -> bool:
    many = len(code.files)
    files = "a Python file" if many == 1 else f"{many} Python files"
    why = "The code of this course changed since you allowed it." if trust.known else "This course is not the tutor's."
    told = f"It has {files}. Its demos and exercises run them as you, with all that you may do on this machine."
    rows = [
        why,
        f"  {clean(str(trust.folder), 1000)}",
        "",
        filled(told),
        *(f"  {clean(name)}" for name in code.files[:SHOWN]),
    ]
    if many > SHOWN:
        rows.append(f"  and {many - SHOWN} more")
    rows += ["", "Without them the course can be read. Allow them, if you know who wrote them."]
    print("\n".join(rows), file=sys.stderr)
    print("May this code run? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _keep(trust: Trust, code: Code) -> None:
    if told := trust.allow(code):
        print(f"tutor: {told}", file=sys.stderr)
