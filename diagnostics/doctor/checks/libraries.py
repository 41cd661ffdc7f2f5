"""Which library wins: the libcuda that the loader finds, and what takes the place of those that torch brings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from diagnostics.doctor import compatibility
from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.checks.install import first_torch, foreign, python, torch_cuda
from diagnostics.doctor.checks.remedies import START_UP
from diagnostics.doctor.checks.views import contained, cuda_code, gpus, has_gpu, listed, on_jetson, on_wsl
from diagnostics.doctor.facts import Facts, Libraries, Library, Shadow
from diagnostics.finding import Step
from diagnostics.text import clean

WINS = "cuda_setup#which-library-wins"
CONTAINERS = "cuda_setup#containers"
COMPILES = "cuda_setup#code-for-your-gpu"

STUB, MISMATCH, NOT_SUPPORTED = 34, 803, 804
"""What cuInit gives for a stub, for a libcuda of another driver, and for forward compatibility on such a GPU."""
COMPAT = re.compile(r"/(cuda-)?compat(/|$)")
CONSUMER = re.compile(r"\b(GeForce|TITAN)\b", re.IGNORECASE)
"""GPUs on which NVIDIA's cuda-compat is not supported: it is for its datacenter GPUs and some RTX workstations."""
DRIVER_VERSION = re.compile(r"\d{3,4}\.\d+(\.\d+)?")
INTERCEPTS = re.compile(r"(?:^|/)(libvgpu|libcuda|libnvidia-ml|lib[at]san)\b[^/]*$")
"""Files that stand between a program and the driver: vGPU shims, other libcudas, sanitizers."""


def sound(facts: Facts) -> Seen | None:
    """The theme's line where nothing of it is wrong; None while nothing is known of it."""
    if facts.libraries is None:
        why = unseen(facts, "libraries")
        return Seen("skipped", "the libraries were not judged", (why,)) if why else None
    first = _first(facts)
    if first is None:
        return Seen("note" if has_gpu(facts) else "ok", "no libcuda here: NVIDIA's driver brings it")
    if _compat(first):
        return Seen("ok", f"libcuda {clean(first.version, 20)} of cuda-compat", (clean(first.path, 120),))
    return Seen("ok", f"libcuda {clean(first.version, 20)} is the one that is found", (clean(first.path, 120),))


@fault(
    "libcuda-stub",
    "a stub is loaded in the place of libcuda",
    looks="The libcuda.so.1 that the loader finds first, and the code of cuInit.",
    matters="The toolkit's stub is for linking where there is no driver. It can do nothing: CUDA fails with error 34.",
    lesson=WINS,
)
def libcuda_stub(facts: Facts) -> Iterator[Seen]:
    first = _first(facts)
    path = (facts.cuda.library if facts.cuda else None) or (first.path if first else "")
    in_stubs = "stubs" in path.split("/") or bool(first and "stubs" in first.path.split("/"))
    if cuda_code(facts) != STUB and (not in_stubs or cuda_code(facts) == 0):
        return
    evidence = [f"libcuda is loaded from {clean(first.path if first and in_stubs else path, 120)}"]
    evidence += [f"cuInit gives {STUB}: CUDA driver is a stub library"] if cuda_code(facts) == STUB else []
    evidence += [f"{clean(one, 100)} is on the loader's path" for one in (facts.libraries or Libraries()).stubs or []][
        :2
    ]
    cause = "A folder named stubs is on the loader's path, in front of the driver's libcuda."
    yield Seen(
        "fail", "a stub is loaded in the place of the driver's libcuda", tuple(evidence), cause, _off(facts, first)
    )


@fault(
    "libcuda-mismatch",
    "libcuda is of another version than the driver",
    looks="The version of the libcuda that is found first, that of the driver which runs, and the code of cuInit.",
    matters="libcuda and the driver's kernel module must be of one version; else CUDA fails with error 803.",
    lesson=WINS,
    follows=("driver-library-mismatch", "container-without-gpu"),
)
def libcuda_mismatch(facts: Facts) -> Iterator[Seen]:
    first, code = _first(facts), cuda_code(facts)
    loaded = (facts.driver.loaded if facts.driver else "") or ""
    if first is None or not loaded or on_wsl(facts) or on_jetson(facts) or code in (0, STUB, NOT_SUPPORTED):
        return
    differs = bool(DRIVER_VERSION.fullmatch(first.version)) and first.version != loaded
    if code != MISMATCH and (not differs or _compat(first) or _not_given(facts)):
        return
    ours = clean(first.version, 20)
    title = f"libcuda is of version {ours}, and the driver that runs is {clean(loaded, 20)}"
    if not differs:
        title = f"libcuda and the driver {clean(loaded, 20)} do not go together"
    evidence = [f"found first: {clean(first.real or first.path, 120)}", f"the driver that runs: {clean(loaded, 20)}"]
    evidence += [f"cuInit gives {code}"] if code else []
    cause, steps = _other_version(facts, first)
    yield Seen("fail", title, tuple(evidence), cause, steps)


@fault(
    "compat-on-geforce",
    "cuda-compat on a GPU that it does not support",
    looks="Whether the libcuda that is found first is cuda-compat's, the names of the GPUs, and the code of cuInit.",
    matters="It lets datacenter GPUs run a newer CUDA on an older driver. Elsewhere CUDA fails with error 804.",
    lesson=CONTAINERS,
)
def compat_on_geforce(facts: Facts) -> Iterator[Seen]:
    first, code = _first(facts), cuda_code(facts)
    consumer = [gpu.name for gpu in gpus(facts) if gpu.name and CONSUMER.search(gpu.name)]
    if code != NOT_SUPPORTED and not (code is None and first and _compat(first) and consumer):
        return
    name = clean(consumer[0], 60) if consumer else "this GPU"
    evidence = [f"libcuda is loaded from {clean(first.path, 120)}"] if first else []
    evidence += ["cuInit gives 804: forward compatibility was attempted on non supported HW"] if code else []
    cause = "The cuda-compat of a newer CUDA stands in front of the driver's own libcuda."
    steps = [
        *_off(facts, first),
        Step("or update the driver on the host, so that cuda-compat is not needed.", root=True),
    ]
    yield Seen("fail", f"cuda-compat does not support {name}", tuple(evidence), cause, tuple(steps))


@fault(
    "library-shadowed",
    "another library is loaded in the place of torch's own",
    looks="Libraries of torch and of NVIDIA's wheels, and what the loader finds under their names before them.",
    matters="A wheel's libraries were built together. One of another version lacks functions, or computes differently.",
    lesson=WINS,
)
def library_shadowed(facts: Facts) -> Iterator[Seen]:
    shadows = (facts.libraries.shadows if facts.libraries else None) or []
    if not shadows:
        return
    weights = {shadow.wins: _weight(facts, shadow) for shadow in shadows}
    status = min(weights.values(), key=("fail", "warn", "note").index)
    told = [shadow for shadow in shadows if weights[shadow.wins] == status]
    names = listed(list(dict.fromkeys(clean(one.name, 40) for one in told))[:3])
    more = f" and {len(told) - 3} more" if len(told) > 3 else ""
    by = told[0].by or "LD_LIBRARY_PATH"
    title = f"{clean(by, 40)} puts another {names}{more} in the place of torch's own"
    if status == "note":
        cause = "They have all that torch's libraries ask of them, so nothing is wrong so far."
        yield Seen("note", title, tuple(_seen(told)), cause)
    else:
        cause = (
            "The loader searches there before it comes to the libraries that NVIDIA's wheels brought for this torch."
        )
        yield Seen(status, title, tuple(_seen(told)), cause, _unshadow(facts, by))


@fault(
    "preload",
    "a preloaded library stands between programs and CUDA",
    looks="LD_PRELOAD and /etc/ld.so.preload: files that take the place of the driver's libraries, and sanitizers.",
    matters="It is put into every program before CUDA. Where it fails, CUDA fails, and the error names something else.",
    lesson=WINS,
)
def preload(facts: Facts) -> Iterator[Seen]:
    found = [one for one in (facts.libraries or Libraries()).preloads or [] if INTERCEPTS.search(one)]
    code = cuda_code(facts)
    if not found or foreign(facts):
        return
    evidence = [f"preloaded: {clean(one, 120)}" for one in found]
    if code in (None, 0) or not gpus(facts):
        cause = "Programs that share a GPU between jobs do that by design."
        yield Seen("note", "a preloaded library stands between programs and CUDA", tuple(evidence), cause)
        return
    steps = (Step("See whether CUDA starts without it.", "unset LD_PRELOAD", verify=_works(facts)),)
    title = "CUDA does not start, and a preloaded library stands in front of it"
    yield Seen("warn", title, (*evidence, f"cuInit gives {code}"), fix=steps)


@fault(
    "compiler-missing",
    "no C compiler for torch.compile",
    looks="Whether there is a C compiler on the path, and Python.h, where torch is built for CUDA.",
    matters="Triton compiles a small C file for each kernel, so torch.compile needs both. All else works without them.",
    lesson=COMPILES,
)
def compiler_missing(facts: Facts) -> Iterator[Seen]:
    if facts.libraries is None or not torch_cuda(facts) or first_torch(facts) is None or not gpus(facts):
        return
    compiler = facts.libraries.compiler
    headers = facts.python.headers if facts.python else None
    lacks = ["C compiler"] * (compiler == "") + ["Python.h"] * (headers is False)
    if not lacks:
        return
    known = (facts.host.distribution_id if facts.host else "") or ""
    install = {
        "ubuntu": "sudo apt install build-essential python3-dev",
        "debian": "sudo apt install build-essential python3-dev",
        "fedora": "sudo dnf install gcc python3-devel",
        "arch": "sudo pacman -S base-devel",
    }.get(known, "")
    step = Step("Install them, if you use torch.compile.", install, root=True, verify="`cc --version` answers")
    yield Seen("note", f"torch.compile finds no {' and no '.join(lacks)}", (), "", (step,))


# ---- what they look at


def _first(facts: Facts) -> Library | None:
    found = facts.libraries.libcuda if facts.libraries else None
    return found[0] if found else None


def _compat(library: Library) -> bool:
    return bool(COMPAT.search(library.path) or COMPAT.search(library.real))


def _starts(facts: Facts) -> str:
    """A command that starts CUDA, and fails where that fails."""
    return f'{python(facts)} -c "import torch; torch.ones(1, device=0)"'


def _works(facts: Facts) -> str:
    return f"`{_starts(facts)}` ends without an error"


def _not_given(facts: Facts) -> bool:
    """A container that was given no GPU: what its image brings is of no effect."""
    return contained(facts) and not any(one.path.startswith("/dev/nvidia") for one in facts.nodes or [])


def _off(facts: Facts, first: Library | None) -> tuple[Step, ...]:
    """How a folder is taken off the loader's path, by the way in which the loader came to it."""
    verify = _works(facts)
    if first is None or first.by == "LD_LIBRARY_PATH":
        return (
            Step("Take it off the path for this shell.", "unset LD_LIBRARY_PATH", verify=verify),
            Step("Find the line that sets it, and remove it.", f"grep -rsn LD_LIBRARY_PATH {START_UP}"),
        )
    folder = clean(first.path.rpartition("/")[0], 120)
    drop = shlex.quote(f"\\#{folder}#d")
    return (
        Step(
            f"Remove the line that names {folder} from the loader's configuration.",
            f"sudo sed -i {drop} /etc/ld.so.conf /etc/ld.so.conf.d/*.conf && sudo ldconfig",
            root=True,
            verify=verify,
        ),
    )


def _other_version(facts: Facts, first: Library) -> tuple[str, tuple[Step, ...]]:
    """Where a libcuda of another version came from, and how it goes."""
    if first.by == "LD_LIBRARY_PATH" or _compat(first):
        return "A folder on the loader's path has another libcuda than the driver's.", _off(facts, first)
    if contained(facts):
        cause = "The image brings a libcuda of its own, where the driver's should come from the host."
        text = "Remove the package that owns it from the image, and start the container anew."
        return cause, (Step(text, _remove_owner(facts, first), root=True, verify=_works(facts)),)
    managed = [one.version for one in (facts.libraries.libnvidia_ml if facts.libraries else None) or []][:1]
    if managed == [first.version]:
        cause = "The driver's packages were updated, and the module of the old version still runs."
        return cause, (Step("Reboot.", "sudo reboot", root=True, reboot=True, verify="nvidia-smi lists the GPU"),)
    path = shlex.quote(clean(first.real or first.path, 120))
    cause = "A second driver's libraries are installed, or were left behind."
    text = "Find the package that it belongs to, remove that, and run `sudo ldconfig`."
    return cause, (Step(text, f"dpkg -S {path} || rpm -qf {path}", root=True, verify=_works(facts)),)


def _remove_owner(facts: Facts, library: Library) -> str:
    """The command that removes the package which brought a library; of dpkg's answer, "NAME:amd64: PATH", the name."""
    path = shlex.quote(clean(library.real or library.path, 120))
    if facts.host and facts.host.distribution_id in ("ubuntu", "debian"):
        return f'apt-get remove -y "$(dpkg -S {path} | cut -d: -f1)" && ldconfig'
    if facts.host and facts.host.distribution_id in ("fedora", "rhel", "rocky", "almalinux", "centos"):
        return f'dnf remove -y "$(rpm -qf {path})" && ldconfig'
    return ""


def _weight(facts: Facts, shadow: Shadow) -> str:
    """By what is known: symbols that lack break it, those that are all there do not; else the versions tell."""
    ran = facts.torch is not None and facts.torch.outcome == "ran"
    if shadow.missing:
        return "warn" if ran else "fail"
    if shadow.missing is not None or _same_version(facts, shadow):
        return "note"
    return "warn" if ran or facts.torch is None else "fail"


def _same_version(facts: Facts, shadow: Shadow) -> bool:
    """Whether what wins is of the wheel's own version, by the first three numbers of both."""
    ours = compatibility.numbers(_wheel_version(facts, shadow))[:3]
    theirs = compatibility.numbers(shadow.wins_version)[:3]
    return len(ours) > 1 and len(theirs) > 1 and ours[: len(theirs)] == theirs[: len(ours)]


def _wheel_version(facts: Facts, shadow: Shadow) -> str:
    """Of the distribution that brought the wheel's library; "" where that is not known."""
    folder = re.search(r"/nvidia/([a-z_]+)/lib/", shadow.wheel)
    versions = (facts.packages.versions if facts.packages else None) or {}
    name = f"nvidia-{folder[1].replace('_', '-')}" if folder else ""
    return next((version for key, version in versions.items() if name and re.fullmatch(rf"{name}(-cu\d+)?", key)), "")


def _seen(shadows: list[Shadow]) -> Iterator[str]:
    for shadow in shadows[:4]:
        version = f" ({clean(shadow.wins_version, 30)})" if shadow.wins_version else ""
        yield f"loaded: {clean(shadow.wins, 120)}{version}"
        yield f"instead of: {clean(shadow.wheel, 160)}"
        if shadow.missing:
            symbols = clean(", ".join(shadow.missing[:3]), 160)
            yield f"it lacks {symbols}, which {clean(shadow.needed_by or 'torch', 60)} needs"


def _unshadow(facts: Facts, by: str) -> tuple[Step, ...]:
    verify = _works(facts)
    if by == "LD_PRELOAD":
        return (Step("Remove it for this shell.", "unset LD_PRELOAD", verify=verify),)
    if by.startswith("RPATH"):
        listing = "conda list | grep -iE 'cuda|cudnn|nccl|nvjitlink'"
        text = "Remove conda's packages of CUDA, or install torch into an environment of its own, by pip alone."
        return (Step(text, listing, verify=verify),)
    return (
        Step("Remove it for this shell: torch finds its libraries without it.", "unset LD_LIBRARY_PATH", verify=verify),
        Step(
            "Find the line that sets it, and remove that if the next shell sets it again.",
            f"grep -rsn LD_LIBRARY_PATH {START_UP}",
        ),
    )
