"""Findings on a screen: what stands where, at any size and in every look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.finding import STATUSES, Finding, Step, Tensor, Where
from tests.draw.pictures import LOOKS, drawn, rows
from tests.draw.test_every_size import kept_to
from tutor.draw.canvas import Canvas, Look
from tutor.draw.excerpt import Excerpt, excerpt_of, read_excerpt
from tutor.draw.findings import BAR, ONE_ROW, draw_lines, draw_list, finding_lines, list_below, list_rows, list_top

SOURCE = ["def step():", "    for features in loader:", "        logits = model(features)", "", "    return logits"]
WHERE = Where(
    "/gone/train.py",
    7,
    "model(features)",
    (Tensor("features", "cpu", "float32", (32, 10), "train.py:3 torch.randn(32, 10)"), Tensor("", "cuda:0")),
)
MISMATCH = Finding(
    "device-mismatch",
    "fail",
    "`features` is on cpu, and `model[0].bias` is on cuda:0",
    evidence=("`model[0].bias`: cuda:0", "CUDA says: Expected all tensors to be on the same device"),
    cause="`torch.randn(32, 10)` names no device.",
    fix=(
        Step("line 7: `logits = model(features.to(device))`", "logits = model(features.to(device))", verify="run it"),
        Step("or make it there", "torch.randn(32, 10, device=device)", root=True),
    ),
    where=WHERE,
)
EXCERPT = excerpt_of(SOURCE, 5, WHERE)
MISMATCH_NOWHERE = replace(MISMATCH, where=None)
FOLLOWER = Finding("follower", "warn", "What it causes", consequence_of="device-mismatch")


def shown_list(findings: list[Finding], w: int, h: int, chosen: int = 0, look: Look | None = None) -> Canvas:
    """A list in a box of w by h, bars included."""

    def draw(canvas: Canvas, x: int, y: int) -> None:
        draw_list(canvas, x + BAR, y, w - BAR, h, findings, chosen, findings, roomy=h > 30)

    return drawn(draw, w, h, look or Look())


def shown_detail(
    finding: Finding,
    w: int,
    h: int,
    look: Look | None = None,
    excerpt: Excerpt | None = None,
    lesson: str = "",
    among: tuple[Finding, ...] = (),
) -> Canvas:
    look = look or Look()
    lines = finding_lines(
        finding, (finding, *among), w - BAR, excerpt=excerpt, lesson=lesson, roomy=h > 20, ascii_only=look.ascii
    )
    return drawn(lambda canvas, x, y: draw_lines(canvas, x + BAR, y, w - BAR, h, lines), w, h, look)


def text_of(box: Canvas) -> str:
    return "\n".join(row.rstrip() for row in rows(box)).rstrip()


def test_a_finding_in_detail() -> None:
    """Word and place, title, the source with the expression bracketed, seen, cause, next, verify, or, explains, why."""
    box = shown_detail(MISMATCH, 66, 36, excerpt=EXCERPT, lesson="Devices", among=(FOLLOWER,))
    assert text_of(box).split("\n") == [
        "  ✗ fail                                          /gone/train.py:7",
        "  features is on cpu, and model[0].bias is on cuda:0",
        "",
        "  5  def step():",
        "  6      for features in loader:",
        "▌ 7          logits = model(features)",
        "                      ╰─────────────╯",
        "  8",
        "  9      return logits",
        "",
        "  seen     model[0].bias: cuda:0",
        "           CUDA says: Expected all tensors to be on the same",
        "             device",
        "           features   cpu     float32  32×10",
        "             made at train.py:3 torch.randn(32, 10)",
        "           (no name)  cuda:0           one number",
        "",
        "  cause    torch.randn(32, 10) names no device.",
        "",
        "  next     line 7:",
        "            logits = model(features.to(device))",
        "  verify   run it",
        "  or       make it there",
        "            torch.randn(32, 10, device=device)",
        "           needs root",
        "",
        "  explains ▾ 1 finding",
        "           What it causes",
        "",
        "  ▸ w  why: Devices",
    ]


def test_a_long_command_goes_on_below_and_misses_nothing() -> None:
    """Nothing of what is to be copied is left out."""
    command = "pip install " + " ".join(f"package-{number}==1.0" for number in range(12))
    box = shown_detail(Finding("x", "fail", "X", fix=(Step("Install it", command),)), 50, 30)
    assert "".join(command.split()) in "".join(text_of(box).split())


@pytest.mark.parametrize("w", [20, 40, 66])
def test_the_bracket_stands_under_its_expression(w: int) -> None:
    """Also where the line had to be cut at its left."""
    where = Where("x.py", 1, "model(features)")
    excerpt = excerpt_of([f"value = {'other + ' * 5}model(features)  # and so on"], 1, where)
    lines = rows(shown_detail(Finding("x", "fail", "X", where=where), w, 20, excerpt=excerpt))
    code = next(number for number, row in enumerate(lines) if "model(" in row)
    bracket = lines[code + 1]
    under = lines[code][bracket.index("╰") : bracket.index("╯") + 1]
    assert under.rstrip("…") in "model(features)"
    assert under.startswith("model(")


@pytest.mark.parametrize("w", [40, 50, 66, 76])
def test_a_command_is_never_broken_inside_an_argument(w: int) -> None:
    """Each argument that fits a row stands whole on one, and nothing is left out."""
    command = "python -m pip install --force-reinstall torch==2.8.0 --index-url https://download.org/whl/cu126"
    text = text_of(shown_detail(Finding("x", "fail", "X", fix=(Step("Install it", command),)), w, 30))
    assert all(argument in text for argument in command.split() if len(argument) <= w - 30)
    assert "".join(command.split()) in "".join(text.split())


def test_a_finding_of_the_doctor_ends_with_the_command_that_looks_again() -> None:
    """A step's own check then is what to do after it."""
    lines = finding_lines(MISMATCH, (MISMATCH,), 70, verify="tutor doctor --only x")
    text = "\n".join(
        (line.label.text if line.label else "").ljust(9) + "".join(span.text for span in line.spans) for line in lines
    )
    assert "then     run it" in text
    assert text.rstrip().endswith("verify   tutor doctor --only x")


@pytest.mark.parametrize("h", [3, 4, 5, 7, 8])
def test_a_list_shows_findings_whole_and_counts_those_below(h: int) -> None:
    """No title without its sign, whichever is chosen."""
    long = "one two three four five six seven eight nine ten"
    many = [Finding(f"x{number}", "warn", long if number % 2 else "short") for number in range(9)]
    places = list_rows(many, 30, roomy=False)
    for chosen, place in enumerate(places):
        top = list_top(places, chosen, h)
        assert top in [one.start for one in places]
        assert top <= place.start < place.stop <= top + h
        shown = [one for one in places if top <= one.start and one.stop <= top + h]
        assert list_below(places, chosen, h) == len(many) - 1 - places.index(shown[-1])


def test_what_it_explains_and_its_theme_stand_beside_one_another() -> None:
    """Where there is room for both."""

    def draw(canvas: Canvas, x: int, y: int) -> None:
        found = [MISMATCH_NOWHERE, FOLLOWER]
        draw_list(canvas, x + BAR, y, 110, 3, found, 0, found, lambda finding: "driver", roomy=False)

    assert "explains 1 more · driver" in text_of(drawn(draw, 110 + BAR, 3, Look()))


def test_a_list_has_one_row_a_finding_where_there_is_room() -> None:
    """Else the title stands below sign, word and place."""
    short = Finding("x", "warn", "Short", where=Where("a.py", 3))
    wide, narrow = (text_of(shown_list([short], w, 4)) for w in (ONE_ROW + BAR, ONE_ROW + BAR - 1))
    assert wide.startswith("▌ ! warn     Short ")
    assert wide.endswith(" a.py:3")
    assert narrow.split("\n")[0].split() == ["▌", "!", "warn", "a.py:3"]
    assert narrow.split("\n")[1:] == ["▌   Short"]


def test_a_title_takes_two_rows_and_then_says_that_there_is_more() -> None:
    long = Finding("x", "warn", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen")
    assert text_of(shown_list([long], 32, 6)).split("\n")[-1].endswith("…")
    assert [len(place) for place in list_rows([long, long], 30, roomy=True)] == [3, 3]


def test_the_chosen_finding_is_on_the_screen() -> None:
    """However many there are."""
    many = [Finding(f"x{number}", "warn", f"Number {number}") for number in range(30)]
    for chosen in (0, 4, 29):
        box = text_of(shown_list(many, 80, 5, chosen))
        assert [row.split()[-1] for row in box.split("\n") if row.startswith("▌")] == [str(chosen)]


def test_a_cause_says_how_much_it_explains() -> None:
    assert "explains 1 more" in text_of(shown_list([MISMATCH, FOLLOWER], 80, 5))


def test_the_source_is_read_around_the_line(tmp_path: Path) -> None:
    """Two lines on both sides, without common indentation and blank ends; nothing where there is no such line."""
    file = tmp_path / "train.py"
    file.write_text("if True:\n\n    a = 1\n    b = f(\n        a)\n    c = 2\n")
    excerpt = read_excerpt(Where(str(file), 4, "f(\n        a)"))
    assert excerpt == Excerpt(3, ("a = 1", "b = f(", "    a)", "c = 2"), 4, (4, 6))
    assert read_excerpt(Where(str(file), 9)) is None
    assert read_excerpt(Where(str(tmp_path / "gone.py"), 1)) is None
    assert read_excerpt(Where(str(tmp_path), 1)) is None
    assert read_excerpt(Where("<stdin>\0", 1)) is None
    file.write_bytes(b"\xff\xfe\n")
    assert read_excerpt(Where(str(file), 1)) is None


TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=60)
SIZES = st.tuples(st.integers(3, 90), st.integers(1, 40))


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.lists(TEXTS, min_size=1, max_size=5), st.sampled_from(STATUSES), SIZES, st.sampled_from(LOOKS))
def test_any_finding_at_any_size_in_any_look(
    text: str, other: str, source: list[str], status: str, size: tuple[int, int], look: Look
) -> None:
    """It stays in its box, obeys no escape, and sends only what its look has."""
    lines = [line.replace("\n", "") for line in source]
    tensors = (Tensor(text, other, text, (1, 2), other), Tensor(""))
    where = Where(other, len(lines), lines[-1][1:-1], tensors)
    finding = Finding(
        "x", status, text, (other, text), text, (Step(f"{other} `{text}`", text, verify=other), Step(text)), where
    )
    excerpt = excerpt_of(lines, 1, where)
    follower = Finding("y", "note", other, consequence_of="x")
    kept_to(shown_detail(finding, *size, look=look, excerpt=excerpt, lesson=other, among=(follower,)), look)
    kept_to(shown_list([finding, MISMATCH, follower], *size, chosen=1, look=look), look)
