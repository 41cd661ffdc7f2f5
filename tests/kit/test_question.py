"""What a question makes of its fence."""

from __future__ import annotations

import pytest

from lessons.kit.question import Answer, Question, read_question

SOUND = """\
At lr = 0.1 exactly,
what happens?

- [ ] It explodes
  It grows only
  above the limit.
- [x] It swings for ever
  Each step lands on the mirror point.

run: bowl?lr=0.1
"""


def read(source: str) -> tuple[Question, list[tuple[int, str]]]:
    """The question in a fence at line 10, and what was told of it."""
    told: list[tuple[int, str]] = []
    return read_question("critical", source, 11, lambda line, sentence: told.append((line, sentence))), told


def test_a_question_has_a_text_answers_and_a_run() -> None:
    question, told = read(SOUND)
    assert not told
    assert question == Question(
        name="critical",
        text="At lr = 0.1 exactly, what happens?",
        answers=(
            Answer("It explodes", "It grows only above the limit."),
            Answer("It swings for ever", "Each step lands on the mirror point."),
        ),
        right=1,
        run="bowl?lr=0.1",
    )
    assert (question.line, question.run_line) == (10, 20)


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("At lr = 0.1 exactly,\nwhat happens?\n", "", 10, "the question asks nothing"),
        ("[x]", "[ ]", 10, "the question has no right answers; mark exactly one"),
        ("[ ]", "[x]", 10, "the question has 2 right answers; mark exactly one"),
        ("  Each step lands on the mirror point.\n", "", 17, "the choice has no sentence of its own; say the reason"),
        ("  It grows only\n  above the limit.\n", "", 14, "the choice has no sentence of its own; say what is wrong"),
        ("It explodes", "", 14, "the choice is empty"),
        ("run: bowl?lr=0.1\n", "", 10, "the question has no 'run:' line"),
        ("run: bowl?lr=0.1\n", "run:\n", 10, "the question has no 'run:' line"),
        ("run: bowl?lr=0.1\n", "run: bowl\nrun: bowl\n", 21, "a question has one 'run:' line"),
        ("- [ ] It", "- ( ) It", 10, "the question has fewer than two choices"),
        ("  Each", "Each", 18, "'Each step lands on the mirror point.' is no choice"),
        ("run: bowl?lr=0.1\n", "run: bowl?lr=0.1\nmore\n", 21, "'more' is no choice"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(old: str, new: str, line: int, expected: str) -> None:
    assert old in SOUND
    _, told = read(SOUND.replace(old, new, 1))
    assert any(at == line and sentence.startswith(expected) for at, sentence in told)


def test_one_choice_is_no_question() -> None:
    _, told = read("Sure?\n- [x] Yes\n  So it is.\nrun: bowl\n")
    assert [sentence for _, sentence in told] == ["the question has fewer than two choices; give more, as '- [ ] ...'"]


def test_more_choices_than_keys_are_told() -> None:
    choices = "".join(f"- [{'x' if i == 0 else ' '}] {i}\n  why\n" for i in range(10))
    _, told = read(f"Which?\n{choices}run: bowl\n")
    assert [sentence for _, sentence in told] == ["the question has 10 choices; the keys reach 9"]
