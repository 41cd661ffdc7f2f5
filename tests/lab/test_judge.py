"""An attempt at an exercise: what is told of it, whatever its code does, and that nothing of it goes on."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from lessons.kit.course import Course
from lessons.kit.exercise import Exercise
from tests.lab.conftest import PID, MakeLab, job, values
from tests.support.practice import EMPTIES, LAST, MEAN_RIGHT, SUM, practice_course
from tutor.lab.client import Attempt, Lab
from tutor.lab.judge import Verdict, judge
from tutor.lab.protocol import DemoFailed, DemoStopped, NoTorch, WorkerDied

ENDLESS = "import os\n\n\ndef my_mean(values):\n    os.write(2, b'here\\n')\n    while True:\n        pass\n"
SEED = 7


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return practice_course(tmp_path / "course")


@pytest.fixture
def mean(course: Course) -> Exercise:
    return course.exercise("my_mean")


def names(verdict: Verdict) -> list[str]:
    return [judged.property for judged in verdict.properties]


async def test_a_right_solution_is_solved(lab: Lab, mean: Exercise) -> None:
    """Each property held, in the check's order and words."""
    for seed in range(5):
        verdict = await judge(lab, mean, MEAN_RIGHT, seed)
        assert verdict.solved
        assert verdict.held == verdict.of == 3
    assert names(verdict) == ["it_is_a_number", "it_lies_between", "it_leaves_the_values"]
    assert verdict.properties[0].sentence == "It returns a number."


@pytest.mark.parametrize(
    ("source", "broken", "said"),
    [
        (LAST, "it_is_a_number", "my_mean([1.0, 2.0]) is a str; a float was wanted"),
        (SUM, "it_lies_between", "of 5 values from "),
        (EMPTIES, "it_leaves_the_values", "[3.0, 1.0, 2.0] became []"),
        ("", "it_is_a_number", "the file has no my_mean; it has to define one"),
        (
            "my_mean = 3\n",
            "it_is_a_number",
            "what came back could not be used (TypeError: 'int' object is not callable)",
        ),
    ],
)
async def test_the_first_property_that_breaks_ends_the_attempt(
    lab: Lab, mean: Exercise, source: str, broken: str, said: str
) -> None:
    """With its counterexample, as the check wrote it."""
    verdict = await judge(lab, mean, source, SEED)
    assert not verdict.solved
    assert verdict.broken is not None
    assert verdict.broken.property == broken == names(verdict)[-1]
    assert said in verdict.broken.counterexample
    assert verdict.trouble is None


async def test_an_error_of_one_s_own_is_told_with_its_line_and_expression(lab: Lab, mean: Exercise) -> None:
    """Raised in a property: that property is broken."""
    verdict = await judge(lab, mean, "def my_mean(values):\n    return sum(values) / missing\n", SEED)
    error = verdict.broken.error if verdict.broken else None
    assert error is not None
    assert (error.kind, error.line) == ("NameError", 2)
    assert error.columns in ((25, 32), None)  # Python 3.10 tells no columns


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        ("def my_mean(values:\n    return 0\n", "SyntaxError", 1),
        ("x = 1\ny = 1 / 0\n", "ZeroDivisionError", 2),
        ("import no_such_module_here\n", "ModuleNotFoundError", 1),
        ("raise SystemExit(3)\n", "SystemExit", 1),
        ("x = 1\nnext(iter([]))\n", "StopIteration", 2),
        ("x = '\x00'\n", None, None),
    ],
)
async def test_a_file_that_cannot_be_loaded_is_trouble(
    lab: Lab, mean: Exercise, source: str, kind: str | None, line: int | None
) -> None:
    """No property was tried, and the line is told."""
    verdict = await judge(lab, mean, source, SEED)
    assert isinstance(verdict.trouble, DemoFailed)
    assert verdict.properties == ()
    if kind:
        assert (verdict.trouble.kind, verdict.trouble.line) == (kind, line)


async def test_what_the_attempt_prints_is_told_and_clean(lab: Lab, mean: Exercise) -> None:
    """Also what it printed before it failed; the check's verdict is not touched by it."""
    source = "def my_mean(values):\n    print('at', len(values), '\\x1b[2J')\n    return sum(values) / len(values)\n"
    verdict = await judge(lab, mean, source, SEED)
    assert verdict.solved
    assert verdict.printed[0].startswith("at 2 ")
    assert "\x1b" not in "".join(verdict.printed)


async def test_the_seed_chooses_what_is_tried(lab: Lab, mean: Exercise) -> None:
    """The same one finds the same counterexample, another one another."""
    one, same, other = [(await judge(lab, mean, SUM, seed)).broken for seed in (1, 1, 2)]
    assert one is not None
    assert one == same
    assert one != other


async def test_attempts_know_nothing_of_each_other(lab: Lab, mean: Exercise) -> None:
    """A module is loaded anew each time."""
    assert (await judge(lab, mean, MEAN_RIGHT, SEED)).solved
    verdict = await judge(lab, mean, "", SEED)
    assert verdict.broken is not None


async def test_a_loop_without_end_is_stopped_and_the_next_attempt_judged(lab: Lab, mean: Exercise) -> None:
    """It is said how long was waited."""
    verdict = await judge(lab, mean, ENDLESS, SEED, patience=0.5)
    assert verdict.trouble == WorkerDied("it came to no end: after 0.5 seconds it was stopped")
    assert verdict.printed == ("here",)
    assert (await judge(lab, mean, MEAN_RIGHT, SEED)).solved


async def test_while_the_tutor_stands_still_no_time_passes(lab: Lab, mean: Exercise) -> None:
    """As behind the reader's editor, or after ctrl+z in the shell: what was judged meanwhile is no loop without end."""
    slow = "import time\n\n\ndef my_mean(values):\n    time.sleep(0.1)\n    return sum(values) / len(values)\n"
    await lab.ready()
    judging = asyncio.create_task(judge(lab, mean, slow, SEED, patience=1.0))
    await asyncio.sleep(0.02)
    time.sleep(2)  # the whole event loop
    assert (await judging).solved


async def test_a_process_that_ends_itself_is_told(lab: Lab, mean: Exercise) -> None:
    """With its exit code; what held before is kept."""
    source = "import os\n\n\ndef my_mean(values):\n    return 1.5 if len(values) == 2 else os._exit(3)\n"
    verdict = await judge(lab, mean, source, SEED)
    assert isinstance(verdict.trouble, WorkerDied)
    assert verdict.trouble.sentence == "your code ended its process with exit code 3"
    assert (verdict.held, verdict.of) == (1, 3)
    assert (await judge(lab, mean, MEAN_RIGHT, SEED)).solved


async def test_without_torch_nothing_is_judged(make_lab: MakeLab, stub: object, mean: Exercise) -> None:
    """It is the reason that is told."""
    stub("broken")  # type: ignore[operator]
    verdict = await judge(make_lab(), mean, MEAN_RIGHT)
    assert isinstance(verdict.trouble, NoTorch)
    assert not verdict.solved


async def _at_work(lab: Lab, mean: Exercise, folder: Path) -> asyncio.Task[Verdict]:
    """An attempt that is in the middle of a property, where it stays."""
    began = folder / "began"
    source = ENDLESS.replace("os.write(2, b'here\\n')", f"open({str(began)!r}, 'w').close()")
    judging = asyncio.create_task(judge(lab, mean, source, SEED))
    while not began.exists():
        await asyncio.sleep(0.01)
    return judging


async def test_a_judgement_that_is_cancelled_leaves_nothing_running(lab: Lab, mean: Exercise, tmp_path: Path) -> None:
    """The process is free for the next at once, or another stands in."""
    judging = await _at_work(lab, mean, tmp_path)
    judging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await judging
    assert (await values(await lab.run(job(PID))))["pid"] > 0


async def test_an_attempt_that_another_run_takes_the_place_of_is_no_verdict(
    lab: Lab, mean: Exercise, tmp_path: Path
) -> None:
    """Neither solved nor broken, and no trouble of the reader's."""
    judging = await _at_work(lab, mean, tmp_path)
    run = await lab.run(job(PID))
    verdict = await judging
    assert (verdict.solved, verdict.broken, verdict.trouble) == (False, None, None)
    assert (await values(run))["pid"] > 0


async def test_a_demo_whose_lab_is_taken_is_told_that_it_was_stopped(lab: Lab, mean: Exercise) -> None:
    """It did not fail."""
    run = await lab.run(job(PID))
    await values(run)
    assert (await judge(lab, mean, MEAN_RIGHT, SEED)).solved
    assert run.is_stopped
    assert await run.next() == DemoStopped()


async def test_a_check_that_is_broken_itself_does_not_blame_the_reader(lab: Lab) -> None:
    """The first property that cannot do with what came back says so."""
    check = "def it_is_long(given):\n    'It is long.'\n    assert len(given.f()) > 3\n"
    run = await lab.run(Attempt("def f():\n    return 1\n", "f.py", check, SEED))
    judged = await run.next()
    assert "what came back could not be used" in judged.counterexample  # type: ignore[union-attr]
