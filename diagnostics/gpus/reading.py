"""What is known of the GPUs at one moment, as plain data.

A field that is None could not be read, which is never the same as 0. Bytes, percent, watts, MHz, degrees Celsius and
seconds since the epoch. All text came from outside and has been through `clean()`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

SCHEMA = 1

ALARMS = ("heat", "hardware heat", "hardware slowdown", "power brake")
"""The reasons for lower clocks that are a fault. The others are how a GPU saves power or keeps to its limit."""

SAYS_LESS = {"heat": ("hardware heat",), "hardware slowdown": ("hardware heat", "power brake")}
"""Reasons that tell nothing beside others, which are of the same kind and say more."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A MIG slice of a GPU. `cuda` is its number for a CUDA program that is started here."""

    uuid: str | None = None
    name: str | None = None
    cuda: int | None = None
    memory_used: int | None = None
    memory_total: int | None = None


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process that has a context on a GPU. `memory`: bytes over all its GPUs; `started`: when.

    With `host_pid` the number belongs to the host's processes, which cannot be seen from here, and so user and name
    are None: the same number here, if there is one, is another process.
    """

    pid: int
    user: str | None = None
    name: str | None = None
    """Its command line, or where that cannot be read its short name."""
    gpus: tuple[int, ...] = ()
    """NVML's indices."""
    memory: int | None = None
    kind: str = "compute"
    """ "compute", "graphics" or "both"."""
    host_pid: bool = False
    started: float | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One GPU at one moment.

    `state`: "ready"; "failed", and then `error` says what is wrong, to follow the GPU's name ("fell off the bus"), and
    `since` when that was first seen, None where it never was otherwise; "asleep", where reading would wake it;
    "resting", where NVML was closed so that it, or its neighbour, can sleep, and the values are the last ones. Of one
    that failed or sleeps only what never changes is told.
    """

    index: int | None = None
    """NVML's, in the order of PCI addresses; None while it sleeps."""
    cuda: int | None = None
    """Its number for a CUDA program that is started here; None where it is hidden from it, or cannot be known."""
    uuid: str | None = None
    name: str | None = None
    pci: str | None = None
    """As sysfs writes it: 0000:01:00.0."""
    state: str = "ready"
    error: str | None = None
    since: float | None = None
    utilisation: int | None = None
    """Percent of the last moments (1/6 to 1 s) in which at least one kernel ran: not how full the GPU was."""
    memory_used: int | None = None
    """Without what the driver keeps for itself, where it says that."""
    memory_total: int | None = None
    unified: bool = False
    """GPU and CPU share one memory: the memory is the whole machine's, as the system tells of it."""
    temperature: int | None = None
    memory_temperature: int | None = None
    power: float | None = None
    power_limit: float | None = None
    clock: int | None = None
    """Of the SMs, and `clock_max` the most they can do."""
    clock_max: int | None = None
    throttle: tuple[str, ...] | None = None
    """Why the clocks are lower than they could be, in words; those of ALARMS are a fault."""
    fan: int | None = None
    """Percent of full speed; None without a fan."""
    performance_state: int | None = None
    """0 is the fastest, 15 the slowest."""
    ecc: bool | None = None
    ecc_uncorrected: int | None = None
    """Since the driver was loaded."""
    mig: bool | None = None
    slices: tuple[Slice, ...] = ()
    processes: tuple[int, ...] | None = None
    """The pids that have a context on it."""
    code: int = 0
    """NVML's code for the error; 0 for none."""
    hidden: bool = False
    """CUDA_VISIBLE_DEVICES hides it from a CUDA program that is started here."""
    remap_pending: bool | None = None
    """Faulty memory waits for a reset to be replaced."""
    remap_failed: bool | None = None

    @property
    def key(self) -> str:
        """What tells it from the others for as long as it is in this machine: under it the Sampler keeps history."""
        return self.uuid or self.pci or f"GPU {self.index}"

    @property
    def alarms(self) -> tuple[str, ...]:
        """The reasons for lower clocks that are a fault."""
        return tuple(reason for reason in self.slowed_by if reason in ALARMS)

    @property
    def slowed_by(self) -> tuple[str, ...]:
        """The reasons for lower clocks, without those that say less than another."""
        told = self.throttle or ()
        return tuple(one for one in told if not any(more in told for more in SAYS_LESS.get(one, ())))


@dataclass(frozen=True, kw_only=True)
class Host:
    """The machine's processors and memory: percent over all of them since the sample before, and bytes."""

    cpu: float | None = None
    memory_used: int | None = None
    memory_total: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """All GPUs at one moment. `trouble`: why NVML could not be read, in one sentence; None where it could.

    `silent`: seconds since NVML last answered, while a call to it hangs; the readings are as old as that.
    """

    time: float
    readings: tuple[Reading, ...] = ()
    processes: tuple[Process, ...] | None = None
    """None where they could not be listed on any GPU."""
    trouble: str | None = None
    silent: float | None = None
    driver: str | None = None
    host: Host = Host()


class Point(NamedTuple):
    """A moment in a GPU's history: its time, and utilisation and memory as Reading has them."""

    time: float
    utilisation: int | None
    memory_used: int | None


def as_json(sample: Sample) -> dict[str, Any]:
    """The sample as plain data, as `tutor gpus --json` prints it."""
    data = asdict(sample)
    return {"schema_version": SCHEMA, "time": data.pop("time"), "gpus": data.pop("readings"), **data}
