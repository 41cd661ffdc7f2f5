"""Whether the probe stands in a container, and which kind."""

from __future__ import annotations

import os
from collections.abc import Mapping

from diagnostics.doctor.probe.root import exists, is_folder, line, text

_KNOWN = {"docker": "docker", "podman": "podman", "lxc": "lxc", "lxc-libvirt": "lxc", "apptainer": "apptainer"}
_GROUPS = (("kubepods", "kubernetes"), ("docker", "docker"), ("libpod", "podman"), ("lxc", "lxc"))
"""What the first process's cgroups are called, where the container does not hide them."""


def look(root: str, variables: Mapping[str, str] = os.environ) -> dict[str, object]:
    kind = _kind(root, variables)
    confined_by = line(root, "/proc/self/attr/current")
    return {
        "kind": kind,
        "cuda_image": _brings_cuda(root, variables) if kind else None,
        "snap": None if confined_by is None else confined_by.startswith("snap."),
    }


def _kind(root: str, variables: Mapping[str, str]) -> str:
    """The most telling sign first: Kubernetes runs containers that look like Docker's or like nobody's."""
    if "KUBERNETES_SERVICE_HOST" in variables or exists(root, "/var/run/secrets/kubernetes.io"):
        return "kubernetes"
    if exists(root, "/run/.containerenv"):
        return "podman"
    if exists(root, "/.dockerenv"):
        return "docker"
    if is_folder(root, "/.singularity.d") or "APPTAINER_CONTAINER" in variables:
        return "apptainer"
    said = variables.get("container") or line(root, "/run/systemd/container") or ""
    if said and said != "wsl":
        return _KNOWN.get(said, "other")
    groups = text(root, "/proc/1/cgroup") or ""
    named = (kind for sign, kind in _GROUPS if f"/{sign}" in groups)
    return next(named, _by_mounts(root))


def _by_mounts(root: str) -> str:
    """A root of layers laid over one another is a container's, or a live system's, which has no engine's folder."""
    for mount in (text(root, "/proc/self/mounts", 4096) or "").splitlines():
        device, _, rest = mount.partition(" ")
        if rest.startswith("/ ") and device == "overlay":
            return "docker" if "/docker/" in rest else "other" if "/containerd" in rest else ""
    return ""


def _brings_cuda(root: str, variables: Mapping[str, str]) -> bool:
    return "NVIDIA_REQUIRE_CUDA" in variables or exists(root, "/usr/local/cuda")
