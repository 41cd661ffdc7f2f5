"""Healthy hosts as Facts, as they come: nothing of them may be a warning. A broken host is one of them, changed.

broken = changed(rtx4090_driver550_cu126(), driver={"loaded": ""}, nvml={"error": 9})
lost = gpu_changed(hgx_h200_8(), 5, error=15)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diagnostics.doctor.facts import (
    Container,
    Cuda,
    Driver,
    Facts,
    Gpu,
    GpuProcess,
    Host,
    KernelLog,
    Libraries,
    Limits,
    MigDevice,
    Node,
    Nvml,
    PciDevice,
    TorchGpu,
)
from tests.diagnostics.doctor.host_parts import (
    CU126,
    CU130,
    CU130_ARM,
    GIB,
    MIB,
    SERVER,
    changed,
    contained,
    geforce,
    gpu_changed,
    gpus_changed,
    h200,
    intel_graphics,
    library,
    linux,
    node,
    python_with,
    seen_by_torch,
    torch_gpu,
    uuid_of,
    without_gpu,
)

__all__ = ["CU126", "CU130", "GIB", "HEALTHY", "MIB", "changed", "gpu_changed", "gpus_changed"]


def rtx4090_driver550_cu126() -> Facts:
    """A workstation on Ubuntu: the desktop is drawn by the card, which idles at P8 with a Gen1 link."""
    gpu = geforce("NVIDIA GeForce RTX 4090", [8, 9], 24564 * MIB, 450.0, display=True)
    return linux("550.54.14", 12040, [gpu], python_with("2.13.0+cu126", "12.6", CU126), device="2684", secure_boot=True)


def gtx1080_cu126() -> Facts:
    """Pascal: no code for it in any wheel but cu126, and no open kernel module."""
    gpu = geforce("NVIDIA GeForce GTX 1080", [6, 1], 8192 * MIB, 180.0, display=True, link_generation_max=3)
    return linux(
        "570.172.08", 12080, [gpu], python_with("2.13.0+cu126", "12.6", CU126), device="1b80", open_module=False
    )


def h200_driver580_cu130() -> Facts:
    """A server with one H200 NVL and nothing between GPUs."""
    return linux(
        "580.95.05",
        13000,
        [h200(0, fabric_state=0, nvlinks_down=None, name="NVIDIA H200 NVL")],
        python_with("2.13.0+cu130", "13.0", CU130),
        device="233b",
        **SERVER,
    )


def hgx_h200_8() -> Facts:
    """Eight H200 behind NVSwitches, with InfiniBand, seen by root."""
    facts = linux(
        "580.95.05",
        13000,
        [h200(index, fabric_state=3, nvlinks_down=0) for index in range(8)],
        python_with("2.13.0+cu130", "13.0", CU130),
        device="2335",
        **{**SERVER, "nvswitches": 4, "fabric_manager": "running", "fabric_manager_version": "580.95.05"},
    )
    return changed(
        facts,
        host={"root": True},
        limits={
            "infiniband": [f"mlx5_{index}" for index in range(8)],
            "interfaces": ["lo", "eno1", *(f"ibs{index}" for index in range(8))],
        },
        kernel_log=KernelLog(readable=True, xids=[], lines=[]),
    )


def gb10() -> Facts:
    """A DGX Spark: the GPU has the machine's own memory, and its link is no PCIe link that has a width."""
    gpu = Gpu(
        index=0,
        name="NVIDIA GB10",
        uuid=uuid_of(0),
        pci="0000000F:01:00.0",
        capability=[12, 1],
        memory_error=3,
        utilisation=0,
        temperature=39,
        power=4.1,
        throttle=1,
        performance_state=8,
        clock=208,
        clock_max=3003,
        persistence=True,
        compute_mode=0,
        display=False,
        link_generation=1,
        link_generation_max=5,
        link_width=1,
        link_width_max=16,
        processes=[GpuProcess(pid=2811, memory=43 * MIB, visible=True)],
    )
    facts = linux(
        "580.95.05", 13000, [gpu], python_with("2.13.0+cu130", "13.0", CU130_ARM), machine="aarch64", device="2e12"
    )
    return changed(facts, torch={"gpus": [replace(torch_gpu(gpu), memory_total=120 * GIB, memory_free=110 * GIB)]})


def laptop_awake() -> Facts:
    """A hybrid laptop on its integrated GPU: the other slept until it was asked, and now idles on battery."""
    gpu = geforce("NVIDIA GeForce RTX 4060 Laptop GPU", [8, 9], 8188 * MIB, 80.0, display=False, link_width=8)
    gpu = replace(gpu, power_limit=55.0, link_width_max=16, memory_used=12 * MIB, processes=[])
    facts = linux("570.172.08", 12080, [gpu], python_with("2.13.0+cu126", "12.6", CU126), device="28e0")
    sleeping = PciDevice(
        address="0000:01:00.0",
        vendor="10de",
        device="28e0",
        device_class="0302",
        driver="nvidia",
        runtime_status="suspended",
        link_width=8,
        link_width_max=16,
    )
    return changed(
        facts,
        host={"laptop": True},
        driver={"prime": "on-demand"},
        pci=[intel_graphics(), sleeping],
    )


def laptop_asleep() -> Facts:
    """The same, left to sleep: what would wake it was not asked."""
    why = "The GPU sleeps, and asking would wake it."
    return changed(laptop_awake(), nvml=None, cuda=None, troubles={"nvml": why, "cuda": why})


def slurm_1_of_8() -> Facts:
    """A job that was given GPU 3 of 8: the mask says so, NVML shows them all, and others work on theirs."""
    facts = changed(
        hgx_h200_8(),
        host={"root": False, "scheduler": "slurm"},
        variables={"SLURM_JOB_ID": "48211", "SLURM_JOB_GPUS": "3", "CUDA_VISIBLE_DEVICES": "3"},
        kernel_log=KernelLog(readable=False),
    )
    others = [GpuProcess(pid=90417, memory=130 * GIB, visible=True)]
    facts = gpus_changed(
        facts, [0, 1, 2], memory_used=131 * GIB, processes=others, utilisation=100, throttle=4, performance_state=0
    )
    return seen_by_torch(facts, [3])


def slurm_cgroup_1_of_8() -> Facts:
    """The same where the cluster hides the other GPUs: their nodes are there and cannot be opened."""
    facts = changed(slurm_1_of_8(), variables={"CUDA_VISIBLE_DEVICES": "0"})
    assert facts.nvml is not None
    assert facts.nvml.gpus is not None
    mine = replace(facts.nvml.gpus[3], index=0)
    nodes = [
        replace(one, opens=1) if one.path.startswith("/dev/nvidia") and one.path[-1] in "0124567" else one
        for one in facts.nodes or []
    ]
    return seen_by_torch(changed(facts, nvml={"gpus": [mine]}, cuda={"devices": 1}, nodes=nodes), [0])


def mig_slice() -> Facts:
    """A pod that was given one slice of an H200: what NVML cannot read of a GPU in MIG mode is None."""
    slice_ = MigDevice(
        uuid="MIG-5ef2e2a1-6d5b-5b55-9c1c-3a1dbb6d0f21", name="NVIDIA H200 MIG 1g.18gb", memory_total=16384 * MIB
    )
    gpu = h200(0, fabric_state=3, nvlinks_down=0, mig=True, mig_devices=[slice_], utilisation=None)
    facts = linux("580.95.05", 13000, [gpu], python_with("2.13.0+cu130", "13.0", CU130), device="2335", **SERVER)
    run = TorchGpu(
        index=0,
        name=slice_.name,
        uuid=slice_.uuid,
        capability=[9, 0],
        memory_total=16384 * MIB,
        memory_free=16100 * MIB,
        allocated="",
        computed="",
        difference=0.0,
    )
    return changed(
        contained(facts, "kubernetes"),
        variables={"NVIDIA_VISIBLE_DEVICES": slice_.uuid, "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"},
        torch={"gpus": [run]},
    )


def docker_with_gpu() -> Facts:
    """A CUDA image with an injected RTX 4090 and enough shared memory; processes have the host's numbers."""
    facts = contained(rtx4090_driver550_cu126(), "docker")
    return gpu_changed(
        facts, 0, memory_used=3 * GIB, processes=[GpuProcess(pid=5121, memory=None, visible=False)], display=False
    )


def wsl2() -> Facts:
    """WSL: Windows has the driver, the kernel here knows of none, and what Windows draws fills some of the memory."""
    gpu = geforce("NVIDIA GeForce RTX 3080", [8, 6], 10240 * MIB, 320.0, display=True, link_generation_max=4)
    gpu = replace(gpu, memory_used=5 * GIB, processes=[], persistence=True)
    facts = linux("566.36", 12070, [gpu], python_with("2.13.0+cu126", "12.6", CU126), device="2206")
    lib = "/usr/lib/wsl/lib"
    return changed(
        facts,
        host={"wsl": True, "kernel": "5.15.167.4-microsoft-standard-WSL2", "virtual_machine": "wsl"},
        pci=[PciDevice(address="5582:00:00.0", vendor="1414", device="008e", device_class="0302", driver="dxgkrnl")],
        driver=Driver(
            loaded="",
            modules=[],
            module_files=[],
            other_kernels=[],
            fabric_manager="",
            prime="",
            smi=f"{lib}/nvidia-smi",
        ),
        nvml={"library": f"{lib}/libnvidia-ml.so.1"},
        cuda={"library": f"{lib}/libcuda.so.1.1"},
        libraries={
            "libcuda": [library("libcuda.so.1", lib, f"{lib}/libcuda.so.1.1", "1.1", by="wsl")],
            "libnvidia_ml": [library("libnvidia-ml.so.1", lib, f"{lib}/libnvidia-ml.so.1", "1", by="wsl")],
        },
        nodes=[Node(path="/dev/dxg", mode="0666", group="root", opens=0)],
        kernel_log=KernelLog(readable=True, xids=[], lines=[]),
    )


def cpu_laptop() -> Facts:
    """No NVIDIA GPU, and a torch for the CPU."""
    return without_gpu(python_with("2.13.0+cpu", "", []), laptop=True)


def login_node() -> Facts:
    """A cluster's front door: no GPU here, and a torch that is meant for the nodes that have one."""
    return without_gpu(python_with("2.13.0+cu126", "12.6", CU126), scheduler="slurm", cpus=64, memory_total=256 * GIB)


def jetson() -> Facts:
    """A Jetson Orin: the GPU is no PCI device, and NVML reads next to nothing of it."""
    gpu = Gpu(index=0, name="Orin (nvgpu)", capability=[8, 7], memory_error=3)
    python = python_with("2.8.0", "12.6", ["sm_87"], version="3.10.12")
    facts = linux("540.4.0", 12060, [gpu], python, machine="aarch64", device="")
    return changed(
        facts,
        host={"jetson": "NVIDIA Jetson AGX Orin Developer Kit", "kernel": "5.15.148-tegra"},
        pci=[],
        driver={"modules": ["nvidia", "nvidia_modeset"], "open": True, "smi": "/usr/sbin/nvidia-smi"},
        nodes=[node("/dev/nvidia0"), node("/dev/nvidiactl"), node("/dev/nvmap")],
        torch={"gpus": [replace(torch_gpu(gpu), memory_total=60 * GIB, memory_free=50 * GIB)]},
    )


def cloud_t4() -> Facts:
    """A rented virtual machine: Turing, ECC counted, an old driver of the right family, and half the lanes."""
    gpu = replace(
        geforce("Tesla T4", [7, 5], 15360 * MIB, 70.0, display=False, link_width=8, link_generation_max=3),
        link_width_max=16,
        ecc=True,
        ecc_uncorrected=0,
        ecc_uncorrected_ever=2,
        retired_pending=False,
        persistence=False,
        memory_used=434 * MIB,
        processes=[],
    )
    facts = linux(
        "535.183.01",
        12020,
        [gpu],
        python_with("2.13.0+cu126", "12.6", CU126),
        device="1eb8",
        open_module=False,
        laptop=False,
    )
    return changed(facts, host={"virtual_machine": "kvm"}, limits={"open_files": 65536})


def mac() -> Facts:
    """A Mac: torch has MPS, and nothing of NVIDIA is to be expected."""
    python, packages, run = python_with("2.13.0", "", [])
    return Facts(
        taken="2026-11-24T10:00:00Z",
        host=Host(
            system="Darwin",
            machine="arm64",
            kernel="25.1.0",
            name="mac",
            libc="",
            cpus=10,
            memory_total=32 * GIB,
            laptop=True,
            wsl=False,
            jetson="",
            scheduler="",
            root=False,
        ),
        pci=[],
        driver=Driver(),
        nvml=Nvml(error=12, error_text="NVML Shared Library Not Found"),
        cuda=Cuda(missing="libcuda.so.1: no such file"),
        libraries=Libraries(libcuda=[], libnvidia_ml=[], shadows=[], stubs=[], compat=[], compiler="/usr/bin/cc"),
        nodes=[],
        variables={},
        container=Container(kind=""),
        limits=Limits(open_files=4096, open_files_hard=-1, tmp_runs=True, cache_writable=True, cache_free=200 * GIB),
        kernel_log=KernelLog(readable=False),
        python=python,
        packages=packages,
        torch=replace(run, mps=True),
    )


HEALTHY: dict[str, Callable[[], Facts]] = {
    one.__name__: one
    for one in (
        rtx4090_driver550_cu126,
        gtx1080_cu126,
        h200_driver580_cu130,
        hgx_h200_8,
        gb10,
        laptop_awake,
        laptop_asleep,
        slurm_1_of_8,
        slurm_cgroup_1_of_8,
        mig_slice,
        docker_with_gpu,
        wsl2,
        cpu_laptop,
        login_node,
        jetson,
        cloud_t4,
        mac,
    )
}
