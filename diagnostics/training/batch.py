"""check_batch: one forward and backward pass of a model over one batch, after which all is as it was before."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch.nn import functional

from diagnostics.finding import Finding
from diagnostics.training.watch import gpu_here, watch


def check_batch(model: torch.nn.Module, batch: Any, loss: Callable[[Any, Any], torch.Tensor]) -> list[Finding]:
    """What is wrong with this batch for this model and loss, where their tensors lie now.

    `batch` is (inputs, targets) as a loader yields it; inputs that are a tuple or a dict are spread over the model's
    arguments. `loss(outputs, targets)` gives a scalar. Parameters, buffers, gradients and random numbers are put back.
    An error that no finding explains is raised.
    """
    try:
        inputs, targets = batch
    except (TypeError, ValueError):
        raise ValueError("a batch is (inputs, targets); give check_batch these two") from None
    modules = [part for part in (model, loss) if isinstance(part, torch.nn.Module)]
    name = next((name for name, function in vars(functional).items() if function is loss), "")
    with _kept(modules, _tensors([inputs, targets])), watch("real" if gpu_here() else "cpu") as findings:
        try:
            with torch.enable_grad():
                judged = getattr(functional, name) if name else loss  # ours by now, which judges and calls torch's
                judged(_called(model, inputs), targets).backward()
        except Exception:
            if not any(finding.status == "fail" for finding in findings):
                raise
    return findings


def _called(model: torch.nn.Module, inputs: Any) -> Any:
    if isinstance(inputs, Mapping):
        return model(**inputs)
    if isinstance(inputs, (tuple, list)):
        return model(*inputs)
    return model(inputs)


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [tensor for item in value for tensor in _tensors(item)] if isinstance(value, (tuple, list)) else []


@contextlib.contextmanager
def _kept(modules: list[torch.nn.Module], tensors: list[torch.Tensor]) -> Iterator[None]:
    """Puts back what a pass changes: contents of parameters and buffers, which buffers there are, gradients, seeds."""
    parts = list(dict.fromkeys(part for module in modules for part in module.modules()))
    buffers = [(part, dict(part._buffers)) for part in parts]
    parameters = [parameter for part in parts for parameter in part._parameters.values() if parameter is not None]
    leaves = [tensor for tensor in [*parameters, *tensors] if tensor.is_leaf]
    gradients = [(leaf, leaf.grad) for leaf in leaves]
    held = [*parameters, *(buffer for _, table in buffers for buffer in table.values() if buffer is not None)]
    contents = [(tensor, tensor.detach().clone()) for tensor in held]
    for leaf in leaves:
        leaf.grad = None
    try:
        with _kept_seeds():
            yield
    finally:
        for part, table in buffers:
            part._buffers.clear()
            part._buffers.update(table)
        with torch.no_grad():
            for tensor, content in contents:
                if not torch.equal(tensor, content):
                    tensor.copy_(content)
        for leaf, gradient in gradients:
            leaf.grad = gradient


@contextlib.contextmanager
def _kept_seeds() -> Iterator[None]:
    numpy: Any = sys.modules.get("numpy")
    python, of_numpy = random.getstate(), numpy.random.get_state() if numpy else None
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        if numpy:
            numpy.random.set_state(of_numpy)
