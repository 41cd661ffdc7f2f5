"""Data loading: what a DataLoader does with a data set, and what its worker processes do for it. All of it is run.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; the data sets that they
load and what draws and words their frames follow. Where time counts, a whole epoch runs first, undisturbed, and is
shown afterwards, batch by batch.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, IterableDataset, default_collate, get_worker_info

from lessons.kit import Bar, Bars, Frame, Grid, Lane, Stretch, Table, Timeline, joined, number

EPOCHS = 3
TIMED = 64
"""Samples of an epoch that is timed."""

BATCH = 8
"""Samples of a batch there."""

KINDS = ("fetches", "waits", "trains")
PARTS = ("start", "waits", "trains")
"""What the trainer's time goes into; `start` is the wait for the first batch."""


def epoch(
    batch_size: int,
    drop_last: bool,
    loop: str,
) -> Iterator[Frame]:
    """Ten samples, and how often each was trained on."""
    dataset: Any = list(range(10))  # all that has [index], len()
    loader = DataLoader(
        dataset,
        batch_size=batch_size,
        drop_last=drop_last,
    )
    seen: list[list[int]] = []
    yield _epoch_frame(seen, len(loader), loop)

    if loop == "for batch in loader":
        for batch in loader:
            seen.append(batch.tolist())
            yield _epoch_frame(seen, len(loader), loop)
    else:
        for _ in range(len(loader)):
            batch = next(iter(loader))  # a new iterator each time
            seen.append(batch.tolist())
            yield _epoch_frame(seen, len(loader), loop)


def _epoch_frame(seen: list[list[int]], steps: int, loop: str) -> Frame:
    """A row a step, a column a sample: how often it was seen up to then."""
    rows, counts = [], [0] * 10
    for batch in seen:
        for sample in batch:
            counts[sample] += 1
        rows.append(tuple(counts))
    rows += [tuple(counts)] * (steps - len(seen))
    values = tuple(float(count) for row in rows for count in row)
    missed = tuple(10 * (steps - 1) + k for k in range(10) if len(seen) == steps and not counts[k])
    names = tuple(f"step {k + 1}" for k in range(steps))
    columns = tuple(f"{k}" for k in range(10))
    title = "how often each sample was trained on"
    grid = Grid(title, names, columns, values, 0, max(2, steps), missed, "never trained on" if missed else "")
    sizes = {"batches": float(steps), "samples seen": float(sum(count > 0 for count in counts))}
    if seen:
        sizes["samples in the batch"] = float(len(seen[-1]))
    return Frame((grid,), sizes, _epoch_note(seen, steps, counts, loop), len(seen), steps)


def _epoch_note(seen: list[list[int]], steps: int, counts: list[int], loop: str) -> str:
    if not seen:
        return f"The start: the data set has 10 samples, and the loader makes {_plural(steps, 'batch')} of them."
    if len(seen) < steps:
        return f"Step {len(seen)} trains on samples {_listed(seen[-1])}."
    never = [k for k, count in enumerate(counts) if not count]
    if loop != "for batch in loader" and steps > 1:
        return f"All {steps} steps trained on the same samples {_listed(seen[0])}; {len(never)} were never seen."
    if never:
        return f"The epoch is over, and samples {_listed(never)} were in no batch."
    sizes = joined([str(len(batch)) for batch in seen])
    return f"Each of the 10 samples was seen once, in batches of {sizes}."


def order(how: str, seed: int) -> Iterator[Frame]:
    """Three epochs over twelve samples: 0-3 are cats, 4-7 dogs and
    8-11 cows, as a folder of folders would list them."""
    generator = torch.Generator().manual_seed(seed)
    samples: Any = list(range(12))
    loader = DataLoader(
        samples,
        batch_size=4,
        shuffle=how != "stored",
        generator=generator,
    )
    epochs: list[list[int]] = []
    yield _order_frame(epochs, how)

    for _ in range(EPOCHS):
        if how == "reseeded":
            generator.manual_seed(seed)  # before every epoch
        batches = [batch.tolist() for batch in loader]
        epochs.append(list(chain(*batches)))
        yield _order_frame(epochs, how)


def _order_frame(epochs: list[list[int]], how: str) -> Frame:
    """The class at each place of each epoch, and the samples themselves."""
    rows = tuple((f"epoch {k + 1}", *_in_batches(each)) for k, each in enumerate(epochs))
    empty = tuple((f"epoch {k + 1}", "", "", "") for k in range(len(epochs), EPOCHS))
    table = Table("the samples, in the order they came", ("", "batch 0", "batch 1", "batch 2"), rows + empty)
    newest = [epochs[-1][place : place + 4] for place in (0, 4, 8)] if epochs else [[], [], []]
    counts = [tuple(float(sum(sample // 4 == kind for sample in batch)) for kind in range(3)) for batch in newest]
    bars = tuple(Bar(f"batch {k}", each) for k, each in enumerate(counts))
    title = f"what is in the batches of epoch {max(1, len(epochs))}"
    pictures = table, Bars(title, ("cats", "dogs", "cows"), bars, "", 4)
    values = {"orders": float(len({tuple(each) for each in epochs}))}
    if epochs:
        values["classes in a batch"] = sum(count > 0 for each in counts for count in each) / 3
    return Frame(pictures, values, _order_note(epochs, how), len(epochs), EPOCHS)


def _in_batches(samples: list[int]) -> tuple[str, ...]:
    return tuple(" ".join(map(str, samples[k : k + 4])) for k in range(0, len(samples), 4))


def _order_note(epochs: list[list[int]], how: str) -> str:
    if not epochs:
        return "The start: 4 cats, 4 dogs and 4 cows, stored one class after the other, in batches of 4."
    first = len({sample // 4 for sample in epochs[-1][:4]})
    if len(epochs) < EPOCHS:
        return f"Epoch {len(epochs)} begins with samples {_listed(epochs[-1][:4])}: {_plural(first, 'class')}."
    orders = len({tuple(each) for each in epochs})
    if how == "stored":
        return f"{EPOCHS} epochs came in one order, and each batch is of {_plural(first, 'class')} alone."
    if how == "reseeded":
        return f"{EPOCHS} epochs came in {_plural(orders, 'order')}, for the generator was seeded anew before each."
    return f"{EPOCHS} epochs came in {orders} orders; run it again, and the same {orders} come again."


def collate(lengths: str, collate_fn: str) -> Iterator[Frame]:
    """Four sentences as word numbers, each with a label: what the
    loader makes one batch of them with."""
    sizes = (3, 3, 3, 3) if lengths == "equal" else (3, 1, 4, 2)
    words = torch.arange(1, sum(sizes) + 1).split(sizes)
    dataset: Any = list(zip(words, (0, 1, 1, 0)))  # (tensor, int)
    yield _collate_start(dataset)

    make = pad if collate_fn == "pad" else default_collate
    loader = DataLoader(dataset, batch_size=4, collate_fn=make)
    try:
        batch = next(iter(loader))
    except RuntimeError as error:
        yield _collate_failed(dataset, error)
    else:
        yield _collated(*batch)


def pad(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
    """Words [N, longest], filled up with 0, and labels [N]."""
    words = pad_sequence([each for each, _ in samples], batch_first=True)
    return words, torch.tensor([label for _, label in samples])


def _collate_start(dataset: list[tuple[Tensor, int]]) -> Frame:
    note = f"The start: four samples, whose tensors have {joined([str(len(each)) for each, _ in dataset])} elements."
    return Frame((_samples(dataset),), {"samples": 4.0}, note, 0, 1)


def _samples(dataset: list[tuple[Tensor, int]]) -> Table:
    rows = tuple((str(k), str(words.tolist()), str(label)) for k, (words, label) in enumerate(dataset))
    return Table("the samples", ("", "tensor", "int"), rows)


def _collated(words: Tensor, labels: Tensor) -> Frame:
    rows, columns = words.shape
    grid = Grid(
        f"the batch: words [{rows}, {columns}], {words.dtype}",
        tuple(f"sample {k}" for k in range(rows)),
        tuple(str(k) for k in range(columns)),
        tuple(float(value) for value in words.flatten().tolist()),
    )
    padding = int((words == 0).sum())
    kinds = Table("labels", ("", "shape", "dtype"), (("labels", str(list(labels.shape)), str(labels.dtype)),))
    made = f"one tensor of shape [{rows}, {columns}], and the ints one of shape [{len(labels)}]"
    filled = f", with {padding} zeros as padding" if padding else ""
    return Frame((grid, kinds), {"padding": float(padding)}, f"The four tensors became {made}{filled}.", 1, 1)


def _collate_failed(dataset: list[tuple[Tensor, int]], error: RuntimeError) -> Frame:
    table = Table("what torch said", ("RuntimeError",), tuple((part,) for part in str(error).split(", ")))
    return Frame((table, _samples(dataset)), {"samples": 4.0}, f"No batch: {error}.", 1, 1)


def timeline(
    workers: int,
    sample_ms: int,
    step_ms: int,
    work: str,
    prefetch: int,
) -> Iterator[Frame]:
    """One epoch of 8 batches: which process fetched each, and when,
    and what the trainer did meanwhile. Each time is measured."""
    dataset = Samples(TIMED, sample_ms, work)
    yield _timeline_start(workers, sample_ms, step_ms)

    loader = DataLoader(
        dataset,
        batch_size=BATCH,
        num_workers=workers,
        prefetch_factor=prefetch if workers else None,
        multiprocessing_context="fork" if workers else None,
    )
    began = time.perf_counter()
    batches = list(train(loader, step_ms))

    for step in range(1, len(batches) + 1):
        yield _timeline_frame(batches, began, step, workers)


@dataclass(frozen=True)
class Batch:
    """When one batch was fetched, by which process, and how the trainer fared. Seconds of time.perf_counter()."""

    pid: int
    fetched: tuple[float, float]
    asked: float
    """When the trainer was ready for it."""
    came: float
    trained: float

    @property
    def wait(self) -> float:
        return self.came - self.asked


class Samples(Dataset[Any]):
    """Samples that take a time to get: asleep, as for a disk or a network, or computing, as for decoding an image."""

    def __init__(self, count: int, ms: float, work: str = "sleep") -> None:
        self.count, self.ms, self.work = count, ms, work

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[int, float, float]:
        start, computed = time.perf_counter(), time.thread_time()
        if self.work == "sleep":
            time.sleep(self.ms / 1000)
        while self.work == "compute" and time.thread_time() < computed + self.ms / 1000:
            pass  # time on a core: it takes longer where cores are short
        return os.getpid(), start, time.perf_counter()


def train(loader: DataLoader[Any], step_ms: float) -> Iterator[Batch]:
    """Trains on each batch, which is here to sleep for as long as a GPU would be at work."""
    asked = time.perf_counter()
    for pids, starts, ends in loader:
        came = time.perf_counter()
        time.sleep(step_ms / 1000)
        trained = time.perf_counter()
        yield Batch(int(pids[0]), (starts[0].item(), ends[-1].item()), asked, came, trained)
        asked = time.perf_counter()


def _timeline_start(workers: int, sample_ms: int, step_ms: int) -> Frame:
    who = _plural(workers, "worker") if workers else "No worker"
    note = f"{who}: a batch takes {BATCH} × {sample_ms} ms to fetch and {step_ms} ms to train on; nothing has run yet."
    by_turns = float(TIMED * sample_ms + TIMED // BATCH * step_ms)
    names = ("trainer", *(_whose(k) for k in range(workers)))
    lanes = Timeline("who is at work", KINDS, tuple(Lane(name, ()) for name in names), by_turns or 1.0)
    bars = Bars("the trainer's time", PARTS, (Bar("", (0.0, 0.0, 0.0)),), "ms", 1)
    return Frame((lanes, bars), {"workers": float(workers)}, note, 0, TIMED // BATCH)


def _timeline_frame(batches: list[Batch], began: float, step: int, workers: int) -> Frame:
    """The lanes up to the end of a step."""
    seen, now = batches[:step], batches[step - 1].trained
    later = [each.wait for each in seen[_steady(workers) :]]
    spent = _spent(seen)
    times = {
        "first batch ms": spent[0],
        "wait a batch ms": 1000 * sum(later) / max(1, len(later)),
        "trained %": 100 * spent[2] / (1000 * (now - began)),
        "total ms": 1000 * (now - began),
    }
    counts = {"batches": float(step), "fetched by": float(len({each.pid for each in seen}))}
    end = 1000 * (batches[-1].trained - began)
    lanes = Timeline("who is at work, measured", KINDS, _lanes(batches, began, step), end)
    bars = Bars("the trainer's time, measured", PARTS, (Bar("", spent),), "ms", end)
    note = _timeline_note(batches, step, times, workers)
    return Frame((lanes, bars), {**counts, **times}, note, step, len(batches), tuple(times))


def _steady(workers: int) -> int:
    """The first batch for which no worker had to be started."""
    return max(1, workers)


def _lanes(batches: list[Batch], began: float, step: int) -> tuple[Lane, ...]:
    """What each process did until the end of a step. Without workers it is one: the trainer fetches where it waits."""
    now = batches[step - 1].trained
    lanes: dict[int, list[Stretch]] = {pid: [] for pid in (os.getpid(), *(each.pid for each in batches))}
    for k, each in enumerate(batches):
        mine = lanes[os.getpid()]
        lane = lanes[each.pid]
        spans = [(lane, *each.fetched, 0), (mine, each.asked, each.came, 1), (mine, each.came, each.trained, 2)]
        for where, start, end, kind in spans[::2] if lane is mine else spans:
            if start < now:
                stop = 1000 * (min(end, now) - began)
                where.append(Stretch(1000 * (start - began), stop, kind, "" if kind == 1 else str(k)))
    workers = enumerate(pid for pid in lanes if pid != os.getpid())
    names = {os.getpid(): "trainer"} | {pid: f"worker {k}" for k, pid in workers}
    return tuple(Lane(names[pid], tuple(each)) for pid, each in lanes.items())


def _timeline_note(batches: list[Batch], step: int, times: dict[str, float], workers: int) -> str:
    last = batches[step - 1]
    if step < len(batches):
        worker = f"worker {list(dict.fromkeys(b.pid for b in batches)).index(last.pid)}" if workers else "the trainer"
        return f"Batch {step - 1} was fetched by {worker} (pid {last.pid}); the trainer waited {_ms(last.wait)} for it."
    busy, wait = times["trained %"], times["wait a batch ms"]
    waited = f"{times['first batch ms']:.0f} ms for batch 0 and {wait:.0f} ms for each from batch {_steady(workers)} on"
    return f"The trainer waited {waited}; it trained {busy:.0f} % of {times['total ms']:.0f} ms."


def compare(
    sample_ms: float,
    step_ms: int,
    work: str,
) -> Iterator[Frame]:
    """The same epoch with 0, 1, 2 and 4 workers, and what the
    trainer's time went into. Each time is measured."""
    runs: dict[int, list[Batch]] = {}
    yield _compare_frame(runs, sample_ms, step_ms)

    for workers in (0, 1, 2, 4):
        loader = DataLoader(
            Samples(TIMED, sample_ms, work),
            batch_size=BATCH,
            num_workers=workers,
            multiprocessing_context="fork" if workers else None,
        )
        runs[workers] = list(train(loader, step_ms))
        yield _compare_frame(runs, sample_ms, step_ms)


def _compare_frame(runs: dict[int, list[Batch]], sample_ms: float, step_ms: int) -> Frame:
    spent = {workers: _spent(batches) for workers, batches in runs.items()}
    bars = tuple(
        Bar(_named(count), spent.get(count, (0.0,) * 3), "" if count in spent else "not run yet")
        for count in (0, 1, 2, 4)
    )
    picture = Bars("one epoch, measured", PARTS, bars, "ms", None if runs else 1)
    values = {f"{_named(count)} ms": sum(parts) for count, parts in spent.items()}
    note = _compare_note(values, sample_ms, step_ms)
    return Frame((picture,), values, note, len(runs), 4, tuple(values))


def _spent(batches: list[Batch]) -> tuple[float, float, float]:
    """Milliseconds: waited for the first batch, waited for the others, trained."""
    waits = [1000 * each.wait for each in batches]
    return waits[0], sum(waits[1:]), sum(1000 * (each.trained - each.came) for each in batches)


def _named(workers: int) -> str:
    return _plural(workers, "worker")


def _compare_note(values: dict[str, float], sample_ms: float, step_ms: int) -> str:
    if not values:
        what = f"{TIMED} samples of {number(sample_ms)} ms in batches of {BATCH}, and steps of {step_ms} ms"
        return f"{what}; nothing has run yet."
    name, total = list(values.items())[-1]
    alone = values["0 workers ms"]
    if len(values) < 4:
        than = f", {number(total / alone)} times as long as without workers" if len(values) > 1 else ""
        return f"With {name[:-3]} the epoch took {total:.0f} ms{than}."
    best = min(values, key=lambda each: values[each])
    if best == "0 workers ms":
        return f"No worker is fastest, with {alone:.0f} ms; 2 workers took {values['2 workers ms']:.0f} ms."
    return f"{best[:-3].capitalize()} took {values[best]:.0f} ms, against {alone:.0f} ms without workers."


def epochs(workers: int, persistent: bool) -> Iterator[Frame]:
    """Three epochs of 4 batches: the processes that fetched them,
    and what the trainer's time went into. Times are measured."""
    loader = DataLoader(
        Samples(4 * BATCH, ms=1),
        batch_size=BATCH,
        num_workers=workers,
        persistent_workers=persistent and workers > 0,
        multiprocessing_context="fork" if workers else None,
    )
    runs: list[list[Batch]] = []
    yield _epochs_frame(runs, workers)

    for _ in range(EPOCHS):
        runs.append(list(train(loader, step_ms=5)))
        yield _epochs_frame(runs, workers)


def _epochs_frame(runs: list[list[Batch]], workers: int) -> Frame:
    pids = [list(dict.fromkeys(each.pid for each in batches)) for batches in runs]
    bars = [Bar(f"epoch {k + 1}", _spent(batches), _pids(pids[k])) for k, batches in enumerate(runs)]
    bars += [Bar(f"epoch {k + 1}", (0.0,) * 3, "not run yet") for k in range(len(runs), EPOCHS)]
    picture = Bars("three epochs, measured", PARTS, tuple(bars), "ms", None if runs else 1)
    everyone = {pid for each in pids for pid in each}
    times = {f"first batch {k + 1} ms": 1000 * batches[0].wait for k, batches in enumerate(runs)}
    values = {"processes so far": float(len(everyone)), **times}
    note = _epochs_note(pids, times, workers)
    return Frame((picture,), values, note, len(runs), EPOCHS, tuple(times))


def _pids(pids: list[int]) -> str:
    return f"pid {' '.join(map(str, pids))}"


def _epochs_note(pids: list[list[int]], times: dict[str, float], workers: int) -> str:
    if not pids:
        return f"The start: {_plural(workers, 'worker')}, three epochs, and no process has been started yet."
    waited = f"the first batch came after {list(times.values())[-1]:.0f} ms"
    if len(pids) < EPOCHS:
        return f"Epoch {len(pids)} was fetched by {_pids(pids[-1])}; {waited}."
    everyone = len({pid for each in pids for pid in each})
    firsts = joined([f"{each:.0f}" for each in times.values()])
    what = "process" if workers else "process, the trainer's own"
    return f"Three epochs were fetched by {_plural(everyone, what)}; the first batches took {firsts} ms."


def copies(workers: int) -> Iterator[Frame]:
    """A data set that counts in self.calls how often it was asked,
    and the count that each process sees at the end."""
    dataset = Counting(8)
    yield _copies_frame(dataset, {}, workers)

    loader = DataLoader(
        dataset,
        batch_size=2,
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,
    )
    asked: dict[int, int] = {}
    for pids, calls in loader:
        for pid, count in zip(pids.tolist(), calls.tolist()):
            asked[pid] = count  # as the process that was asked says
    yield _copies_frame(dataset, asked, workers)


class Counting(Dataset[Any]):
    """Counts how often it was asked for a sample."""

    def __init__(self, count: int) -> None:
        self.count, self.calls = count, 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[int, int]:
        self.calls += 1
        return os.getpid(), self.calls


def _copies_frame(dataset: Counting, asked: dict[int, int], workers: int) -> Frame:
    rows = [("the trainer", str(os.getpid()), str(dataset.calls))]
    children = {pid: count for pid, count in asked.items() if pid != os.getpid()}
    rows += [(f"worker {k}", str(pid), str(count)) for k, (pid, count) in enumerate(children.items())]
    table = Table("dataset.calls, as each process has it", ("process", "pid", "calls"), tuple(rows))
    values = {"calls": float(dataset.calls), "calls in workers": float(sum(children.values()))}
    if not asked:
        note = f"The start: 8 samples, {_plural(workers, 'worker')}, and dataset.calls is 0."
    elif not workers:
        note = f"Without workers the trainer asks its own data set: dataset.calls is {dataset.calls}."
    else:
        said = joined([str(count) for count in children.values()])
        note = f"All 8 samples came, dataset.calls is {dataset.calls}, and the workers' copies counted {said}."
    return Frame((table,), values, note, 1 if asked else 0, 1)


def error(case: str) -> Iterator[Frame]:
    """Sample 5 goes wrong: what the main process gets to read."""
    dataset = Broken(case)
    yield _error_start(case)

    workers = 0 if case == "main" else 2
    loader = DataLoader(
        dataset,
        batch_size=4,
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,
    )
    frame = _nothing_wrong()
    try:
        if case == "lambda":
            pickle.dumps(dataset)  # as spawn does, before it starts
        for _ in loader:
            pass
    except Exception as problem:
        frame = _error_frame(problem, case)
    yield frame


class Broken(Dataset[int]):
    """Numbers from a file, one of which is none."""

    def __init__(self, case: str) -> None:
        self.cells = ["3", "1", "4", "1", "5", "n/a", "2", "6"]
        self.killed = case == "killed"
        self.read: Callable[[str], int] = (lambda cell: int(cell)) if case == "lambda" else int

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, index: int) -> int:
        if self.killed and index == 5:  # as the kernel does when memory is short
            os.kill(os.getpid(), signal.SIGKILL)
        return self.read(self.cells[index])


def _error_start(case: str) -> Frame:
    what = {
        "worker": "2 workers read numbers from a file, and sample 5 is 'n/a'",
        "main": "no worker reads numbers from a file, and sample 5 is 'n/a'",
        "killed": "2 workers read numbers, and the kernel will kill the one that reads sample 5",
        "lambda": "the data set keeps a lambda, and its workers are to be started by spawn",
    }[case]
    table = Table("the file", ("sample", "cell"), tuple((str(k), cell) for k, cell in enumerate(Broken("").cells)), 5)
    return Frame((table,), {}, f"The start: {what}.", 0, 1)


def _nothing_wrong() -> Frame:
    table = Table("what the main process reads", ("",), (("nothing: no exception was raised",),))
    return Frame((table,), {"lines": 0.0}, "Every batch came, and nothing went wrong.", 1, 1)


def _error_frame(problem: Exception, case: str) -> Frame:
    """The message, its first and its last lines."""
    lines = [line.rstrip() for line in str(problem).strip().splitlines() if set(line) - set(" ^~")]
    shown = lines if len(lines) <= 8 else [*lines[:2], f"… {len(lines) - 8} more lines", *lines[-6:]]
    table = Table(
        type(problem).__name__, ("what the main process reads",), tuple((line,) for line in shown), len(shown) - 1
    )
    last = lines[-1].strip()
    note = {
        "worker": f"Of {len(lines)} lines the last says what happened: {last}.",
        "main": f"Without workers the error comes as it is: {type(problem).__name__}, {last}.",
        "killed": f"{type(problem).__name__}: {last.partition('. ')[0].rstrip('.')}; nobody says why.",
        "lambda": f"{type(problem).__name__}: {last[:90].rstrip('.')}.",
    }[case]
    return Frame((table,), {"lines": float(len(lines))}, note, 1, 1)


def seeds(source: str, reseed: bool, workers: int) -> Iterator[Frame]:
    """Two epochs of random numbers, drawn where the samples are
    made: in the workers."""
    dataset = Draws(source)
    loader = DataLoader(
        dataset,
        batch_size=4,
        num_workers=workers,
        worker_init_fn=seed_anew if reseed else None,
        generator=torch.Generator().manual_seed(0),
        multiprocessing_context="fork" if workers else None,
    )
    seen: list[list[tuple[int, list[float]]]] = []
    yield _seeds_frame(seen, source)

    for _ in range(2):
        seen.append([])
        for ids, drawn in loader:
            seen[-1].append((int(ids[0]), drawn.tolist()))
        yield _seeds_frame(seen, source)


class Draws(Dataset[Any]):
    """Twelve samples that are random numbers, as an augmentation draws them."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.rng = random.Random(0)  # made once, in the main process

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> tuple[int, float]:
        info = get_worker_info()
        draw = {"torch": lambda: torch.rand(()).item(), "random": random.random, "self.rng": self.rng.random}
        return -1 if info is None else info.id, draw[self.source]()


def seed_anew(worker: int) -> None:
    """A worker_init_fn: torch's own seed differs in each worker and in each epoch."""
    info: Any = get_worker_info()
    info.dataset.rng.seed(torch.initial_seed())


def _seeds_frame(seen: list[list[tuple[int, list[float]]]], source: str) -> Frame:
    rows = [
        (f"{k + 1}: {_whose(worker).removeprefix('the ')}", drawn)
        for k, batches in enumerate(seen)
        for worker, drawn in batches
    ]
    flat = [value for _, drawn in rows for value in drawn]
    again = tuple(k for k, value in enumerate(flat) if value in flat[:k])
    filled = (*rows, *((f"{k + 1}:", [0.0] * 4) for k in range(len(seen), 2) for _ in range(3)))
    grid = Grid(
        "what the samples drew, by epoch and process",
        tuple(name for name, _ in filled),
        ("draw 0", "draw 1", "draw 2", "draw 3"),
        tuple(value for _, drawn in filled for value in drawn),
        0,
        1,
        again,
        "drawn before" if again else "",
    )
    values = {"draws": float(len(flat)), "different": float(len(set(flat)))}
    return Frame((grid,), values, _seeds_note(len(seen), values, source), len(seen), 2)


def _whose(worker: int) -> str:
    return "the trainer" if worker < 0 else f"worker {worker}"


def _seeds_note(epochs_run: int, values: dict[str, float], source: str) -> str:
    drawn, different = int(values["draws"]), int(values["different"])
    if not epochs_run:
        return f"The start: 12 samples in batches of 4, each drawn from {source}; nothing is drawn yet."
    told = "all different" if drawn == different else f"only {different} of them different"
    return f"After {_plural(epochs_run, 'epoch')} {source} gave {drawn} numbers, {told}."


def stream(workers: int, shard: bool) -> Iterator[Frame]:
    """Six items from an IterableDataset, which has no index: each
    worker iterates over a copy of its own."""
    loader = DataLoader(
        Numbers(6, shard),
        batch_size=3,
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,
    )
    seen: list[tuple[int, list[int]]] = []
    yield _stream_frame(seen, workers, over=False)

    batches = [(int(ids[0]), items.tolist()) for items, ids in loader]
    for batch in batches:
        seen.append(batch)
        yield _stream_frame(seen, workers, len(seen) == len(batches))


class Numbers(IterableDataset[Any]):
    """0 to count − 1; with `shard` each worker gives only its own part of them."""

    def __init__(self, count: int, shard: bool) -> None:
        self.count, self.shard = count, shard

    def __iter__(self) -> Iterator[tuple[int, int]]:
        info = get_worker_info()
        first, step = (info.id, info.num_workers) if info and self.shard else (0, 1)
        for item in range(first, self.count, step):
            yield item, info.id if info else -1


def _stream_frame(seen: list[tuple[int, list[int]]], workers: int, over: bool) -> Frame:
    counts = Counter((worker, item) for worker, items in seen for item in items)
    lanes = range(workers) if workers else (-1,)
    grid = Grid(
        "which process gave which item, and how often",
        tuple(_whose(lane) for lane in lanes),
        tuple(f"{item}" for item in range(6)),
        tuple(float(counts[lane, item]) for lane in lanes for item in range(6)),
        0,
        2,
    )
    rows = tuple((str(k), _whose(worker), str(items)) for k, (worker, items) in enumerate(seen))
    table = Table("the batches, in the order they came", ("batch", "from", "items"), rows)
    given = sum(counts.values())
    values = {"items": float(given), "different": float(len({item for _, item in counts}))}
    return Frame((grid, table), values, _stream_note(seen, given, workers, over), len(seen), 0)


def _stream_note(seen: list[tuple[int, list[int]]], given: int, workers: int, over: bool) -> str:
    if not seen:
        return f"The start: a stream of 6 items, in batches of 3, and {_plural(workers, 'worker')}."
    worker, items = seen[-1]
    if not over:
        return f"Batch {len(seen) - 1} comes from {_whose(worker)}: items {_listed(items)}."
    often = "once" if given == 6 else f"{number(given / 6)} times"
    return f"The stream is over: {given} items came in {_plural(len(seen), 'batch')}, each {often}."


def _listed(items: list[int]) -> str:
    return joined([str(item) for item in items])


def _plural(count: int, what: str) -> str:
    """ "1 worker", "2 workers"; of what follows a comma nothing changes."""
    word, comma, rest = what.partition(",")
    ending = "" if count == 1 else "es" if word.endswith(("s", "tch")) else "s"
    return f"{count} {word}{ending}{comma}{rest}"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"
