"""The machine's own section."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diagnostics.doctor.probe import host
from tests.diagnostics.doctor.roots import KERNEL, Tree, docker, laptop, lay, linux, wsl

GIB = 1 << 30


def test_a_desktop_is_told_field_by_field(tmp_path: Path) -> None:
    """From its files alone: nothing of this machine is in it."""
    assert host.look(lay(tmp_path, linux()), {}) == {
        "system": "Linux",
        "machine": "x86_64",
        "kernel": KERNEL,
        "name": "ada",
        "distribution": "Ubuntu 24.04.1 LTS",
        "distribution_id": "ubuntu",
        "libc": None,
        "cpus": 16,
        "memory_total": 64 * GIB,
        "memory_available": 32 * GIB,
        "laptop": False,
        "virtual_machine": "",
        "wsl": False,
        "jetson": "",
        "scheduler": "",
        "command_line": f"BOOT_IMAGE=/boot/vmlinuz-{KERNEL} root=/dev/nvme0n1p2 ro quiet splash",
        "root": False,
        "uptime": 86400.25,
    }


def test_this_machine_is_told() -> None:
    """The running system fills what no file tells."""
    seen = host.look("")
    assert seen["system"] == os.uname().sysname
    assert seen["machine"] == os.uname().machine
    assert seen["name"] == os.uname().nodename
    assert seen["root"] == (os.geteuid() == 0)
    assert isinstance(seen["cpus"], int)
    assert isinstance(seen["memory_total"], int)


@pytest.mark.parametrize(
    ("tree", "is_laptop"),
    [
        (laptop(), True),
        ({"/sys/class/dmi/id/chassis_type": "31\n"}, True),
        ({"/sys/class/dmi/id/chassis_type": "23\n", "/sys/class/power_supply/BAT0/type": "Battery\n"}, False),
    ],
)
def test_a_laptop_is_known_by_its_chassis(tmp_path: Path, tree: Tree, is_laptop: bool) -> None:
    """A server with a battery for its cache is none."""
    assert host.look(lay(tmp_path, linux(), tree), {})["laptop"] is is_laptop


def test_without_firmware_tables_a_battery_makes_a_laptop(tmp_path: Path) -> None:
    """A wireless mouse's battery does not."""
    battery = "/sys/class/power_supply/BAT0/type"
    mouse: Tree = {"/sys/class/power_supply/hid/type": "Battery\n", "/sys/class/power_supply/hid/scope": "Device\n"}
    assert host.look(lay(tmp_path / "a", {battery: "Battery\n"}), {})["laptop"] is True
    assert host.look(lay(tmp_path / "b", mouse), {})["laptop"] is False
    assert host.look(lay(tmp_path / "c", {}), {})["laptop"] is None


@pytest.mark.parametrize(
    ("vendor", "product", "kind"),
    [
        ("QEMU", "Standard PC (Q35 + ICH9, 2009)", "kvm"),
        ("VMware, Inc.", "VMware7,1", "vmware"),
        ("innotek GmbH", "VirtualBox", "virtualbox"),
        ("Microsoft Corporation", "Virtual Machine", "hyper-v"),
        ("Microsoft Corporation", "Surface Laptop 5", ""),
        ("Amazon EC2", "p5.48xlarge", "amazon"),
        ("Amazon EC2", "g4dn.metal", ""),
        ("Google", "Google Compute Engine", "google"),
        ("Xen", "HVM domU", "xen"),
        ("Supermicro", "SYS-821GE", ""),
    ],
)
def test_a_virtual_machine_is_known_by_its_names(tmp_path: Path, vendor: str, product: str, kind: str) -> None:
    """A cloud's bare metal is a machine."""
    names: Tree = {"/sys/class/dmi/id/sys_vendor": vendor, "/sys/class/dmi/id/product_name": product}
    assert host.look(lay(tmp_path, linux(), names), {})["virtual_machine"] == kind


def test_a_hypervisor_without_a_name_is_known_by_the_processor(tmp_path: Path) -> None:
    """ "other"."""
    flags: Tree = {"/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu avx2 hypervisor lahf_lm\n"}
    assert host.look(lay(tmp_path, linux(), flags), {})["virtual_machine"] == "other"


def test_wsl_is_known_by_its_kernel_and_its_interpreter(tmp_path: Path) -> None:
    """A kernel that a user built need not say Microsoft."""
    built: Tree = {"/proc/sys/fs/binfmt_misc/WSLInterop": "enabled\n"}
    assert host.look(lay(tmp_path / "a", linux(), wsl()), {})["wsl"] is True
    assert host.look(lay(tmp_path / "b", linux(), built), {})["wsl"] is True
    assert host.look(lay(tmp_path / "c", linux(), docker()), {})["wsl"] is False


def test_a_jetson_is_known_by_its_board_or_its_release(tmp_path: Path) -> None:
    """Other boards with a device tree are none."""
    model = "/proc/device-tree/model"
    orin: Tree = {model: "NVIDIA Jetson AGX Orin Developer Kit\0"}
    released: Tree = {"/etc/nv_tegra_release": "# R36 (release), REVISION: 3.0\n"}
    assert host.look(lay(tmp_path / "a", linux(), orin), {})["jetson"] == "NVIDIA Jetson AGX Orin Developer Kit"
    assert host.look(lay(tmp_path / "b", linux(), released), {})["jetson"] == "# R36 (release), REVISION: 3.0"
    assert host.look(lay(tmp_path / "c", linux(), {model: "Raspberry Pi 5\0"}), {})["jetson"] == ""


@pytest.mark.parametrize(
    ("tree", "variables", "scheduler"),
    [
        ({"/usr/bin/sinfo": ""}, {}, "slurm"),
        ({"/opt/pbs/bin/pbsnodes": ""}, {"PATH": "/usr/bin:/opt/pbs/bin"}, "pbs"),
        ({"/usr/bin/bsub": ""}, {}, "lsf"),
        ({}, {"SLURM_JOB_ID": "7"}, "slurm"),
        ({}, {}, ""),
    ],
)
def test_a_cluster_is_known_by_its_commands_or_its_job(
    tmp_path: Path, tree: Tree, variables: dict[str, str], scheduler: str
) -> None:
    """In a job's container the commands are not there."""
    assert host.look(lay(tmp_path, linux(), tree), variables)["scheduler"] == scheduler


def test_musl_is_known_by_its_loader(tmp_path: Path) -> None:
    """As on Alpine."""
    alpine: Tree = {"/lib/ld-musl-x86_64.so.1": "", "/etc/os-release": 'ID=alpine\nPRETTY_NAME="Alpine Linux v3.20"\n'}
    seen = host.look(lay(tmp_path, linux(), alpine), {})
    assert (seen["libc"], seen["distribution_id"]) == ("musl", "alpine")


def test_the_superuser_is_known_by_the_effective_user(tmp_path: Path) -> None:
    """As sudo makes it."""
    status: Tree = {"/proc/self/status": "Name:\tpython3\nUid:\t1000\t0\t0\t0\n"}
    assert host.look(lay(tmp_path, linux(), status), {})["root"] is True


def test_processors_are_counted_in_ranges(tmp_path: Path) -> None:
    """Those that are online."""
    online: Tree = {"/sys/devices/system/cpu/online": "0-3,8,10-11\n"}
    assert host.look(lay(tmp_path, linux(), online), {})["cpus"] == 7
