"""The GPUs themselves: is one lost, or its memory faulty?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from diagnostics.doctor.checks.fault import Seen, fault
from diagnostics.doctor.checks.nvml_codes import CODES
from diagnostics.doctor.checks.remedies import READ_LOG, SMI, reset
from diagnostics.doctor.checks.views import (
    gpus,
    has_gpu,
    has_or_have,
    indices,
    label,
    named,
    nvml_code,
    on_wsl,
    place,
    readable,
)
from diagnostics.doctor.checks.xids import MEANINGS, xids_on
from diagnostics.doctor.facts import Facts, Gpu
from diagnostics.finding import Step
from diagnostics.text import clean

SICK = "cuda_setup#a-sick-gpu"

REPLACE = Step("Have the GPU replaced: show its maker the output.", "nvidia-smi -q", verify=SMI)
COLD_START = Step(
    "Stop the jobs, switch the machine off, wait a minute, and start it: a reboot keeps the GPU powered.",
    "sudo poweroff",
    root=True,
    reboot=True,
    verify=SMI,
)
CABLES = Step("If it is lost again, check its power cables, its seat, a riser, and the power supply.")


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    found = readable(facts)
    if not found or len(found) < len(gpus(facts)):
        return None
    return Seen(
        "ok",
        f"NVML tells of no fault of {named(found, found)}",
        tuple(map(_read, found)),
    )


@fault(
    "gpu-lost",
    "a GPU is lost",
    looks="The code that NVML answers with for each GPU, and Xid 79 in the kernel's log.",
    matters="A GPU that fell off the PCI bus answers nobody until the machine is started anew; what ran on it died.",
    lesson=SICK,
)
def gpu_lost(facts: Facts) -> Iterator[Seen]:
    lost = [gpu for gpu in gpus(facts) if gpu.error == 15 or (gpu.error and xids_on(facts, gpu, 79))]
    if not lost and nvml_code(facts) != 15:
        return
    codes = [f"{label(gpu)}: NVML says GPU is lost ({gpu.error})" for gpu in lost] or ["NVML: GPU is lost (15)"]
    logged = [f"{label(gpu)}: {text}" for gpu in lost for text in xids_on(facts, gpu, 79)[:1]]
    who = named(lost) if lost else "a GPU"
    verb = has_or_have(lost, "is", "are") if lost else "is"
    fell = "it" if len(lost) < 2 else "they"
    yield Seen(
        "fail",
        f"{who} {verb} lost: {fell} fell off the bus",
        (*codes, *logged),
        "The GPU stopped answering on the PCI bus: power, heat, a riser or the GPU itself.",
        (COLD_START, CABLES),
    )


@fault(
    "gpu-not-answering",
    "a GPU answers NVML with an error",
    looks="The code that NVML answers with for each GPU, where no other fault speaks of it.",
    matters="What NVML cannot read, a program can mostly not use either.",
    lesson=SICK,
    follows=("driver-library-mismatch", "container-lost-gpu"),
)
def gpu_not_answering(facts: Facts) -> Iterator[Seen]:
    mute = [gpu for gpu in gpus(facts) if gpu.error not in (0, 3, 4, 14, 15, 16) and not xids_on(facts, gpu, 79)]
    if not mute:
        return
    yield Seen(
        "fail",
        f"{named(mute, gpus(facts))} {has_or_have(mute, 'answers', 'answer')} NVML with an error",
        tuple(f"{label(gpu)}: {CODES.get(gpu.error, 'an error without a name')} ({gpu.error})" for gpu in mute),
        fix=(READ_LOG, COLD_START),
    )


@fault(
    "reset-required",
    "a GPU must be reset",
    looks="The code that NVML answers with for each GPU.",
    matters="After a fault that it could not contain, a GPU takes no work until it is reset.",
    lesson=SICK,
)
def reset_required(facts: Facts) -> Iterator[Seen]:
    stuck = [gpu for gpu in gpus(facts) if gpu.error == 16]
    if not stuck and nvml_code(facts) != 16:
        return
    who = named(stuck, gpus(facts)) if stuck else "a GPU"
    yield Seen(
        "fail",
        f"{who} must be reset before {'it' if len(stuck) < 2 else 'they'} can be used",
        tuple(f"{label(gpu)}: reset required (16)" for gpu in stuck) or ("NVML: reset required (16)",),
        "The GPU met a fault that it could not contain.",
        (reset(indices(stuck)), COLD_START),
    )


@fault(
    "inforom-corrupted",
    "a GPU's configuration memory is corrupted",
    looks="The code that NVML answers with for each GPU.",
    matters="The infoROM keeps the GPU's settings and its counts of memory faults; without it neither can be trusted.",
    lesson=SICK,
)
def inforom_corrupted(facts: Facts) -> Iterator[Seen]:
    sick = [gpu for gpu in gpus(facts) if gpu.error == 14]
    if not sick and nvml_code(facts) != 14:
        return
    who = f"of {named(sick)} " if sick else ""
    yield Seen(
        "fail" if nvml_code(facts) == 14 else "warn",
        f"the infoROM {who}is corrupted",
        tuple(f"{label(gpu)}: corrupted infoROM (14)" for gpu in sick) or ("NVML: corrupted infoROM (14)",),
        "The GPU's configuration memory does not match its checksum.",
        (reset(indices(sick)), REPLACE),
    )


@fault(
    "remap-failed",
    "a GPU could not replace faulty memory",
    looks="NVML's count of remapped rows, and whether a remapping failed.",
    matters="The GPU has no spare rows left for the faulty memory: programs on it will go on dying.",
    lesson=SICK,
)
def remap_failed(facts: Facts) -> Iterator[Seen]:
    if not (sick := _sick(facts, lambda gpu: gpu.remap_failed)):
        return
    yield Seen(
        "fail",
        f"{named(sick, gpus(facts))} could not replace faulty memory",
        tuple(f"{label(gpu)}: a row remapping failed" for gpu in sick),
        "The rows that were to take the faulty one's place are used up.",
        (REPLACE,),
    )


@fault(
    "remap-pending",
    "faulty memory waits to be replaced",
    looks="Whether a remapping of memory rows is pending.",
    matters="A row of memory proved faulty. The spare row takes its place at the next reset; until then more programs "
    "can die of it.",
    lesson=SICK,
    follows=("remap-failed",),
)
def remap_pending(facts: Facts) -> Iterator[Seen]:
    if not (sick := _sick(facts, lambda gpu: gpu.remap_pending)):
        return
    yield Seen(
        "warn",
        f"{named(sick, gpus(facts))} {has_or_have(sick, 'waits', 'wait')} for a reset to replace faulty memory",
        tuple(f"{label(gpu)}: a row remapping is pending" for gpu in sick),
        "A row of memory gave an error that could not be corrected, and its spare is taken at the next reset.",
        (reset(indices(sick)),),
    )


@fault(
    "pages-retired-pending",
    "faulty memory pages wait to be retired",
    looks="Whether a retirement of memory pages is pending (GPUs before Ampere).",
    matters="A page of memory proved faulty, and is in use until the driver is loaded anew.",
    lesson=SICK,
)
def pages_retired_pending(facts: Facts) -> Iterator[Seen]:
    if not (sick := _sick(facts, lambda gpu: gpu.retired_pending)):
        return
    yield Seen(
        "warn",
        f"{named(sick, gpus(facts))} {has_or_have(sick, 'waits', 'wait')} for a reset to retire faulty memory",
        tuple(f"{label(gpu)}: a page retirement is pending" for gpu in sick),
        "A page of memory gave errors, and is set aside at the next reset.",
        (reset(indices(sick)),),
    )


@fault(
    "ecc-uncorrected",
    "memory errors that could not be corrected",
    looks="NVML's count of uncorrected ECC errors since the driver was loaded; older ones are history.",
    matters="A program that meets such an error dies, and the GPU's memory may be failing.",
    lesson=SICK,
    follows=("remap-failed", "remap-pending", "pages-retired-pending"),
)
def ecc_uncorrected(facts: Facts) -> Iterator[Seen]:
    if not (sick := _sick(facts, lambda gpu: (gpu.ecc_uncorrected or 0) > 0)):
        return
    yield Seen(
        "warn",
        f"{named(sick, gpus(facts))} had memory errors that could not be corrected",
        tuple(f"{label(gpu)}: {gpu.ecc_uncorrected} uncorrected since the driver was loaded" for gpu in sick),
        "ECC saw the errors: what was running then ended with CUDA error 214, and nothing went wrong unseen.",
        (
            reset(indices(sick)),
            Step(
                "If they come back, have the GPU replaced.",
                "nvidia-smi -q -d ECC,ROW_REMAPPER",
                verify="the count stays 0 under load",
            ),
        ),
    )


@fault(
    "xid-seen",
    "the driver logged faults of a GPU",
    looks="Lines with NVRM: Xid in the kernel's log since boot.",
    matters="An Xid is how the driver says that something went wrong on a GPU: mostly a program's own error, sometimes "
    "a GPU that is failing.",
    lesson=SICK,
    follows=("gpu-lost", "reset-required", "remap-failed", "remap-pending", "ecc-uncorrected", "nvlink-down"),
)
def xid_seen(facts: Facts) -> Iterator[Seen]:
    log = facts.kernel_log
    if log is None or not has_gpu(facts) or on_wsl(facts):
        return
    if log.readable is False:
        look = Step("Look for them yourself.", "sudo dmesg | grep -i xid", root=True)
        why = "reading the kernel's log takes root here"
        yield Seen("skipped", "faults that the driver logged (Xids) were not looked for", (why,), fix=(look,))
        return
    if not log.xids:
        return
    counts = Counter((one.code, place(one.pci)) for one in log.xids)
    bad = sorted({code for code, _ in counts if MEANINGS.get(code, ("note", ""))[0] == "warn"})
    lines = tuple(_line(facts, code, at, count) for (code, at), count in counts.most_common(8))
    if not bad:
        yield Seen(
            "note",
            f"the driver logged {len(log.xids)} Xid{'s' * (len(log.xids) > 1)}, none of them a fault of the hardware",
            lines,
            "Mostly these are errors of a program: the GPU is well.",
        )
        return
    sick = [gpu for gpu in gpus(facts) if any(xids_on(facts, gpu, code) for code in bad)]
    memory = any(code in (48, 64, 95, 140) for code in bad)
    steps = (reset(",".join(str(gpu.index) for gpu in sick)),) if sick and memory else ()
    yield Seen(
        "warn",
        f"the driver logged faults of a GPU: Xid {', '.join(map(str, bad))}",
        lines,
        "The hardware or the driver failed, not a program. What ran then may have died.",
        (*steps, READ_LOG),
    )


def _sick(facts: Facts, sick: Callable[[Gpu], bool | None]) -> list[Gpu]:
    """Those of the GPUs that answer for which it holds."""
    return [gpu for gpu in readable(facts) if sick(gpu)]


def _line(facts: Facts, code: int, at: str, count: int) -> str:
    """As in "Xid 13 on GPU 0, twice: a program's error"."""
    gpu = next((f"GPU {gpu.index}" for gpu in gpus(facts) if at and place(gpu.pci) == at), clean(at, 20) or "a GPU")
    times = {1: "once", 2: "twice"}.get(count, f"{count} times")
    meaning = MEANINGS.get(code, ("", "not in the doctor's table; see NVIDIA's Xid catalogue"))[1]
    return f"Xid {code} on {gpu}, {times}: {meaning}"


def _read(gpu: Gpu) -> str:
    """What was read of a GPU, as in "GPU 0 (NVIDIA H200): 31 °C, no uncorrected memory error"."""
    parts = [] if gpu.temperature is None else [f"{gpu.temperature} °C"]
    if gpu.ecc and gpu.ecc_uncorrected == 0:
        parts.append("no uncorrected memory error")
    return f"{label(gpu)}: {', '.join(parts) or 'it answers'}"
