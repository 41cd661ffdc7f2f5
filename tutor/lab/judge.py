"""An attempt at an exercise: judged in the lab's process, within a time limit."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace

from lessons.kit.exercise import Exercise
from tutor.lab.client import Attempt, Lab, Run
from tutor.lab.protocol import DemoEnded, Judgement, NoTorch, PropertyJudged, Trouble, WorkerDied

PATIENCE = 10.0
"""Seconds that a property may take."""

SLICE = 0.25
"""Seconds of PATIENCE that are waited for in one go: while the event loop stands still, no more than these pass."""

ENDED, PROCESS = "the process that runs demos ended by itself", "the process that runs demos"


@dataclass(frozen=True)
class Verdict:
    """What came of an attempt: its properties up to the first that does not hold, of `of` in all.

    `trouble`: why they could not be judged to the end, as a file that raises when it is loaded, or a loop without end.
    `printed`: the last lines that the attempt printed. One that another run took the place of is neither solved nor
    broken nor in trouble.
    """

    properties: tuple[PropertyJudged, ...] = ()
    of: int = 0
    trouble: Trouble | None = None
    printed: tuple[str, ...] = ()

    @property
    def solved(self) -> bool:
        return self.trouble is None and self.held == self.of > 0

    @property
    def held(self) -> int:
        return sum(judged.holds for judged in self.properties)

    @property
    def broken(self) -> PropertyJudged | None:
        """The property that does not hold."""
        return next((judged for judged in self.properties if not judged.holds), None)


async def judge(
    lab: Lab, exercise: Exercise, source: str, seed: int | None = None, patience: float = PATIENCE
) -> Verdict:
    """Judges a source by the exercise's properties; `seed`: of what they try at random, None for a new one."""
    said = await lab.ready()
    if isinstance(said, (NoTorch, WorkerDied)):
        return Verdict(trouble=said)
    number = random.randrange(2**31) if seed is None else seed
    run = await lab.run(Attempt(source, f"{exercise.name}.py", exercise.check, number))
    judged: list[PropertyJudged] = []
    trouble: Trouble | None = None
    try:
        while isinstance(event := await _next(run, patience), PropertyJudged):
            judged.append(event)
        trouble = None if isinstance(event, DemoEnded) else event
    finally:
        await run.stop()  # nothing goes on for nobody, where this was cancelled
    return Verdict(tuple(judged), judged[0].of if judged else 0, trouble, run.printed)


async def _next(run: Run[Judgement], patience: float) -> Judgement:
    left = patience
    while left > 0:
        try:
            event = await asyncio.wait_for(run.next(), min(SLICE, left))
        except asyncio.TimeoutError:
            left -= SLICE
        else:
            return _of_an_attempt(event) if isinstance(event, WorkerDied) else event
    return WorkerDied(f"it came to no end: after {patience:g} seconds it was stopped")


def _of_an_attempt(died: WorkerDied) -> WorkerDied:
    """Told to who wrote the code that ran, and knows of no demos."""
    told = died.sentence.replace(ENDED, "your code ended its process")
    return replace(died, sentence=told.replace(PROCESS, "the process that runs your code"))
