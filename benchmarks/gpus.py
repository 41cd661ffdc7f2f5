"""`tutor gpus` on eight simulated GPUs, beside nvitop on the same ones at the same time.

python -m benchmarks.gpus --seconds 60
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Aim, Figure, table
from benchmarks.recording import read_until_silent
from tests.support.nvml import Simulated, scenario, simulated
from tests.support.nvml.build import compiler
from tests.support.processes import processes
from tests.support.session import Session

WARM = 10.0
"""Seconds before anything is measured: the first reading, which asks for everything, and the imports lie in them."""

SAMPLER = "import time; from diagnostics.gpus.sampler import Sampler; Sampler().start(); time.sleep(9e5)"
READINGS = [sys.executable, "-c", SAMPLER]
STREAM = [sys.executable, "-m", "tutor", "gpus", "--json"]
TUTOR = ["tutor"]
NVITOP = [sys.executable, "-m", "nvitop"]


@dataclass(frozen=True)
class Use:
    """What a program used since it was warm. `cpu`: percent of a core; `calls`: of NVML, a second; MiB of memory."""

    cpu: float
    calls: float
    growth: float
    memory: float


def gpus(seconds: int) -> list[Figure]:
    """Readings alone, as a stream of JSON, and on the screen: processor time, calls of NVML, and memory."""
    if compiler() is None:
        raise AssertionError("there is no C compiler to build the simulated driver with")
    beside = importlib.util.find_spec("nvitop") is not None
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        driver = simulated(scenario("h200_8"), Path(folder), Path(folder), clock=None)
        driver.add("[gpu.5]\nerror.* = SUCCESS")
        pids = {
            "readings": stack.enter_context(_quiet(READINGS, driver)),
            "stream": stack.enter_context(_quiet(STREAM, driver)),
        }
        seen = {"screen": stack.enter_context(_shown(TUTOR, driver))}
        seen["screen"].press("G")
        if beside:
            seen["nvitop"] = stack.enter_context(_shown(NVITOP, driver))
        pids.update({name: session.pid for name, session in seen.items()})
        _pass(WARM, seen)
        uses = _use(pids, driver, seconds, seen)
    theirs = uses.pop("nvitop", None)
    return [figure for name, use in uses.items() for figure in _figures(name, use, theirs)]


def _figures(name: str, ours: Use, theirs: Use | None) -> list[Figure]:
    def figure(what: str, unit: str, field: str, aim: Aim | None) -> Figure:
        other = [getattr(theirs, field)] if theirs else []
        return Figure(f"8 GPUs, {name}: {what}", unit, [getattr(ours, field)], other, aim)

    note = f"nvitop {theirs.growth:.2f}" if theirs else ""  # no ratio: it may be 0
    return [
        figure("processor", "% of a core", "cpu", Aim(3)),
        figure("calls of NVML", "/s", "calls", Aim(20)),
        Figure(f"8 GPUs, {name}: growth", "MiB", [ours.growth], aim=Aim(1), note=note),
        figure("memory, RSS", "MiB", "memory", None),
    ]


def _use(pids: dict[str, int], driver: Simulated, seconds: float, seen: dict[str, Session]) -> dict[str, Use]:
    before, calls = processes(), _calls(driver)
    for name, pid in pids.items():
        assert pid in before, f"{name} ended before it was measured"
    began = time.monotonic()
    _pass(seconds, seen)
    took = time.monotonic() - began
    after, more = processes(), _calls(driver)
    return {
        name: Use(
            cpu=100 * (after[pid].cpu - before[pid].cpu) / took,
            calls=(more.get(pid, 0) - calls.get(pid, 0)) / took,
            growth=after[pid].rss - before[pid].rss,
            memory=after[pid].rss,
        )
        for name, pid in pids.items()
    }


def _calls(driver: Simulated) -> dict[int, int]:
    counts: dict[int, int] = {}
    for call in driver.calls():
        counts[call.pid] = counts.get(call.pid, 0) + 1
    return counts


def _pass(seconds: float, seen: dict[str, Session]) -> None:
    """Lets time pass, and reads what the screens write."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for session in seen.values():
            session.read(0.05)
        time.sleep(0.05)


@contextmanager
def _quiet(command: list[str], driver: Simulated) -> Iterator[int]:
    process = subprocess.Popen(command, env=driver.env, stdout=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


@contextmanager
def _shown(command: list[str], driver: Simulated) -> Iterator[Session]:
    with Session(command, columns=120, rows=40, env={**driver.variables, "COLORTERM": "truecolor"}) as session:
        read_until_silent(session, quiet=0.1)
        yield session


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpus", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="how long to measure (default: 10)")
    print(table(gpus(parser.parse_args().seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
