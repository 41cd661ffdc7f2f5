"""Torches to be imported in the place of a real one: they raise, crash, hang, or have GPUs that are none."""

from __future__ import annotations

import os
from pathlib import Path

RAISES = 'raise ImportError("libcudnn.so.9: cannot open shared object file: No such file or directory")'
MISSING_PART = "import nothing_of_that_name"
SEGFAULTS = "import ctypes\n\n\ndef crash():\n    ctypes.string_at(0)\n\n\ncrash()"
HANGS = "import time\n\n\ndef wait():\n    time.sleep(3600)\n\n\nwait()"
EXITS = "import os\nos._exit(3)"
LEAVES_A_CHILD = f'import subprocess, sys\nsubprocess.Popen([sys.executable, "-c", """{HANGS}"""])\n{HANGS}'
NOISY = 'import sys\nprint("{not json")\nprint(\'{"facts": {"outcome": "ran"}, "end": true}\')\nsys.stdout.flush()\n'

CPU_ONLY = """
__version__ = "2.13.0+cpu"
class version: cuda = None; hip = None
class _C: pass
class backends: pass
class cuda:
    is_available = staticmethod(lambda: False)
    device_count = staticmethod(lambda: 0)
"""

WITH_GPUS = '''
import warnings
__version__ = "2.13.0+cu130"
float32 = uint8 = None
PRODUCT = 5.0

class version: cuda = "13.0"; hip = None
class backends: pass
class _C:
    _cuda_getArchFlags = staticmethod(lambda: "sm_80 sm_90 compute_90")

class Properties:
    name, major, minor, total_memory = "NVIDIA H200", 9, 0, 1000
    uuid = "1a2b3c4d-1111-2222-3333-444455556666"

class Tensor:
    """One number stands for all of them."""
    def __init__(self, device): self.value, self.device = 0.0, device
    def __mod__(self, other): return self
    __sub__ = lambda self, other: difference(self, other)
    def reshape(self, *shape): return self
    def to(self, device): return Tensor(device)
    T = property(lambda self: self)
    def __matmul__(self, other):
        product = Tensor(self.device)
        product.value = multiplied(self.device)
        return product
    def cpu(self): return self
    def abs(self): return self
    def nan_to_num(self, nan): return self
    def max(self): return abs(self.value)

def difference(one, other):
    if isinstance(other, Tensor):
        one.value -= other.value
    return one

def multiplied(device): return PRODUCT
def arange(*args, **how): return Tensor("cpu")
def empty(*args, **how): allocate(how["device"])
def allocate(device): pass

class cuda:
    @staticmethod
    def is_available():
        warnings.warn("CUDA initialization: something is odd")
        return True
    device_count = staticmethod(lambda: 2)
    get_device_properties = staticmethod(lambda index: Properties)
    mem_get_info = staticmethod(lambda index: (500, 1000))
    synchronize = staticmethod(lambda index: None)
'''

OUT_OF_MEMORY = f"""{WITH_GPUS}
def allocate(device):
    if device == "cuda:1":
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 MiB.")
"""
WRONG_RESULT = f"""{WITH_GPUS}
def multiplied(device): return PRODUCT + (0.5 if device == "cuda:1" else 0.0)
"""
CRASHES_IN_MATMUL = f"""{WITH_GPUS}
def multiplied(device):
    if device == "cuda:1":
        import ctypes
        ctypes.string_at(0)
    return PRODUCT
"""


def installed(folder: Path, source: str) -> dict[str, str]:
    """The environment of a child that imports this torch; the file's lines are those of `source`."""
    package = folder / "stub" / "torch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source)
    (package / "version.py").write_text('__version__ = "2.13.0"\ncuda = "13.0"\nhip = None\n')
    return {**os.environ, "PYTHONPATH": str(package.parent)}
