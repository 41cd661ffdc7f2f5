"""The driver's library for programs: is libcuda there, may it open the GPU, and does it start?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.mask import HIDES, NAME
from diagnostics.doctor.checks.remedies import READ_LOG, REBOOT, install_libraries, reload
from diagnostics.doctor.checks.views import (
    contained,
    cuda_code,
    gpu_nodes,
    gpus,
    has_gpu,
    listed,
    loaded,
    logged,
    nvml_code,
    on_jetson,
    on_wsl,
    own_kernel,
    readable,
)
from diagnostics.doctor.facts import Facts, Node
from diagnostics.finding import Step
from diagnostics.text import clean

DRIVER = "cuda_setup#the-driver"
LAYERS = "cuda_setup#the-layers"
EACCES = 13

CODES = {
    2: "out of memory",
    3: "not initialised",
    34: "a stub library was loaded in libcuda's place",
    35: "the driver is too old",
    46: "all GPUs are busy or unavailable",
    100: "no device",
    101: "invalid device",
    201: "invalid context",
    214: "an ECC error that could not be corrected",
    304: "the operating system refused a call",
    802: "the system is not yet initialised",
    803: "the kernel module and libcuda do not fit together",
    804: "forward compatibility is not for this GPU",
    999: "unknown error",
}
"""What a return code of cuInit means (CUresult in cuda.h)."""

WORKS = "python3 -c \"import ctypes; print(ctypes.CDLL('libcuda.so.1').cuInit(0))\" prints 0"


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    if why := unseen(facts, "cuda"):
        return Seen("skipped", "libcuda was not asked", (why,))
    cuda = facts.cuda
    if cuda is None or cuda.error != 0:
        return None
    version = f", CUDA {cuda.version // 1000}.{cuda.version % 1000 // 10}" if cuda.version else ""
    count = "" if cuda.devices is None else f", {cuda.devices} GPU{'s' * (cuda.devices != 1)}"
    return Seen("ok", f"libcuda starts{version}{count}", (clean(cuda.library),) if cuda.library else ())


@fault(
    "libcuda-missing",
    "the driver's libcuda is missing",
    looks="Whether the loader finds libcuda.so.1 while NVML answers.",
    matters="torch reaches the GPU through libcuda, which comes with the driver and with no wheel.",
    lesson=DRIVER,
    follows=("container-no-compute", "wsl-libcuda-missing", "no-driver", "driver-not-loaded", "container-without-gpu"),
)
def libcuda_missing(facts: Facts) -> Iterator[Seen]:
    if facts.cuda is None or not facts.cuda.missing or nvml_code(facts) != 0 or not gpus(facts) or on_wsl(facts):
        return
    fix = install_libraries(facts)
    if contained(facts):
        fix = Step(
            "Give the container the driver's compute libraries.",
            "docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility IMAGE",
            verify=WORKS,
        )
    yield Seen(
        "fail",
        "libcuda is missing: nvidia-smi works and CUDA cannot",
        (clean(facts.cuda.missing), f"NVML answers for {len(gpus(facts))} GPUs".replace(" 1 GPUs", " 1 GPU")),
        "The driver was installed without its compute part, as packages for servers and containers can be.",
        (fix,),
    )


@fault(
    "device-permission",
    "this user may not open the GPU",
    looks="Whether the device nodes /dev/nvidia* open for this user, and NVML's code.",
    matters="The GPU works for root and for others, and torch says that there is none.",
    lesson=LAYERS,
    follows=("job-without-gpu", "container-lost-gpu"),
)
def device_permission(facts: Facts) -> Iterator[Seen]:
    needed = _shut(facts)
    refused = nvml_code(facts) == 4 or (needed and (nvml_code(facts) or cuda_code(facts)))
    if not refused or cuda_code(facts) == 0 or on_wsl(facts):
        return
    group = next((one.group for one in needed if one.group and one.group != "root"), None)
    fix = Step(
        "Let every user open the nodes, and load the module anew or reboot.",
        "echo 'options nvidia NVreg_DeviceFileMode=0666' | sudo tee /etc/modprobe.d/nvidia-nodes.conf",
        root=True,
        reboot=True,
        verify=WORKS,
    )
    if group:
        join = f'sudo usermod -aG {shlex.quote(clean(group, 40))} "$USER"'
        fix = Step(f"Join the group {clean(group, 40)}, and log in anew.", join, root=True, verify=WORKS)
    yield Seen(
        "fail",
        "this user may not open the GPU's device nodes",
        tuple(_node(one) for one in needed[:6]) + ("NVML: insufficient permissions (4)",) * (nvml_code(facts) == 4),
        "The nodes belong to a group that this user is not in.",
        (fix,),
    )


@fault(
    "uvm-nodes-missing",
    "the node /dev/nvidia-uvm is missing",
    looks="The device nodes that are there, and whether CUDA starts.",
    matters="nvidia-smi needs no /dev/nvidia-uvm, and CUDA does: the GPU is listed, and torch finds none.",
    lesson=LAYERS,
    follows=("driver-not-loaded", "no-driver", "container-without-gpu", "container-lost-gpu"),
)
def uvm_nodes_missing(facts: Facts) -> Iterator[Seen]:
    paths = [one.path for one in facts.nodes or []]
    if "/dev/nvidiactl" not in paths or "/dev/nvidia-uvm" in paths or on_wsl(facts) or on_jetson(facts):
        return
    if cuda_code(facts) in (None, 0):
        return
    make = Step("Load the module and make its nodes.", "sudo nvidia-modprobe -c 0 -u", root=True, verify=WORKS)
    if contained(facts):
        make = Step(
            "Make the node on the host, and start the container anew with it.",
            "sudo nvidia-modprobe -c 0 -u && docker run --gpus all --device /dev/nvidia-uvm IMAGE",
            root=True,
            verify=WORKS,
        )
    yield Seen(
        "fail",
        "/dev/nvidia-uvm is missing: nvidia-smi works and CUDA cannot start",
        (f"there: {listed([clean(one, 40) for one in paths[:6]])}", f"cuInit: {said(facts)}"),
        "The module nvidia_uvm is not loaded, or nobody made its node.",
        (make,),
    )


@fault(
    "uvm-stale",
    "nvidia_uvm did not survive the machine's sleep",
    looks="cuInit's answer, NVML's, and whether the machine slept since it was booted.",
    matters='After a sleep the module can be left without its state: CUDA says "unknown error" while nvidia-smi works.',
    lesson=DRIVER,
)
def uvm_stale(facts: Facts) -> Iterator[Seen]:
    slept = facts.driver is not None and facts.driver.suspended_since_boot
    if cuda_code(facts) != 999 or nvml_code(facts) != 0 or not slept or not own_kernel(facts):
        return
    gone = facts.driver is not None and "nvidia_uvm" not in (facts.driver.modules or ["nvidia_uvm"])
    yield Seen(
        "fail",
        "CUDA does not start since the machine slept",
        (f"cuInit: {said(facts)}", "NVML answers", "the machine slept since it was booted"),
        "The module nvidia_uvm was not loaded again after the machine slept."
        if gone
        else "The module nvidia_uvm lost its state when the machine slept.",
        (
            Step(
                "Load the module." if gone else "End the programs that use the GPU, and load the module anew.",
                reload(facts, "nvidia_uvm"),
                root=True,
                verify=WORKS,
            ),
            Step(
                "or for good: have the driver keep the GPU's memory over a sleep, and reboot.",
                "echo 'options nvidia NVreg_PreserveVideoMemoryAllocations=1' | "
                "sudo tee /etc/modprobe.d/nvidia-sleep.conf && "
                "sudo systemctl enable nvidia-suspend nvidia-hibernate nvidia-resume",
                root=True,
                reboot=True,
                verify=WORKS + " after a sleep",
            ),
        ),
    )


@fault(
    "uvm-hmm",
    "nvidia_uvm and this kernel's memory management do not agree",
    looks="cuInit's answer where NVML answers and there is no NVSwitch, and the parameter uvm_disable_hmm.",
    matters="With some kernels nvidia_uvm fails to set up heterogeneous memory: nvidia-smi works, and CUDA does not.",
    lesson=DRIVER,
    follows=("uvm-nodes-missing", "device-permission", "driver-library-mismatch"),
)
def uvm_hmm(facts: Facts) -> Iterator[Seen]:
    driver = facts.driver
    if cuda_code(facts) not in (3, 802) or nvml_code(facts) != 0 or not own_kernel(facts) or not readable(facts):
        return
    if driver is None or driver.uvm_hmm_disabled is not False or driver.nvswitches != 0:
        return
    if any(one.fabric_state in (1, 2) for one in gpus(facts)) or (facts.host and facts.host.virtual_machine):
        return
    yield Seen(
        "fail",
        "CUDA does not start: probably nvidia_uvm and this kernel's HMM do not agree",
        (f"cuInit: {said(facts)}", "NVML answers, there is no NVSwitch, and uvm_disable_hmm is off"),
        "nvidia_uvm fails to set up heterogeneous memory management with some kernels.",
        (
            Step(
                "End the programs that use the GPU, and load the module without it.",
                "echo 'options nvidia_uvm uvm_disable_hmm=1' | sudo tee /etc/modprobe.d/nvidia-uvm.conf && "
                + reload(facts, "nvidia_uvm"),
                root=True,
                verify=WORKS,
            ),
        ),
    )


@fault(
    "cuda-init-failed",
    "CUDA does not start",
    looks="The code that cuInit answers with, in a process of its own, where a GPU is here.",
    matters="Every CUDA program begins with cuInit: while it fails, torch has no GPU.",
    lesson=LAYERS,
    follows=(
        "no-driver",
        "module-missing-for-kernel",
        "legacy-driver-required",
        "secure-boot-unsigned",
        "nouveau-bound",
        "open-module-required",
        "driver-not-loaded",
        "driver-library-mismatch",
        "libcuda-mismatch",
        "libcuda-stub",
        "compat-on-geforce",
        "container-without-gpu",
        "container-void",
        "container-no-compute",
        "container-lost-gpu",
        "wsl-linux-driver",
        "device-permission",
        "job-without-gpu",
        "uvm-nodes-missing",
        "uvm-stale",
        "uvm-hmm",
        "fabric-manager-mismatch",
        "fabric-manager-stopped",
        "fabric-not-ready",
        "adapter-init-failed",
        "nvml-not-answering",
        "nvml-unknown-error",
        "nvml-init-failed",
        "gpu-lost",
        "reset-required",
        "inforom-corrupted",
        "remap-failed",
        "mig-without-instances",
        "compute-mode-prohibited",
        "visible-devices-none",
        "visible-devices-unreadable",
        "visible-devices-out-of-range",
        "visible-devices-twice",
        "visible-devices-unknown-uuid",
        "preload",
    ),
)
def cuda_init_failed(facts: Facts) -> Iterator[Seen]:
    if "cuda" in facts.hung:
        why = clean(unseen(facts, "cuda") or "cuInit gave no answer within its time limit.")
        yield Seen("fail", "CUDA does not start: cuInit does not come back", (why,), fix=(READ_LOG, REBOOT))
    code = cuda_code(facts)
    if not code or not has_gpu(facts) or (code == 100 and _masked(facts)):
        return
    again = Step(
        "End the programs that use the GPU, and load nvidia_uvm anew.",
        reload(facts, "nvidia_uvm"),
        root=True,
        verify=WORKS,
    )
    yield Seen(
        "fail",
        f"CUDA does not start: {said(facts)}",
        (f"cuInit answered {code}", *logged(facts, "nvrm")),
        fix=(again, READ_LOG, REBOOT) if own_kernel(facts) and loaded(facts) else (READ_LOG,),
    )


def said(facts: Facts) -> str:
    """The code of cuInit in words."""
    code = cuda_code(facts) or 0
    return f"{CODES.get(code, 'an error without a name')} ({code})"


def _shut(facts: Facts) -> list[Node]:
    """The nodes that CUDA needs and this user may not open; a GPU's own where no other GPU opens."""
    own = gpu_nodes(facts)
    shared = [one for one in facts.nodes or [] if one.path in ("/dev/nvidiactl", "/dev/nvidia-uvm")]
    needed = shared if any(one.opens == 0 for one in own) else [*own, *shared]
    return [one for one in needed if one.opens == EACCES]


def _masked(facts: Facts) -> bool:
    """Whether the reader hid the GPUs: then none is what CUDA must find."""
    return bool(HIDES.fullmatch((facts.variables or {}).get(NAME, "0")))


def _node(node: Node) -> str:
    mode = f", mode {clean(node.mode, 8)}" if node.mode else ""
    group = f", group {clean(node.group, 40)}" if node.group else ""
    return f"{clean(node.path, 60)}: permission denied{mode}{group}"
