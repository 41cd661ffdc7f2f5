"""The reader's own file of an exercise, how it is watched, and how the reader stands with each."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lessons.kit.course import Course
from tests.support.practice import MEAN, MEAN_RIGHT, SUM, practice_course
from tutor.lab.client import Lab
from tutor.practice.own_file import LARGEST, OwnFile, Unreadable
from tutor.practice.practice import Practice
from tutor.practice.task import task_of
from tutor.practice.told import told
from tutor.practice.watching import Watch, Way
from tutor.progress import Progress

STUBS = Path(__file__).parent / "lab" / "stubs"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return practice_course(tmp_path / "course")


@pytest.fixture
def own(course: Course, tmp_path: Path) -> OwnFile:
    own = OwnFile(course.exercise("my_mean"), tmp_path / "state")
    own.open()
    return own


# The file


def test_it_is_made_from_the_start_and_never_overwritten(course: Course, tmp_path: Path) -> None:
    """What stands in it the second time is the reader's."""
    own = OwnFile(course.exercise("my_mean"), tmp_path)
    assert own.path == tmp_path / "practice" / "numbers" / "my_mean.py"
    assert own.open() == MEAN
    assert not own.edited
    own.path.write_text(SUM)
    again = OwnFile(course.exercise("my_mean"), tmp_path)
    assert again.open() == SUM
    assert again.edited


def test_what_is_typed_is_stored_whole(own: OwnFile) -> None:
    """And nothing is left beside it."""
    assert own.keep(SUM) == ""
    assert own.path.read_text() == own.text == SUM
    assert [file.name for file in own.path.parent.iterdir()] == ["my_mean.py"]


def test_what_was_changed_outside_gives_way_but_is_kept(own: OwnFile) -> None:
    """And that is said."""
    own.path.write_text(SUM)
    assert "my_mean.py.before" in own.keep(MEAN_RIGHT)
    assert own.path.read_text() == MEAN_RIGHT
    assert own.path.with_name("my_mean.py.before").read_text() == SUM


def test_a_link_to_a_file_elsewhere_stays_one(own: OwnFile, tmp_path: Path) -> None:
    """A reader's own folder may hold the real one."""
    elsewhere = tmp_path / "mine.py"
    elsewhere.write_text(MEAN)
    own.path.unlink()
    own.path.symlink_to(elsewhere)
    own.keep(SUM)
    assert own.path.is_symlink()
    assert elsewhere.read_text() == SUM


def test_reset_keeps_the_old_one_beside_it(own: OwnFile) -> None:
    """And where nothing was changed, what was kept before stays."""
    own.keep(SUM)
    assert own.reset() == "Begun anew; yours is kept in my_mean.py.before beside it."
    assert own.path.read_text() == own.text == MEAN
    assert own.reset() == "Nothing was changed in it yet."
    assert own.path.with_name("my_mean.py.before").read_text() == SUM


def test_line_ends_and_marks_of_windows_are_read_as_text(own: OwnFile) -> None:
    own.path.write_bytes(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n")
    assert own.open() == "x = 1\ny = 2\n"


UNREADABLE = {
    "no text": (b"x = 1\ny = '\xff'\n", "line 2 of my_mean.py is not UTF-8; save the file as UTF-8"),
    "no solution": (b"#" * (LARGEST + 1), "has more than 1 MB"),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_what_cannot_be_read_is_a_sentence(own: OwnFile, fault: str) -> None:
    data, said = UNREADABLE[fault]
    own.path.write_bytes(data)
    with pytest.raises(Unreadable, match=said):
        own.open()


def test_a_folder_in_its_place_is_a_sentence(own: OwnFile) -> None:
    own.path.unlink()
    own.path.mkdir()
    with pytest.raises(Unreadable, match="cannot be read: Is a directory"):
        own.open()


def test_a_home_that_cannot_be_written_is_a_sentence(course: Course, tmp_path: Path) -> None:
    """What was typed is still there to be judged."""
    (tmp_path / "practice").write_text("a file, where a folder is to be")
    own = OwnFile(course.exercise("my_mean"), tmp_path)
    with pytest.raises(Unreadable, match="could not be written: "):
        own.open()
    assert "could not be written" in own.keep(SUM)
    assert own.text == SUM


UNREAD = {
    "no text": lambda file: file.write_bytes(b"# gr\xfc\xdfe\n"),
    "too much": lambda file: file.write_bytes(b"#" * (LARGEST + 1)),
    "a pipe": lambda file: (file.unlink(), os.mkfifo(file)),
    "a device": lambda file: (file.unlink(), file.symlink_to("/dev/zero")),
}


@pytest.mark.parametrize("fault", UNREAD)
@pytest.mark.parametrize("does", ["keep", "reset"])
def test_what_cannot_be_read_is_set_aside_and_never_overwritten(own: OwnFile, fault: str, does: str) -> None:
    """It may be hours of work, saved in another encoding; and that is said."""
    UNREAD[fault](own.path)  # type: ignore[no-untyped-call]
    was = own.path.lstat()
    said = own.keep(SUM) if does == "keep" else own.reset()
    kept = own.path.with_name("my_mean.py.before")
    assert kept.lstat().st_ino == was.st_ino
    assert kept.name in said
    assert own.path.read_text() == (SUM if does == "keep" else MEAN)


@pytest.mark.parametrize("fault", ["a pipe", "a device"])
def test_what_has_no_end_is_refused_at_once(own: OwnFile, fault: str) -> None:
    """A pipe would wait for ever, and /dev/zero fill the memory."""
    UNREAD[fault](own.path)  # type: ignore[no-untyped-call]
    with pytest.raises(Unreadable, match="is no regular file"):
        own.open()


def test_no_copy_is_written_over_by_the_next(own: OwnFile) -> None:
    """A reset after a reset, or after a conflict, keeps both."""
    for text in (SUM, MEAN_RIGHT):
        own.keep(text)
        own.reset()
    beside = own.path.with_name
    assert beside("my_mean.py.before").read_text() == SUM
    assert beside("my_mean.py.before2").read_text() == MEAN_RIGHT


# Watching


@contextlib.asynccontextmanager
async def watched(own: OwnFile) -> AsyncIterator[tuple[Watch, asyncio.Queue[str | Unreadable]]]:
    """A watch, and what it tells, once it has begun."""
    told: asyncio.Queue[str | Unreadable] = asyncio.Queue()
    begun = asyncio.Event()
    watch = Watch(own, begun.set)

    async def follow() -> None:
        async with contextlib.aclosing(watch.changes()) as changes:
            async for text in changes:
                if isinstance(text, str):
                    own.text = text
                told.put_nowait(text)

    following = asyncio.create_task(follow())
    await asyncio.wait_for(begun.wait(), 30)
    try:
        yield watch, told
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def next_of(told: asyncio.Queue[str | Unreadable]) -> str | Unreadable:
    return await asyncio.wait_for(told.get(), 30)


async def test_a_save_is_told_by_events(own: OwnFile) -> None:
    """In place, and by another file in its place; a file beside it is nothing."""
    async with watched(own) as (watch, told):
        own.path.write_text(SUM)
        assert await next_of(told) == SUM
        own.path.with_name(".my_mean.py.swp").write_text("x")
        part = own.path.with_name("part")
        part.write_text(MEAN_RIGHT)
        part.replace(own.path)
        assert await next_of(told) == MEAN_RIGHT
        assert watch.way is Way.EVENTS
        assert told.empty()


async def test_an_editor_that_moves_the_file_away_first_is_waited_for(own: OwnFile) -> None:
    """As vim does with a backup."""
    async with watched(own) as (_, told):
        own.path.rename(own.path.with_name("my_mean.py~"))
        await asyncio.sleep(0.3)
        own.path.write_text(SUM)
        assert await next_of(told) == SUM
        assert told.empty()


async def test_an_empty_moment_is_not_told(own: OwnFile) -> None:
    """What is written after it is."""
    async with watched(own) as (_, told):
        with own.path.open("w") as file:
            await asyncio.sleep(0.4)
            file.write(SUM)
        assert await next_of(told) == SUM
        assert told.empty()


async def test_a_file_that_stays_empty_is_told_in_the_end(own: OwnFile) -> None:
    async with watched(own) as (_, told):
        own.path.write_text("")
        assert await next_of(told) == ""


async def test_a_touch_and_our_own_save_are_no_news(own: OwnFile) -> None:
    """Only another text is."""
    async with watched(own) as (_, told):
        own.keep(SUM)
        os.utime(own.path)
        own.path.write_text(SUM)
        own.path.write_text(MEAN_RIGHT)
        assert await next_of(told) == MEAN_RIGHT


@pytest.mark.parametrize("fault", ["no text", "deleted"])
async def test_a_file_that_cannot_be_read_is_told_and_so_is_what_comes_after(own: OwnFile, fault: str) -> None:
    """Also where that is the text of before: else the sentence would stand, or the old verdict."""
    own.keep(SUM)
    async with watched(own) as (_, told):
        if fault == "deleted":
            own.path.unlink()
        else:
            own.path.write_bytes(b"\xff\xfe")
        said = await next_of(told)
        assert isinstance(said, Unreadable)
        assert ("No such file" if fault == "deleted" else "is not UTF-8") in str(said)
        own.path.write_text(SUM)
        assert await next_of(told) == SUM
        assert told.empty()


async def test_what_changed_before_the_watch_began_is_told(own: OwnFile) -> None:
    own.path.write_text(SUM)
    async with watched(own) as (_, told):
        assert await next_of(told) == SUM


async def test_without_events_it_looks_and_events_that_come_are_trusted_again(own: OwnFile, tmp_path: Path) -> None:
    """A write by another name of the same file is what the folder hears nothing of, as from another host on NFS."""
    other = tmp_path / "other.py"
    os.link(own.path, other)
    async with watched(own) as (watch, told):
        assert watch.way is Way.EVENTS
        other.write_text("x = 1\n")  # what is read as the watch begins needs no event
        assert await next_of(told) == "x = 1\n"
        other.write_text(SUM)
        assert await next_of(told) == SUM
        assert watch.way is Way.LOOKING
        own.path.write_text(MEAN_RIGHT)
        assert await next_of(told) == MEAN_RIGHT
        assert watch.way is Way.EVENTS


@pytest.mark.parametrize("fault", [ImportError("no such library here"), OSError(28, "inotify watch limit reached")])
async def test_where_events_cannot_be_had_it_looks(
    own: OwnFile, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """No library for this machine, or no watches left: a save is told all the same."""
    real = builtins.__import__

    def no_watchfiles(name: str, *rest: Any) -> Any:
        if name == "watchfiles":
            raise fault
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_watchfiles)
    async with watched(own) as (watch, told):
        assert watch.way is Way.LOOKING
        own.path.write_text(SUM)
        assert await next_of(told) == SUM


def test_nothing_is_imported_before_watching_starts() -> None:
    """The library is for who practises."""
    import subprocess

    code = "import sys, tutor.app, tutor.report.practice; print('watchfiles' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


# How the reader stands


@pytest.fixture
def practice(course: Course, tmp_path: Path) -> Practice:
    return Practice(course, Progress(tmp_path / "state"), tmp_path / "state")


@pytest.fixture
async def lab(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    monkeypatch.setenv("PYTHONPATH", str(STUBS))
    lab = Lab(sys.executable, spare=False)
    yield lab
    await lab.close()


def test_it_begins_with_the_first_that_is_left(practice: Practice, tmp_path: Path) -> None:
    """Solved and skipped ones are passed over; where all are done, it is the first."""
    practice.of("my_mean").skip()
    assert practice.chosen.exercise.name == "my_clamp"
    for one in practice:
        one.skip()
    again = Practice(practice.course, Progress(tmp_path / "state"), tmp_path / "state")
    assert again.next_open() is None
    assert again.chosen.exercise.name == "my_mean"


def test_next_and_previous_go_through_all_topics(practice: Practice) -> None:
    """And no further."""
    assert [practice.go(1) for _ in range(3)] == [True, True, False]
    assert practice.chosen.exercise.name == "my_turn"
    assert practice.place == (3, 3)
    assert practice.go(-1)


async def test_an_attempt_is_recorded(practice: Practice, lab: Lab, tmp_path: Path) -> None:
    """Tries, what held, and that it was solved: for ever, also after a reset."""
    one = practice.of("my_mean")
    one.own.open()
    one.own.keep(SUM)
    verdict = await one.check(lab)
    assert verdict is not None
    assert not verdict.solved
    assert (one.word, one.kept.tries, one.kept.held, one.kept.of) == ("begun", 1, 1, 3)
    assert [line.standing for line in one.lines] == ["held", "broken", "not reached"]
    one.own.path.write_text(MEAN_RIGHT)
    await one.check(lab)
    assert one.word == "solved"
    one.reset()
    kept = Progress(tmp_path / "state").topic("numbers").exercise("my_mean")
    assert kept.tries == 2
    assert kept.solved is not None


async def test_without_torch_no_try_is_counted(practice: Practice, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_STUB", "broken")
    one = practice.of("my_mean")
    assert await one.check(lab) is not None
    assert one.kept.tries == 0
    assert told(one).state == "– needs torch"


def test_hints_are_a_ladder(practice: Practice) -> None:
    """One at a time; all of them once it is solved or skipped, and closed by a reset."""
    one = practice.of("my_mean")
    assert [len(one.hints), one.hint(), one.hint(), one.hint(), one.hint()] == [0, 1, 2, 3, 3]
    one.reset()
    assert one.hints == ()
    one.skip()
    assert len(one.hints) == 3
    assert one.kept.hints == 0


def test_a_reset_says_that_it_is_no_longer_skipped(practice: Practice) -> None:
    """Also where nothing was changed; a solved one stays solved, and no word is lost on it."""
    one = practice.of("my_mean")
    one.own.open()
    one.skip()
    assert one.reset() == "Nothing was changed in it yet. It is no longer skipped."
    assert one.word == "new"
    assert one.reset() == "Nothing was changed in it yet."


def test_the_task_grows_with_what_is_open(practice: Practice) -> None:
    """Task, hints, and what is read afterwards, each under its own word."""
    one = practice.of("my_mean")

    def words() -> list[str]:
        return [block.text for block in task_of(one).section.blocks if type(block).__name__ == "Word"]

    assert words() == []
    one.hint()
    assert words() == ["First hint"]
    one.skip()
    assert words() == ["First hint", "Second hint", "Third hint", "Afterwards"]


async def test_what_is_said_is_about_what_stands_in_the_file(practice: Practice, lab: Lab) -> None:
    """A verdict on a text that has changed since is none."""
    one = practice.of("my_mean")
    assert told(one).state == "○ not checked yet"
    await one.check(lab)
    assert told(one).state == "✗ 0 of 3 hold"
    assert [row.sign for row in told(one).rows] == ["✗ broken", " ", "– not reached", "– not reached"]
    one.own.keep(MEAN_RIGHT)
    assert told(one).state == "○ not checked yet"
    assert told(one, checking=True).state == "··· checking"
    assert told(one, checking=True, starting=True).state == "··· starting torch"
    await one.check(lab)
    assert told(one, after="Next.").state == "✓ solved"
    assert told(one, after="Next.").rows[-1].text == "Next."
