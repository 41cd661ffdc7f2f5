"""The packages around torch: which of them are named, and which are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.doctor.facts import Facts, Pin, Torch
from diagnostics.doctor.judge import judge
from tests.diagnostics.doctor.hosts import HEALTHY, changed, cpu_laptop, login_node, mac, rtx4090_driver550_cu126
from tests.diagnostics.doctor.judging import Case, causes, finding, must_read_well, must_speak, quiet, speaks

RTX = rtx4090_driver550_cu126()
SITE = "/home/user/venv/lib/python3.12/site-packages"


def with_packages(host: Facts = RTX, **packages: Any) -> Facts:
    """The host whose packages are others; `versions` and `builds` are added to what is there."""
    assert host.packages is not None
    for name in ("versions", "builds"):
        if name in packages:
            packages[name] = {**(getattr(host.packages, name) or {}), **packages[name]}
    return changed(host, packages=packages)


def torch_is(version: str, host: Facts = RTX, **first: Any) -> Facts:
    """The host whose torch is another, read and not run."""
    assert host.packages is not None
    assert host.packages.torches is not None
    torch = replace(host.packages.torches[0], **{"version": version, "metadata": version, **first})
    return changed(host, packages={"torches": [torch]}, torch=None)


def vision(torch: str, version: str) -> Facts:
    return with_packages(torch_is(torch), versions={"torchvision": version}, builds={"torchvision": version})


def audio(torch: str, version: str) -> Facts:
    return with_packages(torch_is(torch), versions={"torchaudio": version}, builds={"torchaudio": version})


def second(version: str, folder: str = "/usr/lib/python3/dist-packages", **fields: Any) -> Facts:
    """Another torch, behind the environment's."""
    assert RTX.packages is not None
    assert RTX.packages.torches is not None
    return with_packages(torches=[*RTX.packages.torches, Torch(folder=folder, version=version, **fields)])


def unmet(on: str, wants: str, has: str, distribution: str = "torch") -> list[Pin]:
    return [Pin(distribution=distribution, on=on, wants=wants, has=has)]


BROKEN = changed(RTX, torch={"outcome": "raised", "gpus": [], "error": ["OSError: libcudnn.so.9"]})
TWO = [f"{SITE}/torch-2.6.0.dist-info", f"{SITE}/torch-2.13.0+cu126.dist-info"]

SPEAKS = [
    speaks(
        "two records in one folder",
        "duplicate-torch",
        with_packages(metadata=TWO),
        "warn",
        "more than once",
        "torch-2.6.0.dist-info",
        "-m pip install --dry-run --force-reinstall --no-deps torch==2.13.0 --index-url "
        "https://download.pytorch.org/whl/cu126 && /home/user/venv/bin/python -m pip uninstall -y torch && "
        "/home/user/venv/bin/python -m pip uninstall -y torch && ",
    ),
    speaks(
        "the system's is behind it", "duplicate-torch", second("2.6.0"), "note", "more than one", "imported: 2.13.0"
    ),
    speaks(
        "an interrupted pip, and torch does not start",
        "torch-leftovers",
        with_packages(BROKEN, leftovers=[f"{SITE}/~orch"]),
        "warn",
        "left 1 folder behind",
        "~orch",
        f"rm -r '{SITE}/~orch' && ",
    ),
    speaks(
        "an interrupted pip, and torch runs",
        "torch-leftovers",
        with_packages(leftovers=[f"{SITE}/~orch", f"{SITE}/~-rch"]),
        "note",
        "left 2 folders",
        run=f"rm -r '{SITE}/~orch' '{SITE}/~-rch'",
    ),
    speaks(
        "files of another version",
        "torch-metadata-differs",
        torch_is("2.13.0+cu126", metadata="2.6.0"),
        "warn",
        "metadata says 2.6.0",
        "version.py: 2.13.0+cu126",
        "torch==2.13.0",
    ),
    speaks(
        "files of another build",
        "torch-metadata-differs",
        torch_is("2.13.0+cu126", metadata="2.13.0+cpu"),
        "warn",
        "2.13.0+cpu",
    ),
    speaks(
        "both in conda's environment",
        "conda-pip-mix",
        with_packages(conda_torch="2.5.1"),
        "warn",
        "conda and pip both",
        "conda's records: torch 2.5.1",
        "conda remove -y --force -p /home/user/venv pytorch && ",
    ),
    speaks(
        "of the torch before",
        "vision-mismatch",
        vision("2.13.0+cu126", "0.27.1+cu126"),
        "warn",
        "torchvision 0.27.1+cu126 does not go with torch 2.13.0+cu126",
        "torch 2.13.0+cu126",
        "/home/user/venv/bin/python -m pip install torchvision torch==2.13.0 --index-url "
        "https://download.pytorch.org/whl/cu126",
    ),
    speaks(
        "for the CPU", "vision-mismatch", vision("2.13.0+cu126", "0.28.0+cpu"), "warn", "0.28.0+cpu", run="whl/cu126"
    ),
    speaks("of another CUDA", "vision-mismatch", vision("2.13.0+cu130", "0.28.0+cu126"), "warn", "0.28.0+cu126"),
    speaks(
        "in conda's environment",
        "vision-mismatch",
        with_packages(
            torch_is("2.5.1", installer="conda"), versions={"torchvision": "0.19.0"}, builds={"torchvision": "0.19.0"}
        ),
        "warn",
        "torchvision 0.19.0",
        run="conda install -y -p /home/user/venv pytorch=2.5.1 torchvision",
    ),
    speaks("of a later torch", "vision-mismatch", vision("2.13.0", "0.29.2"), "warn", "0.29.2"),
    speaks(
        "of another torch", "audio-mismatch", audio("2.10.0+cu126", "2.9.1+cu126"), "warn", "torchaudio 2.9.1+cu126"
    ),
    speaks("for the CPU", "audio-mismatch", audio("2.13.0+cu126", "2.11.0+cpu"), "warn", "torchaudio 2.11.0+cpu"),
    speaks(
        "another package changed cuDNN",
        "pins-unmet",
        with_packages(BROKEN, unmet=unmet("nvidia-cudnn-cu12", "==9.10.2.21", "9.1.0.70")),
        "warn",
        "torch wants another nvidia-cudnn-cu12",
        "torch wants ==9.10.2.21, installed 9.1.0.70",
        "pip install --no-deps nvidia-cudnn-cu12==9.10.2.21",
    ),
    speaks(
        "another cuDNN that works",
        "pins-unmet",
        with_packages(unmet=unmet("nvidia-cudnn-cu12", "==9.10.2.21", "9.11.0.98")),
        "note",
        "nvidia-cudnn-cu12",
    ),
    speaks(
        "a library is gone and torch does not start",
        "nvidia-libraries-missing",
        with_packages(BROKEN, missing=[f"{SITE}/nvidia/cudnn/lib/libcudnn.so.9"]),
        "fail",
        "library is gone",
        "libcudnn.so.9",
        "--force-reinstall torch==2.13.0",
    ),
    speaks(
        "a library is gone that torch has not asked for yet",
        "nvidia-libraries-missing",
        with_packages(missing=[f"{SITE}/a.so", f"{SITE}/b.so"]),
        "warn",
        "2 libraries are gone",
    ),
    speaks(
        "torch was installed with --no-deps",
        "nvidia-libraries-missing",
        with_packages(BROKEN, unmet=unmet("nvidia-cublas-cu12", "==12.6.4.1", "")),
        "fail",
        "torch requires nvidia-cublas-cu12, which is not installed",
        "nvidia-cublas-cu12==12.6.4.1",
        "pip install --no-deps nvidia-cublas-cu12==12.6.4.1",
    ),
    speaks(
        "another triton",
        "triton-mismatch",
        with_packages(unmet=unmet("triton", "==3.7.1", "3.4.0")),
        "warn",
        "torch wants triton ==3.7.1, and 3.4.0 is installed",
        run="pip install --no-deps triton==3.7.1",
    ),
    speaks(
        "no triton", "triton-mismatch", with_packages(unmet=unmet("triton", "==3.7.1", "")), "note", "there is none"
    ),
    speaks(
        "flash-attn of another torch",
        "extension-other-torch",
        with_packages(kernels={"flash-attn": "2.6", "xformers": "2.13.0"}),
        "warn",
        "flash-attn: compiled for another torch than 2.13.0+cu126",
        "flash-attn: for torch 2.6",
        "--no-build-isolation flash-attn",
    ),
    speaks(
        "NumPy 2 under torch 2.2",
        "numpy-abi",
        with_packages(torch_is("2.2.2+cu121"), versions={"numpy": "2.1.0"}),
        "warn",
        "NumPy 2.1.0 is installed",
        "numpy 2.1.0",
        "pip install 'numpy<2'",
    ),
    speaks(
        "the old package",
        "pynvml-shadowed",
        with_packages(pynvml="package", versions={"pynvml": "11.5.3", "nvidia-ml-py": "13.580.82"}, needs_pynvml=["x"]),
        "warn",
        "the old pynvml 11.5.3",
        "required by x",
        "uninstall -y pynvml && /home/user/venv/bin/python -m pip install --force-reinstall nvidia-ml-py",
    ),
    speaks(
        "the deprecated one",
        "pynvml-deprecated",
        with_packages(pynvml="module", versions={"pynvml": "13.0.1", "nvidia-ml-py": "13.580.82"}),
        "note",
        "pynvml 13.0.1",
        run="uninstall -y pynvml",
    ),
    speaks(
        "Intel's and GNU's",
        "openmp-twice",
        with_packages(openmp=["/p/lib/libiomp5.so", "/p/torch/lib/libgomp-a34b3233.so.1"]),
        "note",
        "2 OpenMP",
        "libiomp5.so",
    ),
    speaks(
        "the error is hidden",
        "openmp-twice",
        changed(
            with_packages(mac(), openmp=["/p/lib/libiomp5.dylib", "/p/lib/libomp.dylib"]),
            variables={"KMP_DUPLICATE_LIB_OK": "TRUE"},
        ),
        "warn",
        "OpenMP",
        "KMP_DUPLICATE_LIB_OK",
    ),
]

QUIET = [
    quiet("one record", "duplicate-torch", with_packages(metadata=TWO[1:])),
    quiet("the same record twice on the path", "duplicate-torch", with_packages(metadata=[TWO[1], TWO[1]])),
    quiet("the same version behind it", "duplicate-torch", second("2.13.0+cu126")),
    quiet("the home folder's is another fault", "duplicate-torch", second("2.6.0", user_site=True)),
    quiet("nothing is left", "torch-leftovers", with_packages(leftovers=[])),
    quiet("PyPI's metadata has no tag", "torch-metadata-differs", torch_is("2.13.0+cu130", metadata="2.13.0")),
    quiet("built from source", "torch-metadata-differs", torch_is("2.9.0a0+git1", metadata="")),
    quiet(
        "NVIDIA's container spells its tag in two ways",
        "torch-metadata-differs",
        torch_is("2.6.0a0+ecf3bae40a.nv25.01", metadata="2.6.0a0+ecf3bae40a.nv25.1"),
    ),
    quiet("conda's alone", "conda-pip-mix", with_packages(torch_is("2.5.1", installer="conda"), conda_torch="2.5.1")),
    quiet("pip's in conda's environment", "conda-pip-mix", changed(RTX, python={"conda": True})),
    quiet("a later patch of torch", "vision-mismatch", vision("2.13.1", "0.28.0")),
    quiet("a tag that says nothing", "vision-mismatch", vision("2.13.0+cu126", "0.28.0")),
    quiet("another minor CUDA", "vision-mismatch", vision("2.13.0+cu126", "0.28.0+cu128")),
    quiet("it takes any later torch", "vision-mismatch", vision("2.15.0+cu132", "0.29.2")),
    quiet("NVIDIA's own pair", "vision-mismatch", vision("2.6.0a0+ecf3bae40a.nv25.01", "0.20.0a0")),
    quiet("a pair that came after the table", "vision-mismatch", vision("2.20.0", "0.35.0")),
    quiet("none", "vision-mismatch", with_packages(torch_is("2.13.0"), versions={"torchvision": ""}, builds={})),
    quiet("no pin since 2.11", "audio-mismatch", audio("2.15.0", "2.11.0")),
    quiet(
        "torchvision's pin is another fault", "pins-unmet", with_packages(BROKEN, unmet=unmet("torch", "==2", "3", "x"))
    ),
    quiet("triton's is another fault", "pins-unmet", with_packages(BROKEN, unmet=unmet("triton", "==3.7.1", "3.4.0"))),
    quiet(
        "an image that brings CUDA itself",
        "nvidia-libraries-missing",
        with_packages(unmet=unmet("nvidia-cublas-cu12", "==12.6.4.1", "")),
    ),
    quiet(
        "a login node, where torch runs on the CPU",
        "nvidia-libraries-missing",
        with_packages(login_node(), unmet=unmet("nvidia-cublas-cu12", "==12.6.4.1", "")),
    ),
    quiet("torch for the CPU", "nvidia-libraries-missing", with_packages(cpu_laptop(), missing=["/x/libcudart.so.12"])),
    quiet("the pin holds", "triton-mismatch", with_packages(versions={"triton": "3.7.1"})),
    quiet("another patch", "extension-other-torch", with_packages(kernels={"xformers": "2.13.1"})),
    quiet("it does not say", "extension-other-torch", with_packages(kernels={"flash-attn": ""})),
    quiet("NumPy 1 under torch 2.2", "numpy-abi", with_packages(torch_is("2.2.2"), versions={"numpy": "1.26.4"})),
    quiet("NumPy 2 under torch 2.3", "numpy-abi", with_packages(torch_is("2.3.1"), versions={"numpy": "2.0.0"})),
    quiet("no torch", "numpy-abi", with_packages(torches=[], versions={"numpy": "2.1.0"})),
    quiet("NVIDIA's own", "pynvml-shadowed", with_packages(pynvml="module", versions={"nvidia-ml-py": "13.580.82"})),
    quiet("NVIDIA's own alone", "pynvml-deprecated", with_packages(pynvml="module", versions={"nvidia-ml-py": "13"})),
    quiet("that is the other fault", "pynvml-deprecated", with_packages(pynvml="package", versions={"pynvml": "11"})),
    quiet("one make", "openmp-twice", with_packages(openmp=["/p/scikit_learn.libs/libgomp.so.1", "/p/libgomp.so"])),
    quiet("GNU's and LLVM's", "openmp-twice", with_packages(openmp=["/p/libgomp.so", "/p/libomp.so"])),
]


@pytest.mark.parametrize("case", SPEAKS)
def test_what_is_wrong_beside_torch_is_named_with_its_fix(case: Case) -> None:
    """Status, title, what was seen, and the command."""
    must_speak(case)


@pytest.mark.parametrize("case", SPEAKS)
def test_a_half_seen_host_is_told_in_whole_sentences(case: Case) -> None:
    """With any one field not seen: no error, and no gap in a text."""
    must_read_well(case)


@pytest.mark.parametrize(("fault", "host"), QUIET)
def test_what_is_in_order_is_left_alone(fault: str, host: Facts) -> None:
    """Nearly the same host, and nothing is wrong with it."""
    assert finding(host, fault) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_packages_are_told_in_one_line(name: str) -> None:
    """Each healthy host's companions belong together."""
    found = [one for one in judge(HEALTHY[name]()) if one.id == "packages"]
    assert [one.status for one in found] == ["ok"]


def test_a_missing_library_explains_why_torch_does_not_start() -> None:
    """The error of the import stands under its cause."""
    host = with_packages(BROKEN, missing=[f"{SITE}/nvidia/cudnn/lib/libcudnn.so.9"])
    assert causes(host, "nvidia-libraries-missing", "torch-raised") == {
        "torch-raised": "nvidia-libraries-missing",
        "nvidia-libraries-missing": "",
    }


def test_packages_that_could_not_be_read_are_skipped() -> None:
    """With the reason, once it is known."""
    host = changed(RTX, packages=None, troubles={"packages": "this Python could not be started"})
    lines = [(one.status, one.evidence) for one in judge(host) if one.id == "packages"]
    assert lines == [("skipped", ("this Python could not be started",))]


def test_names_of_packages_are_shell_words() -> None:
    """A name from a host's files cannot add a command to a fix."""
    host = with_packages(kernels={"x; rm -rf ~": "2.6"}, leftovers=["/a b/~orch'; echo"])
    for fault in ("extension-other-torch", "torch-leftovers"):
        found = finding(host, fault)
        assert found is not None
        assert "'" in found.fix[0].command
        assert "; rm" not in found.fix[0].command.replace("'x; rm -rf ~'", "")
