"""Whether an exercise's check is any good: each way in which it is not is a sentence with the file."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from lessons.kit.course import load_course
from tests.support.practice import MEAN_RIGHT, write_course
from tutor.lab.client import Lab
from tutor.report.proving import prove

STUBS = Path(__file__).parents[1] / "lab" / "stubs"
MEAN = "numbers/exercises/my_mean"


@pytest_asyncio.fixture
async def lab(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    monkeypatch.setenv("PYTHONPATH", str(STUBS))
    lab = Lab(sys.executable, spare=False)
    yield lab
    await lab.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_course(tmp_path / "course")


async def test_a_good_check_is_left_in_peace(lab: Lab, folder: Path) -> None:
    """The start, the reference, another right one and three mistakes were judged."""
    assert await prove(lab, load_course(folder).exercise("my_mean")) == ([], 6)


FAULTS = {
    "a start that is right": ("start.py", MEAN_RIGHT, "it is accepted as it is; leave something to do"),
    "a mistake that lives": (
        "wrong/sum.py",
        f'"""None. Breaks: it_lies_between."""\n{MEAN_RIGHT}',
        "it is accepted, and it_lies_between should have told (seed 1)",
    ),
    "a mistake that another property tells": (
        "wrong/sum.py",
        '"""It is text. Breaks: it_lies_between."""\n\n\ndef my_mean(values):\n    return "2"\n',
        "it_is_a_number tells, and it_lies_between should have: my_mean([1.0, 2.0]) is a str",
    ),
    "a mistake that raises": (
        "wrong/sum.py",
        '"""It raises. Breaks: it_is_a_number."""\n\n\ndef my_mean(values):\n    return missing\n',
        "it raises, and a planted mistake runs: line 5: NameError: name 'missing' is not defined (seed 1)",
    ),
    "a right one that is refused": (
        "right/loop.py",
        "def my_mean(values):\n    return values.pop() * 0.0 + 5.0\n",
        "it is right and it_",
    ),
    "a right one that does not load": (
        "right/loop.py",
        "import no_such_module_here\n",
        "it could not be judged: line 1: ModuleNotFoundError",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_a_sentence_with_its_file(lab: Lab, folder: Path, fault: str) -> None:
    """One, whatever the seeds."""
    file, text, said = FAULTS[fault]
    (folder / MEAN / file).write_text(text)
    [told], _ = await prove(lab, load_course(folder).exercise("my_mean"))
    assert told.startswith(f"{MEAN}/{file}: {said}")


@pytest.mark.parametrize(
    ("was", "is_", "said"),
    [
        ("import random", "import random\nmissing", "NameError: name 'missing' is not defined (check.py, line 6)"),
        ("expect(isinstance", "missing(isinstance", "line 10: it_is_a_number raises on what solution.py does: "),
    ],
)
async def test_a_fault_of_the_check_itself_is_told_once(lab: Lab, folder: Path, was: str, is_: str, said: str) -> None:
    """By its line, and no solution is blamed for it."""
    file = folder / MEAN / "check.py"
    file.write_text(file.read_text().replace(was, is_))
    [told], _ = await prove(lab, load_course(folder).exercise("my_mean"))
    assert told.startswith(f"{MEAN}/check.py: {said}")


async def test_a_verdict_that_hangs_on_the_seed_is_told(lab: Lab, folder: Path) -> None:
    """A mistake that only some of the tried inputs show."""
    file = folder / MEAN / "check.py"
    rare = "random.uniform(3, 9) for _ in range(random.choice((1, 5, 1, 5, 1)))"
    file.write_text(file.read_text().replace("random.uniform(3, 9) for _ in range(5)", rare))
    for _ in range(3):
        told, _ = await prove(lab, load_course(folder).exercise("my_mean"))
        assert [one for one in told if f"{MEAN}/wrong/sum.py: it is accepted" in one]
