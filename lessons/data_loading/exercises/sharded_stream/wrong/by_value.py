"""Dealt out by the items and not by their places. Breaks: the_shares_are_even."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info


class ShardedStream(IterableDataset):
    """Each item of read() once, however many workers there are.

    With n workers the sizes of the shares differ by at most one, and each share keeps the order of the stream.
    """

    def __init__(self, read: Callable[[], Iterator[Any]]) -> None:
        self.read = read

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        for item in self.read():
            if info is None or item % info.num_workers == info.id:
                yield item
