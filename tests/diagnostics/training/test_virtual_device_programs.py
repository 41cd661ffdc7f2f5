"""Whole programs: right ones print what a plain run prints; each move that is removed is found, by line and name."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from tests.diagnostics.training.forks import Forks  # noqa: E402
from tests.diagnostics.training.mutants import mutants  # noqa: E402

HERE = Path(__file__).parent
PROGRAMS = sorted((HERE / "programs").glob("*.py"))
DELETIONS = json.loads((HERE / "deletions.json").read_text())
"""What each mutant of a program is found by: the line that CUDA refuses and a name in it, or that it is harmless."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_right_program_prints_what_it_prints_on_a_cpu(program: Path, forks: Forks) -> None:
    """Watched in every pass, thinned, and under the whole check, which finds nothing."""
    plain = forks.run(program, device="cpu")
    assert plain.printed
    assert not plain.error
    thinned = forks.run(program)
    assert (thinned.printed, thinned.error, thinned.mismatches) == (plain.printed, "", [])
    watched = forks.run(program, passes=0)
    assert (watched.printed, watched.error, watched.mismatches) == (plain.printed, "", [])
    checked = forks.run(program, device="check")
    assert (checked.printed, checked.error, checked.findings) == (plain.printed, "", [])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_move_that_is_removed_is_found_where_it_hurts(program: Path, forks: Forks) -> None:
    """By the line that CUDA would refuse and the tensor's name; a move that was for nothing is not missed."""
    expected = DELETIONS[program.stem]
    made = mutants(program)
    assert [f"line {mutant.line}: {mutant.removed}" for mutant in made] == [one["removed"] for one in expected]
    for mutant, wanted in zip(made, expected, strict=True):
        findings = forks.run(mutant.code, device="check").findings
        if wanted.get("harmless"):
            assert findings == [], str(mutant)
            continue
        assert findings, str(mutant)
        assert findings[0]["line"] == wanted["line"], str(mutant)
        if wanted["name"]:  # a tensor that PyTorch made of the user's has none
            assert wanted["name"] in findings[0]["names"], str(mutant)


def test_models_of_transformers_print_what_they_print_on_a_cpu(forks: Forks) -> None:
    """BERT, GPT-2 and Llama, trained and generating."""
    if importlib.util.find_spec("transformers") is None:
        pytest.skip("transformers is not installed")
    program = HERE / "optional" / "transformers_models.py"
    plain, checked = forks.run(program, device="cpu"), forks.run(program, device="check")
    assert not plain.error, plain.trace
    assert (checked.printed, checked.error, checked.findings) == (plain.printed, "", [])


@pytest.mark.gpu
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_true_gpu_refuses_the_same_mutants(program: Path, forks: Forks) -> None:
    """At the same lines; and runs the program itself."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")
    assert not forks.run(program, device="cuda").error
    for mutant, wanted in zip(mutants(program), DELETIONS[program.stem], strict=True):
        outcome = forks.run(mutant.code, device="cuda")
        assert bool(outcome.error) != bool(wanted.get("harmless")), str(mutant)
