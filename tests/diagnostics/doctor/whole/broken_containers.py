"""Containers that see the GPU of their host in part, or not at all, for the probe to look at."""

from __future__ import annotations

from tests.diagnostics.doctor.host_parts import GIB, MIB
from tests.diagnostics.doctor.roots import LIBRARIES, Link, Tree, docker, linux, pci_gpu
from tests.diagnostics.doctor.whole.broken_drivers import MISMATCH, WITHOUT_GPU, unavailable, under, without
from tests.diagnostics.doctor.whole.healthy import CU126_RTX4090, INJECTED, container, rtx4090_driver550
from tests.diagnostics.doctor.whole.making import Plan, driven
from tests.diagnostics.doctor.whole.said import Says
from tests.diagnostics.doctor.whole.torches import torch

NO_COMPAT = torch(
    "2.13.0+cu126", warnings=[unavailable(804, "forward compatibility was attempted on non supported HW")]
)
COMPAT: Tree = {
    "/usr/local/cuda-13.0/compat/libcuda.so.580.95.05": "",
    "/usr/local/cuda-13.0/compat/libcuda.so.1": Link("libcuda.so.580.95.05"),
}
OWN_LIBCUDA: Tree = {
    f"{LIBRARIES}/libcuda.so.535.104.05": "",
    f"{LIBRARIES}/libcuda.so.1": Link("libcuda.so.535.104.05"),
}

CONTAINERS: dict[str, tuple[Plan, Says]] = {
    "the image brings a libcuda of its own (803)": (
        Plan(
            (container("550.54.14"), OWN_LIBCUDA),
            MISMATCH,
            scenario=rtx4090_driver550("[cuda]\nlibrary = 535.104.05\ninit = 803\n"),
            variables=INJECTED,
        ),
        Says({"libcuda-mismatch": "fail"}, under("libcuda-mismatch", "cuda-init-failed", "torch-cuda-unavailable")),
    ),
    "cuda-compat on a GeForce (804)": (
        Plan(
            (container("550.54.14"), COMPAT),
            NO_COMPAT,
            scenario=rtx4090_driver550("[cuda]\ninit = 804\n"),
            variables={**INJECTED, "LD_LIBRARY_PATH": "/usr/local/cuda-13.0/compat"},
        ),
        Says(
            {"compat-on-geforce": "fail"},
            under("compat-on-geforce", "cuda-init-failed", "torch-cuda-unavailable"),
            run="LD_LIBRARY_PATH",
        ),
    ),
    "the container lost its GPU": (
        Plan((container("550.54.14"),), WITHOUT_GPU, scenario=driven("init_unknown"), variables=INJECTED),
        Says({"container-lost-gpu": "fail"}, under("container-lost-gpu", "cuda-init-failed"), run="docker restart"),
    ),
    "a container without compute": (
        Plan(
            (without(container("550.54.14"), "libcuda"),),
            torch("2.13.0+cu126"),
            scenario=rtx4090_driver550(),
            lacks=("libcuda",),
            variables={**INJECTED, "NVIDIA_DRIVER_CAPABILITIES": "utility"},
        ),
        Says(
            {"container-no-compute": "fail"},
            under("container-no-compute", "libcuda-missing", "torch-cuda-unavailable"),
            run="NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        ),
    ),
    "a container that was started without the GPU": (
        Plan(
            (
                linux(),
                pci_gpu(),
                docker(shm=8 * GIB),
                {
                    "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX "
                    "x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n",
                    "/sys/module/nvidia/version": "550.54.14\n",
                },
            ),
            torch("2.13.0+cu126"),
        ),
        Says({"container-without-gpu": "fail"}, run="--gpus all"),
    ),
    "a container with Docker's own shared memory": (
        Plan((container("550.54.14", shm=64 * MIB),), CU126_RTX4090, scenario=rtx4090_driver550(), variables=INJECTED),
        Says({"shm-small": "warn"}, run="--shm-size"),
    ),
}
