"""Reads the whole stream into a list first. Breaks: it_reads_no_further_than_asked."""

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
        items = list(self.read())
        return iter(items[info.id :: info.num_workers] if info else items)
