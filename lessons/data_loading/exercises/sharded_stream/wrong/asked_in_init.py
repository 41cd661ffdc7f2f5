"""__init__ runs in the main process, where there is no worker to ask. Breaks: each_item_comes_once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info


class ShardedStream(IterableDataset):
    """Each item of read() once, however many workers there are.

    With n workers the sizes of the shares differ by at most one, and each share keeps the order of the stream.
    """

    def __init__(self, read: Callable[[], Iterator[Any]]) -> None:
        self.read = read
        info = get_worker_info()
        self.first, self.step = (info.id, info.num_workers) if info else (0, 1)

    def __iter__(self) -> Iterator[Any]:
        return islice(self.read(), self.first, None, self.step)
