"""The container: was it given a GPU, with the driver's libraries, and does it still have it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnostics.doctor import compatibility
from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.install import torch_cuda
from diagnostics.doctor.checks.nvml_codes import CODES
from diagnostics.doctor.checks.views import contained, gpus, nvidia_devices, nvml_code, on_jetson
from diagnostics.doctor.facts import Facts, Node
from diagnostics.finding import Step
from diagnostics.text import clean

CONTAINERS = "cuda_setup#containers"

NOT_PERMITTED = 1
"""EPERM: the device cgroup refuses. Missing rights of the file itself give EACCES."""
NOT_LOADED, UNKNOWN = 9, 999
"""NVML_ERROR_DRIVER_NOT_LOADED and NVML_ERROR_UNKNOWN."""
HIDES = ("void", "none", "")
"""Values of NVIDIA_VISIBLE_DEVICES for which NVIDIA's runtime gives no GPU."""
NAMES = {
    "docker": "a Docker container",
    "podman": "a Podman container",
    "kubernetes": "a Kubernetes pod",
    "apptainer": "an Apptainer container",
    "lxc": "an LXC container",
}
SEES = "`nvidia-smi` in the container lists the GPU"


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    if facts.container is None:
        why = unseen(facts, "container")
        return Seen("skipped", "the container was not judged", (why,)) if why else None
    if not contained(facts):
        return Seen("ok", "no container: this is the host itself")
    if facts.nvml is None:
        why = unseen(facts, "nvml")
        return Seen("skipped", f"{_name(facts)}, whose GPUs could not be counted", (why,)) if why else None
    count = len(gpus(facts))
    if count:
        return Seen("ok", f"{_name(facts)} with {count} GPU{'s' * (count != 1)}")
    return Seen("note", f"{_name(facts)} without a GPU")


@fault(
    "container-without-gpu",
    "the container was started without a GPU",
    looks="Whether this is a container, the device nodes in it, what NVML lists, and whether the host has a GPU.",
    matters="A container sees only the devices that it is given. Torch then computes on the CPU, or does not start.",
    lesson=CONTAINERS,
    follows=("no-driver", "driver-not-loaded", "nouveau-bound"),
)
def container_without_gpu(facts: Facts) -> Iterator[Seen]:
    if not _without_gpu(facts) or _void(facts) is not None:
        return
    host = _host_gpu(facts)
    if _injected(facts):
        title = f"{_name(facts)} that was given the driver's libraries, and no GPU that answers"
        evidence = [f"NVML: {CODES[nvml_code(facts) or 0]} ({nvml_code(facts)})"]
        evidence += [f"{_name(facts)} without a device node /dev/nvidia*", *([host] if host else [])]
        cause = "The container's device nodes were not made, or the host's own driver does not work."
        see = Step("On the host, see whether the driver works.", "nvidia-smi")
        yield Seen("fail" if host else "warn", title, tuple(evidence), cause, (see, *_give(facts)))
        return
    wants = bool(facts.container and facts.container.cuda_image) or bool(torch_cuda(facts))
    evidence = [f"{_name(facts)} without a device node /dev/nvidia*", *([host] if host else [])]
    if host and wants:
        cause = "The host has an NVIDIA GPU, and the container was started without it."
        title = f"{_name(facts)} that was started without the host's GPU"
        yield Seen("fail", title, tuple(evidence), cause, _give(facts))
    elif host or wants:
        title = f"{_name(facts)} without a GPU"
        cause = "" if host else "Nothing shows whether the host has one."
        yield Seen("note", title, tuple(evidence), cause, _give(facts))


@fault(
    "container-void",
    "NVIDIA_VISIBLE_DEVICES asks for no GPU",
    looks="NVIDIA_VISIBLE_DEVICES in a container that has no GPU.",
    matters="NVIDIA's container runtime reads it when the container starts, and gives what it names.",
    lesson=CONTAINERS,
)
def container_void(facts: Facts) -> Iterator[Seen]:
    """With CDI it says "void" in a container that does have its GPUs, so only one without them is judged."""
    value = _void(facts)
    if value is None or not _without_gpu(facts):
        return
    title = f'NVIDIA_VISIBLE_DEVICES is "{clean(value, 20)}", so the container was given no GPU'
    cause = "It is set by the image, or by the command or file that starts the container."
    status = "fail" if _host_gpu(facts) else "note"
    again = "docker run --gpus all -e NVIDIA_VISIBLE_DEVICES=all IMAGE"
    steps = (
        Step("Start the container anew and name the GPUs.", again, verify=SEES)
        if facts.container and facts.container.kind != "kubernetes"
        else _give(facts)[0],
    )
    evidence = (f'NVIDIA_VISIBLE_DEVICES="{clean(value, 20)}"', f"{_name(facts)} without a device node /dev/nvidia*")
    yield Seen(status, title, evidence, cause, steps)


@fault(
    "container-no-compute",
    "the container has the GPU but not CUDA's driver library",
    looks="NVIDIA_DRIVER_CAPABILITIES, the device nodes, and where libcuda.so.1 is.",
    matters="The runtime brings libcuda only for the capability compute; without libcuda, no CUDA program runs.",
    lesson=CONTAINERS,
)
def container_no_compute(facts: Facts) -> Iterator[Seen]:
    value = (facts.variables or {}).get("NVIDIA_DRIVER_CAPABILITIES")
    if not contained(facts) or value is None or not (_nodes(facts) or gpus(facts)):
        return
    words = {word.strip().lower() for word in value.split(",") if word.strip()}
    absent = facts.cuda is not None and bool(facts.cuda.missing)
    none_found = facts.libraries is not None and facts.libraries.libcuda == []
    if words & {"compute", "all"} or not words or not (absent or (none_found and facts.cuda is None)):
        return
    title = f"NVIDIA_DRIVER_CAPABILITIES is {clean(value, 40)}: the container has no libcuda.so.1"
    evidence = [f'NVIDIA_DRIVER_CAPABILITIES="{clean(value, 60)}"']
    evidence += [clean(facts.cuda.missing)] if facts.cuda and facts.cuda.missing else []
    cause = "Without compute in that list, NVIDIA's runtime leaves libcuda out; nvidia-smi works all the same."
    yield Seen("fail", title, tuple(evidence), cause, (_capable(facts),))


@fault(
    "container-lost-gpu",
    "the container lost its GPU while it ran",
    looks="NVML's answer in a container, and whether its device nodes may still be opened.",
    matters="Programs that hold the GPU go on; none can be started. It comes back with the next restart only.",
    lesson=CONTAINERS,
)
def container_lost_gpu(facts: Facts) -> Iterator[Seen]:
    """Apptainer has no list of devices of its own: what it may not open, the scheduler keeps from the job."""
    if not contained(facts) or facts.nvml is None or (not facts.nvml.error and gpus(facts)):
        return
    nodes, code = _nodes(facts), nvml_code(facts)
    refused = [node for node in nodes if node.opens == NOT_PERMITTED]
    control = any(node.path == "/dev/nvidiactl" for node in refused)
    silent = code == UNKNOWN and bool(nodes)
    if (facts.container and facts.container.kind == "apptainer") or not (control or silent):
        return
    evidence = [f"NVML: {clean(facts.nvml.error_text or 'Unknown Error', 80)} ({code})"] if code else []
    evidence += [f"{clean(node.path, 40)}: Operation not permitted" for node in refused[:4]]
    title = f"{_name(facts)} that may no longer open its GPU"
    cause = (
        "The host's systemd was reloaded (systemctl daemon-reload, an update), and that reset which devices the "
        "container may open."
        if facts.container and facts.container.kind != "lxc"
        else "The container's list of allowed devices does not name NVIDIA's."
    )
    yield Seen("fail", title, tuple(evidence), cause, _restore(facts))


@fault(
    "container-old-driver",
    "the image wants a newer driver than the host has",
    looks="NVIDIA_REQUIRE_CUDA of the image, and the CUDA of the host's driver.",
    matters="The driver is the host's. CUDA of a newer major version than the driver's does not start on it.",
    lesson=CONTAINERS,
    follows=("driver-too-old",),
)
def container_old_driver(facts: Facts) -> Iterator[Seen]:
    wanted = (facts.variables or {}).get("NVIDIA_REQUIRE_CUDA", "")
    driver = facts.nvml.cuda if facts.nvml else None
    if not contained(facts) or not wanted or not driver or not gpus(facts):
        return
    least = required_cuda(wanted)
    answers = facts.cuda.version if facts.cuda and facts.cuda.error == 0 else None
    if least is None or least // 1000 <= max(driver, answers or 0) // 1000:
        return
    torch = compatibility.minor(torch_cuda(facts))
    if torch and torch[0] <= driver // 1000:  # this torch is not of the image's CUDA
        return
    image, host = compatibility.cuda_text(least), compatibility.cuda_text(driver)
    version = f" {clean(facts.nvml.driver, 40)}" if facts.nvml and facts.nvml.driver else ""
    title = f"the image is made for CUDA {image}, and the host's driver{version} runs up to CUDA {host}"
    evidence = (
        f'NVIDIA_REQUIRE_CUDA="{clean(wanted, 80)}"',
        f"the host's driver runs up to CUDA {host}",
    )
    cause = "The check at the container's start was switched off, or the image was started without NVIDIA's runtime."
    steps = (Step(f"Update the driver on the host to one that runs CUDA {image}, or take an image for CUDA {host}."),)
    yield Seen("warn", title, evidence, cause, steps)


def required_cuda(text: str) -> int | None:
    """The least CUDA of NVIDIA_REQUIRE_CUDA, as 12040: blanks separate alternatives, commas what all must hold."""
    bounds = re.findall(r"(?:^|[\s,])cuda>=?(\d{1,3})\.(\d{1,3})", text)
    return min((int(major) * 1000 + int(minor) * 10 for major, minor in bounds), default=None)


# ---- what they look at


def _name(facts: Facts) -> str:
    return NAMES.get(facts.container.kind if facts.container else "", "a container")


def _nodes(facts: Facts) -> list[Node]:
    return [one for one in facts.nodes or [] if one.path.startswith("/dev/nvidia")]


def _without_gpu(facts: Facts) -> bool:
    """Whether a container was given no GPU; Jetson's and WSL's devices have other names."""
    if not contained(facts) or facts.nodes is None or on_jetson(facts) or gpus(facts):
        return False
    return not _nodes(facts) and not any(one.path == "/dev/dxg" for one in facts.nodes)


def _void(facts: Facts) -> str | None:
    """NVIDIA_VISIBLE_DEVICES where it asks for no GPU."""
    value = (facts.variables or {}).get("NVIDIA_VISIBLE_DEVICES")
    return value if value is not None and value.strip().lower() in HIDES else None


def _injected(facts: Facts) -> bool:
    """Whether NVIDIA's runtime brought libnvidia-ml, and that fails; images have none of their own."""
    asked = (facts.variables or {}).get("NVIDIA_VISIBLE_DEVICES")
    return asked is not None and nvml_code(facts) in (NOT_LOADED, UNKNOWN)


def _host_gpu(facts: Facts) -> str:
    """What a container can see of a GPU that it was not given; "" for nothing."""
    if found := nvidia_devices(facts):
        bound = next((one.driver for one in found if one.driver), "")
        by = f", driven by {clean(bound, 20)}" if bound else ""
        return f"an NVIDIA GPU is on the host's PCI bus at {clean(found[0].address, 20)}{by}"
    loaded = facts.driver.loaded if facts.driver else ""
    return f"the host runs NVIDIA's driver {clean(loaded, 20)}" if loaded else ""


def _give(facts: Facts) -> tuple[Step, ...]:
    """How a container of this kind is given a GPU."""
    kind = facts.container.kind if facts.container else ""
    if kind == "kubernetes":
        text = "Ask for a GPU in the pod's specification, under resources: limits: nvidia.com/gpu: 1."
        return (Step(text, "kubectl describe nodes | grep nvidia.com/gpu", verify=SEES),)
    if kind == "apptainer":
        return (Step("Start it with the host's driver.", "apptainer exec --nv IMAGE nvidia-smi", verify=SEES),)
    if kind == "podman":
        command = "podman run --rm --device nvidia.com/gpu=all IMAGE nvidia-smi"
        toolkit = "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
        again = Step("If podman knows no such device: describe the GPUs to it, on the host.", toolkit, root=True)
        return (Step("Start the container with the GPUs.", command, verify=SEES), again)
    if kind == "lxc":
        text = "Give the container the GPU, on the host (its name for NAME)."
        return (Step(text, "lxc config device add NAME gpu gpu", verify=SEES),)
    toolkit = "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker"
    return (
        Step("Start the container with the GPUs.", "docker run --rm --gpus all IMAGE nvidia-smi", verify=SEES),
        Step(
            "If docker then finds no device driver: install NVIDIA's container toolkit on the host, and tell docker.",
            toolkit,
            root=True,
        ),
    )


def _capable(facts: Facts) -> Step:
    """How compute is asked for."""
    value = "NVIDIA_DRIVER_CAPABILITIES=compute,utility"
    if facts.container and facts.container.kind == "kubernetes":
        return Step(f"Set {value} in the pod's environment, and start it anew.", verify=SEES)
    if facts.container and facts.container.kind == "podman":
        command = f"podman run --rm --device nvidia.com/gpu=all -e {value} IMAGE nvidia-smi"
    else:
        command = f"docker run --rm --gpus all -e {value} IMAGE nvidia-smi"
    check = "python -c \"import ctypes; ctypes.CDLL('libcuda.so.1')\""
    return Step("Start the container anew with compute among its capabilities.", command, verify=f"`{check}` is silent")


def _restore(facts: Facts) -> tuple[Step, ...]:
    """Back at once, then for good."""
    kind = facts.container.kind if facts.container else ""
    if kind == "lxc":
        text = "Allow the devices in the container's configuration, on the host, and restart it."
        line = "lxc config set NAME raw.lxc 'lxc.cgroup2.devices.allow = c 195:* rwm'"
        return (Step(text, line, root=True, verify=SEES),)
    if kind == "kubernetes":
        again = Step("Delete the pod and let it be made anew.", "kubectl delete pod POD", verify=SEES)
    else:
        tool = "podman" if kind == "podman" else "docker"
        again = Step("Restart the container, on the host.", f"{tool} restart CONTAINER", verify=SEES)
    lasting = "So that it does not come back: link the devices where systemd looks for them, on the host."
    return (again, Step(lasting, "sudo nvidia-ctk system create-dev-char-symlinks --create-all", root=True))
