"""GPUs and processes on a screen: what stands where, at any size, in every look, whatever their names are."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.gpus.reading import Host, Point, Process, Reading, Sample, Slice
from diagnostics.text import clean
from tests.draw.pictures import LOOKS, colours, drawn, is_braille, rows
from tests.draw.test_every_size import kept_to
from tutor.draw.canvas import Canvas, Look
from tutor.draw.glyphs import width
from tutor.draw.gpus import BAR, MINUTE, Columns, draw_area, draw_gpu, draw_heads, draw_history
from tutor.draw.palette import TABLES
from tutor.draw.processes import PID, SHORTEST, draw_processes
from tutor.draw.processes import Columns as ProcessColumns
from tutor.gpu_words import GIB, facts_of, gib, lasted, machine, process_name, remark, short_name

NOW = 1000.0
"""The moment of all samples here."""

H200 = Reading(
    index=0, uuid="GPU-0", name="NVIDIA H200", utilisation=98, memory_used=96 * GIB, memory_total=140 * GIB,
    temperature=59, power=560.4, power_limit=700.0, clock=1980, clock_max=1980, throttle=(), processes=(7,),
)  # fmt: skip
A100 = Reading(index=1, uuid="GPU-1", name="NVIDIA A100-SXM4-80GB", mig=True, memory_used=0, memory_total=80 * GIB)
LOST = Reading(index=12, uuid="GPU-2", state="failed", error="fell off the bus", since=NOW - 41)
SLOW = Reading(index=3, name="Tesla T4", utilisation=60, temperature=91, clock=300, throttle=("heat",))
ASLEEP = Reading(name="NVIDIA GeForce RTX 4060 Laptop GPU", pci="0000:01:00.0", state="asleep")
RESTING = Reading(index=0, name="NVIDIA GeForce RTX 4060 Laptop GPU", state="resting", utilisation=0)
EXTREME = Reading(
    index=63, name="名" * 60, utilisation=100, memory_used=2**47, memory_total=2**47, temperature=199, power=9999.0,
    clock=19999, throttle=("heat", "power brake"), mig=True,
)  # fmt: skip
ALL = (H200, A100, LOST, SLOW, ASLEEP, RESTING, EXTREME)

TRAIN = Process(pid=7, user="ada", name="python train.py", gpus=(0,), memory=9 * GIB, started=NOW - 7200)
HOSTED = Process(pid=4194304, gpus=tuple(range(64)), host_pid=True)
LONG = Process(pid=2**32 - 1, user="ü" * 50, name="名" * 200, gpus=tuple(range(64)), memory=2**49, started=0.0)

HOSTILE = (
    "[bold]x",
    "x[/foo]y",
    "[@click=app.quit]x[/]",
    "\x1b[2J\x1b]0;owned\x07",
    "\udcff\udcfeT4",
    "x" * 10_000,
    "\u202eabc",
    "a\nb",
)


def steady(utilisation: int | None, seconds: int = 60) -> tuple[Point, ...]:
    return tuple(Point(NOW - seconds + 1 + second, utilisation, 0) for second in range(seconds))


def shown_list(
    gpus: tuple[Reading, ...], w: int, look: Look | None = None, chosen: int = 0, stale: bool = False
) -> Canvas:
    """Heads and rows in a box `w` wide, bars included."""

    def draw(canvas: Canvas, x: int, y: int) -> None:
        canvas.fill(x, y, w, len(gpus) + 1, "text")
        columns = Columns.within(w - BAR, gpus)
        draw_heads(canvas, x + BAR, y, columns, Sample(time=NOW, readings=gpus), MINUTE)
        for row, gpu in enumerate(gpus):
            points = steady(gpu.utilisation)
            draw_gpu(
                canvas, x + BAR, y + 1 + row, w - BAR, columns, gpu, points, NOW, on=row == chosen, stale=stale
            )  # fmt: skip

    return drawn(draw, w, len(gpus) + 1, look or Look())


def shown_processes(
    processes: tuple[Process, ...], w: int, h: int, look: Look | None = None, chosen: int | None = 0
) -> Canvas:
    def draw(canvas: Canvas, x: int, y: int) -> None:
        canvas.fill(x, y, w, h, "text")
        draw_processes(canvas, x + BAR, y, w - BAR, h, processes, chosen, NOW)

    return drawn(draw, w, h, look or Look())


def words(box: Canvas, row: int) -> list[str]:
    """What stands in a row, without history and bar."""
    return [word for word in rows(box)[row].split() if not set(word) <= set("▁▂▃▄▅▆▇━─")]


# What stands where


def test_a_row_tells_all_that_is_read_every_second() -> None:
    """Under heads that give the units; the clock where there is room for it."""
    box = shown_list((H200,), 76)
    assert words(box, 0) == ["GPU", "utilisation", "memory", "of", "140", "GiB", "°C", "W"]
    assert words(box, 1) == ["▌", "0", "H200", "98", "%", "96.0", "59", "560"]
    box = shown_list((H200,), 116)
    assert words(box, 0)[-1] == "MHz"
    assert words(box, 1)[-1] == "1980"


@pytest.mark.parametrize("name", ["RTX 4090", "A100-SXM4-80GB", "H100 80GB HBM3", "RTX 6000 Ada Gener"])
def test_a_name_has_the_room_that_it_needs(name: str) -> None:
    """At 80 columns, before its history has any more."""
    box = shown_list((Reading(index=0, name=f"NVIDIA {name}", utilisation=100),), 76)
    assert f"0 {name} " in rows(box)[1]
    assert "▇▇▇▇▇▇" in rows(box)[1]


def test_numbers_of_gpus_have_their_column() -> None:
    """Names begin below one another, with one digit and with two."""
    box = shown_list((H200, Reading(index=12, name="NVIDIA H200", utilisation=1)), 76)
    assert [row.index("H200") for row in rows(box)[1:]] == [5, 5]


def test_a_lost_gpu_keeps_its_row_and_says_since_when() -> None:
    """In words, and in the colour of danger."""
    box = shown_list((LOST,), 76)
    assert "✗ lost 41 s ago: it fell off the bus" in rows(box)[1]
    assert TABLES["dark", "true"]["danger"] in colours(box)
    assert "✗ fail" in rows(shown_list((Reading(index=0, state="failed", error="answered 999"),), 76))[1]


def test_a_slow_gpu_says_so() -> None:
    """By sign and word, and its temperature stands in the colour of a warning."""
    box = shown_list((SLOW,), 76)
    assert words(box, 1)[3:5] == ["!", "slow"]
    assert TABLES["dark", "true"]["warn"] in colours(box)


@pytest.mark.parametrize(("gpu", "word"), [(A100, "MIG"), (RESTING, "· rests"), (ASLEEP, "· asleep: reading it")])
def test_what_is_by_design_is_told_quietly(gpu: Reading, word: str) -> None:
    """By a word, in no colour that warns."""
    box = shown_list((gpu,), 76)
    assert word in rows(box)[1]
    table = TABLES["dark", "true"]
    assert not colours(box) & {table["warn"], table["danger"]}


def test_what_is_unknown_is_a_dash() -> None:
    """And never a zero."""
    box = shown_list((Reading(index=0, name="NVIDIA T4"),), 76)
    assert words(box, 1)[3:] == ["–", "–", "–", "–"]


def test_old_readings_are_grey() -> None:
    """While NVML is silent nothing shines and nothing warns."""
    table = TABLES["dark", "true"]
    fresh, stale = (shown_list((SLOW,), 76, chosen=-1, stale=stale) for stale in (False, True))
    assert {table["p4"], table["warn"]} <= colours(fresh)
    assert table["p4"] not in colours(stale)


# History


def bars(points: tuple[Point, ...], w: int) -> str:
    box = drawn(lambda canvas, x, y: draw_history(canvas, x, y, w, points, NOW, "p4"), w, 1, Look())
    return rows(box)[0].replace("#", " ")


def area(utilisation: int, w: int, h: int, look: Look | None = None) -> Canvas:
    """Ten minutes of it."""
    points = steady(utilisation, 600)
    return drawn(lambda canvas, x, y: draw_area(canvas, x, y, w, h, points, NOW), w, h, look or Look())


def test_a_history_is_a_minute_and_its_newest_stands_at_the_right() -> None:
    """Empty where nothing was read; the lowest block for nothing to do, the highest leaves an eighth."""
    assert bars(steady(100), 12) == "▇" * 12
    assert bars(steady(100, seconds=15), 12) == " " * 9 + "▇" * 3
    assert bars(steady(0), 4) == "▁▁▁▁"
    assert bars((), 4) == bars(steady(None), 4) == "    "
    half = (*steady(0, 60)[:30], *(Point(point.time, 50, 0) for point in steady(0, 30)))
    assert bars(half, 6) == "▁▁▁▄▄▄"


def test_a_gap_in_the_readings_is_a_gap_in_the_history() -> None:
    """But where there are more columns than seconds, a second takes them all."""
    kept = tuple(point for point in steady(100) if not 20 <= NOW - point.time < 40)
    assert bars(kept, 12) == "▇▇▇▇    ▇▇▇▇"
    assert bars(steady(100), 120).strip() == "▇" * len(bars(steady(100), 120).strip())
    assert len(bars(steady(100), 120).strip()) >= 118


def test_readings_from_the_future_are_left_out() -> None:
    """A clock may be set back."""
    assert bars((Point(NOW + 3600, 100, 0), *steady(50, 10)), 6).strip() == "▄"


def test_an_area_is_as_high_as_what_was_read() -> None:
    """A row of four for a fifth; all of them for a hundred percent and more."""
    for utilisation, filled in ((20, 1), (100, 4), (250, 4)):
        box = area(utilisation, 70, 4)
        assert [any(map(is_braille, row)) for row in rows(box)] == [False] * (4 - filled) + [True] * filled


# Processes


def test_processes_in_rows() -> None:
    """Where a number means a process of the host, it is told so and belongs to no user here."""
    box = shown_processes((TRAIN, HOSTED), 76, 3)
    assert words(box, 0) == ["pid", "user", "process", "GPUs", "memory"]
    assert words(box, 1) == ["▌", "7", "ada", "python", "train.py", "0", "9.0", "GiB"]
    assert "host pid 4194304, not visible here " in rows(box)[2]
    assert words(box, 2)[:2] == ["–", "?"]
    assert words(shown_processes((TRAIN,), 116, 2), 1)[-3:] == ["2", "h", "00"]


def test_the_chosen_process_is_on_the_screen() -> None:
    """However many there are; and how many are not is told."""
    many = tuple(Process(pid=number, gpus=(0,)) for number in range(30))
    for chosen in (0, 4, 29):
        box = shown_processes(many, 76, 6, chosen=chosen)
        assert [words(box, row)[1] for row in range(1, 5) if words(box, row)[0] == "▌"] == [str(chosen)]
        assert rows(box)[5].strip().endswith("of 30")
    assert "of" not in rows(shown_processes(many[:5], 76, 6))[5]


# Any size, any look, any name


@pytest.mark.parametrize("w", range(8, 201))
def test_columns_stay_within_and_apart(w: int) -> None:
    """Whatever they hold, and however narrow it is; each value but the first leaves a gap before it."""
    columns = Columns.within(w - BAR, ALL)
    assert sum(getattr(columns, field.name) for field in fields(columns)) <= w - BAR
    assert all(getattr(columns, field.name) >= 0 for field in fields(columns))
    box = shown_list((H200, EXTREME), w)
    columns = Columns.within(w - BAR, (H200, EXTREME))
    at, gaps = BAR, []
    for size in (columns.number, columns.name, columns.state, columns.history):
        at += size
        gaps += [at - 1] if size else []
    for size in (columns.percent, columns.bar, columns.memory, columns.degrees, columns.watts, columns.clock):
        gaps += [at] if size else []
        at += size
    assert [box.at(gap, 2) for gap in gaps] == [" "] * len(gaps), rows(box)[2]


@pytest.mark.parametrize("w", range(1, 201))
def test_columns_of_processes_stay_within_and_apart(w: int) -> None:
    """The same."""
    columns = ProcessColumns.within(w)
    sizes = [getattr(columns, field.name) for field in fields(columns)]
    assert all(size >= 0 for size in sizes)
    assert w < PID + SHORTEST or PID + sum(sizes) == w
    box = shown_processes((TRAIN, LONG), w + BAR, 3)
    at = BAR + PID + columns.user + columns.name
    for size in (columns.gpus, columns.memory, columns.since):
        assert not size or box.at(at, 2) == " ", rows(box)[2]
        at += size


@pytest.mark.parametrize("h", [1, 2, 3, 5, 9, 18, 24, 40, 60])
def test_every_size(h: int) -> None:
    """1 to 200 columns, the looks in turn; nothing is drawn outside."""
    for w in [*range(1, 60), 74, 80, 100, 120, 160, 200]:
        look = LOOKS[(w + h) % len(LOOKS)]
        kept_to(shown_processes((TRAIN, HOSTED, LONG) * 4, w + BAR, h, look, chosen=(w + h) % 12), look)
        kept_to(area(60, w, h, look), look)
        if h == 1:
            kept_to(shown_list(ALL, w + BAR, look, chosen=w % len(ALL)), look)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("w", [60, 76, 116, 196])
def test_every_look(look: Look, w: int) -> None:
    kept_to(shown_list(ALL, w, look), look)
    kept_to(shown_list(ALL, w, look, stale=True), look)
    kept_to(shown_processes((TRAIN, HOSTED, LONG), w, 4, look), look)


@pytest.mark.parametrize("count", [1, 2, 8, 9, 16, 64])
def test_as_many_as_there_may_be(count: int) -> None:
    """Each in a row of its own, with its own number."""
    gpus = tuple(Reading(index=index, name="NVIDIA H200", utilisation=50) for index in range(count))
    box = shown_list(gpus, 76)
    numbers = [words(box, row)[1 if row == 1 else 0] for row in range(1, count + 1)]
    assert numbers == [str(index) for index in range(count)]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("w", [40, 76, 116])
def test_hostile_names_are_text(name: str, w: int) -> None:
    """As the sampler gives them, and even as they came."""
    for text in (clean(name), name):
        gpu = Reading(index=0, name=text, utilisation=5, memory_used=GIB, memory_total=2 * GIB)
        box = kept_to(shown_list((gpu,), w), Look())
        assert words(box, 1)[-1] == "–"
        box = kept_to(shown_processes((Process(pid=1, user=text, name=text, gpus=(0,), memory=GIB),), w, 2), Look())
        assert rows(box)[1].rstrip().endswith("1.0 GiB")


TEXTS = st.none() | st.text(max_size=40) | st.sampled_from(HOSTILE)
COUNTS = st.none() | st.integers(0, 2**63)
PERCENT = st.none() | st.integers(0, 400)
SHARES = st.none() | st.floats(0, 1e6)
ANY_GPU = st.builds(
    Reading,
    index=st.none() | st.integers(0, 999),
    name=TEXTS,
    state=st.sampled_from(["ready", "failed", "asleep", "resting"]),
    error=TEXTS,
    since=SHARES,
    utilisation=PERCENT,
    memory_used=COUNTS,
    memory_total=COUNTS,
    temperature=PERCENT,
    power=SHARES,
    power_limit=SHARES,
    clock=COUNTS,
    throttle=st.sampled_from([None, (), ("heat",), ("idle",)]),
    mig=st.none() | st.booleans(),
    slices=st.lists(st.builds(Slice, name=TEXTS, memory_used=COUNTS), max_size=3).map(tuple),
)
ANY_PROCESS = st.builds(
    Process,
    pid=st.integers(0, 2**32),
    user=TEXTS,
    name=TEXTS,
    gpus=st.lists(st.integers(0, 99), max_size=9).map(tuple),
    memory=COUNTS,
    host_pid=st.booleans(),
    started=SHARES,
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(ANY_GPU, min_size=1, max_size=5).map(tuple),
    st.lists(ANY_PROCESS, max_size=6).map(tuple),
    st.integers(1, 200),
    st.sampled_from(LOOKS),
    st.booleans(),
)
def test_any_gpu_and_any_process(
    gpus: tuple[Reading, ...], processes: tuple[Process, ...], w: int, look: Look, stale: bool
) -> None:
    """They stay in their box, obey no escape, and there are words for each."""
    kept_to(shown_list(gpus, w + BAR, look, stale=stale), look)
    kept_to(shown_processes(processes, w + BAR, 5, look, chosen=len(processes) - 1 if processes else None), look)
    for gpu in gpus:
        assert remark(gpu)
        assert all(label and value for label, value in facts_of(gpu, NOW))


# Words


def test_facts_leave_out_what_is_not_known() -> None:
    """And what is known is told with its unit, and its limit where there is one."""
    assert dict(facts_of(Reading(index=0, power=22.0, clock=210, memory_used=GIB), NOW)) == {
        "for CUDA": "not known: CUDA may number the GPUs in another order",
        "memory": "1.0 GiB",
        "power": "22 W",
        "clock": "210 MHz",
    }
    facts = dict(facts_of(H200, NOW))
    assert facts["memory"] == "96.0 of 140 GiB"
    assert facts["power"] == "560 of 700 W"
    assert facts["slowed by"] == "nothing"
    assert dict(facts_of(SLOW, NOW))["slowed by"] == "heat"
    assert dict(facts_of(LOST, NOW))["state"] == "✗ lost 41 s ago: it fell off the bus"
    assert dict(facts_of(RESTING, NOW))["state"].startswith("It is idle, and was let go")
    assert dict(facts_of(Reading(ecc=True, ecc_uncorrected=1), NOW))["ECC"] == "on, 1 error it could not correct"
    sliced = Reading(index=0, slices=(Slice(name="3g.40gb", memory_used=GIB, memory_total=40 * GIB), Slice()))
    assert facts_of(sliced, NOW)[-2:] == [("slice 0", "3g.40gb: 1.0 of 40.0 GiB"), ("slice 1", "MIG: – of – GiB")]


@pytest.mark.parametrize(
    ("gpu", "said"),
    [
        (Reading(utilisation=0), "No kernel ran in the last second."),
        (Reading(utilisation=0, processes=(1,)), "No kernel ran in the last second. One process still holds memory."),
        (Reading(utilisation=0, processes=(1, 2)), "No kernel ran in the last second. 2 processes still hold memory."),
        (Reading(utilisation=30), "A kernel ran in 30 % of the last second; in the rest it waited for its program."),
        (Reading(utilisation=95), "A kernel ran in 95 % of the last second. That does not say how full the GPU was."),
        (Reading(), "NVML gives no utilisation for it."),
        (ASLEEP, "It sleeps, and is left asleep: nothing is read."),
    ],
)
def test_a_remark_says_what_the_numbers_mean(gpu: Reading, said: str) -> None:
    assert remark(gpu) == said


def test_sizes_and_times_are_short() -> None:
    assert [gib(size) for size in (None, 0, 1800 * 2**20, 99 * GIB, 121 * GIB)] == ["–", "0.0", "1.8", "99.0", "121"]
    seconds = (-3.0, 0.4, 59.9, 60.0, 2460.0, 8040.0, 47.9 * 3600, 48 * 3600.0)
    assert [lasted(one) for one in seconds] == ["0 s", "0 s", "59 s", "1 min", "41 min", "2 h 14", "47 h 54", "2 days"]
    assert short_name(Reading(name="NVIDIA GeForce RTX 4090")) == "RTX 4090"
    assert short_name(Reading(pci="0000:01:00.0")) == "0000:01:00.0"
    assert process_name(Process(pid=1)) == "?"
    assert width(process_name(HOSTED)) <= 36


def test_the_machine_says_what_it_knows() -> None:
    assert machine(Host()) == []
    assert machine(Host(cpu=12.4, memory_used=2 * GIB, memory_total=8 * GIB)) == [
        ("CPU", 12, 100, "12 %"),
        ("memory", 2 * GIB, 8 * GIB, "2.0 of 8.0 GiB"),
    ]
