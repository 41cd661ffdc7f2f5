"""Data loading: every claim of the topic, against real loaders and their processes.

Nothing here asserts how long something took. What holds by construction is asserted: counts, processes, the order of
what happened, and which batch came from which worker.
"""

from __future__ import annotations

import inspect
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.pictures import Bars, Frame, Grid, Table, Timeline
from lessons.kit.problems import problems

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.data_loading.demo")

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),
    pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the demos fork their workers"),
]

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("data_loading")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]
TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {"epoch?batch_size=1", "epoch?batch_size=10", "epoch?batch_size=1&loop=next(iter(loader))"}
    | {"epoch?batch_size=10&loop=next(iter(loader))", "epoch?batch_size=7&drop_last=true", "order?how=shuffled&seed=9"}
    | {"collate?collate_fn=pad", "timeline?workers=2&sample_ms=0&step_ms=0", "timeline?sample_ms=0&step_ms=0"}
    | {"compare?sample_ms=0.05&step_ms=0&work=compute", "epochs?workers=0", "epochs?workers=0&persistent=true"}
    | {"copies?workers=4", "stream?workers=1", "stream?workers=3", "stream?workers=3&shard=true"}
    | {"stream?shard=true", "seeds?source=random", "seeds?source=self.rng&workers=3", "seeds?source=self.rng&workers=0"}
    | {"seeds?source=self.rng&workers=0&reseed=true", "order?how=shuffled"}
)
WITH_TIMES = ("timeline", "compare", "epochs")


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "epoch?batch_size=4"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def last(target: str) -> dict[str, float]:
    return run(target)[-1].values


def picture(frame: Frame, kind: type[Any], place: int = 0) -> Any:
    return [each for each in frame.pictures if isinstance(each, kind)][place]


def epoch_of(workers: int, sample_ms: float = 0, count: int = 32, **options: Any) -> list[Any]:
    """The batches of an epoch, as the demos note them."""
    if workers:
        options["multiprocessing_context"] = "fork"
    loader = torch.utils.data.DataLoader(demo.Samples(count, sample_ms), batch_size=4, num_workers=workers, **options)
    return list(demo.train(loader, step_ms=0))


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts and signatures, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_each_question_stands_beside_the_demo_that_answers_it() -> None:
    assert len(QUESTIONS) >= 5
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert question.run.partition("?")[0] == section.panel.partition("?")[0]
            assert setting(TOPIC, question.run) != setting(TOPIC, section.panel)


def test_the_sections_that_findings_lead_to_are_there() -> None:
    slugs = {section.slug for section in TOPIC.page.sections}
    assert {"shuffle", "workers-and-seeds", "one-epoch", "what-collate-does", "workers-are-processes"} <= slugs


@pytest.mark.parametrize("target", TARGETS)
def test_notes_are_one_sentence_that_fits_two_rows(target: str) -> None:
    """Of 62 columns: the panel's in a terminal of 120."""
    for frame in run(target):
        assert frame.note.endswith(".")
        assert ". " not in frame.note
        assert len(frame.note) > 20
        assert len(textwrap.wrap(frame.note, 62)) <= 2, frame.note


@pytest.mark.parametrize("target", TARGETS)
def test_steps_count_from_the_start_to_the_end(target: str) -> None:
    """Of a stream nobody knows the end before it is there."""
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames} == {0 if target.startswith("stream") else len(frames) - 1}
    for frame in frames:
        for each in frame.pictures:
            if isinstance(each, Grid):
                assert len(each.values) == len(each.rows) * len(each.columns)


@pytest.mark.parametrize("target", TARGETS)
def test_times_are_marked_as_measured_and_nothing_else_is(target: str) -> None:
    for frame in run(target):
        assert set(frame.measured) <= set(frame.values)
        timed = {name for name in frame.values if name.endswith(" ms") or "%" in name}
        assert set(frame.measured) == timed
        if timed:
            assert all("measured" in each.title for each in frame.pictures)


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_demo_fits_the_code_view(name: str) -> None:
    """The view is 70 columns wide and about 33 rows high in a terminal of 120 by 40."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert [line for line in lines if len(line) > 70] == []
    assert len(lines) <= 36


@pytest.mark.parametrize("name", [name for name in TOPIC.demos if name not in (*WITH_TIMES, "copies")])
def test_the_same_knobs_give_the_same_frames(name: str) -> None:
    assert tuple(getattr(demo, name)(**TOPIC.demos[name].defaults())) == run(name)


@pytest.mark.parametrize("name", WITH_TIMES)
def test_but_for_measured_times_the_same_knobs_give_the_same_values(name: str) -> None:
    def counted(frames: Frames) -> list[dict[str, float]]:
        return [{key: value for key, value in f.values.items() if key not in f.measured} for f in frames]

    assert counted(tuple(getattr(demo, name)(**TOPIC.demos[name].defaults()))) == counted(run(name))


@pytest.mark.parametrize(
    "target", ["timeline?workers=2", "epochs?persistent=true", "error?case=killed", "copies?workers=2"]
)
def test_no_worker_outlives_its_run(target: str) -> None:
    """Neither one that ended nor one that was left half way."""
    asked = setting(TOPIC, target)
    frames = getattr(demo, asked.demo)(**asked.knobs)
    next(frames), next(frames)
    frames.close()
    tuple(getattr(demo, asked.demo)(**asked.knobs))
    assert multiprocessing.active_children() == []


def test_no_demo_builds_an_optimizer() -> None:
    """The first optimizer of a process imports torch._dynamo, which takes seconds."""
    code = (
        "import sys; from lessons.data_loading import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    print(name, next(getattr(demo, name)(**knobs)).step, 'torch._dynamo' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines() == [f"{name} 0 False" for name in TOPIC.demos]


# ── One epoch, Shuffle ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_batch_of_ten_at_four_has_two() -> None:
    """Question `last`."""
    frames = answer("last", "2")
    assert [frame.values["samples in the batch"] for frame in frames[1:]] == [4, 4, 2]
    assert frames[-1].values["samples seen"] == 10
    assert "batches of 4, 4 and 2" in frames[-1].note


def test_drop_last_leaves_two_samples_out() -> None:
    final = run("epoch?batch_size=4&drop_last=true")[-1]
    assert final.values == {"batches": 2, "samples seen": 8, "samples in the batch": 4}
    assert [place % 10 for place in picture(final, Grid).marked] == [8, 9]


def test_a_new_iterator_every_step_sees_the_first_batch_alone() -> None:
    frames = run("epoch?batch_size=4&loop=next(iter(loader))")
    assert frames[-1].values["samples seen"] == 4
    assert picture(frames[-1], Grid).values[-10:] == (3, 3, 3, 3, 0, 0, 0, 0, 0, 0)


def test_with_one_batch_in_all_the_two_loops_are_the_same() -> None:
    assert run("epoch?batch_size=10&loop=next(iter(loader))")[-1].values["samples seen"] == 10


@pytest.mark.parametrize("size", range(1, 11))
def test_an_epoch_is_each_sample_once(size: int) -> None:
    final = run(f"epoch?batch_size={size}")[-1]
    assert picture(final, Grid).values[-10:] == (1,) * 10
    assert len(picture(final, Grid).rows) == -(-10 // size)


def test_stored_by_class_every_batch_is_of_one() -> None:
    assert run("order?how=stored")[-1].values == {"orders": 1, "classes in a batch": 1}


@pytest.mark.parametrize("seed", range(10))
def test_a_seed_fixes_three_different_orders(seed: int) -> None:
    target = f"order?how=shuffled&seed={seed}"
    assert last(target)["orders"] == 3
    asked = setting(TOPIC, target)
    assert tuple(demo.order(**asked.knobs)) == run(target)


def test_a_generator_that_is_seeded_anew_gives_one_order_for_ever() -> None:
    """Question `reseeded`."""
    assert answer("reseeded", "All three have one and the same order")[-1].values["orders"] == 1
    first = [picture(run(f"order?how={how}")[1], Table).rows[0] for how in ("reseeded", "shuffled")]
    assert first[0] == first[1]


def test_with_one_seed_each_batch_of_the_last_epoch_has_all_classes() -> None:
    """The section's goal."""
    reached = [seed for seed in range(10) if last(f"order?how=shuffled&seed={seed}")["classes in a batch"] == 3]
    assert reached == [2]
    assert all(all(bar.values) for bar in picture(run("order?how=shuffled&seed=2")[-1], Bars).bars)


# ── What collate does ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_tensors_of_unequal_size_are_an_error_in_torchs_own_words() -> None:
    """Question `unequal`."""
    final = answer("unequal", "A RuntimeError")[-1]
    said = "stack expects each tensor to be equal size, but got [3] at entry 0 and [1] at entry 1"
    assert said in final.note
    assert picture(final, Table).heads == ("RuntimeError",)


def test_equal_tensors_are_stacked_and_ints_become_a_tensor() -> None:
    final = run("collate?lengths=equal")[-1]
    assert "[4, 3], torch.int64" in picture(final, Grid).title
    assert picture(final, Table).rows == (("labels", "[4]", "torch.int64"),)


def test_the_entry_in_the_message_is_a_place_in_the_batch() -> None:
    samples: Any = [torch.zeros(2)] * 5 + [torch.zeros(3)]
    with pytest.raises(RuntimeError, match=r"got \[2\] at entry 0 and \[3\] at entry 2"):
        list(torch.utils.data.DataLoader(samples, batch_size=3))


def test_what_the_default_makes_of_dicts_tuples_numbers_and_strings() -> None:
    batch = torch.utils.data.default_collate(
        [{"x": torch.ones(2), "n": 1, "s": "a"}, {"x": torch.ones(2), "n": 2, "s": "b"}]
    )
    assert batch["x"].shape == (2, 2)
    assert batch["n"].tolist() == [1, 2]
    assert batch["s"] == ["a", "b"]


def test_padding_makes_them_one_tensor() -> None:
    assert last("collate?lengths=unequal&collate_fn=pad") == {"padding": 6}
    assert last("collate?lengths=equal&collate_fn=pad") == {"padding": 0}


# ── Loading takes turns, Read the timeline ────────────────────────────────────────────────────────────────────────────


def fetchers(target: str) -> list[str]:
    """The lane in which each batch was fetched."""
    lanes = picture(run(target)[-1], Timeline).lanes
    found = {stretch.name: lane.name for lane in lanes for stretch in lane.stretches if stretch.kind == 0}
    return [found[str(k)] for k in range(8)]


def test_without_workers_the_trainers_own_process_fetches() -> None:
    assert fetchers("timeline?workers=0") == ["trainer"] * 8
    assert f"(pid {os.getpid()})" in run("timeline?workers=0")[1].note


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_batches_are_dealt_out_in_turn(workers: int) -> None:
    """Question `whose`, with two."""
    assert fetchers(f"timeline?workers={workers}") == [f"worker {k % workers}" for k in range(8)]


def test_worker_one_fetches_batch_three() -> None:
    frames = answer("whose", "Worker 1")
    assert "Batch 3 was fetched by worker 1" in frames[4].note
    assert frames[-1].values["fetched by"] == 2


@pytest.mark.parametrize("workers", [0, 1, 2, 4])
def test_a_lane_holds_one_thing_at_a_time(workers: int) -> None:
    """And grows with the steps, up to now and no further."""
    for frame in run(f"timeline?workers={workers}")[1:]:
        timeline = picture(frame, Timeline)
        for lane in timeline.lanes:
            assert all(earlier.end <= later.start for earlier, later in pairwise(lane.stretches))
            assert all(stretch.end <= frame.values["total ms"] + 1e-6 for stretch in lane.stretches)
        assert sum(stretch.kind == 2 for stretch in timeline.lanes[0].stretches) == frame.step


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_a_batch_is_fetched_before_it_is_trained_on(workers: int) -> None:
    for batch in epoch_of(workers, sample_ms=1):
        assert batch.fetched[0] <= batch.fetched[1] <= batch.came <= batch.trained


def test_without_workers_fetching_begins_when_the_trainer_asks() -> None:
    """They take turns: no batch is begun before the one before it was trained on."""
    for earlier, later in pairwise(epoch_of(0, sample_ms=1)):
        assert later.fetched[0] >= earlier.trained


def test_a_worker_fetches_ahead_while_the_trainer_trains() -> None:
    """A step that lasts until the worker has begun the batch after: no clock decides."""
    loader = torch.utils.data.DataLoader(
        demo.Samples(12, 1), batch_size=4, num_workers=1, multiprocessing_context="fork", prefetch_factor=2
    )
    batches = list(demo.train(loader, step_ms=300))
    assert any(later.fetched[0] < earlier.trained for earlier, later in pairwise(batches))


@pytest.mark.parametrize(("workers", "prefetch"), [(1, 2), (2, 2), (2, 3)])
def test_each_worker_has_prefetch_factor_batches_to_do(workers: int, prefetch: int) -> None:
    asked: list[int] = []

    class Noting(torch.utils.data.Sampler):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[list[int]]:
            for index in range(20):
                asked.append(index)
                yield [index]

    loader = torch.utils.data.DataLoader(
        list(range(20)),
        batch_sampler=Noting(),
        num_workers=workers,
        prefetch_factor=prefetch,
        multiprocessing_context="fork",
    )
    batches = iter(loader)
    assert len(asked) == workers * prefetch
    next(batches)
    assert len(asked) == workers * prefetch + 1


def test_one_worker_for_slow_samples_sets_the_pace() -> None:
    """Question `pace`: each of its batches takes 80 ms at least, one after the other."""
    assert answer("pace", "About 80 ms")[-1].values["total ms"] >= 8 * 80
    batches = epoch_of(1, sample_ms=1)
    assert all(earlier.fetched[1] <= later.fetched[0] for earlier, later in pairwise(batches))


def test_on_a_cpu_pinning_does_nothing() -> None:
    """Nor does a copy that does not block: the tensor itself comes back."""
    if torch.accelerator.is_available():
        pytest.skip("this machine has an accelerator")
    loader = torch.utils.data.DataLoader(torch.ones(4, 2), pin_memory=True)
    with pytest.warns(UserWarning, match="no accelerator is found"):
        assert not any(batch.is_pinned() for batch in loader)
    x = torch.ones(2)
    assert x.to("cpu", non_blocking=True) is x


def test_prefetch_is_two_by_default() -> None:
    loader = torch.utils.data.DataLoader(list(range(4)), num_workers=1, multiprocessing_context="fork")
    assert loader.prefetch_factor == 2
    assert loader.num_workers == 1
    assert torch.utils.data.DataLoader(list(range(4))).num_workers == 0


def test_a_sample_takes_its_time_asleep_or_at_work() -> None:
    """At least: of the two clocks each is asked for what it measures."""
    for work, clock in (("sleep", time.perf_counter), ("compute", time.thread_time)):
        start = clock()
        demo.Samples(1, 5, work)[0]
        assert clock() - start >= 0.005


# ── Cheap samples, Workers and epochs ─────────────────────────────────────────────────────────────────────────────────


def test_cheap_samples_are_slower_with_workers() -> None:
    """Question `cheap`: 64 waits of 0.05 ms against two processes to start. No machine is near to a draw."""
    values = answer("cheap", "Make it slower")[-1].values
    assert values["2 workers ms"] > values["0 workers ms"]


def test_a_bar_is_all_of_the_trainers_time() -> None:
    """Its parts are the waits and the steps, which leave nothing out and count nothing twice."""
    batches = epoch_of(1)
    whole = batches[-1].trained - batches[0].asked
    assert sum(demo._spent(batches)) <= 1000 * whole + 1e-6
    assert all(earlier.trained <= later.asked for earlier, later in pairwise(batches))


def test_torch_warns_of_more_workers_than_cores() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with pytest.warns(UserWarning, match="Our suggested max number of worker"):
        torch.utils.data.DataLoader(list(range(4)), num_workers=cores + 1)


def test_each_epoch_has_new_workers() -> None:
    """Question `processes`."""
    frames = answer("processes", "6")
    assert [frame.values["processes so far"] for frame in frames] == [0, 2, 4, 6]


def test_persistent_workers_are_kept() -> None:
    assert [frame.values["processes so far"] for frame in run("epochs?workers=2&persistent=true")] == [0, 2, 2, 2]


def test_without_workers_it_is_the_trainers_process_alone() -> None:
    assert last("epochs?workers=0")["processes so far"] == 1
    assert f"pid {os.getpid()}" in run("epochs?workers=0")[1].note


# ── Workers are processes, From the bottom ────────────────────────────────────────────────────────────────────────────


def test_a_workers_count_is_not_the_trainers() -> None:
    """Question `counter`."""
    final = answer("counter", "0")[-1]
    assert final.values == {"calls": 0, "calls in workers": 8}
    assert [row[2] for row in picture(final, Table).rows] == ["0", "4", "4"]
    assert len({row[1] for row in picture(final, Table).rows}) == 3


def test_without_workers_the_trainer_counts_itself() -> None:
    assert last("copies?workers=0") == {"calls": 8, "calls in workers": 0}


def test_a_workers_error_keeps_its_type_and_its_last_line_says_what_happened() -> None:
    table = picture(run("error?case=worker")[-1], Table)
    assert table.title == "ValueError"
    assert table.rows[0][0] == "Caught ValueError in DataLoader worker process 1."
    assert table.rows[-1][0] == "ValueError: invalid literal for int() with base 10: 'n/a'"
    assert "self.read(self.cells[index])" in table.rows[-2][0]
    assert table.chosen == len(table.rows) - 1
    assert run("error?case=worker")[-1].values["lines"] > 5


def test_without_workers_the_error_is_one_line() -> None:
    assert last("error?case=main")["lines"] == 1
    assert "invalid literal for int() with base 10: 'n/a'" in run("error?case=main")[-1].note


def test_a_killed_worker_is_told_of_and_no_reason_is() -> None:
    final = run("error?case=killed")[-1]
    assert final.note.startswith("RuntimeError: DataLoader worker (pid")
    assert last("error?case=killed")["lines"] == 1


def test_a_lambda_cannot_be_sent_to_a_spawned_worker() -> None:
    assert "pickle" in run("error?case=lambda")[-1].note
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(demo.Broken("lambda"))
    assert pickle.dumps(demo.Broken("worker"))


def test_an_edit_that_mends_the_file_makes_the_error_go_away(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("edited")
    monkeypatch.setitem(sys.modules, "edited", module)
    assert TOPIC.source.count('"n/a", "2"') == 1
    exec(compile(TOPIC.source.replace('"n/a", "2"', '"9", "2"'), "edited", "exec"), module.__dict__)  # noqa: S102
    assert tuple(module.error("main"))[-1].note == "Every batch came, and nothing went wrong."


# ── Workers and seeds, A stream without an index ──────────────────────────────────────────────────────────────────────


def test_a_generator_of_the_data_sets_own_draws_the_same_in_every_worker() -> None:
    """Question `rng`: and in every epoch."""
    grid = picture(answer("rng", "The same numbers")[-1], Grid)
    rows = {name: grid.values[4 * k : 4 * k + 4] for k, name in enumerate(grid.rows[:2])}
    assert list(rows) == ["1: worker 0", "1: worker 1"]
    assert len(set(rows.values())) == 1
    assert grid.values[:12] == grid.values[12:]
    assert last(QUESTIONS["rng"].run) == {"draws": 24, "different": 8}


@pytest.mark.parametrize("target", ["seeds?source=torch", "seeds?source=random", "seeds?source=self.rng&reseed=true"])
def test_seeded_by_torch_or_in_worker_init_fn_all_draws_differ(target: str) -> None:
    assert last(target) == {"draws": 24, "different": 24}


def test_without_workers_a_generator_of_ones_own_goes_on() -> None:
    assert last("seeds?source=self.rng&workers=0")["different"] == 24


def test_torch_seeds_numpys_global_functions_in_each_worker_too() -> None:
    pytest.importorskip("numpy")

    class Drawn(torch.utils.data.Dataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> float:
            import numpy

            return float(numpy.random.random())

    loader = torch.utils.data.DataLoader(Drawn(), num_workers=2, multiprocessing_context="fork")
    draws = [batch.item() for _ in range(2) for batch in loader]
    assert len(set(draws)) == 4


def test_a_stream_comes_once_from_every_worker() -> None:
    """Question `twelve`."""
    assert answer("twelve", "12")[-1].values == {"items": 12, "different": 6}
    assert last("stream?workers=3") == {"items": 18, "different": 6}
    assert last("stream?workers=0") == {"items": 6, "different": 6}


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
def test_shared_out_each_item_comes_once(workers: int) -> None:
    assert last(f"stream?workers={workers}&shard=true") == {"items": 6, "different": 6}


def test_with_three_workers_no_batch_of_the_shards_is_full() -> None:
    """The section's goal, reached there and nowhere else."""

    def sizes(workers: int) -> list[int]:
        rows = picture(run(f"stream?workers={workers}&shard=true")[-1], Table).rows
        return [len(row[2].split(",")) for row in rows]

    assert [[size for size in sizes(workers) if size == 3] for workers in range(4)] == [[3, 3], [3, 3], [3, 3], []]


def test_shuffling_a_stream_is_an_error() -> None:
    with pytest.raises(ValueError, match="shuffle"):
        torch.utils.data.DataLoader(demo.Numbers(6, False), shuffle=True)
