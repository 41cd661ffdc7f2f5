"""Which GPUs and processes are shown, in what order, and which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from diagnostics.gpus.reading import Point, Process, Reading, Sample
from tutor.gpu_watch import GPU_ORDERS, PROCESS_ORDERS, GpuWatch


class Readings:
    """What a Sampler gives, as the test says."""

    def __init__(self, *gpus: Reading, processes: Sequence[Process] | None = ()) -> None:
        self.latest: Sample | None = sample(gpus, processes)
        self.points: dict[str, tuple[Point, ...]] = {}

    def history(self, key: str) -> tuple[Point, ...]:
        return self.points.get(key, ())

    def start(self) -> None: ...
    def stop(self) -> None: ...


def sample(gpus: Sequence[Reading], processes: Sequence[Process] | None = (), time: float = 1.0) -> Sample:
    return Sample(time=time, readings=tuple(gpus), processes=None if processes is None else tuple(processes))


def gpu(index: int | None, name: str = "NVIDIA H200", **values: int) -> Reading:
    return Reading(index=index, name=name, uuid=f"GPU-{index}", **values)  # type: ignore[arg-type]


BUSY = gpu(0, utilisation=90, memory_used=10, temperature=50)
IDLE = gpu(1, "NVIDIA T4", utilisation=0, memory_used=30, temperature=70)
MUTE = gpu(2)
TRAIN = Process(pid=7, user="ada", name="python train.py", gpus=(0,), memory=10)
SERVE = Process(pid=5, user="bob", name="Serve", gpus=(1,), memory=30)
HIDDEN = Process(pid=9, gpus=(0, 1), host_pid=True)


@pytest.fixture
def watch() -> GpuWatch:
    return GpuWatch(Readings(BUSY, IDLE, MUTE, processes=(TRAIN, SERVE, HIDDEN)))


def shown(watch: GpuWatch) -> list[int | None]:
    return [one.index for one in watch.view().gpus]


def pids(watch: GpuWatch) -> list[int]:
    return [one.pid for one in watch.view().processes]


def chosen(watch: GpuWatch) -> int | None:
    one = watch.view().gpu
    return one.index if one is not None else None


# Order


def test_gpus_stand_in_four_orders(watch: GpuWatch) -> None:
    """By number first; else the highest first, and last what has no value."""
    orders = {watch.view().order: shown(watch)}
    orders |= {watch.next_order(): shown(watch) for _ in range(3)}
    assert tuple(orders) == GPU_ORDERS
    assert orders == {
        "number": [0, 1, 2],
        "utilisation": [0, 1, 2],
        "memory": [1, 0, 2],
        "temperature": [1, 0, 2],
    }
    assert watch.next_order() == "number"


def test_processes_have_orders_of_their_own(watch: GpuWatch) -> None:
    """Which last while the GPUs are looked at; unknown users and names stand last."""
    watch.switch()
    orders = {watch.view().order: pids(watch)}
    orders |= {watch.next_order(): pids(watch) for _ in range(3)}
    assert tuple(orders) == PROCESS_ORDERS
    assert orders == {"memory": [5, 7, 9], "pid": [5, 7, 9], "user": [7, 5, 9], "process": [7, 5, 9]}
    watch.switch()
    assert watch.view().order == "number"
    assert watch.next_order() == "utilisation"
    assert pids(watch) == [7, 5, 9]


def test_a_gpu_without_a_number_stands_last() -> None:
    """One that sleeps has none yet."""
    assert shown(GpuWatch(Readings(gpu(None), gpu(1), gpu(0)))) == [0, 1, None]


def test_the_order_that_is_told_is_the_one_that_changes() -> None:
    """Also where the reader looked at processes, and the last of them ended."""
    readings = Readings(BUSY, IDLE, processes=(TRAIN,))
    watch = GpuWatch(readings)
    watch.switch()
    assert watch.view().in_processes
    readings.latest = sample((BUSY, IDLE))
    assert not watch.view().in_processes
    assert watch.next_order() == watch.view().order == "utilisation"
    watch.choose(1)
    assert chosen(watch) == 1


# Choice


def test_a_choice_stays_with_its_gpu(watch: GpuWatch) -> None:
    """Whatever order it stands in then; it ends at the ends."""
    assert chosen(watch) == 0
    watch.choose(1)
    assert chosen(watch) == 1
    watch.next_order()
    watch.next_order()
    assert (chosen(watch), watch.view().chosen) == (1, 0)
    watch.choose(-5)
    assert watch.view().chosen == 0
    watch.choose(100)
    assert watch.view().chosen == 2


def test_a_gpu_is_chosen_by_its_number(watch: GpuWatch) -> None:
    """From among the processes too; a number that none has changes nothing."""
    watch.switch()
    assert watch.choose_gpu(1)
    assert (chosen(watch), watch.view().in_processes) == (1, False)
    assert not watch.choose_gpu(3)
    assert chosen(watch) == 1


def test_a_choice_stays_with_its_process(watch: GpuWatch) -> None:
    """In any order; where it ended, the first is chosen."""
    watch.switch()
    watch.choose(1)
    assert watch.view().processes[watch.view().chosen_process].pid == 7
    watch.next_order()
    watch.next_order()
    assert watch.view().processes[watch.view().chosen_process].pid == 7
    watch.readings.latest = sample((BUSY,), (SERVE,))  # type: ignore[misc]
    assert watch.view().chosen_process == 0


def test_without_a_process_the_arrows_stay_with_the_gpus() -> None:
    """There is nothing to switch to."""
    watch = GpuWatch(Readings(BUSY, IDLE))
    watch.switch()
    assert not watch.view().in_processes
    watch.choose(1)
    assert chosen(watch) == 1


def test_nothing_is_chosen_where_nothing_is() -> None:
    """Before the first sample, and without a GPU."""
    readings = Readings()
    for readings.latest in (None, sample((), None)):
        watch = GpuWatch(readings)
        watch.choose(1)
        watch.switch()
        watch.next_order()
        assert not watch.choose_gpu(0)
        view = watch.view()
        assert (view.gpu, view.gpus, view.processes) == (None, (), ())


def test_before_the_first_sample_there_is_nothing_to_hold() -> None:
    """It goes on, or the first would never come."""
    readings = Readings(BUSY)
    first, readings.latest = readings.latest, None
    watch = GpuWatch(readings)
    watch.hold()
    readings.latest = first
    assert not watch.view().held
    assert shown(watch) == [0]


# Filter


@pytest.mark.parametrize(
    ("words", "expected", "on"),
    [
        ("", [0, 1, 2], [5, 7, 9]),
        ("h200", [0, 2], [7, 9]),
        ("NVIDIA t4", [1], [5, 9]),
        ("1", [1], [5, 9]),
        ("   ", [0, 1, 2], [5, 7, 9]),
    ],
)
def test_a_filter_that_fits_gpus_shows_them_and_what_is_on_them(
    watch: GpuWatch, words: str, expected: list[int], on: list[int]
) -> None:
    """All of its words, in any case."""
    watch.filter = words
    assert shown(watch) == expected
    assert sorted(pids(watch)) == on


@pytest.mark.parametrize(("words", "expected"), [("train", [7]), ("BOB serve", [5]), ("ada", [7]), ("nobody", [])])
def test_a_filter_that_fits_no_gpu_is_for_the_processes(watch: GpuWatch, words: str, expected: list[int]) -> None:
    """And all GPUs stay."""
    watch.filter = words
    assert shown(watch) == [0, 1, 2]
    assert pids(watch) == expected


def test_a_filter_may_hide_the_chosen_one(watch: GpuWatch) -> None:
    """Which is chosen again once the filter is gone."""
    watch.choose(1)
    watch.filter = "h200"
    assert chosen(watch) == 0
    assert not watch.choose_gpu(1)
    watch.filter = ""
    assert chosen(watch) == 1


def test_processes_of_the_chosen_gpu_alone(watch: GpuWatch) -> None:
    """Those on several GPUs are on each of them."""
    watch.all_processes = False
    assert sorted(pids(watch)) == [7, 9]
    watch.choose(1)
    assert sorted(pids(watch)) == [5, 9]
    watch.choose(1)
    assert pids(watch) == []


def test_processes_that_cannot_be_listed_are_none(watch: GpuWatch) -> None:
    """The sample says so."""
    watch = GpuWatch(Readings(BUSY, processes=None))
    assert watch.view().processes == ()
    assert watch.view().sample.processes is None


# Hold


def test_held_nothing_moves() -> None:
    """Neither values nor history, while choice and order go on; then all that is new is there."""
    readings = Readings(BUSY, IDLE)
    readings.points = {BUSY.key: (Point(1.0, 90, 10),)}
    watch = GpuWatch(readings)
    watch.hold()
    readings.latest = sample((gpu(0, utilisation=1), IDLE), time=2.0)
    readings.points = {BUSY.key: (Point(1.0, 90, 10), Point(2.0, 1, 10))}
    view = watch.view()
    assert (view.held, view.sample.time, view.gpus[0].utilisation) == (True, 1.0, 90)
    assert view.histories(BUSY.key) == (Point(1.0, 90, 10),)
    assert view.histories("GPU-9") == ()
    watch.choose(1)
    assert chosen(watch) == 1
    watch.hold()
    view = watch.view()
    assert (view.held, view.sample.time, view.gpus[0].utilisation) == (False, 2.0, 1)
    assert len(view.histories(BUSY.key)) == 2
