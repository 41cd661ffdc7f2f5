"""What torch, CUDA and the loader say when they fail, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Saying:
    """A text that is known: `remedy` names what puts it right, for the check to make a command of."""

    pattern: re.Pattern[str]
    cause: str
    remedy: str


def _saying(pattern: str, cause: str, remedy: str) -> Saying:
    return Saying(re.compile(pattern, re.IGNORECASE), cause, remedy)


IMPORT_SAYINGS = (
    _saying(
        r"undefined symbol: __nvJitLink|libnvJitLink|libcudnn\S* (not found|not defined)|cudnnGetVersion"
        r"|Unable to load any of \{libcudnn|CUDNN_STATUS_(NOT_INITIALIZED|SUBLIBRARY_VERSION_MISMATCH)"
        r"|version `?\S*libcu\S+'? not (found|defined)|undefined symbol: \S*(cudnn|cublas|nccl)",
        "A library of CUDA from another place was loaded instead of the one that this torch brings.",
        "path",
    ),
    _saying(
        r"lib(cudart|cublas|cublasLt|cudnn|cufft|curand|cusolver|cusparse|cusparseLt|cupti|nccl|nvshmem|nvJitLink|nvrtc"
        r"|nvToolsExt|cufile)\S*\.so\S*: cannot open shared object",
        "A library that NVIDIA's packages bring beside torch is not there.",
        "reinstall",
    ),
    _saying(
        r"partially initialized module 'torch'|module 'torch' has no attribute",
        "Something other than torch itself was imported under its name, or its files are incomplete.",
        "reinstall",
    ),
    _saying(r"version `?GLIBC_", "This torch was built for a newer Linux than this one: its C library is too old.", ""),
    _saying(
        r"undefined symbol: \S*(c10|torch|at\b)|_ZN(3c10|2at|5torch)",
        "Files of two versions of torch, or an extension for another one, were loaded together.",
        "reinstall",
    ),
    _saying(
        r"cannot allocate memory in static TLS block",
        "Another library had taken the loader's static memory before torch was loaded; one in LD_PRELOAD often does.",
        "",
    ),
    _saying(
        r"failed to map segment|cannot enable executable stack",
        "The system did not let torch's libraries be loaded as code: the folder is mounted noexec, or memory is short.",
        "",
    ),
    _saying(
        r"lib(torch|c10|shm|gomp)\S*: cannot open shared object|torch\._C\b|No module named 'torch\.",
        "Files of torch itself are missing.",
        "reinstall",
    ),
    _saying(
        r"_ARRAY_API not found|compiled using NumPy 1|numpy\.core\.multiarray failed",
        "A package was built for NumPy 1, and NumPy 2 is installed.",
        "numpy",
    ),
    _saying(
        r"No module named '(?!torch')(\w+)",
        "A package that torch needs is not there.",
        "reinstall",
    ),
    _saying(r"MemoryError|Cannot allocate memory|std::bad_alloc", "The host's memory did not suffice.", ""),
)
"""Of an import that failed, the exact ones first."""

SIGNALS = {
    "SIGSEGV": "It touched memory that is not its own: mostly two versions of one library in one process.",
    "SIGILL": "It met an instruction that this CPU does not have: the build is for a newer CPU (most need AVX2).",
    "SIGABRT": "It ended itself upon an inner error; its last lines say which.",
    "SIGBUS": "A file that it had mapped into memory became unreadable: a full disk or full shared memory.",
    "SIGKILL": "Something killed it: mostly the kernel or the container, because memory ran out.",
    "SIGFPE": "A division in native code failed.",
}

CUDA_CODES = {
    2: "The GPU has no memory left for even an empty CUDA context.",
    3: "CUDA could not be initialised; where the driver answers otherwise, its nvidia_uvm module is the usual reason.",
    34: "A stub of libcuda was loaded, which is for linking only.",
    35: "The driver is too old for the CUDA of this torch.",
    36: "The driver lacks a function that this CUDA calls: it is older than the CUDA of this torch.",
    46: "Every GPU is busy in exclusive mode, or its compute mode forbids use.",
    100: "CUDA sees no GPU.",
    101: "CUDA was asked for a GPU that is not there.",
    214: "The GPU found an error in its memory that it could not correct.",
    222: "The driver cannot compile the PTX of this torch, which is newer than the driver.",
    304: "A call to the operating system failed, mostly at a device file.",
    802: "The NVSwitch fabric between the GPUs is not ready: the fabric manager sets it up.",
    803: "libcuda and the kernel's driver are of different versions.",
    804: "A cuda-compat library was loaded, which works on datacenter GPUs only.",
    999: "CUDA gives no reason; after a suspend it is mostly the nvidia_uvm module, which has to be loaded anew.",
}
"""CUDA's error numbers as torch prints them."""

_CODE = re.compile(r"\bError (\d+):|\berror code:? ?(\d+)|CUDA_ERROR_\w+ \((\d+)\)")
_FOUND = re.compile(r"found version (\d{4,5})\)")
_TEXTS = (
    (re.compile("driver on your system is too old"), 35),
    (re.compile("CUDA unknown error|unknown error - this may be"), 999),
    (re.compile("all CUDA-capable devices are busy or unavailable|CUDA-capable device\\(s\\) is/are busy"), 46),
    (re.compile("uncorrectable ECC error"), 214),
    (re.compile("unsupported toolchain"), 222),
    (re.compile("system not yet initialized"), 802),
    (re.compile("unsupported display driver / cuda driver combination"), 803),
    (re.compile("forward compatibility was attempted"), 804),
    (re.compile("stub library"), 34),
    (re.compile("no CUDA-capable device is detected|No CUDA GPUs are available"), 100),
    (re.compile("CUDA driver initialization failed|initialization error"), 3),
    (re.compile("out of memory"), 2),
)

NO_KERNEL = re.compile("no kernel image|invalid device function|is not compatible with the current PyTorch")
NO_MEMORY = re.compile("out of memory|OutOfMemoryError|CUDA_ERROR_OUT_OF_MEMORY", re.IGNORECASE)
BAD_PTX = re.compile("unsupported toolchain|PTX was compiled with")
BUSY = re.compile("busy or unavailable|is/are busy", re.IGNORECASE)


def of_import(lines: Iterable[str]) -> Saying | None:
    """The known text among the last lines of an import that failed."""
    text = "\n".join(lines)
    return next((one for one in IMPORT_SAYINGS if one.pattern.search(text)), None)


def cuda_code(lines: Iterable[str]) -> int | None:
    """The CUDA error that they tell of, by number or in words."""
    text = "\n".join(lines)
    if found := _CODE.search(text):
        return int(next(group for group in found.groups() if group))
    return next((code for pattern, code in _TEXTS if pattern.search(text)), None)


def driver_found(lines: Iterable[str]) -> int | None:
    """The driver's CUDA, as 12040, in torch's words that the driver is too old."""
    found = _FOUND.search("\n".join(lines))
    return int(found[1]) if found else None
