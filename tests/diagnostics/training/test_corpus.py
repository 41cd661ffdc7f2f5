"""Small scripts by someone who had not seen the rules: what is planted is found, by line and name, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from tests.diagnostics.training.forks import ROOT, Forks  # noqa: E402

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "expected.toml").read_text())

IN_CHILDREN = ("collate_on_gpu.py", "hogwild_fork.py")
"""Their faults are in processes that they fork: only the journal of the real command tells of these."""

FOR_A_GPU = ("amp_accumulate.py", "detection_heads.py", "model_parallel_ok.py", "segmentation_void.py")
"""Without a GPU the first computes in other numbers of bits, and the others do not run."""

RIGHT = [name for name, expected in EXPECTED.items() if expected["kind"] == "clean"]
WRONG = [name for name in EXPECTED if name not in RIGHT]


def test_every_script_is_expected_to_be_right_or_wrong() -> None:
    """None lies in the folder untried, and there are enough of each."""
    assert {path.name for path in CORPUS.glob("*.py")} == set(EXPECTED)
    assert (len(RIGHT), len(WRONG)) == (19, 53)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_script_is_left_alone(name: str, forks: Forks) -> None:
    """It prints what it prints on a CPU, and there is no finding."""
    checked = forks.run(CORPUS / name, device="check", gpus=EXPECTED[name].get("gpus", 1))
    assert (checked.error, checked.findings) == ("", [])
    assert checked.printed
    if name not in FOR_A_GPU:
        assert checked.printed == forks.run(CORPUS / name, device="cpu").printed


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_found_at_its_line_and_by_its_name(name: str, forks: Forks, tmp_path: Path) -> None:
    """All that is found is of the planted fault, and one of its names is a word of the name of a tensor."""
    expected = EXPECTED[name]
    if name in IN_CHILDREN:
        found = by_command(CORPUS / name, tmp_path / "findings.json")
    else:
        found = forks.run(CORPUS / name, device="check", gpus=expected.get("gpus", 1)).findings
    faults = [each for each in found if each["status"] in ("fail", "warn")]
    assert faults, expected["why"]
    assert {each["line"] for each in faults} <= {expected["line"], *expected.get("also", [])}
    told = [tensor for each in faults for tensor in each["names"]]
    assert any(is_word_of(planted, tensor) for planted in expected["names"] for tensor in told), told


def by_command(script: Path, into: Path) -> list[dict[str, Any]]:
    """What `tutor check` writes down."""
    command = [sys.executable, "-m", "tutor", "check", "--device", "cuda", "--json", str(into), str(script)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120)
    found = json.loads(into.read_text())["findings"]
    return [
        {**each, "line": each["where"]["line"], "names": [tensor["name"] for tensor in each["where"]["tensors"]]}
        for each in found
    ]


def is_word_of(word: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", name) is not None
