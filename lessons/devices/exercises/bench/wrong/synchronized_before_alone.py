"""The clock stops while the GPU works. Breaks: the_clock_stops_when_the_gpu_is_done."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    for _ in range(warm_up):
        fn()
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(calls):
        fn()
    return (time.perf_counter() - start) / calls
