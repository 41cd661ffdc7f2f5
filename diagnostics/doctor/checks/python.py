"""The Python that is judged: the one that was meant, and one that torch has a wheel for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from diagnostics.doctor import compatibility, tables
from diagnostics.doctor.checks import install, sight
from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.pythonpath import holds_torch
from diagnostics.doctor.facts import Facts, Python
from diagnostics.finding import Step
from diagnostics.text import clean

ENVIRONMENT = "cuda_setup#one-environment"
WHEEL = "cuda_setup#what-a-wheel-brings"

NEWEST = max(tables.TORCH_FOR_PYTHON)
ANOTHER = Step(
    "Make an environment with a Python that torch has wheels for, and activate it.",
    "uv venv -p 3.12 venv && . venv/bin/activate",
    verify="`tutor doctor` names that Python.",
)


def sound(facts: Facts) -> Seen | None:
    """Which Python was judged; None while it is not known."""
    python = facts.python
    if python is None or not python.version:
        reason = unseen(facts, "python")
        return Seen("skipped", "no Python was judged", (clean(reason),)) if reason else None
    kind = "a conda environment" if python.conda else "a virtual environment" if python.virtual else "no environment"
    return Seen("ok", f"Python {clean(python.version, 20)} in {kind}", (f"judged: {install.python(facts)}",))


@fault(
    "local-torch",
    "a file or folder of one's own takes torch's place",
    looks="torch.py and torch/ in the current folder and before torch on Python's path.",
    matters="`import torch` runs that file: it ends with an AttributeError or a circular import.",
    lesson=ENVIRONMENT,
)
def local_torch(facts: Facts) -> Iterator[Seen]:
    found = facts.python.local_torch if facts.python else None
    if not found:
        return
    broken = facts.torch is not None and facts.torch.outcome in ("raised", "died", "hung")
    path = PurePosixPath(found)
    kind = "file" if path.suffix else "folder"
    aside = path.with_name("my_torch" + path.suffix)
    yield Seen(
        "fail" if broken else "warn",
        f"a {kind} of one's own, {clean(path.name, 60)}, is imported in torch's place",
        (clean(found, 160),),
        "Python looks in the folder of the script, or the current one, before the installed packages.",
        (
            *_without(facts, path),
            Step("Give it another name.", f"mv {install.in_shell(found)} {install.in_shell(str(aside))}"),
        ),
    )


def _without(facts: Facts, path: PurePosixPath) -> tuple[Step, ...]:
    """Past it, where it may well be meant: from another folder, or without the variable that names its folder."""
    named = [one.rstrip("/") for one in (facts.variables or {}).get("PYTHONPATH", "").split(":") if one]
    if str(path.parent) in named:
        return (Step("Leave PYTHONPATH out: it names its folder.", "unset PYTHONPATH"),)
    return (Step("Run from another folder, if it is a clone of torch itself.", "cd ~"),)


@fault(
    "wrong-environment",
    "another Python is judged than the environment that is active",
    looks="VIRTUAL_ENV and CONDA_PREFIX beside the folder that the judged Python belongs to.",
    matters="What pip installs there is not what programs import here.",
    lesson=ENVIRONMENT,
)
def wrong_environment(facts: Facts) -> Iterator[Seen]:
    active, variable = _active(facts)
    python = facts.python
    if python is None or not python.prefix or not active or _same(active, python.prefix):
        return
    none = facts.packages is not None and facts.packages.torches == []
    theirs = install.in_shell(f"{active.rstrip('/')}/bin/python")
    yield Seen(
        "warn" if none else "note",
        "the active environment is not the one that was judged" + ", which has no torch" * none,
        (f"{variable}: {clean(active, 160)}", f"judged: {clean(python.prefix, 160)}"),
        "It was asked for, or this Python stands before the environment's on the path.",
        (Step("Have the active one judged.", f"tutor doctor --python {theirs}"),),
    )


@fault(
    "torch-from-pythonpath",
    "the torch of PYTHONPATH is imported, and not the environment's own",
    looks="PYTHONPATH, and where the torch that is imported lies: outside of the judged Python's own folder.",
    matters="pip changes another torch than programs import, and libraries of two get mixed.",
    lesson=ENVIRONMENT,
)
def torch_from_pythonpath(facts: Facts) -> Iterator[Seen]:
    """A cluster's modules do so by design: where it is the only one and works, it is a note."""
    if not holds_torch(facts):
        return
    first, *behind = (facts.packages.torches if facts.packages else None) or []
    ended = facts.torch is not None and facts.torch.outcome in ("raised", "died")
    lines = [f"imported: {clean(first.version or '?', 40)} in {clean(first.folder, 120)}"]
    lines += [f"behind it: {clean(one.version or '?', 40)} in {clean(one.folder, 120)}" for one in behind]
    yield Seen(
        "fail" if ended else "warn" if behind else "note",
        "torch comes from PYTHONPATH" + ", before the environment's own" * bool(behind) + ", and fails" * ended,
        (f"PYTHONPATH: {clean((facts.variables or {}).get('PYTHONPATH', ''), 160)}", *lines),
        "Its folders come before all packages of any Python that is started in this shell.",
        (
            install.again(facts, "Install it here."),
            Step("Find what sets it.", "grep -sn PYTHONPATH ~/.bashrc ~/.bash_profile ~/.profile ~/.zshrc"),
        ),
    )


@fault(
    "user-site-torch",
    "the torch in one's home folder comes before the environment's",
    looks="Whether the torch that is imported lies in the user's own site-packages.",
    matters="What is installed in the environment is not what programs import.",
    lesson=ENVIRONMENT,
)
def user_site_torch(facts: Facts) -> Iterator[Seen]:
    torches = (facts.packages.torches if facts.packages else None) or []
    python = facts.python
    if not torches or not torches[0].user_site or python is None or not (python.virtual or python.conda):
        return
    hidden = [one for one in torches[1:] if not one.user_site]
    lines = [f"imported: {clean(torches[0].version or '?', 40)} in {clean(torches[0].folder, 120)}"]
    lines += [f"hidden: {clean(one.version or '?', 40)} in {clean(one.folder, 120)}" for one in hidden]
    yield Seen(
        "warn" if hidden else "note",
        "the torch in your home folder is imported, and not the environment's"
        if hidden
        else "the environment has no torch of its own: the one in your home folder is imported",
        tuple(lines),
        "`pip install --user`, or pip outside of an environment, put it there, for each Python of this version.",
        (
            Step(
                "Leave the home folder out.", "export PYTHONNOUSERSITE=1", verify="`tutor doctor` names another torch."
            ),
            *([Step("Remove it from there.", f"PYTHONNOUSERSITE= {install.uninstall(facts, 'torch')}")] * bool(hidden)),
        ),
    )


@fault(
    "python-unsupported",
    "torch has no wheel for this Python",
    looks="Python's version and make beside those that torch's wheels on PyPI are for.",
    matters='pip says "No matching distribution found for torch".',
    lesson=WHEEL,
)
def python_unsupported(facts: Facts) -> Iterator[Seen]:
    python = facts.python
    if python is None or not python.version or not _without_torch(facts) or not _linux(facts):
        return
    release = compatibility.minor(python.version) or (0, 0)
    make = (python.implementation or "cpython").lower()
    last = ".".join(map(str, NEWEST))
    if make != "cpython":
        title = f"torch has no wheel for {clean(python.implementation or '', 40)}"
    elif release > NEWEST:
        title = f"torch has no wheel for Python {clean(python.version, 20)}: {last} is the newest that is known"
    elif release < min(tables.TORCH_FOR_PYTHON):
        title = f"Python {clean(python.version, 20)} is too old for any torch of these years"
    elif python.free_threaded and compatibility.torch_range(python.version, free_threaded=True) is None:
        title = f"torch has no wheel for the free-threaded Python {clean(python.version, 20)}"
    else:
        return
    yield Seen(_weight(facts), title, _told(python), "Wheels are made for each version of CPython.", (ANOTHER,))


@fault(
    "python-32-bit",
    "this Python has 32 bits, and torch has wheels for 64 alone",
    looks="The size of an address in the judged Python.",
    matters='pip says "No matching distribution found for torch".',
    lesson=WHEEL,
)
def python_32_bit(facts: Facts) -> Iterator[Seen]:
    python = facts.python
    if python is not None and python.bits == 32 and _without_torch(facts):
        cause = "torch's wheels are for 64 bits; a 64-bit system may have a 32-bit Python beside its own."
        yield Seen(
            _weight(facts), "this Python has 32 bits: torch has no wheel for it", _told(python), cause, (ANOTHER,)
        )


@fault(
    "musl",
    "this Linux has musl, and torch's wheels need glibc",
    looks="The C library, which is musl on Alpine.",
    matters='pip says "No matching distribution found for torch", and neither CUDA nor the driver is built for musl.',
    lesson=WHEEL,
)
def musl(facts: Facts) -> Iterator[Seen]:
    libc = facts.host.libc if facts.host else None
    if (libc or "").startswith("musl") and _without_torch(facts):
        yield Seen(
            _weight(facts),
            "this Linux is built on musl: torch has no wheel for it",
            (clean(libc or "", 40), clean((facts.host.distribution if facts.host else None) or "", 60)),
            "torch, CUDA and NVIDIA's driver are made for glibc, which Alpine does not have.",
            (Step("Use an image or a system with glibc: Debian or Ubuntu.", "docker run -it python:3.12-slim"),),
        )


@fault(
    "glibc-old",
    "the C library is too old for the newest torch",
    looks="The version of glibc beside the one that torch's wheels are tagged for.",
    matters="pip finds no torch of the last years, without saying why.",
    lesson=WHEEL,
)
def glibc_old(facts: Facts) -> Iterator[Seen]:
    oldest, first, before = tables.GLIBC_FOR_TORCH
    libc = (facts.host.libc if facts.host else None) or ""
    version = compatibility.numbers(libc.removeprefix("glibc ")) if libc.startswith("glibc ") else ()
    if version and version < compatibility.numbers(oldest) and _without_torch(facts):
        yield Seen(
            "note",
            f"{clean(libc, 40)} is too old for torch {first} and newer",
            (clean(libc, 40), f"torch {first} and newer need glibc {oldest}"),
            "Wheels are built for a C library of some age, and run on that and on newer ones.",
            (
                Step("Use a container or a system with a newer one: Ubuntu 20.04, Debian 11, RHEL 8."),
                Step("Install the last torch for this one.", install.install(facts, f"torch=={before}")),
            ),
        )


@fault(
    "free-threaded",
    "this Python has no global lock",
    looks="Whether the judged Python is a free-threaded build.",
    matters="torch has wheels for some of them; many packages beside it have none yet, or turn the lock on again.",
    lesson=WHEEL,
)
def free_threaded(facts: Facts) -> Iterator[Seen]:
    python = facts.python
    if python is not None and python.free_threaded:
        yield Seen("note", "this Python is a free-threaded build", _told(python))


# ---- what the checks ask


def _active(facts: Facts) -> tuple[str, str]:
    """The environment that the shell activated, and the variable that says so: a virtual one goes before conda's."""
    variables = facts.variables or {}
    return next(((variables[name], name) for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if variables.get(name)), ("", ""))


def _same(one: str, other: str) -> bool:
    return PurePosixPath(one) == PurePosixPath(other)


def _without_torch(facts: Facts) -> bool:
    """Whether there is none: one that is there was built for this Python, whoever built it."""
    return facts.packages is not None and facts.packages.torches == []


def _linux(facts: Facts) -> bool:
    return facts.host is not None and facts.host.system == "Linux"


def _weight(facts: Facts) -> str:
    """It keeps from the GPU where there is one; elsewhere this Python may not be meant for torch."""
    return "fail" if sight.gpu_here(facts) else "note"


def _told(python: Python) -> tuple[str, ...]:
    words = [clean(python.implementation or "Python", 40), clean(python.version or "", 20)]
    bits = f", {python.bits} bits" if python.bits else ""
    return (" ".join(word for word in words if word) + bits,)
