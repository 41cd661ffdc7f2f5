"""NVML as pynvml calls it: each call is counted and timed, and whatever goes wrong with it is a code."""

from __future__ import annotations

import contextlib
import importlib
import time
from typing import Any

UNINITIALISED, NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND = 1, 3, 4, 6
DRIVER_NOT_LOADED, LIBRARY_NOT_FOUND, FUNCTION_NOT_FOUND = 9, 12, 13
IRQ_ISSUE, LOST, RESET_REQUIRED, MISMATCH, VERSION, NOT_LISTED, UNKNOWN = 11, 15, 16, 18, 25, 28, 999
"""Codes of nvmlReturn_t."""

NO_MODULE = -1
"""Our own code: there is no pynvml, or another module of that name."""

LACKING = (NOT_SUPPORTED, FUNCTION_NOT_FOUND, VERSION)
"""The GPU, or its driver, has no such value, and will not have it in a second either."""

GONE = {
    LOST: "fell off the bus (NVML says that it is lost)",
    RESET_REQUIRED: "must be reset before it can be used again",
    NOT_LISTED: "is not listed by the driver any more",
    IRQ_ISSUE: "sends interrupts that do not arrive (NVML says IRQ issue)",
}
"""What a call says of one GPU that cannot be read at all, to follow its name."""

EVERYWHERE = {
    NO_MODULE: "NVIDIA's Python module pynvml is missing, too old, or hidden by another: install nvidia-ml-py",
    UNINITIALISED: "NVML lost its connection to the driver",
    NO_PERMISSION: "this user may not open the GPUs' device nodes in /dev",
    DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded",
    LIBRARY_NOT_FOUND: "NVIDIA's driver library libnvidia-ml.so.1 was not found",
    FUNCTION_NOT_FOUND: "the library libnvidia-ml.so.1 found first is not a complete NVML",
    LOST: "a GPU fell off the bus (NVML says that it is lost)",
    MISMATCH: "the NVIDIA driver's libraries are of another version than its kernel module, as after an update "
    "without a reboot",
    UNKNOWN: "NVML says unknown error, as it does where a container has lost its GPUs",
}
"""What NVML says where it cannot be used at all."""

_TWICE = "RunningProcesses"
"""pynvml makes two calls of these: how many, and which."""


class Refused(Exception):
    """NVML did not answer a call with a value. `code`: of nvmlReturn_t."""

    def __init__(self, code: int) -> None:
        super().__init__(why(code))
        self.code = code


def why(code: int) -> str:
    """Why nothing can be read, as the end of a sentence."""
    return EVERYWHERE.get(code) or f"NVML answers with error {code}"


def what(code: int) -> str:
    """What is wrong with a GPU, to follow its name."""
    return GONE.get(code) or f"cannot be read: {why(code)}"


class Nvml:
    """The library, from open() to close(). Used by one thread, while others may look at `calls` and `asked`."""

    def __init__(self) -> None:
        self.calls = 0
        """Calls of the library so far."""
        self.asked: float | None = None
        """When the call that is out was made, by time.monotonic(); None between calls."""
        self.is_open = False
        self._module: Any = None

    def open(self) -> None:
        """Loads the library where it is not yet, and connects it with the driver. Raises Refused."""
        if self._module is None:
            self._module = _pynvml()
        self.ask("nvmlInit")
        self.is_open = True

    def close(self) -> None:
        """Lets go of the driver, and of every GPU: an open handle keeps a laptop's GPU awake, and stops a reset."""
        if self.is_open:
            self.is_open = False
            with contextlib.suppress(Refused):  # the driver is gone already
                self.ask("nvmlShutdown")

    def ask(self, function: str, *arguments: Any) -> Any:
        """The answer of pynvml's function of that name. Raises Refused."""
        self.calls += 2 if _TWICE in function else 1
        self.asked = time.monotonic()
        try:
            return getattr(self._module, function)(*arguments)
        except UnicodeDecodeError as error:  # pynvml decodes strictly; here are the bytes as the driver gave them
            return error.object
        except self._module.NVMLError as error:
            raise Refused(error.value) from None
        except (AttributeError, self._module.NVMLLibraryMismatchError):  # an old pynvml, or an old driver
            raise Refused(FUNCTION_NOT_FOUND) from None
        finally:
            self.asked = None


def _pynvml() -> Any:
    """nvidia-ml-py's module. The deprecated distribution `pynvml` installs a package of that name: it hands it on."""
    try:
        module = importlib.import_module("pynvml")
        module.nvmlInit, module.NVMLError, module.NVMLLibraryMismatchError  # noqa: B018
    except (ImportError, AttributeError):
        raise Refused(NO_MODULE) from None
    return module
