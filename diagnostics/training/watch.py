"""The watch over a program: devices, labels and the training judged as it runs, each fault with its line and names."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from types import TracebackType

import torch

from diagnostics.finding import Finding
from diagnostics.training.advice import advise
from diagnostics.training.journal import place
from diagnostics.training.labels import Labels
from diagnostics.training.leaves import mismatch_of_leaf
from diagnostics.training.naming import Scene, scene
from diagnostics.training.real import mismatch_from
from diagnostics.training.silent import Silent
from diagnostics.training.virtual_device import Mismatch, NoRules, NotThisTorch, VirtualDevice, birth, device_of
from diagnostics.training.virtual_device.internals import untried

DEVICES = ("cuda", "cpu", "real")
"""What may be asked for: a CUDA of our own on the CPU, no CUDA at all, and the GPU that is here."""


class Watch:
    """Looks from enter to exit, and tells `report` what it finds the moment it does.

    `device` says in words where the tensors of the program live: "virtual cuda", "cuda" or "cpu".
    """

    def __init__(self, device: str | None, gpus: int, report: Callable[[Finding], None]) -> None:
        asked = device or ("real" if gpu_here() else "cuda")
        if asked not in DEVICES:
            raise ValueError(f"device is one of {', '.join(DEVICES)}, not {asked!r}")
        self.asked, self.gpus, self.report = asked, gpus, report
        self.device = "cpu"
        self._scene: Callable[..., Scene] = scene
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Watch:
        with contextlib.ExitStack() as entered:
            if self.asked == "cuda":
                self._enter_virtual(entered)
            elif gpu_here() and self.asked == "real":
                self.device = "cuda"  # its name would take a CUDA that has begun: the script decides when it does
            elif self.asked == "real":
                self.report(_skipped("no-gpu", "torch sees no GPU here, and `real` needs one; `cuda` needs none"))
            silent = Silent(self.report)
            entered.enter_context(
                Labels(self.report, scene_at=lambda frame: self._scene(start=frame), heard=silent.loss)
            )
            entered.enter_context(silent)
            self._stack = entered.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.explain(error)
        self._stack.close()

    def explain(self, error: BaseException) -> None:
        """Tells what a true GPU said, and what a moved leaf led to, with our names; other errors are left alone."""
        if self.device == "cpu" or error.__traceback__ is None:
            return
        mismatch = mismatch_from(error) if self.device == "cuda" else None
        mismatch = mismatch or mismatch_of_leaf(error, self._scene(start=error.__traceback__))
        if mismatch is not None:
            self.report(self._advised(mismatch, start=error.__traceback__))

    def _enter_virtual(self, entered: contextlib.ExitStack) -> None:
        outer = VirtualDevice.active
        if outer is not None:  # a watch in a script that is checked: both are told
            entered.callback(setattr, outer, "on_mismatch", outer.on_mismatch)
            tell = outer.on_mismatch
            outer.on_mismatch = lambda mismatch: self._mismatch(mismatch, tell)
        else:
            try:
                entered.enter_context(VirtualDevice(gpus=self.gpus, on_mismatch=self._mismatch))
            except (NotThisTorch, NoRules) as error:
                self.report(_skipped("torch-not-known", str(error)))
                return
            if why := untried():
                self.report(Finding("torch-not-tried", "note", "This version of torch was not tried", evidence=(why,)))
        self.device = "virtual cuda"
        self._scene = functools.partial(scene, birth=birth, device_of=device_of)

    def _mismatch(self, mismatch: Mismatch, also: Callable[[Mismatch], None] | None = None) -> None:
        """Raises what torch would: an error of its own class, which a loader's worker can send to the script."""
        self.report(self._advised(mismatch))
        if also is not None:
            also(mismatch)
        raise mismatch.error()

    def _advised(self, mismatch: Mismatch, start: TracebackType | None = None) -> Finding:
        """A fault is told also where names, line or advice cannot be had."""
        try:
            tensors = tuple(operand.tensor for operand in mismatch.operands)
            return advise(mismatch, self._scene(tensors, start=start), real=self.device == "cuda")
        except Exception as error:
            why = f"its place is not known: {type(error).__name__}: {error}"
            return Finding("device-mismatch", "fail", "Tensors of two devices met", (mismatch.message, why))


@contextlib.contextmanager
def watch(device: str | None = None, gpus: int = 1) -> Iterator[list[Finding]]:
    """Watches what runs inside the `with` block; the list grows as things are found, each once for each line.

    device: "cuda" is a CUDA of our own that needs no GPU, "real" the one that is here, "cpu" none (devices are
    left out); by default real with a GPU, else cuda. A mismatch raises what torch would raise.
    """
    found: list[Finding] = []
    with Watch(device, gpus, lambda finding: _add(found, finding)):
        yield found


def _add(found: list[Finding], finding: Finding) -> None:
    if all(place(one) != place(finding) for one in found):
        found.append(finding)


def gpu_here() -> bool:
    """Whether this torch sees a GPU; asked of NVML, since CUDA that has begun cannot be used in forked workers."""
    name = "PYTORCH_NVML_BASED_CUDA_CHECK"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        return torch.cuda.is_available()
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _skipped(id_: str, why: str) -> Finding:
    return Finding(id_, "skipped", "Devices were not checked", evidence=(why,))
