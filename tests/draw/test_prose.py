"""Prose as rows: wrapped, with links and answers that can be chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lessons.kit.page import Block, Code, Items, Link, Links, Paragraph, Section, Text, Word
from lessons.kit.question import Answer, Question
from tutor.draw.canvas import Canvas, Look
from tutor.draw.code import folded, highlight
from tutor.draw.prose import AnswerStop, Asked, Layout, LinkStop, lay_out, paint, ticked, wrapped

QUESTION = Question(
    "critical",
    "At `lr` = 0.1, what happens?",
    (Answer("It converges", "It does not shrink."), Answer("It swings for ever and never converges", "It mirrors.")),
    1,
    "bowl?lr=0.1",
)
BLOCKS: tuple[Block, ...] = (
    Paragraph((Text("At most "), Text("2/λ", "code"), Text(", "), Text("not", "strong"), Link("Why", "optim#why"))),
    Items(((Text("one"),), (Text("two"),)), ordered=True),
    Code("python", "def f(x):\n    return x"),
    QUESTION,
    Word("Try"),
    Links((Link("lr 0.09", "demo:bowl?lr=0.09"), Link("lr 0.1", "demo:bowl?lr=0.1"))),
)  # fmt: skip


def section(*blocks: Block) -> Section:
    return Section("A title", "a-title", blocks, "", 1)


def texts(layout: Layout) -> list[str]:
    return [" " * row.indent + "".join(span.text for span in row.spans) for row in layout.rows]


@given(st.text(max_size=300), st.integers(1, 90))
def test_no_row_is_wider_than_the_column_and_no_word_is_lost(text: str, width: int) -> None:
    """For any text: all that is printable is there, in order."""
    rows = wrapped(text, width)
    if all(cell_len(c) == 1 for c in text if c != " "):
        assert all(cell_len(row) <= width for row in rows)
    assert "".join("".join(rows).split(" ")) == "".join(text.split(" "))


@pytest.mark.parametrize("width", [1, 2, 5, 12, 30, 44, 46, 72, 200])
def test_a_section_fits_its_column(width: int) -> None:
    """Prose is never wider than 72 columns, however wide the window."""
    layout = lay_out(section(*BLOCKS), width, asked={})
    if width > 12:
        assert max(map(len, texts(layout))) <= min(width, 72)
    canvas = Canvas(width + 6, 40, Look())
    paint(canvas, layout, 3, 1, width, 38, 0, 0)


def test_code_in_prose_is_not_broken() -> None:
    """A short expression goes to the next row whole."""
    rows = texts(lay_out(section(Paragraph((Text("x " * 14), Text("a + b + c", "code")))), 30, asked={}))
    assert any("a + b + c" in row for row in rows)


def test_an_open_question_offers_its_answers_and_locks_links() -> None:
    """Stops are the answers alone; after the answer they are the links."""
    open_ = lay_out(section(*BLOCKS[3:]), 46, asked={}, locked=True)
    assert open_.stops == [AnswerStop("critical", 0), AnswerStop("critical", 1)]
    assert not any("Try" in text for text in texts(open_))  # what comes after may give the answer away
    assert "after your answer" in " ".join(" ".join(texts(open_)).split())
    told = lay_out(section(*BLOCKS[3:]), 46, asked={"critical": Asked(0, told=True)})
    assert told.stops == [LinkStop("demo:bowl?lr=0.09"), LinkStop("demo:bowl?lr=0.1")]


def test_before_the_run_has_told_nothing_is_given_away() -> None:
    """The choice is locked in; signs and reasons come with the end of the run."""
    locked_in = "\n".join(texts(lay_out(section(QUESTION), 46, asked={"critical": Asked(0)})))
    assert "✓" not in locked_in
    assert "shrink" not in locked_in
    told = "\n".join(texts(lay_out(section(QUESTION), 46, asked={"critical": Asked(0, told=True)})))
    assert "✓" in told
    assert "✗" in told
    assert "It does not shrink." in told
    assert "It mirrors." in told


def test_the_right_answer_needs_one_reason() -> None:
    """Who was right is not told twice."""
    told = "\n".join(texts(lay_out(section(QUESTION), 46, asked={"critical": Asked(1, told=True)})))
    assert told.count("It mirrors.") == 1
    assert "✗" not in told


def test_the_rows_of_a_stop_are_known() -> None:
    """So that it can be scrolled to."""
    layout = lay_out(section(*BLOCKS), 30, asked={})
    first, last = layout.rows_of(2)
    assert isinstance(layout.stops[2], AnswerStop)
    assert last > first  # the second answer is longer than the column
    assert layout.questions["critical"][0] < first


@given(st.text(max_size=60))
def test_backticks_make_code_and_lose_nothing(text: str) -> None:
    """A lone backtick stays one."""
    inlines = ticked(text)
    assert "".join(inline.text for inline in inlines).replace("`", "") == text.replace("`", "")
    assert [t.text for t in ticked("set `lr` now") if t.style == "code"] == ["lr"]
    assert "".join(t.text for t in ticked("a ` b")) == "a ` b"


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=30), st.just("text")
        ),
        max_size=8,
    ),
    st.integers(4, 60),
)
def test_a_folded_line_of_code_loses_nothing(line: list[tuple[str, str]], width: int) -> None:
    """However long its tokens."""
    rows = folded(tuple(line), width)
    joined = "".join("".join(text for text, _ in row) for row in rows)
    assert "".join(joined.split()) == "".join("".join(text for text, _ in line).split())
    assert all(sum(len(text) for text, _ in row) <= width for row in rows)


@pytest.mark.parametrize(
    ("comment", "rows"),
    [
        ("# what stands here what stands here", ["x = 1  # what stands", "here what stands", "here"]),
        ("# " + "y" * 30, ["x = 1  #", "y" * 16, "y" * 14]),
    ],
)
def test_a_long_comment_is_folded_between_its_words(comment: str, rows: list[str]) -> None:
    """A word that is itself too long is cut."""
    folded_rows = folded((("x = 1  ", "text"), (comment, "faint")), 24)
    assert ["".join(text for text, _ in row).strip() for row in folded_rows] == rows


def test_highlighting_keeps_every_character() -> None:
    """Also of code that does not compile, and of languages nobody knows."""
    source = "def f(x:\n    return 'a\n\n# λ"
    for language in ("python", "", "klingon"):
        assert "\n".join("".join(text for text, _ in line) for line in highlight(source, language)) == source


def test_in_ascii_mathematics_keeps_its_meaning() -> None:
    """½ · w1² is 1/2 * w1^2, and not 1 . w12."""
    rows = texts(lay_out(section(Paragraph((Text("½ · w1²"),))), 40, asked={}, ascii_only=True))
    assert "1/2 * w1^2" in rows
    assert wrapped("lr·λ", 40, ascii_only=True) == ["lr*lambda"]
