"""Whether an exercise's check is any good: it kills each mistake by the property meant, and accepts what is right."""

from __future__ import annotations

from lessons.kit.exercise import Exercise, Planted
from tutor.lab.client import Lab
from tutor.lab.judge import Verdict, judge
from tutor.report.running import sentence

SEEDS = (1, 2)
"""A verdict must not hang on what a property happens to try."""


async def prove(lab: Lab, exercise: Exercise) -> tuple[list[str], int]:
    """What is wrong with its check, a sentence each; and how many solutions were judged."""
    name = f"{exercise.topic}/exercises/{exercise.name}"
    found: list[str] = []
    if (await judge(lab, exercise, exercise.start, SEEDS[0])).solved:
        found.append(f"{name}/start.py: it is accepted as it is; leave something to do")
    planted = (*exercise.right, *exercise.wrong)
    for one in planted:
        for seed in SEEDS:
            verdict = await judge(lab, exercise, one.source, seed)
            if told := _wrong(one, verdict):
                found.append(f"{name}/{one.file.relative_to(exercise.folder)}: {told} (seed {seed})")
                break
    return found, 1 + len(planted)


def _wrong(planted: Planted, verdict: Verdict) -> str:
    """What is wrong with the verdict; "" if nothing."""
    if verdict.trouble is not None:
        return f"it could not be judged: {sentence(verdict.trouble)}"
    broken = verdict.broken
    if broken is None:
        return f"it is accepted, and {planted.breaks} should have told" if planted.breaks else ""
    seen = sentence(broken.error) if broken.error else broken.counterexample
    if not planted.breaks:
        return f"it is right and {broken.property} refuses it: {seen}"
    if broken.error:
        return f"it raises, and a planted mistake runs: {seen}"
    if broken.property != planted.breaks:
        return f"{broken.property} tells, and {planted.breaks} should have: {seen}"
    return ""
