"""The driver's kernel side: is there a GPU, a module for it, and does the module drive it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.remedies import (
    READ_LOG,
    SMI,
    enrol_key,
    install_driver,
    rebuild_initramfs,
    rebuild_module,
)
from diagnostics.doctor.checks.views import (
    NVIDIA,
    contained,
    device_line,
    gpus,
    has_gpu,
    listed,
    loaded,
    logged,
    nvidia_devices,
    nvml_code,
    on_laptop,
    own_kernel,
    reserved,
    scheduler_job,
)
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step
from diagnostics.text import clean

LAYERS = "cuda_setup#the-layers"
DRIVER = "cuda_setup#the-driver"


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    if why := unseen(facts, "pci", "driver"):
        return Seen("skipped", "the driver was not judged", (why,))
    if facts.driver is None or not has_gpu(facts):
        return None
    if version := facts.driver.loaded:
        make = {True: ("the open kernel module",), False: ("the proprietary kernel module",)}
        flavour = () if facts.driver.open is None else make[facts.driver.open]
        return Seen("ok", f"driver {clean(version, 40)} is loaded", flavour)
    if facts.nvml and not facts.nvml.error and facts.nvml.driver:
        return Seen("ok", f"driver {clean(facts.nvml.driver, 40)} is loaded, outside of this kernel")
    return None


@fault(
    "no-gpu",
    "no NVIDIA GPU in this machine",
    looks="The devices on the PCI bus, and the GPUs that NVML lists.",
    matters="Without an NVIDIA GPU, torch computes on the CPU. Nothing of the set-up can change that.",
    lesson=LAYERS,
)
def no_gpu(facts: Facts) -> Iterator[Seen]:
    host = facts.host
    if host is None or has_gpu(facts) or host.wsl or host.jetson or _switched_off(facts):
        return
    if facts.container is None or contained(facts) or _elsewhere(facts):
        return
    lent = [one for one in facts.pci or [] if one.vendor == NVIDIA and reserved(one)]
    if host.system == "Darwin":
        yield Seen(
            "note", "a Mac: no NVIDIA GPU is to be expected", cause="torch computes on the CPU here, and on MPS."
        )
    elif lent:
        yield Seen("note", "the NVIDIA GPU is kept for virtual machines", tuple(map(device_line, lent)))
    elif facts.pci is not None and not (host.scheduler and not scheduler_job(facts)):
        others = [clean(f"{one.vendor}:{one.device}", 20) for one in facts.pci if one.vendor != NVIDIA]
        seen = f"display devices on the PCI bus: {listed(others) if others else 'none'}"
        cause = "torch computes on the CPU here."
        if any(one.vendor == "1002" for one in facts.pci):
            cause = "The GPU is AMD's: it takes a ROCm build of torch, and the doctor judges NVIDIA's alone."
        yield Seen("note", "no NVIDIA GPU in this machine", (seen,), cause)


@fault(
    "laptop-gpu-off",
    "the laptop's NVIDIA GPU is switched off",
    looks="What prime-select chose, and whether NVIDIA's GPU stands on the PCI bus with its driver loaded.",
    matters="A hybrid laptop that is set to its integrated GPU hides the NVIDIA GPU, and CUDA finds no device.",
    lesson=DRIVER,
)
def laptop_gpu_off(facts: Facts) -> Iterator[Seen]:
    if not _switched_off(facts):
        return
    on_bus = "stands on the PCI bus without a driver" if nvidia_devices(facts) else "is not on the PCI bus"
    yield Seen(
        "fail",
        "the laptop's NVIDIA GPU is switched off",
        ("prime-select chose intel", f"the NVIDIA GPU {on_bus}"),
        "The laptop was set to its integrated GPU alone.",
        (
            Step(
                "Let the NVIDIA GPU wake when a program wants it, and reboot.",
                "sudo prime-select on-demand",
                root=True,
                reboot=True,
                verify=SMI,
            ),
        ),
    )


@fault(
    "no-driver",
    "no NVIDIA driver is installed",
    looks="NVIDIA's GPUs on the PCI bus, the kernel modules that run, and the module files of every kernel installed.",
    matters="CUDA reaches the GPU through the driver alone; a torch wheel brings everything but the driver.",
    lesson=DRIVER,
    follows=("laptop-gpu-off",),
)
def no_driver(facts: Facts) -> Iterator[Seen]:
    driver = facts.driver
    if not _undriven(facts) or driver is None or driver.module_files or driver.other_kernels or driver.dkms_failed:
        return
    if driver.module_files is None and nvml_code(facts) != 12:
        return
    yield Seen(
        "fail",
        "an NVIDIA GPU is here, and no NVIDIA driver is installed",
        (*map(device_line, nvidia_devices(facts)), *["no kernel has a module nvidia.ko"] * (driver.module_files == [])),
        "The GPU came without the driver, or the driver was removed.",
        (install_driver(facts),),
    )


@fault(
    "nouveau-bound",
    "the nouveau driver holds the GPU",
    looks="Which kernel module drives NVIDIA's GPUs on the PCI bus.",
    matters="nouveau cannot run CUDA, and while it holds the GPU, NVIDIA's own driver cannot.",
    lesson=DRIVER,
    follows=("no-driver", "module-missing-for-kernel", "secure-boot-unsigned"),
)
def nouveau_bound(facts: Facts) -> Iterator[Seen]:
    held = [one for one in nvidia_devices(facts) if one.driver == "nouveau"]
    if not held or not own_kernel(facts) or loaded(facts) is not False:
        return
    blacklist = "printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | sudo tee /etc/modprobe.d/no-nouveau.conf"
    image = rebuild_initramfs(facts)
    yield Seen(
        "fail",
        f"nouveau drives the GPU{'s' * (len(held) > 1)}: CUDA needs NVIDIA's own driver",
        tuple(map(device_line, held)),
        "The kernel's free driver was loaded first, and NVIDIA's cannot take the GPU from it.",
        (
            Step(
                "Keep nouveau from loading, make the boot image anew, and reboot.",
                f"{blacklist} && {image}" if image else blacklist,
                root=True,
                reboot=True,
                verify=SMI,
            ),
        ),
    )


@fault(
    "module-missing-for-kernel",
    "the driver has no module for the kernel that runs",
    looks="The module files of the kernel that runs and of the others, and builds by DKMS that failed.",
    matters="A kernel update needs the driver's module built again; until then the new kernel has no driver.",
    lesson=DRIVER,
)
def module_missing_for_kernel(facts: Facts) -> Iterator[Seen]:
    driver = facts.driver
    if not _undriven(facts) or driver is None or driver.module_files != []:
        return
    others, failed = driver.other_kernels or [], driver.dkms_failed or []
    if not (others or failed):
        return
    kernel = clean((facts.host.kernel if facts.host else None) or "that runs", 60)
    newer = [one for one in others if _release(one) > _release(facts.host.kernel if facts.host else None) > []]
    fix = [rebuild_module(facts)]
    if newer:
        text = f"Reboot into the kernel {clean(newer[0], 60)}, which has the module."
        fix = [Step(text, "sudo reboot", root=True, reboot=True, verify=SMI)]
    elif others:
        fix.append(Step(f"Boot the kernel {clean(others[0], 60)}, which has the module.", reboot=True, verify=SMI))
    yield Seen(
        "fail",
        f"the driver has no module for the kernel {kernel}",
        (
            *(f"the kernel {clean(one, 60)} has one" for one in others[:3]),
            *(f"a build that failed: {clean(one)}" for one in failed[:3]),
        ),
        f"The kernel was upgraded to {clean(newer[0], 60)}, and the machine was not rebooted: the old one still runs."
        if newer
        else "The kernel was updated, and the module was not built for the new one: mostly the headers are missing.",
        tuple(fix),
    )


@fault(
    "secure-boot-unsigned",
    "Secure Boot refuses the driver's module",
    looks="Whether Secure Boot is on, a module file is there, and the module is not loaded; the kernel's log.",
    matters="With Secure Boot the kernel loads signed modules only, and one that DKMS built is signed with a key "
    "that the firmware must be told of.",
    lesson=DRIVER,
    follows=("laptop-gpu-off",),
)
def secure_boot_unsigned(facts: Facts) -> Iterator[Seen]:
    driver = facts.driver
    if not _undriven(facts) or driver is None or not driver.secure_boot or not driver.module_files:
        return
    refused = logged(facts, "key was rejected", "unavailable key is rejected", "unsigned module")
    unread = facts.kernel_log is None or not facts.kernel_log.readable
    held = any(one.driver for one in nvidia_devices(facts))
    if not refused and (held or not unread):
        return
    ask = Step(
        'Load it by hand: if Secure Boot refuses it, that ends with "Key was rejected".',
        "sudo modprobe nvidia",
        root=True,
    )
    yield Seen(
        "fail",
        f"Secure Boot {'refuses' if refused else 'is on, and probably refuses'} the driver's module",
        ("Secure Boot is on", f"there, and not loaded: {clean(driver.module_files[0])}", *refused),
        "The module is signed with no key that the firmware knows.",
        (
            *(() if refused else (ask,)),
            enrol_key(facts),
            Step(
                "or where nobody can reach the console: install modules that the distribution signed, or switch Secure "
                "Boot off in the firmware.",
                reboot=True,
            ),
        ),
    )


@fault(
    "driver-not-loaded",
    "the driver is installed and not loaded",
    looks="The code that NVML starts with, and the kernel modules that run.",
    matters="While the kernel module does not run, no program reaches the GPU.",
    lesson=DRIVER,
    follows=(
        "laptop-gpu-off",
        "no-driver",
        "module-missing-for-kernel",
        "legacy-driver-required",
        "secure-boot-unsigned",
        "nouveau-bound",
        "wsl-linux-driver",
    ),
)
def driver_not_loaded(facts: Facts) -> Iterator[Seen]:
    idle = _undriven(facts) and bool(facts.driver and facts.driver.module_files)
    if not nvidia_devices(facts) or not (idle or nvml_code(facts) == 9):
        return
    evidence = ["NVML: driver not loaded (9)"] if nvml_code(facts) == 9 else []
    if loaded(facts) is False:
        evidence.append("the kernel module nvidia does not run")
    load = Step("Load it.", "sudo modprobe nvidia && sudo modprobe nvidia_uvm", root=True, verify=SMI)
    if not own_kernel(facts):
        load = Step("Load it on the host, outside of this container.", load.command, root=True, verify=SMI)
    yield Seen("fail", "the NVIDIA driver is not loaded", tuple(evidence), fix=(load, READ_LOG))


def _elsewhere(facts: Facts) -> bool:
    """Whether NVML shows that there is a GPU, though the bus does not: it fails otherwise than without a driver."""
    idle = nvml_code(facts) in (None, 12) or (nvml_code(facts) == 9 and not loaded(facts))
    return "nvml" in facts.hung or not idle


def _switched_off(facts: Facts) -> bool:
    """A hybrid laptop whose owner chose the integrated GPU, and which shows no driven NVIDIA GPU."""
    chosen = facts.driver is not None and facts.driver.prime == "intel" and loaded(facts) is False
    return chosen and facts.pci is not None and on_laptop(facts) and own_kernel(facts) and not gpus(facts)


def _undriven(facts: Facts) -> bool:
    """A GPU on this machine's bus, and no NVIDIA module that runs."""
    return bool(nvidia_devices(facts)) and own_kernel(facts) and loaded(facts) is False


def _release(kernel: str | None) -> list[int]:
    """The numbers of a kernel's release, in order; [6, 8, 0, 45] of "6.8.0-45-generic"."""
    return [int(number) for number in re.findall(r"\d{1,9}", kernel or "")]
