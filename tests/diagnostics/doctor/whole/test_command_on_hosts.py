"""`tutor doctor` on whole hosts: its exit code, its JSON, and the facts that it saves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnostics.doctor.examine import Examination
from tests.diagnostics.doctor.whole.broken_containers import CONTAINERS
from tests.diagnostics.doctor.whole.broken_drivers import DRIVERS
from tests.diagnostics.doctor.whole.broken_torches import TORCHES
from tests.diagnostics.doctor.whole.healthy import HEALTHY
from tests.diagnostics.doctor.whole.making import USER, examination
from tutor.cli import main

HOSTS = {**HEALTHY, **DRIVERS, **CONTAINERS, **TORCHES}

Doctor = Callable[..., int]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def doctor(nvml_builds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """`doctor("GB10", "--json")` is the exit code of the command on that host."""

    def doctor(host: str, *options: str) -> int:
        look = examination(HOSTS[host][0], tmp_path, nvml_builds)
        defaults = Examination.__init__.__kwdefaults__
        assert defaults is not None
        for name in ("root", "environ", "limits"):
            monkeypatch.setitem(defaults, name, getattr(look, name))
        return main(["doctor", "--python", look.python, *options])

    return doctor


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("RTX 4090, driver 550, torch cu126", 0),
        ("login node without a GPU", 0),
        ("a container with Docker's own shared memory", 1),
        ("NVML and CUDA hang", 2),
        ("torch raises for no known reason", 2),
        ("torch crashes", 2),
        ("torch hangs", 2),
    ],
)
def test_the_exit_code_is_that_of_the_host(doctor: Doctor, capsys: Capture, host: str, code: int) -> None:
    """A driver or a torch that never answers is a finding like any other; warnings count under --strict."""
    assert doctor(host, "--json", "--strict") == code
    found = {one["id"]: one["status"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert {(fault, found.get(fault)) for fault in HOSTS[host][1].roots} == set(HOSTS[host][1].roots.items())


def test_saved_facts_give_the_same_findings_without_names(doctor: Doctor, capsys: Capture, tmp_path: Path) -> None:
    """The file that one command wrote, judged by another."""
    saved = tmp_path / "facts.json"
    assert doctor("LD_LIBRARY_PATH shadows nvJitLink", "--json", "--save-facts", str(saved)) == 2
    here = json.loads(capsys.readouterr().out)["findings"]
    assert main(["doctor", "--json", "--facts", str(saved)]) == 2
    there = json.loads(capsys.readouterr().out)["findings"]
    keys = ("id", "status", "consequence_of")
    assert [[one[key] for key in keys] for one in there] == [[one[key] for key in keys] for one in here]
    assert USER not in saved.read_text()
