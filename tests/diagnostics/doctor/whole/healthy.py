"""Healthy hosts that the probe itself looks at: nothing of them may warn or fail."""

from __future__ import annotations

from tests.diagnostics.doctor.host_parts import GIB, MIB
from tests.diagnostics.doctor.roots import (
    FOLDER,
    Tree,
    cgroup,
    docker,
    kmsg,
    laptop,
    libraries,
    limits,
    linux,
    nodes,
    nvidia_module,
    pci_gpu,
    shared_memory,
    wsl,
)
from tests.diagnostics.doctor.stub_torch import CPU_ONLY
from tests.diagnostics.doctor.whole.making import Plan, driven
from tests.diagnostics.doctor.whole.said import Says
from tests.diagnostics.doctor.whole.torches import Card, torch

RTX4090 = Card("NVIDIA GeForce RTX 4090", (8, 9), 24564 * MIB, "1c5a4a4e-7d1b-8f0c-2f2e-6c2d1b7f9a10")
GTX1080 = Card("NVIDIA GeForce GTX 1080", (6, 1), 8192 * MIB, "f3b8a2c4-91d0-5e67-a4c2-0b9d7e316f52")
T4 = Card("Tesla T4", (7, 5), 15360 * MIB, "8d3c1f70-25ab-4e19-b1c7-93e4d0a2f685")
GB10 = Card("NVIDIA GB10", (12, 1), 120 * GIB, "b0a7e5d2-6f14-93c8-5d3b-8e20f4c17a96")
SLICE = Card("NVIDIA A100-SXM4-80GB MIG 1g.10gb", (8, 0), 9728 * MIB, "MIG-4d8e03a6-b12f-5c79-9e64-2f7b8ad0c918")

SERVER = linux(cpus=192, memory_gib=2048)
BUS = [f"0000:{0x1B + 0x10 * index:02x}:00.0" for index in range(8)]
"""Where the GPUs of a node of eight are."""
PLACES = "".join(f"[gpu.{index}]\npci = 0000{place}\n" for index, place in enumerate(BUS))


def uuid(index: int) -> str:
    return f"5b0e77c1-9d24-4f3a-8c61-20f7ab94d3{index:02x}"


def h200(index: int) -> Card:
    return Card("NVIDIA H200", (9, 0), 143771 * MIB, uuid(index))


def hgx(more: str = "") -> str:
    """Eight H200 that are all well."""
    sick = "[gpu.3]\necc_uncorrected = 0\necc_uncorrected_ever = 0\nremap_uncorrected = 0\nremap_pending = 0\n"
    sick += "[gpu.5]\nerror.* = SUCCESS\n"
    own = "".join(f"[gpu.{index}]\nuuid = GPU-{uuid(index)}\n" for index in range(8))
    text = driven("h200_8", "580.95.05", 13000, f"{PLACES}{own}[gpu.*]\nmemory_used = 614MiB\nutilisation = 0\n")
    return f"{text}[cuda]\ndevices = 8\n{sick}{more}\n"


def hgx_tree(manager: bool = True) -> Tree:
    """Eight GPUs and four NVSwitches; a fabric manager that runs, or is only installed."""
    tree = {**SERVER, **nvidia_module("580.95.05", open=True), **nodes(8)}
    for place in BUS:
        tree.update(pci_gpu(place, "2335", device_class="0302"))
    for index in range(4):
        tree.update(pci_gpu(f"0000:{7 + index:02x}:00.0", "22a3", device_class="0680"))
        tree[f"/dev/nvidia-nvswitch{index}"] = ""
    tree["/usr/bin/nv-fabricmanager"] = "#!/bin/sh\necho Fabric Manager version is : 580.95.05\n"
    tree["/usr/bin/nvidia-smi"] = "#!/bin/sh\n"
    tree["/proc/self/limits"] = limits(1048576, 1048576, "unlimited")
    tree["/sys/module/nvidia_uvm/parameters/uvm_disable_hmm"] = "Y\n"
    tree["/sys/fs/cgroup/system.slice/nvidia-persistenced.service"] = FOLDER
    tree["/sys/kernel/iommu_groups/0"] = FOLDER
    if manager:
        tree["/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service"] = FOLDER
    for index in range(8):
        tree[f"/sys/class/infiniband/mlx5_{index}"] = FOLDER
    return tree


IMAGE: Tree = {
    "/usr/local/cuda/bin/nvcc": "",
    "/usr/local/cuda/version.json": '{"cuda": {"version": "12.4.1"}}',
    "/proc/self/status": "Name:\tpython3\nUid:\t0\t0\t0\t0\n",
    "/proc/self/attr/current": "docker-default (enforce)\n",
}
"""An image with nvcc, run as root."""


def desktop(version: str, device: str = "2684", address: str = "0000:01:00.0") -> Tree:
    """Ubuntu with one card and the driver of that version, which keeps nouveau away."""
    blacklist: Tree = {"/etc/modprobe.d/nvidia.conf": "blacklist nouveau\n"}
    return {**linux(), **pci_gpu(address, device), **nvidia_module(version), **nodes(), **blacklist}


def container(version: str, shm: int = 8 * GIB) -> Tree:
    """A CUDA image that was given the GPU and the libraries of the host's driver."""
    bounds = cgroup(memory=str(32 * GIB), used=4 * GIB, cpu="800000 100000")
    return {**desktop(version), **docker(shm=shm), **bounds, **IMAGE}


def rtx4090_driver550(more: str = "") -> str:
    return driven("rtx4090", "550.54.14", 12040, more)


INJECTED = {
    "CUDA_HOME": "/usr/local/cuda",
    "NVIDIA_VISIBLE_DEVICES": "all",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
}
CU126_RTX4090 = torch("2.13.0+cu126", [RTX4090])

HEALTHY: dict[str, tuple[Plan, Says]] = {
    "RTX 4090, driver 550, torch cu126": (
        Plan(
            (desktop("550.54.14"), kmsg("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.14")),
            CU126_RTX4090,
            scenario=rtx4090_driver550(),
        ),
        Says(),
    ),
    "GTX 1080, torch cu126": (
        Plan(
            (desktop("535.183.01", "1b80", "0000:26:00.0"),),
            torch("2.13.0+cu126", [GTX1080]),
            scenario=driven("gtx1080"),
        ),
        Says(),
    ),
    "H200, driver 580, torch cu130": (
        Plan(
            (
                {**SERVER, **pci_gpu("0000:1b:00.0", "233b", device_class="0302")},
                nvidia_module("580.95.05", open=True),
                nodes(),
            ),
            torch("2.13.0+cu130", [h200(0)]),
            scenario=driven(
                "h200_1",
                "580.95.05",
                13000,
                f"[gpu.0]\nname = NVIDIA H200 NVL\npci = 00000000:1B:00.0\nuuid = GPU-{uuid(0)}\n"
                "nvlinks = N/A\nfabric_state = 0\nmemory_used = 614MiB\nutilisation = 0\n",
            ),
        ),
        Says(),
    ),
    "GB10": (
        Plan(
            (
                linux("6.11.0-1016-nvidia", "aarch64", 20, 120),
                pci_gpu("000f:01:00.0", "2e12", device_class="0302"),
                nvidia_module("580.95.05", open=True, kernel="6.11.0-1016-nvidia"),
                nodes(),
            ),
            torch("2.13.0+cu130", [GB10]),
            scenario=driven("gb10"),
        ),
        Says(),
    ),
    "laptop with a sleeping GPU": (
        Plan(
            (linux(cpus=16, memory_gib=32), laptop(), nvidia_module("550.120"), nodes()),
            torch("2.13.0+cu126", [Card("NVIDIA GeForce RTX 4070 Laptop GPU", (8, 9), 8188 * MIB, uuid(0))]),
            scenario=driven("laptop"),
        ),
        Says(),
    ),
    "Slurm job that sees 1 of 8": (
        Plan(
            (hgx_tree(), {"/usr/bin/srun": "#!/bin/sh\n", "/usr/bin/sinfo": "#!/bin/sh\n"}),
            torch("2.13.0+cu130", [h200(3)]),
            scenario=hgx("[cuda]\ndevices = 1\n"),
            variables={"SLURM_JOB_ID": "48211", "SLURM_JOB_GPUS": "3", "CUDA_VISIBLE_DEVICES": "3"},
        ),
        Says(notes=("scheduler-mask",)),
    ),
    "MIG slice": (
        Plan(
            (
                SERVER,
                pci_gpu("0000:07:00.0", "20b2", device_class="0302"),
                nvidia_module("550.90.07", open=True),
                nodes(),
                docker(shm=16 * GIB),
                {"/var/run/secrets/kubernetes.io/serviceaccount/token": ""},
            ),
            torch("2.13.0+cu126", [SLICE]),
            scenario=driven("a100_mig"),
            variables={
                **INJECTED,
                "NVIDIA_VISIBLE_DEVICES": SLICE.uuid,
                "CUDA_VISIBLE_DEVICES": SLICE.uuid,
                "KUBERNETES_SERVICE_HOST": "10.96.0.1",
            },
        ),
        Says(),
    ),
    "container with an injected GPU": (
        Plan((container("550.54.14"),), CU126_RTX4090, scenario=rtx4090_driver550(), variables=INJECTED),
        Says(),
    ),
    "cluster that shares its GPUs by a preloaded library": (
        Plan(
            (container("550.54.14"), {"/etc/ld.so.preload": "/usr/local/vgpu/libvgpu.so\n"}),
            CU126_RTX4090,
            scenario=rtx4090_driver550(),
            variables=INJECTED,
        ),
        Says(notes=("preload",)),
    ),
    "editor that is a snap": (
        Plan(
            (desktop("550.54.14"), {"/proc/self/attr/current": "snap.code.code (complain)\n"}),
            CU126_RTX4090,
            scenario=rtx4090_driver550(),
        ),
        Says(),
    ),
    "WSL2": (
        Plan(
            (linux(), wsl(), {"/proc/self/mounts": f"/dev/sdc / ext4 rw 0 0\n{shared_memory(8 * GIB)}"}),
            CU126_RTX4090,
            scenario=driven("rtx4090", "566.36", 12070),
        ),
        Says(),
    ),
    "CPU-only laptop": (
        Plan(
            (
                linux(cpus=8, memory_gib=16),
                {"/sys/class/dmi/id/chassis_type": "10\n"},
                pci_gpu("0000:00:02.0", "46a6", "i915", vendor="8086"),
            ),
            torch("2.13.0+cpu", source=CPU_ONLY),
        ),
        Says(notes=("no-gpu",)),
    ),
    "login node without a GPU": (
        Plan(
            (
                SERVER,
                pci_gpu("0000:03:00.0", "0538", "mgag200", vendor="102b"),
                {"/usr/bin/srun": "#!/bin/sh\n", "/usr/bin/sinfo": "#!/bin/sh\n"},
            ),
            torch("2.13.0+cu126"),
        ),
        Says(notes=("login-node",)),
    ),
    "eight H200": (
        Plan(
            (hgx_tree(), kmsg("nvidia-nvswitch: Probing device 0000:07:00.0")),
            torch("2.13.0+cu130", [h200(index) for index in range(8)]),
            scenario=hgx(),
        ),
        Says(),
    ),
    "cloud machine with a T4": (
        Plan(
            (
                linux(cpus=4, memory_gib=16),
                {"/sys/class/dmi/id/sys_vendor": "Google\n"},
                pci_gpu("0000:00:04.0", "1eb8", width=8, device_class="0302"),
                nvidia_module("550.90.07"),
                nodes(),
            ),
            torch("2.13.0+cu126", [T4]),
            scenario=driven("t4"),
        ),
        Says(),
    ),
    "Jetson": (
        Plan(
            (
                linux("5.15.148-tegra", "aarch64", 12, 64),
                {
                    "/proc/device-tree/model": "NVIDIA Jetson AGX Orin Developer Kit\0",
                    **libraries("540.4.0", "/usr/lib/aarch64-linux-gnu"),
                    "/sys/module/nvidia/version": "540.4.0\n",
                    "/sys/module/nvidia_modeset": FOLDER,
                    "/dev/nvmap": "",
                    "/dev/nvidia0": "",
                    "/dev/nvidiactl": "",
                },
            ),
            torch("2.8.0", [Card("Orin", (8, 7), 60 * GIB, "")], built=("12.6", ["sm_87"])),
            scenario=driven("jetson"),
        ),
        Says(),
    ),
}
"""Name -> the host, and what must be said of it: at most notes."""
