"""Lab: runs demos in a process of their own and gives their frames one at a time.

Made for one event loop in the main thread: the kernel ends a worker together with the thread that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast, overload

from lessons.kit.knobs import Value
from lessons.kit.pictures import Frame
from tutor.lab.process import Tail, Worker, without_ours
from tutor.lab.protocol import (
    DemoFailed,
    DemoStopped,
    Event,
    FrameArrived,
    Gate,
    Judgement,
    Message,
    NotAllowed,
    NoTorch,
    PropertyJudged,
    Ready,
    WorkerDied,
    read_event,
)

GRACE = 0.3
"""Seconds that a demo has to stop by itself before its process is killed."""

NICE, SPARE_NICE = 5, 10

Said = TypeVar("Said")


@dataclass(frozen=True)
class Job:
    """A demo to run: the function `demo` in `source`, which `file` names in messages, called with `knobs`."""

    source: str
    file: str
    demo: str
    knobs: Mapping[str, Value]

    def request(self) -> dict[str, Any]:
        """What the worker is asked."""
        demo = {"source": self.source, "file": self.file, "demo": self.demo}
        return {"do": "run", **demo, "knobs": dict(self.knobs)}


@dataclass(frozen=True)
class Attempt:
    """An exercise to judge: `source`, which `file` names in messages, by the properties in `check`, a check.py's text.

    Its run gives a PropertyJudged for each, up to the first that does not hold. `seed`: of what they try at random.
    """

    source: str
    file: str
    check: str
    seed: int

    def request(self) -> dict[str, Any]:
        """What the worker is asked."""
        return {"do": "judge", "source": self.source, "file": self.file, "check": self.check, "seed": self.seed}


class Run(Generic[Said]):
    """One run of a demo, or one attempt under judgement; `Said` is what comes of it. Made by Lab.run."""

    def __init__(self, lab: Lab, job: Job | Attempt, number: int) -> None:
        self._lab, self._job, self._number = lab, job, number
        self._worker: Worker | None = None
        self._tail = Tail()
        self._before: Frame | None = None
        self._answer: asyncio.Future[Said] | None = None
        self._over: Said | None = None
        self._asking: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._skip = 0
        self._began = self._replaced = self._used = False
        self._quiet = asyncio.Event()

    @property
    def pid(self) -> int:
        """Of the process that the demo runs in; 0 before there is one."""
        return self._worker.pid if self._worker is not None else 0

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped, by who began it or for another run."""
        return isinstance(self._over, DemoStopped)

    @property
    def printed(self) -> tuple[str, ...]:
        """The last lines that the demo printed, clean."""
        return without_ours(self._tail.lines())

    async def next(self, skip: int = 0) -> Said:
        """The next frame, or what came in its place; after that the same for ever. One call at a time.

        With `skip` that many frames are computed and passed over; the last one before the end never is. A call that is
        cancelled loses nothing: the next one gets what it would have got.
        """
        if self._over is not None:
            return self._over
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
            self._skip = skip
            self._asking = asyncio.create_task(self._ask())
        event = await asyncio.shield(self._answer)
        self._answer = None
        return event

    async def stop(self) -> None:
        """Ends the run; a demo that does not stop within GRACE goes with its process. `next` gives DemoStopped."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())
        await asyncio.shield(self._stopping)

    def refuse(self, why: NotAllowed) -> None:
        """Ends the run before it has begun."""
        self._resolve(why)

    async def _ask(self) -> None:
        if self._worker is None:
            worker = await self._lab.worker()
            if worker is None:
                self._resolve(DemoStopped())
            if worker is None or self._over is not None:
                return
            self._worker = worker
            self._tail = worker.listen(self._hear)
            if worker.gone.done():
                self._resolve(worker.gone.result())
                return
            worker.send({**self._job.request(), "run": self._number})
        self._worker.send({"do": "next", "run": self._number, "skip": self._skip})

    async def _stop(self) -> None:
        if self._over is not None:
            return
        self._resolve(DemoStopped())
        worker = self._worker
        if worker is None or not worker.alive:
            return
        if not worker.is_ready:
            worker.take_back()
            return
        worker.send({"do": "stop", "run": self._number})
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), GRACE)
        if not self._quiet.is_set():  # a busy event loop can see the answer and the timeout at once
            worker.kill()

    def _hear(self, said: Message | NoTorch | WorkerDied) -> None:
        if isinstance(said, WorkerDied):
            self._quiet.set()
            self._mourn(said)
        elif isinstance(said, NoTorch):
            self._resolve(said)
        elif said.run != self._number:
            return
        elif said.event == "began":
            self._began = True
        elif said.event == "stopped":
            self._quiet.set()
        elif self._over is None:
            event = read_event(said, self._before)
            if said.event == "frame" and isinstance(event, DemoFailed) and self._worker is not None:
                self._worker.send({"do": "stop", "run": self._number})  # the worker knows nothing of it
            self._resolve(event)

    def _mourn(self, died: WorkerDied) -> None:
        """A worker that died while it was idle, before it touched this demo, is replaced without a word, once."""
        worker, self._worker = self._worker, None
        idle = worker is not None and worker.is_ready and not self._began
        if idle and not self._replaced and self._over is None and self._answer is not None:
            self._replaced = True
            self._asking = asyncio.create_task(self._ask())
        else:
            self._resolve(died)

    def _resolve(self, said: Event | Judgement) -> None:
        if self._over is not None:
            return
        event = cast(Said, said)  # a worker answers what it was asked
        if isinstance(said, (FrameArrived, PropertyJudged)):
            self._lab.used(first=not self._used)
            self._used = True
            self._before = said.frame if isinstance(said, FrameArrived) else None
        else:
            self._over = event
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(event)


class Lab:
    """At most one run at a time, and a spare process, warm, for when the one at work has to be killed.

    `python`: the interpreter that has torch; `idle`: seconds without a frame after which the spare is let go; `gate`:
    asked before each run whether the course's code may run.
    """

    def __init__(
        self, python: str = sys.executable, spare: bool = True, idle: float = 300.0, gate: Gate | None = None
    ) -> None:
        self.python = python
        self._gate = gate
        self.torch: Ready | None = None
        """What is known of torch there, once a worker has imported it."""
        self._wants_spare, self._idle = spare, idle
        self._worker: Worker | None = None
        self._spare: Worker | None = None
        self._workers: set[Worker] = set()
        self._run: Run[Any] | None = None
        self._number = 0
        self._turn = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_used = 0.0
        self._closed = False

    async def warm(self) -> None:
        """Starts a worker if there is none; does not wait until it is ready."""
        await self.worker()

    async def ready(self) -> Ready | NoTorch | WorkerDied:
        """Waits until a worker has imported torch, or has failed to."""
        worker = await self.worker()
        return WorkerDied("the lab is closed") if worker is None else await asyncio.shield(worker.started)

    @overload
    async def run(self, job: Job) -> Run[Event]: ...

    @overload
    async def run(self, job: Attempt) -> Run[Judgement]: ...

    async def run(self, job: Job | Attempt) -> Run[Event] | Run[Judgement]:
        """A run of `job`, in place of the one before, which is stopped."""
        async with self._turn:
            if self._run is not None:
                await self._run.stop()
            self._number += 1
            run: Run[Any] = Run(self, job, self._number)
            self._run = run
            if why := await self.refusal():
                run.refuse(why)
            else:
                await self.warm()
            return run

    async def refusal(self) -> NotAllowed | None:
        """Why no code of the course may run; None where it may."""
        return await asyncio.to_thread(self._gate) if self._gate else None

    async def close(self) -> None:
        """Ends every process, and the run with them."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._run is not None:
            await self._run.stop()
        async with self._starting:
            await asyncio.gather(*(worker.close(GRACE) for worker in self._workers))

    async def worker(self) -> Worker | None:
        """The process for the next run: the one there is, or the spare, or a new one; None once the lab is closed."""
        async with self._starting:
            if self._closed:
                return None
            if self._worker is None or not self._worker.alive:
                spare, self._spare = self._spare, None
                self._worker = spare if spare is not None and spare.alive else await self._start(NICE)
            return self._worker

    def used(self, first: bool) -> None:
        """Told of every frame: the first of a run has a spare warmed, and each one keeps it from being let go."""
        self._last_used = asyncio.get_running_loop().time()
        if first and self._wants_spare:
            self._task = asyncio.create_task(self._warm_spare())

    async def _warm_spare(self) -> None:
        async with self._starting:
            if self._closed or (self._spare is not None and self._spare.alive):
                return
            self._spare = await self._start(SPARE_NICE)
        self._let_go_when_idle()

    def _let_go_when_idle(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._last_used + self._idle - loop.time()
        if self._timer is not None:
            self._timer.cancel()
        if left > 0:
            self._timer = loop.call_later(left, self._let_go_when_idle)
        elif self._spare is not None:
            self._task = asyncio.create_task(self._spare.close(GRACE))
            self._spare = None

    async def _start(self, nice: int) -> Worker:
        worker = await Worker.start(self.python, nice)
        self._workers.add(worker)
        worker.started.add_done_callback(self._note)
        worker.gone.add_done_callback(lambda _: self._workers.discard(worker))
        return worker

    def _note(self, started: asyncio.Future[Ready | NoTorch | WorkerDied]) -> None:
        said = started.result()
        if isinstance(said, Ready):
            self.torch = said
