"""Checks: what `tutor lessons check` tells an author. Every file of a course is read, and no code of it is run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from lessons.kit.course import setting
from lessons.kit.exercise_checks import check_exercises, repeated
from lessons.kit.manifest import Manifest, Outline, read_outline, read_topic
from lessons.kit.markdown import read_page
from lessons.kit.names import unknown
from lessons.kit.page import Code, Page, Section
from lessons.kit.problems import Problem
from lessons.kit.signatures import check_functions, compiled

MOST_LINES = 60
MOST_WORDS = 150


@dataclass(frozen=True)
class _Source:
    """A topic as far as it could be read."""

    name: str
    folder: Path
    manifest: Manifest | None
    page: Page | None

    @property
    def exercises(self) -> Collection[str]:
        return self.manifest.topic.exercises if self.manifest else ()


def examine(folder: Path) -> list[Problem]:
    """All that is wrong with the course in a folder."""
    found: list[Problem] = []
    outline = read_outline(folder, found)
    sources = [_read(folder / name, found) for name in outline.topics]
    if outline.topics:
        _check_unlisted(folder, outline, found)
    pages = {source.name: source.page for source in sources}
    for source in sources:
        if source.manifest:
            check_functions(source.manifest, found)
            for file, task in check_exercises(source.manifest.topic, source.page, found):
                for link in (link for section in task.sections for link in section.links):
                    if sentence := _broken_link(link.target, pages):
                        found.append(Problem(file, link.line, sentence))
        if source.page:
            _check_page(source, source.page, pages, found)
    found += repeated(source.manifest.topic for source in sources if source.manifest)
    return found


def _read(folder: Path, found: list[Problem]) -> _Source:
    return _Source(folder.name, folder, read_topic(folder, found), read_page(folder / "lesson.md", found))


def _check_unlisted(folder: Path, outline: Outline, found: list[Problem]) -> None:
    there = {file.parent.name for name in ("lesson.toml", "lesson.md") for file in folder.glob(f"*/{name}")}
    for name in sorted(there.difference(outline.topics)):
        told = f"the folder {name} is no topic of the course; add it to topics, or take it away"
        found.append(Problem(folder / "course.toml", outline.line, told))


def _check_page(source: _Source, page: Page, pages: dict[str, Page | None], found: list[Problem]) -> None:
    file = source.folder / "lesson.md"
    title = source.manifest.topic.title if source.manifest else ""
    if title and page.title and page.title != title:
        found.append(
            Problem(file, 1, f"the title is {page.title!r} here and {title!r} in lesson.toml; make them the same")
        )
    if not page.sections:
        found.append(Problem(file, None, "the page has no section; begin one with '## Title'"))
    for section in page.sections:
        _check_size(section, file, found)
        for block in section.blocks:
            if isinstance(block, Code) and block.language == "python":
                compiled(block.source, file, block.line, found)
    for line, sentence in (*_repeated_names(page), *_broken_targets(source, page, pages)):
        found.append(Problem(file, line, sentence))


def _check_size(section: Section, file: Path, found: list[Problem]) -> None:
    words = sum(len(text.split()) for text in section.prose)
    if not section.blocks:
        found.append(
            Problem(file, section.line, f"section {section.title!r} is empty; write it or take its title away")
        )
    if section.length > MOST_LINES:
        told = f"section {section.title!r} has {section.length} lines; it may have {MOST_LINES}: split it"
        found.append(Problem(file, section.line, told))
    if words > MOST_WORDS:
        told = f"section {section.title!r} has {words} words of prose; it may have {MOST_WORDS}: split or shorten it"
        found.append(Problem(file, section.line, told))


def _repeated_names(page: Page) -> Iterator[tuple[int, str]]:
    names: set[str] = set()
    for question in (question for section in page.sections for question in section.questions):
        if question.name in names:
            yield question.line, f"question {question.name!r} is there already; give each one in a topic its own name"
        names.add(question.name)


def _broken_targets(source: _Source, page: Page, pages: dict[str, Page | None]) -> Iterator[tuple[int, str]]:
    for section in page.sections:
        demos = [(question.run_line, question.run) for question in section.questions if question.run]
        if section.panel:
            demos.append((section.panel_line, section.panel))
        for link in section.links:
            if link.target.startswith("demo:"):
                demos.append((link.line, link.target))
            elif link.target.startswith("exercise:"):
                name, exercises = link.target.removeprefix("exercise:"), source.exercises
                if name not in exercises:
                    yield link.line, unknown("exercise", name, exercises, of=source.name)
            elif sentence := _broken_link(link.target, pages):
                yield link.line, sentence
        for line, target in demos:
            if sentence := _broken_setting(source.manifest, target):
                yield line, sentence


def _broken_setting(manifest: Manifest | None, target: str) -> str:
    """What is wrong with a demo's target; "" if nothing, or if its knobs are not known."""
    if manifest is None or target.removeprefix("demo:").partition("?")[0] in manifest.spoiled:
        return ""
    try:
        setting(manifest.topic, target)
    except ValueError as error:
        return str(error)
    return ""


def _broken_link(target: str, pages: dict[str, Page | None]) -> str:
    """What is wrong with a link that drives no demo; "" if nothing."""
    name, hash_sign, slug = target.partition("#")
    if target.startswith("https://"):
        return ""
    if not hash_sign or not name or ":" in name:
        return f"a link goes to demo:NAME, exercise:NAME, TOPIC#SECTION or https://..., not to {target!r}"
    if name not in pages:
        return unknown("topic", name, pages)
    page = pages[name]
    slugs = [section.slug for section in page.sections] if page else [slug]
    return "" if slug in slugs else unknown("section", slug, slugs, of=name)
