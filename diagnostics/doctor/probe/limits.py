"""What bounds a training process here: shared memory, limits of the process and of its control group, its folders."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from diagnostics.doctor.probe.cgroup import cpus, memory, oom_kills
from diagnostics.doctor.probe.mounts import free, mount_of, size_of
from diagnostics.doctor.probe.root import is_folder, names, place, text, whole

_LIMIT = re.compile(r"^Max (open files|locked memory)\s+(\S+)\s+(\S+)", re.MULTILINE)


def look(root: str, variables: Mapping[str, str] = os.environ) -> dict[str, object]:
    """The fields of Limits. A folder on a network file system that hangs is waited for: look here last."""
    open_files, open_files_hard = _process_limit(root, "open files")
    limit, used = memory(root)
    temporary = variables.get("TMPDIR") or "/tmp"  # noqa: S108
    mounted = mount_of(root, temporary)
    cache, writable = _cache(root, variables)
    shared = size_of(root, "/dev/shm")  # noqa: S108
    left = free(root, "/dev/shm")  # noqa: S108
    return {
        "shm_total": shared,
        "shm_free": left if left is None or shared is None else min(left, shared),
        "open_files": open_files,
        "open_files_hard": open_files_hard,
        "locked_memory": _process_limit(root, "locked memory")[0],
        "cgroup_memory": limit,
        "cgroup_memory_used": used,
        "oom_kills": oom_kills(root),
        "cgroup_cpus": cpus(root),
        "tmp_free": free(root, temporary),
        "tmp_runs": None if mounted is None else "noexec" not in mounted,
        "cache": cache,
        "cache_writable": writable,
        "cache_free": free(root, _standing(root, cache)) if cache else None,
        "infiniband": _listed(root, "/sys/class/infiniband"),
        "interfaces": names(root, "/sys/class/net"),
        "iommu_groups": len(_listed(root, "/sys/kernel/iommu_groups") or [])
        if is_folder(root, "/sys/kernel")
        else None,
    }


def _process_limit(root: str, name: str) -> tuple[int | None, int | None]:
    """(soft, hard), as a child of this process inherits them; -1 for no limit."""
    for found, soft, hard in _LIMIT.findall(text(root, "/proc/self/limits", 8192) or ""):
        if found == name:
            return _bound(soft), _bound(hard)
    if root or name != "open files":
        return None, None
    import resource  # only where there is no /proc

    bounds = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft_files, hard_files = (-1 if bound == resource.RLIM_INFINITY else bound for bound in bounds)
    return soft_files, hard_files


def _bound(written: str) -> int | None:
    return -1 if written == "unlimited" else whole(written)


def _cache(root: str, variables: Mapping[str, str]) -> tuple[str | None, bool | None]:
    """Where triton puts the kernels it compiles, and whether this user may write there."""
    home = variables.get("TRITON_HOME") or variables.get("HOME") or (None if root else os.path.expanduser("~"))
    folder = variables.get("TRITON_CACHE_DIR") or (f"{home}/.triton/cache" if home else None)
    if folder is None or not folder.startswith("/"):
        return None, None
    where = place(root, _standing(root, folder))
    return folder, None if where is None else os.access(where, os.W_OK | os.X_OK)


def _standing(root: str, folder: str) -> str:
    """The folder, or the nearest above it that is there: the others are made when they are needed."""
    while folder != "/" and not is_folder(root, folder):
        folder = os.path.dirname(folder.rstrip("/")) or "/"
    return folder


def _listed(root: str, folder: str) -> list[str] | None:
    """A class of /sys that has no folder has no members."""
    return names(root, folder) or ([] if is_folder(root, "/sys/class") else None)
