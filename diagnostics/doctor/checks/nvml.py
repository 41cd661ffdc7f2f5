"""The driver's management library: does NVML start, and does it answer?"""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.nvml_codes import CODES
from diagnostics.doctor.checks.remedies import READ_LOG, REBOOT, SMI, install_libraries, reload
from diagnostics.doctor.checks.views import (
    contained,
    cuda_code,
    gib,
    gpus,
    has_gpu,
    label,
    loaded,
    logged,
    nvml_code,
    on_jetson,
    own_kernel,
)
from diagnostics.doctor.facts import Facts, Gpu
from diagnostics.finding import Step
from diagnostics.text import clean

DRIVER = "cuda_setup#the-driver"

NAMED = {4, 9, 12, 14, 15, 16, 18, 999}
"""Codes that a fault of their own speaks of."""


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    if why := unseen(facts, "nvml"):
        return Seen("skipped", "NVML was not asked", (why,))
    found = gpus(facts)
    if facts.nvml is None or facts.nvml.error or not found:
        return None
    count = f"{len(found)} GPU{'s' * (len(found) > 1)}"
    return Seen("ok", f"NVML answers for {count}", tuple(map(_described, found)))


@fault(
    "driver-library-mismatch",
    "the driver's module and its libraries differ",
    looks="The version of the kernel module that runs, that of libnvidia-ml, and the code that NVML starts with.",
    matters="An update replaces the driver's libraries at once, and the old kernel module runs until the next reboot: "
    "no new program can use the GPU in between.",
    lesson=DRIVER,
)
def driver_library_mismatch(facts: Facts) -> Iterator[Seen]:
    module, library = _module_version(facts), _library_version(facts)
    differ = bool(module and library and module != library)
    if nvml_code(facts) in (None, 0) or not (nvml_code(facts) == 18 or differ):
        return
    versions = [f"kernel module: {module}"] * bool(module) + [f"libnvidia-ml: {library}"] * bool(library)
    inside = contained(facts)
    yield Seen(
        "fail",
        "the NVIDIA driver was updated, and the old kernel module still runs"
        if not inside
        else "the container's driver libraries are not those of the host's driver",
        (f"NVML: {_said(facts)}", *versions, *logged(facts, "API mismatch")),
        "The libraries are of another version than the kernel module. Programs that already run on the GPU go on; new "
        "ones cannot start.",
        (Step("Start the container anew: it is given the host's libraries when it starts.", verify=SMI),)
        if inside
        else (
            Step("Let what runs on the GPU finish, and reboot.", "sudo reboot", root=True, reboot=True, verify=SMI),
            Step(
                "or where nothing uses the GPU, a desktop included, load the new module without a reboot.",
                reload(facts, "nvidia"),
                root=True,
                verify=SMI,
            ),
        ),
    )


@fault(
    "nvml-library-missing",
    "the driver's management library is missing",
    looks="Whether libnvidia-ml can be loaded while the driver's kernel module runs.",
    matters="nvidia-smi and every GPU monitor read the GPU through it; torch computes without it, and cannot tell of "
    "utilisation or temperature.",
    lesson=DRIVER,
    follows=(
        "driver-not-loaded",
        "container-no-compute",
        "container-void",
        "container-without-gpu",
        "wsl-libcuda-missing",
    ),
)
def nvml_library_missing(facts: Facts) -> Iterator[Seen]:
    if nvml_code(facts) != 12 or loaded(facts) is not True or on_jetson(facts) or not has_gpu(facts):
        return
    if contained(facts) and not facts.nodes:  # the driver that runs is the host's, and no GPU of it was asked for
        return
    works = cuda_code(facts) == 0
    fix = install_libraries(facts)
    if contained(facts):
        fix = Step(
            "Give the container the management library, too.",
            "docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility IMAGE",
            verify=SMI,
        )
    both = facts.cuda is not None and bool(facts.cuda.missing)
    status = ("note" if contained(facts) else "warn") if works else "fail"
    yield Seen(
        status,
        "the driver's libraries are missing: no program can use the GPU"
        if both
        else "libnvidia-ml is missing: nvidia-smi and GPU monitors cannot work",
        (
            f"NVML: {_said(facts)}",
            "the kernel module runs",
            *["libcuda is missing, too"] * both,
            *["CUDA itself answers"] * works,
        ),
        "The driver was installed without its libraries, or the container was given only a part of them.",
        (fix,),
    )


@fault(
    "nvml-unknown-error",
    "NVML cannot start, and does not say why",
    looks="The code that NVML starts with, outside of containers.",
    matters="Nothing can tell of the GPU, and mostly CUDA cannot start either.",
    lesson=DRIVER,
    follows=(
        "driver-library-mismatch",
        "gpu-lost",
        "adapter-init-failed",
        "device-permission",
        "job-without-gpu",
        "wsl-linux-driver",
    ),
)
def nvml_unknown_error(facts: Facts) -> Iterator[Seen]:
    if nvml_code(facts) != 999 or contained(facts):
        return
    yield Seen(
        "fail",
        "NVML cannot start: unknown error",
        (f"NVML: {_said(facts)}", *logged(facts, "nvrm")),
        "The driver is in a state that it has no code for; the kernel's log mostly says more.",
        (READ_LOG, REBOOT),
    )


@fault(
    "nvml-init-failed",
    "NVML cannot start",
    looks="The code that NVML starts with, where no other fault speaks of it.",
    matters="Nothing can tell of the GPU, and mostly CUDA cannot start either.",
    lesson=DRIVER,
    follows=("driver-library-mismatch", "gpu-lost", "adapter-init-failed", "wsl-linux-driver", "container-lost-gpu"),
)
def nvml_init_failed(facts: Facts) -> Iterator[Seen]:
    code = nvml_code(facts)
    if not code or code in NAMED:
        return
    yield Seen(
        "fail",
        f"NVML cannot start: {_said(facts)}",
        (f"nvmlInit answered {code}", *logged(facts, "nvrm")),
        fix=(READ_LOG, REBOOT),
    )


@fault(
    "nvml-not-answering",
    "NVML does not answer",
    looks="Whether NVML answers within the time limit, asked in a process of its own.",
    matters="A driver that hangs holds every program that asks it; often a GPU died, or a process on it cannot end.",
    lesson="cuda_setup#a-sick-gpu",
    follows=("gpu-lost", "reset-required", "xid-seen"),
)
def nvml_not_answering(facts: Facts) -> Iterator[Seen]:
    if "nvml" not in facts.hung:
        return
    stuck = "ps -eo pid,stat,user,comm | awk 'NR == 1 || $2 ~ /^D/'"
    yield Seen(
        "fail",
        "NVML does not answer: the driver hangs",
        (clean(unseen(facts, "nvml") or "NVML gave no answer within its time limit."),),
        "The driver waits for a GPU or a process that does not come back.",
        (
            Step("See which processes cannot be ended: they are in state D.", stuck),
            READ_LOG,
            Step(
                REBOOT.text + " If it hangs while going down, switch the power off.",
                REBOOT.command,
                root=True,
                reboot=True,
                verify=SMI,
            ),
        ),
    )


def _said(facts: Facts) -> str:
    """The code that NVML started with, in words."""
    code = nvml_code(facts) or 0
    text = CODES.get(code) or clean((facts.nvml.error_text if facts.nvml else "") or "an error without a name", 80)
    return f"{text} ({code})"


def _module_version(facts: Facts) -> str:
    version = (facts.driver.loaded if facts.driver else None) or ""
    return clean(version, 40) if own_kernel(facts) or contained(facts) else ""


def _library_version(facts: Facts) -> str:
    """Of the libnvidia-ml that the loader takes, where its file's name tells it."""
    found = (facts.libraries.libnvidia_ml if facts.libraries else None) or []
    version = found[0].version if found else ""
    return clean(version, 40) if version.count(".") else ""


def _described(gpu: Gpu) -> str:
    parts = [label(gpu)]
    if gpu.memory_total:
        parts.append(gib(gpu.memory_total))
    if gpu.capability:
        parts.append(f"compute capability {'.'.join(map(str, gpu.capability))}")
    return ", ".join(parts)
