"""The driver's module, NVML and libcuda: which fault is named, with which fix, and where nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.doctor.facts import Cuda, Facts, KernelLog, Nvml, PciDevice
from tests.diagnostics.doctor.hosts import (
    changed,
    cloud_t4,
    cpu_laptop,
    docker_with_gpu,
    gpu_changed,
    gtx1080_cu126,
    hgx_h200_8,
    jetson,
    laptop_asleep,
    laptop_awake,
    login_node,
    mac,
    rtx4090_driver550_cu126,
    slurm_cgroup_1_of_8,
    wsl2,
)
from tests.diagnostics.doctor.judging import (
    Case,
    causes,
    finding,
    must_be_shown,
    must_read_well,
    must_speak,
    quiet,
    speaks,
)

RTX = rtx4090_driver550_cu126()
LENT = PciDevice(address="0000:02:00.0", vendor="10de", device="2684", device_class="0300", driver="vfio-pci")
NO_LIBRARY = Nvml(error=12, error_text="NVML Shared Library Not Found")
NO_LIBCUDA = Cuda(missing="libcuda.so.1: cannot open shared object file: No such file or directory")


def without_module(host: Facts = RTX, bound: str = "", **driver: Any) -> Facts:
    """A host whose driver is installed and does not run."""
    pci = [replace(one, driver=bound) for one in host.pci or []]
    gone = {"loaded": "", "open": None, "modules": [], **driver}
    cuda = Cuda(library="/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14", error=100)
    return changed(host, pci=pci, driver=gone, nvml=Nvml(error=9), cuda=cuda, nodes=[])


def without_driver(**driver: Any) -> Facts:
    host = without_module(module_files=[], **driver)
    return changed(host, nvml=NO_LIBRARY, cuda=NO_LIBCUDA)


def with_nvml(code: int, host: Facts = RTX) -> Facts:
    return changed(host, nvml=Nvml(library="/usr/lib/libnvidia-ml.so.550.90.07", error=code))


def with_cuda(code: int, host: Facts = RTX, **driver: Any) -> Facts:
    return changed(host, cuda={"error": code, "devices": None}, driver=driver)


def with_nodes(host: Facts, opens: int, *paths: str, group: str = "video") -> Facts:
    """A host whose device nodes, those or all, answer so."""
    return changed(
        host,
        nodes=[
            replace(one, opens=opens, mode="0660", group=group) if not paths or one.path in paths else one
            for one in host.nodes or []
        ],
    )


def on_chip(device: str, host: Facts, distribution: str = "ubuntu") -> Facts:
    """The same host with another GPU, by its PCI device id."""
    pci = [replace(one, device=device) for one in host.pci or []]
    return changed(host, pci=pci, host={"distribution_id": distribution})


def blackwell(open_module: bool) -> Facts:
    host = changed(RTX, pci=[replace(one, device="2b85") for one in RTX.pci or []])
    return changed(host, driver={"open": open_module}, nvml={"gpus": []}, cuda={"error": 100, "devices": None})


def updated() -> Facts:
    """A host whose libraries were updated under the module that runs."""
    libraries = RTX.libraries.libnvidia_ml if RTX.libraries else None
    newer = [replace(one, version="550.90.07") for one in libraries or []]
    return changed(with_cuda(803, with_nvml(18)), libraries={"libnvidia_ml": newer})


MISSING = without_module(module_files=[], other_kernels=["6.8.0-45-generic"], dkms_failed=["/var/lib/dkms/make.log"])
REFUSED = KernelLog(readable=True, xids=[], lines=["Loading of module nvidia: Key was rejected by service"])
LEGACY_LOG = "NVRM: installed in this system is supported through the NVIDIA 470.xx Legacy drivers."
OPEN_LOG = "NVRM: installed in this system requires use of the NVIDIA open kernel modules."
INIT_LOG = "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0xffff:2351)"

SPEAKS = [
    speaks("a desktop", "no-gpu", cpu_laptop(), "note", "no NVIDIA GPU in this machine", "8086:a7a0"),
    speaks("a Mac", "no-gpu", mac(), "note", "a Mac"),
    speaks(
        "a card for a virtual machine",
        "no-gpu",
        changed(cpu_laptop(), pci=[LENT]),
        "note",
        "kept for virtual machines",
    ),
    speaks(
        "an AMD card",
        "no-gpu",
        changed(cpu_laptop(), pci=[PciDevice(vendor="1002", device="744c", device_class="0300", driver="amdgpu")]),
        "note",
        "no NVIDIA GPU",
        "1002:744c",
    ),
    speaks(
        "prime-select intel",
        "laptop-gpu-off",
        changed(cpu_laptop(), driver={"prime": "intel"}),
        "fail",
        "switched off",
        "prime-select chose intel",
        "sudo prime-select on-demand",
    ),
    speaks("a card and no driver", "no-driver", without_driver(), "fail", "no NVIDIA driver", "2684", "ubuntu-drivers"),
    speaks(
        "on Fedora",
        "no-driver",
        changed(without_driver(), host={"distribution_id": "fedora"}),
        "fail",
        "no NVIDIA driver",
        "0000:01:00.0",
        "dnf install akmod-nvidia",
    ),
    speaks(
        "it was loaded first",
        "nouveau-bound",
        without_module(bound="nouveau"),
        "fail",
        "nouveau drives the GPU",
        "driven by nouveau",
        "blacklist nouveau",
    ),
    speaks(
        "a new kernel",
        "module-missing-for-kernel",
        MISSING,
        "fail",
        "6.8.0-48-generic",
        "6.8.0-45-generic",
        "dkms autoinstall",
    ),
    speaks(
        "upgraded and not rebooted",
        "module-missing-for-kernel",
        without_module(module_files=[], other_kernels=["6.8.0-45-generic", "6.17.8-arch1-1"]),
        "fail",
        "6.8.0-48-generic",
        "6.17.8-arch1-1",
        "sudo reboot",
    ),
    speaks(
        "the key was rejected",
        "secure-boot-unsigned",
        changed(without_module(secure_boot=True), kernel_log=REFUSED),
        "fail",
        "Secure Boot refuses",
        "Key was rejected",
        "mokutil --import",
    ),
    speaks("no log", "secure-boot-unsigned", without_module(secure_boot=True), "fail", "probably refuses"),
    speaks("NVML 9", "driver-not-loaded", without_module(), "fail", "not loaded", "(9)", "modprobe nvidia"),
    speaks(
        "the closed module on Blackwell",
        "open-module-required",
        blackwell(open_module=False),
        "fail",
        "needs the open kernel module",
        "2b85",
        "apt install nvidia-driver-550-open",
    ),
    speaks(
        "the log says so",
        "open-module-required",
        changed(blackwell(open_module=False), kernel_log=KernelLog(readable=True, xids=[], lines=[OPEN_LOG])),
        "fail",
        "needs the open kernel module",
        "requires use of the NVIDIA open kernel modules",
    ),
    speaks(
        "the open module on Pascal",
        "legacy-driver-required",
        changed(gtx1080_cu126(), driver={"open": True}, nvml={"gpus": []}),
        "fail",
        "the proprietary module",
        "1b80",
        "apt install nvidia-driver-580",
    ),
    speaks(
        "a branch after 580 on Pascal",
        "legacy-driver-required",
        changed(gtx1080_cu126(), driver={"loaded": "590.44.01"}, nvml={"gpus": []}),
        "fail",
        "the 580 branch",
        "1b80",
        "apt install nvidia-driver-580",
    ),
    speaks(
        "a branch after 470 on Kepler",
        "legacy-driver-required",
        on_chip("102d", changed(RTX, nvml={"gpus": []}, driver={"loaded": "590.44.01", "open": False})),
        "fail",
        "the 470 branch",
        "102d",
        "apt install nvidia-driver-470",
    ),
    speaks(
        "a branch between Kepler's and Pascal's last",
        "legacy-driver-required",
        on_chip("102d", changed(RTX, nvml={"gpus": []}, driver={"loaded": "550.54.14", "open": False})),
        "fail",
        "the 470 branch",
    ),
    speaks(
        "the log says so, and the module left",
        "legacy-driver-required",
        changed(without_module(gtx1080_cu126()), kernel_log=KernelLog(readable=True, xids=[], lines=[LEGACY_LOG])),
        "fail",
        "of this age",
        "Legacy drivers",
    ),
    speaks(
        "nvidia-smi finds no devices",
        "adapter-init-failed",
        changed(RTX, nvml={"gpus": []}, kernel_log=KernelLog(readable=True, xids=[], lines=[INIT_LOG])),
        "fail",
        "0000:01:00.0",
        "RmInitAdapter failed",
        "dmesg",
    ),
    speaks(
        "one of eight",
        "adapter-init-failed",
        changed(hgx_h200_8(), nvml={"gpus": (hgx_h200_8().nvml or Nvml()).gpus[:7]}),  # type: ignore[index]
        "fail",
        "could not start the GPU at 0000:8b:00.0",
        "NVML does not list it",
        "poweroff",
    ),
    # ---- NVML
    speaks("NVML 18", "driver-library-mismatch", updated(), "fail", "was updated", "550.90.07", "sudo reboot"),
    speaks(
        "versions differ",
        "driver-library-mismatch",
        changed(updated(), nvml={"error": 999}),
        "fail",
        "was updated",
        "550.54.14",
        "rmmod nvidia_drm nvidia_modeset nvidia_uvm nvidia && ",
    ),
    speaks(
        "in a container",
        "driver-library-mismatch",
        with_nvml(18, docker_with_gpu()),
        "fail",
        "the container's driver libraries",
        "(18)",
    ),
    speaks(
        "torch works without",
        "nvml-library-missing",
        changed(RTX, nvml=NO_LIBRARY),
        "warn",
        "libnvidia-ml is missing",
        "(12)",
        "libnvidia-compute-550",
    ),
    speaks(
        "nothing works",
        "nvml-library-missing",
        changed(RTX, nvml=NO_LIBRARY, cuda=NO_LIBCUDA),
        "fail",
        "the driver's libraries are missing",
        "libcuda is missing, too",
    ),
    speaks(
        "a container with compute alone",
        "nvml-library-missing",
        changed(docker_with_gpu(), nvml=NO_LIBRARY),
        "note",
        "libnvidia-ml is missing",
        "(12)",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
    ),
    speaks("on a host", "nvml-unknown-error", with_nvml(999), "fail", "unknown error", "(999)", "dmesg"),
    *(
        speaks(words, "nvml-init-failed", with_nvml(code), "fail", words, str(code), "dmesg")
        for code, words in ((10, "timeout"), (11, "interrupt"), (17, "blocked"), (8, "external power"), (1234, "1234"))
    ),
    speaks(
        "it hangs",
        "nvml-not-answering",
        replace(RTX, nvml=None, hung=["nvml"], troubles={"nvml": "NVML gave no answer in 10 s."}),
        "fail",
        "NVML does not answer",
        "10 s",
        "ps -eo",
    ),
    # ---- libcuda
    speaks("headless", "libcuda-missing", changed(RTX, cuda=NO_LIBCUDA), "fail", "libcuda is missing", "libcuda.so.1"),
    speaks(
        "in a container",
        "libcuda-missing",
        changed(docker_with_gpu(), cuda=NO_LIBCUDA),
        "fail",
        "libcuda is missing",
        "1 GPU",
        "compute,utility",
    ),
    speaks(
        "a group has the nodes",
        "device-permission",
        with_nodes(with_cuda(100, with_nvml(4)), 13),
        "fail",
        "may not open",
        "mode 0660, group video",
        'usermod -aG video "$USER"',
    ),
    speaks(
        "root has the nodes",
        "device-permission",
        with_nodes(with_cuda(100, with_nvml(4)), 13, group="root"),
        "fail",
        "may not open",
        "(4)",
        "NVreg_DeviceFileMode=0666",
    ),
    speaks(
        "nvidia-uvm alone is shut",
        "device-permission",
        with_nodes(with_cuda(100), 13, "/dev/nvidia-uvm"),
        "fail",
        "may not open",
        "/dev/nvidia-uvm: permission denied",
    ),
    speaks(
        "no node",
        "uvm-nodes-missing",
        changed(with_cuda(999), nodes=[one for one in RTX.nodes or [] if "uvm" not in one.path]),
        "fail",
        "/dev/nvidia-uvm is missing",
        "/dev/nvidiactl",
        "nvidia-modprobe -c 0 -u",
    ),
    speaks(
        "after sleep",
        "uvm-stale",
        with_cuda(999, suspended_since_boot=True),
        "fail",
        "since the machine slept",
        "(999)",
        "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
    ),
    speaks(
        "after sleep, and not loaded",
        "uvm-stale",
        with_cuda(999, suspended_since_boot=True, modules=["nvidia"]),
        "fail",
        "since the machine slept",
        "(999)",
        "sudo modprobe nvidia_uvm",
    ),
    speaks("3", "uvm-hmm", with_cuda(3), "fail", "HMM", "(3)", "uvm_disable_hmm=1"),
    speaks("802 without NVSwitch", "uvm-hmm", with_cuda(802), "fail", "HMM", "(802)", "uvm_disable_hmm=1"),
    *(
        speaks(str(code), "cuda-init-failed", with_cuda(code), "fail", f"({code})", str(code), "dmesg")
        for code in (2, 35, 100, 101, 304, 802, 803, 804, 999, 4321)
    ),
    speaks(
        "it hangs",
        "cuda-init-failed",
        replace(RTX, cuda=None, hung=["cuda"], troubles={"cuda": "cuInit gave no answer in 10 s."}),
        "fail",
        "does not come back",
        "10 s",
    ),
]

QUIET = [
    quiet("a scheduler's login node has a note of its own", "no-gpu", login_node()),
    quiet("the laptop has a finding of its own", "no-gpu", changed(cpu_laptop(), driver={"prime": "intel"})),
    quiet("on demand", "laptop-gpu-off", laptop_asleep()),
    quiet("a laptop without an NVIDIA GPU", "laptop-gpu-off", cpu_laptop()),
    quiet("the kernels were not seen", "no-driver", without_module(module_files=None)),
    quiet("WSL", "no-driver", wsl2()),
    quiet("a container", "no-driver", changed(without_driver(), container={"kind": "docker"})),
    quiet(
        "nouveau is loaded for another card",
        "nouveau-bound",
        changed(RTX, driver={"modules": ["nvidia", "nvidia_uvm", "nouveau"]}),
    ),
    quiet(
        "a build for another kernel failed", "module-missing-for-kernel", changed(RTX, driver={"dkms_failed": ["x"]})
    ),
    quiet("the module runs", "secure-boot-unsigned", RTX),
    quiet(
        "the log says nothing of a key",
        "secure-boot-unsigned",
        changed(without_module(secure_boot=True), kernel_log=KernelLog(readable=True, xids=[], lines=[])),
    ),
    quiet("nouveau was first", "secure-boot-unsigned", without_module(bound="nouveau", secure_boot=True)),
    quiet("a container", "no-gpu", changed(cpu_laptop(), container={"kind": "docker"})),
    quiet("NVML hangs", "no-gpu", replace(changed(cpu_laptop(), nvml=None), hung=["nvml"])),
    quiet("a lost GPU left the bus", "no-gpu", changed(cpu_laptop(), nvml=Nvml(error=15))),
    quiet("a machine without a GPU has the libraries", "driver-not-loaded", changed(cpu_laptop(), nvml=Nvml(error=9))),
    quiet("Blackwell with the open module", "open-module-required", blackwell(open_module=True)),
    quiet("the closed module on Ada", "open-module-required", changed(RTX, driver={"open": False})),
    quiet(
        "the line is old, and the card answers",
        "open-module-required",
        changed(RTX, kernel_log=KernelLog(readable=True, xids=[], lines=[OPEN_LOG])),
    ),
    quiet("Pascal that works", "legacy-driver-required", gtx1080_cu126()),
    quiet("a job may open one GPU of eight", "adapter-init-failed", slurm_cgroup_1_of_8()),
    quiet(
        "lent to a virtual machine",
        "adapter-init-failed",
        changed(
            RTX,
            pci=[
                *(RTX.pci or []),
                PciDevice(address="0000:02:00.0", vendor="10de", device_class="0300", driver="vfio-pci"),
            ],
        ),
    ),
    quiet("a container sees the host's bus", "adapter-init-failed", changed(docker_with_gpu(), pci=hgx_h200_8().pci)),
    quiet("NVML answers", "driver-library-mismatch", changed(updated(), nvml=RTX.nvml)),
    quiet(
        "the library's name has no version",
        "driver-library-mismatch",
        changed(
            with_nvml(999),
            libraries={
                "libnvidia_ml": [
                    replace(one, version="1") for one in (RTX.libraries.libnvidia_ml if RTX.libraries else None) or []
                ]
            },
        ),
    ),
    quiet("an old Jetson has none", "nvml-library-missing", changed(jetson(), nvml=NO_LIBRARY)),
    quiet("no driver at all", "nvml-library-missing", cpu_laptop()),
    quiet("a container that lost its devices", "nvml-unknown-error", with_nvml(999, docker_with_gpu())),
    quiet("a code with a fault of its own", "nvml-init-failed", with_nvml(18)),
    quiet("it was left asleep", "nvml-not-answering", laptop_asleep()),
    quiet("WSL", "libcuda-missing", changed(wsl2(), cuda=NO_LIBCUDA)),
    quiet("no driver at all", "libcuda-missing", cpu_laptop()),
    quiet("a job may open its own GPU", "device-permission", slurm_cgroup_1_of_8()),
    quiet("another card's node is shut", "device-permission", with_nodes(hgx_h200_8(), 13, "/dev/nvidia3")),
    quiet(
        "nobody has asked CUDA yet",
        "uvm-nodes-missing",
        changed(RTX, nodes=[one for one in RTX.nodes or [] if "uvm" not in one.path]),
    ),
    quiet("a Jetson has none", "uvm-nodes-missing", with_cuda(999, jetson())),
    quiet("it slept and works", "uvm-stale", changed(RTX, driver={"suspended_since_boot": True})),
    quiet("NVSwitches explain it", "uvm-hmm", with_cuda(802, hgx_h200_8())),
    quiet("a virtual machine's host explains it", "uvm-hmm", with_cuda(802, cloud_t4())),
    quiet("it is off already", "uvm-hmm", with_cuda(3, uvm_hmm_disabled=True)),
    quiet(
        "the reader hid the GPUs", "cuda-init-failed", changed(with_cuda(100), variables={"CUDA_VISIBLE_DEVICES": ""})
    ),
    quiet("no GPU, and the libraries", "cuda-init-failed", changed(cpu_laptop(), cuda=Cuda(error=100))),
]


@pytest.mark.parametrize("case", SPEAKS)
def test_a_fault_of_the_driver_is_named_with_what_was_seen_and_its_fix(case: Case) -> None:
    """Status, title, evidence and command of each."""
    must_speak(case)
    must_be_shown(case)


@pytest.mark.parametrize("case", SPEAKS)
def test_a_finding_about_the_driver_reads_well_of_a_host_half_seen(case: Case) -> None:
    """Any one field may be missing."""
    must_read_well(case)


@pytest.mark.parametrize(("fault", "host"), QUIET)
def test_what_only_looks_like_a_fault_of_the_driver_is_left_alone(fault: str, host: Facts) -> None:
    """Hosts that are nearly broken, or broken in another way."""
    assert finding(host, fault) is None


def test_a_mismatch_says_that_running_programs_go_on() -> None:
    """Somebody whose training runs must not be told to reboot at once."""
    found = finding(updated(), "driver-library-mismatch")
    assert found is not None
    assert "already run on the GPU go on" in found.cause
    assert "finish" in found.fix[0].text


def test_nouveau_explains_why_nvml_and_cuda_do_not_start() -> None:
    """One cause, and the rest under it."""
    host = without_module(bound="nouveau")
    assert causes(host, "nouveau-bound", "driver-not-loaded", "cuda-init-failed") == {
        "nouveau-bound": "",
        "driver-not-loaded": "nouveau-bound",
        "cuda-init-failed": "nouveau-bound",
    }


def test_a_missing_driver_explains_nouveau() -> None:
    """Where no NVIDIA driver is installed, that is what to mend."""
    host = changed(without_driver(), pci=[replace(one, driver="nouveau") for one in RTX.pci or []])
    assert causes(host, "no-driver", "nouveau-bound") == {"no-driver": "", "nouveau-bound": "no-driver"}


def test_a_mismatch_explains_what_cuda_says() -> None:
    """cuInit's 803 follows from NVML's 18."""
    assert (
        causes(updated(), "driver-library-mismatch", "cuda-init-failed")["cuda-init-failed"]
        == "driver-library-mismatch"
    )


def test_the_missing_module_explains_why_nothing_is_loaded() -> None:
    """NVML 9 after an update of the kernel."""
    found = causes(MISSING, "module-missing-for-kernel", "driver-not-loaded", "no-driver", "cuda-init-failed")
    assert found == {
        "module-missing-for-kernel": "",
        "driver-not-loaded": "module-missing-for-kernel",
        "cuda-init-failed": "module-missing-for-kernel",
    }


def test_a_gpu_of_a_laptop_that_wakes_is_judged_like_any_other() -> None:
    """What sleeps is no excuse for a driver that does not match."""
    assert finding(with_nvml(18, laptop_awake()), "driver-library-mismatch") is not None


def test_names_from_outside_cannot_steer_a_terminal_or_a_shell() -> None:
    """A group's name stands quoted in the command, and an escape is shown as a sign."""
    host = with_nodes(with_cuda(100, with_nvml(4)), 13, group="x; rm -rf /\x1b[2J")
    found = finding(host, "device-permission")
    assert found is not None
    assert "usermod -aG 'x; rm -rf /␛[2J'" in found.fix[0].command
    assert "\x1b" not in "".join(found.evidence) + found.fix[0].text


def test_a_gpu_that_answers_with_an_error_is_no_missing_device() -> None:
    """NVML lists a lost GPU without its address: nothing is said of the bus then."""
    assert finding(gpu_changed(hgx_h200_8(), 5, error=15, pci=None), "adapter-init-failed") is None


@pytest.mark.parametrize(
    ("device", "command"),
    [
        ("1b80", "aur.archlinux.org/nvidia-580xx-utils.git"),
        ("102d", "aur.archlinux.org/nvidia-470xx-utils.git"),
        ("2684", "sudo pacman -S nvidia-open nvidia-utils"),
    ],
)
def test_the_chip_chooses_the_package_on_arch(device: str, command: str) -> None:
    """Arch packages the newest branch alone, which drives nothing before Turing."""
    found = finding(on_chip(device, without_driver(other_kernels=[]), "arch"), "no-driver")
    assert found is not None
    assert command in found.fix[0].command


def test_a_reboot_comes_first_only_where_a_newer_kernel_waits() -> None:
    """A build for the kernel that runs is of no use where it is about to go, and the cause says which it is."""
    upgraded = finding(without_module(module_files=[], other_kernels=["6.17.8-arch1-1"]), "module-missing-for-kernel")
    behind = finding(MISSING, "module-missing-for-kernel")
    assert upgraded is not None
    assert behind is not None
    assert upgraded.fix[0].reboot
    assert "was not rebooted" in upgraded.cause
    assert not behind.fix[0].reboot
    assert "was not built" in behind.cause
