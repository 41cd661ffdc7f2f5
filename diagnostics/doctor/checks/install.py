"""Commands that put packages right in the Python that is judged, with the tool that its torch was installed by."""

from __future__ import annotations

import re
import shlex

from diagnostics.doctor import compatibility, tables
from diagnostics.doctor.checks import sight
from diagnostics.doctor.checks.newer_driver import newer_driver
from diagnostics.doctor.checks.pythonpath import left_out
from diagnostics.doctor.checks.views import on_jetson
from diagnostics.doctor.compatibility import Wheel
from diagnostics.doctor.facts import Facts, Torch
from diagnostics.finding import Step
from diagnostics.text import clean

KIN = {"torchvision": compatibility.vision_fits, "torchaudio": compatibility.audio_fits}
"""What has to come with torch from one place, and whether a version of it goes with a torch's."""

VENV = "~/torch"
"""Where an environment is made for those who have none."""


def first_torch(facts: Facts) -> Torch | None:
    """The torch that is imported."""
    return facts.packages.torches[0] if facts.packages and facts.packages.torches else None


def torch_version(facts: Facts) -> str:
    """Its version as it says itself, "2.13.0+cu126"; "" where it is not known."""
    found = first_torch(facts)
    version = (facts.torch.version if facts.torch else None) or (found.version if found else None)
    return clean(version or "", 40)


def torch_name(facts: Facts) -> str:
    """As it is named in a sentence: "torch 2.13.0+cu126", or "torch"."""
    return f"torch {torch_version(facts)}".strip()


def torch_cuda(facts: Facts) -> str | None:
    """The CUDA that it was built for; "" for none, None where that is not known."""
    found = first_torch(facts)
    ran = facts.torch.cuda if facts.torch else None
    return ran if ran is not None else found.cuda if found else None


def works(facts: Facts) -> bool:
    """Whether torch was imported and used without an end of its process."""
    return facts.torch is not None and facts.torch.outcome == "ran"


def foreign(facts: Facts) -> bool:
    """Whether this torch is built for something other than CUDA or the CPU: AMD's ROCm, Intel's XPU, Apple's MPS."""
    found = first_torch(facts)
    hip = (facts.torch.hip if facts.torch else "") or (found.hip if found else "")
    tag = compatibility.build(torch_version(facts))
    return bool(hip) or tag.startswith(("rocm", "xpu")) or bool(facts.host and facts.host.system == "Darwin")


def python(facts: Facts) -> str:
    """The judged Python, as it is called in a shell."""
    executable = facts.python.executable if facts.python else None
    return in_shell(executable) if executable else "python"


def in_shell(path: str) -> str:
    """A path as one word of a command; facts that were made to be sent begin it with "~/", which a shell resolves."""
    path = clean(path, 400)
    return f"~/{shlex.quote(path[2:])}" if path.startswith("~/") and path[2:] else shlex.quote(path)


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


def wheel(facts: Facts, *, any_driver: bool = False, anywhere: bool = False) -> Wheel | None:
    """The wheel with code for every GPU here, for the driver, the Python and the C library that are here unless told.

    `anywhere`: for any of all three.
    """
    driver = "" if any_driver or anywhere else sight.driver_version(facts)
    python = "" if anywhere else (facts.python.version if facts.python else None) or ""
    libc = "" if anywhere else (facts.host.libc if facts.host else None) or ""
    capabilities = [card.capability for card in sight.cards(facts)]
    return compatibility.wheel_for(capabilities, driver, _machine(facts), python, libc.removeprefix("glibc "))


def cuda_torch(facts: Facts, why: str = "") -> tuple[Step, ...]:
    """The way to a torch with code for every GPU here: without root where there is one, else what has to come first."""
    if on_jetson(facts):
        text = "Install the torch that NVIDIA builds for this JetPack: docs.nvidia.com, Installing PyTorch for Jetson."
        return (Step(text),)
    if chosen := wheel(facts):
        return (torch_from(facts, chosen, why),)
    if chosen := wheel(facts, any_driver=True):
        first = newer_driver(facts, compatibility.driver_needed(chosen.cuda) or "")
        return tuple(_both(step, torch_from(facts, chosen, why)) for step in first)
    if wheel(facts, anywhere=True):
        text = "Use an environment with another Python; where the C library is older than glibc 2.28, a container, too."
        return (Step(f"No wheel of torch's own is for this Python and these GPUs. {text}", "uv venv -p 3.12"),)
    return (Step("No wheel of torch's own has code for all GPUs here: build torch from source for them."),)


def torch_from(facts: Facts, chosen: Wheel, why: str = "") -> Step:
    """Puts the torch of that wheel in place of what is there: the same release, where that is known to have one."""
    return left_out(facts, _torch_from(facts, chosen, why))


def _torch_from(facts: Facts, chosen: Wheel, why: str) -> Step:
    code = "import torch; print(torch.ones(1, device='cuda'))"
    verify = f'`{python(facts)} -c "{code}"` prints a tensor.'
    if with_conda(facts):
        return Step(
            f"Install conda's build for CUDA {chosen.cuda}{why}.",
            f"CONDA_OVERRIDE_CUDA={chosen.cuda} conda install -y{prefix(facts)} -c conda-forge "
            f"pytorch-gpu cuda-version={chosen.cuda}",
            verify=verify,
        )
    text, names = f"Install the build for CUDA {chosen.cuda}", [chosen.torch, *trio(facts)[1:]]
    if managed(facts):
        return in_venv(facts, f"{text}{why}.", *names, index=chosen.index)
    if first_torch(facts) is None:
        return Step(f"{text}{why}.", install(facts, *names, index=chosen.index), verify=verify)
    if release := _kept(facts, chosen):
        text, names = f"{text} of torch {release}", [f"torch=={release}", *_kin(facts)]
    changes = "" if release else " The version of torch changes with it."
    return Step(f"{text}{why}.{changes}", replacing(facts, *names, index=chosen.index), verify=verify)


def replacing(facts: Facts, *what: str, index: str) -> str:
    """Puts packages in the place of those that are there, which stay until the new ones have arrived.

    pip alone would find its requirement satisfied. With their requirements it would force all of these anew, so that
    they come with a second command, which leaves what fits.
    """
    if _with_uv(facts):
        names = (re.split("[=<]", one)[0] for one in what)
        return install(facts, *what, index=index, options=" ".join(f"--reinstall-package {name}" for name in names))
    forced = install(facts, *what, index=index, options="--force-reinstall --no-deps")
    return f"{forced} && {install(facts, *what, index=index)}"


def again(facts: Facts, why: str, *, whole: bool = False) -> Step:
    """Installs the torch that is there, and its kin, anew from where its build came; `whole`: its libraries, too."""
    return left_out(facts, _again(facts, why, whole))


def _again(facts: Facts, why: str, whole: bool) -> Step:
    if with_conda(facts):
        names = trio(facts)[1:]
        return Step(why, f"conda install -y --force-reinstall{prefix(facts)} pytorch {' '.join(names)}".rstrip())
    what, index = (_same(facts), *trio(facts)[1:]), _origin(facts)
    if managed(facts):
        return in_venv(facts, why, *what, index=index)
    if whole:
        return Step(why, install(facts, *what, index=index, options="--force-reinstall"))
    return Step(why, replacing(facts, *what, index=index))


def managed(facts: Facts) -> bool:
    """Whether pip refuses to install into the judged Python: it is the system's own."""
    return bool(facts.python and facts.python.managed)


def in_venv(facts: Facts, text: str, *what: str, index: str = "") -> Step:
    """Installs into a new environment of the system's Python, which the system's packages own and pip leaves alone."""
    packages = " ".join(shlex.quote(one) for one in what)
    put = f"{VENV}/bin/pip install {packages}" + f" --index-url {index}" * bool(index)
    return Step(
        f"{text} It goes into an environment of its own, for this Python belongs to the system (PEP 668); Debian and "
        "Ubuntu have venv in the package python3-venv.",
        f"{python(facts)} -m venv {VENV} && {put}",
        verify=f"`tutor doctor --python {VENV}/bin/python` finds nothing wrong with torch.",
    )


def removed_first(facts: Facts, removal: str, then: str) -> str:
    """Removes torch before another is installed, where that is known to be found: a dry run ends the rest otherwise."""
    if managed(facts):
        return then
    if with_conda(facts):
        return f"{removal} && {then}"
    asked = install(facts, _same(facts), index=_origin(facts), options="--dry-run --force-reinstall --no-deps")
    return f"{asked} && {removal} && {then}"


def kin_of_torch(facts: Facts, name: str) -> Step:
    """Has pip choose the torchvision or torchaudio that goes with the torch that is there."""
    text, verify = f"Install the {name} of this torch.", f'`{python(facts)} -c "import {name}"` is silent.'
    if with_conda(facts):
        same = _same(facts).replace("torch==", "pytorch=")
        return Step(text, f"conda install -y{prefix(facts)} {same} {name}", verify=verify)
    put = install(facts, name, _same(facts), index=_origin(facts))
    return left_out(facts, Step(text, f"{uninstall(facts, name)} && {put}", verify=verify))


def _same(facts: Facts) -> str:
    released = re.fullmatch(r"(\d+\.\d+\.\d+)(\+\w+)?", torch_version(facts))
    return f"torch=={released[1]}" if released else "torch"


def _origin(facts: Facts) -> str:
    """The folder that this torch's build came from; "" for PyPI."""
    tag = compatibility.build(torch_version(facts))
    return tables.INDEX + tag if tag == "cpu" or compatibility.tag_cuda(tag) else ""


def _both(driver: Step, torch: Step) -> Step:
    """One step of two, the second after the reboot: a report shows steps as choices."""
    text = f"{driver.text} After the reboot: {torch.text[:1].lower()}{torch.text[1:]} `{torch.command}`"
    return Step(text, driver.command, root=True, reboot=True, verify=torch.verify)


def _kept(facts: Facts, chosen: Wheel) -> str:
    """The release of this torch, "2.9.1", where it has that build with code for every GPU here; else ""."""
    version = torch_version(facts)
    cards = [card.capability for card in sight.cards(facts)]
    has = compatibility.released(version) and compatibility.has_build(version, chosen.tag, _machine(facts), cards)
    return version.partition("+")[0] if has and chosen.torch == "torch" else ""


def _kin(facts: Facts) -> list[str]:
    """Those of the kin that are installed, in the versions that they have where these go with this torch."""
    versions, torch = (facts.packages.versions if facts.packages else None) or {}, torch_version(facts)
    return [
        f"{name}=={versions[name].partition('+')[0]}" if KIN[name](torch, versions[name]) else name
        for name in trio(facts)[1:]
    ]


def _machine(facts: Facts) -> str:
    return (facts.host.machine if facts.host else None) or "x86_64"


def _with_uv(facts: Facts) -> bool:
    found = first_torch(facts)
    return bool(found and found.installer == "uv")


def _tool(facts: Facts, verb: str) -> str:
    """pip of the judged Python, or uv where that installed its torch: such environments often have no pip."""
    if _with_uv(facts):
        return f"uv pip {verb} --python {python(facts)}"
    return f"{python(facts)} -m pip {verb}{' -y' if verb == 'uninstall' else ''}"


def prefix(facts: Facts) -> str:
    """Names the judged environment to conda."""
    folder = facts.python.prefix if facts.python else None
    return f" -p {in_shell(folder)}" if folder else ""
