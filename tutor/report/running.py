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
from tutor.lab.protocol import DemoEnded, DemoFailed, FrameArrived, NoTorch, WorkerDied

T = TypeVar("T")


class DemoTrouble(Exception):
    """A demo did not run to its end: one sentence why."""


async def frames(lab: Lab, topic: Topic, setting: Setting) -> AsyncIterator[Frame]:
    """Every frame of a run, in order. Raises DemoTrouble."""
    run = await lab.run(Job(topic.source, f"{topic.name}/demo.py", setting.demo, setting.knobs))
    while True:
        event = await run.next()
        if isinstance(event, FrameArrived):
            yield event.frame
        elif isinstance(event, DemoEnded):
            return
        else:
            raise DemoTrouble(sentence(event))


def sentence(trouble: DemoFailed | WorkerDied | NoTorch) -> str:
    """What went wrong, in one sentence."""
    if isinstance(trouble, DemoFailed):
        where = f"line {trouble.line}: " if trouble.line else ""
        return f"{where}{trouble.kind}: {trouble.message}"
    if isinstance(trouble, WorkerDied):
        return trouble.sentence
    return f"{trouble.sentence} Use a torch that you have, `tutor --python PATH/TO/python`, or install one."


def with_lab(interpreter: Interpreter, work: Callable[[Lab], Awaitable[T]]) -> T:
    """Runs the coroutine that `work` makes of a lab, ends the lab whatever happens, and says which torch it used."""

    async def go() -> T:
        lab = Lab(interpreter.path, spare=False)
        try:
            await lab.warm()
            await lab.ready()
            torch = f"torch {lab.torch.torch}" if lab.torch else "no torch"
            print(f"tutor: {torch} in {interpreter.path} ({interpreter.why})", file=sys.stderr)
            return await work(lab)
        finally:
            await lab.close()

    return asyncio.run(go())
