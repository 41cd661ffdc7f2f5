"""Memory: every number and every claim of the topic, against the torch that is installed.

Bytes are arithmetic and asserted closely. What a profiler timed is not asserted at all.
"""

from __future__ import annotations

import gc
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.knobs import Choice
from lessons.kit.pictures import Bars, Chart, Frame, Table
from lessons.kit.problems import problems

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.memory.demo")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("memory")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]
TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {"step?batch=1&optimizer=momentum", "step?batch=1024&optimizer=Adam", "layers?activation=ReLU, Dropout&batch=1"}
    | {"layers?activation=Tanh&batch=512", "optimizers?width=16&dtype=bfloat16", "optimizers?width=1024"}
    | {"probes?first=1&room=16", "probes?first=4096&room=512&optimizer=SGD", "probes?optimizer=momentum&first=1"}
    | {"segments?layers=4&batch=256", "graphs?keep=detach", "graphs?keep=list"}
    | {"profiled?batch=1&sort=memory", "holders?keep=copy", "holders?keep=sum"}
)


def fresh(target: str) -> Frames:
    """The frames of a demo at a setting such as "step?optimizer=Adam"; counted for the CPU."""
    asked = setting(TOPIC, target)
    knobs = {**asked.knobs, "device": "cpu"} if "device" in asked.knobs else asked.knobs
    return tuple(getattr(demo, asked.demo)(**knobs))


@cache
def run(target: str) -> Frames:
    return fresh(target)


def end(target: str) -> dict[str, float]:
    return run(target)[-1].values


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def places(demo_name: str, knob: str, start: float, way: int = 1) -> Iterator[Any]:
    """Every place that the right arrow reaches from `start`; the left one where `way` is -1."""
    slider = TOPIC.demo(demo_name).knob(knob)
    at: Any = start
    while (further := slider.turn(at, way)) != at:
        yield (at := further)


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts and signatures, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_the_sections_that_findings_lead_to_are_there() -> None:
    sections = {section.slug for section in TOPIC.page.sections}
    assert {"graphs-that-stay", "when-it-does-not-fit", "who-holds-the-memory"} <= sections


def test_no_panel_shows_the_run_that_answers() -> None:
    """It can be started while the question is open."""
    assert len(QUESTIONS) >= 5
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert setting(TOPIC, question.run) != setting(TOPIC, section.panel)


@pytest.mark.parametrize("target", TARGETS)
def test_notes_are_one_sentence_that_fits(target: str) -> None:
    for frame in run(target):
        assert frame.note.endswith(".")
        assert 15 < len(frame.note) <= 150
        assert len(textwrap.wrap(frame.note, 62)) <= 3, frame.note


@pytest.mark.parametrize("target", TARGETS)
def test_steps_count_from_the_start_to_the_end(target: str) -> None:
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames} == {frames[-1].step}


@pytest.mark.parametrize("target", TARGETS)
def test_pictures_have_what_their_heads_promise(target: str) -> None:
    for frame in run(target):
        for picture in frame.pictures:
            if isinstance(picture, Chart):
                assert {len(series.values) for series in picture.series} == {frame.step + 1}
            if isinstance(picture, Bars):
                assert all(len(bar.values) == len(picture.parts) for bar in picture.bars)
                assert all(value >= 0 for bar in picture.bars for value in bar.values)
            if isinstance(picture, Table):
                assert all(len(row) == len(picture.heads) for row in picture.rows)


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_demo_fits_the_code_view(name: str) -> None:
    """The view is 70 columns wide and about 36 rows high in a terminal of 120 by 40."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert [line for line in lines if len(line) > 70] == []
    assert len(lines) <= 36


@pytest.mark.parametrize("name", [name for name in TOPIC.demos if name not in ("profiled", "remedies")])
def test_the_same_knobs_give_the_same_frames(name: str) -> None:
    assert fresh(name) == run(name)


def test_what_the_profiler_says_of_memory_is_the_same_each_time() -> None:
    assert fresh("profiled?sort=memory") == run("profiled?sort=memory")
    timed = run("profiled?sort=time")[-1]
    assert set(timed.measured) == set(timed.values)
    assert 0 < len(timed.values) <= 8


def test_the_start_is_shown_before_anything_slow_is_imported() -> None:
    """The first optimizer of a process imports torch._dynamo, the first count tensors without data: seconds each."""
    code = (
        "import sys, torch; before = 'torch._subclasses.fake_tensor' in sys.modules\n"
        "from lessons.memory import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    print(name, next(getattr(demo, name)(**knobs)).step, 'torch._dynamo' in sys.modules,\n"
        "          'torch._subclasses.fake_tensor' in sys.modules and not before)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines() == [f"{name} 0 False False" for name in TOPIC.demos]


@pytest.mark.parametrize("name", [*TOPIC.demos, "graphs?backward=false"])
def test_a_run_that_is_left_in_the_middle_leaves_torch_as_it_was(name: str) -> None:
    asked = setting(TOPIC, name)
    frames = getattr(demo, asked.demo)(**asked.knobs)
    next(frames), next(frames)
    made = torch.ones(2, requires_grad=True).exp()
    assert (type(made), made.dtype, made.device.type) == (torch.Tensor, torch.float32, "cpu")
    assert torch.is_grad_enabled()
    frames.close()


# ── The budget of one step ────────────────────────────────────────────────────────────────────────────────────────────


def held(target: str) -> dict[str, dict[str, float]]:
    """MiB of each part, after each call."""
    picture = run(target)[-1].pictures[0]
    assert isinstance(picture, Bars)
    return {bar.name: dict(zip(picture.parts, bar.values)) for bar in picture.bars}


def test_adams_state_comes_with_the_first_step() -> None:
    """Question `second`: no later call adds as much."""
    answer("second", "The first `step()`")
    after = held(QUESTIONS["second"].run)
    assert after["step 1"]["optimizer"] == pytest.approx(14.2, abs=0.05)
    assert after["backward 1"]["optimizer"] == 0
    assert after["forward 2"]["activations"] == pytest.approx(5.42, abs=0.005)
    assert after["backward 2"]["gradients"] == pytest.approx(7.11, abs=0.005)
    assert after["step 2"]["optimizer"] == after["step 1"]["optimizer"]


def test_activations_go_with_backward_and_gradients_with_zero_grad() -> None:
    for optimizer in ("SGD", "momentum", "Adam"):
        after = held(f"step?optimizer={optimizer}&batch=500")
        assert all(parts["weights"] == pytest.approx(7.11, abs=0.005) for parts in after.values())
        for turn in (1, 2):
            assert after[f"forward {turn}"]["activations"] > 0
            assert after[f"forward {turn}"]["gradients"] == 0
            assert after[f"backward {turn}"]["activations"] == 0
            assert after[f"backward {turn}"]["gradients"] == after["the start"]["weights"]
            assert after[f"zero_grad {turn}"]["gradients"] == 0


def test_the_goal_of_more_activations_than_gradients_is_on_the_slider() -> None:
    """Upwards from 500, without the optimizer that the panel stands on mattering."""

    def more(batch: int) -> bool:
        after = held(f"step?optimizer=SGD&batch={batch}")
        return sum(after["forward 2"].values()) > sum(after["backward 2"].values())

    assert not more(500)
    assert next(batch for batch in places("step", "batch", 500) if more(batch)) == 700


# ── What an optimizer adds ────────────────────────────────────────────────────────────────────────────────────────────


def test_adamw_takes_16_bytes_for_each_weight() -> None:
    """Question `billion`: of float32, and half of it in bfloat16."""
    answer("billion", "16 GB")
    values = end(QUESTIONS["billion"].run)
    wanted = {"SGD": 8, "momentum": 12, "RMSprop": 12, "Adam": 16, "AdamW": 16, "AMSGrad": 20}
    assert {name: values[name] for name in wanted} == pytest.approx(wanted, abs=0.001)
    half = end("optimizers?width=250&dtype=bfloat16")
    assert {name: half[name] for name in wanted} == pytest.approx(
        {name: size / 2 for name, size in wanted.items()}, abs=0.001
    )


@pytest.mark.skipif(not hasattr(torch.optim, "Adafactor"), reason="this torch has no Adafactor")
def test_adafactor_keeps_rows_and_columns() -> None:
    """Which is much for a small matrix, and next to nothing for a large one."""
    assert min(places("optimizers", "width", 250, -1)) == 16
    assert end("optimizers?width=16")["state of Adafactor"] == pytest.approx(0.74, abs=0.01)
    assert end("optimizers?width=1024")["state of Adafactor"] < 0.02


# ── What forward keeps ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("activation", "sample"), [("ReLU", 11.1), ("Tanh", 11.1), ("GELU", 19.1), ("ReLU, Dropout", 27.1)]
)
def test_what_a_sample_keeps(activation: str, sample: float) -> None:
    """Whatever the batch."""
    for batch in (64, 128):
        assert end(f"layers?activation={activation}&batch={batch}")["a sample"] == pytest.approx(sample, abs=0.05)


def test_gelu_keeps_its_input_as_well() -> None:
    """Question `gelu`; with ReLU the second Linear keeps nothing new."""
    answer("gelu", "19.1 KiB")
    for target, newly in (("layers?activation=ReLU", "0"), (QUESTIONS["gelu"].run, "256")):
        table = run(target)[-1].pictures[0]
        assert isinstance(table, Table)
        linear = [row for row in table.rows if row[0] == "Linear"]
        assert linear[1][2] == newly


# ── Two probes and a line; Probes that are too small ──────────────────────────────────────────────────────────────────


def test_twice_the_room_holds_more_than_twice_the_batch() -> None:
    """Question `double`."""
    answer("double", "More: 5728")
    half, whole = end("probes?first=2000&room=64"), end(QUESTIONS["double"].run)
    assert (half["largest"], whole["largest"]) == (2290, 5728)
    assert whole["KiB a sample"] == pytest.approx(19.1, abs=0.05)
    for room, values in ((64, half), (128, whole)):
        assert 0.99 * room < values["peak tried"] <= room


def test_one_sample_more_than_the_line_says_does_not_fit() -> None:
    peak = demo._peak_on("cpu", "Adam")
    assert peak(5728) <= 128 < peak(5730)


def test_small_probes_have_their_peak_in_the_optimizers_step() -> None:
    """Question `small`: for SGD, which needs no room there, the line is wrong as well, and less so."""
    frames = answer("small", "Far too much")
    values = frames[-1].values
    assert values["KiB a sample"] == pytest.approx(3.06, abs=0.005)
    assert values["largest"] == 30614
    assert values["peak tried"] == pytest.approx(591, abs=0.5)
    assert "does not fit" in frames[-1].note


def test_the_goal_of_probes_that_are_large_enough_is_on_the_slider() -> None:
    assert not fits(500)
    assert {8, 500} <= {8, *places("probes", "first", 8)}
    assert next(at for at in places("probes", "first", 500) if fits(at)) <= 2000


def fits(first: int) -> bool:
    return end(f"probes?first={first}&room=128")["peak tried"] <= 128


def test_a_third_probe_above_the_line_tells_that_it_is_too_small() -> None:
    """As the exercise has it: probes of 8, 16 and 32 lie on a line as well, and on the wrong one."""
    peak = demo._peak_on("cpu", "Adam")

    def above(small: int, middle: int, large: int) -> float:
        slope = (peak(large) - peak(middle)) / (large - middle)
        return peak(small) / (peak(middle) - slope * (middle - small)) - 1

    assert above(8, 2000, 4000) > 0.01
    assert above(1000, 2000, 4000) < 0.005
    assert above(8, 16, 32) == pytest.approx(0, abs=0.001)


def test_no_room_at_all_is_told() -> None:
    frames = run("probes?first=1&room=16")
    assert "no batch at all" in frames[-1].note
    assert "peak tried" not in frames[-1].values


# ── Keep less, compute twice ──────────────────────────────────────────────────────────────────────────────────────────


def test_four_segments_are_best_for_16_layers() -> None:
    """Question `segments`: the peak, what forward keeps, and the calls."""
    answer("segments", "4")
    values = end(QUESTIONS["segments"].run)
    peaks = {name: values[f"peak {name}"] for name in ("none", "1", "2", "4", "8", "16")}
    assert min(peaks, key=lambda name: peaks[name]) == "4"
    assert (values["kept 1"], values["kept 4"]) == pytest.approx((2, 5), abs=0.01)
    assert (peaks["1"], peaks["4"], peaks["none"]) == pytest.approx((19.3, 10.3, 21.3), abs=0.06)
    assert values["kept 16"] == values["kept none"]


@pytest.mark.parametrize("layers", [4, 8, 16])
def test_the_price_is_a_second_forward_whatever_the_segments(layers: int) -> None:
    values = end(f"segments?layers={layers}")
    assert values["calls none"] == layers
    assert {size for name, size in values.items() if name.startswith("calls") and name != "calls none"} == {2 * layers}


def test_a_second_forward_is_about_a_third_more_arithmetic() -> None:
    """Counted by torch."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils.checkpoint import checkpoint
    from torch.utils.flop_counter import FlopCounterMode

    counts = []
    for again in (False, True):
        with FakeTensorMode(), FlopCounterMode(display=False) as counter:
            h = torch.randn(64, 64)
            for part in demo.chain(16, 4):
                h = checkpoint(part, h, use_reentrant=False, preserve_rng_state=False) if again else part(h)
            h.sum().backward()
        counts.append(counter.get_total_flops())
    assert counts[1] / counts[0] == pytest.approx(4 / 3, abs=0.02)


# ── Graphs that stay ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_total_of_losses_keeps_every_graph_where_no_backward_comes() -> None:
    """Question `validation`: what stays grows by the same with each batch."""
    frames = answer("validation", "20 graphs, with everything")
    assert frames[-1].values == pytest.approx({"nodes": 160, "kept": 2.63}, abs=0.005)
    steps = [later.values["nodes"] - frame.values["nodes"] for frame, later in zip(frames, frames[1:])]
    assert set(steps) == {8}


@pytest.mark.parametrize("keep", ["loss", "list"])
def test_backward_frees_the_tensors_and_leaves_the_nodes(keep: str) -> None:
    with_it, without = end(f"graphs?keep={keep}&backward=true"), end(f"graphs?keep={keep}&backward=false")
    assert with_it["nodes"] == without["nodes"] >= 140
    assert with_it["kept"] == 0
    assert without["kept"] > 2.5


@pytest.mark.parametrize("keep", ["item", "detach"])
@pytest.mark.parametrize("backward", ["true", "false"])
def test_a_number_keeps_no_graph(keep: str, backward: str) -> None:
    for frame in run(f"graphs?keep={keep}&backward={backward}"):
        assert frame.values == {"nodes": 0, "kept": 0}


def test_under_no_grad_nothing_is_kept() -> None:
    model = demo.network()
    with torch.no_grad(), demo.Saved(model) as saved:
        output = model(torch.zeros(4, 784))
    assert saved.bytes == 0
    assert output.grad_fn is None


def test_what_is_told_as_kept_agrees_with_shapes() -> None:
    """Input and hidden output of 128 samples, the log-softmax, the labels; the mean's one number."""
    by_shapes = 4 * 128 * (64 + 256 + 10) + 8 * 128 + 4
    assert 20 * by_shapes - end("graphs?keep=loss&backward=false")["kept"] * 2**20 < 20 * 128 * (64 * 4 + 8)


# ── A profiler's table ────────────────────────────────────────────────────────────────────────────────────────────────


def test_with_a_small_batch_backward_takes_most_memory() -> None:
    """Question `memory`: the gradients are as large as the weights."""
    answer("memory", "`mm`")
    values = end(QUESTIONS["memory"].run)
    assert values["memory of aten::mm"] == pytest.approx(7.35, abs=0.005) == max(values.values())
    assert values["memory of aten::addmm"] == pytest.approx(0.251, abs=0.001)
    assert values["memory of aten::clamp_min"] == pytest.approx(0.25, abs=0.001)


def test_the_goal_of_addmm_is_on_the_slider() -> None:
    def more(batch: int) -> bool:
        return end(f"profiled?sort=memory&batch={batch}")["memory of aten::addmm"] > 1

    assert next(batch for batch in places("profiled", "batch", 32) if more(batch)) == 150


# ── When it does not fit ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quarter_of_the_batch_lowers_the_peak_most() -> None:
    """Question `remedy`."""
    answer("remedy", "A quarter of the batch")
    peaks = {name.removeprefix("peak "): size for name, size in end(QUESTIONS["remedy"].run).items()}
    saved = {name: peaks["as it is"] - peak for name, peak in peaks.items()}
    assert peaks["as it is"] == pytest.approx(385, abs=0.5)
    assert saved["SGD"] == pytest.approx(16.1, abs=0.05)
    assert saved["autocast"] == pytest.approx(141, abs=0.5)
    assert saved["parts of a quarter"] == pytest.approx(270, abs=0.5) == max(saved.values())


def test_the_largest_batch_of_both_remedies_is_on_the_slider() -> None:
    """60 by the slider's places; checkpoints alone do not allow it."""
    peaks = {batch: end(f"remedies?batch={batch}&room=128") for batch in (60, 70)}
    assert {60, 70} <= set(places("remedies", "batch", 4))
    assert peaks[60]["peak both"] <= 128 < peaks[70]["peak both"]
    assert peaks[60]["peak checkpoints"] > 128


def test_four_parts_give_the_gradient_of_the_whole() -> None:
    model, x, y = demo.network(), torch.randn(64, 784), torch.randint(10, (64,))
    gradients = []
    for size in (64, 16):
        model.zero_grad()
        for start in range(0, 64, size):
            part = slice(start, start + size)
            (torch.nn.functional.cross_entropy(model(x[part]), y[part]) * size / 64).backward()
        gradients.append(model[0].weight.grad.clone())
    assert torch.allclose(*gradients, atol=1e-6)


# ── Who holds the memory ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("keep", ["nothing", "row", "copy", "sum", "error"])
def test_what_still_holds_a_tensor_after_del(keep: str) -> None:
    """Question `row`, and the other choices; when that goes as well, the memory is free."""
    knob = TOPIC.demo("holders").knob("keep")
    assert isinstance(knob, Choice)
    assert keep in knob.options
    sizes = [frame.values["bytes of x"] for frame in run(f"holders?keep={keep}")]
    assert sizes[1] == 2**24
    assert sizes[2] == (0 if keep in ("nothing", "copy") else 2**24)
    assert sizes[3] == 0


def test_the_answer_is_that_nothing_is_freed() -> None:
    frames = answer("row", "Nothing")
    assert frames[2].note == "After `del x` the memory of x is still there: 16 MiB."
    assert torch.ones(2048, 2048)[0].numel() * 4 == 8 * 2**10


def test_memory_is_refused_by_a_runtime_error() -> None:
    """On a GPU by one of its kinds, torch.cuda.OutOfMemoryError."""
    error = demo.failed(torch.ones(1))
    assert type(error) is RuntimeError
    assert str(2**52) in str(error)
    assert issubclass(torch.cuda.OutOfMemoryError, RuntimeError)


@pytest.mark.gpu
def test_on_a_gpu_the_allocator_is_asked() -> None:
    """Freed memory stays reserved until empty_cache()."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device and a CUDA build of torch")
    gc.collect()
    frames = tuple(demo.holders(keep="nothing", device="cuda"))
    assert len(frames) == 5
    start, _, freed, _, emptied = (frame.values for frame in frames)
    assert start["allocated"] - freed["allocated"] == 2**24
    assert freed["reserved"] == start["reserved"] > emptied["reserved"]
    probed = tuple(demo.probes(first=2000, room=256, optimizer="Adam", device="cuda"))[-1]
    assert probed.values["peak tried"] == pytest.approx(256, rel=0.05)
    assert "peak tried" in probed.measured
