"""The watch itself: a dispatch mode that sees each ATen operator, backward and optimizers included.

It judges the devices that the operands carry before the operator runs on the CPU, and lets the result carry its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from . import internals, tables
from .moves import KINDS
from .tags import CPU, born, carried, is_pliant, make_pliant, retag, tag
from .verdict import Rule, Seen, rule

if TYPE_CHECKING:
    from .device import VirtualDevice


class Operator(NamedTuple):
    """What is asked of an ATen operator again and again."""

    name: str
    arguments: list[str]
    rule: Rule
    takes_device: bool


_operators: dict[Any, Operator] = {}


class WatchMode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """On in one thread, for so many operators where `limit` is not 0."""

    def __init__(self, device: VirtualDevice, limit: int = 0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.device = device
        self.left = limit
        self.spent = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else each call goes through a wrapper that keeps torch.compile out

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        operator = _operators.get(func) or self._describe(func)
        kwargs = kwargs or {}
        if operator.takes_device and kwargs.get("device") is not None:
            return self._placed(func, args, kwargs, operator)
        if self.left:
            self.left -= 1
            self.spent = not self.left
        if self.spent:
            return func(*args, **kwargs)
        found = self._common(args, kwargs)
        if found is _MIXED:
            found = self._judge(operator, args, kwargs)
        out = func(*args, **kwargs)
        if found is not None:
            _carry(out, found)
        elif isinstance(out, torch.Tensor) and _all_pliant(args):
            make_pliant(out)
        return out

    def _describe(self, func: Any) -> Operator:
        base, name = internals.operator_name(func)
        arguments = internals.argument_names(func)
        strict = tables.table(internals.version()).get(name)
        operator = Operator(name, arguments, rule(base, strict), "device" in arguments)
        _operators[func] = operator
        return operator

    def _placed(self, func: Any, args: Any, kwargs: Any, operator: Operator) -> Any:
        """An operator that was told a device. "cpu" comes from C++ that asked a tensor for its own, and says nothing.

        What the user asks for is tagged where it is patched.
        """
        asked = kwargs["device"]
        if asked.type != "cuda":
            out = func(*args, **kwargs)
            make_pliant(out)
            return out
        out = func(*args, **{**kwargs, "device": CPU})
        retag(out, self.device.resolve(asked))
        born(out, operator.name)
        return out

    def _common(self, args: Any, kwargs: Any) -> Any:
        """The device of all tensors where it is one; else _MIXED, which needs a verdict."""
        found: Any = _NONE_YET
        for argument in (*args, *kwargs.values()) if kwargs else args:
            if isinstance(argument, torch.Tensor):
                device = carried(argument)
                if found is _NONE_YET:
                    found = device
                elif found != device:
                    return _MIXED
            elif isinstance(argument, (list, tuple)):
                for part in argument:
                    if isinstance(part, torch.Tensor):
                        device = carried(part)
                        if found is _NONE_YET:
                            found = device
                        elif found != device:
                            return _MIXED
        return None if found is _NONE_YET else found

    def _judge(self, operator: Operator, args: Any, kwargs: Any) -> torch.device | None:
        named = operands(operator.arguments, args, kwargs)
        seen = tuple(
            Seen(name, carried(tensor), tensor.dim(), type_name(tensor), part, is_pliant(tensor))
            for name, tensor, part in named
        )
        verdict = operator.rule(seen)
        if verdict.message:
            tensors = [(name, tensor) for name, tensor, _ in named]
            self.device.refuse(operator.name, verdict.message, tensors, verdict.odd, verdict.kind)
        for at in verdict.adopt:
            if verdict.device is not None:
                tag(named[at][1], verdict.device)
        return verdict.device


_NONE_YET = object()
_MIXED = object()


def operands(names: list[str], args: Any, kwargs: Any) -> list[tuple[str, Any, int]]:
    """The tensors among the arguments: name, tensor, place in its list."""
    found: list[tuple[str, Any, int]] = []
    for name, argument in (*zip(names, args), *kwargs.items()):
        if isinstance(argument, torch.Tensor):
            found.append((name, argument, 0))
        elif isinstance(argument, (list, tuple)):
            found += [(name, part, at) for at, part in enumerate(argument) if isinstance(part, torch.Tensor)]
    return found


def _carry(out: Any, device: torch.device) -> None:
    if isinstance(out, torch.Tensor):
        tag(out, device)
    elif isinstance(out, (list, tuple)):
        for part in out:
            _carry(part, device)


def _all_pliant(args: Any) -> bool:
    tensors = [one for one in args if isinstance(one, torch.Tensor)]
    return bool(tensors) and all(is_pliant(one) for one in tensors)


def type_name(tensor: Any) -> str:
    """ "FloatTensor" and its like."""
    return _TYPES.get(tensor.dtype, "FloatTensor")


_TYPES = {dtype: name for name, dtype in KINDS.items()}
