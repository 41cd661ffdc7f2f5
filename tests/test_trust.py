"""The code of a course that is not the tutor's: run once it was allowed, asked about again when any of it changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tutor.trust import LARGEST, Trust, Unjudged, read_code


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A topic with a demo and an exercise, as far as code goes."""
    folder = tmp_path / "course"
    (folder / "steps" / "exercises" / "turn").mkdir(parents=True)
    (folder / "course.toml").write_text("")
    (folder / "steps" / "demo.py").write_text("A = 1\n")
    (folder / "steps" / "exercises" / "turn" / "check.py").write_text("B = 2\n")
    return folder


@pytest.fixture
def trust(course: Path, tmp_path: Path) -> Trust:
    return Trust(course, tmp_path / "state")


def again(trust: Trust) -> Trust:
    """As the next start finds it."""
    return Trust(trust.folder, trust._file.parent)


def said(trust: Trust) -> str:
    refused = trust.refusal()
    return refused.sentence if refused else ""


def test_code_runs_once_it_was_allowed_and_from_then_on(trust: Trust) -> None:
    """The answer is remembered."""
    assert said(trust) == "the code of this course was not allowed to run"
    assert trust.allow(read_code(trust.folder)) == ""
    assert said(trust) == "" == said(again(trust))


def test_the_refusal_says_how_to_allow_it(trust: Trust, course: Path) -> None:
    refused = trust.refusal()
    assert refused is not None
    assert refused.how == f"tutor --trust --course {course}"


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda folder: (folder / "steps" / "demo.py").write_text("A = 2\n"),
    "a check changed": lambda folder: (folder / "steps" / "exercises" / "turn" / "check.py").write_text("B = 3\n"),
    "added": lambda folder: (folder / "steps" / "helper.py").write_text(""),
    "added, in capitals": lambda folder: (folder / "steps" / "HELPER.PY").write_text(""),
    "taken away": lambda folder: (folder / "steps" / "exercises" / "turn" / "check.py").unlink(),
    "renamed": lambda folder: (folder / "steps" / "demo.py").rename(folder / "steps" / "other.py"),
    "from one file to another": lambda folder: (
        (folder / "steps" / "demo.py").write_text("A = 1\nB"),
        (folder / "steps" / "exercises" / "turn" / "check.py").write_text(" = 2\n"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_code_that_changed_is_asked_about_again(trust: Trust, course: Path, change: str) -> None:
    trust.allow(read_code(course))
    CHANGES[change](course)
    assert said(trust) == said(again(trust)) == "the code of this course changed since it was allowed"


def put(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("x")


QUIET: dict[str, Callable[[Path], object]] = {
    "the text": lambda folder: (folder / "steps" / "lesson.md").write_text("# Steps\n"),
    "only touched": lambda folder: os.utime(folder / "steps" / "demo.py", (0, 0)),
    "what Python keeps": lambda folder: put(folder / "steps" / "__pycache__" / "demo.py"),
    "an environment of its author": lambda folder: put(folder / ".venv" / "site.py"),
    "a link to a text within it": lambda folder: os.symlink("course.toml", folder / "notes"),
}


@pytest.mark.parametrize("change", QUIET)
def test_what_is_no_code_of_the_course_is_not_asked_about(trust: Trust, course: Path, change: str) -> None:
    trust.allow(read_code(course))
    QUIET[change](course)
    assert said(trust) == ""


def test_a_change_back_is_known_again(trust: Trust, course: Path) -> None:
    """What is allowed is a content, not a time."""
    trust.allow(read_code(course))
    (course / "steps" / "demo.py").write_text("A = 2\n")
    assert said(trust)
    (course / "steps" / "demo.py").write_text("A = 1\n")
    assert said(trust) == ""


def test_another_folder_with_the_same_code_is_another_course(trust: Trust, course: Path, tmp_path: Path) -> None:
    """Each has a state folder of its own."""
    trust.allow(read_code(course))
    assert said(Trust(course, tmp_path / "other state"))


UNJUDGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file elsewhere": (
        lambda folder: (folder / "steps" / "helper.py").symlink_to(folder.parent / "outside.py"),
        "steps/helper.py is a link that leads out of it",
    ),
    "a folder elsewhere": (
        lambda folder: (folder / "noise").symlink_to(folder.parent),
        "noise is a link that leads out of it",
    ),
    "a link to nothing": (lambda folder: (folder / "a.py").symlink_to(folder / "b"), "a.py cannot be read (No such"),
    "a link to itself": (lambda folder: (folder / "a.py").symlink_to(folder / "a.py"), "a.py cannot be read (Too many"),
    "a pipe": (lambda folder: os.mkfifo(folder / "a.py"), "a.py is no file"),
    "a large file": (lambda folder: (folder / "a.py").write_bytes(b" " * (LARGEST + 1)), "a.py has more than 1 MB"),
    "a name that a terminal obeys": (
        lambda folder: (folder / "a\x1b[31m.py").symlink_to("/etc/passwd"),
        "a␛[31m.py is a link",
    ),
}


@pytest.mark.parametrize("trouble", UNJUDGED)
def test_what_could_become_anything_never_runs(trust: Trust, course: Path, trouble: str) -> None:
    """Even where the rest was allowed; a sentence says which file it is."""
    trust.allow(read_code(course))
    make, sentence = UNJUDGED[trouble]
    make(course)
    with pytest.raises(Unjudged) as told:
        read_code(course)
    assert sentence in str(told.value)
    refused = trust.refusal()
    assert refused is not None
    assert sentence in refused.sentence
    assert refused.how == "", "no command allows it"


def test_a_link_within_the_course_is_judged_by_where_it_leads(trust: Trust, course: Path) -> None:
    """Turned elsewhere, it is other code under the same name."""
    (course / "noise").symlink_to(course / "steps")
    trust.allow(read_code(course))
    assert said(trust) == ""
    (course / "noise").unlink()
    (course / "noise").symlink_to(course / "steps" / "exercises")
    assert said(trust)


def test_a_disk_is_no_course(trust: Trust, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with far too much in it is given up, not read for minutes."""
    monkeypatch.setattr("tutor.trust.MOST_FILES", 3)
    assert "more than 3 files" in said(trust)


def test_a_course_without_code_needs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text("")
    assert said(Trust(tmp_path, tmp_path / "state")) == ""


def test_an_answer_that_cannot_be_stored_counts_for_this_session(course: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    trust = Trust(course, tmp_path / "state")
    assert "is remembered until you leave alone" in trust.allow(read_code(course))
    assert said(trust) == ""
    assert said(again(trust))


@pytest.mark.parametrize("stored", ["", "{", "[]", '{"digest": 3}', "\xff", '{"digest": ""}'])
def test_a_broken_memory_is_none(trust: Trust, stored: str) -> None:
    """Whatever stands in the state folder, it allows nothing by mistake."""
    trust._file.parent.mkdir(parents=True)
    trust._file.write_bytes(stored.encode("latin-1"))
    assert said(trust)
