"""What the screen says under the reader's code: how the attempt stands, and each property in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from diagnostics.text import clean
from tutor.lab.judge import Verdict
from tutor.lab.protocol import DemoFailed, NotAllowed, NoTorch, Trouble, WorkerDied
from tutor.practice.practice import Standing
from tutor.report.running import as_sentence, sentence

PRINTED = 4
"""Last lines that are shown of what an attempt printed."""

LAST = 3
"""And of what a process said before it died."""

WHY, TITLE, HELD, PRINTS, LEFT = range(5)
"""Ranks of rows: what goes last, where there is too little room, to what goes first."""

GET_TORCH = (
    ("Reading and editing work without it.", "text"),
    ("Use a torch that you already have:", "muted"),
    ("  tutor practice --python PATH/TO/python", "code"),
    ("Or install it here, about 200 MB for the CPU build:", "muted"),
    ("  pip install 'pytorch-tutor[torch]' \\", "code"),
    ("    --extra-index-url https://download.pytorch.org/whl/cpu", "code"),
    ("r  looks again", "text"),
)


@dataclass(frozen=True)
class Row:
    """`sign`: a sign and its word, in a column of their own."""

    text: str
    spec: str
    sign: str = ""
    tone: str = ""
    rank: int = WHY


@dataclass(frozen=True)
class Told:
    """`state`: a sign and a word or two; `tone`: its colour."""

    state: str = ""
    tone: str = "muted"
    rows: tuple[Row, ...] = field(default=())


def told(one: Standing, *, checking: bool = False, starting: bool = False, trouble: str = "", after: str = "") -> Told:
    """How an exercise stands. `starting`: torch is not there yet; `trouble`: why the file cannot be read; `after`: what
    is next, once it is solved."""
    if trouble:
        return Told("✗ not read", "danger", (Row(as_sentence(trouble), "bright"),))
    verdict = one.verdict
    if checking:
        rows = _rows(one, verdict) if verdict else _left(one, 0)
        return Told("··· starting torch" if starting else "··· checking", "muted", rows)
    if verdict is None or not one.tells:
        return Told("○ not checked yet", "muted", _left(one, 0))
    return Told(*_state(one, verdict), (*_rows(one, verdict), *([Row(after, "text")] if verdict.solved else [])))


def _state(one: Standing, verdict: Verdict) -> tuple[str, str]:
    match verdict.trouble:
        case NoTorch():
            return "– needs torch", "muted"
        case NotAllowed():
            return "– not allowed", "muted"
        case DemoFailed(line=int(line)):
            return f"✗ stopped by line {line}", "danger"
        case DemoFailed():
            return "✗ stopped by an error", "danger"
        case WorkerDied():
            return "✗ not judged to the end", "danger"
    if verdict.solved:
        return "✓ solved", "accent"
    return f"✗ {verdict.held} of {len(one.sentences)} hold", "danger"


def _rows(one: Standing, verdict: Verdict) -> tuple[Row, ...]:
    rows: list[Row] = []
    for judged in verdict.properties:
        if judged.holds:
            rows.append(Row(judged.sentence, "muted", "✓ held", "accent", HELD))
        else:
            rows.append(Row(judged.sentence, "bright", "✗ broken", "danger", TITLE))
            # as it was written: a counterexample may begin with a name
            why = as_sentence(sentence(judged.error)) if judged.error else judged.counterexample
            rows.append(Row(why, "text", " "))
    if verdict.trouble is not None:
        rows += _why(verdict.trouble)
    if not isinstance(verdict.trouble, (NoTorch, NotAllowed)):
        rows += _left(one, len(verdict.properties))
    if verdict.printed:
        rows.append(Row("it printed", "faint", rank=PRINTS))
        rows += [Row(f"  {clean(line)}", "muted", rank=PRINTS) for line in verdict.printed[-PRINTED:]]
    return tuple(rows)


def _why(trouble: Trouble) -> list[Row]:
    if isinstance(trouble, NotAllowed):
        return [Row(as_sentence(trouble.sentence), "bright"), *(Row(text, spec) for text, spec in to_allow(trouble))]
    rows = [Row(as_sentence(sentence(trouble)), "bright")]
    if isinstance(trouble, NoTorch):
        rows += [Row(text, spec) for text, spec in GET_TORCH]
    elif isinstance(trouble, WorkerDied):
        rows += [Row(f"  {line}", "muted", rank=PRINTS) for line in trouble.stderr[-LAST:]]
    return rows


def to_allow(refused: NotAllowed) -> tuple[tuple[str, str], ...]:
    """The rows that say how a course's code is allowed: text and style."""
    if not refused.how:
        return ()
    command, course, folder = refused.how.rpartition(" --course ")
    return (
        ("Leave, look at the code, and allow it:", "muted"),
        (f"  {command}{course}\\", "code"),
        (f"    {folder}", "code"),
    )


def _left(one: Standing, reached: int) -> tuple[Row, ...]:
    """The properties that no attempt has come to."""
    return tuple(Row(sentence, "faint", "– not reached", "faint", LEFT) for sentence in one.sentences[reached:])
