"""What a worker says is read as small facts, and nothing it can say breaks the reader."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Chart, Field, Frame, Level, Limit, Meter, Series, Surface, Zone
from lessons.kit.wire import to_line, to_wire
from tutor.lab.protocol import (
    DemoEnded,
    DemoFailed,
    FrameArrived,
    NoTorch,
    Ready,
    read_event,
    read_line,
    read_start,
)

FIELD = Field((-1.0, 1.0), (-2.0, 2.0), 2, (1.0, 2.0, math.inf, -4.0))
SURFACE = Surface("Loss", FIELD, ((0.0, 0.0), (math.inf, -0.5)), lowest=(0.0, 0.0), x="w1", y="w2")
CHART = Chart(
    "Loss", (Series("train", (1.0, math.inf, -math.inf)),), 9, "epoch", True, 0.1, None, (Level(0.1, "noise"),)
)
METER = Meter("lr × λ", 1.5, (Zone(2.0, "stable"), Zone(2.6, "diverges", "danger")), (Limit(2.0, "critical"),))
FRAME = Frame((SURFACE, CHART, METER), {"loss": math.inf, "ms": 1.0}, "It diverged.", 1, 9, ("ms",))


def arrives(
    frame: Frame, sent: Frame | None = None, known: Frame | None = None
) -> FrameArrived | DemoEnded | DemoFailed:
    body = {"frame": to_wire(frame, sent), "device": "cpu", "line": 7}
    return read_event(read_line(to_line({"event": "frame", "run": 1, "body": body})), known)


def broken(**changes: Any) -> FrameArrived | DemoEnded | DemoFailed:
    """What is read of a frame that was changed on its way."""
    body = {"frame": {**to_wire(FRAME), **changes}, "device": "cpu", "line": 7}
    return read_event(read_line(to_line({"event": "frame", "run": 1, "body": body})), None)


def test_a_frame_arrives_as_it_left() -> None:
    """Every picture, every number, also those that JSON lacks."""
    assert arrives(FRAME) == FrameArrived(FRAME, "cpu")


def test_nan_arrives_as_nan() -> None:
    """In a chart and among the values."""
    frame = Frame((replace(CHART, series=(Series("train", (math.nan,)),)),), {"loss": math.nan}, "Not a number.")
    event = arrives(frame)
    assert isinstance(event, FrameArrived)
    assert isinstance(event.frame.pictures[0], Chart)
    assert math.isnan(event.frame.pictures[0].series[0].values[0])
    assert math.isnan(event.frame.values["loss"])


def test_an_unchanged_field_is_put_back() -> None:
    """It is the very object of the frame before, so that it can be recognized by identity."""
    first = arrives(FRAME)
    assert isinstance(first, FrameArrived)
    second = arrives(FRAME, sent=FRAME, known=first.frame)
    assert isinstance(second, FrameArrived)
    before, after = first.frame.pictures[0], second.frame.pictures[0]
    assert isinstance(before, Surface)
    assert isinstance(after, Surface)
    assert after.field is before.field


def test_text_in_a_frame_is_made_safe() -> None:
    """Titles, names and notes are written by strangers too."""
    hostile = "\x1b]0;pwned\x07"
    frame = Frame((replace(METER, title=hostile, zones=(Zone(2.0, hostile),)),), {hostile: 1.0}, hostile * 99)
    event = arrives(frame)
    assert isinstance(event, FrameArrived)
    assert event.frame.note.startswith("␛]0;pwned␇")
    assert len(event.frame.note) == 400
    assert list(event.frame.values) == ["␛]0;pwned␇"]
    assert isinstance(event.frame.pictures[0], Meter)
    assert event.frame.pictures[0].title == event.frame.pictures[0].zones[0].name == "␛]0;pwned␇"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pictures": [{"kind": "hologram"}]}, "its frame has a picture of an unknown kind, 'hologram'"),
        ({"pictures": [{"title": "Loss"}]}, "missing required field `kind`"),
        ({"pictures": [{**to_wire(FRAME)["pictures"][1], "steps": "many"}]}, "Expected `int`, got `str`"),
        ({"pictures": [{**to_wire(FRAME)["pictures"][0], "field": None}]}, "the surface 'Loss' has no field"),
        ({"pictures": [{**to_wire(FRAME)["pictures"][2], "zones": []}]}, "the meter 'lr × λ' has no zones"),
        ({"values": {"loss": "high"}}, "Expected `float`, got `str`"),
        ({"note": None}, "Expected `str`, got `null`"),
    ],
)
def test_a_frame_that_cannot_be_read_is_a_failure_at_its_yield(changes: dict[str, Any], sentence: str) -> None:
    """The demo's author learns what is wrong with it, and where it was yielded."""
    event = broken(**changes)
    assert isinstance(event, DemoFailed)
    assert sentence in event.message
    assert event.line == 7


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (replace(FIELD, columns=3), "the 4 heights of 'Loss' are no grid of 3 columns"),
        (replace(FIELD, columns=0), "no grid of 0 columns"),
        (replace(FIELD, columns=4), "no grid of 4 columns"),
        (replace(FIELD, x=(1.0, 1.0)), "go from a low to a high number, not 1 to 1"),
        (replace(FIELD, y=(0.0, math.inf)), "not 0 to inf"),
    ],
)
def test_a_field_that_is_no_grid_is_refused(field: Field, sentence: str) -> None:
    """What draws a surface divides by its width and counts on its rows."""
    event = arrives(replace(FRAME, pictures=(replace(SURFACE, field=field),)))
    assert isinstance(event, DemoFailed)
    assert sentence in event.message


def test_a_failure_is_read_and_made_safe() -> None:
    """Several lines become one sentence, the trace keeps its lines, and neither keeps an escape."""
    body = {"kind": "RuntimeError", "message": "a\nb\x1b[2J", "line": 3, "columns": [4, 9], "trace": "x\n  y\x07"}
    event = read_event(read_line(to_line({"event": "failed", "run": 1, "body": body})), None)
    assert event == DemoFailed("RuntimeError", "a b␛[2J", 3, (4, 9), "x\n  y␇")


def test_what_a_worker_says_first() -> None:
    """Ready with its versions, or why there is no torch."""
    ready = {"torch": "2.13.0", "python": "3.11.7", "executable": "/usr/bin/python3", "cuda": False}
    assert read_start(read_line(to_line({"event": "ready", "body": ready}))) == Ready(**ready)  # type: ignore[arg-type]
    lacking = {"sentence": "there is no torch\x1b", "python": "/usr/bin/python3"}
    started = read_start(read_line(to_line({"event": "no-torch", "body": lacking})))
    assert started == NoTorch("there is no torch␛", "/usr/bin/python3")
    with pytest.raises(ValueError, match="before it was ready"):
        read_start(read_line(b'{"event": "ended"}'))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"{}",
        b"[]",
        b'{"event": "party"}',
        b'{"event": "frame", "run": "x"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(line: bytes) -> None:
    """It says what was said, short and safe."""
    with pytest.raises(ValueError, match="it said") as caught:
        read_line(line)
    assert str(caught.value).isprintable()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda e: st.lists(e) | st.dictionaries(st.text(), e)
    )
)
def test_no_body_whatever_breaks_the_reader(body: Any) -> None:
    """A frame, a failure, a sentence, or nothing else."""
    for event in ("frame", "failed", "ended"):
        line = json.dumps({"event": event, "run": 1, "body": body}).encode()
        try:
            read_event(read_line(line), None)
        except ValueError as error:
            assert str(error).isprintable()  # noqa: PT017 - most bodies are refused, a few are sound
