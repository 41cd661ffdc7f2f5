"""`tutor progress`: what was done, topic by topic, for people and programs; to a file and from one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from diagnostics.text import clean
from lessons.kit.course import Course
from tutor import output
from tutor.done import Predicted, TopicDone, all_done, done_as_json
from tutor.progress import Progress
from tutor.progress_file import from_text, to_text
from tutor.report.findings import near
from tutor.report.text import filled
from tutor.whole_file import write_whole

SCHEMA = 1
OK, FAILED = 0, 1
LABEL = 14
"""Columns of what a row is about."""


def progress_text(course: Course, progress: Progress) -> str:
    """Each topic that was begun, the misconceptions that were met, and what was not begun."""
    done = all_done(course, progress)
    begun = [topic for topic in done if topic.begun]
    if not begun:
        return "Nothing is done yet. `tutor` opens the course."
    lines = [line for topic in begun for line in (*_topic(topic), "")]
    lines += _misconceptions(done)
    if rest := [topic.topic.name for topic in done if not topic.begun]:
        lines += ["Not begun", filled(", ".join(rest), indent=4)]
    return "\n".join(lines).rstrip()


def progress_json(course: Course, progress: Progress) -> bytes:
    """`{"schema_version", "topics": [{"name", "title", "progress"}], "misconceptions": [...]}`, with all topics."""
    done = all_done(course, progress)
    answer = {
        "schema_version": SCHEMA,
        "topics": [
            {"name": each.topic.name, "title": each.topic.title, "progress": done_as_json(each, progress)}
            for each in done
        ],
        "misconceptions": [
            {
                "topic": each.topic.name,
                "section": wrong.section.slug,
                "question": wrong.question.name,
                "choice": wrong.choice + 1,
                "text": wrong.question.answers[wrong.choice].text,
                "why": wrong.question.answers[wrong.choice].why,
                "right_since": wrong.reviews[-1:] == (True,),
            }
            for each in done
            for wrong in _wrong(each)
        ],
    }
    return output.to_json(answer)


def export_progress(progress: Progress, name: str) -> int:
    """Writes the file, whole or not at all; "-" is stdout. The exit code."""
    text = to_text(progress)
    if progress.unread:
        return _failed(f"nothing was exported: {clean(progress.unread)}")
    if name == "-":
        output.write_json(text.encode())
        return OK
    try:
        _write(Path(name), text)
    except OSError as error:
        return _failed(f"{_named(name)} could not be written: {error.strerror}")
    print(f"{_count(len(progress.events()), 'event')} exported to {_named(name)}.")
    return OK


def import_progress(progress: Progress, name: str) -> int:
    """Adds what a file has and is not here yet; "-" is stdin. The exit code."""
    try:
        events = from_text(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as error:
        return _failed(f"{_named(name)} could not be read: {error.strerror}")
    except ValueError as error:
        return _failed(f"{'stdin' if name == '-' else _named(name)} {error}")
    new = progress.merge(events)
    if progress.trouble:
        return _failed(progress.trouble)
    print(f"{_count(new, 'event')} added; {len(events) - new} were here already.")
    return OK


def _topic(done: TopicDone) -> list[str]:
    topic = done.topic
    lines = [f"{topic.name}  {topic.title}", _row("read", f"{len(done.read)} of {len(topic.page.sections)} sections")]
    if questions := sum(len(section.questions) for section in topic.page.sections):
        right = sum(each.right for each in done.predicted)
        lines.append(_row("predicted", f"{right} right, {len(done.predicted) - right} wrong, of {questions}"))
    for word, names in (("solved", done.solved), ("skipped", done.skipped), ("tried", done.tried)):
        if names:
            lines.append(_row(word, ", ".join(names)))
    if left := len(done.exercises) - len({*done.solved, *done.skipped, *done.tried}):
        lines.append(_row("to do", _count(left, "exercise")))
    return lines


def _row(word: str, text: str) -> str:
    return filled(text, indent=4 + LABEL, first=f"    {word}")


def _misconceptions(done: Sequence[TopicDone]) -> list[str]:
    """What was predicted and is not so, with the sentence about it."""
    lines = []
    for each in done:
        for wrong in _wrong(each):
            answer = wrong.question.answers[wrong.choice]
            since = " (right when asked again)" if wrong.reviews[-1:] == (True,) else ""
            lines += [
                filled(f"{each.topic.name}#{wrong.section.slug}{since}", indent=4),
                filled(wrong.question.text, indent=8),
                filled(f"Predicted: {answer.text}", indent=8),
                filled(answer.why, indent=8),
            ]
    return ["Misconceptions met", *lines, ""] if lines else []


def _wrong(done: TopicDone) -> list[Predicted]:
    return [each for each in done.predicted if not each.right]


def _write(file: Path, text: str) -> None:
    """Raises OSError. A file that was there stands until the new one is whole; what is no file is written to."""
    if file.exists() and not file.is_file():
        file.write_text(text, "utf-8")
        return
    write_whole(file, text.encode())


def _named(name: str) -> str:
    return clean(near(name)) if name else "a file without a name"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _failed(sentence: str) -> int:
    print(f"tutor: {sentence}", file=sys.stderr)
    return FAILED
