"""Broken hosts written as Facts: all forms of one fault, and what a user who is root cannot lay out."""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.doctor.facts import Facts, Node, Packages, Torch
from tests.diagnostics.doctor.host_parts import GIB, library, python_with, seen_by_torch, uuid_of
from tests.diagnostics.doctor.hosts import (
    changed,
    docker_with_gpu,
    gpu_changed,
    gtx1080_cu126,
    hgx_h200_8,
    rtx4090_driver550_cu126,
    slurm_1_of_8,
    wsl2,
)
from tests.diagnostics.doctor.whole.said import Says

Host = Callable[[], Facts]

LINUX_LIBCUDA = library(
    "libcuda.so.1", "/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14", "550.54.14"
)
INDEX = "https://download.pytorch.org/whl/"
NO_DEVICE = "UserWarning: CUDA initialization: CUDA unknown error - this may be due to an incorrect environment"


def blind(facts: Facts, code: int = 100) -> Facts:
    """The same where CUDA does not start, and torch says so."""
    run = {"available": False, "count": 0, "gpus": [], "warnings": [NO_DEVICE]}
    return changed(facts, cuda={"error": code, "devices": None}, torch=run)


def mute(code: int, host: Host = rtx4090_driver550_cu126) -> Facts:
    """A host whose NVML does not start."""
    return blind(changed(host(), nvml={"error": code, "gpus": None, "driver": None, "cuda": None}))


def silent(code: int) -> tuple[Facts, Says]:
    """NVML fails to start with a code that no other fault speaks of."""
    folded = dict.fromkeys(("cuda-init-failed", "torch-cuda-unavailable"), "nvml-init-failed")
    return mute(code), Says({"nvml-init-failed": "fail"}, folded, run="sudo dmesg")


def masked(value: str, left: list[int]) -> Facts:
    """Eight H200 with this mask, which leaves those to CUDA and to torch."""
    facts = changed(hgx_h200_8(), variables={"CUDA_VISIBLE_DEVICES": value})
    return seen_by_torch(facts, left) if left else blind(facts)


def hidden(value: str, fault: str, run: str) -> tuple[Facts, Says]:
    """A mask that hides every GPU. That CUDA then finds no device is no fault where the mask says so itself."""
    meant = fault == "visible-devices-none"
    folded = ("torch-cuda-unavailable",) if meant else ("torch-cuda-unavailable", "cuda-init-failed")
    return masked(value, []), Says({fault: "fail"}, dict.fromkeys(folded, fault), run=run)


def cut(value: str, left: list[int], fault: str, run: str) -> tuple[Facts, Says]:
    """A mask that hides some of what it names."""
    return masked(value, left), Says({fault: "warn"}, run=run)


def shut(errno: int) -> Facts:
    """Nodes that this user may not open."""
    nodes = [
        Node(path=path, mode="0660", group="video", opens=errno)
        for path in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm")
    ]
    return changed(mute(4), nodes=nodes)


def two_torches() -> Facts:
    """A torch in the home folder comes before the environment's."""
    facts = rtx4090_driver550_cu126()
    assert facts.packages is not None
    assert facts.packages.torches is not None
    home = "/home/user/.local/lib/python3.12/site-packages"
    own = Torch(
        folder=home,
        version="2.6.0+cu124",
        cuda="12.4",
        hip="",
        metadata="2.6.0",
        installer="pip",
        requires_python=">=3.9",
        user_site=True,
    )
    return changed(
        facts,
        packages={"torches": [own, *facts.packages.torches], "versions": {"torch": "2.6.0"}, "builds": {}},
        python={"user_site": True},
        torch={"version": "2.6.0+cu124", "cuda": "12.4"},
    )


def untried(facts: Facts) -> Facts:
    """What is known before torch has answered."""
    return changed(facts, torch=None)


def rtx4090_driver580() -> Facts:
    """The workstation with a newer driver."""
    return changed(
        rtx4090_driver550_cu126(),
        nvml={"driver": "580.95.05", "cuda": 13000},
        cuda={"version": 13000},
        driver={"loaded": "580.95.05"},
    )


def with_build(tag: str, cuda: str) -> Packages:
    """torch and its kin of another build."""
    return python_with(f"2.13.0+{tag}", cuda, [])[1]


UNSET = "unset CUDA_VISIBLE_DEVICES"
GPU_1 = uuid_of(1)

WRITTEN: dict[str, tuple[Facts, Says]] = {
    **{f"NVML does not start: {code}": silent(code) for code in (1, 3, 8, 10, 11, 13, 17, 19, 20, 22, 28)},
    "NVML does not start: no permission (4)": (
        shut(13),
        Says(
            {"device-permission": "fail"},
            dict.fromkeys(("cuda-init-failed", "torch-cuda-unavailable"), "device-permission"),
            run='sudo usermod -aG video "$USER"',
        ),
    ),
    "NVML does not start: a corrupted inforom (14)": (
        mute(14),
        Says(
            {"inforom-corrupted": "fail"},
            dict.fromkeys(("cuda-init-failed", "torch-cuda-unavailable"), "inforom-corrupted"),
        ),
    ),
    "NVML does not start in a container: unknown error (999)": (
        mute(999, docker_with_gpu),
        Says({"container-lost-gpu": "fail"}, {"cuda-init-failed": "container-lost-gpu"}, run="docker restart"),
    ),
    "a mask that is empty": hidden("", "visible-devices-none", UNSET),
    "a mask of -1": hidden("-1", "visible-devices-none", UNSET),
    "a mask of none": hidden("none", "visible-devices-none", UNSET),
    "a mask of words": hidden("all", "visible-devices-unreadable", UNSET),
    "a mask in torch's words": hidden("cuda:0", "visible-devices-unreadable", "export CUDA_VISIBLE_DEVICES=0"),
    "a mask in nvidia-smi's words": hidden("GPU 0", "visible-devices-unreadable", "CUDA_VISIBLE_DEVICES"),
    "a mask in quotes": hidden('"0,1"', "visible-devices-unreadable", "export CUDA_VISIBLE_DEVICES=0,1"),
    "a mask in brackets": hidden("[0,1]", "visible-devices-unreadable", "export CUDA_VISIBLE_DEVICES=0,1"),
    "a mask with semicolons": cut("0;1", [0], "visible-devices-unreadable", "export CUDA_VISIBLE_DEVICES=0,1"),
    "a mask with blanks": cut("0 1", [0], "visible-devices-unreadable", "export CUDA_VISIBLE_DEVICES=0,1"),
    "a mask with a -1 in its middle": cut("0,-1,1", [0], "visible-devices-cut", "export CUDA_VISIBLE_DEVICES=0,1"),
    "a mask with a word in its middle": cut("0,x,1", [0], "visible-devices-cut", "export CUDA_VISIBLE_DEVICES=0,1"),
    "a mask of a GPU that is not there": hidden("8", "visible-devices-out-of-range", UNSET),
    "a mask of some that are not there": cut("0,9", [0], "visible-devices-out-of-range", "CUDA_VISIBLE_DEVICES=0"),
    "a mask that names GPU 1 twice": hidden("1,1", "visible-devices-twice", "export CUDA_VISIBLE_DEVICES=1"),
    "a mask that names a UUID twice": hidden(f"{GPU_1},{GPU_1}", "visible-devices-twice", GPU_1),
    "a mask of another host's UUID": hidden("GPU-deadbeef", "visible-devices-unknown-uuid", UNSET),
    "a mask of a MIG slice that is gone": hidden(
        "MIG-deadbeef-1111-2222-3333-444444444444", "visible-devices-unknown-uuid", UNSET
    ),
    "a Slurm job without a GPU": (
        blind(changed(slurm_1_of_8(), variables={"CUDA_VISIBLE_DEVICES": "NoDevFiles", "SLURM_JOB_GPUS": ""})),
        Says(
            {"visible-devices-none": "warn"},
            {"torch-cuda-unavailable": "visible-devices-none"},
            run="srun --gres=gpu:1",
        ),
    ),
    "a container without libcuda": (
        changed(
            blind(docker_with_gpu()),
            cuda={"error": None, "missing": "libcuda.so.1: cannot open shared object file", "version": None},
            libraries={"libcuda": []},
            variables={"NVIDIA_DRIVER_CAPABILITIES": "utility,video"},
        ),
        Says(
            {"container-no-compute": "fail"},
            dict.fromkeys(("libcuda-missing", "torch-cuda-unavailable"), "container-no-compute"),
            run="NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        ),
    ),
    "sm_120 with torch cu126, before torch is tried": (
        untried(gpu_changed(rtx4090_driver580(), 0, name="NVIDIA GeForce RTX 5090", capability=[12, 0])),
        Says({"no-kernel-image": "fail"}, run=f"{INDEX}cu130"),
    ),
    "sm_61 with torch cu130, before torch is tried": (
        untried(
            changed(
                gtx1080_cu126(),
                nvml={"driver": "580.95.05", "cuda": 13000},
                cuda={"version": 13000},
                driver={"loaded": "580.95.05"},
                packages=with_build("cu130", "13.0"),
            )
        ),
        Says({"no-kernel-image": "fail"}, run=f"{INDEX}cu126"),
    ),
    "torchaudio of another build": (
        changed(rtx4090_driver550_cu126(), packages={"builds": {"torchaudio": "2.13.0+cu130"}}),
        Says({"audio-mismatch": "warn"}, run=f"{INDEX}cu126"),
    ),
    "the user's own torch comes first": (two_torches(), Says({"user-site-torch": "warn"})),
    "a Linux driver in WSL": (
        changed(blind(wsl2()), nvml={"error": 9, "gpus": None}, libraries={"libcuda": [LINUX_LIBCUDA]}),
        Says({"wsl-linux-driver": "fail"}, run="sudo apt"),
    ),
    "a hot GPU": (
        gpu_changed(hgx_h200_8(), 5, throttle=0x40, temperature=88, utilisation=100, clock=900, performance_state=0),
        Says({"heat-throttle": "warn"}),
    ),
    "a control group that is nearly full": (
        changed(docker_with_gpu(), limits={"cgroup_memory": 32 * GIB, "cgroup_memory_used": 32 * GIB - 2**27}),
        Says({"cgroup-memory-near": "warn"}),
    ),
    "programs may not run from /tmp": (
        changed(rtx4090_driver550_cu126(), limits={"tmp_runs": False}),
        Says({"tmp-noexec": "warn"}, run="export TORCHINDUCTOR_CACHE_DIR=$HOME/"),
    ),
}
