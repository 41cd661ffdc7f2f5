"""The watch over a program: devices and labels judged as it runs, each fault a Finding with its line and names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from types import TracebackType

import torch

from diagnostics.finding import Finding
from diagnostics.training import advice
from diagnostics.training.labels import Labels
from diagnostics.training.naming import scene
from diagnostics.training.virtual_device import Mismatch, VirtualDevice

DEVICES = ("cuda", "cpu", "real")
"""What may be asked for: a CUDA of our own on the CPU, no CUDA at all, and the GPU that is here."""


class Watch:
    """Looks from enter to exit, and tells `report` what it finds the moment it does.

    `device` says in words where the tensors of the program live: "virtual cuda", "cpu", "cuda: NVIDIA H200".
    """

    def __init__(self, device: str | None, gpus: int, report: Callable[[Finding], None]) -> None:
        self.report = report
        asked = device or ("real" if gpu_here() else "cuda")
        if asked not in DEVICES:
            raise ValueError(f"device is one of {', '.join(DEVICES)}, not {asked!r}")
        self.real = asked == "real" and gpu_here()
        self.device = "cpu"
        self._parts: list[contextlib.AbstractContextManager[object]] = [Labels(report)]
        if asked == "cuda":
            self.device = "virtual cuda"
            self._parts.insert(0, VirtualDevice(gpus=gpus, on_mismatch=self._mismatch))
        elif self.real:
            self.device = f"cuda: {torch.cuda.get_device_name()}"
        elif asked == "real":
            report(_no_gpu())
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Watch:
        with contextlib.ExitStack() as entered:
            for part in self._parts:
                entered.enter_context(part)
            self._stack = entered.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.explain(error)
        self._stack.close()

    def explain(self, error: BaseException) -> None:
        """Tells what a true GPU said, in our words and with our names; errors of other kinds are left alone."""

    def _mismatch(self, mismatch: Mismatch) -> None:
        """Raises what torch would: a plain RuntimeError, which a loader's worker can send and nobody sees us in."""
        self.report(advice.finding(mismatch, scene()))
        raise RuntimeError(mismatch.message)


@contextlib.contextmanager
def watch(device: str | None = None, gpus: int = 1) -> Iterator[list[Finding]]:
    """Watches what runs inside the `with` block; the list grows as things are found, each once for each line.

    device: "cuda" is a CUDA of our own that needs no GPU, "real" the one that is here, "cpu" none (labels alone are
    judged); by default real with a GPU, else cuda. A mismatch raises what torch would raise.
    """
    found: list[Finding] = []
    with Watch(device, gpus, lambda finding: _add(found, finding)):
        yield found


def _add(found: list[Finding], finding: Finding) -> None:
    if not any(_place(one) == _place(finding) for one in found):
        found.append(finding)


def _place(finding: Finding) -> tuple[str, str, int]:
    where = finding.where
    return (finding.id, where.file, where.line) if where else (finding.id, "", 0)


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


def _no_gpu() -> Finding:
    return Finding(
        "no-gpu",
        "skipped",
        "Devices were not checked",
        evidence=("torch sees no GPU here, and --device real needs one; --device cuda needs none",),
    )
