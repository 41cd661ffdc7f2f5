"""Features of double precision, as numpy and pandas give them, before a layer of single precision refuses them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch.nn.modules.conv import _ConvNd

from diagnostics.finding import Finding, Step
from diagnostics.training.labels.births import Births
from diagnostics.training.labels.calls import dtype, is_plain, seen, unseen
from diagnostics.training.naming import Scene, change, user_frame
from diagnostics.training.naming.lookup import attributes

LAYERS = (torch.nn.Linear, torch.nn.Bilinear, torch.nn.RNNBase, _ConvNd)
"""Layers of torch that convert nothing."""

_LESS = (torch.float32, torch.float16, torch.bfloat16)


class Inputs:
    """Looks at what goes into layers, until it is told to rest: each call of a module costs a little."""

    def __init__(
        self, report: Callable[[Finding], None], scene_at: Callable[[FrameType], Scene], births: Births
    ) -> None:
        self._report, self._scene_at, self._births = report, scene_at, births
        self._told: set[tuple[str, int]] = set()
        self._hook: Any = None

    def __enter__(self) -> Inputs:
        self._hook = torch.nn.modules.module.register_module_forward_pre_hook(self._look)
        return self

    def __exit__(self, *error: object) -> None:
        self.rest()

    def rest(self) -> None:
        """Looks no more."""
        if self._hook is not None:
            self._hook.remove()
            self._hook = None

    def _look(self, module: torch.nn.Module, args: tuple[Any, ...]) -> None:
        if not args or not isinstance(args[0], torch.Tensor) or args[0].dtype != torch.float64:
            return
        if not isinstance(module, LAYERS) or torch.compiler.is_compiling():
            return
        try:
            with unseen():
                self._judge(module, args[0], sys._getframe())
        except Exception:  # a call that we do not understand is torch's to judge
            return

    def _judge(self, layer: torch.nn.Module, given: torch.Tensor, frame: FrameType) -> None:
        weights = [each for each in attributes(layer).get("_parameters", {}).values() if each is not None]
        user = user_frame(frame)
        line = (user.f_code.co_filename, user.f_lineno) if user else ("", 0)
        if weights and weights[0].dtype in _LESS and line not in self._told:
            self._told.add(line)
            self._report(self._finding(layer, given, weights[0], self._scene_at(frame)))

    def _finding(self, layer: torch.nn.Module, given: torch.Tensor, weight: torch.Tensor, scene: Scene) -> Finding:
        names = scene.outward(given)
        name = f"`{scene.name(given)}`" if scene.name(given) else "the input"
        step = change(scene, names[-1], "{}.float()") if names else None
        kind, how = type(layer).__name__, self._births.of(given.dtype)
        return Finding(
            "input-float64",
            "fail",
            f"{name} is float64, and the weights of {kind} are {dtype(weight)}",
            evidence=(f"{name}: {seen(given, is_plain(given))}", *([how] if how else [])),
            cause=f"numpy, pandas and Python's floats count in float64, and {kind} converts nothing.",
            fix=(step or Step("make the features float32, with .float()", ".float()"),),
            where=scene.where([given, weight]),
            lesson="tensors#numpy-brings-float64",
            category="dtype-mismatch",
        )
