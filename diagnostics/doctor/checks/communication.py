"""What GPUs and machines talk through: NVSwitches and their fabric manager, NVLink, the network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnostics.doctor.checks.fault import Seen, fault
from diagnostics.doctor.checks.remedies import SMI
from diagnostics.doctor.checks.views import (
    contained,
    cuda_code,
    driver_branch,
    gib,
    gpus,
    has_gpu,
    has_or_have,
    label,
    listed,
    named,
    own_kernel,
    readable,
    virtual,
)
from diagnostics.doctor.facts import Facts, Gpu
from diagnostics.finding import Step
from diagnostics.text import clean

SICK = "cuda_setup#a-sick-gpu"
LIMITS = "cuda_setup#limits-of-the-host"

NOT_READY = 802
UNFINISHED = {1: "not started", 2: "in progress"}
"""States of nvmlGpuFabricInfo (nvml.h) in which a GPU is not part of its fabric yet."""

RDMA = 2**30
"""Bytes of locked memory below which registering buffers for RDMA fails sooner or later."""

INTERFACE_LISTS = ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    found = readable(facts)
    if not found:
        return None
    if len(found) < 2:
        return Seen("ok", "1 GPU: it has no other to talk to")
    switches = (facts.driver.nvswitches if facts.driver else None) or 0
    ready = sum(gpu.fabric_state == 3 for gpu in found)
    evidence = [f"{switches} NVSwitches; {ready} of {len(found)} GPUs are part of the fabric"] if switches else []
    return Seen("ok", f"no fault was seen in what joins the {len(found)} GPUs", tuple(evidence))


@fault(
    "fabric-manager-stopped",
    "the fabric manager does not run",
    looks="NVSwitches, the service nvidia-fabricmanager, cuInit's answer and the state of each GPU's fabric.",
    matters="On machines with NVSwitches CUDA starts only after the fabric manager has joined the GPUs.",
    lesson=SICK,
    follows=("fabric-manager-mismatch",),
)
def fabric_manager_stopped(facts: Facts) -> Iterator[Seen]:
    driver = facts.driver
    if driver is None or not driver.nvswitches or not own_kernel(facts) or not _not_ready(facts):
        return
    if driver.fabric_manager not in ("stopped", ""):
        return
    there = driver.fabric_manager == "stopped"
    running = [f"driver: {clean(driver.loaded, 40)}"] if driver.loaded else []
    install = _install(facts)
    start = "sudo systemctl enable --now nvidia-fabricmanager"
    yield Seen(
        "fail",
        "the fabric manager does not run: CUDA cannot start on this machine"
        if there
        else "the fabric manager is not installed: CUDA cannot start on this machine",
        (f"{driver.nvswitches} NVSwitches", *running, *_fabric(facts)),
        "The GPUs are joined by NVSwitches, and nothing has set these up.",
        (
            Step("Start it, now and at every boot.", start, root=True, verify=SMI)
            if there
            else Step(
                "Install the fabric manager of exactly the driver's version, and start it.",
                f"{install} && {start}" if install else "",
                root=True,
                verify="systemctl is-active nvidia-fabricmanager",
            ),
        ),
    )


@fault(
    "fabric-manager-mismatch",
    "the fabric manager's version is not the driver's",
    looks="The versions of the fabric manager and of the driver, where there are NVSwitches.",
    matters="The fabric manager starts with a driver of exactly its own version, and with no other.",
    lesson=SICK,
)
def fabric_manager_mismatch(facts: Facts) -> Iterator[Seen]:
    driver = facts.driver
    if driver is None or not driver.nvswitches or not own_kernel(facts):
        return
    manager, loaded = driver.fabric_manager_version, driver.loaded
    if not manager or not loaded or manager.partition("-")[0] == loaded:
        return
    broken = driver.fabric_manager != "running" or _not_ready(facts)
    install = _install(facts)
    yield Seen(
        "fail" if broken else "warn",
        f"the fabric manager {clean(manager, 40)} is not of the driver's version, {clean(loaded, 40)}",
        (f"fabric manager: {clean(manager, 40)}", f"driver: {clean(loaded, 40)}", *_fabric(facts)),
        "One of the two was updated alone." + ("" if broken else " It runs still, and will not start again."),
        (
            Step(
                f"Install the fabric manager of the version {clean(loaded, 40)}, and start it anew.",
                f"{install} && sudo systemctl restart nvidia-fabricmanager" if install else "",
                root=True,
                verify="systemctl is-active nvidia-fabricmanager",
            ),
        ),
    )


@fault(
    "fabric-not-ready",
    "the GPUs' fabric is not ready",
    looks="cuInit's code 802, and the state of each GPU's fabric.",
    matters="Until the fabric is set up, every CUDA program fails with error 802: system not yet initialized.",
    lesson=SICK,
    follows=("fabric-manager-mismatch", "fabric-manager-stopped", "uvm-hmm", "gpu-lost", "reset-required"),
)
def fabric_not_ready(facts: Facts) -> Iterator[Seen]:
    if not _not_ready(facts) or not has_gpu(facts):
        return
    outside = contained(facts) or virtual(facts)
    yield Seen(
        "fail",
        "CUDA says 802: the system is not yet initialised"
        if cuda_code(facts) == NOT_READY
        else f"the fabric of {named(_unfinished(facts), gpus(facts))} is not ready",
        _fabric(facts),
        "The GPUs are joined outside of this machine or container, and that is not done: it is the host's to mend."
        if outside
        else "The GPUs are not joined to their fabric yet: after a start this takes a minute, and then it is a fault.",
        (
            Step(
                "On the host, see what the fabric manager says."
                if outside
                else "See what the fabric manager says, and start it anew.",
                "systemctl status nvidia-fabricmanager"
                if outside
                else "sudo journalctl -b -u nvidia-fabricmanager | tail -n 40; sudo systemctl restart "
                "nvidia-fabricmanager",
                root=not outside,
                verify="nvidia-smi -q | grep -A 2 Fabric says Completed",
            ),
        ),
    )


@fault(
    "nvlink-down",
    "NVLinks are down",
    looks="The NVLinks of each GPU that are down, against the other GPUs'; links that no GPU here uses are no fault.",
    matters="What GPUs exchange takes fewer links or the PCIe bus: training on several GPUs slows down, or NCCL fails.",
    lesson=SICK,
    follows=("gpu-lost", "fabric-manager-stopped", "fabric-manager-mismatch", "fabric-not-ready"),
)
def nvlink_down(facts: Facts) -> Iterator[Seen]:
    found = readable(facts)
    switched = bool(facts.driver and facts.driver.nvswitches)
    down = [gpu for gpu in found if gpu.nvlinks_down and not gpu.mig and (switched or _kin_up(gpu, found))]
    if not down:
        return
    yield Seen(
        "warn",
        f"NVLinks of {named(down, gpus(facts))} are down",
        tuple(f"{label(gpu)}: {gpu.nvlinks_down} NVLinks down" for gpu in down),
        "A bridge, a switch or the GPU itself does not hold the link.",
        (
            Step("See which links, and their errors.", "nvidia-smi nvlink --status && nvidia-smi nvlink -e"),
            Step(
                "or restart the machine; if the links stay down, have the GPU or its bridge looked at.",
                "sudo reboot",
                root=True,
                reboot=True,
                verify="nvidia-smi nvlink --status shows a speed for each link",
            ),
        ),
    )


@fault(
    "nccl-interface-missing",
    "a network interface that NCCL or Gloo is told to use is missing",
    looks="NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME, against the network interfaces that are here.",
    matters="Training on several processes fails or hangs at its start: the interface to meet on does not exist.",
    lesson=LIMITS,
)
def nccl_interface_missing(facts: Facts) -> Iterator[Seen]:
    here = (facts.limits.interfaces if facts.limits else None) or []
    variables = facts.variables or {}
    wrong = [name for name in INTERFACE_LISTS if here and name in variables and not _matches(name, variables, here)]
    if not wrong:
        return
    yield Seen(
        "warn",
        f"{listed(wrong)} {has_or_have(wrong, 'names', 'name')} no network interface of this machine",
        (
            *(f"{name}={clean(variables[name], 80)}" for name in wrong),
            f"interfaces here: {listed([clean(one, 40) for one in here[:12]])}",
        ),
        "The value was made for another machine, or the interface has another name here.",
        (
            Step(
                "Unset it, and let the library choose; or name an interface that all machines share.",
                f"unset {' '.join(wrong)}",
                verify="NCCL_DEBUG=INFO names the interface that is used",
            ),
        ),
    )


@fault(
    "nccl-p2p-iommu",
    "the IOMMU may stand between the GPUs",
    looks="IOMMU groups and the kernel's command line, where several GPUs have neither NVLink nor NVSwitch.",
    matters="Where the IOMMU redirects what GPUs write to each other over PCIe, NCCL can hang at full utilisation.",
    lesson=LIMITS,
)
def nccl_p2p_iommu(facts: Facts) -> Iterator[Seen]:
    found = readable(facts)
    groups = (facts.limits.iommu_groups if facts.limits else None) or 0
    line = (facts.host.command_line if facts.host else None) or ""
    linked = any(gpu.nvlinks_down is not None for gpu in found) or bool(facts.driver and facts.driver.nvswitches)
    if len(found) < 2 or not groups or linked or "iommu=pt" in line or "iommu=off" in line:
        return
    if (facts.variables or {}).get("NCCL_P2P_DISABLE") == "1" or virtual(facts) or not own_kernel(facts):
        return
    yield Seen(
        "note",
        "the IOMMU is on: if training on several GPUs hangs, look here first",
        (f"{groups} IOMMU groups, {len(found)} GPUs without NVLink, no iommu=pt on the kernel's command line",),
        "The IOMMU can redirect what the GPUs write to each other.",
        (
            Step("Try without direct copies between GPUs: slower, and sure.", "export NCCL_P2P_DISABLE=1"),
            Step(
                "or for good: add iommu=pt to the kernel's command line and reboot, or switch ACS off in the firmware.",
                root=True,
                reboot=True,
                verify="grep -o iommu=pt /proc/cmdline",
            ),
        ),
    )


@fault(
    "rdma-locked-memory",
    "too little memory may be locked for RDMA",
    looks="The limit on locked memory (ulimit -l), where there are InfiniBand or RoCE devices and GPUs.",
    matters='Over InfiniBand, NCCL must lock its buffers: with a low limit it fails with "Cannot allocate memory".',
    lesson=LIMITS,
)
def rdma_locked_memory(facts: Facts) -> Iterator[Seen]:
    limits = facts.limits
    if limits is None or not limits.infiniband or limits.locked_memory is None or not has_gpu(facts):
        return
    free = facts.host is not None and facts.host.root and not contained(facts)
    if limits.locked_memory < 0 or limits.locked_memory >= RDMA or free:
        return
    raise_it = "echo '* - memlock unlimited' | sudo tee -a /etc/security/limits.d/90-memlock.conf"
    fix = Step("Lift the limit, and log in anew.", raise_it, root=True, verify="ulimit -l says unlimited")
    if contained(facts):
        fix = Step(
            "Start the container without the limit.",
            "docker run --gpus all --ulimit memlock=-1 IMAGE",
            verify="ulimit -l says unlimited",
        )
    devices = [clean(one, 40) for one in limits.infiniband]
    yield Seen(
        "warn" if _many_nodes(facts) else "note",
        f"a process may lock {gib(limits.locked_memory)} of memory: too little for RDMA",
        (f"RDMA devices: {listed(devices[:8])}", f"locked memory: {gib(limits.locked_memory)} at most"),
        "The limit is the system's default.",
        (fix,),
    )


def _many_nodes(facts: Facts) -> bool:
    """Whether this is a job of several machines; on one, NCCL locks no memory for InfiniBand."""
    nodes = (facts.variables or {}).get("SLURM_NNODES", "")
    return nodes.isascii() and nodes.isdecimal() and len(nodes) < 6 and int(nodes) > 1


def _not_ready(facts: Facts) -> bool:
    """802, or a fabric that is not finished while CUDA fails; where CUDA works, the state is no matter."""
    return cuda_code(facts) == NOT_READY or bool(_unfinished(facts) and cuda_code(facts))


def _unfinished(facts: Facts) -> list[Gpu]:
    return [gpu for gpu in readable(facts) if gpu.fabric_state in UNFINISHED]


def _fabric(facts: Facts) -> tuple[str, ...]:
    """What was seen of the fabric."""
    code = ("cuInit: the system is not yet initialised (802)",) if cuda_code(facts) == NOT_READY else ()
    open_states = {state: [gpu for gpu in _unfinished(facts) if gpu.fabric_state == state] for state in UNFINISHED}
    states = (f"{named(some, gpus(facts))}: fabric {UNFINISHED[state]}" for state, some in open_states.items() if some)
    return (*code, *states)


def _install(facts: Facts) -> str:
    """The command that installs the fabric manager of the driver's version; "" where packages are named otherwise."""
    known = facts.host is not None and facts.host.distribution_id in ("ubuntu", "debian")
    version = (facts.driver.loaded if facts.driver else None) or ""
    if not known or not re.fullmatch(r"\d{3,4}(\.\d{1,4}){1,2}", version, re.ASCII):
        return ""
    return f"sudo apt install 'nvidia-fabricmanager-{driver_branch(version)}={version}*'"


def _kin_up(gpu: Gpu, among: list[Gpu]) -> bool:
    """Whether another GPU of the same kind has all its links up: then down is not how the machine was built."""
    return any(one.name == gpu.name and one.nvlinks_down == 0 for one in among)


def _matches(name: str, variables: dict[str, str], here: list[str]) -> bool:
    """Whether a list of interfaces names one that is here. NCCL takes prefixes, "=" for exact names, "^" to exclude."""
    value = variables[name].strip()
    if not value or value.startswith("^"):
        return True
    exact = value.startswith("=") or name == "GLOO_SOCKET_IFNAME"
    wanted = [one.strip().partition(":")[0] for one in value.removeprefix("=").split(",") if one.strip()]
    return any(one == want or (not exact and one.startswith(want)) for want in wanted for one in here)
