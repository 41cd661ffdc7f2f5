"""Mixed precision: what autocast casts, why float16 needs a GradScaler, and what a training step holds in memory.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.nn import functional as F
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_
from torch.optim import SGD, Adam
from torch.utils._python_dispatch import TorchDispatchMode

from lessons.kit import Bar, Bars, Chart, Frame, Histogram, Mark, Series, Table, number
from lessons.measure.graph_watch import dtype_name
from lessons.measure.memory import CAST, Budget, Training, account, measured_peak

STEPS = 60
CALLS = 7
MIB = 2**20
FORMATS = {
    "fp32": torch.float32,
    "fp16": torch.float16,
    "scaled": torch.float16,
    "bf16": torch.bfloat16,
}

Losses = dict[str, list[float]]


def casts(dtype: str, rules: str) -> Iterator[Frame]:
    """A forward pass and its loss under autocast: what goes into each
    call, what autocast makes of that, and what comes out."""
    rows: list[Any] = []
    yield _casts_frame(rows, dtype, rules)

    with _autocast(rules, dtype):
        h = torch.randn(16, 8)  # float32, as all that is made here
        weight, bias = torch.randn(8, 8), torch.randn(8)
        target = torch.randn(16, 8)
        calls = [
            ("linear", lambda h: F.linear(h, weight, bias)),
            ("layer_norm", lambda h: F.layer_norm(h, (8,))),
            ("relu", lambda h: F.relu(h)),
            ("add", lambda h: h + bias),
            ("matmul", lambda h: h @ weight),
            ("softmax", lambda h: F.softmax(h, dim=1)),
            ("mse_loss", lambda h: mse_loss(h, target)),
        ]
        for name, call in calls:
            before = h.dtype
            with _Casts() as seen:
                h = call(h)
            rows.append((name, before, seen.to, h.dtype))

    for shown in range(1, len(rows) + 1):
        yield _casts_frame(rows[:shown], dtype, rules, len(rows))


class _Casts(TorchDispatchMode):
    """Notes to which dtype tensors are cast while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.to: torch.dtype | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if func is CAST:
            self.to = made.dtype
        return made


@contextlib.contextmanager
def _autocast(rules: str, dtype: str) -> Iterator[None]:
    """Autocast of the CPU, or of a GPU: that one is asked with tensors that have a device and no data."""
    lower = getattr(torch, dtype)
    if rules == "cpu":
        with torch.autocast("cpu", lower):
            yield
        return
    from torch._subclasses.fake_tensor import FakeTensorMode  # here: a second's import that the CPU's rules do without

    before = torch.get_autocast_dtype("cuda")
    with FakeTensorMode(), torch.device("cuda"), torch.no_grad():
        torch.set_autocast_dtype("cuda", lower)  # as torch.autocast does, which refuses where there is no GPU
        torch.set_autocast_enabled("cuda", True)
        try:
            yield
        finally:
            torch.set_autocast_enabled("cuda", False)
            torch.set_autocast_dtype("cuda", before)
            torch.clear_autocast_cache()


def _casts_frame(rows: list[Any], dtype: str, rules: str, steps: int = CALLS) -> Frame:
    words = [(name, *("–" if dtype is None else dtype_name(dtype) for dtype in dtypes)) for name, *dtypes in rows]
    title = f"under autocast to {dtype}, by the rules of {'CUDA' if rules == 'cuda' else 'the CPU'}"
    chosen = len(rows) - 1 if rows else None
    table = Table(title, ("call", "gets", "cast to", "gives"), tuple(words), chosen)
    values = {f"bits of {name}": float(torch.finfo(gives).bits) for name, _, _, gives in rows}
    return Frame((table,), values, _casts_note(rows, dtype, steps), len(rows), steps)


def _casts_note(rows: list[Any], dtype: str, steps: int) -> str:
    """What the last call was given and gave, or at the end what came out of all."""
    if not rows:
        return "Nothing was called yet: the input, the weight and the bias are float32."
    if len(rows) == steps:
        lower = ", ".join(call for call, _, _, given in rows if dtype_name(given) == dtype)
        upper = ", ".join(call for call, _, _, given in rows if given == torch.float32)
        return f"{dtype} comes out of {lower}; float32 out of {upper}."
    name, before, to, after = rows[-1]
    gets, gives = dtype_name(before), dtype_name(after)
    if to:
        return f"{name} gets {gets}, autocast casts it to {dtype_name(to)}, and {gives} comes out."
    if gets == gives:
        return f"{name} is left alone: it gets {gets} and gives {gives}."
    return f"{name} gets {gets} and gives {gives}, and autocast casts nothing for it."


def holds(dtype: str) -> Iterator[Frame]:
    """One training step under autocast, a call a frame: in which
    dtype each of its tensors is stored."""
    inputs, target = _task()  # (64, 32) each
    weight = nn.Parameter(torch.randn(32, 32))
    tensors: dict[str, Any] = {"weight": weight}
    yield _holds_frame("the start", tensors, new=1)

    opt = Adam([weight])
    with torch.autocast("cpu", getattr(torch, dtype)):
        output = inputs @ weight
        loss = mse_loss(output, target)
    output.retain_grad()
    tensors.update({"output": output, "loss": loss})
    yield _holds_frame("forward", tensors, new=2)

    loss.backward()
    tensors["output.grad"] = output.grad
    tensors["weight.grad"] = weight.grad
    yield _holds_frame("loss.backward()", tensors, new=2)

    opt.step()
    tensors["Adam's m"] = opt.state[weight]["exp_avg"]
    tensors["Adam's s"] = opt.state[weight]["exp_avg_sq"]
    yield _holds_frame("optimizer.step()", tensors, new=2)


def _holds_frame(call: str, tensors: dict[str, Any], new: int) -> Frame:
    """`new`: how many of the last tensors this call made."""
    step = len(tensors) // 2
    rows = tuple((name, dtype_name(tensor.dtype), str(tensor.element_size())) for name, tensor in tensors.items())
    table = Table("one training step", ("tensor", "stored in", "bytes a number"), rows, len(rows) - 1)
    values = {f"bits of {name}": 8.0 * tensor.element_size() for name, tensor in tensors.items()}
    made = " and ".join(f"{name} in {dtype_name(tensors[name].dtype)}" for name in list(tensors)[-new:])
    note = f"{call} makes {made}." if step else f"Before the step there is only {made}."
    if step == 3:
        lower = ", ".join(name for name, tensor in tensors.items() if tensor.element_size() == 2)
        note = f"After optimizer.step() in 16 bits there are {lower or 'none'}."
    return Frame((table,), values, note, step, 3)


def rescue(factor: float) -> Iterator[Frame]:
    """Four copies of one network learn from the loss times a factor.
    lr is divided by it, so that on paper it changes nothing."""
    inputs, target = _task()  # (64, 32) each
    models = {name: _network() for name in FORMATS}
    losses = {name: [_loss(models[name], name)] for name in models}
    yield _rescue_frame(losses, models["fp16"], factor)

    opts, scalers = {}, {}
    for name, model in models.items():
        lr = 0.5 / factor
        opts[name] = SGD(model.parameters(), lr, momentum=0.9)
        scalers[name] = GradScaler("cpu", enabled=name == "scaled")
    for _ in range(STEPS):
        for name, dtype in FORMATS.items():
            opt, scaler = opts[name], scalers[name]
            opt.zero_grad()
            with torch.autocast("cpu", dtype, enabled=name != "fp32"):
                output = models[name](inputs)
                loss = factor * mse_loss(output, target)
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()
            losses[name].append(_loss(models[name], name))
        yield _rescue_frame(losses, models["fp16"], factor)


def _task() -> tuple[Tensor, Tensor]:
    """64 inputs and the outputs that are wanted for them, random: (64, 32) each."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(64, 32, generator=generator), torch.randn(64, 32, generator=generator)


def _network() -> nn.Sequential:
    """The same weights each time."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 32))


@torch.no_grad()
def _loss(model: nn.Module, name: str) -> float:
    """The loss, without any factor, as the model computes it in that format."""
    inputs, target = _task()
    with torch.autocast("cpu", FORMATS[name], enabled=name != "fp32"):
        return mse_loss(model(inputs), target).item()


def _rescue_frame(losses: Losses, model: nn.Module, factor: float) -> Frame:
    gradient = _gradient(model)
    zeros = (gradient == 0).double().mean().item() if len(gradient) else 0.0
    lines = tuple(Series(name, tuple(line)) for name, line in losses.items())
    chart = Chart("loss, the factor taken out", lines, STEPS, log=True, low=0.03, high=2)
    values = {f"loss {name}": line[-1] for name, line in losses.items()}
    values["share of zeros"] = zeros
    step = len(lines[0].values) - 1
    return Frame((chart, _sizes(gradient)), values, _rescue_note(losses, zeros, factor), step, STEPS)


def _gradient(model: nn.Module) -> Tensor:
    """All entries of all .grad, in one row; empty before the first backward()."""
    found = [parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None]
    return torch.cat(found) if found else torch.empty(0)


def _sizes(gradient: Tensor) -> Histogram:
    """How large the gradients of fp16 are, on the range that fp16 has."""
    sizes = gradient.abs()
    logs = sizes[(sizes > 0) & sizes.isfinite()].log10().clamp(-8, 5)
    counts = tuple(torch.histc(logs, bins=39, min=-8, max=5).tolist())
    limits = torch.finfo(torch.float16)
    marks = (
        Mark(math.log10(limits.smallest_normal * limits.eps), "smallest"),
        Mark(math.log10(limits.smallest_normal), "all digits"),
        Mark(math.log10(limits.max), "largest"),
    )
    apart = float((sizes == 0).sum())
    return Histogram("size of fp16's gradients", counts, -8, 5, "|gradient|", True, marks, apart, "is 0")


def _rescue_note(losses: Losses, zeros: float, factor: float) -> str:
    step, now = len(losses["fp16"]) - 1, {name: number(line[-1]) for name, line in losses.items()}
    if step == 0:
        return f"All four start from the same weights, at a loss of {now['fp32']}; it is taken times {number(factor)}."
    share = f"{number(float(f'{100 * zeros:.2g}'))} %"
    if step < STEPS:
        return f"Of fp16's gradients {share} are 0, and its loss is {now['fp16']}; in float32 it is {now['fp32']}."
    if losses["fp16"][-1] > 0.9 * losses["fp16"][0]:
        return (
            f"fp16 alone learned nothing, {share} of its gradients are 0; "
            f"fp32 ends at {now['fp32']}, fp16 with a scaler at {now['scaled']}."
        )
    ends = f"fp16 alone ends at {now['fp16']}, with a scaler at {now['scaled']}, fp32 at {now['fp32']}"
    return f"{ends}; {share} of fp16's gradients are 0."


def scaler(
    exponent: int,
    interval: int,
    clip: str,
) -> Iterator[Frame]:
    """Trains in float16 with a GradScaler: its scale starts at 2 to
    the exponent and doubles after `interval` good steps in a row."""
    inputs, target = _task()  # (64, 32) each
    model = _network()
    seen = [(_loss(model, "fp16"), 2.0**exponent)]
    yield _scaler_frame(seen, exponent)

    opt = SGD(model.parameters(), lr=0.5, momentum=0.9)
    scaler = GradScaler(
        "cpu",
        init_scale=2.0**exponent,
        growth_interval=interval,
    )
    for _ in range(STEPS):
        opt.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = mse_loss(model(inputs), target)
        scaler.scale(loss).backward()
        if clip == "unscaled":
            scaler.unscale_(opt)
        if clip != "off":
            clip_grad_norm_(model.parameters(), max_norm=1.0)
        scaler.step(opt)
        scaler.update()

        seen.append((_loss(model, "fp16"), scaler.get_scale()))
        yield _scaler_frame(seen, exponent)


def _scaler_frame(seen: list[tuple[float, float]], exponent: int) -> Frame:
    losses, scales = zip(*seen)
    skipped = sum(after < before for before, after in zip(scales, scales[1:]))
    exponents = tuple(math.log2(scale) if scale > 0 else -math.inf for scale in scales)
    low, high = min(exponent, 20) - 2, max(exponent, 24)
    pictures = (
        Chart("scale, as a power of two", (Series("scale", exponents),), STEPS, low=low, high=high),
        Chart("loss", (Series("loss", losses),), STEPS, log=True, low=0.03, high=2),
    )
    values = {"scale": scales[-1], "skipped steps": skipped, "loss": losses[-1]}
    return Frame(pictures, values, _scaler_note(losses, scales, skipped), len(seen) - 1, STEPS)


def _scaler_note(losses: tuple[float, ...], scales: tuple[float, ...], skipped: int) -> str:
    """What the last step did to the scale, or how the run ended."""
    step, loss = len(scales) - 1, number(losses[-1])
    if step == 0:
        return f"Before the first step the scale is {_power(scales[0])} and the loss {loss}."
    if step == STEPS:
        count = "no step was" if not skipped else "1 step was" if skipped == 1 else f"{skipped} steps were"
        return f"Of {STEPS} steps {count} skipped; the scale ends at {_power(scales[-1])}, and the loss at {loss}."
    if scales[-1] < scales[-2]:
        return f"Step {step} met inf or nan and was skipped; the scale is halved to {_power(scales[-1])}."
    if scales[-1] > scales[-2]:
        return f"Step {step} was one more without inf: the scale is doubled to {_power(scales[-1])}."
    return f"Step {step} was taken at scale {_power(scales[-1])}; the loss is {loss}."


def _power(scale: float) -> str:
    return f"2^{math.log2(scale):.0f}" if scale > 0 else "0"


def budget(
    model: str,
    batch: int,
    optimizer: str,
    device: str,
) -> Iterator[Frame]:
    """Counts what a training step holds: all in float32, under
    autocast to bfloat16, and with all of it in bfloat16."""
    place = _place(device)  # for "auto" the GPU, if there is one
    build, shape = MODELS[model]
    train = partial(
        Training,
        build,
        inputs=lambda: torch.randn(batch, *shape),
        optimizer=partial(_optimizer, optimizer, place),
        device=place,
    )
    ways = {
        "float32": train(),
        "autocast": train(autocast=torch.bfloat16),
        "bfloat16": train(dtype=torch.bfloat16),
    }
    held: dict[str, Budget] = {}
    peaks: dict[str, float] = {}  # measured, where there is a GPU
    yield _budget_frame(ways, held, peaks)

    for name, way in ways.items():
        held[name] = account(way)  # on tensors that have no data
        peaks.update(_measured(name, way, held[name]))
        yield _budget_frame(ways, held, peaks)


class Block(nn.Module):
    """A transformer's block: attention over the sequence, then two layers for each of its places."""

    def __init__(self, width: int = 256, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_layers = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.layers = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:  # (batch, places, width)
        parts = self.query_key_value(self.before_attention(x)).chunk(3, dim=-1)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).flatten(2))
        changed: Tensor = self.layers(self.before_layers(x))
        return x + changed


def _mlp() -> nn.Sequential:
    first, second = (nn.Sequential(nn.Linear(wide, 1024), nn.ReLU()) for wide in (784, 1024))
    return nn.Sequential(first, second, nn.Linear(1024, 10))


def _transformer() -> nn.Sequential:
    return nn.Sequential(Block(), Block())


MODELS = {"MLP": (_mlp, (784,)), "transformer": (_transformer, (128, 256))}
"""How each is built, and the shape of one sample."""


PARTS = ("weights", "gradients", "optimizer", "activations", "copies")


def _parts(held: Budget) -> tuple[float, ...]:
    """MiB of each of PARTS; the 16-bit copies of weights, which autograd keeps like activations, by themselves."""
    sizes = (held.parameters, held.gradients, held.optimizer, held.uncopied, held.copies)
    return tuple(size / MIB for size in sizes)


def _budget_frame(ways: dict[str, Training], held: dict[str, Budget], peaks: dict[str, float]) -> Frame:
    """What was counted so far; of the ways that were not, the weights alone."""
    bars: list[Bar] = []
    values: dict[str, float] = {}
    for name, way in ways.items():
        if name not in held:
            bars.append(Bar(name, (_weights(way), 0.0, 0.0, 0.0, 0.0)))
            continue
        parts = _parts(held[name])
        peak = f"peak {_mib(held[name].peak)}"
        if name in peaks:
            peak = f"{peak}, measured {_mib(peaks[name] * MIB)}"
        bars.append(Bar(name, parts, peak))
        values |= {name: sum(parts), f"activations {name}": parts[3], f"copies {name}": parts[4]}
        values[f"peak {name}"] = held[name].peak / MIB
    values |= {f"measured peak {name}": peak for name, peak in peaks.items()}
    title = f"what one step holds on {ways['float32'].device}"
    note = _budget_note(ways, held, peaks)
    measured = tuple(f"measured peak {name}" for name in peaks)
    return Frame((Bars(title, PARTS, tuple(bars), "MiB"),), values, note, len(held), len(ways), measured)


def _weights(way: Training) -> float:
    """MiB of the weights alone."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in way.build().parameters()) * way.dtype.itemsize / MIB


def _budget_note(ways: dict[str, Training], held: dict[str, Budget], peaks: dict[str, float]) -> str:
    """What the way that was counted last holds, or how the three compare."""
    if not held:
        full, half = (number(_weights(ways[name])) for name in ("float32", "bfloat16"))
        return f"The weights alone take {full} MiB in float32 and {half} in bfloat16; no step was counted yet."
    total = {name: _mib(each.total) for name, each in held.items()}
    activations = {name: _mib(each.uncopied) for name, each in held.items()}
    copies = _mib(held["autocast"].copies) if "autocast" in held else ""
    if len(held) == 1:
        return f"In float32 a step holds {total['float32']} MiB, and {activations['float32']} of them are activations."
    if len(held) == 2:
        change = f"activations take {activations['autocast']} MiB instead of {activations['float32']}"
        kept = f"16-bit copies of weights {copies}" if held["autocast"].copies else "no copies of weights are kept"
        return f"Under autocast {change}, and {kept}."
    if peaks:
        pairs = ", ".join(f"{name} {_mib(peak * MIB)} ({_mib(held[name].peak)})" for name, peak in peaks.items())
        return f"The peak as this GPU measured it, and in brackets as counted, in MiB: {pairs}."
    if held["autocast"].total >= held["float32"].total:
        verdict = f"Autocast needs {total['autocast']} MiB, more than float32 with {total['float32']}"
        return f"{verdict}: {copies} of that are copies of weights."
    return (
        f"Autocast needs {total['autocast']} MiB of float32's {total['float32']}, "
        f"and bfloat16 throughout {total['bfloat16']}."
    )


def _mib(size: float) -> str:
    return number(size / MIB) if size < 1000 * MIB else f"{size / MIB:.0f}"


def _measured(name: str, way: Training, counted: Budget) -> dict[str, float]:
    """The peak of a real step on a GPU, in MiB; nothing on the CPU, or where it would not fit."""
    if way.device != "cuda" or counted.peak > 0.8 * torch.cuda.mem_get_info()[0]:
        return {}
    return {name: measured_peak(way) / MIB}


def _optimizer(name: str, place: str, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    foreach = place == "cuda"  # torch's own choice, which it does not make for tensors without data
    if name == "Adam":
        return Adam(parameters, foreach=foreach)
    return SGD(parameters, lr=0.1, momentum=0.9 if name == "momentum" else 0.0, foreach=foreach)


def _place(device: str) -> str:
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
