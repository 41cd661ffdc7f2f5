"""Search: where a course speaks of some words, and what its terms mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lessons.kit.course import Course, Topic
from lessons.kit.exercise import Term

END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Hit:
    """A section, by its slug, or the topic itself where that is "". `sentence` holds most of the words.

    With `term`, that word of the glossary: its sentence is what it means, its section the one that explains it.
    """

    topic: str
    section: str
    sentence: str
    term: str = ""


def search(course: Course, words: str) -> list[Hit]:
    """The places where all words occur: terms by their names, then topics by title, sections by heading, terms by what
    they mean, and what topics and sections say.

    A topic speaks by its summary and objectives, a section by its prose and its exercises. The first search reads every
    page, some 100 ms for 13 topics. Raises CourseError.
    """
    wanted = words.casefold().split()
    if not wanted:
        return []
    ranked: list[tuple[int, Hit]] = []
    for topic in course.topics:
        for term in topic.terms:
            if _has(f"{term.name} {term.means}", wanted):
                ranked.append((0 if _has(term.name, wanted) else 3, _explained(topic, term)))
        for section, title, sentences in _places(topic):
            if _has(" ".join((title, *sentences)), wanted):
                rank = (2 if section else 1) if _has(title, wanted) else 4
                best = max((title, *sentences), key=lambda sentence: _count(sentence, wanted))
                ranked.append((rank, Hit(topic.name, section, best)))
    return [hit for _, hit in sorted(ranked, key=lambda pair: pair[0])]


def glossary(course: Course, word: str = "") -> list[Hit]:
    """The terms of all topics in the order of their names, or those whose name has `word` in it."""
    terms = [_explained(topic, term) for topic in course.topics for term in topic.terms]
    return sorted(
        (hit for hit in terms if _has(hit.term, word.casefold().split())), key=lambda hit: hit.term.casefold()
    )


def _explained(topic: Topic, term: Term) -> Hit:
    return Hit(topic.name, term.section, term.means, term.name)


def _places(topic: Topic) -> Iterator[tuple[str, str, list[str]]]:
    """The topic and each of its sections: slug, title, sentences."""
    yield "", topic.title, [topic.summary, *topic.objectives]
    for section in topic.page.sections:
        said = [part for run in section.prose for part in END_OF_SENTENCE.split(run)]
        own = [each for each in topic.exercises.values() if each.section == section.slug]
        yield section.slug, section.title, [*said, *(f"Exercise: {each.title}. {each.asks}" for each in own)]


def _has(text: str, words: list[str]) -> bool:
    return _count(text, words) == len(words)


def _count(text: str, words: list[str]) -> int:
    folded = text.casefold()
    return sum(word in folded for word in words)
