"""`tutor practice` as text: the list, one exercise, what came of an attempt, hints, and a watch without a screen."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from diagnostics.text import clean
from lessons.kit.exercise import Exercise
from tutor import output
from tutor.courses import to_open
from tutor.interpreter import Interpreter
from tutor.lab.client import Lab
from tutor.lab.judge import Verdict
from tutor.lab.protocol import DemoFailed, Gate, Trouble
from tutor.practice.own_file import Unreadable
from tutor.practice.practice import Practice, Standing
from tutor.practice.watching import Watch
from tutor.report.prose import headed, section_text
from tutor.report.running import sentence, with_lab
from tutor.report.text import filled

OK, WRONG = 0, 1
SCHEMA = 1

SIGNS = {"held": "✓ held", "broken": "✗ broken", "not reached": "– not reached"}
STOPPED = "✗ not judged to the end"
WORD = 15
"""Columns of a sign with its word."""

RULE = 60
"""Columns of the line above each verdict of a watch."""

ORDINALS = ("first", "second", "third")


# The list


def list_text(practice: Practice) -> str:
    """An exercise a paragraph, in the course's order, by topic."""
    rows: list[str] = []
    topic = ""
    for one in practice:
        if one.exercise.topic != topic:
            topic = one.exercise.topic
            title = practice.course.topic(topic).title
            rows += [*([""] if rows else []), title]
        rows.append(f"  {one.exercise.name}  {one.exercise.title}{_stands(one)}")
        rows.append(filled(one.exercise.asks, indent=6))
    if not rows:
        return "This course has no exercises."
    solved, of = sum(one.word == "solved" for one in practice), len(list(practice))
    how = f"`{to_open(practice.course)} practice NAME` opens one; --check judges it."
    return "\n".join([*rows, "", f"{solved} of {of} solved. {how}"])


def _stands(one: Standing) -> str:
    if one.word == "begun" and one.kept.tries:
        return f", {one.kept.held} of {one.kept.of} properties held"
    return "" if one.word == "new" else f", {one.word}"


def list_json(practice: Practice) -> bytes:
    """`{"schema_version", "exercises": [{"name", "topic", "title", "asks", "section", "state", ...}]}`."""
    rows = [
        {
            "name": one.exercise.name,
            "topic": one.exercise.topic,
            "title": one.exercise.title,
            "asks": one.exercise.asks,
            "section": one.exercise.section,
            "state": one.word,
            "tries": one.kept.tries,
            "held": one.kept.held,
            "of": one.kept.of,
            "hints": one.kept.hints,
            "path": str(one.own.path),
        }
        for one in practice
    ]
    answer = {"schema_version": SCHEMA, "exercises": rows}
    return output.to_json(answer)


# One exercise


def task_text(one: Standing) -> str:
    """The task with the hints that are open, where the file is, and what can be done."""
    exercise = one.exercise
    parts = [headed(exercise.title, "="), section_text(exercise.task)]
    parts += [_hint(one, number) for number in range(1, len(one.hints) + 1)]
    if one.done:
        parts.append(_afterwards(exercise))
    stands = {"new": "not tried yet", "begun": f"tried{_stands(one)}"}.get(one.word, one.word)
    parts.append(f"{exercise.name} is {stands}. Your file:\n  {one.own.path}")
    again = f"{to_open(exercise)} practice {exercise.name}"
    parts.append(f"{again} --check judges it; --hint, --skip, --reset, --watch help.")
    return "\n\n".join(parts)


def _hint(one: Standing, number: int) -> str:
    every = one.exercise.hints
    return f"{headed(f'Hint {number} of {len(every)}')}\n\n{section_text(every[number - 1])}"


def _afterwards(exercise: Exercise) -> str:
    return f"{headed(exercise.afterwards.title)}\n\n{section_text(exercise.afterwards)}"


def verdict_text(one: Standing, verdict: Verdict) -> str:
    """Each property as held, broken with its counterexample, or not reached; what was printed; and the sum."""
    rows: list[str] = []
    for line in one.lines:
        rows.append(filled(line.sentence, indent=WORD + 2, first=f"  {SIGNS[line.standing]}"))
        if line.standing == "broken" and verdict.broken is not None:
            rows += _why(verdict.broken.error or verdict.broken.counterexample, one)
    if verdict.trouble is not None:
        rows = [f"  {STOPPED}", *_why(verdict.trouble, one), *rows]
    if verdict.printed:
        rows += ["", "  it printed", *(f"    {line}" for line in verdict.printed[-8:])]
    return "\n".join([headed(one.exercise.title), "", *rows, "", _sum(one, verdict)])


def _why(why: Trouble | str, one: Standing) -> list[str]:
    """A counterexample, or where and how the reader's own code failed, with its lines."""
    if isinstance(why, str):
        return [filled(why, indent=WORD + 2)]
    said = sentence(why)
    rows = [filled(f"{one.own.file}, {said}" if isinstance(why, DemoFailed) and why.line else said, indent=WORD + 2)]
    if isinstance(why, DemoFailed):
        lines = one.judged.split("\n")[why.line - 1 : why.line] if why.line else []
        rows += [f"{' ' * (WORD + 4)}{clean(line.strip())}" for line in lines]
    return rows


def _sum(one: Standing, verdict: Verdict) -> str:
    again = f"{to_open(one.exercise)} practice {one.exercise.name}"
    if verdict.solved:
        return f"Solved: all {verdict.of} properties hold. `{again} --solution` prints the reference."
    every = len(one.exercise.hints)
    hint = (
        f"`{again} --hint` opens hint {len(one.hints) + 1} of {every}."
        if len(one.hints) < every
        else f"`{again} --hints` prints the hints."
    )
    return f"{verdict.held} of {len(one.sentences)} properties hold. {hint}"


# What is asked for


@dataclass(frozen=True)
class Actions:
    """What `tutor practice NAME --ACTION` does; each returns the exit code."""

    one: Standing
    interpreter: Callable[[], Interpreter]
    gate: Gate | None = None

    def path(self) -> int:
        self._open()
        output.write_path(self.one.own.path)
        return OK

    def check(self) -> int:
        """0 if it is solved."""
        self._open()

        async def judged(lab: Lab) -> Verdict | None:
            return await self.one.check(lab)

        was_done = self.one.done
        verdict = with_lab(self.interpreter(), judged, self.gate)
        assert verdict is not None, "nothing else uses this lab"
        print(verdict_text(self.one, verdict))
        if verdict.solved and not was_done:
            print(f"\n{_afterwards(self.one.exercise)}")
        return OK if verdict.solved else WRONG

    def hint(self) -> int:
        """The next one; once all are open, that they are."""
        every = len(self.one.exercise.hints)
        if len(self.one.hints) == every:
            name = self.one.exercise.name
            why = f"{name} is {self.one.word}, so all" if self.one.done and self.one.kept.hints < every else "All"
            again = f"{to_open(self.one.exercise)} practice {name}"
            print(f"{why} {every} hints are open: `{again} --hints` prints them.")
        else:
            print(_hint(self.one, self.one.hint()))
        return OK

    def hints(self) -> int:
        """Those that are open: all, once it is solved or skipped."""
        opened, every = len(self.one.hints), len(self.one.exercise.hints)
        print("\n\n".join(_hint(self.one, number) for number in range(1, opened + 1)) or "No hint is open yet.")
        if opened < every:
            print(f"\n{opened} of {every} are open; --hint opens the {ORDINALS[opened]}.", file=sys.stderr)
        return OK

    def skip(self) -> int:
        if self.one.word == "solved":
            print(f"{self.one.exercise.name} is solved already.")
            return OK
        self.one.skip()
        print(f"{self.one.exercise.name} is skipped; it can still be solved. --solution prints the reference.\n")
        print(_afterwards(self.one.exercise))
        return OK

    def reset(self) -> int:
        print(self.one.reset())
        print(self.one.own.path)
        return OK

    def solution(self) -> int:
        """The reference, once it gives nothing away."""
        if not self.one.done:
            name = self.one.exercise.name
            print(f"The reference is shown once {name} is solved or skipped (--skip).", file=sys.stderr)
            return WRONG
        print(self.one.exercise.solution, end="")
        return OK

    def show(self) -> int:
        self._open()
        print(task_text(self.one))
        return OK

    def watch(self) -> int:
        """Judges at once and at every save, until Ctrl-C."""
        self._open()
        print(f"tutor: edit {self.one.own.path}", file=sys.stderr)
        with_lab(self.interpreter(), self._follow, self.gate)
        return OK

    async def _follow(self, lab: Lab) -> None:
        watch = Watch(self.one.own, lambda: print(f"tutor: {watch.way.value}", file=sys.stderr, flush=True))
        await self._tell(lab)
        async with contextlib.aclosing(watch.changes()) as changes:
            async for found in changes:
                await self._tell(lab, found)

    async def _tell(self, lab: Lab, found: str | Unreadable = "") -> None:
        """What came of the file as it is now, under the time; or why it cannot be read."""
        try:
            if isinstance(found, Unreadable):
                raise found
            verdict = await self.one.check(lab)
        except Unreadable as error:
            said = f"{STOPPED}: {error}"
        else:
            if verdict is None:
                return
            said = verdict_text(self.one, verdict)
        print(f"{time.strftime('%H:%M:%S'):─<{RULE}}\n{said}\n", flush=True)

    def _open(self) -> None:
        self.one.own.open()


def act(one: Standing, action: str, interpreter: Callable[[], Interpreter], gate: Gate | None = None) -> int:
    """Does what --ACTION asks; a file that cannot be read or written is a sentence and 1."""
    actions = Actions(one, interpreter, gate)
    try:
        done: int = getattr(actions, action)()
    except Unreadable as error:
        print(f"tutor: {error}", file=sys.stderr)
        return WRONG
    if trouble := one.trouble:
        print(f"tutor: {trouble}", file=sys.stderr)
    return done
