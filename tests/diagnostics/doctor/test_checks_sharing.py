"""Who may use a GPU, and who does: MIG, compute modes, schedulers, memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnostics.doctor.facts import Facts, GpuProcess, MigDevice
from tests.diagnostics.doctor.hosts import (
    GIB,
    changed,
    cpu_laptop,
    docker_with_gpu,
    gb10,
    gpu_changed,
    gpus_changed,
    h200_driver580_cu130,
    hgx_h200_8,
    laptop_awake,
    login_node,
    mig_slice,
    rtx4090_driver550_cu126,
    slurm_1_of_8,
    slurm_cgroup_1_of_8,
    wsl2,
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
H200 = h200_driver580_cu130()
WORKER = GpuProcess(pid=4711, memory=3 * GIB, visible=True)
SLICES = [MigDevice(uuid=f"MIG-0000000{index}", name="MIG 3g.71gb") for index in range(2)]

HELD = gpu_changed(H200, 0, memory_used=60 * GIB, processes=[WORKER])
NO_GPU_JOB = changed(
    slurm_cgroup_1_of_8(),
    variables={"SLURM_JOB_ID": "7"},
    nvml={"gpus": []},
    cuda={"error": 100, "devices": None},
    nodes=[replace(one, opens=1) for one in slurm_cgroup_1_of_8().nodes or []],
)

SPEAKS = [
    speaks(
        "the only GPU",
        "mig-without-instances",
        gpu_changed(H200, 0, mig=True),
        "fail",
        "in MIG mode without an instance",
        "0 instances",
        "nvidia-smi mig -i 0 -lgip",
    ),
    speaks(
        "one of eight",
        "mig-without-instances",
        gpu_changed(HGX, 2, mig=True),
        "warn",
        "GPU 2 is in MIG mode",
        "GPU 2",
        "-i 2 -mig 0",
    ),
    speaks(
        "switched while in use",
        "mig-pending",
        gpu_changed(H200, 0, mig_pending=True),
        "warn",
        "changes at the next reset",
        "MIG off now, on asked for",
        "--gpu-reset -i 0",
    ),
    speaks(
        "two slices",
        "mig-one-instance",
        gpu_changed(H200, 0, mig=True, mig_devices=SLICES),
        "note",
        "2 MIG instances",
        "1 GPU in MIG mode, 2 instances",
        "CUDA_VISIBLE_DEVICES=MIG-00000001",
    ),
    speaks(
        "the only GPU",
        "compute-mode-prohibited",
        gpu_changed(H200, 0, compute_mode=2),
        "fail",
        "GPU 0 takes no computations",
        "Prohibited (2)",
        "nvidia-smi -i 0 -c 0",
    ),
    speaks("one of eight", "compute-mode-prohibited", gpu_changed(HGX, 7, compute_mode=2), "warn", "GPU 7"),
    speaks(
        "a cluster's choice",
        "compute-mode-exclusive",
        gpus_changed(HGX, compute_mode=3),
        "note",
        "all 8 GPUs take one process at a time",
        "and free",
    ),
    speaks(
        "a dead worker",
        "gpu-memory-held",
        HELD,
        "warn",
        "memory of GPU 0 is held",
        "60.0 GiB in use, 3.0 GiB of it by the 1 processes listed",
        "fuser -v /dev/nvidia*",
    ),
    speaks(
        "nobody is listed",
        "gpu-memory-held",
        gpu_changed(H200, 0, memory_used=60 * GIB),
        "warn",
        "GPU 0",
        "0 MiB of it by the 0 processes",
        "--gpu-reset -i 0",
    ),
    speaks(
        "at work",
        "gpu-memory-full",
        gpu_changed(H200, 0, memory_used=139 * GIB, processes=[GpuProcess(pid=7, memory=138 * GIB)]),
        "note",
        "nearly full",
        "process 7 (138.0 GiB)",
    ),
    speaks("a mask", "scheduler-mask", slurm_1_of_8(), "note", "by allocation: this Slurm job was given 1 GPU", "=3"),
    speaks("a cgroup", "scheduler-mask", slurm_cgroup_1_of_8(), "note", "by allocation", "SLURM_JOB_GPUS=3"),
    speaks(
        "nothing was asked for",
        "job-without-gpu",
        NO_GPU_JOB,
        "fail",
        "this Slurm job was given no GPU",
        "8 GPUs",
        "srun --gres=gpu:1",
    ),
    speaks("Slurm", "login-node", login_node(), "note", "a Slurm cluster's machine", "no NVIDIA GPU", "srun --gres"),
    speaks(
        "PBS",
        "login-node",
        changed(login_node(), host={"scheduler": "pbs"}),
        "note",
        "a PBS cluster's machine",
        "",
        "qsub -I",
    ),
]

QUIET = [
    quiet("an instance is there", "mig-without-instances", mig_slice()),
    quiet("MIG is off", "mig-without-instances", HGX),
    quiet("the instances were not seen", "mig-without-instances", gpu_changed(H200, 0, mig=True, mig_devices=None)),
    quiet("MIG on and nothing asked for", "mig-pending", mig_slice()),
    quiet("a GPU without MIG", "mig-pending", RTX),
    quiet("one slice", "mig-one-instance", mig_slice()),
    quiet(
        "a job's own, among others'",
        "mig-one-instance",
        changed(gpu_changed(H200, 0, mig=True, mig_devices=SLICES), variables={"SLURM_JOB_ID": "7"}),
    ),
    quiet(
        "a mask chose",
        "mig-one-instance",
        changed(gpu_changed(H200, 0, mig=True, mig_devices=SLICES), variables={"CUDA_VISIBLE_DEVICES": "MIG-00000001"}),
    ),
    quiet("the default mode", "compute-mode-prohibited", HGX),
    quiet("the default mode", "compute-mode-exclusive", HGX),
    quiet("what the driver keeps", "gpu-memory-held", gpu_changed(H200, 0, memory_used=GIB)),
    quiet(
        "every byte is somebody's",
        "gpu-memory-held",
        gpu_changed(H200, 0, memory_used=130 * GIB, processes=[GpuProcess(pid=7, memory=129 * GIB)]),
    ),
    quiet(
        "a container does not see the host's processes",
        "gpu-memory-held",
        gpu_changed(docker_with_gpu(), 0, memory_used=20 * GIB, processes=[]),
    ),
    quiet("WSL does not list processes", "gpu-memory-held", gpu_changed(wsl2(), 0, display=False, memory_used=8 * GIB)),
    quiet("a desktop draws on it", "gpu-memory-held", gpu_changed(RTX, 0, memory_used=9 * GIB)),
    quiet(
        "a process without a number",
        "gpu-memory-held",
        gpu_changed(HELD, 0, processes=[GpuProcess(pid=7, memory=None)]),
    ),
    quiet("the machine's own memory", "gpu-memory-held", gb10()),
    quiet("a laptop's other GPU draws, too", "gpu-memory-held", gpu_changed(laptop_awake(), 0, memory_used=4 * GIB)),
    quiet("MIG's memory is the instances'", "gpu-memory-held", gpu_changed(mig_slice(), 0, memory_used=90 * GIB)),
    quiet("others' GPUs are full", "gpu-memory-full", slurm_1_of_8()),
    quiet("the machine's own memory", "gpu-memory-full", gb10()),
    quiet("no scheduler", "scheduler-mask", changed(HGX, cuda={"devices": 1})),
    quiet("a job with the whole machine", "scheduler-mask", changed(HGX, variables={"SLURM_JOB_ID": "7"})),
    quiet("a job with a GPU", "job-without-gpu", slurm_cgroup_1_of_8()),
    quiet("no job", "job-without-gpu", changed(NO_GPU_JOB, variables={"SLURM_JOB_ID": ""})),
    quiet("a workstation with Slurm", "login-node", changed(RTX, host={"scheduler": "slurm"})),
    quiet("a job on a machine without a GPU", "login-node", changed(login_node(), variables={"SLURM_JOB_ID": "7"})),
    quiet("no cluster", "login-node", cpu_laptop()),
]


@pytest.mark.parametrize("case", SPEAKS)
def test_how_gpus_are_shared_is_told_with_its_numbers(case: Case) -> None:
    """Status, title, evidence and command of each."""
    must_speak(case)
    must_be_shown(case)


@pytest.mark.parametrize("case", SPEAKS)
def test_a_finding_about_sharing_reads_well_of_a_host_half_seen(case: Case) -> None:
    """Any one field may be missing."""
    must_read_well(case)


@pytest.mark.parametrize(("fault", "host"), QUIET)
def test_sharing_that_is_in_order_is_left_alone(fault: str, host: Facts) -> None:
    """By design, by allocation, or not to be known."""
    assert finding(host, fault) is None


def test_a_job_without_a_gpu_explains_what_cuda_says() -> None:
    """Nothing is wrong with the machine."""
    assert causes(NO_GPU_JOB, "job-without-gpu", "cuda-init-failed", "adapter-init-failed") == {
        "job-without-gpu": "",
        "cuda-init-failed": "job-without-gpu",
    }


def test_an_instance_s_name_from_outside_is_put_into_no_command() -> None:
    """A UUID that is none does not stand in a line that is meant to be copied."""
    slices = [replace(one, uuid="$(reboot)") for one in SLICES]
    found = finding(gpu_changed(H200, 0, mig=True, mig_devices=slices), "mig-one-instance")
    assert found is not None
    assert "reboot" not in found.fix[0].command


def test_many_gpus_alike_are_one_line_of_evidence() -> None:
    """Eight full GPUs and fifty slices are counts, not a page."""
    full = finding(gpus_changed(HGX, range(8), memory_used=139 * GIB), "gpu-memory-full")
    slices = [replace(SLICES[0], uuid=f"MIG-{index}") for index in range(7)]
    sliced = finding(gpus_changed(HGX, range(8), mig=True, mig_devices=slices), "mig-one-instance")
    assert full is not None
    assert sliced is not None
    assert len(full.evidence) == 1
    assert "139.0 GiB each of" in full.evidence[0]
    assert sliced.evidence[0] == "8 GPUs in MIG mode, 56 instances"
    assert len(sliced.evidence) == 2


def test_listing_profiles_and_making_instances_are_two_steps() -> None:
    """The second needs a number that the first one shows."""
    found = finding(gpu_changed(H200, 0, mig=True, mig_devices=[]), "mig-without-instances")
    assert found is not None
    assert [("-lgip" in step.command, "PROFILE" in step.command) for step in found.fix[:2]] == [
        (True, False),
        (False, True),
    ]
