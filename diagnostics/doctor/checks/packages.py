"""The packages around torch: one torch, whole, and what was built for it."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.doctor.checks import companions, copies, install
from diagnostics.doctor.checks.fault import Seen, fault, unseen
from diagnostics.doctor.facts import Facts
from diagnostics.text import clean

ENVIRONMENT = "cuda_setup#one-environment"
WHEEL = "cuda_setup#what-a-wheel-brings"


def sound(facts: Facts) -> Seen | None:
    """Which of them lie there; None while nothing is known of them."""
    packages = facts.packages
    if packages is None:
        reason = unseen(facts, "packages")
        return Seen("skipped", "packages were not read", (clean(reason),)) if reason else None
    if not packages.torches:
        return Seen("note", "no torch here whose companions could be judged")
    versions = packages.versions or {}
    kin = [f"{name} {clean(versions[name], 40)}" for name in install.KIN if name in versions]
    names = ", ".join([install.torch_name(facts), *kin])
    return Seen("ok", f"one {names}" if not kin else f"{names} belong together")


@fault(
    "duplicate-torch",
    "several torches lie in one environment",
    looks="Every torch on the judged Python's path, and every torch-*.dist-info beside it.",
    matters="pip changes one and Python imports another: versions, files and libraries of two get mixed.",
    lesson=ENVIRONMENT,
    follows=("torch-from-pythonpath",),
)
def duplicate_torch(facts: Facts) -> Iterator[Seen]:
    return copies.duplicate_torch(facts)


@fault(
    "torch-leftovers",
    "an interrupted pip left parts of torch",
    looks="Folders whose names begin with ~, as pip makes them while it replaces a package.",
    matters="pip warns of an invalid distribution at each call, and files of torch may be missing.",
    lesson=ENVIRONMENT,
)
def torch_leftovers(facts: Facts) -> Iterator[Seen]:
    return copies.torch_leftovers(facts)


@fault(
    "torch-metadata-differs",
    "torch's files and its metadata are of two versions",
    looks="The version in torch's version.py beside the one that its dist-info gives.",
    matters="pip and other packages judge by the metadata, and programs run the files.",
    lesson=ENVIRONMENT,
    follows=("duplicate-torch", "torch-leftovers"),
)
def torch_metadata_differs(facts: Facts) -> Iterator[Seen]:
    return copies.torch_metadata_differs(facts)


@fault(
    "conda-pip-mix",
    "conda and pip both installed torch into one environment",
    looks="conda's own records beside the dist-info that pip wrote.",
    matters="The next update by either breaks the other's files.",
    lesson=ENVIRONMENT,
)
def conda_pip_mix(facts: Facts) -> Iterator[Seen]:
    return copies.conda_pip_mix(facts)


@fault(
    "vision-mismatch",
    "torchvision was built for another torch",
    looks="The versions of torch and torchvision, and the builds (+cpu, +cu126) that their own files name.",
    matters='`import torchvision` ends with "operator torchvision::nms does not exist", or it has no CUDA.',
    lesson=WHEEL,
    follows=("torch-from-pythonpath",),
)
def vision_mismatch(facts: Facts) -> Iterator[Seen]:
    return companions.mismatch(facts, "torchvision")


@fault(
    "audio-mismatch",
    "torchaudio was built for another torch",
    looks="The versions of torch and torchaudio, and the builds (+cpu, +cu126) that their own files name.",
    matters="`import torchaudio` fails with an undefined symbol.",
    lesson=WHEEL,
    follows=("torch-from-pythonpath",),
)
def audio_mismatch(facts: Facts) -> Iterator[Seen]:
    return companions.mismatch(facts, "torchaudio")


@fault(
    "pins-unmet",
    "torch's requirements are not met",
    looks="What torch's metadata requires beside the versions that are installed.",
    matters="torch loads libraries of CUDA that it was not tested with: errors in cuDNN, cuBLAS or NCCL.",
    lesson=WHEEL,
    follows=("torch-from-pythonpath", "duplicate-torch", "torch-metadata-differs", "conda-pip-mix"),
)
def pins_unmet(facts: Facts) -> Iterator[Seen]:
    return companions.pins_unmet(facts)


@fault(
    "nvidia-libraries-missing",
    "libraries that torch needs are gone",
    looks="The libraries that NVIDIA's packages list as their own, and the packages that torch requires.",
    matters='`import torch` ends with "cannot open shared object file".',
    lesson=WHEEL,
)
def nvidia_libraries_missing(facts: Facts) -> Iterator[Seen]:
    return companions.nvidia_libraries_missing(facts)


@fault(
    "triton-mismatch",
    "triton is not the one that torch was made with",
    looks="torch's requirement on triton beside the version that is installed.",
    matters="`torch.compile` fails for CUDA; all else works.",
    lesson=WHEEL,
    follows=("torch-from-pythonpath",),
)
def triton_mismatch(facts: Facts) -> Iterator[Seen]:
    return companions.triton_mismatch(facts)


@fault(
    "extension-other-torch",
    "an extension was compiled for another torch",
    looks="Extensions such as flash-attn and xformers, and the torch that their builds name.",
    matters="Importing it ends with an undefined symbol, or it crashes.",
    lesson=WHEEL,
    follows=("torch-from-pythonpath",),
)
def extension_other_torch(facts: Facts) -> Iterator[Seen]:
    return companions.extension_other_torch(facts)


@fault(
    "numpy-abi",
    "torch was built for NumPy 1, and NumPy 2 is installed",
    looks="The versions of torch and NumPy.",
    matters='`tensor.numpy()` and `torch.from_numpy()` end with "Numpy is not available".',
    lesson=ENVIRONMENT,
    follows=("torch-from-pythonpath",),
)
def numpy_abi(facts: Facts) -> Iterator[Seen]:
    return companions.numpy_abi(facts)


@fault(
    "pynvml-shadowed",
    "an old package takes the place of nvidia-ml-py",
    looks="Where `import pynvml` comes from, and the distributions that bring it.",
    matters="Monitors and `torch.cuda.utilization()` miss functions of the driver, and end with AttributeError.",
    lesson=ENVIRONMENT,
)
def pynvml_shadowed(facts: Facts) -> Iterator[Seen]:
    return companions.pynvml_shadowed(facts)


@fault(
    "pynvml-deprecated",
    "the deprecated pynvml is installed",
    looks="The distribution pynvml, and which others require it.",
    matters="It prints a FutureWarning at each import of torch.cuda, and brings nothing over nvidia-ml-py.",
    lesson=ENVIRONMENT,
)
def pynvml_deprecated(facts: Facts) -> Iterator[Seen]:
    return companions.pynvml_deprecated(facts)


@fault(
    "openmp-twice",
    "several OpenMP run-times lie in one environment",
    looks="Libraries named libgomp, libomp and libiomp5 in the environment.",
    matters='A process that loads two may be slow, compute wrongly, or end with "OMP: Error #15".',
    lesson=ENVIRONMENT,
)
def openmp_twice(facts: Facts) -> Iterator[Seen]:
    return companions.openmp_twice(facts)
