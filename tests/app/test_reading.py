"""Where the reader is in a topic: questions that lock, answers that stay, knobs that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.kit.course import Topic, load_course
from tutor.progress import Progress
from tutor.reading import Reading, sections_done

TOML = """
title = "Speed"
summary = "How fast."
minutes = 5
objectives = ["Say how fast."]

[demo.walk]
title = "A walk"
shows = "steps"

[demo.walk.knobs]
lr = { slider = [1e-4, 1.0], scale = "log", default = 0.05 }
kind = { choice = ["SGD", "momentum"] }
beta = { slider = [0.0, 0.99], default = 0.9, used = { kind = ["momentum"] } }
"""

PAGE = """# Speed

## First

<!-- panel: walk?lr=0.01 -->

Read. [lr 0.2](demo:walk?lr=0.2)

## Second

<!-- panel: walk?lr=0.05 -->

Think.

```predict limit
What happens at 0.1?

- [ ] Nothing
  Something does.
- [x] Much
  As the run says.

run: walk?lr=0.1
```

## Third

No panel of its own.
"""

DEMO = """
from collections.abc import Iterator

from lessons.kit import Frame


def walk(lr: float, kind: str, beta: float) -> Iterator[Frame]:
    yield Frame((), {"lr": lr}, "A step.")
"""


@pytest.fixture
def topic(tmp_path: Path) -> Topic:
    folder = tmp_path / "course" / "speed"
    folder.mkdir(parents=True)
    (folder.parent / "course.toml").write_text('title = "A course"\ntopics = ["speed"]\n')
    (folder / "lesson.toml").write_text(TOML)
    (folder / "lesson.md").write_text(PAGE)
    (folder / "demo.py").write_text(DEMO)
    return load_course(folder.parent).topic("speed")


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "state")


def again(progress: Progress) -> Progress:
    """The progress that the next start reads."""
    return Progress(progress.folder.parent)


def test_a_section_sets_the_panel(topic: Topic, progress: Progress) -> None:
    """With its own knobs, the others at their defaults."""
    reading = Reading(topic, progress)
    assert reading.setting is not None
    assert reading.setting.knobs == {"lr": 0.01, "kind": "SGD", "beta": 0.9}
    assert not reading.locked


def test_an_open_question_locks_knobs_and_gives_nothing_away(topic: Topic, progress: Progress) -> None:
    """The panel stands on the section's own setting until the answer; the knobs do not turn."""
    reading = Reading(topic, progress)
    assert reading.go(1)
    assert reading.locked
    assert reading.setting is not None
    assert reading.setting.knobs["lr"] == 0.05
    assert not reading.turn("lr", 1)
    assert reading.answer(0)
    assert reading.setting.knobs["lr"] == 0.1


def test_the_run_tells_and_the_choice_is_kept(topic: Topic, progress: Progress) -> None:
    """An answer is locked in at once, told when the run has ended, and stands at the next start."""
    reading = Reading(topic, progress, "second")
    assert reading.answer(0)
    assert not reading.locked
    assert reading.asked["limit"].picked == 0
    assert not reading.asked["limit"].told
    assert reading.tell() is not None
    assert reading.asked["limit"].told
    assert reading.tell() is None
    assert not reading.answer(1)
    later = Reading(topic, again(progress), "second")
    assert later.asked["limit"].picked == 0
    assert later.asked["limit"].told


def test_a_choice_that_is_not_there_answers_nothing(topic: Topic, progress: Progress) -> None:
    """Key 9 at a question with two answers."""
    reading = Reading(topic, progress, "second")
    assert not reading.answer(8)
    assert reading.locked


def test_going_on_without_an_answer_is_allowed(topic: Topic, progress: Progress) -> None:
    """Skipping is honest: the question stays open."""
    reading = Reading(topic, progress, "second")
    assert reading.go(2)
    assert not reading.locked
    assert reading.go(1)
    assert reading.locked


def test_a_section_without_a_panel_keeps_the_one_before(topic: Topic, progress: Progress) -> None:
    """Also when the reader comes from elsewhere, or resumes there."""
    reading = Reading(topic, progress, "third")
    assert reading.setting is not None
    assert reading.setting.knobs["lr"] == 0.05


def test_the_next_start_goes_on_at_section_and_knobs(topic: Topic, progress: Progress) -> None:
    """What was turned by hand is there again."""
    reading = Reading(topic, progress)
    assert reading.turn("lr", 1)
    turned = reading.setting
    assert Reading(topic, again(progress)).setting == turned
    reading.go(2)
    later = Reading(topic, again(progress))
    assert later.section.slug == "third"
    assert later.setting != turned  # it was turned elsewhere, and would stand beside another text


def test_kept_knobs_that_no_longer_fit_are_left_out(topic: Topic, progress: Progress) -> None:
    """A course may have changed since: values out of range and knobs that are gone count for nothing."""
    progress.saw("speed", "first")
    progress.turned("speed", "walk", {"lr": 7.0, "kind": "momentum", "gone": 1})
    reading = Reading(topic, progress)
    assert reading.setting is not None
    assert reading.setting.knobs == {"lr": 0.01, "kind": "momentum", "beta": 0.9}


def test_a_knob_that_does_not_matter_does_not_turn(topic: Topic, progress: Progress) -> None:
    """beta is unused by SGD, and turns for momentum."""
    reading = Reading(topic, progress)
    assert not reading.turn("beta", -1)
    assert reading.turn("kind", 1)
    assert reading.turn("beta", -1)
    assert reading.reset()
    assert reading.setting is not None
    assert reading.setting.knobs == {"lr": 0.05, "kind": "SGD", "beta": 0.9}


def test_a_link_knows_that_the_panel_stands_on_it(topic: Topic, progress: Progress) -> None:
    """Until a knob is turned."""
    reading = Reading(topic, progress)
    reading.follow("walk?lr=0.2")
    assert reading.target == "walk?lr=0.2"
    reading.turn("lr", 1)
    assert reading.target == ""


def test_done_means_seen_and_answered(topic: Topic, progress: Progress) -> None:
    """A section with an open question is not done."""
    reading = Reading(topic, progress)
    assert sections_done(topic, progress) == (1, 3)
    reading.go(1)
    assert sections_done(topic, progress) == (1, 3)
    reading.answer(1)
    assert sections_done(topic, progress) == (2, 3)


def test_an_answer_that_the_question_no_longer_has_is_left_out(topic: Topic, progress: Progress) -> None:
    """A course may have changed since: the question is open again."""
    progress.answered("speed", "limit", 7)
    assert Reading(topic, progress, "second").locked


def test_the_score_counts_right_predictions(topic: Topic, progress: Progress) -> None:
    """Of all the questions in the topic."""
    reading = Reading(topic, progress, "second")
    assert reading.score() == (0, 1)
    reading.answer(1)
    assert reading.score() == (1, 1)
