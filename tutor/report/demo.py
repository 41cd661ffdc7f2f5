"""`tutor demo`: a demo as sentences and values, or as JSON, a frame a line."""

from __future__ import annotations

import sys

from lessons.kit.course import Setting, Topic
from lessons.kit.pictures import Frame
from lessons.kit.wire import to_line, to_wire
from lessons.kit.words import summary
from lessons.kit.words.exact import exact
from tutor import output
from tutor.interpreter import Interpreter
from tutor.lab.client import Lab
from tutor.lab.protocol import Gate
from tutor.report.running import DemoTrouble, frames, with_lab
from tutor.report.text import filled

SCHEMA = 1

SAID = 10
"""About how many of a run's frames the plain form prints."""


def print_demo(
    topic: Topic,
    setting: Setting,
    interpreter: Interpreter,
    *,
    as_json: bool,
    most: int | None,
    gate: Gate | None = None,
) -> int:
    """Prints a run; 1 if it did not reach its end."""

    async def work(lab: Lab) -> int:
        try:
            if as_json:
                await _as_json(lab, topic, setting, most)
            else:
                await _as_text(lab, topic, setting, most)
        except DemoTrouble as trouble:
            print(f"tutor: {topic.name}/{setting.demo} did not reach its end: {trouble}", file=sys.stderr)
            for line in trouble.stderr:
                print(f"  {line}", file=sys.stderr)
            return 1
        return 0

    return with_lab(interpreter, work, gate)


async def _as_json(lab: Lab, topic: Topic, setting: Setting, most: int | None) -> None:
    """A frame a line, as between worker and app: a surface's field is null where it is that of the line before."""
    before: Frame | None = None
    count = 0
    async for frame in frames(lab, topic, setting):
        output.write_json(to_line({"schema_version": SCHEMA, **to_wire(frame, before)}))
        before = frame
        count += 1
        if count == most:
            return


async def _as_text(lab: Lab, topic: Topic, setting: Setting, most: int | None) -> None:
    demo = topic.demos[setting.demo]
    turned = ", ".join(f"{knob.name} = {knob.show(setting.knobs[knob.name])}" for knob in demo.knobs)
    print(f"{demo.title} ({turned})" if turned else demo.title)
    last: Frame | None = None
    shown, count = -1, 0
    async for frame in frames(lab, topic, setting):
        every = max(1, frame.steps // SAID)
        last = frame
        if frame.step % every == 0 or most is not None:
            print(_row(frame), flush=True)
            shown = frame.step
        count += 1
        if count == most:
            break
    if last is None:
        return
    if last.step != shown:
        print(_row(last))
    print()
    for picture in last.pictures:
        print(filled(summary(picture)))
    print("  ".join(f"{name} = {exact(value)}" for name, value in last.values.items()))


def _row(frame: Frame) -> str:
    return filled(frame.note, indent=10, first=f"step {frame.step}")
