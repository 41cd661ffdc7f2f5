"""How findings are put in order: what folds under what, and when a theme has a line of its own."""

from __future__ import annotations

from diagnostics.doctor.judge import THEMES, folded, judge, theme_of
from diagnostics.finding import Finding
from tests.diagnostics.doctor.hosts import HEALTHY, cpu_laptop


def causes(*found: Finding) -> dict[str, str]:
    return {one.id: one.consequence_of for one in folded(list(found))}


def test_a_consequence_goes_under_its_cause() -> None:
    """The first of its causes that was found."""
    assert causes(Finding("driver-too-old", "fail", "x"), Finding("torch-cuda-unavailable", "fail", "y")) == {
        "driver-too-old": "",
        "torch-cuda-unavailable": "driver-too-old",
    }


def test_a_note_explains_no_failure() -> None:
    """But another note it does."""
    assert causes(Finding("musl", "note", "x"), Finding("torch-missing", "fail", "y"))["torch-missing"] == ""
    assert causes(Finding("musl", "note", "x"), Finding("torch-missing", "note", "y"))["torch-missing"] == "musl"


def test_what_could_not_be_checked_goes_with_nothing() -> None:
    """It will not go away with the fault that would explain it."""
    assert causes(Finding("gpu-lost", "fail", "x"), Finding("xid-seen", "skipped", "y"))["xid-seen"] == ""


def test_a_theme_of_which_a_fault_speaks_has_no_line_of_its_own() -> None:
    """Whatever it says: one voice a theme."""
    for host in (cpu_laptop(), *(make() for make in HEALTHY.values())):
        found = judge(host)
        own = [one.id for one in found if one.id in THEMES]
        assert not {theme_of(one) for one in found if one.id not in THEMES} & set(own)
        assert all(one.status in ("ok", "skipped") for one in found if one.id in THEMES)
