"""On a real GPU: readings follow what torch does on it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from diagnostics.gpus.reading import Reading
from diagnostics.gpus.sampler import Sampler

pytestmark = pytest.mark.gpu

GIB = 2**30
PATIENCE = 60.0

WORK = """
import sys, torch
if not torch.cuda.is_available():
    sys.exit("no CUDA")
here = torch.zeros((), device="cuda:0")
properties = torch.cuda.get_device_properties(0)
print(f"GPU-{properties.uuid}", flush=True)
sys.stdin.readline()
held = torch.zeros(2 * 2**30, dtype=torch.uint8, device="cuda:0")
torch.cuda.synchronize()
print("allocated", flush=True)
sys.stdin.readline()
a = torch.randn(4096, 4096, device="cuda:0")
print("multiplying", flush=True)
while True:
    for _ in range(50):
        a @ a
    torch.cuda.synchronize()
"""


@pytest.fixture
def torch_at_work() -> Iterator[subprocess.Popen[str]]:
    """A process with a context on cuda:0; a line to it is the next step."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("there is no torch")
    with subprocess.Popen(
        [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return said(process)


def test_utilisation_and_memory_follow_the_work(torch_at_work: subprocess.Popen[str]) -> None:
    """Memory rises by what was allocated, utilisation under a loop of matmuls, and the process is listed."""
    uuid = said(torch_at_work)
    if not uuid:
        pytest.skip("torch finds no GPU here")
    sampler = Sampler()
    sampler.start()

    def until(true: Callable[[Reading], bool]) -> Reading:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            sample = sampler.wait(5)
            for reading in sample.readings if sample else ():
                if reading.uuid == uuid and true(reading):
                    return reading
        raise AssertionError(f"it never came to that: {sampler.latest}")

    before = until(lambda reading: reading.memory_used is not None)
    assert before.cuda == 0
    assert go_on(torch_at_work) == "allocated"
    after = until(lambda reading: (reading.memory_used or 0) >= (before.memory_used or 0) + 2 * GIB)
    assert (after.memory_used or 0) - (before.memory_used or 0) < 3 * GIB
    assert go_on(torch_at_work) == "multiplying"
    busy = until(lambda reading: (reading.utilisation or 0) >= 80)
    assert busy.power is None or busy.power > 0
    assert until(lambda reading: torch_at_work.pid in (reading.processes or (torch_at_work.pid,)))
    sampler.stop()
