"""What the worker says, read and checked on our side; what comes of it are small frozen facts.

    us      {"do": "run", "run": 1, "source": ..., "file": ..., "demo": ..., "knobs": {...}}   and no answer
            {"do": "judge", "run": 1, "source": ..., "file": ..., "check": ..., "seed": 1}     and no answer
            {"do": "next", "run": 1, "skip": 0}   one answer: frame, judged, ended or failed
            {"do": "stop", "run": 1}              one answer: stopped
    worker  {"event": "ready" | "no-torch", "body": ...}   once, when it starts
            {"event": "began", "run": 1}                   when the first frame is begun
            {"event": "frame" | "judged" | "ended" | "failed" | "stopped", "run": 1, "body": ...}

Each is a line of JSON; a frame is as lessons/kit/wire.py writes it. What the worker says is not trusted: it runs code
that readers edit and strangers write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import msgspec

from diagnostics.text import clean, clean_lines
from lessons.kit.pictures import Frame
from tutor.lab.frames import read_frame


@dataclass(frozen=True)
class Ready:
    """The worker has imported torch. `torch` and `python` are versions; `cuda`: whether torch can use a GPU there."""

    torch: str
    python: str
    executable: str
    cuda: bool


@dataclass(frozen=True)
class NoTorch:
    """torch cannot be imported by `python`, the path of an interpreter; the sentence says why."""

    sentence: str
    python: str


@dataclass(frozen=True)
class FrameArrived:
    """`device`: where the demo ran, "cpu" or "cuda:0"."""

    frame: Frame
    device: str


@dataclass(frozen=True)
class DemoEnded:
    """The demo has no more frames."""


@dataclass(frozen=True)
class DemoStopped(DemoEnded):
    """We stopped it, or started another in its place."""


@dataclass(frozen=True)
class DemoFailed:
    """The demo's code raised. `kind`: the exception's type; `line` counts from 1 in the demo's source.

    `columns`: the failing expression in that line, from 0, the end exclusive. `trace`: its own lines, innermost last.
    """

    kind: str
    message: str
    line: int | None = None
    columns: tuple[int, int] | None = None
    trace: str = ""


@dataclass(frozen=True)
class PropertyJudged:
    """One of an exercise's `of` properties, its name and its sentence. Why one does not hold: a counterexample,
    or the error that the reader's own code raised."""

    property: str
    sentence: str
    of: int
    holds: bool
    counterexample: str = ""
    error: DemoFailed | None = None


@dataclass(frozen=True)
class WorkerDied:
    """The process ended and took the demo with it; `stderr`: the last lines it printed."""

    sentence: str
    stderr: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotAllowed:
    """The code of this course may not run. `how`: the command that allows it; "" where none does."""

    sentence: str
    how: str = ""


Gate = Callable[[], "NotAllowed | None"]
"""Says why the code of a course may not run; None where it may. It reads files, so never on the event loop."""

Trouble = DemoFailed | WorkerDied | NoTorch | NotAllowed
"""Why a demo did not reach its end."""

Event = FrameArrived | DemoEnded | Trouble
"""What a demo's next frame can turn out to be."""

Judgement = PropertyJudged | DemoEnded | Trouble
"""What an attempt's next property can turn out to be."""


class Message(msgspec.Struct, frozen=True):
    """A line of the worker's. `run`: which run it is about, 0 for none."""

    event: Literal["ready", "no-torch", "began", "frame", "judged", "ended", "failed", "stopped"]
    run: int = 0
    body: msgspec.Raw = msgspec.Raw(b"{}")


class _Body(msgspec.Struct):
    """What a frame comes in. `line`: where the demo stands, at its yield."""

    frame: msgspec.Raw
    device: str
    line: int | None = None


_MESSAGE = msgspec.json.Decoder(Message)
_T = TypeVar("_T")


def read_line(line: bytes) -> Message:
    """Raises ValueError with a sentence if the line is no message."""
    return _decode(line, Message)


def read_start(message: Message) -> Ready | NoTorch:
    """What a worker says first. Raises ValueError with a sentence if this is something else."""
    if message.event == "no-torch":
        said = _decode(message.body, NoTorch)
        return NoTorch(clean(said.sentence, 400), clean(said.python))
    if message.event == "ready":
        ready = _decode(message.body, Ready)
        return Ready(clean(ready.torch), clean(ready.python), clean(ready.executable), ready.cuda)
    raise ValueError(f"it began with {message.event!r}, before it was ready")


def read_event(message: Message, before: Frame | None) -> Event | Judgement:
    """What came of a request for the next frame or property; `before`: the last frame that came."""
    if message.event == "ended":
        return DemoEnded()
    if message.event == "failed":
        return _failed(_decode(message.body, DemoFailed))
    if message.event == "judged":
        judged = _decode(message.body, PropertyJudged)
        error = _failed(judged.error) if judged.error else None
        seen = clean(judged.counterexample, 400)
        return replace(judged, sentence=clean(judged.sentence, 200), counterexample=seen, error=error)
    body = _decode(message.body, _Body)
    try:
        return FrameArrived(read_frame(body.frame, before), clean(body.device, 20))
    except ValueError as error:
        return DemoFailed("ValueError", str(error), body.line)


def _failed(failed: DemoFailed) -> DemoFailed:
    words = " ".join(clean_lines(failed.message, limit=1000))
    return replace(failed, kind=clean(failed.kind), message=words, trace="\n".join(clean_lines(failed.trace)))


def _decode(text: bytes | msgspec.Raw, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it said {clean(bytes(text), 60)!r}: {clean(str(error))}") from None
