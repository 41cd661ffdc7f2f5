"""It waits for a GPU on the CPU too. Breaks: the_cpu_needs_no_wait."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    for _ in range(warm_up):
        fn()
    torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(calls):
        fn()
    torch.cuda.synchronize(device)
    return (time.perf_counter() - start) / calls
