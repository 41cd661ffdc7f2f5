"""What leaves the process that runs a demo arrives as the same frame, or is refused with a sentence."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from lessons.kit.pictures import Chart, Field, Frame, Level, Limit, Meter, Series, Surface, Zone
from lessons.kit.wire import to_line, to_wire

FIELD = Field((-1.0, 1.0), (-1.0, 1.0), 2, (1.0, 2.0, 3.0, 4.0))
SURFACE = Surface("Loss", FIELD, ((0.0, 0.0), (0.5, 0.5)), lowest=(0.0, 0.0))
CHART = Chart("Loss", (Series("train", (1.0, 0.5)),), steps=9, log=True, levels=(Level(0.1, "the noise"),))
METER = Meter("lr x curvature", 1.5, (Zone(2.0, "stable"), Zone(2.6, "diverges", "danger")), (Limit(2.0, "critical"),))
FRAME = Frame((SURFACE, CHART, METER), {"loss": 0.5}, "It goes down.", step=1, steps=9, measured=("ms",))


class Scalar:
    """What torch's 0-dim tensors and numpy's scalars have in common."""

    def __init__(self, number: float) -> None:
        self.number = number

    def item(self) -> float:
        return self.number


def test_pictures_carry_their_kind_and_all_their_fields() -> None:
    """A chart, a surface and a meter can be told apart on the other side."""
    surface, chart, meter = to_wire(FRAME)["pictures"]
    assert [surface["kind"], chart["kind"], meter["kind"]] == ["surface", "chart", "meter"]
    assert surface["field"] == {"x": (-1.0, 1.0), "y": (-1.0, 1.0), "columns": 2, "heights": (1.0, 2.0, 3.0, 4.0)}
    assert chart["series"] == [{"name": "train", "values": (1.0, 0.5)}]
    assert meter["limits"] == [{"value": 2.0, "name": "critical", "tone": "warn"}]


def test_a_field_is_sent_once() -> None:
    """The same object in the same place of the frame before is not sent again; an equal but other one is."""
    assert to_wire(FRAME, FRAME)["pictures"][0]["field"] is None
    other = replace(SURFACE, field=replace(FIELD))
    assert to_wire(replace(FRAME, pictures=(other,)), FRAME)["pictures"][0]["field"] is not None
    moved = replace(FRAME, pictures=(CHART, SURFACE))
    assert to_wire(moved, FRAME)["pictures"][1]["field"] is not None


def test_numbers_that_are_not_finite_travel_as_words() -> None:
    """JSON has no infinity and no nan, and Python's own spelling of them is no JSON."""
    series = Series("train", (1.0, math.inf, -math.inf, math.nan))
    frame = Frame((replace(CHART, series=(series,)),), {"loss": math.nan}, "It diverged.")
    sent = msgspec.json.decode(to_line(to_wire(frame)))
    assert sent["pictures"][0]["series"][0]["values"] == [1.0, "inf", "-inf", "nan"]
    assert sent["values"] == {"loss": "nan"}


def test_a_line_is_one_line_of_utf_8() -> None:
    """Line breaks are escaped, and what UTF-8 cannot carry does not stop the line."""
    line = to_line({"note": "a\nb λ \udcff"})
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert msgspec.json.decode(line) == {"note": "a\nb λ ?"}


@pytest.mark.parametrize("number", [Scalar(0.5), Fraction(1, 2), 0.5])
def test_whatever_is_a_number_is_taken_as_one(number: Any) -> None:
    """Tensors without dimensions, numpy's scalars, fractions: a demo need not convert."""
    frame = Frame((Chart("Loss", (Series("train", (number, number)),), steps=number),), {"loss": number}, "Fine.")
    sent = to_wire(frame)
    assert sent["values"] == {"loss": 0.5}
    assert list(sent["pictures"][0]["series"][0]["values"]) == [0.5, 0.5]


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (None, "a demo yields Frames, and this one yielded None"),
        (replace(FRAME, note=" "), "a frame needs a note"),
        (replace(FRAME, note=None), "a frame needs a note"),  # type: ignore[arg-type]
        (replace(FRAME, pictures=CHART), r"write \(picture,\)"),  # type: ignore[arg-type]
        (
            replace(FRAME, pictures=("chart",)),
            "a frame's pictures are of .*Table, Timeline, and this one is 'chart'",
        ),  # type: ignore[arg-type]
        (replace(FRAME, values=[1.0]), "the values of a frame are a dict"),  # type: ignore[arg-type]
        (replace(FRAME, values={"loss": "0.5"}), "the value 'loss' holds '0.5', which is no number"),  # type: ignore[dict-item]
        (replace(FRAME, values={"loss": [1.0]}), "the value 'loss' holds"),  # type: ignore[dict-item]
        (replace(FRAME, values={"loss": None}), "the value 'loss' holds None"),  # type: ignore[dict-item]
        (replace(FRAME, step="one"), "the frame's step holds 'one'"),  # type: ignore[arg-type]
        (replace(FRAME, pictures=(replace(CHART, steps=object()),)), "the chart 'Loss' holds"),  # type: ignore[arg-type]
        (replace(FRAME, pictures=(replace(SURFACE, field=None),)), "the surface 'Loss' has no field"),
    ],
)
def test_what_is_no_frame_is_refused_with_a_sentence(frame: Any, sentence: str) -> None:
    """The demo's author reads what is wrong."""
    with pytest.raises((TypeError, ValueError), match=sentence):
        to_wire(frame)
