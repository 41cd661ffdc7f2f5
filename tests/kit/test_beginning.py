"""`lessons new`: a topic that is sound from the start, in a course that is there or in a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.kit.beginning import begin
from lessons.kit.course import load_course
from lessons.kit.problems import CourseError, problems
from tests.kit.conftest import Author


def topics(folder: Path) -> list[str]:
    return [topic.name for topic in load_course(folder).topics]


def test_a_new_course_is_sound(tmp_path: Path) -> None:
    """With its folder, where that is missing."""
    folder = tmp_path / "courses" / "mine"
    assert begin(folder, "my_topic") == folder / "my_topic"
    assert problems(folder) == []
    assert sorted(child.name for child in folder.iterdir()) == ["course.toml", "my_topic"]


def test_it_has_one_of_each(tmp_path: Path) -> None:
    """A section with a question, a demo with a knob, an exercise with three mistakes, a term."""
    begin(tmp_path, "my_topic")
    topic = load_course(tmp_path).topic("my_topic")
    assert topic.title == "My topic" == topic.page.title
    assert [len(section.questions) for section in topic.page.sections] == [1]
    assert [[knob.name for knob in demo.knobs] for demo in topic.demos.values()] == [["lr"]]
    [exercise] = topic.exercises.values()
    assert (exercise.name, len(exercise.wrong), len(exercise.right)) == ("my_topic_step", 3, 2)
    assert len(topic.terms) == 1
    assert not list(tmp_path.rglob("__pycache__"))


def test_several_live_in_one_course(tmp_path: Path) -> None:
    """In the order in which they were begun."""
    for name in ("one", "two", "three"):
        begin(tmp_path, name)
    assert topics(tmp_path) == ["one", "two", "three"]
    assert problems(tmp_path) == []


LISTS = {
    "on a line": 'topics = ["steps", "noise"]',
    "with a comma": 'topics = ["steps", "noise",]',
    "a topic a line": 'topics = [\n    "steps",\n    "noise",\n]',
    "the last without a comma": 'topics = [\n    "steps",\n    "noise"\n]',
    "in single quotes": "topics=['steps', 'noise']  # in this order",
}


@pytest.mark.parametrize("listed", LISTS)
def test_a_topic_joins_the_list_as_its_author_wrote_it(author: Author, listed: str) -> None:
    """All else in course.toml stays."""
    author.write("course.toml", f'# mine\n{LISTS[listed]}\ntitle = "A course"\n')
    begin(author.folder, "third")
    assert topics(author.folder) == ["steps", "noise", "third"]
    text = (author.folder / "course.toml").read_text()
    assert text.startswith("# mine\ntopics")
    assert text.endswith('title = "A course"\n')
    assert problems(author.folder) == []


def test_a_list_that_cannot_be_added_to_is_left_to_the_author(author: Author) -> None:
    author.write("course.toml", 'title = "A course"\ntopics = [ # first ] to last\n"steps", "noise"]\n')
    with pytest.raises(ValueError, match='add "third" to it'):
        begin(author.folder, "third")
    assert not (author.folder / "third").exists()


@pytest.mark.parametrize(
    "name", ["", "My", "a-b", "../up", "a/b", ".hidden", "class", "9th", "é", "a\x1b[31m", "a\n", "x" * 41]
)
def test_a_name_that_no_topic_can_have_is_refused(tmp_path: Path, name: str) -> None:
    """And nothing is made."""
    with pytest.raises(ValueError, match="name") as told:
        begin(tmp_path, name)
    assert str(told.value).isprintable()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_there_is_not_overwritten(author: Author, kind: str) -> None:
    place = author.folder / "third"
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to("nowhere")
    before = (author.folder / "course.toml").read_text()
    with pytest.raises(ValueError, match="there is a third in it already"):
        begin(author.folder, "third")
    assert (author.folder / "course.toml").read_text() == before


def test_names_of_exercises_and_terms_stay_unique(tmp_path: Path) -> None:
    """A topic cannot bring what another one has."""
    begin(tmp_path, "one")
    manifest = tmp_path / "one" / "lesson.toml"
    manifest.write_text(manifest.read_text().replace('name = "One"', 'name = "two"'))
    with pytest.raises(ValueError, match="has a term 'Two' already"):
        begin(tmp_path, "two")
    manifest.write_text(manifest.read_text().replace("one_step", "three_step"))
    (tmp_path / "one/exercises/one_step").rename(tmp_path / "one/exercises/three_step")
    with pytest.raises(ValueError, match="has an exercise three_step already"):
        begin(tmp_path, "three")


def test_a_course_that_cannot_be_read_is_left_alone(author: Author) -> None:
    author.write("course.toml", "topics = [")
    with pytest.raises(CourseError):
        begin(author.folder, "third")
    assert not (author.folder / "third").exists()


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="Not a directory"):
        begin(tmp_path / "file" / "course", "third")
    assert [child.name for child in tmp_path.iterdir()] == ["file"]
