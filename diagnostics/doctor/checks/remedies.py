"""Steps that several faults share, each for the distribution at hand."""

from __future__ import annotations

from diagnostics.doctor.checks.chips import last_branch
from diagnostics.doctor.checks.views import driver_branch, nvidia_devices
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step

SMI = "nvidia-smi lists the GPU"

REBOOT = Step("Reboot.", "sudo reboot", root=True, reboot=True, verify=SMI)

READ_LOG = Step("Read what the driver itself says.", "sudo dmesg | grep -iE 'nvrm|xid|nvidia' | tail -n 40", root=True)

START_UP = "~/.bashrc ~/.profile ~/.bash_profile ~/.zshrc /etc/environment /etc/profile.d"
"""Where a shell's variables are set."""

_MODULES = ("nvidia_peermem", "nvidia_drm", "nvidia_modeset", "nvidia_uvm", "nvidia")
"""The driver's modules, each before those that it uses."""
_COME_ALONG = ("nvidia", "nvidia_modeset", "nvidia_uvm")
"""Those that modprobe loads with another: nvidia_uvm is always asked for, and brings nvidia."""

_INSTALL = {
    "ubuntu": "sudo ubuntu-drivers install",
    "linuxmint": "sudo ubuntu-drivers install",
    "pop": "sudo apt install system76-driver-nvidia",
    "debian": "sudo apt install linux-headers-$(uname -r) nvidia-driver",
    "fedora": "sudo dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda",
    "arch": "sudo pacman -S nvidia-open nvidia-utils",
    "manjaro": "sudo mhwd -a pci nonfree 0300",
}
_SOURCES = {
    "debian": " It is in the non-free component, which /etc/apt/sources.list must name.",
    "fedora": " It comes from RPM Fusion's nonfree repository, which must be enabled.",
}
_ONLY_NEWEST = ("arch",)
"""Distributions whose own package is of the newest branch alone, whatever the GPU."""
_BRANCH = {
    "ubuntu": "sudo apt install nvidia-driver-{branch}",
    "arch": "git clone https://aur.archlinux.org/nvidia-{branch}xx-utils.git && cd nvidia-{branch}xx-utils && "
    "makepkg -si",
}
_BRANCH_SOURCES = {"arch": " It is in the AUR; building it takes base-devel, git and the kernel's headers."}
_REBUILD = {
    "ubuntu": "sudo apt install linux-headers-$(uname -r) && sudo dkms autoinstall && sudo modprobe nvidia",
    "debian": "sudo apt install linux-headers-$(uname -r) && sudo dkms autoinstall && sudo modprobe nvidia",
    "fedora": "sudo dnf install kernel-devel-$(uname -r) && sudo akmods --force && sudo modprobe nvidia",
    "arch": "sudo pacman -S linux-headers nvidia-open-dkms && sudo modprobe nvidia",
}
_INITRAMFS = {
    "ubuntu": "sudo update-initramfs -u",
    "debian": "sudo update-initramfs -u",
    "fedora": "sudo dracut --force",
    "rhel": "sudo dracut --force",
    "rocky": "sudo dracut --force",
    "almalinux": "sudo dracut --force",
    "arch": "sudo mkinitcpio -P",
}
_KEYS = {
    "ubuntu": "/var/lib/shim-signed/mok/MOK.der",
    "linuxmint": "/var/lib/shim-signed/mok/MOK.der",
    "debian": "/var/lib/dkms/mok.pub",
    "fedora": "/etc/pki/akmods/certs/public_key.der",
}
"""The key that the distribution signs the modules with which it builds on the machine."""
_COMPUTE = {
    "ubuntu": "sudo apt install libnvidia-compute-{branch}",
    "debian": "sudo apt install libcuda1",
    "fedora": "sudo dnf install xorg-x11-drv-nvidia-cuda-libs",
    "arch": "sudo pacman -S nvidia-utils",
}
"""What brings libcuda and libnvidia-ml."""


def install_driver(facts: Facts) -> Step:
    """The distribution's own way to the driver."""
    name, last = _distribution(facts), last_branch(nvidia_devices(facts))
    if last and name in _ONLY_NEWEST:
        return install_branch(facts, last)
    text = "Install the driver that your distribution packages for this GPU, and reboot." + _SOURCES.get(name, "")
    return Step(text, _INSTALL.get(name, ""), root=True, reboot=True, verify=SMI)


def install_branch(facts: Facts, branch: int | None) -> Step:
    """The last branch for a GPU that newer ones do not drive; None where it is not known which that is."""
    name = _distribution(facts)
    which = (
        f"Install branch {branch} of the driver, the last for this GPU,"
        if branch
        else ("Install the branch that NVIDIA's list of legacy GPUs names for this GPU,")
    )
    text = f"{which} with the proprietary module, and reboot." + _BRANCH_SOURCES.get(name, "") * bool(branch)
    command = _BRANCH.get(name, "").format(branch=branch) if branch else ""
    return Step(text, command, root=True, reboot=True, verify=SMI)


def rebuild_module(facts: Facts) -> Step:
    text = "Build the module for this kernel: install the kernel's headers, and have the driver's package build it."
    name, last = _distribution(facts), last_branch(nvidia_devices(facts))
    if last and name in _ONLY_NEWEST:
        return Step(text, f"sudo dkms autoinstall && {reload(facts, 'nvidia')}", root=True, verify=SMI)
    return Step(text, _REBUILD.get(name, ""), root=True, verify=SMI)


def rebuild_initramfs(facts: Facts) -> str:
    """The command that makes the boot image anew; "" where the distribution has its own way."""
    return _INITRAMFS.get(_distribution(facts), "")


def reload(facts: Facts, module: str) -> str:
    """The command that loads a module of the driver anew; loaded ones that use it go first, and come back after it.

    rmmod fails for a module that is not loaded, so where nothing is known of that, it is let fail.
    """
    use_it = _MODULES if module == "nvidia" else (module,)
    there = facts.driver.modules if facts.driver else None
    out = [one for one in use_it if there is None or one in there]
    back = ["nvidia_uvm", *(one for one in reversed(out) if there is not None and one not in _COME_ALONG)]
    holders = _holders(facts) if module == "nvidia" else ""
    load = f"sudo modprobe -a {' '.join(back)}" if len(back) > 1 else f"sudo modprobe {back[0]}"
    steps = [
        f"sudo systemctl stop {holders}" if holders else "",
        f"sudo rmmod {' '.join(out)}" if out else "",
        load,
        f"sudo systemctl start {holders}" if holders else "",
    ]
    return ("; " if there is None else " && ").join(step for step in steps if step)


def _holders(facts: Facts) -> str:
    """The services that run and keep the driver's modules in use."""
    driver = facts.driver
    names = [] if driver is None else ["nvidia-persistenced"] * bool(driver.persistenced)
    return " ".join(names + ["nvidia-fabricmanager"] * bool(driver and driver.fabric_manager == "running"))


def enrol_key(facts: Facts) -> Step:
    """Tell the firmware of the key that the driver's module is signed with."""
    key = _KEYS.get(_distribution(facts))
    return Step(
        "Enrol the key that signs the module, reboot, and confirm at the console with the password that you chose.",
        f"sudo mokutil --import {key}" if key else "",
        root=True,
        reboot=True,
        verify=SMI,
    )


def install_libraries(facts: Facts) -> Step:
    """The driver's libraries, of the version that runs."""
    branch = driver_branch(facts.driver.loaded if facts.driver else None)
    name = _distribution(facts)
    command = _COMPUTE.get(name, "").format(branch=branch) if branch or name != "ubuntu" else ""
    return Step("Install the driver's libraries, of the version that runs.", command, root=True, verify=SMI)


def reset(indices: str) -> Step:
    """Reset GPUs, as nvidia-smi's -i takes them; all of them where it is not known which."""
    text = (
        "End what runs on it, and reset it. GPUs that are joined by NVLink or NVSwitch may have to be reset together."
    )
    return Step(text, "sudo nvidia-smi --gpu-reset" + (f" -i {indices}" if indices else ""), root=True, verify=SMI)


def _distribution(facts: Facts) -> str:
    return (facts.host.distribution_id if facts.host else None) or ""
