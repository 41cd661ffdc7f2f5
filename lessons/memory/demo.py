"""Memory: what a training step holds and when, which batch fits, what keeps memory that nobody needs, and what helps.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.profiler import ProfilerActivity, profile
from torch.utils.checkpoint import checkpoint

from lessons.kit import Bar, Bars, Chart, Frame, Series, Table, number
from lessons.measure.memory import Budget, Training, account, measured_peak, weigh

MIB = 2**20
KIB = 2**10
BATCHES = 20
PARTS = ("weights", "gradients", "optimizer", "activations")

Sizes = tuple[float, ...]
Row = tuple[str, ...]


class Saved:
    """What autograd keeps for backward of what is computed while this is entered, and of that what it still keeps."""

    def __init__(self, model: nn.Module) -> None:
        self._own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
        self._packs: list[Any] = []
        self._hooks: list[Any] = []

    def __enter__(self) -> Saved:
        self._hooks.append(torch.autograd.graph.saved_tensors_hooks(self._pack, lambda pack: pack.tensor))
        self._hooks[-1].__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.pop().__exit__(*error)

    @property
    def bytes(self) -> int:
        """Of storages, each counted once; the model's own parameters are not among them."""
        packs = [pack() for pack in self._packs]
        return weigh(pack.tensor for pack in packs if pack is not None)

    def _pack(self, tensor: Tensor) -> _Pack:
        pack = _Pack(tensor)
        if tensor.untyped_storage().data_ptr() not in self._own:
            self._packs.append(weakref.ref(pack))
        return pack


class _Pack:
    """A tensor as the graph keeps it: it goes when the graph lets go of it.

    Detached: a node that keeps its own output would otherwise keep itself.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor.detach()


def network(activation: str = "ReLU") -> nn.Sequential:
    """784-1024-1024-10, with that between the layers."""
    between: Callable[[], list[nn.Module]] = BETWEEN[activation]
    layers = [nn.Linear(784, 1024), *between(), nn.Linear(1024, 1024), *between(), nn.Linear(1024, 10)]
    return nn.Sequential(*layers)


BETWEEN: dict[str, Callable[[], list[nn.Module]]] = {
    "ReLU": lambda: [nn.ReLU()],
    "Tanh": lambda: [nn.Tanh()],
    "GELU": lambda: [nn.GELU()],
    "ReLU, Dropout": lambda: [nn.ReLU(), nn.Dropout(0.5)],
}


def step(optimizer: str, batch: int) -> Iterator[Frame]:
    """Two training steps, a call a frame: what the memory holds
    after each call."""
    torch.manual_seed(0)
    model = network()
    x, y = torch.randn(batch, 784), torch.randint(10, (batch,))
    saved = Saved(model)
    held = [_holds("the start", model, saved)]
    yield _step_frame(held)

    opt = OPTIMIZERS[optimizer](model.parameters())
    for turn in (1, 2):
        with saved:
            loss = cross_entropy(model(x), y)
        held.append(_holds(f"forward {turn}", model, saved, opt))
        yield _step_frame(held)

        loss.backward()
        held.append(_holds(f"backward {turn}", model, saved, opt))
        yield _step_frame(held)

        opt.step()
        held.append(_holds(f"step {turn}", model, saved, opt))
        yield _step_frame(held)

        opt.zero_grad()
        held.append(_holds(f"zero_grad {turn}", model, saved, opt))
        yield _step_frame(held)


OPTIMIZERS: dict[str, Callable[[Iterable[Tensor]], torch.optim.Optimizer]] = {
    "SGD": partial(SGD, lr=0.01),
    "momentum": partial(SGD, lr=0.01, momentum=0.9),
    "RMSprop": RMSprop,
    "Adam": Adam,
    "AdamW": AdamW,
    "AMSGrad": partial(Adam, amsgrad=True),
}
if hasattr(torch.optim, "Adafactor"):  # since torch 2.5
    OPTIMIZERS["Adafactor"] = torch.optim.Adafactor


def _holds(call: str, model: nn.Module, saved: Saved, opt: torch.optim.Optimizer | None = None) -> tuple[str, Sizes]:
    """A call, and MiB of each of PARTS after it."""
    sizes = (*_weights_and_gradients(model), _state(opt), saved.bytes)
    return call, tuple(size / MIB for size in sizes)


def _weights_and_gradients(model: nn.Module) -> tuple[int, int]:
    gradients = (weight.grad for weight in model.parameters())
    return weigh(model.parameters()), weigh(gradient for gradient in gradients if gradient is not None)


def _state(opt: torch.optim.Optimizer | None) -> int:
    """Bytes of all tensors that the optimizer keeps."""
    states = opt.state.values() if opt else ()
    return weigh(each for state in states for each in state.values() if isinstance(each, Tensor))


def _step_frame(held: list[tuple[str, Sizes]]) -> Frame:
    sizes = held[-1][1]
    bars = tuple(Bar(name, parts) for name, parts in held)
    values = {**dict(zip(PARTS, sizes)), "held": sum(sizes), "most": max(sum(parts) for _, parts in held)}
    return Frame((Bars("held after each call", PARTS, bars, "MiB"),), values, _step_note(held), len(held) - 1, 8)


def _step_note(held: list[tuple[str, Sizes]]) -> str:
    """What the last call brought and took away; at the end where the most was held."""
    call, sizes = held[-1]
    total = number(sum(sizes))
    if len(held) == 1:
        return f"The model alone: {total} MiB of weights, and nothing was computed yet."
    if len(held) == 9:
        most = max(held, key=lambda each: sum(each[1]))
        return f"The most was held after {most[0]}: {number(sum(most[1]))} MiB; now it is {total}."
    changes = []
    for name, before, after in zip(PARTS, held[-2][1], sizes):
        if before != after:
            changes.append(f"{name} {'+' if after > before else '−'}{number(abs(after - before))}")
    return f"{call}: {', '.join(changes) or 'nothing changed'}; {total} MiB are held."


def optimizers(width: int, dtype: str) -> Iterator[Frame]:
    """Takes one real step of two layers of width × width with each
    optimizer: the bytes that are held for each weight."""
    held: dict[str, Sizes] = {}
    yield _optimizers_frame(held)

    for name, build in OPTIMIZERS.items():
        layers = [nn.Linear(width, width) for _ in range(2)]
        model = nn.Sequential(*layers).to(getattr(torch, dtype))
        x = torch.ones(4, width, dtype=getattr(torch, dtype))

        opt = build(model.parameters())
        model(x).sum().backward()
        opt.step()

        weights = sum(each.numel() for each in model.parameters())
        sizes = (*_weights_and_gradients(model), _state(opt))
        held[name] = tuple(size / weights for size in sizes)
        yield _optimizers_frame(held)


def _optimizers_frame(held: dict[str, Sizes]) -> Frame:
    bars = tuple(Bar(name, sizes) for name, sizes in held.items())
    values = {name: sum(sizes) for name, sizes in held.items()}
    values |= {f"state of {name}": sizes[2] for name, sizes in held.items()}
    note = "No optimizer has taken a step yet."
    if held:
        name, sizes = list(held.items())[-1]
        note = f"{name} keeps {_short(sizes[2])} bytes a weight; with weight and gradient it is {_short(sum(sizes))}."
    picture = Bars("bytes for each weight", PARTS[:3], bars, "bytes", 20)
    return Frame((picture,), values, note, len(held), len(OPTIMIZERS))


def _short(size: float) -> str:
    return number(float(f"{size:.2g}")) if size < 1 else number(float(f"{size:.3g}"))


def layers(activation: str, batch: int) -> Iterator[Frame]:
    """A forward pass layer by layer: what autograd keeps for backward
    that it did not keep before."""
    torch.manual_seed(0)
    model = network(activation)
    saved = Saved(model)
    h = torch.randn(batch, 784)
    rows = [("the batch", "784", 0)]
    yield _layers_frame(rows, batch, len(model))

    for layer in model:
        before = saved.bytes
        with saved:
            h = layer(h)
        kept = saved.bytes - before
        rows.append((type(layer).__name__, str(h.shape[1]), kept))
        yield _layers_frame(rows, batch, len(model))


def _layers_frame(rows: list[tuple[str, str, int]], batch: int, steps: int) -> Frame:
    words = tuple((name, wide, number(kept / KIB)) for name, wide, kept in rows)
    total = sum(kept for _, _, kept in rows)
    table = Table("kept for backward", ("layer", "gives [batch, …]", "newly kept, KiB"), words, len(rows) - 1)
    values = {"kept": total / KIB, "a sample": total / KIB / batch}
    name, _, kept = rows[-1]
    if len(rows) == 1:
        note = "Nothing went through a layer yet, and nothing is kept."
    elif len(rows) == steps + 1:
        note = f"All layers keep {number(total / KIB)} KiB: {number(total / KIB / batch)} KiB a sample."
    else:
        note = f"{name} has {number(kept / KIB)} KiB kept that was not kept before; {number(total / KIB)} KiB so far."
    return Frame((table,), values, note, len(rows) - 1, steps)


def probes(
    first: int,
    room: int,
    optimizer: str,
    device: str,
) -> Iterator[Frame]:
    """Counts the peak of a step at two batches, draws the line
    through them, and tries the batch that should fill `room`."""
    peaks: dict[int, float] = {}  # batch -> MiB
    yield _probes_frame(peaks, room)

    peak = _peak_on(device, optimizer)
    for batch in (first, 2 * first):
        peaks[batch] = peak(batch)
        yield _probes_frame(peaks, room)

    slope = (peaks[2 * first] - peaks[first]) / first
    fixed = peaks[first] - slope * first
    largest = int((room - fixed) / slope) if slope > 0 else 0
    if largest > 0:
        peaks[largest] = peak(largest)
    yield _probes_frame(peaks, room, largest, slope)


def _peak_on(device: str, optimizer: str) -> Callable[[int], float]:
    """MiB of a step's peak by its batch: counted on tensors without data, and measured on a GPU where that fits."""
    on_gpu = _on_gpu(device)

    def peak(batch: int) -> float:
        setup = Training(
            network,
            inputs=lambda: torch.randn(batch, 784),
            optimizer=OPTIMIZERS[optimizer],
            device="cuda" if on_gpu else "cpu",
        )
        counted = account(setup).peak
        if on_gpu and counted < 0.8 * torch.cuda.mem_get_info()[0]:
            return measured_peak(setup) / MIB
        return counted / MIB

    return peak


def _on_gpu(device: str) -> bool:
    return device != "cpu" and torch.cuda.is_available()


def _probes_frame(peaks: dict[int, float], room: int, largest: int | None = None, slope: float = 0.0) -> Frame:
    names = ("first probe", "second probe", "tried")
    bars = [Bar(f"{name}, {batch}", (peak,)) for name, (batch, peak) in zip(names, peaks.items())]
    values = {f"peak {name}": peak for name, peak in zip(names, peaks.values())}
    measured = tuple(values) if torch.cuda.is_available() else ()
    if largest is not None:
        values |= {"largest": float(largest), "KiB a sample": slope * KIB}
    picture = Bars("peak of a step, by its batch", ("peak",), (*bars, Bar("room", (float(room),))), "MiB")
    note = _probes_note(peaks, room, largest, slope)
    return Frame((picture,), values, note, len(peaks) if largest is None else 3, 3, measured)


def _probes_note(peaks: dict[int, float], room: int, largest: int | None, slope: float) -> str:
    if not peaks:
        return f"There is room for {room} MiB, and no step was counted yet."
    batch, peak = list(peaks.items())[-1]
    if largest is None:
        return f"At batch {batch} the peak is {number(peak)} MiB."
    if slope <= 0:
        return "Between the two probes the peak did not grow: there is no line to follow."
    grows = f"{number(slope * KIB)} KiB a sample"
    if largest <= 0:
        return f"The line grows by {grows}, and says that no batch at all fits into {room} MiB."
    verdict = "it fits" if peak <= room else "it does not fit"
    return f"By {grows}, batch {largest} should fill {room} MiB; tried, its peak is {number(peak)} MiB: {verdict}."


def segments(layers: str, batch: int) -> Iterator[Frame]:
    """A chain of layers, checkpointed in 1, 2, 4, ... segments: what
    waits for backward, and the most that there is at one time."""
    counts = [n for n in (0, 1, 2, 4, 8, 16) if n <= int(layers)]
    found: dict[int, tuple[Budget, int]] = {}
    yield _segments_frame(found, len(counts))

    for count in counts:  # 0: without any checkpoint
        setup = Training(
            partial(chain, int(layers), count or 1),
            inputs=lambda: torch.randn(batch, 64),
            optimizer=OPTIMIZERS["SGD"],
            checkpointed=count > 0,
        )
        calls = calls_of_a_step(int(layers), count)
        found[count] = account(setup), calls
        yield _segments_frame(found, len(counts))


def chain(layers: int, segments: int) -> nn.Sequential:
    """Linear layers of width 64, a tanh after each, in as many parts of equal length."""
    parts = [
        [nn.Sequential(nn.Linear(64, 64, bias=False), nn.Tanh()) for _ in range(layers // segments)]
        for _ in range(segments)
    ]
    return nn.Sequential(*(nn.Sequential(*part) for part in parts))


def calls_of_a_step(layers: int, segments: int) -> int:
    """How often a layer is called in one real step, backward included; with 0 segments nothing is checkpointed."""
    model = chain(layers, segments or 1)
    calls: list[nn.Module] = []
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda layer, *told: calls.append(layer))
    h = torch.ones(1, 64)
    for part in model:
        h = checkpoint(part, h, use_reentrant=False) if segments else part(h)
    h.sum().backward()
    return len(calls)


def _segments_frame(found: dict[int, tuple[Budget, int]], steps: int) -> Frame:
    bars = []
    values: dict[str, float] = {}
    for count, (held, calls) in found.items():
        name = str(count or "none")
        kept, peak = held.activations / MIB, held.peak / MIB
        bars.append(Bar(name, (kept, peak - kept), f"peak {number(peak)}, {calls} calls"))
        values |= {f"kept {name}": kept, f"peak {name}": peak, f"calls {name}": float(calls)}
    picture = Bars("by number of segments", ("kept by forward", "more at the peak"), tuple(bars), "MiB")
    return Frame((picture,), values, _segments_note(found, steps), len(found), steps)


def _segments_note(found: dict[int, tuple[Budget, int]], steps: int) -> str:
    if not found:
        return "No step was counted yet."
    if len(found) == steps:
        lowest = min(held.peak for held, _ in found.values())
        best, *equal = [count for count, (held, _) in found.items() if held.peak == lowest]
        peaks = f"{number(found[best][0].peak / MIB)} MiB instead of {number(found[0][0].peak / MIB)}"
        calls = f"{found[best][1]} calls of a layer instead of {found[0][1]}"
        also = "".join(f", and the same with {count}" for count in equal)
        return f"The peak is lowest with {_counted(best)}{also}: {peaks}, for {calls}."
    count, (held, _) = list(found.items())[-1]
    kept, peak = number(held.activations / MIB), number(held.peak / MIB)
    return f"{_counted(count).capitalize()}: forward keeps {kept} MiB, and the peak is {peak}."


def _counted(count: int) -> str:
    return "no checkpoint" if not count else "1 segment" if count == 1 else f"{count} segments"


def graphs(keep: str, backward: bool) -> Iterator[Frame]:
    """A loop over 20 batches with one line that takes note of the
    loss: the graphs, and what they keep."""
    torch.manual_seed(0)
    first, last = nn.Linear(64, 256), nn.Linear(256, 10)
    model = nn.Sequential(first, nn.Tanh(), last)
    x, y = torch.randn(128, 64), torch.randint(10, (128,))
    saved = Saved(model)
    total: Any = 0.0
    losses: list[Any] = []
    seen = [(0, 0)]
    yield _graphs_frame(seen, keep)

    for _ in range(BATCHES):
        with saved:
            loss = cross_entropy(model(x), y)
        if backward:
            loss.backward()

        if keep == "loss":
            total = total + loss
        elif keep == "list":
            losses.append(loss)
        elif keep == "item":
            total += loss.item()
        elif keep == "detach":
            total += loss.detach()
        del loss

        seen.append((_nodes([total, *losses]), saved.bytes))
        yield _graphs_frame(seen, keep)


def _nodes(roots: list[Any]) -> int:
    """The nodes of all graphs under these results; a parameter's own node, which all share, is not counted."""
    waiting = [root.grad_fn for root in roots if isinstance(root, Tensor)]
    found: set[Any] = set()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found and not hasattr(node, "variable"):
            found.add(node)
            waiting += [before for before, _ in node.next_functions]
    return len(found)


LINES = {
    "loss": "total = total + loss",
    "list": "losses.append(loss)",
    "item": "total += loss.item()",
    "detach": "total += loss.detach()",
}


def _graphs_frame(seen: list[tuple[int, int]], keep: str) -> Frame:
    nodes, kept = ([float(each[which]) for each in seen] for which in (0, 1))
    sizes = Series("kept", tuple(size / MIB for size in kept))
    pictures = (
        Chart("MiB that graphs keep", (sizes,), BATCHES, "batch", low=0, high=4),
        Chart("nodes of graphs", (Series("nodes", tuple(nodes)),), BATCHES, "batch", low=0, high=160),
    )
    batch, there = len(seen) - 1, f"{nodes[-1]:.0f} nodes and {number(kept[-1] / MIB)} MiB of tensors"
    if not batch:
        note = "No batch was seen yet, and there is no graph."
    elif batch == BATCHES:
        note = f"After {batch} batches of `{LINES[keep]}`, {there} are still there."
    else:
        note = f"After batch {batch}, {there} are still there."
    return Frame(pictures, {"nodes": nodes[-1], "kept": kept[-1] / MIB}, note, batch, BATCHES)


def profiled(batch: int, sort: str) -> Iterator[Frame]:
    """A training step under torch's profiler: which operations took
    the time, and which the memory."""
    torch.manual_seed(0)
    model = network()
    x, y = torch.randn(batch, 784), torch.randint(10, (batch,))
    yield _profiled_frame([], sort)

    opt = Adam(model.parameters())
    for _ in range(2):  # the first step makes Adam's state
        opt.zero_grad()
        cpu = [ProfilerActivity.CPU]
        with profile(activities=cpu, profile_memory=True) as seen:
            loss = cross_entropy(model(x), y)
            loss.backward()
            opt.step()
    yield _profiled_frame(list(seen.key_averages()), sort)


def _profiled_frame(events: list[Any], sort: str) -> Frame:
    """The eight operations that took most. What one freed counts against what it took."""
    took = {
        event.key: event.self_cpu_time_total / 1000 if sort == "time" else event.self_cpu_memory_usage / MIB
        for event in events
    }
    whole = sum(took.values()) or 1.0
    first = sorted(events, key=lambda event: -took[event.key])[:8]
    words = [f"{100 * took[event.key] / whole:.0f} %" if sort == "time" else number(took[event.key]) for event in first]
    rows = tuple((event.key[:32], str(event.count), word) for event, word in zip(first, words))
    heads = ("operation", "calls", "own time" if sort == "time" else "own memory, MiB")
    note = "No step was profiled yet."
    if rows:
        name, calls, word = rows[0]
        share = f"{word} of the time" if sort == "time" else f"{word} MiB"
        note = f"{name} took most, {share}, in {calls} call{'s' * (calls != '1')}."
    values = {f"{sort} of {event.key}": took[event.key] for event in first}
    table = Table(f"one training step, by {sort}", heads, rows, 0 if rows else None)
    return Frame((table,), values, note, len(rows[:1]), 1, tuple(values) if sort == "time" else ())


def remedies(batch: int, room: int) -> Iterator[Frame]:
    """Counts a training step of four blocks with Adam as it is, and
    with each remedy: does its peak fit into `room` MiB?"""

    def train(batch: int = batch, **remedy: Any) -> Training:
        return Training(
            blocks,
            inputs=lambda: torch.randn(batch, 128, 256),
            optimizer=OPTIMIZERS[remedy.pop("opt", "Adam")],
            **remedy,
        )

    bf16 = torch.bfloat16
    ways = {
        "as it is": train(),
        "SGD": train(opt="SGD"),
        "autocast": train(autocast=bf16),
        "checkpoints": train(checkpointed=True),
        "both": train(autocast=bf16, checkpointed=True),
        "parts of a quarter": train(batch // 4),
    }
    held: dict[str, Budget] = {}
    yield _remedies_frame(held, room, len(ways))

    for name, way in ways.items():
        held[name] = account(way)  # on tensors that have no data
        yield _remedies_frame(held, room, len(ways))


class Block(nn.Module):
    """Two layers for each place of a sequence, around which the input is carried on."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        first, second = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.layers = nn.Sequential(nn.LayerNorm(width), first, nn.GELU(), second)

    def forward(self, x: Tensor) -> Tensor:  # (batch, places, width)
        changed: Tensor = self.layers(x)
        return x + changed


def blocks() -> nn.Sequential:
    return nn.Sequential(*(Block() for _ in range(4)))


def _remedies_frame(held: dict[str, Budget], room: int, steps: int) -> Frame:
    bars = []
    for name, each in held.items():
        sizes = (each.parameters, each.gradients, each.optimizer, each.activations)
        verdict = "fits" if each.peak <= room * MIB else "too much"
        bars.append(Bar(name, tuple(size / MIB for size in sizes), f"peak {number(each.peak / MIB)}: {verdict}"))
    values = {f"peak {name}": each.peak / MIB for name, each in held.items()}
    picture = Bars(f"what a step holds; room for {room} MiB", PARTS, tuple(bars), "MiB")
    return Frame((picture,), values, _remedies_note(held, room, steps), len(held), steps)


def _remedies_note(held: dict[str, Budget], room: int, steps: int) -> str:
    if not held:
        return f"There is room for {room} MiB, and no step was counted yet."
    if len(held) == steps:
        fits = [name for name, each in held.items() if each.peak <= room * MIB]
        return f"Into {room} MiB fits: {', '.join(fits) if fits else 'none of these'}."
    name, each = list(held.items())[-1]
    saved = (held["as it is"].peak - each.peak) / MIB
    if name == "as it is":
        return f"As it is, the step has a peak of {number(each.peak / MIB)} MiB."
    change = f"{number(abs(saved))} MiB {'less' if saved >= 0 else 'more'}"
    return f"{name}: the peak is {number(each.peak / MIB)} MiB, {change}."


def holders(keep: str, device: str) -> Iterator[Frame]:
    """A tensor of 16 MiB, something that is made of it, and `del` on
    its name: is its memory free then?"""
    place = "cuda" if _on_gpu(device) else "cpu"
    x = torch.ones(2048, 2048, device=place, requires_grad=True)
    seen = _Holder(x, place)
    yield seen.frame("x = torch.ones(2048, 2048)")

    kept: Any = None
    if keep == "row":
        kept = x.detach()[0]
    elif keep == "copy":
        kept = x.detach()[0].clone()
    elif keep == "sum":
        kept = (x * x).sum()
    elif keep == "error":
        kept = failed(x)
    yield seen.frame(f"kept = {MADE[keep]}")

    del x
    yield seen.frame("del x")

    del kept
    yield seen.frame("del kept")

    if place == "cuda":
        torch.cuda.empty_cache()
        yield seen.frame("torch.cuda.empty_cache()")


MADE = {
    "nothing": "None",
    "row": "x.detach()[0]",
    "copy": "x.detach()[0].clone()",
    "sum": "(x * x).sum()",
    "error": "failed(x)",
}


def failed(x: Tensor) -> Exception:
    """The error of a call that has x, and asks for 4 PiB, which no machine gives."""
    try:
        torch.empty(2**50, device=x.device)
    except RuntimeError as error:
        return error
    raise AssertionError("this machine gave 4 PiB")


class _Holder:
    """Whether a tensor's memory is still there after each call, and on a GPU what the allocator says."""

    def __init__(self, x: Tensor, place: str) -> None:
        self.storage, self.place = weakref.ref(x.untyped_storage()), place
        self.rows: list[Row] = []

    def frame(self, call: str) -> Frame:
        storage = self.storage()
        values = {"bytes of x": float(storage.nbytes() if storage is not None else 0)}
        del storage
        if self.place == "cuda":
            values["allocated"] = float(torch.cuda.memory_allocated())
            values["reserved"] = float(torch.cuda.memory_reserved())
        self.rows.append((call, *(number(size / MIB) for size in values.values())))
        heads = ("after", *(f"{name}, MiB" for name in values))
        table = Table("is the memory of x still there?", heads, tuple(self.rows), len(self.rows) - 1)
        there = values["bytes of x"] > 0
        note = f"After `{call}` the memory of x is {'still there: 16 MiB' if there else 'free'}."
        if len(self.rows) == 1:
            note = "x is there, and takes 16 MiB."
        measured = tuple(name for name in values if name != "bytes of x")
        return Frame((table,), values, note, len(self.rows) - 1, 4 if self.place == "cuda" else 3, measured)
