"""What lies beside torch: was it built for this torch, and is it what this torch asks for?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnostics.doctor import compatibility
from diagnostics.doctor.checks import install, sight
from diagnostics.doctor.checks.fault import Seen
from diagnostics.doctor.checks.views import listed
from diagnostics.doctor.facts import Facts, Packages, Pin
from diagnostics.finding import Step
from diagnostics.text import clean

NVIDIA = ("nvidia-", "cuda-")
"""What the names of the distributions that bring CUDA's libraries begin with."""


def mismatch(facts: Facts, name: str) -> Iterator[Seen]:
    """Of torchvision or torchaudio: by the numbers of the release, then by what it was built for."""
    packages, torch = facts.packages, install.torch_version(facts)
    if packages is None or not packages.torches or not torch:
        return
    version = (packages.builds or {}).get(name) or (packages.versions or {}).get(name, "")
    fits = compatibility.vision_fits if name == "torchvision" else compatibility.audio_fits
    wrong = fits(torch, version) is False
    if not wrong and not compatibility.builds_clash(torch, version):
        return
    version = clean(version, 40)
    tags = f"for {compatibility.build(version)}, and this torch for {compatibility.build(torch)}"
    why = "for another torch" if wrong else tags
    yield Seen(
        "warn",
        f"{name} {version} does not go with torch {torch}",
        (f"torch {torch}", f"{name} {version}", *_pinned(packages, name)),
        f"It was built {why}. They are installed together, in one command and from one index.",
        (install.kin_of_torch(facts, name),),
    )


def pins_unmet(facts: Facts) -> Iterator[Seen]:
    """torchvision and triton have faults of their own; where torch computes, it is a note."""
    pins = [pin for pin in _pins(facts) if pin.has and pin.on not in ("torch", "torchvision", "triton")]
    if pins:
        yield Seen(
            "note" if _computes(facts) else "warn",
            f"torch wants another {clean(pins[0].on, 60)}" + f" and {len(pins) - 1} more" * (len(pins) > 1),
            tuple(_told(pin) for pin in pins[:6]),
            "Another package, or somebody, installed other versions after torch.",
            (Step("Install what torch asks for.", _exactly(facts, pins)),),
        )


def nvidia_libraries_missing(facts: Facts) -> Iterator[Seen]:
    """Images that bring CUDA themselves have none of the packages, and torch computes."""
    files = (facts.packages.missing if facts.packages else None) or []
    absent = [pin for pin in _pins(facts) if not pin.has and pin.on.startswith(NVIDIA)]
    if (not files and not absent) or not install.first_torch(facts) or install.torch_cuda(facts) == "":
        return
    if not files and _computes(facts):  # they come from elsewhere, as in images that bring CUDA themselves
        return
    if files:
        what = "a library is gone" if len(files) == 1 else f"{len(files)} libraries are gone"
        title = f"{what} from NVIDIA's packages"
    else:
        title = f"torch requires {listed([clean(pin.on, 60) for pin in absent[:3]])}, which is not installed"
    steps = [Step("Install what torch requires.", _exactly(facts, absent))] if absent else []
    yield Seen(
        "warn" if install.works(facts) else "fail",
        title,
        tuple(clean(one, 160) for one in [*files[:5], *(f"{pin.on}{pin.wants}" for pin in absent[:5])]),
        "torch was installed without its requirements, or somebody removed them.",
        (*steps, install.again(facts, "Install torch and its libraries anew.", whole=True)),
    )


def triton_mismatch(facts: Facts) -> Iterator[Seen]:
    """Without any, only torch.compile is lost."""
    pins = [pin for pin in _pins(facts) if pin.on == "triton"]
    if pins:
        pin = pins[0]
        has = f"{clean(pin.has, 40)} is installed" if pin.has else "there is none"
        yield Seen(
            "warn" if pin.has else "note",
            f"torch wants triton {clean(pin.wants, 40)}, and {has}",
            (_told(pin),),
            "Another package, or somebody, installed it after torch.",
            (Step("Install what torch asks for.", _exactly(facts, pins)),),
        )


def extension_other_torch(facts: Facts) -> Iterator[Seen]:
    """By major and minor number, where the extension says it."""
    torch = install.torch_version(facts)
    here = compatibility.minor(torch) if compatibility.released(torch) else None
    kernels = (facts.packages.kernels if facts.packages else None) or {}
    made = {name: compatibility.minor(version) for name, version in kernels.items()}
    other = {name: found for name, found in made.items() if here and found and found != here}
    if here and other:
        names = ", ".join(clean(name, 40) for name in other)
        yield Seen(
            "warn",
            f"{names}: compiled for another torch than {torch}",
            tuple(f"{clean(name, 40)}: for torch {found[0]}.{found[1]}" for name, found in other.items() if found),
            "Compiled extensions fit the one torch that they were compiled with.",
            (
                Step(
                    "Install it anew: a build for this torch where there is one, else it is compiled here.",
                    install.install(
                        facts,
                        *map(clean, other),
                        options="--force-reinstall --no-deps --no-cache-dir --no-build-isolation",
                    ),
                ),
            ),
        )


def numpy_abi(facts: Facts) -> Iterator[Seen]:
    """For Linux."""
    numpy = ((facts.packages.versions if facts.packages else None) or {}).get("numpy", "")
    torch = install.torch_version(facts)
    if install.first_torch(facts) and compatibility.numpy_fits(torch, numpy) is False:
        yield Seen(
            "warn",
            f"torch {torch} was built for NumPy 1, and NumPy {clean(numpy, 40)} is installed",
            (f"torch {torch}", f"numpy {clean(numpy, 40)}"),
            "torch 2.3 is the first that was built for NumPy 2.",
            (
                Step("Install the last NumPy 1.", install.install(facts, "numpy<2")),
                Step("Install a newer torch, if the program allows it."),
            ),
        )


def pynvml_shadowed(facts: Facts) -> Iterator[Seen]:
    """A folder pynvml wins over the module of that name."""
    packages = facts.packages
    if packages and packages.pynvml == "package":
        yield Seen(
            "warn",
            f"the old pynvml {_version(packages, 'pynvml')}is imported, and not nvidia-ml-py",
            _pynvml(packages),
            "Both bring a module of that name; a folder is found before a file.",
            (_only_nvml(facts),),
        )


def pynvml_deprecated(facts: Facts) -> Iterator[Seen]:
    """From 12 on it brings no module of that name, only warnings."""
    packages = facts.packages
    if packages and "pynvml" in (packages.versions or {}) and packages.pynvml != "package":
        title = f"the deprecated pynvml {_version(packages, 'pynvml')}is installed beside nvidia-ml-py"
        yield Seen("note", title, _pynvml(packages), "NVIDIA's own package is nvidia-ml-py.", (_only_nvml(facts),))


def openmp_twice(facts: Facts) -> Iterator[Seen]:
    """Intel's beside another, or an error that was silenced."""
    found = (facts.packages.openmp if facts.packages else None) or []
    makes = {make[1] for make in (re.search(r"lib(gomp|iomp5|omp)", one) for one in found) if make}
    masked = (facts.variables or {}).get("KMP_DUPLICATE_LIB_OK", "").lower() in ("1", "true")
    if len(makes) < 2 or ("iomp5" not in makes and not masked):
        return
    evidence = [clean(one, 160) for one in found[:5]]
    evidence += ["KMP_DUPLICATE_LIB_OK is set, which hides the error"] if masked else []
    mac = facts.host is not None and facts.host.system == "Darwin"
    yield Seen(
        "warn" if mac and masked else "note",
        f"{len(makes)} OpenMP run-times of different makes lie in this environment",
        tuple(evidence),
        "Packages of different origin bring their own, as conda's MKL and pip's torch do.",
        (Step("Where a program warns of it: install all from one origin, pip or conda, into a new environment."),),
    )


def _pinned(packages: Packages, name: str) -> list[str]:
    pins = [pin for pin in packages.unmet or [] if pin.distribution == name and pin.on == "torch"]
    return [f"{name} wants torch{clean(pin.wants, 60)}" for pin in pins]


def _version(packages: Packages, name: str) -> str:
    version = clean((packages.versions or {}).get(name, ""), 40)
    return f"{version} " if version else ""


def _pynvml(packages: Packages) -> tuple[str, ...]:
    names = ("pynvml", "nvidia-ml-py")
    found = [f"{name} {_version(packages, name)}".strip() for name in names if name in (packages.versions or {})]
    return (*found, *(f"required by {clean(name, 60)}" for name in (packages.needs_pynvml or [])[:4]))


def _only_nvml(facts: Facts) -> Step:
    put = install.install(facts, "nvidia-ml-py", options="--force-reinstall")
    return Step("Remove it, and have NVIDIA's own bring the module.", f"{install.uninstall(facts, 'pynvml')} && {put}")


def _pins(facts: Facts) -> list[Pin]:
    """torch's own that are not met."""
    return [pin for pin in (facts.packages.unmet if facts.packages else None) or [] if pin.distribution == "torch"]


def _told(pin: Pin) -> str:
    return f"{clean(pin.on, 60)}: torch wants {clean(pin.wants, 60)}, installed {clean(pin.has or 'none', 40)}"


def _exactly(facts: Facts, pins: list[Pin]) -> str:
    """Installs what pins ask for, and nothing besides."""
    wanted = [f"{clean(pin.on, 60)}{clean(pin.wants, 60)}" for pin in pins]
    return install.install(facts, *wanted, options="--no-deps")


def _computes(facts: Facts) -> bool:
    """Whether torch ran and did all that it can here: on each GPU that it sees, or where there is none."""
    if not install.works(facts) or facts.torch is None:
        return False
    gpus = facts.torch.gpus or []
    return all(gpu.computed == "" for gpu in gpus) if gpus else not sight.gpu_here(facts)
