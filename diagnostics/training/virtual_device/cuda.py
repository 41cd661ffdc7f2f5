"""torch.cuda and torch.accelerator, as on a machine with GPUs. Memory is not measured: its figures are 0."""

from __future__ import annotations

import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch

from .internals import optimizers
from .patching import Patches

if TYPE_CHECKING:
    from .device import VirtualDevice

NAME = "Virtual CUDA (computed on the CPU)"
MEMORY = 80 * 2**30
CAPABILITY = (9, 0)

_NOTHING = (
    "empty_cache",
    "init",
    "ipc_collect",
    "manual_seed",
    "manual_seed_all",
    "reset_accumulated_memory_stats",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_per_process_memory_fraction",
    "set_rng_state",
    "set_rng_state_all",
    "set_stream",
    "set_sync_debug_mode",
    "synchronize",
    "_lazy_init",
)
"""Seeds and states of the random generators too: those of the CPU are the ones that are drawn from."""

_ZERO = (
    "max_memory_allocated",
    "max_memory_cached",
    "max_memory_reserved",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "utilization",
)


def patch_cuda(device: VirtualDevice, patches: Patches) -> None:
    """The questions a script asks of its GPUs, and what it tells them."""
    for name in _NOTHING:
        patches.put_if_there(torch.cuda, name, _giving(None))
    for name in _ZERO:
        patches.put_if_there(torch.cuda, name, _giving(0))
    for name, value in {**_answers(device), **_streams(device)}.items():
        patches.put_if_there(torch.cuda, name, value)
    for name, value in _accelerator(device).items():
        patches.put_if_there(torch.accelerator, name, value)
    patches.put_if_there(torch.backends.cuda, "is_built", lambda: True)
    patches.put_if_there(torch.backends.cudnn, "is_acceptable", lambda tensor: False)
    _same_arithmetic(patches)
    _eager(patches)


def _giving(value: Any) -> Any:
    """A function of its own for each name: torch._dynamo keeps a table of functions and wants no two names for one."""
    return lambda *args, **kwargs: value


def _answers(device: VirtualDevice) -> dict[str, Any]:
    def properties(which: Any = None) -> Any:
        index = _index(device, which)
        if index >= device.gpus:
            raise AssertionError("Invalid device id")
        return SimpleNamespace(
            name=NAME, major=CAPABILITY[0], minor=CAPABILITY[1], total_memory=MEMORY, multi_processor_count=1,
            is_integrated=False, is_multi_gpu_board=False, warp_size=32, max_threads_per_multi_processor=2048,
        )  # fmt: skip

    def set_device(which: Any) -> None:
        index = _index(device, which)
        if index >= 0:
            device.resolve(index)
            device.current = index

    def rng_state(which: Any = "cuda") -> torch.Tensor:
        return torch.get_rng_state()

    return {
        "can_device_access_peer": lambda one, other: True,
        "current_device": lambda: device.current,
        "device": _device_context(device),
        "device_count": lambda: device.gpus,
        "get_arch_list": lambda: [f"sm_{CAPABILITY[0]}{CAPABILITY[1]}"],
        "get_device_capability": lambda which=None: CAPABILITY,
        "get_device_name": lambda which=None: properties(which).name,
        "get_device_properties": properties,
        "get_rng_state": rng_state,
        "get_rng_state_all": lambda: [rng_state() for _ in range(device.gpus)],
        "initial_seed": torch.initial_seed,
        "is_available": lambda: True,
        "is_bf16_supported": lambda including_emulation=True: True,
        "is_initialized": lambda: bool(device.begun),
        "is_tf32_supported": lambda: True,
        "mem_get_info": lambda which=None: (MEMORY, MEMORY),
        "memory_stats": lambda which=None: {},
        "memory_summary": lambda which=None, abbreviated=False: "no memory is measured on a virtual GPU",
        "set_device": set_device,
    }


def _index(device: VirtualDevice, which: Any) -> int:
    """The number of a GPU named by a number, a text, a device or None; -1 for none at all."""
    if which is None:
        return device.current
    if isinstance(which, int):
        return which
    named = torch.device(which)
    return device.current if named.index is None else named.index


def _device_context(device: VirtualDevice) -> Any:
    class DeviceContext:
        """with torch.cuda.device(1): the GPU that "cuda" means inside."""

        def __init__(self, which: Any) -> None:
            self.idx = _index(device, which)
            self.prev_idx = -1

        def __enter__(self) -> None:
            self.prev_idx = device.current
            if self.idx >= 0:
                device.resolve(self.idx)
                device.current = self.idx

        def __exit__(self, *ignored: Any) -> None:
            device.current = self.prev_idx

    return DeviceContext


class Stream:
    """A stream on which all is done at once."""

    def __init__(self, device: Any = None, priority: int = 0, **ignored: Any) -> None:
        self.device = torch.device("cuda", 0) if device is None else torch.device(device)
        self.priority = priority
        self.stream_id = self.cuda_stream = 0

    def record_event(self, event: Event | None = None) -> Event:
        event = event or Event()
        event.record(self)
        return event

    def is_capturing(self) -> bool:
        return False

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        return None

    def wait_event(self, event: Any) -> None:
        return None

    def wait_stream(self, stream: Any) -> None:
        return None

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *ignored: Any) -> None:
        return None


class Event:
    """An event that happens when it is recorded; the time between two is that of the CPU."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        self.at = 0.0

    def record(self, stream: Any = None) -> None:
        self.at = time.perf_counter()

    def elapsed_time(self, end: Event) -> float:
        """Milliseconds."""
        return 1000 * (end.at - self.at)

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        return None

    def wait(self, stream: Any = None) -> None:
        return None


def _streams(device: VirtualDevice) -> dict[str, Any]:
    def current(which: Any = None) -> Stream:
        return Stream(torch.device("cuda", _index(device, which)))

    def default(which: Any = None) -> Stream:
        return current(which)

    def stream(chosen: Any) -> Any:
        return nullcontext()

    return {
        "Event": Event,
        "Stream": Stream,
        "current_stream": current,
        "default_stream": default,
        "stream": stream,
        "StreamContext": _giving(nullcontext()),
    }


def _accelerator(device: VirtualDevice) -> dict[str, Any]:
    return {
        "current_accelerator": lambda check_available=False: torch.device("cuda"),
        "current_device_idx": lambda: device.current,
        "current_device_index": lambda: device.current,
        "current_stream": lambda which=None: Stream(),
        "device_count": lambda: device.gpus,
        "device_index": _device_context(device),
        "empty_cache": _giving(None),
        "is_available": lambda: True,
        "max_memory_allocated": _giving(0),
        "max_memory_reserved": _giving(0),
        "memory_allocated": _giving(0),
        "memory_reserved": _giving(0),
        "memory_stats": lambda which=None: {},
        "reset_peak_memory_stats": _giving(None),
        "set_device_idx": lambda which: torch.cuda.set_device(which),
        "set_device_index": lambda which: torch.cuda.set_device(which),
        "synchronize": _giving(None),
    }


def _same_arithmetic(patches: Patches) -> None:
    """Optimizers take the path of the CPU unless the script asks for another: they give the numbers of a plain run."""
    patches.put(optimizers, "_get_foreach_kernels_supported_devices", lambda: [])


def _eager(patches: Patches) -> None:
    """torch.compile gives what it was given, run eagerly."""
    compile_ = torch.compile

    def compiled(model: Any = None, **options: Any) -> Any:
        torch.compiler.set_stance("force_eager")
        return compile_(model, **options)

    patches.put(torch, "compile", compiled)
