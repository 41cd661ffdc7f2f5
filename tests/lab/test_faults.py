"""Whatever a demo does to its process, the lab says what happened and runs the next one."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.lab.conftest import DEAF, PID, deep_in, job, pid_of, values
from tests.support.processes import wait_gone
from tutor.lab.client import Lab
from tutor.lab.protocol import DemoEnded, DemoFailed, FrameArrived, WorkerDied


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ("os.kill(os.getpid(), 9)", "the process that runs demos was killed (signal 9), most likely for memory"),
        ("import ctypes; ctypes.string_at(0)", "a segfault (signal 11) ended the process that runs demos"),
        ("os.abort()", "an abort (signal 6) ended the process that runs demos"),
        ("os.kill(os.getpid(), 15)", "a signal (signal 15) ended the process that runs demos"),
        ("os._exit(3)", "the process that runs demos ended by itself with exit code 3"),
    ],
)
async def test_the_end_of_the_process_is_told_and_the_next_run_is_well(lab: Lab, rest: str, sentence: str) -> None:
    """With the last lines it printed, which are made safe."""
    run = await lab.run(
        job(f"def demo():\n  yield Frame((), {{}}, 'x')\n  print('last\\x1b[2J words')\n  {rest}\n  yield")
    )
    await run.next()
    died = await run.next()
    assert isinstance(died, WorkerDied)
    assert died.sentence == sentence
    assert died.stderr[0] == "last␛[2J words"
    assert await run.next() == died
    await pid_of(lab)


async def test_a_segfault_shows_where_it_was(lab: Lab) -> None:
    """faulthandler names the demo's line among the last lines."""
    run = await lab.run(job("import ctypes\ndef demo():\n  ctypes.string_at(0)\n  yield"))
    died = await run.next()
    assert isinstance(died, WorkerDied)
    assert died.stderr[-1].strip() == "topic/demo.py:5 in demo"


@pytest.mark.parametrize("between", [0, 1])
async def test_a_worker_that_dies_idle_is_replaced_without_a_word(lab: Lab, between: int) -> None:
    """Whether its end is noticed before the next run starts, or after."""
    await (run := await lab.run(job(PID))).next()
    pid = await pid_of(lab)
    run = await lab.run(job(PID))  # stops the one before: now it is idle
    os.kill(pid, signal.SIGKILL)
    if between:
        assert not wait_gone([pid])
    assert (await values(run))["pid"] != pid


async def test_death_between_two_frames_is_told_at_the_next(lab: Lab) -> None:
    """The demo had begun: it is not run a second time."""
    run = await lab.run(job(PID))
    os.kill(int((await values(run))["pid"]), signal.SIGKILL)
    assert isinstance(await run.next(), WorkerDied)


async def test_an_exception_leaves_the_worker_alive(lab: Lab) -> None:
    """It is told with its line, and the next run is in the same process."""
    pid = await pid_of(lab)
    run = await lab.run(job("def demo():\n  raise SystemExit(3)\n  yield"))
    failed = await run.next()
    assert isinstance(failed, DemoFailed)
    assert (failed.kind, failed.line) == ("SystemExit", 4)
    assert await run.next() == failed
    assert await pid_of(lab) == pid


async def test_after_a_cuda_error_the_process_is_replaced(lab: Lab) -> None:
    """The error stays with the process, and would be told of demos that did nothing wrong."""
    pid = await pid_of(lab)
    run = await lab.run(job("def demo():\n  raise RuntimeError('CUDA error: device-side assert triggered')\n  yield"))
    assert isinstance(await run.next(), DemoFailed)
    assert await pid_of(lab) != pid


async def test_a_frame_that_cannot_be_read_ends_the_run_and_not_the_worker(lab: Lab) -> None:
    """The line is that of the yield."""
    run = await lab.run(
        job("from lessons.kit import Meter\ndef demo():\n  yield Frame((Meter('m', 1.0, ()),), {}, 'x')")
    )
    failed = await run.next()
    assert isinstance(failed, DemoFailed)
    assert (failed.message, failed.line) == ("the meter 'm' has no zones", 5)
    await pid_of(lab)


async def test_the_next_run_takes_no_message_of_the_one_before_for_its_own(lab: Lab, tmp_path: Path) -> None:
    """One that is deaf is still killed after a run whose frame could not be read."""
    run = await lab.run(
        job("from lessons.kit import Meter\ndef demo():\n  yield Frame((Meter('m', 1.0, ()),), {}, 'x')")
    )
    await run.next()
    run, _, pid = await deep_in(lab, DEAF, tmp_path)
    await run.stop()
    assert await pid_of(lab) != pid


@pytest.mark.parametrize(
    ("asks", "kind"), [("input()", "EOFError"), ("breakpoint()", "BdbQuit"), ("os.read(0, 1)[0]", "IndexError")]
)
async def test_a_demo_that_reads_stdin_finds_nothing(lab: Lab, asks: str, kind: str) -> None:
    """It can take no request for its own, and does not wait for what never comes."""
    failed = await (await lab.run(job(f"def demo():\n  {asks}\n  yield"))).next()
    assert isinstance(failed, DemoFailed)
    assert failed.kind == kind
    await pid_of(lab)


async def test_a_frame_that_is_too_large_is_refused(lab: Lab) -> None:
    """The worker itself says so, and how much is allowed."""
    source = """
        from lessons.kit import Chart, Series
        def demo():
            yield Frame((Chart("Loss", (Series("train", (0.1234567,) * 3_000_000),), 9),), {}, "Too much.")
        """
    failed = await (await lab.run(job(source))).next()
    assert isinstance(failed, DemoFailed)
    assert failed.message == "this frame takes 29 MB as text, and 16 MB is the most"
    assert failed.line == 6
    await pid_of(lab)


async def test_a_flood_of_output_blocks_nothing(lab: Lab) -> None:
    """A megabyte on stdout and on stderr: the last lines are kept, and they are this run's own."""
    source = """
        import sys
        def demo():
            for i in range(1000):
                os.write(1, b"o" * 1000 + b"\\n")
                print("e" * 1000, file=sys.stderr)
            print("the end")
            yield Frame((), {}, "x")
        """
    run = await lab.run(job(source))
    assert isinstance(await run.next(), FrameArrived)
    assert isinstance(await run.next(), DemoEnded)
    assert 0 < len(run.printed) <= 20
    assert run.printed[-1] == "the end"
    assert max(map(len, run.printed)) <= 200
    other = await lab.run(job(PID))
    await other.next()
    assert other.printed == ()


async def test_a_forked_child_that_holds_the_pipes_hides_no_death(lab: Lab) -> None:
    """The end is seen at the process, and the child goes with it."""
    source = """
        import time
        def demo():
            child = os.fork()
            if not child:
                time.sleep(600)
            yield Frame((), {"child": child}, "Forked.")
            os._exit(3)
        """
    run = await lab.run(job(source))
    child = int((await values(run))["child"])
    died = await run.next()
    assert isinstance(died, WorkerDied)
    assert died.sentence.endswith("exit code 3")
    assert not wait_gone([child])


@pytest.mark.parametrize("escapes", [False, True])
async def test_a_program_that_a_demo_started_hides_no_death(lab: Lab, escapes: bool) -> None:
    """It goes too, unless it left for a session of its own; that one only keeps the pipe."""
    source = """
        import subprocess
        def demo(escapes):
            child = subprocess.Popen(["sleep", "600"], start_new_session=escapes)
            yield Frame((), {"child": child.pid}, "Started.")
            os._exit(3)
        """
    run = await lab.run(job(source, {"escapes": escapes}))
    child = int((await values(run))["child"])
    try:
        died = await run.next()
        assert isinstance(died, WorkerDied)
        assert died.sentence.endswith("exit code 3")
        assert escapes or not wait_gone([child])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


async def test_a_forked_child_cannot_speak_for_the_demo(lab: Lab) -> None:
    """One that returns into the worker's own code says nothing, and does not outlive it."""
    source = """
        def demo():
            child = os.fork()
            yield Frame((), {"child": child}, "Who am I?")
            yield Frame((), {"child": child}, "Still.")
        """
    run = await lab.run(job(source))
    assert (await values(run))["child"] > 0
    assert (await values(run))["child"] > 0
    assert await run.next() == DemoEnded()
