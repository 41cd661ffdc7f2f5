"""The panel: head, pictures, caption, meter and details in whatever room there is."""

from __future__ import annotations

import math

import pytest

from lessons.kit.pictures import Chart, Frame, Level, Limit, Meter, Series, Surface, Zone, field
from tutor.draw.canvas import Canvas, Look
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
