"""Where labels got their dtype: what a loader's collate met in the data set, and what came from numpy.

A loader's workers are other processes: they leave a byte for each kind in memory that is shared with them by fork.
"""

from __future__ import annotations

import functools
import mmap
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data._utils import collate

from diagnostics.training.naming import user_frame
from diagnostics.training.virtual_device.patching import make_findable

KINDS = ("array", "scalar", "float", "int", "from_numpy")
_DTYPES = (
    torch.float64,
    torch.float32,
    torch.float16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
)
MOST_PLACES = 64


class Births:
    """Takes notes from enter to exit; nothing that collate or from_numpy returns is changed."""

    def __init__(self) -> None:
        self._seen = mmap.mmap(-1, mmap.PAGESIZE)
        self._places: dict[torch.dtype, set[tuple[str, int]]] = {}
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Births:
        table = collate.default_collate_fn_map
        for key, make in list(table.items()):
            kind = _kind_of(make)
            if kind is not None:
                table[key] = self._noting(kind, make)
                self._undo.append(functools.partial(table.__setitem__, key, make))
        self._undo.append(functools.partial(setattr, torch, "from_numpy", torch.from_numpy))
        torch.from_numpy = self._from_numpy(torch.from_numpy)
        make_findable(torch, "from_numpy", torch.from_numpy)
        return self

    def __exit__(self, *error: object) -> None:
        while self._undo:
            self._undo.pop()()

    def of(self, dtype: torch.dtype) -> str:
        """How tensors of the dtype came about, as a sentence; "" where nothing was seen or it is no wonder."""
        name, from_numpy = str(dtype).replace("torch.", ""), self._places.get(dtype, set())
        if self._was("float", dtype):
            return "the data set gives Python floats, of which the loader's collate makes float64"
        if self._was("scalar", dtype):
            return f"the data set gives numpy numbers of {name}, and the loader's collate keeps that"
        if len(from_numpy) == 1:
            file, line = next(iter(from_numpy))
            return (
                f"torch.from_numpy made tensors of {name} at {file.rsplit('/', 1)[-1]}:{line}: it keeps numpy's dtype"
            )
        if self._was("array", dtype):
            return f"the data set gives numpy arrays of {name}, and the loader's collate keeps that"
        if self._was("from_numpy", dtype):
            return f"torch.from_numpy made tensors of {name}: it keeps numpy's dtype"
        if self._was("int", dtype):
            return "the data set gives Python ints, of which the loader's collate makes int64"
        return ""

    def _was(self, kind: str, dtype: torch.dtype) -> bool:
        return dtype in _DTYPES and self._seen[self._byte(kind, dtype)] > 0

    def _byte(self, kind: str, dtype: torch.dtype) -> int:
        return KINDS.index(kind) * len(_DTYPES) + _DTYPES.index(dtype)

    def _note(self, kind: str, found: object) -> None:
        if isinstance(found, torch.Tensor) and found.dtype in _DTYPES:
            self._seen[self._byte(kind, found.dtype)] = 1

    def _noting(self, kind: str, make: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(make)
        def noted(*args: Any, **kwargs: Any) -> Any:
            found = make(*args, **kwargs)
            self._note(kind, found)
            return found

        return noted

    def _from_numpy(self, make: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(make)
        def from_numpy(*args: Any, **kwargs: Any) -> Any:
            found = make(*args, **kwargs)
            self._note("from_numpy", found)
            frame = user_frame(sys._getframe(1))
            places = self._places.setdefault(found.dtype, set())
            if frame is not None and len(places) < MOST_PLACES:
                places.add((frame.f_code.co_filename, frame.f_lineno))
            return found

        return from_numpy


def _kind_of(make: Callable[..., Any]) -> str | None:
    kinds = {
        "collate_numpy_array_fn": "array",
        "collate_numpy_scalar_fn": "scalar",
        "collate_float_fn": "float",
        "collate_int_fn": "int",
    }
    return kinds.get(getattr(make, "__name__", ""))
