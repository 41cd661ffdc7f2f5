"""How the GPUs are shared: by MIG, by compute mode, by a scheduler, and by what runs on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from diagnostics.doctor.checks.fault import Seen, fault
from diagnostics.doctor.checks.remedies import SMI
from diagnostics.doctor.checks.views import (
    SCHEDULERS,
    coherent,
    contained,
    cuda_code,
    gib,
    gpu_nodes,
    gpus,
    has_gpu,
    has_or_have,
    indices,
    label,
    named,
    on_laptop,
    on_wsl,
    readable,
    scheduler_job,
)
from diagnostics.doctor.facts import Facts, Gpu, GpuProcess
from diagnostics.finding import Step
from diagnostics.text import clean

ONES = "cuda_setup#which-gpus-torch-sees"
EPERM = 1

PROHIBITED, EXCLUSIVE = 2, (1, 3)
"""Values of nvmlComputeMode_t (nvml.h)."""

HELD = 2 * 2**30
"""Bytes that nobody accounts for, from which it is told; drivers keep up to about 1 GiB for themselves."""

FULL = 0.9

INTERACTIVE = {
    "slurm": "srun --gres=gpu:1 --pty tutor doctor",
    "pbs": "qsub -I -l select=1:ngpus=1",
    "lsf": 'bsub -Is -gpu "num=1" tutor doctor',
}
WITH_GPU = {"Slurm": "srun --gres=gpu:1", "PBS": "qsub -l select=1:ngpus=1", "LSF": 'bsub -gpu "num=1"'}


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    found = readable(facts)
    if not found:
        return None
    running = sum(len(gpu.processes or []) for gpu in found)
    if not any(gpu.processes is not None for gpu in found):
        return Seen("ok", "the GPUs are open to every program", tuple(map(_use, found)))
    count = {0: "no process", 1: "1 process"}.get(running, f"{running} processes")
    return Seen("ok", f"{len(found)} GPU{'s' * (len(found) > 1)}, {count}", tuple(map(_use, found)))


@fault(
    "mig-without-instances",
    "a GPU in MIG mode has no instance",
    looks="MIG mode, and the MIG instances that NVML lists.",
    matters="In MIG mode programs run in instances alone: a GPU without any is none for CUDA.",
    lesson=ONES,
)
def mig_without_instances(facts: Facts) -> Iterator[Seen]:
    found = readable(facts)
    empty = [gpu for gpu in found if gpu.mig and gpu.mig_devices == []]
    if not empty:
        return
    first = empty[0].index
    yield Seen(
        "fail" if len(empty) == len(found) else "warn",
        f"{named(empty, found)} {has_or_have(empty, 'is', 'are')} in MIG mode without an instance",
        tuple(f"{label(gpu)}: MIG mode on, 0 instances" for gpu in empty),
        "MIG mode was switched on and no instance was made, or all were given to others.",
        (
            Step("List the profiles of instances.", f"sudo nvidia-smi mig -i {first} -lgip", root=True),
            Step(
                "Make instances: put the numbers of the profiles that you want in place of PROFILE.",
                f"sudo nvidia-smi mig -i {first} -cgi PROFILE -C",
                root=True,
                verify="nvidia-smi -L lists MIG devices",
            ),
            Step(
                "or switch MIG off, when nothing runs on the GPU.",
                f"sudo nvidia-smi -i {indices(empty)} -mig 0",
                root=True,
                verify=SMI,
            ),
        ),
    )


@fault(
    "mig-pending",
    "MIG mode waits for a reset",
    looks="The MIG mode in force, and the one that was asked for.",
    matters="The mode that was asked for does not hold until the GPU is reset.",
    lesson=ONES,
)
def mig_pending(facts: Facts) -> Iterator[Seen]:
    waiting = [gpu for gpu in readable(facts) if gpu.mig_pending and gpu.mig is not None]
    if not waiting:
        return
    yield Seen(
        "warn",
        f"MIG mode of {named(waiting, gpus(facts))} changes at the next reset",
        tuple(f"{label(gpu)}: MIG {_switch(gpu.mig)} now, {_switch(not gpu.mig)} asked for" for gpu in waiting),
        "MIG was switched while something used the GPU.",
        (
            Step(
                "End what runs on it, and reset it.",
                f"sudo nvidia-smi --gpu-reset -i {indices(waiting)}",
                root=True,
                verify="nvidia-smi --query-gpu=mig.mode.current,mig.mode.pending --format=csv",
            ),
        ),
    )


@fault(
    "mig-one-instance",
    "a process sees one MIG instance",
    looks="The MIG instances that NVML lists.",
    matters="A process uses one instance, however many there are: torch counts 1, by design.",
    lesson=ONES,
)
def mig_one_instance(facts: Facts) -> Iterator[Seen]:
    sliced = [gpu for gpu in readable(facts) if gpu.mig]
    instances = [one for gpu in sliced for one in gpu.mig_devices or []]
    chosen = scheduler_job(facts) or "CUDA_VISIBLE_DEVICES" in (facts.variables or {})
    if len(instances) < 2 or chosen or facts.variables is None:
        return
    kinds = Counter(clean(one.name or "MIG", 60) for one in instances)
    many = f"{len(sliced)} GPU{'s' * (len(sliced) > 1)} in MIG mode, {len(instances)} instances"
    yield Seen(
        "note",
        f"{len(instances)} MIG instances are here, and a process uses one of them",
        (many, *(f"{count} of {name}" for name, count in kinds.most_common(4))),
        "CUDA gives each process the first instance that CUDA_VISIBLE_DEVICES names, or the first of all.",
        (
            Step(
                "Give each process its own instance; nvidia-smi -L lists them.",
                f"CUDA_VISIBLE_DEVICES={_word(instances[-1].uuid) or 'MIG-UUID'} python train.py",
            ),
        ),
    )


@fault(
    "compute-mode-prohibited",
    "a GPU takes no computations",
    looks="The compute mode of each GPU.",
    matters="In the mode Prohibited no program may use CUDA on the GPU.",
    lesson=ONES,
)
def compute_mode_prohibited(facts: Facts) -> Iterator[Seen]:
    found = readable(facts)
    shut = [gpu for gpu in found if gpu.compute_mode == PROHIBITED]
    if not shut:
        return
    yield Seen(
        "fail" if len(shut) == len(found) else "warn",
        f"{named(shut, found)} {has_or_have(shut, 'takes', 'take')} no computations",
        tuple(f"{label(gpu)}: compute mode Prohibited (2)" for gpu in shut),
        "Somebody set the compute mode so.",
        (_open_mode(shut),),
    )


@fault(
    "compute-mode-exclusive",
    "a GPU takes one process at a time",
    looks="The compute mode of each GPU.",
    matters='A second process is told "all CUDA-capable devices are busy or unavailable". Clusters choose this.',
    lesson=ONES,
)
def compute_mode_exclusive(facts: Facts) -> Iterator[Seen]:
    alone = [gpu for gpu in readable(facts) if gpu.compute_mode in EXCLUSIVE]
    if not alone:
        return
    yield Seen(
        "note",
        f"{named(alone, gpus(facts))} {has_or_have(alone, 'takes', 'take')} one process at a time",
        tuple(f"{label(gpu)}: compute mode Exclusive Process{_taken(gpu)}" for gpu in alone),
        "Somebody set the compute mode so.",
        (_open_mode(alone),),
    )


@fault(
    "gpu-memory-held",
    "GPU memory is held by no process that is listed",
    looks="The memory in use on each GPU, against the sum of what its processes hold.",
    matters="Memory that a dead or hidden process keeps is missing: CUDA out of memory, with nobody to blame.",
    lesson=ONES,
)
def gpu_memory_held(facts: Facts) -> Iterator[Seen]:
    if contained(facts) or on_wsl(facts) or on_laptop(facts):
        return
    held = [(gpu, lost) for gpu in readable(facts) if (lost := _unaccounted(gpu)) is not None]
    if not held:
        return
    some = [gpu for gpu, _ in held]
    yield Seen(
        "warn",
        f"memory of {named(some, gpus(facts))} is held by no process that is listed",
        tuple(
            f"{label(gpu)}: {gib(gpu.memory_used or 0)} in use, {gib((gpu.memory_used or 0) - lost)} of it by the "
            f"{len(gpu.processes or [])} processes listed"
            for gpu, lost in held
        ),
        "Often a worker of a run that died still lives, or the GPU serves a virtual machine.",
        (
            Step("See who has the GPU open, and end what is yours.", "sudo fuser -v /dev/nvidia*", root=True),
            Step(
                "or where nobody has it open, reset the GPU.",
                f"sudo nvidia-smi --gpu-reset -i {indices(some)}",
                root=True,
                verify="nvidia-smi shows the memory free",
            ),
        ),
    )


@fault(
    "gpu-memory-full",
    "a GPU's memory is nearly full",
    looks="The memory in use on each GPU, and by whom.",
    matters="A program that starts now has little room. It is no fault: somebody is at work.",
    lesson=ONES,
    follows=("gpu-memory-held",),
)
def gpu_memory_full(facts: Facts) -> Iterator[Seen]:
    full = [gpu for gpu in readable(facts) if _is_full(gpu)]
    if not full or (scheduler_job(facts) and len(gpus(facts)) > len(full)):
        return
    yield Seen(
        "note",
        f"the memory of {named(full, gpus(facts))} is nearly full",
        tuple(_alike(full)),
    )


@fault(
    "scheduler-mask",
    "a job sees the GPUs that it was given",
    looks="The variables of the scheduler's job, and how many GPUs CUDA and NVML list.",
    matters="On a cluster fewer GPUs than the machine has are no fault: the others are somebody else's.",
    lesson=ONES,
)
def scheduler_mask(facts: Facts) -> Iterator[Seen]:
    job, variables = scheduler_job(facts), facts.variables or {}
    given = facts.cuda.devices if facts.cuda else None
    if not job or not given:
        return
    keys = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL")
    seen = tuple(f"{key}={clean(variables[key], 80)}" for key in keys if key in variables)
    there = max(len(gpus(facts)), len([one for one in facts.pci or [] if one.vendor == "10de"]))
    if given < len(gpus(facts)) or (seen and given < there):
        yield Seen(
            "note",
            f"by allocation: this {job} job was given {given} GPU{'s' * (given > 1)}, and the machine has more",
            seen,
        )


@fault(
    "job-without-gpu",
    "the job was given no GPU",
    looks="The variables of the scheduler's job, and whether the GPUs' device nodes may be opened.",
    matters="A job that asks for no GPU gets none, on a machine that has them.",
    lesson=ONES,
)
def job_without_gpu(facts: Facts) -> Iterator[Seen]:
    job, variables = scheduler_job(facts), facts.variables or {}
    nodes = gpu_nodes(facts)
    shut = bool(nodes) and all(one.opens == EPERM for one in nodes)
    if not job or not shut or cuda_code(facts) == 0:
        return
    asked = [f"{key}={clean(variables[key], 80)}" for key in ("SLURM_JOB_GPUS", "SLURM_JOB_ID") if key in variables]
    yield Seen(
        "fail",
        f"this {job} job was given no GPU",
        (f"{len(nodes)} GPUs are in the machine, and the job may open none of them", *asked),
        "The job did not ask for a GPU.",
        (Step("Ask for one.", WITH_GPU[job] + " ...", verify=SMI),),
    )


@fault(
    "login-node",
    "a cluster's machine without a GPU",
    looks="A scheduler's commands on the path, no job of it, and no GPU.",
    matters="Login nodes mostly have no GPU: what computes belongs in a job.",
    lesson=ONES,
)
def login_node(facts: Facts) -> Iterator[Seen]:
    scheduler = SCHEDULERS.get((facts.host.scheduler if facts.host else None) or "")
    if not scheduler or facts.pci is None or facts.variables is None or has_gpu(facts) or scheduler_job(facts):
        return
    command = INTERACTIVE[(facts.host.scheduler if facts.host else None) or ""]
    yield Seen(
        "note",
        f"a {scheduler} cluster's machine without a GPU: probably its login node",
        (f"{scheduler}'s commands are here, this is no job, and no NVIDIA GPU is on the PCI bus",),
        "The GPUs are in the cluster's other machines.",
        (Step("Judge a machine that has one.", command),),
    )


def _open_mode(some: list[Gpu]) -> Step:
    return Step(
        "Let every process use it, if that is yours to say.",
        f"sudo nvidia-smi -i {indices(some)} -c 0",
        root=True,
        verify="nvidia-smi --query-gpu=compute_mode --format=csv says Default",
    )


def _switch(on: bool | None) -> str:
    return "on" if on else "off"


def _taken(gpu: Gpu) -> str:
    if gpu.processes is None:
        return ""
    return ", and a process is on it" if gpu.processes else ", and free"


def _unaccounted(gpu: Gpu) -> int | None:
    """Bytes in use that no listed process holds, where they are many and nothing else explains them."""
    if gpu.display is not False or gpu.mig is True or gpu.memory_error or gpu.processes is None:
        return None
    if coherent(gpu):  # the kernel may keep files in their memory
        return None
    if not gpu.memory_total or gpu.memory_used is None or any(one.memory is None for one in gpu.processes):
        return None
    lost = gpu.memory_used - sum(one.memory or 0 for one in gpu.processes)
    return lost if lost > max(HELD, gpu.memory_total // 20) else None


def _is_full(gpu: Gpu) -> bool:
    return bool(gpu.memory_total) and not gpu.memory_error and (gpu.memory_used or 0) > FULL * (gpu.memory_total or 0)


def _alike(full: list[Gpu]) -> Iterator[str]:
    """A line for GPUs of one model and size; who uses it is told of one alone."""
    groups: dict[tuple[str, int], list[Gpu]] = {}
    for gpu in full:
        groups.setdefault((gpu.name or "", gpu.memory_total or 0), []).append(gpu)
    for (_, total), some in groups.items():
        used = [gib(gpu.memory_used or 0) for gpu in sorted(some, key=lambda gpu: gpu.memory_used or 0)]
        span = used[0] if used[0] == used[-1] else f"{used[0]} to {used[-1]}"
        who = f"{label(some[0])}: {span}" if len(some) == 1 else f"{named(some)}: {span} each"
        yield f"{who} of {gib(total)}{_users(some[0]) if len(some) == 1 else ''}"


def _users(gpu: Gpu) -> str:
    biggest = sorted(gpu.processes or [], key=lambda one: one.memory or 0, reverse=True)[:3]
    return f", by {', '.join(map(_process, biggest))}" if biggest else ""


def _process(one: GpuProcess) -> str:
    size = f" ({gib(one.memory)})" if one.memory else ""
    return f"process {one.pid}{size}"


def _use(gpu: Gpu) -> str:
    used = (
        "memory not known"
        if gpu.memory_used is None or not gpu.memory_total
        else f"{gib(gpu.memory_used)} of {gib(gpu.memory_total)} in use"
    )
    return f"{label(gpu)}: {used}"


def _word(text: str | None) -> str:
    """A UUID that may stand in a command; "" for anything else."""
    return text if text and text.replace("-", "").isalnum() and text.isascii() else ""
