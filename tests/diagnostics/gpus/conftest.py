"""A Sampler in a process of its own, on a simulated driver: LD_LIBRARY_PATH counts only from a process's start."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.nvml import Simulated

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PATIENCE = 30.0

Data = dict[str, Any]


class Watch:
    """The child of watch.py. `devices`: a folder in place of /sys/bus/pci/devices."""

    def __init__(self, env: dict[str, str], devices: Path, interval: float, sees_host: bool, wait: float) -> None:
        words = [str(HERE / "watch.py"), str(devices), str(interval), str(int(sees_host)), str(wait)]
        self.process = subprocess.Popen(
            [sys.executable, *words],
            env={**env, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def sample(self) -> Data:
        """The next sample, with `calls` and `history`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else ""
        assert line, f"no sample came: {self._last_words()}"
        data: Data = json.loads(line)
        return data

    def until(self, true: Callable[[Data], Any]) -> Data:
        """The first sample of which that is true."""
        deadline = time.monotonic() + PATIENCE
        while not true(sample := self.sample()):
            sample.pop("history", None)
            assert time.monotonic() < deadline, f"it never came to that; the last sample: {sample}"
        return sample

    def first(self) -> Data:
        return self.until(lambda sample: "time" in sample)

    def leave(self) -> int:
        """The exit code, once its stdin is closed."""
        _, error = self.process.communicate(timeout=PATIENCE)
        assert error == ""
        return self.process.returncode

    def _last_words(self) -> str:
        self.process.kill()
        return self.process.communicate()[1][-2000:]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    """`watch(driver)` starts a Sampler on a simulated driver; without one it finds no library."""
    running: list[Watch] = []

    def watch(
        driver: Simulated | None = None,
        *,
        devices: Path = tmp_path / "no-devices",
        interval: float = 0.05,
        sees_host: bool = True,
        wait: float = 0.2,
        **variables: str,
    ) -> Watch:
        env = {**(driver.env if driver else os.environ), **variables}
        running.append(Watch(env, devices, interval, sees_host, wait))
        return running[-1]

    yield watch
    for one in running:
        one.process.kill()
        one.process.communicate()
