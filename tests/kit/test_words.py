"""What pictures say to someone who cannot see them."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Chart, Field, Level, Limit, Meter, Picture, Series, Surface, Zone
from lessons.kit.words import joined, number, summary

KIT = Path(__file__).parents[2] / "lessons" / "kit"
MAP = Field((-2.0, 2.0), (-1.0, 1.0), 2, (0.0, 0.0, 0.0, 0.0))
METER = Meter(
    "lr × λ", 1.8, (Zone(1, "monotone"), Zone(2, "zigzag"), Zone(2.6, "diverges", "danger")), (Limit(2, "critical"),)
)
SCALE = "Its scale: monotone up to 1, zigzag up to 2, diverges up to 2.6, critical at 2."

floats = st.floats(allow_nan=True, allow_infinity=True)
points = st.tuples(floats, floats)


def chart(*values: float, log: bool = False) -> str:
    """The words of a chart with one line."""
    return summary(Chart("Loss", (Series("loss", values),), 10, log=log))


def surface(*path: tuple[float, float], field: Field | None = MAP) -> str:
    return summary(Surface("Bowl", field, path, (0.0, 0.0), "w1", "w2"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8.9123e-6, "8.9e-6"),
        (2612.4, "2.6e3"),
        (0.05, "0.05"),
        (0.12345, "0.123"),
        (57.0, "57"),
        (1024.0, "1024"),
        (999.7, "1e3"),
        (-1.5, "−1.5"),
        (-2e-9, "−2e-9"),
        (0.0, "0"),
        (-0.0, "0"),
        (math.inf, "inf"),
        (-math.inf, "−inf"),
        (math.nan, "nan"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("parts", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_a_list_is_told_as_one_says_it(parts: list[str], said: str) -> None:
    assert joined(parts) == said


@given(value=st.floats(-1e308, 1e308))
def test_a_short_number_is_near_its_value(value: float) -> None:
    """Two digits at least are right, whatever the size."""
    assert float(number(value).replace("−", "-")) == pytest.approx(value, rel=0.051, abs=1e-320)
    assert len(number(value)) <= 9


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((), "Loss, step 0 of 10: has no value yet."),
        ((3.0,), "Loss, step 0 of 10: starts at 3."),
        ((10.5, 2.0, 0.5, 8.9e-6), "Loss, step 3 of 10: fell from 10.5 to 8.9e-6, its lowest."),
        ((10.0, 4.0, 0.5, 1.0), "Loss, step 3 of 10: fell from 10 to 1, lowest 0.5 at step 2."),
        ((1.0, 3.0, 2612.0), "Loss, step 2 of 10: rose from 1 to 2612, lowest at the start."),
        ((1.0, 0.5, 3.0, 9.0), "Loss, step 3 of 10: rose from 1 to 9, lowest 0.5 at step 1."),
        ((0.693, 0.693, 0.693), "Loss, step 2 of 10: stays at 0.693."),
        ((0.0, 0.0), "Loss, step 1 of 10: stays at 0."),
        ((1.0, -1.0, 1.0, -1.0, 0.5), "Loss, step 4 of 10: swings between −1 and 1, last 0.5."),
        ((9.0, 1.0, 5.0, 0.5, 3.0), "Loss, step 4 of 10: fell from 9 to 3, swinging, lowest 0.5 at step 3."),
        ((5.0, 3.0, 1.0, 3.0, 4.5), "Loss, step 4 of 10: fell from 5 to 1 at step 2, then rose to 4.5."),
        (
            (1.0, 3.0, 9.0, 3.0, 1.5),
            "Loss, step 4 of 10: rose from 1 to 9 at step 2, then fell to 1.5, lowest 1 at step 0.",
        ),
    ],
)
def test_a_line_says_how_it_ran(values: tuple[float, ...], said: str) -> None:
    """Its first, lowest and last value, and which way."""
    assert chart(*values) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((1.0, 9.0, math.inf, math.nan), "rose from 1 to 9, lowest at the start and is inf from step 2 on."),
        ((4.0, math.nan, 1.0), "fell from 4 to 1, its lowest and is nan at step 1."),
        (
            (4.0, math.nan, 2.0, math.inf, 1.0),
            "fell from 4 to 1, its lowest and is nan at step 1, and not finite at 1 more.",
        ),
        ((math.nan, math.nan), "is nan from step 0 on."),
    ],
)
def test_a_line_says_where_it_is_not_finite(values: tuple[float, ...], said: str) -> None:
    assert chart(*values).endswith(f": {said}")


def test_a_log_axis_is_judged_in_powers_of_ten() -> None:
    """From 1000 to 1e-5 and back to 1 is a fall on a linear axis, and a return on a log one."""
    assert "fell from 1000 to 1," in chart(1000.0, 1.0, 1e-5, 1e-3, 1.0)
    assert "fell from 1000 to 1e-5 at step 2, then rose to 1." in chart(1000.0, 1.0, 1e-5, 1e-3, 1.0, log=True)


def test_several_lines_have_their_names_and_marks_their_meaning() -> None:
    picture = Chart(
        "Loss", (Series("train", (2.0, 1.0)), Series("test", (2.0, 3.0))), 0, "epoch", levels=(Level(0.69, "chance"),)
    )
    assert summary(picture) == (
        "Loss, epoch 1: train fell from 2 to 1, its lowest; test rose from 2 to 3, lowest at the start."
        " Marked: 0.69 (chance)."
    )


def test_a_path_says_where_it_is_and_how_it_came_there() -> None:
    assert surface() == "Bowl: there is no path yet; the lowest point is at (0, 0)."
    assert surface((1.0, 0.5)) == "Bowl: the path starts at (1, 0.5); the lowest point is at (0, 0)."
    assert surface((1.0, 0.0), (0.5, 0.0), (0.1, 0.0)) == (
        "Bowl: in 2 steps the path went from (1, 0) to (0.1, 0)."
        " Its distance to the lowest point at (0, 0) fell from 1 to 0.1."
    )


def test_a_path_that_swings_says_along_which_axis() -> None:
    text = surface((1.0, 0.8), (0.9, -0.8), (0.8, 0.8), (0.7, -0.8), (0.6, 0.8))
    assert "swinging from side to side along w2." in text
    assert "swinging" not in surface((1.0, 0.8), (0.9, 0.7), (0.8, 0.6), (0.7, 0.5))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (((0.0, 0.5), (0.0, 1.5), (0.0, 9.0)), "It left the map at step 1, over the top edge."),
        (((0.0, 0.5), (0.0, -1.5)), "It left the map at step 1, over the bottom edge."),
        (((0.0, 0.5), (0.0, 0.6), (-3.0, 0.0)), "It left the map at step 2, over the left edge."),
        (((0.0, 0.5), (3.0, 0.0), (1.0, 0.0)), "It left the map at step 1, over the right edge, and is on it again."),
        (((0.0, 0.5), (math.nan, 0.0)), "It left the map at step 1, where its position is no longer finite."),
    ],
)
def test_a_path_says_when_it_left_the_map(path: tuple[tuple[float, float], ...], said: str) -> None:
    assert surface(*path).endswith(said)
    assert "left the map" not in surface(*path, field=None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.8, f"lr × λ: 1.8, zigzag. {SCALE}"),
        (2.0, f"lr × λ: 2, critical (a warning). {SCALE}"),
        (2.2, f"lr × λ: 2.2, diverges (danger). {SCALE}"),
        (6.0, f"lr × λ: 6, diverges (danger), beyond the end of the scale. {SCALE}"),
        (math.nan, f"lr × λ: nan. {SCALE}"),
    ],
)
def test_a_meter_says_its_value_and_where_that_stands(value: float, said: str) -> None:
    assert summary(Meter(METER.title, value, METER.zones, METER.limits)) == said


def test_a_meter_without_a_value_says_why() -> None:
    assert summary(Meter("lr × λ", None, (Zone(2.6, ""),), instead="no simple limit")) == "lr × λ: no simple limit."


@given(values=st.lists(floats, max_size=8), path=st.lists(points, max_size=8), value=floats, log=st.booleans())
def test_any_picture_has_words(values: list[float], path: list[tuple[float, float]], value: float, log: bool) -> None:
    """Overflow, nan and nothing at all have words too: one to three sentences that end."""
    pictures: tuple[Picture, ...] = (
        Chart("Loss", (Series("loss", tuple(values)),), 10, log=log),
        Surface("Bowl", MAP, tuple(path), (0.0, 0.0)),
        Meter(METER.title, value, METER.zones, METER.limits),
    )
    for text in map(summary, pictures):
        assert text.endswith(".")
        assert 1 <= text.count(". ") + 1 <= 3


IN_WORKER = (
    *(KIT / f"{name}.py" for name in ("__init__", "pictures", "wire", "running", "failure")),
    *(KIT / "words").glob("*.py"),
    *(KIT.parent / "measure").glob("*.py"),
    *KIT.parent.glob("*/demo.py"),
)


@pytest.mark.parametrize("file", IN_WORKER, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_runs_in_the_worker_is_read_by_python_39(file: Path) -> None:
    ast.parse(file.read_text("utf-8"), feature_version=(3, 9))


def test_what_demos_are_made_of_is_among_it() -> None:
    """So that no new folder is forgotten."""
    names = {f"{file.parent.name}/{file.name}" for file in IN_WORKER}
    assert {"words/lists.py", "kit/wire.py", "measure/graph.py", "autograd/demo.py", "learning_rate/demo.py"} <= names


def test_words_run_beside_any_torch() -> None:
    """Nothing but the standard library: `-S` leaves site-packages out."""
    modules = ", ".join(f"lessons.kit.{name}" for name in ("words", "wire", "running", "failure"))
    code = f"import sys; sys.path.append({str(KIT.parents[1])!r}); import {modules}; print('loaded')"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.stdout == "loaded\n", run.stderr
