"""An attempt at an exercise: judged in the lab's process, within a time limit."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from lessons.kit.exercise import Exercise
from tutor.lab.client import Attempt, Lab, Run
from tutor.lab.protocol import DemoEnded, Judgement, NoTorch, PropertyJudged, Trouble, WorkerDied

PATIENCE = 10.0
"""Seconds that a property may take."""


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
    try:
        return await asyncio.wait_for(run.next(), patience)
    except asyncio.TimeoutError:
        return WorkerDied(f"it came to no end: after {patience:g} seconds it was stopped")
