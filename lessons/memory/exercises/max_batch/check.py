"""What must hold of max_batch()."""

from __future__ import annotations

import random

import torch
from torch import nn

from lessons.kit.properties import expect


def _line(fixed, slope, calls=None, floor=0):
    """A peak of fixed + slope · batch bytes, but never below the floor; it notes the batches it was asked for."""

    def peak(batch):
        if calls is not None:
            calls.append(batch)
        return max(floor, fixed + slope * batch)

    return peak


def _probes():
    """Three batches, smallest first."""
    small = random.randint(1, 200)
    middle = small + random.randint(1, 300)
    return small, middle, middle + random.randint(1, 500)


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


def it_returns_a_batch_and_a_verdict(given) -> None:
    """It returns an int and a bool."""
    told = given.max_batch(_line(10_000, 100), 199_950, (100, 400, 800))
    seen = "probes 100, 400, 800 with peaks 20000, 50000, 90000, room 199950"
    pair = isinstance(told, tuple) and len(told) == 2
    expect(pair, f"{seen}: it returned {type(told).__name__}, not two things")
    kinds = tuple(type(each).__name__ for each in told)
    expect(kinds == ("int", "bool"), f"{seen}: it returned {told!r}, {kinds[0]} and {kinds[1]}, not int and bool")


def only_the_probes_are_tried(given) -> None:
    """It calls peak() once for each probe, and with no other batch."""
    for room in (10**5, 10**6, 10**9):
        calls, probes = [], _probes()
        given.max_batch(_line(1000, 100, calls), room, probes)
        expect(sorted(calls) == list(probes), f"probes {probes}, room {room}: peak() was called with {calls[:8]}")


def what_it_returns_fits(given) -> None:
    """A step with the batch that it returns fits."""
    for _ in range(200):
        fixed, slope, room = random.randint(0, 10**6), random.randint(1, 9999), random.randint(10**6, 10**8)
        batch, _ = given.max_batch(_line(fixed, slope), room, _probes())
        needs = fixed + slope * batch
        told = f"{slope} bytes a sample, {fixed} fixed, room {room}: batch {batch}"
        expect(batch <= 0 or needs <= room, f"{told} needs {needs}, more than there is")


def one_more_does_not_fit(given) -> None:
    """With one sample more it would not fit."""
    for _ in range(200):
        fixed, slope, room = random.randint(1, 10**6), random.randint(1, 9999), random.randint(10**6, 10**8)
        batch, _ = given.max_batch(_line(fixed, slope), room, _probes())
        wanted = (room - fixed) // slope
        told = f"{slope} bytes a sample, {fixed} fixed, room {room}: it returned {batch}"
        expect(batch >= wanted, f"{told}, and {wanted} fit")


def no_room_is_batch_0(given) -> None:
    """Where not even one sample fits, the batch is 0."""
    for fixed, slope, room in ((1000, 100, 900), (1000, 100, 1099), (1000, 100, 0), (10**9, 7, 10**6)):
        batch, _ = given.max_batch(_line(fixed, slope), room, _probes())
        expect(batch == 0, f"{slope} bytes a sample, {fixed} fixed, room {room}: it returned {batch}, not 0")


def a_small_probe_does_not_tilt_the_line(given) -> None:
    """Where the smallest probe lies above the line, the batch is that of the two larger ones."""
    for _ in range(50):
        fixed, slope = random.randint(0, 10**5), random.randint(1, 999)
        small, middle, large = _probes()
        peak = _line(fixed, slope, floor=fixed + slope * middle)  # of another moment, up to the second probe
        room = fixed + slope * random.randint(1000, 9999)
        batch, _ = given.max_batch(peak, room, (small, middle, large))
        wanted = (room - fixed) // slope
        seen = f"probes {small}, {middle}, {large} with peaks {peak(small)}, {peak(middle)}, {peak(large)}"
        expect(batch == wanted, f"{seen}, room {room}: it returned {batch}; by the larger two {wanted} fit")


def a_bend_is_told(given) -> None:
    """Where the smallest probe lies more than 1 % above the line, they are not straight."""
    for above in (1.02, 1.1, 1.3, 2.0):
        floor = int(20_000 * above)
        _, straight = given.max_batch(_line(10_000, 100, floor=floor), 10**6, (100, 400, 800))
        told = f"peaks {floor}, 50000, 90000 of 100, 400, 800: the line says 20000 for 100"
        expect(not straight, f"{told}, and it returned {straight} for straight")


def a_little_above_is_straight(given) -> None:
    """Where it lies on the line, or less than 1 % above it, they are straight."""
    for above in (1.0, 1.001, 1.009):
        floor = int(20_000 * above)
        _, straight = given.max_batch(_line(10_000, 100, floor=floor), 10**6, (100, 400, 800))
        told = f"peaks {floor}, 50000, 90000 of 100, 400, 800: the line says 20000 for 100"
        expect(straight, f"{told}, and it returned {straight} for straight")


def it_holds_for_real_networks(given) -> None:
    """For random networks the batch fills the room to within 2 %, or to the last sample."""
    for _ in range(3):
        model, widths = _network()
        peak = _peak_of(model, widths[0])
        slope = (peak(16) - peak(8)) // 8
        room = peak(8) + slope * random.randint(200, 2000)
        batch, straight = given.max_batch(peak, room, (8, 16, 32))
        expect(straight, f"an MLP {widths}, peaks {peak(8)}, {peak(16)}, {peak(32)} of 8, 16, 32: that is straight")
        expect(batch > 0, f"an MLP {widths}, room {room}: it returned {batch}")
        needs = peak(min(batch, 20_000))
        told = f"an MLP {widths}, room {room}: a step with batch {batch} takes {needs} bytes"
        expect(0.98 * room - slope <= needs <= room, f"{told}, {100 * needs / room:.0f} % of the room")
