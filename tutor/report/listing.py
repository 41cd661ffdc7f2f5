"""The list of topics as text and as JSON."""

from __future__ import annotations

import json

from lessons.kit.course import Course
from lessons.kit.search import Hit, search
from tutor.progress import Progress
from tutor.reading import sections_done
from tutor.report.text import filled

SCHEMA = 1


def lessons_text(course: Course, progress: Progress, words: str | None) -> str:
    """A topic a paragraph; with `words`, the sentences that have them."""
    if words is not None:
        return _hits(search(course, words), words)
    lines = []
    for topic in course.topics:
        done, of = sections_done(topic, progress)
        state = "done" if done == of else f"{done} of {of} sections" if done else f"{of} sections"
        lines += [f"{topic.name}  {topic.title}, {topic.minutes} min, {state}", filled(topic.summary, indent=4), ""]
    lines.append("tutor lesson NAME opens one; --plain prints it.")
    return "\n".join(lines)


def lessons_json(course: Course, progress: Progress, words: str | None) -> bytes:
    """`{"schema_version", "topics": [{"name", "title", "demos", "exercises", "progress"}]}`; with `words`, hits."""
    topics = []
    hits = search(course, words) if words is not None else []
    found = {hit.topic for hit in hits}
    for topic in course.topics:
        if words is not None and topic.name not in found:
            continue
        done, of = sections_done(topic, progress)
        topics.append(
            {
                "name": topic.name,
                "title": topic.title,
                "summary": topic.summary,
                "minutes": topic.minutes,
                "demos": list(topic.demos),
                "exercises": [],
                "progress": {"sections_done": done, "sections": of},
            }
        )
    answer: dict[str, object] = {"schema_version": SCHEMA, "topics": topics}
    if words is not None:
        answer["hits"] = [
            {"topic": hit.topic, "section": hit.section or None, "sentence": hit.sentence} for hit in hits
        ]
    return json.dumps(answer, ensure_ascii=False, indent=2).encode() + b"\n"


def _hits(hits: list[Hit], words: str) -> str:
    if not hits:
        return f"No topic has all of these words: {words}"
    lines = []
    for hit in hits:
        where = f"{hit.topic}#{hit.section}" if hit.section else hit.topic
        lines += [where, filled(hit.sentence, indent=4), ""]
    return "\n".join(lines).rstrip()
