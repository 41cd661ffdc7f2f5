"""What the header says of the device while a demo runs, and that nothing is read while none does."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import cast

import psutil
import pytest

from diagnostics.gpus.reading import Point, Reading, Sample
from tutor.device_load import DeviceLoad
from tutor.gpu_watch import Readings
from tutor.lab.player import Player, State


class Run:
    """What is asked of a Player."""

    def __init__(self, device: str, state: State = State.RUNNING) -> None:
        self.device, self.state, self.pid = device, state, os.getpid()


class Gpus:
    def __init__(self, *utilisations: int | None, silent: float | None = None) -> None:
        self.started = self.stopped = 0
        readings = tuple(Reading(index=1 - at, cuda=at, utilisation=one) for at, one in enumerate(utilisations))
        self.latest: Sample | None = Sample(time=1.0, readings=readings, silent=silent)

    def history(self, key: str) -> tuple[Point, ...]:
        return ()

    def start(self) -> None:
        self.started += 1

    def stop(self) -> None:
        self.stopped += 1


def never() -> Readings:
    raise AssertionError("GPUs were read")


def load(run: Run, here: Gpus | None = None, own: Gpus | None = None) -> DeviceLoad:
    return DeviceLoad(cast(Player, run), lambda: here, (lambda: own) if own else never)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that stand still, and how much processor time this process took."""
    now = [0.0, 0.0]

    class Times:
        @property
        def user(self) -> float:
            return now[1]

        system = 0.0

    class Process:
        def __init__(self, pid: int) -> None:
            if pid < 0:
                raise psutil.NoSuchProcess(pid)

        def cpu_times(self) -> Times:
            return Times()

    monkeypatch.setattr("psutil.Process", Process)
    monkeypatch.setattr("tutor.device_load.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


async def later(seen: DeviceLoad, clock: list[float], spent: float) -> bool:
    """A second on, in which the demo's process took so much processor time."""
    clock[0] += 1
    clock[1] += spent
    return await seen.look()


async def test_the_share_of_a_core_that_the_demo_takes(clock: list[float]) -> None:
    """From the second look on; GPUs are left alone."""
    seen = load(Run("cpu"))
    assert seen.device == "cpu"
    assert not await seen.look()
    assert await later(seen, clock, 0.38)
    assert seen.device == "cpu 38 %"


async def test_small_changes_are_not_told(clock: list[float]) -> None:
    """Only those of five points and more."""
    seen = load(Run("cpu"))
    await seen.look()
    await later(seen, clock, 0.50)
    assert not await later(seen, clock, 0.54)
    assert not await later(seen, clock, 0.46)
    assert seen.device == "cpu 50 %"
    assert await later(seen, clock, 0.55)
    assert seen.device == "cpu 55 %"


async def test_a_demo_with_threads_takes_no_more_than_all(clock: list[float]) -> None:
    seen = load(Run("cpu"))
    await seen.look()
    await later(seen, clock, 3.2)
    assert seen.device == "cpu 100 %"


async def test_at_the_end_the_device_stands_alone_at_once(clock: list[float]) -> None:
    """Before the next look; and a new run does not begin with the old share."""
    run = Run("cpu")
    seen = load(run)
    await seen.look()
    await later(seen, clock, 0.5)
    run.state = State.FINISHED
    assert seen.device == "cpu"
    assert not await later(seen, clock, 0.0)
    run.state = State.RUNNING
    assert seen.device == "cpu"
    assert not await later(seen, clock, 9.0)


@pytest.mark.parametrize("state", [state for state in State if state is not State.RUNNING])
async def test_nothing_is_read_while_nothing_runs(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither processes nor GPUs."""
    monkeypatch.setattr("psutil.Process", never)
    for device in ("cpu", "cuda:0", ""):
        seen = load(Run(device, state))
        assert not await seen.look()
        assert seen.device == device


async def test_a_process_that_is_gone_is_no_trouble(clock: list[float]) -> None:
    """Nor is another in its place: its time begins anew."""
    run = Run("cpu")
    seen = load(run)
    await seen.look()
    await later(seen, clock, 0.5)
    run.pid = -1
    assert await later(seen, clock, 0.5)
    assert seen.device == "cpu"
    run.pid = 0
    assert not await later(seen, clock, 0.5)
    run.pid = 12
    assert not await later(seen, clock, 0.5)
    assert await later(seen, clock, 0.5)


async def test_a_gpu_by_its_number_for_cuda() -> None:
    """From the readings that go on anyway; NVML may number GPUs in another order."""
    here = Gpus(20, 97)
    seen = load(Run("cuda:1"), here)
    assert await seen.look()
    assert seen.device == "cuda:1 97 %"
    assert (here.started, here.stopped) == (0, 0)
    seen.rest()
    assert here.stopped == 0


async def test_where_nobody_reads_gpus_it_begins_to_and_ends_with_the_run() -> None:
    """One sampler a run."""
    run, own = Run("cuda:0"), Gpus(38)
    seen = load(run, own=own)
    await seen.look()
    await seen.look()
    assert seen.device == "cuda:0 38 %"
    assert (own.started, own.stopped) == (1, 0)
    run.state = State.PAUSED
    await seen.look()
    await seen.look()
    assert (own.started, own.stopped) == (1, 1)


@pytest.mark.parametrize("gpus", [Gpus(None), Gpus(), Gpus(50, silent=4.0)])
async def test_what_is_not_known_is_not_told(gpus: Gpus) -> None:
    """No reading, no such GPU, or an NVML that hangs."""
    seen = load(Run("cuda:0"), gpus)
    assert not await seen.look()
    assert seen.device == "cuda:0"
    gpus.latest = None
    assert not await seen.look()
