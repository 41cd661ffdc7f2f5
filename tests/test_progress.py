"""What the reader did, across starts, crashes, terminals and broken files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tutor.progress import Progress


def test_a_new_start_goes_on_where_the_last_stopped(tmp_path: Path) -> None:
    """Section, answers, knobs and theme are read back."""
    first = Progress(tmp_path)
    first.saw("learning_rate", "one-step")
    first.answered("learning_rate", "critical", 2)
    first.turned("learning_rate", "bowl", {"lr": 0.09, "optimizer": "SGD"})
    first.chose_theme("light")
    again = Progress(tmp_path)
    assert again.last == "learning_rate"
    assert again.topic("learning_rate").section == "one-step"
    assert again.topic("learning_rate").answers == {"critical": 2}
    assert again.topic("learning_rate").knobs == {"bowl": {"lr": 0.09, "optimizer": "SGD"}}
    assert again.theme == "light"


def test_the_first_answer_stands(tmp_path: Path) -> None:
    """A prediction is locked in: a later one changes nothing."""
    progress = Progress(tmp_path)
    progress.answered("t", "q", 1)
    progress.answered("t", "q", 0)
    assert Progress(tmp_path).topic("t").answers == {"q": 1}


def test_what_did_not_change_is_not_written(tmp_path: Path) -> None:
    """The same knobs, section and theme again add no line."""
    progress = Progress(tmp_path)
    for _ in range(3):
        progress.saw("t", "s")
        progress.turned("t", "d", {"lr": 0.1})
        progress.chose_theme("dark")
    (file,) = (tmp_path / "progress").glob("*.jsonl")
    assert len(file.read_text().splitlines()) == 3


def test_two_processes_are_merged_by_time(tmp_path: Path) -> None:
    """A log a process: the newest event wins, whichever file it stands in."""
    folder = tmp_path / "progress"
    folder.mkdir()
    for name, time, section in (("a.1.jsonl", 20.0, "later"), ("b.2.jsonl", 10.0, "earlier")):
        event = {"t": time, "what": "section", "topic": "t", "section": section}
        (folder / name).write_text(json.dumps(event) + "\n")
    progress = Progress(tmp_path)
    assert progress.topic("t").section == "later"
    assert progress.topic("t").seen == {"earlier", "later"}


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "null", '{"t": "x"}', '{"t": 1}', '{"t": 1, "what": "answer"}', "\x00\xff"]
)
def test_a_broken_line_costs_itself_alone(tmp_path: Path, line: str) -> None:
    """What a full disk or a crash left is passed over."""
    Progress(tmp_path).saw("t", "s")
    (file,) = (tmp_path / "progress").glob("*.jsonl")
    file.write_text(line + "\n" + file.read_text() + line)
    assert Progress(tmp_path).topic("t").section == "s"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The reader goes on, and is told that nothing is kept."""
    tmp_path.chmod(0o500)
    progress = Progress(tmp_path / "state")
    progress.saw("t", "s")
    assert progress.topic("t").section == "s"
    assert "cannot be kept" in progress.trouble


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    """The same, for a state folder that is a file."""
    (tmp_path / "state").write_text("")
    progress = Progress(tmp_path / "state")
    progress.saw("t", "s")
    assert "cannot be kept" in progress.trouble
