"""Limits: those that training runs into, and those that are as they should be."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.doctor.checks.limits import sound
from diagnostics.doctor.facts import Facts
from tests.diagnostics.doctor.hosts import (
    GIB,
    HEALTHY,
    MIB,
    changed,
    cpu_laptop,
    docker_with_gpu,
    mac,
    rtx4090_driver550_cu126,
    slurm_1_of_8,
)
from tests.diagnostics.doctor.judging import Case, alarm, finding, must_read_well, must_speak, quiet, speaks

SHM, FILES, MEMORY, KILLED, QUOTA, TMP, CACHE = IDS = (
    "shm-small",
    "open-files-low",
    "cgroup-memory-near",
    "oom-killed",
    "cpu-quota",
    "tmp-noexec",
    "cache-unwritable",
)


def docker(kind: str = "docker", **limits: Any) -> Facts:
    return changed(docker_with_gpu(), container={"kind": kind}, limits=limits)


def host(**limits: Any) -> Facts:
    return changed(rtx4090_driver550_cu126(), limits=limits)


SMALL: dict[str, Any] = {"shm_total": 64 * MIB, "shm_free": 64 * MIB}


BROKEN = [
    speaks("docker's default", SHM, docker(**SMALL), "warn", "64 MiB", "64 MiB", "docker run --shm-size=8g"),
    speaks("docker's default, the other way", SHM, docker(**SMALL), "warn", "bus error", run="--ipc=host"),
    speaks("podman", SHM, docker("podman", **SMALL), "warn", "64 MiB", run="podman run --shm-size=8g"),
    speaks("a pod", SHM, docker("kubernetes", **SMALL), "warn", "64 MiB"),
    speaks(
        "a container without a GPU",
        SHM,
        changed(cpu_laptop(), container={"kind": "docker"}, limits=SMALL),
        "warn",
        "64 MiB",
    ),
    speaks("a small machine", SHM, host(shm_total=512 * MIB, shm_free=512 * MIB), "note", "512 MiB"),
    speaks("leftovers", SHM, host(shm_free=3 * MIB), "warn", "full", "3 MiB free", "ls -lhS"),
    speaks("very few files", FILES, host(open_files=256), "warn", "256", "hard limit 1048576", "ulimit -n 65536"),
    speaks(
        "few, and a low hard limit",
        FILES,
        host(open_files=128, open_files_hard=512),
        "warn",
        "128",
        run="ulimit -n 512",
    ),
    speaks("few in a container", FILES, docker(open_files=256), "warn", "256", run="--ulimit nofile"),
    speaks("somewhat few", FILES, host(open_files=512), "note", "512"),
    speaks(
        "at the limit",
        MEMORY,
        docker(cgroup_memory_used=31 * GIB),
        "warn",
        "31.0 GiB of the 32.0 GiB",
        "97%",
        "docker run --memory",
    ),
    speaks(
        "in a job",
        MEMORY,
        changed(slurm_1_of_8(), limits={"cgroup_memory": 64 * GIB, "cgroup_memory_used": 63 * GIB}),
        "warn",
        "this Slurm job",
        run="--mem",
    ),
    speaks("in a container", KILLED, docker(oom_kills=3), "warn", "3 processes were killed", "3", "--memory"),
    speaks("one, in a pod", KILLED, docker("kubernetes", oom_kills=1), "warn", "1 process was killed"),
    speaks("some day on a host", KILLED, host(oom_kills=2), "note", "2 processes"),
    speaks("a share", QUOTA, docker(cgroup_cpus=4.0), "note", "4 of 32 CPUs"),
    speaks("half a CPU", QUOTA, docker(cgroup_cpus=0.5), "note", "0.5 of 32 CPUs"),
    speaks("noexec", TMP, host(tmp_runs=False), "warn", "mounted noexec", "noexec", "TORCHINDUCTOR_CACHE_DIR"),
    speaks(
        "root's",
        CACHE,
        host(cache_writable=False),
        "warn",
        "cannot be written",
        "/home/user/.cache",
        "TRITON_CACHE_DIR",
    ),
    speaks("full", CACHE, host(cache_free=0), "warn", "is full", "0 MiB free", "du "),
    speaks("nearly full", CACHE, host(cache_free=300 * MIB), "note", "nearly full"),
]


@pytest.mark.parametrize("case", BROKEN)
def test_a_limit_that_training_meets_is_told(case: Case) -> None:
    """With the number, and the command that raises it here."""
    must_speak(case)


@pytest.mark.parametrize("case", BROKEN)
def test_half_of_the_facts_makes_no_half_sentence(case: Case) -> None:
    """Any field may be missing, from a host that lets less be seen."""
    must_read_well(case)


def test_a_pod_is_told_of_a_volume() -> None:
    """Kubernetes has no --shm-size."""
    seen = finding(docker("kubernetes", **SMALL), SHM)
    assert seen is not None
    assert "emptyDir" in seen.fix[0].text
    assert not any("docker" in step.command for step in seen.fix)


@pytest.mark.parametrize(
    ("fault", "facts"),
    [
        quiet("enough", SHM, docker(shm_total=8 * GIB, shm_free=8 * GIB)),
        quiet("the host's own, by --ipc=host", SHM, docker(shm_total=32 * GIB, shm_free=30 * GIB)),
        quiet("just enough", SHM, docker(shm_total=GIB, shm_free=GIB)),
        quiet("a small machine", SHM, host(shm_total=512 * MIB, shm_free=512 * MIB)),
        quiet("none at all, as on a Mac", SHM, mac()),
        quiet("apptainer's, which is the host's", SHM, docker("apptainer", **SMALL)),
        quiet("the default", FILES, host(open_files=1024)),
        quiet("no limit", FILES, host(open_files=-1)),
        quiet("a Mac's default", FILES, changed(mac(), limits={"open_files": 256})),
        quiet("not seen", FILES, host(open_files=None)),
        quiet("room left", MEMORY, docker(cgroup_memory_used=20 * GIB)),
        quiet("no limit", MEMORY, host(cgroup_memory=None, cgroup_memory_used=60 * GIB)),
        quiet("version 1's word for no limit", MEMORY, host(cgroup_memory=2**63 - 4096, cgroup_memory_used=60 * GIB)),
        quiet("a limit past the machine's memory", MEMORY, host(cgroup_memory=128 * GIB, cgroup_memory_used=127 * GIB)),
        quiet("never", KILLED, docker(oom_kills=0)),
        quiet("some day on a host", KILLED, host(oom_kills=2)),
        quiet("no quota", QUOTA, docker(cgroup_cpus=None)),
        quiet("all of them", QUOTA, docker(cgroup_cpus=32.0)),
        quiet("runs", TMP, host(tmp_runs=True)),
        quiet("not seen", TMP, host(tmp_runs=None)),
        quiet(
            "another folder is named", TMP, changed(host(tmp_runs=False), variables={"TORCHINDUCTOR_CACHE_DIR": "/x"})
        ),
        quiet("no torch here", TMP, changed(host(tmp_runs=False), packages={"torches": []})),
        quiet("room", CACHE, host(cache_free=2 * GIB)),
        quiet("no folder known", CACHE, host(cache=None, cache_writable=False)),
        quiet("not seen", CACHE, host(cache_writable=None, cache_free=None)),
    ],
)
def test_a_limit_that_leaves_room_is_no_alarm(fault: str, facts: Facts) -> None:
    """A near miss of each."""
    assert alarm(facts, fault) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_hosts_are_quiet(name: str) -> None:
    """None has as much as a note."""
    assert not any(finding(HEALTHY[name](), fault) for fault in IDS)


def test_the_themes_own_line() -> None:
    """The numbers that were seen; nothing before they arrived."""
    line = sound(docker())
    assert line is not None
    assert line.evidence == ("shared memory: 8.0 GiB", "open files: 4096", "memory of the control group: 32.0 GiB")
    hidden = sound(Facts(troubles={"limits": "Not seen."}))
    assert hidden is not None
    assert hidden.status == "skipped"
    assert sound(Facts()) is None
