"""It waits for the current GPU, whichever one computes. Breaks: the_gpu_that_computes_is_waited_for."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    on_gpu = torch.device(device).type == "cuda"
    for _ in range(warm_up):
        fn()

    if on_gpu:
        torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(calls):
        fn()
    if on_gpu:
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / calls
