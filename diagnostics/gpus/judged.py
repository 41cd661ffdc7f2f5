"""What the doctor says of a GPU that is watched: its checks of hardware and speed, on what was read of it."""

from __future__ import annotations

from diagnostics.doctor.facts import Facts, Gpu, Nvml
from diagnostics.doctor.judge import faults, judge
from diagnostics.finding import Finding, by_weight
from diagnostics.gpus.reading import Reading
from diagnostics.gpus.values import REASONS

THEMES = ("hardware", "speed")


def judged(reading: Reading) -> list[Finding]:
    """What is wrong with it, the worst first, without consequences; nothing for one that is well, or left asleep."""
    if reading.state in ("asleep", "resting"):
        return []
    only = [fault.id for fault in faults().values() if fault.theme in THEMES]
    found = judge(Facts(nvml=Nvml(gpus=[_gpu(reading)])), only=only)
    return by_weight([one for one in found if one.status in ("fail", "warn") and not one.consequence_of])


def _gpu(reading: Reading) -> Gpu:
    throttle = None
    if reading.throttle is not None:
        throttle = sum(bit for bit, word in REASONS.items() if word in reading.throttle)
    return Gpu(
        index=reading.index or 0,
        error=reading.code,
        name=reading.name,
        uuid=reading.uuid,
        pci=reading.pci,
        memory_total=reading.memory_total,
        memory_used=reading.memory_used,
        # The checks are quiet where a GPU has nothing to do; where that is not known, what slows it counts.
        utilisation=100 if reading.utilisation is None and reading.alarms else reading.utilisation,
        temperature=reading.temperature,
        power=reading.power,
        power_limit=reading.power_limit,
        throttle=throttle,
        performance_state=reading.performance_state,
        clock=reading.clock,
        clock_max=reading.clock_max,
        ecc=reading.ecc,
        ecc_uncorrected=reading.ecc_uncorrected,
        mig=reading.mig,
        remap_pending=reading.remap_pending,
        remap_failed=reading.remap_failed,
    )
