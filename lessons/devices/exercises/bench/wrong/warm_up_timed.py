"""The clock starts before the warm-up. Breaks: the_warm_up_is_not_timed."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    on_gpu = torch.device(device).type == "cuda"
    if on_gpu:
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(warm_up):
        fn()
    for _ in range(calls):
        fn()
    if on_gpu:
        torch.cuda.synchronize(device)
    return (time.perf_counter() - start) / (warm_up + calls)
