"""The GPUs on the bus: does the driver that runs drive each of them?"""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.doctor.checks.chips import BLACKWELL, before_turing, chip, last_branch
from diagnostics.doctor.checks.fault import Seen, fault
from diagnostics.doctor.checks.remedies import READ_LOG, SMI, install_branch
from diagnostics.doctor.checks.views import (
    device_line,
    driver_branch,
    gpu_nodes,
    gpus,
    listed,
    logged,
    nvidia_devices,
    nvml_code,
    own_kernel,
    place,
    scheduler_job,
)
from diagnostics.doctor.facts import Facts, PciDevice
from diagnostics.finding import Step
from diagnostics.text import clean

DRIVER = "cuda_setup#the-driver"
SICK = "cuda_setup#a-sick-gpu"


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    found = [one for one in nvidia_devices(facts) if one.driver == "nvidia"]
    if not found or not gpus(facts) or _unlisted(facts):
        return None
    many = {1: "the GPU", 2: "both GPUs"}.get(len(found), f"all {len(found)} GPUs")
    return Seen("ok", f"the driver drives {many} on the PCI bus", tuple(map(device_line, found)))


@fault(
    "open-module-required",
    "the GPU needs the open kernel module",
    looks="The GPU's generation, which of the driver's two modules runs, and the kernel's log.",
    matters="Blackwell and newer GPUs are driven by the open kernel module only; the proprietary one ignores them.",
    lesson=DRIVER,
)
def open_module_required(facts: Facts) -> Iterator[Seen]:
    told = logged(facts, "requires use of the NVIDIA")
    ignored = [one for one in _ignored(facts) if chip(one) >= BLACKWELL]
    if not own_kernel(facts) or not ((told and _ignored(facts)) or (ignored and facts.driver and _closed(facts))):
        return
    branch = driver_branch(facts.driver.loaded if facts.driver else None)
    ubuntu = facts.host is not None and facts.host.distribution_id == "ubuntu" and branch
    yield Seen(
        "fail",
        "the GPU needs the open kernel module, and the proprietary one runs",
        (*map(device_line, ignored), *told),
        "The driver was installed in the flavour that knows GPUs up to Ada and Hopper.",
        (
            Step(
                "Install the same driver with the open module, and reboot.",
                f"sudo apt install nvidia-driver-{branch}-open" if ubuntu else "",
                root=True,
                reboot=True,
                verify=SMI,
            ),
        ),
    )


@fault(
    "legacy-driver-required",
    "the driver no longer knows this GPU",
    looks="The GPU's generation, the driver's branch and module, and the kernel's log.",
    matters="The open module drives Turing and newer GPUs, and branches after 580 drive nothing older either: such "
    "a GPU stays dark although the driver is loaded.",
    lesson=DRIVER,
)
def legacy_driver_required(facts: Facts) -> Iterator[Seen]:
    told = logged(facts, "legacy drivers", "not supported by open")
    unlisted = [one for one in _unlisted(facts) if before_turing(one)]
    ignored = [one for one in _ignored(facts) if before_turing(one)]
    branch = driver_branch(facts.driver.loaded if facts.driver else None) or 0
    last = last_branch(unlisted)
    newer = last is not None and branch > last
    opened = facts.driver is not None and facts.driver.open is True
    if not own_kernel(facts) or not ((told and unlisted) or (ignored and (newer or opened))):
        return
    wanted = f"the {last} branch" if newer else "the proprietary module"
    yield Seen(
        "fail",
        f"the driver does not drive a GPU of this age: it takes {wanted}",
        (*map(device_line, unlisted), *told),
        f"The {last} branch is the last that drives it, and the open module never did."
        if last
        else "Newer branches have dropped GPUs of this age, and the open module never drove them.",
        (install_branch(facts, last),),
    )


@fault(
    "adapter-init-failed",
    "the driver could not start a GPU",
    looks="NVIDIA's GPUs that the driver holds on the PCI bus, against those that NVML lists; the kernel's log.",
    matters="A GPU that the driver could not start is missing for every program, and often points to power, firmware "
    "or the slot.",
    lesson=SICK,
    follows=("open-module-required", "legacy-driver-required", "gpu-lost", "driver-library-mismatch"),
)
def adapter_init_failed(facts: Facts) -> Iterator[Seen]:
    ignored = _ignored(facts)
    if not ignored or not own_kernel(facts):
        return
    others = "the other GPUs" if gpus(facts) else "no GPU"
    yield Seen(
        "fail",
        f"the driver could not start the GPU{'s' * (len(ignored) > 1)} at "
        + listed([clean(one.address, 20) for one in ignored]),
        (
            *(f"{device_line(one)}, and NVML does not list it" for one in ignored[:8]),
            *logged(facts, "RmInitAdapter failed", "GSP", "fallen off the bus"),
        ),
        f"The driver is loaded and lists {others}: what is missing did not come up when the driver started it.",
        (
            READ_LOG,
            Step(
                "Switch the machine off, wait, and start it cold: a reboot keeps the GPU powered.",
                "sudo poweroff",
                root=True,
                reboot=True,
                verify=SMI,
            ),
            Step(
                "Check the power cables and the seat of the card; in the firmware, switch on Above 4G Decoding. Then "
                "update the firmware and the driver."
            ),
        ),
    )


def _unlisted(facts: Facts) -> list[PciDevice]:
    """GPUs on the bus that NVML does not list, though it answers, or is asked in vain (9)."""
    if facts.nvml is None or facts.nvml.error not in (0, 9):
        return []
    places = {place(one.pci) for one in gpus(facts)}
    if "" in places or (facts.nvml.gpus is None and not facts.nvml.error):
        return []
    return [one for one in nvidia_devices(facts) if place(one.address) and place(one.address) not in places]


def _ignored(facts: Facts) -> list[PciDevice]:
    """GPUs that the running driver holds and does not list; none where a job's or a user's are hidden on purpose."""
    hidden = facts.nodes is None or any(one.opens for one in gpu_nodes(facts)) or bool(scheduler_job(facts))
    if hidden or nvml_code(facts) != 0:
        return []
    return [one for one in _unlisted(facts) if one.driver == "nvidia"]


def _closed(facts: Facts) -> bool:
    return facts.driver is not None and facts.driver.open is False
