"""Where a course speaks of some words."""

from __future__ import annotations

import pytest

from lessons.kit.search import Hit, glossary, search
from tests.kit.conftest import Author


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("each batch", [Hit("noise", "where-it-comes-from", "Each batch has a gradient of its own.")]),
        ("GRADIENT own", [Hit("noise", "where-it-comes-from", "Each batch has a gradient of its own.")]),
        ("momentum", [Hit("steps", "", "Say what momentum changes")]),
        (
            "lr·λ glides",
            [Hit("steps", "the-limit-is-2λ", "While lr·λ is below 1 the path glides in, and above 2 it leaves.")],
        ),
        ("batch glides", []),
        ("mirror", []),
        ("  ", []),
    ],
)
def test_all_words_are_found_where_they_stand(author: Author, words: str, hits: list[Hit]) -> None:
    """In any case and order, within one topic's summary or one section; answers of questions are not given away."""
    assert search(author.course(), words) == hits


def test_titles_come_before_headings_before_prose(author: Author) -> None:
    author.append("steps/lesson.md", "\n## More\n\nA word on noise. A limit of it.\n\n## Noise again\n\nNothing.\n")
    assert search(author.course(), "noise") == [
        Hit("noise", "", "Noise"),
        Hit("steps", "noise-again", "Noise again"),
        Hit("steps", "the-limit-is-2λ", "See noise or torch."),
        Hit("steps", "more", "A word on noise."),
    ]


def test_a_topic_is_found_by_its_title_and_summary_together(author: Author) -> None:
    """The sentence shown is the one that has most of the words."""
    assert search(author.course(), "noise data batch") == [Hit("noise", "", "Why a batch is not the data.")]


TERMS = """
[[term]]
name = "Momentum"
means = "A sum of past gradients that is added to the step."
section = "try-it"

[[term]]
name = "batch"
means = "The examples that one step looks at."
section = "the-limit-is-2λ"
"""

NOISE = Hit("noise", "where-it-comes-from", "What the gradient of a batch adds to that of the data.", "gradient noise")


@pytest.fixture
def explained(author: Author) -> Author:
    author.write("steps/lesson.toml", (author.folder / "steps/lesson.toml").read_text("utf-8") + TERMS)
    author.append(
        "noise/lesson.toml",
        f'\n[[term]]\nname = "{NOISE.term}"\nmeans = "{NOISE.sentence}"\nsection = "{NOISE.section}"\n',
    )
    return author


def test_a_term_comes_first_with_what_it_means(explained: Author) -> None:
    """Then topics and sections; a term that only means it comes before prose that says it."""
    found = search(explained.course(), "batch")
    assert found[0] == Hit("steps", "the-limit-is-2λ", "The examples that one step looks at.", "batch")
    assert found[1] == NOISE
    assert [(hit.section, hit.term) for hit in found[2:]] == [("", ""), ("where-it-comes-from", "")]


def test_the_words_may_stand_in_name_and_meaning(explained: Author) -> None:
    assert search(explained.course(), "noise data adds") == [NOISE]


def test_the_glossary_has_the_terms_of_all_topics_by_name(explained: Author) -> None:
    """In any case; with a word, those that are called so."""
    course = explained.course()
    assert [hit.term for hit in glossary(course)] == ["batch", "gradient noise", "Momentum"]
    assert [hit.term for hit in glossary(course, "MOMENT")] == ["Momentum"]
    assert [hit.term for hit in glossary(course, "noise gradient")] == ["gradient noise"]
    assert glossary(course, "examples") == []


def test_an_exercise_is_found_where_it_is_taught(author: Author) -> None:
    """By its title and by what it asks for."""
    author.append(
        "noise/lesson.toml",
        '\n[exercise.split]\ntitle = "Split a batch"\nasks = "Cut it in two."\nsection = "where-it-comes-from"\n',
    )
    hit = Hit("noise", "where-it-comes-from", "Exercise: Split a batch. Cut it in two.")
    assert search(author.course(), "split cut") == [hit]
