"""A loss call as data: its input, its target and its options by name, and what their values may be asked for."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import _disable_current_modes

INPUTS = ("input", "log_probs", "input1", "anchor")
TARGETS = ("target", "targets")

MOST_UNIQUE = 1_000_000
"""Different values are counted in tensors of at most so many elements."""


@dataclass(frozen=True)
class LossCall:
    """One call of a loss of torch.nn.functional.

    `look` says whether values may be read, which waits for a GPU; `grad` whether a graph is made for backward.
    """

    name: str
    input: Any
    target: Any
    options: dict[str, Any]
    look: bool = True
    grad: bool = True

    @property
    def tensors(self) -> bool:
        """Whether both the input and the target are tensors."""
        return isinstance(self.input, torch.Tensor) and isinstance(self.target, torch.Tensor)


@dataclass(frozen=True)
class Change:
    """A change of an expression: `on` is "input" or "target", `code` has {} for it, `why` may say what it does."""

    on: str
    code: str
    why: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a call, with {input} and {target} for the reader's names."""

    id: str
    status: str
    title: str
    cause: str
    changes: tuple[Change, ...] = ()
    advice: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    on: str = "target"
    lesson: str = ""
    """Where it is another than that of labels and losses as a whole."""
    verify: str = ""


Signature = tuple[tuple[str, ...], dict[str, Any]]


def signature_of(function: Callable[..., Any]) -> Signature:
    """The parameters in order, and their defaults by name."""
    parameters = inspect.signature(function).parameters.values()
    defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
    return tuple(each.name for each in parameters), defaults


def read(name: str, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> LossCall:
    """The call as data; what is not given is None."""
    names, defaults = signature
    given = {**defaults, **dict(zip(names, args)), **kwargs}
    first = next(given[each] for each in INPUTS if each in names)
    target = next((given[each] for each in TARGETS if each in names), None)
    grad = isinstance(first, torch.Tensor) and first.requires_grad and torch.is_grad_enabled()
    return LossCall(name, first, target, given, grad=grad)


def dtype(tensor: torch.Tensor) -> str:
    """As "int64"."""
    return str(tensor.dtype).replace("torch.", "")


def shape(tensor: torch.Tensor) -> str:
    """As "(32, 10)"."""
    return str(tuple(tensor.shape))


def is_plain(tensor: torch.Tensor) -> bool:
    """Whether the tensor has values of its own that can be read: no subclass, not on meta, no CUDA graph."""
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.is_meta or tensor.is_sparse:
        return False
    return not (tensor.is_cuda and _in_a_graph())


def _in_a_graph() -> bool:
    """Whether a CUDA graph is being captured, which reading a value would break."""
    try:
        return bool(torch.cuda.is_current_stream_capturing())
    except RuntimeError:  # a torch without CUDA
        return False


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """Operations in here leave no trace: no graph, and no mode is told of them."""
    with torch.no_grad(), _disable_current_modes():
        yield


def span(tensor: torch.Tensor) -> tuple[float, float] | None:
    """The smallest and the greatest value; None where there are none. Not-a-numbers give nan."""
    if not tensor.numel() or tensor.is_complex():
        return None
    values = tensor.detach()
    if values.dtype not in _ORDERED:
        values = values.to(torch.int64)
    low, high = torch.aminmax(values)
    return low.item(), high.item()


def seen(tensor: torch.Tensor, values: bool = True) -> str:
    """What was seen of a tensor in words, as "int64, shape (4,), values 0 to 3, 4 different"."""
    words = f"{dtype(tensor)}, shape {shape(tensor)}"
    extent = span(tensor) if values and is_plain(tensor) else None
    if extent is None:
        return words
    low, high = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in extent)
    words += f", values {low} to {high}" if low != high else f", all {low}"
    if tensor.numel() <= MOST_UNIQUE and tensor.dtype in _ORDERED and low != high:
        words += f", {torch.unique(tensor.detach()).numel()} different"
    return words


_ORDERED = (
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
)
