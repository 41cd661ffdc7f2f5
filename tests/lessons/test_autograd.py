"""Autograd: every number and every claim of the topic, against the torch that is installed."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.failure import failure
from lessons.kit.knobs import Choice, Slider, Toggle
from lessons.kit.pictures import Chart, Flow, Frame, Graph, Grid, Node, Table
from lessons.kit.problems import problems
from lessons.kit.words import summary

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.autograd.demo")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("autograd")
SECTIONS = {section.slug: section for section in TOPIC.page.sections}
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]


def ends(name: str) -> Iterator[str]:
    """The demo with each of its knobs at each end, and at each option."""
    for knob in TOPIC.demo(name).knobs:
        if isinstance(knob, Slider):
            yield from (f"{name}?{knob.name}={knob.show(end)}" for end in (knob.low, knob.high))
        elif isinstance(knob, Toggle):
            yield from (f"{name}?{knob.name}={end}" for end in ("on", "off"))
        else:
            yield from (f"{name}?{knob.name}={option}" for option in knob.options)


FUNCTIONS = ("sigmoid", "relu", "sin", "square")
WRITES = ("h.mul_(2)", "h.mul(2)", "h.data.mul_(2)", "z.mul_(2)", "w.mul_(2)")
TARGETS = sorted(
    {*TOPIC.demos, *(section.panel for section in TOPIC.page.sections if section.panel)}
    | {question.run for question in QUESTIONS.values()}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {target for name in TOPIC.demos for target in ends(name)}
    | {"graph?expression=x", "graph?expression=x*x*x*x*x*x", "graph?expression=w/0", "graph?expression=log(0*x)"}
    | {"graph?expression=sigmoid(w*x)*tanh(w*x+b)/exp(b)-sqrt(abs(w*x*b))+cos(w)", "graph?expression=w*x.detach()+b"}
    | {f"inplace?function={each}&write={line}" for each in FUNCTIONS for line in WRITES}
    | {"accumulate?calls=6&zero=on", "depth?depth=32&activation=double", "depth?depth=1&activation=relu"}
    | {"differences?at=-1&quotient=one-sided", "graph?expression=(w*x+b-10)**2&w=3", "leaf?double=on&retain=on"}
)


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "depth?depth=32"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def last(target: str) -> dict[str, float]:
    """The numbers with which a run ends."""
    return run(target)[-1].values


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def chart(frame: Frame) -> Chart:
    return next(picture for picture in frame.pictures if isinstance(picture, Chart))


def graph(frame: Frame) -> Graph:
    return next(picture for picture in frame.pictures if isinstance(picture, Graph))


def nodes(frame: Frame) -> tuple[Node, ...]:
    found = graph(frame).nodes
    assert found is not None
    return found


def flow(frame: Frame, expression: str) -> Flow:
    """What the pass has brought to a node."""
    return graph(frame).flows[[node.expression for node in nodes(frame)].index(expression)]


def version(demo_name: str, *edits: tuple[str, str]) -> str:
    """The demos' text after edits of one of them, as the editor makes them: the first `old` in it becomes `new`."""
    code = changed = inspect.getsource(getattr(demo, demo_name))
    for old, new in edits:
        assert old in changed
        changed = changed.replace(old, new, 1)
    return TOPIC.source.replace(code, changed)


def edited(demo_name: str, *edits: tuple[str, str]) -> ModuleType:
    """The demos after these edits."""
    module = ModuleType("edited")
    exec(compile(version(demo_name, *edits), "edited", "exec"), module.__dict__)  # noqa: S102
    return module


def places(demo_name: str, knob: str, start: float, way: int = 1, fine: bool = False) -> list[Any]:
    """Every place that the right arrow reaches from `start`; the left one where `way` is -1."""
    slider = TOPIC.demo(demo_name).knob(knob)
    found: list[Any] = [start]
    while (further := slider.turn(found[-1], way, fine)) != found[-1]:
        found.append(further)
    return found


def scalar(value: float) -> Any:
    return torch.tensor(value, requires_grad=True)


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts and signatures, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


GIVEN_AWAY_AT_THE_START = {"constant", "detached", "nonleaf"}
"""Questions whose own graph, before any gradient, is half of the answer: what is not in it."""


def test_the_panel_waits_at_the_start_of_its_questions_run_and_gives_nothing_away() -> None:
    """At another setting of the same demo where that start would say it."""
    assert 6 <= len(QUESTIONS) <= 11
    for section in TOPIC.page.sections:
        for question in section.questions:
            asked, shown = setting(TOPIC, question.run), setting(TOPIC, section.panel)
            assert asked.demo == shown.demo
            assert (asked != shown) == (question.name in GIVEN_AWAY_AT_THE_START)
            start, end = run(section.panel)[0], run(question.run)[-1]
            assert start.note != end.note
            assert not {name for name in start.values if name.endswith("grad")}


def test_the_right_choice_has_no_place_of_its_own() -> None:
    """Each place has some, and none has more than half of them."""
    chosen = [question.right for question in QUESTIONS.values()]
    assert {chosen.count(place) for place in range(3)} <= set(range(1, len(chosen) // 2 + 1))


@pytest.mark.parametrize("calls", [1, 3, 6])
def test_the_axis_of_calls_is_the_same_for_any_number_of_them(calls: int) -> None:
    """It would give away where the last of them ends."""
    assert (chart(run(f"accumulate?calls={calls}")[0]).low, chart(run("accumulate?calls=6")[-1]).high) == (0, 72)
    assert chart(run(f"accumulate?calls={calls}")[0]).high == 72 == last("accumulate?calls=6")["x.grad"]


@pytest.mark.parametrize("target", TARGETS)
def test_notes_are_a_sentence_that_fits_two_rows(target: str) -> None:
    """Of 62 columns: the panel's in a terminal of 120."""
    for frame in run(target):
        assert frame.note.endswith(".")
        assert len(frame.note) > 15
        assert len(textwrap.wrap(frame.note, 62)) <= 2, frame.note


@pytest.mark.parametrize("target", TARGETS)
def test_steps_count_from_the_start_to_the_end(target: str) -> None:
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames} == {len(frames) - 1}


@pytest.mark.parametrize("target", TARGETS)
def test_pictures_stay_of_a_kind_and_nodes_are_one_object(target: str) -> None:
    frames = run(target)
    for frame in frames:
        assert [type(picture) for picture in frame.pictures] == [type(picture) for picture in frames[0].pictures]
        for now, at_start in zip(frame.pictures, frames[0].pictures):
            if isinstance(now, Graph) and isinstance(at_start, Graph):
                assert now.nodes is at_start.nodes
                assert len(now.flows) == len(now.nodes or ())


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_demo_fits_the_code_view(name: str) -> None:
    """The view is 70 columns wide and about 33 rows high in a terminal of 120 by 40."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert [line for line in lines if len(line) > 70] == []
    assert len(lines) <= 36


@pytest.mark.parametrize("target", ["cut", "modes", "depth", "network", "graph", "leaf", "accumulate", "differences"])
def test_the_same_knobs_give_the_same_frames(target: str) -> None:
    asked = setting(TOPIC, target)
    torch.manual_seed(123)
    assert tuple(getattr(demo, asked.demo)(**asked.knobs)) == run(target)


def test_no_demo_loads_what_takes_seconds() -> None:
    """An optimizer would import torch._dynamo."""
    code = (
        "import sys; from lessons.autograd import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    list(getattr(demo, name)(**knobs))\n"
        "print('torch._dynamo' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout == "False\n"


# ── Expressions that readers type ─────────────────────────────────────────────────────────────────────────────────────


def test_every_expression_of_the_knob_is_computed() -> None:
    knob = TOPIC.demo("graph").knob("expression")
    assert isinstance(knob, Choice)
    for option in knob.options:
        assert run(f"graph?expression={option}")[-1].note.startswith("The pass is through")


@pytest.mark.parametrize(
    ("typed", "y", "w_grad"),
    [
        ("w * x + b", 7, 3),
        (" w*x ", 6, 3),
        ("-w**2", -4, -4),
        ("2**w", 4, 4 * math.log(2)),
        ("exp(0*w) + w/2", 2, 0.5),
        ("((w))", 2, 1),
        ("abs(-w) - -w", 4, 2),
        ("w*x.detach()", 6, 3),
        ("+w", 2, 1),
        ("w·x + b", 7, 3),
        ("w×x − b", 5, 3),
        ("w²", 4, 4),
        ("(w·x)³ ", 216, 324),
        ("w⁻²·x", 0.75, -0.75),
        ("w¹⁰", 1024, 5120),
        ("w**1e999", math.inf, math.inf),
        ("w**(1e999-1e999)", math.nan, math.nan),
        ("(0-3)**w", 9, math.nan),
        ("w**100000", math.inf, math.inf),
    ],
)
def test_what_is_typed_is_what_torch_computes(typed: str, y: float, w_grad: float) -> None:
    end = tuple(demo.graph(typed, 2.0, 3.0, 1.0))[-1].values
    assert end["y"] == pytest.approx(y, nan_ok=True)
    assert end.get("w.grad") == pytest.approx(w_grad, nan_ok=True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("w*y", "y is not there: an expression is made of w, x, b, numbers"),
        ("foo(w)", "foo is not there"),
        ("w·y", "y is not there"),
        ("²w", "cannot be read"),
        ("w*y", "numbers, + - * · / ** ², .detach() and sigmoid"),
        ("w^2", "a power is written **, not ^"),
        ("w*", "cannot be read"),
        ("w = x", "cannot be read"),
        ("relu(w, x)", "relu() takes one number between its brackets"),
        ("w.detach(1)", "w.detach() takes nothing between its brackets"),
        ("w.grad", ".grad has no place here"),
        ("w.__class__", ".__class__ has no place here"),
        ("__import__('os')", "is not there"),
        ("'a'*w", "'a' is no number"),
        ("True*w", "True is no number"),
        ("1j*w", "1j is no number"),
        ("[w]", "has no place here"),
        ("w if x else b", "has no place here"),
        ("lambda: w", "has no place here"),
        ("(w := 3)", "has no place here"),
        ("w and x", "has no place here"),
        ("w @ x", "has no place here"),
        ("3 + 4", "nothing in 3 + 4 needs a gradient"),
        ("w.detach() * 2", "needs a gradient"),
        ("relu", "relu cannot be computed"),
        ("w.detach", "w.detach cannot be computed"),
        ("relu*w", "cannot be computed"),
        ("w.detach*x", "cannot be computed"),
        ("relu(2)*w", "functions are called on w, x, b and what comes of them"),
        ("w*(2).detach()", "functions are called on w, x, b and what comes of them"),
        ("1/0*w", "divides one number by zero"),
        ("9**9**9*w", "a number that is too large"),
        ("(0-8)**0.5*w", "no real number"),
    ],
)
def test_what_cannot_be_computed_is_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as told:
        tuple(demo.graph(typed, 2.0, 3.0, 1.0))
    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


# ── What is recorded ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_product_saves_both_sides_and_a_sum_nothing() -> None:
    saved = {node.operation: node.saved for node in nodes(run("graph?expression=w*x+b")[0])}
    assert saved["Mul"] == ("w = 2", "x = 3")
    assert saved["Add"] == ()


def test_the_result_is_the_last_node_and_leaves_are_in_the_graph() -> None:
    found = nodes(run("graph?expression=w*x+b")[0])
    assert [node.operation for node in found] == ["leaf", "leaf", "Mul", "leaf", "Add"]
    y = scalar(2.0) * scalar(3.0) + scalar(1.0)
    assert type(y.grad_fn).__name__ == "AddBackward0"


def test_a_gradient_is_how_fast_the_result_moves() -> None:
    """At x = 3: w rises by 0.001, and y by 0.003."""
    here, there = (last(f"graph?expression=w*x+b&w={w}&x=3") for w in ("2", "2.001"))
    assert here["w.grad"] == 3
    assert there["y"] - here["y"] == pytest.approx(0.003, abs=1e-5)


def test_a_plain_number_gets_no_node() -> None:
    """Question `constant`."""
    found = nodes(answer("constant", "10")[0])
    assert [node.expression for node in found] == ["w", "x", "w·x", "w·x − 10"]
    assert found[-1].inputs == (2,)


def test_what_ran_is_recorded_and_not_the_loop() -> None:
    """The edit that the section asks for."""
    line = "        y = evaluate(expression, leaves)  # plain torch: w * x + b\n"
    loop = "        for _ in range(2):\n            y = y * y\n"
    assert "y = y * y" in str(SECTIONS["what-is-recorded"].blocks)
    frames = tuple(edited("graph", (line, line + loop)).graph("w*x+b", 2.0, 3.0, 1.0))
    before = [node.operation for node in nodes(run("graph?expression=w*x+b")[0])]
    assert [node.operation for node in nodes(frames[0])] == [*before, "Mul", "Mul"]
    assert frames[-1].values["y"] == 7**4
    assert frames[-1].values["b.grad"] == 4 * 7**3


# ── A gradient flows back ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_product_sends_each_side_the_other() -> None:
    """Question `local`: −18, −12, −6."""
    frames = answer("local", "−18")
    end = frames[-1].values
    assert (end["y"], end["w.grad"], end["x.grad"], end["b.grad"]) == (9, -18, -12, -6)
    assert flow(frames[-1], "w·x").gradient == -6
    sent = flow(frames[-1], "w·x").sent
    assert [(each.value, each.rule) for each in sent] == [(-18, "−6 · 3"), (-12, "−6 · 2")]
    assert frames[-1].note == "The pass is through: w.grad = −18, x.grad = −12, b.grad = −6."
    assert "Mul has −6 and sends −6 · 3 = −18 to w and −6 · 2 = −12 to x." in [frame.note for frame in frames]


def test_the_pass_starts_with_one_and_a_sum_sends_on_what_came() -> None:
    frames = run("graph?expression=(w*x+b-10)**2")
    assert graph(frames[1]).flows[-1].gradient == 1
    for frame in frames[1:]:
        for node, seen in zip(nodes(frame), graph(frame).flows):
            for each in seen.sent:
                if node.operation in ("Add", "Sub"):
                    assert each.value == seen.gradient
                if node.operation == "Pow":
                    assert each.value == 2 * -3 * (seen.gradient or 0)


def test_all_three_gradients_are_zero_where_y_is_lowest() -> None:
    """The section's goal, at a place of the slider."""
    reached = {w: last(f"graph?expression=(w*x+b-10)**2&w={w:g}") for w in places("graph", "w", 2.0)}
    assert [w for w, end in reached.items() if not any(end[f"{name}.grad"] for name in "wxb")] == [3.0]
    assert reached[3.0]["y"] == 0 == min(end["y"] for end in reached.values())


# ── Used twice, counted twice ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_used_three_times_gets_three_parts() -> None:
    """Question `twice`: 7 = 3 + 3 + 1, where the sum's own 1 is the first to arrive."""
    frames = answer("twice", "7: 3 + 3 + 1")
    assert flow(frames[-1], "x").parts == (3, 3, 1)
    assert frames[-1].values["x.grad"] == 7
    assert frames[-1].note == "The pass is through: x.grad = 3 + 3 + 1 = 7."
    assert [frame.step for frame in frames if flow(frame, "x").gradient is not None] == [3]


def test_the_parts_cancel_at_a_place_of_the_slider() -> None:
    reached = [x for x in places("graph", "x", 2.0, -1) if last(f"graph?expression=x*x+x&x={x:g}")["x.grad"] == 0]
    assert reached == [-0.5]
    assert sorted(flow(run("graph?expression=x*x+x&x=-0.5")[-1], "x").parts) == [-0.5, -0.5, 1]


def test_w_and_b_are_not_in_the_sections_expression() -> None:
    ends = [last(f"graph?expression=x*x+x&x=3&w={w}&b=4") for w in (-5, 5)]
    assert ends == [last("graph?expression=x*x+x&x=3")] * 2


def test_an_expression_can_be_typed_as_it_is_printed() -> None:
    """The ways that the section names, and those of the graph's own rows."""
    assert {last(f"graph?expression={typed}")["y"] for typed in ("x*x", "x·x", "x**2", "x²")} == {9}
    for node in nodes(run("graph?expression=(w*x+b-10)**2")[0]):
        assert run(f"graph?expression={node.expression}")[-1].values["y"] == node.value


@pytest.mark.parametrize("expression", ["x*x*x", "x**3", "27*x", "x³"])
def test_the_gradient_to_find_has_a_longer_and_a_shorter_expression(expression: str) -> None:
    assert last(f"graph?expression={expression}&x=3")["x.grad"] == 27


# ── Only leaves keep theirs ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_double_makes_is_no_leaf() -> None:
    """Question `nonleaf`: the tensor before it gets the 24."""
    frames = answer("nonleaf", "None")
    assert frames[-1].values == {"made.grad": 24}
    assert frames[-1].note == "After backward(): made.grad is 24, w.grad is None, h.grad is None."
    assert flow(frames[-1], "made").gradient == 24
    table = frames[-1].pictures[0]
    assert isinstance(table, Table)
    assert [row[1] for row in table.rows] == ["yes", "no", "no", "no"]


def test_a_gradient_passes_what_is_no_leaf_and_is_not_kept() -> None:
    """The section's own panel."""
    frames = run("leaf?at=3")
    assert frames[-1].values == {"w.grad": 24}
    assert flow(frames[-1], "w·2").gradient == 12
    assert frames[-1].note == "After backward(): w.grad is 24, h.grad is None."
    table = frames[-1].pictures[0]
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows] == [("w", "yes"), ("h = w·2", "no"), ("y = h²", "no")]
    assert [node.expression for node in nodes(frames[-1])] == ["w", "w·2", "h²"]


def test_reading_the_grad_of_what_is_no_leaf_warns() -> None:
    h = scalar(3.0) * 2
    with pytest.warns(UserWarning, match="not a leaf"):
        assert h.grad is None


def test_the_demo_itself_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tuple(demo.leaf(3.0, False, False))
        tuple(demo.leaf(3.0, True, False))


def test_retain_grad_keeps_it_and_the_goal_is_on_the_slider() -> None:
    assert last("leaf?retain=on") == {"w.grad": 24, "h.grad": 12}
    reached = [at for at in places("leaf", "at", 3.0, -1) if last(f"leaf?at={at:g}&retain=on")["h.grad"] == -4]
    assert reached == [-1]


def test_a_leaf_that_was_moved_is_no_leaf_any_more() -> None:
    """With another dtype for another device, which this machine may not have."""
    made = torch.ones(3, requires_grad=True)
    moved = made.double()
    assert made.is_leaf
    assert not moved.is_leaf
    moved.sum().backward()
    assert made.grad is not None


# ── Gradients add up ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_three_calls_leave_three_times_the_gradient() -> None:
    """Question `again`: 12, 24, 36."""
    frames = answer("again", "36")
    assert [frame.values.get("x.grad") for frame in frames] == [None, 12, 24, 36]
    assert chart(frames[-1]).series[0].values == (0, 12, 24, 36)
    assert frames[-1].note == "Call 3 finds 24 in x.grad and adds its own 12: 36."


def test_with_zeroing_each_call_leaves_twelve() -> None:
    frames = run("accumulate?calls=6&zero=on")
    assert [frame.values.get("x.grad") for frame in frames] == [None, 12, 12, 12, 12, 12, 12]
    x = scalar(2.0)
    (x**3).backward()
    optimizer = torch.optim.SGD([x], lr=0.1)
    optimizer.zero_grad()
    assert x.grad is None


def test_two_halves_of_a_batch_add_up_to_the_whole() -> None:
    batch = torch.arange(6.0)
    whole, halves = scalar(2.0), scalar(2.0)
    (whole * batch).square().sum().backward()
    for half in batch.split(3):
        (halves * half).square().sum().backward()
    assert halves.grad == whole.grad


MOVED = (
    ("        y = x**3\n", ""),
    ("    for _ in range(calls):\n", "    y = x**3\n    for _ in range(calls):\n"),
)


def test_a_graph_is_used_up_by_its_first_pass() -> None:
    """The edit that the section asks for fails at the line of backward(), after the first call."""
    frames: list[Frame] = []
    with pytest.raises(RuntimeError, match="backward through the graph a second time") as raised:
        frames.extend(edited("accumulate", *MOVED).accumulate(3, False))
    assert [frame.values.get("x.grad") for frame in frames] == [None, 12]
    source = version("accumulate", *MOVED)
    line = failure(raised.value, "edited", source)["line"]
    assert source.splitlines()[line - 1].strip() == "y.backward()"


def test_retain_graph_keeps_what_was_saved() -> None:
    keep = ("y.backward()", "y.backward(retain_graph=True)")
    frames = tuple(edited("accumulate", *MOVED, keep).accumulate(3, False))
    assert frames[-1].values == {"x.grad": 36}


# ── Cutting the graph ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_detach_leaves_the_direct_use_alone() -> None:
    """Question `detached`: 6, where it was 12, with the same y, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frames = answer("detached", "6")
    uncut = run("cut?how=nothing")[-1]
    assert flow(uncut, "x").parts == (6, 6)
    assert uncut.values == {"y": 19, "w.grad": 9, "x.grad": 12, "b.grad": 1}
    assert frames[-1].values == {"y": 19, "x.grad": 6, "b.grad": 1}
    assert frames[-1].note == "The pass is through: x.grad = 6, b.grad = 1, w.grad = None."


def test_two_of_the_four_ways_leave_x_its_gradient() -> None:
    ways = {how: last(f"cut?how={how}") for how in ("nothing", "detach", "no_grad", "freeze")}
    assert {how for how, end in ways.items() if end["x.grad"] == 12} == {"nothing", "freeze"}
    assert {how for how, end in ways.items() if "w.grad" in end} == {"nothing"}
    assert {end["y"] for end in ways.values()} == {19}


def test_a_detached_tensor_has_its_numbers_and_no_history() -> None:
    h = scalar(2.0) * 3
    assert h.detach() == h
    assert h.detach().grad_fn is None
    with torch.no_grad():
        assert (scalar(2.0) * 3).grad_fn is None


def test_behind_detach_the_graph_of_h_is_still_there() -> None:
    """Two pictures are alike, seen from y; h itself is another."""
    first, second = (run(f"cut?how={how}")[-1].pictures[0] for how in ("detach", "no_grad"))
    assert isinstance(first, Graph)
    assert isinstance(second, Graph)
    assert (first.nodes, first.flows) == (second.nodes, second.flows)
    w, x = scalar(2.0), scalar(3.0)
    h = w * x
    (h.detach() * x).backward()
    assert w.grad is None
    h.backward()
    assert w.grad == 3
    with torch.no_grad():
        assert not (w * x).requires_grad


# ── A write in place ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_write_to_what_a_node_saved_is_refused_by_backward() -> None:
    """Question `overwritten`; a new tensor goes through, with twice the gradient."""
    frames = answer("overwritten", "RuntimeError: h is at version 1, and version 0 was expected")
    assert frames[-1].note == "backward() is refused: “h is at version 1; expected version 0 instead”."
    assert frames[1].values["version of h"] == 1
    assert last("inplace?write=h.mul(2)")["w.grad"] == pytest.approx(2 * last("inplace?write=z.mul_(2)")["w.grad"])
    h = torch.sigmoid(2 * scalar(1.0))
    slope = h.detach() * (1 - h.detach())
    assert last("inplace?write=z.mul_(2)")["w.grad"] == pytest.approx(2 * slope.item())
    h.mul_(2)
    assert type(h.grad_fn).__name__ == "MulBackward0"
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*is at version 1; expected version 0"):
        h.backward()


def test_data_is_written_without_a_word_and_the_gradient_is_wrong() -> None:
    end = run("inplace?function=sigmoid&write=h.data.mul_(2)")[-1]
    assert end.note == "backward() went through, and w.grad is wrong: −2.68 in place of 0.42."
    assert end.values["version of h"] == 0


def test_a_leaf_refuses_at_once_and_takes_a_write_under_no_grad() -> None:
    assert "w.mul_(2) is refused: “a leaf Variable" in run("inplace?function=sigmoid&write=w.mul_(2)")[-1].note
    w = scalar(1.0)
    with torch.no_grad():
        w.mul_(2)
    assert (w.item(), w._version) == (2, 1)


def test_two_functions_let_the_write_through_and_refuse_that_to_what_went_in() -> None:
    """The section's goal."""
    for line, refusing in (("h.mul_(2)", ["sigmoid", "relu"]), ("z.mul_(2)", ["sin", "square"])):
        ends = {each: run(f"inplace?function={each}&write={line}")[-1] for each in FUNCTIONS}
        assert [each for each, end in ends.items() if "refused" in end.note] == refusing
        for each in set(FUNCTIONS) - set(refusing):
            assert ends[each].values["w.grad"] == pytest.approx(ends[each].values["slope of y"], rel=1e-4)


# ── no_grad() is not eval() ───────────────────────────────────────────────────────────────────────────────────────────


def rows(frame: Frame) -> list[tuple[float, ...]]:
    """What went in at the start, else what came out of each call."""
    grid = frame.pictures[0]
    assert isinstance(grid, Grid)
    assert len(grid.rows) == max(1, frame.step)
    width = len(grid.columns)
    return [grid.values[at : at + width] for at in range(0, len(grid.values), width)]


def test_under_no_grad_dropout_goes_on() -> None:
    """Question `dropout`: zeros and twos, not the same in each call, and nothing recorded."""
    frames = answer("dropout", "Zeros and twos, others in each call")
    calls = rows(frames[-1])
    assert rows(frames[0]) == [(1,) * 8]
    assert "of 32 dropped" in summary(frames[-1].pictures[0])  # of what came out alone
    assert {entry for call in calls for entry in call} == {0, 2}
    assert len(set(calls)) > 1
    assert [frame.values["recorded"] for frame in frames[1:]] == [0] * 4


@pytest.mark.parametrize("training", ["on", "off"])
@pytest.mark.parametrize("no_grad", ["on", "off"])
def test_the_two_switches_do_not_turn_each_other(training: str, no_grad: str) -> None:
    """The goal is the only setting in which nothing is dropped and nothing recorded."""
    frames = run(f"modes?training={training}&no_grad={no_grad}")
    assert any(frame.values["dropped"] for frame in frames[1:]) == (training == "on")
    assert {frame.values["recorded"] for frame in frames[1:]} == {float(no_grad == "off")}


def test_about_half_is_dropped() -> None:
    torch.manual_seed(0)
    out = torch.nn.Dropout(0.5)(torch.ones(10_000))
    assert (out == 0).float().mean().item() == pytest.approx(0.5, abs=0.03)


# ── Where a gradient dies ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dead_relu_sends_zero_and_not_none() -> None:
    """Question `dead`; above 0 it would have been 3."""
    end = answer("dead", "0")[-1].values
    assert last("graph?expression=relu(w*x+b)&w=2")["w.grad"] == 3
    assert {name: end[name] for name in ("y", "w.grad", "x.grad", "b.grad")} == {
        "y": 0, "w.grad": 0, "x.grad": 0, "b.grad": 0,
    }  # fmt: skip
    assert flow(run("graph?expression=relu(w*x+b)&w=-1")[-1], "w·x + b").gradient == 0


def test_plain_steps_do_not_wake_a_dead_relu() -> None:
    named = [scalar(-1.0), scalar(3.0), scalar(1.0)]
    optimizer = torch.optim.SGD(named, lr=10.0)
    for _ in range(5):
        optimizer.zero_grad()
        torch.relu(named[0] * named[1] + named[2]).backward()
        optimizer.step()
    assert [each.item() for each in named] == [-1, 3, 1]


def test_b_wakes_the_relu_above_three_and_not_at_three() -> None:
    alive = [b for b in places("graph", "b", 1.0) if last(f"graph?expression=relu(w*x+b)&w=-1&b={b:g}")["b.grad"] != 0]
    assert alive == [3.5, 4, 4.5, 5]
    assert last("graph?expression=relu(w*x+b)&w=-1&b=3.05")["b.grad"] == 1


def test_a_flat_tanh_sends_hardly_anything() -> None:
    assert last("graph?expression=tanh(w*x)")["w.grad"] == pytest.approx(7.4e-5, rel=0.01)
    reached = [w for w in places("graph", "w", 2.0, -1) if last(f"graph?expression=tanh(w*x)&w={w:g}")["w.grad"] > 1]
    assert reached


# ── The deeper, the smaller ───────────────────────────────────────────────────────────────────────────────────────────


def test_thirty_two_sigmoids_leave_next_to_nothing() -> None:
    """Question `deep`."""
    frames = answer("deep", "About 2e-21")
    assert frames[-1].values["gradient"] == pytest.approx(1.9e-21, rel=0.01)
    assert frames[-1].note == "Through 32 layers, the gradient that arrives at x is 1.9e-21."
    assert last("depth?depth=4")["gradient"] == pytest.approx(0.0027, rel=0.01)
    assert math.isclose(0.0027**8, 3e-21, rel_tol=0.1)
    assert last("depth?depth=4")["gradient"] / last("depth?depth=8")["gradient"] == pytest.approx(400, rel=0.05)


def test_a_sigmoid_keeps_a_quarter_at_most() -> None:
    gradients = chart(run("depth?depth=32")[-1]).series[0].values
    assert len(gradients) == 33
    assert all(0 < after / before <= 0.25 for before, after in pairwise(gradients))
    z = torch.linspace(-4, 4, 81)
    slopes = torch.sigmoid(z) * (1 - torch.sigmoid(z))
    assert slopes.max() == 0.25


def test_the_same_chain_in_other_activations() -> None:
    assert last("depth?depth=32&activation=tanh")["gradient"] == pytest.approx(0.061, abs=0.001)
    assert last("depth?depth=32&activation=relu")["gradient"] == 1
    assert last("depth?depth=32&activation=double")["gradient"] == 2.0**32


def test_the_first_chain_below_the_line_is_the_first_that_float16_loses() -> None:
    """The section's goal."""
    line = chart(run("depth?depth=4")[0]).levels[0].value
    below = [d for d in places("depth", "depth", 1, fine=True) if last(f"depth?depth={d}")["gradient"] < line]
    assert below[0] == 12

    def in_half(depth: int) -> float:
        h = x = torch.tensor(0.5, dtype=torch.float16, requires_grad=True)
        for _ in range(depth):
            h = torch.sigmoid(h)
        h.backward()
        return float(x.grad.item())

    assert in_half(11) > 0
    assert in_half(12) == 0
    assert line == pytest.approx(2.0**-24, rel=0.01)


def test_float32_reaches_down_to_1e45() -> None:
    assert torch.tensor(1.4e-45).item() > 0
    assert torch.tensor(1e-46).item() == 0


# ── Check it by subtraction ───────────────────────────────────────────────────────────────────────────────────────────


def test_in_float32_a_tiny_h_loses_the_whole_gradient() -> None:
    """Question `rounding`."""
    frames = answer("rounding", "By 0.278: all of it")
    at = {round(-math.log10(float(h))): frame for h, frame in zip([10.0**-k for k in range(15)], frames)}
    assert at[8].values["gradient"] == pytest.approx(0.278, abs=0.001)
    assert at[8].values["float32"] == pytest.approx(at[8].values["gradient"], rel=1e-6)
    w, h = torch.tensor(0.2), 1e-8
    left, right = ((torch.sigmoid(3 * each + 1) - 0.5) ** 2 for each in (w - h, w + h))
    assert left == right
    assert frames[-1].note.startswith("At h = 1e-8 float32 is off by 0.278; the least error is ")
    assert frames[8].note.startswith("With h = 1e-8 the quotient is off by 0.278 in float32")
    assert "decimal places of h 14 of 14" in summary(frames[-1].pictures[0])


def test_in_float64_h_near_1e6_is_best() -> None:
    errors = {series.name: series.values for series in chart(run("differences?at=0.2")[-1]).series}
    best = {name: line.index(min(line)) for name, line in errors.items()}
    assert best["float64"] in (5, 6)
    assert best["float32"] in (2, 3)
    assert min(errors["float64"]) < 1e-10


def test_the_formula_errs_with_the_square_of_h_and_rounding_with_its_inverse() -> None:
    error = [frame.values["float64"] for frame in run("differences?at=0.2")]
    assert error[2] / error[3] == pytest.approx(100, rel=0.05)
    assert error[3] / error[4] == pytest.approx(100, rel=0.05)
    assert error[14] > 1e5 * error[6]


def test_one_sided_is_worse_and_best_at_a_smaller_h() -> None:
    """What the section asks to compare."""
    central, one_sided = (
        chart(run(f"differences?at=0.2&quotient={name}")[-1]).series[1].values for name in ("central", "one-sided")
    )
    assert min(one_sided) > 20 * min(central)
    assert one_sided.index(min(one_sided)) in (7, 8, 9)


def test_grad_hands_over_a_gradient_and_leaves_the_leaf_alone() -> None:
    w = scalar(3.0)
    (gradient,) = torch.autograd.grad(w**2, w)
    assert gradient == 6
    assert w.grad is None


def test_gradcheck_uses_that_h_and_asks_for_float64() -> None:
    assert inspect.signature(torch.autograd.gradcheck).parameters["eps"].default == 1e-6
    w = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda w: torch.sigmoid(3 * w + 1), w)
    with pytest.warns(UserWarning, match="double precision"), pytest.raises(RuntimeError):
        torch.autograd.gradcheck(lambda w: torch.sigmoid(3 * w + 1), w.detach().float().requires_grad_())


# ── Reading a real graph ──────────────────────────────────────────────────────────────────────────────────────────────


def test_two_layers_and_a_loss_are_eleven_nodes() -> None:
    found = nodes(run("network?model=layers")[0])
    assert len(found) == 11
    assert [node.expression for node in found if node.plumbing] == ["0.weightᵀ", "2.weightᵀ"]
    assert all(node.value is not None for node in found)


@pytest.mark.parametrize("model", ["layers", "residual", "attention"])
def test_every_parameter_gets_its_gradient(model: str) -> None:
    frames = run(f"network?model={model}")
    named = dict(demo.build(model).named_parameters())
    leaves = {node.expression for node in nodes(frames[0]) if node.operation == "leaf"}
    assert leaves == set(named)
    assert all(seen.gradient is not None for seen in graph(frames[-1]).flows)
    assert f"all {len(nodes(frames[0]))} nodes" in frames[-1].note


def test_a_residual_sum_sends_the_whole_gradient_both_ways() -> None:
    frame = run("network?model=residual")[-1]
    added = next(
        seen for node, seen in zip(nodes(frame), graph(frame).flows) if node.operation == "Add" and len(seen.sent) == 2
    )
    assert [each.value for each in added.sent] == [added.gradient, added.gradient]


def test_the_gradients_are_those_of_a_plain_backward() -> None:
    torch.manual_seed(0)
    net = demo.build("attention")
    batch, target = torch.randn(5, 8), torch.tensor([0, 1, 2, 3, 0])
    torch.nn.functional.cross_entropy(net(batch), target).backward()
    frame = run("network?model=attention")[-1]
    for name, parameter in net.named_parameters():
        assert flow(frame, name).gradient == pytest.approx(parameter.grad.norm().item(), rel=1e-4)


def test_something_of_the_last_step_still_in_use_raises_and_detaching_helps() -> None:
    def train(cut: bool) -> None:
        w, state = scalar(0.5), torch.tensor(1.0)
        for _ in range(2):
            state = torch.tanh(w * (state.detach() if cut else state))
            (state**2).backward()

    train(cut=True)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        train(cut=False)


def test_a_list_of_losses_keeps_their_graphs() -> None:
    kept = [(scalar(2.0) * step) ** 2 for step in (1.0, 2.0)]
    assert all(loss.grad_fn.next_functions for loss in kept)
    assert all(isinstance(loss.item(), float) for loss in kept)


def test_the_thing_to_make_gives_seven() -> None:
    """A solution of the last task, and the mistake that its check finds."""

    class Value:
        def __init__(self, data: float, sources: tuple[tuple[Value, float], ...] = ()) -> None:
            self.data, self.sources, self.grad = data, sources, 0.0

        def __add__(self, other: Value) -> Value:
            return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

        def __mul__(self, other: Value) -> Value:
            return Value(self.data * other.data, ((self, other.data), (other, self.data)))

        def backward(self, gradient: float = 1.0, adds: bool = True) -> None:
            self.grad = self.grad + gradient if adds else gradient
            for source, slope in self.sources:
                source.backward(gradient * slope, adds)

    for adds, expected in ((True, 7.0), (False, 1.0)):
        x = Value(3.0)
        (x * x + x).backward(adds=adds)
        assert x.grad == expected
