"""Every fault that is known: named, explained, and tied to its causes."""

from __future__ import annotations

import re

import pytest

from diagnostics.doctor.checks.fault import Fault
from diagnostics.doctor.judge import THEMES, faults
from lessons.kit.course import load_course

FAULTS = faults()

SECTIONS = {
    "the-layers",
    "the-driver",
    "which-number-means-what",
    "what-a-wheel-brings",
    "code-for-your-gpu",
    "one-environment",
    "which-library-wins",
    "which-gpus-torch-sees",
    "containers",
    "limits-of-the-host",
    "a-sick-gpu",
    "ask-the-doctor",
}
"""Of the topic cuda_setup, where findings lead."""

each = pytest.mark.parametrize("one", FAULTS.values(), ids=FAULTS)


@each
def test_a_fault_says_what_it_looks_at_and_why_it_matters(one: Fault) -> None:
    """Whole sentences, and a title without a full stop, in one line."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.id)
    for text in (one.looks, one.matters):
        assert text.endswith(".")
        assert "  " not in text
    assert one.title
    assert not one.title.endswith(".")
    assert "\n" not in one.title + one.looks + one.matters


@each
def test_a_fault_leads_to_a_section_of_the_lesson(one: Fault) -> None:
    """Where to learn why."""
    topic, _, section = one.lesson.partition("#")
    if topic == "cuda_setup":
        assert section in SECTIONS
    else:
        assert section in {"", *(one.slug for one in load_course().topic(topic).page.sections)}


@each
def test_a_fault_belongs_to_a_theme_of_the_report(one: Fault) -> None:
    """Else its theme would say ok beside it."""
    assert one.theme in THEMES


@each
def test_a_fault_follows_faults_that_are_known(one: Fault) -> None:
    """An id that is none explains nothing."""
    assert set(one.follows) <= set(FAULTS)
    assert one.id not in one.follows


def test_no_fault_causes_itself_by_way_of_others() -> None:
    """Of two that follow each other, both would be folded away."""

    def causes(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " follows ".join([*above, name])
        for cause in FAULTS[name].follows:
            if cause in FAULTS:
                causes(cause, (*above, name))

    for name in FAULTS:
        causes(name, ())
