"""Is torch built for these GPUs and this driver? What the faults of theme torch say before it is run."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.doctor import compatibility, tables
from diagnostics.doctor.checks import install, said, sight
from diagnostics.doctor.checks.fault import Seen
from diagnostics.doctor.checks.newer_driver import newer_driver
from diagnostics.doctor.checks.sight import Card
from diagnostics.doctor.checks.views import on_jetson
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step
from diagnostics.text import clean


def torch_missing(facts: Facts) -> Iterator[Seen]:
    """No torch at all is a note: that Python may have another purpose."""
    packages = facts.packages
    if packages is None or packages.torches != []:
        return
    left = [*(packages.metadata or []), *(name for name in install.KIN if name in (packages.versions or {}))]
    evidence = (f"judged: {install.python(facts)}", *(f"there without it: {clean(name)}" for name in left[:4]))
    mac = facts.host is not None and facts.host.system == "Darwin"
    what, index = ("torch", "torchvision"), "" if mac else f"{tables.INDEX}cpu"
    verify = f'`{install.python(facts)} -c "import torch"` is silent.'
    plain = Step("Install it into this one.", install.install(facts, *what, index=index), verify=verify)
    if install.managed(facts):
        plain = install.in_venv(facts, "Install it.", *what, index=index)
    yield Seen(
        "fail" if left else "note",
        "only remains of torch are installed here" if left else "there is no torch in this Python",
        evidence,
        "It was removed in part, or its installation did not end." if left else "It may be installed in another one.",
        (
            Step("If another Python has it, have that one judged.", "tutor doctor --python PATH/TO/python"),
            *(install.cuda_torch(facts) if sight.gpu_here(facts) and not _antique(facts) else (plain,)),
        ),
    )


def cpu_only_wheel(facts: Facts) -> Iterator[Seen]:
    """A GPU that no CUDA build of today has code for is no reason for one."""
    gpu = sight.gpu_here(facts)
    if not gpu or install.torch_cuda(facts) != "" or install.foreign(facts):
        return
    if _antique(facts):
        return
    name = install.torch_name(facts)
    if _tutors_own(facts):
        other = Step("Have the Python judged that you train with.", "tutor doctor --python PATH/TO/python")
        yield Seen(
            "note",
            f"the tutor's own {name} is built for the CPU alone",
            (f"{name}: CUDA none", gpu),
            "It is enough for the lessons, and says nothing of the torch that you train with.",
            (other, *install.cuda_torch(facts)),
        )
        return
    yield Seen(
        "fail",
        f"{name} is built for the CPU alone, and there is an NVIDIA GPU",
        (f"{name}: CUDA none", gpu),
        "The CPU build was installed, by its index, by a lock file, or because another package asked for it.",
        install.cuda_torch(facts),
    )


def _tutors_own(facts: Facts) -> bool:
    """Whether an environment is judged that holds the tutor and that nobody made active: it is not for training."""
    active = [(facts.variables or {}).get(name) for name in ("VIRTUAL_ENV", "CONDA_PREFIX")]
    holds = "pytorch-tutor" in ((facts.packages and facts.packages.versions) or {})
    return holds and facts.python is not None and facts.python.prefix not in active


def driver_too_old(facts: Facts) -> Iterator[Seen]:
    """By CUDA's family; what libcuda or torch itself answered outweighs the numbers."""
    cuda = install.torch_cuda(facts)
    if not cuda or install.foreign(facts) or on_jetson(facts):
        return
    driver, run = sight.driver_version(facts), facts.torch
    told = said.driver_found(run.warnings or []) if run else None
    if not told and (_cuda_answers(facts, cuda) or compatibility.driver_runs(driver, cuda) is not False):
        return
    need = compatibility.driver_needed(cuda) or ""
    brings = told or (facts.nvml.cuda if facts.nvml else 0) or 0
    family, name = cuda.partition(".")[0], install.torch_name(facts)
    evidence = [
        f"driver {clean(driver or 'unknown', 40)}" + f", of CUDA {compatibility.cuda_text(brings)}" * bool(brings)
    ]
    evidence += [f"{name} is built for CUDA {clean(cuda, 20)}"]
    evidence += [f"CUDA {family}.x needs driver {need} or newer"] if need else []
    keeps = f", which runs on driver {clean(driver, 40)}; no root is needed"
    release = compatibility.minor(install.torch_version(facts))
    usual = release is not None and tables.PYPI_CUDA.get(release) == cuda
    default = f"From PyPI, torch {release[0]}.{release[1]} comes for CUDA {cuda}. " if release and usual else ""
    yield Seen(
        "fail",
        f"{f'driver {clean(driver, 40)}' if driver else 'the driver'} is too old for {name}",
        tuple(evidence),
        f"{default}A driver runs every minor version of its own CUDA family and of older ones, and no newer family.",
        _for_driver(facts, keeps, need),
    )


def _for_driver(facts: Facts, why: str, need: str) -> tuple[Step, ...]:
    """A wheel that the driver runs, then a driver that runs this wheel, where it has code for the GPUs here."""
    if any(_without_code(card, _archs(facts)) for card in sight.cards(facts)):
        return install.cuda_torch(facts, why if install.wheel(facts) else "")
    chosen = install.wheel(facts) if sight.driver_version(facts) else None
    steps = (*([install.torch_from(facts, chosen, why)] if chosen else []), *newer_driver(facts, need))
    return steps or install.cuda_torch(facts)


def no_kernel_image(facts: Facts) -> Iterator[Seen]:
    """A matmul that worked outweighs every list; a GPU that draws the desktop beside others is a note."""
    archs = _archs(facts)
    seen = [card for card in sight.cards(facts) if card.computed != ""]
    lost = [card for card in seen if _without_code(card, archs)]
    if not lost or install.foreign(facts):
        return
    every = len(lost) == len(sight.cards(facts))
    idle = not every and all(card.display for card in lost)
    name = install.torch_name(facts)
    evidence = [f"{card}: {compatibility.architecture(card.capability)}" for card in lost]
    evidence += [f"{name} has code for {' '.join(clean(arch, 20) for arch in archs)}"] if archs else []
    evidence += [clean(card.computed) for card in lost[:1] if card.computed]
    yield Seen(
        "note" if idle else "fail" if every else "warn",
        f"{name} has no code for {_named(lost)}",
        tuple(evidence),
        "Code for one GPU runs on those of the same major capability and the same or a higher minor one, on no others.",
        install.cuda_torch(facts, f", which has code for {_named(lost)}"),
    )


def ptx_too_new(facts: Facts) -> Iterator[Seen]:
    """A driver compiles the PTX of its own CUDA and of older ones."""
    archs, cuda = _archs(facts) or [], install.torch_cuda(facts) or ""
    cards = [card for card in sight.cards(facts) if card.computed != ""]
    told = [card for card in cards if said.BAD_PTX.search(card.computed or "")]
    old = compatibility.driver_compiles(sight.driver_cuda(facts), cuda) is False
    compiled = [card for card in cards if old and not card.computed and _only_ptx(card, archs)]
    if install.foreign(facts) or not (told or compiled):
        return
    lost = told or compiled
    driver, need = sight.driver_version(facts), tables.TOOLKIT_DRIVERS.get(cuda, "")
    evidence = [f"{card}: {compatibility.architecture(card.capability)}" for card in lost]
    knows = sight.driver_cuda(facts)
    evidence += [f"driver {clean(driver, 40)} compiles PTX up to CUDA {compatibility.cuda_text(knows)}"] * (knows > 0)
    evidence += [f"{install.torch_name(facts)}: PTX of CUDA {clean(cuda, 20)}"]
    chosen = install.wheel(facts)
    other = chosen if chosen and chosen.tag != compatibility.build(install.torch_version(facts)) else None
    yield Seen(
        "fail",
        f"the driver cannot compile what {install.torch_name(facts)} has for {_named(lost)}",
        tuple(evidence),
        "torch has no finished code for this GPU, only PTX, and a driver compiles no PTX newer than itself.",
        (
            *([install.torch_from(facts, other, ", which has finished code for it")] if other else []),
            *newer_driver(facts, need or compatibility.driver_needed(cuda) or ""),
        ),
    )


def _antique(facts: Facts) -> bool:
    """Whether there is a GPU that no CUDA build of today has code for: the CPU build may be meant."""
    return any(card.capability < (5, 0) for card in sight.cards(facts))


def _archs(facts: Facts) -> list[str] | None:
    """What torch was compiled for: as it says where it ran, else as its release is known; None: not known."""
    if install.foreign(facts) or install.torch_cuda(facts) in ("", None):
        return None
    if facts.torch and facts.torch.archs:
        return facts.torch.archs
    host = facts.host
    if host is None or host.jetson or host.system != "Linux" or install.with_conda(facts):
        return None
    return compatibility.wheel_code(install.torch_version(facts), host.machine or "")


def _without_code(card: Card, archs: list[str] | None) -> bool:
    if card.computed:
        return said.NO_KERNEL.search(card.computed) is not None
    if archs is None:
        return False
    return not compatibility.has_code(archs, card.capability) and not compatibility.has_ptx(archs, card.capability)


def _only_ptx(card: Card, archs: list[str]) -> bool:
    return not compatibility.has_code(archs, card.capability) and compatibility.has_ptx(archs, card.capability)


def _cuda_answers(facts: Facts, cuda: str) -> bool:
    """Whether libcuda, in its own process or torch's, showed that it runs this CUDA: cuda-compat can make it so."""
    if facts.torch and facts.torch.available:
        return True
    known, family = facts.cuda, compatibility.numbers(cuda)[:1]
    return bool(known and known.error == 0 and known.version and family and known.version // 1000 >= family[0])


def _named(lost: list[Card]) -> str:
    """The models, each once, with what they are."""
    names = dict.fromkeys(f"{card.name} ({compatibility.architecture(card.capability)})" for card in lost)
    return " and ".join(names)
