"""What bounds a training process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diagnostics.doctor.probe import limits
from tests.diagnostics.doctor import roots
from tests.diagnostics.doctor.roots import FOLDER, Tree, cgroup, docker, lay, linux

GIB = 1 << 30
MIB = 1 << 20


def test_a_desktop_is_bounded_by_little(tmp_path: Path) -> None:
    """No control group, half of the memory as /dev/shm, and room to write."""
    seen = limits.look(lay(tmp_path, linux()), {"HOME": "/home/ada"})
    assert {key: value for key, value in seen.items() if not key.endswith("_free")} == {
        "shm_total": 32 * GIB,
        "open_files": 1024,
        "open_files_hard": 1048576,
        "locked_memory": 8 * MIB,
        "cgroup_memory": None,
        "cgroup_memory_used": None,
        "oom_kills": None,
        "cgroup_cpus": None,
        "tmp_runs": True,
        "cache": "/home/ada/.triton/cache",
        "cache_writable": True,
        "infiniband": [],
        "interfaces": ["enp5s0", "lo"],
        "iommu_groups": 0,
    }
    room = os.statvfs(tmp_path)
    for key in ("shm_free", "tmp_free", "cache_free"):
        value = seen[key]
        assert isinstance(value, int)
        assert 0 <= value <= room.f_frsize * room.f_blocks


def test_a_container_has_a_small_shared_memory(tmp_path: Path) -> None:
    """Docker's 64 MiB, as it was mounted."""
    seen = limits.look(lay(tmp_path, linux(), docker()), {})
    assert (seen["shm_total"], seen["cgroup_memory"]) == (64 * MIB, None)
    assert isinstance(seen["shm_free"], int)
    assert seen["shm_free"] <= 64 * MIB


def test_limits_of_a_container_are_read_at_its_top(tmp_path: Path) -> None:
    """Memory without the file pages that would go, kills, and CPUs."""
    bounds = cgroup(str(8 * GIB), used=7 * GIB, inactive=2 * GIB, kills=3, cpu="150000 100000")
    seen = limits.look(lay(tmp_path, linux(), docker(), bounds), {})
    assert seen["cgroup_memory"] == 8 * GIB
    assert seen["cgroup_memory_used"] == 5 * GIB
    assert (seen["oom_kills"], seen["cgroup_cpus"]) == (3, 1.5)


def test_the_tightest_of_the_groups_above_counts(tmp_path: Path) -> None:
    """A slice of systemd's or a job of Slurm's bounds what lies in it."""
    top = "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7"
    job: Tree = {
        "/proc/self/cgroup": "0::/system.slice/slurmstepd.scope/job_7/step_0\n",
        f"{top}/memory.max": f"{4 * GIB}\n",
        f"{top}/memory.current": f"{GIB}\n",
        f"{top}/cpu.max": "400000 100000\n",
        f"{top}/step_0/memory.max": "max\n",
        f"{top}/step_0/memory.events": "oom_kill 1\n",
        f"{top}/step_0/cpu.max": "max 100000\n",
    }
    seen = limits.look(lay(tmp_path, linux(), job), {})
    assert [seen[key] for key in ("cgroup_memory", "cgroup_memory_used", "cgroup_cpus")] == [4 * GIB, GIB, 4.0]
    assert seen["oom_kills"] == 1


def test_control_groups_of_version_1_are_read(tmp_path: Path) -> None:
    """A hybrid host's version 2 has no controllers; the path of a container's group is one outside."""
    first: Tree = {
        "/proc/self/cgroup": "9:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n0::/docker/0123\n",
        "/sys/fs/cgroup/cgroup.controllers": "",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB}\n",
        "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    }
    seen = limits.look(lay(tmp_path, linux(), first), {})
    assert [seen[key] for key in ("cgroup_memory", "cgroup_memory_used", "oom_kills", "cgroup_cpus")] == [
        2 * GIB,
        GIB,
        2,
        0.5,
    ]


def test_no_limit_of_version_1_is_none(tmp_path: Path) -> None:
    """It is written as a very large number, and as -1."""
    unbound: Tree = {
        "/proc/self/cgroup": "9:memory:/\n4:cpu:/\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    seen = limits.look(lay(tmp_path, linux(), unbound), {})
    assert (seen["cgroup_memory"], seen["cgroup_cpus"]) == (None, None)


@pytest.mark.parametrize(("written", "limit"), [("unlimited", -1), ("65536", 65536), ("x", None)])
def test_limits_of_the_process_are_those_that_it_inherits(tmp_path: Path, written: str, limit: int | None) -> None:
    """-1 for no limit."""
    text: Tree = {"/proc/self/limits": roots.limits(open_files=256, hard=4096, locked=written)}
    seen = limits.look(lay(tmp_path, linux(), text), {})
    assert (seen["open_files"], seen["open_files_hard"], seen["locked_memory"]) == (256, 4096, limit)


def test_a_temporary_folder_from_which_nothing_runs(tmp_path: Path) -> None:
    """By the mount that is on top; TMPDIR names another folder."""
    mounts = "/dev/sda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\ntmpfs /tmp tmpfs rw,nosuid,noexec 0 0\n"
    root = lay(tmp_path, linux(), {"/proc/self/mounts": mounts, "/scratch": FOLDER})
    assert limits.look(root, {})["tmp_runs"] is False
    assert limits.look(root, {"TMPDIR": "/scratch"})["tmp_runs"] is True


@pytest.mark.parametrize(
    ("variables", "cache"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.triton/cache"),
        ({"HOME": "/home/ada", "TRITON_HOME": "/scratch"}, "/scratch/.triton/cache"),
        ({"HOME": "/home/ada", "TRITON_CACHE_DIR": "/fast/triton"}, "/fast/triton"),
        ({"TRITON_CACHE_DIR": "relative"}, None),
        ({}, None),
    ],
)
def test_the_cache_is_where_triton_puts_it(tmp_path: Path, variables: dict[str, str], cache: str | None) -> None:
    """Its variables outrank the home folder."""
    assert limits.look(lay(tmp_path, linux()), variables)["cache"] == cache


def test_a_cache_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest folder that is there decides: the rest is made when it is needed."""
    root = lay(tmp_path, linux())
    asked: list[str] = []

    def refuse(path: str, mode: int) -> bool:
        asked.append(path)
        return False

    monkeypatch.setattr(os, "access", refuse)
    assert limits.look(root, {"HOME": "/home/ada"})["cache_writable"] is False
    assert asked == [f"{root}/home/ada"]


def test_what_bears_on_several_gpus_is_listed(tmp_path: Path) -> None:
    """RDMA devices, interfaces, and the groups of the IOMMU."""
    cluster: Tree = {
        "/sys/class/infiniband/mlx5_0": FOLDER,
        "/sys/class/net/ib0": FOLDER,
        "/sys/kernel/iommu_groups/0": FOLDER,
        "/sys/kernel/iommu_groups/1": FOLDER,
    }
    seen = limits.look(lay(tmp_path, linux(), cluster), {})
    assert (seen["infiniband"], seen["iommu_groups"]) == (["mlx5_0"], 2)
    assert seen["interfaces"] == ["enp5s0", "ib0", "lo"]


def test_this_machine_has_limits() -> None:
    """As the system itself tells them."""
    import resource

    seen = limits.look("")
    assert seen["open_files"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert isinstance(seen["tmp_free"], int)
