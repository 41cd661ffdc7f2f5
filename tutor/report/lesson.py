"""`tutor lesson --plain`: a topic as text, with what its demos say when they are run."""

from __future__ import annotations

import sys

from lessons.kit.course import Setting, Topic, setting
from lessons.kit.page import Block, Inline, Items, Link, Links, Paragraph, Section
from lessons.kit.pictures import Frame
from lessons.kit.question import Question
from lessons.kit.words.exact import exact
from tutor.courses import to_open
from tutor.interpreter import Interpreter
from tutor.lab.client import Lab
from tutor.lab.protocol import Gate
from tutor.report.prose import block_text
from tutor.report.running import LAST, DemoTrouble, frames, no_demos, with_lab
from tutor.report.text import filled


def print_lesson(topic: Topic, interpreter: Interpreter, only: str = "", gate: Gate | None = None) -> int:
    """Prints the whole topic; 0 also where no torch can run its demos, which is said once.

    1 if one of them failed, or if the course's code may not run.
    """
    return with_lab(interpreter, lambda lab: _Printer(topic, lab, only).print(), gate)


class _Printer:
    """Prints section by section, and each demo setting that a section names with its last note and values."""

    def __init__(self, topic: Topic, lab: Lab, only: str) -> None:
        self.topic, self.lab, self.only = topic, lab, only
        self.asked: list[Question] = []
        self.said: dict[str, str] = {}
        """Demo target -> what its run said."""
        self.mute = False
        """Whether no demo can run here."""
        self.failed = False

    async def print(self) -> int:
        if why := await no_demos(self.lab):
            self.mute = True
            self.failed = await self.lab.refusal() is not None
            print(f"tutor: the demos say nothing: {why}", file=sys.stderr)
        topic = self.topic
        print(f"{topic.title}\n{'=' * len(topic.title)}\n\n{filled(topic.summary)}\n")
        print("You will be able to")
        for objective in topic.objectives:
            print(filled(objective, indent=2, first="-"))
        for section in (
            topic.page.sections if not self.only else [s for s in topic.page.sections if s.slug == self.only]
        ):
            await self.section(section)
        if self.asked:
            print("\nAnswers\n-------\n")
        for number, question in enumerate(self.asked, 1):
            await self.answer(number, question)
        print("Where to read more")
        for reading in topic.read:
            print(f"  {reading.title}: {reading.url}")
        return 1 if self.failed else 0

    async def section(self, section: Section) -> None:
        print(f"\n{section.title}\n{'-' * len(section.title)}\n")
        if section.panel and not section.questions:
            await self.run(section.panel, "The panel")
        for block in section.blocks:
            await self.block(block)

    async def block(self, block: Block) -> None:
        if text := block_text(block):
            print(text + "\n")
        if isinstance(block, Paragraph):
            await self.linked(block.inlines)
        elif isinstance(block, Items):
            for item in block.items:
                await self.linked(item)
        elif isinstance(block, Links):
            for link in block.links:
                await self.link(link)
        elif isinstance(block, Question):
            self.question(block)

    async def linked(self, inlines: tuple[Inline, ...]) -> None:
        """What the text above links to; a demo once."""
        for inline in inlines:
            if isinstance(inline, Link) and inline.target.removeprefix("demo:") not in self.said:
                await self.link(inline)

    async def link(self, link: Link) -> None:
        """What a link leads to: a demo's last sentence, or the exercise and how to begin it; nothing for the others."""
        kind, _, target = link.target.partition(":")
        if kind == "demo":
            await self.run(target, link.text)
        elif kind == "exercise":
            exercise = self.topic.exercise(target)
            print(filled(f"[exercise] {exercise.title}: {exercise.asks}", indent=2))
            print(f"  {to_open(exercise)} practice {exercise.name}\n")

    def question(self, question: Question) -> None:
        """The question alone: its run and its answer stand at the end, where they give nothing away."""
        self.asked.append(question)
        print(filled(f"Predict {len(self.asked)}: {question.text}") + "\n")
        for number, answer in enumerate(question.answers, 1):
            print(filled(answer.text, indent=5, first=f"  {number}"))
        print()

    async def answer(self, number: int, question: Question) -> None:
        print(filled(f"{number}: {question.text}") + "\n")
        await self.run(question.run, "The run")
        right = question.answers[question.right]
        print(filled(f"{question.right + 1} is right: {right.text}. {right.why}") + "\n")
        for number, answer in enumerate(question.answers, 1):
            if answer is not right:
                print(filled(answer.why, indent=9, first=f"  not {number}"))
        print()

    async def run(self, target: str, name: str) -> None:
        """Prints what a demo says at its end."""
        if target not in self.said:
            self.said[target] = await self.outcome(setting(self.topic, target))
        if self.said[target]:
            print(filled(f"[{name}: {target}] {self.said[target]}", indent=2) + "\n")

    async def outcome(self, run: Setting) -> str:
        if self.mute:
            return ""
        print(end="", flush=True)  # what stands above can be read meanwhile
        last: Frame | None = None
        try:
            async for frame in frames(self.lab, self.topic, run, skip=LAST):
                last = frame
        except DemoTrouble as trouble:
            self.failed = True
            return f"It stopped: {trouble}"
        if last is None:
            return ""
        values = ", ".join(f"{name} {exact(value)}" for name, value in last.values.items())
        return f"{last.note} ({values})" if values else last.note
