"""What was in the queue before is timed too. Breaks: the_clock_starts_with_an_empty_queue."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    for _ in range(warm_up):
        fn()
    start = time.perf_counter()
    for _ in range(calls):
        fn()
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - start) / calls
