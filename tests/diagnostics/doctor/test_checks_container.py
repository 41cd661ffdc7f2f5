"""Containers: which were given no GPU, which lost it, and which only look so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.doctor.checks.container import required_cuda, sound
from diagnostics.doctor.facts import Container, Cuda, Facts, Node, Nvml
from tests.diagnostics.doctor.hosts import (
    HEALTHY,
    changed,
    cpu_laptop,
    docker_with_gpu,
    jetson,
    mig_slice,
    rtx4090_driver550_cu126,
    slurm_cgroup_1_of_8,
)
from tests.diagnostics.doctor.judging import Case, alarm, causes, finding, must_read_well, must_speak, quiet, speaks

IDS = (
    "container-without-gpu",
    "container-void",
    "container-no-compute",
    "container-lost-gpu",
    "container-old-driver",
)
DOCKER = docker_with_gpu()
NO_LIBCUDA = "libcuda.so.1: cannot open shared object file: No such file or directory"


def of(kind: str, facts: Facts = DOCKER, **sections: Any) -> Facts:
    """The same in another kind of container."""
    return changed(facts, container={"kind": kind}, **sections)


def without_gpu(kind: str = "docker", **sections: Any) -> Facts:
    """A CUDA image on a host with a GPU, started without it."""
    bare = replace(DOCKER, variables={}, nodes=[], nvml=Nvml(error=12), cuda=Cuda(missing=NO_LIBCUDA))
    return of(
        kind, changed(bare, libraries={"libcuda": [], "libnvidia_ml": []}, torch={"gpus": [], "count": 0}), **sections
    )


def lost(kind: str = "docker", opens: int | None = 1, **sections: Any) -> Facts:
    """After the host's systemd was reloaded."""
    nodes = [replace(node, opens=opens) for node in DOCKER.nodes or []]
    return of(
        kind, DOCKER, nvml=Nvml(error=999, error_text="Unknown Error"), cuda=Cuda(error=100), nodes=nodes, **sections
    )


def no_compute(**sections: Any) -> Facts:
    """nvidia-smi works, and libcuda was not brought."""
    facts = changed(DOCKER, variables={"NVIDIA_DRIVER_CAPABILITIES": "utility"}, libraries={"libcuda": []})
    return replace(changed(facts, **sections), cuda=Cuda(missing=NO_LIBCUDA))


def image_for(cuda: str, driver: int, torch: str = "13.0") -> Facts:
    """An image for a CUDA, with a torch for another perhaps, on a driver."""
    facts = changed(DOCKER, variables={"NVIDIA_REQUIRE_CUDA": cuda}, nvml={"cuda": driver}, cuda={"version": driver})
    assert facts.packages is not None
    assert facts.packages.torches is not None
    return changed(facts, packages={"torches": [replace(facts.packages.torches[0], cuda=torch)]}, torch={"cuda": torch})


def injected(code: int, host: Facts) -> Facts:
    """NVIDIA's runtime brought the libraries, and NVML does not start with them."""
    asked = {"NVIDIA_VISIBLE_DEVICES": "all"}
    return changed(host, nvml=Nvml(library="libnvidia-ml.so.1", error=code), variables=asked)


HIDDEN = without_gpu(pci=[], driver={"loaded": None, "modules": []})

BROKEN = [
    speaks("no node, NVML 999", IDS[0], injected(999, HIDDEN), "warn", "no GPU that answers", "(999)", "nvidia-smi"),
    speaks("no node, NVML 9", IDS[0], injected(9, HIDDEN), "warn", "no GPU that answers", "driver not loaded (9)"),
    speaks("the host has a GPU", IDS[0], injected(999, without_gpu()), "fail", "no GPU that answers", "PCI bus"),
    speaks("docker", IDS[0], without_gpu(), "fail", "a Docker container", "PCI bus", "--gpus all"),
    speaks("podman", IDS[0], without_gpu("podman"), "fail", "a Podman container", run="nvidia.com/gpu=all"),
    speaks("a pod", IDS[0], without_gpu("kubernetes"), "fail", "a Kubernetes pod"),
    speaks("apptainer", IDS[0], without_gpu("apptainer"), "fail", "an Apptainer container", run="--nv"),
    speaks("lxc", IDS[0], without_gpu("lxc"), "fail", "an LXC container", run="lxc config device add"),
    speaks("no engine's name", IDS[0], without_gpu("other"), "fail", "a container that was started"),
    speaks("a host without GPU", IDS[0], without_gpu(pci=[], driver={"loaded": ""}), "note", "without a GPU"),
    speaks(
        "nothing for CUDA in it",
        IDS[0],
        changed(without_gpu(), container={"cuda_image": False}, packages={"torches": []}, torch={"cuda": ""}),
        "note",
        "without a GPU",
    ),
    speaks(
        "asked for void",
        IDS[1],
        without_gpu(variables={"NVIDIA_VISIBLE_DEVICES": "void"}),
        "fail",
        '"void"',
        "void",
    ),
    speaks("asked for none", IDS[1], without_gpu(variables={"NVIDIA_VISIBLE_DEVICES": "none"}), "fail", '"none"'),
    speaks("emptied", IDS[1], without_gpu(variables={"NVIDIA_VISIBLE_DEVICES": ""}), "fail", '""', run="--gpus all"),
    speaks("utility alone", IDS[2], no_compute(), "fail", "no libcuda", "utility", "compute,utility"),
    speaks(
        "graphics",
        IDS[2],
        no_compute(variables={"NVIDIA_DRIVER_CAPABILITIES": "graphics,display"}),
        "fail",
        "no libcuda",
    ),
    speaks("podman", IDS[2], of("podman", no_compute()), "fail", "no libcuda", run="podman run"),
    speaks("libcuda not asked yet", IDS[2], replace(no_compute(), cuda=None), "fail", "no libcuda"),
    speaks("lost", IDS[3], lost(), "fail", "a Docker container", "Operation not permitted", "docker restart"),
    speaks("lost in podman", IDS[3], lost("podman"), "fail", "a Podman container", run="podman restart"),
    speaks("lost in a pod", IDS[3], lost("kubernetes"), "fail", "a Kubernetes pod", run="kubectl delete pod"),
    speaks("lxc without a rule", IDS[3], lost("lxc"), "fail", "an LXC container", run="devices.allow"),
    speaks("nodes not tried", IDS[3], lost(opens=None), "fail", "may no longer", "999", "create-dev-char-symlinks"),
    speaks("CUDA 13 on 12.4", IDS[4], image_for("cuda>=13.0", 12040), "warn", "CUDA 13.0", "cuda>=13.0"),
    speaks(
        "CUDA 12 on 11.4 with alternatives",
        IDS[4],
        image_for("cuda>=12.4 brand=tesla,driver>=525,driver<526", 11040, "12.4"),
        "warn",
        "up to CUDA 11.4",
    ),
]


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_container_is_told(case: Case) -> None:
    """With the evidence, and the command for this kind of container."""
    must_speak(case)


@pytest.mark.parametrize("case", BROKEN)
def test_half_of_the_facts_makes_no_half_sentence(case: Case) -> None:
    """Any field may be missing, from a host that lets less be seen."""
    must_read_well(case)


@pytest.mark.parametrize(
    ("fault", "host"),
    [
        quiet("the host itself", IDS[0], rtx4090_driver550_cu126()),
        quiet("a host without a GPU", IDS[0], cpu_laptop()),
        quiet("with its GPU", IDS[0], DOCKER),
        quiet("a container on a laptop without GPU", IDS[0], changed(cpu_laptop(), container={"kind": "docker"})),
        quiet("Jetson's devices have other names", IDS[0], changed(jetson(), container={"kind": "docker"}, nodes=[])),
        quiet("WSL's device has another name", IDS[0], without_gpu(nodes=[Node(path="/dev/dxg", opens=0)])),
        quiet("nodes not seen yet", IDS[0], replace(without_gpu(), nodes=None)),
        quiet(
            "CDI says void where it gives GPUs", IDS[1], changed(DOCKER, variables={"NVIDIA_VISIBLE_DEVICES": "void"})
        ),
        quiet("all", IDS[1], without_gpu(variables={"NVIDIA_VISIBLE_DEVICES": "all"})),
        quiet("void on a host", IDS[1], changed(cpu_laptop(), variables={"NVIDIA_VISIBLE_DEVICES": "void"})),
        quiet("libcuda came all the same", IDS[2], replace(no_compute(), cuda=DOCKER.cuda)),
        quiet(
            "libcuda found, and not asked",
            IDS[2],
            replace(changed(no_compute(), libraries=DOCKER.libraries), cuda=None),
        ),
        quiet("compute", IDS[2], no_compute(variables={"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"})),
        quiet("all capabilities", IDS[2], no_compute(variables={"NVIDIA_DRIVER_CAPABILITIES": "all"})),
        quiet("empty means the default", IDS[2], no_compute(variables={"NVIDIA_DRIVER_CAPABILITIES": ""})),
        quiet("no GPU at all", IDS[2], without_gpu(variables={"NVIDIA_DRIVER_CAPABILITIES": "utility"})),
        quiet("NVML 999 on a host", IDS[3], changed(rtx4090_driver550_cu126(), nvml=Nvml(error=999))),
        quiet("other GPUs' nodes refused", IDS[3], changed(slurm_cgroup_1_of_8(), container={"kind": "docker"})),
        quiet("rights of the file", IDS[3], changed(lost(opens=13), nvml=Nvml(error=4))),
        quiet("the scheduler's rules", IDS[3], lost("apptainer")),
        quiet("no driver on the host", IDS[3], changed(DOCKER, nvml=Nvml(error=9), nodes=[])),
        quiet("a newer minor version", IDS[4], image_for("cuda>=12.8", 12040, "12.8")),
        quiet("an older image", IDS[4], image_for("cuda>=11.8", 12040, "11.8")),
        quiet("a torch of the driver's own CUDA", IDS[4], image_for("cuda>=13.0", 12040, "12.6")),
        quiet("cuda-compat answers", IDS[4], changed(image_for("cuda>=13.0", 12040), cuda={"version": 13000})),
        quiet("words for a number", IDS[4], image_for("cuda>=latest", 12040)),
        quiet("a driver that tells no CUDA", IDS[4], changed(image_for("cuda>=13.0", 12040), nvml={"cuda": None})),
    ],
)
def test_what_only_looks_broken_is_no_alarm(fault: str, host: Facts) -> None:
    """A near miss of each."""
    assert alarm(host, fault) is None


def test_no_gpu_is_told_once() -> None:
    """NVIDIA_VISIBLE_DEVICES explains it where it is set so."""
    host = without_gpu(variables={"NVIDIA_VISIBLE_DEVICES": "void"})
    assert list(causes(host, *IDS)) == ["container-void"]


def test_what_libcuda_lacks_follows_from_the_capability() -> None:
    """One cause, one fix."""
    assert causes(no_compute(), "libcuda-missing", "container-no-compute")["libcuda-missing"] == "container-no-compute"


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("cuda>=12.4", 12040),
        ("cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=grid,driver>=535", 12040),
        ("brand=tesla,cuda>=11.8 cuda>=12.0", 11080),
        ("driver>=535", None),
        ("", None),
        ("cuda>=x.y", None),
    ],
)
def test_the_requirement_of_an_image_is_read(text: str, least: int | None) -> None:
    """Blanks separate alternatives."""
    assert required_cuda(text) == least


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_hosts_are_quiet(name: str) -> None:
    """In and out of containers."""
    assert not any(finding(HEALTHY[name](), fault) for fault in IDS)


def test_the_fields_that_matter_are_there() -> None:
    """A pod with a slice is a container, or the healthy hosts would prove nothing."""
    assert mig_slice().container == Container(kind="kubernetes", cuda_image=True, snap=False)


@pytest.mark.parametrize(
    ("host", "status", "says"),
    [
        (rtx4090_driver550_cu126(), "ok", "no container"),
        (DOCKER, "ok", "a Docker container with 1 GPU"),
        (changed(cpu_laptop(), container={"kind": "lxc"}), "note", "an LXC container without a GPU"),
        (Facts(container=Container(kind="podman"), troubles={"nvml": "Hung."}), "skipped", "a Podman container"),
        (Facts(troubles={"container": "Not seen."}), "skipped", "not judged"),
    ],
)
def test_the_themes_own_line(host: Facts, status: str, says: str) -> None:
    """What was seen, or why it was not."""
    line = sound(host)
    assert line is not None
    assert line.status == status
    assert says in line.title


def test_the_line_waits_for_its_sections() -> None:
    """Facts arrive one after another."""
    assert sound(Facts()) is None
    assert sound(Facts(container=Container(kind="docker"))) is None


def test_an_image_that_asks_for_gpus_where_no_runtime_is_starts_no_alarm() -> None:
    """CUDA images set NVIDIA_VISIBLE_DEVICES themselves; without the runtime no libnvidia-ml is there (12)."""
    assert alarm(injected(12, HIDDEN), "container-without-gpu") is None
    assert alarm(replace(injected(9, HIDDEN), variables={}), "container-without-gpu") is None
