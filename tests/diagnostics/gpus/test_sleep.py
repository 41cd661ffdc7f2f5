"""A laptop's GPU that falls asleep: nothing may wake it, and nothing may keep it awake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.diagnostics.gpus.conftest import Watch
from tests.support.nvml import Simulated

Simulate = Callable[..., Simulated]
StartWatch = Callable[..., Watch]


def device(
    folder: Path, address: str, status: str, control: str = "auto", vendor: str = "0x10de", d3: str = "Enabled"
) -> Path:
    """A PCI device as sysfs shows it, and what NVIDIA's driver says of its sleep."""
    told = folder.with_name("driver") / address
    told.mkdir(parents=True, exist_ok=True)
    (told / "power").write_text(f"Runtime D3 status:          {d3} (fine-grained)\nVideo Memory:  Active\n")
    power = folder / address / "power"
    power.mkdir(parents=True)
    (power.parent / "vendor").write_text(f"{vendor}\n")
    (power.parent / "class").write_text("0x030000\n")
    (power / "runtime_status").write_text(f"{status}\n")
    (power / "control").write_text(f"{control}\n")
    return power.parent


def test_a_sleeping_gpu_is_never_asked(simulate: Simulate, watch: StartWatch, tmp_path: Path) -> None:
    """Not even NVML is opened: the row says that it sleeps, and nothing is wrong."""
    driver = simulate("laptop")
    device(tmp_path / "pci", "0000:01:00.0", "suspended")
    child = watch(driver, devices=tmp_path / "pci")
    child.first()
    for _ in range(10):
        sample = child.sample()
    (gpu,) = sample["gpus"]
    assert (gpu["state"], gpu["pci"], gpu["utilisation"]) == ("asleep", "0000:01:00.0", None)
    assert sample["trouble"] is None
    assert driver.calls() == []


def test_one_that_wakes_is_read_and_one_that_falls_asleep_is_left(
    simulate: Simulate, watch: StartWatch, tmp_path: Path
) -> None:
    """With NVML closed: an open one would keep it from sleeping."""
    driver = simulate("laptop")
    gpu = device(tmp_path / "pci", "0000:01:00.0", "suspended")
    child = watch(driver, devices=tmp_path / "pci", wait=60)
    child.first()
    (gpu / "power" / "runtime_status").write_text("active\n")
    sample = child.until(lambda sample: sample["gpus"][0]["state"] == "ready")
    assert sample["gpus"][0]["temperature"] == 43
    assert len(sample["gpus"]) == 1
    (gpu / "power" / "runtime_status").write_text("suspended\n")
    sample = child.until(lambda sample: sample["gpus"][0]["state"] == "asleep")
    assert sample["gpus"][0]["name"] == "NVIDIA GeForce RTX 4070 Laptop GPU"
    assert sample["gpus"][0]["temperature"] is None
    assert driver.calls()[-1].function == "nvmlShutdown"
    calls = sample["calls"]
    for _ in range(5):
        assert child.sample()["calls"] == calls


def test_an_idle_one_is_let_go(simulate: Simulate, watch: StartWatch, tmp_path: Path) -> None:
    """So that it can fall asleep; while it is busy, or where it never sleeps, it is not."""
    driver = simulate("laptop")
    device(tmp_path / "pci", "0000:01:00.0", "active")
    child = watch(driver, devices=tmp_path / "pci")
    sample = child.until(lambda sample: sample["gpus"] and sample["gpus"][0]["state"] == "resting")
    assert driver.calls()[-1].function == "nvmlShutdown"
    assert sample["gpus"][0]["temperature"] == 43
    assert child.until(lambda sample: sample["gpus"][0]["state"] == "ready")


@pytest.mark.parametrize("why", ["busy", "kernel", "driver", "not told"])
def test_one_that_cannot_sleep_is_read_on(simulate: Simulate, watch: StartWatch, tmp_path: Path, why: str) -> None:
    """It is busy, or the kernel keeps it awake, or the driver does, or says nothing: NVML stays open."""
    driver = simulate("laptop")
    if why == "busy":
        driver.add("[gpu.0]\nutilisation = 40")
    device(
        tmp_path / "pci", "0000:01:00.0", "active",
        control="on" if why == "kernel" else "auto", d3="Not supported" if why == "driver" else "Enabled",
    )  # fmt: skip
    if why == "not told":
        (tmp_path / "driver" / "0000:01:00.0" / "power").unlink()
    child = watch(driver, devices=tmp_path / "pci")
    child.first()
    for _ in range(15):
        assert child.sample()["gpus"][0]["state"] == "ready"
    assert driver.calls("nvmlShutdown") == []


def test_the_neighbour_of_a_sleeping_one_is_not_asked(simulate: Simulate, watch: StartWatch, tmp_path: Path) -> None:
    """NVML would wake both; another maker's device is none of our business."""
    driver = simulate("laptop")
    device(tmp_path / "pci", "0000:00:02.0", "suspended", vendor="0x8086")
    device(tmp_path / "pci", "0000:01:00.0", "suspended")
    device(tmp_path / "pci", "0000:02:00.0", "active")
    gpus = watch(driver, devices=tmp_path / "pci").first()["gpus"]
    assert [(gpu["pci"], gpu["state"]) for gpu in gpus] == [("0000:01:00.0", "asleep"), ("0000:02:00.0", "resting")]
    assert driver.calls() == []
