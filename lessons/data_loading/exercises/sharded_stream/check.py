"""What must hold of ShardedStream."""

from __future__ import annotations

import random
from itertools import islice

from torch.utils.data import DataLoader, IterableDataset

from lessons.kit.properties import expect


def _items_drawn(count):
    """So many different numbers, in no order; all are multiples of 6, so that no remainder tells them apart."""
    return [6 * number for number in random.sample(range(1000), count)]


def _shares(given, items, workers):
    """What each worker gives, as one batch of a real loader with as many processes."""
    stream = given.ShardedStream(lambda: iter(items))
    options = {"num_workers": workers, "multiprocessing_context": "fork"} if workers else {}
    return list(DataLoader(stream, batch_size=1000, collate_fn=list, **options))


def it_is_an_iterable_data_set(given) -> None:
    """It is an IterableDataset that gives every item in order where there are no workers."""
    for count in (0, 1, 7):
        items = _items_drawn(count)
        stream = given.ShardedStream(lambda items=items: iter(items))
        expect(isinstance(stream, IterableDataset), f"it is {type(stream).__name__}, and no IterableDataset")
        came = list(stream)
        expect(came == items, f"without workers {items} came as {came}")


def it_can_be_read_again(given) -> None:
    """A second epoch gives the same as the first."""
    items = _items_drawn(5)
    stream = given.ShardedStream(lambda: iter(items))
    for epoch in (1, 2, 3):
        came = list(stream)
        expect(came == items, f"epoch {epoch}: {items} came as {came}")


def each_item_comes_once(given) -> None:
    """With 0, 1, 2 and 3 workers each item comes exactly once."""
    items = _items_drawn(7)  # divided by 2 and by 3 it leaves a rest
    for workers in (0, 1, 2, 3):
        came = [item for share in _shares(given, items, workers) for item in share]
        twice = len(came) - len(set(came))
        lost = len(set(items) - set(came))
        told = f"{workers} workers, 7 items: {len(came)} came; {twice} of them again, and {lost} never"
        expect(sorted(came) == sorted(items), told)


def the_shares_are_even(given) -> None:
    """The sizes of the workers' shares differ by at most one, and each keeps the order."""
    items = _items_drawn(11)
    came = _shares(given, items, 3)
    sizes = [len(share) for share in came]
    expect(sorted(sizes) == [3, 4, 4], f"3 workers, 11 items: shares of {sizes}; they have to be of 4, 4 and 3")
    for share in came:
        ordered = [item for item in items if item in share]
        expect(share == ordered, f"a share came as {share}; in the order of the stream it is {ordered}")


def fewer_items_than_workers(given) -> None:
    """Where there are fewer items than workers, some workers give nothing."""
    items = _items_drawn(1)
    came = [item for share in _shares(given, items, 2) for item in share]
    expect(came == items, f"2 workers, the one item {items[0]}: {came} came")


def it_reads_no_further_than_asked(given) -> None:
    """The stream is read only as far as it is asked for."""
    read = []

    def stream():
        for number in range(1000):
            read.append(number)
            yield number

    came = list(islice(given.ShardedStream(stream), 5))
    expect(came == [0, 1, 2, 3, 4], f"the first five of 0 to 999 came as {came}")
    expect(len(read) <= 20, f"five items were asked for, and {len(read)} of 1000 were read from the stream")
