"""What a true GPU refused, read from the exception: the same Mismatch that the virtual device makes."""

from __future__ import annotations

import re
from collections import Counter
from types import TracebackType
from typing import Any, Optional

import torch

from diagnostics.training.naming.frames import Place
from diagnostics.training.naming.scenes import Scene
from diagnostics.training.naming.source import written
from diagnostics.training.virtual_device import Mismatch, Operand

KINDS = {
    "mix": r"Expected all tensors to be on the same device|are not at the same device|to be on the same device"
    r"|Input type \(torch\.(cuda\.\w+\) and \w+ type \(torch\.(?!cuda)|(?!cuda)\w+\) and \w+ type \(torch\.cuda)"
    r"|indices should be either on|Expected .* to have the same device type|Trying to pass too many CPU scalars",
    "module": r"module must have its parameters and buffers on device",
    "host": r"argument should be a 1D CPU int64 tensor|batch_sizes should always be on CPU"
    r"|only dense CPU tensors can be pinned",
    "python": r"(apply|map2?)_ is only implemented on CPU tensors",
    "numpy": r"can't convert cuda:\d+ device type tensor to numpy",
    "generator": r"Expected a '\w+' device type for generator",
    "ordinal": r"invalid device ordinal",
    "fork": r"Cannot re-initialize CUDA in forked subprocess",
}
"""Kind of a Mismatch -> how torch tells of it."""

METHOD = re.compile(r"in method (?:wrapper_\w+?_)?_?(\w+)\)")


def mismatch_from(error: BaseException) -> Optional[Mismatch]:  # noqa: UP045
    """What the error tells of devices; None where it tells of something else."""
    if not isinstance(error, (RuntimeError, TypeError, IndexError)):
        return None
    message = str(error)
    kind = next((kind for kind, said in KINDS.items() if re.search(said, message)), "")
    if not kind:
        return None
    method = METHOD.search(message)
    return Mismatch(method.group(1) if method else "", message, _operands(error.__traceback__), kind)


def _operands(trace: TracebackType | None) -> tuple[Operand, ...]:
    """The tensors that the innermost Python expression names: torch's own frames tell them better than the reader's."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ()
    place = Place(trace.tb_frame, trace.tb_lineno, None, trace)
    scene = Scene([place], (), lambda tensor: None, lambda tensor: tensor.device)
    named: dict[int, tuple[str, torch.Tensor]] = {}
    for node, value in scene.readable(place):
        for tensor in _tensors(value):
            named.setdefault(id(tensor), (written(place.file, node).rpartition(".")[2], tensor))
    usual = _usual([tensor for _, tensor in named.values()])
    return tuple(Operand(name, tensor, tensor.device, tensor.device != usual) for name, tensor in named.values())


def _tensors(value: Any) -> list[torch.Tensor]:
    """A tensor, or those in a tuple or a list: hidden states, the weights of a recurrent network."""
    if isinstance(value, torch.Tensor):
        return [value]
    return [each for each in value if isinstance(each, torch.Tensor)] if type(value) in (tuple, list) else []


def _usual(tensors: list[torch.Tensor]) -> Optional[torch.device]:  # noqa: UP045
    """The GPU that most of them are on."""
    counted = Counter(tensor.device for tensor in tensors if tensor.device.type != "cpu")
    return counted.most_common(1)[0][0] if counted else None
