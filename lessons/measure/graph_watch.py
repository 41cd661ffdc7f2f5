"""What a graph does not keep: the values on the way, and the constants that went in, seen while torch computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lessons.kit import number

SCALES = ("alpha", "beta")
"""Arguments that are no operands."""


@dataclass(frozen=True)
class Seen:
    """An operation's result as it was computed, and text and value of each argument that needs no gradient.

    Where it gave several tensors, what is told is of the first.
    """

    value: float | None
    shape: tuple[int, ...]
    dtype: str
    constants: tuple[tuple[str, float | None], ...]
    several: bool = False


class Watch(TorchFunctionMode):
    """Sees every operation while it is entered: `with Watch({"w": w}) as seen: y = w * x`.

    The names are those of tensors, for the graph's expressions. `seen` goes by the results' `grad_fn`; `results`, which
    holds the names that results were given, by that and by which of its results it is.
    """

    def __init__(self, names: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.names = {id(tensor): name for name, tensor in (names or {}).items()}
        self.seen: dict[Any, Seen] = {}
        self.results: dict[tuple[Any, int], str] = {}
        self._alive = list((names or {}).values())  # an id is a tensor's own only while it lives

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given = (*args, *(value for name, value in (kwargs or {}).items() if name not in SCALES))
        made = [each for each in (result if isinstance(result, (tuple, list)) else (result,)) if _is_recorded(each)]
        makers = [each.grad_fn for each in made]
        for each in made:
            self._note(each, given, several=makers.count(each.grad_fn) > 1)
        if getattr(func, "__name__", "") == "detach" and id(given[0]) in self.names:
            self.names[id(result)] = f"{self.names[id(given[0])]}.detach()"
            self._alive.append(result)
        return result

    def call(self, name: str, result: Tensor) -> None:
        """Gives a result a name: what is computed from it is written with the name."""
        self.names[id(result)] = name
        self.results[result.grad_fn, result.output_nr] = name
        self._alive.append(result)

    def text(self, value: Any) -> str:
        """The name of a tensor, or the number that it is; "…" for an unnamed tensor of several."""
        if name := self.names.get(id(value)):
            return name
        single = not isinstance(value, Tensor) or value.numel() == 1
        return number(size(value) or 0.0) if single else "…"

    def _note(self, result: Tensor, given: tuple[Any, ...], several: bool) -> None:
        constants = tuple((self.text(each), size(each)) for each in given if _is_constant(each))
        kind = tuple(result.shape), dtype_name(result.dtype)
        self.seen.setdefault(result.grad_fn, Seen(size(result), *kind, constants, several))


def size(value: Any) -> float | None:
    """The number itself where there is one element, else the Euclidean norm; None for what is no number."""
    if isinstance(value, (int, float)):
        return float(value)
    if not isinstance(value, Tensor) or value.is_meta:
        return None
    value = value.detach()
    if value.layout != torch.strided:
        value = value.to_dense()
    if value.numel() == 1:
        return float(abs(value.item()) if value.is_complex() else value.item())
    return float(torch.linalg.vector_norm(value if value.is_complex() else value.double()).item())


def dtype_name(dtype: torch.dtype) -> str:
    """ "float32" for torch.float32."""
    return str(dtype).replace("torch.", "")


def _is_recorded(value: Any) -> bool:
    return isinstance(value, Tensor) and value.grad_fn is not None


def _is_constant(value: Any) -> bool:
    if isinstance(value, Tensor):
        return not value.requires_grad
    return isinstance(value, (int, float)) and not isinstance(value, bool)
