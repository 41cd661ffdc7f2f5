"""The bug clinic: its patients are found by the check from outside, their cures are quiet, and its texts are true."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lessons.kit.course import load_course, setting
from lessons.kit.page import Code
from lessons.kit.pictures import Chart, Frame, Table
from lessons.kit.problems import problems
from tutor.report.crash import crash_explained

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
sys.path.insert(0, str(Path(__file__).parents[2]))
demo = pytest.importorskip("lessons.bug_clinic.demo")

from lessons.measure import clinic  # noqa: E402
from tests.diagnostics.training.forks import Forks, Outcome  # noqa: E402

pytestmark = pytest.mark.torch

TOPIC = load_course().topic("bug_clinic")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}

DIAGNOSES = {
    "two_devices": ("device-mismatch", "model(points)"),
    "double_and_float": ("input-float64", "model(points)"),
    "expected_long": ("label-dtype", "cross_entropy("),
    "mat1_and_mat2": ("matmul-shape", "model(points)"),
    "multi_target": ("label-shape", "cross_entropy("),
    "out_of_bounds": ("label-range", "cross_entropy("),
    "equal_size": ("collate-sizes", "for batch, labels in loader:"),
    "no_grad_fn": ("no-graph", "loss.backward()"),
    "numpy_on_grad": ("numpy-of-grad", "loss.numpy()"),
    "a_leaf_in_place": ("leaf-inplace", "w -= 0.1 * w.grad"),
    "a_second_time": ("graph-freed", "loss.backward()"),
    "version_one": ("modified-inplace", "loss.backward()"),
    "unscale_fp16": ("unscale-fp16", "scaler.step(optimizer)"),
    "it_begins_at_five": ("log-softmax-over-batch", "log_softmax(dim=0)"),
    "never_sure": ("softmax-before-cross-entropy", ".softmax(dim=1)"),
    "flat_at_ln_3": ("flat-at-chance", "loss.backward()"),
    "it_forgets": ("sorted-labels", "cross_entropy(model(batch)"),
    "half_of_it_learns": ("stale-optimizer", "torch.optim.SGD"),
    "two_answers": ("evaluating-in-train", "model(x)"),
    "the_line_stays_level": ("loss-broadcast", "mse_loss("),
    "up_and_down": ("missing-zero-grad", "optimizer.step()"),
    "memory_grows": ("graph-kept", "total += loss"),
    "only_on_the_laptop": ("device-mismatch", "model(points)"),
}
"""What `tutor check` says of each patient, and what stands in the line that it names."""

LOUD, SILENT = list(DIAGNOSES)[:13], list(DIAGNOSES)[13:]
CURES = [(name, planted.file) for name, one in TOPIC.exercises.items() for planted in one.right]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """Runs programs under the whole check, as a command of its own would."""
    running = Forks()
    yield running
    running.close()


@cache
def run(target: str) -> tuple[Frame, ...]:
    """The frames of a demo at a setting such as "ward?patient=two_devices"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def answer(name: str, right: str) -> Frame:
    """The last frame of the run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)[-1]


def table(frame: Frame) -> dict[str, tuple[str, ...]]:
    """The rows of a frame's table, by their first word."""
    found = next(picture for picture in frame.pictures if isinstance(picture, Table))
    return {row[0]: row[1:] for row in found.rows}


def told(outcome: Outcome, file: Path) -> list[tuple[str, int]]:
    """The findings of `tutor check`, with what it makes of a crash: id and line, but for notes that may be meant."""
    found = [(one["id"], one["line"]) for one in outcome.findings if one["status"] in ("warn", "fail")]
    found += [(one["id"], one["line"]) for one in outcome.findings if one["id"] in clinic.TELLING]
    if outcome.error and not found:
        error = {"misses_gpu": False, "traceback": outcome.trace, "file": str(file), "line": outcome.line}
        found += [(one.id, one.where.line) for one in crash_explained(error, []) if one.where]
    return found


def test_there_are_23_patients() -> None:
    """Thirteen loud and ten silent, in the order of the wards."""
    assert list(TOPIC.exercises) == LOUD + SILENT
    assert (len(LOUD), len(SILENT)) == (13, 10)
    assert not [problem for problem in problems() if "bug_clinic" in str(problem)]


@pytest.mark.parametrize("patient", DIAGNOSES)
def test_the_check_finds_the_patient(forks: Forks, patient: str) -> None:
    """From outside of the app, by its id and at its line, and says nothing else."""
    file = TOPIC.exercises[patient].folder / "start.py"
    id_, text = DIAGNOSES[patient]
    found = told(forks.run(file, device="check"), file)
    assert [one for one, _ in found] == [id_]
    assert text in file.read_text().splitlines()[found[0][1] - 1]


@pytest.mark.parametrize(("patient", "file"), CURES, ids=lambda one: one if isinstance(one, str) else one.stem)
def test_the_check_is_quiet_on_a_cure(forks: Forks, patient: str, file: Path) -> None:
    """The reference and every other cure run to their end without a word."""
    outcome = forks.run(file, device="check")
    assert not outcome.error
    assert told(outcome, file) == []


@pytest.mark.parametrize("patient", LOUD)
def test_a_loud_patient_says_what_its_task_quotes(patient: str) -> None:
    """The message in the task is the beginning of torch's own, but for line breaks and what was left out."""
    exercise = TOPIC.exercises[patient]
    quoted = next(block.source for block in exercise.task.blocks if isinstance(block, Code))
    seen = clinic.visit(exercise.start, demo.kept_losses)
    kind, _, message = seen.error.partition(": ")
    assert quoted.startswith(kind)
    if patient == "numpy_on_grad" and "not available" in message:
        return  # no NumPy here
    first = " ".join(quoted.partition(": ")[2].split())[:40]
    assert message.startswith(first)


@pytest.mark.parametrize(
    ("patient", "first", "last"),
    [
        ("never_sure", 1.073, 0.635),
        ("the_line_stays_level", 3.094, 3.071),
        ("half_of_it_learns", 1.101, 0.404),
        ("it_begins_at_five", 4.746, 3.892),
        ("flat_at_ln_3", 1.099, 1.098),
    ],
)
def test_a_silent_patient_prints_what_its_task_shows(patient: str, first: float, last: float) -> None:
    """The losses that the task quotes; rounding may differ a little from machine to machine."""
    exercise = TOPIC.exercises[patient]
    losses = clinic.visit(exercise.start, demo.kept_losses).seen["losses"]
    assert (losses[0], losses[-1]) == pytest.approx((first, last), rel=0.02)
    quoted = " ".join(block.source for block in exercise.task.blocks if isinstance(block, Code))
    assert f"{first:.3f} at the start, {last:.3f} after" in quoted


def test_an_evaluation_in_train_mode_gives_two_answers() -> None:
    """The patient prints two losses, its cure one."""
    exercise = TOPIC.exercises["two_answers"]
    pairs = [
        re.findall(r"\d\.\d{3}", clinic.visit(source, demo.kept_losses).printed.splitlines()[-1])
        for source in (exercise.start, exercise.solution)
    ]
    assert pairs[0] == ["0.322", "0.474"] or pairs[0][0] != pairs[0][1]
    assert pairs[1][0] == pairs[1][1]


def test_ten_times_as_many_steps_hardly_help_a_second_softmax() -> None:
    """What the task of the patient that is never sure says, and that its floor holds."""
    longer = TOPIC.exercises["never_sure"].start.replace("range(40)", "range(400)")
    last = clinic.visit(longer, demo.kept_losses, watched=False).seen["losses"][-1]
    assert 0.551 < last == pytest.approx(0.58, abs=0.01)


def test_what_is_lowest_and_what_is_chance() -> None:
    """A second softmax has a floor, and guessing has ln C."""
    assert -math.log(math.e / (math.e + 2)) == pytest.approx(0.551, abs=5e-4)
    assert -math.log(math.e / (math.e + 9)) == pytest.approx(1.461, abs=5e-4)
    assert [round(math.log(count), 2) for count in (3, 10, 1000, 120)] == [1.10, 2.30, 6.91, 4.79]


@pytest.mark.parametrize("groups", [3, 10, 100])
def test_where_a_loss_begins_and_ends(groups: int) -> None:
    """At ln C and at 0, unless a softmax too many holds it up, or one over the batch counts the points."""
    sound, double, over = (
        run(f"bounds?softmax={softmax}&groups={groups}")[-1].values
        for softmax in ("in-the-loss", "twice", "over-the-batch")
    )
    assert sound["first"] == pytest.approx(math.log(groups), rel=0.06)
    assert sound["lowest"] == 0
    assert double["first"] == pytest.approx(math.log(groups), rel=0.02)
    assert double["lowest"] == pytest.approx(-math.log(math.e / (math.e + groups - 1)), abs=1e-4)
    assert over["first"] == pytest.approx(math.log(120), rel=0.02)


def test_a_batch_can_hide_a_softmax_over_it() -> None:
    """The goal of the Turn: with as many points as groups the first loss looks healthy. It is the slider's end."""
    hidden = run("bounds?softmax=over-the-batch&groups=3&batch=3")[-1].values
    assert hidden["first"] == pytest.approx(math.log(3), rel=0.1)
    assert run("bounds?softmax=over-the-batch&groups=3&batch=6")[-1].values["first"] > 1.5


def test_eight_samples_are_learned_by_heart() -> None:
    """So the loop of the patient that stays flat works; shuffled, the pairs are broken as before."""
    assert run("by_heart?samples=8")[-1].values["loss"] < 0.3
    shuffled = [frame.values["loss"] for frame in run("by_heart?samples=8&shuffled=true")[-20:]]
    assert sum(shuffled) / len(shuffled) == pytest.approx(math.log(3), rel=0.1)
    assert run("by_heart?samples=120&shuffled=true")[-1].values["loss"] == pytest.approx(math.log(3), rel=0.02)
    assert run("by_heart?samples=120")[-1].values["loss"] < 0.3
    assert run("by_heart?samples=2")[-1].values["loss"] < 0.3


def test_the_questions_are_answered_by_their_runs() -> None:
    """Each right answer is what its run shows."""
    assert answer("first", "Train on 8 samples").values["loss"] < 0.3
    assert "grad_fn" in str(table(answer("origin", "Further up"))["patient"])
    clamped = answer("silence", "Another patient").values
    assert clamped["silenced loss"] < clamped["cured loss"]
    assert clamped["silenced right"] == pytest.approx(1 / 3, abs=0.04)
    floor = answer("floor", "It begins at 2.30 and comes down to 1.46").values
    assert (floor["first"], floor["lowest"]) == pytest.approx((2.30, 1.46), abs=0.005)
    assert answer("heart", "Near 1.1").values["loss"] > 0.8
    assert table(answer("still", "All of its ReLUs are dead"))["first.weight"] == ("0", "0")
    blind = table(answer("blind", "Yes, and both are wrong"))
    assert blind["the same batch again"] == ("0",)
    assert float(blind["in batches of 30"][0]) > 0.1


@pytest.mark.parametrize("way", demo.SILENCED)
def test_what_is_only_silenced_runs_and_sorts_badly(way: str) -> None:
    """No error any more, and far fewer points right than after a cure."""
    values = run(f"silenced?way={way}")[-1].values
    assert values["silenced right"] < 0.7 < 0.9 < values["cured right"]


@pytest.mark.parametrize(("fault", "gradient"), [("detached", "None"), ("frozen", "None"), ("dead", "0")])
def test_a_layer_that_stands_still_is_told_by_its_gradient(fault: str, gradient: str) -> None:
    """None where nothing comes, and exactly 0 where a factor is 0."""
    assert table(run(f"moves?fault={fault}")[-1])["first.weight"] == (gradient, "0")


def test_a_layer_in_no_optimizer_has_a_gradient_and_stands_still() -> None:
    """And one without a fault has one and moves."""
    gradient, moved = table(run("moves?fault=left-out")[-1])["first.weight"]
    assert float(gradient) > 0
    assert moved == "0"
    assert all(float(cell) > 0 for row in table(run("moves?fault=none")[-1]).values() for cell in row)


@pytest.mark.parametrize(
    ("layer", "mode", "again", "in_parts"),
    [
        ("none", "train", True, True),
        ("Dropout", "train", False, False),
        ("BatchNorm1d", "train", True, False),
        ("Dropout", "eval", True, True),
        ("BatchNorm1d", "eval", True, True),
    ],
)
def test_who_agrees_with_itself(layer: str, mode: str, again: bool, in_parts: bool) -> None:
    """In eval mode everybody does, in parts but for the last digits; BatchNorm is caught in parts alone."""
    values = run(f"twice?layer={layer}&mode={mode}")[-1].values
    assert (values["the same batch again"] == 0) is again
    assert (values["in batches of 30"] < 1e-5) is in_parts


def test_three_of_the_nine_are_told_by_a_yes_or_no() -> None:
    """The Turn of the last section."""
    told = [name for name in SILENT[:-1] if "Not as in the cured" in run(f"tests?patient={name}")[-1].note]
    assert told == ["half_of_it_learns", "two_answers", "memory_grows"]


@pytest.mark.parametrize("patient", SILENT)
def test_a_silent_patient_comes_before_the_question_of_its_section(patient: str) -> None:
    """So its section asks about a variant, and spoils nothing; the last ward asks nothing at all."""
    source = (TOPIC.folder / "lesson.md").read_text("utf-8")
    section = next(one for one in source.split("\n## ") if f"exercise:{patient})" in one)
    assert f"exercise:{patient})" in section.partition("```predict")[0]


def test_the_saw_has_teeth() -> None:
    """The batches that the section and the task quote."""
    losses = clinic.visit(TOPIC.exercises["it_forgets"].start, demo.kept_losses).seen["losses"]
    assert min(losses[4], losses[8]) > 4 * max(losses[3], losses[7])


def test_the_gradients_of_a_patient_that_swings_grow() -> None:
    """And what it keeps is of no concern: the tests tell the patients apart."""
    values = run("tests?patient=up_and_down")[-1].values
    assert values["last norm"] > 2 * values["first norm"]
    assert table(run("tests?patient=memory_grows")[-1])["what is kept"] == ("a number", "with its graph")


@pytest.mark.parametrize("patient", DIAGNOSES)
def test_the_ward_shows_every_patient(patient: str) -> None:
    """Its error and line, or its curve beside the cured one; the check on request only."""
    frames = run(f"ward?patient={patient}")
    assert frames[0].step == 0
    assert all(len(frame.note) <= 150 for frame in frames)
    rows = table(frames[-1])
    assert "check" not in rows
    charts = [picture for picture in frames[-1].pictures if isinstance(picture, Chart)]
    if patient in LOUD:
        assert "stopped at line" in frames[-1].note
    elif patient not in ("memory_grows", "only_on_the_laptop"):
        assert [line.name for line in charts[0].series] == ["patient", "cured"]


def test_the_same_knobs_give_the_same_frames() -> None:
    run.cache_clear()
    first = run("tests?patient=two_answers")
    clinic._KEPT.clear()
    run.cache_clear()
    assert run("tests?patient=two_answers") == first
