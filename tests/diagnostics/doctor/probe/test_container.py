"""Containers by their marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.doctor.probe import container
from tests.diagnostics.doctor.roots import FOLDER, Tree, docker, lay, linux, wsl

OVERLAY = "overlay / overlay rw,lowerdir={} 0 0\n"


@pytest.mark.parametrize(
    ("marks", "variables", "kind"),
    [
        ({}, {}, ""),
        (wsl(), {}, ""),
        ({"/run/systemd/container": "wsl\n"}, {}, ""),
        (docker(), {}, "docker"),
        ({"/run/.containerenv": ""}, {}, "podman"),
        (docker(), {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
        ({"/var/run/secrets/kubernetes.io/serviceaccount": FOLDER}, {}, "kubernetes"),
        ({"/.singularity.d": FOLDER}, {}, "apptainer"),
        ({}, {"APPTAINER_CONTAINER": "/x.sif"}, "apptainer"),
        ({}, {"container": "lxc"}, "lxc"),
        ({"/run/systemd/container": "systemd-nspawn\n"}, {}, "other"),
        ({"/proc/1/cgroup": "4:memory:/kubepods/burstable/pod1\n"}, {}, "kubernetes"),
        ({"/proc/1/cgroup": "4:memory:/docker/0123\n"}, {}, "docker"),
        ({"/proc/1/cgroup": "0::/init.scope\n"}, {}, ""),
        ({"/proc/self/mounts": OVERLAY.format("/var/lib/docker/overlay2/l/A")}, {}, "docker"),
        ({"/proc/self/mounts": OVERLAY.format("/var/lib/containerd/io/1")}, {}, "other"),
        ({"/proc/self/mounts": OVERLAY.format("/rofs")}, {}, ""),
    ],
)
def test_the_kind_is_known_by_its_marks(tmp_path: Path, marks: Tree, variables: dict[str, str], kind: str) -> None:
    """A live system's layered root, WSL and a plain host are none."""
    assert container.look(lay(tmp_path, linux(), marks), variables)["kind"] == kind


def test_whether_the_image_brings_cuda_is_asked_of_containers_alone(tmp_path: Path) -> None:
    """By its folder or by the variable that NVIDIA's images set; a host's own toolkit says nothing of an image."""
    assert container.look(lay(tmp_path / "a", linux(), docker(cuda=True)), {})["cuda_image"] is True
    plain = lay(tmp_path / "b", linux(), docker(cuda=False))
    assert container.look(plain, {})["cuda_image"] is False
    assert container.look(plain, {"NVIDIA_REQUIRE_CUDA": "cuda>=12.4"})["cuda_image"] is True
    host = lay(tmp_path / "c", linux(), {"/usr/local/cuda/bin/nvcc": ""})
    assert container.look(host, {})["cuda_image"] is None


def test_snap_is_told_by_its_confinement(tmp_path: Path) -> None:
    """The kernel's label of this process, and None where there is no such label."""
    assert (
        container.look(lay(tmp_path / "a", {"/proc/self/attr/current": "snap.code.code (enforce)"}), {})["snap"] is True
    )
    assert container.look(lay(tmp_path / "b", {"/proc/self/attr/current": "unconfined\n"}), {})["snap"] is False
    assert container.look(lay(tmp_path / "c", {}), {})["snap"] is None
