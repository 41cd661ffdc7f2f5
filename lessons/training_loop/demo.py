"""The training loop: what its calls do in which order, how a bug in it looks, and what a run leaves behind.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import datetime
import io
import math
import pickle
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from lessons.kit import Chart, Frame, Level, Series, Table, joined, number

ROUNDS = 3
STEPS = 120
SHORT = 60
PART = 16
RANKS = 3
PATIENCE = 0.5
"""Seconds that a rank of the demo waits for the others."""

Row = tuple[str, ...]
Values = dict[str, float]
AllReduce = Callable[[Tensor], None]


def order(calls: str) -> Iterator[Frame]:
    """Three rounds of a training loop on loss = w², from w = 1, with
    the calls of a round in the order that you choose or type."""
    names = _names(calls)  # ["zero", "loss", "backward", "step"]
    w = nn.Parameter(torch.tensor(1.0))
    rows = [_order_row(0, "the start", w)]
    yield _order_frame(rows, w, names)

    opt = torch.optim.SGD([w], lr=0.25)
    for turn in range(1, ROUNDS + 1):
        for name in names:
            try:
                if name == "zero":
                    opt.zero_grad()
                elif name == "loss":
                    loss = w**2
                elif name == "backward":
                    loss.backward()
                else:
                    opt.step()
            except RuntimeError as error:
                yield _order_error(rows, w, names, turn, name, error)
                return
            rows.append(_order_row(turn, name, w))
            yield _order_frame(rows, w, names)


def _names(calls: str) -> list[str]:
    """The calls of a round. Raises ValueError for what is none, and for a backward() without a loss of its own."""
    names = calls.replace(",", " ").lower().split()
    known = ("zero", "loss", "backward", "step")
    for name in names:
        if name not in known:
            raise ValueError(f"calls are zero, loss, backward and step, in any order; {name!r} is none of them")
    if len(names) > 8:
        raise ValueError(f"a round has at most 8 calls here, not {len(names)}")
    fresh = False
    for name in names:
        if name == "backward" and not fresh:
            raise ValueError("each backward needs a loss before it: it frees what that loss had kept")
        fresh = name == "loss" or (fresh and name != "backward")
    return names


def _order_row(turn: int, call: str, w: Tensor) -> Row:
    gradient = "None" if w.grad is None else number(w.grad.item())
    return (str(turn) if turn else "", call, gradient, number(w.item()))


def _order_frame(rows: list[Row], w: Tensor, names: list[str], note: str = "") -> Frame:
    table = Table("after each call", ("round", "call", "w.grad", "w"), tuple(rows), len(rows) - 1)
    values = {"w": w.item()} if w.grad is None else {"w": w.item(), "w.grad": w.grad.item()}
    last = len(rows) - 1 == ROUNDS * len(names)
    return Frame((table,), values, note or _order_note(rows, last), len(rows) - 1, ROUNDS * len(names))


def _order_note(rows: list[Row], last: bool) -> str:
    """What the last call changed; of the last round where w has come to."""
    _, call, gradient, w = rows[-1]
    if len(rows) == 1:
        return f"The start: w is {w}, and w.grad is {gradient}."
    if last:
        moved = "never moved: it is" if all(row[3] == rows[0][3] for row in rows) else "is"
        return f"After three rounds w {moved} {w}, and w.grad is {gradient}."
    _, _, gradient_before, w_before = rows[-2]
    if w != w_before:
        return f"{call} moved w from {w_before} to {w}, and left w.grad at {gradient}."
    if gradient != gradient_before:
        return f"{call} changed w.grad from {gradient_before} to {gradient}; w stays at {w}."
    return f"{call} changed neither: w.grad is {gradient}, and w is {w}."


def _order_error(rows: list[Row], w: Tensor, names: list[str], turn: int, name: str, error: RuntimeError) -> Frame:
    """The last frame of an order that torch refuses."""
    what = "step moved w between loss and backward" if "inplace" in str(error) else str(error)[:60]
    rows.append(_order_row(turn, f"{name}: RuntimeError", w))
    return _order_frame(rows, w, names, f"RuntimeError in round {turn}: {what}.")


def bench(bug: str, lr: float, classes: int) -> Iterator[Frame]:
    """Trains a network with one bug in its loop, and another without,
    from the same start, on the same batches."""
    torch.manual_seed(0)
    points, labels = blobs(classes, 300, seed=0)  # (300, 2), (300,)
    right, model = network(classes), network(classes)
    seen = Bench(bug, classes, right, model)
    yield seen.start(points, labels)

    right_opt = torch.optim.SGD(right.parameters(), lr=lr)
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    if bug == "replaced_layer":
        model[2] = nn.Linear(32, classes)  # opt holds the old one
    seen.remember_weights()
    for batch in batches(STEPS):
        x, y = points[batch], labels[batch]  # (50, 2), (50,)
        right_loss = right_step(right, right_opt, x, y)

        if bug not in ("no_zero_grad", "late_zero_grad"):
            opt.zero_grad()
        loss = loss_with(bug, model(x), y)
        if bug != "no_backward":
            try:
                loss.backward()
            except RuntimeError as error:
                yield seen.stopped(error)
                return
        if bug == "late_zero_grad":
            opt.zero_grad()
        if bug != "no_step":
            opt.step()
        yield seen.frame(right_loss, loss.item())


def loss_with(bug: str, logits: Tensor, y: Tensor) -> Tensor:
    """The loss of (N, C) logits for (N,) labels, or what becomes of it by one of the bugs."""
    if bug == "softmax_first":
        return cross_entropy(logits.softmax(dim=1), y)
    if bug == "wrong_axis":
        return nll_loss(logits.log_softmax(dim=0), y)
    if bug == "shuffled_labels":
        return cross_entropy(logits, y[torch.randperm(len(y))])
    if bug == "loss.item()":
        return torch.tensor(cross_entropy(logits, y).item())
    return cross_entropy(logits, y)


class Bench:
    """What was seen of two trainings side by side: the right loop's and the one with the bug."""

    def __init__(self, bug: str, classes: int, right: nn.Sequential, model: nn.Sequential) -> None:
        self.bug, self.classes = bug, classes
        self.models: tuple[Any, Any] = (right, model)
        self.losses: tuple[list[float], list[float]] = ([], [])
        self.weights: list[list[Tensor]] = []
        self.fresh = blobs(classes, 600, seed=1)

    def remember_weights(self) -> None:
        """What the weights' way is measured from."""
        self.weights = [[layer.weight.detach().clone() for layer in (model[0], model[2])] for model in self.models]

    def start(self, points: Tensor, labels: Tensor) -> Frame:
        """Before the first step, on all points."""
        self.remember_weights()
        with torch.no_grad():
            loss = cross_entropy(self.models[1](points), labels).item()
        right, mine = self._facts()
        begin = f"Before training the loss is {number(loss)}; ln {self.classes} is {number(math.log(self.classes))}"
        note = f"{begin}. {_percent(mine['accuracy'])} of new points are right."
        return self._shown(right, mine, {"loss": loss}, note)

    def frame(self, right_loss: float, loss: float) -> Frame:
        """After one more step. The losses are those of its batch."""
        for line, value in zip(self.losses, (right_loss, loss)):
            line.append(value)
        right, mine = self._facts()
        note = f"Step {len(self.losses[1])}: loss {number(loss)}, {_percent(mine['accuracy'])} of new points right"
        if self.bug != "none":
            gradient = number(mine["gradient"]) if "gradient" in mine else "None"
            note += f"; the right loop has {number(right_loss)}, {_percent(right['accuracy'])}"
            note += f". Last layer moved {number(mine['last moved'])}, gradient {gradient}"
        values = {"right loss": right_loss, "right accuracy": right["accuracy"], "loss": loss}
        return self._shown(right, mine, values, f"{note}.")

    def stopped(self, error: RuntimeError) -> Frame:
        """The last frame of a loop that torch refuses."""
        said = " ".join(str(error).split())[:100].rstrip(".")
        right, mine = self._facts()
        return replace(self._shown(right, mine, {}, f"RuntimeError at the first backward(): {said}."), step=1)

    def _facts(self) -> list[Values]:
        """What tells bugs apart, of each model."""
        points, labels = self.fresh
        facts = []
        for model, before in zip(self.models, self.weights):
            with torch.no_grad():
                right = int((model(points).argmax(dim=1) == labels).sum())
                moved = [(model[k].weight - weight).norm().item() for k, weight in zip((0, 2), before)]
            facts.append({"accuracy": right / len(labels), "first moved": moved[0], "last moved": moved[1]})
            if model[2].weight.grad is not None:
                facts[-1]["gradient"] = model[2].weight.grad.norm().item()
        return facts

    def _shown(self, right: Values, mine: Values, losses: Values, note: str) -> Frame:
        columns = {"right loop": right} if self.bug == "none" else {"right loop": right, self.bug: mine}
        lines = tuple(Series(name, tuple(line)) for name, line in zip(columns, self.losses))
        chance = Level(math.log(self.classes), f"chance, ln {self.classes}")
        chart = Chart("loss of each batch", lines, STEPS - 1, low=0, high=1.5, levels=(chance,))
        table = Table("what tells them apart", ("", *columns), _bench_rows(list(columns.values())))
        return Frame((chart, table), {**losses, **mine}, note, len(self.losses[1]), STEPS)


def _bench_rows(columns: list[Values]) -> tuple[Row, ...]:
    def row(name: str, word: Callable[[Values], str]) -> Row:
        return (name, *(word(facts) for facts in columns))

    return (
        row("new points right", lambda facts: _percent(facts["accuracy"])),
        row("last layer moved", lambda facts: number(facts["last moved"])),
        row("last layer's gradient", lambda facts: number(facts["gradient"]) if "gradient" in facts else "None"),
    )


def held(how: str) -> Iterator[Frame]:
    """Trains three layers for 60 steps. Which are in parameters(),
    which does the optimizer hold, and how far does each one move?"""
    torch.manual_seed(0)
    points, labels = blobs(3, 300, seed=0)
    net = Net(in_a_list=how == "plain_list")
    if how == "frozen":
        net.first.requires_grad_(False)
    losses: list[float] = []
    start = net.weights()
    yield _held_frame(net, start, losses)

    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    if how == "replaced":
        net.head = nn.Linear(32, 3)
    start = net.weights()
    for batch in batches(SHORT):
        opt.zero_grad()
        loss = cross_entropy(net(points[batch]), labels[batch])
        loss.backward()
        opt.step()

        losses.append(loss.item())
        yield _held_frame(net, start, losses, opt)


class Net(nn.Module):
    """Three layers; the middle one may stand in a plain list, where the module does not see it."""

    def __init__(self, in_a_list: bool) -> None:
        super().__init__()
        self.first = nn.Linear(2, 32)
        middle = [nn.Linear(32, 32)]
        self.middle = middle if in_a_list else nn.ModuleList(middle)
        self.head = nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x).relu()
        for layer in self.middle:
            hidden = layer(hidden).relu()
        logits: Tensor = self.head(hidden)
        return logits

    def layers(self) -> dict[str, Any]:
        return {"first": self.first, "middle": self.middle[0], "head": self.head}

    def weights(self) -> dict[str, Tensor]:
        """A copy of each layer's weight."""
        return {name: layer.weight.detach().clone() for name, layer in self.layers().items()}


def _held_frame(
    net: Net, start: dict[str, Tensor], losses: list[float], opt: torch.optim.Optimizer | None = None
) -> Frame:
    listed = {id(parameter) for parameter in net.parameters()}
    holds = {id(parameter) for group in opt.param_groups for parameter in group["params"]} if opt else set()
    rows, values, stuck = [], {}, []
    for name, layer in net.layers().items():
        weight = layer.weight
        moved = (weight.detach() - start[name]).norm().item()
        gradient = None if weight.grad is None else weight.grad.norm().item()
        values[f"{name} moved"] = moved
        if gradient is not None:
            values[f"{name} gradient"] = gradient
        if losses and not moved:
            stuck.append((name, gradient))
        held_word = _yes(id(weight) in holds) if opt else "–"
        slope = "None" if gradient is None else number(gradient)
        rows.append((name, _yes(id(weight) in listed), held_word, slope, number(moved)))
    table = Table(
        "three layers", ("layer", "in parameters()", "in the optimizer", "gradient", "moved"), tuple(rows), None
    )
    if losses:
        values["loss"] = losses[-1]
    chart = Chart("loss of each batch", (Series("loss", tuple(losses)),), SHORT - 1, low=0, high=1.2)
    return Frame((table, chart), values, _held_note(losses, stuck), len(losses), SHORT)


def _held_note(losses: list[float], stuck: list[tuple[str, float | None]]) -> str:
    if not losses:
        return "The start: three layers, no gradient yet, and no optimizer."
    begin = f"Step {len(losses)}: the loss is {number(losses[-1])}"
    if not stuck:
        return f"{begin}, and all three layers move."
    ((name, gradient),) = stuck
    slope = "has no gradient" if gradient is None else f"has a gradient of {number(gradient)}"
    return f"{begin}; {name} {slope} and has not moved at all."


def accumulate(samples: int, divide: str) -> Iterator[Frame]:
    """The gradient of one batch: all at once, and added up from parts
    of 16 samples. Divided by what do they agree?"""
    x, y = blobs(3, samples, seed=0)  # (samples, 2), (samples,)
    model = network(3)
    cross_entropy(model(x), y).backward()
    whole = gradient_of(model)
    model.zero_grad()
    sums = [torch.zeros_like(whole)]
    yield _parts_frame(sums, whole, samples)

    parts = list(zip(x.split(PART), y.split(PART)))
    for inputs, targets in parts:
        loss = cross_entropy(model(inputs), targets)
        if divide == "by_parts":
            loss = loss / len(parts)
        elif divide == "by_samples":
            loss = loss * len(inputs) / samples
        loss.backward()  # adds to what is there

        sums.append(gradient_of(model))
        yield _parts_frame(sums, whole, samples)


def _parts_frame(sums: list[Tensor], whole: Tensor, samples: int) -> Frame:
    count, done = math.ceil(samples / PART), len(sums) - 1
    length, target = sums[-1].norm().item(), whole.norm().item()
    off = ((sums[-1] - whole).norm() / whole.norm()).item()
    line = Series("added up", tuple(each.norm().item() for each in sums))
    level = Level(target, "all at once")
    chart = Chart("length of the gradient", (line,), count, x="part", low=0, high=2 * target, levels=(level,))
    values = {"length": length, "at once": target, "off by": off}
    return Frame((chart,), values, _parts_note(done, count, length, target, off), done, count)


def _parts_note(done: int, count: int, length: float, target: float, off: float) -> str:
    if done == 0:
        return f"All at once the gradient is {number(target)} long; nothing was added up yet."
    if done < count:
        return f"After {done} of {count} parts it is {number(length)} long; all at once it is {number(target)}."
    if off < 1e-5:
        return f"The {count} parts add up to the gradient of the whole batch, {number(target)} long."
    times, percent = number(length / target), number(100 * off)
    return f"The {count} parts add up to {times} times the length; the difference is {percent} % of the right one."


def load(case: str, strict: bool) -> Iterator[Frame]:
    """Trains a network, saves it, and loads the file into a new one,
    which may not be quite the same."""
    torch.manual_seed(0)
    points, labels = blobs(3, 300, seed=0)
    trained: nn.Module = network(3)
    yield _load_frame("Before training", trained)

    opt = torch.optim.SGD(trained.parameters(), lr=0.1)
    for batch in batches(SHORT):
        right_step(trained, opt, points[batch], labels[batch])
    if case == "wrapped":
        trained = Wrapper(trained)  # as several processes wrap it
    file = io.BytesIO()
    whole = case == "whole_model"
    torch.save(trained if whole else trained.state_dict(), file)
    yield _load_frame("Trained and saved", trained)

    width = 48 if case == "wider" else 32
    fresh = network(3, width, seed=1)
    if case == "deeper":
        fresh.append(nn.Linear(3, 3))
    file.seek(0)
    error: Exception | None = None
    try:
        state = torch.load(file, weights_only=True)
        fresh.load_state_dict(state, strict=strict)
    except (RuntimeError, pickle.UnpicklingError) as refused:
        error = refused
    yield _load_frame("Loaded", fresh, trained, error)


class Wrapper(nn.Module):
    """Holds a model as `module`, as DistributedDataParallel does, so each of its keys begins with "module."."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Any:
        return self.module(x)


def _load_frame(when: str, model: nn.Module, saved: nn.Module | None = None, error: Exception | None = None) -> Frame:
    """A row for each key of the file and of the model: its shape in both, and whether it was loaded."""
    mine, theirs = model.state_dict(), (saved or model).state_dict()
    loaded = {key for key in mine if key in theirs and torch.equal(mine[key], theirs[key])} if saved else set()
    rows = tuple(
        (key, _shape(theirs.get(key)), _shape(mine.get(key)), _yes(key in loaded)) for key in {**theirs, **mine}
    )
    if saved is None:
        table = Table("its state_dict", ("key", "shape"), tuple((key, _shape(mine[key])) for key in mine))
    else:
        table = Table("key by key", ("key", "in the file", "in the model", "loaded"), rows)
    right = _accuracy(model)
    values = {"accuracy": right, "keys loaded": float(len(loaded))}
    note = f"{when}: {_percent(right)} of new points are right."
    if saved is not None:
        note = _load_note(right, len(loaded), len(mine), error)
    return Frame((table,), values, note, {"Before training": 0, "Trained and saved": 1}.get(when, 2), 2)


def _load_note(right: float, loaded: int, keys: int, error: Exception | None) -> str:
    """What came of it; of an error the line that names the reason."""
    if error is None:
        return f"No error: {loaded} of {keys} tensors were loaded, and {_percent(right)} of new points are right."
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    reasons = ("Missing key", "size mismatch", "WeightsUnpickler error", "Unsupported")
    told = next((line for line in lines if line.startswith(reasons)), lines[0])
    told = told[:100] + "…" if len(told) > 100 else told.rstrip(". ")
    return f"{type(error).__name__}: {told}"


def ranks(case: str) -> Iterator[Frame]:
    """Three ranks with 16 samples each and one model. Here each is a
    thread; all_reduce is the real one, from torch.distributed."""
    x, y = blobs(3, RANKS * PART, seed=0)  # (48, 2), (48,)
    start, model = network(3), network(3)
    cross_entropy(model(x), y).backward()
    whole = gradient_of(model)
    own: dict[int, Tensor] = {}
    yield _ranks_frame(own, {}, {}, whole)

    def backward(rank: int) -> Tensor:
        copy = deepcopy(start)  # the same weights on every rank
        mine = slice(PART * rank, PART * (rank + 1))
        cross_entropy(copy(x[mine]), y[mine]).backward()
        own[rank] = gradient_of(copy)
        return own[rank].clone()

    def work(rank: int, all_reduce: AllReduce) -> Tensor:
        gradient = backward(rank)
        if rank == 1 and case == "one_skips":
            return gradient
        if rank == 1 and case == "one_fails":
            raise ValueError("a bad batch")
        all_reduce(gradient)  # becomes the sum over all ranks
        return gradient / RANKS

    after, errors = in_threads(work)
    yield _ranks_frame(own, after, errors, whole)


def in_threads(
    work: Callable[[int, AllReduce], Tensor],
) -> tuple[dict[int, Tensor], dict[int, Exception]]:
    """What `work` returned or raised for each rank. Raises RuntimeError where torch has no gloo.

    A rank that fails closes its connections, as a process that ends does. One that returns, or that only waited in
    vain, keeps them until all are done.
    """
    distributed: Any = torch.distributed
    if not (distributed.is_available() and distributed.is_gloo_available()):
        raise RuntimeError("this torch was built without gloo, through which the ranks would talk")
    store = distributed.HashStore()
    results: dict[int, Tensor] = {}
    errors: dict[int, Exception] = {}
    ended = threading.Barrier(RANKS)

    def run(rank: int) -> None:
        try:
            group = _gloo(store, rank)
            results[rank] = work(rank, lambda tensor: group.allreduce([tensor]).wait())
        except Exception as error:
            if not _timed_out(error):
                group = None
            errors[rank] = error.with_traceback(None)
        ended.wait(20 * PATIENCE)

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(RANKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, errors


def _gloo(store: Any, rank: int) -> Any:
    """A rank's end of a gloo group on this machine's loopback address."""
    gloo: Any = torch.distributed.ProcessGroupGloo
    options = gloo._Options()
    options._devices = [gloo.create_device(hostname="127.0.0.1")]
    options._timeout = datetime.timedelta(seconds=PATIENCE)
    return gloo(store, rank, RANKS, options)


def _ranks_frame(
    own: dict[int, Tensor], after: dict[int, Tensor], errors: dict[int, Exception], whole: Tensor
) -> Frame:
    rows = []
    for rank in range(RANKS):
        mine = number(own[rank].norm().item()) if rank in own else "–"
        shared = number(after[rank].norm().item()) if rank in after else _fate(errors.get(rank))
        rows.append((str(rank), f"{PART * rank} to {PART * (rank + 1) - 1}", mine, shared))
    table = Table("gradients, by length", ("rank", "samples", "its own", "after all_reduce"), tuple(rows))
    off = {rank: ((gradient - whole).norm() / whole.norm()).item() for rank, gradient in after.items()}
    values = {f"rank {rank} off by": value for rank, value in sorted(off.items())}
    return Frame((table,), values, _ranks_note(own, off, errors, whole), int(bool(own)), 1)


def _fate(error: Exception | None) -> str:
    if error is None:
        return "–"
    told = "timed out" if _timed_out(error) else "connection lost" if _is_gloo(error) else str(error)
    return f"{type(error).__name__}: {told}"


def _timed_out(error: Exception) -> bool:
    return _is_gloo(error) and "Timed out" in str(error)


def _is_gloo(error: Exception) -> bool:
    return isinstance(error, RuntimeError) and "gloo" in str(error)


def _ranks_note(own: dict[int, Tensor], off: dict[int, float], errors: dict[int, Exception], whole: Tensor) -> str:
    if not own:
        return f"The gradient of all {RANKS * PART} samples at once is {number(whole.norm().item())} long."
    if not errors:
        worst = max(off.values())
        same = "the gradient of all 48 samples at once" if worst < 1e-5 else "something else"
        return f"After all_reduce every rank holds the same gradient, and it is {same}."
    victims = joined([str(rank) for rank, error in sorted(errors.items()) if _is_gloo(error)])
    if isinstance(errors.get(1), ValueError):
        return f"Rank 1 failed with a ValueError. Ranks {victims} lost the connection and failed too: RuntimeError."
    if 1 not in errors:
        return f"Rank 1 did not call. Ranks {victims} waited {number(PATIENCE)} s for it, then failed: RuntimeError."
    return f"The ranks could not talk to each other: {type(errors[1]).__name__}."


# ── What several demos share ──────────────────────────────────────────────────────────────────────────────────────────


def blobs(classes: int, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Points in as many round clouds as classes, on a circle of radius 2, and their classes: (count, 2), (count,)."""
    generator = torch.Generator().manual_seed(seed)
    angles = 2 * math.pi * torch.arange(classes) / classes
    middles = 2 * torch.stack([angles.cos(), angles.sin()], dim=1)
    spread = 0.8 * math.sin(math.pi / classes)  # a fifth of the way between two neighbours
    labels = torch.randint(classes, (count,), generator=generator)
    return middles[labels] + spread * torch.randn(count, 2, generator=generator), labels


def network(classes: int, width: int = 32, seed: int = 0) -> nn.Sequential:
    """Two inputs, one hidden layer; the same weights for the same seed, in any thread."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, classes))


def batches(count: int) -> Iterator[Tensor]:
    """The places of 50 of 300 points, drawn anew for each batch."""
    generator = torch.Generator().manual_seed(2)
    for _ in range(count):
        yield torch.randint(300, (50,), generator=generator)


def right_step(model: nn.Module, opt: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    """One step as it should be; the loss before it."""
    opt.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()


def gradient_of(model: nn.Module) -> Tensor:
    """All gradients of a model in one vector."""
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None])


def _accuracy(model: nn.Module) -> float:
    points, labels = blobs(3, 600, seed=1)
    with torch.no_grad():
        return int((model(points).argmax(dim=1) == labels).sum()) / len(labels)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _shape(tensor: Tensor | None) -> str:
    return "–" if tensor is None else "×".join(map(str, tensor.shape))
