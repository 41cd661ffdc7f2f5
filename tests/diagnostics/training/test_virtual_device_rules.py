"""The virtual device says what CUDA says, case by case; on a machine with a GPU, both are asked."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from tests.diagnostics.training.device_cases import CASES, PREAMBLE, SEVERAL, Case  # noqa: E402
from tests.diagnostics.training.forks import Forks  # noqa: E402


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_refused_or_runs_as_on_cuda(case: Case, forks: Forks) -> None:
    """With CUDA's words, at the last line of the case, once."""
    _judge(case, forks, gpus=1)


@pytest.mark.parametrize("case", SEVERAL, ids=lambda case: case.name)
def test_several_gpus_are_several_devices(case: Case, forks: Forks) -> None:
    """Under --gpus 2."""
    _judge(case, forks, gpus=2)


def _judge(case: Case, forks: Forks, gpus: int) -> None:
    outcome = forks.run(PREAMBLE + case.code, gpus=gpus)
    if not case.says:
        assert not outcome.error, outcome.trace
        assert not outcome.mismatches
    else:
        assert case.says in outcome.error


@pytest.mark.gpu
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_true_gpu_gives_the_same_verdict(case: Case, forks: Forks) -> None:
    """Refused or not; and where refused, in the words of the case."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")
    outcome = forks.run(PREAMBLE + case.code, device="cuda")
    assert bool(outcome.error) == bool(case.says), outcome.trace
    assert case.says in outcome.error
