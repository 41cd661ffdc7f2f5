"""WSL: a Linux driver in the way of Windows's, and libcuda that is not found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnostics.doctor.checks.wsl import sound
from diagnostics.doctor.facts import Cuda, Facts, Host, Library, Nvml
from tests.diagnostics.doctor.hosts import HEALTHY, changed, cpu_laptop, rtx4090_driver550_cu126, wsl2
from tests.diagnostics.doctor.judging import Case, alarm, causes, finding, must_read_well, must_speak, quiet, speaks

IDS = ("wsl-linux-driver", "wsl-libcuda-missing")
WSL = wsl2()
WINDOWS = Library(
    name="libcuda.so.1",
    path="/usr/lib/wsl/lib/libcuda.so.1",
    real="/usr/lib/wsl/lib/libcuda.so.1.1",
    version="1.1",
    by="wsl",
)
LIB = "/usr/lib/x86_64-linux-gnu"
LINUX = Library(
    name="libcuda.so.1",
    path=f"{LIB}/libcuda.so.1",
    real=f"{LIB}/libcuda.so.550.54.14",
    version="550.54.14",
    by="standard",
)
MISSING = Cuda(missing="libcuda.so.1: cannot open shared object file: No such file or directory")


def with_libcuda(*libraries: Library, cuda: Cuda | None = None) -> Facts:
    """WSL with these, in the loader's order."""
    facts = changed(WSL, libraries={"libcuda": list(libraries)})
    return replace(facts, cuda=cuda or Cuda(error=100, library=libraries[0].real if libraries else None))


def without_nvidia() -> Facts:
    """WSL on a laptop with Intel's graphics."""
    facts = replace(with_libcuda(cuda=MISSING), nvml=Nvml(error=12))
    return changed(facts, driver={"smi": ""})


BROKEN = [
    speaks(
        "in front of Windows's",
        IDS[0],
        with_libcuda(LINUX, WINDOWS),
        "fail",
        "a driver for Linux",
        "550.54.14",
        "apt remove",
    ),
    speaks("alone", IDS[0], with_libcuda(LINUX), "fail", "a driver for Linux", "cuInit gives 100", "ldconfig"),
    speaks(
        "by the path",
        IDS[0],
        with_libcuda(replace(LINUX, path="/opt/driver/libcuda.so.1", by="LD_LIBRARY_PATH"), WINDOWS),
        "fail",
        "a driver for Linux",
        run="unset LD_LIBRARY_PATH",
    ),
    speaks(
        "out of the loader's sight",
        IDS[1],
        with_libcuda(WINDOWS, cuda=MISSING),
        "fail",
        "does not find",
        "/usr/lib/wsl/lib",
        "ldconfig",
    ),
    speaks(
        "not brought",
        IDS[1],
        with_libcuda(cuda=MISSING),
        "fail",
        "not in /usr/lib/wsl/lib",
        "nvidia-smi",
        "wsl --update",
    ),
]


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_in_wsl_is_told(case: Case) -> None:
    """With the command for Linux or for Windows."""
    must_speak(case)


@pytest.mark.parametrize("case", BROKEN)
def test_half_of_the_facts_makes_no_half_sentence(case: Case) -> None:
    """Any field may be missing, from a host that lets less be seen."""
    must_read_well(case)


@pytest.mark.parametrize(
    ("fault", "host"),
    [
        quiet("healthy", IDS[0], WSL),
        quiet("behind Windows's", IDS[0], with_libcuda(WINDOWS, LINUX)),
        quiet("a link to Windows's", IDS[0], with_libcuda(replace(LINUX, real=WINDOWS.real))),
        quiet("a Linux host", IDS[0], rtx4090_driver550_cu126()),
        quiet("CUDA works", IDS[0], with_libcuda(LINUX, WINDOWS, cuda=Cuda(error=0))),
        quiet("a container's mount", IDS[0], changed(with_libcuda(LINUX), container={"kind": "docker"})),
        quiet(
            "a stub, which is another fault",
            IDS[0],
            with_libcuda(replace(LINUX, path="/usr/local/cuda/lib64/stubs/libcuda.so.1")),
        ),
        quiet("healthy", IDS[1], WSL),
        quiet("no NVIDIA GPU in the laptop", IDS[1], without_nvidia()),
        quiet("no WSL", IDS[1], cpu_laptop()),
        quiet("not asked yet", IDS[1], replace(with_libcuda(cuda=MISSING), cuda=None)),
    ],
)
def test_what_is_fine_in_wsl_is_no_alarm(fault: str, host: Facts) -> None:
    """A near miss of each."""
    assert alarm(host, fault) is None


def test_one_root_cause() -> None:
    """What NVML's unknown error is about is the Linux driver."""
    facts = changed(with_libcuda(LINUX, WINDOWS), nvml=Nvml(error=999))
    assert causes(facts, "wsl-linux-driver", "nvml-unknown-error")["nvml-unknown-error"] == "wsl-linux-driver"


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_hosts_are_quiet(name: str) -> None:
    """Under WSL and elsewhere."""
    assert not any(finding(HEALTHY[name](), fault) for fault in IDS)


@pytest.mark.parametrize(
    ("host", "status", "says"),
    [
        (rtx4090_driver550_cu126(), "ok", "no WSL"),
        (WSL, "ok", "the driver of Windows"),
        (without_nvidia(), "note", "without NVIDIA's driver for Windows"),
        (Facts(host=Host(wsl=True), troubles={"libraries": "Not seen."}), "skipped", "libcuda"),
        (Facts(troubles={"host": "Not seen."}), "skipped", "WSL"),
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
    assert sound(Facts(host=Host(wsl=True))) is None
