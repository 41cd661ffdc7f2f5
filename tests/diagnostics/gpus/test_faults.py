"""The Sampler where something goes wrong: before it starts, in mid-run, for one GPU or for all."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from diagnostics.gpus import nvml
from tests.diagnostics.gpus.conftest import Watch
from tests.support.nvml import Simulated

Simulate = Callable[..., Simulated]
StartWatch = Callable[..., Watch]
Data = dict[str, Any]

INIT = {
    "init_driver_not_loaded": nvml.DRIVER_NOT_LOADED,
    "init_gpu_lost": nvml.LOST,
    "init_no_permission": nvml.NO_PERMISSION,
    "init_unknown": nvml.UNKNOWN,
    "init_version_mismatch": nvml.MISMATCH,
}


def states(sample: Data) -> list[str]:
    return [gpu["state"] for gpu in sample["gpus"]]


@pytest.mark.parametrize("kind", INIT)
def test_why_there_are_no_readings_is_one_sentence(simulate: Simulate, watch: StartWatch, kind: str) -> None:
    """And the processors and the memory are read all the same."""
    sample = watch(simulate(kind)).first()
    assert sample["gpus"] == []
    assert sample["trouble"] == f"There are no GPU readings: {nvml.EVERYWHERE[INIT[kind]]}."
    assert sample["host"]["memory_total"] > 0
    assert 0 <= sample["host"]["cpu"] <= 100


def test_without_a_library_there_are_processors_and_memory(watch: StartWatch) -> None:
    """A machine that never saw an NVIDIA driver."""
    sample = watch().first()
    assert "libnvidia-ml.so.1 was not found" in sample["trouble"]
    assert sample["processes"] is None
    assert sample["host"]["cpu"] is not None


def test_a_driver_without_gpus_says_so(simulate: Simulate, watch: StartWatch) -> None:
    """It is no fault of NVML."""
    sample = watch(simulate("zero_gpus")).first()
    assert sample["trouble"] == "The NVIDIA driver answers, and lists no GPU."
    assert sample["driver"] == "550.90.07"


def test_a_driver_that_is_loaded_later_is_found(simulate: Simulate, watch: StartWatch) -> None:
    """NVML is tried again."""
    driver = simulate("init_driver_not_loaded")
    child = watch(driver)
    child.first()
    driver.rewrite(simulate("rtx4090").text)
    sample = child.until(lambda sample: sample["gpus"])
    assert sample["trouble"] is None
    assert sample["gpus"][0]["name"] == "NVIDIA GeForce RTX 4090"


def test_a_gpu_lost_in_mid_run_keeps_its_row(simulate: Simulate, watch: StartWatch) -> None:
    """With its name and without old numbers; the other is read on."""
    driver = simulate("lost_mid_run")
    child = watch(driver)
    assert states(child.first()) == ["ready", "ready"]
    driver.at(6)
    sample = child.until(lambda sample: "failed" in states(sample))
    first, lost = sample["gpus"]
    assert first["state"] == "ready"
    assert lost["error"] == "fell off the bus (NVML says that it is lost)"
    assert lost["name"] == "NVIDIA RTX A4000"
    assert lost["memory_total"] == first["memory_total"]
    assert lost["utilisation"] is lost["memory_used"] is lost["temperature"] is lost["processes"] is None
    assert sample["trouble"] is None
    assert child.until(lambda later: later["gpus"][0]["utilisation"] == 95)
    again = child.until(lambda later: later["calls"] > sample["calls"] + 20)
    assert again["gpus"][1]["since"] == lost["since"]


def test_a_gpu_that_comes_back_is_read_again(simulate: Simulate, watch: StartWatch) -> None:
    """After a reset, with a history that has a gap."""
    driver = simulate("lost_mid_run")
    child = watch(driver)
    child.first()
    driver.at(6)
    child.until(lambda sample: "failed" in states(sample))
    driver.at(4)
    sample = child.until(lambda sample: states(sample) == ["ready", "ready"])
    back = sample["gpus"][1]
    assert back["error"] is back["since"] is None
    assert back["utilisation"] == 95
    history = [point[1] for point in sample["history"][back["uuid"]]]
    assert history[0] == 5
    assert None in history
    assert history[-1] == 95


def test_all_gpus_are_lost_at_once(simulate: Simulate, watch: StartWatch) -> None:
    """As in a container after `systemctl daemon-reload`: every row stays, and the sentence is there."""
    driver = simulate("unknown_mid_run")
    child = watch(driver)
    child.first()
    driver.at(6)
    sample = child.until(lambda sample: sample["trouble"])
    assert "unknown error" in sample["trouble"]
    assert states(sample) == ["failed", "failed"]
    driver.at(1)
    sample = child.until(lambda sample: not sample["trouble"])
    assert states(sample) == ["ready", "ready"]


def test_the_sentence_stays_while_all_are_lost(simulate: Simulate, watch: StartWatch) -> None:
    """Also after NVML was opened anew, in vain."""
    driver = simulate("h200_1")
    child = watch(driver)
    child.first()
    driver.add("[gpu.0]\nerror.* = GPU_IS_LOST")
    sample = child.until(lambda sample: sample["trouble"])
    assert sample["trouble"] == f"There are no GPU readings: GPU 0 {nvml.GONE[nvml.LOST]}."
    for _ in range(20):
        assert child.sample()["trouble"] == sample["trouble"]
    assert len(driver.calls("nvmlInit")) > 1


def test_a_driver_unloaded_in_mid_run_is_told(simulate: Simulate, watch: StartWatch) -> None:
    """And found again when it is back."""
    driver = simulate("lost_mid_run")
    child = watch(driver)
    child.first()
    healthy = driver.text
    driver.add("[system]\nerror.* = DRIVER_NOT_LOADED")
    sample = child.until(lambda sample: sample["trouble"])
    assert nvml.EVERYWHERE[nvml.DRIVER_NOT_LOADED] in sample["trouble"]
    assert states(sample) == ["failed", "failed"]
    driver.rewrite(healthy)
    assert child.until(lambda sample: not sample["trouble"] and states(sample) == ["ready", "ready"])


def test_a_gpu_that_is_listed_no_more_keeps_its_row(simulate: Simulate, watch: StartWatch) -> None:
    """An external GPU that was pulled out; the one that is left has its index."""
    driver = simulate("lost_mid_run")
    driver.add("[gpu.0]\nuuid = GPU-a\n[gpu.1]\nuuid = GPU-b")
    child = watch(driver)
    child.first()
    driver.add(
        "[system]\ncount = 1\n[gpu.0]\nuuid = GPU-b\nerror.nvmlDeviceGetUtilizationRates = GPU_IS_LOST to_call=1"
    )
    sample = child.until(lambda sample: [gpu["uuid"] for gpu in sample["gpus"]] == ["GPU-b", "GPU-a"])
    left, gone = sample["gpus"]
    assert (left["index"], gone["index"]) == (0, None)
    assert gone["error"] == nvml.what(nvml.NOT_LISTED)
    child.until(lambda later: later["calls"] > sample["calls"] + 40)
    assert len(child.sample()["gpus"]) == 2


def test_one_odd_answer_fails_no_gpu(simulate: Simulate, watch: StartWatch) -> None:
    """What cannot be read is None, and the rest is told."""
    driver = simulate("rtx4090")
    child = watch(driver)
    child.first()
    driver.add("[gpu.0]\nerror.nvmlDeviceGetUtilizationRates = UNKNOWN")
    sample = child.until(lambda sample: sample["gpus"][0]["utilisation"] is None)
    for _ in range(20):
        sample = child.sample()
        assert states(sample) == ["ready"]
    assert sample["gpus"][0]["temperature"] == 41


def test_a_first_call_that_fails_costs_nothing_later(simulate: Simulate, watch: StartWatch) -> None:
    """What stands in for missing values is found out with the first answer, whenever that comes."""
    driver = simulate("t4")
    driver.add("[gpu.0]\nerror.nvmlDeviceGetFieldValues = UNKNOWN to_call=1")
    sample = watch(driver).until(lambda sample: sample["gpus"][0]["power"])
    assert sample["gpus"][0]["power"] == 10


def test_mig_switched_on_in_mid_run_is_seen(simulate: Simulate, watch: StartWatch) -> None:
    """The slices come, and the utilisation goes."""
    driver = simulate("a100_mig")
    with_slices = driver.text
    driver.add("[gpu.0]\nmig = 0\nutilisation = 50")
    child = watch(driver)
    assert child.first()["gpus"][0]["utilisation"] == 50
    driver.rewrite(with_slices)
    (gpu,) = child.until(lambda sample: sample["gpus"][0]["mig"])["gpus"]
    assert len(gpu["slices"]) == 2
    assert child.until(lambda sample: sample["gpus"][0]["utilisation"] is None)


@pytest.mark.parametrize("kind", ["hung", "hung_mid_run"])
def test_a_driver_that_hangs_is_told_by_the_second(simulate: Simulate, watch: StartWatch, kind: str) -> None:
    """The last readings stay; and what reads them ends at once."""
    driver = simulate(kind)
    child = watch(driver)
    if kind == "hung_mid_run":
        child.first()
        driver.at(6)
    sample = child.until(lambda sample: sample.get("silent"))
    assert sample["silent"] >= 2
    assert sample["trouble"] == f"NVML has not answered for {int(sample['silent'])} s."
    assert len(sample["gpus"]) == (2 if kind == "hung_mid_run" else 0)
    assert sample["host"]["memory_total"] > 0
    assert abs(sample["time"] - time.time()) < 5
    assert child.leave() == 0


def test_a_hang_that_ends_is_forgotten(simulate: Simulate, watch: StartWatch) -> None:
    """Readings go on where they stopped."""
    driver = simulate("hung_mid_run")
    child = watch(driver)
    child.first()
    driver.at(6)
    child.until(lambda sample: sample.get("silent"))
    driver.rewrite(driver.text.replace("crash.* = hang after=5", "temperature = 61"))
    sample = child.until(lambda sample: sample.get("silent") is None and sample["gpus"][0]["temperature"] == 61)
    assert sample["trouble"] is None


def test_ctrl_c_ends_it_while_the_driver_hangs(simulate: Simulate, watch: StartWatch) -> None:
    """The thread that waits for the driver keeps nobody."""
    child = watch(simulate("hung"))
    child.until(lambda sample: sample.get("silent"))
    os.kill(child.process.pid, signal.SIGINT)
    child.process.communicate(timeout=30)
    assert child.process.returncode != 0
