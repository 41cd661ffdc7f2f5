"""Dropout: every number and every claim of the topic, against the torch that is installed.

What the definition fixes is asserted closely. What networks learn is asserted over the eight seeds that the text speaks
of and with room: their paths hang on rounding, which differs between versions of torch and between machines.
"""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
import textwrap
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.pictures import Chart, Frame, Grid, Histogram
from lessons.kit.problems import problems

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.dropout.demo")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("dropout")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]
TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {"mask?p=0", "mask?p=0.95", "mean?p=0", "mean?p=0.95&scaled=false", "mean?p=0.95", "gradient?p=0"}
    | {"modes?mode=eval&no_grad=false", "modes?written=F.dropout(training)", "statistics?no_grad=false"}
    | {"gradient?p=0.95&optimizer=Adam", "gap?data=moons&width=4&p=0.95", "gap?width=128", "forgot?p=0"}
    | {"passes?where=inside&p=0", "passes?where=above&p=0.95"}
)
SEEDS = range(8)


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "mask?p=0.5"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def values(frames: Frames, name: str) -> list[float]:
    return [frame.values[name] for frame in frames]


def last(target: str) -> dict[str, float]:
    return run(target)[-1].values


@cache
def trained(data: str, p: float, width: int, seed: int) -> Any:
    """The network of `gap` at its end, without looks at it on the way: eval mode draws no random number."""
    torch.manual_seed(seed)
    points, classes = demo.sample(data, seed)
    model = demo.network(points.shape[1], width, p)
    loss = torch.nn.functional.cross_entropy(model(points), classes)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(demo.STEPS):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss = torch.nn.functional.cross_entropy(model(points), classes)
    return model


@cache
def ends(data: str, p: float, width: int) -> list[tuple[float, float, float]]:
    """Training loss, validation loss and the share of new points that are right, a row a seed, in eval mode."""
    rows = []
    for seed in SEEDS:
        model = trained(data, p, width, seed).eval()
        learned = demo.score(model, *demo.sample(data, seed))
        rows.append((learned[0], *demo.score(model, *demo.sample(data, 1000 + seed, demo.NEW))))
    return rows


def means(data: str, p: float, width: int) -> list[float]:
    return [sum(column) / len(column) for column in zip(*ends(data, p, width))]


def edited(demo_name: str, old: str, new: str) -> ModuleType:
    """The demos after an edit of one of them, as the editor makes it."""
    code = inspect.getsource(getattr(demo, demo_name))
    assert code.count(old) == 1
    module = ModuleType("edited")
    exec(compile(TOPIC.source.replace(code, code.replace(old, new)), "edited", "exec"), module.__dict__)  # noqa: S102
    return module


def places(demo_name: str, knob: str, start: float) -> list[Any]:
    """Every place that the right arrow reaches from `start`."""
    slider = TOPIC.demo(demo_name).knob(knob)
    found: list[Any] = [start]
    while (further := slider.turn(found[-1], 1)) != found[-1]:
        found.append(further)
    return found


def network(mode: bool = True) -> Any:
    nn = torch.nn
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2)).train(mode)


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


def test_the_section_that_findings_lead_to_is_there() -> None:
    assert "train-and-eval" in [section.slug for section in TOPIC.page.sections]


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
    assert {frame.steps for frame in frames} == {len(frames) - 1}
    for frame in frames:
        for picture in frame.pictures:
            if isinstance(picture, Chart):
                assert {len(series.values) for series in picture.series} == {frame.step + 1}
                assert picture.steps == frame.steps
            if isinstance(picture, Grid):
                assert len(picture.values) == len(picture.rows) * len(picture.columns)


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_demo_fits_the_code_view(name: str) -> None:
    """The view is 70 columns wide and about 33 rows high in a terminal of 120 by 40."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert [line for line in lines if len(line) > 70] == []
    assert len(lines) <= 36


@pytest.mark.parametrize("name", TOPIC.demos)
def test_the_same_knobs_give_the_same_frames(name: str) -> None:
    assert tuple(getattr(demo, name)(**TOPIC.demos[name].defaults())) == run(name)


def test_the_start_is_shown_before_an_optimizer_is_built() -> None:
    """The first optimizer of a process imports torch._dynamo, which takes seconds."""
    code = (
        "import sys; from lessons.dropout import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    print(name, next(getattr(demo, name)(**knobs)).step, 'torch._dynamo' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines() == [f"{name} 0 False" for name in TOPIC.demos]


# ── What dropout does, The mean stays ─────────────────────────────────────────────────────────────────────────────────


def test_what_survives_p_0_8_becomes_five() -> None:
    """Question `survivor`."""
    frames = answer("survivor", "It becomes 5")
    grid = frames[-1].pictures[0]
    assert isinstance(grid, Grid)
    assert {round(value, 4) for value in grid.values} == {0, 5}
    assert frames[-1].note.endswith("and each of the others 5.")


def test_every_pass_draws_a_new_mask() -> None:
    grid = run("mask?p=0.5")[-1].pictures[0]
    assert isinstance(grid, Grid)
    rows = {grid.values[start : start + 8] for start in range(0, 64, 8)}
    assert len(rows) == 8
    assert [grid.values[place] for place in grid.marked] == [0] * len(grid.marked)
    assert len(grid.marked) == grid.values.count(0)


def test_each_sample_of_a_batch_has_its_own_mask() -> None:
    torch.manual_seed(0)
    y = torch.nn.Dropout(0.5)(torch.ones(10, 50))
    assert len({tuple(row) for row in y.tolist()}) == 10


def test_survivors_are_1_25_at_p_0_2_alone() -> None:
    """The section's goal, at a place of the slider."""
    at = [p for p in places("mask", "p", 0.0) if last(f"mask?p={p}")["largest"] == pytest.approx(1.25)]
    assert at == [pytest.approx(0.2)]


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_mean_stays_and_the_spread_is_what_the_text_says(p: float) -> None:
    torch.manual_seed(0)
    y = torch.nn.functional.dropout(torch.ones(1_000_000), p)
    assert y.mean().item() == pytest.approx(1, abs=0.01)
    assert y.std().item() == pytest.approx(math.sqrt(p / (1 - p)), rel=0.01)


def test_the_demo_of_the_mean_does_what_torch_does() -> None:
    assert last("mean?p=0.5")["mean"] == pytest.approx(1, abs=0.03)
    assert math.sqrt(0.8 / 0.2) == pytest.approx(2)


def test_without_the_division_evaluation_is_four_times_as_much() -> None:
    """Question `unscaled`."""
    frames = answer("unscaled", "Four times as much")
    assert frames[-1].values["mean"] == pytest.approx(0.25, abs=0.01)
    assert frames[-1].note.endswith("which is 4 times as much.")


def test_a_single_pass_reaches_a_mean_of_two_while_the_mean_stays() -> None:
    """The section's goal; not at the panel's own p."""
    reached = [p for p in places("mean", "p", 0.5) if last(f"mean?p={p}")["highest"] > 2]
    assert reached
    assert 0.5 not in reached
    for p in reached:
        assert last(f"mean?p={p}")["mean"] == pytest.approx(1, abs=0.1)


# ── Train and eval ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_model_is_in_train_mode_and_eval_reaches_every_layer() -> None:
    model = network()
    assert all(module.training for module in model.modules())
    model.eval()
    assert not any(module.training for module in model.modules())


def test_no_grad_changes_no_mode_and_turns_off_no_dropout() -> None:
    frames = run("modes?mode=train&written=nn.Dropout&no_grad=true")
    assert frames[-1].values["different outputs"] == 11
    model = network()
    with torch.no_grad():
        model(torch.ones(3, 4))
        assert model.training


def test_f_dropout_does_not_know_of_eval() -> None:
    """Question `functional`."""
    frames = answer("functional", "Eleven different outputs")
    assert frames[-1].values["different outputs"] == 11
    assert inspect.signature(torch.nn.functional.dropout).parameters["training"].default is True


@pytest.mark.parametrize("no_grad", ["true", "false"])
@pytest.mark.parametrize(
    ("mode", "written", "level"),
    [
        ("train", "nn.Dropout", False),
        ("eval", "nn.Dropout", True),
        ("eval", "F.dropout", False),
        ("train", "F.dropout(training)", False),
        ("eval", "F.dropout(training)", True),
    ],
)
def test_the_line_is_level_in_two_ways(mode: str, written: str, level: bool, no_grad: str) -> None:
    """The section's goal; no_grad makes no difference to any of them."""
    end = run(f"modes?mode={mode}&written={written}&no_grad={no_grad}")[-1]
    assert (end.values["different outputs"] == 1) == level
    assert ("nothing is dropped" in end.note) == level


# ── BatchNorm has two modes too ───────────────────────────────────────────────────────────────────────────────────────


def test_an_evaluation_in_train_mode_moves_the_running_mean() -> None:
    """Question `statistics`."""
    frames = answer("statistics", "Its running_mean: it is almost 3")
    assert frames[0].values["running_mean"] == pytest.approx(0, abs=0.15)
    assert frames[-1].values["running_mean"] == pytest.approx(2.8, abs=0.15)
    assert frames[-1].note.startswith("Changed")
    assert values(frames, "output")[1:] == pytest.approx([0] * 30, abs=1e-4)


def test_in_eval_mode_it_stays() -> None:
    frames = run("statistics?mode=eval")
    assert len(set(values(frames, "running_mean"))) == 1
    assert frames[-1].note.startswith("Unchanged")
    assert frames[-1].values["output"] == pytest.approx(3, abs=0.5)


def test_it_moves_a_tenth_of_the_way_and_is_saved_but_no_parameter() -> None:
    norm = torch.nn.BatchNorm1d(1)
    norm(torch.tensor([[4.0], [6.0]]))
    assert norm.running_mean.item() == pytest.approx(0.5)
    assert "running_mean" in norm.state_dict()
    assert {name for name, _ in norm.named_parameters()} == {"weight", "bias"}
    assert {name for name, _ in norm.named_buffers()} == {"running_mean", "running_var", "num_batches_tracked"}
    assert norm.num_batches_tracked == 1


def test_in_train_mode_each_feature_of_a_batch_gets_mean_0_and_spread_1() -> None:
    torch.manual_seed(0)
    y = torch.nn.BatchNorm1d(3)(3 + 2 * torch.randn(500, 3))
    assert y.mean(dim=0).tolist() == pytest.approx([0, 0, 0], abs=1e-5)
    assert y.std(dim=0).tolist() == pytest.approx([1, 1, 1], abs=0.01)


def test_one_sample_alone_raises_in_train_mode() -> None:
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        network()(torch.ones(1, 4))
    network(mode=False)(torch.ones(1, 4))


def test_in_train_mode_an_output_hangs_on_the_rest_of_the_batch() -> None:
    norm, x, others = torch.nn.BatchNorm1d(1), torch.tensor([[1.0]]), torch.tensor([[5.0], [9.0]])
    alone = [norm(torch.cat([x, each]))[0].item() for each in (others, -others)]
    assert alone[0] != pytest.approx(alone[1], abs=0.1)


# ── Gradients go where values went ────────────────────────────────────────────────────────────────────────────────────


def test_the_gradient_is_scaled_and_dropped_as_the_value_was() -> None:
    torch.manual_seed(0)
    x = torch.ones(100, requires_grad=True)
    y = torch.nn.functional.dropout(x, 0.75)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())
    assert {round(value, 4) for value in x.grad.tolist()} == {0, 4}


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_dropped_neurons_have_no_gradient(optimizer: str) -> None:
    for frame in run(f"gradient?p=0.5&optimizer={optimizer}"):
        assert frame.values["without a gradient"] == frame.values["dropped"]


def test_adam_moves_weights_whose_gradient_is_zero() -> None:
    """Question `moved`: not in the first step, and SGD never."""
    frames = answer("moved", "Yes, if it had a gradient in an earlier step")
    assert frames[1].values["dropped"] > 0
    assert frames[1].values["dropped but moved"] == 0
    assert sum(values(frames, "dropped but moved")) > 20
    assert values(run("gradient?p=0.5&optimizer=SGD"), "dropped but moved") == [0] * 9


def test_with_weight_decay_sgd_moves_them_too() -> None:
    """The edit that the section asks for."""
    changed = edited(
        "gradient", "opt = build[optimizer]([w], lr=0.01)", "opt = build[optimizer]([w], lr=0.01, weight_decay=0.1)"
    )
    frames = tuple(changed.gradient(p=0.5, optimizer="SGD"))
    assert values(frames, "dropped but moved") == values(frames, "dropped")
    assert values(frames, "without a gradient") == values(frames, "dropped")


# ── The gap, Where dropout hurts ──────────────────────────────────────────────────────────────────────────────────────


def test_the_fast_training_of_these_tests_is_the_demos_own() -> None:
    for seed, p in ((0, 0.8), (5, 0.0)):
        end = last(f"gap?data=noisy&p={p}&width=64&seed={seed}")
        shown = end["training loss"], end["validation loss"], end["validation accuracy"]
        assert ends("noisy", p, 64)[seed] == pytest.approx(shown, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize(
    ("p", "training", "validation", "right"),
    [(0.0, 0.0, 2.51, 0.74), (0.5, 0.019, 1.08, 0.77), (0.8, 0.253, 0.515, 0.79), (0.95, 0.687, 0.693, 0.50)],
)
def test_the_table_of_the_gap(p: float, training: float, validation: float, right: float) -> None:
    """Over eight seeds, and as the text prints it."""
    found = means("noisy", p, 64)
    assert found[0] == pytest.approx(training, abs=0.03)
    assert found[1] == pytest.approx(validation, rel=0.1)
    assert found[2] == pytest.approx(right, abs=0.015)


def test_without_dropout_it_learns_the_wrong_labels_by_heart() -> None:
    frames = run("gap?data=noisy&p=0&width=64")
    assert frames[-1].values["training accuracy"] == 1
    assert frames[0].values["validation loss"] == pytest.approx(0.69, abs=0.01)
    assert frames[-1].values["validation loss"] > 3 * frames[0].values["validation loss"]
    points, classes = demo.sample("noisy", 0)
    truth = (points[:, 0] + points[:, 1] > points[:, 2] * points[:, 3]).long()
    assert points.shape == (200, 20)
    assert (classes != truth).float().mean().item() == pytest.approx(0.1, abs=0.05)
    new_points, new_classes = demo.sample("noisy", 1000, demo.NEW)
    assert torch.equal(new_classes, (new_points[:, 0] + new_points[:, 1] > new_points[:, 2] * new_points[:, 3]).long())


def test_dropout_raises_one_loss_and_lowers_the_other() -> None:
    """Question `gap`; so it is for each of the eight seeds."""
    plain, dropped = run("gap?data=noisy&p=0&width=64")[-1], answer("gap", "The training loss higher")[-1]
    assert dropped.values["training loss"] > plain.values["training loss"] + 0.05
    assert dropped.values["validation loss"] < 0.5 * plain.values["validation loss"]
    for before, after in zip(ends("noisy", 0.0, 64), ends("noisy", 0.8, 64)):
        assert after[0] > before[0]
        assert after[1] < before[1]


def test_at_some_place_of_the_slider_it_learns_nothing() -> None:
    """The goal of the section: both losses above 0.65."""

    def nothing(p: float) -> bool:
        end = last(f"gap?data=noisy&p={p}&width=64")
        return end["training loss"] > 0.65 and end["validation loss"] > 0.65

    assert nothing(0.95)
    assert not nothing(0.8)
    assert 0.95 in places("gap", "p", 0.0)


def test_with_few_neurons_and_easy_data_dropout_hurts() -> None:
    """Question `hurts`: for each of the eight seeds, and more with 16 neurons than with 64."""
    plain, dropped = run("gap?data=moons&p=0&width=16")[-1], answer("hurts", "Fewer are right")[-1]
    assert dropped.values["validation accuracy"] < plain.values["validation accuracy"] - 0.02
    assert dropped.values["validation loss"] > plain.values["validation loss"]
    for before, after in zip(ends("moons", 0.0, 16), ends("moons", 0.5, 16)):
        assert after[2] < before[2]
    assert [means("moons", p, 16)[2] for p in (0.0, 0.5)] == pytest.approx([0.96, 0.90], abs=0.012)
    assert [means("moons", p, 16)[1] for p in (0.0, 0.5)] == pytest.approx([0.14, 0.32], abs=0.03)
    assert [means("moons", p, 64)[2] for p in (0.0, 0.5)] == pytest.approx([0.97, 0.96], abs=0.012)
    points, classes = demo.sample("moons", 0)
    assert points.shape == (40, 2)
    assert classes.sum() == 20


# ── Forgetting eval() ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_eval_fewer_are_right_and_each_time_another_number() -> None:
    """Question `forgot`."""
    first, again = (frame.values for frame in answer("forgot", "Fewer right answers")[-2:])
    assert first["without"] < first["with eval()"] - 0.02
    assert first["with eval()"] == again["with eval()"]
    assert first["without"] != again["without"]


def test_over_eight_seeds_it_is_79_against_73_per_cent() -> None:
    without = []
    for seed in SEEDS:
        model = trained("noisy", 0.8, 64, seed).train()
        without.append(demo.score(model, *demo.sample("noisy", 1000 + seed, demo.NEW))[1])
    assert means("noisy", 0.8, 64)[2] == pytest.approx(0.79, abs=0.015)
    assert sum(without) / len(without) == pytest.approx(0.73, abs=0.015)


def test_without_dropout_a_forgotten_eval_costs_nothing() -> None:
    frames = run("forgot?p=0")
    assert values(frames, "with eval()") == values(frames, "without")


def test_an_eval_that_is_never_undone_trains_as_if_p_were_zero() -> None:
    """The edit that the section asks for."""
    changed = edited("forgot", "        model.train()\n", "        model.eval()\n")
    end = tuple(changed.forgot(p=0.8, seed=0))[-1].values["with eval()"]
    assert end == last("forgot?p=0")["with eval()"]
    assert end == pytest.approx(0.70, abs=0.015)
    assert last("forgot?p=0.8")["with eval()"] > end + 0.04


# ── Dropout on purpose ────────────────────────────────────────────────────────────────────────────────────────────────


def test_between_the_moons_the_spread_is_large_and_inside_small() -> None:
    between, inside = last("passes?where=between&p=0.2"), last("passes?where=inside&p=0.2")
    assert between["spread"] == pytest.approx(0.24, abs=0.05)
    assert inside["spread"] == pytest.approx(0.001, abs=0.004)


@pytest.mark.parametrize("seed", range(4))
def test_far_below_the_spread_is_zero(seed: int) -> None:
    """Question `far`; not for one seed alone."""
    end = (answer("far", "0.000")[-1] if seed == 0 else run(f"passes?where=below&p=0.2&seed={seed}")[-1]).values
    assert end["spread"] < 0.0005
    assert end["mean"] > 0.999


def test_as_far_above_it_is_large() -> None:
    assert last("passes?where=above&p=0.2")["spread"] == pytest.approx(0.40, abs=0.08)
    assert math.hypot(*demo.PLACES["above"]) == math.hypot(*demo.PLACES["below"])
    points, _ = demo.sample("moons", 0)
    for name in ("below", "above"):
        assert (points - torch.tensor(demo.PLACES[name])).norm(dim=1).min() > 5


def test_the_histogram_counts_every_pass() -> None:
    for frame in run("passes?where=between&p=0.2"):
        histogram = frame.pictures[0]
        assert isinstance(histogram, Histogram)
        assert sum(histogram.counts) == frame.step


def test_dropout_layers_alone_can_be_put_in_train_mode() -> None:
    """As the section writes it: two outputs differ, and no running mean moves."""
    model, x = network(mode=False), torch.randn(3, 4)
    for layer in model.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.train()
    before = model[1].running_mean.clone()
    assert not torch.equal(model(x), model(x))
    assert torch.equal(model[1].running_mean, before)


# ── Read the symptoms ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_loss_that_a_loop_prints_can_lie_above_the_validation_loss() -> None:
    """Measured with dropout on; in eval mode the same weights have a lower loss on the same points."""
    end = last("gap?data=noisy&p=0.9&width=64")
    assert end["training loss in train mode"] > end["validation loss"]
    assert end["training loss"] < end["validation loss"]
