"""Hosts with GPUs that are sick, or set so that not everybody can use them, for the probe to look at."""

from __future__ import annotations

from tests.diagnostics.doctor.roots import FOLDER, Tree, kmsg, nodes, nvidia_module, pci_gpu
from tests.diagnostics.doctor.whole.broken_drivers import under
from tests.diagnostics.doctor.whole.healthy import (
    BUS,
    PLACES,
    RTX4090,
    SERVER,
    T4,
    desktop,
    h200,
    hgx,
    hgx_tree,
    rtx4090_driver550,
    uuid,
)
from tests.diagnostics.doctor.whole.making import Plan, driven
from tests.diagnostics.doctor.whole.said import Says
from tests.diagnostics.doctor.whole.torches import torch

H200_1 = f"[gpu.0]\npci = 00000000:1B:00.0\nuuid = GPU-{uuid(0)}\nmemory_used = 614MiB\n"
BUSY = "RuntimeError: CUDA error: CUDA-capable device(s) is/are busy or unavailable"
ALLOCATES_NOTHING = f"def allocate(device): raise RuntimeError({BUSY!r})"


def one_h200(more: str) -> Plan:
    """A server with one H200 on an NVSwitch board."""
    tree: Tree = {**SERVER, **pci_gpu(BUS[0], "2335", device_class="0302"), **nodes()}
    return Plan(
        (tree, nvidia_module("580.95.05", open=True)),
        torch("2.13.0+cu130", [h200(0)]),
        scenario=driven("h200_1", "580.95.05", 13000, H200_1 + more),
    )


def lost_at_work() -> Plan:
    """Eight H200, of which GPU 5 fell off the bus: torch has the other seven."""
    log = kmsg("NVRM: Xid (PCI:0000:6b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.")
    torches = torch("2.13.0+cu130", [h200(index) for index in range(7)])
    return Plan((hgx_tree(), log), torches, scenario=hgx("[cuda]\ndevices = 7\n[gpu.5]\nerror.* = GPU_IS_LOST\n"))


SICK: dict[str, tuple[Plan, Says]] = {
    "a pending row remap": (
        one_h200("[gpu.0]\nremap_uncorrected = 1\nremap_pending = 1\n"),
        Says({"remap-pending": "warn"}, run="nvidia-smi"),
    ),
    "GPU 5 of 8 fell off the bus": (
        lost_at_work(),
        Says({"gpu-lost": "fail"}, under("gpu-lost", "xid-seen"), run="sudo poweroff"),
    ),
    "a node in full work with two sick GPUs": (
        Plan(
            (hgx_tree(), {"/proc/31001": FOLDER}),
            torch("2.13.0+cu130", [h200(index) for index in range(7)]),
            scenario=driven("h200_8", "580.95.05", 13000, PLACES, busy=True),
        ),
        Says({"gpu-lost": "fail", "remap-pending": "warn"}, under("remap-pending", "ecc-uncorrected")),
    ),
    "memory that could not be replaced": (
        one_h200("[gpu.0]\nremap_uncorrected = 9\nremap_failed = 1\n"),
        Says({"remap-failed": "fail"}),
    ),
    "MIG waits for a reset": (
        one_h200("[gpu.0]\nmig = 0\nmig_pending = 1\n"),
        Says({"mig-pending": "warn"}, run="nvidia-smi"),
    ),
    "pages wait to be retired": (
        Plan(
            ({**SERVER, **pci_gpu("0000:00:04.0", "1eb8", device_class="0302"), **nodes()}, nvidia_module("550.90.07")),
            torch("2.13.0+cu126", [T4]),
            scenario=driven("t4", more="[gpu.0]\nretired_pending = 1\n"),
        ),
        Says({"pages-retired-pending": "warn"}, run="nvidia-smi"),
    ),
    "NVLinks are down": (
        Plan(
            (hgx_tree(),),
            torch("2.13.0+cu130", [h200(index) for index in range(8)]),
            scenario=hgx("[gpu.2]\nnvlink.3 = 0\nnvlink.4 = 0\n"),
        ),
        Says({"nvlink-down": "warn"}),
    ),
    "an exclusive GPU that another process has": (
        Plan(
            (desktop("550.54.14"),),
            torch("2.13.0+cu126", [RTX4090], more=ALLOCATES_NOTHING),
            scenario=rtx4090_driver550("[gpu.0]\ncompute_mode = 3\n"),
        ),
        Says(notes=("compute-mode-exclusive", "torch-gpu-failed")),
    ),
}
