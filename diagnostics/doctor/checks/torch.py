"""torch itself: is it built for these GPUs and this driver, and does it run?"""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.doctor.checks import built, install, ran
from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.facts import Facts
from diagnostics.text import clean

DRIVER_FAULTS = (
    "driver-library-mismatch",
    "no-driver",
    "nouveau-bound",
    "module-missing-for-kernel",
    "secure-boot-unsigned",
    "driver-not-loaded",
    "open-module-required",
    "legacy-driver-required",
    "adapter-init-failed",
    "container-without-gpu",
    "container-void",
    "container-no-compute",
    "container-lost-gpu",
    "wsl-linux-driver",
    "wsl-libcuda-missing",
    "libcuda-stub",
    "libcuda-mismatch",
    "compat-on-geforce",
    "libcuda-missing",
    "fabric-manager-stopped",
    "fabric-manager-mismatch",
    "fabric-not-ready",
    "uvm-stale",
    "uvm-hmm",
    "uvm-nodes-missing",
    "device-permission",
    "gpu-lost",
    "gpu-not-answering",
    "reset-required",
    "inforom-corrupted",
    "mig-without-instances",
    "compute-mode-prohibited",
    "laptop-gpu-off",
    "nvml-not-answering",
    "nvml-unknown-error",
    "nvml-init-failed",
    "job-without-gpu",
)
"""What keeps CUDA from any program, the likeliest first."""

MASKS = tuple(f"visible-devices-{how}" for how in ("none", "unreadable", "out-of-range", "twice", "unknown-uuid"))


def sound(facts: Facts) -> Seen | None:
    """What torch did, or why it was not asked; None while it is still running."""
    run = facts.torch
    if run is None:
        if facts.packages is not None and facts.packages.torches == []:
            return None
        reason = unseen(facts, "torch", "packages")
        return Seen("skipped", "torch was not run", (clean(reason),)) if reason else None
    if run.outcome != "ran":
        return None
    name = install.torch_name(facts)
    if run.gpus:
        done = [gpu for gpu in run.gpus if gpu.computed == ""]
        title = f"{name} computes on {_gpus(len(done))}" if done else f"{name} sees {_gpus(len(run.gpus))}"
        return Seen("ok" if done else "note", title, _asked(facts))
    if run.cuda and run.available is None:
        return Seen("note", f"{name} is imported, and was asked for no GPU", _asked(facts))
    where = "on Apple's GPU (MPS) and the CPU" if run.mps else "on the CPU"
    return Seen("ok" if run.mps else "note", f"{name} runs {where}", _asked(facts))


@fault(
    "torch-missing",
    "there is no torch in the Python that is judged",
    looks="The packages on the judged Python's path, read as files.",
    matters="Programs that import torch cannot start there. The tutor's demos and `tutor check` need it, too.",
    lesson="cuda_setup#one-environment",
    follows=("python-unsupported", "python-32-bit", "musl", "wrong-environment"),
)
def torch_missing(facts: Facts) -> Iterator[Seen]:
    return built.torch_missing(facts)


@fault(
    "cpu-only-wheel",
    "torch is built without CUDA, on a host with an NVIDIA GPU",
    looks="The CUDA version in torch's version.py, and the GPUs that the driver and the PCI bus show.",
    matters="`torch.cuda.is_available()` is False without any warning, and everything is computed on the CPU.",
    lesson="cuda_setup#what-a-wheel-brings",
)
def cpu_only_wheel(facts: Facts) -> Iterator[Seen]:
    return built.cpu_only_wheel(facts)


@fault(
    "driver-too-old",
    "the driver is too old for the CUDA that torch is built for",
    looks="The driver's version beside the major CUDA version of torch; minor versions do not matter.",
    matters="CUDA cannot start, so `torch.cuda.is_available()` is False.",
    lesson="cuda_setup#which-number-means-what",
    follows=("driver-library-mismatch",),
)
def driver_too_old(facts: Facts) -> Iterator[Seen]:
    return built.driver_too_old(facts)


@fault(
    "no-kernel-image",
    "torch has no code for the GPU",
    looks="The GPUs that torch was compiled for, as it says or as its release is known to be, and those that are here.",
    matters='`is_available()` is True, and the first computation ends with "no kernel image is available".',
    lesson="cuda_setup#code-for-your-gpu",
    follows=("driver-too-old",),
)
def no_kernel_image(facts: Facts) -> Iterator[Seen]:
    return built.no_kernel_image(facts)


@fault(
    "ptx-too-new",
    "torch's PTX is newer than the driver that has to compile it",
    looks="Whether torch has only PTX for the GPU, and whether the driver is as new as the CUDA that wrote it.",
    matters='Each computation ends with "the provided PTX was compiled with an unsupported toolchain" (222).',
    lesson="cuda_setup#code-for-your-gpu",
    follows=("driver-too-old",),
)
def ptx_too_new(facts: Facts) -> Iterator[Seen]:
    return built.ptx_too_new(facts)


@fault(
    "torch-raised",
    "torch raises an error when it is imported or first used",
    looks="torch, imported in a process of its own with a time limit.",
    matters="No program that uses it can start.",
    lesson="cuda_setup#which-library-wins",
    follows=(
        "local-torch",
        "torch-from-pythonpath",
        "library-shadowed",
        "nvidia-libraries-missing",
        "duplicate-torch",
        "torch-metadata-differs",
        "torch-leftovers",
        "alloc-conf-unknown",
    ),
)
def torch_raised(facts: Facts) -> Iterator[Seen]:
    return ran.torch_raised(facts)


@fault(
    "torch-died",
    "torch crashes the process that uses it",
    looks="torch, imported and used in a process of its own, and how that process ended.",
    matters="No exception can be caught: the program is gone.",
    lesson="cuda_setup#which-library-wins",
    follows=(
        "local-torch",
        "torch-from-pythonpath",
        "library-shadowed",
        "libcuda-mismatch",
        "preload",
        "duplicate-torch",
        "gpu-lost",
        "oom-killed",
    ),
)
def torch_died(facts: Facts) -> Iterator[Seen]:
    return ran.torch_died(facts)


@fault(
    "torch-hung",
    "torch does not get done within the time limit",
    looks="torch, imported and used in a process of its own with a time limit.",
    matters="Programs stand still, mostly at their first use of the GPU.",
    lesson="cuda_setup#a-sick-gpu",
    follows=("local-torch", "nvml-not-answering", "gpu-lost", "fabric-not-ready", "adapter-init-failed"),
)
def torch_hung(facts: Facts) -> Iterator[Seen]:
    return ran.torch_hung(facts)


@fault(
    "torch-cuda-unavailable",
    "torch has CUDA and says that there is none to use",
    looks="`torch.cuda.is_available()` and its warnings, on a host with an NVIDIA GPU.",
    matters="Programs fall back to the CPU, or end at their first `.cuda()`.",
    lesson="cuda_setup#the-layers",
    follows=(
        "driver-too-old",
        *MASKS,
        *DRIVER_FAULTS,
        "cuda-init-failed",
        "library-shadowed",
        "preload",
        "no-kernel-image",
    ),
)
def torch_cuda_unavailable(facts: Facts) -> Iterator[Seen]:
    return ran.torch_cuda_unavailable(facts)


@fault(
    "torch-gpu-failed",
    "a GPU that torch sees does not compute",
    looks="A small allocation and a matmul on each GPU that torch sees.",
    matters="Programs that use this GPU end there.",
    lesson="cuda_setup#a-sick-gpu",
    follows=(
        "no-kernel-image",
        "ptx-too-new",
        "compute-mode-prohibited",
        "gpu-lost",
        "ecc-uncorrected",
        "reset-required",
        "alloc-conf-unknown",
        "rocm-override",
        "library-shadowed",
        "xid-seen",
    ),
)
def torch_gpu_failed(facts: Facts) -> Iterator[Seen]:
    return ran.torch_gpu_failed(facts)


@fault(
    "torch-no-memory",
    "a GPU has no memory left for a small test",
    looks="A small allocation on each GPU that torch sees.",
    matters="A new program cannot start there until others end. Nothing is broken.",
    lesson="cuda_setup#which-gpus-torch-sees",
    follows=("gpu-memory-held",),
)
def torch_no_memory(facts: Facts) -> Iterator[Seen]:
    return ran.torch_no_memory(facts)


@fault(
    "torch-wrong-result",
    "a GPU computes something else than the CPU",
    looks="A small matmul on each GPU beside the same on the CPU.",
    matters="Training goes wrong without an error.",
    lesson="cuda_setup#a-sick-gpu",
    follows=("ecc-uncorrected", "remap-failed", "xid-seen"),
)
def torch_wrong_result(facts: Facts) -> Iterator[Seen]:
    return ran.torch_wrong_result(facts)


def _gpus(count: int) -> str:
    return f"{count} GPU{'s' * (count != 1)}"


def _asked(facts: Facts) -> tuple[str, ...]:
    return (f"judged: {install.python(facts)}",)
