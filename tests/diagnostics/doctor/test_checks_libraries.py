"""Which library wins: a libcuda that is not the driver's, and what stands before torch's own libraries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.doctor.checks.libraries import sound
from diagnostics.doctor.facts import Cuda, Facts, Library, Nvml, Shadow, TorchRun
from tests.diagnostics.doctor.hosts import (
    HEALTHY,
    changed,
    cpu_laptop,
    docker_with_gpu,
    gpus_changed,
    h200_driver580_cu130,
    rtx4090_driver550_cu126,
    wsl2,
)
from tests.diagnostics.doctor.judging import Case, alarm, causes, finding, must_read_well, must_speak, quiet, speaks

STUB, MISMATCH, COMPAT, SHADOWED, PRELOAD, COMPILER = IDS = (
    "libcuda-stub",
    "libcuda-mismatch",
    "compat-on-geforce",
    "library-shadowed",
    "preload",
    "compiler-missing",
)
RTX = rtx4090_driver550_cu126()
DOCKER = docker_with_gpu()
LIB = "/usr/lib/x86_64-linux-gnu"
PIP = "/home/user/venv/lib/python3.12/site-packages/nvidia"


def library(folder: str, version: str, by: str) -> Library:
    return Library(
        name="libcuda.so.1",
        path=f"{folder}/libcuda.so.1",
        real=f"{folder}/libcuda.so{version and '.'}{version}",
        version=version,
        by=by,
    )


OWN = library(LIB, "550.54.14", "standard")
STUBS = library("/usr/local/cuda/lib64/stubs", "", "LD_LIBRARY_PATH")
NEW_COMPAT = library("/usr/local/cuda-13.0/compat", "580.65.06", "ld.so.conf")
OLD = library("/opt/old-driver", "535.183.01", "LD_LIBRARY_PATH")
BY_APT = library(LIB, "535.183.01", "standard")


def found(facts: Facts, *libraries: Library, code: int | None = None) -> Facts:
    """These, in the loader's order, and what cuInit gives."""
    cuda = Cuda(library=libraries[0].real, error=code)
    return replace(changed(facts, libraries={"libcuda": list(libraries)}), cuda=cuda)


def updated(code: int = 803) -> Facts:
    """Packages were updated under a driver that runs."""
    new = library(LIB, "550.120", "standard")
    facts = found(RTX, new, code=code)
    return changed(facts, libraries={"libnvidia_ml": [replace(new, name="libnvidia-ml.so.1")]}, nvml=Nvml(error=18))


def shadowed(facts: Facts = RTX, torch: str = "ran", versions: dict[str, str] | None = None, **fields: Any) -> Facts:
    """The toolkit's libnvJitLink in the place of the wheel's."""
    shadow = replace(
        Shadow(
            name="libnvJitLink.so.12",
            wheel=f"{PIP}/nvjitlink/lib/libnvJitLink.so.12",
            wins="/usr/local/cuda-12.1/lib64/libnvJitLink.so.12",
            by="LD_LIBRARY_PATH",
            wins_version="12.1.105",
            needed_by="libcusparse.so.12",
            missing=["__nvJitLinkComplete_12_4"],
        ),
        **fields,
    )
    facts = changed(facts, libraries={"shadows": [shadow]}, packages={"versions": versions or {}})
    return facts if torch == "ran" else replace(facts, torch=TorchRun(outcome=torch) if torch else None)


def preloading(path: str, code: int | None = 0) -> Facts:
    return changed(RTX, libraries={"preloads": [path]}, cuda={"error": code})


BROKEN = [
    speaks("on the path", STUB, found(RTX, STUBS, OWN, code=34), "fail", "a stub", "stubs", "unset LD_LIBRARY_PATH"),
    speaks("cuInit not asked", STUB, found(RTX, STUBS, OWN), "fail", "a stub", "stubs"),
    speaks(
        "configured",
        STUB,
        found(RTX, replace(STUBS, by="ld.so.conf"), OWN, code=34),
        "fail",
        "a stub",
        run="sudo sed -i '\\#/usr/local/cuda/lib64/stubs#d' /etc/ld.so.conf",
    ),
    speaks("error 34 alone", STUB, changed(RTX, cuda={"error": 34}), "fail", "a stub", "34"),
    speaks("packages updated", MISMATCH, updated(), "fail", "550.120", "550.54.14", "sudo reboot"),
    speaks(
        "by the path",
        MISMATCH,
        found(RTX, OLD, OWN, code=803),
        "fail",
        "535.183.01",
        "/opt/old-driver",
        "unset LD_",
    ),
    speaks("a second driver", MISMATCH, found(RTX, BY_APT, code=803), "fail", "535.183.01", run="dpkg -S"),
    speaks("cuInit not asked", MISMATCH, found(RTX, BY_APT), "fail", "535.183.01"),
    speaks("in the image", MISMATCH, found(DOCKER, BY_APT, code=803), "fail", "535.183.01", "803", '-y "$(dpkg -S /'),
    speaks(
        "an old cuda-compat in the image",
        MISMATCH,
        found(DOCKER, library("/usr/local/cuda/compat", "525.60.13", "LD_LIBRARY_PATH"), OWN, code=803),
        "fail",
        "525.60.13",
        run="unset LD_LIBRARY_PATH",
    ),
    speaks("803 with equal versions", MISMATCH, found(RTX, OWN, code=803), "fail", "do not go together", "803"),
    speaks("in an image", COMPAT, found(DOCKER, NEW_COMPAT, OWN, code=804), "fail", "RTX 4090", "804", "ldconfig"),
    speaks("cuInit not asked", COMPAT, found(DOCKER, NEW_COMPAT, OWN), "fail", "RTX 4090", "compat"),
    speaks(
        "on a workstation's GPU",
        COMPAT,
        found(gpus_changed(DOCKER, name="NVIDIA RTX A4000"), NEW_COMPAT, code=804),
        "fail",
        "this GPU",
    ),
    speaks(
        "a symbol lacks",
        SHADOWED,
        shadowed(torch="raised"),
        "fail",
        "libnvJitLink.so.12",
        "__nvJitLink",
        "unset LD_LIBRARY_PATH",
    ),
    speaks("torch not run", SHADOWED, shadowed(torch=""), "fail", "LD_LIBRARY_PATH puts", "cuda-12.1"),
    speaks("torch runs so far", SHADOWED, shadowed(), "warn", "libnvJitLink.so.12", "12.1.105"),
    speaks(
        "parts of another cuDNN",
        SHADOWED,
        shadowed(
            versions={"nvidia-cudnn-cu12": "9.10.2.21"},
            name="libcudnn_ops.so.9",
            wheel=f"{PIP}/cudnn/lib/libcudnn_ops.so.9",
            wins="/usr/lib/x86_64-linux-gnu/libcudnn_ops.so.9",
            wins_version="9.1.0",
            needed_by="",
            missing=None,
        ),
        "warn",
        "libcudnn_ops.so.9",
        "9.1.0",
    ),
    speaks(
        "nothing known of it",
        SHADOWED,
        shadowed(wins_version=None, needed_by=None, missing=None),
        "warn",
        "libnvJitLink",
    ),
    speaks("preloaded", SHADOWED, shadowed(by="LD_PRELOAD"), "warn", "LD_PRELOAD puts", run="unset LD_PRELOAD"),
    speaks("conda's", SHADOWED, shadowed(by="RPATH of Python"), "warn", "RPATH of Python", run="conda list"),
    speaks("all symbols there", SHADOWED, shadowed(missing=[]), "note", "libnvJitLink.so.12"),
    speaks(
        "the same version",
        SHADOWED,
        shadowed(versions={"nvidia-nvjitlink-cu12": "12.1.105"}, missing=None),
        "note",
        "libnvJitLink.so.12",
    ),
    speaks(
        "a shim, and CUDA fails",
        PRELOAD,
        preloading("/usr/local/vgpu/libvgpu.so", 3),
        "warn",
        "preloaded",
        "libvgpu",
        "unset LD_PRELOAD",
    ),
    speaks("a sanitizer, and CUDA fails", PRELOAD, preloading("/usr/lib/libasan.so.8", 2), "warn", "preloaded"),
    speaks("a shim that works", PRELOAD, preloading("/usr/local/vgpu/libvgpu.so"), "note", "preloaded"),
    speaks(
        "no compiler",
        COMPILER,
        changed(RTX, libraries={"compiler": ""}),
        "note",
        "no C compiler",
        run="build-essential",
    ),
    speaks("no headers", COMPILER, changed(RTX, python={"headers": False}), "note", "no Python.h"),
]


@pytest.mark.parametrize("case", BROKEN)
def test_what_takes_a_librarys_place_is_told(case: Case) -> None:
    """With the file that wins, and the way to be rid of it."""
    must_speak(case)


@pytest.mark.parametrize("case", BROKEN)
def test_half_of_the_facts_makes_no_half_sentence(case: Case) -> None:
    """Any field may be missing, from a host that lets less be seen."""
    must_read_well(case)


@pytest.mark.parametrize(
    ("fault", "host"),
    [
        quiet("behind the driver's own", STUB, found(RTX, OWN, STUBS, code=0)),
        quiet(
            "a folder without libcuda.so.1", STUB, changed(RTX, libraries={"stubs": ["/usr/local/cuda/lib64/stubs"]})
        ),
        quiet("one version", MISMATCH, RTX),
        quiet("CUDA works", MISMATCH, found(RTX, OLD, OWN, code=0)),
        quiet("cuda-compat on a datacenter GPU", MISMATCH, found(h200_driver580_cu130(), NEW_COMPAT, code=0)),
        quiet("cuda-compat, cuInit not asked", MISMATCH, found(h200_driver580_cu130(), NEW_COMPAT)),
        quiet("WSL counts otherwise", MISMATCH, changed(wsl2(), cuda={"error": 100})),
        quiet("no driver runs", MISMATCH, found(cpu_laptop(), BY_APT, code=100)),
        quiet("a container without a GPU", MISMATCH, changed(found(DOCKER, BY_APT, code=100), nodes=[])),
        quiet("a file without a version", MISMATCH, found(RTX, replace(OWN, version="1"), code=100)),
        quiet("a datacenter GPU", COMPAT, found(h200_driver580_cu130(), NEW_COMPAT, code=0)),
        quiet("not asked, a datacenter GPU", COMPAT, found(h200_driver580_cu130(), NEW_COMPAT)),
        quiet("behind the driver's own", COMPAT, found(DOCKER, OWN, NEW_COMPAT)),
        quiet("CUDA works", COMPAT, found(DOCKER, NEW_COMPAT, OWN, code=0)),
        quiet("hidden GPUs", COMPAT, found(DOCKER, NEW_COMPAT, OWN, code=100)),
        quiet("nothing shadowed", SHADOWED, RTX),
        quiet("all symbols there", SHADOWED, shadowed(missing=[])),
        quiet("jemalloc", PRELOAD, preloading("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", 100)),
        quiet("a name that only ends so", PRELOAD, preloading("/opt/lib/mylibcuda.so", 100)),
        quiet("the runtime, which is no driver", PRELOAD, preloading("/opt/lib/libcudart.so.12", 100)),
        quiet("tcmalloc", PRELOAD, preloading("/usr/lib/libtcmalloc_minimal.so.4", 100)),
        quiet(
            "a shim where there is no GPU", PRELOAD, changed(cpu_laptop(), libraries={"preloads": ["/x/libvgpu.so"]})
        ),
        quiet("a torch without CUDA", COMPILER, changed(cpu_laptop(), libraries={"compiler": ""})),
    ],
)
def test_what_harms_nothing_is_no_alarm(fault: str, host: Facts) -> None:
    """A near miss of each."""
    assert alarm(host, fault) is None


def test_no_fix_appends_to_the_path() -> None:
    """Another folder on LD_LIBRARY_PATH would be the next fault."""
    for host in (shadowed(), found(RTX, STUBS, code=34), found(RTX, OLD, code=803)):
        for one in IDS:
            seen = finding(host, one)
            assert not any("LD_LIBRARY_PATH=" in step.command for step in (seen.fix if seen else ()))


def test_an_update_under_a_running_driver_is_one_fault() -> None:
    """NVML's own mismatch explains libcuda's."""
    ids = causes(updated(), "driver-library-mismatch", "libcuda-mismatch")
    assert ids.get("libcuda-mismatch") == "driver-library-mismatch"


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_hosts_are_quiet(name: str) -> None:
    """None has as much as a note."""
    assert not any(finding(HEALTHY[name](), fault) for fault in IDS)


def test_the_themes_own_line() -> None:
    """What was seen, or why it was not; nothing before it arrived."""
    compat = found(h200_driver580_cu130(), NEW_COMPAT, code=0)
    lines = [sound(host) for host in (RTX, compat, cpu_laptop(), Facts(troubles={"libraries": "Not seen."}))]
    assert [line.status for line in lines if line] == ["ok", "ok", "ok", "skipped"]
    assert [line.title for line in lines if line and "compat" in line.title] == ["libcuda 580.65.06 of cuda-compat"]
    assert sound(Facts()) is None
