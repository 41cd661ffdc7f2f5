"""VirtualDevice: for as long as it is entered, this process has GPUs whose tensors compute on the CPU."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NoReturn, Union

import torch

from . import internals, tables
from .autocast import patch_autocast
from .births import patch_births
from .cuda import patch_cuda
from .half import patch_half
from .mismatch import Mismatch, Operand, Report, refusal
from .moves import patch_moves
from .parallel import patch_parallel
from .patching import Patches
from .persistence import patch_persistence
from .queries import patch_queries
from .sequences import patch_sequences
from .tags import CPU, Guess, carried, tag_all_as_cpu
from .thin import Thinning

Named = Union[str, int, torch.device]  # noqa: UP007

_NO_SUCH = (
    "CUDA error: invalid device ordinal\nGPU device may be out of range, do you have enough GPUs?\n"
    "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be "
    "incorrect."
)
_FORKED = (
    "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the 'spawn' start "
    "method"
)

_PATCHES = (
    patch_queries,
    patch_cuda,
    patch_moves,
    patch_births,
    patch_sequences,
    patch_parallel,
    patch_persistence,
    patch_half,
    patch_autocast,
)


class VirtualDevice:
    """A context manager, for the whole process. NotThisTorch and NoRules say why it cannot be entered.

    Where CUDA would refuse, `on_mismatch` is told with the user's frames on the stack; then DeviceMismatch is raised.
    The watch sees the first `passes` passes of every phase. 0 watches all of them.
    """

    active: VirtualDevice | None = None

    def __init__(self, gpus: int = 1, on_mismatch: Report | None = None, passes: int = 3) -> None:
        if gpus < 1:
            raise ValueError(f"a virtual device needs at least one GPU, not {gpus}")
        self.gpus = gpus
        self.on_mismatch = on_mismatch
        self.current = 0
        """The GPU that "cuda" without a number means."""
        self.begun = 0
        """The process that first used CUDA; a fork of it cannot."""
        self.thinning = Thinning(self, passes)
        self._patches = Patches()
        self._named: dict[Any, torch.device] = {}
        self._gpus = [torch.device("cuda", index) for index in range(gpus)]

    def __enter__(self) -> VirtualDevice:
        if VirtualDevice.active is not None:
            raise RuntimeError("a virtual device is entered already, and there is one a process")
        internals.require()
        tables.table(internals.version())
        internals.load_what_keeps_tables()
        tag_all_as_cpu()
        try:
            for patch in _PATCHES:
                patch(self, self._patches)
            self.thinning.patch(self._patches)
            self._patches.put(
                internals.script_names, "_builtin_table", internals.script_table(self._patches.replaced())
            )
        except BaseException:
            self._patches.undo()
            raise
        VirtualDevice.active = self
        self.thinning.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        VirtualDevice.active = None
        self.thinning.end()
        self._patches.undo()
        Guess.forget()

    def resolve(self, asked: Named) -> torch.device | None:
        """The device that is meant, with its number; None where that is a guess. Refuses a GPU that is not there."""
        if asked is Guess.device:
            return None
        named = torch.device("cuda", asked) if isinstance(asked, int) else asked
        found = self._named.get(named)
        if found is None:
            found = self._named[named] = torch.device(named)
        if found.type != "cuda":
            return CPU if found.type == "cpu" else found
        index = self.current if found.index is None else found.index
        if index >= self.gpus:
            self.refuse(f"cuda:{index}", _NO_SUCH, kind="ordinal")
        return self._use(self._gpus[index])

    def _use(self, device: torch.device) -> torch.device:
        process = os.getpid()
        if self.begun and self.begun != process:
            self.refuse("cuda", _FORKED, kind="fork")
        self.begun = process
        Guess.follow(device)
        return device

    def refuse(
        self,
        op: str,
        message: str,
        tensors: Iterable[tuple[str, Any]] = (),
        odd: Iterable[int] = (),
        kind: str = "mix",
    ) -> NoReturn:
        """Tells of it, and raises what stands for CUDA's error."""
        marked = set(odd)
        operands = tuple(
            Operand(name, tensor, carried(tensor), at in marked) for at, (name, tensor) in enumerate(tensors)
        )
        mismatch = Mismatch(op, message, operands, kind)
        if self.on_mismatch is not None:
            with self.thinning.aside():
                self.on_mismatch(mismatch)
        raise refusal(mismatch)
