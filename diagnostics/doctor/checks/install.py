"""Commands that put packages right in the Python that is judged, with the tool that its torch was installed by."""

from __future__ import annotations

import shlex

from diagnostics.doctor import compatibility, tables
from diagnostics.doctor.checks import sight
from diagnostics.doctor.compatibility import Wheel
from diagnostics.doctor.facts import Facts, Torch
from diagnostics.finding import Step
from diagnostics.text import clean

KIN = ("torchvision", "torchaudio")


def first_torch(facts: Facts) -> Torch | None:
    """The torch that is imported."""
    return facts.packages.torches[0] if facts.packages and facts.packages.torches else None


def torch_version(facts: Facts) -> str:
    """Its version as it says itself, "2.13.0+cu126"; "" where it is not known."""
    found = first_torch(facts)
    version = (facts.torch.version if facts.torch else None) or (found.version if found else None)
    return clean(version or "", 40)


def torch_cuda(facts: Facts) -> str | None:
    """The CUDA that it was built for; "" for none, None where that is not known."""
    found = first_torch(facts)
    ran = facts.torch.cuda if facts.torch else None
    return ran if ran is not None else found.cuda if found else None


def foreign(facts: Facts) -> bool:
    """Whether this torch is built for something other than CUDA or the CPU: AMD's ROCm, Intel's XPU, Apple's MPS."""
    found = first_torch(facts)
    hip = (facts.torch.hip if facts.torch else "") or (found.hip if found else "")
    tag = compatibility.build(torch_version(facts))
    return bool(hip) or tag.startswith(("rocm", "xpu")) or bool(facts.host and facts.host.system == "Darwin")


def python(facts: Facts) -> str:
    """The judged Python, as it is called in a shell."""
    executable = facts.python.executable if facts.python else None
    return shlex.quote(clean(executable, 400)) if executable else "python"


def install(facts: Facts, *what: str, index: str = "", options: str = "") -> str:
    """One command that installs."""
    packages = " ".join(shlex.quote(one) for one in what)
    words = [_tool(facts, "install"), options, packages, f"--index-url {index}" if index else ""]
    return " ".join(word for word in words if word)


def uninstall(facts: Facts, *what: str) -> str:
    """One command that removes without asking back."""
    return f"{_tool(facts, 'uninstall')} {' '.join(what)}"


def trio(facts: Facts) -> list[str]:
    """torch, and those of its kin that are installed: they have to come from one place."""
    versions = (facts.packages.versions if facts.packages else None) or {}
    return ["torch", *(name for name in KIN if name in versions)]


def with_conda(facts: Facts) -> bool:
    """Whether conda put this torch there."""
    found = first_torch(facts)
    return bool(found and found.installer == "conda")


def wheel(facts: Facts, *, any_driver: bool = False) -> Wheel | None:
    """The wheel that runs on every GPU here, and on the driver that runs now unless that can be chosen."""
    driver = "" if any_driver else sight.driver_version(facts)
    machine = (facts.host.machine if facts.host else None) or "x86_64"
    version = (facts.python.version if facts.python else None) or ""
    return compatibility.wheel_for([card.capability for card in sight.cards(facts)], driver, machine, version)


def torch_from(facts: Facts, chosen: Wheel, why: str = "") -> Step:
    """Puts the torch of that wheel in place of what is there: pip alone would find its requirement satisfied."""
    verify = f'`{python(facts)} -c "import torch; print(torch.cuda.is_available())"` prints True.'
    if with_conda(facts):
        return Step(
            f"Install conda's build for CUDA {chosen.cuda}{why}.",
            f"CONDA_OVERRIDE_CUDA={chosen.cuda} conda install -y{_prefix(facts)} -c conda-forge "
            f"pytorch-gpu cuda-version={chosen.cuda}",
            verify=verify,
        )
    names = trio(facts)
    remove = f"{uninstall(facts, *names)} && " if first_torch(facts) else ""
    return Step(
        f"Install the build for CUDA {chosen.cuda}{why}.",
        remove + install(facts, *names, index=chosen.index),
        verify=verify,
    )


def again(facts: Facts, *what: str, why: str) -> Step:
    """Installs packages once more, from where their build came; `what` is torch and its kin where nothing is named."""
    names = what or tuple(trio(facts))
    tag = compatibility.build(torch_version(facts))
    index = tables.INDEX + tag if tag == "cpu" or compatibility.tag_cuda(tag) else ""
    found = compatibility.numbers(torch_version(facts))
    release = ".".join(map(str, found))
    pinned = [f"torch=={release}" if name == "torch" and len(found) > 2 else name for name in names]
    return Step(why, f"{uninstall(facts, *names)} && {install(facts, *pinned, index=index)}")


def _tool(facts: Facts, verb: str) -> str:
    """pip of the judged Python, or uv where that installed its torch: such environments often have no pip."""
    found = first_torch(facts)
    if found and found.installer == "uv":
        return f"uv pip {verb} --python {python(facts)}"
    return f"{python(facts)} -m pip {verb}{' -y' if verb == 'uninstall' else ''}"


def _prefix(facts: Facts) -> str:
    prefix = facts.python.prefix if facts.python else None
    return f" -p {shlex.quote(clean(prefix, 400))}" if prefix else ""
