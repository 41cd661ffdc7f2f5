"""Every fault that check, explain and doctor can tell of leads to a section of a lesson that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import diagnostics
from diagnostics.doctor.judge import faults
from diagnostics.errors.catalogue import ENTRIES
from diagnostics.errors.catalogue.dataloader import WORKER_ERROR
from lessons.kit.course import load_course

SECTIONS = {f"{topic.name}#{section.slug}" for topic in load_course().topics for section in topic.page.sections}
LESSON = re.compile(r"[a-z_]+#[\w-]+")
TOPICS = {topic.name for topic in load_course().topics}
SOURCES = sorted((Path(diagnostics.__file__).parent).rglob("*.py"))


@pytest.mark.parametrize("fault", sorted(faults()))
def test_a_fault_of_the_doctor_has_its_lesson(fault: str) -> None:
    """As `--explain` tells it, and `w` opens it."""
    assert faults()[fault].lesson in SECTIONS


@pytest.mark.parametrize("name", sorted({entry.id for entry in (*ENTRIES, WORKER_ERROR)}))
def test_an_error_of_the_catalogue_has_its_lesson(name: str) -> None:
    """Each of the entries that share an id."""
    assert {entry.lesson for entry in (*ENTRIES, WORKER_ERROR) if entry.id == name} <= SECTIONS


def test_a_silent_bug_has_its_lesson() -> None:
    """All kinds."""
    from diagnostics.training.silent.kinds import KINDS

    assert {kind.lesson for kind in KINDS.values()} <= SECTIONS
    assert KINDS


@pytest.mark.torch
def test_a_label_that_is_wrong_has_its_lesson() -> None:
    """The ids that are named, and any other."""
    pytest.importorskip("torch")
    from diagnostics.training.labels.findings import LESSONS, lesson

    assert {lesson(name) for names in LESSONS.values() for name in names} <= SECTIONS
    assert lesson("label-shape") in SECTIONS


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_text_of_the_diagnostics_names_a_lesson_that_is_not_there(source: Path) -> None:
    """Whatever looks like topic#section, in any string of the code."""
    named = {
        node.value
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and LESSON.fullmatch(node.value)
    }
    assert {name for name in named if name.partition("#")[0] in TOPICS} <= SECTIONS
