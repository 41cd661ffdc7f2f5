"""A course with many mistakes at once: a sentence for each, with its file and line, and none of its code is run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lessons.kit.problems import LARGEST, problems
from tests.kit.conftest import Author
from tests.support.practice import write_course


class Broken(Author):
    """The sound course of the exercises, one topic richer; each method of breaking it is one mistake."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        sound = {file: (folder / file).read_bytes() for file in ("steps/lesson.md", "steps/lesson.toml")}
        write_course(folder)
        for file, data in sound.items():
            (folder / file).write_bytes(data)
        self.write("course.toml", 'title = "A course"\ntopics = ["numbers", "words", "steps", "noise"]\n')

    def repeat_an_exercise(self) -> None:
        """It can only be told from the other one by its topic."""
        said = 'title = "Write a clamp"\nasks = "It."\nsection = "try-it"\n'
        self.append("steps/lesson.toml", f"\n[exercise.my_clamp]\n{said}")
        (self.folder / "steps" / "exercises").mkdir()
        os.symlink("../../numbers/exercises/my_clamp", self.folder / "steps" / "exercises" / "my_clamp")

    def lead_in_a_circle(self, name: str) -> None:
        (self.folder / name).unlink()
        os.symlink(Path(name).name, self.folder / name)

    def lay_a_pipe(self, name: str) -> None:
        (self.folder / name).unlink()
        os.mkfifo(self.folder / name)

    def told(self) -> list[str]:
        return [str(problem).removeprefix(f"{self.folder}/") for problem in problems(self.folder)]


MEAN, TURN = "numbers/exercises/my_mean", "words/exercises/my_turn"

Break = Callable[[Broken], object]

MISTAKES: dict[str, tuple[Break, str]] = {
    "TOML that is none": (
        lambda course: course.replace("noise/lesson.toml", "minutes = 5", "minutes 5"),
        "noise/lesson.toml:3: this is no TOML",
    ),
    "a file that is missing": (
        lambda course: (course.folder / MEAN / "solution.py").unlink(),
        f"{MEAN}/solution.py:1: the file is missing; create it",
    ),
    "bytes that are no UTF-8": (
        lambda course: (course.folder / "noise/lesson.md").write_bytes(b"# Noise\n\n## A\n\n\xff\n"),
        "noise/lesson.md:5: byte 0xff is not UTF-8; save the file as UTF-8",
    ),
    "a value of another type": (
        lambda course: course.replace("numbers/lesson.toml", "minutes = 5", 'minutes = "5"'),
        "numbers/lesson.toml:4: minutes takes a whole number of minutes",
    ),
    "a topic without a folder": (
        lambda course: course.replace("course.toml", '"noise"', '"noise", "drift"'),
        "course.toml:2: topic drift has no folder",
    ),
    "an unknown knob": (
        lambda course: course.replace("numbers/lesson.md", "panel: walk", "panel: walk?rate=1"),
        "numbers/lesson.md:4: walk has no knob 'rate'",
    ),
    "a link to a section that is not there": (
        lambda course: course.append("words/lesson.md", "\nSee [there](numbers#sums).\n"),
        "words/lesson.md:7: numbers has no section 'sums'",
    ),
    "two right answers": (
        lambda course: course.replace("steps/lesson.md", "- [ ] It explodes", "- [x] It explodes"),
        "steps/lesson.md:9: the question has 2 right answers",
    ),
    "a link to an exercise that is not there": (
        lambda course: course.replace("numbers/lesson.md", "(exercise:my_clamp)", "(exercise:my_clip)"),
        "numbers/lesson.md:10: numbers has no exercise 'my_clip'; did you mean 'my_clamp'?",
    ),
    "a property that the check does not have": (
        lambda course: course.write(f"{MEAN}/wrong/sum.py", '"""Breaks: it_is_the_middle."""\n'),
        f"{MEAN}/wrong/sum.py:1: check.py has no property 'it_is_the_middle'",
    ),
    "a section that is too long": (
        lambda course: course.append("words/lesson.md", "\n## Long\n\n" + "word " * 200 + "\n"),
        "words/lesson.md:",
    ),
    "a demo with other parameters": (
        lambda course: course.replace("numbers/demo.py", "lr: float", "rate: float"),
        "numbers/demo.py:7: walk takes rate, which is no knob",
    ),
    "the name of another exercise": (
        lambda course: course.repeat_an_exercise(),
        "steps/lesson.toml:17: exercise 'my_clamp' is there already, in numbers",
    ),
    "a link in a circle": (
        lambda course: course.lead_in_a_circle(f"{TURN}/start.py"),
        f"{TURN}/start.py:1: the file cannot be read: Too many levels of symbolic links",
    ),
    "a huge file": (
        lambda course: (course.folder / TURN / "solution.py").write_bytes(b"#" * (LARGEST + 1)),
        f"{TURN}/solution.py:1: the file has 200,001 bytes",
    ),
    "a key nobody knows": (
        lambda course: course.append("words/lesson.toml", 'hint = "none"\n'),
        "words/lesson.toml:11: there is no key 'hint'",
    ),
    "an exercise in a section that is not there": (
        lambda course: course.replace("numbers/lesson.toml", 'section = "limits"', 'section = "limts"'),
        "numbers/lesson.toml:12: exercise my_clamp: numbers has no section 'limts'; did you mean 'limits'?",
    ),
    "Python that is none": (
        lambda course: course.write("words/demo.py", "def f(:\n"),
        "words/demo.py:1: this is not Python",
    ),
    "too few wrong solutions": (
        lambda course: (course.folder / TURN / "wrong/sum.py").unlink(),
        "words/lesson.toml:7: my_turn has 2 solutions in wrong/; write at least 3",
    ),
    "a folder that is no topic": (
        lambda course: course.write("stray/lesson.toml", ""),
        "course.toml:2: the folder stray is no topic of the course",
    ),
    "a slider from high to low": (
        lambda course: course.replace("steps/lesson.toml", "[1, 100]", "[100, 1]"),
        "steps/lesson.toml:15: demo.bowl.knobs.count.slider takes two numbers, the lower one first",
    ),
    "a character that a terminal obeys": (
        lambda course: course.replace(f"{MEAN}/task.md", "## First hint\n", "## First hint\n\n\x1b]0;x\x07\n"),
        f"{MEAN}/task.md:",
    ),
    "a pipe in a file's place": (
        lambda course: course.lay_a_pipe(f"{MEAN}/right/loop.py"),
        f"{MEAN}/right/loop.py:1: this is no file",
    ),
    "numbers without an end": (
        lambda course: course.append("steps/lesson.toml", "\n[x]\n" + "y = " + "9" * 5000 + "\n"),
        "steps/lesson.toml:1: a number or a list in it is far too long",
    ),
}

ALONE = ("numbers without an end",)
"""Those that take a whole file with others' mistakes out of sight."""


@pytest.fixture
def course(tmp_path: Path) -> Broken:
    return Broken(tmp_path / "course")


def test_the_course_is_sound_before(course: Broken) -> None:
    assert course.told() == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_told_at_its_line(course: Broken, mistake: str) -> None:
    """By itself; and where one mistake is told twice, both sentences have their place."""
    make, sentence = MISTAKES[mistake]
    make(course)
    told = course.told()
    assert any(one.startswith(sentence) for one in told), told
    assert all(re.match(r"[\w/.]+:\d+: .", one) for one in told), told


def test_all_at_once_are_told_in_one_pass(course: Broken, tmp_path: Path) -> None:
    """More than twenty, each with file and line; and nothing of the course was run."""
    mark = tmp_path / "ran"
    for file in ("numbers/demo.py", f"{MEAN}/check.py", f"{MEAN}/start.py", f"{TURN}/check.py"):
        course.append(file, f"\nopen({str(mark)!r}, 'w').close()\n")
    wanted = [MISTAKES[mistake] for mistake in MISTAKES if mistake not in ALONE]
    assert len(wanted) >= 20
    for make, _ in wanted:
        make(course)
    told = course.told()
    assert [sentence for _, sentence in wanted if not any(one.startswith(sentence) for one in told)] == []
    assert all(re.match(r"[\w/.]+:\d+: .", one) for one in told), told
    assert all("\x1b" not in one for one in told)
    assert not mark.exists()
