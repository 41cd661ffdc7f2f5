"""Devices: every claim of the topic, against the torch that is installed.

Times are measured, and on a busy machine they are what they are: asserted is only what holds on any, as that a batch
comes no sooner than its wait, and that two sides which take turns never fill more than the whole time.
"""

from __future__ import annotations

import inspect
import textwrap
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import pairwise, product
from types import SimpleNamespace

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.pictures import Bars, Chart, Frame, Table
from lessons.kit.problems import problems
from lessons.kit.words import number, summary

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.devices.demo")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("devices")
SECTIONS = {section.slug: section for section in TOPIC.page.sections}
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
TARGETS = sorted(
    {*TOPIC.demos, *(section.panel for section in TOPIC.page.sections)}
    | {question.run for question in QUESTIONS.values()}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {f"boxes?model=cuda:0&x=cuda:0&y=cuda:0&scale={scale}" for scale in ("number", "vector")}
    | {f"sizes?op={op}&dtype={dtype}" for op in ("matmul", "add", "layer") for dtype in ("float64", "float16")}
    | {"waiting?prepare=0&sync=every-step", "waiting?prepare=20&sync=at-end"}
    | {"feed?batch=1&wait=0&workers=4", "feed?batch=1&wait=40&workers=0", "feed?batch=4096&wait=40&workers=4"}
)
FEEDS = [target for target in TARGETS if target.startswith("feed")]


@cache
def run(target: str) -> Frames:
    asked = setting(TOPIC, target)
    knobs = {**asked.knobs, "device": "cpu"} if "device" in asked.knobs else asked.knobs
    return tuple(getattr(demo, asked.demo)(**knobs))


def end(target: str) -> dict[str, float]:
    return run(target)[-1].values


def reached(target: str, name: str, least: float) -> bool:
    """Whether a share comes that high: on a busy machine one run of milliseconds says little, so several may try."""
    knobs = {**setting(TOPIC, target).knobs, "device": "cpu"}
    return any(tuple(demo.feed(**knobs))[-1].values[name] > least for _ in range(10))


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_the_sections_that_findings_point_to_are_there() -> None:
    """And the topic is one of the course."""
    assert {"two-devices", "waiting-for-the-gpu"} <= set(SECTIONS)
    assert "devices" in [topic.name for topic in load_course().topics]


def test_the_panel_gives_no_answer_away() -> None:
    """A question's run is another than the panel's, or its start shows nothing that was measured."""
    assert len(QUESTIONS) >= 3
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert setting(TOPIC, question.run) != setting(TOPIC, section.panel)
        assert run(section.panel)[0].values == {}


@pytest.mark.parametrize("target", TARGETS)
def test_notes_are_one_sentence_that_fits_two_rows(target: str) -> None:
    """Of 62 columns: the panel's in a terminal of 120."""
    for frame in run(target):
        assert frame.note.endswith(".")
        assert ". " not in frame.note
        assert len(textwrap.wrap(frame.note, 62)) <= 2, frame.note
        assert all(summary(picture) for picture in frame.pictures)


@pytest.mark.parametrize("target", TARGETS)
def test_steps_count_from_the_start_to_the_end(target: str) -> None:
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert frames[-1].steps == frames[-1].step


@pytest.mark.parametrize("name", TOPIC.demos)
def test_code_is_a_page(name: str) -> None:
    """At most 70 columns and 36 lines."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert len(lines) <= 36
    assert max(map(len, lines)) <= 70


# ── The network and its loader ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", FEEDS)
def test_all_numbers_are_marked_as_measured(target: str) -> None:
    """And the pictures say so."""
    for frame in run(target):
        assert set(frame.measured) == set(frame.values)
        chart, bars = frame.pictures
        assert isinstance(chart, Chart)
        assert isinstance(bars, Bars)
        assert "measured" in chart.title
        assert "measured" in bars.title
        assert {len(series.values) for series in chart.series} == {frame.step}


@pytest.mark.parametrize("target", FEEDS)
def test_the_shares_are_those_of_what_was_timed(target: str) -> None:
    """A step's time is that of the device in a batch's; nobody works for more than the whole time."""
    for frame in run(target)[1:]:
        values = frame.values
        assert 0 < values["device"] <= 100.001
        assert 0 <= values["loader"] <= 100.001
        assert values["ms a step"] / values["ms a batch"] == pytest.approx(values["device"] / 100)
        batch = float(setting(TOPIC, target).knobs["batch"])
        assert values["samples a second"] == pytest.approx(1000 * batch / values["ms a batch"])


@pytest.mark.parametrize("target", [one for one in FEEDS if setting(TOPIC, one).knobs["workers"] == 0])
def test_without_workers_they_take_turns(target: str) -> None:
    """Each batch takes its wait and its step, and the two shares are of one whole."""
    knobs, values = setting(TOPIC, target).knobs, end(target)
    assert values["ms a batch"] >= float(knobs["wait"]) + values["ms a step"] - 0.1
    assert values["device"] + values["loader"] <= 100.001
    assert "they take turns" in run(target)[-1].note


@pytest.mark.parametrize(("workers", "wait"), [(1, 40), (2, 40), (4, 40)])
def test_workers_wait_at_the_same_time(workers: int, wait: int) -> None:
    """So that a batch comes that often, and no more often."""
    values = end(f"feed?batch=64&wait={wait}&workers={workers}")
    rounds = -(-demo.STEPS // workers)
    assert values["ms a batch"] * demo.STEPS >= rounds * wait - 0.1
    assert values["ms a batch"] < wait if workers > 1 else values["ms a batch"] >= wait - 0.1


def test_a_batch_of_one_keeps_the_device_busy() -> None:
    """For most of the time, and with far fewer samples a second than a large one."""
    frames = answer("full", "Nearly all of it")
    assert reached(QUESTIONS["full"].run, "device", 75)
    assert end("feed?batch=512&wait=0")["samples a second"] > 4 * frames[-1].values["samples a second"]


def test_larger_batches_raise_the_devices_share() -> None:
    """There is more to compute for each wait."""
    assert answer("larger", "It rises")[-1].values["device"] > end("feed?batch=512&wait=10&workers=0")["device"]


def test_with_a_worker_a_batch_takes_as_long_as_the_slower_of_the_two() -> None:
    """A slow loader works nearly all of the time, and a batch takes no less than its wait."""
    target = "feed?batch=64&wait=40&workers=1"
    values = end(target)
    assert values["ms a batch"] >= 40 - 0.1
    assert values["loader"] > values["device"]
    assert reached(target, "loader", 80)


def test_the_turns_are_reachable() -> None:
    """A loader that works for more than 90 %, and a device that sets the pace."""
    assert reached("feed?batch=512&wait=1&workers=4", "device", 80)
    turned = end("feed?batch=512&wait=40&workers=0"), end("feed?batch=4096&wait=10&workers=0")
    assert [values["loader"] > values["device"] for values in turned] == [True, False]


def test_a_run_that_is_stopped_leaves_no_worker() -> None:
    """As where the reader turns a knob: the generator is closed at its start, or the step raises."""
    before = threading.active_count()
    frames = demo.feed(1, 40, 4, "cpu")
    next(frames)
    frames.close()
    loader = demo.Loader(1, 8, 40, 4)
    with loader:
        batches = iter(loader)
        next(batches), next(batches)  # the one that is not timed, and the first of the workers'
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_the_share_counts_what_lies_within() -> None:
    """From the start on, up to the end, over all lanes."""
    assert demo._share([(0, 1), (2, 6)], 0, 4) == 75
    assert demo._share([(0, 1), (0, 1)], 0, 1, lanes=2) == 100
    assert demo._share([(-1, 1)], 0, 2) == 50
    assert demo._share([], 0, 0) == 0


@pytest.mark.gpu
def test_on_a_gpu_the_device_is_the_gpu() -> None:
    """The driver's word is told where something reads it."""
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")
    frames = tuple(demo.feed(512, 10, 0, "cuda"))
    assert "cuda:0 worked" in frames[-1].note
    assert 0 < frames[-1].values["device"] <= 100.001


# ── Two devices ───────────────────────────────────────────────────────────────────────────────────────────────────────


def table(target: str) -> Table:
    (picture,) = run(target)[-1].pictures
    assert isinstance(picture, Table)
    return picture


def rows(target: str) -> list[tuple[str, ...]]:
    return list(table(target).rows)


def test_what_is_made_without_a_device_is_on_the_cpu() -> None:
    """And the model, moved as it stands, is not."""
    assert rows("places?to=left") == [
        ("model.to(device)", "cuda:0"),
        ("x = torch.randn(4, 8)", "cpu"),
        ("model(x)", "refused"),
    ]


def test_a_copy_that_nobody_keeps_changes_nothing() -> None:
    frames = answer("lost", "RuntimeError: all tensors are expected to be on the same device")
    assert rows("places?to=copied")[2:] == [("x.to(device)", "cpu"), ("model(x)", "refused")]
    assert "Expected all tensors to be on the same device" in frames[-1].note
    assert "x is on cpu" in frames[-1].note


def test_a_copy_that_is_kept_works() -> None:
    assert rows("places?to=moved")[2:] == [("x = x.to(device)", "cuda:0"), ("model(x)", "cuda:0")]
    assert run("places?to=moved")[-1].note.startswith("model(x) works")


def test_where_there_is_no_gpu_the_device_is_called_virtual() -> None:
    """Nothing is faked."""
    assert ("virtual cuda" in table("places?to=moved").title) is not torch.cuda.is_available()


def test_a_number_may_stay_on_the_cpu() -> None:
    """In arithmetic."""
    with demo._cuda() as name:
        x = torch.ones(3, device=name.split()[-1])
        assert str((x * torch.tensor(2.0)).device) == "cuda:0"
        with pytest.raises(RuntimeError, match="same device"):
            x * torch.tensor([2.0])


def test_a_models_parameters_are_moved_where_they_are() -> None:
    """While a tensor's .to() gives another one."""
    with demo._cuda() as name:
        place = torch.device(name.split()[-1])
        model, x = torch.nn.Linear(2, 2), torch.ones(2)
        assert model.to(place) is model
        assert x.to(place) is not x


@pytest.mark.parametrize("target", [one for one in TARGETS if one.startswith("places")])
def test_places_are_the_same_each_time(target: str) -> None:
    """Nothing of it is measured."""
    asked = setting(TOPIC, target)
    assert tuple(demo.places(**asked.knobs)) == run(target)
    assert not any(frame.measured for frame in run(target))


# ── What a device is, A whole batch ───────────────────────────────────────────────────────────────────────────────────

ON_CUDA = "boxes?model=cuda:0&x=cuda:0&y=cuda:0"
ON_CPU = "boxes?model=cpu&x=cpu&y=cpu"


def boxes(target: str) -> dict[str, tuple[str, ...]]:
    """What stands under cpu and cuda:0 for each tensor, at the end."""
    return {row[0]: row[1:] for row in rows(target)}


def test_a_step_lies_where_its_inputs_lie() -> None:
    """The section's Turn: outputs, loss and gradient follow the model and the batch, and the loss is 1.09 on both."""
    assert set(boxes(ON_CPU).values()) == {("●", "")}
    assert set(boxes(ON_CUDA).values()) == {("", "●")}
    assert [number(end(target)["loss"]) for target in (ON_CPU, ON_CUDA)] == ["1.09", "1.09"]
    assert end(ON_CUDA)["net.weight.grad on cuda"] == 1
    assert end(ON_CPU)["net.weight.grad on cuda"] == 0


def test_forgotten_labels_raise_at_the_loss_and_not_before() -> None:
    """Question `labels`: there the two devices meet."""
    frames = answer("labels", "`cross_entropy(logits, labels)`")
    beside = boxes(QUESTIONS["labels"].run)
    assert beside["net(x)"] == ("", "●")
    assert beside["loss"] == ("refused", "refused")
    assert "net(x) is on cuda:0 and y is on cpu" in frames[-1].note


@pytest.mark.parametrize("target", [f"boxes?model={a}&x={b}&y={c}" for a, b, c in product(["cpu", "cuda:0"], repeat=3)])
def test_a_step_works_where_all_is_on_one_device(target: str) -> None:
    """And in none of the six other settings."""
    knobs = setting(TOPIC, target).knobs
    together = len({knobs[name] for name in ("model", "x", "y")}) == 1
    assert run(target)[-1].note.startswith("The step worked") is together


def test_a_number_may_stay_on_the_cpu_and_a_vector_of_one_may_not() -> None:
    """The section's Turn; on the CPU both work."""
    assert run(f"{ON_CUDA}&scale=number")[-1].note.startswith("The step worked on cuda:0")
    assert "loss * scale is refused" in run(f"{ON_CUDA}&scale=vector")[-1].note
    assert run(f"{ON_CPU}&scale=vector")[-1].note.startswith("The step worked on cpu")


def test_the_two_memories_say_that_cuda_is_virtual() -> None:
    assert ("cuda:0 is virtual" in table(ON_CUDA).title) is not torch.cuda.is_available()


# ── Where a GPU helps, Larger pieces ──────────────────────────────────────────────────────────────────────────────────

SIZES = [target for target in TARGETS if target.startswith("sizes")]


def lines(frame: Frame) -> dict[str, tuple[float, ...]]:
    """Of the chart, by name."""
    chart = frame.pictures[0]
    assert isinstance(chart, Chart)
    assert "measured" in chart.title
    return {series.name: series.values for series in chart.series}


def held(target: str, claim: Callable[[list[float]], bool]) -> bool:
    """Whether a claim on the microseconds of the sizes holds in one of ten sweeps.

    By the clock of this thread, which stands still while others have the CPU: on a busy machine long calls are
    interrupted and short ones are not.
    """
    knobs = {**setting(TOPIC, target).knobs, "device": "cpu"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "time", SimpleNamespace(perf_counter=time.thread_time))
        sweeps = ([frame.values["µs cpu"] for frame in tuple(demo.sizes(**knobs))[1:]] for _ in range(10))
        return any(map(claim, sweeps))


@pytest.mark.parametrize("target", SIZES)
def test_a_sweep_is_marked_as_measured(target: str) -> None:
    for frame in run(target):
        table = frame.pictures[1]
        assert set(frame.measured) == set(frame.values)
        assert isinstance(table, Table)
        assert "measured" in table.title
        assert len(table.rows) == frame.step == len(lines(frame)["cpu"])


@pytest.mark.parametrize("target", SIZES)
def test_without_a_gpu_a_sweep_shows_the_cpu_alone(target: str) -> None:
    """And says so."""
    frames = run(target)
    assert "the CPU, the only device that is timed here" in frames[0].note
    assert all(list(lines(frame)) == ["cpu"] for frame in frames)
    assert "cuda" not in " ".join(frame.note for frame in frames)


def test_a_large_product_takes_far_less_than_its_share() -> None:
    """Question `small`: 32,768 times the operations, and the time of the small one is mostly fixed cost."""
    frames = answer("small", "Far fewer")
    assert "512 × 512 is 32,768 times the work of 16 × 16" in frames[-1].note
    assert 16 * 16 * 16 * 2 == demo._work("matmul", 16) == 8192
    assert held(QUESTIONS["small"].run, lambda times: times[-1] / times[0] < 32768 / 3)


def test_a_product_of_64_takes_microseconds() -> None:
    """Tens of them where the CPU is slow: a GPU's fixed cost is several."""
    assert held("sizes?op=matmul", lambda times: times[2] < 100)


def test_a_sample_costs_less_in_a_large_batch() -> None:
    """Question `sample`: and towards the end twice the batch takes about twice the time."""
    frames = answer("sample", "Much less")
    assert "in a batch of 1024" in frames[-1].note
    assert held(QUESTIONS["sample"].run, lambda times: times[-1] / 1024 < times[0] / 1.5)
    assert held(QUESTIONS["sample"].run, lambda times: 1.6 < times[-1] / times[-2] < 2.5)


def test_addition_does_fewer_operations_a_second() -> None:
    """One for three numbers that are moved, where a product of n × n does 2n³ for its 3n²."""
    assert demo._work("add", 512) / demo._work("matmul", 512) == 1 / 1024
    rates = [run(target)[4].values["Gop/s"] for target in ("sizes?op=add", "sizes?op=matmul")]
    assert rates[0] < rates[1]  # at 128 × 128, which is over before anybody interrupts it


def test_the_sizes_end_where_the_cpu_takes_milliseconds() -> None:
    """Sixteen bits sooner: a CPU without hardware for them takes a hundred times as long."""
    assert demo._ladder("matmul", "float32", gpu=False) == [16, 32, 64, 128, 256, 512]
    assert demo._ladder("matmul", "float16", gpu=False)[-1] == 256
    assert demo._ladder("layer", "float32", gpu=False)[0] == 1
    assert demo._ladder("add", "float32", gpu=True)[-1] == 4096


def test_the_crossing_is_told_with_and_without_copies() -> None:
    """As a machine with a GPU says it; times made up."""
    ladder = [16, 32, 64]
    told = demo._crossing("matmul", ladder, {"cpu": [2, 9, 80], "cuda:0": [8, 8, 9], "copies": [40, 41, 45]})
    assert told == "cuda:0 is faster than the CPU from 32 × 32 on; with the copies from 64 × 64 on."
    never = demo._crossing("layer", ladder, {"cpu": [2, 3, 4], "cuda:0": [8, 8, 9], "copies": [40, 41, 45]})
    assert never == "cuda:0 is nowhere faster than the CPU; with the copies it is not."
    swinging = demo._crossing("add", ladder, {"cpu": [9, 2, 80], "cuda:0": [8, 8, 9], "copies": [8, 41, 45]})
    assert swinging == "cuda:0 is faster than the CPU from 64 × 64 on; with the copies from 64 × 64 on."
    note = demo._sizes_note("matmul", ladder, {"cpu": [2.0], "cuda:0": [8.0], "copies": [40.0]}, 1)
    assert note.startswith("16 × 16: 2 µs on cpu and 8 µs on cuda:0, ")


@pytest.mark.gpu
def test_on_a_gpu_both_curves_are_drawn() -> None:
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")
    frames = tuple(demo.sizes("matmul", "float32", "cuda"))
    assert [len(times) for times in lines(frames[-1]).values()] == [6, 9, 9]
    assert frames[-1].note.startswith("cuda:0 is")


# ── Waiting for the GPU ───────────────────────────────────────────────────────────────────────────────────────────────

WAITS = [target for target in TARGETS if target.startswith("waiting")]


@pytest.mark.parametrize("target", WAITS)
def test_no_product_is_done_before_the_one_before(target: str) -> None:
    """Nor a call before the one before; and synchronize() returns last of all."""
    frames = run(target)
    returned, done = lines(frames[-1]).values()
    assert list(returned) == sorted(returned)
    assert list(done) == sorted(done)
    assert end(target)["synchronize returned ms"] >= max(returned[-1], done[-1])
    assert all(set(frame.measured) == set(frame.values) for frame in frames)
    assert "a thread in place of a GPU" in frames[0].note


def test_a_call_returns_before_its_product_is_done() -> None:
    """Question `clock`: the clock without synchronize() saw the queue filled."""
    frames = answer("clock", "The products")
    values = frames[-1].values
    assert values["call returned ms"] < values["synchronize returned ms"]
    assert frames[1].values["call returned ms"] < frames[1].values["product done ms"]


def test_with_a_wait_in_every_step_a_call_returns_when_its_product_is_done() -> None:
    """Preparing and computing add up."""
    target = "waiting?prepare=10&sync=every-step"
    returned, done = lines(run(target)[-1]).values()
    assert all(late >= early for late, early in zip(returned, done))
    assert all(later - early > 9.9 for early, later in pairwise(returned))
    assert all(finish - back > 9.9 for back, finish in zip(returned, done[1:]))


def test_a_wait_in_every_step_takes_longer_in_all() -> None:
    """The section's Turn; on a busy machine several may try."""

    def total(sync: str) -> float:
        last: Frame = tuple(demo.waiting(10, sync, "cpu"))[-1]
        return last.values["synchronize returned ms"]

    assert any(total("every-step") > total("at-end") for _ in range(5))


def test_a_wait_that_is_stopped_leaves_no_thread() -> None:
    before = threading.active_count()
    with suppress(KeyboardInterrupt), demo._lane("cpu") as lane:
        lane.multiply()
        assert threading.active_count() > before
        raise KeyboardInterrupt
    assert threading.active_count() == before
