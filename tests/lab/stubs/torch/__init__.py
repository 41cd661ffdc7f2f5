"""What the worker asks of torch, and no more: tests of processes need not wait for the real one.

TORCH_STUB names a way to behave: broken (raises at import), crash (ends the process), wait:FIFO (its import waits until
somebody has written to FIFO), warm:FIFO (so does the import of what the first optimizer needs).
"""

from __future__ import annotations

import ctypes
import os
from types import SimpleNamespace

_way = os.environ.get("TORCH_STUB", "")
if _way == "broken":
    raise OSError("libcudart.so.12: cannot open shared object file\x1b[2J")
if _way == "crash":
    print("about to crash", flush=True)
    ctypes.string_at(0)
if _way.startswith("wait:"):
    with open(_way[5:]) as _fifo:
        _fifo.read()

__version__ = "9.9+stub"
float32 = "float32"
cuda = SimpleNamespace(is_available=lambda: False)


def set_num_threads(count: int) -> None: ...
def manual_seed(seed: int) -> None: ...
def set_grad_enabled(mode: bool) -> None: ...
def set_default_dtype(dtype: str) -> None: ...
def set_default_device(device: str | None) -> None: ...
