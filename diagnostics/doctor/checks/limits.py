"""What bounds a training process: shared memory, open files, its control group, and the folders it writes to."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.install import first_torch
from diagnostics.doctor.checks.views import contained, gib, scheduler_job
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step
from diagnostics.text import clean

LIMITS = "cuda_setup#limits-of-the-host"

GIB = 2**30
SHM_LEAST = GIB
"""Docker gives 64 MiB. A worker's batch of 256 images of 224 by 224 in float32 is 147 MiB, and two wait for each."""
SHM_LEFT = 64 * 2**20
FEW_FILES = 256
"""Each tensor that a worker hands over is an open file until it is used. 1024 is the default nearly everywhere."""
NEAR = 0.9
NO_LIMIT = 2**60
COMPILES = '`python -c "import torch; print(torch.compile(torch.sin)(torch.ones(2)))"` prints two numbers'


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    limits = facts.limits
    if limits is None:
        why = unseen(facts, "limits")
        return Seen("skipped", "the limits were not judged", (why,)) if why else None
    told = [
        f"shared memory: {gib(limits.shm_total)}" if limits.shm_total else "",
        f"open files: {limits.open_files}" if limits.open_files and limits.open_files > 0 else "",
        f"memory of the control group: {gib(limits.cgroup_memory)}" if _bound(facts) and limits.cgroup_memory else "",
    ]
    return Seen("ok", "nothing bounds a training process here", tuple(line for line in told if line))


@fault(
    "shm-small",
    "little shared memory",
    looks="The size of /dev/shm, what is free of it, and whether this is a container.",
    matters="DataLoader workers hand batches over in /dev/shm. Where it is full, they are killed: Bus error.",
    lesson=LIMITS,
)
def shm_small(facts: Facts) -> Iterator[Seen]:
    total = facts.limits.shm_total if facts.limits else None
    free = facts.limits.shm_free if facts.limits else None
    if not total or facts.container is None:
        return
    left = f", {gib(free)} free" if free is not None else ""
    evidence = (f"shared memory in /dev/shm: {gib(total)}{left}",)
    if total < SHM_LEAST and contained(facts) and facts.container.kind != "apptainer":  # which has the host's
        title = f"{gib(total)} of shared memory: DataLoader workers may be killed with a bus error"
        cause = "Workers hand batches over in /dev/shm, and Docker gives a container 64 MiB of it by default."
        yield Seen("warn", title, evidence, cause, _more_shm(facts))
    elif total < SHM_LEAST:
        fix = Step("Give it more until the next boot.", "sudo mount -o remount,size=2G /dev/shm", root=True)
        yield Seen("note", f"{gib(total)} of shared memory: large batches may fill it", evidence, fix=(fix,))
    elif free is not None and free < SHM_LEFT:
        cause = "Programs that are running hold it, or killed ones left their files there."
        fix = Step("See whose files they are, and remove those of programs that ended.", "ls -lhS /dev/shm | head")
        yield Seen("warn", f"shared memory is full: {gib(free)} of {gib(total)} is free", evidence, cause, (fix,))


@fault(
    "open-files-low",
    "few open files are allowed",
    looks="The soft and the hard limit on open files. 1024, the default of most systems, is no fault.",
    matters="Each tensor that a DataLoader worker hands over is an open file: Too many open files.",
    lesson=LIMITS,
)
def open_files_low(facts: Facts) -> Iterator[Seen]:
    soft = facts.limits.open_files if facts.limits else None
    hard = facts.limits.open_files_hard if facts.limits else None
    if soft is None or not 0 < soft < 1024 or (facts.host and facts.host.system == "Darwin"):
        return
    room = 65536 if hard is None or hard < 0 or hard >= 65536 else hard
    steps = [Step("Raise it for this shell.", f"ulimit -n {room}", verify="`ulimit -n` says so")] * (room > soft)
    if facts.container and facts.container.kind in ("docker", "podman"):
        command = f"{facts.container.kind} run --ulimit nofile=65536:65536 IMAGE"
        steps.append(Step("or start the container with more.", command))
    elif not contained(facts):
        line = "echo '* - nofile 65536' | sudo tee -a /etc/security/limits.d/90-nofile.conf"
        steps.append(Step("or for every login.", line, root=True))
    evidence = (f"soft limit {soft}" + (f", hard limit {hard}" if hard is not None and hard >= 0 else ""),)
    status = "warn" if soft <= FEW_FILES else "note"
    yield Seen(
        status, f"only {soft} open files are allowed, which DataLoader workers use up", evidence, fix=tuple(steps)
    )


@fault(
    "cgroup-memory-near",
    "the memory of the control group is nearly used up",
    looks="The limit on memory of this control group, and what it uses without pages that can be given back.",
    matters="At the limit the kernel kills a process of the group, often a DataLoader worker, without a traceback.",
    lesson=LIMITS,
)
def cgroup_memory_near(facts: Facts) -> Iterator[Seen]:
    limit = facts.limits.cgroup_memory if facts.limits else None
    used = facts.limits.cgroup_memory_used if facts.limits else None
    if not limit or used is None or not _bound(facts) or used < NEAR * limit:
        return
    where = _group(facts)
    title = f"{where} uses {gib(used)} of the {gib(limit)} of memory that it may use"
    yield Seen(
        "warn",
        title,
        (f"limit {gib(limit)}, used {gib(used)} ({used / limit:.0%})",),
        "Past the limit the kernel kills one of its processes, without a traceback.",
        (
            Step("See what uses it.", "ps -eo pid,rss,comm --sort=-rss | head"),
            _more_memory(facts),
        ),
    )


@fault(
    "oom-killed",
    "processes were killed for memory",
    looks="How many processes of this control group the kernel has killed for memory.",
    matters='A DataLoader that says "worker killed by signal: Killed", or a job that ends with 137, was killed so.',
    lesson=LIMITS,
)
def oom_killed(facts: Facts) -> Iterator[Seen]:
    """The count is of the group's whole life: in a container or a job that is this work, on a host anybody's."""
    kills = facts.limits.oom_kills if facts.limits else None
    if not kills:
        return
    here = bool(_bound(facts) and (contained(facts) or scheduler_job(facts)))
    were = "1 process was" if kills == 1 else f"{kills} processes were"
    title = f"{were} killed for memory in {_group(facts)}"
    limit = facts.limits.cgroup_memory if facts.limits else None
    evidence = [f"killed for memory since the group began: {kills}"]
    evidence += [f"limit {gib(limit)}"] if limit and _bound(facts) else []
    cause = "The kernel kills a process where memory runs out; the program itself is told nothing."
    steps = (
        Step("Use fewer workers or smaller batches in DataLoader (num_workers, prefetch_factor)."),
        _more_memory(facts),
    )
    yield Seen("warn" if here else "note", title, tuple(evidence), cause, steps if here else ())


@fault(
    "cpu-quota",
    "fewer CPUs than the machine has",
    looks="The CPU time that the control group may use, and the CPUs of the machine.",
    matters="os.cpu_count() tells of all of them: as many DataLoader workers as that wait for one another.",
    lesson=LIMITS,
)
def cpu_quota(facts: Facts) -> Iterator[Seen]:
    share = facts.limits.cgroup_cpus if facts.limits else None
    cpus = facts.host.cpus if facts.host else None
    if share and cpus and share < cpus:
        title = f"{_group(facts)} may use {share:g} of {cpus} CPUs"
        workers = max(1, int(share))
        fix = Step(f"Choose DataLoader's num_workers by that: up to {workers}.")
        yield Seen("note", title, (f"CPU time for {share:g} CPUs; the machine has {cpus}",), fix=(fix,))


@fault(
    "tmp-noexec",
    "programs may not run from the folder for temporary files",
    looks="Whether /tmp, or the folder that TMPDIR names, is mounted noexec.",
    matters="torch.compile puts what it compiles there and loads it: failed to map segment from shared object.",
    lesson=LIMITS,
)
def tmp_noexec(facts: Facts) -> Iterator[Seen]:
    variables = facts.variables
    if facts.limits is None or facts.limits.tmp_runs is not False or variables is None:
        return
    if "TORCHINDUCTOR_CACHE_DIR" in variables or first_torch(facts) is None:
        return
    folder = clean(variables.get("TMPDIR") or "/tmp", 100)  # noqa: S108
    fix = Step(
        "Let torch.compile use a folder of your own.",
        "export TORCHINDUCTOR_CACHE_DIR=$HOME/.cache/torchinductor",
        verify=COMPILES,
    )
    title = f"{folder} is mounted noexec: torch.compile cannot load what it compiles there"
    yield Seen("warn", title, (f"{folder}: noexec",), "torch.compile keeps its libraries there by default.", (fix,))


@fault(
    "cache-unwritable",
    "the folder for compiled kernels cannot be used",
    looks="Whether the folder that Triton keeps its kernels in can be written, and what is free there.",
    matters="torch.compile and Triton fail there, or compile anew at every start.",
    lesson=LIMITS,
)
def cache_unwritable(facts: Facts) -> Iterator[Seen]:
    limits = facts.limits
    if limits is None or not limits.cache:
        return
    folder, free = clean(limits.cache, 120), limits.cache_free
    steps = (Step("Name a folder that can be.", "export TRITON_CACHE_DIR=/tmp/triton-$USER", verify=COMPILES),)
    if limits.cache_writable is False:
        title = "the folder for compiled kernels cannot be written"
        cause = "It belongs to another user, often root after a run with sudo, or is mounted read-only."
        yield Seen("warn", title, (f"no right to write: {folder}",), cause, steps)
    elif free is not None and free < GIB:
        full = free < 2**20
        title = f"the folder for compiled kernels is {'full' if full else f'nearly full: {gib(free)} is free'}"
        see = Step("See what fills it.", "du -xh --max-depth=2 ~ 2>/dev/null | sort -h | tail")
        yield Seen(
            "warn" if full else "note", title, (f"{folder}: {gib(free)} free",), "", (see, *steps) if full else ()
        )


# ---- what they look at


def _bound(facts: Facts) -> bool:
    """Whether the control group bounds memory below what the machine has."""
    limit = facts.limits.cgroup_memory if facts.limits else None
    total = facts.host.memory_total if facts.host else None
    return limit is not None and 0 < limit < NO_LIMIT and (total is None or limit < total)


def _group(facts: Facts) -> str:
    """What the control group is to a reader."""
    if job := scheduler_job(facts):
        return f"this {job} job"
    return "this container" if contained(facts) else "this control group"


def _more_shm(facts: Facts) -> tuple[Step, ...]:
    verify = "`df -h /dev/shm` says so"
    kind = facts.container.kind if facts.container else ""
    if kind == "kubernetes":
        text = "Mount an emptyDir volume with medium Memory and sizeLimit 8Gi at /dev/shm in the pod's specification."
        return (Step(text, verify=verify), _no_workers())
    tool = "podman" if kind == "podman" else "docker"
    return (
        Step("Start the container with more.", f"{tool} run --shm-size=8g IMAGE", verify=verify),
        Step("or with the host's.", f"{tool} run --ipc=host IMAGE"),
        _no_workers(),
    )


def _no_workers() -> Step:
    return Step("Until then, load in the program itself: DataLoader(..., num_workers=0).")


def _more_memory(facts: Facts) -> Step:
    job = scheduler_job(facts)
    if job == "Slurm":
        return Step("Ask for more memory with the next job.", "srun --mem=64G --gres=gpu:1 --pty bash")
    if contained(facts) and facts.container and facts.container.kind == "kubernetes":
        return Step("Raise resources: limits: memory in the pod's specification.")
    if contained(facts):
        return Step("Start the container with more.", "docker run --memory=64g IMAGE")
    return Step("Raise the limit where it is set.", "systemctl show user-$(id -u).slice -p MemoryMax")
