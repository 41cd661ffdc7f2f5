"""Learning rate: what one step does, how large it may be, and what momentum and Adam change. All on torch.optim.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, normalize
from torch.nn.utils import parameters_to_vector

from lessons.kit import Chart, Frame, Level, Limit, Meter, Series, Surface, Zone, field, number

STEPS = 200
SCALE_STEPS = 50
VALLEY_STEPS = 320

Values = dict[str, float]


def step(lr: float, optimizer: str) -> Iterator[Frame]:
    """One call a frame, on loss = w² from w = 1: which call fills
    w.grad, and which moves w."""
    w = nn.Parameter(torch.tensor(1.0))
    seen: list[tuple[str, Values]] = []
    yield _step_frame("the start", w, seen)

    opt = build(optimizer, [w], lr)  # torch.optim.SGD or Adam
    loss = w**2
    yield _step_frame("loss = w ** 2", w, seen)
    loss.backward()
    yield _step_frame("loss.backward()", w, seen)

    opt.step()
    yield _step_frame("optimizer.step()", w, seen)
    opt.step()  # the same w.grad, though w is somewhere else now
    yield _step_frame("optimizer.step()", w, seen)


def _step_frame(call: str, w: Tensor, seen: list[tuple[str, Values]]) -> Frame:
    """Where w stands after a call. Adds both to what was seen."""
    values = {"w": w.item(), "w²": w.item() ** 2}
    if w.grad is not None:
        values["w.grad"] = w.grad.item()
    seen.append((call, values))
    line = Series("w", tuple(each["w"] for _, each in seen))
    chart = Chart("w", (line,), 4, x="call", low=-2, high=2, levels=(Level(0, "the lowest loss"),))
    return Frame((chart,), values, _step_note(seen), len(seen) - 1, 4)


def _step_note(seen: list[tuple[str, Values]]) -> str:
    """What the last call did to w and to w.grad."""
    call, values = seen[-1]
    now, gradient = number(values["w"]), number(values["w.grad"]) if "w.grad" in values else "None"
    if len(seen) == 1:
        return f"The start: w = {now}, nothing was called yet, and w.grad is {gradient}."
    if call.startswith("loss ="):
        return f"{call} is computed; w stays at {now} and w.grad is still {gradient}."
    if call == "loss.backward()":
        return f"{call} puts {gradient} into w.grad; w stays at {now}."
    if gradient == "None":
        return f"{call}: w.grad is None, and w stays at {now}."
    call_before, before = seen[-2]
    way = f"moves w from {number(before['w'])} to {now}"
    if call_before == call:
        return f"{call} once more: the same old {gradient} {way}."
    return f"{call} {way}; w.grad still holds {gradient}."


def bowl(lr: float, optimizer: str, beta: float) -> Iterator[Frame]:
    """Walks down a loss of two weights from (1, 1). Its curvature λ
    is 20 along w1, which is upwards on the map, and 1 along w2."""
    steep, flat = 20, 1

    def loss_at(w1: Any, w2: Any) -> Any:
        return 0.5 * (steep * w1**2 + flat * w2**2)

    w = nn.Parameter(torch.tensor([1.0, 1.0]))
    ground = _map("loss from above", loss_at, height=1.3)
    seen = [_bowl_values(w, loss_at(*w), lr * steep)]
    yield _bowl_frame(seen, ground, optimizer, beta)

    opt = build(optimizer, [w], lr, beta)  # torch.optim.SGD or Adam
    for _ in range(STEPS):
        opt.zero_grad()
        loss = loss_at(*w)
        loss.backward()
        opt.step()

        rate = opt.param_groups[0]["lr"]  # still lr, until you edit
        seen.append(_bowl_values(w, loss_at(*w), rate * steep))
        yield _bowl_frame(seen, ground, optimizer, beta)
        if not math.isfinite(seen[-1]["loss"]):
            break


def _bowl_values(w: Tensor, loss: Tensor, product: float) -> Values:
    (gradient,) = torch.autograd.grad(loss, w)
    w1, w2 = w.tolist()
    return {"loss": loss.item(), "w1": w1, "w2": w2, "gradient norm": gradient.norm().item(), "lr × λ": product}


def _bowl_frame(seen: list[Values], ground: Surface, optimizer: str, beta: float) -> Frame:
    losses = [values["loss"] for values in seen]
    path = [(values["w2"], values["w1"]) for values in seen]
    goal = Level(1e-6 * losses[0], "one millionth of the start")
    chart = _loss_chart(losses, 1e-8, 1e2, goal)
    meter = stability(seen[-1]["lr × λ"], optimizer, beta)
    pictures = (replace(ground, path=tuple(path)), meter, chart)
    return Frame(pictures, seen[-1], _bowl_note(path, losses), len(seen) - 1, STEPS)


def _bowl_note(path: list[tuple[float, float]], losses: list[float]) -> str:
    """What the last step did to w1, or how the walk ended."""
    step, left = len(losses) - 1, number(losses[-1] / losses[0])
    w2, w1 = path[-1]
    if step == 0:
        place = f"w1 = {number(w1)} up the steep side, w2 = {number(w2)} along the flat one"
        return f"The start: {place}, and the loss is {number(losses[0])}."
    if not math.isfinite(losses[-1]):
        return f"It diverged: at step {step} the loss is {left}, more than float32 can hold."

    before, since = path[-2][1], settled(losses)
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


def regression(lr: float, standardise: bool) -> Iterator[Frame]:
    """Fits a line to 128 points with SGD. The mean squared error is
    a bowl over weight and bias, and the points set its curvatures."""
    torch.manual_seed(0)
    feature = 10 * torch.rand(128)
    target = 3 * feature + 2 + 0.5 * torch.randn(128)
    if standardise:
        feature = (feature - feature.mean()) / feature.std()

    def loss_at(weight: Any, bias: Any) -> Any:
        return mse_loss(weight * feature + bias, target)

    inputs = torch.stack([feature, torch.ones(128)], 1)  # (128, 2)
    hessian = 2 / 128 * inputs.T @ inputs  # (2, 2)
    flat, steep = torch.linalg.eigvalsh(hessian).tolist()

    w = nn.Parameter(torch.zeros(2))  # weight and bias
    ground, least = _line_map(loss_at, inputs, target)
    seen = [_line_values(w, loss_at(*w), steep, flat)]
    yield _line_frame(seen, ground, least, lr)

    opt = torch.optim.SGD([w], lr=lr)
    for _ in range(STEPS):
        opt.zero_grad()
        loss = loss_at(*w)
        loss.backward()
        opt.step()

        seen.append(_line_values(w, loss_at(*w), steep, flat))
        yield _line_frame(seen, ground, least, lr)
        if not math.isfinite(seen[-1]["loss"]):
            break


def _line_map(loss_at: Callable[[Any, Any], Any], inputs: Tensor, target: Tensor) -> tuple[Surface, float]:
    """The loss over weight and bias, with (0, 0) and the best line on the map; and the loss of that line."""
    # In float64: in float32 the sixth digit hangs on where in memory the tensors happen to lie.
    solution = torch.linalg.lstsq(inputs.double(), target.double()[:, None]).solution
    weight, bias = solution.float().flatten().tolist()
    across, up = ((-0.7 * end, 2.7 * end) for end in (weight, bias))
    ground = field(loss_at, across, up, columns=61, rows=41)
    return Surface("loss from above", ground, (), (weight, bias), "weight", "bias"), loss_at(weight, bias).item()


def _line_values(w: Tensor, loss: Tensor, steep: float, flat: float) -> Values:
    weight, bias = w.tolist()
    return {"loss": loss.item(), "weight": weight, "bias": bias, "λ steep": steep, "λ flat": flat}


def _line_frame(seen: list[Values], ground: Surface, least: float, lr: float) -> Frame:
    losses = [values["loss"] for values in seen]
    path = tuple((values["weight"], values["bias"]) for values in seen)
    chart = _loss_chart(losses, 0.1, 1e5, Level(least, "the best line"))
    pictures = (replace(ground, path=path), stability(lr * seen[0]["λ steep"]), chart)
    return Frame(pictures, seen[-1], _line_note(seen, losses, least, lr), len(seen) - 1, STEPS)


def _line_note(seen: list[Values], losses: list[float], least: float, lr: float) -> str:
    """How far the loss is from the least there is."""
    step, loss, steep, flat = len(seen) - 1, losses[-1], seen[0]["λ steep"], seen[0]["λ flat"]
    if step == 0:
        both = f"{number(steep)} and {number(flat)}"
        return f"The two curvatures are {both}, so SGD is stable for lr below 2/λ = {number(2 / steep)}."
    if not math.isfinite(loss):
        return f"It exploded: at step {step} the loss is {number(loss)}; lr × λ is {number(lr * steep)}, above 2."
    if loss > losses[0]:
        return f"It diverges: at step {step} the loss is {number(loss / losses[0])} times its start."
    if loss < 1.01 * least:
        since = next(at for at, seen_loss in enumerate(losses) if seen_loss < 1.01 * least)
        return f"Within 1 % of the best line's loss since step {since}."
    begin = "Slow: after" if step == STEPS else "At"
    return f"{begin} step {step} the loss is {number(loss)}, and the best line's is {number(least)}."


def scale(factor: float, lr: float) -> Iterator[Frame]:
    """Walks down ½w² from w = 1 with SGD and with Adam, each with
    the loss as it is and with the loss times a factor."""
    factors = [1, factor, 1, factor]  # two for SGD, two for Adam
    weights = [nn.Parameter(torch.tensor(1.0)) for _ in factors]
    seen = [[w.item() for w in weights]]
    yield _scale_frame(seen, factor)

    sgd = [torch.optim.SGD([w], lr=lr) for w in weights[:2]]
    adam = [torch.optim.Adam([w], lr=lr) for w in weights[2:]]
    for _ in range(SCALE_STEPS):
        for w, times, opt in zip(weights, factors, [*sgd, *adam]):
            opt.zero_grad()
            loss = times * 0.5 * w**2
            loss.backward()
            opt.step()

        seen.append([w.item() for w in weights])
        yield _scale_frame(seen, factor)


def _scale_frame(seen: list[list[float]], factor: float) -> Frame:
    """From all four weights after each step: SGD and SGD with the factor, Adam and Adam with the factor."""
    sgd, sgd_scaled, adam, adam_scaled = (list(trail) for trail in zip(*seen))
    charts = (
        replace(_distances("SGD", sgd, sgd_scaled, factor), log=True, low=0.1),
        _distances("Adam", adam, adam_scaled, factor),
    )
    values = {"w SGD": sgd_scaled[-1], "w Adam": adam_scaled[-1]}
    return Frame(charts, values, _scale_note(sgd_scaled, adam_scaled, factor), len(seen) - 1, SCALE_STEPS)


def _distances(name: str, plain: list[float], scaled: list[float], factor: float) -> Chart:
    lines = Series("as it is", tuple(map(abs, plain))), Series(f"times {number(factor)}", tuple(map(abs, scaled)))
    return Chart(f"{name}: distance to the bottom", lines, SCALE_STEPS, low=0, high=1)


def _scale_note(sgd: list[float], adam: list[float], factor: float) -> str:
    """How far the two with the factor came."""
    times = number(factor)
    if len(sgd) == 1:
        return f"All start at w = 1, where the gradient is 1, and {times} with the loss times {times}."
    if len(sgd) == 2:
        first, second = (number(trail[0] - trail[1]) for trail in (sgd, adam))
        return f"At a gradient of {times} the first step was {first} long with SGD and {second} with Adam."
    place = f"SGD is at w = {number(sgd[-1])} and Adam at w = {number(adam[-1])}"
    return f"With the loss times {times}, after {len(sgd) - 1} steps {place}."


def valley(
    rotate: float,
    follow: str,
    adam_lr: float,
) -> Iterator[Frame]:
    """Four optimizers walk down one valley, 100 times as steep
    across as along, which is turned by `rotate` degrees."""
    rates = {"SGD": 0.015, "momentum": 0.015, "Nesterov": 0.01}
    rates["Adam"] = adam_lr
    angle = math.radians(rotate)
    cos, sin = math.cos(angle), math.sin(angle)

    def loss_at(w1: Any, w2: Any) -> Any:
        across, along = cos * w1 - sin * w2, sin * w1 + cos * w2
        return 0.5 * (100 * across**2 + along**2)

    start = torch.tensor([cos + sin, cos - sin])  # across = along = 1
    w = {name: nn.Parameter(start.clone()) for name in rates}
    ground = _map(f"the way of {follow}", loss_at, height=1.6)
    path = [w[follow].tolist()]
    losses = {name: [loss_at(*w[name]).item()] for name in w}
    yield _valley_frame(path, losses, ground)

    opts = {name: build(name, [w[name]], rates[name]) for name in w}
    for _ in range(VALLEY_STEPS):
        for name, opt in opts.items():
            opt.zero_grad()
            loss = loss_at(*w[name])
            loss.backward()
            opt.step()
            losses[name].append(loss_at(*w[name]).item())
        path.append(w[follow].tolist())
        yield _valley_frame(path, losses, ground)


def _valley_frame(path: list[list[float]], losses: dict[str, list[float]], ground: Surface) -> Frame:
    lines = tuple(Series(name, tuple(line)) for name, line in losses.items())
    goal = Level(1e-6 * losses["SGD"][0], "one millionth of the start")
    chart = Chart("loss", lines, VALLEY_STEPS, log=True, low=1e-8, high=1e2, levels=(goal,))
    values = {f"loss {name}": line[-1] for name, line in losses.items()}
    pictures = (replace(ground, path=tuple((w2, w1) for w1, w2 in path)), chart)
    return Frame(pictures, values, _valley_note(losses), len(path) - 1, VALLEY_STEPS)


def _valley_note(losses: dict[str, list[float]]) -> str:
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


def network(
    lr: float,
    optimizer: str,
    seed: int,
    device: str,
) -> Iterator[Frame]:
    """Trains a small network on two moons, and measures λ, the
    largest curvature of its loss, where it stands at every step."""
    place = _place(device)  # for "auto" the GPU, if there is one
    points, classes = moons(place)  # (256, 2) and (256,)
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(2, 16),
        nn.Tanh(),
        nn.Linear(16, 16),
        nn.Tanh(),
        nn.Linear(16, 2),
    ).to(place)
    # The steepest direction is searched for once, then followed.
    direction = parameters_to_vector(model.parameters()).detach()
    seen = [_measured(model, points, classes, direction, rounds=33)]
    yield _network_frame(seen, lr, optimizer, device)

    opt = build(optimizer, model.parameters(), lr)
    for _ in range(STEPS):
        opt.zero_grad()
        logits = model(points)  # (256, 2)
        loss = cross_entropy(logits, classes)
        loss.backward()
        opt.step()

        seen.append(_measured(model, points, classes, direction))
        yield _network_frame(seen, lr, optimizer, device)


def moons(place: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """256 points of two half circles that reach into each other, with noise, and their classes, 0 and 1."""
    generator = torch.Generator().manual_seed(0)
    angle = math.pi * torch.rand(128, generator=generator)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    points = torch.cat([circle, torch.tensor([1.0, 0.5]) - circle]) + 0.15 * torch.randn(256, 2, generator=generator)
    return points.to(place), torch.arange(2).repeat_interleave(128).to(place)


def curvature(loss: Tensor, weights: list[nn.Parameter], direction: Tensor, rounds: int) -> float:
    """λ, the Hessian's largest eigenvalue, by rounds of power iteration, which turn `direction` to it in place."""
    gradient = parameters_to_vector(torch.autograd.grad(loss, weights, create_graph=True))
    top = 0.0
    for _ in range(rounds):
        unit = normalize(direction, dim=0)
        product = parameters_to_vector(torch.autograd.grad(gradient, weights, unit, retain_graph=True))
        top = (unit @ product).item()
        # Away from where the loss bends down, and never quite to zero, from where no round would lead on.
        direction.copy_(product - 4 * min(top, 0.0) * unit + 1e-9)
    return top


def _measured(model: nn.Module, points: Tensor, classes: Tensor, direction: Tensor, rounds: int = 3) -> Values:
    """Three rounds from the last direction do while training is calm; in a jump they are rough."""
    logits = model(points)
    loss = cross_entropy(logits, classes)
    right = int((logits.argmax(dim=1) == classes).sum())
    top = curvature(loss, list(model.parameters()), direction, rounds)
    return {"loss": loss.item(), "accuracy": right / len(points), "λ": top}


def _network_frame(seen: list[Values], lr: float, optimizer: str, device: str) -> Frame:
    losses = [values["loss"] for values in seen]
    curvatures = [max(values["λ"], 0.0) for values in seen]  # 0 where only downward curvature was found
    products = tuple(lr * each for each in curvatures)
    limits = tuple(Level(limit.value, "the limit on a bowl") for limit in stability(1, optimizer).limits)
    pictures = (
        _loss_chart(losses, 1e-3, 1e2, title=f"loss on {_place(device)}"),
        stability(lr * seen[-1]["λ"], optimizer),
        Chart("lr × λ", (Series("lr × λ", products),), STEPS, log=True, low=0.1, high=10, levels=limits),
    )
    note = _network_note(losses, products, round(256 * seen[-1]["accuracy"]))
    if device == "cuda" and len(seen) == 1 and _place(device).type == "cpu":
        note = "torch sees no CUDA device here, so this run is on the CPU."
    return Frame(pictures, {**seen[-1], "λ at start": curvatures[0]}, note, len(seen) - 1, STEPS)


def _network_note(losses: list[float], products: tuple[float, ...], right: int) -> str:
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


def _place(device: str) -> torch.device:
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


# ── What several demos share ──────────────────────────────────────────────────────────────────────────────────────────


def build(optimizer: str, parameters: Iterable[Tensor], lr: float, beta: float = 0.9) -> torch.optim.Optimizer:
    """The optimizer of that name; momentum and Nesterov are SGD that keeps the share beta of its last step."""
    if optimizer == "Adam":
        return torch.optim.Adam(parameters, lr=lr)
    if optimizer == "SGD" or beta == 0:
        return torch.optim.SGD(parameters, lr=lr)
    return torch.optim.SGD(parameters, lr=lr, momentum=beta, nesterov=optimizer == "Nesterov")


def stability(product: float, optimizer: str = "SGD", beta: float = 0.9) -> Meter:
    """lr × λ, on a scale whose limit is the one that this optimizer has on a bowl."""
    if optimizer == "Adam" or product <= 0:
        why = "no simple limit" if optimizer == "Adam" else "no upward curvature here"
        return Meter("lr × λ", None, (Zone(2.6, ""),), instead=why)
    limit = {"SGD": 2.0, "momentum": 2 * (1 + beta), "Nesterov": 2 * (1 + beta) / (1 + 2 * beta)}[optimizer]
    zones = [Zone(1, "monotone"), Zone(2, "zigzag")] if optimizer == "SGD" else [Zone(limit, "converges")]
    zones.append(Zone(1.3 * limit, "diverges", "danger"))
    return Meter("lr × λ", product, tuple(zones), (Limit(limit, "critical"),))


def settled(losses: list[float]) -> int | None:
    """The step since which the loss is below one millionth of its start; None while it is not."""
    above = [not loss < 1e-6 * losses[0] for loss in losses]
    return None if above[-1] else len(losses) - above[::-1].index(True)


def _map(title: str, loss_at: Callable[[Any, Any], Any], height: float) -> Surface:
    """A loss of two weights around its lowest point at (0, 0), w1 upwards to the height; no path yet."""
    ground = field(lambda x, y: loss_at(y, x), x=(-1.75, 1.75), y=(-height, height))
    return Surface(title, ground, (), lowest=(0, 0), x="w2", y="w1")


def _loss_chart(losses: list[float], low: float, high: float, *levels: Level, title: str = "loss") -> Chart:
    return Chart(title, (Series("loss", tuple(losses)),), STEPS, log=True, low=low, high=high, levels=levels)
