"""Labs that are closed after the test, and a check that nothing of them lives on."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import pytest_asyncio

from tests.support.processes import Process, family, wait_gone
from tutor.lab.client import Job, Lab, Run
from tutor.lab.protocol import Event, FrameArrived

STUBS = Path(__file__).parent / "stubs"
HEAD = "import os\nfrom lessons.kit import Frame\n"

PID = """
def demo():
    while True:
        yield Frame((), {"pid": os.getpid()}, "Here.")
"""

ENDLESS = """
    deep()
    while True:
        pass
"""

DEAF = """
    import signal
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    deep()
    sum(iter(int, 1))  # in C, for ever, and holds the interpreter's lock
"""

STUBBORN = """
    while True:
        try:
            deep()
            while True:
                pass
        except BaseException:
            pass
"""

MakeLab = Callable[..., Lab]


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """Stands in the environment of every process that a test starts, and in no other."""
    mark = f"LAB_TEST={uuid.uuid4().hex}"
    monkeypatch.setenv(*mark.split("="))
    return mark


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has workers find the stub in place of torch, and sets its way to behave."""
    monkeypatch.setenv("PYTHONPATH", str(STUBS))
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    return lambda way: monkeypatch.setenv("TORCH_STUB", way)


@pytest_asyncio.fixture
async def make_lab(stub: object, mark: str) -> AsyncIterator[MakeLab]:
    labs: list[Lab] = []

    def make(python: str = sys.executable, spare: bool = False, idle: float = 300.0) -> Lab:
        labs.append(Lab(python, spare, idle))
        return labs[-1]

    yield make
    for lab in labs:
        await lab.close()
    assert not wait_gone([process.pid for process in family([], mark)]), "a process lives on"


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """One without a spare, on the stub."""
    return make_lab()


@pytest.fixture
def make_python(tmp_path: Path) -> Callable[[str], str]:
    """Writes a shell script that can stand for a Python; in it $PYTHON is the real one."""

    def make(script: str) -> str:
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\nPYTHON={sys.executable}\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return make


def job(source: str, knobs: Mapping[str, Any] | None = None) -> Job:
    return Job(HEAD + dedent(source), "topic/demo.py", "demo", knobs or {})


async def values(run: Run, skip: int = 0) -> dict[str, float]:
    """The values of the next frame, which has to come."""
    event = await run.next(skip)
    assert isinstance(event, FrameArrived), event
    return event.frame.values


async def deep_in(lab: Lab, rest: str, folder: Path) -> tuple[Run, asyncio.Future[Event], int]:
    """A run that is where `rest` says "deep()", the call that waits for its next frame, and the process it runs in."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    start = """
def demo(fifo):
    deep = lambda: open(fifo, "w").close()
    yield Frame((), {"pid": os.getpid()}, "Here.")
"""
    run = await lab.run(job(start + rest, {"fifo": str(fifo)}))
    pid = int((await values(run))["pid"])
    asking = asyncio.ensure_future(run.next())
    await asyncio.to_thread(fifo.read_bytes)
    return run, asking, pid


async def pid_of(lab: Lab) -> int:
    """The process in which a demo would run now."""
    return int((await values(await lab.run(job(PID))))["pid"])


def workers(mark: str) -> list[Process]:
    return [process for process in family([], mark) if "worker.py" in process.command]
