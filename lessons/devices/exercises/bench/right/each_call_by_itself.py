"""Every call is timed alone, with a wait on both sides."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean
from time import perf_counter

import torch


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    for _ in range(warm_up):
        fn()
    return mean(_timed(fn, torch.device(device)) for _ in range(calls))


def _timed(fn: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    start = perf_counter()
    fn()
    _wait(device)
    return perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
