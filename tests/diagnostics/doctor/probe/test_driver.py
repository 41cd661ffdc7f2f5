"""The kernel side of NVIDIA's driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.doctor.probe import driver
from tests.diagnostics.doctor.roots import (
    FOLDER,
    KERNEL,
    Tree,
    docker,
    laptop,
    lay,
    linux,
    module_files,
    nodes,
    nvidia_module,
    pci_gpu,
    secure_boot,
)

DKMS = "/var/lib/dkms/nvidia/550.54.14"


def test_a_driver_that_runs_is_told_field_by_field(tmp_path: Path) -> None:
    """A desktop with one GPU."""
    seen = driver.look(lay(tmp_path, linux(), pci_gpu(), nvidia_module("550.54.14"), nodes()), {})
    names = ("nvidia", "nvidia-drm", "nvidia-uvm", "nvidia-modeset", "nvidia-peermem")
    assert seen == {
        "loaded": "550.54.14",
        "open": False,
        "modules": ["nvidia", "nvidia_uvm", "nvidia_modeset", "nvidia_drm"],
        "module_files": [f"/lib/modules/{KERNEL}/updates/dkms/{name}.ko.zst" for name in names],
        "other_kernels": None,
        "dkms_failed": None,
        "secure_boot": False,
        "blacklists_nouveau": False,
        "uvm_hmm_disabled": None,
        "suspended_since_boot": False,
        "nvswitches": 0,
        "fabric_manager": "",
        "fabric_manager_version": None,
        "persistenced": False,
        "prime": "",
        "smi": "/usr/bin/nvidia-smi",
    }


@pytest.mark.parametrize(
    ("banner", "version", "is_open"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024",
            "535.183.01",
            False,
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder)",
            "580.65.06",
            True,
        ),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  540.3.0  Release Build", "540.3.0", True),
        ("NVRM version: garbage \x00\x01", None, False),
    ],
)
def test_the_version_is_read_from_the_modules_own_words(
    tmp_path: Path, banner: str, version: str | None, is_open: bool
) -> None:
    """The closed module, the open one, and a Jetson's."""
    seen = driver.look(lay(tmp_path, linux(), {"/proc/driver/nvidia/version": banner}), {})
    assert (seen["loaded"], seen["open"]) == (version, is_open)


def test_a_module_without_its_proc_file_is_told_by_sys(tmp_path: Path) -> None:
    """Which flavour it is, is not known then."""
    seen = driver.look(lay(tmp_path, linux(), {"/sys/module/nvidia/version": "550.54.14\n"}), {})
    assert (seen["loaded"], seen["open"], seen["modules"]) == ("550.54.14", None, ["nvidia"])


def test_nouveau_and_modules_of_the_list_are_seen(tmp_path: Path) -> None:
    """/proc/modules names those that /sys/module may hide."""
    listed: Tree = {"/proc/modules": "nouveau 2306048 4 - Live 0x0\nmxm_wmi 12288 1 nouveau, Live 0x0\n"}
    assert driver.look(lay(tmp_path, linux(), listed), {})["modules"] == ["nouveau"]


def test_a_kernel_that_the_driver_was_not_built_for(tmp_path: Path) -> None:
    """None of its files is there, and an older kernel has them; the kernel's own nvidiafb is not of the driver."""
    build: Tree = {
        f"{DKMS}/build/make.log": f"DKMS make.log for nvidia-550.54.14 for kernel {KERNEL} (x86_64)\nerror\n"
    }
    seen = driver.look(lay(tmp_path, linux(), pci_gpu(driver=""), module_files("6.8.0-41-generic"), build), {})
    assert seen["module_files"] == []
    assert seen["other_kernels"] == ["6.8.0-41-generic"]
    assert seen["dkms_failed"] == [f"{DKMS}/build/make.log"]


def test_a_build_that_left_a_module_did_not_fail(tmp_path: Path) -> None:
    """Some versions of DKMS leave the log of a success where failures leave theirs."""
    build: Tree = {
        f"{DKMS}/build/make.log": f"DKMS make.log for nvidia-550.54.14 for kernel {KERNEL} (x86_64)\n",
        f"{DKMS}/{KERNEL}/x86_64/module/nvidia.ko.zst": "",
    }
    assert driver.look(lay(tmp_path, linux(), build), {})["dkms_failed"] == []


@pytest.mark.parametrize(
    "path",
    [
        "kernel/nvidia-550/nvidia.ko",
        "kernel/nvidia-550/bits/nvidia-uvm.ko",
        "updates/dkms/nvidia-current.ko.xz",
        "updates/dkms/nvidia-current-open-uvm.ko",
        "extra/nvidia/nvidia_drm.ko.gz",
        "weak-updates/nvidia-peermem.ko",
        "kernel/drivers/video/nvidia-modeset.ko",
    ],
)
def test_modules_are_found_where_distributions_put_them(tmp_path: Path, path: str) -> None:
    """With or without depmod's list."""
    assert driver.look(lay(tmp_path, linux(), {f"/lib/modules/{KERNEL}/{path}": ""}), {})["module_files"] == [
        f"/lib/modules/{KERNEL}/{path}"
    ]


@pytest.mark.parametrize("name", ["nvidiafb.ko", "nvidia-wmi-ec-backlight.ko", "nvidia_cspmu.ko", "i2c-nvidia-gpu.ko"])
def test_the_kernels_own_modules_are_not_the_drivers(tmp_path: Path, name: str) -> None:
    """Though NVIDIA stands in their names."""
    listed: Tree = {f"/lib/modules/{KERNEL}/modules.dep": f"kernel/drivers/x/{name}.zst:\nkernel/{name}:\n"}
    assert driver.look(lay(tmp_path, linux(), listed), {})["module_files"] == []


def test_a_module_that_depmod_lists_is_found_anywhere(tmp_path: Path) -> None:
    """A distribution may have a folder of its own."""
    listed: Tree = {f"/lib/modules/{KERNEL}/modules.dep": "strange/place/nvidia.ko.zst: kernel/x.ko\n"}
    files = driver.look(lay(tmp_path, linux(), listed), {})["module_files"]
    assert files == [f"/lib/modules/{KERNEL}/strange/place/nvidia.ko.zst"]


def test_a_container_sees_no_kernels_modules(tmp_path: Path) -> None:
    """Not seen, which is not the same as not built."""
    assert driver.look(lay(tmp_path, linux(), docker()), {})["module_files"] is None


def test_secure_boot_is_read_from_the_firmware(tmp_path: Path) -> None:
    """On, off on a machine that was not booted by UEFI, and unknown where the firmware's variables are hidden."""
    assert driver.look(lay(tmp_path / "on", linux(), secure_boot()), {})["secure_boot"] is True
    bios: Tree = {"/sys/firmware": FOLDER}
    assert driver.look(lay(tmp_path / "bios", linux(), bios), {})["secure_boot"] is False
    hidden: Tree = {"/sys/firmware/efi/efivars": FOLDER}
    assert driver.look(lay(tmp_path / "hidden", linux(), hidden), {})["secure_boot"] is None


@pytest.mark.parametrize(
    ("tree", "off"),
    [
        ({"/etc/modprobe.d/nvidia.conf": "# off\nblacklist nouveau\noptions nouveau modeset=0\n"}, True),
        ({"/usr/lib/modprobe.d/nvidia.conf": "install nouveau /bin/false\n"}, True),
        ({"/proc/cmdline": "ro modprobe.blacklist=pcspkr,nouveau quiet\n"}, True),
        ({"/proc/cmdline": "ro rd.driver.blacklist=nouveau\n"}, True),
        ({"/etc/modprobe.d/nvidia.conf": "#blacklist nouveau\nblacklist nouveau_fake\n"}, False),
        ({"/etc/modprobe.d/readme.txt": "blacklist nouveau\n"}, False),
        ({"/etc/modprobe.d": FOLDER}, False),
    ],
)
def test_nouveau_is_kept_off_by_a_file_or_at_boot(tmp_path: Path, tree: Tree, off: bool) -> None:
    """A comment keeps nothing off."""
    assert driver.look(lay(tmp_path, linux(), tree), {})["blacklists_nouveau"] is off


def test_what_uvm_and_power_management_say(tmp_path: Path) -> None:
    """A module's parameter, and how often the machine slept."""
    said: Tree = {
        "/sys/module/nvidia_uvm/parameters/uvm_disable_hmm": "Y\n",
        "/sys/power/suspend_stats/success": "3\n",
    }
    seen = driver.look(lay(tmp_path, linux(), said), {})
    assert (seen["uvm_hmm_disabled"], seen["suspended_since_boot"]) == (True, True)


def test_a_fabric_manager_that_runs_is_told_with_its_version(tmp_path: Path) -> None:
    """By its control group; the version is what the program says."""
    manager: Tree = {
        "/usr/bin/nv-fabricmanager": "#!/bin/sh\necho Fabric Manager version is : 550.54.14\n",
        "/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service/cgroup.procs": "812\n",
        "/proc/driver/nvidia-nvswitch/devices/0000:86:00.0/information": "",
        "/proc/driver/nvidia-nvswitch/devices/0000:87:00.0/information": "",
    }
    seen = driver.look(lay(tmp_path, linux(), manager), {})
    assert (seen["fabric_manager"], seen["fabric_manager_version"], seen["nvswitches"]) == ("running", "550.54.14", 2)


def test_a_fabric_manager_that_stands_still(tmp_path: Path) -> None:
    """Installed, with the number of a process that is gone; the switches are known by their nodes."""
    manager: Tree = {
        "/usr/bin/nv-fabricmanager": "#!/bin/sh\nexit 1\n",
        "/run/nvidia-fabricmanager/nv-fabricmanager.pid": "812\n",
        "/dev/nvidia-nvswitch0": "",
        "/dev/nvidia-nvswitchctl": "",
    }
    root = lay(tmp_path, linux(), manager)
    seen = driver.look(root, {})
    assert (seen["fabric_manager"], seen["fabric_manager_version"], seen["nvswitches"]) == ("stopped", None, 1)
    assert driver.look(lay(tmp_path, {"/proc/812": FOLDER}), {})["fabric_manager"] == "running"


def test_the_persistence_daemon_is_known_by_its_process(tmp_path: Path) -> None:
    """Whose number stands in its file."""
    daemon: Tree = {"/run/nvidia-persistenced/nvidia-persistenced.pid": "77\n", "/proc/77": FOLDER}
    assert driver.look(lay(tmp_path, linux(), daemon), {})["persistenced"] is True


@pytest.mark.parametrize(
    ("written", "chosen"), [("on-demand", "on-demand"), ("on", "nvidia"), ("off", "intel"), ("\xff", ""), ("", "")]
)
def test_prime_select_is_told_in_its_own_words(tmp_path: Path, written: str, chosen: str) -> None:
    """Its file speaks another language."""
    root = lay(tmp_path, linux(), laptop(), {"/etc/prime-discrete": f"{written}\n"})
    assert driver.look(root, {})["prime"] == chosen


def test_no_driver_at_all(tmp_path: Path) -> None:
    """Nothing runs, nothing was built, and nvidia-smi is nowhere: seen, not unknown."""
    seen = driver.look(lay(tmp_path, linux(), pci_gpu(driver="")), {})
    assert (seen["loaded"], seen["modules"], seen["module_files"], seen["smi"]) == (None, [], [], "")
