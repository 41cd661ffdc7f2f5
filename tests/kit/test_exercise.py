"""Exercises and terms as a course declares them, and every fault of theirs at its file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons.kit.course import load_course
from lessons.kit.exercise import SECTIONS, breaks, properties
from lessons.kit.problems import CourseError
from tests.kit.conftest import Author
from tests.support.practice import write_course

MEAN = "numbers/exercises/my_mean"
TERM = '\n[[term]]\nname = "mean"\nmeans = "The sum of the values, by how many there are."\nsection = "means"\n'


class ExerciseAuthor(Author):
    """Has a sound course with exercises."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_course(folder)


@pytest.fixture
def author(tmp_path: Path) -> ExerciseAuthor:
    return ExerciseAuthor(tmp_path / "course")


def test_a_sound_course_has_no_problem(author: ExerciseAuthor) -> None:
    author.append("numbers/lesson.toml", TERM)
    assert author.problems() == []


def test_an_exercise_is_known_without_running_it(author: ExerciseAuthor) -> None:
    """Its words, its texts, its solutions."""
    mean = author.course().exercise("my_mean")
    assert (mean.topic, mean.name, mean.title, mean.section) == ("numbers", "my_mean", "Write a mean", "means")
    assert [hint.title for hint in mean.hints] == list(SECTIONS[1:4])
    assert mean.afterwards.title == SECTIONS[-1]
    assert mean.start.startswith("def my_mean(values: list[float])")
    assert list(properties(mean.check)) == ["it_is_a_number", "it_lies_between", "it_leaves_the_values"]
    assert {one.file.name: one.breaks for one in mean.wrong} == {
        "empties.py": "it_leaves_the_values",
        "last.py": "it_is_a_number",
        "sum.py": "it_lies_between",
    }
    assert [one.file.name for one in mean.right] == ["solution.py", "loop.py"]


def test_exercises_are_found_by_name_with_or_without_their_topic(author: ExerciseAuthor) -> None:
    """In the course's order; what is not there is told with what was probably meant."""
    course = author.course()
    assert list(course.exercises) == ["my_mean", "my_clamp", "my_turn"]
    assert course.exercise("words/my_turn") is course.exercise("my_turn")
    with pytest.raises(LookupError, match="did you mean 'my_mean'"):
        course.exercise("my_meen")
    with pytest.raises(LookupError, match="words has no exercise 'my_mean'"):
        course.exercise("words/my_mean")


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ('"""It forgets. Breaks: one_thing."""\n', "one_thing"),
        ('"""It forgets.\n\nBreaks: one_thing\n"""\n', "one_thing"),
        ('"""It forgets."""\n', ""),
        ("x = (\n", ""),
        ("x = '\x00'\n", ""),
    ],
)
def test_a_planted_mistake_names_what_it_breaks(source: str, named: str) -> None:
    """At the end of its docstring; a text that is no Python names nothing."""
    assert breaks(source) == named


def test_properties_are_the_public_functions_with_their_sentences() -> None:
    """Helpers and classes are none."""
    check = 'def _helper():\n    "no"\n\n\nclass Odd:\n    pass\n\n\ndef it_holds(given):\n    """It holds."""\n'
    assert properties(check) == {"it_holds": "It holds."}


def test_a_task_that_cannot_be_read_is_a_course_error(author: ExerciseAuthor) -> None:
    author.write(f"{MEAN}/task.md", "no title\n")
    with pytest.raises(CourseError):
        load_course(author.folder).exercise("my_mean").page  # noqa: B018 - it is read when it is asked for


FAULTS = [
    ("numbers/lesson.toml", 'asks = "The sum of the values, by how many there are."', "", "asks is missing"),
    ("numbers/lesson.toml", 'title = "Write a mean"', "", "title is missing"),
    ("numbers/lesson.toml", '"means"', '"meens"', "exercise my_mean: numbers has no section 'meens'; did you mean"),
    ("numbers/lesson.toml", "exercise.my_mean", "exercise.my-mean", "'my-mean' cannot be a name in Python"),
    (
        "numbers/lesson.md",
        "(exercise:my_mean)",
        "(exercise:my_meen)",
        "numbers has no exercise 'my_meen'; did you mean",
    ),
    (
        f"{MEAN}/task.md",
        "# Write a mean",
        "# Write the mean",
        "the title is 'Write the mean' here and 'Write a mean' in",
    ),
    (f"{MEAN}/task.md", "## Second hint", "## Another hint", "the sections of a task are ## Task, ## First hint, ##"),
    (f"{MEAN}/task.md", "Look at **every** value.", "", "section 'Second hint' is empty; write it"),
    (f"{MEAN}/task.md", "my_mean([1.0, 3.0])", "my_mean([1.0, 3.0)", "does not match"),
    (f"{MEAN}/task.md", "numbers#means", "numbers#meens", "numbers has no section 'meens'; did you mean 'means'?"),
    (f"{MEAN}/start.py", "...", "...(", "was never closed"),
    (f"{MEAN}/solution.py", "return", "retrun", "invalid syntax"),
    (f"{MEAN}/check.py", "def it_is_a_number(given)", "def it_is_a_number(given", "this is not Python"),
    (f"{MEAN}/check.py", '    """It returns a number."""\n', "", "the property it_is_a_number has no sentence"),
    (
        f"{MEAN}/check.py",
        "It returns a number.",
        "It returns\n    a number.",
        "the property it_is_a_number has no sentence",
    ),
    (
        f"{MEAN}/wrong/sum.py",
        "Breaks: it_lies_between.",
        "",
        "the docstring names no property; end it with 'Breaks: NAME",
    ),
    (f"{MEAN}/wrong/sum.py", "it_lies_between", "it_lies_betwen", "check.py has no property 'it_lies_betwen'; did you"),
    (f"{MEAN}/wrong/sum.py", "return", "retrun", "invalid syntax"),
    (f"{MEAN}/right/loop.py", "return", "retrun", "invalid syntax"),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS)
def test_each_fault_is_told_at_its_file(author: ExerciseAuthor, file: str, old: str, new: str, said: str) -> None:
    """What one fault of a manifest leads to elsewhere is told beside it; other faults lead to nothing else."""
    author.replace(file, old, new)
    told = author.problems()
    assert any(one.startswith(f"{file}:") and said in one for one in told), told
    assert file == "numbers/lesson.toml" or all(one.startswith(f"{file}:") for one in told), told


MISSING = {
    "task.md": "the file is missing; create it",
    "start.py": "the file is missing; create it",
    "solution.py": "the file is missing; create it",
    "check.py": "the file is missing; create it",
    "wrong/sum.py": "my_mean has 2 solutions in wrong/; write at least 3",
    "right/loop.py": "my_mean has 0 solutions in right/; write at least 1",
}


@pytest.mark.parametrize("file", MISSING)
def test_what_is_missing_is_told(author: ExerciseAuthor, file: str) -> None:
    """A file of an exercise, or solutions that its check is to be tried by."""
    (author.folder / MEAN / file).unlink()
    [told] = author.problems()
    assert MISSING[file] in told
    assert told.startswith("numbers/lesson.toml:" if "/" in file else f"{MEAN}/{file}:1: ")


def test_a_check_without_a_property_is_told(author: ExerciseAuthor) -> None:
    author.write(f"{MEAN}/check.py", "async def it_is(given):\n    return 1\n")
    assert any("check.py:1: async def it_is is no property; write def it_is" in one for one in author.problems())
    author.write(f"{MEAN}/check.py", "def _helper():\n    return 1\n")
    assert any("no function here is a property" in one for one in author.problems())


def test_a_task_asks_no_question(author: ExerciseAuthor) -> None:
    """Those stand in lessons."""
    question = "```predict mean\nWhat is it?\n\n- [ ] One\n  No.\n- [x] Two\n  Yes.\n\nrun: walk\n```\n"
    author.replace(f"{MEAN}/task.md", "Look at **every** value.", question)
    assert any("a task asks no question" in one for one in author.problems())


def test_a_folder_that_no_manifest_names_is_told(author: ExerciseAuthor) -> None:
    """What is not listed would never be seen."""
    author.write("words/exercises/forgotten/task.md", "# Forgotten\n")
    [told] = author.problems()
    assert "the exercise forgotten is not in lesson.toml; add [exercise.forgotten]" in told


def test_names_and_words_stand_once_in_a_course(author: ExerciseAuthor) -> None:
    """Exercises by name, terms whatever their case."""
    author.append("numbers/lesson.toml", TERM)
    author.append("words/lesson.toml", TERM.replace('"mean"', '"Mean"').replace('"means"', '"letters"'))
    [told] = author.problems()
    assert re.search(r"^words/lesson.toml:\d+: term 'mean' is there already, in numbers", told)
    author.write("words/lesson.toml", (author.folder / "words/lesson.toml").read_text().replace("my_turn", "my_mean"))
    (author.folder / "words/exercises/my_turn").rename(author.folder / "words/exercises/my_mean")
    assert any("exercise 'my_mean' is there already, in numbers" in one for one in author.problems())
