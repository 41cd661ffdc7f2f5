"""The device nodes through which programs reach a GPU, and whether this user may open them.

A node that may be opened is not opened: that would start, or wake, the GPU. The kernel's own permission check knows
both the mode bits and a container's device rules, and where it refuses, the opening fails before it reaches the driver.
"""

from __future__ import annotations

import os
import re
import stat

from diagnostics.doctor.probe.root import names, place, text

_NODES = re.compile(r"nvidia(\d+|ctl|-modeset|-uvm(-tools)?|-nvswitch(\d+|ctl))|dxg|kfd|nvhost-gpu|nvmap")
_FOLDERS = (("/dev/nvidia-caps", re.compile(r"nvidia-cap\d+")), ("/dev/dri", re.compile(r"renderD\d+")))
_MOST = 512


def look(root: str) -> list[dict[str, object]] | None:
    """Those of NVIDIA, of WSL (dxg), of ROCm (kfd) and for rendering, by name; None where there is no /dev."""
    devices = names(root, "/dev")
    if devices is None:
        return None
    paths = [f"/dev/{name}" for name in devices if _NODES.fullmatch(name)]
    for folder, wanted in _FOLDERS:
        paths += [f"{folder}/{name}" for name in names(root, folder) or [] if wanted.fullmatch(name)]
    groups = _groups(root) if paths else {}
    return [_node(root, path, groups) for path in sorted(paths, key=_in_order)[:_MOST]]


def _node(root: str, path: str, groups: dict[int, str]) -> dict[str, object]:
    where = place(root, path) or path
    try:
        status = os.stat(where)
    except OSError as error:
        return {"path": path, "mode": None, "group": None, "opens": error.errno}
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    group = groups.get(status.st_gid, str(status.st_gid))
    return {"path": path, "mode": mode, "group": group, "opens": refusal(where)}


def refusal(where: str) -> int | None:
    """The errno that opening for reading and writing would give, 0 for none."""
    if os.access(where, os.R_OK | os.W_OK):
        return 0
    try:
        os.close(os.open(where, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY))
    except OSError as error:
        return error.errno
    return 0


def _groups(root: str) -> dict[int, str]:
    """Numbers to names, from the file alone: asking the name service may wait for a network."""
    rows = (row.split(":") for row in (text(root, "/etc/group", 1 << 20) or "").splitlines())
    return {int(row[2]): row[0] for row in rows if len(row) > 2 and row[2].isdecimal()}


def _in_order(path: str) -> list[object]:
    """nvidia2 before nvidia10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path)]
