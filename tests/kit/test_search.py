"""Where a course speaks of some words."""

from __future__ import annotations

import pytest

from lessons.kit.search import Hit, search
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
