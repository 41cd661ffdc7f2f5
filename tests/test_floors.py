"""The floors, as processes see them: what importing a part loads, and what it must not."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy")
SCREEN = ("textual", "rich")


def loaded(*modules: str) -> set[str]:
    """The top-level packages in a fresh interpreter after importing these."""
    code = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    ["tutor", "lessons", "diagnostics", "tutor.cli", "tutor.app", "tutor.screens.help", "tutor.widgets.editor"],
)
def test_no_part_of_the_app_loads_torch(module: str) -> None:
    """torch costs seconds and hundreds of MiB; it belongs to the worker."""
    assert not loaded(module) & set(HEAVY)


def test_the_app_starts_without_what_reads_gpus() -> None:
    """Most readers never watch one."""
    assert not loaded("tutor.app") & {"psutil", "pynvml"}


@pytest.mark.parametrize(
    "module",
    ["lessons.kit.course", "lessons.kit.markdown", "lessons.kit.problems", "lessons.kit.search", "diagnostics.text"],
)
def test_the_lower_floors_load_no_screen(module: str) -> None:
    """lessons and diagnostics are libraries."""
    assert not loaded(module) & set(SCREEN)


def test_help_is_printed_without_a_screen_or_a_page() -> None:
    """`tutor --help` starts in no time."""
    code = "import sys, tutor.cli; tutor.cli.main(['--help']); print('TEXT', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    modules = set(done.stdout.rpartition("TEXT")[2].split())
    assert not {name for name in modules if name.partition(".")[0] in (*HEAVY, *SCREEN, "msgspec", "markdown_it")}


def test_drawing_needs_no_textual() -> None:
    """Pictures are pure functions over rich's styles."""
    assert "textual" not in loaded("tutor.draw.panel", "tutor.draw.prose", "tutor.draw.knobs")


def test_plain_reports_need_no_textual() -> None:
    """What a pipe gets is printed without the screen's library."""
    assert "textual" not in loaded("tutor.report.demo", "tutor.report.lesson", "tutor.report.checking")
    assert not loaded("tutor.report.check", "tutor.report.findings") & {*HEAVY, "textual"}
