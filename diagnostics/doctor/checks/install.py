"""Commands that put packages right in the Python that is judged, with the tool that its torch was installed by."""

from __future__ import annotations

import re
import shlex

from diagnostics.doctor import compatibility, tables
from diagnostics.doctor.checks import sight
from diagnostics.doctor.checks.views import contained, on_jetson, on_wsl
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


def wheel(facts: Facts, *, any_driver: bool = False, any_python: bool = False) -> Wheel | None:
    """The wheel with code for every GPU here, for the driver that runs and the Python that is judged unless told."""
    driver = "" if any_driver else sight.driver_version(facts)
    machine = (facts.host.machine if facts.host else None) or "x86_64"
    version = "" if any_python else (facts.python.version if facts.python else None) or ""
    return compatibility.wheel_for([card.capability for card in sight.cards(facts)], driver, machine, version)


def cuda_torch(facts: Facts, why: str = "") -> tuple[Step, ...]:
    """The way to a torch with code for every GPU here: without root where there is one, else what has to come first."""
    if on_jetson(facts):
        text = "Install the torch that NVIDIA builds for this JetPack: docs.nvidia.com, Installing PyTorch for Jetson."
        return (Step(text),)
    if chosen := wheel(facts):
        return (torch_from(facts, chosen, why),)
    if chosen := wheel(facts, any_driver=True):
        return (
            _both(newer_driver(facts, compatibility.driver_needed(chosen.cuda) or ""), torch_from(facts, chosen, why)),
        )
    if wheel(facts, any_driver=True, any_python=True):
        return (Step("Use an environment with an older Python, which there are such wheels for.", "uv venv -p 3.12"),)
    return (Step("No wheel of torch's own has code for all GPUs here: build torch from source for them."),)


def torch_from(facts: Facts, chosen: Wheel, why: str = "") -> Step:
    """Puts the torch of that wheel in place of what is there: pip alone would find its requirement satisfied."""
    code = "import torch; print(torch.ones(1, device='cuda'))"
    verify = f'`{python(facts)} -c "{code}"` prints a tensor.'
    if with_conda(facts):
        return Step(
            f"Install conda's build for CUDA {chosen.cuda}{why}.",
            f"CONDA_OVERRIDE_CUDA={chosen.cuda} conda install -y{prefix(facts)} -c conda-forge "
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


def again(facts: Facts, why: str, *, whole: bool = False) -> Step:
    """Installs the torch that is there, and its kin, anew from where its build came; `whole`: its libraries, too."""
    options = "--force-reinstall" if whole else ""
    names = trio(facts)
    if with_conda(facts):
        return Step(why, f"conda install -y --force-reinstall{prefix(facts)} pytorch {' '.join(names[1:])}".rstrip())
    put = install(facts, _same(facts), *names[1:], index=_origin(facts), options=options)
    return Step(why, f"{uninstall(facts, *names)} && {put}")


def kin_of_torch(facts: Facts, name: str) -> Step:
    """Has pip choose the torchvision or torchaudio that goes with the torch that is there."""
    text, verify = f"Install the {name} of this torch.", f'`{python(facts)} -c "import {name}"` is silent.'
    if with_conda(facts):
        same = _same(facts).replace("torch==", "pytorch=")
        return Step(text, f"conda install -y{prefix(facts)} {same} {name}", verify=verify)
    put = install(facts, name, _same(facts), index=_origin(facts))
    return Step(text, f"{uninstall(facts, name)} && {put}", verify=verify)


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


def newer_driver(facts: Facts, least: str) -> Step:
    """A driver that is at least so new; Ubuntu's package of branch 580 is the last that older GPUs have, too."""
    branch = least.partition(".")[0]
    verify = f"`nvidia-smi` names driver {branch} or newer."
    moved = "It changes for every user of this host, and running GPU programs end."
    if on_wsl(facts):
        text = f"Install NVIDIA's driver {branch} or newer in Windows, then restart WSL from there."
        return Step(text, "wsl --shutdown", verify=verify)
    if contained(facts):
        text = f"Have driver {branch} or newer installed on the host: a container uses the host's."
        return Step(text, root=True, reboot=True, verify=verify)
    if facts.host and facts.host.distribution_id == "ubuntu":
        seen = [card.capability for card in sight.cards(facts)]
        package = "nvidia-driver-580" + ("-open" if seen and min(seen) >= (7, 5) else "")
        text = f"Install driver {branch} or newer. {moved}"
        return Step(text, f"sudo apt install {package}", root=True, reboot=True, verify=verify)
    text = f"Install driver {branch} or newer from the distribution's packages. {moved}"
    return Step(text, root=True, reboot=True, verify=verify)


def _tool(facts: Facts, verb: str) -> str:
    """pip of the judged Python, or uv where that installed its torch: such environments often have no pip."""
    found = first_torch(facts)
    if found and found.installer == "uv":
        return f"uv pip {verb} --python {python(facts)}"
    return f"{python(facts)} -m pip {verb}{' -y' if verb == 'uninstall' else ''}"


def prefix(facts: Facts) -> str:
    """Names the judged environment to conda."""
    folder = facts.python.prefix if facts.python else None
    return f" -p {in_shell(folder)}" if folder else ""
