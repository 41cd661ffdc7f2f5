"""`tutor progress`, and what `tutor lessons` tells of it: for people, for programs, and from machine to machine."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lessons.kit.course import Course, load_course
from tests.support.small_course import RIGHT, WRONG, small_course
from tutor.progress import Progress
from tutor.progress_file import from_text, to_text
from tutor.report.listing import glossary_json, glossary_text, lessons_json, lessons_text
from tutor.report.progress import export_progress, import_progress, progress_json, progress_text
from tutor.review import DAY


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return small_course(tmp_path / "course")


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    """Of a reader who has read one section, answered two questions, solved one exercise and skipped another."""
    progress = Progress(tmp_path / "state")
    progress.merge([{"t": time.time() - 3.5 * DAY, "what": "section", "topic": "one", "section": "section-a"}])
    progress.merge([{"t": time.time() - 3.4 * DAY, "what": "answer", "topic": "one", "question": "a", "choice": WRONG}])
    progress.saw("one", "section-b")
    progress.answered("one", "b", RIGHT)
    progress.tried("one", "one_first", 2, 3)
    progress.hinted("one", "one_first", 1)
    progress.tried("one", "one_first", 3, 3)
    progress.solved("one", "one_first")
    progress.skipped("one", "one_second")
    return progress


def flat(text: str) -> str:
    return " ".join(text.split())


def test_what_was_done_is_told_topic_by_topic(course: Course, progress: Progress) -> None:
    """A skipped exercise is called skipped; a topic that was not begun is no row of noughts."""
    text = progress_text(course, progress)
    assert "one  Topic one\n" in text
    assert "read          2 of 2 sections\n" in text
    assert "predicted     1 right, 1 wrong, of 2\n" in text
    assert "solved        one_first\n" in text
    assert "skipped       one_second\n" in text
    assert text.endswith("\n\nNot begun\n    two")
    assert max(map(len, text.splitlines())) <= 80


def test_a_misconception_is_told_with_its_sentence_until_it_is_put_right(course: Course, progress: Progress) -> None:
    """And then too, with that."""
    assert "one#section-a What is a? Predicted: This It is not this." in flat(progress_text(course, progress))
    progress.reviewed("one", "a", RIGHT)
    assert "one#section-a (right when asked again)" in progress_text(course, progress)
    progress.reviewed("one", "a", 2)
    assert "again)" not in progress_text(course, progress)


def test_who_has_done_nothing_is_told_so(course: Course, tmp_path: Path) -> None:
    assert progress_text(course, Progress(tmp_path)) == "Nothing is done yet. `tutor` opens the course."


def test_what_was_done_for_programs(course: Course, progress: Progress) -> None:
    """Every topic of the course, item by item; choices count from 1, as on the screen."""
    told = json.loads(progress_json(course, progress))
    assert told["schema_version"] == 1
    one, two = (topic["progress"] for topic in told["topics"])
    assert (one["sections_done"], one["sections"], one["read"]) == (2, 2, ["section-a", "section-b"])
    assert one["predicted"]["a"] == {"choice": 1, "right": False, "reviews": []}
    first, second = one["exercises"].values()
    assert first["solved"].startswith("20")
    assert (first["tries"], first["held"], first["of"], first["hints"], first["skipped"]) == (2, 3, 3, 1, None)
    assert second["skipped"]
    assert second["solved"] is None
    assert (two["sections_done"], two["read"], list(two["exercises"])) == (0, [], ["two_first", "two_second"])
    (met,) = told["misconceptions"]
    assert (met["topic"], met["section"], met["question"], met["choice"]) == ("one", "section-a", "a", 1)
    assert (met["text"], met["why"], met["right_since"]) == ("This", "It is not this.", False)


def test_the_list_of_topics_ends_with_the_question_that_waits(course: Course, progress: Progress) -> None:
    """And with nothing once it is answered."""
    last = lessons_text(course, progress, None).splitlines()[-1]
    assert last == "A question of 3 days ago waits: What is a? (`tutor`, then d)"
    assert json.loads(lessons_json(course, progress, None))["question"]["question"] == "a"
    progress.reviewed("one", "a", RIGHT)
    assert "waits" not in lessons_text(course, progress, None)
    assert json.loads(lessons_json(course, progress, None))["question"] is None


def test_the_list_of_topics_tells_exercises(course: Course, progress: Progress) -> None:
    text = lessons_text(course, progress, None)
    assert "one  Topic one, 5 min, done, 1 of 2 exercises" in text
    assert re.search("two  Topic two, .*, 2 exercises\n", text)
    assert json.loads(lessons_json(course, progress, None))["topics"][0]["exercises"] == ["one_first", "one_second"]


def test_a_search_tells_the_term_before_the_places(course: Course, progress: Progress) -> None:
    """With what it means, and where it is explained."""
    assert lessons_text(course, progress, "two").startswith("term of two  (two#section-c)\n    What two is about.\n")
    hits = json.loads(lessons_json(course, progress, "two"))["hits"]
    assert hits[0] == {
        "topic": "two", "section": "section-c", "term": "term of two", "sentence": "What two is about."
    }  # fmt: skip


def test_the_glossary_is_listed(course: Course) -> None:
    """All of it, or what is called so."""
    assert glossary_text(course, "").count("(") == 2
    assert glossary_text(course, "TWO") == "term of two  (two#section-c)\n    What two is about."
    assert "no term 'xylophone'" in glossary_text(course, "xylophone")
    terms = json.loads(glossary_json(course, ""))["terms"]
    assert terms[0] == {
        "name": "term of one", "means": "What one is about.", "topic": "one", "section": "section-a"
    }  # fmt: skip


# From machine to machine


def test_export_delete_import_gives_the_same_progress(tmp_path: Path) -> None:
    """By the command itself; and the same file again changes nothing."""
    state, file = tmp_path / "state", tmp_path / "mine.json"
    before = Progress(state / "pytorch-tutor")
    section = next(section for section in load_course().topic("autograd").page.sections if section.questions)
    before.saw("autograd", section.slug)
    before.answered("autograd", section.questions[0].name, 1)
    before.reviewed("autograd", section.questions[0].name, 0)
    before.turned("autograd", "chain", {"x": 0.5})
    before.tried("autograd", "e", 1, 3)
    before.hinted("autograd", "e", 2)
    before.solved("autograd", "f")
    before.skipped("autograd", "g")

    def tutor(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tutor", "progress", *argv],
            env={**os.environ, "XDG_STATE_HOME": str(state)}, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    assert tutor("--export", str(file)).returncode == 0
    told = tutor("--json").stdout
    shutil.rmtree(state)
    assert tutor("--json").stdout != told
    done = tutor("--import", str(file))
    assert (done.returncode, done.stdout) == (0, "8 events added; 0 were here already.\n")
    after = Progress(state / "pytorch-tutor")
    assert (after.topics, after.last) == (before.topics, before.last)
    assert tutor("--json").stdout == told
    files = sorted(state.rglob("*.jsonl"))
    assert tutor("--import", str(file)).stdout == "0 events added; 8 were here already.\n"
    assert sorted(state.rglob("*.jsonl")) == files


def test_an_import_is_merged_with_what_is_here(course: Course, progress: Progress, tmp_path: Path) -> None:
    """The first answer stands, and a solution beats a skip, whichever machine it was on."""
    here = Progress(tmp_path / "here")
    here.answered("one", "a", RIGHT)
    here.solved("one", "one_second")
    here.merge(from_text(to_text(progress)))
    merged = here.topic("one")
    assert merged.answers == {"a": WRONG, "b": RIGHT}
    assert all(kept.solved and not kept.skipped for kept in merged.exercises.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "is no JSON, or was cut short"),
        (b"\xff\xfe\x00", "is no JSON, or was cut short"),
        (b'{"schema_version": 1, "events": [', "is no JSON, or was cut short"),
        (b"[" * 100_000, "is no JSON, or was cut short"),
        (b"[]", "is no exported progress"),
        (b'{"findings": []}', "is no exported progress"),
        (b'{"schema_version": 2, "events": []}', "was written by another version of the tutor"),
        (b'{"schema_version": 1, "events": [7]}', "its event 1 is no event"),
        (b'{"schema_version": 1, "events": [{"t": NaN, "what": "solved", "topic": "t"}]}', "its event 1 is no event"),
        (b'{"schema_version": 1, "events": [{"t": 1, "what": "solved"}]}', "its event 1 is no event"),
        (b'{"schema_version": 1, "events": [{"t": 1, "what": "script", "script": "rm", "topic": "t"}]}', "event 1"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_none_is_one_sentence_and_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: bytes, says: str
) -> None:
    """Nothing of it is taken: not even a command to run, which such a file must never bring."""
    (tmp_path / "file.json").write_bytes(text)
    progress = Progress(tmp_path / "state")
    assert import_progress(progress, str(tmp_path / "file.json")) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"tutor: {tmp_path}/file.json ")
    assert says in told.err
    assert told.err.count("\n") == 1
    assert not (tmp_path / "state").exists()


def test_a_file_that_cannot_be_read_or_written_is_said(
    progress: Progress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, and with the reason."""
    assert import_progress(progress, str(tmp_path / "none.json")) == 1
    assert capsys.readouterr().err == f"tutor: {tmp_path}/none.json could not be read: No such file or directory\n"
    assert export_progress(progress, str(tmp_path / "no" / "mine.json")) == 1
    assert "could not be written: No such file or directory" in capsys.readouterr().err
    assert export_progress(progress, "/dev/full") == 1
    assert capsys.readouterr().err == "tutor: /dev/full could not be written: No space left on device\n"


def test_a_progress_that_cannot_be_read_is_not_exported_as_none(
    progress: Progress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The export before stays; where nothing was done yet, there is nothing to say."""
    file = tmp_path / "mine.json"
    assert export_progress(Progress(tmp_path / "none"), str(file)) == 0
    file.write_text("the one before")
    (log,) = progress.folder.iterdir()
    log.unlink()
    log.mkdir()
    capsys.readouterr()
    assert export_progress(progress, str(file)) == 1
    assert capsys.readouterr().err == f"tutor: nothing was exported: {log} cannot be read: Is a directory\n"
    assert file.read_text() == "the one before"


def test_no_name_is_said_as_that(progress: Progress, capsys: pytest.CaptureFixture[str]) -> None:
    assert export_progress(progress, "") == 1
    assert capsys.readouterr().err.startswith("tutor: a file without a name could not be written: ")


@pytest.mark.parametrize(("held", "of"), [(-5, 3), (4, 3), (1, 10**25)])
def test_amounts_that_cannot_be_are_not_shown(tmp_path: Path, held: int, of: int) -> None:
    """An import is read with distrust."""
    progress = Progress(tmp_path / "state")
    progress.merge([{"t": 1, "what": "try", "topic": "one", "exercise": "one_first", "held": held, "of": of}])
    assert progress.topic("one").exercise("one_first").tries == 0


def test_an_export_that_fails_leaves_the_one_before(
    progress: Progress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no half file beside it."""
    file = tmp_path / "mine.json"
    file.write_text("the one before")

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as part:
            part.write(data[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert export_progress(progress, str(file)) == 1
    assert file.read_text() == "the one before"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine.json"]


def test_a_pipe_takes_it_too(
    progress: Progress, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tutor progress --export - | ssh host tutor progress --import -`."""
    assert export_progress(progress, "-") == 0
    text = capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    there = Progress(tmp_path / "there")
    assert import_progress(there, "-") == 0
    assert there.topics == progress.topics


def test_what_cannot_be_kept_is_said(progress: Progress, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An import into a state folder that takes nothing has failed."""
    export_progress(progress, str(tmp_path / "mine.json"))
    (tmp_path / "file").write_text("")
    assert import_progress(Progress(tmp_path / "file"), str(tmp_path / "mine.json")) == 1
    assert "tutor: What you do now is not kept: Not a directory" in capsys.readouterr().err
