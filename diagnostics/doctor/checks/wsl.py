"""WSL: the driver is the one of Windows, and its libcuda must be the one that is found."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.views import contained, cuda_code, gpus, on_wsl
from diagnostics.doctor.facts import Facts, Library
from diagnostics.finding import Step
from diagnostics.text import clean

DRIVER = "cuda_setup#the-driver"
FOLDER = "/usr/lib/wsl/"
"""Where Windows shows its driver's libraries to Linux."""
PACKAGES = {
    "ubuntu": "sudo apt remove --purge '^nvidia-driver-.*' '^libnvidia-compute-.*' && sudo ldconfig",
    "debian": "sudo apt remove --purge nvidia-driver libcuda1 && sudo ldconfig",
    "fedora": "sudo dnf remove 'xorg-x11-drv-nvidia*' && sudo ldconfig",
}
"""What removes a driver for Linux, and leaves NVIDIA's container toolkit."""
SMI = "`nvidia-smi` lists the GPU"


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    if facts.host is None or facts.host.wsl is None:
        why = unseen(facts, "host")
        return Seen("skipped", "whether this is WSL could not be seen", (why,)) if why else None
    if not on_wsl(facts):
        return Seen("ok", "no WSL")
    if facts.libraries is None:
        why = unseen(facts, "libraries")
        return Seen("skipped", "WSL's libcuda could not be looked for", (why,)) if why else None
    first = _libcuda(facts)[:1]
    if not first:
        return Seen("note", "WSL without NVIDIA's driver for Windows: torch computes on the CPU")
    return Seen("ok", "WSL with the driver of Windows", (clean(first[0].path, 120),))


@fault(
    "wsl-linux-driver",
    "a driver for Linux is installed in WSL",
    looks="Under WSL, the libcuda that the loader finds first.",
    matters="In WSL the driver is the one of Windows. A Linux driver's libcuda finds no device there.",
    lesson=DRIVER,
)
def wsl_linux_driver(facts: Facts) -> Iterator[Seen]:
    """A container under WSL has Windows's libcuda mounted at another place."""
    first = _libcuda(facts)[:1]
    if not on_wsl(facts) or contained(facts) or not first or _windows(first[0]) or "stubs" in first[0].path.split("/"):
        return
    if cuda_code(facts) == 0:
        return
    ours = first[0]
    title = "WSL: the libcuda of a driver for Linux stands in front of the one of Windows"
    evidence = [f"found first: {clean(ours.real or ours.path, 120)}"]
    evidence += [f"of Windows: {clean(one.path, 120)}" for one in _libcuda(facts) if _windows(one)][:1]
    if code := cuda_code(facts):
        evidence.append(f"cuInit gives {code}")
    cause = "A package such as nvidia-driver or cuda was installed in WSL; in WSL only the toolkit may be."
    if ours.by == "LD_LIBRARY_PATH":
        fix = Step("Take it off the path for this shell.", "unset LD_LIBRARY_PATH", verify=SMI)
        yield Seen("fail", title, tuple(evidence), cause, (fix, *_remove(facts)))
    else:
        yield Seen("fail", title, tuple(evidence), cause, _remove(facts))


@fault(
    "wsl-libcuda-missing",
    "WSL does not find libcuda of Windows's driver",
    looks="Under WSL, whether Windows has NVIDIA's driver, and whether the loader finds its libcuda.",
    matters="Windows shows its driver's libraries in /usr/lib/wsl/lib; without libcuda there, no CUDA program starts.",
    lesson=DRIVER,
    follows=("wsl-linux-driver",),
)
def wsl_libcuda_missing(facts: Facts) -> Iterator[Seen]:
    if not on_wsl(facts) or contained(facts) or facts.cuda is None or not facts.cuda.missing:
        return
    there = [one for one in _libcuda(facts) if _windows(one)]
    if not there and not _driver_of_windows(facts):
        return
    evidence = [clean(facts.cuda.missing)]
    if there:
        title = "WSL: the loader does not find the libcuda of Windows's driver"
        evidence.append(f"it is at {clean(there[0].path, 120)}")
        cause = "The folder is not on the loader's path."
        steps = (
            Step("Let the loader find it.", "sudo ldconfig /usr/lib/wsl/lib", root=True, verify=SMI),
            Step("or for this shell alone.", "export LD_LIBRARY_PATH=/usr/lib/wsl/lib"),
        )
        yield Seen("fail", title, tuple(evidence), cause, steps)
        return
    title = "WSL: Windows has NVIDIA's driver, but its libcuda is not in /usr/lib/wsl/lib"
    evidence.append(_driver_of_windows(facts))
    cause = "Windows's driver or WSL itself is too old, or WSL was not restarted after the driver was installed."
    yield Seen("fail", title, tuple(evidence), cause, _renew())


def _renew() -> tuple[Step, ...]:
    return (
        Step("Restart WSL, in PowerShell on Windows.", "wsl --shutdown", verify=SMI),
        Step("Update WSL, there too.", "wsl --update"),
        Step("Install NVIDIA's current driver for Windows, and no driver in WSL.", reboot=True),
    )


def _remove(facts: Facts) -> tuple[Step, ...]:
    """The Linux driver goes, the link of WSL comes back with its next start."""
    command = PACKAGES.get((facts.host.distribution_id if facts.host else "") or "", "")
    text = (
        "Remove the Linux driver's packages (of CUDA, only cuda-toolkit packages belong here), and restart WSL: "
        "`wsl --shutdown` in PowerShell."
    )
    return (Step(text, command, root=True, verify=SMI),)


def _libcuda(facts: Facts) -> list[Library]:
    return (facts.libraries.libcuda if facts.libraries else None) or []


def _windows(library: Library) -> bool:
    """Whether it is the one of Windows, if only behind a link."""
    return FOLDER in library.real or FOLDER in library.path or library.by == "wsl"


def _driver_of_windows(facts: Facts) -> str:
    """What shows that Windows has NVIDIA's driver; "" where nothing does, as with no NVIDIA GPU."""
    smi = facts.driver.smi if facts.driver else ""
    if smi and smi.startswith(FOLDER):
        return f"nvidia-smi of Windows's driver is at {clean(smi, 80)}"
    if gpus(facts):
        return f"NVML lists {len(gpus(facts))} GPUs"
    return ""
