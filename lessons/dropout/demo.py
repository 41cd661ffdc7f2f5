"""Dropout: what it does to values and gradients, in which mode, what it gains, what it costs. All on torch.nn.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lessons.kit import Chart, Frame, Grid, Histogram, Level, Mark, Series, Table, joined, number

PASSES = 8
MEAN_PASSES = 200
CALLS = 10
BATCHES = 30
UPDATES = 8
STEPS = 100
ASKED = 100

NEW = 1000
"""Points that no network is trained on: what it gets right among them is what it has learned."""

Values = dict[str, float]


def mask(p: float) -> Iterator[Frame]:
    """Sends eight ones through a dropout layer eight times, in
    training mode: each pass draws a new mask of zeros."""
    torch.manual_seed(0)
    dropout = nn.Dropout(p)
    x = torch.ones(8)
    passes: list[Tensor] = []
    yield _mask_frame(x, passes, p)

    for _ in range(PASSES):
        y = dropout(x)  # (8,)
        passes.append(y)
        yield _mask_frame(x, passes, p)


def _mask_frame(x: Tensor, passes: list[Tensor], p: float) -> Frame:
    count = len(passes)
    rows = tuple(f"pass {each}" for each in range(1, count + 1)) or ("x",)
    entries = torch.cat(passes or [x])
    zeros = tuple((entries == 0).nonzero().flatten().tolist())
    columns = tuple(str(column) for column in range(1, 9))
    meaning = "dropped" if zeros else ""
    grid = Grid(
        "what comes out" if passes else "what goes in",
        rows,
        columns,
        tuple(entries.tolist()),
        0,
        1 / (1 - p),
        zeros,
        meaning,
    )
    values = {"dropped": len(zeros) / (8 * count) if count else 0.0, "largest": entries.max().item()}
    return Frame((grid,), values, _mask_note(passes), count, PASSES)


def _mask_note(passes: list[Tensor]) -> str:
    """How many fell in the last pass, or at the end in all, and what became of the others."""
    if not passes:
        return "Eight ones wait before the layer; nothing has gone through it yet."
    done = len(passes) == PASSES
    seen = torch.cat(passes) if done else passes[-1]
    count, of = int((seen == 0).sum()), f"In {PASSES} passes" if done else f"Pass {len(passes)}:"
    if count == len(seen):
        return f"{of} all {count} values became 0."
    return f"{of} {count} of {len(seen)} values became 0, and each of the others {number(seen.max().item())}."


def mean(p: float, scaled: bool) -> Iterator[Frame]:
    """Sends a hundred ones through dropout again and again: the mean
    of what comes out of one pass, and of all passes so far."""
    torch.manual_seed(0)
    x = torch.ones(100)
    means: list[float] = []
    yield _mean_frame(means, p, scaled)

    for _ in range(MEAN_PASSES):
        kept = torch.rand(100) >= p  # True with probability 1 - p
        y = x * kept
        if scaled:
            y = y / (1 - p)  # as nn.Dropout does
        means.append(y.mean().item())
        yield _mean_frame(means, p, scaled)


def _mean_frame(means: list[float], p: float, scaled: bool) -> Frame:
    """The lines begin at 1, the mean of x itself."""
    count, total, so_far = len(means), 0.0, [1.0]
    for place, each in enumerate(means, start=1):
        total += each
        so_far.append(total / place)
    lines = Series("all so far", tuple(so_far)), Series("one pass", (1.0, *means))
    level = Level(1, "x, and evaluation")
    chart = Chart("mean of what comes out", lines, MEAN_PASSES, x="pass", low=0, high=2, levels=(level,))
    values = {"mean": so_far[-1], "lowest": min(means, default=1.0), "highest": max(means, default=1.0)}
    return Frame((chart,), values, _mean_note(means, so_far[-1], p, scaled), count, MEAN_PASSES)


def _mean_note(means: list[float], so_far: float, p: float, scaled: bool) -> str:
    """Where the mean is, and what that means for evaluation."""
    if not means:
        how = f"divided by 1 − p = {number(1 - p)}" if scaled else "not scaled"
        return f"A hundred ones wait; each is dropped with probability {number(p)}, and what is kept is {how}."
    if len(means) < MEAN_PASSES:
        return f"The mean of pass {len(means)} is {number(means[-1])}, and of all passes so far {number(so_far)}."
    told = f"After {len(means)} passes the mean is {number(so_far)}"
    if scaled:
        return f"{told}; single passes lie between {number(min(means))} and {number(max(means))}."
    return f"{told}; evaluation drops nothing and hands on 1, which is {number(1 / so_far)} times as much."


def modes(mode: str, written: str, no_grad: bool) -> Iterator[Frame]:
    """Calls one model eleven times on one input."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = nn.Linear(4, 16)
            self.dropout = nn.Dropout(0.5)
            self.out = nn.Linear(16, 1)

        def forward(self, x: Tensor) -> Tensor:
            h = self.hidden(x).relu()
            if written == "nn.Dropout":
                h = self.dropout(h)
            elif written == "F.dropout":
                h = F.dropout(h, 0.5)
            else:
                h = F.dropout(h, 0.5, self.training)
            return self.out(h)  # type: ignore[no-any-return]

    torch.manual_seed(0)
    model, x = Net(), torch.randn(1, 4)
    model.train(mode == "train")  # train(False) is eval()
    outputs: list[float] = []
    for _ in range(1 + CALLS):
        with torch.set_grad_enabled(not no_grad):
            outputs.append(model(x).item())
        yield _modes_frame(outputs, mode, no_grad)


def _modes_frame(outputs: list[float], mode: str, no_grad: bool) -> Frame:
    """The first call is the start, and stands at 0."""
    count, different = len(outputs), len(set(outputs))
    chart = Chart("output", (Series("output", tuple(outputs)),), CALLS, x="call", low=-1, high=1)
    where = f"in {mode} mode{' under no_grad' if no_grad else ''}"
    if count == 1:
        note = f"The first call {where} gave {number(outputs[0])}; the same input comes {CALLS} times more."
    elif different == 1:
        note = f"{count} calls {where} all gave {number(outputs[0])}: nothing is dropped."
    else:
        note = f"{count} calls {where} gave {different} different outputs: dropout is on."
    values = {"output": outputs[-1], "different outputs": float(different)}
    return Frame((chart,), values, note, count - 1, CALLS)


def statistics(mode: str, no_grad: bool) -> Iterator[Frame]:
    """Trains a BatchNorm layer on values around 0, then evaluates it
    on values around 3, without any optimizer."""
    torch.manual_seed(0)
    norm = nn.BatchNorm1d(1)
    running_mean = norm.get_buffer("running_mean")
    for _ in range(100):
        norm(torch.randn(32, 1))  # training: values around 0
    norm.train(mode == "train")
    seen = [(running_mean.item(), 0.0)]
    yield _statistics_frame(seen, mode)

    for _ in range(BATCHES):
        x = 3 + torch.randn(32, 1)
        with torch.set_grad_enabled(not no_grad):
            y = norm(x)
        seen.append((running_mean.item(), y.mean().item()))
        yield _statistics_frame(seen, mode)


def _statistics_frame(seen: list[tuple[float, float]], mode: str) -> Frame:
    running, outputs = zip(*seen)
    lines = Series("running_mean", running), Series("mean of the output", outputs)
    level = Level(3, "mean of what goes in")
    chart = Chart("in the layer and behind it", lines, BATCHES, x="batch", low=-1, high=4, levels=(level,))
    values = {"running_mean": running[-1], "output": outputs[-1]}
    return Frame((chart,), values, _statistics_note(seen, mode), len(seen) - 1, BATCHES)


def _statistics_note(seen: list[tuple[float, float]], mode: str) -> str:
    """Whether evaluation has moved the layer's statistics."""
    (start, _), (now, output), count = seen[0], seen[-1], len(seen) - 1
    if count == 0:
        return f"After training the layer's running_mean is {number(start)}; no batch around 3 has come yet."
    batches = "1 batch" if count == 1 else f"{count} batches"
    told = f"after {batches} in {mode} mode running_mean"
    if now == start:
        return f"Unchanged: {told} is still {number(now)}, and the output's mean is {number(output)}."
    return f"Changed: {told} went from {number(start)} to {number(now)}, and the output's mean is {_near_zero(output)}."


def _near_zero(value: float) -> str:
    """Rounding leaves 1e-8 where the layer has subtracted the mean."""
    return number(0.0 if abs(value) < 1e-5 else value)


def gradient(p: float, optimizer: str) -> Iterator[Frame]:
    """Eight neurons of one weight each. Their sum, after dropout,
    is trained to be 8: which weights get a gradient, which move?"""
    torch.manual_seed(0)
    w = nn.Parameter(torch.rand(8))
    yield _gradient_frame(w, None, w.detach(), 0)

    build = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}
    opt = build[optimizer]([w], lr=0.01)
    for update in range(1, UPDATES + 1):
        h = w * 1.0  # the input is 1
        after = F.dropout(h, p)  # (8,), training=True
        loss = (after.sum() - 8) ** 2
        opt.zero_grad()
        loss.backward()

        before = w.detach().clone()
        opt.step()
        yield _gradient_frame(w, after, before, update)


def _gradient_frame(w: Tensor, after: Tensor | None, before: Tensor, update: int) -> Frame:
    """Weights before the step, what dropout left of them, their gradients, and how far the step moved them."""
    columns = {"weight": before}
    dropped: list[int] = []
    if after is not None and w.grad is not None:
        columns |= {"after dropout": after.detach(), "gradient": w.grad, "moved by": w.detach() - before}
        dropped = (after == 0).nonzero().flatten().tolist()
    cells = zip(*(map(number, column.tolist()) for column in columns.values()))
    rows = tuple((str(neuron), *row) for neuron, row in enumerate(cells, start=1))
    table = Table(f"update {update}" if update else "the start", ("neuron", *columns), rows)
    quiet = int((columns["gradient"][dropped] == 0).sum()) if dropped else 0
    moving = int((columns["moved by"][dropped] != 0).sum()) if dropped else 0
    values: Values = {"dropped": len(dropped), "without a gradient": quiet, "dropped but moved": moving}
    return Frame((table,), values, _gradient_note(update, dropped, quiet, moving), update, UPDATES)


def _gradient_note(update: int, dropped: list[int], quiet: int, moving: int) -> str:
    """What became of the weights of dropped neurons."""
    if update == 0:
        return "Eight weights at their start: no gradient yet, and nothing has moved."
    if not dropped:
        return f"Update {update}: no neuron was dropped, so every weight has a gradient."
    names = joined([str(place + 1) for place in dropped])
    who = f"neuron {names} was" if len(dropped) == 1 else f"neurons {names} were"
    return (
        f"Update {update}: {who} dropped; {quiet} of {len(dropped)} have gradient 0, and {moving} moved all the same."
    )


def gap(
    data: str,
    p: float,
    width: int,
    seed: int,
) -> Iterator[Frame]:
    """Trains a network with two dropout layers, and asks it for its
    loss on the training points and on 1000 new ones, in eval mode."""
    points, classes = sample(data, seed)  # what it is trained on
    new_points, new_classes = sample(data, 1000 + seed, NEW)
    torch.manual_seed(seed)
    model = network(points.shape[1], width, p)

    loss = cross_entropy(model(points), classes)  # with dropout
    learned = score(model.eval(), points, classes)
    general = score(model, new_points, new_classes)
    seen = [_gap_values(loss, learned, general)]
    yield _gap_frame(seen, data)

    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(STEPS):
        opt.zero_grad()
        loss.backward()
        opt.step()

        model.train()
        loss = cross_entropy(model(points), classes)
        learned = score(model.eval(), points, classes)
        general = score(model, new_points, new_classes)
        seen.append(_gap_values(loss, learned, general))
        yield _gap_frame(seen, data)


def network(features: int, width: int, p: float) -> nn.Sequential:
    """Two hidden layers, each followed by dropout; two classes."""
    return nn.Sequential(
        nn.Linear(features, width),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(width, 2),
    )


def sample(data: str, seed: int, count: int | None = None) -> tuple[Tensor, Tensor]:
    """Points and their classes. Without a count those to train on, where one label in ten of "noisy" is wrong."""
    generator = torch.Generator().manual_seed(seed)
    if data == "moons":
        half = (count or 40) // 2
        angle = math.pi * torch.rand(half, generator=generator)
        circle = torch.stack([angle.cos(), angle.sin()], dim=1)
        points = torch.cat([circle, torch.tensor([1.0, 0.5]) - circle])
        return points + 0.1 * torch.randn(2 * half, 2, generator=generator), torch.arange(2).repeat_interleave(half)
    points = torch.randn(count or 200, 20, generator=generator)
    classes = (points[:, 0] + points[:, 1] > points[:, 2] * points[:, 3]).long()
    wrong = torch.rand(len(points), generator=generator) < (0.1 if count is None else 0.0)
    return points, torch.where(wrong, 1 - classes, classes)


@torch.no_grad()
def score(model: nn.Module, points: Tensor, classes: Tensor) -> tuple[float, float]:
    """Loss and share of right answers, in the mode that the model is in."""
    logits = model(points)
    return cross_entropy(logits, classes).item(), (logits.argmax(dim=1) == classes).float().mean().item()


def _gap_values(loss: Tensor, learned: tuple[float, float], general: tuple[float, float]) -> Values:
    return {
        "training loss": learned[0],
        "validation loss": general[0],
        "training loss in train mode": loss.item(),
        "training accuracy": learned[1],
        "validation accuracy": general[1],
    }


def _gap_frame(seen: list[Values], data: str) -> Frame:
    losses = tuple(_line(seen, f"{name} loss", name) for name in ("training", "validation"))
    shares = tuple(_line(seen, f"{name} accuracy", name) for name in ("training", "validation"))
    printed = _line(seen, "training loss in train mode", "dropout on")
    high = 1.0 if data == "moons" else 2.5
    pictures = (
        Chart("loss", (*losses, printed), STEPS, low=0, high=high),
        Chart("share of right answers", shares, STEPS, low=0.4, high=1),
    )
    return Frame(pictures, seen[-1], _gap_note(seen), len(seen) - 1, STEPS)


def _gap_note(seen: list[Values]) -> str:
    """Both losses, and what is right among new points."""
    now, step = seen[-1], len(seen) - 1
    losses = (
        f"the training loss is {number(now['training loss'])}, the validation loss {number(now['validation loss'])}"
    )
    right = f"{_percent(now['validation accuracy'])} of the new points are right"
    if step == 0:
        return f"Before training {losses}, and {right}."
    if step < STEPS:
        return f"At step {step} {losses}, and {right}."
    return f"At the end {losses}, and {right}."


def forgot(p: float, seed: int) -> Iterator[Frame]:
    """Trains a network with dropout, and after every step evaluates
    it on 1000 new points twice: with model.eval(), and without."""
    points, classes = sample("noisy", seed)
    new_points, new_classes = sample("noisy", 1000 + seed, NEW)
    torch.manual_seed(seed)
    model = network(20, 64, p)
    seen = [_both(model, new_points, new_classes)]
    yield _forgot_frame(seen)

    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(STEPS):
        model.train()
        loss = cross_entropy(model(points), classes)
        opt.zero_grad()
        loss.backward()
        opt.step()

        seen.append(_both(model, new_points, new_classes))
        yield _forgot_frame(seen)

    # Once more, with no step in between.
    seen.append(_both(model, new_points, new_classes))
    yield _forgot_frame(seen)


def _both(model: nn.Module, points: Tensor, classes: Tensor) -> tuple[float, float]:
    """The share of right answers in eval mode and in train mode, in which the model is left."""
    in_eval = score(model.eval(), points, classes)[1]
    return in_eval, score(model.train(), points, classes)[1]


def _forgot_frame(seen: list[tuple[float, float]]) -> Frame:
    in_eval, in_train = zip(*seen)
    lines = Series("with eval()", in_eval), Series("without", in_train)
    chart = Chart("right answers among 1000 new points", lines, STEPS + 1, low=0.4, high=0.9)
    values = {"with eval()": in_eval[-1], "without": in_train[-1]}
    return Frame((chart,), values, _forgot_note(seen), len(seen) - 1, STEPS + 1)


def _forgot_note(seen: list[tuple[float, float]]) -> str:
    """What is right in both modes; the last row was measured on the network of the row before."""
    step, (right, without) = len(seen) - 1, map(_percent, seen[-1])
    if step == 0:
        return f"Before training {right} are right with eval() and {without} without: the network only guesses."
    if step <= STEPS:
        return f"At step {step} {right} are right with eval() and {without} without."
    before, without_before = map(_percent, seen[-2])
    both = f"{before} and {right} with eval(), {without_before} and {without} without"
    return f"Asked twice after the last step, the right ones are {both}."


def passes(
    where: str,
    p: float,
    seed: int,
) -> Iterator[Frame]:
    """Trains a network on two moons, then asks it a hundred times
    about one point, with dropout on."""
    x = torch.tensor([PLACES[where]])
    points, classes = sample("moons", seed)
    torch.manual_seed(seed)
    model = network(2, 64, p)
    answers: list[float] = []
    yield _passes_frame(answers, _answer(model.eval(), x))

    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    model.train()
    for _ in range(STEPS):
        opt.zero_grad()
        cross_entropy(model(points), classes).backward()
        opt.step()

    once = _answer(model.eval(), x)  # what you would report
    model.train()  # only because nothing but dropout has a mode here
    for _ in range(ASKED):
        answers.append(_answer(model, x))
        yield _passes_frame(answers, once)


PLACES = {"between": (0.5, 0.25), "inside": (0.0, 1.0), "below": (6.0, -6.0), "above": (6.0, 6.0)}
"""Points to ask about: between the moons, inside one of them, and two that are far from both."""


@torch.no_grad()
def _answer(model: nn.Module, x: Tensor) -> float:
    """The probability of class 1, in the mode that the model is in."""
    return float(model(x).softmax(dim=1)[0, 1])


def _passes_frame(answers: list[float], once: float) -> Frame:
    count = len(answers)
    bins = torch.histc(torch.tensor(answers), 20, 0, 1).tolist() if answers else [0.0] * 20
    histogram = Histogram("answers", tuple(bins), 0, 1, "probability of class 1", marks=(Mark(once, "in eval mode"),))
    told = torch.tensor(answers, dtype=torch.float64)
    middle = told.mean().item() if count else 0.0
    spread = told.std(correction=0).item() if count else 0.0
    values = {"in eval mode": once, "mean": middle, "spread": spread}
    if count == 0:
        note = f"Before training the network gives this point probability {number(once)} of class 1."
    elif count == 1:
        note = f"Trained; in eval mode it says {number(once)}, and the first pass with dropout {number(answers[0])}."
    else:
        note = (
            f"{count} passes: mean {_places(middle)}, spread {_places(spread)}; in eval mode it says {_places(once)}."
        )
    return Frame((histogram,), values, note, count, ASKED)


# ── What several demos share ──────────────────────────────────────────────────────────────────────────────────────────


def _line(seen: list[Values], key: str, name: str) -> Series:
    return Series(name, tuple(values[key] for values in seen))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _places(value: float) -> str:
    """Three places: a probability of 1e-7 is 0 here."""
    return f"{value:.3f}"
