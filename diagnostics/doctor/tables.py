"""What is known of drivers, wheels and GPUs, as numbers: each table says where they come from and what it leaves open.

Last looked at in November 2026, when torch 2.15.0 was the newest on PyPI. What a table does not know is not judged.
"""

from __future__ import annotations

from typing import NamedTuple

INDEX = "https://download.pytorch.org/whl/"
"""Where torch's own wheels lie, a folder a CUDA version ("cu126"), and "cpu"."""

DRIVER_FOR_FAMILY = {11: "450.80.02", 12: "525.60.13", 13: "580"}
"""CUDA's major version -> the oldest driver that runs all of its minor ones, on Linux.

NVIDIA, "CUDA Compatibility: Minor Version Compatibility". CUDA 10 and older have no such rule; 14 is not out.
"""

TOOLKIT_DRIVERS = {
    "13.3": "610.43.02",
    "13.2": "595.45.04",
    "13.1": "590.44.01",
    "13.0": "580.65.06",
    "12.9": "575.51.03",
    "12.8": "570.26",
    "12.6": "560.28.03",
    "12.5": "555.42.02",
    "12.4": "550.54.14",
    "12.2": "535.54.03",
    "12.1": "530.30.02",
    "12.0": "525.60.13",
    "11.8": "520.61.05",
}
"""CUDA toolkit -> the driver that came with it, which compiles that toolkit's PTX. Its release notes; 12.3 unknown.

Not what a wheel needs: that is DRIVER_FOR_FAMILY.
"""

WHEEL_CODE: tuple[tuple[tuple[int, int], tuple[int, int], str, str, tuple[str, ...]], ...] = (
    ((2, 11), (2, 13), "cu126", "x86_64", ("50", "60", "70", "75", "80", "86", "90")),
    ((2, 11), (2, 13), "cu126", "aarch64", ("80", "90")),
    ((2, 11), (2, 13), "cu128", "x86_64", ("75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 11), (2, 13), "cu129", "x86_64", ("75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 11), (2, 13), "cu129", "aarch64", ("80", "90", "100", "120", "120+PTX")),
    ((2, 11), (2, 13), "cu130", "x86_64", ("75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 11), (2, 13), "cu130", "aarch64", ("80", "90", "100", "110", "120", "120+PTX")),
    ((2, 11), (2, 13), "cu132", "x86_64", ("75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 11), (2, 13), "cu132", "aarch64", ("80", "90", "100", "110", "120", "120+PTX")),
    ((2, 8), (2, 10), "cu126", "x86_64", ("50", "60", "70", "75", "80", "86", "90")),
    ((2, 8), (2, 10), "cu128", "x86_64", ("70", "75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 8), (2, 10), "cu129", "x86_64", ("70", "75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 9), (2, 10), "cu130", "x86_64", ("75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 7), (2, 7), "cu128", "x86_64", ("50", "60", "70", "75", "80", "86", "90", "100", "120", "120+PTX")),
    ((2, 7), (2, 7), "cu126", "x86_64", ("50", "60", "70", "75", "80", "86", "90")),
    ((2, 6), (2, 6), "cu126", "x86_64", ("50", "60", "70", "75", "80", "86", "90")),
    ((2, 4), (2, 6), "cu124", "x86_64", ("50", "60", "70", "75", "80", "86", "90")),
    ((2, 1), (2, 5), "cu121", "x86_64", ("50", "60", "70", "75", "80", "86", "90")),
    ((2, 0), (2, 7), "cu118", "x86_64", ("37", "50", "60", "70", "75", "80", "86", "90")),
    ((1, 13), (2, 0), "cu117", "x86_64", ("37", "50", "60", "70", "75", "80", "86")),
)
"""First and last torch, CUDA tag, machine -> the GPUs that the official wheel for Linux has code for.

2.11 to 2.13 (12.6, 12.9, 13.0, 13.2): PYTORCH_RELEASES_CODE_CC of torch 2.13; cu128 and older ones:
.ci/manywheel/build_cuda.sh of the release, from notes and memory. Where that left a doubt the code is listed, and PTX
too, so that no working wheel is blamed. Not known, so not judged: 2.14 and newer, wheels for ARM before 2.11, Windows,
conda, NVIDIA's containers, and what somebody built.
"""


class Offer(NamedTuple):
    """A folder of INDEX that is advised, and what its wheels for one kind of machine need.

    `codes`: the GPUs that they surely have code for; `pythons`: the oldest and the newest; `torch`: what pip is asked
    for, where the newest torch of the folder would not do.
    """

    tag: str
    machine: str
    codes: tuple[str, ...]
    pythons: tuple[tuple[int, int], tuple[int, int]]
    glibc: str
    torch: str = "torch"


_SINCE_MAXWELL = ("50", "60", "70", "75", "80", "86", "90")
_SINCE_TURING = ("75", "80", "86", "90", "100", "120")

OFFERS = (
    Offer("cu130", "x86_64", _SINCE_TURING, ((3, 10), (3, 14)), "2.28"),
    Offer("cu130", "aarch64", ("80", "90", "100", "110", "120"), ((3, 10), (3, 14)), "2.28"),
    Offer("cu126", "x86_64", _SINCE_MAXWELL, ((3, 9), (3, 14)), "2.28"),
    Offer("cu126", "aarch64", ("80", "90"), ((3, 10), (3, 14)), "2.28"),
    Offer("cu128", "x86_64", _SINCE_TURING, ((3, 9), (3, 14)), "2.28"),
    Offer("cu128", "aarch64", ("90", "100", "120"), ((3, 10), (3, 14)), "2.28"),
    Offer("cu124", "x86_64", _SINCE_MAXWELL, ((3, 8), (3, 13)), "2.17"),
    Offer("cu118", "x86_64", _SINCE_MAXWELL, ((3, 8), (3, 13)), "2.17"),
    Offer("cu118", "x86_64", ("37", *_SINCE_MAXWELL), ((3, 8), (3, 12)), "2.17", "torch<2.4"),
)
"""What is advised, in the order of preference.

The folders stay when torch goes on without them: pip then takes the last torch there that the Python and the C library
allow. cu124 ends with torch 2.6.0 and cu118 with 2.7.1, whose last wheels for an older glibc are those of 2.6.0.
torch 2.4 brings cuDNN 9, which has nothing for Kepler any more (release notes of both).
"""

PYPI_CUDA = {
    (2, 15): "13.2",
    (2, 14): "13.0",
    (2, 13): "13.0",
    (2, 12): "13.0",
    (2, 11): "13.0",
    (2, 10): "12.8",
    (2, 9): "12.8",
    (2, 8): "12.8",
    (2, 7): "12.6",
    (2, 6): "12.4",
    (2, 5): "12.4",
    (2, 4): "12.1",
    (2, 3): "12.1",
    (2, 2): "12.1",
    (2, 1): "12.1",
    (2, 0): "11.7",
}
"""torch -> the CUDA of the wheel that `pip install torch` brings from PyPI, for Linux on x86_64.

From the requirements in PyPI's metadata. On ARM those before 2.11 have no CUDA; those for Windows and macOS never do.
"""

TORCH_FOR_PYTHON = {
    (3, 8): ("1.4.0", "2.4.1"),
    (3, 9): ("1.7.1", "2.8.0"),
    (3, 10): ("1.11.0", "2.14.1"),
    (3, 11): ("1.13.0", "2.15.0"),
    (3, 12): ("2.2.0", "2.15.0"),
    (3, 13): ("2.5.0", "2.15.0"),
    (3, 14): ("2.9.0", "2.15.0"),
    (3, 15): ("2.15.0", "2.15.0"),
}
"""CPython -> the first and the last torch with a wheel for it, for Linux on x86_64: `pip index versions`, PyPI.

There is none for musl, for 32 bits, or for PyPy; for macOS on Intel none after 2.2.2.
"""

FREE_THREADED = {(3, 13): ("2.7.0", "2.12.0"), (3, 14): ("2.9.0", "2.15.0")}
"""The same for builds without the global lock."""

GLIBC_FOR_TORCH = ("2.28", "2.8", "2.6.0")
"""The oldest glibc that torch of the second number and newer runs on, and a torch for those that are older.

From the tags of PyPI's wheels (manylinux_2_28 since 2.8.0).
"""

VISION_FOR_TORCH = {
    (2, 14): (0, 29),
    (2, 13): (0, 28),
    (2, 12): (0, 27),
    (2, 11): (0, 26),
    (2, 10): (0, 25),
    (2, 9): (0, 24),
    (2, 8): (0, 23),
    (2, 7): (0, 22),
    (2, 6): (0, 21),
    (2, 5): (0, 20),
    (2, 4): (0, 19),
    (2, 3): (0, 18),
    (2, 2): (0, 17),
    (2, 1): (0, 16),
    (2, 0): (0, 15),
    (1, 13): (0, 14),
    (1, 12): (0, 13),
}
"""torch -> the torchvision that was built for it, by major and minor number: its pin on torch in PyPI's metadata."""

VISION_OPEN = ((0, 29, 1), (2, 14))
"""From this torchvision on it works with any torch from the second number on ("torch>=2.14.0")."""

AUDIO_OPEN = ((2, 11), (2, 11))
"""The same of torchaudio, which pins nothing since 2.11.0; before that its number is torch's own (2.0 to 2.10)."""

NUMPY_2 = (2, 3)
"""The first torch for Linux that was built for NumPy 2. torch's release notes; Windows: 2.4.1."""

ARCHITECTURES = {
    (3, 0): "Kepler",
    (3, 5): "Kepler",
    (3, 7): "Kepler",
    (5, 0): "Maxwell",
    (5, 2): "Maxwell",
    (5, 3): "Maxwell",
    (6, 0): "Pascal",
    (6, 1): "Pascal",
    (6, 2): "Pascal",
    (7, 0): "Volta",
    (7, 2): "Volta",
    (7, 5): "Turing",
    (8, 0): "Ampere",
    (8, 6): "Ampere",
    (8, 7): "Ampere",
    (8, 9): "Ada",
    (9, 0): "Hopper",
    (10, 0): "Blackwell",
    (10, 1): "Blackwell",
    (10, 3): "Blackwell",
    (11, 0): "Blackwell",
    (12, 0): "Blackwell",
    (12, 1): "Blackwell",
}
"""Compute capability -> NVIDIA's name of the architecture (developer.nvidia.com/cuda-gpus)."""

LAST_BRANCH = {"Kepler": 470, "Maxwell": 580, "Pascal": 580, "Volta": 580}
"""Architecture -> the last branch of NVIDIA's driver for it; newer ones have no end announced.

NVIDIA, "Support Plan for Kepler-series GPUs", and the notes of branch 580 on Maxwell, Pascal and Volta.
"""

JETSON_CODE = frozenset({53, 62, 72, 87})
"""Code for, and capabilities of, Jetson modules: neither runs the other's. DEVICE_REQUIREMENT of torch 2.13."""

RENAMED = (101, 110)
"""Thor was 10.1 until CUDA 13 called it 11.0: code for the first runs on these two alone. DEVICE_REQUIREMENT again."""
