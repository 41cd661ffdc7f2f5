"""`tutor --course DIR`: another course, whose code runs once it was allowed, and whose progress is its own."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lessons.kit.beginning import begin
from lessons.kit.course import SHIPPED
from tests.support.practice import write_course
from tests.support.session import Session
from tests.test_cli import Done, Env

TUTOR = [sys.executable, "-m", "tutor"]
STUBS = Path(__file__).parent / "lab" / "stubs"
REFUSED = "the code of this course was not allowed to run; this allows it: tutor --trust --course"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """None of its code needs torch."""
    return write_course(tmp_path / "course")


@pytest.fixture
def tutor(tmp_path: Path) -> Callable[..., Done]:
    """Runs a command with a home of its own; neither of its streams is a terminal."""
    env = Env(tmp_path)

    def run(*argv: str, cwd: Path | None = None) -> Done:
        process = subprocess.Popen(
            [*TUTOR, *argv],
            env=env.vars,
            cwd=cwd or tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return Done(process)

    return run


Tutor = Callable[..., Done]


def marked(course: Path, mark: Path) -> None:
    """Every Python file of the course leaves a mark when it runs."""
    for file in course.rglob("*.py"):
        file.write_text(f"{file.read_text()}\nopen({str(mark)!r}, 'a').close()\n")


def test_its_topics_are_listed_before_or_after_the_command(tutor: Tutor, course: Path) -> None:
    """Without a question: nothing of it runs."""
    for argv in (["--course", str(course), "lessons", "--json"], ["lessons", "--json", "--course", str(course)]):
        done = tutor(*argv)
        assert (done.code, done.err) == (0, "")
        assert [topic["name"] for topic in json.loads(done.out)["topics"]] == ["numbers", "words"]


def test_a_command_that_is_told_opens_the_same_course(tutor: Tutor, course: Path, tmp_path: Path) -> None:
    """Of the list, of the text and of an exercise, from any folder; the tutor's own course needs no name."""
    told = f"`?tutor --course {shlex.quote(str(course.resolve()))}"
    for own, argv, rest in (
        (["lessons"], ["lessons"], "lesson NAME opens one"),
        (["practice", "--list"], ["practice", "--list"], "practice NAME` opens one"),
        (["practice", "flat_index"], ["practice", "my_mean"], "practice my_mean --check judges it"),
    ):
        said = tutor("--course", str(course), *argv).out
        assert re.search(rf"{told} {rest}", said), said
        assert "--course" not in tutor(*own).out


def test_nothing_runs_that_was_not_allowed(tutor: Tutor, course: Path, tmp_path: Path) -> None:
    """Where nobody can be asked: a sentence, and 1."""
    mark = tmp_path / "ran"
    marked(course, mark)
    for argv in (["demo", "numbers/walk"], ["practice", "my_mean", "--check"], ["practice", "my_mean", "--watch"]):
        done = tutor("--course", str(course), *argv)
        assert (done.code, done.out) == (1, "")
        assert done.err == f"tutor: {REFUSED} {course}.\n"
    assert not mark.exists()


def test_the_text_is_printed_without_its_code(tutor: Tutor, course: Path, tmp_path: Path) -> None:
    """Reading needs none of it; the exit code says that something is missing."""
    mark = tmp_path / "ran"
    marked(course, mark)
    done = tutor("--course", str(course), "lesson", "numbers", "--plain")
    assert done.code == 1
    assert "A mean is a sum by a count." in done.out
    assert "Step 1999" not in done.out
    assert done.err.count(REFUSED) == 1
    assert not mark.exists()


@pytest.mark.torch
def test_what_was_allowed_runs_until_it_changes(tutor: Tutor, course: Path) -> None:
    """Once, for this very code; the folder may be named in any way."""
    once = ["demo", "numbers/walk", "--frames", "1"]
    assert tutor("--course", str(course), "--trust", *once).code == 0
    assert tutor("--course", "course/../course", *once).code == 0
    demo = course / "numbers" / "demo.py"
    demo.write_text(demo.read_text() + "# more\n")
    done = tutor("--course", str(course), *once)
    assert done.code == 1
    assert "the code of this course changed since it was allowed; this allows it" in done.err


def test_trust_is_of_one_folder(tutor: Tutor, course: Path, tmp_path: Path) -> None:
    """A copy elsewhere is another course."""
    shutil.copytree(course, tmp_path / "copy")
    assert tutor("--course", str(course), "--trust", "lessons").code == 0
    assert REFUSED in tutor("--course", str(tmp_path / "copy"), "demo", "numbers/walk").err


def test_no_command_allows_what_leads_elsewhere(tutor: Tutor, course: Path, tmp_path: Path) -> None:
    (tmp_path / "demo.py").write_text((course / "numbers" / "demo.py").read_text())
    (course / "numbers" / "demo.py").unlink()
    (course / "numbers" / "demo.py").symlink_to(tmp_path / "demo.py")
    done = tutor("--course", str(course), "--trust", "demo", "numbers/walk")
    assert done.code == 1
    assert "numbers/demo.py is a link that leads out of it; put the code itself there" in done.err


def test_progress_is_kept_apart(tutor: Tutor, course: Path) -> None:
    """What is skipped here is not skipped in the tutor's own course, nor the other way round."""
    before = tutor("progress", "--json").out
    assert tutor("--course", str(course), "practice", "my_mean", "--skip").code == 0
    assert "my_mean" in tutor("--course", str(course), "progress").out
    assert tutor("progress", "--json").out == before


def test_the_tutors_own_course_by_its_folder_is_its_own(tutor: Tutor) -> None:
    """Nothing is asked about it, and its progress is the same."""
    assert tutor("--course", str(SHIPPED), "progress", "--json").out == tutor("progress", "--json").out
    assert (
        tutor("--course", str(SHIPPED), "practice", "--list", "--json").out == tutor("practice", "--list", "--json").out
    )


def test_a_malformed_course_is_a_list_of_sentences(tutor: Tutor, course: Path, tmp_path: Path) -> None:
    """With file and line, for every command; nothing of it runs, allowed or not."""
    mark = tmp_path / "ran"
    marked(course, mark)
    (course / "numbers" / "demo.py").write_text(f"open({str(mark)!r}, 'a').close()\ndef walk(:\n")
    (course / "words" / "lesson.md").write_text("# Words\n\n## Letters\n\n| a |\n|---|\n")
    for argv in ([], ["lessons"], ["lesson", "words"], ["demo", "numbers/walk"], ["practice"], ["lessons", "check"]):
        done = (
            tutor("--course", str(course), "--trust", *argv)
            if argv != ["lessons", "check"]
            else tutor(*argv, str(course))
        )
        told = (done.out + done.err).splitlines()
        assert done.code == 1
        assert any("course/numbers/demo.py:2: this is not Python" in line for line in told)
        assert any("course/words/lesson.md:5: a table does not fit" in line for line in told)
        assert told[-1].endswith(" problems.")
    assert not mark.exists()


@pytest.mark.parametrize("name", ["nowhere", "no\x1b[31mwhere", "no\u202ewhere", "course.toml"])
def test_a_folder_that_is_not_there_is_a_sentence(tutor: Tutor, course: Path, name: str) -> None:
    """And prints no byte that a terminal would obey."""
    done = tutor("--course", str(course / name), "lessons")
    assert (done.code, done.out) == (64, "")
    assert "there is no folder" in done.err
    assert done.err.strip().isprintable()


def test_a_hostile_name_comes_out_clean(tutor: Tutor, course: Path, tmp_path: Path) -> None:
    """In questions, refusals and lists of problems."""
    hostile = course.rename(tmp_path / "a\x1b]0;owned\x07 b")
    done = tutor("--course", str(hostile), "demo", "numbers/walk")
    assert done.code == 1
    assert "a␛]0;owned␇ b" in done.err
    (hostile / "words" / "lesson.md").unlink()
    broken = tutor("--course", str(hostile), "lessons")
    assert "a␛]0;owned␇ b/words/lesson.md:1: the file is missing" in broken.err
    assert all(line.isprintable() for line in (done.err + broken.err).splitlines())


@pytest.mark.torch
def test_a_topic_that_was_begun_passes_the_check(tutor: Tutor, tmp_path: Path) -> None:
    """As it is; its demo and its solutions are run."""
    folder = tmp_path / "mine"
    for name in ("first", "second"):
        made = tutor("lessons", "new", name, "--course", str(folder))
        assert made.code == 0
        assert f"tutor lessons check {folder}" in made.out
    done = tutor("lessons", "check", str(folder))
    assert (done.code, done.out) == (0, "Nothing is wrong: 2 topics, 8 demo runs, 12 solutions judged.\n")


def test_a_topic_is_begun_where_one_stands(tutor: Tutor, tmp_path: Path) -> None:
    """And never twice."""
    folder = tmp_path / "mine"
    folder.mkdir()
    assert tutor("lessons", "new", "first", cwd=folder).code == 0
    again = tutor("lessons", "new", "first", cwd=folder)
    assert (again.code, again.out) == (64, "")
    assert "there is a first in it already" in again.err
    assert tutor("lessons", "new", "a", str(folder), "--course", "other").code == 64


# On a terminal


def opened(course: Path, home: Path, *argv: str) -> Session:
    return Session([*TUTOR, "--course", str(course), *argv], columns=100, rows=30, home=home)


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    begin(tmp_path / "mine", "first")
    return tmp_path / "mine"


@pytest.mark.pty
@pytest.mark.parametrize("answer", ["n", "", "yep", "ja"])
def test_without_a_yes_it_is_read_and_its_code_rests(begun: Path, tmp_path: Path, answer: str) -> None:
    """The panel says so and how to allow it; questions can be answered; the next start asks again."""
    mark = tmp_path / "ran"
    marked(begun, mark)
    with opened(begun, tmp_path, "lesson", "first") as session:
        asked = session.wait_for("May this code run? [y/N]")
        assert "It has 8 Python files." in asked
        assert "first/demo.py" in asked
        session.send(answer.encode() + b"\r")
        session.wait_for("– not allowed")
        session.press("2")
        shown = session.wait_for("Each step multiplies w by 1 − 2.2")
        assert "tutor --trust --course" in shown
        session.press("ctrl+q")
        assert session.exit_code() == 0
        assert session.left_behind() == []
    with opened(begun, tmp_path, "lesson", "first") as session:
        session.wait_for("May this code run? [y/N]")
    assert not mark.exists()


@pytest.mark.pty
@pytest.mark.torch
def test_a_yes_is_remembered_until_the_code_changes(begun: Path, tmp_path: Path) -> None:
    """Also where it changes while the course is open: then the next run is refused."""
    with opened(begun, tmp_path, "lesson", "first") as session:
        session.wait_for("May this code run? [y/N]")
        session.send(b"y\r")
        session.wait_for("waiting for your answer")
        demo = begun / "first" / "demo.py"
        demo.write_text(demo.read_text() + "# more\n")
        session.press("2")
        session.wait_for("The code of this course changed since it")
        demo.write_text(demo.read_text().removesuffix("# more\n"))
        session.press("ctrl+q")
        assert session.exit_code() == 0
    with opened(begun, tmp_path, "lesson", "first") as session:
        assert "May this code run?" not in session.wait_for("How long may a step be?")


@pytest.mark.pty
def test_an_exercise_is_not_judged_by_code_that_was_not_allowed(begun: Path, tmp_path: Path) -> None:
    """The reader's own file stays as it is, and no try is counted."""
    mark = tmp_path / "ran"
    marked(begun, mark)
    with opened(begun, tmp_path, "practice", "first_step") as session:
        session.wait_for("May this code run? [y/N]")
        session.send(b"n\r")
        session.wait_for("not checked yet")
        session.press("r")
        session.wait_for("– not allowed")
        session.press("ctrl+q")
        assert session.exit_code() == 0
    assert not mark.exists()
