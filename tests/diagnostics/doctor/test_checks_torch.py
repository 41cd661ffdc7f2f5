"""torch: is it built for the host, and does it run? Which fault is named, and where nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.doctor.checks import said
from diagnostics.doctor.facts import Container, Cuda, Facts, Gpu, Nvml, PciDevice, TorchGpu, TorchRun
from diagnostics.doctor.judge import judge
from tests.diagnostics.doctor.hosts import (
    CU126,
    CU130,
    HEALTHY,
    changed,
    cloud_t4,
    cpu_laptop,
    docker_with_gpu,
    gb10,
    gpu_changed,
    gtx1080_cu126,
    h200_driver580_cu130,
    hgx_h200_8,
    jetson,
    laptop_asleep,
    login_node,
    mac,
    rtx4090_driver550_cu126,
    wsl2,
)
from tests.diagnostics.doctor.judging import Case, causes, finding, must_read_well, must_speak, quiet, speaks

RTX = rtx4090_driver550_cu126()
GTX = gtx1080_cu126()
H200 = h200_driver580_cu130()
CU128 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]
TOO_OLD = (
    "UserWarning: CUDA initialization: The NVIDIA driver on your system is too old (found version 12040). "
    "Please update your GPU driver."
)
NO_IMAGE = "RuntimeError: CUDA error: no kernel image is available for execution on the device"
BAD_PTX = "RuntimeError: CUDA error: the provided PTX was compiled with an unsupported toolchain."
NO_MEMORY = "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 MiB."
BUSY = "AcceleratorError: CUDA error: CUDA-capable device(s) is/are busy or unavailable"
ONLY_PCI = PciDevice(address="0000:01:00.0", vendor="10de", device="2684", device_class="0300", driver="nvidia")


def with_torch(host: Facts, version: str, cuda: str, run: TorchRun | None = None, **first: Any) -> Facts:
    """The host with another torch, which did not run unless it is told how."""
    assert host.packages is not None
    assert host.packages.torches is not None
    torch = replace(host.packages.torches[0], version=version, metadata=version, cuda=cuda, **first)
    return changed(host, packages={"torches": [torch]}, torch=run)


def ran(host: Facts, version: str, cuda: str, archs: list[str], **fields: Any) -> Facts:
    """The host with another torch that was run."""
    run = TorchRun(outcome="ran", version=version, cuda=cuda, hip="", archs=archs, warnings=[])
    return with_torch(host, version, cuda, replace(run, **fields))


def unavailable(host: Facts, *warnings: str, **sections: Any) -> Facts:
    """The host whose torch finds no GPU."""
    run = {"available": False, "count": 0, "gpus": [], "warnings": list(warnings)}
    return changed(host, torch=run, **sections)


def on_gpu(host: Facts, **fields: Any) -> Facts:
    """The host whose first GPU answers torch differently."""
    assert host.torch is not None
    assert host.torch.gpus
    return changed(host, torch={"gpus": [replace(host.torch.gpus[0], **fields), *host.torch.gpus[1:]]})


def ended(host: Facts, outcome: str, *error: str, during: str = "import", signal: str = "") -> Facts:
    """The host whose torch raised, died or hung."""
    return changed(host, torch=TorchRun(outcome=outcome, during=during, signal=signal, error=list(error)))


def without_torch(host: Facts, **packages: Any) -> Facts:
    return changed(host, packages={"torches": [], "metadata": [], "versions": {}, "builds": {}, **packages}, torch=None)


def card(host: Facts, name: str, capability: list[int], **fields: Any) -> Facts:
    """The host with another GPU, which torch was not asked about."""
    return changed(gpu_changed(host, 0, name=name, capability=capability, **fields), torch=None)


RTX5090 = card(H200, "NVIDIA GeForce RTX 5090", [12, 0])
V100 = card(H200, "Tesla V100-SXM2-16GB", [7, 0])


def mixed(*display: bool) -> Facts:
    """An RTX 4090 and a GTX 1080, driver 580, torch for CUDA 13."""
    cards = [
        Gpu(index=0, name="NVIDIA GeForce RTX 4090", capability=[8, 9], display=False),
        Gpu(index=1, name="NVIDIA GeForce GTX 1080", capability=[6, 1], display=any(display)),
    ]
    return changed(H200, nvml={"gpus": cards}, torch=None)


SPEAKS = [
    speaks(
        "driver 550 and torch 2.11 and newer from PyPI",
        "driver-too-old",
        with_torch(RTX, "2.15.0+cu132", "13.2"),
        "fail",
        "driver 550.54.14 is too old for torch 2.15.0+cu132",
        "driver 550.54.14, of CUDA 12.4",
        "/home/user/venv/bin/python -m pip install --force-reinstall --no-deps torch torchvision torchaudio "
        "--index-url https://download.pytorch.org/whl/cu126 && /home/user/venv/bin/python -m pip install torch",
    ),
    speaks(
        "driver 535 on a T4",
        "driver-too-old",
        with_torch(cloud_t4(), "2.13.0+cu130", "13.0"),
        "fail",
        "535.183.01",
        "CUDA 13.x needs driver 580 or newer",
        "whl/cu126",
    ),
    speaks(
        "driver 570 under a Blackwell card needs CUDA 12.8",
        "driver-too-old",
        changed(with_torch(RTX5090, "2.13.0+cu130", "13.0"), nvml={"driver": "570.172.08", "cuda": 12080}, cuda=None),
        "fail",
        "570.172.08",
        run="whl/cu128",
    ),
    speaks(
        "driver 470 and CUDA 12",
        "driver-too-old",
        changed(with_torch(RTX, "2.6.0+cu124", "12.4"), nvml={"driver": "470.256.02", "cuda": 11040}, cuda=None),
        "fail",
        "470.256.02",
        "CUDA 12.x needs driver 525.60.13",
        "whl/cu118",
    ),
    speaks(
        "torch says so itself",
        "driver-too-old",
        changed(unavailable(RTX, TOO_OLD), nvml=None, driver=None),
        "fail",
        "too old",
        "of CUDA 12.4",
    ),
    speaks(
        "in WSL",
        "driver-too-old",
        changed(with_torch(wsl2(), "2.13.0+cu130", "13.0"), cuda=None),
        "fail",
        "566.36",
        run="wsl --shutdown",
    ),
    speaks(
        "conda's torch",
        "driver-too-old",
        with_torch(RTX, "2.13.0", "13.0", installer="conda"),
        "fail",
        "550.54.14",
        run="conda install -y -p /home/user/venv -c conda-forge pytorch-gpu cuda-version=12.6",
    ),
    speaks(
        "uv's torch",
        "driver-too-old",
        with_torch(RTX, "2.13.0+cu130", "13.0", installer="uv"),
        "fail",
        "550.54.14",
        run="uv pip install --python /home/user/venv/bin/python --reinstall-package torch --reinstall-package",
    ),
    speaks(
        "a CPU wheel beside a GPU",
        "cpu-only-wheel",
        ran(RTX, "2.13.0+cpu", "", [], available=False, count=0),
        "fail",
        "built for the CPU alone",
        "NVIDIA GeForce RTX 4090",
        "--index-url https://download.pytorch.org/whl/cu126",
    ),
    speaks(
        "read, not run", "cpu-only-wheel", with_torch(H200, "2.13.0+cpu", ""), "fail", "2.13.0+cpu", run="whl/cu130"
    ),
    speaks(
        "the GPU sleeps",
        "cpu-only-wheel",
        with_torch(laptop_asleep(), "2.13.0+cpu", ""),
        "fail",
        "2.13.0+cpu",
        "on the PCI bus at 0000:01:00.0",
    ),
    speaks(
        "the tutor's own environment, as the README makes it",
        "cpu-only-wheel",
        changed(with_torch(H200, "2.13.0+cpu", ""), packages={"versions": {"pytorch-tutor": "0.1.0"}}),
        "note",
        "the tutor's own",
        run="tutor doctor --python",
    ),
    speaks(
        "the environment that is active, where the tutor lies too",
        "cpu-only-wheel",
        changed(
            with_torch(H200, "2.13.0+cpu", ""),
            packages={"versions": {"pytorch-tutor": "0.1.0"}},
            python={"prefix": "/home/a/env"},
            variables={"VIRTUAL_ENV": "/home/a/env"},
        ),
        "fail",
        "built for the CPU alone",
        run="whl/cu130",
    ),
    speaks("a Jetson", "cpu-only-wheel", with_torch(jetson(), "2.8.0+cpu", ""), "fail", "2.8.0+cpu"),
    speaks(
        "an RTX 5090 and CUDA 12.6",
        "no-kernel-image",
        with_torch(RTX5090, "2.13.0+cu126", "12.6"),
        "fail",
        "no code for NVIDIA GeForce RTX 5090 (Blackwell, 12.0)",
        "sm_50 sm_60",
        "whl/cu130",
    ),
    speaks(
        "a GTX 1080 and CUDA 12.8",
        "no-kernel-image",
        changed(with_torch(GTX, "2.8.0+cu128", "12.8")),
        "fail",
        "GTX 1080 (Pascal, 6.1)",
        "sm_120",
        "whl/cu126",
    ),
    speaks(
        "a GTX 1080 and CUDA 13, by torch's own list",
        "no-kernel-image",
        on_gpu(
            ran(
                GTX,
                "2.13.0+cu130",
                "13.0",
                CU130,
                available=True,
                count=1,
                gpus=[
                    TorchGpu(
                        index=0, name="NVIDIA GeForce GTX 1080", capability=[6, 1], allocated="", computed=NO_IMAGE
                    )
                ],
            )
        ),
        "fail",
        "GTX 1080",
        "no kernel image is available",
        "whl/cu126",
    ),
    speaks(
        "a V100 and CUDA 12.8 of torch 2.11",
        "no-kernel-image",
        with_torch(V100, "2.11.0+cu128", "12.8"),
        "fail",
        "Tesla V100-SXM2-16GB (Volta, 7.0)",
        run="whl/cu126",
    ),
    speaks("a V100 and CUDA 13", "no-kernel-image", with_torch(V100, "2.9.1+cu130", "13.0"), "fail", "Volta"),
    speaks("an H100 and CUDA 11.7", "no-kernel-image", with_torch(H200, "2.0.1+cu117", "11.7"), "fail", "Hopper"),
    speaks(
        "a build of one's own that lacks the GPU",
        "no-kernel-image",
        ran(RTX, "2.9.0a0+gitabc", "12.6", ["sm_80a", "sm_90"], available=True, gpus=[]),
        "fail",
        "Ada, 8.9",
    ),
    speaks(
        "one of two GPUs",
        "no-kernel-image",
        with_torch(mixed(), "2.13.0+cu130", "13.0"),
        "warn",
        "GTX 1080",
        run="whl/cu126",
    ),
    speaks(
        "the second draws the desktop",
        "no-kernel-image",
        with_torch(mixed(True), "2.13.0+cu130", "13.0"),
        "note",
        "GTX 1080",
    ),
    speaks(
        "PTX for a newer GPU, and an older driver",
        "ptx-too-new",
        ran(changed(RTX5090, nvml={"cuda": 12080}, cuda=None), "2.9.0a0+git1", "12.9", ["sm_80", "compute_90"]),
        "fail",
        "cannot compile",
        "compiles PTX up to CUDA 12.8",
    ),
    speaks("CUDA says 222", "ptx-too-new", on_gpu(RTX, computed=BAD_PTX), "fail", "RTX 4090", run="sudo apt install"),
    speaks(
        "no torch",
        "torch-missing",
        without_torch(RTX),
        "note",
        "no torch",
        "/home/user/venv/bin/python",
        "/home/user/venv/bin/python -m pip install torch --index-url https://download.pytorch.org/whl/cu126",
    ),
    speaks("no torch, no GPU", "torch-missing", without_torch(cpu_laptop()), "note", "no torch", run="whl/cpu"),
    speaks(
        "its remains",
        "torch-missing",
        without_torch(RTX, versions={"torchvision": "0.28.0"}),
        "fail",
        "remains",
        "torchvision",
    ),
    speaks(
        "an older nvJitLink",
        "torch-raised",
        ended(
            RTX,
            "raised",
            "ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12",
        ),
        "fail",
        "cannot be imported",
        "__nvJitLink",
        "unset LD_LIBRARY_PATH",
    ),
    speaks(
        "no libcudart",
        "torch-raised",
        ended(RTX, "raised", "OSError: libcudart.so.12: cannot open shared object file: No such file or directory"),
        "fail",
        "cannot be imported",
        "libcudart",
        "--force-reinstall torch==2.13.0 torchvision torchaudio --index-url https://download.pytorch.org/whl/cu126",
    ),
    speaks("an unknown error", "torch-raised", ended(RTX, "raised", "ValueError: 42"), "fail", "2.13.0+cu126", "42"),
    speaks(
        "a torch that ends its process",
        "torch-died",
        ended(RTX, "died", "It left with exit code 0."),
        "fail",
        "torch 2.13.0+cu126 ended its process when it was imported",
        "exit code 0",
    ),
    speaks(
        "a crash deep in torch",
        "torch-died",
        ended(RTX, "died", "Fatal Python error: x", *[f'  File "x.py", line {n}' for n in range(9)], signal="SIGSEGV"),
        "fail",
        "crashed",
        "line 0",
    ),
    speaks(
        "a crash at import",
        "torch-died",
        ended(RTX, "died", "Fatal Python error", signal="SIGSEGV"),
        "fail",
        "crashed when it was imported (SIGSEGV)",
        "Fatal Python error",
    ),
    speaks(
        "killed",
        "torch-died",
        ended(RTX, "died", "torch was killed", signal="SIGKILL"),
        "fail",
        "SIGKILL",
        run="free -h",
    ),
    speaks(
        "a hang at import",
        "torch-hung",
        ended(RTX, "hung", '  File "torch/__init__.py"'),
        "fail",
        "did not answer when it was imported",
        run="timeout 120",
    ),
    speaks(
        "a hang on the GPU",
        "torch-hung",
        ended(RTX, "hung", "line", during="matmul"),
        "fail",
        "first matmul",
        run="timeout 20 nvidia-smi",
    ),
    speaks(
        "999",
        "torch-cuda-unavailable",
        unavailable(
            RTX,
            "UserWarning: CUDA initialization: CUDA unknown error - this may be due to an incorrectly set "
            "up environment",
        ),
        "fail",
        "error 999",
        "CUDA unknown error",
        "modprobe nvidia_uvm",
    ),
    speaks(
        "802",
        "torch-cuda-unavailable",
        unavailable(
            hgx_h200_8(),
            "UserWarning: CUDA initialization: Error 802: system not yet initialized",
        ),
        "fail",
        "error 802",
        run="nvidia-fabricmanager",
    ),
    speaks(
        "803",
        "torch-cuda-unavailable",
        unavailable(RTX, "Error 803: system has unsupported display driver / cuda driver combination"),
        "fail",
        "803",
    ),
    speaks(
        "804",
        "torch-cuda-unavailable",
        unavailable(RTX, "Error 804: forward compatibility was attempted on non supported HW"),
        "fail",
        "error 804",
    ),
    speaks("without a reason", "torch-cuda-unavailable", unavailable(RTX), "fail", "finds no GPU", "no reason"),
    speaks(
        "a sick GPU",
        "torch-gpu-failed",
        on_gpu(RTX, computed="AcceleratorError: CUDA error: unspecified launch failure"),
        "fail",
        "cuda:0 (NVIDIA GeForce RTX 4090) did not compute",
        "unspecified launch failure",
    ),
    speaks(
        "a GPU that another process has to itself",
        "torch-gpu-failed",
        gpu_changed(on_gpu(RTX, allocated=BUSY, computed=None), 0, compute_mode=3),
        "note",
        "compute mode is exclusive",
    ),
    speaks("a full GPU", "torch-no-memory", on_gpu(RTX, allocated=NO_MEMORY, computed=None), "note", "no memory left"),
    speaks("a wrong product", "torch-wrong-result", on_gpu(RTX, difference=12.0), "fail", "wrong result", "off by 12"),
    speaks(
        "not a number",
        "torch-wrong-result",
        on_gpu(RTX, difference=float("nan")),
        "fail",
        "wrong result",
        "not a number",
    ),
]

QUIET = [
    quiet("driver 550 runs CUDA 12.8", "driver-too-old", with_torch(RTX, "2.9.1+cu128", "12.8")),
    quiet("driver 535 runs CUDA 12.6", "driver-too-old", with_torch(cloud_t4(), "2.13.0+cu126", "12.6")),
    quiet("driver 580 runs CUDA 13.2", "driver-too-old", with_torch(H200, "2.15.0+cu132", "13.2")),
    quiet("driver 580 runs CUDA 11.8", "driver-too-old", with_torch(H200, "2.1.0+cu118", "11.8")),
    quiet(
        "cuda-compat makes it run",
        "driver-too-old",
        changed(with_torch(cloud_t4(), "2.13.0+cu130", "13.0"), cuda={"version": 13000, "error": 0}),
    ),
    quiet("torch computed", "driver-too-old", ran(RTX, "2.13.0+cu130", "13.0", CU130, available=True, count=1)),
    quiet("no driver here", "driver-too-old", with_torch(login_node(), "2.13.0+cu130", "13.0")),
    quiet("a Jetson counts its drivers otherwise", "driver-too-old", with_torch(jetson(), "2.9.0", "13.0")),
    quiet("CUDA 14 is not known", "driver-too-old", with_torch(RTX, "3.0.0+cu140", "14.0")),
    quiet("ROCm", "driver-too-old", with_torch(RTX, "2.13.0+rocm6.4", "", hip="6.4")),
    quiet("a CPU wheel where no GPU is", "cpu-only-wheel", cpu_laptop()),
    quiet(
        "a container that was given no GPU",
        "cpu-only-wheel",
        changed(with_torch(RTX, "2.13.0+cpu", ""), nvml=Nvml(error=12), nodes=[], container=Container(kind="docker")),
    ),
    quiet(
        "a GPU that is lent to a virtual machine",
        "cpu-only-wheel",
        changed(cpu_laptop(), pci=[replace(ONLY_PCI, driver="vfio-pci")]),
    ),
    quiet(
        "a GPU that is too old for any CUDA of today",
        "cpu-only-wheel",
        with_torch(card(RTX, "GeForce GT 710", [3, 5]), "2.13.0+cpu", ""),
    ),
    quiet("ROCm", "cpu-only-wheel", with_torch(RTX, "2.13.0+rocm6.4", "", hip="6.4")),
    quiet("Intel's GPUs", "cpu-only-wheel", with_torch(RTX, "2.13.0+xpu", "")),
    quiet("a Mac", "cpu-only-wheel", changed(mac(), pci=[ONLY_PCI])),
    quiet("its CUDA could not be read", "cpu-only-wheel", with_torch(RTX, "2.13.0", None)),  # type: ignore[arg-type]
    quiet("a 4090 runs sm_86", "no-kernel-image", with_torch(RTX, "2.13.0+cu126", "12.6")),
    quiet("a GTX 1080 runs sm_60", "no-kernel-image", with_torch(GTX, "2.13.0+cu126", "12.6")),
    quiet("GB10 runs sm_120", "no-kernel-image", with_torch(gb10(), "2.13.0+cu130", "13.0")),
    quiet("an RTX 5090 and CUDA 12.8", "no-kernel-image", with_torch(RTX5090, "2.7.1+cu128", "12.8")),
    quiet("a V100 and CUDA 12.8 of torch 2.9", "no-kernel-image", with_torch(V100, "2.9.1+cu128", "12.8")),
    quiet("a V100 and CUDA 12.6", "no-kernel-image", with_torch(V100, "2.13.0+cu126", "12.6")),
    quiet("a release that the tables do not know", "no-kernel-image", with_torch(GTX, "2.15.0+cu132", "13.2")),
    quiet("a build of one's own, not run", "no-kernel-image", with_torch(GTX, "2.9.0a0+git1", "13.0")),
    quiet("conda's build, not run", "no-kernel-image", with_torch(GTX, "2.8.0+cu128", "12.8", installer="conda")),
    quiet(
        "PTX that the driver compiles", "no-kernel-image", ran(RTX5090, "2.9.0a0+git1", "12.8", ["sm_90", "compute_90"])
    ),
    quiet("it computed, whatever the list says", "no-kernel-image", changed(RTX, torch={"archs": ["sm_90"]})),
    quiet("a Jetson with its own code", "no-kernel-image", jetson()),
    quiet(
        "a GPU that does not answer",
        "no-kernel-image",
        with_torch(gpu_changed(GTX, 0, error=15), "2.13.0+cu130", "13.0"),
    ),
    quiet("PTX of an older CUDA", "ptx-too-new", ran(RTX5090, "2.9.0a0+git1", "12.8", ["sm_90", "compute_90"])),
    quiet(
        "finished code needs no newer driver",
        "ptx-too-new",
        ran(changed(RTX5090, nvml={"cuda": 12080}, cuda=None), "2.9.0+cu129", "12.9", CU128),
    ),
    quiet("packages not seen yet", "torch-missing", changed(RTX, packages=None)),
    quiet("there is one", "torch-missing", RTX),
    quiet(
        "there is none to raise",
        "torch-raised",
        changed(ended(RTX, "raised", "ModuleNotFoundError: No module named 'torch'"), packages={"torches": []}),
    ),
    quiet("no GPU to be found", "torch-cuda-unavailable", login_node()),
    quiet(
        "a CPU wheel is another fault",
        "torch-cuda-unavailable",
        ran(RTX, "2.13.0+cpu", "", [], available=False, count=0),
    ),
    quiet("it could not be asked", "torch-cuda-unavailable", ended(RTX, "died", signal="SIGSEGV")),
    quiet("no code is another fault", "torch-gpu-failed", on_gpu(RTX, computed=NO_IMAGE)),
    quiet("no memory is another fault", "torch-gpu-failed", on_gpu(RTX, allocated=NO_MEMORY)),
    quiet("rounding", "torch-wrong-result", on_gpu(RTX, difference=0.01)),
    quiet("not compared", "torch-wrong-result", on_gpu(RTX, difference=None)),
]


@pytest.mark.parametrize("case", SPEAKS)
def test_a_broken_torch_is_named_with_its_fix(case: Case) -> None:
    """Status, title, what was seen, and the command."""
    must_speak(case)


@pytest.mark.parametrize("case", SPEAKS)
def test_a_half_seen_host_is_told_in_whole_sentences(case: Case) -> None:
    """With any one field not seen: no error, and no gap in a text."""
    must_read_well(case)


@pytest.mark.parametrize(("fault", "host"), QUIET)
def test_a_healthy_torch_is_left_alone(fault: str, host: Facts) -> None:
    """Nearly the same host, and nothing is wrong with it."""
    assert finding(host, fault) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_no_healthy_host_is_warned_of(name: str) -> None:
    """And the theme says what torch did, with the Python that was judged."""
    found = [one for one in judge(HEALTHY[name]()) if one.id == "torch"]
    assert [one.status for one in found] in (["ok"], ["note"])
    assert any("bin/python" in line for line in found[0].evidence)


@pytest.mark.parametrize(
    ("line", "cause", "run"),
    [
        (
            "ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1",
            "from another place",
            "unset LD_",
        ),
        (
            "Could not load library libcudnn_cnn.so.9. Cannot load symbol cudnnGetVersion",
            "from another place",
            "unset LD_",
        ),
        ("Unable to load any of {libcudnn_engines.so.9}", "from another place", "unset LD_"),
        (
            "ImportError: libcudnn_ops_infer.so.8: version libcudnn_ops_infer.so.8 not defined",
            "another place",
            "unset LD_",
        ),
        ("OSError: libcudart.so.12: cannot open shared object file", "is not there", "--force-reinstall"),
        ("ImportError: libnccl.so.2: cannot open shared object file", "is not there", "--force-reinstall"),
        ("AttributeError: partially initialized module 'torch' has no attribute 'nn'", "under its name", "--force-"),
        ("ImportError: /lib64/libc.so.6: version `GLIBC_2.28' not found", "too old", ""),
        ("ImportError: x.so: undefined symbol: _ZN3c105ErrorC1E", "two versions of torch", "--force-reinstall"),
        ("ImportError: libgomp.so.1: cannot allocate memory in static TLS block", "static memory", ""),
        ("ImportError: libtorch_cpu.so: failed to map segment from shared object", "noexec", ""),
        (
            "ImportError: libtorch_cuda.so: cannot open shared object file",
            "torch itself are missing",
            "--force-reinstall",
        ),
        ("AttributeError: _ARRAY_API not found", "NumPy 1", "'numpy<2'"),
        ("ModuleNotFoundError: No module named 'typing_extensions'", "that torch needs", "--force-reinstall"),
        ("MemoryError", "memory did not suffice", ""),
    ],
)
def test_a_known_text_gives_the_cause_of_an_import_that_fails(line: str, cause: str, run: str) -> None:
    """As torch, the loader and CUDA's libraries write them."""
    found = finding(ended(RTX, "raised", "Traceback (most recent call last):", line), "torch-raised")
    assert found is not None
    assert cause in found.cause
    assert found.fix if run else not found.fix
    assert all(run in step.command for step in found.fix[:1])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Error 802: system not yet initialized (Triggered internally at CUDAFunctions.cpp:119.)", 802),
        ("CUDA unknown error - this may be due to an incorrectly set up environment", 999),
        ("The NVIDIA driver on your system is too old (found version 12040).", 35),
        ("Unexpected error from cudaGetDeviceCount(). Error 46: all CUDA-capable devices are busy or unavailable", 46),
        ("CUDA driver initialization failed, you might not have a CUDA gpu.", 3),
        ("Can't initialize NVML", None),
        ("Error handling in 802 lines", None),
    ],
)
def test_the_error_of_cuda_is_read_from_its_warning(line: str, code: int | None) -> None:
    """By number where there is one, else by its words."""
    assert said.cuda_code([f"UserWarning: CUDA initialization: {line}"]) == code


def test_the_least_invasive_fix_of_an_old_driver_comes_first() -> None:
    """Another wheel needs no root; another driver moves every user of the host."""
    found = finding(with_torch(RTX, "2.13.0+cu130", "13.0"), "driver-too-old")
    assert found is not None
    assert [(step.root, step.reboot) for step in found.fix] == [(False, False), (True, True)]
    assert "every user" in found.fix[1].text


def test_no_wheel_for_the_driver_leaves_the_driver() -> None:
    """Driver 390 is older than all that is made today."""
    host = changed(with_torch(RTX, "2.13.0+cu130", "13.0"), nvml={"driver": "390.157", "cuda": 9010}, cuda=None)
    found = finding(host, "driver-too-old")
    assert found is not None
    assert [step.root for step in found.fix] == [True]


def test_a_gpu_that_needs_a_newer_driver_first_is_told_both() -> None:
    """A Blackwell card under a driver of CUDA 11 has no wheel until the driver is new."""
    host = changed(with_torch(RTX5090, "2.6.0+cu124", "12.4"), nvml={"driver": "470.256.02"}, cuda=None)
    found = finding(host, "no-kernel-image")
    assert found is not None
    assert [(step.root, step.reboot) for step in found.fix] == [(True, True)]
    assert "whl/cu130" in found.fix[0].text


def test_torch_without_cuda_follows_from_the_old_driver() -> None:
    """One cause, and what it explains."""
    host = unavailable(with_torch(RTX, "2.13.0+cu130", "13.0", RTX.torch), TOO_OLD, cuda=Cuda(error=35))
    host = changed(host, torch={"version": "2.13.0+cu130", "cuda": "13.0"})
    assert causes(host, "driver-too-old", "torch-cuda-unavailable") == {
        "driver-too-old": "",
        "torch-cuda-unavailable": "driver-too-old",
    }


def test_amds_gpus_are_told_of_in_their_own_words() -> None:
    """A GPU of AMD's that does not compute gets no wheel of CUDA."""
    assert RTX.torch is not None
    gpu = TorchGpu(
        index=0, name="AMD Radeon", capability=[11, 0], allocated="", computed="HIP error: invalid device function"
    )
    host = with_torch(RTX, "2.13.0+rocm6.4", "", replace(RTX.torch, cuda="", hip="6.4", gpus=[gpu]), hip="6.4")
    assert finding(host, "no-kernel-image") is None
    found = finding(host, "torch-gpu-failed")
    assert found is not None
    assert found.fix[0].command.startswith("rocm-smi")


def test_a_python_without_wheels_is_not_given_the_cpu_build() -> None:
    """On a host with a GPU it would be the next fault."""
    found = finding(changed(without_torch(H200), python={"version": "3.15.0"}), "torch-missing")
    assert found is not None
    assert "whl/cpu" not in str(found.fix)
    assert "uv venv -p 3.12" in found.fix[1].command


@pytest.mark.parametrize(
    ("python", "libc", "index"),
    [("3.9.19", "glibc 2.35", "cu126"), ("3.8.18", "glibc 2.35", "cu124"), ("3.10.12", "glibc 2.17", "cu124")],
)
def test_an_old_python_or_c_library_is_sent_where_there_is_a_wheel_for_it(python: str, libc: str, index: str) -> None:
    """And nothing is removed before it has come."""
    host = changed(with_torch(H200, "2.4.1+cpu", ""), python={"version": python}, host={"libc": libc})
    found = finding(host, "cpu-only-wheel")
    assert found is not None
    assert found.fix[0].command.endswith(f"whl/{index}")
    assert "uninstall" not in found.fix[0].command


@pytest.mark.parametrize(
    ("version", "asked", "changes"),
    [("2.9.1+cu130", "torch==2.9.1 ", False), ("2.15.0+cu130", "torch ", True)],
)
def test_the_release_of_torch_is_kept_where_it_has_the_build(version: str, asked: str, changes: bool) -> None:
    """What the tables do not know may change, and that is said."""
    found = finding(with_torch(RTX, version, "13.0"), "driver-too-old")
    assert found is not None
    assert f"--no-deps {asked}" in found.fix[0].command
    assert ("version of torch changes" in found.fix[0].text) is changes


def test_a_gpu_without_code_is_told_of_no_driver() -> None:
    """A newer driver would run a torch that has no code for a GTX 1080."""
    host = with_torch(GTX, "2.13.0+cu130", "13.0")
    found = finding(host, "driver-too-old")
    assert found is not None
    assert [(step.root, step.command[-5:]) for step in found.fix] == [(False, "cu126")]
    assert causes(host, "driver-too-old", "no-kernel-image")["no-kernel-image"] == "driver-too-old"


def test_kepler_is_kept_to_its_last_driver() -> None:
    """Driver 470 has a torch; an older one can become 470, and no newer."""
    kepler = gpu_changed(RTX, 0, name="Tesla K80", capability=[3, 7])
    host = changed(with_torch(kepler, "2.13.0+cu126", "12.6"), cuda=None, nvml={"driver": "470.256.02", "cuda": 11040})
    found = finding(host, "driver-too-old")
    assert found is not None
    assert ["'torch<2.4'" in step.command for step in found.fix] == [True]
    older = finding(changed(host, nvml={"driver": "390.157", "cuda": 9010}), "driver-too-old")
    assert older is not None
    assert [step.command for step in older.fix] == ["sudo apt install nvidia-driver-470"]


@pytest.mark.parametrize(
    ("switches", "packages"),
    [(4, "nvidia-driver-580-server-open nvidia-fabricmanager-580"), (0, "nvidia-driver-580-open")],
)
def test_behind_nvswitches_driver_and_fabric_manager_come_together(switches: int, packages: str) -> None:
    """Two versions of them would leave the GPUs dark."""
    host = changed(with_torch(RTX, "2.13.0+cu130", "13.0"), driver={"nvswitches": switches})
    found = finding(host, "driver-too-old")
    assert found is not None
    assert found.fix[-1].command == f"sudo apt install {packages}"
    assert ("fabric manager" in found.fix[-1].text) is bool(switches)


def test_a_driver_is_never_older_than_what_is_asked_for() -> None:
    """PTX of CUDA 13.2 is compiled by branch 595 and newer."""
    host = ran(RTX5090, "2.13.0+cu132", "13.2", ["sm_90", "compute_90"])
    found = finding(host, "ptx-too-new")
    assert found is not None
    assert found.fix[-1].command == "sudo apt install nvidia-driver-595-open"


def test_a_jetson_with_the_wrong_torch_has_one_fault() -> None:
    """Its driver comes with JetPack, and its torch from NVIDIA."""
    orin = jetson()
    assert orin.torch is not None
    wrong = replace(
        orin.torch, version="2.12.0", archs=["sm_80", "sm_90"], gpus=[], available=False, warnings=[TOO_OLD]
    )
    host = changed(orin, torch=wrong)
    assert causes(host, "no-kernel-image", "torch-cuda-unavailable") == {
        "no-kernel-image": "",
        "torch-cuda-unavailable": "no-kernel-image",
    }


@pytest.mark.parametrize("managed", [True, False, None])
@pytest.mark.parametrize(
    ("host", "fault", "index"),
    [
        (without_torch(RTX), "torch-missing", "cu126"),
        (without_torch(cpu_laptop()), "torch-missing", "cpu"),
        (with_torch(RTX, "2.13.0+cpu", ""), "cpu-only-wheel", "cu126"),
        (ended(RTX, "raised", "OSError: libcudart.so.12: cannot open shared object file"), "torch-raised", "cu126"),
    ],
)
def test_a_python_of_the_systems_is_left_alone(host: Facts, fault: str, index: str, managed: bool | None) -> None:
    """pip refuses to install there; an environment is made of it."""
    python = {"executable": "/usr/bin/python3", "prefix": "/usr", "virtual": False, "managed": managed}
    found = finding(changed(host, python=python), fault)
    assert found is not None
    command = found.fix[-1].command
    assert command.startswith("/usr/bin/python3 -m venv ~/torch && ~/torch/bin/pip install torch") is bool(managed)
    assert command.startswith("/usr/bin/python3 -m pip install") is not bool(managed)
    assert command.endswith(f"--index-url https://download.pytorch.org/whl/{index}")


def test_condas_torch_is_mended_by_conda() -> None:
    """pip over conda's files is the next fault."""
    host = ended(
        with_torch(RTX, "2.5.1", "12.6", installer="conda"),
        "raised",
        "OSError: libcudart.so.12: cannot open shared object file",
    )
    found = finding(host, "torch-raised")
    assert found is not None
    assert [step.command for step in found.fix] == [
        "conda install -y --force-reinstall -p /home/user/venv pytorch torchvision torchaudio"
    ]


def test_while_torch_runs_its_theme_is_silent() -> None:
    """What is not known yet is not told; what cannot come is skipped, with the reason."""
    waiting = changed(RTX, torch=None)
    assert [one for one in judge(waiting) if one.id == "torch"] == []
    skipped = [one for one in judge(changed(waiting, troubles={"torch": "it was not asked for"})) if one.id == "torch"]
    assert [(one.status, one.evidence) for one in skipped] == [("skipped", ("it was not asked for",))]


def test_what_torch_said_cannot_reach_the_terminal() -> None:
    """Texts of exceptions and versions are shown clean."""
    host = ended(changed(RTX, packages={"torches": []}), "raised", "ValueError: \x1b[31mred\x07")
    host = changed(host, packages=with_torch(RTX, "2.13\x1b[1m", "12.6").packages)
    for one in judge(host):
        assert not any("\x1b" in text for text in (one.title, *one.evidence, *(step.command for step in one.fix)))


def test_a_host_of_which_nothing_is_known_is_not_judged() -> None:
    """No section, no finding of these themes."""
    assert [one for one in judge(Facts()) if one.id in ("torch", "packages", "python")] == []


def test_the_arch_list_of_torch_outweighs_the_table() -> None:
    """A wheel that was rebuilt under the same name has what it says."""
    own = ran(GTX, "2.13.0+cu130", "13.0", [*CU130, "sm_61"])
    assert finding(own, "no-kernel-image") is None
    assert finding(with_torch(GTX, "2.13.0+cu130", "13.0"), "no-kernel-image") is not None
    assert finding(ran(RTX, "2.13.0+cu126", "12.6", CU126), "no-kernel-image") is None


def test_a_container_is_not_told_to_change_its_driver() -> None:
    """The host has it: no command of this container helps."""
    found = finding(with_torch(docker_with_gpu(), "2.13.0+cu130", "13.0"), "driver-too-old")
    assert found is not None
    assert "host" in found.fix[-1].text
    assert found.fix[-1].command == ""
