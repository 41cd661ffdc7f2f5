"""Every worker gives everything. Breaks: each_item_comes_once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from torch.utils.data import IterableDataset


class ShardedStream(IterableDataset):
    """Each item of read() once, however many workers there are.

    With n workers the sizes of the shares differ by at most one, and each share keeps the order of the stream.
    """

    def __init__(self, read: Callable[[], Iterator[Any]]) -> None:
        self.read = read

    def __iter__(self) -> Iterator[Any]:
        return iter(self.read())
