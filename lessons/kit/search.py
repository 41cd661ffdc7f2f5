"""Search: where a course speaks of some words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lessons.kit.course import Course, Topic

END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Hit:
    """A section, by its slug, or the topic itself where that is "". `sentence` holds most of the words."""

    topic: str
    section: str
    sentence: str


def search(course: Course, words: str) -> list[Hit]:
    """The topics and sections in which all words occur: first by title, then by heading, then by what they say.

    A topic speaks by its summary and objectives, a section by its prose. The first search reads every page, some 100 ms
    for 13 topics. Raises CourseError.
    """
    wanted = words.casefold().split()
    if not wanted:
        return []
    ranked: list[tuple[int, Hit]] = []
    for topic in course.topics:
        for section, title, sentences in _places(topic):
            if _has(" ".join((title, *sentences)), wanted):
                rank = (1 if section else 0) if _has(title, wanted) else 2
                best = max((title, *sentences), key=lambda sentence: _count(sentence, wanted))
                ranked.append((rank, Hit(topic.name, section, best)))
    return [hit for _, hit in sorted(ranked, key=lambda pair: pair[0])]


def _places(topic: Topic) -> Iterator[tuple[str, str, list[str]]]:
    """The topic and each of its sections: slug, title, sentences."""
    yield "", topic.title, [topic.summary, *topic.objectives]
    for section in topic.page.sections:
        yield section.slug, section.title, [part for run in section.prose for part in END_OF_SENTENCE.split(run)]


def _has(text: str, words: list[str]) -> bool:
    return _count(text, words) == len(words)


def _count(text: str, words: list[str]) -> int:
    folded = text.casefold()
    return sum(word in folded for word in words)
