"""Labels and losses: every number and every claim of the topic, against the torch that is installed.

What a loss takes, and its value, are asserted closely; what training does in kind, since paths hang on rounding. Error
texts are those of torch 2.13: where another version words them otherwise, only what it takes and refuses is asserted.
"""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys
import textwrap
import warnings
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.pictures import Chart, Frame, Grid, Table
from lessons.kit.problems import problems
from tutor.lab.checked import check

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.labels_and_losses.demo")

pytestmark = pytest.mark.torch

F = torch.nn.functional
Frames = tuple[Frame, ...]
TOPIC = load_course().topic("labels_and_losses")
SECTIONS = {section.slug: section for section in TOPIC.page.sections}
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
TARGETS = sorted(
    {*TOPIC.demos, *(section.panel for section in TOPIC.page.sections)}
    | {question.run for question in QUESTIONS.values()}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {"score?cat=-10&dog=10&bird=10&add=-1000", "score?cat=10&add=80", "score?add=100&label=bird"}
    | {"chance?classes=2", "chance?classes=150", "chance?classes=1000"}
    | {"outside?label=-1", "outside?label=-101&everywhere=true", "outside?label=9223372036854775807"}
    | {"smooth?smoothing=0.5", "smooth?smoothing=0.02", "rare?weight=100&times=100", "rare?weight=100&times=0.01"}
)
TORCH_2_13 = torch.__version__.startswith("2.13")


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "score?add=1000"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def last(target: str) -> dict[str, float]:
    return run(target)[-1].values


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def told(loss: str, dtype: str, shape: str) -> str:
    """The last note of `cells`."""
    return run(f"cells?loss={loss}&dtype={dtype}&shape={shape}")[-1].note


def taken(loss: str) -> set[tuple[str, str]]:
    """The dtypes and shapes of labels of which a loss gives a number."""
    table = run(f"cells?loss={loss}")[-1].pictures[0]
    assert isinstance(table, Table)
    cells = {(row[0], shape): cell for row in table.rows for shape, cell in zip(table.heads[1:], row[1:])}
    return {place for place, cell in cells.items() if not cell.endswith("Error")}


def places(demo_name: str, knob: str, start: float) -> list[Any]:
    """Every place that the right arrow reaches from `start`."""
    slider = TOPIC.demo(demo_name).knob(knob)
    found: list[Any] = [start]
    while (further := slider.turn(found[-1], 1)) != found[-1]:
        found.append(further)
    return found


def edited(demo_name: str, old: str, new: str) -> ModuleType:
    """The demos after an edit of one of them, as the editor makes it: the first `old` in its function becomes `new`."""
    code = inspect.getsource(getattr(demo, demo_name))
    assert old in code
    module = ModuleType("edited")
    exec(compile(TOPIC.source.replace(code, code.replace(old, new, 1)), "edited", "exec"), module.__dict__)  # noqa: S102
    return module


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts and signatures, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_the_sections_that_findings_lead_to_are_there() -> None:
    assert {
        "what-the-loss-does-itself",
        "a-dtype-for-each-loss",
        "a-shape-for-each-loss",
        "labels-out-of-range",
    } <= SECTIONS.keys()


def test_the_right_choice_has_no_place_of_its_own() -> None:
    """Each place has some, and none has more than half of them."""
    places = [question.right for question in QUESTIONS.values()]
    assert {places.count(place) for place in range(3)} <= set(range(1, len(places) // 2 + 1))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_stands_beside_the_demo_that_answers_it_and_not_on_its_answer(name: str) -> None:
    """While it is open, the panel shows the first frame of the section's setting."""
    section = next(section for section in TOPIC.page.sections if QUESTIONS[name] in section.questions)
    assert QUESTIONS[name].run.partition("?")[0] == section.panel.partition("?")[0]
    assert QUESTIONS[name].run != section.panel
    assert run(section.panel)[0].note != run(QUESTIONS[name].run)[-1].note


@pytest.mark.parametrize("target", TARGETS)
def test_notes_are_one_sentence_that_fits_two_rows(target: str) -> None:
    """Of 62 columns: the panel's in a terminal of 120."""
    for frame in run(target):
        assert frame.note.endswith(".")
        assert len(frame.note) > 20
        assert len(textwrap.wrap(frame.note, 62)) <= 2, frame.note


@pytest.mark.parametrize("loss", demo.LOSSES)
def test_every_cell_has_a_note_that_fits(loss: str) -> None:
    for dtype in demo.DTYPES:
        for shape in demo.SHAPES:
            assert len(textwrap.wrap(told(loss, dtype, shape), 62)) <= 2


@pytest.mark.parametrize("target", TARGETS)
def test_steps_count_from_the_start_to_the_end_and_every_picture_can_be_drawn(target: str) -> None:
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames} == {len(frames) - 1}
    for picture in (picture for frame in frames for picture in frame.pictures):
        check(picture)
        if isinstance(picture, Table):
            assert max((len(row[0]) for row in picture.rows if len(row) == 1), default=0) <= 54


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
        "import sys; from lessons.labels_and_losses import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    print(name, next(getattr(demo, name)(**knobs)).step, 'torch._dynamo' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines() == [f"{name} 0 False" for name in TOPIC.demos]


# ── From scores to a loss ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", ["score", "score?cat=-3&dog=4&label=bird", "score?cat=10&dog=10&bird=10"])
def test_the_loss_is_minus_the_log_of_the_share(target: str) -> None:
    values = last(target)
    asked = setting(TOPIC, target).knobs
    scores = [float(asked[name]) for name in demo.NAMES]
    share = math.exp(float(asked[str(asked["label"])])) / sum(map(math.exp, scores))
    assert values["loss"] == pytest.approx(-math.log(share), rel=1e-4)
    assert values["loss by hand"] == pytest.approx(values["loss"], rel=1e-4)


def test_a_share_of_a_half_costs_0_69_and_of_one_nothing() -> None:
    assert last("score?cat=0&dog=0&bird=-10")["loss"] == pytest.approx(0.69, abs=0.005)
    assert -math.log(0.5) == pytest.approx(0.69, abs=0.005)
    assert last("score?cat=10&dog=-10&bird=-10")["loss"] < 1e-6


def test_only_differences_between_scores_count() -> None:
    """Question `shift`: by hand it is nan."""
    values = answer("shift", "The same loss")[-1].values
    assert values["loss"] == pytest.approx(last("score")["loss"], abs=1e-4)
    assert values["loss"] == pytest.approx(0.17, abs=0.005)
    assert math.isnan(values["loss by hand"])
    assert torch.tensor(1002.0).exp().item() == math.inf


def test_sure_and_wrong_costs_more_than_ten_and_then_as_much_as_the_score_falls() -> None:
    """The goal of the section, on the slider of `cat`."""
    losses = [last(f"score?cat={cat}")["loss"] for cat in places("score", "cat", -10.0)]
    assert losses[0] > 10
    assert losses[0] - losses[1] == pytest.approx(1, abs=0.01)
    assert last("score")["loss"] == pytest.approx(0.17, abs=0.005)


# ── What the loss does itself ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_each_loss_takes_and_does_itself() -> None:
    """The table of the section, line by line."""
    scores, labels = torch.randn(6, 3), torch.randint(3, (6,))
    wanted = F.cross_entropy(scores, labels)
    assert torch.allclose(F.nll_loss(scores.log_softmax(1), labels), wanted)
    assert torch.allclose(F.nll_loss(scores.softmax(1).log(), labels), wanted)
    assert torch.allclose(-scores.log_softmax(1)[torch.arange(6), labels].mean(), wanted)
    yes = torch.rand(6, 3).round()
    assert torch.allclose(
        F.binary_cross_entropy(scores.sigmoid(), yes), F.binary_cross_entropy_with_logits(scores, yes), atol=1e-5
    )


def test_softmax_first_stops_the_loss_at_0_55() -> None:
    """Question `softmax`: no error, all points right, and never below the floor."""
    frames = answer("softmax", "It trains, and the loss never gets below 0.55")
    losses = [frame.values["loss"] for frame in frames]
    floor = F.cross_entropy(torch.tensor([1.0, 0, 0]), torch.tensor(0)).item()
    assert floor == pytest.approx(0.55, abs=0.005)
    assert torch.softmax(torch.tensor([1.0, 0, 0]), 0)[0].item() == pytest.approx(0.58, abs=0.005)
    assert floor < min(losses) < 0.6
    assert frames[-1].values["right"] == frames[-1].values["right of scores"] == 150
    assert frames[-1].values["loss of scores"] < 0.02
    assert torch.rand(5, 3).softmax(1).softmax(1).max() < 0.58


def test_softmax_first_makes_the_gradients_smaller() -> None:
    scores = torch.tensor([[0.0, 1.0, 0.5]], requires_grad=True)
    sizes = []
    for given in (scores, scores.softmax(1)):
        (gradient,) = torch.autograd.grad(F.cross_entropy(given, torch.tensor([0])), scores)
        sizes.append(gradient.norm().item())
    assert sizes[1] < 0.5 * sizes[0]


@pytest.mark.parametrize(("classes", "floor"), [(3, 0.55), (10, 1.46), (1000, 5.91)])
def test_the_floor_rises_with_the_classes(classes: int, floor: float) -> None:
    best = torch.zeros(1, classes)
    best[0, 0] = 1
    assert F.cross_entropy(best, torch.tensor([0])).item() == pytest.approx(floor, abs=0.005)


def test_log_softmax_first_changes_nothing() -> None:
    values = last("twice?before=log_softmax")
    assert values["loss"] == pytest.approx(values["loss of scores"], rel=1e-3)
    scores = torch.randn(4, 3)
    assert torch.allclose(scores.log_softmax(1), scores.log_softmax(1).log_softmax(1), atol=1e-6)


def test_argmax_needs_no_softmax() -> None:
    scores = torch.randn(50, 7)
    assert torch.equal(scores.argmax(1), scores.softmax(1).argmax(1))


# ── A model that knows nothing ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("classes", "loss"), [(2, 0.69), (3, 1.10), (10, 2.30), (1000, 6.91)])
def test_equal_scores_cost_ln_c(classes: int, loss: float) -> None:
    first = run(f"chance?classes={classes}")[0].values
    assert first["loss"] == pytest.approx(loss, abs=0.005)
    assert first["loss"] == pytest.approx(math.log(classes), abs=1e-4)


def test_scores_that_are_spread_and_say_nothing_cost_more() -> None:
    """Question `fresh`: a spread of 3 gives about 5.2 for ten classes."""
    losses = [frame.values["loss"] for frame in answer("fresh", "Its scores lie far apart")]
    assert losses == sorted(losses)
    assert losses[3] == pytest.approx(5.2, abs=0.05)
    assert losses[0] == pytest.approx(2.3, abs=0.01)


def test_above_five_begins_at_a_place_of_the_slider() -> None:
    """The goal of the section: ln C > 5 from 149 classes on."""
    assert math.log(148) < 5 < math.log(149)
    above = [count for count in places("chance", "classes", 100) if math.log(count) > 5]
    assert above[0] == 150
    assert run("chance?classes=150")[0].values["loss"] > 5


# ── A dtype for each loss, a shape for each loss, yes or no ───────────────────────────────────────────────────────────

FLOATS = ("float32", "float64", "float16")


def test_cross_entropy_takes_positions_flat_and_rows_of_floats() -> None:
    found = taken("cross_entropy")
    assert found >= {("int64", "[N]"), *((each, "[N,C]") for each in FLOATS)}
    assert not found & {(dtype, "[N,1]") for dtype in demo.DTYPES}
    assert not found & {(dtype, "[N]") for dtype in ("int32", "bool", *FLOATS)}
    assert not found & {(dtype, "[N,C]") for dtype in ("int64", "int32", "uint8", "bool")}
    if TORCH_2_13:
        assert ("uint8", "[N]") in found


def test_positions_and_rows_give_the_same_loss() -> None:
    flat, row = (
        last(f"cells?dtype={kind}&shape={form}")["loss"] for kind, form in (("int64", "[N]"), ("float32", "[N,C]"))
    )
    assert flat == pytest.approx(row, rel=1e-5)


def test_floats_in_the_shape_of_positions_are_refused() -> None:
    """Question `floats`."""
    frames = answer("floats", "It raises an error")
    assert math.isnan(frames[-1].values["loss"])
    with pytest.raises(RuntimeError):
        F.cross_entropy(torch.tensor(demo.SCORES), torch.tensor([0.0, 1, 2, 0]))


@pytest.mark.skipif(not TORCH_2_13, reason="the texts are those of torch 2.13")
@pytest.mark.parametrize(
    ("loss", "dtype", "shape", "words"),
    [
        ("cross_entropy", "float32", "[N]", "expected target dtype to be Long or Byte, but got Float"),
        ("cross_entropy", "int32", "[N]", "expected target dtype to be Long or Byte, but got Int"),
        ("cross_entropy", "int64", "[N,1]", "0D or 1D target tensor expected"),
        ("cross_entropy", "int64", "[N,C]", "Expected floating point type for target with class probabilities"),
        ("bce_with_logits", "int64", "[N,1]", "result type Float can't be cast to the desired output type Long"),
        ("bce", "int64", "[N,1]", "Found dtype Long but expected Float"),
    ],
)
def test_the_words_that_the_text_quotes(loss: str, dtype: str, shape: str, words: str) -> None:
    assert words in told(loss, dtype, shape)


def test_long_mends_whole_numbers_of_every_dtype() -> None:
    scores = torch.tensor(demo.SCORES)
    labels = torch.tensor([0, 1, 2, 0])
    wanted = F.cross_entropy(scores, labels)
    for dtype in (torch.int32, torch.uint8, torch.float32, torch.float64):
        assert F.cross_entropy(scores, labels.to(dtype).long()) == wanted


def test_what_a_data_loader_makes_of_labels() -> None:
    numpy = pytest.importorskip("numpy")
    collate = torch.utils.data.default_collate
    assert collate([0, 1, 2]).dtype == torch.int64
    assert collate([0.0, 1.0]).dtype == torch.float64
    assert collate([numpy.int32(0), numpy.int32(1)]).dtype == torch.int32


def test_squeeze_mends_a_column() -> None:
    column = torch.tensor([[0], [1], [2], [0]])
    assert F.cross_entropy(torch.tensor(demo.SCORES), column.squeeze(1)).item() == pytest.approx(last("cells")["loss"])


def test_bce_takes_floats_in_the_shape_of_its_scores_alone() -> None:
    """Question `yes`, and the row that it refuses."""
    assert taken("bce_with_logits") == {(dtype, "[N,1]") for dtype in FLOATS}
    assert ("float32", "[N,1]") in taken("bce")
    assert all(shape == "[N,1]" for _, shape in taken("bce"))
    with pytest.raises(ValueError, match=r"Target size .* must be the same as input size"):
        F.binary_cross_entropy_with_logits(torch.zeros(4, 1), torch.zeros(4))
    assert F.binary_cross_entropy_with_logits(torch.zeros(4, 1), torch.zeros(4).unsqueeze(1)).item() > 0
    assert "refuses int64 [N,1]" in answer("yes", "It raises an error that does not speak")[-1].note
    assert "target" not in run(QUESTIONS["yes"].run)[-1].note.lower()


def test_a_sigmoid_too_many_makes_a_no_cost_0_69_at_least() -> None:
    scores = torch.linspace(-50, 50, 21)
    losses = F.binary_cross_entropy_with_logits(scores.sigmoid(), torch.zeros(21), reduction="none")
    assert losses.min().item() == pytest.approx(math.log(2), abs=1e-4)
    assert math.log(2) == pytest.approx(0.69, abs=0.005)


def test_an_embedding_takes_int32_as_well() -> None:
    assert torch.nn.Embedding(3, 2)(torch.tensor([0, 2], dtype=torch.int32)).shape == (2, 2)


def test_several_questions_at_once_and_labels_between_0_and_1() -> None:
    scores = torch.randn(4, 3)
    assert F.binary_cross_entropy_with_logits(scores, torch.rand(4, 3)).item() > 0
    assert (torch.tensor([-0.1, 0.1]).sigmoid() > 0.5).tolist() == [False, True]
    assert torch.tensor(0.3).sigmoid().item() == pytest.approx(1 / (1 + math.exp(-0.3)))


def test_mse_takes_every_dtype_and_shape_and_only_warns() -> None:
    assert taken("mse_loss") == {(dtype, shape) for dtype in demo.DTYPES for shape in demo.SHAPES}
    assert last("cells?loss=mse_loss&dtype=float32&shape=[N,1]")["loss"] == 0
    assert last("cells?loss=mse_loss&dtype=float32&shape=[N]")["loss"] == 2.5
    assert "no more than a warning" in told("mse_loss", "float32", "[N]")
    with pytest.warns(UserWarning, match=re.escape("Using a target size (torch.Size([4])) that is different to the")):
        F.mse_loss(torch.zeros(4, 1), torch.zeros(4))


def test_a_perfect_line_unlearns_with_flat_labels() -> None:
    """Question `flat`: from 2.5 down to 1.25, the variance of the labels, with a slope of 0."""
    frames = answer("flat", "The line unlearns")
    assert frames[0].values == {"loss": 2.5, "weight": 1, "bias": 0}
    assert frames[-1].values["loss"] == pytest.approx(1.25, abs=0.001)
    assert frames[-1].values["weight"] == pytest.approx(0, abs=0.01)
    assert frames[-1].values["bias"] == pytest.approx(1.5, abs=0.01)
    grid = frames[0].pictures[0]
    assert isinstance(grid, Grid)
    assert len(grid.values) == 16
    losses = [frame.values["loss"] for frame in frames]
    assert losses == sorted(losses, reverse=True)


def test_with_a_column_of_labels_nothing_moves() -> None:
    frames = run("unlearn?labels=[N,1]")
    assert {frame.values["loss"] for frame in frames} == {0}
    assert {frame.values["weight"] for frame in frames} == {1}


def test_the_edit_makes_the_flat_labels_a_column_again() -> None:
    """The edit that the section asks for, made in the demo's own source."""
    line = "    target = x if labels"
    code = inspect.getsource(demo.unlearn)
    (whole,) = (each for each in code.splitlines(keepends=True) if each.startswith(line))
    changed = edited("unlearn", whole, f"{whole}    target = target.reshape(-1, 1)\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frames = tuple(changed.unlearn("[N]"))
    assert {frame.values["loss"] for frame in frames} == {0}


# ── Labels out of range ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("label", ["3", "-1", "-101"])
def test_what_is_no_class_is_an_index_error(label: str) -> None:
    with pytest.raises(IndexError, match=re.escape(f"Target {label} is out of bounds")):
        F.cross_entropy(torch.tensor(demo.SCORES), torch.tensor([0, 1, 2, int(label)]))
    assert f"IndexError: “Target {label} is out of bounds”" in run(f"outside?label={label}")[-1].note


def test_padding_is_left_out_of_the_mean() -> None:
    """Question `ignored`: the mean is over three; alone it shows as 0."""
    values = answer("ignored", "It leaves that sample out")[-1].values
    scores = torch.tensor(demo.SCORES)
    assert values["loss"] == pytest.approx(F.cross_entropy(scores[:3], torch.tensor([0, 1, 2])).item())
    assert values["counted"] == 3
    each = F.cross_entropy(scores, torch.tensor([0, 1, 2, -100]), reduction="none")
    assert each[3] == 0
    assert each.mean().item() < values["loss"]
    assert torch.nn.CrossEntropyLoss().ignore_index == -100


def test_nothing_but_padding_is_nan_without_an_error() -> None:
    """The goal of the section: it takes both knobs."""
    frames = run("outside?label=-100&everywhere=true")
    assert math.isnan(frames[-1].values["loss"])
    assert "nothing was raised" in frames[-1].note
    for target in ("outside?label=-100", "outside?label=2&everywhere=true", "outside?label=0"):
        assert math.isfinite(last(target)["loss"])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("two", "label takes a whole number"),
        ("1.5", "label takes a whole number"),
        ("9" * 30, "more than int64 can hold"),
    ],
)
def test_a_typed_label_that_is_none_is_refused_with_a_sentence(typed: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tuple(demo.outside(typed, False))


@pytest.mark.gpu
def test_on_a_gpu_a_label_out_of_range_stops_the_kernel() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device and a CUDA build of torch")
    code = (
        "import torch\n"
        "scores, labels = torch.randn(4, 3).cuda(), torch.tensor([0, 1, 2, 3]).cuda()\n"
        "try:\n    torch.nn.functional.cross_entropy(scores, labels).item()\n"
        "except RuntimeError as error:\n    print('device-side assert' in str(error))\n"
        "try:\n    torch.ones(2).cuda()\n"
        "except RuntimeError as error:\n    print('device-side assert' in str(error))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert ran.stdout.split() == ["True", "True"]


# ── A label with a doubt, a class that is rare ────────────────────────────────────────────────────────────────────────


def test_smoothing_takes_a_tenth_and_deals_it_out() -> None:
    scores, label = torch.randn(1, 3), torch.tensor([0])
    soft = torch.tensor([[0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]])
    assert soft[0].tolist() == pytest.approx([0.933, 0.033, 0.033], abs=0.001)
    assert torch.allclose(F.cross_entropy(scores, label, label_smoothing=0.1), F.cross_entropy(scores, soft), atol=1e-6)


def test_with_smoothing_the_loss_is_lowest_at_a_score_near_three() -> None:
    """Question `lowest`: exactly at ln 28 = 3.33, where the share is 0.933 and the loss 0.29."""
    values = answer("lowest", "At about 3.3")[-1].values
    assert values["lowest at"] == 3
    assert math.log(28) == pytest.approx(3.3, abs=0.05)
    best = torch.tensor([[math.log(28), 0, 0]])
    assert best.softmax(1)[0, 0].item() == pytest.approx(0.933, abs=0.001)
    assert F.cross_entropy(best, torch.tensor([0]), label_smoothing=0.1).item() == pytest.approx(0.29, abs=0.005)
    assert values["lowest"] > 0.29


def test_without_smoothing_it_falls_on_and_on() -> None:
    losses = [frame.values["loss"] for frame in run("smooth?smoothing=0")]
    assert all(later < earlier for earlier, later in zip(losses, losses[1:]))


def test_a_smoothing_of_one_says_nothing() -> None:
    losses = [
        F.cross_entropy(torch.tensor([[right, 0.0, 0.0]]), torch.tensor([0]), label_smoothing=1.0).item()
        for right in (0.0, 1.0, 2.0)
    ]
    assert losses == sorted(losses)


def test_some_smoothing_is_lowest_at_a_score_of_two() -> None:
    """The goal of the section, at places of the slider."""
    assert any(last(f"smooth?smoothing={each}")["lowest at"] == 2 for each in places("smooth", "smoothing", 0.1))


def test_unweighted_the_rare_class_is_hardly_found() -> None:
    frames = run("rare?weight=1")
    assert frames[0].values["accuracy"] == 0.95
    assert frames[0].values["rare right"] == 0
    assert frames[-1].values["accuracy"] == pytest.approx(0.95, abs=0.005)
    assert frames[-1].values["rare right"] == 1


def test_with_equal_weight_nine_of_ten_are_found_and_the_common_ones_pay() -> None:
    values = last("rare?weight=19")
    assert values["rare right"] == 9
    assert values["common right"] < last("rare?weight=1")["common right"] - 10


def test_a_factor_on_all_weights_changes_nothing() -> None:
    """Question `factor`: the losses, the weights and so the counts are the same."""
    for one, other in zip(answer("factor", "Nothing"), run("rare?weight=19")):
        assert one.values["loss"] == pytest.approx(other.values["loss"], rel=1e-4)
        assert one.values["rare right"] == other.values["rare right"]
        assert one.values["common right"] == pytest.approx(other.values["common right"], abs=1)
    scores, labels = torch.randn(6, 2), torch.tensor([0, 1, 0, 0, 1, 0])
    sums = [F.cross_entropy(scores, labels, weight=k * torch.ones(2), reduction="sum").item() for k in (1, 10)]
    assert sums[1] == pytest.approx(10 * sums[0])


def test_eight_of_ten_are_found_from_some_place_of_the_slider_on() -> None:
    """The goal of the section, and that it costs."""
    found = {weight: last(f"rare?weight={weight}") for weight in places("rare", "weight", 5.0) if weight <= 20}
    enough = [weight for weight, values in found.items() if values["rare right"] >= 8]
    assert enough
    assert 5 < enough[0] < 19  # at 5 it is too few
    assert 10 < 190 - found[enough[0]]["common right"] < 60


# ── Read the message, then the label ──────────────────────────────────────────────────────────────────────────────────


def test_classes_are_axis_one_of_scores_with_more_axes() -> None:
    """[N, T, C] is told as a target of another size; [N, C, T] is taken."""
    scores, labels = torch.randn(2, 5, 7), torch.randint(7, (2, 5))
    with pytest.raises(RuntimeError, match="Expected target size"):
        F.cross_entropy(scores, labels)
    assert F.cross_entropy(scores.transpose(1, 2), labels).shape == ()


def test_the_charts_ask_for_axes_that_hold_their_lines() -> None:
    for target in ("twice?before=softmax", "rare?weight=100", "unlearn?labels=[N]"):
        for picture in run(target)[-1].pictures:
            if isinstance(picture, Chart):
                assert all(value <= (picture.high or math.inf) for line in picture.series for value in line.values)


def test_on_torch_that_raises_the_words_are_kept_short() -> None:
    """A text that is too long for a note is cut between words, and whole in the picture beside it."""
    frame = run("cells?loss=bce&dtype=int64&shape=[N,C]")[-1]
    if "Using a target size" not in frame.note:
        pytest.skip("this torch words it otherwise")
    assert frame.note.endswith("…”.")
    whole = frame.pictures[1]
    assert isinstance(whole, Table)
    assert " ".join(row[0] for row in whole.rows).endswith("they have the same size.")
