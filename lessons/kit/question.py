"""Question: a prediction that is locked in before its demo runs.

```predict critical
At lr = 0.1 exactly, what happens along the steep axis?

- [ ] It converges, only slowly
  Shrinking needs |1 - lr·λ| below 1; here it is exactly 1.
- [ ] It explodes
  It grows only above the limit.
- [x] It swings for ever and never converges
  Each step lands on the mirror point: +1, -1, +1.

run: bowl?lr=0.1
```
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

CHOICE = re.compile(r"[-*] \[([ xX]?)\]\s*(.*)")
RUN = re.compile(r"run:\s*(.*)")
MOST_ANSWERS = 9  # the keys that answer are 1 to 9


@dataclass(frozen=True)
class Answer:
    """One choice. `why`: for a wrong one the misconception behind it and what is true, for the right one the reason."""

    text: str
    why: str


@dataclass(frozen=True)
class Question:
    """`name` is the key of the reader's answer in the progress log; `run` is the demo setting that answers it."""

    name: str
    text: str
    answers: tuple[Answer, ...]
    right: int
    run: str
    line: int = field(default=0, compare=False)
    run_line: int = field(default=0, compare=False)


@dataclass
class _Choice:
    right: bool
    text: str
    line: int
    why: list[str] = field(default_factory=list)


def read_question(name: str, source: str, line: int, tell: Callable[[int, str], None]) -> Question:
    """The question in a fence whose first line stands at `line`; whatever is wrong with it is told, at its line."""
    asked: list[str] = []
    choices: list[_Choice] = []
    run, run_line = "", line
    for number, row in enumerate(source.splitlines(), line):
        text = row.strip()
        if not text:
            continue
        if choice := CHOICE.fullmatch(row.rstrip()):
            choices.append(_Choice(choice[1] in ("x", "X"), choice[2], number))
        elif target := RUN.fullmatch(row.rstrip()):
            if run:
                tell(number, "a question has one 'run:' line; take one of them away")
            run, run_line = target[1], number
        elif not choices:
            asked.append(text)
        elif row[0].isspace() and not run:
            choices[-1].why.append(text)
        else:
            tell(number, f"{text!r} is no choice ('- [ ] ...'), no sentence for one (indented) and no 'run:' line")
    _judge(asked, choices, run, line - 1, tell)
    right = next((place for place, choice in enumerate(choices) if choice.right), 0)
    answers = tuple(Answer(choice.text, " ".join(choice.why)) for choice in choices)
    return Question(name, " ".join(asked), answers, right, run, line - 1, run_line)


def _judge(asked: list[str], choices: list[_Choice], run: str, line: int, tell: Callable[[int, str], None]) -> None:
    if not asked:
        tell(line, "the question asks nothing; write what is asked above the choices")
    rights = sum(choice.right for choice in choices)
    if len(choices) < 2:
        tell(line, "the question has fewer than two choices; give more, as '- [ ] ...'")
    elif rights != 1:
        tell(line, f"the question has {rights or 'no'} right answers; mark exactly one with [x]")
    if len(choices) > MOST_ANSWERS:
        tell(line, f"the question has {len(choices)} choices; the keys reach {MOST_ANSWERS}")
    for choice in choices:
        if not choice.text:
            tell(choice.line, "the choice is empty; write its answer after the brackets")
        if not choice.why:
            kind = "the reason" if choice.right else "what is wrong with it"
            tell(choice.line, f"the choice has no sentence of its own; say {kind} below it, indented")
    if not run:
        tell(line, "the question has no 'run:' line; name the demo setting that answers it, as 'run: DEMO?KNOB=VALUE'")
