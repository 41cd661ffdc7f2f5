"""The list of topics and the glossary, as text and as JSON."""

from __future__ import annotations

import time

from diagnostics.text import clean
from lessons.kit.course import Course, Topic
from lessons.kit.search import Hit, glossary, search
from tutor import output
from tutor.courses import to_open
from tutor.done import done_as_json, topic_done
from tutor.progress import Progress
from tutor.reading import sections_done
from tutor.report.text import filled
from tutor.review import Due, due

SCHEMA = 1


def lessons_text(course: Course, progress: Progress, words: str | None) -> str:
    """A topic a paragraph, and the question that waits; with `words`, the sentences that have them."""
    if words is not None:
        return _hits(search(course, words), words)
    lines = []
    for topic in course.topics:
        lines += [f"{topic.name}  {topic.title}, {topic.minutes} min, {_state(topic, progress)}"]
        lines += [filled(topic.summary, indent=4), ""]
    lines.append(f"{to_open(course)} lesson NAME opens one; --plain prints it.")
    now = time.time()
    if waiting := due(course, progress, now):
        lines.append(filled(f"A question of {waiting.ago(now)} waits: {waiting.question.text} (`tutor`, then d)"))
    return "\n".join(lines)


def lessons_json(course: Course, progress: Progress, words: str | None) -> bytes:
    """`{"schema_version", "topics": [{"name", "title", "demos", "exercises", "progress"}], "question"}`.

    With `words`, only the topics that have them, and "hits".
    """
    hits = search(course, words) if words is not None else []
    found = {hit.topic for hit in hits}
    topics = [_topic(topic, progress) for topic in course.topics if words is None or topic.name in found]
    answer: dict[str, object] = {"schema_version": SCHEMA, "topics": topics}
    if words is None:
        answer["question"] = _question(due(course, progress, time.time()))
    else:
        answer["hits"] = [
            {"topic": hit.topic, "section": hit.section or None, "term": hit.term or None, "sentence": hit.sentence}
            for hit in hits
        ]
    return output.to_json(answer)


def glossary_text(course: Course, word: str) -> str:
    """A term a paragraph, with what it means and where it is explained."""
    terms = glossary(course, word)
    if not terms:
        return (
            f"The glossary has no term '{clean(word)}'. `tutor lessons --search` looks everywhere."
            if word
            else "No terms."
        )
    lines = [line for hit in terms for line in (f"{hit.term}  ({_where(hit)})", filled(hit.sentence, indent=4), "")]
    return "\n".join(lines).rstrip()


def glossary_json(course: Course, word: str) -> bytes:
    """`{"schema_version", "terms": [{"name", "means", "topic", "section"}]}`, by name."""
    terms = [
        {"name": hit.term, "means": hit.sentence, "topic": hit.topic, "section": hit.section}
        for hit in glossary(course, word)
    ]
    return output.to_json({"schema_version": SCHEMA, "terms": terms})


def _state(topic: Topic, progress: Progress) -> str:
    """How far the reader is, in words."""
    read, of = sections_done(topic, progress)
    words = ["done" if read == of else f"{read} of {of} sections" if read else f"{of} sections"]
    done = topic_done(topic, progress)
    if done.exercises:
        solved = f"{len(done.solved)} of {len(done.exercises)}" if done.solved else str(len(done.exercises))
        words.append(f"{solved} exercises")
    return ", ".join(words)


def _topic(topic: Topic, progress: Progress) -> dict[str, object]:
    return {
        "name": topic.name,
        "title": topic.title,
        "summary": topic.summary,
        "minutes": topic.minutes,
        "demos": list(topic.demos),
        "exercises": list(topic.exercises),
        "progress": done_as_json(topic_done(topic, progress), progress),
    }


def _question(waiting: Due | None) -> dict[str, object] | None:
    """The question of the day."""
    if waiting is None:
        return None
    question = waiting.question
    return {
        "topic": waiting.topic.name,
        "section": waiting.section.slug,
        "question": question.name,
        "text": question.text,
        "choices": [answer.text for answer in question.answers],
    }


def _hits(hits: list[Hit], words: str) -> str:
    if not hits:
        return f"No topic has all of these words: {clean(words)}"
    lines = []
    for hit in hits:
        lines += [f"{hit.term}  ({_where(hit)})" if hit.term else _where(hit), filled(hit.sentence, indent=4), ""]
    return "\n".join(lines).rstrip()


def _where(hit: Hit) -> str:
    return f"{hit.topic}#{hit.section}" if hit.section else hit.topic
