"""What slows a GPU down: heat, power, a narrow link, a driver that lets go of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from diagnostics.doctor.checks.fault import Seen, fault
from diagnostics.doctor.checks.views import (
    coherent,
    gpus,
    has_or_have,
    indices,
    label,
    named,
    on_laptop,
    on_wsl,
    own_kernel,
    readable,
    virtual,
)
from diagnostics.doctor.facts import Facts, Gpu
from diagnostics.finding import Step

SICK = "cuda_setup#a-sick-gpu"

HARDWARE_SLOWDOWN, SOFTWARE_HEAT, HARDWARE_HEAT, POWER_BRAKE = 0x08, 0x20, 0x40, 0x80
"""Bits of nvmlClocksEventReasons (nvml.h). 1, 2, 4, 0x10 and 0x100 are what a healthy GPU shows, idle or at work."""

LAPTOP = "Laptop GPU"
"""In the name of a GPU that shares its power with the processor, whatever it is limited to (NVIDIA's names)."""

BUSY = 10
"""Percent of utilisation from which a slowed clock costs something."""


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    told = [text for gpu in readable(facts) if (text := _read(gpu))]
    return Seen("ok", "nothing slows the GPUs down now", tuple(told)) if told else None


@fault(
    "heat-throttle",
    "a GPU slows down for heat",
    looks="The reasons that NVML gives for the present clocks, while the GPU works or is near its limit.",
    matters="A GPU that is too hot lowers its clocks: training goes on, slower.",
    lesson=SICK,
)
def heat_throttle(facts: Facts) -> Iterator[Seen]:
    hot = _among(facts, lambda gpu: _bits(gpu, SOFTWARE_HEAT | HARDWARE_HEAT) and (_busy(gpu) or _at_limit(gpu)))
    if not hot:
        return
    hard = any(_bits(gpu, HARDWARE_HEAT) for gpu in hot)
    yield Seen(
        "note" if on_laptop(facts) and not hard else "warn",
        f"{named(hot, gpus(facts))} {has_or_have(hot, 'slows', 'slow')} down for heat",
        tuple(f"{label(gpu)}: {_heat(gpu)}{_clocks(gpu)}" for gpu in hot),
        "The GPU is as hot as it may get, and lowers its clocks to stay there.",
        (
            Step(
                "Clear the airflow: dust, fans, the space before the vents, the room. On a laptop, choose the "
                "power mode for performance.",
                verify="nvidia-smi -q -d PERFORMANCE says Not Active for the thermal slowdowns under load",
            ),
        ),
    )


@fault(
    "power-brake",
    "a GPU is slowed down from outside",
    looks="The reasons that NVML gives for the present clocks: hardware slowdown and power brake.",
    matters="The board or the power supply tells the GPU to slow down, often to a half of its clocks or less.",
    lesson=SICK,
    follows=("heat-throttle",),
)
def power_brake(facts: Facts) -> Iterator[Seen]:
    braked = _among(facts, _is_braked)
    working = [gpu for gpu in braked if _busy(gpu)]
    if not braked or (on_laptop(facts) and not working):
        return
    yield Seen(
        "warn" if working and not on_laptop(facts) else "note",
        f"{named(braked, gpus(facts))} {has_or_have(braked, 'is', 'are')} slowed down by the power supply",
        tuple(
            f"{label(gpu)}: {'power brake' if _bits(gpu, POWER_BRAKE) else 'hardware slowdown'}{_clocks(gpu)}"
            for gpu in braked
        ),
        "The GPU's power is short: a cable, the power supply, or the server's own limit. A laptop does it on battery.",
        (
            Step(
                "Check the GPU's power cables and what the power supply can give; plug a laptop in.",
                verify="nvidia-smi -q -d PERFORMANCE says Not Active for HW Power Brake Slowdown",
            ),
        ),
    )


@fault(
    "power-limited",
    "a GPU's power limit is below its default",
    looks="The power limit in force against the GPU's default.",
    matters="Less power is less speed under full load. Mostly somebody chose so, for heat, noise or the bill.",
    lesson=SICK,
)
def power_limited(facts: Facts) -> Iterator[Seen]:
    capped = _among(facts, _is_capped)
    if not capped or on_laptop(facts) or on_wsl(facts) or any(LAPTOP in (gpu.name or "") for gpu in capped):
        return
    whole = {round(gpu.power_default or 0) for gpu in capped}
    fix = Step(
        "Set the default again, if nobody chose otherwise.",
        f"sudo nvidia-smi -i {indices(capped)} -pl {max(whole)}",
        root=True,
        verify="nvidia-smi -q -d POWER",
    )
    yield Seen(
        "note",
        f"{named(capped, gpus(facts))} may not take {has_or_have(capped, 'its', 'their')} full power",
        tuple(f"{label(gpu)}: limit {gpu.power_limit:.0f} W, default {gpu.power_default:.0f} W" for gpu in capped),
        "Somebody set a lower limit.",
        (fix,) if len(whole) == 1 else (),
    )


@fault(
    "pcie-width",
    "a GPU has fewer PCIe lanes than it could",
    looks="The width of each GPU's PCIe link; its generation drops at rest and says nothing.",
    matters="What is copied to the GPU passes through these lanes: a quarter of them is a quarter of the speed.",
    lesson=SICK,
)
def pcie_width(facts: Facts) -> Iterator[Seen]:
    narrow = _among(facts, _is_narrow)
    if not narrow or on_laptop(facts):
        return
    bad = [gpu for gpu in narrow if _much_narrower(gpu, facts)]
    meant = virtual(facts) or not own_kernel(facts)
    yield Seen(
        "warn" if bad and not meant else "note",
        f"{named(narrow, gpus(facts))} {has_or_have(narrow)} fewer PCIe lanes than {has_or_have(narrow, 'it', 'they')} "
        "could",
        tuple(f"{label(gpu)}: {gpu.link_width} lanes of {gpu.link_width_max}" for gpu in narrow),
        "The card does not sit well, or the slot, the riser or the board's way of sharing lanes gives no more."
        if not meant
        else "The machine was built so.",
        ()
        if meant
        else (
            Step(
                "Seat the card anew, try it without a riser and in another slot, and look for the slot's lanes in the "
                "firmware.",
                verify=f"nvidia-smi -i {indices(narrow)} --query-gpu=pcie.link.width.current --format=csv",
            ),
        ),
    )


@fault(
    "persistence-off",
    "the driver lets go of idle GPUs",
    looks="Persistence mode, where no GPU has a display.",
    matters="Without a program on it, the driver shuts the GPU down: the next start takes seconds, and settings such "
    "as power limits are lost.",
    lesson="cuda_setup#the-driver",
)
def persistence_off(facts: Facts) -> Iterator[Seen]:
    found = readable(facts)
    idle = [gpu for gpu in found if gpu.persistence is False]
    if not idle or not own_kernel(facts) or on_laptop(facts) or any(gpu.display is not False for gpu in found):
        return
    yield Seen(
        "note",
        f"persistence mode is off for {named(idle, found)}",
        tuple(f"{label(gpu)}: no display, persistence mode off" for gpu in idle),
        "On a server, the driver is best kept ready.",
        (
            Step(
                "Keep it ready, from every start on.",
                "sudo systemctl enable --now nvidia-persistenced",
                root=True,
                verify="nvidia-smi --query-gpu=persistence_mode --format=csv says Enabled",
            ),
        ),
    )


def _among(facts: Facts, slow: Callable[[Gpu], bool]) -> list[Gpu]:
    return [gpu for gpu in readable(facts) if slow(gpu)]


def _bits(gpu: Gpu, bits: int) -> bool:
    return bool((gpu.throttle or 0) & bits)


def _busy(gpu: Gpu) -> bool:
    return (gpu.utilisation or 0) >= BUSY


def _at_limit(gpu: Gpu) -> bool:
    return gpu.temperature is not None and gpu.temperature >= (gpu.temperature_slowdown or 1000) - 3


def _is_braked(gpu: Gpu) -> bool:
    """Told to slow down, and not for heat, which has a bit of its own."""
    return _bits(gpu, POWER_BRAKE) or (_bits(gpu, HARDWARE_SLOWDOWN) and not _bits(gpu, HARDWARE_HEAT))


def _is_capped(gpu: Gpu) -> bool:
    return bool(gpu.power_limit and gpu.power_default) and (gpu.power_limit or 0) < 0.98 * (gpu.power_default or 0)


def _is_narrow(gpu: Gpu) -> bool:
    """A GPU with memory of its own, and behind PCIe: a link of another kind has no true width."""
    own_memory = bool(gpu.memory_total) and gpu.memory_error in (None, 0)
    return own_memory and not coherent(gpu) and 0 < (gpu.link_width or 0) < (gpu.link_width_max or 0)


def _much_narrower(gpu: Gpu, facts: Facts) -> bool:
    """A quarter of the lanes or less, or half where three others of the kind have them all: boards halve by design."""
    full = [one for one in readable(facts) if one.name == gpu.name and one.link_width == gpu.link_width_max]
    return 4 * (gpu.link_width or 0) <= (gpu.link_width_max or 0) or len(full) >= 3


def _heat(gpu: Gpu) -> str:
    """As in "88 °C, slowdown at 87 °C"."""
    now = "temperature not known" if gpu.temperature is None else f"{gpu.temperature} °C"
    limit = f", slowdown at {gpu.temperature_slowdown} °C" if gpu.temperature_slowdown else ""
    kind = "hardware" if _bits(gpu, HARDWARE_HEAT) else "software"
    return f"{now}{limit}, {kind} thermal slowdown"


def _clocks(gpu: Gpu) -> str:
    return f", {gpu.clock} of {gpu.clock_max} MHz" if gpu.clock and gpu.clock_max else ""


def _read(gpu: Gpu) -> str:
    """What was read of a GPU, as in "GPU 0 (NVIDIA H200): 76 of 700 W, 16 PCIe lanes"; "" for nothing."""
    parts = []
    if gpu.power is not None:
        parts.append(f"{gpu.power:.0f} of {gpu.power_limit:.0f} W" if gpu.power_limit else f"{gpu.power:.0f} W")
    if gpu.link_width and gpu.link_width == gpu.link_width_max:
        parts.append(f"{gpu.link_width} PCIe lanes")
    return f"{label(gpu)}: {', '.join(parts)}" if parts else ""
