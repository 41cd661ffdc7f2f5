"""What the reader did, across starts and machines. What disks and crashes do to it: test_event_log.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tutor.progress import Answered, ExerciseProgress, Progress


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


def test_an_exercise_tells_what_was_done_about_it(tmp_path: Path) -> None:
    """Tries with what held at the last one, hints up to the furthest, and when it was solved."""
    first = Progress(tmp_path)
    first.tried("t", "e", 1, 4)
    first.hinted("t", "e", 2)
    first.hinted("t", "e", 1)
    first.tried("t", "e", 4, 4)
    first.solved("t", "e")
    kept = Progress(tmp_path).topic("t").exercises["e"]
    assert (kept.tries, kept.held, kept.of, kept.hints) == (2, 4, 4, 2)
    assert kept.solved
    assert kept.skipped is None


def test_a_skip_is_undone_by_solving_and_by_beginning_anew(tmp_path: Path) -> None:
    """It is never a solution."""
    progress = Progress(tmp_path)
    for exercise in ("solved", "anew", "left"):
        progress.skipped("t", exercise)
        assert progress.topic("t").exercises[exercise].skipped
        assert progress.topic("t").exercises[exercise].solved is None
    progress.solved("t", "solved")
    progress.reset("t", "anew")
    kept = Progress(tmp_path).topic("t").exercises
    assert [name for name, exercise in kept.items() if exercise.skipped] == ["left"]
    assert [name for name, exercise in kept.items() if exercise.solved] == ["solved"]


def test_a_solution_counts_for_ever(tmp_path: Path) -> None:
    """Wrong tries, a skip and a reset after it take nothing away; its time is that of the first."""
    progress = Progress(tmp_path)
    progress.hinted("t", "e", 3)
    progress.solved("t", "e")
    when = progress.topic("t").exercises["e"].solved
    progress.skipped("t", "e")
    progress.tried("t", "e", 0, 4)
    progress.reset("t", "e")
    progress.solved("t", "e")
    assert Progress(tmp_path).topic("t").exercises == {"e": ExerciseProgress(tries=1, held=0, of=4, solved=when)}


def test_a_skip_that_another_terminal_wrote_after_the_solution_is_none(tmp_path: Path) -> None:
    """The two did not know of each other; what is solved stays so."""
    one, other = Progress(tmp_path), Progress(tmp_path)
    one.solved("t", "e")
    other.skipped("t", "e")
    kept = Progress(tmp_path).topic("t").exercises["e"]
    assert kept.solved
    assert kept.skipped is None


def test_a_review_leaves_the_prediction_what_it_was(tmp_path: Path) -> None:
    """Both are kept, in their order."""
    progress = Progress(tmp_path)
    progress.answered("t", "q", 2)
    progress.reviewed("t", "q", 0)
    kept = Progress(tmp_path).topic("t")
    assert kept.answers == {"q": 2}
    assert [answered.choice for answered in kept.asked["q"]] == [2, 0]
    assert kept.asked["q"][0].time <= kept.asked["q"][1].time
    assert isinstance(kept.asked["q"][0], Answered)


def test_what_was_done_can_be_carried_to_another_machine(tmp_path: Path) -> None:
    """Merged with what was done there; no setting and no path goes along."""
    here, there = Progress(tmp_path / "here"), Progress(tmp_path / "there")
    here.saw("t", "s")
    here.solved("t", "e")
    here.checked("/home/me/train.py")
    here.chose_theme("light")
    there.saw("u", "s")
    assert there.merge(here.events()) == 2
    assert there.topic("u").seen == there.topic("t").seen == {"s"}
    again = Progress(tmp_path / "there")
    assert again.topic("t").exercises["e"].solved
    assert (again.script, again.theme) == ("", "")


def test_the_same_events_twice_change_nothing(tmp_path: Path) -> None:
    """Not even the number of tries."""
    progress = Progress(tmp_path / "here")
    progress.tried("t", "e", 1, 4)
    events = progress.events()
    assert progress.merge(events) == 0
    other = Progress(tmp_path / "there")
    assert other.merge([*events, *events]) == 1
    assert other.merge(events) == 0
    assert other.topic("t").exercises["e"].tries == 1
    assert len(list((tmp_path / "there").rglob("*.jsonl"))) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"what": "answer"},
        {"what": "answer", "topic": "t", "question": "q", "choice": "b"},
        {"what": "try", "topic": "t", "exercise": "e"},
        {"what": "review", "topic": "t", "question": ["q"], "choice": 0},
        {"what": "of a later version", "topic": "t", "exercise": "e", "section": "s"},
        {"what": "theme", "theme": "plaid"},
    ],
)
def test_an_event_that_says_nothing_to_us_changes_nothing(tmp_path: Path, event: dict[str, object]) -> None:
    """It is carried along nevertheless: a newer tutor may know it."""
    progress = Progress(tmp_path)
    progress.saw("t", "s")
    progress.merge([{"t": 1.0, **event}])
    again = Progress(tmp_path)
    assert again.topic("t").seen == {"s"}
    assert not again.topic("t").answers
    assert not again.topic("t").asked
    assert again.topic("t").exercises.get("e", ExerciseProgress()) == ExerciseProgress()
    assert len(again.events()) == 1 + ("topic" in event)


def test_what_is_not_kept_is_said_in_a_sentence(tmp_path: Path) -> None:
    """At length for as long as it lasts, and as news once each time that it comes up."""
    (tmp_path / "state").write_text("")
    progress = Progress(tmp_path / "state")
    assert (progress.trouble, progress.news()) == ("", "")
    progress.saw("t", "s")
    assert progress.trouble == f"What you do now is not kept: Not a directory, in {tmp_path}/state/progress"
    assert progress.news() == "What you do now is not kept: Not a directory."
    progress.saw("t", "u")
    assert progress.news() == ""
    assert progress.topic("t").seen == {"s", "u"}
    (tmp_path / "state").unlink()
    progress.saw("t", "v")
    assert (progress.trouble, progress.news()) == ("", "")
    assert Progress(tmp_path / "state").topic("t").seen == {"s", "u", "v"}
