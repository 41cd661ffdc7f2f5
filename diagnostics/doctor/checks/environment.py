"""The variables of the environment: those that hide GPUs from torch, and those that change what it does."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from diagnostics.doctor import compatibility
from diagnostics.doctor.checks import mask
from diagnostics.doctor.checks.alloc_conf import refused
from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.install import first_torch, torch_version
from diagnostics.doctor.checks.views import gpus, listed, scheduler_job
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step
from diagnostics.text import clean

GPUS = "cuda_setup#which-gpus-torch-sees"
DOCTOR = "cuda_setup#ask-the-doctor"

LOOKS = "CUDA_VISIBLE_DEVICES, read as torch 2.13 reads it, and the GPUs that NVML lists."
NO_ERROR = "Torch says nothing of it: a GPU that the variable hides is as one that does not exist."

ALLOCATOR = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF")
"""The first that is set is the one that is read (c10/cuda/CUDAAllocatorConfig.h)."""
LAST_OLD_NAME = (2, 9)
"""It ignores PYTORCH_ALLOC_CONF for CUDA (pytorch#183387), which 2.11 reads; of 2.10 nothing is known."""
DEPRECATED = ((2, 9), (2, 12))
"""From the first to before the second, the old name prints a warning (heretic#32, TabPFN#608)."""


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    if facts.variables is None:
        why = unseen(facts, "variables")
        return Seen("skipped", "the environment was not judged", (why,)) if why else None
    if mask.NAME not in facts.variables:
        return Seen("ok", "no variable hides a GPU or changes what torch does")
    written = f'{mask.NAME}="{clean(facts.variables[mask.NAME])}"'
    if not mask.judged(facts):
        why = "not every GPU gives its UUID, or MIG slices are not listed"
        return Seen("skipped", f"what {mask.NAME} leaves could not be told", (written, why))
    return Seen("ok", f"{mask.NAME} does what it says", (written,))


@fault(
    "visible-devices-none",
    "CUDA_VISIBLE_DEVICES hides every GPU",
    looks=LOOKS,
    matters='An empty value, or "-1", hides every GPU. ' + NO_ERROR,
    lesson=GPUS,
    follows=("job-without-gpu",),
)
def visible_devices_none(facts: Facts) -> Iterator[Seen]:
    yield from _mask(facts, "visible-devices-none")


@fault(
    "visible-devices-unreadable",
    "CUDA_VISIBLE_DEVICES is no list of GPUs",
    looks=LOOKS,
    matters='It takes numbers or UUIDs: "cuda:0" and "all" are neither, and hide every GPU. ' + NO_ERROR,
    lesson=GPUS,
)
def visible_devices_unreadable(facts: Facts) -> Iterator[Seen]:
    yield from _mask(facts, "visible-devices-unreadable")


@fault(
    "visible-devices-cut",
    "CUDA_VISIBLE_DEVICES ends early",
    looks=LOOKS,
    matters="The list ends at the first entry that is no GPU, and the GPUs after it are hidden. " + NO_ERROR,
    lesson=GPUS,
)
def visible_devices_cut(facts: Facts) -> Iterator[Seen]:
    yield from _mask(facts, "visible-devices-cut")


@fault(
    "visible-devices-out-of-range",
    "CUDA_VISIBLE_DEVICES names a GPU that is not there",
    looks=LOOKS,
    matters="GPUs are numbered from 0. A number past the last one ends the list. " + NO_ERROR,
    lesson=GPUS,
)
def visible_devices_out_of_range(facts: Facts) -> Iterator[Seen]:
    yield from _mask(facts, "visible-devices-out-of-range")


@fault(
    "visible-devices-twice",
    "CUDA_VISIBLE_DEVICES names a GPU twice",
    looks=LOOKS,
    matters="A GPU that is named twice hides every GPU. " + NO_ERROR,
    lesson=GPUS,
)
def visible_devices_twice(facts: Facts) -> Iterator[Seen]:
    yield from _mask(facts, "visible-devices-twice")


@fault(
    "visible-devices-unknown-uuid",
    "CUDA_VISIBLE_DEVICES names a UUID that is not there",
    looks=LOOKS,
    matters="A UUID, or the beginning of one, must be that of exactly one GPU here; else the list ends. " + NO_ERROR,
    lesson=GPUS,
)
def visible_devices_unknown_uuid(facts: Facts) -> Iterator[Seen]:
    yield from _mask(facts, "visible-devices-unknown-uuid")


def _mask(facts: Facts, name: str) -> Iterator[Seen]:
    told = mask.told(facts)
    if told and told[0] == name:
        yield told[1]


@fault(
    "visible-devices-subset",
    "CUDA_VISIBLE_DEVICES leaves some of the GPUs to torch",
    looks=LOOKS,
    matters="It is how GPUs are shared: torch numbers those that are left from 0.",
    lesson=GPUS,
)
def visible_devices_subset(facts: Facts) -> Iterator[Seen]:
    """In a scheduler's job the mask is the allocation, which another check tells."""
    chosen = mask.chosen(facts)
    if chosen is None or scheduler_job(facts) or mask.told(facts):
        return
    left, count = chosen
    if 0 < len(left) < count:
        numbers = [f"cuda:{place} is GPU {index}" for place, index in enumerate(left)]
        title = f"{mask.NAME} leaves {len(left)} of {count} GPUs to torch: {listed(left)}"
        yield Seen("note", title, () if _order_differs(facts) else (", ".join(numbers[:8]),))


@fault(
    "device-order",
    "CUDA and nvidia-smi number these GPUs differently",
    looks="The models of the GPUs, CUDA_DEVICE_ORDER, and the UUIDs in torch's order where torch ran.",
    matters="CUDA puts the fastest GPU first, nvidia-smi follows the PCI bus: cuda:0 may be nvidia-smi's GPU 1.",
    lesson=GPUS,
)
def device_order(facts: Facts) -> Iterator[Seen]:
    order = (facts.variables or {}).get("CUDA_DEVICE_ORDER")
    if facts.variables is None or not mask.usable(facts) or not _order_differs(facts):
        return
    models = [f"nvidia-smi's GPU {gpu.index}: {clean(gpu.name or '', 60)}" for gpu in gpus(facts)[:16]]
    title = "GPUs of several models, which CUDA and nvidia-smi may number differently"
    said = f'CUDA_DEVICE_ORDER="{clean(order)}"' if order is not None else "CUDA_DEVICE_ORDER is not set"
    step = Step("Let CUDA number them as nvidia-smi does.", "export CUDA_DEVICE_ORDER=PCI_BUS_ID")
    yield Seen("note", title, (said, *models), "CUDA's own order begins with the fastest GPU.", (step,))


def _order_differs(facts: Facts) -> bool:
    """Several models, in an order that CUDA chooses and that is not known to be nvidia-smi's."""
    found = gpus(facts)
    if len({gpu.name for gpu in found if gpu.name}) < 2:
        return False
    if (facts.variables or {}).get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return False
    ours = [one.uuid or "" for one in (facts.torch.gpus if facts.torch else None) or []]
    known = len(ours) == len(found) and all(ours)
    return not known or [_bare(uuid) for uuid in ours] != [_bare(gpu.uuid or "") for gpu in found]


def _bare(uuid: str) -> str:
    return uuid.lower().removeprefix("gpu-")


@fault(
    "launch-blocking",
    "CUDA_LAUNCH_BLOCKING makes torch wait for every kernel",
    looks="CUDA_LAUNCH_BLOCKING.",
    matters="It is for debugging: the CPU waits for each kernel, and training is slower, often by far.",
    lesson=DOCTOR,
)
def launch_blocking(facts: Facts) -> Iterator[Seen]:
    value = _set(facts, "CUDA_LAUNCH_BLOCKING")
    if value and mask.usable(facts):
        title = f"CUDA_LAUNCH_BLOCKING={value} is set: torch waits for every kernel, which is slow"
        cause = "It makes an error point at the line that caused it, and is usually left over from such a search."
        yield Seen("warn", title, (f"CUDA_LAUNCH_BLOCKING={value}",), cause, (_unset("CUDA_LAUNCH_BLOCKING"),))


@fault(
    "alloc-conf-old",
    "the allocator's settings stand under a name that this torch does not want",
    looks="PYTORCH_ALLOC_CONF, PYTORCH_CUDA_ALLOC_CONF, and the version of torch.",
    matters="Up to torch 2.9, settings in PYTORCH_ALLOC_CONF alone have no effect on CUDA, and nothing says so.",
    lesson=DOCTOR,
)
def alloc_conf_old(facts: Facts) -> Iterator[Seen]:
    old, new = ((facts.variables or {}).get(name) for name in ALLOCATOR)
    torch = compatibility.minor(torch_version(facts))
    if torch is None or not mask.usable(facts):
        return
    version = f"torch {torch_version(facts)}"
    if new and not old and torch <= LAST_OLD_NAME:
        title = f"{version} does not read PYTORCH_ALLOC_CONF for CUDA, so its settings have no effect"
        step = Step("Set them under the name that it reads.", f"export PYTORCH_CUDA_ALLOC_CONF={_shown(new)}")
        yield Seen(
            "warn",
            title,
            (f"PYTORCH_ALLOC_CONF={_shown(new)}",),
            "Torch 2.11 reads that name; 2.9 and older read the other alone.",
            (step,),
        )
    elif old and DEPRECATED[0] <= torch < DEPRECATED[1]:
        title = f"{version} warns that PYTORCH_CUDA_ALLOC_CONF is deprecated; its settings work"
        yield Seen("note", title, (f"PYTORCH_CUDA_ALLOC_CONF={_shown(old)}",), "Torch 2.12 no longer warns.")


@fault(
    "alloc-conf-unknown",
    "the allocator's settings cannot be read",
    looks="PYTORCH_CUDA_ALLOC_CONF or PYTORCH_ALLOC_CONF, by the grammar and the options of torch 2.13.",
    matters="Torch raises at the first use of CUDA, with an error that speaks of the allocator.",
    lesson=DOCTOR,
)
def alloc_conf_unknown(facts: Facts) -> Iterator[Seen]:
    variables = facts.variables or {}
    name = next((name for name in ALLOCATOR if name in variables), "")
    if not name or not mask.usable(facts) or first_torch(facts) is None:
        return
    torch = compatibility.minor(torch_version(facts))
    if name == "PYTORCH_ALLOC_CONF" and torch and torch <= LAST_OLD_NAME:
        return
    if problem := refused(variables[name][:2000], torch):
        wrong, better = problem
        steps = (Step("Write it as torch reads it.", f"export {name}={_shown(better)}"),) if better else ()
        cause = "Torch reads it at the first use of CUDA, and raises there."
        title = f"torch cannot read {name}: {clean(wrong, 120)}"
        yield Seen("fail", title, (f"{name}={_shown(variables[name])}",), cause, (*steps, _unset(name)))


@fault(
    "nvml-based-check",
    "torch.cuda.is_available() asks NVML instead of CUDA",
    looks="PYTORCH_NVML_BASED_CUDA_CHECK.",
    matters="is_available() can then be True where CUDA does not start. It keeps CUDA out of processes that will fork.",
    lesson=GPUS,
)
def nvml_based_check(facts: Facts) -> Iterator[Seen]:
    if (facts.variables or {}).get("PYTORCH_NVML_BASED_CUDA_CHECK") == "1" and mask.usable(facts):
        title = "torch.cuda.is_available() asks NVML, and may be True where CUDA does not start"
        yield Seen("note", title, ("PYTORCH_NVML_BASED_CUDA_CHECK=1",))


@fault(
    "tf32-override",
    "NVIDIA_TF32_OVERRIDE decides on TF32 for torch",
    looks="NVIDIA_TF32_OVERRIDE.",
    matters="It outranks torch.set_float32_matmul_precision and allow_tf32: float32 products are of another precision.",
    lesson="number_formats#which-one-and-when",
)
def tf32_override(facts: Facts) -> Iterator[Seen]:
    value = (facts.variables or {}).get("NVIDIA_TF32_OVERRIDE")
    effect = {"0": "is never used", "1": "is always used"}.get(value or "")
    if effect and mask.usable(facts):
        title = f"NVIDIA_TF32_OVERRIDE={value}: TF32 {effect}, whatever the program sets"
        yield Seen("note", title, (f"NVIDIA_TF32_OVERRIDE={value}",), fix=(_unset("NVIDIA_TF32_OVERRIDE"),))


@fault(
    "nccl-debug",
    "NCCL writes a log",
    looks="NCCL_DEBUG.",
    matters="INFO and TRACE print many lines from every process; TRACE is slow as well.",
    lesson=DOCTOR,
)
def nccl_debug(facts: Facts) -> Iterator[Seen]:
    value = (facts.variables or {}).get("NCCL_DEBUG", "").upper()
    if value in ("INFO", "TRACE") and mask.usable(facts):
        title = f"NCCL_DEBUG={value}: every process that uses NCCL prints its log"
        yield Seen("note", title, (f"NCCL_DEBUG={value}",), fix=(_unset("NCCL_DEBUG"),))


@fault(
    "rocm-override",
    "HSA_OVERRIDE_GFX_VERSION names another GPU to ROCm",
    looks="HSA_OVERRIDE_GFX_VERSION, and whether torch is built for ROCm.",
    matters="It lets an AMD GPU run that ROCm does not support. On one that it does, it picks the wrong kernels.",
    lesson="cuda_setup#code-for-your-gpu",
)
def rocm_override(facts: Facts) -> Iterator[Seen]:
    value = _set(facts, "HSA_OVERRIDE_GFX_VERSION")
    torch = first_torch(facts)
    if value and torch and torch.hip:
        title = f"HSA_OVERRIDE_GFX_VERSION={value}: torch runs the kernels of that GPU, not of this one"
        cause = "It is needed where ROCm does not support the GPU, and does harm where it does."
        evidence = (f"HSA_OVERRIDE_GFX_VERSION={value}", f"torch is built for ROCm {clean(torch.hip, 40)}")
        yield Seen("note", title, evidence, cause, (_unset("HSA_OVERRIDE_GFX_VERSION"),))


def _set(facts: Facts, name: str) -> str:
    """A variable's value, clean; "" where it is unset, empty, or 0."""
    value = clean((facts.variables or {}).get(name, "").strip(), 60)
    return "" if value == "0" else value


def _shown(value: str) -> str:
    """As a shell takes it."""
    return shlex.quote(clean(value))


def _unset(name: str) -> Step:
    return Step("Remove it for this shell.", f"unset {name}", verify=f"`printenv {name}` prints nothing")
