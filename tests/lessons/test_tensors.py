"""Tensors: every claim of the topic, against the torch that is installed.

Messages are looked for by the words that the text quotes; where torch words one anew, the lesson has to follow.
"""

from __future__ import annotations

import builtins
import inspect
import math
import re
import textwrap
import warnings
from functools import cache
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.knobs import Choice
from lessons.kit.pictures import Frame, Grid, Table
from lessons.kit.problems import problems
from lessons.kit.words import summary
from tutor.lab.checked import check

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.tensors.demo")

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:The use of `x.T` on tensors of dimension other")]

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("tensors")
SECTIONS = {section.slug: section for section in TOPIC.page.sections}
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]


def _every_place() -> set[str]:
    """Each option of each knob, the others at their defaults."""
    found = set()
    for name, each in TOPIC.demos.items():
        for knob in each.knobs:
            options = knob.options if isinstance(knob, Choice) else ("on", "off")
            found |= {f"{name}?{knob.name}={option}" for option in options}
    return found


TARGETS = sorted(
    {*TOPIC.demos, *(section.panel for section in TOPIC.page.sections), *_every_place()}
    | {question.run for question in QUESTIONS.values()}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {f"xray?b={b}&write={write}" for b in TOPIC.demo("xray").knob("b").options for write in ("last", "all")}
    | {f"xray?b={b}&shape=(2,3,2)" for b in TOPIC.demo("xray").knob("b").options}
    | {f"axes?op={op}&dim={dim}" for op in ("sum", "mean", "argmax", "softmax") for dim in ("0", "1", "-1", "2")}
    | {"axes?dim=0&keepdim=on", "axes?dim=1&keepdim=on", "broadcast?a=()&b=()", "broadcast?a=(0,3)&b=(3,)"}
    | {"combine?a=()&b=()", "combine?call=stack([a,b])&a=()&b=()", "combine?a=(5,32,10)&b=(10,5)"}
    | {"promote?a=bool&b=bool", "promote?a=uint8&b=float32", "made?data=[[[[1]]]]", "made?data=[1,'a']"}
)


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "xray?b=a.T"."""
    asked = setting(TOPIC, target)
    if asked.demo == "arrays":
        pytest.importorskip("numpy")
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def end(target: str) -> Frame:
    return run(target)[-1]


def answer(name: str, right: str) -> Frame:
    """The end of the run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return end(question.run)


def rows(target: str, picture: int = 0) -> dict[str, tuple[str, ...]]:
    """The last frame's table: its rows by their first cells."""
    table = end(target).pictures[picture]
    assert isinstance(table, Table)
    return {row[0]: row[1:] for row in table.rows}


def numbers() -> Any:
    """The a of the X-ray."""
    return torch.arange(10, 22).view(3, 4)


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts, signatures and exercises, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_the_topic_is_the_first_and_has_what_findings_point_to() -> None:
    assert load_course().topics[0].name == "tensors"
    assert {"axes", "one-storage-many-views", "shapes-that-meet", "one-dtype-in-one-operation"} <= set(SECTIONS)
    assert len(QUESTIONS) >= 5
    assert list(TOPIC.exercises) == ["flat_index", "same_memory", "pairwise_distances"]


def test_the_right_choice_has_no_place_of_its_own() -> None:
    """Each place has some, and none has more than half of them."""
    places = [question.right for question in QUESTIONS.values()]
    assert {places.count(place) for place in range(3)} <= set(range(1, len(places) // 2 + 1))


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_panel_gives_no_answer_away(name: str) -> None:
    """It stands at the start of another setting, where nothing is made or asked yet, while its question is open."""
    section = next(section for section in TOPIC.page.sections if QUESTIONS[name] in section.questions)
    question = QUESTIONS[name]
    assert question.run != section.panel
    assert question.run.partition("?")[0] == section.panel.partition("?")[0]
    start = run(section.panel)[0]
    assert start.note != end(question.run).note
    assert not set(start.values) & {"b shares", "axes", "numbers", "result 0"}


@pytest.mark.parametrize("target", TARGETS)
def test_frames_are_whole(target: str) -> None:
    """Notes are one sentence of two rows of 62 columns, pictures can be drawn and told, steps count to the last one."""
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames[1:]} == {len(frames) - 1}
    for frame in frames:
        assert frame.note.endswith(".")
        assert ". " not in frame.note
        assert len(textwrap.wrap(frame.note, 62)) <= 2, frame.note
        assert all(math.isfinite(value) for value in frame.values.values())
        for picture in frame.pictures:
            check(picture)
            assert summary(picture)


@pytest.mark.parametrize("name", TOPIC.demos)
def test_code_is_a_page_and_gives_the_same_frames_each_time(name: str) -> None:
    """At most 70 columns and 36 lines."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert len(lines) <= 36
    assert max(map(len, lines)) <= 70
    assert tuple(getattr(demo, name)(**TOPIC.demos[name].defaults())) == run(name)


@pytest.mark.parametrize("target", [target for target in TARGETS if target.startswith("xray")])
def test_the_x_ray_fits_its_columns(target: str) -> None:
    """Twelve places of two digits, so that 62 columns hold the strip whole."""
    for frame in run(target):
        strip = frame.pictures[0]
        assert isinstance(strip, Table)
        assert {len(row) for row in strip.rows} == {13}
        widths = [max(map(len, cells)) for cells in zip(strip.heads, *strip.rows)]
        assert sum(widths) + 2 * len(widths) <= 62


# ── What may be typed ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("made?data=one", "data takes a number or a list of numbers, as [1,2,3], not 'one'"),
        ("made?data=[1,", "data takes a number or a list"),
        ("xray?b=a.", "a. cannot be read as Python"),
        ("xray?b=c", "c has no place here"),
        ("xray?b=a.T+1", "a.T+1 has no place here"),
        ("xray?b=a.__class__", "__class__ has no place here"),
        ("xray?b=a.repeat(9)", "repeat has no place here"),
        ("xray?b=a.view('x')", "'x' has no place here"),
        ("xray?b=a.view", "a.view is no tensor"),
        ("xray?b=a.T(2)", "cannot be computed"),
        ("xray?b=a[0:0]", "a[0:0] has the shape (0, 4), which does not fit"),
        ("xray?b=a[:1].expand(99,-1)", "does not fit under the X-ray"),
        ("xray?b=a[None].expand(2,3,4).clone()", "does not fit under the X-ray"),
        ("broadcast?b=(3,x)", "a shape takes whole numbers in brackets, as (3,4), (4,) or (), not '(3,x)'"),
        ("broadcast?b=(-1,)", "a shape takes whole numbers"),
        ("broadcast?b=(True,)", "a shape takes whole numbers"),
        ("broadcast?b=(1,1,1,1,1)", "up to 4 axes and 2000 numbers"),
        ("combine?a=(3000,)", "up to 4 axes and 2000 numbers"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(target: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        run(target)


def test_a_size_alone_is_a_shape() -> None:
    assert end("broadcast?a=(3,4)&b=4").note == end("broadcast?a=(3,4)&b=(4,)").note


# ── What a tensor knows ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_of_ints_is_int64_of_eight_bytes_each() -> None:
    """Question `inferred`, and the bytes of the wrong answers."""
    assert answer("inferred", "24").values["bytes a number"] == 8
    assert rows("made?data=[1,2,3]")["bytes"] == ("24",)
    assert [rows(f"made?data=[1,2,3]&dtype={dtype}")["bytes"] for dtype in ("float32", "uint8")] == [("12",), ("3",)]


def test_autograd_follows_no_integers() -> None:
    assert "can require gradients" in end("made?data=[1,2,3]&grad=on").note
    assert torch.tensor([1.0, 2, 3], requires_grad=True).requires_grad


@pytest.mark.parametrize(
    ("data", "shape", "dtype", "bytes_"),
    [
        ("[1.0,2,3]", "(3,)", "float32", "12"),
        ("3.0", "()", "float32", "4"),
        ("[True,False]", "(2,)", "bool", "2"),
        ("[[1,2,3],[4,5,6]]", "(2, 3)", "int64", "48"),
    ],
)
def test_the_panel_tells_what_a_tensor_knows(data: str, shape: str, dtype: str, bytes_: str) -> None:
    told = rows(f"made?data={data}")
    assert (told["x.shape"], told["x.dtype"], told["bytes"]) == ((shape,), (dtype,), (bytes_,))
    assert told["x.device"] == ("cpu",)


def test_uneven_rows_are_refused() -> None:
    assert "expected sequence of length 2 at dim 1 (got 1)" in end("made?data=[[1,2],[3]]").note


def test_a_thousand_numbers_in_bytes() -> None:
    """And meta keeps shape and dtype, but no numbers."""
    assert torch.zeros(1000).untyped_storage().nbytes() == 4000
    assert torch.zeros(1000, dtype=torch.float16).untyped_storage().nbytes() == 2000
    ghost = torch.empty(2, 3, device="meta")
    assert (tuple(ghost.shape), ghost.dtype) == ((2, 3), torch.float32)
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        ghost.tolist()


# ── One storage ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "b", ["a.T", "a[1:]", "a[:,1]", "a[:,::2]", "a[:1].expand(3,-1)", "a.T[1:]", "a.unfold(1,2,1)"]
)
def test_the_x_ray_puts_each_number_where_it_is(b: str) -> None:
    """Read from the strip by place, the rows of b are b; and the place is the sum that the text gives."""
    a = numbers()
    view = demo._evaluated(b, a)
    read = [[a.flatten()[place].item() for place in places] for _, places in demo._places(view)]
    assert torch.equal(torch.tensor(read).flatten(), view.flatten())
    if view.dim() == 2:
        i, j = view.shape[0] - 1, view.shape[1] - 1
        place = view.storage_offset() + i * view.stride(0) + j * view.stride(1)
        assert a.flatten()[place] == view[i, j]


def test_a_write_through_a_view_is_a_write() -> None:
    """99 at place 11 is a[-1, -1] too."""
    frame = answer("through", "a holds the 99, too")
    assert frame.values["changed in a"] == 1
    assert rows("xray?b=a.T&write=last")["storage"][11] == "99"
    assert rows("xray?b=a.T&write=last")["a[2]"][-1] == "99"


def test_the_turn_ends_at_a_copy() -> None:
    """Among the options of b some write to a storage of their own, and some do not."""
    options = TOPIC.demo("xray").knob("b").options
    apart = [b for b in options if "b's own storage" in end(f"xray?b={b}&write=all").note]
    assert apart == ["a.T.reshape(12)", "a.T.contiguous()", "a[[0,2]]", "a.clone()"]
    assert end("xray?b=a[1:]&write=all").values["changed in a"] == 8


def test_in_place_changes_the_callers_tensor() -> None:
    def grown(x: Any, in_place: bool) -> None:
        if in_place:
            x += 1
        else:
            x = x + 1

    data = torch.ones(2, 2)
    grown(data, in_place=False)
    assert torch.equal(data, torch.ones(2, 2))
    grown(data, in_place=True)
    row = data[0]
    row /= 2
    assert data.tolist() == [[1, 1], [2, 2]]


def test_view_never_copies() -> None:
    """A flat a.T is the columns of a, whose jumps are 4, 4 and −7: no stride does that."""
    assert "view size is not compatible" in answer("flat", "RuntimeError: not compatible").note
    flat = numbers().T.reshape(12)
    assert flat[:4].tolist() == [10, 14, 18, 11]
    assert torch.diff(flat)[:3].tolist() == [4, 4, -7]


@pytest.mark.parametrize(
    ("b", "contiguous", "shares"),
    [
        ("a[1:]", 1, 1),
        ("a.T", 0, 1),
        ("a.view(2,6)", 1, 1),
        ("a[:,::2]", 0, 1),
        ("a.T.reshape(12)", 1, 0),
        ("a.reshape(12)", 1, 1),
        ("a.contiguous()", 1, 1),
        ("a.T.contiguous()", 1, 0),
        ("a[[0,2]]", 1, 0),
        ("a.clone()", 1, 0),
    ],
)
def test_what_shares_and_what_copies(b: str, contiguous: int, shares: int) -> None:
    values = end(f"xray?b={b}").values
    assert (values["b is contiguous"], values["b shares"]) == (contiguous, shares)


def test_several_numbers_in_one_place_are_not_written_at_once() -> None:
    """One of them can be, and all rows have it."""
    assert "single memory location" in answer("expand", "RuntimeError: elements of b").note
    assert end("xray?b=a[:1].expand(3,-1)").values["stride 0 of b"] == 0
    assert end("xray?b=a[:1].expand(3,-1)&write=last").values["changed in a"] == 1
    b = numbers()[:1].expand(3, -1)
    b[-1, -1] = 99
    assert b[:, -1].tolist() == [99, 99, 99]


def test_a_list_of_indices_copies_and_a_mask_assigns() -> None:
    assert "b's own storage" in end("xray?b=a[[0,2]]&write=all").note
    a = numbers()
    a[a > 11][0] = 0
    assert a.min() == 10
    a[a > 11] = 0
    assert a.sum() == 21


# ── Axes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_dim_names_what_goes() -> None:
    assert "(3,)" in answer("axis", "For each class, the sample").note
    scores = torch.tensor(demo.SCORES)
    assert scores.argmax(dim=0).tolist() == [3, 1, 2]
    assert [run("axes?op=argmax&dim=0")[at].values["result 0"] for at in (1, 2, 3)] == [3, 1, 2]
    assert scores.sum(dim=1).shape == (4,)
    assert torch.equal(scores.sum(dim=-1), scores.sum(dim=1))
    assert scores.sum(dim=1, keepdim=True).shape == (4, 1)
    assert scores.argmax().item() == 9


@pytest.mark.parametrize(("dim", "rows_add_up"), [("0", False), ("1", True), ("-1", True)])
def test_softmax_adds_up_along_its_axis(dim: str, rows_add_up: bool) -> None:
    """The turn: two places of dim, and no more."""
    for frame in run(f"axes?op=softmax&dim={dim}")[1:]:
        assert sum(frame.values.values()) == pytest.approx(1)
    result = end(f"axes?op=softmax&dim={dim}").pictures[1]
    assert isinstance(result, Grid)
    sums = [sum(result.values[at : at + 3]) for at in range(0, 12, 3)]
    assert all(each == pytest.approx(1) for each in sums) is rows_add_up
    assert "Dimension out of range" in end("axes?op=softmax&dim=2").note


def test_as_many_samples_as_classes_hide_the_wrong_axis() -> None:
    """The comparison goes through, and its mean is no accuracy; with other counts it is refused."""
    scores, labels = (
        torch.tensor([[2.0, 1.0, 0.0], [3.0, 0.0, 1.0], [4.0, 0.0, 1.0]]),
        torch.zeros(3, dtype=torch.int64),
    )
    assert (scores.argmax(dim=1) == labels).float().mean() == 1
    assert (scores.argmax(dim=0) == labels).float().mean() < 1
    with pytest.raises(RuntimeError, match="must match the size"):
        torch.randn(32, 10).argmax(dim=0) == torch.zeros(32)  # noqa: B015


def test_cat_joins_and_stack_makes_an_axis() -> None:
    pair = [torch.ones(4, 3), torch.ones(4, 3)]
    assert torch.cat(pair, 1).shape == (4, 6)
    assert [tuple(torch.stack(pair, at).shape) for at in (0, 1, 2)] == [(2, 4, 3), (4, 2, 3), (4, 3, 2)]


# ── Shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


SHAPES = [(), (1,), (3,), (4,), (3, 1), (1, 4), (3, 4), (4, 3), (2, 3, 4), (2, 1, 1), (0,), (0, 3), (5, 1, 4)]


@pytest.mark.parametrize("left", SHAPES)
def test_axis_by_axis_is_torchs_own_rule(left: tuple[int, ...]) -> None:
    """What the panel judges is what torch.broadcast_shapes says, for every pair."""
    for right in SHAPES:
        frame = tuple(demo.broadcast(str(left), str(right)))[-1]
        try:
            shape = tuple(torch.broadcast_shapes(left, right))
        except RuntimeError:
            assert frame.note.startswith("a + b is refused: “The size of tensor a"), (left, right)
        else:
            assert frame.note.startswith(f"a + b has the shape {shape}:"), (left, right)


def test_each_with_each() -> None:
    frame = answer("outer", "(3, 4)")
    assert frame.values == {"axes": 2, "numbers": 12}
    grid = frame.pictures[1]
    assert isinstance(grid, Grid)
    assert grid.values == (0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23)
    assert end("broadcast?a=(4,1)&b=(4,)").values["numbers"] == 16


def test_the_turn_of_broadcasting_can_be_typed() -> None:
    """Two numbers, one a table."""
    assert end("broadcast?a=(2,3,4)&b=(2,1,1)").note == "a + b has the shape (2, 3, 4): 24 numbers from 24 and 2."
    assert "refused" in end("broadcast?a=(2,3,4)&b=(2,)").note


def test_keepdim_keeps_the_row_beside_its_sum() -> None:
    assert answer("keep", "Column j is divided by the sum of row j").note.startswith("a + b has the shape (4, 4)")
    assert "refused" in end("broadcast?a=(3,4)&b=(3,)").note
    assert "(3, 4)" in end("broadcast?a=(3,4)&b=(3,1)").note
    x = torch.rand(3, 4) + 1
    with pytest.raises(RuntimeError, match="must match the size"):
        x / x.sum(dim=1)
    assert (x / x.sum(dim=1, keepdim=True)).sum(dim=1).tolist() == pytest.approx([1] * 3)
    square = torch.tensor([[1.0, 1.0], [4.0, 4.0]])
    assert (square / square.sum(dim=1)).tolist() == [[1 / 2, 1 / 8], [2, 1 / 2]]


def test_axes_of_size_1_come_and_go() -> None:
    x = torch.ones(3)
    assert x[:, None].shape == (3, 1)
    assert x[:, None].squeeze(1).shape == (3,)
    assert torch.ones(1, 5, 1).squeeze().shape == (5,)


def test_a_product_wants_its_two_middle_numbers_equal() -> None:
    note = answer("linear", "The layer's first number, 20").note
    assert "mat1 and mat2 shapes cannot be multiplied (32x10 and 20x5)" in note
    with pytest.raises(RuntimeError, match=re.escape("mat1 and mat2 shapes cannot be multiplied (32x10 and 20x5)")):
        torch.nn.Linear(20, 5)(torch.ones(32, 10))
    assert torch.nn.Linear(10, 5)(torch.ones(32, 10)).shape == (32, 5)
    assert (torch.ones(3) @ torch.ones(3, 2)).shape == (torch.ones(2, 3) @ torch.ones(3)).shape == (2,)
    assert end("combine?a=(5,32,10)&b=(10,5)").note == "a@b has the shape (5, 32, 5)."


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("combine?call=cat([a,b])&a=(2,3)&b=(4,3)", "the shape (6, 3)"),
        ("combine?call=cat([a,b])&a=(2,3)&b=(2,4)", "Sizes of tensors must match except in dimension 0"),
        ("combine?call=cat([a,b],1)&a=(2,3)&b=(2,4)", "the shape (2, 7)"),
        ("combine?call=stack([a,b])&a=(2,3)&b=(2,3)", "the shape (2, 2, 3)"),
        ("combine?call=stack([a,b])&a=(2,3)&b=(4,3)", "stack expects each tensor to be equal size"),
        ("broadcast?a=(3,4)&b=(3,)", "The size of tensor a (4) must match the size of tensor b (3)"),
        ("axes?dim=2", "Dimension out of range"),
    ],
)
def test_the_messages_that_the_text_reads(target: str, told: str) -> None:
    assert told in end(target).note


# ── Dtypes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_result_in_place_has_to_fit_the_storage() -> None:
    note = answer("inplace", "RuntimeError: Float can't be cast to Long").note
    assert "result type Float can't be cast to the desired output type Long" in note
    assert "+= 2.5" in QUESTIONS["inplace"].text
    assert rows("promote?a=int64&b=2.5")["a + b"] == ("float32",)
    assert torch.tensor([1.5], dtype=torch.int64).item() == 1


@pytest.mark.parametrize(
    ("a", "b", "call", "dtype"),
    [
        ("int64", "float16", "a + b", "float16"),
        ("float32", "float64", "a + b", "float64"),
        ("float16", "bfloat16", "a + b", "float32"),
        ("float32", "2.5", "a + b", "float32"),
        ("int64", "2.5", "a + b", "float32"),
        ("float32", "0-dim-float64", "a + b", "float32"),
        ("int64", "0-dim-float64", "a + b", "float64"),
        ("int64", "2", "a / b", "float32"),
        ("int64", "int64", "a / b", "float32"),
        ("bool", "uint8", "a + b", "uint8"),
        ("float32", "float64", "a += b", "float32"),
        ("float32", "float64", "a @ b", "refused"),
        ("float32", "float64", "cat([a, b])", "float64"),
    ],
)
def test_the_rules_of_promotion(a: str, b: str, call: str, dtype: str) -> None:
    assert rows(f"promote?a={a}&b={b}")[call] == (dtype,)


def test_the_turn_of_dtypes_has_one_answer() -> None:
    """Of those that hold a float64."""
    assert [rows(f"promote?a=float32&b={b}")["a + b"] for b in ("float64", "0-dim-float64")] == [
        ("float64",),
        ("float32",),
    ]


def test_integers_overflow_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (torch.tensor([200], dtype=torch.uint8) + torch.tensor([100], dtype=torch.uint8)).item() == 44


def test_a_layer_and_a_product_convert_nothing() -> None:
    """Each in its own words, with a batch of tables in third ones."""
    double, single = torch.ones(3, 2, dtype=torch.float64), torch.ones(2, 2)
    with pytest.raises(RuntimeError, match="mat1 and mat2 must have the same dtype, but got Double and Float"):
        torch.nn.Linear(2, 2)(double)
    with pytest.raises(RuntimeError, match="expected m1 and m2 to have the same dtype, but got: double != float"):
        double @ single
    with pytest.raises(RuntimeError, match="expected scalar type Double but found Float"):
        torch.ones(4, 3, 2, dtype=torch.float64) @ torch.ones(4, 2, 2)


# ── NumPy ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_from_numpy_shares_and_keeps_float64() -> None:
    numpy = pytest.importorskip("numpy")
    answer("shares", "n is 9, 0 and x is float64")
    assert run("arrays?x=torch.from_numpy(n)")[2].values == {"n[0]": 9, "n[1]": 0, "x[0]": 9, "x[1]": 0}
    assert rows("arrays?x=torch.from_numpy(n)")["layer(x)"][-1] == "float64"
    x = torch.ones(2)
    x.numpy()[0] = 5
    assert x[0] == 5
    with pytest.raises(RuntimeError, match="requires grad"):
        torch.ones(2, requires_grad=True).numpy()
    assert numpy.zeros(2).dtype == "float64"


def test_the_turn_of_numpy_is_reachable() -> None:
    """Of the three ways one works, and it copies."""
    options = TOPIC.demo("arrays").knob("x").options
    works = [x for x in options if "works" in end(f"arrays?x={x}").note]
    assert works == ["torch.from_numpy(n).float()"]
    assert "do not share" in run("arrays?x=torch.tensor(n)")[2].note


def test_without_numpy_the_demo_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, and nothing else of the topic needs it."""
    real = builtins.__import__

    def refusing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "numpy":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refusing)
    (frame,) = demo.arrays("torch.tensor(n)")
    assert frame.note.startswith("NumPy cannot be used from this Python")
