"""Devices: where each tensor lives, what a call costs there, and for how much of the time a device has work.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lessons.kit import Bar, Bars, Chart, Frame, Level, Series, Table, joined, number

STEPS = 16
CLASSES = 10
PACE = 80
"""Percent of the time from which whoever works so much sets the pace."""
WIDTH = {"cpu": 256, "cuda": 4096}
"""Of the network: wider on a GPU, so that a step takes milliseconds there too."""

CALLS = 12
"""Products in `waiting`."""
LAYER = 512
"""Inputs and outputs of the layer in `sizes`."""
TIMED = 0.02
"""Seconds for which one size is timed."""

Times = dict[str, list[float]]
"""Of each device the microseconds of a call, for one size after the other."""

Spans = list[tuple[float, float]]
"""From when to when something worked, in seconds."""


LINES = ("net.weight", "x", "y", "net(x)", "loss", "loss * scale", "net.weight.grad")
"""What `boxes` looks at, in the order in which it comes to be."""


def boxes(model: str, x: str, y: str, scale: str) -> Iterator[Frame]:
    """A training step, line by line: in which device's memory does
    each tensor lie? Without a GPU cuda:0 is virtual."""
    ran: list[Ran] = []
    yield _boxes_frame(ran, scale, "cuda:0")

    torch.manual_seed(0)
    with _cuda("cuda:0" in (model, x, y)) as name:
        try:
            net = nn.Linear(8, 3).to(model)
            ran.append(Ran("net.weight", net.weight))
            inputs = torch.randn(4, 8).to(x)
            ran.append(Ran("x", inputs))
            labels = torch.randint(3, (4,)).to(y)
            ran.append(Ran("y", labels))

            logits = net(inputs)
            ran.append(Ran("net(x)", logits))
            loss = cross_entropy(logits, labels)
            ran.append(Ran("loss", loss))
            if scale != "none":  # made on the CPU, and left there
                shape = [] if scale == "number" else [1]
                loss = (loss * torch.full(shape, 0.5)).sum()
                ran.append(Ran("loss * scale", loss))
            loss.backward()
            ran.append(Ran("net.weight.grad", net.weight.grad))
        except RuntimeError as error:
            line = _lines(scale)[len(ran)]  # the one that raised
            ran.append(Ran(line, None, str(error)))

    for shown in range(1, len(ran) + 1):
        yield _boxes_frame(ran[:shown], scale, name, len(ran))


def _lines(scale: str) -> list[str]:
    return [line for line in LINES if scale != "none" or line != "loss * scale"]


def _boxes_frame(ran: list[Ran], scale: str, name: str, steps: int = 0) -> Frame:
    lines = _lines(scale)
    said = {one.line: one for one in ran}
    rows = tuple((line, *_box(said.get(line))) for line in lines)
    virtual = ", cuda:0 is virtual" if name.startswith("virtual") else ""
    title = f"in whose memory each tensor lies{virtual}"
    table = Table(title, ("tensor", "cpu", "cuda:0"), rows, len(ran) - 1 if ran else None)
    values = {f"{one.line} on cuda": float(one.where == "cuda:0") for one in ran if one.where}
    losses = [one.value for one in ran if one.line == "loss" and one.where]
    if losses:
        values["loss"] = losses[0]
    return Frame((table,), values, _boxes_note(ran, steps), len(ran), steps or len(lines))


def _box(one: Ran | None) -> tuple[str, str]:
    """The two cells of a row."""
    if one is None:
        return "", ""
    if not one.where:
        return "refused", "refused"
    return ("●", "") if one.where == "cpu" else ("", "●")


def _boxes_note(ran: list[Ran], steps: int) -> str:
    if not ran:
        return "Nothing ran yet: the model, its inputs x and the labels y are made on the CPU and then sent."
    last = ran[-1]
    if last.error:
        where = {one.line: one.where for one in ran}
        used = {"net(x)": ("net.weight", "x"), "loss": ("net(x)", "y")}.get(last.line, ("loss",))
        places = joined([f"{name} is on {where[name]}" for name in used])
        beside = ", scale on cpu" if last.line == "loss * scale" else ""
        return f"{last.line} is refused: “{last.error}”; {places}{beside}."
    if len(ran) == steps:
        return f"The step worked on {last.where}: its gradient lies where the weight lies."
    if last.line == "loss":
        return f"loss is {number(last.value)}, and lies on {last.where}, where it was computed."
    if last.line == "loss * scale":
        return f"loss * scale works, and lies on {last.where}."
    return f"{last.line} lies on {last.where}."


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
        self.value = result.item() if result is not None and result.numel() == 1 else 0.0
        self.error = error.partition(",")[0]


@contextlib.contextmanager
def _cuda(wanted: bool = True) -> Iterator[str]:
    """Where the model goes: a real GPU where there is one, else a virtual one, which takes a second to set up."""
    if torch.cuda.is_available() or not wanted:
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


def sizes(op: str, dtype: str, device: str) -> Iterator[Frame]:
    """Times one call for larger and larger inputs: on the CPU and,
    where there is one, on a GPU, without and with copies to it."""
    gpu = _place(device) == "cuda"
    there, copied = "cuda:0", "cuda:0 and copies"
    names = ["cpu", there, copied] if gpu else ["cpu"]
    times: Times = {name: [] for name in names}
    ladder = _ladder(op, dtype, gpu)  # 16, 32, 64, ...
    yield _sizes_frame(op, dtype, ladder, times)

    call = torch.add if op == "add" else torch.matmul
    for size in ladder:
        a, b = _inputs(op, size, dtype)
        if size <= _largest(op, dtype):
            times["cpu"].append(shortest(call, a, b))
        if gpu:
            x, y = a.to("cuda"), b.to("cuda")
            times[there].append(shortest(call, x, y))
            times[copied].append(shortest(_and_copies, call, a, b))
        yield _sizes_frame(op, dtype, ladder, times)


def _and_copies(call: Callable[..., Tensor], a: Tensor, b: Tensor) -> Tensor:
    """What a call costs that has its inputs and wants its result on the CPU."""
    return call(a.to("cuda"), b.to("cuda")).cpu()


def shortest(call: Callable[..., Tensor], *inputs: Any) -> float:
    """Microseconds of the fastest of several calls: what else runs on the machine only ever makes one slower."""
    wait = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    call(*inputs)  # what is set up once is set up here
    wait()
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < 5 or (len(times) < 500 and time.perf_counter() - began < TIMED):
        start = time.perf_counter()
        call(*inputs)
        wait()
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


def _inputs(op: str, size: int, dtype: str) -> tuple[Tensor, Tensor]:
    """Two square matrices; for "layer" a batch of so many samples, and the weights they are multiplied with."""
    first = (size, LAYER) if op == "layer" else (size, size)
    second = (LAYER, LAYER) if op == "layer" else (size, size)
    generator = torch.Generator().manual_seed(0)
    kind = getattr(torch, dtype)
    return torch.randn(first, generator=generator).to(kind), torch.randn(second, generator=generator).to(kind)


def _largest(op: str, dtype: str) -> int:
    """For the CPU: what takes milliseconds there. One without hardware for 16 bits takes a hundred times as long."""
    short = dtype in ("float16", "bfloat16")
    if op == "layer":
        return 64 if short else 1024
    return 1024 if op == "add" else 256 if short else 512


def _ladder(op: str, dtype: str, gpu: bool) -> list[int]:
    most = (2048 if dtype == "float64" else 4096) if gpu else _largest(op, dtype)
    least = 1 if op == "layer" else 16
    return [least << doubled for doubled in range((most // least).bit_length())]


def _work(op: str, size: int) -> float:
    """Operations of a call: additions, or multiplications and additions."""
    return {"matmul": 2.0 * size**3, "add": 1.0 * size**2, "layer": 2.0 * size * LAYER**2}[op]


def _sizes_frame(op: str, dtype: str, ladder: list[int], times: Times) -> Frame:
    step = max(map(len, times.values()))
    floor = min((row[0] for row in times.values() if row), default=0.0)
    lines = tuple(Series(kind, tuple(row)) for kind, row in times.items())
    levels = (Level(floor, "the smallest call"),) if step else ()
    title = f"{_named_op(op)} in {dtype}: one call, measured, µs"
    chart = Chart(title, lines, len(ladder) - 1, x="doubling", log=True, low=1, high=1e5, levels=levels)
    heads = ("samples" if op == "layer" else "size", *(f"{kind} µs" for kind in times), "Gop/s")
    rows = tuple(_sizes_row(op, size, at, times) for at, size in enumerate(ladder[:step]))
    table = Table("measured here and now", heads, rows, step - 1 if step else None)
    values = {f"µs {kind}": row[-1] for kind, row in times.items() if len(row) == step > 0}
    if step:
        values["Gop/s"] = _rate(op, ladder[step - 1], step - 1, times)
    note = _sizes_note(op, ladder, times, step)
    return Frame((chart, table), values, note, step, len(ladder), tuple(values))


def _sizes_row(op: str, size: int, at: int, times: Times) -> tuple[str, ...]:
    cells = [_micros(row[at]) if at < len(row) else "–" for row in times.values()]
    return str(size), *cells, number(_rate(op, size, at, times))


def _rate(op: str, size: int, at: int, times: Times) -> float:
    """Billions of operations a second, of the fastest that was timed."""
    return _work(op, size) / min(row[at] for row in times.values() if at < len(row)) / 1000


def _sizes_note(op: str, ladder: list[int], times: Times, step: int) -> str:
    """What the newest size took, and at the end what the whole curve says."""
    if step == 0:
        where = "the CPU and on cuda:0" if len(times) > 1 else "the CPU, the only device that is timed here"
        return f"{_named_op(op)} will be timed on {where}, from {_sized(op, ladder[0])} to {_sized(op, ladder[-1])}."
    if step == len(ladder):
        return _crossing(op, ladder, times) if len(times) > 1 else _growth(op, ladder, times["cpu"])
    size, told = ladder[step - 1], [f"{_micros(row[step - 1])} µs on {kind}" for kind, row in times.items()][:2]
    return (
        f"{_sized(op, size)}: {joined(told)}, {number(_rate(op, size, step - 1, times))} billion operations a second."
    )


def _growth(op: str, ladder: list[int], row: list[float]) -> str:
    first, last = ladder[0], ladder[-1]
    if op == "layer":
        return (
            f"On cpu a sample took {_micros(row[0])} µs alone, and {_micros(row[-1] / last)} µs in a batch of {last}."
        )
    more, longer = _work(op, last) / _work(op, first), row[-1] / row[0]
    took = f"and took {longer:,.0f} times as long on cpu"
    return f"{_sized(op, last)} is {more:,.0f} times the work of {_sized(op, first)}, {took}."


def _crossing(op: str, ladder: list[int], times: Times) -> str:
    """From which size on a GPU is faster, with its inputs there and with copies."""
    cpu, there, copied = times.values()

    def faster_from(gpu: list[float]) -> str:
        faster = list(takewhile(lambda row: row[1] < row[2], reversed([*zip(ladder, gpu, cpu)])))
        return _sized(op, faster[-1][0]) if faster else ""

    first, with_copies = faster_from(there), faster_from(copied)
    start = f"cuda:0 is faster than the CPU from {first} on" if first else "cuda:0 is nowhere faster than the CPU"
    return f"{start}; with the copies {f'from {with_copies} on' if with_copies else 'it is not'}."


def _named_op(op: str) -> str:
    return {"matmul": "a @ b", "add": "a + b", "layer": f"A layer of {LAYER}"}[op]


def _sized(op: str, size: int) -> str:
    return f"{size} sample{'s' * (size != 1)}" if op == "layer" else f"{size} × {size}"


def _micros(value: float) -> str:
    return number(round(value, 1) if value < 10 else round(value))


def waiting(prepare: int, sync: str, device: str) -> Iterator[Frame]:
    """Asks a GPU for 12 matrix products, and notes when each call
    returned and when its product was done. Without a GPU a thread
    takes its place: it too works through a queue, in order."""
    place = _place(device)
    yield _waiting_frame(place, prepare, sync, [], [], 0.0)

    returned: list[float] = []  # ms since the start
    with _lane(place) as lane:
        began = time.perf_counter()
        for _ in range(CALLS):
            time.sleep(prepare / 1000)  # the CPU prepares a step
            lane.multiply()
            if sync == "every-step":  # as loss.item() does
                lane.synchronize()
            returned.append(1000 * (time.perf_counter() - began))

        lane.synchronize()
        end = 1000 * (time.perf_counter() - began)
        done = lane.done(began)

    for step in range(1, CALLS + 1):
        so_far = returned[:step], done[:step]
        yield _waiting_frame(place, prepare, sync, *so_far, end)


class ThreadLane:
    """A queue and a thread that works through it: what a GPU is for the CPU, where there is no GPU."""

    def __init__(self) -> None:
        self._matrix = torch.randn(640, 640, generator=torch.Generator().manual_seed(0))
        self._asked: queue.Queue[bool] = queue.Queue()
        self._ends: list[float] = []
        self._thread = threading.Thread(target=self._work, daemon=True)

    def multiply(self) -> None:
        """Returns at once."""
        self._asked.put(True)

    def synchronize(self) -> None:
        """Returns when all that was asked for is done."""
        self._asked.join()

    def done(self, began: float) -> list[float]:
        """When each product was done, in ms from `began` on."""
        return [1000 * (end - began) for end in self._ends]

    def _work(self) -> None:
        while self._asked.get():
            torch.matmul(self._matrix, self._matrix)
            self._ends.append(time.perf_counter())
            self._asked.task_done()

    def __enter__(self) -> ThreadLane:
        torch.matmul(self._matrix, self._matrix)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """A run that is stopped leaves no thread behind."""
        self._asked.put(False)
        self._thread.join()


class CudaLane:
    """The queue of cuda:0 itself; its events tell when a product was done."""

    def __init__(self) -> None:
        self._matrix = torch.randn(4096, 4096, device="cuda")
        self._start = torch.cuda.Event(enable_timing=True)
        self._ends: list[torch.cuda.Event] = []

    def multiply(self) -> None:
        torch.matmul(self._matrix, self._matrix)
        end = torch.cuda.Event(enable_timing=True)
        end.record()
        self._ends.append(end)

    def synchronize(self) -> None:
        torch.cuda.synchronize()

    def done(self, began: float) -> list[float]:
        """On the clock of its events, which began a moment before."""
        return [self._start.elapsed_time(end) for end in self._ends]

    def __enter__(self) -> CudaLane:
        torch.matmul(self._matrix, self._matrix)
        torch.cuda.synchronize()
        self._start.record()
        return self

    def __exit__(self, *_: object) -> None:
        torch.cuda.synchronize()


def _lane(place: str) -> ThreadLane | CudaLane:
    return CudaLane() if place == "cuda" else ThreadLane()


def _waiting_frame(
    place: str, prepare: int, sync: str, returned: Sequence[float], done: Sequence[float], end: float
) -> Frame:
    step = len(returned)
    lines = Series("returned", tuple(returned)), Series("done", tuple(done))
    chart = Chart(f"calls, and their products on {_worker(place)}, measured, ms", lines, CALLS - 1, x="call", low=0)
    calls = returned[-1] if step == CALLS else 0.0
    row = Bar("the clock", (calls, max(0.0, end - calls) if calls else 0.0), "" if calls else "not all ran yet")
    bars = Bars("what the CPU waited for, measured", ("the calls", "synchronize()"), (row,), "ms")
    values = {"call returned ms": returned[-1], "product done ms": done[-1]} if step else {}
    if calls:
        values["synchronize returned ms"] = end
    note = _waiting_note(place, prepare, sync, returned, done, end)
    return Frame((chart, bars), values, note, step, CALLS, tuple(values))


def _waiting_note(
    place: str, prepare: int, sync: str, returned: Sequence[float], done: Sequence[float], end: float
) -> str:
    step = len(returned)
    if step == 0:
        how = "waits for each" if sync == "every-step" else "waits once, at the end"
        return f"The CPU will take {prepare} ms before each of 12 products for {_worker(place)}, and it {how}."
    if step < CALLS:
        return (
            f"Call {step} returned after {number(returned[-1])} ms; its product was done after {number(done[-1])} ms."
        )
    if sync == "every-step":
        return f"With a wait in every step the last call returned after {number(returned[-1])} ms, as all was done."
    last = f"The last call returned after {number(returned[-1])} ms"
    return f"{last}, and synchronize() after {number(end)} ms, as all was done."


def _worker(place: str) -> str:
    return "cuda:0" if place == "cuda" else "a thread in place of a GPU"


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


def _place(device: str) -> str:
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def _named(place: str) -> str:
    return "cuda:0" if place == "cuda" else place
