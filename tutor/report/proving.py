"""Whether an exercise's check is any good: it kills each mistake by the property meant, and accepts what is right."""

from __future__ import annotations

import ast

from lessons.kit.exercise import Exercise, Planted
from lessons.kit.judging import CHECK, UNUSABLE
from tutor.lab.client import Lab
from tutor.lab.judge import Verdict, judge
from tutor.lab.protocol import DemoFailed
from tutor.report.running import sentence

SEEDS = (1, 2)
"""A verdict must not hang on what a property happens to try."""


async def prove(lab: Lab, exercise: Exercise) -> tuple[list[str], int]:
    """What is wrong with its check, a sentence each; and how many solutions were judged."""
    name = f"{exercise.topic}/exercises/{exercise.name}"
    found: list[str] = []
    if (await judge(lab, exercise, exercise.start, SEEDS[0])).solved:
        found.append(f"{name}/start.py: it is accepted as it is; leave something to do")
    if told := _of_check(exercise, await judge(lab, exercise, exercise.solution, SEEDS[0])):
        return [*found, f"{name}/{CHECK}: {told}"], 2
    planted = (*exercise.right, *exercise.wrong)
    for one in planted:
        for seed in SEEDS:
            verdict = await judge(lab, exercise, one.source, seed)
            if told := _wrong(one, verdict):
                found.append(f"{name}/{one.file.relative_to(exercise.folder)}: {told} (seed {seed})")
                break
    return found, 1 + len(planted)


def _of_check(exercise: Exercise, of_solution: Verdict) -> str:
    """What is wrong with the check itself, seen at the reference, so that no solution is blamed; "" if nothing."""
    trouble, broken = of_solution.trouble, of_solution.broken
    if isinstance(trouble, DemoFailed) and trouble.message.endswith(")") and f"({CHECK}" in trouble.message:
        return sentence(trouble)
    if broken is None or not broken.counterexample.startswith(UNUSABLE):
        return ""
    functions = [node for node in ast.parse(exercise.check).body if isinstance(node, ast.FunctionDef)]
    line = next(node.lineno for node in functions if node.name == broken.property)
    return f"line {line}: {broken.property} raises on what solution.py does: {broken.counterexample}"


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
