"""A tensor to be trained that was moved: on a GPU the copy is no leaf, and a CPU does not tell, since nothing moves."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, Optional

import torch

from diagnostics.training.naming import Scene
from diagnostics.training.naming.lookup import resolve
from diagnostics.training.virtual_device import Mismatch, Operand

NOT_A_LEAF = "can't optimize a non-leaf Tensor"


def leaf_of(tensor: torch.Tensor, device_of: Callable[[torch.Tensor], object]) -> Optional[torch.Tensor]:  # noqa: UP045
    """The leaf that the tensor is a copy of on another device; None for all that came about otherwise."""
    step: Any = tensor.grad_fn
    if step is None or not step.name().startswith("ToCopyBackward"):
        return None
    leaf: Any = getattr(step.next_functions[0][0], "variable", None)
    return leaf if leaf is not None and str(device_of(leaf)) != str(device_of(tensor)) else None


def mismatch_of_leaf(error: BaseException, scene: Scene) -> Optional[Mismatch]:  # noqa: UP045
    """What an error that nobody caught tells of a moved leaf: an optimizer refuses it, or its `.grad` is None."""
    if isinstance(error, ValueError) and NOT_A_LEAF in str(error):
        found = scene.held(lambda tensor: leaf_of(tensor, scene.device_of) is not None)
        tensor = found.tensor if found else None
    elif isinstance(error, (TypeError, AttributeError)) and "NoneType" in str(error):
        tensor = next(_without_gradient(scene), None)
    else:
        return None
    if tensor is None:
        return None
    operand = Operand("parameter", tensor, scene.device_of(tensor), True)
    return Mismatch("", f"{type(error).__name__}: {error}", (operand,), "leaf")


def _without_gradient(scene: Scene) -> Iterator[torch.Tensor]:
    """The moved leaves whose `.grad` is read in the expression that failed."""
    for place in scene.places[:1]:
        for node, _ in scene.readable(place):
            tensor = resolve(node.value, place) if isinstance(node, ast.Attribute) and node.attr == "grad" else None
            if isinstance(tensor, torch.Tensor) and leaf_of(tensor, scene.device_of) is not None:
                yield tensor
