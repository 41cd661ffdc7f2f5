"""Fabric managers, NVLinks, and the network that processes meet on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.doctor.facts import Facts
from tests.diagnostics.doctor.hosts import (
    MIB,
    changed,
    docker_with_gpu,
    gpu_changed,
    gpus_changed,
    hgx_h200_8,
    mig_slice,
    rtx4090_driver550_cu126,
    slurm_1_of_8,
)
from tests.diagnostics.doctor.judging import (
    Case,
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


def unready(**driver: Any) -> Facts:
    """A machine with NVSwitches on which CUDA says 802."""
    return gpus_changed(changed(HGX, driver=driver, cuda={"error": 802, "devices": None}), fabric_state=1)


def two_cards(**host: Any) -> Facts:
    """A workstation with two cards on PCIe, and an IOMMU."""
    gpu = (RTX.nvml.gpus if RTX.nvml else None) or []
    pair = [gpu[0], replace(gpu[0], index=1, pci="00000000:02:00.0")]
    return changed(RTX, nvml={"gpus": pair}, limits={"iommu_groups": 31}, host=host)


def told(name: str, value: str, host: Facts = HGX) -> Facts:
    return changed(host, variables={name: value})


STOPPED = unready(fabric_manager="stopped")
OTHER_VERSION = {"fabric_manager": "stopped", "fabric_manager_version": "580.82.07-1"}

SPEAKS = [
    speaks(
        "stopped",
        "fabric-manager-stopped",
        STOPPED,
        "fail",
        "does not run",
        "(802)",
        "sudo systemctl enable --now nvidia-fabricmanager",
    ),
    speaks(
        "not installed",
        "fabric-manager-stopped",
        unready(fabric_manager="", fabric_manager_version=None),
        "fail",
        "is not installed",
        "4 NVSwitches",
        "apt install 'nvidia-fabricmanager-580=580.95.05*'",
    ),
    speaks(
        "it cannot start",
        "fabric-manager-mismatch",
        unready(**OTHER_VERSION),
        "fail",
        "580.82.07-1 is not of the driver's version, 580.95.05",
        "driver: 580.95.05",
        "nvidia-fabricmanager-580",
    ),
    speaks(
        "updated under one that runs",
        "fabric-manager-mismatch",
        changed(HGX, driver={"fabric_manager_version": "580.82.07"}),
        "warn",
        "580.82.07",
    ),
    speaks("802", "fabric-not-ready", STOPPED, "fail", "802", "all 8 GPUs: fabric not started", "systemctl restart"),
    speaks(
        "802 in a container",
        "fabric-not-ready",
        changed(mig_slice(), cuda={"error": 802, "devices": None}),
        "fail",
        "802",
        "(802)",
        "systemctl status nvidia-fabricmanager",
    ),
    speaks(
        "another code, and no fabric",
        "fabric-not-ready",
        gpus_changed(changed(HGX, cuda={"error": 999}), [3], fabric_state=2),
        "fail",
        "the fabric of GPU 3 is not ready",
        "in progress",
    ),
    speaks(
        "on NVSwitches",
        "nvlink-down",
        gpu_changed(HGX, 3, nvlinks_down=2),
        "warn",
        "NVLinks of GPU 3",
        "2 NVLinks down",
    ),
    speaks(
        "another machine's name",
        "nccl-interface-missing",
        told("NCCL_SOCKET_IFNAME", "eth"),
        "warn",
        "NCCL_SOCKET_IFNAME names no network interface",
        "eno1",
        "unset NCCL_SOCKET_IFNAME",
    ),
    speaks("Gloo takes whole names", "nccl-interface-missing", told("GLOO_SOCKET_IFNAME", "eno"), "warn", "GLOO"),
    speaks("an exact name", "nccl-interface-missing", told("NCCL_SOCKET_IFNAME", "=eno"), "warn", "NCCL_SOCKET_IFNAME"),
    speaks("two cards", "nccl-p2p-iommu", two_cards(), "note", "look here first", "31 IOMMU", "NCCL_P2P_DISABLE=1"),
    speaks(
        "a user's default",
        "rdma-locked-memory",
        changed(slurm_1_of_8(), limits={"locked_memory": 8 * MIB}, variables={"SLURM_NNODES": "4"}),
        "warn",
        "may lock 8 MiB",
        "mlx5_0",
        "memlock unlimited",
    ),
    speaks(
        "a container's default",
        "rdma-locked-memory",
        changed(HGX, container={"kind": "docker"}, limits={"locked_memory": 64 * 1024}),
        "note",
        "too little for RDMA",
        "mlx5_7",
        "--ulimit memlock=-1",
    ),
    speaks(
        "one GPU",
        "rdma-locked-memory",
        changed(RTX, limits={"infiniband": ["mlx5_0"]}),
        "note",
        "too little for RDMA",
        "mlx5_0",
    ),
]

QUIET = [
    quiet("it runs in a container of its own", "fabric-manager-stopped", changed(HGX, driver={"fabric_manager": ""})),
    quiet("no NVSwitch", "fabric-manager-stopped", changed(RTX, cuda={"error": 802})),
    quiet("the host's matter", "fabric-manager-stopped", changed(STOPPED, container={"kind": "docker"})),
    quiet(
        "the same, as packages write it",
        "fabric-manager-mismatch",
        changed(HGX, driver={"fabric_manager_version": "580.95.05-1"}),
    ),
    quiet(
        "installed where no NVSwitch is",
        "fabric-manager-mismatch",
        changed(RTX, driver={"fabric_manager_version": "535.1", "fabric_manager": "stopped"}),
    ),
    quiet("CUDA works", "fabric-not-ready", gpus_changed(HGX, fabric_state=2)),
    quiet("CUDA was not asked yet", "fabric-not-ready", changed(gpus_changed(HGX, fabric_state=2), cuda=None)),
    quiet("cards without a bridge", "nvlink-down", gpus_changed(two_cards(), nvlinks_down=4)),
    quiet("a prefix", "nccl-interface-missing", told("NCCL_SOCKET_IFNAME", "ibs,eno")),
    quiet("all but some", "nccl-interface-missing", told("NCCL_SOCKET_IFNAME", "^docker0,lo")),
    quiet("exact, and here", "nccl-interface-missing", told("NCCL_SOCKET_IFNAME", "=eth0", docker_with_gpu())),
    quiet(
        "interfaces were not seen",
        "nccl-interface-missing",
        changed(told("NCCL_SOCKET_IFNAME", "eth0"), limits={"interfaces": None}),
    ),
    quiet("passed through", "nccl-p2p-iommu", two_cards(command_line="ro quiet iommu=pt")),
    quiet("one card", "nccl-p2p-iommu", changed(RTX, limits={"iommu_groups": 31})),
    quiet("NVSwitches", "nccl-p2p-iommu", changed(HGX, limits={"iommu_groups": 200})),
    quiet("switched off already", "nccl-p2p-iommu", told("NCCL_P2P_DISABLE", "1", two_cards())),
    quiet("no limit", "rdma-locked-memory", slurm_1_of_8()),
    quiet("no RDMA", "rdma-locked-memory", RTX),
    quiet("root may lock what it wants", "rdma-locked-memory", changed(HGX, limits={"locked_memory": 8 * MIB})),
]


@pytest.mark.parametrize("case", SPEAKS)
def test_what_keeps_gpus_from_talking_is_named_with_its_fix(case: Case) -> None:
    """Status, title, evidence and command of each."""
    must_speak(case)
    must_be_shown(case)


@pytest.mark.parametrize("case", SPEAKS)
def test_a_finding_about_the_links_reads_well_of_a_host_half_seen(case: Case) -> None:
    """Any one field may be missing."""
    must_read_well(case)


@pytest.mark.parametrize(("fault", "host"), QUIET)
def test_links_that_are_in_order_are_left_alone(fault: str, host: Facts) -> None:
    """By design, elsewhere, or not to be known."""
    assert finding(host, fault) is None


def test_a_fabric_manager_of_another_version_explains_the_rest() -> None:
    """It cannot start, so it does not run, so there is no fabric, so CUDA says 802."""
    ids = ("fabric-manager-mismatch", "fabric-manager-stopped", "fabric-not-ready", "cuda-init-failed", "uvm-hmm")
    assert causes(unready(**OTHER_VERSION), *ids) == {
        "fabric-manager-mismatch": "",
        "fabric-manager-stopped": "fabric-manager-mismatch",
        "fabric-not-ready": "fabric-manager-mismatch",
        "cuda-init-failed": "fabric-manager-mismatch",
    }


def test_802_without_nvswitches_is_traced_to_the_kernel_s_memory_management() -> None:
    """The same code has two causes, and the machine tells which."""
    host = changed(RTX, cuda={"error": 802, "devices": None})
    assert causes(host, "uvm-hmm", "fabric-not-ready") == {"uvm-hmm": "", "fabric-not-ready": "uvm-hmm"}
