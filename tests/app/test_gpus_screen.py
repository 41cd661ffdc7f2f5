"""The GPUs, live, in a real terminal on simulated drivers: what is shown, what each key does, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.app.reader import Reader
from tests.support.nvml import Simulate, Simulated
from tests.support.session import Session
from tutor.keys import GPUS, PLACES

pytestmark = pytest.mark.pty

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])

TWO = """
[system]
driver = 550.90.07
nvml = 12.550.90.07
cuda = 12040
count = 2
[gpu.*]
name = NVIDIA RTX A4000
capability = 8.6
memory_total = 16376MiB
memory_used = 4GiB
utilisation = 97
temperature = 60
power = 90W
power_limit = 140W
clock = 1560
clock_max = 2100
throttle = 0
process.0 = pid=990001 type=C memory=900MiB
[gpu.1]
name = NVIDIA T4
utilisation = 20
temperature = 90
process.0 = pid=990002 type=C memory=3000MiB
ecc = 1
ecc_uncorrected = 2
"""
"""One that is well, and one that had errors in its memory."""


def opened(driver: Simulated | None, size: tuple[int, int] = (80, 24), *words: str) -> Session:
    return Session(["tutor", *(words or ("gpus",))], *size, env=driver.variables if driver else {})


def row_of(reader: Reader, start: str) -> str:
    """The row of the list that begins with it, chosen or not."""
    return next(row for row in reader.session.rows() if row[3:].startswith(start))


def leaves(reader: Reader) -> None:
    """At once, and nothing is left."""
    reader.press("q")
    assert reader.session.exit_code(10) == 0
    assert reader.session.modes_left_on() == []
    assert reader.session.left_behind() == []


# What is shown


@SIZES
def test_eight_gpus_one_sick_and_one_lost(simulate: Simulate, size: tuple[int, int]) -> None:
    """A row each; the lost one says so, and the doctor's word stands beside the chosen one."""
    with opened(simulate("h200_8"), size) as session:
        reader = Reader(session)
        reader.sees("fell off the bus", " 95.7 GiB")
        assert [row_of(reader, str(number)).split()[0 if number else 1] for number in range(8)] == list("01234567")
        reader.press("5")
        reader.sees("✗ fail", "GPU 5 is lost")
        reader.press("3")
        reader.sees("! warn", "GPU 3 ")
        leaves(reader)


def test_a_gpu_that_is_lost_while_it_is_watched(simulate: Simulate) -> None:
    """Its row stays, says since when, and its doctor's word comes by itself."""
    driver = simulate("lost_mid_run")
    with opened(driver) as session:
        reader = Reader(session)
        reader.sees_row("1 RTX A4000", " %")
        reader.press("1")
        driver.at(6)
        reader.sees("✗ lost", "GPU 1 is lost")
        assert "RTX A4000" in row_of(reader, "1")
        reader.sees_row("0 RTX A4000", " %")
        reader.sees("s ago")
        leaves(reader)


def test_a_driver_that_hangs_while_it_is_watched(simulate: Simulate) -> None:
    """It is told for how long; every key still answers, and q leaves at once."""
    driver = simulate("hung_mid_run")
    with opened(driver) as session:
        reader = Reader(session)
        reader.sees_row("1 RTX A4000", " %")
        driver.at(6)
        reader.sees("NVML has not answered for ")
        reader.press("1")
        reader.sees_row("▌ 1 RTX A4000")
        reader.press("i")
        reader.sees("NVML has not answered for ", "memory, GiB")
        reader.press("i")
        reader.press("?")
        reader.sees("in another order")
        reader.press("?")
        leaves(reader)


def test_a_driver_that_never_answers(simulate: Simulate) -> None:
    """The machine's CPU and memory, and q."""
    with opened(simulate("hung")) as session:
        reader = Reader(session)
        reader.sees("NVML has not answered for ", "CPU ", "memory ")
        leaves(reader)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("init_version_mismatch", "version"),
        ("init_driver_not_loaded", "not loaded"),
        ("init_no_permission", "this user may not open"),
        ("zero_gpus", "The NVIDIA driver answers, and lists no GPU"),
    ],
)
def test_without_gpus_the_machine_is_shown_and_why(simulate: Simulate, kind: str, why: str) -> None:
    """And where to ask what is missing."""
    with opened(simulate(kind)) as session:
        reader = Reader(session)
        reader.sees(why, "CPU ", "memory ", "D asks the doctor")
        for key in ("down", "tab", "1", "o", "a", "enter", "y", "space", "i", "i"):
            reader.press(key)
        leaves(reader)


@SIZES
def test_hostile_names_are_text_and_the_app_lives(simulate: Simulate, size: tuple[int, int]) -> None:
    """In rows, details, words, filter and what is copied; no escape sequence of theirs is obeyed."""
    with opened(simulate("hostile"), size) as session:
        reader = Reader(session)
        reader.sees("[bold red]T4[/]")
        reader.press("enter")
        reader.sees("name ", "for CUDA ")
        reader.press("enter", "i")
        reader.sees("[bold red]T4[/]", "ABCDEFGHIJ")
        reader.press("i", "y")
        reader.sees("last-row.txt")
        reader.press("/")
        reader.sees("enter keep")
        reader.type("[bold")
        reader.sees_no("ABCDEF")
        reader.press("enter")
        reader.sees("filter: [bold")
        leaves(reader)
        assert b"owned" not in re.sub(rb"\x1b\]52;[^\x07\x1b]*", b"", session.bytes_since()).partition(b"\x1b]0;")[2]


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("a100_mig", ("A100-SXM4-80GB", "MIG", "enter lists them")),
        ("gb10", ("GB10",)),
        ("jetson", ("memory",)),
        ("t4", ("T4",)),
        ("laptop", ("RTX",)),
        ("old_driver", ("%",)),
        ("rtx4090", ("RTX 4090", "3 %")),
        ("h200_1", ("H200",)),
        ("gtx1080", ("GTX 1080",)),
    ],
)
def test_gpus_of_all_kinds_are_no_trouble(simulate: Simulate, kind: str, seen: tuple[str, ...]) -> None:
    """Nothing warns and nothing fails where nothing is wrong."""
    with opened(simulate(kind)) as session:
        reader = Reader(session)
        text = reader.sees(*seen)
        assert not re.search("✗|! (slow|warn)", text)
        leaves(reader)


def test_the_slices_of_a_gpu_are_listed(simulate: Simulate) -> None:
    """By enter, with what to write into CUDA_VISIBLE_DEVICES; `q` goes back to the list first."""
    with opened(simulate("a100_mig")) as session:
        reader = Reader(session)
        reader.sees("enter lists them")
        reader.press("enter")
        reader.sees("slice 0", "3g.40gb", "MIG-")
        reader.press("pagedown")
        reader.sees("1g.10gb")
        reader.press("q")
        reader.sees("enter lists them")
        leaves(reader)


def test_any_size_while_it_runs(simulate: Simulate) -> None:
    """Smaller than it needs is one sentence; it comes back as it was."""
    with opened(simulate("h200_8"), (120, 40)) as session:
        reader = Reader(session)
        reader.sees("MHz", "fell off the bus")
        reader.press("3")
        reader.sees("! warn")
        for columns, rows in ((60, 18), (80, 24), (200, 50), (100, 30)):
            session.resize(columns, rows)
            reader.sees_row("▌ 3 H200", " %")
        session.resize(50, 12)
        reader.sees("This window is 50 × 12", "tutor gpus --once")
        session.resize(80, 24)
        reader.sees_row("▌ 3 H200", " %")
        leaves(reader)


def test_held_nothing_is_sent(simulate: Simulate) -> None:
    """Not a byte: a slow line stays quiet."""
    with opened(simulate(TWO, clock=None)) as session:
        reader = Reader(session)
        reader.sees("97 %", "20 %", "2.9 GiB")
        reader.press("space")
        reader.sees("■ held", "space go on")
        session.wait_quiet(2.5)
        reader.press("space")
        reader.sees("every 1 s")
        leaves(reader)


def test_it_opens_from_a_lesson_and_goes_back_to_it(simulate: Simulate) -> None:
    """By its capital, from any place."""
    with opened(simulate("rtx4090"), (80, 24), "lesson", "learning_rate") as session:
        reader = Reader(session)
        reader.sees("1 of ")
        reader.press("G")
        reader.sees("RTX 4090")
        reader.press("D")
        reader.sees("tutor / Doctor")
        reader.press("G")
        reader.sees("RTX 4090")
        reader.press("q")
        reader.sees("1 of ")


# Keys


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def reader(request: pytest.FixtureRequest, simulate: Simulate) -> Iterator[Reader]:
    with opened(simulate(TWO), request.param) as session:
        yield Reader(session)


def test_every_key_of_the_screen_does_what_the_help_says(reader: Reader) -> None:
    """One reader's way on which no key is left out."""
    reader.sees("97 %", "20 %", "host pid 990002")
    chooses_gpus(reader)
    chooses_processes(reader)
    filters(reader)
    reads(reader)
    goes_places(reader)
    leaves(reader)
    expected = {name for key in (*GPUS, *PLACES) for name in key.keys.split(",")} - {"ctrl+p", "ctrl+q"}
    assert expected - reader.pressed == set()


def chosen(name: str) -> Callable[[str], object]:
    return lambda text: any(row.startswith(" ▌") and name in row for row in text.split("\n"))


def chooses_gpus(reader: Reader) -> None:
    """By arrows, letters, numbers and ends; another order keeps the choice."""
    for on, back in (("down", "up"), ("j", "k"), ("end", "home"), ("pagedown", "pageup"), ("1", "0")):
        reader.press(on)
        reader.sees(chosen("1 T4"))
        reader.press(back)
        reader.sees(chosen("0 RTX A4000"))
    reader.press("7")
    reader.sees("There is no GPU 7 here.")
    reader.press("o")
    reader.sees("In the order of utilisation.")
    reader.press("o", "o")
    reader.sees("In the order of temperature.")
    reader.sees(lambda text: text.index("1 T4") < text.index("0 RTX"))
    reader.sees(chosen("0 RTX A4000"))
    reader.press("o")
    reader.sees("In the order of number.")


def chooses_processes(reader: Reader) -> None:
    """Those of all GPUs, or of the chosen one."""
    reader.press("tab")
    reader.sees(chosen("host pid 990002"), "tab GPUs")
    reader.press("down")
    reader.sees(chosen("host pid 990001"))
    reader.press("shift+tab")
    reader.sees(chosen("0 RTX A4000"), "tab processes")
    reader.press("a")
    reader.sees("Only those of the chosen GPU.")
    reader.sees_no("990002")
    reader.press("a")
    reader.sees("The processes of all GPUs.", "990002")


def filters(reader: Reader) -> None:
    """As it is typed; enter keeps it, escape drops it."""
    reader.press("/")
    reader.sees("enter keep")
    reader.type("t4")
    reader.sees_no("RTX A4000")
    reader.press("enter")
    reader.sees("filter: t4")
    reader.press("0")
    reader.sees("The filter hides GPU 0.")
    reader.press("/")
    reader.sees("enter keep")
    reader.escapes("enter keep")
    reader.sees("RTX A4000")
    reader.press("/")
    reader.sees("enter keep")
    reader.type("t4")
    reader.press("enter")
    reader.sees("filter: t4", "esc clears")
    reader.escapes("filter: t4")
    reader.sees("0 RTX A4000")


def reads(reader: Reader) -> None:
    """Details, words, the doctor's lesson, a copy; held and on."""
    for key in ("enter", "v"):
        reader.press(key)
        reader.sees("slowed by", "90 of 140 W")
        reader.press(key)
        reader.sees_no("slowed by")
    reader.press("w")
    reader.sees("Nothing is wrong with it.")
    reader.press("i")
    reader.sees("RTX A4000", "memory, GiB")
    reader.press("down", "up")
    reader.press("q")
    reader.sees("utilisation")
    reader.press("y")
    reader.sees("last-row.txt")
    reader.press("space")
    reader.sees("■ held")
    reader.press("space")
    reader.sees("every 1 s")


def goes_places(reader: Reader) -> None:
    """Help and palette know the screen; places over it come back to it; the contents take its place."""
    reader.press("?")
    reader.sees("in another order", "hold, go on")
    reader.press("?")
    reader.sees(chosen("0 RTX A4000"))
    reader.press(":")
    reader.sees("Search for commands")
    reader.type("in another order")
    reader.sees("key o")
    reader.escapes("Search for commands")
    reader.sees(chosen("0 RTX A4000"))
    reader.press("S")
    reader.sees("Check a training script")
    reader.escapes("Check a training script")
    reader.sees(chosen("0 RTX A4000"))
    reader.press("E")
    reader.sees("Explain an error")
    reader.escapes("Explain an error")
    reader.sees(chosen("0 RTX A4000"))
    reader.press("P")
    reader.sees("Practice")
    reader.press("D")
    reader.sees("  Doctor" if reader.wide else "/ Doctor")
    reader.press("G")
    reader.sees(chosen("0 RTX A4000"))
    reader.press("C")
    reader.sees("q quit")
    reader.press("G")
    reader.sees(chosen("0 RTX A4000"))
    reader.press("q")
    reader.sees("q quit")


@pytest.mark.parametrize("number", [0, 1])
def test_ctrl_q_leaves_from_anywhere(simulate: Simulate, number: int) -> None:
    """Also from the filter."""
    with opened(simulate("rtx4090")) as session:
        reader = Reader(session)
        reader.sees("RTX 4090")
        reader.press(*["/"] * number)
        session.press("ctrl+q")
        assert session.exit_code() == 0
        assert session.left_behind() == []
