"""Devices: for how much of the time a GPU or CPU has work while it is fed, and on which device each tensor lives.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lessons.kit import Bar, Bars, Chart, Frame, Series, Table, number

STEPS = 16
CLASSES = 10
PACE = 80
"""Percent of the time from which whoever works so much sets the pace."""
WIDTH = {"cpu": 256, "cuda": 4096}
"""Of the network: wider on a GPU, so that a step takes milliseconds there too."""

Spans = list[tuple[float, float]]
"""From when to when something worked, in seconds."""


def feed(
    batch: int,
    wait: int,
    workers: int,
    device: str,
) -> Iterator[Frame]:
    """Trains on batches from a loader that waits so many ms for each,
    as for a disk. For how much of the time does each side work?"""
    place = _place(device)
    model = _network(place)
    yield _feed_start(place, batch, wait, workers)

    opt = torch.optim.SGD(model.parameters(), lr=0.01)
    computed: Spans = []  # on the device
    loader = Loader(batch, WIDTH[place], wait, workers)
    with loader:
        for inputs, target in loader:
            inputs, target = inputs.to(place), target.to(place)
            with stopwatch(place, computed):
                opt.zero_grad()
                loss = cross_entropy(model(inputs), target)
                loss.backward()
                opt.step()

    told = _nvml(place)  # what the driver says of these moments
    for step in range(1, STEPS + 1):
        yield _feed_frame(step, place, computed, loader, told)


class Loader:
    """Gives STEPS batches, and one before them that nobody times. `loaded` says when it worked.

    Without workers a batch is loaded when it is asked for. Workers are threads that load ahead, one batch each: for
    waiting they need no core. A DataLoader's are processes, since reading and decoding need one.
    """

    def __init__(self, batch: int, width: int, wait: int, workers: int) -> None:
        self.batch, self.width, self.wait, self.workers = batch, width, wait / 1000, workers
        self.loaded: Spans = []
        self.began = 0.0
        self._left = threading.Semaphore(STEPS)
        self._ready: queue.Queue[tuple[Tensor, Tensor]] = queue.Queue(max(1, workers))
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        self._ended = threading.Event()

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        yield self._made()  # what torch builds once, it builds for this one
        self.began = time.perf_counter()
        for thread in self._threads:
            thread.start()
        for _ in range(STEPS):
            yield self._ready.get() if self.workers else self.load()

    def load(self) -> tuple[Tensor, Tensor]:
        """One batch, when it has come."""
        start = time.perf_counter()
        self._ended.wait(self.wait)
        made = self._made()
        self.loaded.append((start, time.perf_counter()))
        return made

    def _made(self) -> tuple[Tensor, Tensor]:
        return torch.rand(self.batch, self.width), torch.randint(CLASSES, (self.batch,))

    def _work(self) -> None:
        while self._left.acquire(blocking=False) and not self._ended.is_set():
            self._ready.put(self.load())

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        """A run that is stopped leaves no worker behind."""
        self._ended.set()
        while any(thread.is_alive() for thread in self._threads):
            with contextlib.suppress(queue.Empty):
                self._ready.get(timeout=0.01)


@contextlib.contextmanager
def stopwatch(place: str, spans: Spans) -> Iterator[None]:
    """Notes from when to when the device computed: on a GPU, calls return before their work is done."""
    wait_for_it = torch.cuda.synchronize if place == "cuda" else lambda: None
    wait_for_it()
    start = time.perf_counter()
    yield
    wait_for_it()
    spans.append((start, time.perf_counter()))


def _network(place: str) -> nn.Sequential:
    torch.manual_seed(0)
    width = WIDTH[place]
    hidden = [nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*hidden, nn.Linear(width, CLASSES)).to(place)


def _nvml(place: str) -> int | None:
    """The GPU's utilisation as its driver tells it; None on the CPU, and where nothing reads it."""
    try:
        return torch.cuda.utilization() if place == "cuda" else None
    except Exception:  # no pynvml beside this torch, or a driver that does not say
        return None


def _share(spans: Spans, start: float, end: float, lanes: int = 1) -> float:
    """Percent of the time from start to end that the spans fill, of so many at once."""
    filled = sum(max(0.0, min(to, end) - max(since, start)) for since, to in spans)
    return 100 * filled / (lanes * (end - start)) if end > start else 0.0


def _feed_start(place: str, batch: int, wait: int, workers: int) -> Frame:
    ahead = {0: "No worker loads ahead", 1: "One worker loads ahead"}.get(workers, f"{workers} workers load ahead")
    note = f"{ahead}: a batch of {batch} takes {wait} ms to come, and then a training step on {_named(place)}."
    return Frame(_feed_pictures(place, [], [], 0.0, 0.0), {}, note, 0, STEPS)


def _feed_frame(step: int, place: str, computed: Spans, loader: Loader, told: int | None) -> Frame:
    """The shares of the time up to the end of a step."""
    began, lanes = loader.began, max(1, loader.workers)
    timed = computed[1:]
    ends = [end for _, end in timed[:step]]
    device = [_share(timed, began, end) for end in ends]
    loads = [_share(loader.loaded, began, end, lanes) for end in ends]
    took = 1000 * (ends[-1] - began) / step
    work = 1000 * sum(end - start for start, end in timed[:step]) / step
    values = {
        "device": device[-1],
        "loader": loads[-1],
        "ms a step": work,
        "ms a batch": took,
        "samples a second": 1000 * loader.batch / took,
    }
    if told is not None and step == STEPS:
        values["NVML"] = float(told)
    pictures = _feed_pictures(place, device, loads, work, took)
    note = _feed_note(step, place, values, loader.workers)
    return Frame(pictures, values, note, step, STEPS, tuple(values))


def _feed_pictures(place: str, device: list[float], loads: list[float], work: float, took: float) -> Any:
    lines = Series(_named(place), tuple(device)), Series("loader", tuple(loads))
    chart = Chart("share of the time at work, measured, %", lines, STEPS, x="batch", low=0, high=100)
    row = Bar("a batch", (work, max(0.0, took - work)), f"{number(took)} ms" if took else "not run yet")
    return chart, Bars(f"what {_named(place)} does, measured", ("computes", "waits"), (row,), "ms")


def _feed_note(step: int, place: str, values: dict[str, float], workers: int) -> str:
    """Who worked for how much of the time, and at the end who sets the pace."""
    device, loader = round(values["device"]), round(values["loader"])
    name = _named(place)
    shares = f"{name} worked {device} % of the time, the loader {loader} %"
    if step < STEPS:
        return f"Up to batch {step}, {shares}."
    told = f" (NVML says {values['NVML']:.0f} %)" if "NVML" in values else ""
    shares = f"{name} worked {device} % of the time{told}, the loader {loader} %"
    rate = f"{values['samples a second']:.0f} samples a second"
    if not workers:
        return f"{shares}: they take turns, for {rate}."
    if max(device, loader) < PACE:
        return f"{shares}: both wait at times, for {rate}."
    return f"{shares}: {name if device >= loader else 'the loader'} sets the pace, with {rate}."


def places(to: str) -> Iterator[Frame]:
    """Runs a few lines one by one, and looks where each result is.
    Without a GPU cuda is virtual: it computes on the CPU."""
    ran: list[Ran] = []
    yield _places_frame(ran, "device")

    with _cuda() as name:  # "cuda" or "virtual cuda"
        place = torch.device(name.split()[-1])
        model = nn.Linear(8, 2).to(place)
        ran.append(Ran("model.to(device)", model.weight))
        x = torch.randn(4, 8)
        ran.append(Ran("x = torch.randn(4, 8)", x))
        if to == "copied":
            x.to(place)  # a new tensor, which nobody keeps
            ran.append(Ran("x.to(device)", x))
        if to == "moved":
            x = x.to(place)
            ran.append(Ran("x = x.to(device)", x))
        try:
            ran.append(Ran("model(x)", model(x)))
        except RuntimeError as error:
            ran.append(Ran("model(x)", None, str(error)))

    for shown in range(1, len(ran) + 1):
        yield _places_frame(ran[:shown], name, len(ran))


class Ran:
    """A line that ran: where its result is, or what torch said in its place."""

    def __init__(self, line: str, result: Tensor | None, error: str = "") -> None:
        self.line = line
        self.where = "" if result is None else str(result.device)
        self.error = error.partition(",")[0]


@contextlib.contextmanager
def _cuda() -> Iterator[str]:
    """Where the model goes: a real GPU where there is one, else a virtual one."""
    if torch.cuda.is_available():
        yield "cuda"
        return
    from diagnostics.training.virtual_device import VirtualDevice  # here: who has a GPU does without

    with VirtualDevice():
        yield "virtual cuda"


def _places_frame(ran: list[Ran], name: str, steps: int = 4) -> Frame:
    rows = tuple((one.line, one.where or "refused") for one in ran)
    table = Table(f"line by line, device = {name}", ("line", "its tensor is on"), rows, len(rows) - 1 if rows else None)
    values = {f"line {at} on cuda": float(one.where.startswith("cuda")) for at, one in enumerate(ran, 1)}
    return Frame((table,), values, _places_note(ran, name, steps), len(ran), steps)


def _places_note(ran: list[Ran], name: str, steps: int) -> str:
    if not ran:
        return "Nothing ran yet: a model is to go to a device, and x will be made with no device named."
    last = ran[-1]
    if last.error:
        return f"{last.line} is refused: “{last.error}”, and x is on {ran[-2].where}."
    if len(ran) == steps:
        return f"{last.line} works: the model's weight and x are both on {last.where}, and so is the result."
    if last.line == "x.to(device)":
        return f"{last.line}: what it gave was not kept, and x is on {last.where} as before."
    return f"{last.line}: {'its weight' if 'model' in last.line else 'x'} is on {last.where}."


def _place(device: str) -> str:
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def _named(place: str) -> str:
    return "cuda:0" if place == "cuda" else place
