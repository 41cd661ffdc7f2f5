"""The variables that are told, and those that never are."""

from __future__ import annotations

import pytest

from diagnostics.doctor.probe import environment


def test_what_bears_on_cuda_is_told() -> None:
    """By family and by name; the rest of the environment is the user's own."""
    told = environment.look(
        "",
        {
            "CUDA_VISIBLE_DEVICES": "",
            "NVIDIA_VISIBLE_DEVICES": "void",
            "LD_LIBRARY_PATH": "/opt/cuda/lib64",
            "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
            "SLURM_JOB_ID": "7",
            "HOME": "/home/ada",
            "PATH": "/usr/bin",
            "EDITOR": "vi",
            "SLURM_JOB_USER": "ada",
        },
    )
    assert told == {
        "CUDA_VISIBLE_DEVICES": "",
        "LD_LIBRARY_PATH": "/opt/cuda/lib64",
        "NVIDIA_VISIBLE_DEVICES": "void",
        "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
        "SLURM_JOB_ID": "7",
    }


@pytest.mark.parametrize(
    "name", ["NVIDIA_API_KEY", "TORCH_HUB_TOKEN", "CUDA_SECRET", "NCCL_PASSWORD", "ROCM_CREDENTIALS", "NVIDIA_api_key"]
)
def test_a_secret_is_never_told(name: str) -> None:
    """Whatever family it is of."""
    assert environment.look("", {name: "hunter2"}) == {}


def test_values_are_cut_and_can_be_carried_by_json() -> None:
    """An undecodable byte of the environment is a lone surrogate in Python."""
    told = environment.look("", {"CUDA_HOME": "/opt/\udcff", "LD_LIBRARY_PATH": "x" * 100_000})
    assert told["CUDA_HOME"] == "/opt/?"
    assert len(told["LD_LIBRARY_PATH"]) == 8192


def test_the_environment_of_this_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the one a judged Python is given."""
    monkeypatch.setenv("NCCL_DEBUG", "INFO")
    assert environment.look("")["NCCL_DEBUG"] == "INFO"
