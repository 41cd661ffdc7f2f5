"""The probe as one text: what may stand in it, and that it says so where it cannot run."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics.doctor import probe
from diagnostics.doctor.bundle import RUN, bundle
from diagnostics.doctor.decode import sections
from diagnostics.doctor.probe.main import LOOKS

MODULES = sorted(module.name for module in pkgutil.iter_modules(probe.__path__))
ASKED = {"nvml", "cuda", "torch"}


def source(module: str) -> str:
    spec = importlib.util.find_spec(f"{probe.__name__}.{module}")
    assert spec
    assert spec.origin
    return Path(spec.origin).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_probe_is_python_3_8(module: str) -> None:
    """Servers are old."""
    ast.parse(source(module), feature_version=(3, 8))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_probe_needs_the_library_alone(module: str) -> None:
    """torch's child imports torch, inside a function."""
    names = {
        name.partition(".")[0] if not name.startswith(probe.__name__) else "the probe"
        for node in ast.walk(ast.parse(source(module)))
        for name in imported(node)
    }
    allowed = {*sys.stdlib_module_names, "the probe"} | ({"torch"} if module == "torch_child" else set())
    assert names <= allowed


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_every_section_of_facts_is_looked_at() -> None:
    """By one look, or by one child."""
    looked = ["pci", *(section for section, _ in LOOKS)]
    assert len(looked) == len(set(looked))
    assert {*looked, *ASKED} == set(sections())


def test_the_text_is_ascii() -> None:
    """It travels through any shell's locale."""
    assert bundle(root="/a'b\"c\u00fc").isascii()


@pytest.mark.parametrize("command", [["-"], ["-c", RUN]])
def test_both_ways_to_give_it_to_a_python_say_the_same(command: list[str]) -> None:
    """Read by Python itself, or by one line that does it faster."""
    done = subprocess.run(
        [sys.executable, *command],
        input=bundle(skip=["torch"]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    starts = {line.partition(",")[0] for line in done.stdout.splitlines()}
    assert starts == {f'{{"section": "{name}"' for name in sections() if name != "torch"} | {'{"section": "start"}'}


def test_an_option_may_hold_anything() -> None:
    """It is data in the text, and never code."""
    root = "/no/'\"\\{}\n%s\u2028where"
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=bundle(root=root, skip=["torch"]), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert '{"section": "pci", "trouble": "This system does not tell"}' in done.stdout.splitlines()
