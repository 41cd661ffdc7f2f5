"""A lab runs one demo at a time and gives its frames one by one."""

from __future__ import annotations

import asyncio
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.conftest import DEAF, ENDLESS, PID, STUBBORN, MakeLab, deep_in, job, pid_of, values, workers
from tests.support.processes import wait_gone
from tutor.lab.client import Lab
from tutor.lab.protocol import DemoEnded, DemoStopped, FrameArrived, Ready


async def test_frames_come_in_order_and_then_the_end_for_ever(lab: Lab) -> None:
    """Asking on after the end gives the end."""
    run = await lab.run(job("def demo():\n  for i in range(3): yield Frame((), {'i': i}, 'One.', i, 3)"))
    events = [await run.next() for _ in range(5)]
    assert [event.frame.step for event in events if isinstance(event, FrameArrived)] == [0, 1, 2]
    assert events[3:] == [DemoEnded(), DemoEnded()]


async def test_skipped_frames_are_not_sent(lab: Lab) -> None:
    """The third frame on is the next that arrives."""
    run = await lab.run(job("def demo():\n  for i in range(9): yield Frame((), {'i': i}, 'One.')"))
    assert [(await values(run, skip))["i"] for skip in (0, 2, 0, 99)] == [0, 3, 4, 8]
    assert await run.next() == DemoEnded()


async def test_knobs_keep_their_types(lab: Lab) -> None:
    """A number, a whole number, a word, a switch."""
    source = "def demo(**knobs):\n  yield Frame((), {}, ' '.join(type(k).__name__ for k in knobs.values()))"
    run = await lab.run(job(source, {"lr": 1.0, "steps": 10, "optimizer": "SGD", "on": True}))
    event = await run.next()
    assert isinstance(event, FrameArrived)
    assert event.frame.note == "float int str bool"


async def test_numbers_that_are_not_finite_arrive(lab: Lab) -> None:
    """A diverging loss is what demos are about."""
    run = await lab.run(
        job("def demo(lr):\n  yield Frame((), {'a': lr, 'b': -lr, 'c': lr - lr}, 'x')", {"lr": math.inf})
    )
    arrived = await values(run)
    assert (arrived["a"], arrived["b"], math.isnan(arrived["c"])) == (math.inf, -math.inf, True)


async def test_a_call_that_is_cancelled_loses_no_frame(lab: Lab) -> None:
    """Its frame is what the next call gets."""
    run = await lab.run(job("def demo():\n  for i in range(9): yield Frame((), {'i': i}, 'One.')"))
    for _ in range(3):
        asking = asyncio.ensure_future(run.next())
        await asyncio.sleep(0)
        asking.cancel()
    assert [(await values(run))["i"] for _ in range(3)] == [0, 1, 2]


async def test_what_is_known_of_torch_there(lab: Lab) -> None:
    """Nothing before a worker was ready, then its versions."""
    assert lab.torch is None
    ready = await lab.ready()
    assert isinstance(ready, Ready)
    assert (ready.torch, ready.cuda, Path(ready.executable)) == ("9.9+stub", False, Path(sys.executable))
    assert lab.torch == ready


async def test_warming_twice_starts_one_worker(lab: Lab, mark: str) -> None:
    """And the demo runs in it."""
    await asyncio.gather(lab.warm(), lab.warm())
    await lab.warm()
    pid = await pid_of(lab)
    assert [process.pid for process in workers(mark)] == [pid]


async def test_stopping_between_frames_keeps_the_worker(lab: Lab, tmp_path: Path) -> None:
    """The demo's `finally` runs, and the next run is in the same process."""
    source = """
        def demo(left):
            try:
                yield Frame((), {"pid": os.getpid()}, "Here.")
            finally:
                open(left, "w").close()
        """
    run = await lab.run(job(source, {"left": str(tmp_path / "left")}))
    pid = int((await values(run))["pid"])
    await run.stop()
    assert (tmp_path / "left").exists()
    assert await run.next() == DemoStopped()
    assert await pid_of(lab) == pid


async def test_an_endless_loop_is_stopped_and_the_worker_kept(lab: Lab, tmp_path: Path) -> None:
    """What Python can interrupt is interrupted; a call that waits for its frame is told."""
    run, asking, pid = await deep_in(lab, ENDLESS, tmp_path)
    await run.stop()
    assert await asking == DemoStopped()
    assert await pid_of(lab) == pid


@pytest.mark.parametrize("rest", [DEAF, STUBBORN])
async def test_a_demo_that_does_not_stop_is_killed_and_the_spare_takes_over(
    make_lab: MakeLab, mark: str, tmp_path: Path, rest: str
) -> None:
    """Neither a loop in C nor one that catches everything holds the lab."""
    lab = make_lab(spare=True)
    run, asking, pid = await deep_in(lab, rest, tmp_path)
    (spare,) = {process.pid for process in workers(mark)} - {pid}
    await run.stop()
    assert await asking == DemoStopped()
    assert await pid_of(lab) == spare
    assert not wait_gone([pid])


async def test_a_newer_run_takes_the_place_of_the_older(lab: Lab, tmp_path: Path) -> None:
    """The older one's waiting call is told; the newer one's frames are its own."""
    old, asking, _ = await deep_in(lab, ENDLESS, tmp_path)
    new = await lab.run(job("def demo():\n  yield Frame((), {'new': 1}, 'New.')"))
    assert await asking == DemoStopped()
    assert await values(new) == {"new": 1.0}
    assert await old.next() == DemoStopped()


async def test_many_runs_at_once_leave_the_last(lab: Lab) -> None:
    """A knob that is held down starts a run for each place it passes."""
    runs = await asyncio.gather(*(lab.run(job(f"def demo():\n  yield Frame((), {{'i': {i}}}, 'x')")) for i in range(5)))
    assert [await run.next() for run in runs[:4]] == [DemoStopped()] * 4
    assert await values(runs[4]) == {"i": 4.0}


@pytest.mark.parametrize("busy", ["wait", "warm"])
async def test_a_run_that_is_superseded_before_it_began_costs_nothing(
    lab: Lab, stub: Callable[[str], None], mark: str, tmp_path: Path, busy: str
) -> None:
    """Its code is never touched, and the worker lives on: it may be importing torch, or what optimizers need."""
    fifo, touched = tmp_path / "fifo", tmp_path / "touched"
    os.mkfifo(fifo)
    stub(f"{busy}:{fifo}")
    await lab.warm()
    if busy == "warm":
        assert isinstance(await lab.ready(), Ready)
    holder = await asyncio.to_thread(fifo.open, "w")  # it is in the middle of that import now
    first = await lab.run(job(f"open({str(touched)!r}, 'w')\ndef demo():\n  yield"))
    asking = asyncio.ensure_future(first.next())
    for _ in range(9):  # until the request has left
        await asyncio.sleep(0)
    second = await lab.run(job(PID))
    assert await asking == DemoStopped()
    asking = asyncio.ensure_future(second.next())
    holder.close()
    event = await asking
    assert isinstance(event, FrameArrived)
    assert [int(event.frame.values["pid"])] == [process.pid for process in workers(mark)]
    assert not touched.exists()


async def test_a_spare_is_let_go_when_nothing_is_asked_for_long(make_lab: MakeLab, mark: str) -> None:
    """The worker itself stays."""
    lab = make_lab(spare=True, idle=0.0)
    pid = await pid_of(lab)
    for _ in range(2):  # it is started, and let go
        assert lab._task is not None
        await lab._task
    assert [process.pid for process in workers(mark)] == [pid]


async def test_a_closed_lab_has_no_processes_and_starts_none(make_lab: MakeLab, mark: str, tmp_path: Path) -> None:
    """Its run is stopped, and what is asked of it afterwards is answered."""
    lab = make_lab(spare=True)
    _, asking, _ = await deep_in(lab, DEAF, tmp_path)
    await lab.close()
    assert await asking == DemoStopped()
    assert workers(mark) == []
    assert await (await lab.run(job(PID))).next() == DemoStopped()
    await lab.warm()
    assert workers(mark) == []
