"""Which Python runs the demos."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tutor.interpreter import choose


def environment(folder: Path, *, torch: bool) -> str:
    """A folder that looks like a virtual environment."""
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    if torch:
        package = folder / "lib" / "python3.12" / "site-packages" / "torch"
        package.mkdir(parents=True)
        (package / "version.py").write_text("__version__ = '2.9.0'\n")
    return str(folder)


def test_without_an_environment_it_is_our_own() -> None:
    """Nothing active, nothing asked for."""
    assert choose(None, {}).path == sys.executable


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_an_active_environment_with_torch_is_taken(tmp_path: Path, variable: str) -> None:
    """Its torch is the reader's."""
    chosen = choose(None, {variable: environment(tmp_path / "env", torch=True)})
    assert chosen.path == str(tmp_path / "env" / "bin" / "python")
    assert "active" in chosen.why


def test_an_active_environment_without_torch_is_passed_over(tmp_path: Path) -> None:
    """Demos would not run there; our own Python may have torch."""
    assert choose(None, {"VIRTUAL_ENV": environment(tmp_path / "env", torch=False)}).path == sys.executable


def test_what_is_asked_for_wins(tmp_path: Path) -> None:
    """--python over an active environment, with torch or without."""
    asked = environment(tmp_path / "asked", torch=False) + "/bin/python"
    assert choose(asked, {"VIRTUAL_ENV": environment(tmp_path / "env", torch=True)}).path == asked


def test_a_program_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """The option and the path stand in it."""
    with pytest.raises(ValueError, match=r"--python .*nowhere"):
        choose(str(tmp_path / "nowhere"))
