"""Exercise checks: what is wrong with the files of an exercise, and with the words of the glossary. No code is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lessons.kit.course import Topic
from lessons.kit.exercise import SECTIONS, Exercise, breaks, properties, solutions
from lessons.kit.markdown import read_page
from lessons.kit.names import unknown
from lessons.kit.page import Code, Page
from lessons.kit.problems import Problem, read_text
from lessons.kit.question import Question
from lessons.kit.signatures import compiled

FEWEST_WRONG = 3
FEWEST_RIGHT = 1


def check_exercises(topic: Topic, page: Page | None, found: list[Problem]) -> list[tuple[Path, Page]]:
    """Tells what is wrong with a topic's exercises and terms, but for their links; each task.md with its page.

    `page`: the topic's own, None where it cannot be read.
    """
    manifest = topic.folder / "lesson.toml"
    if page:
        slugs = [section.slug for section in page.sections]
        named = [(f"exercise {one.name}", one.section, one.line) for one in topic.exercises.values()]
        named += [(f"term {term.name!r}", term.section, term.line) for term in topic.terms]
        for who, section, line in named:
            if section and section not in slugs:
                found.append(Problem(manifest, line, f"{who}: {unknown('section', section, slugs, of=topic.name)}"))
    tasks: list[tuple[Path, Page]] = []
    for exercise in topic.exercises.values():
        if task := _check_task(exercise, found):
            tasks.append((exercise.folder / "task.md", task))
        _check_files(exercise, manifest, found)
    for folder in sorted((topic.folder / "exercises").glob("*/task.md")):
        if folder.parent.name not in topic.exercises:
            name = folder.parent.name
            told = f"the exercise {name} is not in lesson.toml; add [exercise.{name}], or take the folder away"
            found.append(Problem(manifest, None, told))
    return tasks


def repeated(topics: Iterable[Topic]) -> Iterator[Problem]:
    """Exercises and terms that stand in a course twice."""
    seen: dict[tuple[str, str], str] = {}
    for topic in topics:
        names = [("exercise", one.name, one.line) for one in topic.exercises.values()]
        names += [("term", term.name.casefold(), term.line) for term in topic.terms]
        for kind, name, line in names:
            if other := seen.get((kind, name)):
                told = f"{kind} {name!r} is there already, in {other}; keep one of them, or give this one another name"
                yield Problem(topic.folder / "lesson.toml", line, told)
            seen[kind, name] = topic.name


def _check_files(exercise: Exercise, manifest: Path, found: list[Problem]) -> None:
    for name in ("start.py", "solution.py"):
        _read(exercise.folder / name, found)
    known = _check_properties(exercise.folder / "check.py", found)
    wrong, right = solutions(exercise.folder / "wrong"), solutions(exercise.folder / "right")
    for kind, files, fewest in (("wrong", wrong, FEWEST_WRONG), ("right", right, FEWEST_RIGHT)):
        if len(files) < fewest:
            told = f"{exercise.name} has {len(files)} solutions in {kind}/; write at least {fewest}"
            found.append(Problem(manifest, exercise.line, told))
        for file in files:
            source = _read(file, found)
            if source is not None and kind == "wrong":
                _check_planted(file, breaks(source), known, found)


def _check_task(exercise: Exercise, found: list[Problem]) -> Page | None:
    file = exercise.folder / "task.md"
    page = read_page(file, found)
    if page is None:
        return None
    if page.title and page.title != exercise.title:
        told = f"the title is {page.title!r} here and {exercise.title!r} in lesson.toml; make them the same"
        found.append(Problem(file, 1, told))
    if tuple(section.title for section in page.sections) != SECTIONS:
        wanted = ", ".join(f"## {title}" for title in SECTIONS)
        line = next((one.line for one, title in zip(page.sections, SECTIONS) if one.title != title), None)
        found.append(Problem(file, line, f"the sections of a task are {wanted}; write these, in this order"))
    for section in page.sections:
        if not section.blocks:
            found.append(Problem(file, section.line, f"section {section.title!r} is empty; write it"))
        for block in section.blocks:
            if isinstance(block, Question):
                found.append(Problem(file, block.line, "a task asks no question; ask it in lesson.md"))
            elif isinstance(block, Code) and block.language == "python":
                compiled(block.source, file, block.line, found)
    return page


def _check_properties(file: Path, found: list[Problem]) -> Mapping[str, str]:
    source = _read(file, found)
    if source is None:
        return {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.AsyncFunctionDef):
            found.append(Problem(file, node.lineno, f"async def {node.name} is no property; write def {node.name}"))
    known = properties(source)
    if not known:
        found.append(Problem(file, None, "no function here is a property; write def NAME(given), with its sentence"))
    lines = {node.name: node.lineno for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    for name, sentence in known.items():
        if not sentence or "\n" in sentence:
            told = f"the property {name} has no sentence; its docstring is one line, which the reader sees"
            found.append(Problem(file, lines[name], told))
    return known


def _check_planted(file: Path, named: str, known: Mapping[str, str], found: list[Problem]) -> None:
    if not named:
        told = "the docstring names no property; end it with 'Breaks: NAME.', the one that has to tell this mistake"
        found.append(Problem(file, 1, told))
    elif known and named not in known:
        found.append(Problem(file, 1, unknown("property", named, known, of="check.py")))


def _read(file: Path, found: list[Problem]) -> str | None:
    """The text of a file that is Python; None, and a problem, where it is not."""
    source = read_text(file, found)
    return source if source is not None and compiled(source, file, 1, found) is not None else None
