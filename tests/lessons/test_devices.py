"""Devices: every claim of the topic, against the torch that is installed.

Times are measured, and on a busy machine they are what they are: asserted is only what holds on any, as that a batch
comes no sooner than its wait, and that two sides which take turns never fill more than the whole time.
"""

from __future__ import annotations

import inspect
import textwrap
import threading
from collections.abc import Iterator
from functools import cache

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.pictures import Bars, Chart, Frame, Table
from lessons.kit.problems import problems
from lessons.kit.words import summary

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
    | {"feed?batch=1&wait=0&workers=4", "feed?batch=1&wait=40&workers=0", "feed?batch=4096&wait=40&workers=4"}
)
FEEDS = [target for target in TARGETS if target.startswith("feed")]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in the worker."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
    assert "two-devices" in SECTIONS
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


def test_one_worker_for_a_slow_loader_saves_only_the_step() -> None:
    """The loader works nearly all of the time, and a batch takes no less than its wait."""
    values = answer("pace", "Little: now the loader is busy")[-1].values
    assert values["ms a batch"] >= 40 - 0.1
    assert values["loader"] > values["device"]
    assert reached(QUESTIONS["pace"].run, "loader", 80)


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


def rows(target: str) -> list[tuple[str, ...]]:
    (table,) = run(target)[-1].pictures
    assert isinstance(table, Table)
    return list(table.rows)


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
    (table,) = run("places?to=moved")[-1].pictures
    assert isinstance(table, Table)
    assert ("virtual cuda" in table.title) is not torch.cuda.is_available()


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
