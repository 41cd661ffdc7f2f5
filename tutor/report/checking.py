"""`tutor lessons check`: what is wrong with a course, then every demo run from its first frame to its last."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from diagnostics.text import clean
from lessons.kit import course as kit
from lessons.kit.course import SHIPPED, Course, Setting, Topic, load_course
from lessons.kit.problems import CourseError, problems
from tutor import output
from tutor.interpreter import Interpreter
from tutor.lab.client import Lab
from tutor.report.proving import prove
from tutor.report.running import DemoTrouble, frames, no_demos, with_lab

LONGEST_NOTE = 150
"""Characters of a note: two rows of 72, and a little."""

MOST_FRAMES = 10_000

LINE_ANEW = "\r\x1b[K"
"""Back to the first column, with what stood there gone."""

PATIENCE = 60.0
"""Seconds that a demo may take for one frame."""


def check_course(folder: Path | None, interpreter: Interpreter) -> int:
    """Prints a sentence a problem; 0 where there is none, 1 where there is. No demo runs while a file is malformed."""
    found = [str(problem) for problem in problems(folder or SHIPPED)]
    if found:
        return _verdict(found, 0, 0)
    try:
        course = load_course(folder)
    except CourseError as error:
        return _verdict([str(problem) for problem in error.problems], 0, 0)
    failed, runs, solutions = with_lab(interpreter, lambda lab: _run_all(lab, course))
    return _verdict(failed, len(course.topics), runs, solutions)


def _verdict(found: list[str], topics: int, runs: int, solutions: int = 0) -> int:
    for sentence in found:
        print(clean(sentence, 1000))
    if found:
        print(f"{len(found)} {'problem' if len(found) == 1 else 'problems'}.")
        return 1
    judged = f", {solutions} solutions judged" if solutions else ""
    print(f"Nothing is wrong: {topics} {'topic' if topics == 1 else 'topics'}, {runs} demo runs{judged}.")
    return 0


async def _run_all(lab: Lab, course: Course) -> tuple[list[str], int, int]:
    """Runs each setting that a page names and each demo's defaults, and judges the solutions that exercises ship with.

    (sentences, number of runs, number of solutions)
    """
    runs = [(topic, setting) for topic in course.topics for setting in _settings(topic)]
    if why := await no_demos(lab):
        return [f"the demos were not run: {why}"], 0, 0
    failed: list[str] = []
    solutions = 0
    try:
        for number, (topic, setting) in enumerate(runs, 1):
            name = f"{topic.name}/{setting.demo} {_turned(topic, setting)}".rstrip()
            _tell(f"{number} of {len(runs)}  {name}")
            failed += [f"{name}: {sentence}" for sentence in await _run_one(lab, topic, setting)]
        for exercise in course.exercises.values():
            _tell(f"{exercise.topic}/{exercise.name}")
            wrong, judged = await prove(lab, exercise)
            failed += wrong
            solutions += judged
    finally:
        _tell("")
    return failed, len(runs), solutions


def _tell(progress: str) -> None:
    """One line that replaces the one before, where somebody looks on."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        output.control(sys.stderr, LINE_ANEW)
        print(clean(progress, 79), end="", file=sys.stderr, flush=True)


async def _run_one(lab: Lab, topic: Topic, setting: Setting) -> list[str]:
    found: list[str] = []
    count = 0
    try:
        async for frame in frames(lab, topic, setting, patience=PATIENCE):
            count += 1
            if count > MOST_FRAMES:
                return [*found, f"it yielded {MOST_FRAMES} frames and would not end"]
            if len(frame.note) > LONGEST_NOTE and not any("note" in sentence for sentence in found):
                found.append(f"the note of step {frame.step} has {len(frame.note)} characters; {LONGEST_NOTE} fit")
    except DemoTrouble as trouble:
        return [*found, f"it stopped: {trouble}"]
    return found if count else [*found, "it yielded no frame"]


def _settings(topic: Topic) -> list[Setting]:
    """Every setting that the page or a default asks for, once."""
    settings = [Setting(demo.name, demo.defaults()) for demo in topic.demos.values()]
    for section in topic.page.sections:
        targets = [section.panel] if section.panel else []
        targets += [question.run for question in section.questions]
        targets += [link.target for link in section.links if link.target.startswith("demo:")]
        settings += [kit.setting(topic, target) for target in targets]
    unique: list[Setting] = []
    for setting in settings:
        if setting not in unique:
            unique.append(setting)
    return unique


def _turned(topic: Topic, setting: Setting) -> str:
    """The knobs that stand elsewhere than at their default."""
    defaults = topic.demos[setting.demo].defaults()
    return " ".join(f"{name}={value}" for name, value in setting.knobs.items() if value != defaults[name])
