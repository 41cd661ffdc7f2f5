"""Where the right choices of the questions stand: no place gives them away."""

from __future__ import annotations

from collections import Counter

import pytest

from lessons.kit.course import load_course

PLACES = {
    topic.name: Counter(question.right + 1 for section in topic.page.sections for question in section.questions)
    for topic in load_course().topics
}
"""Of each topic: how many right choices stand first, second, third."""

ENOUGH = 6
"""Questions of a topic from which on a reader could see where the right choice likes to stand."""

MANY = [topic for topic, places in PLACES.items() if places.total() >= ENOUGH]


def test_most_topics_ask_enough() -> None:
    """Else the tests below would have nothing to look at."""
    assert len(MANY) > len(PLACES) / 2


@pytest.mark.parametrize("topic", MANY)
def test_no_place_holds_most_of_the_right_choices(topic: str) -> None:
    """Who always takes the second is right in no more than half of the questions."""
    places = PLACES[topic]
    assert max(places.values()) <= places.total() / 2, dict(places)


@pytest.mark.parametrize("topic", MANY)
def test_each_place_holds_a_right_choice(topic: str) -> None:
    """None of the first three can be left out unread."""
    places = PLACES[topic]
    assert all(places[place] for place in (1, 2, 3)), dict(places)
