"""The GPUs' health and speed: what is a fault, and what healthy GPUs show all day."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.doctor.facts import Facts, KernelLog, Nvml, Xid
from tests.diagnostics.doctor.hosts import (
    changed,
    cloud_t4,
    docker_with_gpu,
    gb10,
    gpu_changed,
    gpus_changed,
    gtx1080_cu126,
    h200_driver580_cu130,
    hgx_h200_8,
    laptop_awake,
    mig_slice,
    rtx4090_driver550_cu126,
    wsl2,
)
from tests.diagnostics.doctor.judging import (
    Case,
    alarm,
    causes,
    finding,
    must_be_shown,
    must_read_well,
    must_speak,
    quiet,
    speaks,
)

RTX = rtx4090_driver550_cu126()
HGX = hgx_h200_8()
H200 = h200_driver580_cu130()


def busy(host: Facts, throttle: int = 4, **fields: Any) -> Facts:
    """A host whose first GPU works at full load."""
    return gpu_changed(host, 0, utilisation=100, performance_state=0, throttle=throttle, clock=1200, **fields)


def logged(host: Facts, *xids: Xid) -> Facts:
    return changed(host, kernel_log=KernelLog(readable=True, xids=list(xids), lines=[]))


def xid(code: int, pci: str = "PCI:0000:6b:00", text: str = "") -> Xid:
    return Xid(code=code, pci=pci, text=text, seconds=812.5)


LOST = logged(gpu_changed(HGX, 5, error=15), xid(79, text="GPU has fallen off the bus."))

SPEAKS = [
    speaks(
        "NVML 15 and Xid 79", "gpu-lost", LOST, "fail", "GPU 5 is lost: it fell off the bus", "Xid 79", "sudo poweroff"
    ),
    speaks("NVML 15 alone", "gpu-lost", gpu_changed(HGX, 5, error=15), "fail", "GPU 5 is lost", "(15)"),
    speaks("another code, and Xid 79", "gpu-lost", logged(gpu_changed(HGX, 5, error=999), xid(79)), "fail", "GPU 5"),
    speaks("two of eight", "gpu-lost", gpus_changed(HGX, [2, 5], error=15), "fail", "GPUs 2 and 5 are lost: they fell"),
    speaks("NVML starts with 15", "gpu-lost", changed(RTX, nvml=Nvml(error=15)), "fail", "a GPU is lost", "(15)"),
    speaks(
        "an unknown error",
        "gpu-not-answering",
        gpu_changed(HGX, 3, error=999),
        "fail",
        "GPU 3 answers NVML with an error",
        "unknown error (999)",
    ),
    speaks(
        "NVML 16",
        "reset-required",
        gpu_changed(HGX, 3, error=16),
        "fail",
        "GPU 3 must be reset",
        "(16)",
        "sudo nvidia-smi --gpu-reset -i 3",
    ),
    speaks("NVML 14", "inforom-corrupted", gpu_changed(HGX, 3, error=14), "warn", "infoROM of GPU 3", "(14)"),
    speaks(
        "two GPUs, one finding",
        "remap-pending",
        gpus_changed(HGX, [1, 6], remap_pending=True),
        "warn",
        "GPUs 1 and 6 wait for a reset",
        "GPU 6",
        "--gpu-reset -i 1,6",
    ),
    speaks("no rows left", "remap-failed", gpu_changed(HGX, 1, remap_failed=True), "fail", "GPU 1", "remapping failed"),
    speaks(
        "Turing", "pages-retired-pending", gpu_changed(cloud_t4(), 0, retired_pending=True), "warn", "GPU 0", "Tesla T4"
    ),
    speaks("since the driver came", "ecc-uncorrected", gpu_changed(HGX, 4, ecc_uncorrected=3), "warn", "GPU 4", ": 3 "),
    speaks(
        "software, at full load",
        "heat-throttle",
        busy(RTX, 0x20, temperature=89),
        "warn",
        "GPU 0 slows down for heat",
        "89 °C, slowdown at 90 °C, software thermal slowdown, 1200 of 3105 MHz",
    ),
    speaks("hardware", "heat-throttle", busy(RTX, 0x48, temperature=97), "warn", "GPU 0", "hardware thermal slowdown"),
    speaks("a laptop's everyday", "heat-throttle", busy(laptop_awake(), 0x20, temperature=87), "note", "GPU 0"),
    speaks("a laptop's limit", "heat-throttle", busy(laptop_awake(), 0x40, temperature=97), "warn", "GPU 0"),
    speaks("at work", "power-brake", busy(HGX, 0x80), "warn", "slowed down by the power supply", "1200 of 1980 MHz"),
    speaks("slowed by hardware", "power-brake", busy(RTX, 0x08), "warn", "GPU 0", "hardware slowdown"),
    speaks("at rest", "power-brake", gpu_changed(HGX, 0, throttle=0x81), "note", "GPU 0", "power brake"),
    speaks("on battery", "power-brake", busy(laptop_awake(), 0x80), "note", "GPU 0"),
    speaks(
        "an owner's choice",
        "power-limited",
        gpu_changed(RTX, 0, power_limit=300.0),
        "note",
        "full power",
        "limit 300 W, default 450 W",
        "-i 0 -pl 450",
    ),
    speaks("a quarter", "pcie-width", gpu_changed(RTX, 0, link_width=4), "warn", "fewer PCIe lanes", "4 lanes of 16"),
    speaks("one of eight", "pcie-width", gpu_changed(HGX, 6, link_width=8), "warn", "GPU 6", "8 lanes of 16"),
    speaks("a board halves it", "pcie-width", gpu_changed(RTX, 0, link_width=8), "note", "GPU 0", "8 lanes of 16"),
    speaks("a virtual machine", "pcie-width", cloud_t4(), "note", "GPU 0", "8 lanes of 16"),
    speaks(
        "a server",
        "persistence-off",
        gpu_changed(H200, 0, persistence=False),
        "note",
        "persistence mode is off",
        "no display",
        "nvidia-persistenced",
    ),
    speaks(
        "programs' errors",
        "xid-seen",
        logged(HGX, xid(31), xid(13), xid(13), xid(43), xid(45)),
        "note",
        "5 Xids, none of them a fault of the hardware",
        "Xid 13 on GPU 5, twice: a program's error",
    ),
    speaks(
        "memory",
        "xid-seen",
        logged(HGX, xid(95), xid(13)),
        "warn",
        "Xid 95",
        "Xid 95 on GPU 5, once: a memory error that was not contained",
        "--gpu-reset -i 5",
    ),
    speaks("the GPU's processor", "xid-seen", logged(HGX, xid(119)), "warn", "Xid 119", "GSP", "dmesg"),
    speaks("a code of tomorrow", "xid-seen", logged(HGX, xid(987)), "note", "1 Xid,", "not in the doctor's table"),
    speaks("it takes root", "xid-seen", RTX, "skipped", "not looked for", "takes root", "sudo dmesg | grep -i xid"),
]

QUIET = [
    quiet("Xid 79 and a GPU that answers again", "gpu-lost", logged(HGX, xid(79))),
    quiet("lost has a fault of its own", "gpu-not-answering", LOST),
    quiet("a job's hidden GPUs", "gpu-not-answering", gpu_changed(HGX, 3, error=4)),
    quiet("errors of years ago", "ecc-uncorrected", gpu_changed(HGX, 4, ecc_uncorrected_ever=12)),
    quiet("no ECC on GeForce", "ecc-uncorrected", RTX),
    quiet("rows replaced long ago", "remap-pending", HGX),
    quiet("idle, and its clocks low", "heat-throttle", RTX),
    quiet("idle after a hot run", "heat-throttle", gpu_changed(RTX, 0, throttle=0x21, temperature=60)),
    quiet("at its power cap under load", "heat-throttle", busy(HGX, 0x04)),
    quiet("at its power cap under load", "power-brake", busy(HGX, 0x04)),
    quiet("the owner's clocks", "power-brake", busy(HGX, 0x02)),
    quiet("heat has a bit of its own", "power-brake", busy(RTX, 0x48, temperature=97)),
    quiet("a laptop at rest on battery", "power-brake", gpu_changed(laptop_awake(), 0, throttle=0x81)),
    quiet("a laptop shares its power", "power-limited", laptop_awake()),
    quiet("rounding", "power-limited", gpu_changed(RTX, 0, power_limit=449.9)),
    quiet("Gen1 at P8", "pcie-width", RTX),
    quiet("a laptop's eight lanes", "pcie-width", laptop_awake()),
    quiet("unified memory", "pcie-width", gb10()),
    quiet("a Grace superchip", "pcie-width", gpu_changed(H200, 0, name="NVIDIA GH200 480GB", link_width=1)),
    quiet(
        "a laptop that was not known for one",
        "power-limited",
        gpu_changed(RTX, 0, name="NVIDIA GeForce RTX 5090 Laptop GPU", power_limit=95.0),
    ),
    quiet("Windows's to set", "power-limited", gpu_changed(wsl2(), 0, power_limit=95.0)),
    quiet("a desktop", "persistence-off", RTX),
    quiet("an older desktop", "persistence-off", gtx1080_cu126()),
    quiet("a laptop on its other GPU", "persistence-off", laptop_awake()),
    quiet("a container", "persistence-off", gpu_changed(docker_with_gpu(), 0, display=False)),
    quiet("nothing was logged", "xid-seen", HGX),
    quiet("WSL", "xid-seen", wsl2()),
    quiet("the log was not seen", "xid-seen", changed(RTX, kernel_log=None)),
]


@pytest.mark.parametrize("case", SPEAKS)
def test_a_fault_of_a_gpu_is_named_with_its_numbers_and_its_fix(case: Case) -> None:
    """Status, title, evidence and command of each."""
    must_speak(case)
    must_be_shown(case)


@pytest.mark.parametrize("case", SPEAKS)
def test_a_finding_about_a_GPU_reads_well_of_a_host_half_seen(case: Case) -> None:
    """Any one field may be missing."""
    must_read_well(case)


@pytest.mark.parametrize(("fault", "host"), QUIET)
def test_what_healthy_gpus_show_is_left_alone(fault: str, host: Facts) -> None:
    """Idle clocks, laptops, GeForce, unified memory, history."""
    assert finding(host, fault) is None


def test_a_lost_gpu_explains_its_xid() -> None:
    """One finding for GPU 5, and the log's under it."""
    assert causes(LOST, "gpu-lost", "xid-seen") == {"gpu-lost": "", "xid-seen": "gpu-lost"}


def test_failed_memory_explains_the_errors_it_gave() -> None:
    """Of three signs of the same memory the worst comes first."""
    host = gpu_changed(HGX, 1, remap_failed=True, remap_pending=True, ecc_uncorrected=2)
    assert causes(host, "remap-failed", "remap-pending", "ecc-uncorrected") == {
        "remap-failed": "",
        "remap-pending": "remap-failed",
        "ecc-uncorrected": "remap-failed",
    }


def test_every_gpu_of_many_is_named_once() -> None:
    """All eight are not counted out."""
    found = finding(gpus_changed(HGX, remap_pending=True), "remap-pending")
    assert found is not None
    assert found.title.startswith("all 8 GPUs wait")
    assert len(found.evidence) == 8


@pytest.mark.parametrize("bits", [0, 0x1, 0x2, 0x4, 0x5, 0x10, 0x100, 0x117])
def test_normal_reasons_for_clocks_are_no_alarm(bits: int) -> None:
    """Idle, application clocks, the power cap, sync boost and display: at work or not."""
    for host in (busy(HGX, bits), gpus_changed(HGX, throttle=bits), busy(laptop_awake(), bits)):
        assert not alarm(host, "heat-throttle")
        assert not alarm(host, "power-brake")


def test_a_gpu_in_mig_mode_whose_load_cannot_be_read_is_not_called_hot() -> None:
    """Utilisation is not to be had there, so a slowed clock proves nothing."""
    assert finding(gpu_changed(mig_slice(), 0, throttle=0x20), "heat-throttle") is None


def test_hostile_names_are_shown_as_signs() -> None:
    """A GPU's name is text from outside."""
    found = finding(gpu_changed(HGX, 5, error=15, name="\x1b]0;owned\x07" * 99), "gpu-lost")
    assert found is not None
    assert all(line.isprintable() and len(line) < 200 for line in found.evidence)
