"""All calls together are told. Breaks: it_gives_the_seconds_of_one_call."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def bench(fn: Callable[[], object], device: torch.device | str, warm_up: int = 3, calls: int = 10) -> float:
    on_gpu = torch.device(device).type == "cuda"
    for _ in range(warm_up):
        fn()
    if on_gpu:
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(calls):
        fn()
    if on_gpu:
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
