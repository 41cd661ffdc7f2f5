"""Number formats: every number and every claim of the topic, against the torch that is installed.

What formats do is fixed to the bit and asserted so. What the network's gradients do is asserted in kind: their sizes
hang on rounding, which differs between versions of torch and between machines.
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
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest

from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.knobs import Choice
from lessons.kit.pictures import Bits, Chart, Frame, Grid, Histogram, Ruler, Word
from lessons.kit.problems import problems
from lessons.kit.words import number, summary
from tutor.lab.checked import check

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.number_formats.demo")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("number_formats")
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]
VALUE = TOPIC.demo("bits").knob("value")
assert isinstance(VALUE, Choice)
TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {f"bits?value={value}" for value in (*VALUE.options, "-0", "-inf", "1e300", "5e-324", "-7.25e-9", "3.4e38")}
    | {"gaps?way=halving", "sums?add=-1&times=10000", "sums?add=1e300&times=100", "sums?add=1e-300", "sums?add=0"}
    | {f"sums?add={add}&times=10000&at_once=on" for add in ("-1", "1e300", "0.3")}
    | {"weight?lr=0.0001", "weight?lr=1", "weight?lr=1&wide_copy=true", "weight?lr=0.01", "weight?lr=0.1"}
    | {f"gradients?dtype={name}&factor={edge}" for name in demo.FORMATS for edge in ("1e-6", "1e8")}
)
FLOAT16, BFLOAT16, FLOAT32 = torch.float16, torch.bfloat16, torch.float32


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "bits?value=0.1"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def words(target: str) -> dict[str, Word]:
    """What the last frame of `bits` shows, by format."""
    picture = run(target)[-1].pictures[0]
    assert isinstance(picture, Bits)
    return {word.name: word for word in picture.words}


def cast(value: float, dtype: Any) -> float:
    """A number after it was rounded to a format."""
    return float(torch.tensor(value, dtype=torch.float64).to(dtype).item())


def edited(demo_name: str, old: str, new: str) -> ModuleType:
    """The demos after an edit of one of them, as the editor makes it: the first `old` in its function becomes `new`."""
    code = inspect.getsource(getattr(demo, demo_name))
    assert old in code
    module = ModuleType("edited")
    exec(compile(TOPIC.source.replace(code, code.replace(old, new, 1)), "edited", "exec"), module.__dict__)  # noqa: S102
    return module


def places(demo_name: str, knob: str, start: float) -> list[Any]:
    """Every place that the right arrow reaches from `start`."""
    slider = TOPIC.demo(demo_name).knob(knob)
    found: list[Any] = [start]
    while (further := slider.turn(found[-1], 1)) != found[-1]:
        found.append(further)
    return found


# ── What every demo promises, whatever its knobs ──────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts and signatures, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_questions_stand_beside_the_demo_that_answers_them_and_not_on_its_setting() -> None:
    """The start of the panel's setting may be the start of the answer, but for `bits` it would be half of it."""
    assert len(QUESTIONS) >= 6
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert question.run.partition("?")[0] == section.panel.partition("?")[0]
            assert question.run != section.panel or not question.run.startswith("bits")


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_panel_does_not_show_the_answer_while_its_question_is_open(name: str) -> None:
    """It shows the first frame of the section's setting; the answer is in the last frame of the run alone."""
    section = next(section for section in TOPIC.page.sections if QUESTIONS[name] in section.questions)
    assert run(section.panel)[0].note != run(QUESTIONS[name].run)[-1].note
    assert run(section.panel)[0].values != run(QUESTIONS[name].run)[-1].values


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


@pytest.mark.parametrize("target", TARGETS)
def test_every_picture_can_be_drawn(target: str) -> None:
    """As the app judges it: sizes that fit, ends that are ends."""
    for frame in run(target):
        for picture in frame.pictures:
            check(picture)


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
        "import sys; from lessons.number_formats import demo\n"
        f"for name, knobs in { ({name: each.defaults() for name, each in TOPIC.demos.items()})!r}.items():\n"
        "    print(name, next(getattr(demo, name)(**knobs)).step, 'torch._dynamo' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines() == [f"{name} 0 False" for name in TOPIC.demos]


# ── What may be typed ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("a lot", "value takes a number, as 0.1, 3e-8, -0, inf or nan, not 'a lot'"),
        ("0x10", "value takes a number"),
        ("1,5", "value takes a number"),
        ("1e400", "1e400 is more than even float64 can hold"),
        ("-1e400", "more than even float64"),
        ("1e-400", "1e-400 is less than even float64 can hold"),
    ],
)
def test_what_is_no_number_is_refused_with_a_sentence(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        tuple(demo.bits(typed))


@pytest.mark.parametrize("typed", ["nan", "inf", "-inf"])
def test_a_sum_takes_finite_numbers_alone(typed: str) -> None:
    with pytest.raises(ValueError, match="add takes a finite number"):
        tuple(demo.sums(typed, "0", 100, False))


@pytest.mark.parametrize(
    "typed", [*VALUE.options, "−2.5", "-0", "0", "0e5", "+1", "Infinity", "NaN", "1e308", "5e-324"]
)
def test_numbers_in_any_usual_form_are_taken(typed: str) -> None:
    assert len(tuple(demo.bits(VALUE.parse(typed)))) == 3


# ── Sign, exponent, fraction ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["1", "0.1", "-0.75", "65519", "70000", "1e-5", "3e-8", "1e-40", "-0", "5e-7"])
def test_the_bits_stand_for_the_number_by_the_rule_of_the_section(value: str) -> None:
    """± 1.fraction × 2^(exponent − bias); below the normal numbers 0.fraction and one exponent more."""
    for name, word in words(f"bits?value={value}").items():
        sign, exponent, fraction = word.fields
        bias = {8: 127, 5: 15}[len(exponent)]
        assert len(sign + exponent + fraction) == 8 * demo.FORMATS[name].itemsize
        if set(exponent) == {"1"}:
            continue
        power, leading = (int(exponent, 2) - bias, 1) if int(exponent, 2) else (1 - bias, 0)
        stands_for = (-1) ** int(sign) * (leading + int(fraction, 2) / 2 ** len(fraction)) * 2.0**power
        assert stands_for == word.value == cast(float(value), demo.FORMATS[name])


def test_the_bias_is_what_the_exponent_holds_for_one() -> None:
    assert [int(word.fields[1], 2) for word in words("bits?value=1").values()] == [127, 15, 127]
    assert [len(word.fields[1]) for word in words("bits?value=1").values()] == [8, 5, 8]


def test_one_more_in_the_exponent_doubles_the_number() -> None:
    for one, two in zip(words("bits?value=0.1").values(), words("bits?value=0.2").values()):
        assert int(two.fields[1], 2) == int(one.fields[1], 2) + 1
        assert two.fields[2] == one.fields[2]
        assert two.value == 2 * one.value


def test_a_thousand_numbers_take_4000_bytes_or_2000() -> None:
    sizes = [torch.zeros(1000, dtype=dtype).nbytes for dtype in (FLOAT32, FLOAT16, BFLOAT16)]
    assert sizes == [4000, 2000, 2000]


def test_no_format_holds_a_tenth() -> None:
    """Question `tenth`: not even float64, whose digits stand for another fraction."""
    frames = answer("tenth", "None")
    assert all(word.value != 0.1 for word in words(QUESTIONS["tenth"].run).values())
    assert "0.100000001 in float32" in frames[-1].note
    numerator, denominator = (0.1).as_integer_ratio()
    assert 10 * numerator != denominator
    fraction = words(QUESTIONS["tenth"].run)["float32"].fields
    assert fraction[2].startswith("10011001100")
    assert int(fraction[1], 2) - 127 == -4


@pytest.mark.parametrize(("value", "marked", "zero"), [("0.1", "the number 0.1", "0"), ("-0.1", "its size 0.1", "−0")])
def test_in_words_a_sign_is_kept_and_no_format_is_said_to_hold_a_tenth(value: str, marked: str, zero: str) -> None:
    """The ruler is of sizes; what it marks is in a format's range, which is not to hold it exactly."""
    text = summary(run(f"bits?value={value}")[-1].pictures[1])
    assert text.endswith(f"Marked: {marked}, within the range of float32, float16 and bfloat16.")
    bits = summary(run(f"bits?value={value.replace('0.1', '0')}")[-1].pictures[0])
    assert f"float32 is {zero}, sign {int(zero != '0')}" in bits


def test_the_section_shows_one_with_the_bias_as_its_exponent() -> None:
    """While the question is open the panel stands at its start, where float32 alone is shown."""
    (word,) = run(TOPIC.page.sections[0].panel)[0].pictures[0].words  # type: ignore[union-attr]
    assert (word.name, word.value, int(word.fields[1], 2)) == ("float32", 1, 127)


@pytest.mark.parametrize("value", ["0.5", "-0.75", "2.625"])
def test_sums_of_powers_of_two_are_held_exactly(value: str) -> None:
    """The goal of the section: a number that is not whole, and a caption that says so."""
    assert run(f"bits?value={value}")[-1].note.endswith(f"hold {value.replace('-', '−')} exactly.")


def test_the_three_formats_come_one_after_the_other() -> None:
    frames = run("bits?value=0.1")
    assert [list(frame.values) for frame in frames] == [
        ["float32"],
        ["float32", "float16"],
        ["float32", "float16", "bfloat16"],
    ]


# ── Where float16 ends ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_largest_float16_is_all_ones_below_the_last_exponent() -> None:
    word = words("bits?value=65504")["float16"]
    assert word.fields == ("0", "11110", "1111111111")
    assert word.value == 65504 == torch.finfo(FLOAT16).max


def test_the_last_exponent_is_for_inf_and_nan() -> None:
    for word in words("bits?value=inf").values():
        assert set(word.fields[1]) == {"1"}
        assert set(word.fields[2]) == {"0"}
    for word in words("bits?value=nan").values():
        assert set(word.fields[1]) == {"1"}
        assert "1" in word.fields[2]


def test_the_next_number_would_be_65536() -> None:
    assert torch.tensor(65504, dtype=FLOAT16) - torch.tensor(65472, dtype=FLOAT16) == 32
    assert 65504 + 32 == 65536
    assert (65504 + 65536) / 2 == 65520


def test_65519_is_rounded_down_and_65520_is_inf() -> None:
    """Question `top`."""
    assert answer("top", "65504")[-1].values["float16"] == 65504
    assert run("bits?value=65520")[-1].values["float16"] == math.inf
    assert cast(65519.99, FLOAT16) == 65504


def test_from_halfway_a_number_goes_to_the_one_whose_last_bit_is_0() -> None:
    for low in (1 + 4 * 2**-10, 1 + 5 * 2**-10):
        went = torch.tensor(low + 2**-11).half()
        assert went.item() in (low, low + 2**-10)
        assert went.view(torch.int16).item() % 2 == 0


def test_a_cast_neither_raises_nor_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.tensor([1e9, 65519.0]).half().tolist() == [math.inf, 65504]


def test_an_activation_of_256_squared_is_inf() -> None:
    assert (torch.tensor(256.0, dtype=FLOAT16) ** 2).item() == math.inf
    assert (torch.tensor(255.0, dtype=FLOAT16) ** 2).item() < math.inf


# ── Range or digits ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_bfloat16_is_the_first_half_of_a_float32() -> None:
    fields = {name: [len(field) for field in word.fields] for name, word in words("bits?value=1").items()}
    assert fields == {"float32": [1, 8, 23], "float16": [1, 5, 10], "bfloat16": [1, 8, 7]}
    for value in ("70144", "0.75", "3.0517578125e-05"):
        whole, half = ("".join(words(f"bits?value={value}")[name].fields) for name in ("float32", "bfloat16"))
        assert whole == half + 16 * "0"


def test_70000_becomes_70144_in_bfloat16() -> None:
    """Question `digits`: its numbers are 512 apart there, and it is 0.2 % off."""
    assert answer("digits", "70144")[-1].values == {"float32": 70000, "float16": math.inf, "bfloat16": 70144}
    assert words(QUESTIONS["digits"].run)["bfloat16"].note == "0.206 % over"
    assert [cast(70144 + step, BFLOAT16) for step in (-512, 512)] == [69632, 70656]
    assert torch.finfo(BFLOAT16).max > 3.3e38


def test_finfo_tells_the_limits_of_the_table() -> None:
    """To the digits that the section prints."""
    code = next(block.source for block in TOPIC.page.sections[2].blocks if hasattr(block, "source"))
    printed = {row.split()[0]: [float(cell) for cell in row.split()[1:]] for row in code.splitlines()[1:]}
    assert printed == {"float32": [3.40e38, 1.2e-7], "float16": [65504, 0.00098], "bfloat16": [3.39e38, 0.0078]}
    for name, limits in printed.items():
        found = torch.finfo(demo.FORMATS[name])
        assert limits[0] == pytest.approx(found.max, rel=0.001)
        assert limits[1] == pytest.approx(found.eps, rel=0.01)
    assert cast(3.39e38, BFLOAT16) < math.inf == cast(3.40e38, BFLOAT16)
    digits = {name: -math.log10(torch.finfo(dtype).eps / 2) for name, dtype in demo.FORMATS.items()}
    assert 2 < digits["bfloat16"] < 3 < digits["float16"] < 4 < 7 < digits["float32"] < 8


# ── Below the smallest ────────────────────────────────────────────────────────────────────────────────────────────────


def test_below_the_normal_numbers_the_exponent_is_zeros() -> None:
    normal = torch.finfo(FLOAT16).smallest_normal
    assert normal == pytest.approx(6.1e-5, rel=0.01)
    at, below = words(f"bits?value={normal!r}")["float16"], words("bits?value=6e-5")["float16"]
    assert at.fields[1] == "00001"
    assert below.fields[1] == "00000"
    assert below.note.startswith("subnormal")
    assert "subnormal" not in at.note


def test_the_smallest_float16_has_a_single_one_in_the_last_place() -> None:
    word = words("bits?value=6e-8")["float16"]
    assert word.fields == ("0", "00000", "0000000001")
    assert word.value == 2**-24 == pytest.approx(5.96e-8, rel=0.001)


def test_3_1e_8_is_rounded_up_to_almost_twice_itself() -> None:
    """Question `tiny`: and 2.9e-8 to 0; halfway is 2.98e-8."""
    assert answer("tiny", "5.96e-8, almost twice")[-1].values["float16"] == 2**-24
    assert run("bits?value=2.9e-8")[-1].values["float16"] == 0
    assert words("bits?value=2.9e-8")["float16"].note == "too small"
    assert f"{2**-24 / 2:.3g}" == "2.98e-08"
    assert cast(2**-25, FLOAT16) == 0
    assert cast(2.99e-8, FLOAT16) == 2**-24
    assert 1.9 < 2**-24 / 3.1e-8 < 2


def test_bfloat16_holds_powers_of_ten_down_to_1e_40() -> None:
    """The goal of the section: 1e-41 is the first that is 0, and those before are subnormal."""
    held = {power: run(f"bits?value=1e-{power}")[-1].values["bfloat16"] for power in range(38, 43)}
    assert [power for power, value in held.items() if value == 0] == [41, 42]
    assert words("bits?value=1e-40")["bfloat16"].note.startswith("subnormal")


def test_the_ruler_has_the_limits_of_finfo_and_the_number_on_it() -> None:
    ruler = run("bits?value=3e-8")[-1].pictures[1]
    assert isinstance(ruler, Ruler)
    for span in ruler.spans:
        limits = torch.finfo(demo.FORMATS[span.name])
        assert (span.normal, span.high) == (limits.smallest_normal, limits.max)
        assert cast(span.low, demo.FORMATS[span.name]) == span.low > 0
        assert cast(span.low / 2, demo.FORMATS[span.name]) == 0
    assert [mark.value for mark in ruler.marks] == [3e-8]
    assert run("bits?value=nan")[-1].pictures[1].marks == ()  # type: ignore[union-attr]


# ── Gaps grow with the number ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16"])
def test_between_two_powers_of_two_the_gap_stays_and_at_the_next_it_doubles(name: str) -> None:
    dtype, eps = demo.FORMATS[name], torch.finfo(demo.FORMATS[name]).eps
    assert [cast(1 + k * eps, dtype) for k in range(1, 5)] == [1 + k * eps for k in range(1, 5)]
    assert cast(2 + eps, dtype) == 2
    assert cast(2 + 2 * eps, dtype) == 2 + 2 * eps
    for frame in run("gaps?way=doubling"):
        gap, size = frame.values[f"gap {name}"], frame.values["size"]
        assert gap / size == eps or (name == "float16" and size >= 65536 and gap == math.inf)


def test_plus_one_is_lost_from_256_2048_and_16777216_on() -> None:
    """Question `count`."""
    frames = answer("count", "256")
    last = frames[-1].values
    assert [last[f"+ 1 lost {name}"] for name in ("bfloat16", "float16", "float32")] == [256, 2048, 2**24]
    assert run("gaps")[0].values["gap bfloat16"] == 1 / 128
    for dtype, size in ((BFLOAT16, 256), (FLOAT16, 2048), (FLOAT32, 2**24)):
        whole = torch.tensor(size, dtype=dtype)
        assert (whole + 1 == whole).item()
        assert (whole - 1 != whole).item()
    assert [cast(129, BFLOAT16), cast(257, BFLOAT16), cast(258, BFLOAT16)] == [129, 256, 258]
    assert next(frame for frame in frames if frame.values["size"] == 65536).values["gap bfloat16"] == 512


@pytest.mark.parametrize(
    ("value", "cut", "more"),
    [("257", 2**15, 0), ("259", 2**15, 1), ("1.003", 0b0110001001001110, 0), ("1.005", 0b1010001111010111, 1)],
)
def test_the_bits_that_bfloat16_drops_decide_what_becomes_of_the_last_it_keeps(value: str, cut: int, more: int) -> None:
    """The numbers to try before the exercise: a tie each way, less than half and more."""
    whole, half = (int("".join(words(f"bits?value={value}")[name].fields), 2) for name in ("float32", "bfloat16"))
    assert whole & 0xFFFF == cut
    assert half == (whole >> 16) + more
    assert f"demo:bits?value={value}" in LINKS


def test_what_plus_one_loses_is_told_where_it_is_lost() -> None:
    notes = {frame.values["size"]: frame.note for frame in run("gaps?way=doubling")}
    assert "+ 1 is lost" not in notes[128]
    assert notes[256].endswith("; + 1 is lost in bfloat16.")
    assert notes[65536].endswith("; + 1 is lost in bfloat16, float16 is at inf.")


def test_float16_gaps_stop_shrinking_below_its_normal_numbers() -> None:
    frames = run("gaps?way=halving")
    gaps = {frame.values["size"]: frame.values["gap float16"] for frame in frames}
    assert {gap for size, gap in gaps.items() if size <= 2**-14} == {2**-24}
    assert all(gap == size * 2**-10 for size, gap in gaps.items() if size >= 2**-14)
    assert frames[14].pictures[1].rows[1] == ("float16", "6e-8", "9.8e-4")  # type: ignore[union-attr]
    assert frames[15].pictures[1].rows[1] == ("float16", "6e-8", "0.00195")  # type: ignore[union-attr]
    assert frames[-1].note.endswith("float16 is at 0.")
    assert all(later["gap bfloat16"] < earlier["gap bfloat16"] for earlier, later in pairwise(f.values for f in frames))


# ── Sums that stop ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_thousand_times_0_0001_never_reaches_16_bits() -> None:
    """Less than half a gap at 1: 0.00049 in float16, 0.0039 in bfloat16."""
    values = run("sums?add=0.0001&start=1")[-1].values
    assert values["float32"] == pytest.approx(1.1, abs=1e-4)
    assert (values["float16"], values["bfloat16"]) == (1, 1)
    halves = [torch.finfo(dtype).eps / 2 for dtype in (FLOAT16, BFLOAT16)]
    assert halves == pytest.approx([0.00049, 0.0039], rel=0.01)


def test_a_little_more_than_half_a_gap_counts_as_a_whole_one() -> None:
    """Question `half`: 0.00098 a time, a thousand times."""
    values = answer("half", "At almost 2")[-1].values
    assert values["float16"] == 1 + 1000 * 2**-10
    assert 1.95 < values["float16"] < 2
    assert values["bfloat16"] == 1
    assert values["float32"] == pytest.approx(1.5, abs=1e-3)
    assert 0.0001 < torch.finfo(FLOAT16).eps / 2 < 0.0005


def test_counting_by_ones_stops_where_the_gaps_foretold() -> None:
    values = run("sums?add=1&times=9000")[-1].values
    assert [values[name] for name in demo.FORMATS] == [9000, 2048, 256]


def test_what_sum_makes_of_it_is_told_where_it_was_asked_for_alone() -> None:
    """The next section asks for it, and this one gives nothing away."""
    here, there = (TOPIC.page.sections[k] for k in (5, 6))
    targets = [here.panel, *(link.target for link in here.links), *(question.run for question in here.questions)]
    for target in targets:
        for frame in run(target.removeprefix("demo:")):
            assert "sum()" not in summary(frame.pictures[1]) + frame.note + "".join(frame.values)
    assert "sum()" in summary(run(there.questions[0].run)[-1].pictures[1])


def test_every_total_is_rounded_after_every_addition() -> None:
    frames = run("sums?add=0.0005&start=1")
    total, one = torch.tensor(1.0, dtype=FLOAT16), torch.tensor(0.0005, dtype=FLOAT16)
    for frame in frames[1:4]:
        for _ in range(10):
            total = total + one
        assert frame.values["float16"] == total.item()


# ── What torch does about it ──────────────────────────────────────────────────────────────────────────────────────────


def test_torch_sums_nine_thousand_tenths_to_900() -> None:
    """Question `wide`: one by one they stop at 256 and 32."""
    values = answer("wide", "900")[-1].values
    assert (values["float16"], values["bfloat16"]) == (256, 32)
    assert [values[f"sum() {name}"] for name in ("float16", "bfloat16")] == [900, 900]
    assert values["sum() float32"] == pytest.approx(900, abs=0.01)


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16])
def test_torch_sums_in_float32_and_rounds_once(dtype: Any) -> None:
    x = torch.rand(20_000, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert x.sum().item() == pytest.approx(x.float().sum().to(dtype).item(), rel=torch.finfo(dtype).eps)


def test_a_sum_that_does_not_fit_is_inf_and_its_mean_is_not() -> None:
    values = run("sums?add=60000&at_once=on")[-1].values
    assert values["sum() float16"] == math.inf
    assert values["mean() float16"] == 60000
    assert torch.full((1000,), 60000.0, dtype=FLOAT16).sum(dtype=FLOAT32).item() == 6e7


def test_totals_in_float32_do_not_stop() -> None:
    """The edit that the section asks for, made in the demo's own source."""
    old = "totals = {name: first.to(FORMATS[name]) for name in FORMATS}"
    new = "totals = {name: first.to(torch.float32) for name in FORMATS}"
    assert new in TOPIC.page.sections[6].blocks[-2].source  # type: ignore[union-attr]
    end = tuple(edited("sums", old, new).sums("0.1", "0", 9000, True))[100]
    assert [end.values[name] for name in demo.FORMATS] == pytest.approx([900, 900, 900], abs=1.5)
    assert {number(end.values[name]) for name in demo.FORMATS} <= {"900", "901"}  # as it stands at the end of a line


# ── A weight that stands still ────────────────────────────────────────────────────────────────────────────────────────


def test_the_weight_in_bfloat16_stops_where_its_step_is_half_a_gap() -> None:
    """Question `still`: not at its nearest number to π, and not to and fro around it."""
    frames = answer("still", "At 2.75, and it has not moved for 300 steps")
    values = frames[-1].values
    trail = [frame.values["bfloat16"] for frame in frames]
    assert len(frames) == 401
    assert set(trail[100:]) == {2.75}
    assert sorted(trail) == trail
    assert values["step bfloat16"] == pytest.approx(values["half a gap bfloat16"], rel=0.01)
    assert values["half a gap bfloat16"] == pytest.approx(0.0078, rel=0.01)
    assert values["float32"] == pytest.approx(3.14, abs=0.005)
    assert cast(math.pi, BFLOAT16) == 3.140625
    half = torch.tensor(2.75 + 2**-7, dtype=torch.float64)
    assert half.to(BFLOAT16).item() == 2.75


def test_a_copy_in_float32_gets_all_three_there() -> None:
    values = run("weight?lr=0.02&wide_copy=true")[-1].values
    assert [values[name] for name in demo.FORMATS] == pytest.approx([3.1406] * 3, abs=0.001)
    assert values["bfloat16"] == 3.140625


def test_a_larger_lr_brings_bfloat16_within_a_tenth() -> None:
    """The goal of the section, at a place of the slider and not at the one it begins with."""
    ends = {lr: run(f"weight?lr={lr}")[-1].values["bfloat16"] for lr in places("weight", "lr", 0.02)}
    near = [lr for lr, end in ends.items() if abs(end - math.pi) < 0.1]
    assert near
    assert 0.02 not in near


def test_a_weight_that_still_moves_is_not_said_to_stand() -> None:
    for frame in run("weight?lr=0.02")[1:15]:
        assert "no move" not in frame.note


# ── Gradients that become 0 ───────────────────────────────────────────────────────────────────────────────────────────


def test_about_half_of_the_gradients_are_lost_and_hardly_missed() -> None:
    """Question `lost`."""
    frames = answer("lost", "Less than 0.1 %")
    assert frames[0].values["became 0"] == 0
    assert 0.3 < frames[-1].values["became 0"] < 0.75
    assert all(frame.values["relative error"] < 0.001 for frame in frames)
    assert frames[-1].values["loss"] < 0.1 * frames[0].values["loss"]


def test_the_lost_ones_are_the_smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 3e-8, and some 100 000 times smaller than the largest, which is above 1e-3."""
    seen: list[Any] = []
    original = demo._gradients_frame

    def noted(*given: Any) -> Frame:
        seen.append(given)
        frame: Frame = original(*given)
        return frame

    monkeypatch.setattr(demo, "_gradients_frame", noted)
    tuple(demo.gradients("float16", 1.0))
    _, sent, held, _ = seen[-1]
    assert tuple(sent.shape) == (256, 32)
    assert sent.numel() == 8192
    assert sent[held == 0].abs().max() < 3e-8
    assert sent.abs().max() > 1e-3
    assert sent.abs().max() / sent[held == 0].abs().max() > 3e4


def test_a_smaller_loss_loses_the_large_ones_too() -> None:
    errors = {factor: run(f"gradients?factor={factor}") for factor in ("1e-4", "1e-5")}
    assert all(frame.values["relative error"] > 0.1 for frame in errors["1e-4"])
    assert all(frame.values["became 0"] > 0.99 for frame in errors["1e-5"])
    assert all(frame.values["relative error"] > 0.9 for frame in errors["1e-5"])


def test_every_gradient_is_counted_once() -> None:
    """On the axis, or apart: those that became 0."""
    for name in ("float16", "bfloat16"):
        for frame in run(f"gradients?dtype={name}&factor=1"):
            histogram = frame.pictures[0]
            assert isinstance(histogram, Histogram)
            assert sum(histogram.counts) + histogram.apart == 8192
            assert histogram.apart == 8192 * frame.values["became 0"]


def test_the_marks_are_the_ends_of_float16() -> None:
    """bfloat16 has its ends beyond the axis."""
    histogram = run("gradients?dtype=float16")[0].pictures[0]
    assert isinstance(histogram, Histogram)
    marks = {mark.name: 10**mark.value for mark in histogram.marks}
    assert marks == pytest.approx({"smallest": 5.96e-8, "all digits": 6.1e-5, "largest": 65504}, rel=0.01)
    assert run("gradients?dtype=bfloat16")[0].pictures[0].marks == ()  # type: ignore[union-attr]


def test_the_grid_marks_what_became_0() -> None:
    frame = run("gradients?dtype=float16&factor=1e-5")[0]
    grid = frame.pictures[1]
    assert isinstance(grid, Grid)
    assert len(grid.marked) > 0.9 * len(grid.values)
    assert (len(grid.rows), len(grid.columns)) == (8, 16)
    assert run("gradients?dtype=bfloat16&factor=1e-5")[0].pictures[1].marked == ()  # type: ignore[union-attr]


def test_the_factor_does_not_change_the_training() -> None:
    losses = [[frame.values["loss"] for frame in run(f"gradients?factor={factor}")] for factor in ("1e-5", "1")]
    assert losses[0] == losses[1]


def test_the_goal_of_a_tenth_of_a_per_cent_lies_between_too_little_and_too_much() -> None:
    assert {0.5, 5e7} <= set(places("gradients", "factor", 1e-5))
    assert all(frame.values["relative error"] < 0.001 for frame in run("gradients?factor=0.5"))
    assert max(frame.values["relative error"] for frame in run("gradients?factor=0.01")) > 0.001
    assert run("gradients?factor=5e7")[-1].values["became inf"] > 0
    assert "became inf" in run("gradients?factor=5e7")[-1].note


# ── Which one, and when ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_float8_formats_are_as_the_section_says() -> None:
    for name, largest, fraction in (("float8_e4m3fn", 448, 3), ("float8_e5m2", 57344, 2)):
        limits = torch.finfo(getattr(torch, name))
        assert limits.max == largest
        assert limits.eps == 2.0**-fraction


def test_tf32_is_no_dtype() -> None:
    assert not hasattr(torch, "tf32")
    assert not hasattr(torch, "tfloat32")


def test_the_hook_to_make_tells_the_largest_output_of_each_layer(capsys: pytest.CaptureFixture[str]) -> None:
    code = next(block.source for block in TOPIC.page.sections[-1].blocks if hasattr(block, "source"))
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    exec(code, {"model": model})  # noqa: S102
    largest = model(torch.ones(1, 2)).abs().max().item()
    linear, relu = capsys.readouterr().out.splitlines()
    assert linear.startswith("Linear ")
    assert relu == f"ReLU {largest}"


def test_counting_by_ones_is_the_panel_of_the_last_section() -> None:
    assert [run(PANELS[-1])[-1].values[name] for name in ("float16", "bfloat16")] == [2048, 256]


def test_the_chart_of_a_sum_has_a_point_for_every_hundredth() -> None:
    chart = run("sums")[-1].pictures[0]
    assert isinstance(chart, Chart)
    assert {len(series.values) for series in chart.series} == {101}
    assert chart.levels[0].value == 1000
