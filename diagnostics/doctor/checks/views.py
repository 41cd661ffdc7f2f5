"""Questions that several themes ask of Facts, and the words in which GPUs are named."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.doctor.facts import Facts, Gpu, Node, PciDevice
from diagnostics.text import clean

NVIDIA = "10de"
JOBS = {
    "SLURM_JOB_ID": "Slurm",
    "PBS_JOBID": "PBS",
    "LSB_JOBID": "LSF",
}
"""The variable that each scheduler sets in a job."""

SCHEDULERS = {"slurm": "Slurm", "pbs": "PBS", "lsf": "LSF"}


def nvidia_devices(facts: Facts) -> list[PciDevice]:
    """NVIDIA's GPUs on the PCI bus; NVSwitches are none, and one that is kept for a virtual machine is not ours."""
    return [
        one
        for one in facts.pci or []
        if one.vendor == NVIDIA and one.device_class.startswith("03") and not reserved(one)
    ]


def device_line(device: PciDevice) -> str:
    """As in "0000:01:00.0: NVIDIA 2684, driven by nouveau"."""
    driven = {None: "", "": ", without a driver"}.get(device.driver, f", driven by {clean(device.driver or '', 40)}")
    return f"{clean(device.address, 20)}: NVIDIA {clean(device.device, 8)}{driven}"


def reserved(device: PciDevice) -> bool:
    """Whether the device is kept for a virtual machine."""
    return (device.driver or "").startswith(("vfio", "pci-stub"))


def gpu_nodes(facts: Facts) -> list[Node]:
    """/dev/nvidia0 and so on, a GPU each."""
    return [one for one in facts.nodes or [] if one.path.removeprefix("/dev/nvidia").isdecimal()]


def gpus(facts: Facts) -> list[Gpu]:
    """What NVML lists, with those that do not answer."""
    return (facts.nvml.gpus if facts.nvml else None) or []


def readable(facts: Facts) -> list[Gpu]:
    """The GPUs that answer NVML."""
    return [one for one in gpus(facts) if not one.error]


def has_gpu(facts: Facts) -> bool:
    """Whether anything shows an NVIDIA GPU to be here; False where nothing was seen, too."""
    return bool(nvidia_devices(facts) or gpus(facts))


def coherent(gpu: Gpu) -> bool:
    """Whether its memory is a node of the machine's own, behind NVLink to the processor (Grace superchips)."""
    return any(name in (gpu.name or "") for name in ("GH200", "GB200", "GB300"))


def contained(facts: Facts) -> bool:
    """Whether this is a container: the driver's kernel side and its services are the host's."""
    return bool(facts.container and facts.container.kind)


def on_wsl(facts: Facts) -> bool:
    return bool(facts.host and facts.host.wsl)


def on_jetson(facts: Facts) -> bool:
    return bool(facts.host and facts.host.jetson)


def on_laptop(facts: Facts) -> bool:
    return bool(facts.host and facts.host.laptop)


def virtual(facts: Facts) -> bool:
    return bool(facts.host and facts.host.virtual_machine)


def own_kernel(facts: Facts) -> bool:
    """Whether the driver's kernel side can be judged and mended here: no container, no WSL, no Jetson."""
    return facts.container is not None and not (contained(facts) or on_wsl(facts) or on_jetson(facts))


def loaded(facts: Facts) -> bool | None:
    """Whether NVIDIA's kernel module runs; None where that could not be seen."""
    driver = facts.driver
    if driver is None or (driver.loaded is None and driver.modules is None):
        return None
    return bool(driver.loaded) or "nvidia" in (driver.modules or [])


def nvml_code(facts: Facts) -> int | None:
    """The code of nvmlInit; None while NVML was not asked."""
    return facts.nvml.error if facts.nvml else None


def cuda_code(facts: Facts) -> int | None:
    """The code of cuInit; None while it was not asked, or could not be."""
    return facts.cuda.error if facts.cuda else None


def scheduler_job(facts: Facts) -> str:
    """The scheduler whose job this is, as "Slurm"; "" for none."""
    return next((name for key, name in JOBS.items() if (facts.variables or {}).get(key)), "")


def driver_branch(version: str | None) -> int | None:
    """550 of "550.54.14"."""
    head = (version or "").split(".")[0]
    return int(head) if head.isascii() and head.isdecimal() and len(head) < 5 else None


def place(address: str | None) -> str:
    """A PCI address in one spelling, "0000:41:00", of NVML's, the kernel's and the log's."""
    parts = (address or "").lower().partition(".")[0].removeprefix("pci:").split(":")
    if len(parts) < 3:
        return ""
    return ":".join([parts[-3][-4:].rjust(4, "0"), *parts[-2:]])


def listed(words: Sequence[object]) -> str:
    """As in "0, 2 and 5"."""
    *rest, last = [str(word) for word in words] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def named(some: Sequence[Gpu], among: Sequence[Gpu] = ()) -> str:
    """As in "GPU 5", "GPUs 0 and 3", or "all 8 GPUs" of those among which they are."""
    if len(some) > 2 and len(some) == len(among):
        return f"all {len(some)} GPUs"
    return f"GPU{'s' * (len(some) != 1)} {listed([one.index for one in some])}"


def has_or_have(some: Sequence[object], one: str = "has", many: str = "have") -> str:
    return one if len(some) == 1 else many


def indices(some: Sequence[Gpu]) -> str:
    """As nvidia-smi's -i takes them."""
    return ",".join(str(one.index) for one in some)


def label(gpu: Gpu) -> str:
    """As in "GPU 0 (NVIDIA H200)"."""
    return f"GPU {gpu.index} ({clean(gpu.name, 60)})" if gpu.name else f"GPU {gpu.index}"


def gib(size: float) -> str:
    """Bytes as in "23.6 GiB", or "64 MiB" where that is little."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def logged(facts: Facts, *needles: str) -> list[str]:
    """The driver's lines of the kernel's log that hold one of these texts, clean."""
    lines = (facts.kernel_log.lines if facts.kernel_log else None) or []
    return [clean(line) for line in lines if any(needle.lower() in line.lower() for needle in needles)][:3]
