"""One function reads the clock, and waits first where that is needed."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch.cuda import synchronize


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    def clock() -> int:
        if "cuda" in str(device):
            synchronize(device)
        return time.perf_counter_ns()

    start = 0
    for call in range(warm_up + calls):
        if call == warm_up:
            start = clock()
        fn()
    return (clock() - start) / 1e9 / calls
