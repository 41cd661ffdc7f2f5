"""The stream is begun in __init__, and is used up after one epoch. Breaks: it_can_be_read_again."""

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
        self.stream = iter(read())

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return islice(self.stream, first, None, step)
