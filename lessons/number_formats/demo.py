"""Number formats: what float32, float16 and bfloat16 can hold, and what they lose. Every number is cast by torch.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. `torch.tensor(x, dtype=torch.float64).to(dtype)` rounds x to the nearest number of a format.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.autograd import grad
from torch.nn.functional import cross_entropy

from lessons.kit import (
    Bits,
    Chart,
    Frame,
    Grid,
    Histogram,
    Level,
    Mark,
    Ruler,
    Series,
    Span,
    Table,
    Word,
    joined,
    number,
)

FORMATS = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
EXPONENT_BITS = {"float32": 8, "float16": 5, "bfloat16": 8}
INTEGERS = {2: torch.int16, 4: torch.int32}  # of as many bytes

GAP_STEPS = 26
WEIGHT_STEPS = 400
GRADIENT_STEPS = 60

BINS = 56
SIZES = (-20, 8)
"""The histogram's axis of gradients, in powers of ten."""
SHADES = (-14, -2)
"""The grid's, likewise: what lies beyond has the shade of the end."""


def bits(value: str) -> Iterator[Frame]:
    """One number as three formats hold it, bit by bit: first in
    float32, then in the two that have 16 bits."""
    typed = _typed("value", value)
    words: list[Word] = []
    for name, dtype in FORMATS.items():
        exact = torch.tensor(typed, dtype=torch.float64)
        held = exact.to(dtype)  # rounds to the nearest there is

        bytes_each = held.element_size()  # 4, 2 and 2
        pattern = held.view(INTEGERS[bytes_each]).item()
        width = 8 * bytes_each
        ones = f"{pattern % 2**width:0{width}b}"  # "0011101..."

        first = 1 + EXPONENT_BITS[name]
        fields = ones[:1], ones[1:first], ones[first:]
        note = _judged(typed, held.item(), dtype)
        words.append(Word(name, fields, held.item(), note))
        yield _bits_frame(typed, words)


def _bits_frame(typed: float, words: list[Word]) -> Frame:
    negative = math.copysign(1, typed) < 0
    marks = () if math.isnan(typed) else (Mark(abs(typed), "its size" if negative else "the number"),)
    pictures = (
        Bits(f"{_written(typed)} as a format holds it", ("sign", "exponent", "fraction"), tuple(words)),
        Ruler("what each format reaches", tuple(map(_span, FORMATS)), marks),
    )
    values = {word.name: word.value for word in words}
    return Frame(pictures, values, _bits_note(typed, words), len(words) - 1, len(FORMATS) - 1)


def _span(name: str) -> Span:
    limits = torch.finfo(FORMATS[name])
    return Span(name, limits.smallest_normal * limits.eps, limits.smallest_normal, limits.max)


def _judged(typed: float, held: float, dtype: torch.dtype) -> str:
    """How what is held differs from what was typed."""
    if math.isnan(held):
        return "not a number"
    if held == typed:
        return "exact"
    if math.isinf(held):
        return "too large"
    if held == 0:
        return "too small"
    off = 100 * (held / typed - 1)
    small = "subnormal, " if abs(held) < torch.finfo(dtype).smallest_normal else ""
    return f"{small}{number(abs(off))} % {'over' if off > 0 else 'under'}"


def _bits_note(typed: float, words: list[Word]) -> str:
    """What each format made of the number."""
    names = joined([word.name for word in words])
    same = all(word.value == typed for word in words)
    if math.isnan(typed):
        return f"In {names} nan is an exponent of all ones, and a fraction that is not 0."
    if math.isinf(typed):
        return f"In {names} {_written(typed)} is an exponent of all ones, and a fraction of 0."
    if same:
        return f"{joined([word.name for word in words])} hold{'s' * (len(words) == 1)} {_written(typed)} exactly."
    return f"{_written(typed)} becomes {joined([f'{_written(word.value)} in {word.name}' for word in words])}."


def gaps(way: str) -> Iterator[Frame]:
    """Goes from 1 upwards by doubling, or down by halving, and
    looks how far away each format's next larger number is."""
    factor = 2.0 if way == "doubling" else 0.5
    seen: dict[str, list[float]] = {name: [] for name in FORMATS}
    lost: dict[str, float] = {}  # where x + 1 first gave x again
    for step in range(GAP_STEPS + 1):
        size = torch.tensor(factor**step, dtype=torch.float64)
        for name, dtype in FORMATS.items():
            x = size.to(dtype)
            pattern = x.view(INTEGERS[x.element_size()])
            following = (pattern + 1).view(dtype)  # the next bits
            gap = (following.double() - x.double()).item()
            seen[name].append(gap if x.isfinite() else math.inf)
            if x + 1 == x and x.isfinite():
                lost.setdefault(name, size.item())
        yield _gaps_frame(way, size.item(), seen, lost)


def _gaps_frame(way: str, size: float, seen: dict[str, list[float]], lost: dict[str, float]) -> Frame:
    lines = tuple(Series(name, tuple(line)) for name, line in seen.items())
    up = way == "doubling"
    chart = Chart(
        "distance to the next larger number", lines, GAP_STEPS, x=f"{way} from 1", log=True,
        low=1e-8 if up else 1e-16, high=1e6 if up else 1e-2, levels=(Level(2, "2: + 1 is lost"),) if up else (),
    )  # fmt: skip
    newest = {name: line[-1] for name, line in seen.items()}
    rows = tuple((name, number(gap), number(gap / size)) for name, gap in newest.items())
    table = Table(f"at {_place(size)}", ("format", "gap", "gap ÷ size"), rows)
    step = len(seen["float32"]) - 1
    values = {"size": size, **{f"gap {name}": gap for name, gap in newest.items()}}
    values.update({f"+ 1 lost {name}": where for name, where in lost.items()})
    note = _lost_note(lost) if lost and step == GAP_STEPS else _gaps_note(size, newest, lost)
    return Frame((chart, table), values, note, step, GAP_STEPS)


def _lost_note(lost: dict[str, float]) -> str:
    """From where on each format loses + 1."""
    return f"x + 1 is x again from {joined([f'{_place(size)} on in {name}' for name, size in lost.items()])}."


def _gaps_note(size: float, gaps: dict[str, float], lost: dict[str, float]) -> str:
    """The three gaps, and in which of them + 1 is lost."""
    finite = joined([f"{number(gap)} in {name}" for name, gap in gaps.items() if math.isfinite(gap)])
    losing = [name for name in lost if math.isfinite(gaps[name])]
    ends = [f"+ 1 is lost in {joined(losing)}"] if losing else []
    ends += [f"{name} is at inf" for name, gap in gaps.items() if math.isinf(gap)]
    ends += [f"{name} is at 0" for name, gap in gaps.items() if 2 * size <= gap < math.inf]
    return f"At {_place(size)} the gap is {finite}{'; ' if ends else ''}{', '.join(ends)}."


def _place(size: float) -> str:
    return _written(size) if size >= 1 else number(size)


def sums(
    add: str,
    start: str,
    times: int,
    at_once: bool,
) -> Iterator[Frame]:
    """Adds one number again and again to a total, which each format
    rounds after every addition. At once is how torch.sum does it."""
    one = torch.tensor(_finite("add", add), dtype=torch.float64)
    first = torch.tensor(float(start), dtype=torch.float64)
    true = (first + times * one).item()
    totals = {name: first.to(FORMATS[name]) for name in FORMATS}
    seen = {name: [totals[name].item()] for name in FORMATS}
    yield _sums_frame(seen, times, true, at_once)

    for percent in range(1, 101):
        done, due = (times * p // 100 for p in (percent - 1, percent))
        for name, dtype in FORMATS.items():
            rounded = one.to(dtype)
            for _ in range(done, due):
                totals[name] += rounded  # added, and rounded again
            seen[name].append(totals[name].item())
        yield _sums_frame(seen, times, true, at_once)

    if at_once:
        found = {}
        for name, dtype in FORMATS.items():
            x = one.to(dtype).repeat(times)  # (times,)
            total = first.to(dtype) + x.sum()
            found[name] = total.item(), x.mean().item()
        yield _sums_frame(seen, times, true, at_once, found)


def _sums_frame(
    seen: dict[str, list[float]],
    times: int,
    true: float,
    at_once: bool,
    done: dict[str, tuple[float, float]] | None = None,
) -> Frame:
    """`done` holds what sum() and mean() gave, in the last frame of a run that is to tell it."""
    lines = tuple(Series(name, tuple(line)) for name, line in seen.items())
    start = seen["float32"][0]
    chart = Chart(
        "the total", lines, 100, x=f"% of {times} additions", low=min(start, true), high=max(start, true),
        levels=(Level(true, "the true sum"),),
    )  # fmt: skip
    totals = {name: line[-1] for name, line in seen.items()}
    values, heads = dict(totals), ("format", "one by one", "sum()")[: 2 + at_once]
    rows = []
    for name, total in totals.items():
        sums = (done or {}).get(name, ())
        values.update(zip((f"sum() {name}", f"mean() {name}"), sums))
        row = (name, _written(total, 5), _written(sums[0], 5) if sums else "–")
        rows.append(row[: len(heads)])
    table = Table("what torch got", heads, tuple(rows))
    percent = len(seen["float32"]) - 1
    note = _sums_note(totals, times * percent // 100, true, done)
    return Frame((chart, table), values, note, percent + bool(done), 100 + at_once)


def _sums_note(totals: dict[str, float], count: int, true: float, done: dict[str, tuple[float, float]] | None) -> str:
    """The three totals, or what torch.sum made of the same numbers."""
    if done:
        sums = {name: total for name, (total, _) in done.items()}
        others, what = list(totals.values()), "one by one it was"
        if any(map(math.isinf, sums.values())):
            others, what = [mean for _, mean in done.values()], "mean() gives"
        return f"sum() gives {_listed(sums)}; {what} {joined([_written(each, 5) for each in others])}."
    if count == 0:
        return f"The start: {_written(totals['float32'], 5)} everywhere, and the true sum will be {_written(true, 5)}."
    return f"After {count} addition{'s' * (count != 1)}: {_listed(totals)}."


def weight(lr: float, wide_copy: bool) -> Iterator[Frame]:
    """SGD moves a weight from 0 towards π, once in each format. The
    copy, if on, is what SGD moves; the loss sees it rounded."""
    weights = {}
    for name, dtype in FORMATS.items():
        stored = torch.float32 if wide_copy else dtype
        weights[name] = nn.Parameter(torch.tensor(0.0, dtype=stored))
    seen = {name: [0.0] for name in FORMATS}
    yield _weight_frame(seen, lr, wide_copy)

    opt = torch.optim.SGD(weights.values(), lr=lr)
    for _ in range(WEIGHT_STEPS):
        opt.zero_grad()
        for name, dtype in FORMATS.items():
            w = weights[name].to(dtype)
            loss = 0.5 * (w - math.pi) ** 2  # computed in dtype
            loss.backward()
        opt.step()

        for name, dtype in FORMATS.items():
            seen[name].append(weights[name].to(dtype).item())
        yield _weight_frame(seen, lr, wide_copy)


def _weight_frame(seen: dict[str, list[float]], lr: float, wide_copy: bool) -> Frame:
    lines = tuple(Series(name, tuple(line)) for name, line in seen.items())
    chart = Chart("w", lines, WEIGHT_STEPS, low=0, high=3.5, levels=(Level(math.pi, "π"),))
    now = {name: line[-1] for name, line in seen.items()}
    rows, values = [], dict(now)
    for name, w in now.items():
        gradient = (torch.tensor(w, dtype=FORMATS[name]) - math.pi).item()
        half = _gap(w, "float32" if wide_copy else name) / 2
        rows.append((name, number(-lr * gradient), number(half)))
        values.update({f"step {name}": -lr * gradient, f"half a gap {name}": half})
    table = Table("the next step", ("format", "step", "half a gap"), tuple(rows))
    return Frame((chart, table), values, _weight_note(seen, wide_copy), len(seen["float32"]) - 1, WEIGHT_STEPS)


def _gap(size: float, name: str) -> float:
    """From a number to the next larger one of a format, both finite."""
    here = torch.tensor(size, dtype=torch.float64).to(FORMATS[name])
    following = (here.view(INTEGERS[here.element_size()]) + 1).view(here.dtype)
    return (following.double() - here.double()).item()


def _weight_note(seen: dict[str, list[float]], wide_copy: bool) -> str:
    """Where the weights are, and since when some stand still."""
    step = len(seen["float32"]) - 1
    if step == 0:
        way = "SGD moves a float32 copy of each" if wide_copy else "SGD moves each in its own format"
        return f"The start: all three weights are 0, the goal is π, and {way}."
    places = _listed({name: line[-1] for name, line in seen.items()})
    if wide_copy:
        return f"w is {places}, each the copy rounded."
    since = {name: _still_since(line) for name, line in seen.items() if name != "float32"}
    stuck = [f"{at} ({name})" for name, at in since.items() if at < step - 20]
    return f"w is {places}{'; no move since step ' + joined(stuck) if stuck else ''}."


def _still_since(line: Sequence[float]) -> int:
    """The step since which the last value stands."""
    return max((step for step, value in enumerate(line, 1) if value != line[-1]), default=0)


def gradients(dtype: str, factor: float) -> Iterator[Frame]:
    """Trains a small network in float32, and casts the gradients
    that flow back through its middle, at every step, to a format."""
    torch.manual_seed(0)
    points = torch.randn(256, 2)
    classes = (points.norm(dim=1) > 1.2).long()  # 1 outside a circle
    front = nn.Sequential(
        nn.Linear(2, 32),
        nn.Tanh(),
        nn.Linear(32, 32),
    )
    back = nn.Sequential(nn.Tanh(), nn.Linear(32, 2))
    weights = [*front.parameters(), *back.parameters()]
    opt = None
    for step in range(GRADIENT_STEPS + 1):
        middle = front(points)  # (256, 32)
        loss = cross_entropy(back(middle), classes)
        scaled = factor * loss
        (sent,) = grad(scaled, middle, retain_graph=True)  # float32
        cast = sent.to(FORMATS[dtype])
        yield _gradients_frame(step, sent, cast, loss.item())

        opt = opt or torch.optim.Adam(weights, lr=0.02)
        opt.zero_grad()
        loss.backward()  # without the factor: it trains the same
        opt.step()


def _gradients_frame(step: int, sent: Tensor, cast: Tensor, loss: float) -> Frame:
    """From the gradients as float32 computed them, and as the format holds them: (256, 32) each."""
    limits = torch.finfo(cast.dtype)
    size, lost = cast.double().abs(), (cast == 0) & (sent != 0)
    subnormal = (size > 0) & (size < limits.smallest_normal)
    error = (cast.double() - sent).norm() / sent.double().norm()
    shares = {"became 0": lost, "subnormal": subnormal, "became inf": cast.isinf()}
    values = {name: where.double().mean().item() for name, where in shares.items()}
    values.update({"relative error": error.item(), "loss": loss})
    pictures = (_spread(size, lost, limits), _sample(size, lost))
    return Frame(pictures, values, _gradients_note(values, limits.dtype), step, GRADIENT_STEPS)


def _spread(size: Tensor, lost: Tensor, limits: torch.finfo) -> Histogram:
    """How large the gradients are that the format still holds."""
    low, high = SIZES
    held = size[(size > 0) & size.isfinite()].log10().clamp(low, high)
    counts = torch.histc(held, BINS, low, high).tolist()
    smallest = limits.smallest_normal * limits.eps
    ends = ((smallest, "smallest"), (limits.smallest_normal, "all digits"), (limits.max, "largest"))
    marks = tuple(Mark(math.log10(value), name) for value, name in ends if low < math.log10(value) < high)
    title = f"size of 8192 gradients in {limits.dtype}"
    return Histogram(title, tuple(counts), low, high, "|gradient|", True, marks, lost.sum().item(), "became 0")


def _sample(size: Tensor, lost: Tensor) -> Grid:
    """The powers of ten of every 32nd point and the first 16 neurons; a 0 is drawn as the smallest."""
    some, (low, high) = size[::32, :16], SHADES
    heights = some.log10().clamp(SIZES[0], SIZES[1]).flatten().tolist()
    marked = tuple(lost[::32, :16].flatten().nonzero().flatten().tolist())
    rows, columns = (tuple(map(str, places)) for places in (range(0, 256, 32), range(16)))
    return Grid("8 points by 16 neurons", rows, columns, tuple(heights), low, high, marked, "became 0")


def _gradients_note(values: dict[str, float], name: str) -> str:
    """What share the format lost, and how wrong the gradient is as a whole."""
    zero, infinite, error = (_percent(values[each]) for each in ("became 0", "became inf", "relative error"))
    if values["became inf"]:
        return f"In {name} {infinite} of the gradients became inf, and {zero} became 0."
    return f"In {name} {zero} of the gradients became 0, and the gradient as a whole is {error} off."


# ── What several demos share ──────────────────────────────────────────────────────────────────────────────────────────


def _typed(knob: str, text: str) -> float:
    """The number that a reader typed. Raises ValueError with a sentence."""
    try:
        value = float(text.replace("−", "-"))
    except ValueError:
        raise ValueError(f"{knob} takes a number, as 0.1, 3e-8, -0, inf or nan, not {text!r}") from None
    if math.isinf(value) and "inf" not in text.lower():
        raise ValueError(f"{text} is more than even float64 can hold; type a number below 1.8e308, or inf")
    if value == 0 and set(text.lower().partition("e")[0]) & set("123456789"):
        raise ValueError(f"{text} is less than even float64 can hold; type a number above 4.9e-324, or 0")
    return value


def _finite(knob: str, text: str) -> float:
    value = _typed(knob, text)
    if not math.isfinite(value):
        raise ValueError(f"{knob} takes a finite number, as 1 or 0.1, not {text}")
    return value


def _written(value: float, digits: int = 9) -> str:
    """Plain up to so many digits: "65504", "0.0999755859", "5.96046448e-8"."""
    mantissa, e, exponent = f"{value:.{digits}g}".partition("e")
    return mantissa.replace("-", "−") + (f"e{int(exponent)}" if e else "")


def _listed(values: dict[str, float]) -> str:
    """A number for each format, as "1 in float32, 2 in float16 and 3 in bfloat16"."""
    return joined([f"{_written(value, 5)} in {name}" for name, value in values.items()])


def _percent(share: float) -> str:
    return f"{number(round(100 * share, 6))} %"
