"""The training loop: every number and every claim of the topic, against the torch that is installed.

What arithmetic fixes is asserted closely; where a training ends only in kind, and to the digits that the text gives.
"""

from __future__ import annotations

import copy
import io
import math
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.knobs import Choice
from lessons.kit.page import Code
from lessons.kit.pictures import Chart, Frame, Table
from lessons.kit.problems import problems

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.training_loop.demo")

nn, cross_entropy = torch.nn, torch.nn.functional.cross_entropy

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("training_loop")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
SECTIONS = {section.slug: section for section in TOPIC.page.sections}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]


def codes(slug: str) -> list[str]:
    """The code that a section prints."""
    return [block.source for block in SECTIONS[slug].blocks if isinstance(block, Code)]


def options(demo_name: str, knob: str) -> tuple[str, ...]:
    choice = TOPIC.demo(demo_name).knob(knob)
    assert isinstance(choice, Choice)
    return choice.options


FLAT = ("no_step", "no_backward", "late_zero_grad")
NEEDS_GLOO = pytest.mark.skipif(
    not (torch.distributed.is_available() and torch.distributed.is_gloo_available()), reason="this torch has no gloo"
)
TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {f"bench?bug={bug}" for bug in options("bench", "bug")}
    | {f"order?calls={calls}" for calls in options("order", "calls")}
    | {f"held?how={how}" for how in options("held", "how")}
    | {f"load?case={case}&strict=off" for case in options("load", "case")}
    | {"bench?lr=10&bug=no_zero_grad", "bench?lr=0.001&bug=replaced_layer&classes=8", "bench?lr=10&bug=wrong_axis"}
    | {"accumulate?samples=17&divide=by_parts", "accumulate?samples=33&divide=never"}
    | {"order?calls=step", "order?calls=loss,step,backward", "order?calls=Zero Loss BACKWARD step"}
)


def fresh(target: str) -> Frames:
    """The frames of a demo at a setting such as "bench?bug=no_step", in a torch as a fresh process has it."""
    asked = setting(TOPIC, target)
    torch.manual_seed(0)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


@cache
def run(target: str) -> Frames:
    return fresh(target)


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def losses(target: str) -> list[float]:
    return [frame.values["loss"] for frame in run(target)[1:]]


def end(target: str) -> dict[str, float]:
    return run(target)[-1].values


def table(frame: Frame) -> Table:
    return next(picture for picture in frame.pictures if isinstance(picture, Table))


def places(demo_name: str, knob: str, start: Any, way: int = 1) -> list[Any]:
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


def test_the_sections_that_findings_lead_to_are_there() -> None:
    slugs = {section.slug for section in TOPIC.page.sections}
    assert slugs >= {
        "the-order-of-a-step",
        "clear-before-backward",
        "what-the-optimizer-holds",
        "flat-at-chance",
        "saving-and-loading",
        "several-processes-one-model",
    }


def test_the_questions_stand_beside_the_demo_that_answers_them() -> None:
    assert len(QUESTIONS) >= 5
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert question.run.partition("?")[0] == section.panel.partition("?")[0]
            assert setting(TOPIC, question.run) != setting(TOPIC, section.panel)


@pytest.mark.parametrize("target", TARGETS)
def test_every_run_says_in_a_short_sentence_what_is_to_be_seen(target: str) -> None:
    """At every place that the text leads to, and at the ends of the knobs."""
    frames = run(target)
    for frame in frames:
        assert frame.note.endswith((".", "…", '"')) or "Error: " in frame.note
        assert "\n" not in frame.note
        assert len(frame.note) <= 150
        assert frame.pictures
    assert frames[0].step == 0
    assert all(frame.step <= frame.steps for frame in frames)
    stopped = any("RuntimeError" in frame.note for frame in frames)
    assert frames[-1].step == frames[-1].steps or stopped


@pytest.mark.parametrize("target", ["bench?bug=shuffled_labels", "bench?bug=replaced_layer", "held?how=replaced"])
def test_the_same_knobs_give_the_same_frames(target: str) -> None:
    assert fresh(target) == run(target)


@NEEDS_GLOO
@pytest.mark.parametrize("case", ["all_call", "one_fails"])
def test_threads_give_the_same_frames_as_well(case: str) -> None:
    assert fresh(f"ranks?case={case}")[-1].note == run(f"ranks?case={case}")[-1].note


# ── The order of a step ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_right_order_halves_w_in_every_round() -> None:
    frames = run("order?calls=zero,loss,backward,step")
    assert [frame.values["w"] for frame in frames[4::4]] == [0.5, 0.25, 0.125]


def test_a_step_before_backward_never_moves_anything() -> None:
    """Question `early`: no error either."""
    frames = answer("early", "Nothing: w stays at 1")
    assert {frame.values["w"] for frame in frames} == {1.0}
    assert "never moved" in frames[-1].note


def test_the_right_circle_may_begin_anywhere() -> None:
    frames = run("order?calls=step,zero,loss,backward")
    assert [frame.values["w"] for frame in frames[4::4]] == [1.0, 0.5, 0.25]


def test_leaving_out_zero_takes_w_below_0() -> None:
    """The section's goal; to leave out another call does not reach it, or is refused."""
    assert end("order?calls=loss,backward,step")["w"] == -0.875
    for calls in ("zero,loss,backward", "zero,loss,step"):
        assert end(f"order?calls={calls}")["w"] == 1.0
    with pytest.raises(ValueError, match="needs a loss before it"):
        fresh("order?calls=zero,backward,step")


def test_clearing_between_backward_and_step_moves_nothing() -> None:
    assert end("order?calls=zero,loss,backward,zero,step") == {"w": 1.0}


def test_a_step_between_loss_and_backward_is_torchs_own_error() -> None:
    frames = run("order?calls=loss,step,backward")
    assert frames[-1].note == "RuntimeError in round 2: step moved w between loss and backward."
    w = nn.Parameter(torch.tensor(1.0))
    loss = w**2
    with torch.no_grad():
        w -= 0.5
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize(
    ("typed", "told"),
    [("zero,los", "'los' is none of them"), ("backward,loss", "needs a loss"), ("zero," * 9, "at most 8 calls")],
)
def test_what_cannot_be_an_order_is_told_in_a_sentence(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        next(demo.order(typed))


def test_the_loop_at_the_head_trains_as_printed() -> None:
    """Three epochs of it."""
    points, labels = demo.blobs(3, 300, seed=0)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(points, labels), batch_size=30)
    names: dict[str, Any] = {"torch": torch, "loader": loader}
    torch.manual_seed(0)
    exec(codes("the-order-of-a-step")[0], names)  # noqa: S102
    assert names["loss"].item() < 0.5 < math.log(3)


# ── Clear before backward ─────────────────────────────────────────────────────────────────────────────────────────────


def test_at_a_small_lr_the_missing_zero_grad_looks_like_an_improvement() -> None:
    """Question `looks_better`, with its two numbers; and what tells it apart."""
    frames = answer("looks_better", "It is lower")
    assert frames[-1].values["loss"] == pytest.approx(0.09, abs=0.006)
    assert frames[-1].values["right loss"] == pytest.approx(0.91, abs=0.006)
    assert frames[-1].values["gradient"] > 20 * end("bench?bug=none&lr=0.001")["gradient"]


def test_at_a_rate_that_suits_the_right_loop_it_cannot_hold_still_and_at_a_larger_one_it_is_lost() -> None:
    suits = losses("bench?bug=no_zero_grad&lr=0.1")
    assert min(suits[:60]) < 0.01
    assert max(suits[60:]) > 1.0
    assert max(losses("bench?bug=none&lr=0.1")[60:]) < 0.4
    assert max(losses("bench?bug=no_zero_grad&lr=1")) > 1000
    assert max(losses("bench?bug=none&lr=1")[60:]) < 0.4


def test_without_zero_grad_sgd_is_momentum_without_a_brake() -> None:
    """The same steps, to the last digit that float64 gives."""

    def walk(momentum: float, clear: bool) -> list[float]:
        w = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=momentum)
        trail = []
        for _ in range(20):
            if clear:
                optimizer.zero_grad()
            (w**2).backward()
            optimizer.step()
            trail.append(w.item())
        return trail

    assert walk(0, clear=False) == pytest.approx(walk(1, clear=True), abs=1e-12)


# ── Flat at chance ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_level_of_chance_is_a_logarithm() -> None:
    """1.10 for three classes."""
    assert "1.10 for three classes" in " ".join(SECTIONS["flat-at-chance"].prose)
    assert f"{math.log(3):.2f}" == "1.10"
    assert cross_entropy(torch.zeros(1, 3), torch.tensor([0])).item() == pytest.approx(math.log(3))


def test_a_network_before_training_is_near_chance() -> None:
    for classes in places("bench", "classes", 3):
        assert next(demo.bench("none", 0.1, classes)).values["loss"] == pytest.approx(math.log(classes), rel=0.2)


def test_the_flat_curve_is_the_one_that_the_question_tells() -> None:
    """Question `flat`."""
    answer("flat", "No weight moves, or the labels do not belong")
    flat = losses("bench?bug=no_step&classes=3")
    assert [round(loss, 2) for loss in (*flat[:3], flat[-1])] == [1.07, 1.12, 1.09, 1.12]
    assert "1.07, 1.12, 1.09, ... 1.12" in QUESTIONS["flat"].text.replace("\n", " ")


def test_three_bugs_draw_the_same_curve_and_only_one_leaves_a_gradient() -> None:
    """The section's goal."""
    curves = {bug: losses(f"bench?bug={bug}") for bug in FLAT}
    assert curves["no_step"] == curves["no_backward"] == curves["late_zero_grad"]
    assert all(end(f"bench?bug={bug}")["last moved"] == end(f"bench?bug={bug}")["first moved"] == 0 for bug in FLAT)
    assert [bug for bug in FLAT if "gradient" in end(f"bench?bug={bug}")] == ["no_step"]
    assert all(end(f"bench?bug={bug}")["accuracy"] < 0.4 for bug in FLAT)


def test_labels_that_belong_to_nothing_settle_at_chance_though_the_weights_move() -> None:
    """Wherever the start was."""
    for classes in (3, 5, 8):
        target = f"bench?bug=shuffled_labels&classes={classes}"
        late = losses(target)[-40:]
        assert sum(late) / len(late) == pytest.approx(math.log(classes), rel=0.02)
        assert end(target)["last moved"] > 0.1


# ── What the optimizer holds ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_replaced_head_never_moves_and_the_loss_falls_all_the_same() -> None:
    """Question `stale_layer`."""
    frames = answer("stale_layer", "Hardly")
    assert frames[-1].values["head moved"] == 0
    assert frames[-1].values["loss"] < 0.5 * frames[1].values["loss"]
    assert frames[-1].values["loss"] > 2 * end("held?how=all_held")["loss"]


def test_the_three_ways_differ_in_what_lists_the_layer_and_in_its_gradient() -> None:
    """The section's goal: None for the frozen one alone, and growing for the others."""
    rows = {how: {row[0]: row[1:] for row in table(run(f"held?how={how}")[-1]).rows} for how in ("replaced", "frozen")}
    rows["plain_list"] = {row[0]: row[1:] for row in table(run("held?how=plain_list")[-1]).rows}
    assert rows["replaced"]["head"][:2] == ("yes", "no")
    assert rows["plain_list"]["middle"][:2] == ("no", "no")
    assert rows["frozen"]["first"][:2] == ("yes", "yes")
    assert rows["frozen"]["first"][2:] == ("None", "0")
    for how, layer in (("replaced", "head"), ("plain_list", "middle")):
        grown = [frame.values[f"{layer} gradient"] for frame in run(f"held?how={how}")[1:]]
        assert grown[-1] > 10 * grown[0]
        assert end(f"held?how={how}")[f"{layer} moved"] == 0


def test_a_plain_list_is_seen_by_neither_state_dict_nor_to() -> None:
    net = demo.Net(in_a_list=True)
    assert not any(key.startswith("middle") for key in net.state_dict())
    net.to(torch.float64)
    assert net.middle[0].weight.dtype == torch.float32
    assert net.head.weight.dtype == torch.float64
    net.middle[0].weight.grad = torch.ones(32, 32)
    net.zero_grad()
    assert net.middle[0].weight.grad is not None


def test_the_models_own_zero_grad_reaches_a_replaced_head() -> None:
    net = demo.Net(in_a_list=False)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.head = nn.Linear(32, 3)
    net(torch.randn(4, 2)).sum().backward()
    optimizer.zero_grad()
    assert net.head.weight.grad is not None
    net.zero_grad()
    assert net.head.weight.grad is None


# ── Wrong, and still learning ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_softmax_has_a_floor_at_half_and_learns_all_the_same() -> None:
    """Sure and right is not enough."""
    frames = run("bench?bug=softmax_first&lr=0.3")
    floor = -math.log(math.e / (math.e + 2))
    assert cross_entropy(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([0])).item() == pytest.approx(floor)
    assert round(floor, 2) == 0.55
    assert all(loss > floor for loss in losses("bench?bug=softmax_first&lr=0.3"))
    assert frames[-1].values["loss"] < floor + 0.05
    assert frames[-1].values["accuracy"] > 0.95
    assert frames[1].values["loss"] == pytest.approx(math.log(3), abs=0.05)


def test_a_small_lr_tells_the_second_softmax_by_its_accuracy_too() -> None:
    """The section's goal."""
    assert 0.01 in [pytest.approx(lr) for lr in places("bench", "lr", 0.1, -1)]
    assert end("bench?bug=softmax_first&lr=0.01")["accuracy"] < 0.85
    assert end("bench?bug=softmax_first&lr=0.01")["right accuracy"] > 0.9


def test_the_wrong_axis_begins_at_the_logarithm_of_the_batch() -> None:
    """Question `over_the_batch`."""
    answer("over_the_batch", "Near ln 50 = 3.9")
    wrong = losses("bench?bug=wrong_axis")
    assert wrong[0] == pytest.approx(math.log(50), abs=0.05)
    assert round(math.log(50), 1) == 3.9
    assert min(wrong) > 2
    assert end("bench?bug=wrong_axis")["accuracy"] > 0.95


# ── A number has no graph ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_loss_made_of_a_number_has_nothing_to_go_back_through() -> None:
    """Question `number`, with torch's own message."""
    message = "element 0 of tensors does not require grad and does not have a grad_fn"
    assert message in answer("number", "RuntimeError at the first backward()")[-1].note
    assert message in QUESTIONS["number"].answers[0].why
    model, x = nn.Linear(2, 3), torch.randn(4, 2)
    with torch.no_grad():
        without = model(x).sum()
    for loss in (model(x).sum().detach(), model(x).argmax(dim=1).float().mean(), without):
        with pytest.raises(RuntimeError, match="does not require grad"):
            loss.backward()


def test_silencing_that_error_leaves_every_gradient_none() -> None:
    model = nn.Linear(2, 3)
    torch.tensor(model(torch.randn(4, 2)).sum().item()).requires_grad_().backward()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_cut_off_in_part_it_ends_in_silence() -> None:
    """No error, and a layer without a gradient."""
    model = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 3))
    model[1](model[0](torch.randn(5, 2)).detach()).sum().backward()
    assert [layer.weight.grad is None for layer in model] == [True, False]


@pytest.mark.parametrize(("keep", "kept"), [(lambda loss: loss, True), (lambda loss: loss.detach(), False)])
def test_a_total_of_losses_keeps_their_graphs_and_one_of_numbers_none(keep: Any, kept: bool) -> None:
    model, total = nn.Linear(2, 1), torch.zeros(())
    for _ in range(2):
        total = total + keep(model(torch.randn(4, 2)).sum())
    assert (total.grad_fn is not None) is kept


# ── Batches that add up ───────────────────────────────────────────────────────────────────────────────────────────────


def test_equal_parts_divided_make_the_gradient_of_the_whole() -> None:
    assert end("accumulate?samples=64&divide=by_parts")["off by"] < 1e-5


def test_undivided_parts_make_it_four_times_as_long() -> None:
    """Question `undivided`."""
    frames = answer("undivided", "4 times as long")
    assert frames[-1].values["length"] == pytest.approx(4 * frames[-1].values["at once"], rel=1e-4)


def test_unequal_parts_are_right_only_by_samples() -> None:
    """The section's goal: some number of samples is off by more than half, and by_samples is right for all."""
    numbers = places("accumulate", "samples", 17)
    assert any(end(f"accumulate?samples={count}&divide=by_parts")["off by"] > 0.5 for count in numbers)
    assert all(end(f"accumulate?samples={count}&divide=by_samples")["off by"] < 1e-5 for count in numbers)
    assert 64 in numbers


# ── Saving and loading, To go on where it stopped ─────────────────────────────────────────────────────────────────────


def test_what_was_saved_comes_back() -> None:
    assert end("load?case=same")["accuracy"] > 0.95
    assert run("load?case=same")[0].values["accuracy"] < 0.5


def test_not_strict_loads_nothing_where_every_name_differs() -> None:
    """Question `not_strict`; what load_state_dict() returns tells it."""
    frames = answer("not_strict", "As bad as before: nothing was loaded")
    assert frames[-1].values["keys loaded"] == 0
    assert frames[-1].values["accuracy"] < 0.5
    assert "No error" in frames[-1].note
    model = nn.Linear(2, 1)
    told = model.load_state_dict({f"module.{key}": value for key, value in model.state_dict().items()}, strict=False)
    assert told.missing_keys == ["weight", "bias"]


def test_a_load_that_fails_has_copied_what_fits() -> None:
    """Question `half_loaded`, and the goal with `wider`."""
    frames = answer("half_loaded", "Mixed: the file's in four tensors")
    assert "Missing key(s)" in frames[-1].note
    assert frames[-1].values["keys loaded"] == 4
    for strict in ("on", "off"):
        wider = run(f"load?case=wider&strict={strict}")[-1]
        assert "size mismatch" in wider.note
        assert [row[0] for row in table(wider).rows if row[3] == "yes"] == ["2.bias"]


def test_a_whole_model_is_no_file_of_weights_only() -> None:
    assert "UnpicklingError" in run("load?case=whole_model")[-1].note
    file = io.BytesIO()
    torch.save(nn.Sequential(nn.Linear(2, 1)), file)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(file, weights_only=True)


def test_the_prefixes_are_those_that_torch_writes() -> None:
    compiled = torch._dynamo.eval_frame.OptimizedModule(nn.Linear(2, 1), torch._dynamo.optimize("eager"))
    assert all(key.startswith("_orig_mod.") for key in compiled.state_dict())
    wrapped = nn.parallel.DataParallel(nn.Linear(2, 1)).state_dict()
    assert all(key.startswith("module.") for key in wrapped)


def test_a_file_from_cuda_asks_for_map_location(monkeypatch: pytest.MonkeyPatch) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    file = io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        torch.save({"w": torch.ones(2)}, file)
    file.seek(0)
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        torch.load(file, weights_only=True)
    file.seek(0)
    assert torch.load(file, map_location="cpu", weights_only=True)["w"].tolist() == [1, 1]


def test_a_checkpoint_is_saved_and_loaded_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a model and an optimizer that know nothing yet."""
    monkeypatch.chdir(tmp_path)
    save, load = codes("to-go-on-where-it-stopped")

    def begun() -> dict[str, Any]:
        model = nn.Linear(2, 1)
        return {"torch": torch, "model": model, "optimizer": torch.optim.Adam(model.parameters()), "step": 0}

    first, later = begun(), begun()
    first["model"](torch.randn(3, 2)).sum().backward()
    first["optimizer"].step()
    first["step"] = 7
    exec(save, first)  # noqa: S102
    exec(load, later)  # noqa: S102
    assert torch.equal(first["model"].weight, later["model"].weight)
    assert later["step"] == 7
    assert later["optimizer"].state_dict()["state"].keys() == {0, 1}


def test_adam_without_its_state_takes_a_step_as_long_as_lr() -> None:
    """However small the gradients have become; with its state it goes on as if nothing had been."""

    def build(w: Any) -> Any:
        return torch.optim.Adam([w], lr=0.1)

    def step(w: Any, optimizer: Any) -> float:
        before = w.item()
        optimizer.zero_grad()
        (w**2).backward()
        optimizer.step()
        return float(abs(w.item() - before))

    w = nn.Parameter(torch.tensor(1.0))
    optimizer = build(w)
    for _ in range(200):
        step(w, optimizer)
    alone, resumed = copy.deepcopy(w), copy.deepcopy(w)
    restored = build(resumed)
    restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert w.grad.abs() < 0.01
    assert step(alone, build(alone)) == pytest.approx(0.1, rel=0.01)
    assert step(resumed, restored) == step(w, optimizer) < 0.01


# ── Several processes, one model ──────────────────────────────────────────────────────────────────────────────────────


@NEEDS_GLOO
def test_after_all_reduce_every_rank_has_the_gradient_of_all_samples() -> None:
    off = [value for name, value in end("ranks?case=all_call").items() if name.endswith("off by")]
    assert len(off) == demo.RANKS
    assert max(off) < 1e-5


@NEEDS_GLOO
def test_ranks_wait_for_one_that_does_not_call() -> None:
    """Question `waits`: the error is raised in those that waited, and the missing one hears nothing."""
    frames = answer("waits", "They wait, and fail after a timeout")
    assert "Ranks 0 and 2 waited 0.5 s" in frames[-1].note
    last = [row[3] for row in table(frames[-1]).rows]
    assert last[0] == last[2] == "RuntimeError: timed out"
    assert "Error" not in last[1]
    assert torch.distributed.distributed_c10d.default_pg_timeout.total_seconds() >= 600


@NEEDS_GLOO
def test_ranks_fail_with_one_that_fails() -> None:
    last = [row[3] for row in table(run("ranks?case=one_fails")[-1]).rows]
    assert last == ["RuntimeError: connection lost", "ValueError: a bad batch", "RuntimeError: connection lost"]


@NEEDS_GLOO
def test_an_unused_parameter_breaks_the_order_unless_it_is_allowed() -> None:
    def two_steps(allow: bool) -> None:
        half_used = nn.Linear(2, 1)
        half_used.unused = nn.Parameter(torch.ones(1))
        model = nn.parallel.DistributedDataParallel(half_used, find_unused_parameters=allow)
        for _ in range(2):
            model(torch.randn(4, 2)).sum().backward()

    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        with pytest.raises(RuntimeError, match="Expected to have finished reduction in the prior iteration"):
            two_steps(allow=False)
        two_steps(allow=True)
    finally:
        torch.distributed.destroy_process_group()


# ── From the curve to the cause ───────────────────────────────────────────────────────────────────────────────────────


def test_far_too_large_an_lr_makes_the_right_loop_wild() -> None:
    wild = losses("bench?bug=none&lr=10")
    assert any(not math.isfinite(loss) for loss in wild)
    assert max(wild[:4]) > 10 * wild[0]


def test_on_one_batch_only_few_of_the_bugs_come_near_0() -> None:
    """The advice before a long run: 400 steps on the same 16 points."""
    points, labels = demo.blobs(3, 300, seed=0)
    x, y = points[:16], labels[:16]

    def lowest(bug: str) -> float:
        torch.manual_seed(0)
        model = demo.network(3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        for _ in range(400):
            if bug != "late_zero_grad":
                optimizer.zero_grad()
            loss = demo.loss_with(bug, model(x), y)
            loss.backward()
            if bug == "late_zero_grad":
                optimizer.zero_grad()
            optimizer.step()
        return float(loss.detach())

    assert lowest("none") < 0.01
    for bug in ("late_zero_grad", "softmax_first", "wrong_axis"):
        assert lowest(bug) > 0.5


@pytest.mark.parametrize("fault", ["wrong labels", "a lost layer", "no zero_grad"])
def test_on_one_batch_three_faults_come_near_0_all_the_same(fault: str) -> None:
    """Labels that are wrong but stay so, a layer that the optimizer does not hold, gradients that are never cleared."""
    points, labels = demo.blobs(3, 300, seed=0)
    torch.manual_seed(0)
    model = demo.network(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01 if fault == "no zero_grad" else 0.5)
    if fault == "a lost layer":
        model[2] = nn.Linear(32, 3)
    x, y = points[:16], labels[torch.randperm(16)] if fault == "wrong labels" else labels[:16]
    for _ in range(3000 if fault == "wrong labels" else 600):
        if fault != "no zero_grad":
            optimizer.zero_grad()
        loss = cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_the_bench_shows_the_right_loop_beside_the_bug() -> None:
    chart = run("bench?bug=softmax_first")[-1].pictures[0]
    assert isinstance(chart, Chart)
    assert [line.name for line in chart.series] == ["right loop", "softmax_first"]
    assert chart.series[0].values == tuple(losses("bench?bug=none"))
