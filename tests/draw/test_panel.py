"""The panel: head, pictures, caption, meter and details in whatever room there is."""

from __future__ import annotations

import math

import pytest

from lessons.kit.pictures import (
    Bits,
    Chart,
    Flow,
    Frame,
    Graph,
    Histogram,
    Level,
    Limit,
    Meter,
    Node,
    Picture,
    Ruler,
    Sent,
    Series,
    Span,
    Surface,
    Word,
    Zone,
    field,
)
from tutor.draw.canvas import Canvas, Look
from tutor.draw.graph import GraphView
from tutor.draw.panel import PanelView, draw_panel

GROUND = field(lambda x, y: 10 * y * y + x * x, (-1.75, 1.75), (-1.3, 1.3), columns=21, rows=15)
LOSSES = tuple(10.5 * 0.8**n for n in range(30))
FRAME = Frame(
    pictures=(
        Surface("loss", GROUND, tuple((0.9**n, (-0.8) ** n) for n in range(30)), lowest=(0.0, 0.0)),
        Meter("lr × λ", 1.8, (Zone(1, "slow"), Zone(2, "zigzag"), Zone(2.6, "up", "danger")), (Limit(2, "critical"),)),
        Chart("loss", (Series("loss", LOSSES),), 200, log=True, levels=(Level(1e-5, "one millionth"),)),
    ),
    values={"loss": 0.016, "w1": -0.002},
    note="Each swing is narrower than the last.",
    step=29,
    steps=200,
)  # fmt: skip
LOOKS = [
    Look("dark", "true"),
    Look("light", "256"),
    Look("dark", "16"),
    Look("dark", "none"),
    Look("dark", "true", ascii=True),
]
VIEWS = {
    "empty": PanelView(),
    "running": PanelView("bowl", "λ 20 and 1", "● running", "accent", FRAME),
    "locked": PanelView("bowl", "", "○ waiting for your answer", "", FRAME, caption="Press 1 or 2.", locked=True),
    "words": PanelView("bowl", "", "‖ paused", "", FRAME, words=True),
    "failed": PanelView(
        "bowl", "", "✗ stopped", "danger", FRAME, caption="x " * 200, frozen=True, details=(("a", "muted"),) * 9
    ),
    "words of nothing": PanelView("bowl", words=True),
}


def drawn(view: PanelView, width: int, height: int, look: Look = LOOKS[0]) -> list[str]:
    canvas = Canvas(width, height, look, "panel")
    draw_panel(canvas, view)
    return [canvas.text(y) for y in range(height)]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.theme}-{look.depth}{'-ascii' * look.ascii}")
def test_any_size_can_be_drawn(view: PanelView, look: Look) -> None:
    """From nothing to a wall of screens."""
    for width in (0, 1, 2, 5, 7, 20, 33, 56, 68, 104, 122, 240):
        for height in (0, 1, 2, 3, 6, 11, 18, 21, 22, 33, 48, 80):
            rows = drawn(view, width, height, look)
            assert len(rows) == height


@pytest.mark.parametrize(("width", "height"), [(80, 18), (68, 32), (122, 42), (42, 32)])
def test_what_a_panel_needs_is_there_at_every_usual_size(width: int, height: int) -> None:
    """Title, state, step, note, meter in words, and the chart's last value."""
    text = "\n".join(drawn(VIEWS["running"], width, height))
    for wanted in ("bowl", "● running", "Each swing is narrower", "1.8", "zigzag", "loss"):
        assert wanted in text
    assert "step 29 of 200" in text or width < 50


def test_the_caption_has_room_for_two_rows_so_that_nothing_moves() -> None:
    """A note of one row and one of two leave the meter where it is."""
    short = drawn(PanelView("bowl", frame=Frame(FRAME.pictures, {}, "Short.", 1, 200)), 68, 32)
    long = drawn(PanelView("bowl", frame=Frame(FRAME.pictures, {}, "Long " * 20, 1, 200)), 68, 32)
    row = lambda rows: next(y for y, text in enumerate(rows) if "lr × λ" in text)  # noqa: E731
    assert row(short) == row(long)


def test_a_failure_shows_its_details_in_place_of_meter_and_chart() -> None:
    """What happened and the key that goes on."""
    view = PanelView("bowl", frame=FRAME, caption="A segfault ended it.", details=(("space  runs it again", "text"),))
    text = "\n".join(drawn(view, 68, 32))
    assert "A segfault ended it." in text
    assert "space  runs it again" in text
    assert "zigzag" not in text


def test_words_stand_in_for_every_picture() -> None:
    """For screen readers: what each picture shows, and the values."""
    text = " ".join(" ".join(drawn(VIEWS["words"], 68, 32)).split())
    for wanted in ("Each swing is narrower", "lr × λ: 1.8, zigzag", "path went from", "fell from 10.5", "w1"):
        assert wanted in text


def test_values_in_words_have_the_digits_that_tell_them_apart() -> None:
    """0.1 as three formats hold it, and a whole number in full."""
    held = {"fp32": 0.1, "fp16": 0.0999755859375, "bf16": 0.10009765625, "top": 65504.0}
    view = PanelView("bits", frame=Frame((RULER,), held, "It is held."), words=True)
    text = " ".join("\n".join(drawn(view, 68, 32)).split())
    assert "fp32 0.1 fp16 0.09998 bf16 0.1001 top 65504" in text


def test_numbers_that_are_none_do_not_stop_the_panel() -> None:
    """A diverging run ends in inf and nan."""
    frame = Frame(
        (
            Surface("loss", GROUND, ((1.0, 1.0), (math.inf, math.nan))),
            Meter("lr × λ", math.inf, (Zone(1, "a"), Zone(2, "b", "danger"))),
            Chart("loss", (Series("loss", (1.0, math.inf, math.nan)),), 2, log=True),
        ),
        {"loss": math.nan},
        "It diverged.",
    )
    for words in (False, True):
        assert "It diverged." in "\n".join(drawn(PanelView("bowl", frame=frame, words=words), 68, 32))


BITS = Bits("one", ("sign", "exponent", "fraction"), (Word("fp16", ("0", "01111", "0" * 10), 1.0),) * 3)
RULER = Ruler("ranges", (Span("fp16", 6e-8, 6.1e-5, 65504.0),))
CHART = Chart("loss", (Series("loss", LOSSES),), 200, log=True)
HISTOGRAM = Histogram("sizes of gradients", (1.0, 4.0, 2.0), -9.0, -3.0, log=True)
GRAPH = Graph(
    "square",
    (Node("leaf", "w", (), (), "float32", 3.0), Node("Mul", "w·w", (0, 0), (), "float32", 9.0, ("w = 3",))),
    (Flow((3.0, 3.0)), Flow((1.0,), 1.0, (Sent(0, 3.0, "1 · 3"),) * 2)),
    now=1,
)


def panel(*pictures: Picture, size: tuple[int, int], graph: GraphView | None = None) -> list[str]:
    frame = Frame(pictures, {}, "This is the note.", 1, 2)
    return drawn(PanelView("demo", frame=frame, graph=graph or GraphView()), *size)


def row_of(rows: list[str], text: str) -> int:
    """The first row that has a text."""
    found = [number for number, row in enumerate(rows) if text in row]
    assert found, f"{text!r} is not in\n" + "\n".join(rows)
    return found[0]


def test_pictures_of_a_whole_row_stand_under_each_other() -> None:
    """Each in the rows that it wants, the note under the first."""
    rows = panel(BITS, RULER, size=(80, 24))
    assert row_of(rows, "fp16") < row_of(rows, "This is the note.") < row_of(rows, "ranges")


def test_where_rows_are_few_the_last_picture_goes() -> None:
    """The first stays, with the note."""
    rows = panel(BITS, RULER, size=(80, 11))
    assert row_of(rows, "fp16") < row_of(rows, "This is the note.")
    assert not any("ranges" in row for row in rows)


def test_pictures_that_take_any_size_stand_beside_each_other_where_it_is_tight() -> None:
    """And under each other where there is room."""
    tight, roomy = panel(CHART, HISTOGRAM, size=(80, 17)), panel(CHART, HISTOGRAM, size=(68, 33))
    assert row_of(tight, "loss") == row_of(tight, "sizes")
    assert row_of(roomy, "loss") < row_of(roomy, "sizes")


@pytest.mark.parametrize("size", [(80, 17), (68, 33)])
def test_the_details_of_the_node_stand_under_the_note(size: tuple[int, int]) -> None:
    """Of the one where the backward pass is, or of the chosen one."""
    rows = panel(GRAPH, size=size)
    assert row_of(rows, "This is the note.") < row_of(rows, "saved for backward: w = 3")
    assert "1 · 3" in rows[row_of(rows, "to w")]
    chosen = panel(GRAPH, size=size, graph=GraphView(chosen=0))
    assert not any("saved" in row for row in chosen)
    assert row_of(chosen, "This is the note.") < max(number for number, row in enumerate(chosen) if "leaf" in row)


def test_the_note_follows_the_graph_without_a_gap_of_rows() -> None:
    """A small graph does not push it to the foot of a tall panel."""
    rows = panel(GRAPH, size=(68, 33))
    assert row_of(rows, "This is the note.") - row_of(rows, "w·w") <= 3
