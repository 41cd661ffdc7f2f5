"""The doctor's screen in a real terminal on simulated drivers: what it finds, what each key does, how it is left."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app.reader import Reader
from tests.support.nvml import Simulate, Simulated
from tests.support.session import Session
from tutor.keys import DOCTOR, PLACES

pytestmark = pytest.mark.pty

ROOT = Path(__file__).parents[2]
STUBS = ROOT / "tests" / "lab" / "stubs"
NO_TORCH_NEEDED = {"PYTHONPATH": os.pathsep.join(map(str, (STUBS, ROOT)))}
"""A torch of a few lines: what the doctor makes of the real one is its own tests' matter."""

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


def opened(driver: Simulated, size: tuple[int, int] = (80, 24)) -> Session:
    return Session(["tutor"], *size, env={**driver.variables, **NO_TORCH_NEEDED})


def asks(reader: Reader) -> None:
    """From the contents, until the doctor has said all."""
    reader.sees("q quit")
    reader.press("D")
    reader.sees("Checked in ", "Nothing was changed.")


def leaves(reader: Reader) -> None:
    reader.press("q")
    reader.sees("q quit")
    reader.press("q")
    assert reader.session.exit_code() == 0
    assert reader.session.modes_left_on() == []
    assert reader.session.left_behind() == []


def chosen(*parts: str) -> Callable[[str], object]:
    """The row with the bar, or rows: a finding may take two."""
    return lambda text: all(part in " ".join(row for row in text.split("\n") if row.startswith(" ▌")) for part in parts)


@SIZES
def test_a_healthy_gpu_is_ok(simulate: Simulate, size: tuple[int, int]) -> None:
    """Its driver and its hardware are quiet rows; the machine stands in the header."""
    with opened(simulate("rtx4090"), size) as session:
        reader = Reader(session)
        asks(reader)
        reader.sees("GeForce RTX 4090")
        text = reader.sees("✓ ok")
        assert not re.search("✗ fail +(?:.*GPU|.*driver)", text)
        leaves(reader)


@SIZES
def test_a_driver_that_does_not_fit_its_library(simulate: Simulate, size: tuple[int, int]) -> None:
    """The broken one first, with what to do."""
    with opened(simulate("init_version_mismatch"), size) as session:
        reader = Reader(session)
        asks(reader)
        reader.sees(chosen("✗ fail"))
        if not reader.wide:
            reader.press("v")
        reader.sees("seen ", "next ")
        reader.press("q") if not reader.wide else None
        reader.sees("Checked in ")
        leaves(reader)


def test_a_lost_gpu_is_named(simulate: Simulate) -> None:
    """By its number."""
    with opened(simulate("h200_8"), (120, 40)) as session:
        reader = Reader(session)
        asks(reader)
        reader.sees("GPU 5 is lost", "7 × H200")
        leaves(reader)


def test_left_while_it_looks_nothing_stays(simulate: Simulate) -> None:
    """The driver hangs; the screen is left at once, and so is the app, and no process outlives it."""
    driver = simulate("hung")
    with opened(driver) as session:
        reader = Reader(session)
        reader.sees("q quit")
        reader.press("D")
        reader.sees("● running")
        driver.wait_for_call("nvmlInit")
        reader.press("q")
        reader.sees("q quit")
        reader.press("q")
        assert session.exit_code(15) == 0
        assert session.left_behind() == []


def test_a_driver_that_hangs_is_found_out(simulate: Simulate) -> None:
    """And the screen answers meanwhile."""
    with opened(simulate("hung")) as session:
        reader = Reader(session)
        reader.sees("q quit")
        reader.press("D")
        reader.sees("● running")
        reader.press("?")
        reader.sees("next finding")
        reader.press("?")
        reader.sees("NVML does not answer: the driver hangs", "Checked in ")
        leaves(reader)


# Keys


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def reader(request: pytest.FixtureRequest, simulate: Simulate) -> Iterator[Reader]:
    with opened(simulate("h200_8"), request.param) as session:
        yield Reader(session)


def test_every_key_of_the_screen_does_what_the_help_says(reader: Reader) -> None:
    """One reader's way through a broken machine on which no key is left out."""
    asks(reader)
    chooses(reader)
    reads(reader)
    looks_again(reader)
    goes_places(reader)
    leaves(reader)
    expected = {name for key in (*DOCTOR, *PLACES) for name in key.keys.split(",")} - {"ctrl+p", "ctrl+q"}
    assert expected - reader.pressed == set()


def chooses(reader: Reader) -> None:
    """The worst first; a hides what is well and shows it again."""
    reader.sees(chosen("✗ fail"))
    first = reader.chosen()
    for on, back in (("down", "up"), ("j", "k"), ("n", "p")):
        reader.press(on)
        reader.sees(lambda _: reader.chosen() not in ("", first))
        reader.press(back)
        reader.sees(lambda _: reader.chosen() == first)
    reader.press("a")
    reader.sees_no("✓ ok")
    reader.press("a")
    reader.sees("✓ ok")


def reads(reader: Reader) -> None:
    """The detail, to its end and back; the fix is copied; the lesson opens and comes back."""
    if not reader.wide:
        reader.press("v")
        reader.sees("v list")
        reader.press("enter")
        reader.sees("v detail")
        reader.press("enter")
    else:
        reader.press("v", "enter")
    reader.sees("GPU 5 is lost", "seen ")
    reader.session.resize(reader.session.columns, 18)
    reader.sees("▾ more")
    for on, back in (("pagedown", "pageup"), ("end", "home")):
        reader.press(on, on, on)
        reader.sees_no("▾ more")
        reader.press(back, back, back)
        reader.sees("▾ more")
    reader.session.resize(reader.session.columns, 40 if reader.wide else 24)
    reader.press("y")
    reader.sees("last-fix.txt")
    reader.press("w")
    reader.sees_place("CUDA set-up")
    reader.press("q")
    reader.sees_place("Doctor")


def looks_again(reader: Reader) -> None:
    """Back in the list, what is found again is still chosen."""
    if not reader.wide:
        reader.escapes("v list")
    reader.press("r")
    reader.sees("● running")
    reader.sees("Checked in ", chosen("✗ fail"))


def goes_places(reader: Reader) -> None:
    """Help and palette know the screen; D, G, S and C lead between each other and back."""
    reader.press("?")
    reader.sees("next finding")
    reader.press("?")
    reader.sees("Checked in ")
    reader.press(":")
    reader.sees("Search for commands")
    reader.type("check again")
    reader.sees("key r")
    reader.escapes("Search for commands")
    reader.sees("Checked in ")
    reader.press("G")
    reader.sees_place("GPUs")
    reader.sees("fell off the bus")
    reader.press("S")
    reader.sees("Check a training script")
    reader.escapes("Check a training script")
    reader.press("E")
    reader.sees("Explain an error")
    reader.escapes("Explain an error")
    reader.press("P")
    reader.sees("Practice")
    reader.press("D")
    reader.sees("Checked in ", "GPU 5 is lost")
    reader.press("C")
    reader.sees("q quit")
    reader.press("D")
    reader.sees("Checked in ", "GPU 5 is lost")
