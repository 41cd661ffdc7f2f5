"""NVML as the probe asks it, through ctypes, on simulated drivers."""

from __future__ import annotations

import os
import re

import pytest

from diagnostics.doctor.examine import examine
from diagnostics.doctor.facts import Gpu, MigDevice, Nvml
from tests.support.nvml import Simulate, Simulated

MIB = 2**20


def asked(driver: Simulated) -> Nvml:
    """What the probe learns of it."""
    facts = examine(torch=False, environ=driver.env)
    assert facts.nvml is not None, facts.troubles
    return facts.nvml


def gpus(driver: Simulated) -> list[Gpu]:
    found = asked(driver).gpus
    assert found is not None
    return found


def test_a_geforce_is_read_whole(simulate: Simulate) -> None:
    """And what it does not have is None."""
    nvml = asked(driver := simulate("rtx4090"))
    assert (nvml.error, nvml.error_text) == (0, "")
    assert str(nvml.library).startswith(str(driver.libraries))
    assert nvml.gpus
    (gpu,) = nvml.gpus
    assert (gpu.error, gpu.capability, gpu.memory_total, gpu.memory_error) == (0, [8, 9], 24564 * MIB, 0)
    assert (gpu.name, gpu.brand) == ("NVIDIA GeForce RTX 4090", 5)
    assert (gpu.remap_pending, gpu.mig, gpu.mig_devices, gpu.nvlinks_down) == (None, None, None, None)
    assert re.fullmatch(r"0000:[0-9a-f]{2}:00\.0", gpu.pci or "")


def test_a_node_with_a_bad_and_a_lost_gpu(simulate: Simulate) -> None:
    """Each has its own state, and the others are read."""
    found = gpus(simulate("h200_8"))
    assert [gpu.index for gpu in found] == list(range(8))
    assert [gpu.error for gpu in found] == [0, 0, 0, 0, 0, 15, 0, 0]
    bad = found[3]
    assert (bad.ecc, bad.ecc_uncorrected, bad.ecc_uncorrected_ever) == (True, 2, 2)
    assert (bad.remap_pending, bad.remap_failed) == (True, False)
    assert found[5].name is None
    good = found[0]
    assert (good.power_limit, good.power_default, good.temperature_slowdown) == (700.0, 700.0, 89)
    assert (good.link_generation, good.link_width, good.link_width_max) == (5, 16, 16)
    assert (good.persistence, good.display, good.compute_mode) == (True, False, 0)
    assert (good.nvlinks_down, good.fabric_state) == (0, 3)
    assert good.processes is not None
    assert [(process.pid, process.memory) for process in good.processes] == [(31001, 98000 * MIB)]


def test_a_gpu_that_is_lost_while_it_is_read(simulate: Simulate) -> None:
    """Its code is kept, what was read before stays, and it is asked nothing more."""
    driver = simulate("h200_8")
    driver.add("[gpu.2]\nerror.nvmlDeviceGetUtilizationRates = GPU_IS_LOST")
    found = gpus(driver)
    assert (found[2].error, found[2].name, found[2].utilisation, found[2].power) == (15, "NVIDIA H200", None, None)
    assert found[4].error == 0
    after = [call.function for call in driver.calls() if call.device == "gpu.2"]
    assert after[-1] == "nvmlDeviceGetUtilizationRates"


def test_links_that_are_down_are_counted_where_others_are_up(simulate: Simulate) -> None:
    """All down is a card without a bridge."""
    driver = simulate("h200_8")
    driver.add("[gpu.0]\nnvlink.3 = 0\nnvlink.7 = 0\n[gpu.1]\n" + "\n".join(f"nvlink.{n} = 0" for n in range(18)))
    found = gpus(driver)
    assert [gpu.nvlinks_down for gpu in found[:3]] == [2, None, 0]


def test_mig_slices_are_listed(simulate: Simulate) -> None:
    """With their memory; the GPU's own utilisation is not to be had."""
    (gpu,) = gpus(simulate("a100_mig"))
    assert (gpu.mig, gpu.mig_pending, gpu.utilisation) == (True, False, None)
    assert gpu.mig_devices == [
        MigDevice(
            uuid="MIG-9f1c27e4-53b8-5d06-8a7f-c04e6b91d235",
            name="NVIDIA A100-SXM4-80GB MIG 3g.40gb",
            memory_total=40192 * MIB,
        ),
        MigDevice(
            uuid="MIG-4d8e03a6-b12f-5c79-9e64-2f7b8ad0c918",
            name="NVIDIA A100-SXM4-80GB MIG 1g.10gb",
            memory_total=9728 * MIB,
        ),
    ]


def test_an_old_driver_is_read_by_its_older_functions(simulate: Simulate) -> None:
    """Memory, throttle reasons and processes had other names."""
    (gpu,) = gpus(simulate("old_driver"))
    assert (gpu.memory_total, gpu.memory_error, gpu.throttle) == (16160 * MIB, 0, 0)
    assert gpu.processes is not None
    assert [process.pid for process in gpu.processes] == [17540]
    assert (gpu.retired_pending, gpu.fabric_state) == (False, None)


def test_unified_memory_gives_no_number(simulate: Simulate) -> None:
    """But the code says why."""
    (gpu,) = gpus(simulate("gb10"))
    assert (gpu.memory_total, gpu.memory_error, gpu.error) == (None, 3, 0)


def test_names_that_are_no_text_are_read_all_the_same(simulate: Simulate) -> None:
    """What is not UTF-8 becomes a sign."""
    assert all(isinstance(gpu.name, str) for gpu in gpus(simulate("hostile")))


def test_a_process_that_is_here_is_told_from_one_that_is_not(simulate: Simulate) -> None:
    """In a container NVML's numbers are the host's."""
    driver = simulate("rtx4090")
    driver.add(f"[gpu.0]\nprocess.0 = pid={os.getpid()} type=C\nprocess.1 = pid=4194305 type=G memory=5MiB")
    (gpu,) = gpus(driver)
    seen = {one.pid: (one.memory, one.visible) for one in gpu.processes or []}
    assert seen[os.getpid()] == (None, True)
    assert seen[4194305] == (5 * MIB, False)


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("init_driver_not_loaded", 9),
        ("init_no_permission", 4),
        ("init_unknown", 999),
        ("init_version_mismatch", 18),
        ("init_gpu_lost", 15),
    ],
)
def test_an_init_that_fails_has_its_code_and_nvmls_words(simulate: Simulate, scenario: str, code: int) -> None:
    """And no GPUs."""
    nvml = asked(simulate(scenario))
    assert (nvml.error, nvml.gpus) == (code, None)
    assert nvml.error_text


def test_a_host_without_nvml_says_what_the_loader_said() -> None:
    """As code 12."""
    facts = examine(torch=False, environ={"PATH": "/usr/bin"})
    if facts.nvml and facts.nvml.library:
        pytest.skip("this host has an NVIDIA driver")
    assert facts.nvml
    assert facts.nvml.error == 12
    assert "libnvidia-ml.so.1" in facts.nvml.error_text


def test_no_gpus_are_an_empty_list(simulate: Simulate) -> None:
    """Not None, which is "not seen"."""
    assert gpus(simulate("zero_gpus")) == []
