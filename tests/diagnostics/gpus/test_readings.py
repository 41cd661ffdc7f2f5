"""What is read of each kind of GPU, on simulated drivers."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.diagnostics.gpus.conftest import Watch
from tests.support.nvml import Simulated

SAID = Path(__file__).with_name("said.py")
KINDS = ["h200_8", "h200_1", "rtx4090", "a100_mig", "t4", "laptop", "gtx1080", "old_driver", "jetson", "gb10"]

Simulate = Callable[..., Simulated]
StartWatch = Callable[..., Watch]


def said(driver: Simulated, *by: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(SAID), *by], env=driver.env, capture_output=True, text=True, timeout=60, check=True
    )
    readings: list[dict[str, Any]] = json.loads(done.stdout)
    return readings


@pytest.mark.parametrize("kind", KINDS)
def test_readings_are_those_of_pynvml(simulate: Simulate, watch: StartWatch, kind: str) -> None:
    """Field by field; what a GPU lacks is None in both."""
    driver = simulate(kind)
    gpus = watch(driver).first()["gpus"]
    expected = said(driver)
    assert len(gpus) == len(expected) > 0
    for ours, theirs in zip(gpus, expected):
        if ours["state"] == "failed":  # pynvml was refused each of them
            assert not any(value for name, value in theirs.items() if name != "index")
            continue
        if ours["unified"]:
            theirs = {**theirs, "memory_used": ours["memory_used"], "memory_total": ours["memory_total"]}
        assert {name: ours[name] for name in theirs} == theirs


@pytest.mark.skipif(importlib.util.find_spec("nvitop") is None, reason="nvitop is not installed")
@pytest.mark.parametrize("kind", ["h200_8", "rtx4090", "t4", "laptop", "old_driver"])
def test_readings_are_those_of_nvitop(simulate: Simulate, watch: StartWatch, kind: str) -> None:
    """Field by field, of every GPU that has not failed."""
    driver = simulate(kind)
    gpus = {gpu["index"]: gpu for gpu in watch(driver).first()["gpus"] if gpu["state"] == "ready"}
    for theirs in said(driver, "nvitop"):
        if theirs["index"] in gpus:
            assert {name: gpus[theirs["index"]][name] for name in theirs} == theirs


def test_a_gpu_of_eight_is_bad_and_one_is_lost(simulate: Simulate, watch: StartWatch) -> None:
    """The bad one says what is wrong with its memory; the lost one keeps its row; the others are as ever."""
    sample = watch(simulate("h200_8")).first()
    gpus = sample["gpus"]
    assert [gpu["index"] for gpu in gpus] == list(range(8))
    assert gpus[3]["ecc_uncorrected"] == 2
    assert gpus[5]["state"] == "failed"
    assert gpus[5]["error"] == "fell off the bus (NVML says that it is lost)"
    assert gpus[5]["since"] is None, "it was never seen otherwise"
    assert gpus[5]["utilisation"] is gpus[5]["memory_used"] is None
    assert [gpu["state"] for gpu in gpus if gpu["index"] != 5] == ["ready"] * 7
    assert sample["trouble"] is None


def test_slices_stand_under_their_gpu(simulate: Simulate, watch: StartWatch) -> None:
    """With their own memory; the GPU as a whole has no utilisation to tell of."""
    sample = watch(simulate("a100_mig")).first()
    (gpu,) = sample["gpus"]
    assert gpu["mig"] is True
    assert gpu["utilisation"] is None
    assert [one["name"] for one in gpu["slices"]] == ["3g.40gb", "1g.10gb"]
    assert [one["memory_used"] // 2**20 for one in gpu["slices"]] == [19037, 12]
    assert [(one["pid"], one["memory"] // 2**20) for one in sample["processes"]] == [(50211, 19000)]


def test_processes_of_slices_are_listed_without_root(simulate: Simulate, watch: StartWatch) -> None:
    """Where only the slices, and not the GPU, may be asked for them."""
    driver = simulate("a100_mig")
    driver.add("[gpu.0]\nerror.nvmlDeviceGetComputeRunningProcesses = NO_PERMISSION")
    driver.add("[mig.0.0]\nerror.nvmlDeviceGetComputeRunningProcesses = SUCCESS")
    driver.add("[mig.0.1]\nerror.nvmlDeviceGetComputeRunningProcesses = SUCCESS")
    assert [one["pid"] for one in watch(driver).first()["processes"]] == [50211]


def test_a_slice_has_its_own_number_for_cuda(simulate: Simulate, watch: StartWatch) -> None:
    """By its UUID, which is how a job is given one."""
    driver = simulate("a100_mig")
    uuid = "MIG-4d8e03a6-b12f-5c79-9e64-2f7b8ad0c918"
    (gpu,) = watch(driver, CUDA_VISIBLE_DEVICES=uuid).first()["gpus"]
    assert gpu["cuda"] is None
    assert [one["cuda"] for one in gpu["slices"]] == [None, 0]


def test_an_old_driver_is_asked_in_its_own_way(simulate: Simulate, watch: StartWatch) -> None:
    """Memory, processes and reasons for lower clocks come by the older functions, and a missing one is asked once."""
    driver = simulate("old_driver")
    child = watch(driver)
    child.first()
    for _ in range(20):
        sample = child.sample()
    (gpu,) = sample["gpus"]
    assert gpu["memory_used"] > 0
    assert gpu["throttle"] == []
    assert gpu["processes"] == [17540]
    assert sample["processes"][0]["memory"] == 3000 * 2**20
    asked = [call.function for call in driver.calls()]
    assert "nvmlDeviceGetMemoryInfo" in asked
    assert "nvmlDeviceGetCurrentClocksThrottleReasons" in asked


def test_unified_memory_is_the_machines(simulate: Simulate, watch: StartWatch) -> None:
    """A GB10 has none of its own, so the system tells, and the reading says so."""
    (gpu,) = watch(simulate("gb10")).first()["gpus"]
    assert gpu["unified"] is True
    assert gpu["memory_total"] == psutil.virtual_memory().total
    assert 0 < gpu["memory_used"] < gpu["memory_total"]
    assert gpu["pci"] == "000f:01:00.0"


def test_a_jetson_is_a_gpu_of_which_little_is_known(simulate: Simulate, watch: StartWatch) -> None:
    """What NVML refuses is None, and that is no failure."""
    sample = watch(simulate("jetson")).first()
    (gpu,) = sample["gpus"]
    assert gpu["state"] == "ready"
    assert gpu["name"] == "Orin (nvgpu)"
    assert gpu["utilisation"] is gpu["temperature"] is gpu["processes"] is None
    assert sample["trouble"] is None


def test_a_process_on_several_gpus_is_one(simulate: Simulate, watch: StartWatch) -> None:
    """With the sum of its memory; one that computes and draws on a GPU counts once there."""
    driver = simulate("lost_mid_run")
    driver.add("[gpu.*]\nprocess.0 = pid=70 type=C memory=900MiB")
    driver.add("[gpu.0]\nprocess.1 = pid=70 type=G memory=900MiB")
    (process,) = watch(driver).first()["processes"]
    assert process["gpus"] == [0, 1]
    assert process["memory"] == 2 * 900 * 2**20
    assert process["kind"] == "both"


def test_reasons_for_lower_clocks_are_words(simulate: Simulate, watch: StartWatch) -> None:
    """Every bit that is set."""
    driver = simulate("h200_1")
    driver.add("[gpu.0]\nthrottle = 0x64")
    (gpu,) = watch(driver).first()["gpus"]
    assert gpu["throttle"] == ["power limit", "heat", "hardware heat"]


def test_hostile_names_are_one_harmless_line(simulate: Simulate, watch: StartWatch) -> None:
    """Escape sequences are shown, not sent; broken UTF-8 is no error; markup is left for who shows it."""
    sample = watch(simulate("hostile")).first()
    first, second, third = sample["gpus"]
    assert first["name"] == "[bold red]T4[/] ␛]0;owned␇␛[2J"
    assert second["name"].startswith("NVIDIA ")
    assert "\ufffd" in second["name"]
    assert all(name.isprintable() for name in (first["name"], second["name"], third["name"]))
    assert third["utilisation"] is third["temperature"] is third["clock"] is third["performance_state"] is None
    assert [one["memory"] for one in sample["processes"] if one["pid"] == 4294967295] == [None]


NAMES = [b"x[/foo]y", b"\x1b]0;owned\x07evil", b"bad\xff\xfeutf8", "\u202egnp.exe".encode(), b"a" * 10_000]


@pytest.mark.parametrize("name", NAMES, ids=["markup", "escape", "bytes", "right-to-left", "long"])
def test_a_process_may_call_itself_what_it_likes(simulate: Simulate, watch: StartWatch, name: bytes) -> None:
    """Its words are cleaned and cut."""
    with subprocess.Popen([name, "60"], executable="/bin/sleep") as process:
        driver = simulate("h200_1")
        driver.add(f"[gpu.0]\nprocess.0 = pid={process.pid} type=C memory=5MiB")
        (listed,) = watch(driver).first()["processes"]
        process.kill()
    assert listed["pid"] == process.pid
    assert listed["user"]
    assert listed["host_pid"] is False
    assert listed["name"].isprintable()
    assert len(listed["name"]) <= 200
    assert listed["name"][:1] == ("a" if len(name) > 1000 else name.decode(errors="replace")[0].translate(SIGNS))


SIGNS = {0x1B: "␛", 0x202E: "\ufffd"}


def test_pids_in_a_container_are_the_hosts(simulate: Simulate, watch: StartWatch) -> None:
    """The number is told, and no name: the process of that number here is another."""
    driver = simulate("h200_1")
    driver.add("[gpu.0]\nprocess.0 = pid=self type=C memory=5MiB")
    (process,) = watch(driver, sees_host=False).first()["processes"]
    assert process["host_pid"] is True
    assert process["name"] is process["user"] is process["started"] is None


def test_numbers_that_cannot_be_are_none(simulate: Simulate, watch: StartWatch) -> None:
    """More memory in use than there is, and what is -1 in an unsigned number."""
    gpu = watch(simulate("hostile")).first()["gpus"][2]
    impossible = ("memory_used", "utilisation", "temperature", "power", "fan", "clock", "performance_state")
    assert {name: gpu[name] for name in impossible} == dict.fromkeys(impossible)
    assert gpu["memory_total"] == 15360 * 2**20


def test_faulty_memory_that_waits_for_a_reset_is_read(simulate: Simulate, watch: StartWatch) -> None:
    """And where no row was ever remapped, that is read too."""
    gpus = watch(simulate("h200_8")).first()["gpus"]
    assert (gpus[3]["remap_pending"], gpus[3]["remap_failed"]) == (True, False)
    assert gpus[0]["remap_pending"] is False
