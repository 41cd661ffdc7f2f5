"""What a graph does not keep: the values on the way, and the constants that went in, seen while torch computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lessons.kit import number


@dataclass(frozen=True)
class Seen:
    """An operation's result as it was computed, and text and value of each argument that needs no gradient."""

    value: float | None
    shape: tuple[int, ...]
    dtype: str
    constants: tuple[tuple[str, float | None], ...]


class Watch(TorchFunctionMode):
    """Sees every operation while it is entered: `with Watch({"w": w}) as seen: y = w * x`.

    The names are those of tensors, for the graph's expressions; `seen` and `results`, which holds the names of results,
    go by their `grad_fn`.
    """

    def __init__(self, names: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.names = {id(tensor): name for name, tensor in (names or {}).items()}
        self.seen: dict[Any, Seen] = {}
        self.results: dict[Any, str] = {}
        self._alive = list((names or {}).values())  # an id is a tensor's own only while it lives

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for each in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(each, Tensor):
                self._note(each, getattr(func, "__name__", ""), args)
        return result

    def call(self, name: str, result: Tensor) -> None:
        """Gives a result a name: what is computed from it is written with the name."""
        self.names[id(result)] = name
        self.results[result.grad_fn] = name
        self._alive.append(result)

    def text(self, value: Any) -> str:
        """The name of a tensor, or the number that it is; "…" for an unnamed tensor of several."""
        if name := self.names.get(id(value)):
            return name
        single = not isinstance(value, Tensor) or value.numel() == 1
        return number(size(value) or 0.0) if single else "…"

    def _note(self, result: Tensor, name: str, args: Any) -> None:
        if result.grad_fn is not None:
            constants = tuple((self.text(each), size(each)) for each in args if _is_constant(each))
            self.seen.setdefault(result.grad_fn, Seen(size(result), tuple(result.shape), dtype_name(result), constants))
        elif name == "detach" and id(args[0]) in self.names:
            self.names[id(result)] = f"{self.names[id(args[0])]}.detach()"
            self._alive.append(result)


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


def dtype_name(described: Any) -> str:
    """ "float32" for whatever has that dtype."""
    return str(described.dtype).replace("torch.", "")


def _is_constant(value: Any) -> bool:
    if isinstance(value, Tensor):
        return not value.requires_grad
    return isinstance(value, (int, float)) and not isinstance(value, bool)
