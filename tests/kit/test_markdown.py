"""What a page makes of `lesson.md`, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.kit.markdown import parse
from lessons.kit.names import slug
from lessons.kit.page import Code, Items, Link, Links, Page, Paragraph, Text, Word
from lessons.kit.problems import Problem
from lessons.kit.question import Question

FILE = Path("lesson.md")
TOP = "# Steps\n\n## First\n"


def read(text: str) -> tuple[Page, list[Problem]]:
    found: list[Problem] = []
    return parse(text, FILE, found), found


def blocks(text: str) -> tuple[object, ...]:
    """The blocks of a section with this text, in which nothing may be wrong."""
    page, found = read(TOP + text)
    assert not found
    return page.sections[0].blocks


def said(text: str) -> list[str]:
    """What is wrong with a section that has this text, which begins in line 4."""
    _, found = read(TOP + text)
    return [str(problem) for problem in found]


def test_a_page_has_a_title_and_sections() -> None:
    page, found = read("# Steps\n\n## How `lr` works\none\n\n## How it *ends*\ntwo\n")
    assert not found
    assert page.title == "Steps"
    assert [(s.title, s.slug, s.line, s.length) for s in page.sections] == [
        ("How lr works", "how-lr-works", 3, 3),
        ("How it ends", "how-it-ends", 6, 2),
    ]


def test_prose_keeps_its_styles_and_joins_its_lines() -> None:
    """A soft line break is a space; code within strong text stays code."""
    assert blocks("One `lr·λ` is **very\nlarge, `x`**, and *so on*.") == (
        Paragraph(
            (
                Text("One "),
                Text("lr·λ", "code"),
                Text(" is "),
                Text("very large, ", "strong"),
                Text("x", "code"),
                Text(", and "),
                Text("so on", "em"),
                Text("."),
            )
        ),
    )


def test_characters_of_markdown_are_text_where_they_mean_nothing() -> None:
    """Escapes, entities, a product and snake_case are what they look like."""
    assert blocks(r"2 * 3 * 4, zero_grad_now, \*, &lt; and 1 < 2.") == (
        Paragraph((Text("2 * 3 * 4, zero_grad_now, *, < and 1 < 2."),)),
    )


def test_links_keep_their_targets_as_written() -> None:
    (paragraph,) = blocks(
        "See [the `run` λ](demo:bowl?lr=0.1&name=λ|x), [why](noise#the-λ) or\n[docs](https://x.org/a)."
    )
    assert isinstance(paragraph, Paragraph)
    links = [inline for inline in paragraph.inlines if isinstance(inline, Link)]
    assert links == [
        Link("the run λ", "demo:bowl?lr=0.1&name=λ|x"),
        Link("why", "noise#the-λ"),
        Link("docs", "https://x.org/a"),
    ]
    assert [link.line for link in links] == [4, 4, 5]


@pytest.mark.parametrize("text", ["[a](demo:x) · [b](demo:y)", "[a](demo:x) [b](demo:y)", "[a](demo:x)\n[b](demo:y)"])
def test_a_paragraph_of_demo_links_is_a_row_of_things_to_try(text: str) -> None:
    assert blocks(text) == (Links((Link("a", "demo:x"), Link("b", "demo:y"))),)


@pytest.mark.parametrize("text", ["Try [a](demo:x)", "[a](demo:x) · [b](noise#c)", "[a](demo:x) `·`", "·"])
def test_other_paragraphs_are_prose(text: str) -> None:
    assert isinstance(blocks(text)[0], Paragraph)


def test_lists_words_and_code() -> None:
    assert blocks(
        "### Turn\n\n- one `x`\n- two\n\n3 things:\n\n1. first\n2. second\n   line\n\n```python\nx = 1\n```\n"
    ) == (
        Word("Turn"),
        Items(((Text("one "), Text("x", "code")), (Text("two"),))),
        Paragraph((Text("3 things:"),)),
        Items(((Text("first"),), (Text("second line"),)), ordered=True),
        Code("python", "x = 1"),
    )


def test_code_and_questions_know_their_lines() -> None:
    code, question = blocks("```text\nx\n```\n\n```predict why\nWhy?\n- [x] A\n  So.\n- [ ] B\n  No.\n\nrun: bowl\n```")
    assert isinstance(code, Code)
    assert isinstance(question, Question)
    assert (code.line, question.line, question.run_line) == (5, 8, 15)


def test_a_panel_belongs_to_its_section() -> None:
    page, found = read("# T\n## A\n<!-- panel: bowl?lr=0.05 -->\ntext\n\n## B\ntext\n")
    assert not found
    assert [(section.panel, section.panel_line) for section in page.sections] == [("bowl?lr=0.05", 3), ("", 0)]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("The limit is 2/λ", "the-limit-is-2λ"),
        ("What's `x_1`?", "whats-x_1"),
        ("a - b", "a---b"),
        ("Über  alles", "über--alles"),
    ],
)
def test_slugs_are_those_of_github(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_slugs_are_unique() -> None:
    """A second title of the same name is counted, and never taken for one that is called so."""
    page, _ = read("# T\n## Try\na\n## Try\nb\n## Try-1\nc\n## Try\nd\n")
    assert [section.slug for section in page.sections] == ["try", "try-1", "try-1-1", "try-2"]


def test_windows_line_ends_change_nothing() -> None:
    text = TOP + "one\ntwo\n\n```python\nx = 1\ny = 2\n```\n"
    assert read(text.replace("\n", "\r\n")) == read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a | b\n--|--\n1 | 2", "4: a table does not fit"),
        ("> quoted", "4: a block quote has no place"),
        ("x\n\n    indented", "6: indented code has no language"),
        ("***", "4: a line across the page"),
        ("one\ntwo ![alt](x.png)", "5: a terminal shows no images"),
        ("<div>x</div>", "4: HTML has no place on a page"),
        ("<!-- a remark -->", "4: HTML has no place on a page"),
        ("<!-- panel: a b -->", "4: HTML has no place on a page"),
        ("a <b>bold</b>", "4: HTML has no place in prose"),
        ("one  \ntwo", "4: two spaces or a backslash"),
        ("one ~~two~~", "4: struck-out text"),
        ("***both***", "4: text is strong or emphasised, not both"),
        ("- one\n  - two", "5: a list in a list"),
        ("- one\n\n  two", "6: an item of a list is one paragraph"),
        ("- one\n-", "5: the item is empty"),
        ("3. one", "4: the list begins with another number than 1"),
        ("```\nx\n```", "4: the fence names no language"),
        ("```pyton\nx\n```", "4: there is no fence 'pyton'; did you mean 'python'?"),
        ("```python x=1\nx\n```", "4: there is no fence 'python x=1'"),
        ("```python\nx", "4: the fence is never closed"),
        ("```predict\nx\n```", "4: a question needs a name of one word"),
        ("[](https://x.org)", "4: the link has no text"),
        ("Title\n---", "4: a line of = or - makes the text above it a title"),
        ("##", "4: the title is empty"),
        ("# Again", "4: a page has one '# Title'"),
        ("#### Deep", "4: '#### Deep' has no place here"),
        ("<!-- panel: a -->\n\n<!-- panel: b -->", "6: a section has one panel"),
    ],
)
def test_what_a_page_cannot_show_is_told_at_its_line(text: str, expected: str) -> None:
    assert any(sentence.startswith(f"lesson.md:{expected}") for sentence in said(text))


def test_a_fence_of_tildes_or_of_four_ticks_is_closed_by_its_like() -> None:
    assert blocks("~~~text\na\n~~~\n\n````text\n```\n````\n") == (Code("text", "a"), Code("text", "```"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "lesson.md:1: the page has no title"),
        ("## Section\ntext", "lesson.md:1: the page has no title"),
        ("# T\n\ntoo early\n\n## S\ntext", "lesson.md:3: this stands before the first section"),
    ],
)
def test_a_page_begins_with_its_title_and_a_section(text: str, expected: str) -> None:
    _, found = read(text)
    assert [str(problem)[: len(expected)] for problem in found] == [expected]
