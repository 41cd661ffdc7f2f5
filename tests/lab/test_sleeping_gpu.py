"""A laptop's GPU that sleeps: the worker does not wake it by asking torch for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from diagnostics.doctor.probe import pci
from tutor.lab.worker import has_gpu


def torch(asked: list[str], cuda: str | None = "13.0") -> Any:
    """A torch that has a GPU to use, and notes that it was asked."""
    return SimpleNamespace(
        version=SimpleNamespace(cuda=cuda),
        cuda=SimpleNamespace(is_available=lambda: bool(asked.append("asked") or True)),
    )


def gpu(status: str) -> list[dict[str, Any]]:
    return [{"address": "0000:01:00.0", "vendor": "10de", "device_class": "0302", "runtime_status": status}]


@pytest.mark.parametrize(("status", "has"), [("suspended", False), ("active", True)])
def test_a_gpu_that_sleeps_is_left_asleep(monkeypatch: pytest.MonkeyPatch, status: str, has: bool) -> None:
    """And one that is awake is used."""
    monkeypatch.setattr(pci, "look", lambda root: gpu(status))
    asked: list[str] = []
    assert has_gpu(torch(asked)) is has
    assert bool(asked) is has


def test_a_build_without_cuda_is_simply_asked() -> None:
    """It can wake nothing."""
    asked: list[str] = []
    assert has_gpu(torch(asked, None))
    assert asked
