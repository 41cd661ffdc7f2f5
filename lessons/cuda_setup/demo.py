"""CUDA set-up: what stands between a tensor and a GPU, which numbers count, and what this very machine has of it.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. `machine` looks at the real machine; `compatibility` and `visible_devices` are the doctor's rules.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from importlib.metadata import version as recorded
from itertools import takewhile
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from diagnostics.doctor import tables
from diagnostics.doctor.checks import visible_devices
from diagnostics.doctor.compatibility import (
    compiles_for,
    driver_compiles,
    driver_needed,
    driver_runs,
    minor,
    runs,
    tag_cuda,
    wheel_code,
    wheel_for,
)
from diagnostics.doctor.compatibility import numbers as parts
from diagnostics.text import clean
from lessons.kit import Bar, Bars, Frame, Table, joined, number
from lessons.measure import machine

MIB = 2**20

LAYERS = {
    "nvcc": "compiles CUDA code",
    "torch sees": "GPUs it can use",
    "its code": "GPUs it was compiled for",
    "torch's CUDA": "came with the wheel",
    "libcuda": "the driver, for programs",
    "kernel module": "the driver, in the kernel",
    "GPU": "the chip itself",
}
"""From the top down, and what each is."""

CARDS = (
    ("RTX 3060", 12.7, "GPU-8f31c0de-0000-4000-8000-000000000000"),
    ("RTX 4090", 82.6, "GPU-2c90feed-0000-4000-8000-000000000000"),
    ("GTX 1650", 3.0, "GPU-b7e5cafe-0000-4000-8000-000000000000"),
    ("RTX 4070", 29.1, "GPU-8f3dbeef-0000-4000-8000-000000000000"),
)
"""The four GPUs of `visible` in the order of their slots: name, TFLOPS in float32 as NVIDIA gives them, UUID."""

CAPABILITIES = {
    "GTX-1080": (6, 1),
    "V100": (7, 0),
    "RTX-2080": (7, 5),
    "A100": (8, 0),
    "RTX-3090": (8, 6),
    "RTX-4090": (8, 9),
    "H200": (9, 0),
    "B200": (10, 0),
    "RTX-5090": (12, 0),
    "GB10": (12, 1),
}
"""GPU -> compute capability (developer.nvidia.com/cuda-gpus)."""

ON_ARM = ("GB10",)
"""These are built into machines with ARM processors, which have wheels of their own."""

SHM = "/dev/shm"  # noqa: S108
SHARED = {"64MiB": 64 * MIB, "1GiB": 1024 * MIB, "8GiB": 8192 * MIB}


def layers(train: bool) -> Iterator[Frame]:
    """This machine's layers, from the bottom up. Only the last look
    asks CUDA, and a GPU that sleeps to save power is let sleep."""
    here = {"GPU": machine.gpus()}  # from the kernel's own list
    yield _layers_frame(here, train)
    here["kernel module"] = machine.kernel_module()
    yield _layers_frame(here, train)
    here["libcuda"] = machine.libcuda()  # in the loader's order
    yield _layers_frame(here, train)
    here["torch's CUDA"] = torch.version.cuda or ""
    yield _layers_frame(here, train)
    here["its code"] = " ".join(machine.codes())
    yield _layers_frame(here, train)

    if machine.sleeps():
        here["torch sees"] = "not asked: it sleeps"
    elif torch.cuda.is_available():
        here["torch sees"] = str(torch.cuda.device_count())
    else:
        here["torch sees"] = ""
    yield _layers_frame(here, train)

    if train:
        here["nvcc"] = machine.compiler()
        on_gpu = here["torch sees"].isdigit()
        device = "cuda" if on_gpu else "cpu"
        x = torch.linspace(-1, 1, 100, device=device)
        w = torch.tensor(0.0, device=device, requires_grad=True)
        before = (w * x - x).square().mean()
        (slope,) = torch.autograd.grad(before, w)
        after = ((w - slope) * x - x).square().mean()
        losses = before.item(), after.item()
        yield _layers_frame(here, train, device, losses)


def _layers_frame(
    here: dict[str, str], train: bool, device: str = "", losses: tuple[float, float] = (0.0, 0.0)
) -> Frame:
    names = [name for name in LAYERS if train or name != "nvcc"]
    rows = tuple((name, LAYERS[name], (here[name] or "none") if name in here else "·") for name in names)
    now = list(here)[-1]
    table = Table("what stands on what", ("layer", "what it is", "here"), rows, chosen=names.index(now))
    seen = here.get("torch sees", "")
    values = {"layers here": float(sum(map(bool, here.values()))), "GPUs": float(seen) if seen.isdigit() else 0.0}
    if device:
        values.update({"loss before": losses[0], "loss after": losses[1]})
    note = _trained_note(here["nvcc"], device, losses) if device else _layer_note(now, here)
    return Frame((table,), values, note, len(here) - 1, len(names) - 1)


def _trained_note(nvcc: str, device: str, losses: tuple[float, float]) -> str:
    """That a step of training needs no compiler."""
    fell = f"one step of training on the {device.replace('cuda', 'GPU').replace('cpu', 'CPU')} brought the loss from "
    told = f"{fell}{number(losses[0])} to {number(losses[1])}"
    return f"nvcc is here and was not used: {told}." if nvcc else f"Without nvcc {told}."


def _layer_note(name: str, here: dict[str, str]) -> str:
    """What the newest layer said, and at the last one where the stack ends."""
    said = here[name]
    if name == "torch sees":
        return _end_note(here)
    there, missing = {
        "GPU": (f"NVIDIA's GPUs here: {said}.", "The kernel lists no NVIDIA GPU."),
        "kernel module": (f"The kernel runs NVIDIA's driver: {said}.", "The kernel runs no driver of NVIDIA's."),
        "libcuda": (f"A program that asks for libcuda.so.1 finds {said}.", "A program finds no libcuda.so.1 here."),
        "torch's CUDA": (f"This torch was built with CUDA {said}, and brought it along.", _build_note()),
        "its code": (f"Its kernels were compiled for {said}.", "This torch has no CUDA code for any GPU."),
    }[name]
    return there if said else missing


def _build_note() -> str:
    kind = f"for ROCm {torch.version.hip}" if torch.version.hip else "for the CPU alone"
    return f"This torch, {torch.__version__}, was built {kind}: torch.version.cuda is None."


def _end_note(here: dict[str, str]) -> str:
    """How far up the stack goes on this machine, and why it ends there."""
    seen, version = here["torch sees"], torch.__version__
    if seen.isdigit():
        through = " through ROCm" if torch.version.hip else ""
        return f"The stack is whole: torch {version} sees {seen} GPU{'s' * (seen != '1')}{through}."
    if seen:
        return "The GPU sleeps, so torch was not asked: all below was seen without waking it."
    also = "" if here["torch's CUDA"] else ", and this torch is a CPU build"
    if not here["GPU"]:
        return f"The stack ends at the GPU: no NVIDIA GPU is here{also}."
    if not here["kernel module"]:
        return f"The stack ends at the kernel module: it does not run{also}."
    if not here["libcuda"]:
        return f"The stack ends at libcuda: programs find none{also}."
    if also:
        return f"The stack ends at torch: {version} is a CPU build."
    driver, cuda = here["kernel module"], here["torch's CUDA"]
    if driver_runs(driver, cuda) is False:
        return f"The stack ends at torch: driver {driver} is too old for CUDA {cuda}."
    return "The stack ends at torch, and every layer is there: ask tutor doctor."


def numbers(driver: str, wheel: str) -> Iterator[Frame]:
    """What nvidia-smi and torch say of a driver and of a wheel, and
    which rule tells whether the one runs the other."""
    cuda = _cuda(wheel)  # torch.version.cuda
    smi = _came_with(_driver(driver))  # nvidia-smi's CUDA Version
    rows = [("nvidia-smi: CUDA Version", smi or "not in our table")]
    yield _numbers_frame(driver, cuda, rows)

    rows.append(("torch.version.cuda", cuda))
    yield _numbers_frame(driver, cuda, rows)

    if smi:  # what many guides and tools do
        wrong = "runs" if parts(cuda) <= parts(smi) else "fails"
        rows.append((f"wrong rule: is {cuda} ≤ {smi}?", wrong))
        yield _numbers_frame(driver, cuda, rows)

    oldest = driver_needed(cuda)  # by the major number alone
    right = driver_runs(driver, cuda)
    told = {True: "runs", False: "fails", None: "not known"}[right]
    rows.append((f"the rule: is {driver} ≥ {oldest}?", told))
    yield _numbers_frame(driver, cuda, rows, right)


def _numbers_frame(driver: str, cuda: str, rows: list[tuple[str, str]], right: bool | None = None) -> Frame:
    last = rows[-1][0].startswith("the rule")
    steps = 3 if _came_with(driver) else 2
    table = Table(f"driver {driver}, wheel for CUDA {cuda}", ("asked", "answer"), tuple(rows), chosen=len(rows) - 1)
    families = Table(
        "the oldest driver for each CUDA family",
        ("CUDA", "driver"),
        tuple((f"{major}.x", oldest) for major, oldest in tables.DRIVER_FOR_FAMILY.items()),
    )
    values = {"driver's branch": float(parts(driver)[0])}
    if last and right is not None:
        values["runs"] = float(right)
    note = _rule_note(driver, cuda, rows, right) if last else _number_note(driver, cuda, rows)
    return Frame((table, families), values, note, len(rows) - 1, steps)


def _number_note(driver: str, cuda: str, rows: list[tuple[str, str]]) -> str:
    """What the newest number stands for."""
    smi = _came_with(driver)
    if len(rows) == 1 and not smi:
        return f"Which CUDA driver {driver} came with is not in our table; the rule does not need it."
    if len(rows) == 1:
        return f"nvidia-smi prints {smi}: the newest CUDA that driver {driver} speaks, installed or not."
    if len(rows) == 2:
        return f"torch.version.cuda is {cuda}: the CUDA that the wheel was built with, and that lies inside it."
    return f"Comparing {cuda} with {smi} is the wrong rule; here it says that the wheel {rows[2][1]}."


def _rule_note(driver: str, cuda: str, rows: list[tuple[str, str]], right: bool | None) -> str:
    """What the family's rule says, and whether the wrong one would have said it too."""
    oldest, family = driver_needed(cuda), f"{parts(cuda)[0]}.x"
    if right is None:
        return f"For CUDA {family} there is no such rule in our table, so nothing is said."
    wrong = rows[2][1] if len(rows) > 3 else ""
    misled = "; the wrong rule says otherwise" if wrong and (wrong == "runs") != right else ""
    if not right:
        return f"It fails: CUDA {family} needs driver {oldest} or newer{misled}."
    newer = driver_compiles(_spoken(_came_with(driver)), cuda) is False
    but = ", except for PTX" if newer else ""
    return f"It runs{but}: every CUDA {family} runs from driver {oldest} on{misled}."


def _driver(driver: str) -> str:
    """ValueError for what is no version of a driver."""
    if not re.fullmatch(r"\d{3,4}(\.\d{1,4}){0,2}", driver):
        raise ValueError(f"driver takes a version of NVIDIA's driver, such as 550.54.14, not {driver!r}")
    return driver


def _cuda(wheel: str) -> str:
    """12.6 of "12.6" and of "cu126"; ValueError for what is no version of CUDA."""
    cuda = tag_cuda(wheel) or wheel
    if not re.fullmatch(r"\d{1,3}\.\d{1,2}", cuda):
        raise ValueError(f"wheel takes a version of CUDA, such as 12.6 or cu126, not {wheel!r}")
    return cuda


def _came_with(driver: str) -> str:
    """The CUDA whose toolkit came with a driver of this branch; "" where the table has none."""
    branches = {parts(with_it)[0]: cuda for cuda, with_it in tables.TOOLKIT_DRIVERS.items()}
    return branches.get(parts(driver)[0], "")


def _spoken(cuda: str) -> int:
    """12040 of "12.4", as libcuda says it; 0 of ""."""
    found = minor(cuda)
    return found[0] * 1000 + found[1] * 10 if found else 0


def loaded(find: str) -> Iterator[Frame]:
    """The shared libraries that this process has mapped, from
    /proc/self/maps, by who brought them."""
    wanted = "" if find == "all" else find
    files = [one for one in machine.mapped() if wanted in one.name]
    sizes: dict[str, int] = {}
    yield _loaded_frame(find, files, sizes)

    for owner in machine.OWNERS:  # Python, the system, ...
        its = [one.size for one in files if one.owner == owner]
        sizes[owner] = sum(its)
        yield _loaded_frame(find, files, sizes)


def _loaded_frame(find: str, libraries: Sequence[machine.Mapped], sizes: dict[str, int]) -> Frame:
    bars = tuple(Bar(owner, (sizes.get(owner, 0) / MIB,), "" if owner in sizes else "·") for owner in machine.OWNERS)
    known = [one for one in libraries if one.owner in sizes]
    rows = tuple((one.name, one.owner, f"{number(one.size / MIB)} MiB") for one in known[:30])
    pictures = (
        Bars("libraries in this process, MiB", ("size of the files",), bars, unit="MiB"),
        Table("the largest so far", ("library", "from", "size"), rows),
    )
    values = {owner: size / MIB for owner, size in sizes.items()}
    values["libraries"] = float(len(libraries))
    return Frame(pictures, values, _loaded_note(find, libraries, sizes), len(sizes), len(machine.OWNERS))


def _loaded_note(find: str, libraries: Sequence[machine.Mapped], sizes: dict[str, int]) -> str:
    """What the newest owner brought, and at the end how much came with torch."""
    if not libraries:
        if not os.path.exists("/proc/self/maps"):
            return "This system has no /proc, so what torch has mapped cannot be read here."
        return f"No library in this process has {clean(find, 30)!r} in its name."
    called = "" if find == "all" else f" with {clean(find, 20)!r} in the name"
    if not sizes:
        count = "1 shared library" if len(libraries) == 1 else f"{len(libraries)} shared libraries"
        return f"Now that torch is imported, this process has {count}{called}."
    owner, total = list(sizes)[-1], sum(one.size for one in libraries)
    if owner != machine.OWNERS[-1]:
        said = f"{number(sizes[owner] / MIB)} MiB" if sizes[owner] else "nothing"
        return f"{owner[0].upper()}{owner[1:]} brought {said} of it."
    wheels = sum(sizes[name] for name in ("torch's wheel", "NVIDIA's wheels"))
    what = f"{number(wheels / MIB)} of {number(total / MIB)} MiB"
    return f"torch's wheel, with NVIDIA's, brought {what}: {_percent(wheels, total)}."


def _percent(part: float, total: float) -> str:
    return f"{100 * part / total:.0f} %" if total else "nothing"


def code(gpu: str, wheel: str) -> Iterator[Frame]:
    """Goes through the code in a wheel, and asks of each piece
    whether it runs on the GPU: as it is, or compiled there."""
    capability = _capability(gpu)  # (8, 9) for an RTX 4090
    machine_kind = "aarch64" if gpu in ON_ARM else "x86_64"
    archs = wheel_code(wheel, machine_kind)
    if archs is None:
        raise ValueError(_unknown_wheel(wheel, machine_kind))

    told: list[tuple[str, str]] = []
    yield _code_frame(gpu, wheel, archs, told)
    for arch in archs:  # "sm_86" is compiled, "compute_120" is PTX
        if runs(arch, capability):
            told.append((arch, "runs"))
        elif compiles_for(arch, capability):
            told.append((arch, "can be compiled"))
        else:
            told.append((arch, "no"))
        yield _code_frame(gpu, wheel, archs, told)


def _code_frame(gpu: str, wheel: str, archs: list[str], told: list[tuple[str, str]]) -> Frame:
    capability = _capability(gpu)
    verdicts = dict(told)
    rows = tuple((arch, _kind(arch), verdicts.get(arch, "·"), _why(arch, capability, verdicts)) for arch in archs)
    table = Table(
        f"{wheel} on {_called(gpu)}", ("code", "kind", "here", "because"), rows, chosen=len(told) - 1 if told else None
    )
    running = [arch for arch, verdict in told if verdict == "runs"]
    compiled = [arch for arch, verdict in told if verdict == "can be compiled"]
    values = {"capability": float(f"{capability[0]}.{capability[1]}"), "runs": float(len(running))}
    values["can be compiled"] = float(len(compiled))
    if len(told) == len(archs):
        note = _code_note(gpu, wheel, running, compiled)
    else:
        note = _piece_note(gpu, wheel, archs, told)
    return Frame((table, _command(gpu)), values, note, len(told), len(archs))


def _kind(arch: str) -> str:
    return "compiled" if arch.startswith("sm_") else "PTX"


def _why(arch: str, capability: tuple[int, int], verdicts: dict[str, str]) -> str:
    """What decided it: the major number, then the minor one."""
    if arch not in verdicts:
        return ""
    major, least = _number_of(arch)
    if verdicts[arch] == "can be compiled":
        return "PTX for it or older"
    if arch.startswith("compute_"):
        return "PTX for newer GPUs"
    if (major, least) == capability:
        return "its very own"
    if major != capability[0]:
        return f"{major}, not {capability[0]}, before the point"
    return f"{major}.{least} ≤ {capability[0]}.{capability[1]}" if verdicts[arch] == "runs" else "newer, or a Jetson's"


def _number_of(arch: str) -> tuple[int, int]:
    """(8, 6) of sm_86."""
    digits = arch.rpartition("_")[2]
    return int(digits[:-1]), int(digits[-1])


def _piece_note(gpu: str, wheel: str, archs: list[str], told: list[tuple[str, str]]) -> str:
    if not told:
        return f"{wheel} has code of {len(archs)} kinds; none was tried on {_called(gpu)} yet."
    arch, verdict = told[-1]
    answer = {"runs": "runs", "can be compiled": "can be compiled", "no": "does not run"}[verdict]
    return f"{arch} {answer} on {_called(gpu)}: {_why(arch, _capability(gpu), dict(told))}."


def _code_note(gpu: str, wheel: str, running: list[str], compiled: list[str]) -> str:
    """Which code the GPU takes, or which wheel has some for it."""
    if running:
        return f"On {_called(gpu)} {running[-1]} runs: the nearest of what {wheel} has for it."
    if compiled:
        return f"No compiled code of {wheel} runs on {_called(gpu)}; the driver compiles {compiled[-1]} for it."
    fit = wheel_for([_capability(gpu)], machine="aarch64" if gpu in ON_ARM else "x86_64")
    advice = f"take {fit.tag}" if fit else "no wheel of torch's has any"
    return f"Nothing in {wheel} runs on {_called(gpu)}: the first kernel fails with error 209; {advice}."


def _command(gpu: str) -> Table:
    """What installs a wheel with code for the GPU."""
    fit = wheel_for([_capability(gpu)], machine="aarch64" if gpu in ON_ARM else "x86_64")
    lines = (("pip install torch \\",), (f"  --index-url {fit.index}",)) if fit else (("none of torch's own",),)
    return Table("a wheel that has code for it", ("command",), lines)


def _capability(gpu: str) -> tuple[int, int]:
    """ValueError for what is neither a known GPU nor a capability."""
    found = re.fullmatch(r"(\d{1,2})\.(\d)", gpu)
    if found:
        return int(found[1]), int(found[2])
    if gpu not in CAPABILITIES:
        raise ValueError(f"gpu takes one of the names, or a compute capability, such as 8.9, not {gpu!r}")
    return CAPABILITIES[gpu]


def _called(gpu: str) -> str:
    """a GPU by name and number."""
    major, least = _capability(gpu)
    return f"the {gpu.replace('-', ' ')} ({major}.{least})" if gpu in CAPABILITIES else f"a GPU of {gpu}"


def _unknown_wheel(wheel: str, kind: str) -> str:
    known = "wheel takes a release with a CUDA tag, such as 2.13.0+cu126"
    return f"{known}; what {wheel!r} has for {kind} is not in our table"


def environment(command: str) -> Iterator[Frame]:
    """Which Python runs this demo, which torch it imports, and in
    which Python a command on your PATH would work."""
    holders = [folder for folder in sys.path if _has_torch(folder)]
    copies = set(map(os.path.realpath, holders))
    rows = [("this Python", sys.executable)]
    yield _environment_frame(rows, command)
    rows.append(("torch comes from", os.path.dirname(torch.__file__)))
    yield _environment_frame(rows, command)
    rows.append(("it says of itself", torch.__version__))
    yield _environment_frame(rows, command)
    rows.append(("pip's record says", recorded("torch")))
    yield _environment_frame(rows, command)
    rows.append(("copies on sys.path", str(len(copies))))
    yield _environment_frame(rows, command)
    rows.append((f"{command} runs in", machine.python_of(command)))
    yield _environment_frame(rows, command)


def _has_torch(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "torch", "version.py"))


def _environment_frame(rows: list[tuple[str, str]], command: str) -> Frame:
    shown = tuple((name, clean(value, 200) or "not told") for name, value in rows)
    table = Table("where things come from here", ("asked", "answer"), shown, chosen=len(rows) - 1)
    values = {"copies of torch": float(rows[4][1])} if len(rows) > 4 else {}
    if len(rows) > 5:
        values["same Python"] = float(_same_place(rows[0][1], rows[5][1]))
    return Frame((table,), values, _environment_note(rows, command), len(rows) - 1, 5)


def _environment_note(rows: list[tuple[str, str]], command: str) -> str:
    """What the newest answer means."""
    name, value = rows[-1]
    if len(rows) == 6:
        return _command_note(rows[0][1], value, clean(command, 30))
    if name == "copies on sys.path":
        return (
            "One torch is on sys.path." if value == "1" else f"{value} copies of torch are on sys.path: the first wins."
        )
    if name == "pip's record says":
        same = value == rows[2][1] or value == rows[2][1].partition("+")[0]
        return f"pip's record says {value}, {'as torch does' if same else 'and torch says otherwise'}."
    return {
        "this Python": "A torch belongs to one Python: this demo runs in the one above.",
        "torch comes from": "This is the folder from which that Python imports torch.",
        "it says of itself": f"torch.__version__ is {value}; what stands behind the plus is its build.",
    }[name]


def _command_note(here: str, there: str, command: str) -> str:
    if not there:
        found = "names no Python" if shutil.which(command) else "is not on your PATH"
        return f"{command} {found}; python -m pip installs where that python looks."
    if _same_place(here, there):
        return f"{command} works in this Python's own environment: what it installs is found here."
    return f"{command} works in another Python: what it installs there is not found here."


def _same_place(one: str, other: str) -> bool:
    """Whether two Pythons are of one environment: they lie in one folder."""
    return bool(other) and os.path.realpath(os.path.dirname(one)) == os.path.realpath(os.path.dirname(other))


def search(library: str, path: str) -> Iterator[Frame]:
    """Where a program's loader looks for a library, in its order,
    and what a new process, started just now, really loads."""
    own = machine.torch_folder()
    folders = {"unset": "", "torch/lib": own}.get(path, path)
    places = machine.search(library, folders)
    yield _search_frame(library, folders, places)

    taken = machine.loaded(library, folders)  # asks that process
    yield _search_frame(library, folders, places, taken)


def _search_frame(library: str, path: str, places: Sequence[machine.Place], taken: str | None = None) -> Frame:
    rows = tuple(
        (_short(place.folder), place.why, "yes" if place.there else "no", "loaded" if _is(place, taken) else "")
        for place in places
    )
    chosen = next((at for at, place in enumerate(places) if _is(place, taken)), None)
    table = Table(f"{library}, in the loader's order", ("folder", "because of", "there", ""), rows, chosen=chosen)
    values = {"places": float(len(places))}
    if taken is not None:
        values["loaded from place"] = float(0 if chosen is None else chosen + 1)
    return Frame((table,), values, _search_note(library, path, places, taken, chosen), int(taken is not None), 1)


def _is(place: machine.Place, taken: str | None) -> bool:
    return bool(taken) and place.there and os.path.realpath(place.folder) == os.path.realpath(taken or "")


def _search_note(
    library: str, path: str, places: Sequence[machine.Place], taken: str | None, chosen: int | None
) -> str:
    """How many have it, and which one came in."""
    count = sum(place.there for place in places)
    first = "LD_LIBRARY_PATH comes first" if path else "LD_LIBRARY_PATH is not set"
    if taken is None:
        return f"{first}; the loader finds {library} in {count} folder{'s' * (count != 1)} here."
    if not os.path.exists("/proc/self/maps"):
        return "This system has no /proc, so what a process has loaded cannot be read here."
    if not taken:
        return f"The new process found no {library} here."
    if chosen is None:
        return f"The new process took it from elsewhere: {_short(taken)}."
    if places[chosen].why == "LD_LIBRARY_PATH":
        over = " over the system's own" if count > 1 else ""
        return f"LD_LIBRARY_PATH won{over}: {library} came from {_short(taken)}."
    return f"The system's own won: {library} came from {_short(taken)}."


def _short(folder: str) -> str:
    """The end of a long path."""
    return folder if len(folder) <= 34 else f"…{folder[-33:]}"


def visible(mask: str, order: str) -> Iterator[Frame]:
    """Reads CUDA_VISIBLE_DEVICES entry by entry on a machine with
    four GPUs, and has torch's own parser read it, too."""
    cards = list(CARDS)  # in the order of their slots
    if order == "FASTEST_FIRST":  # CUDA's own way
        cards.sort(key=lambda card: card[1], reverse=True)
    uuids = [uuid for _, _, uuid in cards]
    yield _visible_frame(mask, cards, 0)

    entries = [] if mask == "unset" else _value(mask).split(",")
    for count in range(1, max(1, len(entries)) + 1):
        value = ",".join(entries[:count])
        if mask == "unset":
            sight = visible_devices.Sight((0, 1, 2, 3))
        else:
            read = visible_devices.read(value)
            sight = visible_devices.resolve(read, uuids)
        by_torch = _by_torch(mask == "unset", value, uuids)
        yield _visible_frame(mask, cards, count, sight, by_torch)


def _visible_frame(
    mask: str,
    cards: Sequence[tuple[str, float, str]],
    count: int,
    sight: visible_devices.Sight | None = None,
    by_torch: list[int] | str = "",
) -> Frame:
    steps = max(1, len(_value(mask).split(","))) if mask != "unset" else 1
    seen = list(sight.gpus) if sight else []
    slots = [card[0] for card in CARDS]
    rows = tuple(
        (
            str(slots.index(name)),
            name,
            uuid[:12],
            str(place),
            f"cuda:{seen.index(place)}" if place in seen else "·" if sight is None else "hidden",
        )
        for place, (name, _, uuid) in enumerate(cards)
    )
    heads = ("nvidia-smi", "GPU", "UUID", "CUDA's no.", "torch")
    table = Table(f"CUDA_VISIBLE_DEVICES: {clean(mask, 40)}", heads, rows, chosen=seen[-1] if seen else None)
    pictures = [table]
    values = {"GPUs seen": float(len(seen))} if sight else {}
    if sight:
        both = (("the doctor's rules", _listed(seen)), (f"torch {torch.__version__}", _listed(by_torch)))
        pictures.append(Table("CUDA's numbers that are left", ("read by", "gives"), both))
        values["torch reads the same"] = float(by_torch == seen)
    note = _sight_note(mask, cards, sight, count, steps) if sight else _cards_note(cards)
    return Frame(tuple(pictures), values, note, count, steps)


def _value(mask: str) -> str:
    return "" if mask == "(empty)" else mask


def _listed(numbers: list[int] | str) -> str:
    return numbers if isinstance(numbers, str) else ", ".join(map(str, numbers)) or "none"


def _by_torch(unset: bool, value: str, uuids: Sequence[str]) -> list[int] | str:
    """What torch's parser leaves of the four; a word where this torch has none, or where it raises."""
    parse = getattr(torch.cuda, "_parse_visible_devices", None)
    ordinals = getattr(torch.cuda, "_transform_uuid_to_ordinals", None)
    if parse is None or ordinals is None:
        return "has no parser"
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    try:
        _set(None if unset else value)
        found: list[Any] = parse()
    except ValueError:
        return "raises ValueError"
    finally:
        _set(before)
    if found and isinstance(found[0], str):
        found = ordinals(found, list(uuids))
    return list(takewhile(lambda place: place < len(uuids), found))


def _set(value: str | None) -> None:
    """Of the variable that torch's parser reads."""
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    if value is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = value


def _cards_note(cards: Sequence[tuple[str, float, str]]) -> str:
    """In which order CUDA counts them."""
    named = joined([name for name, _, _ in cards])
    return f"CUDA counts these GPUs as {named}; nvidia-smi counts them by their slots."


def _sight_note(
    mask: str, cards: Sequence[tuple[str, float, str]], sight: visible_devices.Sight, count: int, steps: int
) -> str:
    """What is left, and what ended the list."""
    name, stopped = clean(mask, 20), clean(sight.stopped, 20)
    ended = {
        "": "",
        "unknown": f"; {stopped!r} is no UUID here",
        "several": f"; {stopped!r} may mean several",
        "range": f"; there is no GPU {stopped}",
        "twice": "",
    }[sight.why]
    if sight.why == "twice" or (mask != "unset" and visible_devices.read(_value(mask)).twice and count == steps):
        return f"{name} leaves no GPU: one entry stands there twice, and nothing is raised."
    if mask != "unset" and visible_devices.read(_value(mask)).raises and count == steps:
        return f"{name} is no number: torch.cuda.device_count() raises ValueError."
    if not sight.gpus:
        return f"{name} leaves no GPU, and nothing is raised{ended}."
    names = [f"cuda:{place} is {cards[gpu][0]}" for place, gpu in enumerate(sight.gpus)]
    named = joined(names) if len(names) < 4 else f"{names[0]}, ..., {names[-1]}"
    read = f"{name} leaves" if count == steps else f"After {count} of {steps} entries there are"
    return f"{read} {len(sight.gpus)}: {named}{ended}."


def limits(workers: int, batch: int, shm: str) -> Iterator[Frame]:
    """What the workers of a DataLoader hold ready in shared memory,
    worker by worker, beside what this machine gives."""
    room = machine.room()
    shared = SHARED.get(shm, room.shm)  # bytes of /dev/shm
    loader: Any = DataLoader(_Nothing(), num_workers=1)
    ahead = loader.prefetch_factor  # batches for each worker

    # On "meta" a tensor has a size, and takes no memory.
    images = torch.empty(batch, 3, 224, 224, device="meta")
    labels = torch.empty(batch, dtype=torch.int64, device="meta")
    tensors = [images, labels]
    size = sum(each.numel() * each.element_size() for each in tensors)

    for count in range(workers + 1):
        held = count * ahead * size
        files = count * ahead * len(tensors)  # one open file each
        yield _limits_frame(count, workers, held, files, shared, room)


class _Nothing(Dataset[int]):
    """A data set that nobody reads."""


def _limits_frame(count: int, workers: int, held: int, files: int, shared: int | None, room: machine.Room) -> Frame:
    rows = (
        (SHM, f"{number(held / MIB)} MiB", _mib(shared), _verdict(held, shared)),
        ("open files", str(files), str(room.files or "not told"), _verdict(files, room.files)),
        ("CPUs", str(count + 1), number(room.cpus), "enough" if count < room.cpus else "they take turns"),
        ("memory of the group", f"{number(held / MIB)} MiB", _mib(room.memory), _verdict(held, room.memory)),
    )
    bars = [Bar("batches held", (held / MIB,))]
    if shared is not None:
        bars.append(Bar(SHM, (shared / MIB,)))
    pictures = (
        Table("for images of 3 × 224 × 224 in float32", ("what", "it takes", "there is", ""), rows),
        Bars("shared memory, MiB", ("MiB",), tuple(bars), unit="MiB"),
    )
    values = {"held MiB": held / MIB, "files": float(files), "fits": float(shared is None or held <= shared)}
    return Frame(pictures, values, _limits_note(count, workers, held, shared, room), count, workers)


def _mib(size: int | None) -> str:
    if size is None:
        return "no limit told"
    return f"{number(size / MIB)} MiB" if size < 10_000 * MIB else f"{number(size / MIB / 1024)} GiB"


def _verdict(takes: int, has: int | None) -> str:
    return "enough" if has is None or takes <= has else "too little"


def _limits_note(count: int, workers: int, held: int, shared: int | None, room: machine.Room) -> str:
    """Whether the batches that wait go into shared memory."""
    waits = f"{count} worker{'s' * (count != 1)} hold{'s' * (count == 1)} up to {number(held / MIB)} MiB ready"
    if count == 0:
        return f"No worker: nothing is handed over, and /dev/shm, {_mib(shared)}, is not used."
    if shared is not None and held > shared:
        return f"{waits}, and /dev/shm has {_mib(shared)}: a worker is killed with a bus error."
    if count == workers and count + 1 > room.cpus:
        return f"{waits}, which fits; with the main process they share {number(room.cpus)} CPU{'s' * (room.cpus != 1)}."
    return f"{waits}, of {_mib(shared)} in /dev/shm."


def doctor(host: str) -> Iterator[Frame]:
    """A server with two GPUs, made up, with one thing wrong or none.
    What a probe would see of it goes through the doctor's checks."""
    judge, hosts = _checks()
    facts = hosts[host]()
    yield _facts_frame(facts, host)

    findings = judge(facts)
    wrong = [one for one in findings if one.status != "ok"]
    in_order = len(findings) - len(wrong)
    causes = [one for one in wrong if not one.consequence_of]
    rest = [one for one in wrong if one.consequence_of]
    yield _findings_frame(facts, causes, rest, in_order)


def _checks() -> tuple[Any, Any]:
    """The doctor's judgement, and the hosts; ValueError in a Python that they are too new for."""
    if sys.version_info < (3, 10):  # noqa: UP036 (a worker's Python may be older than ours)
        raise ValueError("the doctor's checks need Python 3.10 or newer, and this demo runs in an older one")
    from diagnostics.doctor.judge import judge
    from lessons.measure.gpu_host import HOSTS

    return judge, HOSTS


def _facts_frame(facts: Any, host: str) -> Frame:
    table = _facts_table(facts)
    note = f"This is what the probe saw of the server ({host}); nothing is judged yet."
    return Frame((table,), {"GPUs in torch": float(facts.torch.count)}, note, 0, 1)


def _facts_table(facts: Any) -> Table:
    loaded_libraries = facts.libraries.libcuda
    xids = [f"Xid {one.code}" for one in facts.kernel_log.xids]
    broken = [f"GPU {gpu.index}: error {gpu.error}" for gpu in facts.nvml.gpus or [] if gpu.error]
    rows = (
        ("driver in the kernel", facts.driver.loaded),
        ("libcuda's file", loaded_libraries[0].version if loaded_libraries else "none"),
        ("NVML", f"error {facts.nvml.error}" if facts.nvml.error else ", ".join(broken) or "2 GPUs answer"),
        ("cuInit", "none to ask" if facts.cuda.missing else f"answers {facts.cuda.error}"),
        ("torch", facts.torch.version),
        ("GPUs in torch", str(facts.torch.count)),
        ("container", facts.container.kind or "no"),
        (SHM, _mib(facts.limits.shm_total)),
        ("CUDA_VISIBLE_DEVICES", facts.variables.get("CUDA_VISIBLE_DEVICES", "unset")),
        ("kernel's log", ", ".join(xids) or "no Xid"),
    )
    return Table("what was seen", ("asked", "answer"), rows)


def _findings_frame(facts: Any, causes: Sequence[Any], rest: Sequence[Any], in_order: int) -> Frame:
    rows = [(one.status, one.title) for one in causes]
    rows += [("explained", one.title) for one in rest]
    rows.append(("ok", f"{in_order} themes are in order"))
    steps = [step for one in causes for step in one.fix[:1]]
    commands = tuple((line,) for step in steps for line in _lines(step.command or step.text))
    pictures = [Table("what the doctor says", ("status", "finding"), tuple(rows), chosen=0)]
    if commands:
        pictures.append(Table("what to do first", ("step",), commands))
    pictures.append(_facts_table(facts))
    counts = [one.status for one in causes]
    values = {status: float(counts.count(status)) for status in ("fail", "warn", "note")}
    values["explained"] = float(len(rest))
    return Frame(tuple(pictures), values, _findings_note(causes, rest, in_order), 1, 1)


def _lines(command: str) -> list[str]:
    """A long command over several rows, as a shell takes it."""
    rows = textwrap.wrap(command, 54, subsequent_indent="  ", break_on_hyphens=False)
    return [*(f"{row} \\" for row in rows[:-1]), rows[-1]]


def _findings_note(causes: Sequence[Any], rest: Sequence[Any], in_order: int) -> str:
    """The cause, and how much it explains."""
    if not causes:
        return f"Nothing is wrong: {in_order} themes are in order."
    bad = next((one for one in causes if one.status in ("fail", "warn")), causes[0])
    explains = f"; it explains {len(rest)} more" if rest else ""
    return f"{bad.status}: {bad.title}{explains}."
