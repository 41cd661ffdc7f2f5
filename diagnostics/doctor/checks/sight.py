"""Which NVIDIA GPUs a host has, as the other sections tell it, and which of them torch has to have code for."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics.doctor.checks.views import contained, gpus, nvidia_devices, readable
from diagnostics.doctor.facts import Facts
from diagnostics.text import clean


@dataclass(frozen=True)
class Card:
    """A GPU with what it can run. `computed`: what a matmul there gave, "" where it worked, None where none ran."""

    index: int
    name: str
    capability: tuple[int, int]
    display: bool = False
    computed: str | None = None

    def __str__(self) -> str:
        return f"GPU {self.index}, {self.name}"


def gpu_here(facts: Facts) -> str:
    """What shows that there is an NVIDIA GPU, in a few words; "" where nothing does.

    A container sees the host's PCI devices, whether it was given them or not.
    """
    seen = gpus(facts)
    if seen:
        names = dict.fromkeys(clean(gpu.name, 60) for gpu in seen if gpu.name)
        return f"the driver sees {len(seen)} GPU{'s' * (len(seen) > 1)}: {', '.join(names) or 'without a name'}"
    if facts.host and facts.host.jetson:
        return clean(facts.host.jetson, 60)
    here = [] if contained(facts) else nvidia_devices(facts)
    return f"an NVIDIA GPU on the PCI bus at {clean(here[0].address, 40)}" if here else ""


def cards(facts: Facts) -> list[Card]:
    """Those whose capability is known: the ones that torch saw where it ran, else the ones that NVML reads."""
    seen = [one for one in (facts.torch.gpus if facts.torch else None) or [] if one.capability]
    if seen:
        draws = {gpu.uuid for gpu in readable(facts) if gpu.display and gpu.uuid}
        return [
            Card(one.index, clean(one.name or "a GPU", 60), _pair(one.capability), one.uuid in draws, one.computed)
            for one in seen
        ]
    return [
        Card(gpu.index, clean(gpu.name or "a GPU", 60), _pair(gpu.capability), bool(gpu.display))
        for gpu in readable(facts)
        if gpu.capability
    ]


def driver_version(facts: Facts) -> str:
    """The version of the driver that runs, "550.54.14"; "" where it is not known."""
    return (facts.nvml.driver if facts.nvml else None) or (facts.driver.loaded if facts.driver else None) or ""


def driver_cuda(facts: Facts) -> int:
    """The newest CUDA that the driver knows, as 12040; 0 where it is not known."""
    return (facts.cuda.version if facts.cuda else None) or (facts.nvml.cuda if facts.nvml else None) or 0


def _pair(capability: list[int] | None) -> tuple[int, int]:
    first, second = (capability or [])[:2] if len(capability or []) > 1 else (0, 0)
    return first, second
