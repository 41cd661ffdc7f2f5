"""The Sampler by itself: here without an NVIDIA driver, and without a child."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from diagnostics.gpus import sampler as module
from diagnostics.gpus.fleet import Fleet
from diagnostics.gpus.reading import Reading, Sample
from diagnostics.gpus.sampler import Sampler

PATIENCE = 30.0


class Told:
    """Collects the samples that a Sampler tells of, and waits for them."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self._came = threading.Condition()

    def __call__(self, sample: Sample) -> None:
        with self._came:
            self.samples.append(sample)
            self._came.notify_all()

    def wait_for(self, count: int) -> None:
        with self._came:
            assert self._came.wait_for(lambda: len(self.samples) >= count, PATIENCE)


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of two GPUs whose readings are made up here."""
    monkeypatch.setattr(Fleet, "look", lambda self, interval: None)
    monkeypatch.setattr(Fleet, "readings", lambda self: (Reading(index=0, utilisation=5), Reading(index=1)))


def test_each_sample_is_told(no_driver: None, tmp_path: Path) -> None:
    """In the Sampler's own thread, which is a daemon."""
    told = Told()
    sampler = Sampler(0.01, told, tmp_path)
    assert sampler.latest is None
    sampler.start()
    told.wait_for(3)
    sampler.stop()
    assert sampler.latest in told.samples
    assert [reading.utilisation for reading in told.samples[0].readings] == [5, None]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "gpus")


def test_history_is_kept_for_each_gpu_and_ends(
    no_driver: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest goes first; nothing grows for ever."""
    monkeypatch.setattr(module, "HISTORY", 0.1)
    monkeypatch.setattr(module, "SPARE", 0)
    told = Told()
    sampler = Sampler(0.01, told, tmp_path)
    sampler.start()
    told.wait_for(15)
    sampler.stop()
    points = sampler.history("GPU 0")
    assert len(points) == 10
    assert points[0].time > told.samples[0].time
    assert {point.utilisation for point in points} == {5}
    assert sampler.history("nobody") == ()


def test_ten_minutes_are_kept(tmp_path: Path) -> None:
    """At a sample a second."""
    assert module.HISTORY >= 600


def test_a_fault_of_our_own_does_not_end_the_readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as trouble, in one clean line, and the next round is made."""
    answers = iter([ValueError("\x1b[2Jno such thing\nat all"), None])

    def look(self: Fleet, interval: float) -> None:
        if answer := next(answers, None):
            raise answer

    monkeypatch.setattr(Fleet, "look", look)
    told = Told()
    sampler = Sampler(0.01, told, tmp_path)
    sampler.start()
    told.wait_for(2)
    sampler.stop()
    first, second = told.samples[:2]
    assert first.trouble == "There are no GPU readings: ValueError: ␛[2Jno such thing␊at all."
    assert second.trouble is None


def test_a_fault_beside_the_readings_does_not_end_them(
    no_driver: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of psutil's, in a sandbox that hides /proc from it."""

    def readings(self: Fleet) -> tuple[Reading, ...]:
        raise RuntimeError("no")

    monkeypatch.setattr(Fleet, "readings", readings)
    told = Told()
    sampler = Sampler(0.01, told, tmp_path)
    sampler.start()
    told.wait_for(2)
    sampler.stop()
    assert told.samples[1].trouble == "There are no GPU readings: RuntimeError: no."
    assert told.samples[1].host.memory_total


def test_waiting_gives_each_sample_once(no_driver: None, tmp_path: Path) -> None:
    """And whatever there is when the time is over."""
    sampler = Sampler(600, devices=tmp_path)
    sampler.start()
    first = sampler.wait(PATIENCE)
    assert first is not None
    assert sampler.wait(0.01) is first
    sampler.stop()


def test_nothing_is_loaded_before_it_starts() -> None:
    """pynvml and its library belong to the thread, textual and torch to nobody here."""
    program = (
        "import sys, diagnostics.gpus.sampler as s; s.Sampler(); "
        "print([name for name in ('pynvml', 'textual', 'torch', 'numpy') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"
