"""The learning rate: every number and every claim of the topic, against the torch that is installed.

Numbers that arithmetic fixes are asserted closely, counts of steps to a few, and what the network does only in kind:
its path hangs on rounding, which differs between versions of torch and between machines.
"""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import cache
from itertools import islice, pairwise
from types import ModuleType
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.pictures import Chart, Frame, Meter, Surface
from lessons.kit.problems import problems

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.learning_rate.demo")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("learning_rate")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]
TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {"bowl?lr=1", "bowl?lr=0.0001", "bowl?lr=0.5&optimizer=Adam", "bowl?lr=0.5&optimizer=momentum"}
    | {"bowl?optimizer=Nesterov&beta=0", "bowl?optimizer=momentum&beta=0.99", "regression?lr=2"}
    | {"scale?factor=10000&lr=1", "step?optimizer=Adam", "step?lr=1", "valley?adam_lr=1&follow=SGD"}
    | {"network?lr=100", "network?optimizer=momentum&lr=10", "network?optimizer=Nesterov"}
)


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "bowl?lr=0.1"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def values(frames: Frames, name: str) -> list[float]:
    return [frame.values[name] for frame in frames]


def left(frames: Frames) -> float:
    """The last loss in parts of the first."""
    return frames[-1].values["loss"] / frames[0].values["loss"]


def settled(frames: Frames, name: str = "loss") -> int | None:
    """The step since which the loss stays below one millionth of its start."""
    losses = values(frames, name)
    last_above = max(step for step, loss in enumerate(losses) if not loss < 1e-6 * losses[0])
    return None if last_above == len(losses) - 1 else last_above + 1


def chart(frame: Frame) -> Chart:
    return next(picture for picture in frame.pictures if isinstance(picture, Chart))


def meter(frame: Frame) -> Meter:
    return next(picture for picture in frame.pictures if isinstance(picture, Meter))


def descend(build: Callable[[list[Any]], Any], curvature: float, steps: int) -> list[float]:
    """Where w stands, from 1, after each step down ½·curvature·w²."""
    w = torch.nn.Parameter(torch.tensor(1.0))
    optimizer = build([w])
    trail = []
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * curvature * w**2).backward()
        optimizer.step()
        trail.append(w.item())
    return trail


def sgd(lr: float, **more: Any) -> Callable[[list[Any]], Any]:
    return lambda parameters: torch.optim.SGD(parameters, lr=lr, **more)


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


def test_at_least_five_questions_stand_beside_the_demo_that_answers_them() -> None:
    assert len(QUESTIONS) >= 5
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert question.run.partition("?")[0] == section.panel.partition("?")[0]


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
    """A run ends early only where the loss is no number any more."""
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames} == {frames[0].steps}
    assert frames[-1].step == frames[-1].steps or not math.isfinite(frames[-1].values["loss"])


@pytest.mark.parametrize("target", TARGETS)
def test_pictures_end_where_the_frame_stands(target: str) -> None:
    """Every line and every path has a point a step, and the ground stays one and the same object."""
    frames = run(target)
    for frame in frames:
        for now, at_start in zip(frame.pictures, frames[0].pictures):
            assert type(now) is type(at_start)
            if isinstance(now, Chart):
                assert {len(series.values) for series in now.series} == {frame.step + 1}
            if isinstance(now, Surface) and isinstance(at_start, Surface):
                assert len(now.path) == frame.step + 1
                assert now.field is at_start.field


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_demo_fits_the_code_view(name: str) -> None:
    """The view is 70 columns wide and about 33 rows high in a terminal of 120 by 40."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert [line for line in lines if len(line) > 70] == []
    assert len(lines) <= 36


@pytest.mark.parametrize("target", ["bowl", "bowl?optimizer=momentum&lr=0.01", "valley", "valley?rotate=45"])
def test_the_loss_chart_begins_no_wider_than_its_walk(target: str) -> None:
    """Each decade too many flattens the lines; the chart widens by itself where a loss leaves it."""
    picture = chart(run(target)[0])
    start = picture.series[0].values[0]
    assert picture.low is not None
    assert picture.high is not None
    assert picture.low < picture.levels[0].value < start < picture.high < 100 * start
    assert picture.high / picture.low <= 1e12


@pytest.mark.parametrize("name", TOPIC.demos)
def test_the_same_knobs_give_the_same_frames(name: str) -> None:
    assert tuple(getattr(demo, name)(**TOPIC.demos[name].defaults())) == run(name)


def test_the_start_is_shown_before_an_optimizer_is_built() -> None:
    """The first optimizer of a process imports torch._dynamo, which takes seconds."""
    code = (
        "import sys; from lessons.learning_rate import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    print(name, next(getattr(demo, name)(**knobs)).step, 'torch._dynamo' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines() == [f"{name} 0 False" for name in TOPIC.demos]


# ── What step() does ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_step_uses_a_stale_gradient_again() -> None:
    """Question `stale`: w goes to 0 and on to −1, and no call raises."""
    frames = answer("stale", "At −1")
    assert values(frames, "w") == [1, 1, 1, 0, -1]
    assert [frame.values.get("w.grad") for frame in frames] == [None, None, 2, 2, 2]


def test_after_zero_grad_the_second_step_moves_nothing() -> None:
    """The edit that the section asks for, made in the demo's own source; the note says so too."""
    again = "    opt.step()  # the same w.grad, though w is somewhere else now\n"
    frames = tuple(edited("step", again, "    opt.zero_grad()\n" + again).step(lr=0.5, optimizer="SGD"))
    assert frames[-1].values == {"w": 0, "w²": 0}
    assert frames[-1].note == "optimizer.step(): w.grad is None, and w stays at 0."


@pytest.mark.parametrize("lr", [0.01, 0.3, 1.0])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_only_step_moves_w(optimizer: str, lr: float) -> None:
    trail = values(run(f"step?lr={lr}&optimizer={optimizer}"), "w")
    assert [before != after for before, after in pairwise(trail)] == [False, False, True, True]


def test_plain_sgd_subtracts_lr_times_the_gradient() -> None:
    w = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
    w.grad = torch.tensor([0.5, 4.0])
    torch.optim.SGD([w], lr=0.1).step()
    assert torch.allclose(w, torch.tensor([3.0 - 0.1 * 0.5, -2.0 - 0.1 * 4.0]))


def test_the_optimizer_never_sees_the_loss() -> None:
    """A gradient that no loss was computed for is used like any other."""
    w = torch.nn.Parameter(torch.tensor(1.0))
    w.grad = torch.tensor(7.0)
    torch.optim.SGD([w], lr=1.0).step()
    assert w.item() == -6


def test_a_second_backward_on_that_loss_raises_but_a_second_step_does_not() -> None:
    loss = torch.nn.Parameter(torch.tensor(1.0)) ** 2
    loss.backward()
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


def test_lbfgs_calls_its_closure_several_times_in_one_step() -> None:
    w = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
    optimizer = torch.optim.LBFGS([w])
    calls = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w**4).sum()
        loss.backward()
        calls.append(loss.item())
        return loss

    optimizer.step(closure)
    assert len(calls) > 1


# ── Too small looks like nothing ──────────────────────────────────────────────────────────────────────────────────────


def test_a_small_lr_leaves_w2_nearly_where_it_was() -> None:
    frames = run("bowl?lr=0.001")
    assert left(frames) == pytest.approx(0.0322, rel=0.01)
    assert frames[-1].values["w2"] == pytest.approx(0.82, abs=0.005)
    assert "Slow" in frames[-1].note


def test_the_goal_of_sixty_steps_is_on_the_slider_where_the_path_jumps() -> None:
    reached = [lr for lr in places("bowl", "lr", 0.001) if (settled(run(f"bowl?lr={lr}")) or 999) < 60]
    assert reached
    for lr in reached:
        frames = run(f"bowl?lr={lr}")
        assert frames[1].values["w1"] < 0 < frames[2].values["w1"]
        assert f"since step {settled(frames)}" in frames[-1].note


# ── Curvature sets the limit, One per cent too much ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lr", [0.001, 0.04, 0.05, 0.07, 0.0999, 0.1, 0.101])
def test_each_step_multiplies_w1_by_one_minus_lr_times_the_curvature(lr: float) -> None:
    w1 = values(run(f"bowl?lr={lr}"), "w1")
    for before, after in pairwise(w1[:50]):
        assert after == pytest.approx((1 - 20 * lr) * before, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("lr", "zone"), [(0.04, "monotone"), (0.09, "zigzag"), (0.1, "critical"), (0.101, "diverges")])
def test_the_meter_names_what_w1_does(lr: float, zone: str) -> None:
    frames = run(f"bowl?lr={lr}")
    found = meter(frames[0]).zone()
    assert found is not None
    assert found.name == zone
    first, second = values(frames, "w1")[:2]
    assert (second < 0) == (zone != "monotone")
    sizes = {"critical": abs(second) == first, "diverges": abs(second) > first}
    assert sizes.get(zone, abs(second) < first)


def test_at_the_limit_w1_swings_for_ever() -> None:
    """Question `critical`: neither converges nor explodes."""
    frames = answer("critical", "It swings for ever")
    w1 = values(frames, "w1")
    assert len(w1) == 201
    assert w1 == pytest.approx([(-1.0) ** step for step in range(201)], abs=1e-3)
    assert 0.8 < left(frames) < 1
    assert "swings for ever" in frames[-1].note


def test_just_below_the_limit_it_still_converges_only_slowly() -> None:
    frames = run("bowl?lr=0.0999")
    assert frames[1].values["w1"] == pytest.approx(-0.998, abs=1e-5)
    assert left(frames) == pytest.approx(0.43, abs=0.01)


def test_one_per_cent_above_the_limit_is_thousands_of_times_the_loss() -> None:
    """Question `compound`: far from where it was, and far from inf."""
    frames = answer("compound", "Thousands")
    assert 1000 < left(frames) < 10_000
    assert values(frames, "w1")[200] == pytest.approx(1.02**200, rel=0.01)
    assert values(frames, "w1")[200] == pytest.approx(52, abs=1)
    assert all(math.isfinite(loss) for loss in values(frames, "loss"))
    assert "diverges" in frames[-1].note
    assert 10 * descend(sgd(0.101), 20, 2000)[-1] ** 2 < torch.finfo(torch.float32).max


def test_inf_comes_at_step_27_of_lr_0_3() -> None:
    frames = run("bowl?lr=0.3")
    assert frames[-1].values["loss"] == math.inf
    assert frames[-1].step == pytest.approx(27, abs=1)
    assert "diverged" in frames[-1].note
    assert chart(frames[-1]).series[0].values[-1] == math.inf


def test_the_flat_direction_alone_would_take_almost_two() -> None:
    assert abs(descend(sgd(1.9), 1, 200)[-1]) < 1e-6
    assert abs(descend(sgd(2.1), 1, 200)[-1]) > 1
    assert abs(descend(sgd(2.01), 1, 200)[-1]) > 1


def test_an_lr_that_shrinks_by_one_per_cent_a_step_saves_the_run() -> None:
    """The edit that the section asks for, made in the demo's own source."""
    line = "        opt.step()\n"
    changed = edited("bowl", line, line + '        for group in opt.param_groups:\n            group["lr"] *= 0.99\n')
    frames = tuple(changed.bowl(**setting(TOPIC, "bowl?lr=0.101").knobs))
    assert settled(frames) is not None
    assert [meter(frame).value for frame in frames] == pytest.approx([2.02 * 0.99**step for step in range(201)])


def test_another_curvature_written_into_the_bowl_moves_its_map_and_its_limit() -> None:
    """Nothing that draws it knows the old one."""
    knobs = setting(TOPIC, "bowl?lr=0.05").knobs
    original, changed = run("bowl?lr=0.05"), tuple(edited("bowl", "= 20, 1", "= 40, 1").bowl(**knobs))
    assert [meter(frames[0]).value for frames in (original, changed)] == [1, 2]
    assert changed[0].values["lr × λ"] == 2
    assert values(changed, "w1") == pytest.approx([(-1.0) ** step for step in range(201)], abs=1e-3)
    before, after = (frames[0].pictures[0] for frames in (original, changed))
    assert isinstance(before, Surface)
    assert isinstance(after, Surface)
    assert before.field
    assert after.field
    assert after.field.heights[0] > before.field.heights[0]


def test_a_scheduler_shrinks_lr_as_that_edit_does() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.tensor(1.0))], lr=0.101)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
    for step in range(1, 4):
        optimizer.step()
        scheduler.step()
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0.101 * 0.99**step)


# ── Data makes the valley ─────────────────────────────────────────────────────────────────────────────────────────────


def test_raw_features_make_one_direction_steep_and_one_flat() -> None:
    frames = run("regression?lr=0.03")
    assert frames[0].values["λ steep"] == pytest.approx(64.4, abs=0.1)
    assert frames[0].values["λ flat"] == pytest.approx(0.52, abs=0.01)
    assert 2 / frames[0].values["λ steep"] == pytest.approx(0.0311, abs=1e-4)
    assert int(frames[-1].note.split()[-1].rstrip(".")) == pytest.approx(187, abs=5)


def test_the_best_line_does_not_hang_on_where_tensors_lie_in_memory() -> None:
    """In float32 the solver's last digits do, and the same knobs would give other frames."""
    between, found = [], set()
    for size in range(1, 40):
        between.append(torch.empty(3 * size))
        surface, _, losses = next(demo.regression(lr=0.02, standardise=False)).pictures
        found.add((surface.lowest, losses.levels))
    assert len(found) == 1


def test_its_curvatures_are_those_that_autograd_finds() -> None:
    frames = run("regression")
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    feature = 10 * torch.rand(128, generator=generator)
    hessian = torch.autograd.functional.hessian(
        lambda w: ((w[0] * feature + w[1] - 3 * feature) ** 2).mean(), torch.zeros(2)
    )
    found = torch.linalg.eigvalsh(hessian).tolist()
    assert found == pytest.approx([frames[0].values["λ flat"], frames[0].values["λ steep"]], rel=1e-3)


def test_the_limit_of_raw_features_is_sharp() -> None:
    below, above = (values(run(f"regression?lr={lr}"), "loss") for lr in (0.031, 0.0312))
    assert below[-1] < below[0]
    assert above[-1] > above[0]


def test_standardising_the_feature_saves_the_run() -> None:
    """Question `features`: neither more steps nor more points would."""
    raw, standardised = run("regression?lr=0.035"), answer("features", "Another scale")
    assert raw[-1].values["loss"] == math.inf
    assert raw[-1].step == pytest.approx(173, abs=3)
    assert meter(raw[0]).value == pytest.approx(2.25, abs=0.01)
    assert standardised[-1].values["loss"] == pytest.approx(0.17, abs=0.005)
    assert standardised[0].values["λ steep"] == pytest.approx(2, abs=0.02)
    assert standardised[0].values["λ flat"] == pytest.approx(2, abs=0.02)
    losses = values(raw, "loss")
    assert all(later > earlier for earlier, later in pairwise(losses[20:]))


def test_ten_times_as_many_points_have_the_same_curvature() -> None:
    feature = 10 * torch.rand(1280, generator=torch.Generator().manual_seed(1))
    columns = torch.stack([feature, torch.ones(1280)], dim=1)
    steep = torch.linalg.eigvalsh(2 / 1280 * columns.T @ columns)[-1].item()
    assert steep == pytest.approx(64.4, rel=0.1)
    assert 0.035 * steep > 2


def test_a_round_bowl_is_done_in_two_steps() -> None:
    frames = run("regression?lr=0.5&standardise=true")
    assert frames[-1].note == "Within 1 % of the best line's loss since step 2."


def test_the_wider_apart_the_curvatures_the_longer_the_walk() -> None:
    """Each with the lr that is best for it, 2 over their sum."""

    def steps(steep: float) -> int:
        w = torch.nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([w], lr=2 / (steep + 1))
        losses = []
        for _ in range(600):
            optimizer.zero_grad()
            loss = 0.5 * (torch.tensor([steep, 1.0]) * w**2).sum()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return next(step for step, loss in enumerate(losses) if loss < 1e-6 * losses[0])

    assert steps(5) < steps(20) < steps(100)


# ── Momentum remembers ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_the_sum_that_the_section_writes(nesterov: bool) -> None:
    slope = 20.0
    w, v, trail = 1.0, 0.0, []
    for _ in range(20):
        gradient = slope * w
        v = 0.9 * v + gradient
        w -= 0.01 * (gradient + 0.9 * v if nesterov else v)
        trail.append(w)
    assert descend(sgd(0.01, momentum=0.9, nesterov=nesterov), slope, 20) == pytest.approx(trail, abs=1e-4)


def test_on_a_constant_slope_a_step_grows_to_ten_gradients() -> None:
    w = torch.nn.Parameter(torch.tensor(0.0))
    optimizer = torch.optim.SGD([w], lr=0.01, momentum=0.9)
    for _ in range(200):
        before = w.item()
        optimizer.zero_grad()
        (3 * w).backward()
        optimizer.step()
    assert before - w.item() == pytest.approx(0.01 * 3 * 10, rel=1e-3)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.6, 0.9, 0.97])
@pytest.mark.parametrize("optimizer", ["momentum", "Nesterov"])
def test_the_limit_on_the_meter_is_where_torch_begins_to_diverge(optimizer: str, beta: float) -> None:
    limit = meter(run(f"bowl?optimizer={optimizer}&beta={beta}")[0]).limits[0].value

    def end(lr: float) -> float:
        return abs(descend(lambda parameters: demo.build(optimizer, parameters, lr, beta), 1.0, 3000)[-1])

    assert end(0.995 * limit) < 1e-3
    assert not end(1.005 * limit) < 1e3


def test_adam_has_no_pointer_on_the_meter() -> None:
    for frame in run("bowl?lr=0.5&optimizer=Adam"):
        assert meter(frame).value is None
        assert meter(frame).instead == "no simple limit"


def test_nesterov_diverges_where_sgd_and_momentum_converge() -> None:
    """Question `nesterov`."""
    frames = answer("nesterov", "It diverges")
    assert frames[-1].values["loss"] == math.inf
    assert [limit.value for limit in meter(frames[0]).limits] == pytest.approx([1.357], abs=0.001)
    assert settled(run("bowl?lr=0.08")) is not None
    assert settled(run("bowl?lr=0.08&optimizer=momentum")) is not None
    assert [limit.value for limit in meter(run("bowl?lr=0.08&optimizer=momentum")[0]).limits] == pytest.approx([3.8])


def test_at_a_small_lr_momentum_arrives_and_sgd_does_not() -> None:
    assert settled(run("bowl?lr=0.01&optimizer=momentum")) == pytest.approx(131, abs=3)
    assert settled(run("bowl?lr=0.01")) is None


def test_at_a_smaller_lr_nesterov_is_the_fastest_of_the_three() -> None:
    steps = [settled(run(f"bowl?lr=0.05&optimizer={name}")) for name in ("Nesterov", "SGD", "momentum")]
    assert steps == pytest.approx([62, 105, 132], abs=3)


def test_momentum_needs_longer_than_a_well_turned_sgd() -> None:
    steps = [settled(run(f"bowl?lr=0.09&optimizer={name}")) for name in ("momentum", "SGD")]
    assert steps == pytest.approx([137, 58], abs=3)


def test_the_goal_of_thirty_steps_is_reached_by_turning_beta_and_lr() -> None:
    assert (settled(run("bowl?lr=0.1&optimizer=momentum&beta=0.5")) or 999) < 30
    assert 0.5 in [pytest.approx(place) for place in places("bowl", "beta", 0.0)]


# ── Adam divides by the size of the gradient ──────────────────────────────────────────────────────────────────────────


def test_adam_is_the_quotient_that_the_section_writes() -> None:
    w, m, s, trail = 1.0, 0.0, 0.0, []
    for step in range(1, 21):
        gradient = 20 * w
        m = 0.9 * m + 0.1 * gradient
        s = 0.999 * s + 0.001 * gradient**2
        w -= 0.01 * (m / (1 - 0.9**step)) / (math.sqrt(s / (1 - 0.999**step)) + 1e-8)
        trail.append(w)
    assert descend(lambda parameters: torch.optim.Adam(parameters, lr=0.01), 20, 20) == pytest.approx(trail, abs=1e-4)


def test_a_thousandfold_loss_changes_next_to_nothing_for_adam() -> None:
    """Question `thousand`: it explodes for SGD alone."""
    plain, thousand = run("scale?factor=1"), answer("thousand", "Next to nothing")
    as_it_is, times_1000 = thousand[-1].pictures[1].series  # type: ignore[union-attr]
    assert times_1000.values == pytest.approx(as_it_is.values, abs=1e-4)
    assert values(thousand, "w Adam") == pytest.approx(values(plain, "w Adam"), abs=1e-4)
    assert plain[10].values["w Adam"] == pytest.approx(0.90035, abs=1e-4)
    assert plain[10].values["w SGD"] == pytest.approx(0.90438, abs=1e-4)
    assert thousand[10].values["w SGD"] == pytest.approx(9.0**10, rel=1e-3)
    assert not math.isfinite(thousand[-1].values["w SGD"])


def test_for_sgd_a_thousandfold_loss_is_a_thousandfold_lr() -> None:
    by_loss, by_lr = values(run("scale?factor=1000"), "w SGD"), values(run("scale?factor=100&lr=0.1"), "w SGD")
    assert by_loss[:30] == pytest.approx(by_lr[:30], rel=1e-3)


@pytest.mark.parametrize("factor", [0.001, 1, 1000])
def test_adams_first_step_is_lr_long_whatever_the_gradient(factor: float) -> None:
    frames = run(f"scale?factor={factor}")
    assert 1 - frames[1].values["w Adam"] == pytest.approx(0.01, rel=1e-3)
    assert 1 - frames[1].values["w SGD"] == pytest.approx(0.01 * factor, rel=0.02)


def test_adam_notices_a_factor_as_small_as_its_epsilon() -> None:
    """The section's goal, reached at ε and not before; there the first step is half of lr."""
    assert torch.optim.Adam([torch.nn.Parameter(torch.tensor(1.0))]).defaults["eps"] == 1e-8
    first = [1 - run(f"scale?factor={factor}")[1].values["w Adam"] for factor in (1e-9, 1e-8, 1e-6)]
    assert first == pytest.approx([0.01 / 11, 0.01 / 2, 0.01 / 1.01], rel=1e-3)
    ends = {
        factor: run(f"scale?factor={factor}")[-1].values["w Adam"] for factor in places("scale", "factor", 1e-6, -1)
    }
    assert next(factor for factor, end in ends.items() if end > 0.75) == pytest.approx(1e-8)
    assert [ends[1e-6], run("scale?factor=1")[-1].values["w Adam"]] == pytest.approx([0.542, 0.537], abs=0.001)


# ── Adam looks along the axes ─────────────────────────────────────────────────────────────────────────────────────────


def arrivals(target: str) -> dict[str, int | None]:
    """Since when each of the four stays below one millionth."""
    return {name: settled(run(target), f"loss {name}") for name in ("Nesterov", "Adam", "momentum", "SGD")}


def test_in_a_straight_valley_nesterov_comes_first_and_sgd_last() -> None:
    assert list(arrivals("valley?rotate=0").values()) == pytest.approx([82, 125, 132, 305], abs=4)
    for name, step in arrivals("valley?rotate=0").items():
        assert f"{name} {step}" in run("valley?rotate=0")[-1].note


@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Nesterov", "Adam"])
def test_each_rate_suits_its_optimizer(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other of a ladder of rates gains more than a tenth."""
    built, build = {}, demo.build

    def noted(name: str, parameters: Any, lr: float) -> Any:
        built[name] = lr
        return build(name, parameters, lr)

    def arrival(lr: float) -> int:
        w = torch.nn.Parameter(torch.ones(2))
        opt = build(optimizer, [w], lr)
        losses = []
        for _ in range(400):
            opt.zero_grad()
            loss = 50 * w[0] ** 2 + 0.5 * w[1] ** 2
            loss.backward()
            opt.step()
            losses.append(loss.item())
        last_above = max(step for step, loss in enumerate(losses) if not loss < 1e-6 * losses[0])
        return last_above + 1

    monkeypatch.setattr(demo, "build", noted)
    tuple(islice(demo.valley(**setting(TOPIC, "valley").knobs), 2))
    ladder = [0.003, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5]
    assert arrival(built[optimizer]) <= 1.1 * min(arrival(lr) for lr in ladder)


def test_adam_heads_straight_for_the_bottom_of_a_straight_valley() -> None:
    surface = run("valley?rotate=0&follow=Adam")[-1].pictures[0]
    assert isinstance(surface, Surface)
    assert all(across == pytest.approx(along, abs=1e-4) for along, across in surface.path)


def test_turning_the_valley_slows_adam_alone() -> None:
    """Question `rotate`."""
    frames = answer("rotate", "Adam alone")
    straight, turned = arrivals("valley?rotate=0"), arrivals(QUESTIONS["rotate"].run)
    for name in ("Nesterov", "momentum", "SGD"):
        assert turned[name] == pytest.approx(straight[name], abs=2)
    assert turned["Adam"] is None
    assert "Adam" in frames[-1].note.partition("not in 320 steps")[2]


def test_another_rate_brings_adam_back() -> None:
    """The section's goal: below one millionth before step 150."""
    reached = [
        lr
        for lr in places("valley", "adam_lr", 0.3)
        if (arrivals(f"valley?rotate=45&adam_lr={lr}")["Adam"] or 999) < 150
    ]
    assert reached


# ── Real networks bounce, Safe at the start is not safe for good ──────────────────────────────────────────────────────


def true_curvature(model: Any, weights: Any) -> float:
    """The largest eigenvalue of the whole Hessian, which the demo never builds."""
    points, classes = demo.moons()
    loss = torch.nn.functional.cross_entropy(model(points), classes)
    gradient = torch.cat([part.flatten() for part in torch.autograd.grad(loss, weights, create_graph=True)])
    rows = [torch.autograd.grad(entry, weights, retain_graph=True) for entry in gradient]
    hessian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    return float(torch.linalg.eigvalsh(hessian.double())[-1])


def test_the_measured_curvature_is_the_hessians_largest_eigenvalue() -> None:
    """At the start, and after 200 steps at the same lr."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 2))
    weights = list(model.parameters())
    frames = run("network?lr=0.3")
    assert frames[0].values["λ"] == pytest.approx(true_curvature(model, weights), rel=0.01)
    optimizer = torch.optim.SGD(weights, lr=0.3)
    points, classes = demo.moons()
    for _ in range(200):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(points), classes).backward()
        optimizer.step()
    assert frames[-1].values["λ"] == pytest.approx(true_curvature(model, weights), rel=0.02)


def test_a_network_starts_with_a_limit_of_one_point_one() -> None:
    start = run("network?lr=0.1")[0].values["λ"]
    assert start == pytest.approx(1.8, abs=0.05)
    assert 2 / start == pytest.approx(1.1, abs=0.05)


def test_a_tiny_lr_hardly_moves_a_network() -> None:
    losses = values(run("network?lr=0.0001"), "loss")
    assert losses[0] == pytest.approx(0.664, abs=0.002)
    assert losses[-1] == pytest.approx(0.660, abs=0.002)


def test_far_above_the_limit_a_network_jumps_and_comes_back_lower() -> None:
    """Question `bounce`: not inf, and not ruined."""
    frames, calm = answer("bounce", "Jump, come back, and end lower"), run("network?lr=0.1")
    losses = values(frames, "loss")
    assert all(math.isfinite(loss) for loss in losses)
    assert max(losses) > 5 * losses[0]
    assert losses[-1] < 0.5 * calm[-1].values["loss"]
    assert max(values(calm, "loss")) == calm[0].values["loss"]
    assert frames[-1].values["λ"] < frames[0].values["λ"]
    assert "came back" in frames[-1].note


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_ten_times_that_never_comes_back_and_never_is_inf(seed: int) -> None:
    frames = run(f"network?lr=30&seed={seed}")
    losses = values(frames, "loss")
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] > 3 * losses[0]
    assert "never came back" in frames[-1].note


def test_below_the_limit_the_loss_falls_while_curvature_rises() -> None:
    frames = run("network?lr=0.3")
    losses = values(frames, "loss")
    products = [0.3 * curvature for curvature in values(frames, "λ")]
    assert all(later < earlier for earlier, later in pairwise(losses))
    assert products[0] == pytest.approx(0.53, abs=0.02)
    assert all(later > earlier for earlier, later in pairwise(products[::20]))
    assert products[-1] > 2 * products[0]


def test_a_start_below_the_limit_is_no_promise() -> None:
    """Question `sharpen`: quiet at first, and then a jump."""
    frames = answer("sharpen", "No: after 100 quiet steps")
    losses = values(frames, "loss")
    products = [0.5 * curvature for curvature in values(frames, "λ")]
    jump = next(step for step, loss in enumerate(losses) if loss > losses[0])
    assert products[0] == pytest.approx(0.89, abs=0.02)
    assert jump > 100
    assert max(losses) > 1.2 * losses[0]
    assert max(products[:jump]) > 2
    assert max(products[:jump]) > 2 * products[0]
    assert products[-1] < max(products[:jump])
    assert losses[-1] < 0.2


def test_small_batches_make_the_loss_swing_and_a_falling_lr_calms_it() -> None:
    """On a line through noisy points, where nothing else could make it swing."""
    torch.manual_seed(0)
    x = torch.randn(128)
    y = 2 * x + torch.randn(128)

    def swing(lr: float, falls: float, batch: int) -> float:
        """The largest less the smallest loss on all points in the last 100 of 400 steps."""
        w = torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=lr)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, falls)
        seen = []
        for _ in range(400):
            some = torch.randperm(128)[:batch]
            optimizer.zero_grad()
            (w * x[some] - y[some]).square().mean().backward()
            optimizer.step()
            scheduler.step()
            seen.append((w.detach() * x - y).square().mean().item())
        return max(seen[-100:]) - min(seen[-100:])

    noisy = swing(0.1, 1, batch=4)
    assert noisy > 100 * swing(0.1, 1, batch=128)
    assert swing(0.01, 1, batch=4) < 0.5 * noisy
    assert swing(0.1, 0.98, batch=4) < 0.1 * noisy


def test_not_every_start_jumps() -> None:
    losses = values(run("network?lr=0.5&seed=2"), "loss")
    assert max(losses) < 1.1 * losses[0]


def test_where_cuda_is_missing_the_run_says_that_it_is_on_the_cpu() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    frames = run("network?device=cuda")
    assert frames[0].note == "torch sees no CUDA device here, so this run is on the CPU."
    assert chart(frames[0]).title == "loss on cpu"
    assert run("network?device=cpu")[1:] == frames[1:]


@pytest.mark.gpu
def test_on_a_gpu_the_network_learns_the_same() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device and a CUDA build of torch")
    here, there = run("network?device=cpu"), run("network?device=cuda")
    assert chart(there[0]).title == "loss on cuda"
    assert there[-1].values["loss"] == pytest.approx(here[-1].values["loss"], rel=0.05)


# ── Read the curve, then turn ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_with_one_jump_may_end_lower_than_one_without() -> None:
    jumped, calm = run("network?lr=0.5"), run("network?lr=0.3")
    assert max(values(jumped, "loss")) > jumped[0].values["loss"]
    assert jumped[-1].values["loss"] < calm[-1].values["loss"]


def test_far_too_large_an_lr_for_adam_stays_high_and_finite() -> None:
    losses = values(run("network?lr=10&optimizer=Adam"), "loss")
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] > losses[0]
    assert sum(later > earlier for earlier, later in pairwise(losses[100:])) > 20


def test_adam_gets_every_point_right_at_some_place_of_the_slider() -> None:
    assert {0.2, 0.25, 0.3} <= set(places("network", "lr", 0.1))
    assert any(run(f"network?optimizer=Adam&lr={lr}")[-1].values["accuracy"] == 1 for lr in (0.2, 0.25, 0.3))


@pytest.mark.parametrize(("curvature", "limit"), [(1, 2), (7, 0.286), (50, 0.04)])
def test_the_thing_to_make_measures_two_over_the_curvature(curvature: float, limit: float) -> None:
    """A solution of the last task, as its text describes it, its trap included."""
    assert math.isnan(descend(sgd(1.0), 50, 100)[-1])

    def grows(lr: float) -> bool:
        return not abs(descend(sgd(lr), curvature, 100)[-1]) <= 1

    high = 0.001
    while not grows(high):
        high *= 2
    low = high / 2
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    assert low == pytest.approx(limit, abs=0.0005)
    assert low == pytest.approx(2 / curvature, rel=1e-3)
