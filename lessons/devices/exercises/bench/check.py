"""What must hold of bench(). Its clock and its GPU's queue are stand-ins, so that every time is exact."""

from __future__ import annotations

import random
import time
from typing import Any, Optional

import torch

from lessons.kit.properties import expect

SETTING_UP = 3.0
"""Seconds that a call takes while things are set up."""


def it_gives_the_seconds_of_one_call(given: Any) -> None:
    """It returns the seconds of one call, as a float."""
    for calls in (1, 10, random.randint(2, 50)):
        machine = _Machine(seconds=random.uniform(0.001, 0.1))
        seconds = machine.bench(given, "cpu", warm_up=2, calls=calls)
        expect(
            isinstance(seconds, float), f"it returned {type(seconds).__name__} {str(seconds)[:40]}; a float is wanted"
        )
        told = f"by time.perf_counter() each of {calls} calls took {machine.seconds:.4f} s"
        expect(_near(seconds, machine.seconds), f"{told}; it returned {seconds:.4f}")


def the_warm_up_is_not_timed(given: Any) -> None:
    """The calls of the warm-up are made, and are not timed."""
    for warm_up in (2, 3, random.randint(4, 9)):
        machine = _Machine(seconds=0.004, setting_up=warm_up)
        seconds = machine.bench(given, "cpu", warm_up=warm_up, calls=10)
        told = f"with warm_up={warm_up} the first {warm_up} calls took {SETTING_UP:.0f} s each, and all others 0.004 s"
        expect(_near(seconds, 0.004), f"{told}; it returned {seconds:.4f}")


def fn_is_called_as_often_as_told(given: Any) -> None:
    """fn is called warm_up times and then `calls` times, not more and not less."""
    for warm_up, calls in ((0, 1), (3, 10), (random.randint(0, 9), random.randint(1, 30))):
        machine = _Machine(seconds=0.01)
        machine.bench(given, "cpu", warm_up=warm_up, calls=calls)
        told = f"with warm_up={warm_up} and calls={calls} it called fn {machine.called} times"
        expect(machine.called == warm_up + calls, f"{told}; {warm_up + calls} were asked for")


def the_clock_stops_when_the_gpu_is_done(given: Any) -> None:
    """On a GPU the clock is read when all the timed work is done."""
    for calls in (2, 10):
        machine = _Machine(seconds=random.uniform(0.003, 0.01), gpu=True)
        seconds = machine.bench(given, "cuda", warm_up=0, calls=calls)
        told = f"a GPU worked {machine.seconds:.5f} s on each of {calls} calls, and each returned after 0.00002 s"
        expect(_near(seconds, machine.seconds), f"{told}; it returned {seconds:.5f}")


def the_clock_starts_with_an_empty_queue(given: Any) -> None:
    """On a GPU the work that is in the queue before the timed calls is not timed."""
    for warm_up in (3, 1, 0):
        machine = _Machine(seconds=0.005, gpu=True, setting_up=warm_up, queued=1.0)
        seconds = machine.bench(given, "cuda", warm_up=warm_up, calls=10)
        before = 1 + SETTING_UP * warm_up
        told = f"{before:.0f} s of older work was in the queue, warm-up and all, and each timed call took 0.005 s"
        expect(_near(seconds, 0.005), f"{told}; it returned {seconds:.4f}")


def the_cpu_needs_no_wait(given: Any) -> None:
    """On the CPU torch.cuda.synchronize() is not called: without a GPU it raises an error."""
    for device in ("cpu", torch.device("cpu")):
        machine = _Machine(seconds=0.01)
        machine.bench(given, device, warm_up=1, calls=2)
        expect(not machine.waits, f"with device={device!r} it called torch.cuda.synchronize() {machine.waits} times")


def every_name_of_a_gpu_is_known(given: Any) -> None:
    """A GPU may be named "cuda", "cuda:0" or by a torch.device."""
    for device in ("cuda:0", torch.device("cuda"), torch.device("cuda", 0)):
        machine = _Machine(seconds=0.005, gpu=True, queued=1.0)
        seconds = machine.bench(given, device, warm_up=2, calls=4)
        told = f"with device={device!r} each call took 0.005 s of the GPU"
        expect(_near(seconds, 0.005), f"{told}; it returned {seconds:.5f}, after {machine.waits} synchronize()")


def the_gpu_that_computes_is_waited_for(given: Any) -> None:
    """Of several GPUs it waits for the one that was named."""
    for index in (1, 3):
        for device in (f"cuda:{index}", torch.device("cuda", index)):
            machine = _Machine(seconds=0.005, gpu=True, queued=1.0, index=index)
            seconds = machine.bench(given, device, warm_up=2, calls=4)
            told = f"with device={device!r} each call took 0.005 s of that GPU, and cuda:0 had nothing to do"
            expect(_near(seconds, 0.005), f"{told}; it returned {seconds:.5f}")


class _Machine:
    """A clock that moves by what is done, and a GPU's queue that torch.cuda.synchronize() waits for.

    The first `setting_up` calls take longer; `queued` seconds of older work are in the queue. The GPU that works has
    `index`; the current one is cuda:0.
    """

    def __init__(
        self, seconds: float, gpu: bool = False, setting_up: int = 0, queued: float = 0.0, index: int = 0
    ) -> None:
        self.seconds, self.gpu, self.setting_up, self.index = seconds, gpu, setting_up, index
        self.now = 1000.0
        self.free = self.now + queued
        self.called = self.waits = 0

    def fn(self) -> None:
        self.called += 1
        takes = SETTING_UP if self.called <= self.setting_up else self.seconds
        if self.gpu:
            self.free = max(self.free, self.now) + takes
            takes = 0.00002
        self.now += takes

    def synchronize(self, device: Optional[Any] = None) -> None:  # noqa: UP045 (a worker's Python may be older)
        self.waits += 1
        if _index(device) == self.index:
            self.now = max(self.now, self.free)

    def clock(self) -> float:
        return self.now

    def clock_ns(self) -> int:
        return round(1e9 * self.now)

    def bench(self, given: Any, device: Any, warm_up: int, calls: int) -> Any:
        """The reader's, with the stand-ins wherever it finds the real ones."""
        stand_ins = {
            time.perf_counter: self.clock,
            time.perf_counter_ns: self.clock_ns,
            torch.cuda.synchronize: self.synchronize,
        }
        spaces = (vars(time), vars(torch.cuda), given.bench.__globals__)
        found = [(space, name, value) for space in spaces for name, value in space.items() if _real(value, stand_ins)]
        try:
            for space, name, value in found:
                space[name] = stand_ins[value]
            return given.bench(self.fn, device, warm_up=warm_up, calls=calls)
        finally:
            for space, name, value in found:
                space[name] = value


def _real(value: Any, stand_ins: dict[Any, Any]) -> bool:
    """Whether it is one of the functions that have a stand-in."""
    return any(value is real for real in stand_ins)


def _index(device: Any) -> int:
    """As torch.cuda.synchronize() reads it; without an index it is the current GPU's, 0."""
    if device is None or isinstance(device, int):
        return device or 0
    return torch.device(device).index or 0


def _near(seconds: float, wanted: float) -> bool:
    return abs(seconds - wanted) < 0.02 * wanted
