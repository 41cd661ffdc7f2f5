"""The page of GPUs as a whole: it draws at any size, and what matters most is on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnostics.gpus.judged import judged
from diagnostics.gpus.reading import Host, Process, Reading, Sample
from tests.draw.pictures import LOOKS, rows
from tests.draw.test_every_size import kept_to
from tests.draw.test_gpus import A100, ALL, EXTREME, H200, HOSTED, LONG, NOW, TRAIN, steady
from tests.test_gpu_watch import Readings
from tutor.draw.canvas import Canvas, Look
from tutor.gpu_watch import GpuWatch
from tutor.gpu_words import GIB
from tutor.widgets.gpu_page import GpuPage

SIZES = [(1, 1), (60, 15), (80, 21), (100, 30), (120, 37), (200, 57)]
"""Of the page: a window without its header and key bar."""

SICK = Reading(index=3, name="NVIDIA H200", utilisation=60, memory_used=GIB, memory_total=140 * GIB, ecc_uncorrected=2)


def page(
    *gpus: Reading,
    processes: tuple[Process, ...] | None = (),
    trouble: str | None = None,
    silent: float | None = None,
    chosen: int = 0,
) -> GpuPage:
    """The page as the reader finds it, with the doctor's word on each GPU."""
    readings = Readings()
    readings.latest = Sample(
        time=NOW, readings=gpus, processes=processes, trouble=trouble, silent=silent, host=Host(cpu=5.0)
    )
    readings.points = {gpu.key: steady(gpu.utilisation, 600) for gpu in gpus}
    made = GpuPage()
    watch = GpuWatch(readings)
    watch.choose_gpu(chosen)
    made.view = watch.view()
    made.finding = lambda gpu: next(iter(judged(gpu)), None)
    return made


def many(count: int) -> tuple[Reading, ...]:
    return tuple(Reading(index=index, name="NVIDIA H200", uuid=f"GPU-{index}", utilisation=7) for index in range(count))


def painted(made: GpuPage, w: int, h: int, look: Look | None = None) -> str:
    canvas = Canvas(w, h, look or Look())
    made.paint(canvas)
    kept_to(canvas, look or Look())
    return "\n".join(row.rstrip() for row in rows(canvas))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("details", [False, True])
def test_every_page_in_every_look(look: Look, size: tuple[int, int], details: bool) -> None:
    """Well and sick, silent, and without a GPU."""
    for made in (
        page(*ALL, processes=(TRAIN, HOSTED, LONG)),
        page(H200, processes=None, trouble="NVML has not answered for 6 s.", silent=6.0),
        page(trouble="No driver is loaded."),
        page(),
        page(*many(64), chosen=40),
    ):
        made.details = details
        painted(made, *size, look)


def test_any_size() -> None:
    """1 by 1 to 200 by 60."""
    made, details = page(*ALL, processes=(TRAIN, HOSTED, LONG) * 4, chosen=3), page(*many(16), chosen=9)
    details.details = True
    for h in (*range(1, 25), 30, 40, 60):
        for w in (1, 2, 5, 13, 40, 60, 74, 80, 95, 100, 120, 200):
            painted((made, details)[(w + h) % 2], w, h, LOOKS[(w + h) % len(LOOKS)])


@pytest.mark.parametrize("count", [1, 2, 8, 9, 16, 64])
@pytest.mark.parametrize("size", SIZES[1:])
def test_the_chosen_gpu_and_what_is_said_of_it_are_on_the_page(count: int, size: tuple[int, int]) -> None:
    """However many there are, and how many are not is told; processes have room, too."""
    for chosen in {0, count // 2, count - 1}:
        text = painted(page(*many(count), processes=(TRAIN,), chosen=chosen), *size)
        row = next(row for row in text.split("\n") if row.startswith(" ▌"))
        assert row.split()[1] == str(chosen)
        assert f"   GPU {chosen}   A kernel ran in 7 %" in text
        assert "python train.py" in text
        listed = sum(" H200 " in row for row in text.split("\n"))
        assert listed == count or f" of {count}\n" in text


def test_a_list_stands_still_while_the_choice_is_in_it() -> None:
    """It moves by a row where the choice would leave it, at either end."""
    made = page(*many(64), chosen=63)
    first = painted(made, 80, 21)
    made.view = page(*many(64), chosen=62).view
    second = painted(made, 80, 21)
    assert [row.replace("▌", " ") for row in first.split("\n")[:10]] == [
        row.replace("▌", " ") for row in second.split("\n")[:10]
    ]
    made.view = page(*many(64), chosen=0).view
    assert painted(made, 80, 21).split("\n")[1].startswith(" ▌ 0 ")


def test_the_doctors_word_stands_beside_a_sick_gpu() -> None:
    """Its title, its cause where there is room, and the key to the lesson; healthy ones have a remark."""
    text = painted(page(H200, SICK, chosen=3), 120, 37)
    assert "! warn  GPU 3 had memory errors that could not be corrected." in text
    assert "w why" in text
    small = painted(page(H200, SICK, chosen=3), 80, 21)
    assert "! warn  GPU 3 had memory errors that could not be corrected." in small
    assert len(small) < len(text)
    assert "w why" not in painted(page(H200, SICK), 120, 37)


def test_a_silent_nvml_is_told_in_place_of_all_remarks() -> None:
    """The readings stay."""
    text = painted(page(H200, trouble="NVML has not answered for 6 s.", silent=6.0), 80, 21)
    assert "! NVML has not answered for 6 s. The numbers are as old; D may say why." in text
    assert "98 %" in text


def test_without_a_gpu_the_machine_and_why() -> None:
    """One sentence, and where to ask."""
    text = painted(page(trouble="No driver is loaded."), 80, 21)
    assert "No driver is loaded." in text
    assert "D asks the doctor" in text
    assert "CPU" in text
    assert "NVML answers, and lists no GPU." in painted(page(), 80, 21)


def test_processes_that_cannot_be_listed_are_not_none() -> None:
    """Could not look is not: there are none."""
    assert "cannot be listed here" in painted(page(H200, processes=None), 80, 21)
    assert "No process is on a GPU." in painted(page(H200), 80, 21)


def test_details_are_whole_where_there_is_room_and_say_what_is_missing_where_not() -> None:
    """The list of GPUs gives way to them."""
    made = page(*many(8), chosen=5)
    made.details = True
    assert "for CUDA" in painted(made, 80, 21)
    assert " more" not in painted(made, 80, 21)
    made = page(EXTREME, A100, chosen=1)
    made.details = True
    first = painted(made, 80, 9)
    assert " more" in first
    made.top_fact = 1000
    assert painted(made, 80, 9) != first
    assert " more" not in painted(made, 80, 9)


def test_every_sick_gpu_says_so_in_its_row() -> None:
    """Chosen or not, by the doctor's sign and word."""
    text = painted(page(H200, SICK), 80, 21)
    assert "! warn" in next(row for row in text.split("\n") if row.startswith("   3 H200"))
    broken = replace(SICK, remap_failed=True)
    text = painted(page(H200, broken), 80, 21)
    assert "✗ fail" in next(row for row in text.split("\n") if row.startswith("   3 H200"))
    assert "warn" not in painted(page(H200), 80, 21)


def test_what_to_do_first_stands_under_it_or_in_its_details() -> None:
    """With its command."""
    made = page(H200, replace(SICK, remap_pending=True), chosen=3)
    assert "sudo nvidia-smi --gpu-reset -i 3" in " ".join(painted(made, 120, 37).split())
    assert "nvidia-smi --gpu-reset" not in painted(made, 80, 21)
    made.details = True
    made.top_fact = 1000
    assert "nvidia-smi --gpu-reset" in painted(made, 80, 21)


def test_a_gpu_slowed_by_heat_whose_utilisation_is_not_known_is_told() -> None:
    """The doctor is quiet only where it is known to have nothing to do."""
    hot = Reading(index=2, name="NVIDIA T4", throttle=("heat", "hardware heat"))
    text = painted(page(H200, hot, chosen=2), 80, 21)
    assert "GPU 2 slows down for heat" in text
    assert "! slow" in text
    idle = replace(hot, utilisation=0)
    assert "Its clocks are lowered: hardware heat." in painted(page(H200, idle, chosen=2), 80, 21)
