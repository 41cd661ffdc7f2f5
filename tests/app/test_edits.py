"""The reader's own version of a demo: one function in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.kit.course import Topic, load_course
from tutor.edits import DemoCode
from tutor.widgets.code_view import changed_lines


@pytest.fixture(scope="module")
def topic() -> Topic:
    return load_course().topic("learning_rate")


def test_an_untouched_demo_is_its_file(topic: Topic, tmp_path: Path) -> None:
    """Nothing is lost around the function."""
    code = DemoCode(topic, "bowl", tmp_path)
    assert code.source() == topic.source
    assert code.original.startswith("def bowl(")
    assert not code.edited


def test_a_version_stands_in_the_place_of_the_function(topic: Topic, tmp_path: Path) -> None:
    """The other demos stay as they are, and lines are told as the reader sees them."""
    code = DemoCode(topic, "bowl", tmp_path)
    code.keep("def bowl(lr, optimizer, beta):\n    yield 1")
    source = code.source()
    assert "yield 1" in source
    assert code.original not in source
    assert "def valley(" in source
    line = source.split("\n").index("    yield 1") + 1
    assert code.local_line(line) == 2
    assert code.local_line(1) is None


def test_a_version_is_kept_and_the_original_forgets_it(topic: Topic, tmp_path: Path) -> None:
    """The next start finds it; going back to the original removes the file."""
    DemoCode(topic, "bowl", tmp_path).keep("def bowl():\n    pass")
    assert DemoCode(topic, "bowl", tmp_path).edited
    code = DemoCode(topic, "bowl", tmp_path)
    code.keep(code.original)
    assert not DemoCode(topic, "bowl", tmp_path).edited
    assert not list((tmp_path / "edits").iterdir())


def test_a_folder_that_cannot_be_written_is_a_sentence(topic: Topic, tmp_path: Path) -> None:
    """The version still runs."""
    (tmp_path / "edits").write_text("")
    code = DemoCode(topic, "bowl", tmp_path)
    assert "could not be kept" in code.keep("def bowl():\n    pass")
    assert code.edited


@pytest.mark.parametrize(
    ("version", "changed"),
    [("a\nb\nc", set()), ("a\nx\nc", {2}), ("a\nb\nc\nd", {4}), ("new\na\nb\nc", {1})],
)
def test_changed_lines_are_marked(version: str, changed: set[int]) -> None:
    """Against a, b, c."""
    assert changed_lines("a\nb\nc", version) == changed
