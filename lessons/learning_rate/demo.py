"""Learning rate: what one step does, how large it may be, and what momentum and Adam change. All on torch.optim."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, normalize
from torch.nn.utils import parameters_to_vector

from lessons.kit import Chart, Frame, Level, Limit, Meter, Series, Surface, Zone, field
from lessons.kit.words import number

STEPS = 200


def build(optimizer: str, parameters: Iterable[Tensor], lr: float, beta: float = 0.9) -> torch.optim.Optimizer:
    """The optimizer of that name; momentum and Nesterov are SGD that keeps the share beta of its last step."""
    if optimizer == "Adam":
        return torch.optim.Adam(parameters, lr=lr)
    if optimizer == "SGD" or beta == 0:
        return torch.optim.SGD(parameters, lr=lr)
    return torch.optim.SGD(parameters, lr=lr, momentum=beta, nesterov=optimizer == "Nesterov")


def stability(lr: float, curvature: float, optimizer: str = "SGD", beta: float = 0.9) -> Meter:
    """lr × λ, on a scale whose limit is the one that this optimizer has on a bowl."""
    if optimizer == "Adam" or curvature <= 0:
        why = "no simple limit" if optimizer == "Adam" else "no upward curvature here"
        return Meter("lr × λ", None, (Zone(2.6, ""),), instead=why)
    limit = {"SGD": 2.0, "momentum": 2 * (1 + beta), "Nesterov": 2 * (1 + beta) / (1 + 2 * beta)}[optimizer]
    zones = [Zone(1, "monotone"), Zone(2, "zigzag")] if optimizer == "SGD" else [Zone(limit, "converges")]
    zones.append(Zone(1.3 * limit, "diverges", "danger"))
    return Meter("lr × λ", lr * curvature, tuple(zones), (Limit(limit, "critical"),))


def settled(losses: list[float]) -> int | None:
    """The step since which the loss is below one millionth of its start; None while it is not."""
    above = [not loss < 1e-6 * losses[0] for loss in losses]
    return None if above[-1] else len(losses) - above[::-1].index(True)


def bowl(lr: float, optimizer: str, beta: float) -> Iterator[Frame]:
    """Walks down ½(20·w1² + w2²) from (1, 1): the curvature λ is 20 along w1, drawn upwards, and 1 along w2."""

    def height(w1: Any, w2: Any) -> Any:
        return 0.5 * (20 * w1**2 + w2**2)

    w = nn.Parameter(torch.tensor([1.0, 1.0]))
    ground = field(lambda x, y: height(y, x), x=(-1.75, 1.75), y=(-1.3, 1.3))
    path: list[tuple[float, float]] = []
    losses: list[float] = []

    def frame() -> Frame:
        loss = height(*w)
        (gradient,) = torch.autograd.grad(loss, w)
        w1, w2 = w.tolist()
        path.append((w2, w1))
        losses.append(loss.item())
        goal = Level(1e-6 * losses[0], "one millionth of the start")
        pictures = (
            Surface("loss from above", ground, tuple(path), lowest=(0, 0), x="w2", y="w1"),
            stability(lr, 20, optimizer, beta),
            Chart("loss", (Series("loss", tuple(losses)),), STEPS, log=True, low=1e-18, high=1e6, levels=(goal,)),
        )
        values = {"loss": losses[-1], "w1": w1, "w2": w2, "gradient norm": gradient.norm().item(), "lr × λ": lr * 20}
        return Frame(pictures, values, bowl_note(path, losses), len(losses) - 1, STEPS)

    yield frame()  # before the optimizer is built: the first one of a process takes torch two seconds

    opt = build(optimizer, [w], lr, beta)
    for _ in range(STEPS):
        opt.zero_grad()
        loss = height(*w)
        loss.backward()
        opt.step()
        yield frame()
        if not math.isfinite(losses[-1]):
            break


def bowl_note(path: list[tuple[float, float]], losses: list[float]) -> str:
    """What the last step did to w1, or how the walk ended."""
    step, left = len(losses) - 1, number(losses[-1] / losses[0])
    if step == 0:
        return f"The start: w1 = 1 up the steep side, w2 = 1 along the flat one, and the loss is {number(losses[0])}."
    if not math.isfinite(losses[-1]):
        return f"It diverged: at step {step} the loss is {left}, more than float32 can hold."

    (_, before), (w2, w1) = path[-2:]
    since = settled(losses)
    crossed = w1 * before < 0
    if step == STEPS and since:
        return f"It converged: the loss is below one millionth of its start since step {since}."
    if step == STEPS and losses[-1] > losses[0]:
        return f"It diverges: after {step} steps the loss is {left} times its start."
    if step == STEPS and crossed and losses[-1] > 0.8 * losses[0]:
        return f"w1 swings for ever between {number(before)} and {number(w1)}: it neither converges nor explodes."
    if step == STEPS:
        return f"Slow: after {step} steps the loss is still {left} times its start."

    if since:
        return f"Below one millionth of the start since step {since}: w1 = {number(w1)}, w2 = {number(w2)}."
    if 20 * w1**2 < 0.01 * w2**2:
        return f"w1 is at the bottom; now the flat direction sets the pace, with w2 = {number(w2)} to go."
    way = "jumped across the valley" if crossed else "slid"
    where = "further out, to" if abs(w1) > abs(before) else "closer in, to"
    if crossed and math.isclose(w1, -before, rel_tol=1e-6):
        where = "to the mirror point,"
    return f"w1 {way} {where} {number(w1)}; the loss is {left} times its start."


RATES = {"SGD": 0.015, "momentum": 0.015, "Nesterov": 0.01}


def valley(rotate: float, follow: str, adam_lr: float) -> Iterator[Frame]:
    """Four optimizers walk down one valley, 100 times as steep across as along, turned by `rotate` degrees."""
    cos, sin = math.cos(math.radians(rotate)), math.sin(math.radians(rotate))

    def height(w1: Any, w2: Any) -> Any:
        across, along = cos * w1 - sin * w2, sin * w1 + cos * w2
        return 0.5 * (100 * across**2 + along**2)

    rates = {**RATES, "Adam": adam_lr}
    w = {name: nn.Parameter(torch.tensor([cos + sin, cos - sin])) for name in rates}  # across = along = 1
    ground = field(lambda x, y: height(y, x), x=(-1.75, 1.75), y=(-1.6, 1.6))
    path: list[tuple[float, float]] = []
    losses: dict[str, list[float]] = {name: [] for name in rates}
    steps = 320

    def frame() -> Frame:
        for name in rates:
            losses[name].append(height(*w[name]).item())
        w1, w2 = w[follow].tolist()
        path.append((w2, w1))
        lines = tuple(Series(name, tuple(losses[name])) for name in rates)
        goal = Level(1e-6 * losses["SGD"][0], "one millionth of the start")
        pictures = (
            Surface(f"the way of {follow}", ground, tuple(path), lowest=(0, 0), x="w2", y="w1"),
            Chart("loss", lines, steps, log=True, low=1e-20, high=1e4, levels=(goal,)),
        )
        values = {f"loss {name}": losses[name][-1] for name in rates}
        return Frame(pictures, values, valley_note(losses, steps), len(path) - 1, steps)

    yield frame()

    runs = {name: build(name, [w[name]], rates[name]) for name in rates}
    for _ in range(steps):
        for name, opt in runs.items():
            opt.zero_grad()
            loss = height(*w[name])
            loss.backward()
            opt.step()
        yield frame()


def valley_note(losses: dict[str, list[float]], steps: int) -> str:
    """Who has settled below one millionth of the start, and since when."""
    step = len(losses["SGD"]) - 1
    if step == 0:
        return "All four start at one place: one unit up the wall, and one unit along the floor from the lowest point."
    since = {name: settled(line) for name, line in losses.items()}
    there = ", ".join(f"{name} {at}" for at, name in sorted((at, name) for name, at in since.items() if at))
    if not there:
        first = min(losses, key=lambda name: losses[name][-1])
        return f"None is below one millionth of the start yet; {first} leads, at {number(losses[first][-1])}."
    missing = ", ".join(name for name, at in since.items() if not at)
    rest = f"; not in {step} steps: {missing}" if missing else ""
    return f"Below one millionth of the start since step: {there}{rest}."


def regression(lr: float, standardise: bool) -> Iterator[Frame]:
    """Fits a line to 128 points with SGD: the mean squared error is a bowl over weight and bias."""
    generator = torch.Generator().manual_seed(0)
    feature = 10 * torch.rand(128, generator=generator)
    target = 3 * feature + 2 + 0.5 * torch.randn(128, generator=generator)
    if standardise:
        feature = (feature - feature.mean()) / feature.std()

    def error(weight: Any, bias: Any) -> Any:
        return mse_loss(weight * feature + bias, target)

    columns = torch.stack([feature, torch.ones(128)], dim=1)
    hessian = 2 / 128 * columns.T @ columns  # of the error: the same at every weight and bias
    flat, steep = torch.linalg.eigvalsh(hessian).tolist()
    best = torch.linalg.lstsq(columns, target[:, None]).solution.flatten()
    least = error(*best).item()

    w = nn.Parameter(torch.zeros(2))
    across, up = ((-0.7 * end, 2.7 * end) for end in best.tolist())
    ground = field(error, across, up, columns=61, rows=41)
    path: list[tuple[float, float]] = []
    losses: list[float] = []

    def frame() -> Frame:
        weight, bias = w.tolist()
        path.append((weight, bias))
        losses.append(error(*w).item())
        goal = Level(least, "the best line")
        pictures = (
            Surface("loss from above", ground, tuple(path), tuple(best.tolist()), x="weight", y="bias"),
            stability(lr, steep),
            Chart("loss", (Series("loss", tuple(losses)),), STEPS, log=True, low=0.1, high=1e5, levels=(goal,)),
        )
        values = {"loss": losses[-1], "weight": weight, "bias": bias, "λ steep": steep, "λ flat": flat}
        return Frame(pictures, values, note(), len(losses) - 1, STEPS)

    def note() -> str:
        step, loss = len(losses) - 1, losses[-1]
        if step == 0:
            both = f"{number(steep)} and {number(flat)}"
            return f"The two curvatures are {both}, so SGD is stable for lr below 2/λ = {number(2 / steep)}."
        if not math.isfinite(loss):
            return f"It exploded: at step {step} the loss is {number(loss)}; lr × λ is {number(lr * steep)}, above 2."
        if loss > losses[0]:
            return f"It diverges: at step {step} the loss is {number(loss / losses[0])} times its start."
        if loss < 1.01 * least:
            since = next(at for at, seen in enumerate(losses) if seen < 1.01 * least)
            return f"Within 1 % of the best line's loss since step {since}."
        begin = "Slow: after" if step == STEPS else "At"
        return f"{begin} step {step} the loss is {number(loss)}, and the best line's is {number(least)}."

    yield frame()

    opt = torch.optim.SGD([w], lr=lr)
    for _ in range(STEPS):
        opt.zero_grad()
        loss = error(*w)
        loss.backward()
        opt.step()
        yield frame()
        if not math.isfinite(losses[-1]):
            break


def moons() -> tuple[Tensor, Tensor]:
    """256 points of two half circles that reach into each other, with noise, and their classes, 0 and 1."""
    generator = torch.Generator().manual_seed(0)
    angle = math.pi * torch.rand(128, generator=generator)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    points = torch.cat([circle, torch.tensor([1.0, 0.5]) - circle])
    return points + 0.15 * torch.randn(256, 2, generator=generator), torch.arange(2).repeat_interleave(128)


def curvature(loss: Tensor, weights: list[nn.Parameter], direction: Tensor, rounds: int) -> tuple[float, Tensor]:
    """λ, the Hessian's largest eigenvalue, by rounds of power iteration from a direction; and the direction found."""
    gradient = parameters_to_vector(torch.autograd.grad(loss, weights, create_graph=True))
    top = 0.0
    for _ in range(rounds):
        direction = normalize(direction, dim=0)
        product = parameters_to_vector(torch.autograd.grad(gradient, weights, direction, retain_graph=True))
        top = (direction @ product).item()
        # Away from where the loss bends down, and never quite to zero, from where no round would lead on.
        direction = product - 4 * min(top, 0.0) * direction + 1e-9
    return top, direction


def network(lr: float, optimizer: str, seed: int, device: str) -> Iterator[Frame]:
    """Trains a small network on two moons, and measures λ where it stands at every step."""
    place = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    points, classes = (part.to(place) for part in moons())
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 2)).to(place)
    weights = list(model.parameters())
    direction = parameters_to_vector(weights).detach()
    _, direction = curvature(cross_entropy(model(points), classes), weights, direction, rounds=30)
    limits = tuple(Level(limit.value, "the limit on a bowl") for limit in stability(lr, 1, optimizer).limits)
    losses: list[float] = []
    products: list[float] = []

    def frame() -> Frame:
        nonlocal direction
        logits = model(points)
        loss = cross_entropy(logits, classes)
        top, direction = curvature(loss, weights, direction, rounds=3)  # good once training is calm, rough in a jump
        right = int((logits.argmax(dim=1) == classes).sum())
        losses.append(loss.item())
        products.append(lr * max(top, 0.0))  # 0 where only downward curvature was found
        pictures = (
            Chart(f"loss on {place}", (Series("loss", tuple(losses)),), STEPS, log=True, low=1e-3, high=1e2),
            stability(lr, top, optimizer),
            Chart("lr × λ", (Series("lr × λ", tuple(products)),), STEPS, low=0, high=4, levels=limits),
        )
        values = {"loss": losses[-1], "accuracy": right / 256, "λ": top, "λ at start": products[0] / lr}
        note = network_note(losses, products, right)
        if device == "cuda" and place.type == "cpu" and len(losses) == 1:
            note = "torch sees no CUDA device here, so this run is on the CPU."
        return Frame(pictures, values, note, len(losses) - 1, STEPS)

    yield frame()

    opt = build(optimizer, weights, lr)
    for _ in range(STEPS):
        opt.zero_grad()
        loss = cross_entropy(model(points), classes)
        loss.backward()
        opt.step()
        yield frame()


def network_note(losses: list[float], products: list[float], right: int) -> str:
    """What training is doing, or how it ended."""
    step, start, loss, peak = len(losses) - 1, losses[0], losses[-1], max(losses)
    correct, product = f"{right} of 256 points are right", number(products[-1])
    if step == 0:
        return f"Before training the loss is {number(start)}, {correct}, and lr × λ = {product}."
    if step == STEPS and loss > start:
        return f"It never came back: the loss is {number(loss)}, {number(loss / start)} times its start, and {correct}."
    if step == STEPS and peak > 1.5 * start:
        jump = f"It jumped to {number(peak)} at step {losses.index(peak)} and came back"
        return f"{jump}: the loss is {number(loss)}, {correct}, and lr × λ = {product}."
    if step == STEPS:
        return f"No jump on the way: the loss is {number(loss)}, {correct}, and lr × λ = {product}."
    if loss > 1.5 * start:
        return f"The loss jumped to {number(loss)}, {number(loss / start)} times its start; {correct}."
    return f"The loss {'fell' if loss < losses[-2] else 'rose'} to {number(loss)}, {correct}; lr × λ = {product} here."


def step(lr: float, optimizer: str) -> Iterator[Frame]:
    """One call a frame, on loss = w² from w = 1: which call moves w, which fills w.grad, and which empties it."""
    w = nn.Parameter(torch.tensor(1.0))
    trail: list[float] = []

    def frame(note: str) -> Frame:
        before, now = trail[-1] if trail else w.item(), w.item()
        trail.append(now)
        values = {"w": now, "w²": now**2}
        if w.grad is not None:
            values["w.grad"] = w.grad.item()
        note = note.format(w=number(now), before=number(before), grad=number(values.get("w.grad", math.nan)))
        goal = Level(0, "the lowest loss")
        chart = Chart("w", (Series("w", tuple(trail)),), 7, x="call", low=-2, high=2, levels=(goal,))
        return Frame((chart,), values, note, len(trail) - 1, 7)

    yield frame("The start: w = 1, nothing was called yet, and w.grad is None.")

    opt = build(optimizer, [w], lr)
    opt.step()
    yield frame("optimizer.step() finds no gradient, so w stays at {w}.")
    loss = w**2
    yield frame("loss = w ** 2 is computed; w stays at {w} and w.grad is still None.")
    loss.backward()
    yield frame("loss.backward() puts {grad} into w.grad; w stays at {w}.")
    opt.step()
    yield frame("optimizer.step() moves w from {before} to {w}; w.grad still holds {grad}.")
    opt.step()
    yield frame("optimizer.step() once more: the same old {grad} moves w from {before} to {w}.")
    opt.zero_grad()
    yield frame("optimizer.zero_grad() sets w.grad to None; w stays at {w}.")
    opt.step()
    yield frame("optimizer.step() finds no gradient and w stays at {w}: of four calls of step(), two moved it.")


def scale(factor: float, lr: float) -> Iterator[Frame]:
    """Walks down ½w² from w = 1 with SGD and with Adam: with the loss as it is, and with the loss times a factor."""
    times = number(factor)
    w = {name: [nn.Parameter(torch.tensor(1.0)) for _ in (1, factor)] for name in ("SGD", "Adam")}
    trails: dict[str, list[list[float]]] = {name: [[], []] for name in w}
    steps = 50

    def frame() -> Frame:
        charts = []
        for name, (plain, scaled) in trails.items():
            for trail, here in zip((plain, scaled), w[name]):
                trail.append(here.item())
            lines = Series("as it is", tuple(map(abs, plain))), Series(f"times {times}", tuple(map(abs, scaled)))
            charts.append(Chart(f"{name}: distance to the bottom", lines, steps, log=True, low=0.1, high=1))
        values = {f"w {name}": scaled[-1] for name, (_, scaled) in trails.items()}
        return Frame(tuple(charts), values, note(), len(trails["SGD"][0]) - 1, steps)

    def note() -> str:
        sgd, adam = trails["SGD"][1], trails["Adam"][1]
        if len(sgd) == 1:
            return f"All start at w = 1, where the gradient is 1, and {times} with the loss times {times}."
        if len(sgd) == 2:
            first, second = (number(trail[0] - trail[1]) for trail in (sgd, adam))
            return f"At a gradient of {times} the first step was {first} long with SGD and {second} with Adam."
        place = f"SGD is at w = {number(sgd[-1])} and Adam at w = {number(adam[-1])}"
        return f"With the loss times {times}, after {len(sgd) - 1} steps {place}."

    yield frame()

    runs = [(here, each, build(name, [here], lr)) for name in w for here, each in zip(w[name], (1, factor))]
    for _ in range(steps):
        for here, each, opt in runs:
            opt.zero_grad()
            loss = each * 0.5 * here**2
            loss.backward()
            opt.step()
        yield frame()
