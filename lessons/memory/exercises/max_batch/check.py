"""What must hold of max_batch()."""

from __future__ import annotations

import random

import torch
from torch import nn

from lessons.kit.properties import expect


def _line(fixed, slope, calls):
    """A peak of fixed + slope · batch bytes, that notes the batches it was asked for."""

    def peak(batch):
        calls.append(batch)
        return fixed + slope * batch

    return peak


def _network():
    """A random MLP."""
    widths = [random.choice((16, 32, 64, 128)) for _ in range(random.randint(3, 5))]
    layers = [layer for pair in zip(widths, widths[1:]) for layer in (nn.Linear(*pair), nn.ReLU())]
    return nn.Sequential(*layers), widths


def _peak_of(model, width):
    """Bytes of weights, gradients, Adam's two means, and of what autograd really keeps of a batch."""
    weights = sum(each.numel() * each.element_size() for each in model.parameters())
    own = {each.data_ptr() for each in model.parameters()}

    def peak(batch):
        kept = {}

        def pack(tensor):
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in own:
                kept[storage.data_ptr()] = storage
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            model(torch.zeros(int(batch), width)).sum()
        return 4 * weights + sum(each.nbytes() for each in kept.values())

    return peak


def it_returns_a_whole_number(given) -> None:
    """It returns an int."""
    batch = given.max_batch(_line(1000, 100, []), 5050)
    told = f"peak(8) = 1800, peak(16) = 2600, room 5050: it returned {batch!r}"
    expect(type(batch) is int, f"{told}, a {type(batch).__name__}, not an int")


def only_two_small_batches_are_tried(given) -> None:
    """It calls peak() twice, and with no batch above 16."""
    for room in (5000, 10**6, 10**9):
        calls = []
        given.max_batch(_line(1000, 100, calls), room)
        expect(len(calls) == 2, f"room {room}: peak() was called {len(calls)} times, not twice")
        expect(max(calls) <= 16, f"room {room}: peak({max(calls)}) was called; a batch that large may not fit")


def what_it_returns_fits(given) -> None:
    """A step with the batch that it returns fits."""
    for _ in range(200):
        fixed, slope, room = random.randint(0, 10**6), random.randint(1, 9999), random.randint(10**6, 10**8)
        batch = given.max_batch(_line(fixed, slope, []), room)
        needs = fixed + slope * batch
        told = f"{slope} bytes a sample, {fixed} fixed, room {room}: batch {batch}"
        expect(batch <= 0 or needs <= room, f"{told} needs {needs}, more than there is")


def one_more_does_not_fit(given) -> None:
    """With one sample more it would not fit."""
    for _ in range(200):
        fixed, slope, room = random.randint(1, 10**6), random.randint(1, 9999), random.randint(10**6, 10**8)
        batch = given.max_batch(_line(fixed, slope, []), room)
        wanted = (room - fixed) // slope
        told = f"{slope} bytes a sample, {fixed} fixed, room {room}: it returned {batch}"
        expect(batch >= wanted, f"{told}, and {wanted} fit")


def no_room_is_batch_0(given) -> None:
    """Where not even one sample fits, it returns 0."""
    for fixed, slope, room in ((1000, 100, 900), (1000, 100, 1099), (1000, 100, 0), (10**9, 7, 10**6)):
        batch = given.max_batch(_line(fixed, slope, []), room)
        expect(batch == 0, f"{slope} bytes a sample, {fixed} fixed, room {room}: it returned {batch}, not 0")


def it_holds_for_real_networks(given) -> None:
    """For random networks the batch fills the room to within 2 %, or to the last sample."""
    for _ in range(3):
        model, widths = _network()
        peak = _peak_of(model, widths[0])
        slope = (peak(16) - peak(8)) // 8
        room = peak(8) + slope * random.randint(200, 2000)
        batch = given.max_batch(peak, room)
        expect(batch > 0, f"an MLP {widths}, room {room}: it returned {batch}")
        needs = peak(min(batch, 20_000))
        told = f"an MLP {widths}, room {room}: a step with batch {batch} takes {needs} bytes"
        expect(0.98 * room - slope <= needs <= room, f"{told}, {100 * needs / room:.0f} % of the room")
