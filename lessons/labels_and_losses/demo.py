"""Labels and losses: what a loss makes of scores, and which labels it takes. All by real calls of torch's losses.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. Each yields its start before it builds an optimizer: the first in a process takes torch two seconds.
"""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.kit import Bar, Bars, Chart, Frame, Grid, Level, Series, Table, number

STEPS = 100
TOP = 12
"""The highest score, or spread of scores, that is tried."""
NAMES = ("cat", "dog", "bird")
LOSSES = ("cross_entropy", "nll_loss", "bce_with_logits", "bce", "mse_loss")
DTYPES = ("int64", "int32", "uint8", "bool", "float32", "float64", "float16")
SHAPES = ("[N]", "[N,1]", "[N,C]")
"""Of labels: N is 4 samples, C is 3 classes."""
SCORES = [[2.0, 0.0, -1.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.5], [1.0, 2.0, 0.0]]
"""Of 4 samples for 3 classes."""
WIDEST = 108
"""Characters of a note that fits two rows."""

Values = dict[str, float]


def score(
    cat: float,
    dog: float,
    bird: float,
    add: float,
    label: str,
) -> Iterator[Frame]:
    """From three scores to a loss, by hand and by cross_entropy.
    `add` is added to all three."""
    scores = torch.tensor([cat, dog, bird]) + add
    target = torch.tensor(NAMES.index(label))
    yield _score_frame(scores, label)

    powers = scores.exp()
    shares = powers / powers.sum()  # this is softmax, by hand
    yield _score_frame(scores, label, powers, shares)

    by_hand = -shares[target].log()
    loss = F.cross_entropy(scores, target)
    yield _score_frame(scores, label, powers, shares, by_hand, loss)


def _score_frame(scores: Tensor, label: str, *made: Tensor) -> Frame:
    """`made` so far: powers, shares, the loss by hand and torch's."""
    powers, shares = made[:2] or (None, None)
    columns = [_column(tensor, len(NAMES)) for tensor in (scores, powers, shares)]
    table = Table("by hand", ("class", "score", "exp(score)", "share"), tuple(zip(NAMES, *columns)), NAMES.index(label))
    chances = torch.softmax(scores, 0).tolist() if made else [0.0] * len(NAMES)
    bars = tuple(Bar(name, (chance,)) for name, chance in zip(NAMES, chances))
    values = dict(zip((f"score of {name}" for name in NAMES), scores.tolist()))
    if len(made) > 2:
        values.update({"loss by hand": made[2].item(), "loss": made[3].item()})
    pictures = (Bars("softmax: the shares, by torch", ("share",), bars, end=1.0), table)
    step = (0, 1, 1, 1, 2)[len(made)]
    return Frame(pictures, values, _score_note(scores, label, made), step, 2)


def _column(tensor: Tensor | None, rows: int) -> list[str]:
    return ["·"] * rows if tensor is None else [number(value) for value in tensor.tolist()]


def _score_note(scores: Tensor, label: str, made: tuple[Tensor, ...]) -> str:
    """What the last step computed."""
    if not made:
        told = ", ".join(f"{number(value)} for {name}" for name, value in zip(NAMES, scores.tolist()))
        return f"The scores are {told}, and the label says {label}, which is class {NAMES.index(label)}."
    share = number(made[1][NAMES.index(label)].item())
    if len(made) == 2:
        return f"Each exp(score), divided by the sum of the three, is a share: that of {label} is {share}."
    by_hand, loss = (number(each.item()) for each in made[2:])
    if by_hand == loss:
        return f"The loss is −ln {share} = {loss} by hand, and cross_entropy gives the same."
    return f"By hand the share is {share} and the loss {by_hand}; cross_entropy gives {loss}, from the same scores."


def twice(before: str) -> Iterator[Frame]:
    """Trains two equal networks on three classes: one gives its
    scores to cross_entropy, the other applies `before` first."""
    points, classes = blobs()  # (150, 2) and (150,)
    layers = {
        "nothing": nn.Identity(),
        "softmax": nn.Softmax(dim=1),
        "log_softmax": nn.LogSoftmax(dim=1),
    }
    models = [_network(nn.Identity()), _network(layers[before])]
    seen = [[_judged(model, points, classes) for model in models]]
    yield _twice_frame(seen, before)

    opts = [torch.optim.SGD(m.parameters(), lr=0.5) for m in models]
    for _ in range(STEPS):
        for model, opt in zip(models, opts):
            opt.zero_grad()
            loss = F.cross_entropy(model(points), classes)
            loss.backward()
            opt.step()

        seen.append([_judged(m, points, classes) for m in models])
        yield _twice_frame(seen, before)


def blobs() -> tuple[Tensor, Tensor]:
    """150 points around three places, 50 of each class."""
    generator = torch.Generator().manual_seed(0)
    classes = torch.arange(3).repeat_interleave(50)
    centres = torch.tensor([[0.0, 2.0], [-1.7, -1.0], [1.7, -1.0]])
    return centres[classes] + 0.5 * torch.randn(150, 2, generator=generator), classes


def _network(last: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 3), last)


def _judged(model: nn.Module, points: Tensor, classes: Tensor) -> tuple[float, int]:
    """Its loss, and how many points are right."""
    with torch.no_grad():
        given = model(points)
    return F.cross_entropy(given, classes).item(), int((given.argmax(dim=1) == classes).sum())


def _floor() -> float:
    """The lowest loss of shares that are taken for scores: all of it on the right class of three."""
    return F.cross_entropy(torch.tensor([1.0, 0.0, 0.0]), torch.tensor(0)).item()


def _twice_frame(seen: list[list[tuple[float, int]]], before: str) -> Frame:
    (plain, plain_right), (loss, right) = seen[-1]
    series = [Series("scores", tuple(each[0][0] for each in seen))]
    levels: tuple[Level, ...] = ()
    if before != "nothing":
        series.append(Series(f"{before} first", tuple(each[1][0] for each in seen)))
    if before == "softmax":
        levels = (Level(_floor(), "no share goes lower"),)
    chart = Chart("loss", tuple(series), STEPS, low=0, high=1.5, levels=levels)
    values = {"loss": loss, "right": right, "loss of scores": plain, "right of scores": plain_right}
    return Frame((chart,), values, _twice_note(seen, before), len(seen) - 1, STEPS)


def _twice_note(seen: list[list[tuple[float, int]]], before: str) -> str:
    (plain, plain_right), (loss, right) = seen[-1]
    if len(seen) == 1:
        return f"Before training the loss of the scores is {number(plain)}, and {plain_right} of 150 points are right."
    if before == "nothing":
        return f"After {len(seen) - 1} steps the loss is {number(plain)} and {plain_right} of 150 points are right."
    kinds = f"{number(loss)} with {before} first ({right} of 150 right)"
    return f"After {len(seen) - 1} steps the loss is {kinds}, and {number(plain)} without ({plain_right} right)."


def chance(classes: int) -> Iterator[Frame]:
    """The loss of a model that knows nothing: its scores are random
    numbers, and further apart from step to step."""
    torch.manual_seed(0)
    scores = torch.randn(512, classes)  # of 512 samples
    labels = torch.randint(classes, (512,))
    losses = []
    for spread in range(TOP + 1):
        loss = F.cross_entropy(spread * scores, labels)
        losses.append(loss.item())
        yield _chance_frame(losses, classes)


def _chance_frame(losses: list[float], classes: int) -> Frame:
    level, spread = math.log(classes), len(losses) - 1
    line = Series("loss", tuple(losses))
    chart = Chart("mean loss of 512 samples", (line,), TOP, x="spread", low=0, levels=(Level(level, f"ln {classes}"),))
    values = {"loss": losses[-1], "ln C": level, "spread": float(spread)}
    return Frame((chart,), values, _chance_note(losses[-1], level, spread, classes), spread, TOP)


def _chance_note(loss: float, level: float, spread: int, classes: int) -> str:
    if spread == 0:
        return f"All {classes} scores are 0, so all shares are equal: the loss is {number(loss)}, or ln {classes}."
    random = f"Random scores of {classes} classes, spread by {spread}"
    return f"{random}: the loss is {number(loss)}; of equal scores it is {number(level)}."


def cells(loss: str, dtype: str, shape: str) -> Iterator[Frame]:
    """Calls a loss with the same labels in one dtype and shape, and
    then in all others. Each cell is its value, or its error."""
    function, inputs, labels = _task(loss)
    told: dict[tuple[str, str], Told] = {}
    yield _cells_frame(loss, dtype, shape, told)

    every = [(kind, form) for kind in DTYPES for form in SHAPES]
    for asked in ([(dtype, shape)], every):
        for kind, form in asked:
            target = shaped(labels, form).to(getattr(torch, kind))
            told[kind, form] = Told(function, inputs, target)
        yield _cells_frame(loss, dtype, shape, told)


class Told:
    """What a loss answers: its value, or what it raised; and whether it warned."""

    def __init__(self, function: Callable[..., Tensor], inputs: Tensor, target: Tensor) -> None:
        self.value: float | None = None
        self.error = self.words = ""
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                self.value = function(inputs, target).item()
            except Exception as error:  # whatever torch says is what the cell is for
                self.error, self.words = type(error).__name__, str(error).partition("\n")[0]
        self.warned = bool(warned)
        if self.warned:
            self.words = str(warned[0].message).partition("\n")[0]

    def __str__(self) -> str:
        return self.error or f"{number(self.value or 0.0)}{', warned' * self.warned}"


def shaped(labels: Tensor, form: str) -> Tensor:
    """The labels of 4 samples as [N], as a column, or as one row of 3 for each: a 1 for its class, else 0."""
    if form == "[N]":
        return labels
    if form == "[N,1]":
        return labels[:, None]
    return (labels[:, None] == torch.arange(3)).long() if int(labels.max()) < 3 else labels[:, None].expand(4, 3)


def _task(loss: str) -> tuple[Callable[..., Tensor], Tensor, Tensor]:
    """The loss, what the model gives it, and the labels: classes, yes or no, or the very numbers that are given."""
    scores, one = torch.tensor(SCORES), torch.tensor([[2.0], [-1.0], [0.5], [1.0]])
    classes, yes, amounts = torch.tensor([0, 1, 2, 0]), torch.tensor([1, 0, 1, 0]), torch.arange(4)
    tasks: dict[str, tuple[Callable[..., Tensor], Tensor, Tensor]] = {
        "cross_entropy": (F.cross_entropy, scores, classes),
        "nll_loss": (F.nll_loss, F.log_softmax(scores, dim=1), classes),
        "bce_with_logits": (F.binary_cross_entropy_with_logits, one, yes),
        "bce": (F.binary_cross_entropy, one.sigmoid(), yes),
        "mse_loss": (F.mse_loss, amounts[:, None].float(), amounts),
    }
    return tasks[loss]


def _cells_frame(loss: str, dtype: str, shape: str, told: dict[tuple[str, str], Told]) -> Frame:
    rows = tuple((kind, *(str(told.get((kind, form), "·")) for form in SHAPES)) for kind in DTYPES)
    table = Table(f"{loss}, input {_given(loss)}, labels of", ("dtype", *SHAPES), rows, DTYPES.index(dtype))
    asked = told.get((dtype, shape))
    values = {} if asked is None else {"loss": math.nan if asked.value is None else asked.value}
    if len(told) > 1:
        values["cells with a value"] = float(sum(each.value is not None for each in told.values()))
    pictures = (table, _said(f"what torch says of {dtype} {shape}", asked))
    return Frame(pictures, values, _cells_note(loss, f"{dtype} {shape}", asked), min(2, len(told)), 2)


def _said(title: str, told: Told | None) -> Table:
    """torch's own words, in rows that are read as a text."""
    words = "" if told is None else f"{told.error}: {told.words}" if told.error else told.words
    if told is not None and not words:
        words = f"no word of warning; the loss is {number(told.value or 0.0)}"
    return Table(
        title, ("",), tuple((line,) for line in textwrap.wrap(words or "not called yet", 54, break_on_hyphens=False))
    )


def _given(loss: str) -> str:
    """The shape of what the model gives that loss."""
    return "[N,C]" if loss in ("cross_entropy", "nll_loss") else "[N,1]"


def _cells_note(loss: str, labels: str, asked: Told | None) -> str:
    """What the asked cell answered, in torch's own words where it refused."""
    if asked is None:
        return f"Nothing is called yet: {loss} will get labels of {labels}, and then of every other kind."
    if asked.error:
        return f"{loss} refuses {labels}: “{_short(asked.words, WIDEST - len(loss) - len(labels) - 15)}”."
    value = number(asked.value or 0.0)
    if asked.warned:
        return f"{loss} takes {labels} with no more than a warning about their size, and gives {value}."
    return f"{loss} takes {labels} and gives {value}."


def _short(words: str, most: int) -> str:
    """The first of the words, so many characters at most."""
    return words.rstrip(".") if len(words) <= most else textwrap.shorten(words, most, placeholder=" …")


def unlearn(labels: str) -> Iterator[Frame]:
    """Trains on a line that is perfect from the start, y = x. The
    labels come as a column, or as a flat row."""
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])  # (4, 1)
    target = x if labels == "[N,1]" else x[:, 0]  # (4, 1) or (4,)
    model = nn.Linear(1, 1)
    nn.init.ones_(model.weight)
    nn.init.zeros_(model.bias)
    seen: list[Values] = []
    yield _unlearn_frame(model, x, target, seen)

    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(STEPS):
        opt.zero_grad()
        loss = _mse_loss(model(x), target)  # of torch
        loss.backward()
        opt.step()
        yield _unlearn_frame(model, x, target, seen)


def _mse_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """torch's, without its warning about the two shapes: the frames tell of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return F.mse_loss(prediction, target)


def _unlearn_frame(model: nn.Linear, x: Tensor, target: Tensor, seen: list[Values]) -> Frame:
    """What the loss is a mean of, after the newest step; adds the model's numbers to what was seen."""
    with torch.no_grad():
        prediction = model(x)
        pairs = (prediction - target) ** 2  # (4, 1), or (4, 4): broadcast
    seen.append({"loss": pairs.mean().item(), "weight": model.weight.item(), "bias": model.bias.item()})
    rows = tuple(number(round(each, 2)) for each in prediction[:, 0].tolist())
    heads = ("0", "1", "2", "3") if pairs.shape[1] > 1 else ("own",)
    squares = tuple(round(each, 2) for each in pairs.flatten().tolist())
    grid = Grid("squares, predictions by labels", rows, heads, squares, low=0, high=9)
    line = Series("loss", tuple(values["loss"] for values in seen))
    chart = Chart("loss, their mean", (line,), STEPS, low=0, high=3)
    return Frame((grid, chart), seen[-1], _unlearn_note(seen, pairs), len(seen) - 1, STEPS)


def _unlearn_note(seen: list[Values], pairs: Tensor) -> str:
    loss, weight = number(round(seen[-1]["loss"], 4)), number(round(seen[-1]["weight"], 4))
    step, which = len(seen) - 1, f"the mean of {pairs.numel()} squared differences"
    if step == 0:
        return f"Every prediction is right, the slope is {weight}, and the loss is {loss}, {which}."
    if seen[-1]["loss"] < 1e-6:
        return f"After {step} steps the loss is {loss}, the slope is {weight}, and every prediction is still right."
    return f"After {step} steps the loss is {loss}, {which}, and the slope went from 1 to {weight}."


def outside(label: str, everywhere: bool) -> Iterator[Frame]:
    """Four samples and three classes, 0 to 2. The last label, or
    every one, is whatever you choose."""
    chosen = _whole(label)
    labels = [chosen] * 4 if everywhere else [0, 1, 2, chosen]
    scores, target = torch.tensor(SCORES), torch.tensor(labels)
    yield _outside_frame(labels, None)

    told = Told(F.cross_entropy, scores, target)
    yield _outside_frame(labels, told)


def _whole(label: str) -> int:
    try:
        value = int(label.replace("−", "-"))
    except ValueError:
        raise ValueError(f"label takes a whole number, as 2, 3, -1 or -100, not {label!r}") from None
    if abs(value) >= 2**63:
        raise ValueError(f"{label} is more than int64 can hold; take a smaller label")
    return value


def _outside_frame(labels: list[int], told: Told | None) -> Frame:
    losses, values = ["·"] * 4, {}
    if told is not None and told.error:
        losses = ["·" if label in (0, 1, 2, -100) else "✗" for label in labels]
        values = {"loss": math.nan, "counted": 0.0}
    elif told is not None:
        each = F.cross_entropy(torch.tensor(SCORES), torch.tensor(labels), reduction="none").tolist()
        losses = ["left out" if label == -100 else number(loss) for label, loss in zip(labels, each)]
        values = {"loss": told.value or 0.0, "counted": float(4 - labels.count(-100))}
    rows = tuple((f"sample {k}", f"{labels[k]}".replace("-", "−"), losses[k]) for k in range(4))
    table = Table("3 classes: 0, 1 and 2", ("sample", "label", "its loss"), rows, 3)
    pictures = (table, _said("what torch says", told))
    return Frame(pictures, values, _outside_note(labels, told), int(told is not None), 1)


def _outside_note(labels: list[int], told: Told | None) -> str:
    if told is None:
        return f"The labels are {', '.join(map(str, labels))}, and cross_entropy is not called yet.".replace("-", "−")
    if told.error:
        return f"cross_entropy raised {told.error}: “{_short(told.words, 60)}”."
    counted = sum(label != -100 for label in labels)
    if counted == 4:
        return f"All four labels are classes, and the mean of their losses is {number(told.value or 0.0)}."
    if not counted:
        return "Every label is −100, so nothing is counted: the mean of no losses is nan, and nothing was raised."
    return f"A label of −100 is left out: the loss is the mean of the other {counted}, {number(told.value or 0.0)}."


def smooth(smoothing: float) -> Iterator[Frame]:
    """Raises the score of the right class of three from step to
    step; the other two stay at 0. What does the loss reward?"""
    y = torch.tensor(0)  # the right class
    losses = []
    for right in range(TOP + 1):
        scores = torch.tensor([float(right), 0.0, 0.0])
        plain = F.cross_entropy(scores, y)
        soft = F.cross_entropy(scores, y, label_smoothing=smoothing)
        losses.append((plain.item(), soft.item()))
        yield _smooth_frame(losses, smoothing)


def _smooth_frame(losses: list[tuple[float, float]], smoothing: float) -> Frame:
    plain, soft = (tuple(each) for each in zip(*losses))
    series = (Series("hard label", plain), Series(f"smoothing {number(smoothing)}", soft))
    chart = Chart("loss", series, TOP, x="score of the right class", low=0, high=1.2)
    lowest = soft.index(min(soft))
    values = {"loss": soft[-1], "loss of hard label": plain[-1], "lowest at": float(lowest), "lowest": soft[lowest]}
    return Frame((chart,), values, _smooth_note(plain, soft, smoothing), len(losses) - 1, TOP)


def _smooth_note(plain: tuple[float, ...], soft: tuple[float, ...], smoothing: float) -> str:
    """What the loss is, and at the end where it is lowest."""
    at, loss = len(soft) - 1, number(soft[-1])
    if at < TOP:
        return f"With the right class at {at} the loss is {loss} with smoothing, and {number(plain[-1])} without."
    if smoothing == 0:
        return f"Without smoothing the loss falls as long as the score rises: at {at} it is {loss}."
    lowest = f"lowest at a score of {soft.index(min(soft))}, where it is {number(min(soft))}"
    return f"With smoothing {number(smoothing)} the loss is {lowest}; at {at} it is {loss}."


def rare(weight: float, times: float) -> Iterator[Frame]:
    """Trains a line of two classes, 190 samples and 10. The rare one
    has a weight in the loss; `times` is a factor on both weights."""
    x, y = unbalanced()  # (200, 1) and (200,)
    model = nn.Linear(1, 2)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    weights = times * torch.tensor([1.0, weight])
    seen = [_rare_values(model, x, y, weights)]
    yield _rare_frame(seen, weight)

    opt = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(STEPS):
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y, weight=weights)
        loss.backward()
        opt.step()

        seen.append(_rare_values(model, x, y, weights))
        yield _rare_frame(seen, weight)


def unbalanced() -> tuple[Tensor, Tensor]:
    """190 samples of class 0 around −1 and 10 of class 1 around 1; they overlap."""
    generator = torch.Generator().manual_seed(0)
    y = (torch.arange(200) >= 190).long()
    return 2.0 * y[:, None] - 1.0 + torch.randn(200, 1, generator=generator), y


def _rare_values(model: nn.Linear, x: Tensor, y: Tensor, weights: Tensor) -> Values:
    with torch.no_grad():
        scores = model(x)
    right = scores.argmax(dim=1) == y
    loss = F.cross_entropy(scores, y, weight=weights).item()
    common, found = (int(right[y == kind].sum()) for kind in (0, 1))
    return {"loss": loss, "common right": common, "rare right": found, "accuracy": (common + found) / 200}


def _rare_frame(seen: list[Values], weight: float) -> Frame:
    shares = (tuple(100 * each[f"{name} right"] / of for each in seen) for name, of in (("common", 190), ("rare", 10)))
    series = tuple(Series(name, share) for name, share in zip(("common", "rare"), shares))
    chart = Chart("right, %", series, STEPS, low=0, high=100)
    loss = Chart("weighted loss", (Series("loss", tuple(each["loss"] for each in seen)),), STEPS, low=0, high=1)
    now, step = seen[-1], len(seen) - 1
    told = f"{now['common right']:.0f} of 190 common and {now['rare right']:.0f} of 10 rare samples are right"
    note = f"After {step} steps, with weight {number(weight)}, {told}, and the loss is {number(now['loss'])}."
    if step == 0:
        note = f"Before training {told}: all scores are 0, and argmax takes the first of equals."
    return Frame((chart, loss), now, note, step, STEPS)
