"""Runs a demo to its end without the app."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from lessons.kit.course import Setting, Topic
from lessons.kit.pictures import Frame
from tutor.interpreter import Interpreter
from tutor.lab.client import Job, Lab
from tutor.lab.protocol import DemoEnded, DemoFailed, FrameArrived, Gate, NotAllowed, Ready, Trouble, WorkerDied

T = TypeVar("T")


class DemoTrouble(Exception):
    """A demo did not run to its end: one sentence why, and what its process said last."""

    def __init__(self, event: Trouble) -> None:
        super().__init__(sentence(event))
        self.stderr = event.stderr if isinstance(event, WorkerDied) else ()


LAST = 1_000_000
"""More frames than a demo has: with this `skip`, only its last one comes."""


async def frames(
    lab: Lab, topic: Topic, setting: Setting, *, skip: int = 0, patience: float | None = None
) -> AsyncIterator[Frame]:
    """The frames of a run, `skip` passed over before each. Raises DemoTrouble; `patience`: seconds for each."""
    run = await lab.run(Job(topic.source, f"{topic.name}/demo.py", setting.demo, setting.knobs))
    while True:
        try:
            event = await asyncio.wait_for(run.next(skip), patience)
        except asyncio.TimeoutError:
            await run.stop()
            raise DemoTrouble(WorkerDied(f"no frame came for {patience:g} seconds")) from None
        if isinstance(event, FrameArrived):
            yield event.frame
        elif isinstance(event, DemoEnded):
            return
        else:
            raise DemoTrouble(event)


def sentence(trouble: Trouble) -> str:
    """What went wrong, in one sentence."""
    if isinstance(trouble, DemoFailed):
        where = f"line {trouble.line}: " if trouble.line else ""
        return f"{where}{trouble.kind}: {trouble.message}"
    if isinstance(trouble, NotAllowed) and trouble.how:
        return f"{trouble.sentence}; this allows it: {trouble.how}"
    return trouble.sentence


def as_sentence(text: str) -> str:
    """With a capital and an end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


async def no_demos(lab: Lab) -> str:
    """Why no demo can run at all, in one sentence; empty where they can."""
    if refused := await lab.refusal():
        return sentence(refused)
    said = await lab.ready()
    return "" if isinstance(said, Ready) else sentence(said)


def with_lab(interpreter: Interpreter, work: Callable[[Lab], Awaitable[T]], gate: Gate | None = None) -> T:
    """Runs the coroutine that `work` makes of a lab, ends the lab whatever happens, and says which torch it used."""

    async def go() -> T:
        lab = Lab(interpreter.path, spare=False, gate=gate)
        try:
            if await lab.refusal():
                return await work(lab)
            said = await lab.ready()
            torch = f"torch {said.torch}" if isinstance(said, Ready) else "no torch"
            print(f"tutor: {torch} in {interpreter.path} ({interpreter.why})", file=sys.stderr)
            return await work(lab)
        finally:
            await lab.close()

    return asyncio.run(go())
