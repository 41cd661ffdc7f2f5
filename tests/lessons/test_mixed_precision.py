"""Mixed precision: every number and every claim of the topic, against the torch that is installed.

Sizes in memory are arithmetic and asserted closely; losses in 16 bits hang on rounding, which differs between machines,
and are asserted to a few per cent.
"""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
import textwrap
import warnings
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.pictures import Bars, Chart, Frame, Histogram, Table
from lessons.kit.problems import problems
from lessons.kit.words import summary

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.mixed_precision.demo")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("mixed_precision")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]
TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {"casts?dtype=float16&rules=cuda", "rescue?factor=1e-6", "rescue?factor=0.02", "scaler?exponent=0"}
    | {"scaler?interval=1", "scaler?interval=60&exponent=40&clip=scaled", "scaler?exponent=40&clip=unscaled"}
    | {"budget?batch=1&optimizer=SGD", "budget?batch=1&model=transformer"}
    | {"budget?model=transformer&batch=1&optimizer=momentum", "budget?batch=4096&model=transformer"}
)


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "rescue?factor=1e-5"; what it counts is counted for the CPU."""
    asked = setting(TOPIC, target)
    knobs = {**asked.knobs, "device": "cpu"} if "device" in asked.knobs else asked.knobs
    return tuple(getattr(demo, asked.demo)(**knobs))


def end(target: str) -> dict[str, float]:
    return run(target)[-1].values


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def edited(demo_name: str, old: str, new: str) -> ModuleType:
    """The demos after an edit of one of them, as the editor makes it: the first `old` in its function becomes `new`."""
    code = inspect.getsource(getattr(demo, demo_name))
    assert old in code
    module = ModuleType("edited")
    exec(compile(TOPIC.source.replace(code, code.replace(old, new, 1)), "edited", "exec"), module.__dict__)  # noqa: S102
    return module


def places(demo_name: str, knob: str, start: float, way: int = 1) -> list[Any]:
    """Every place that the right arrow reaches from `start`; the left one where `way` is -1."""
    slider = TOPIC.demo(demo_name).knob(knob)
    found: list[Any] = [start]
    while (further := slider.turn(found[-1], way)) != found[-1]:
        found.append(further)
    return found


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts and signatures, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_the_panel_waits_at_the_start_of_its_questions_run_and_gives_nothing_away() -> None:
    """Nothing was cast, trained or counted yet: what is seen is where every answer would begin."""
    assert len(QUESTIONS) >= 6
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert setting(TOPIC, question.run) == setting(TOPIC, section.panel)
            start, end = run(section.panel)[0], run(question.run)[-1]
            assert start.note != end.note
            assert not {"autocast", "bits of weight.grad", "bits of mse_loss"} & set(start.values)
            assert start.values.get("skipped steps", 0) == 0


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
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames} == {frames[-1].step}


@pytest.mark.parametrize("target", TARGETS)
def test_pictures_end_where_the_frame_stands(target: str) -> None:
    """Every line has a point a step, a table a row for what was seen, and every histogram all the gradients."""
    frames = run(target)
    for frame in frames:
        for picture, at_start in zip(frame.pictures, frames[0].pictures):
            assert type(picture) is type(at_start)
            if isinstance(picture, Chart):
                assert {len(series.values) for series in picture.series} == {frame.step + 1}
            if isinstance(picture, Histogram):
                weights = 32 * 64 + 64 + 64 * 32 + 32
                assert sum(picture.counts) + picture.apart == (weights if frame.step else 0)
            if isinstance(picture, Table):
                assert len(picture.rows) == len(frame.values)
                assert picture.chosen == (len(picture.rows) - 1 if picture.rows else None)
            if isinstance(picture, Bars):
                assert {len(bar.values) for bar in picture.bars} == {len(picture.parts)}


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_demo_fits_the_code_view(name: str) -> None:
    """The view is 70 columns wide and about 36 rows high in a terminal of 120 by 40."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert [line for line in lines if len(line) > 70] == []
    assert len(lines) <= 36


@pytest.mark.parametrize("name", TOPIC.demos)
def test_the_same_knobs_give_the_same_frames(name: str) -> None:
    knobs = TOPIC.demos[name].defaults()
    again = {**knobs, "device": "cpu"} if "device" in knobs else knobs
    assert tuple(getattr(demo, name)(**again)) == run(name)


def test_the_start_is_shown_before_anything_slow_is_imported() -> None:
    """The first optimizer of a process imports torch._dynamo, the first count tensors without data: seconds each."""
    code = (
        "import sys; from lessons.mixed_precision import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    print(name, next(getattr(demo, name)(**knobs)).step, 'torch._dynamo' in sys.modules,\n"
        "          'torch._subclasses.fake_tensor' in sys.modules and not before)"
    )
    code = "import sys, torch; before = 'torch._subclasses.fake_tensor' in sys.modules\n" + code
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines() == [f"{name} 0 False False" for name in TOPIC.demos]


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_run_that_is_left_in_the_middle_leaves_torch_as_it_was(name: str) -> None:
    for target in {name, "casts?rules=cuda"}:
        asked = setting(TOPIC, target)
        frames = getattr(demo, asked.demo)(**asked.knobs)
        next(frames), next(frames)
        made = torch.ones(2, 2) @ torch.ones(2, 2)
        assert (type(made), made.dtype, made.device.type) == (torch.Tensor, torch.float32, "cpu")
        assert not torch.is_autocast_enabled("cpu")
        assert not torch.is_autocast_enabled("cuda")
        assert torch.is_grad_enabled()
        frames.close()


# ── Each call picks its own format ────────────────────────────────────────────────────────────────────────────────────


def rows(target: str) -> dict[str, tuple[str, ...]]:
    """What a call gets, what that is cast to, and what it gives, by the call's name."""
    table = run(target)[-1].pictures[0]
    assert isinstance(table, Table)
    return {name: tuple(words) for name, *words in table.rows}


def test_two_bytes_instead_of_four() -> None:
    assert [dtype.itemsize for dtype in (torch.float32, torch.float16, torch.bfloat16)] == [4, 2, 2]


def test_of_three_calls_the_loss_is_cast_to_float32() -> None:
    """Question `loss`."""
    frames = answer("loss", "mse_loss")
    assert rows(QUESTIONS["loss"].run)["linear"] == ("float32", "bfloat16", "bfloat16")
    assert rows(QUESTIONS["loss"].run)["relu"] == ("bfloat16", "–", "bfloat16")
    assert rows(QUESTIONS["loss"].run)["mse_loss"] == ("bfloat16", "float32", "float32")
    assert "float32 out of add, mse_loss" in frames[-1].note


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_add_is_not_cast_and_the_wider_format_wins(dtype: str) -> None:
    assert rows(f"casts?dtype={dtype}")["add"] == (dtype, "–", "float32")
    assert rows(f"casts?dtype={dtype}")["matmul"] == ("float32", dtype, dtype)
    assert (torch.ones(1, dtype=getattr(torch, dtype)) + torch.ones(1)).dtype == torch.float32


def test_a_call_that_the_reader_adds_is_told_like_the_others() -> None:
    call = '            ("relu", lambda h: F.relu(h)),\n'
    changed = edited("casts", call, call + call.replace("relu", "gelu"))
    frames = tuple(changed.casts(dtype="bfloat16", rules="cpu"))
    assert frames[-1].step == frames[-1].steps == 8
    assert frames[4].note == "gelu is left alone: it gets bfloat16 and gives bfloat16."


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_layer_norm_and_softmax_are_float32_by_cudas_rules_alone(dtype: str) -> None:
    cpu, cuda = rows(f"casts?dtype={dtype}"), rows(f"casts?dtype={dtype}&rules=cuda")
    changed = [name for name in cpu if cpu[name][-1] != cuda[name][-1]]
    assert [name for name in changed if name in ("layer_norm", "softmax")] == ["layer_norm", "softmax"]
    assert {cuda[name][-1] for name in ("layer_norm", "softmax", "mse_loss")} == {"float32"}
    assert {cuda[name][-1] for name in ("linear", "matmul")} == {dtype}
    assert changed == ["layer_norm", "relu", "softmax"]  # relu goes with what it gets


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_gpu_follows_the_rules_that_are_told_of_it(dtype: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device and a CUDA build of torch")
    told = rows(f"casts?dtype={dtype}&rules=cuda")
    lower, functional = getattr(torch, dtype), torch.nn.functional
    with torch.device("cuda"), torch.autocast("cuda", lower):
        x = torch.randn(8, 8)
        found = {
            "linear": functional.linear(x, x),
            "layer_norm": functional.layer_norm(x.to(lower), (8,)),
            "matmul": x @ x,
            "softmax": x.to(lower).softmax(dim=1),
            "mse_loss": functional.mse_loss(x.to(lower), x.to(lower)),
        }
    assert {name: told[name][-1] for name in found} == {
        name: str(made.dtype).replace("torch.", "") for name, made in found.items()
    }


# ── What stays in float32 ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_weights_gradient_is_float32_where_its_products_is_not() -> None:
    """Question `grad`."""
    bits = answer("grad", "float32")[-1].values
    assert {name for name, size in bits.items() if size == 16} == {"bits of output", "bits of output.grad"}
    assert bits["bits of weight.grad"] == bits["bits of weight"] == bits["bits of Adam's m"] == 32


def test_the_copy_is_a_node_of_the_graph() -> None:
    """Going back through it is what makes the gradient float32."""
    weight = torch.nn.Parameter(torch.randn(4, 4))
    with torch.autocast("cpu", torch.bfloat16):
        output = torch.randn(2, 4) @ weight
    assert "ToCopy" in output.grad_fn.next_functions[1][0].name()


def test_autocast_leaves_the_weight_as_it_is() -> None:
    model = torch.nn.Linear(4, 4)
    before = model.weight.detach().clone()
    with torch.autocast("cpu", torch.bfloat16):
        assert model(torch.randn(2, 4)).dtype == torch.bfloat16
    assert model.weight.dtype == torch.float32
    assert model.weight.equal(before)


def test_the_copy_is_gone_when_backward_is_done_with_it() -> None:
    from lessons.measure.memory import _Alive

    weight, inputs = torch.nn.Parameter(torch.randn(4, 4)), torch.randn(2, 4, requires_grad=True)
    with _Alive() as alive:
        with torch.autocast("cpu", torch.bfloat16):
            loss = (inputs @ weight).float().sum()
        assert len(alive.copies([weight])) == 1
        loss.backward()
        assert not alive.copies([weight])


def test_in_bfloat16_an_average_could_grow_and_never_shrink() -> None:
    """0.999·s is rounded back to s for every s; a large g² does raise it. float32 has no such trouble."""
    s = 1 + torch.arange(128) / 128  # all fractions of bfloat16
    assert (0.999 * s.bfloat16()).equal(s.bfloat16())
    assert bool((0.999 * s < s).all())
    assert bool((s.bfloat16().mul_(0.999) + 0.001 * 100 > s.bfloat16()).all())
    assert torch.optim.Adam([torch.ones(1)]).defaults["betas"][1] == 0.999


def test_adams_second_average_does_not_shrink_in_bfloat16() -> None:
    """In the optimizer itself: from the second step on no gradient is left."""
    kept = {}
    for dtype in (torch.bfloat16, torch.float32):
        weight = torch.nn.Parameter(torch.ones(1, dtype=dtype))
        optimizer = torch.optim.Adam([weight])
        for gradient in (1.0, *[0.0] * 50):
            weight.grad = torch.full_like(weight, gradient)
            optimizer.step()
        kept[dtype] = optimizer.state[weight]["exp_avg_sq"].item()
    assert kept[torch.bfloat16] == pytest.approx(0.001, rel=0.01)
    assert kept[torch.float32] == pytest.approx(0.001 * 0.999**50, rel=1e-3)


def test_the_copy_waits_for_other_calls_to_the_end_of_the_block() -> None:
    from lessons.measure.memory import _Alive

    weight, inputs = torch.nn.Parameter(torch.randn(4, 4)), torch.randn(2, 4)
    with _Alive() as alive:
        with torch.autocast("cpu", torch.bfloat16):
            first, second = inputs @ weight, inputs @ weight
            assert len(alive.copies([weight])) == 1
            del first, second
            assert len(alive.copies([weight])) == 1
        assert not alive.copies([weight])


def test_a_small_step_does_not_move_a_weight_in_bfloat16() -> None:
    assert (torch.tensor(1.0).bfloat16() + 0.001).item() == 1
    assert (torch.tensor(1.0) + 0.001).item() > 1


def test_a_16_bit_weight_has_a_16_bit_gradient_and_state() -> None:
    """The edit that the section asks for, made in the demo's own source; the note tells it."""
    numbers = "torch.randn(32, 32)"
    frames = tuple(edited("holds", numbers, f"{numbers}.bfloat16()").holds(dtype="bfloat16"))
    bits = frames[-1].values
    assert {name for name, size in bits.items() if size == 32} == {"bits of loss"}
    assert frames[-1].note.endswith("weight, output, output.grad, weight.grad, Adam's m, Adam's s.")
    assert len(textwrap.wrap(frames[-1].note, 56)) <= 2


# ── Gradients that become 0, bfloat16 needs no scaler ─────────────────────────────────────────────────────────────────


def test_float16_ends_at_6e_8_and_65504() -> None:
    limits = torch.finfo(torch.float16)
    smallest = limits.smallest_normal * limits.eps
    assert smallest == pytest.approx(6e-8, rel=0.01)
    assert torch.tensor(smallest).half() > 0
    assert torch.tensor(smallest / 2.1).half() == 0
    assert limits.max == 65504
    assert torch.tensor(66000.0).half() == math.inf


@pytest.mark.parametrize("factor", [1, 0.01, 0.001, 0.0001, 1e-5, 1e-6])
def test_with_a_scaler_and_in_bfloat16_the_factor_does_not_matter(factor: float) -> None:
    ends = end(f"rescue?factor={factor}")
    assert ends["loss fp32"] == pytest.approx(0.0348, abs=0.0003)
    for name in ("scaled", "bf16"):
        assert ends[f"loss {name}"] == pytest.approx(ends["loss fp32"], rel=0.03)


def test_at_1e_5_fp16_alone_stops_learning() -> None:
    """Question `underflow`; float32 itself would hold what is lost."""
    assert torch.tensor(1e-38) > 0
    frames = answer("underflow", "It stops learning")
    assert frames[1].values["share of zeros"] > 0.97
    assert frames[-1].values["share of zeros"] > 0.98
    assert frames[-1].values["loss fp16"] > 0.95 * frames[0].values["loss fp16"]
    assert all(math.isfinite(frame.values["loss fp16"]) for frame in frames)
    assert "fp16 alone learned nothing" in frames[-1].note


def test_at_1e_3_it_hardly_notices() -> None:
    ends = end("rescue?factor=0.001")
    assert ends["share of zeros"] == pytest.approx(0.05, abs=0.02)
    assert ends["loss fp16"] == pytest.approx(ends["loss fp32"], rel=0.02)


def test_the_goal_of_fp16_above_0_05_is_on_the_slider() -> None:
    """Coming from 1, at about 1e-4, where a fifth of the gradients is 0."""
    way = [factor for factor in places("rescue", "factor", 1.0, -1) if factor < 3e-4]
    found = next(factor for factor in way if end(f"rescue?factor={factor}")["loss fp16"] > 0.05)
    assert 5e-5 <= found <= 1.2e-4
    assert 0.1 < end(f"rescue?factor={found}")["share of zeros"] < 0.8
    assert end("rescue?factor=1")["loss fp16"] < 0.05


def test_at_factor_1_the_gradients_crowd_at_the_low_end() -> None:
    """Of the 13 decades that the histogram shows, the upper six are empty."""
    histogram = run("rescue?factor=1")[-1].pictures[1]
    assert isinstance(histogram, Histogram)
    width = (histogram.high - histogram.low) / len(histogram.counts)
    above = sum(count for k, count in enumerate(histogram.counts) if histogram.low + k * width >= -1)
    assert above == 0
    assert [mark.value for mark in histogram.marks] == pytest.approx([-7.22, -4.21, 4.82], abs=0.01)


def test_bfloat16_loses_nothing_at_1e_6() -> None:
    """Question `range`; float32's own gradients there are around 1e-9."""
    ends = answer("range", "It learns as float32 does")[-1].values
    assert ends["loss bf16"] == pytest.approx(ends["loss fp32"], rel=0.03)
    assert ends["share of zeros"] == 1
    inputs, target = demo._task()
    model = demo._network()
    (1e-6 * torch.nn.functional.mse_loss(model(inputs), target)).backward()
    sizes = demo._gradient(model).abs()
    assert 1e-10 < sizes.median() < 1e-8
    assert sizes.min() > 1e-30


def test_bfloat16_is_float32_with_16_bits_cut_off() -> None:
    lower, full = torch.finfo(torch.bfloat16), torch.finfo(torch.float32)
    assert lower.smallest_normal == full.smallest_normal == pytest.approx(1.2e-38, rel=0.03)
    assert lower.max == pytest.approx(3.39e38, rel=0.001)
    assert lower.max < full.max
    for value in (1.5, -0.15625, 3e38, 1e-30):
        kept = torch.tensor(value).bfloat16()
        bits = kept.float().view(torch.int32).item()
        assert bits & 0xFFFF == 0
        assert kept.view(torch.int16).item() == bits >> 16


@pytest.mark.parametrize(("dtype", "after"), [("bfloat16", 1.0078), ("float16", 1.00098)])
def test_the_number_after_1(dtype: str, after: float) -> None:
    one = torch.ones((), dtype=getattr(torch, dtype))
    following = torch.nextafter(one, 2 * one).item() if dtype == "float16" else 1 + torch.finfo(torch.bfloat16).eps
    assert following == pytest.approx(after, abs=5e-5)


# ── Multiply before, divide after; A scale too high ───────────────────────────────────────────────────────────────────


def test_torchs_own_scaler_begins_at_65536_and_grows_after_2000_steps() -> None:
    scaler = torch.amp.GradScaler("cpu")
    assert scaler.get_scale() == 65536 == 2**16
    assert (scaler.get_growth_factor(), scaler.get_backoff_factor()) == (2, 0.5)
    assert scaler.get_growth_interval() == 2000


def test_multiplying_and_dividing_by_a_power_of_two_costs_no_digits() -> None:
    values = torch.randn(1000)
    assert (values * 2**16 / 2**16).equal(values)


def test_the_scale_doubles_three_times_in_60_good_steps() -> None:
    """Question `growth`."""
    frames = answer("growth", "At 2^19")
    scales = [frame.values["scale"] for frame in frames]
    assert [step for step in range(1, 61) if scales[step] > scales[step - 1]] == [20, 40, 60]
    chart = frames[-1].pictures[0]
    assert isinstance(chart, Chart)
    assert chart.series[0].values == tuple(map(math.log2, scales))
    assert summary(chart).startswith("scale, as a power of two, step 60 of 60: rose from 16 to 19")
    assert scales[-1] == 2**19
    assert frames[-1].values["skipped steps"] == 0


def test_the_goal_of_a_skipped_step_is_on_the_interval() -> None:
    """The scale goes up, down and up again."""
    found = next(at for at in places("scaler", "interval", 20, -1) if end(f"scaler?interval={at}")["skipped steps"])
    assert 4 <= found <= 8
    scales = [frame.values["scale"] for frame in run("scaler?interval=3")]
    downs = [step for step in range(1, 61) if scales[step] < scales[step - 1]]
    assert any(scales[step] > scales[step - 1] for step in range(downs[0] + 1, 61))


def test_a_scale_of_2_to_the_40_costs_19_steps_and_no_more() -> None:
    """Question `toohigh`: the skipped steps leave the weights as they were."""
    frames = answer("toohigh", "Skip the first 19")
    scales = [frame.values["scale"] for frame in frames]
    assert scales[:20] == [2.0 ** (40 - step) for step in range(20)]
    assert frames[-1].values["skipped steps"] == 19
    losses = [frame.values["loss"] for frame in frames]
    assert len(set(losses[:20])) == 1
    assert losses[-1] == pytest.approx(0.114, abs=0.003)
    assert losses[-1] == pytest.approx(run("scaler?exponent=16")[41].values["loss"], rel=0.01)


def test_the_largest_exponent_without_a_skipped_step_is_21() -> None:
    skipped = {exponent: end(f"scaler?exponent={exponent}")["skipped steps"] for exponent in (16, 18, 20, 21, 22, 24)}
    assert max(exponent for exponent, steps in skipped.items() if not steps) == 21
    assert {16, 18, 20} <= set(places("scaler", "exponent", 16))


def test_an_inf_in_the_loss_makes_the_scale_fall_for_ever() -> None:
    """Every step is skipped, and the weights stay."""
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer, scaler = torch.optim.SGD([weight], lr=1.0), torch.amp.GradScaler("cpu")
    for _ in range(30):
        optimizer.zero_grad()
        scaler.scale((weight * math.inf).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
    assert scaler.get_scale() == 2.0 ** (16 - 30)
    assert weight.item() == 1


# ── Clip after unscale_ ───────────────────────────────────────────────────────────────────────────────────────────────


def test_this_networks_gradient_is_never_longer_than_0_21() -> None:
    inputs, target = demo._task()
    model = demo._network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    lengths = []
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), target).backward()
        lengths.append(demo._gradient(model).norm().item())
        optimizer.step()
    assert max(lengths) == pytest.approx(0.21, abs=0.005)


def test_clipped_before_unscale_it_learns_nothing() -> None:
    """Question `order`: nothing raises, and the loss stays."""
    frames = answer("order", "It learns next to nothing")
    assert frames[-1].values["loss"] > 0.99 * frames[0].values["loss"]
    assert frames[-1].values["skipped steps"] == 0


def test_clipped_after_unscale_it_learns_as_without() -> None:
    assert end("scaler?clip=unscaled")["loss"] == pytest.approx(end("scaler?clip=off")["loss"], rel=0.01)


def test_float16_weights_are_refused_by_the_scaler() -> None:
    """The edit that the section asks for, made in the demo's own source."""
    changed = edited("scaler", "model = _network()", "model = _network().half()")
    with pytest.raises(ValueError, match=r"^Attempting to unscale FP16 gradients\.$"):
        tuple(changed.scaler(exponent=16, interval=20, clip="off"))


# ── What shrinks, and what does not ───────────────────────────────────────────────────────────────────────────────────


def bars(target: str) -> dict[str, tuple[float, ...]]:
    """MiB of weights, gradients, optimizer state, activations and copies, by the way that was counted."""
    picture = run(target)[-1].pictures[0]
    assert isinstance(picture, Bars)
    assert picture.parts == ("weights", "gradients", "optimizer", "activations", "copies")
    return {bar.name: bar.values for bar in picture.bars}


def test_at_a_batch_of_32_autocast_holds_more() -> None:
    """Question `total`."""
    answer("total", "More than float32")
    held = bars(QUESTIONS["total"].run)
    assert {name: sum(parts) for name, parts in held.items()} == pytest.approx(
        {"float32": 28.78, "autocast": 30.63, "bfloat16": 14.39}, abs=0.006
    )
    assert held["autocast"][:3] == held["float32"][:3]
    assert held["float32"][3] == pytest.approx(0.347, abs=5e-4)
    assert held["autocast"][3] == pytest.approx(0.174, abs=5e-4)
    assert held["autocast"][4] == pytest.approx(2.02, abs=0.005)
    assert held["float32"][0] / 2 == pytest.approx(3.55, abs=0.006)
    assert held["float32"][0] / 2 - held["autocast"][4] == pytest.approx(784 * 1024 * 2 / 2**20, abs=0.01)


def test_in_a_transformer_most_of_it_is_activations() -> None:
    held = bars("budget?model=transformer&batch=16")
    assert sum(held["autocast"]) == pytest.approx(65.2, abs=0.05)
    assert sum(held["float32"]) == pytest.approx(90.2, abs=0.05)
    assert held["float32"][3] > 0.7 * sum(held["float32"])


def test_the_peak_is_not_the_sum() -> None:
    """Adam needs room of its own, and so does backward with a large batch; without both it is below the sum."""
    for target in ("budget?batch=32", "budget?batch=4096", "budget?batch=4096&optimizer=SGD"):
        assert end(target)["peak float32"] > end(target)["float32"]
    assert end("budget?batch=32&optimizer=SGD")["peak float32"] < end("budget?batch=32&optimizer=SGD")["float32"]


def test_at_a_batch_of_4096_it_holds_less() -> None:
    totals = {name: sum(parts) for name, parts in bars("budget?batch=4096").items()}
    assert totals == pytest.approx({"float32": 72.84, "autocast": 52.74, "bfloat16": 36.50}, abs=0.006)


def test_autocast_begins_to_pay_at_a_place_of_the_slider() -> None:
    """Upwards from 32; by the fine places it is 374."""
    way = places("budget", "batch", 32)
    assert next(batch for batch in way if end(f"budget?batch={batch}")["autocast"] < less(batch)) == 400
    assert end("budget?batch=373")["autocast"] > less(373)
    assert end("budget?batch=374")["autocast"] < less(374)
    assert "more than float32" in run("budget?batch=300")[-1].note
    assert "of float32's" in run("budget?batch=400")[-1].note


def less(batch: int) -> float:
    return end(f"budget?batch={batch}")["float32"]


@pytest.mark.parametrize("way", ["float32", "autocast", "bfloat16"])
def test_only_activations_grow_with_the_batch(way: str) -> None:
    small, large = bars("budget?batch=32")[way], bars("budget?batch=4096")[way]
    assert small[:3] == large[:3]
    assert small[4] == large[4]
    assert large[3] == pytest.approx(128 * small[3])


def test_the_optimizer_changes_what_it_keeps_and_nothing_else() -> None:
    """None, one or two numbers a weight."""
    held = {name: bars(f"budget?optimizer={name}")["float32"] for name in ("SGD", "momentum", "Adam")}
    weights = held["SGD"][0]
    kept = {name: parts[2] for name, parts in held.items()}
    assert kept == pytest.approx({"SGD": 0, "momentum": weights, "Adam": 2 * weights}, abs=1e-4)
    assert len({(*parts[:2], *parts[3:]) for parts in held.values()}) == 1


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("target", "batch", "off"), [("budget", 2**18, 0.05), ("budget?model=transformer", 2**10, 0.1)]
)
def test_on_a_gpu_the_peak_is_measured_beside_the_count(target: str, batch: int, off: float) -> None:
    """Of batches that make little of what the matrix library borrows; what attention borrows grows with them."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device and a CUDA build of torch")
    frames = tuple(demo.budget(**{**setting(TOPIC, target).knobs, "batch": batch, "device": "cuda"}))
    for way in ("float32", "autocast", "bfloat16"):
        assert f"measured peak {way}" in frames[-1].measured
        counted, measured = (frames[-1].values[f"{name} {way}"] for name in ("peak", "measured peak"))
        assert measured == pytest.approx(counted, rel=off)
    assert "measured" in frames[-1].note


# ── When something is wrong ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_old_names_warn_and_the_new_ones_do_not() -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.cuda.amp.GradScaler(enabled=False)
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.cuda.amp.autocast(enabled=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.amp.GradScaler("cuda", enabled=False)
        torch.autocast("cuda", enabled=False)


class Scaler:
    """A solution of the last task, as its text describes it."""

    def __init__(self, factor: float) -> None:
        self.factor, self.finite = factor, True

    def scale(self, loss: Any) -> Any:
        return self.factor * loss

    def step(self, optimizer: Any) -> None:
        gradients = [weight.grad for group in optimizer.param_groups for weight in group["params"]]
        self.finite = all(bool(gradient.isfinite().all()) for gradient in gradients)
        if self.finite:
            for gradient in gradients:
                gradient /= self.factor
            optimizer.step()

    def update(self) -> None:
        self.factor *= 1.0 if self.finite else 0.5


def regress(dtype: Any = None, scaler: Any = None) -> tuple[float, float]:
    """The loss before and after the training that the task asks for."""
    torch.manual_seed(0)
    inputs, target, model = torch.randn(64, 32), torch.randn(64, 32), torch.nn.Linear(32, 32)
    optimizer = torch.optim.SGD(model.parameters(), lr=2e5)
    first = torch.nn.functional.mse_loss(model(inputs), target).item()
    for _ in range(60):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
            loss = 1e-6 * torch.nn.functional.mse_loss(model(inputs), target)
        if scaler:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss.backward()
            optimizer.step()
    return first, torch.nn.functional.mse_loss(model(inputs), target).item()


def test_the_thing_to_make_trains_as_float32_does() -> None:
    """And finds its way down from 2^60."""
    full = regress()[1]
    assert full < 0.6 * regress()[0]
    assert regress(torch.float16, Scaler(2.0**16))[1] == pytest.approx(full, rel=0.01)
    first, last = regress(torch.float16)
    assert last == pytest.approx(first, rel=0.01)
    high = Scaler(2.0**60)
    assert regress(torch.float16, high)[1] < 0.65 * first
    assert high.factor < 2.0**50
