"""What CUDA_VISIBLE_DEVICES does to the GPUs of this host: at most one thing is told of it, the first that counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from diagnostics.doctor.checks.fault import Seen
from diagnostics.doctor.checks.install import foreign, python
from diagnostics.doctor.checks.remedies import START_UP
from diagnostics.doctor.checks.views import (
    contained,
    gpus,
    listed,
    loaded,
    nvidia_devices,
    scheduler_job,
)
from diagnostics.doctor.checks.visible_devices import Mask, Sight, meant, read, resolve
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step
from diagnostics.text import clean

NAME = "CUDA_VISIBLE_DEVICES"
HIDES = re.compile(r"\s*(-\d+|none|void|nodevfiles|)\s*", re.IGNORECASE)
"""What hides every GPU on purpose. Slurm writes NoDevFiles for a job without one."""
ALLOTTED = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_GPUS_ON_NODE", "SLURM_GPUS", "PBS_NGPUS")
"""Set by schedulers in a job that was given a GPU."""


@dataclass(frozen=True)
class Host:
    """The GPUs that a mask chooses from; `uuids` is empty where NVML does not list them all."""

    facts: Facts
    value: str
    mask: Mask
    uuids: list[str]
    slices: list[str]

    @property
    def sight(self) -> Sight | None:
        """What the mask leaves, where that can be told without CUDA."""
        slices = bool(self.mask.names) and self.mask.names[0].startswith("MIG-")
        return None if slices or not self.uuids else resolve(self.mask, self.uuids)


def usable(facts: Facts) -> bool:
    """Whether CUDA has a GPU here for a variable to act upon; NVIDIA's variables mean nothing to other torches."""
    here = bool(gpus(facts) or (nvidia_devices(facts) and loaded(facts) and not contained(facts)))
    return here and not foreign(facts)


def told(facts: Facts) -> tuple[str, Seen] | None:
    """The fault of the mask, by its id; None where it does what it says."""
    host = _host(facts)
    if host is None:
        return None
    mask, sight = host.mask, host.sight
    if mask.raises:
        return "visible-devices-unreadable", _raises(host)
    if mask.twice or (sight and sight.why == "twice"):
        return "visible-devices-twice", _twice(host, mask.twice or (sight.stopped if sight else ""))
    if not mask.numbers and not mask.names:
        hides = HIDES.fullmatch(mask.rest[0])
        return ("visible-devices-none", _none(host)) if hides else ("visible-devices-unreadable", _nothing(host))
    if sight and sight.why:
        return ("visible-devices-out-of-range", _range(host, sight)) if sight.why == "range" else _uuid(host, sight)
    if unknown := _unknown_slice(host):
        return "visible-devices-unknown-uuid", _no_such(host, unknown, "MIG slice", host.slices, alive=False)
    if lost := _lost(mask):
        return "visible-devices-cut", _cut(host, lost)
    return ("visible-devices-unreadable", _partly(host)) if mask.partly else None


def judged(facts: Facts) -> bool:
    """Whether it could be told what the mask leaves: its names may be those of GPUs that do not give theirs."""
    host = _host(facts)
    return host is None or host.sight is not None or bool(host.slices)


def chosen(facts: Facts) -> tuple[tuple[int, ...], int] | None:
    """The GPUs that a mask leaves to torch and how many there are; None without a mask, or where that is not known."""
    host = _host(facts)
    return (host.sight.gpus, len(host.uuids)) if host and host.sight else None


def _host(facts: Facts) -> Host | None:
    value = (facts.variables or {}).get(NAME)
    if value is None or not usable(facts):
        return None
    found = gpus(facts)
    mask = read(value)
    known = not mask.names or all(gpu.uuid for gpu in found)
    uuids = [gpu.uuid or "" for gpu in found] if known else []
    slices = [one.uuid for gpu in found for one in gpu.mig_devices or [] if one.uuid]
    return Host(facts, value, mask, uuids, slices)


# ---- one fault each


def _raises(host: Host) -> Seen:
    entry = clean(host.mask.rest[0], 40)
    title = f"{NAME} makes torch raise: {entry!r} is no number"
    return Seen("fail", title, _evidence(host, "torch.cuda.device_count() raises ValueError"), fix=_fix(host))


def _twice(host: Host, entry: str) -> Seen:
    title = f"{NAME} names {'GPU ' * entry.isdecimal()}{clean(entry, 60)} twice, so torch sees no GPU"
    cause = "A GPU that is named twice makes the whole list invalid, and an invalid list hides every GPU."
    return Seen("fail", title, _evidence(host), cause, _fix(host))


def _none(host: Host) -> Seen:
    job = scheduler_job(host.facts)
    if job and not any((host.facts.variables or {}).get(name) for name in ALLOTTED):
        ask = "srun --gres=gpu:1 --pty bash" if job == "Slurm" else ""
        step = Step(f"Ask {job} for a GPU.", ask, verify=f"`echo ${NAME}` prints a number")
        title = f"this {job} job was given no GPU: {NAME} is {_quoted(host.value)}"
        return Seen("warn", title, _evidence(host), fix=(step,))
    title = f"{NAME} is {_quoted(host.value)}, which hides every GPU from torch"
    cause = "Torch then behaves as on a machine without a GPU, and no error says why."
    return Seen("fail", title, _evidence(host), cause, _fix(host))


def _nothing(host: Host) -> Seen:
    title = f"{NAME} is {_quoted(host.value)}, which is no list of GPUs, so torch sees none"
    cause = (
        'It takes numbers or UUIDs with commas between them, as "0,1"; the first thing that is neither ends the list.'
    )
    return Seen("fail", title, _evidence(host), cause, _fix(host))


def _partly(host: Host) -> Seen:
    entries = listed([_quoted(entry) for entry in host.mask.partly])
    title = f"torch reads only the number in front of {entries} in {NAME}"
    cause = "What follows the number is ignored without an error, and so are GPUs that stand there."
    return Seen("warn", title, _evidence(host), cause, _fix(host))


def _range(host: Host, sight: Sight) -> Seen:
    count = len(host.uuids)
    has = "1 GPU, number 0" if count == 1 else f"{count} GPUs, 0 to {count - 1}"
    title = f"{NAME} names GPU {clean(sight.stopped, 20)}, but there {'is' if count == 1 else 'are'} {has}"
    cause = "A number that no GPU has ends the list: it and those after it are hidden without an error."
    if contained(host.facts):
        cause += " A container numbers the GPUs that it was given from 0."
    return Seen("warn" if sight.gpus else "fail", title, _evidence(host), cause, _fix(host))


def _uuid(host: Host, sight: Sight) -> tuple[str, Seen]:
    if sight.why == "unknown":
        seen = _no_such(host, sight.stopped, "GPU", host.uuids, alive=bool(sight.gpus))
    else:
        many = [uuid for uuid in host.uuids if uuid.startswith(sight.stopped)]
        title = f"{NAME} names {clean(sight.stopped, 60)}, with which {len(many)} GPUs begin"
        cause = "A beginning of a UUID counts only where one GPU has it; else the list ends there."
        evidence = _evidence(host, *(clean(uuid, 60) for uuid in many[:8]))
        seen = Seen("warn" if sight.gpus else "fail", title, evidence, cause, _fix(host))
    return "visible-devices-unknown-uuid", seen


def _no_such(host: Host, name: str, kind: str, there: list[str], *, alive: bool) -> Seen:
    title = f"{NAME} names {clean(name, 60)}, and no {kind} here has that UUID"
    cause = "A UUID that is not there ends the list: it and those after it are hidden without an error."
    lines = [clean(uuid, 60) for uuid in there[:8]]
    evidence = _evidence(host, *([f"{kind}s here: {', '.join(lines)}"] if lines else [f"{kind}s here: none"]))
    return Seen("warn" if alive else "fail", title, evidence, cause, _fix(host))


def _cut(host: Host, lost: list[str]) -> Seen:
    stopped = host.mask.rest[0]
    left = len(host.mask.numbers or host.mask.names)
    title = f"{NAME} ends at {_quoted(stopped)}: torch sees {left} GPU{'s' * (left != 1)}, not {listed(lost)}"
    cause = "The first entry that is no GPU ends the list, and those after it are hidden without an error."
    return Seen("warn", title, _evidence(host), cause, _fix(host))


def _lost(mask: Mask) -> list[str]:
    """What a reader would expect to count and does not. A comma or a -1 at the end takes nothing away."""
    lost = [entry.strip() for entry in mask.rest if not HIDES.fullmatch(entry)]
    return [_quoted(entry) for entry in lost[:4]]


def _unknown_slice(host: Host) -> str:
    """The MIG UUID that no slice here has. Older drivers also take a form made of the GPU's own UUID."""
    names = [name for name in host.mask.names if name.startswith("MIG-")]
    found = gpus(host.facts)
    if not found or any(gpu.mig is None or (gpu.mig and gpu.mig_devices is None) for gpu in found):
        return ""
    unknown = [
        name
        for name in names
        if not name.startswith("MIG-GPU-") and not any(one.startswith(name) for one in host.slices)
    ]
    return unknown[0] if unknown else ""


# ---- words they share


def _quoted(value: str) -> str:
    return f'"{clean(value, 60)}"'


def _evidence(host: Host, *more: str) -> tuple[str, ...]:
    lines = [f'{NAME}="{clean(host.value)}"']
    if host.sight and not host.mask.raises:
        left, count = host.sight.gpus, len(host.uuids)
        seen = "none" if not left else f"GPU{'s' * (len(left) > 1)} {listed(left)}"
        lines.append(f"torch sees {seen} of {count} GPU{'s' * (count != 1)}")
    return (*lines, *more)


def _fix(host: Host) -> tuple[Step, ...]:
    """The corrected line where it can be made out, then what shows every GPU; in a job only what was allotted."""
    entries = meant(host.value, host.uuids + host.slices)
    steps = []
    if entries and len(entries) != len(host.uuids):
        steps.append(_step("Name the GPUs as torch reads them.", f"export {NAME}={','.join(entries)}", entries, host))
    if job := scheduler_job(host.facts):
        words = f"Do not set it in a {job} job: {job} sets it to the GPUs that the job was given."
        return (*steps, Step(words, f"grep -rsn {NAME} {START_UP}"))
    if not steps or len(host.uuids) > 1:
        steps.append(_step("Remove the mask: torch sees every GPU then.", f"unset {NAME}", host.uuids, host))
    where = "Find the line that sets it, if it comes back with the next shell."
    return (*steps, Step(where, f"grep -rsn {NAME} {START_UP}"))


def _step(text: str, command: str, seen: list[str], host: Host) -> Step:
    count = f'{python(host.facts)} -c "import torch; print(torch.cuda.device_count())"'
    sliced = any(gpu.mig for gpu in gpus(host.facts))
    return Step(text, command, verify=f"`{count}` prints {len(seen) if seen and not sliced else 'more than 0'}")
