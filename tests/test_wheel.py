"""The wheel: everything that the tutor reads is in it, and nothing else."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("tutor", "lessons", "diagnostics")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from the tree as it stands; skips where the build's own requirement cannot be had."""
    folder = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    options = ["--no-deps", "--retries", "0", "--timeout", "15", "--disable-pip-version-check", *isolation]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=300)
    told = built.stdout + built.stderr
    if built.returncode and "No matching distribution found for hatchling" in told:
        pytest.skip("hatchling, which builds the wheel, is not installed and cannot be fetched")
    assert built.returncode == 0, told
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def files_of(wheel: zipfile.ZipFile) -> set[str]:
    """Without what every wheel has."""
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


def test_every_file_of_the_packages_is_in_it(wheel: zipfile.ZipFile) -> None:
    """Code, lessons, manifests, styles; and no test, benchmark or cache."""
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files_of(wheel) == there


def test_what_is_no_code_is_among_them(wheel: zipfile.ZipFile) -> None:
    """A tree that had lost them would pass the comparison."""
    names = files_of(wheel)
    assert {"lessons/course.toml", "tutor/app.tcss"} <= names
    for topic in {PurePosixPath(name).parent for name in names if name.endswith("/lesson.toml")}:
        assert {f"{topic}/lesson.md", f"{topic}/demo.py"} <= names
    assert "lessons/learning_rate/lesson.toml" in names


def test_it_runs_from_where_it_lies(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """From another folder, unpacked and nothing of this tree beside it."""
    wheel.extractall(tmp_path / "site")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "XDG_STATE_HOME": str(tmp_path / "state")}
    told = "import tutor.cli, lessons; print(tutor.cli.__file__, lessons.__file__)"
    where = subprocess.run([sys.executable, "-c", told], env=env, cwd=elsewhere, capture_output=True, text=True)
    assert where.stdout.count(str(tmp_path / "site")) == 2
    command = [sys.executable, "-m", "tutor", "lessons", "--json"]
    listed = subprocess.run(command, env=env, cwd=elsewhere, capture_output=True, timeout=60, check=True)
    assert "learning_rate" in [topic["name"] for topic in json.loads(listed.stdout)["topics"]]


def test_its_command_and_its_extras_are_declared(wheel: zipfile.ZipFile) -> None:
    """`tutor`, and torch as an extra: installing the tutor never replaces a torch."""
    (entry,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "tutor = tutor.cli:main" in wheel.read(entry).decode()
    (metadata,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    needs = [line for line in wheel.read(metadata).decode().splitlines() if line.startswith("Requires-Dist: torch")]
    assert needs
    assert all("extra == 'torch'" in line for line in needs)
