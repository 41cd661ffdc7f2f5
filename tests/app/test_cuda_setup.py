"""A reader on CUDA set-up, in a real terminal of 80 by 24: looks at this machine, predicts, types, asks the doctor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

SECTIONS = load_course().topic("cuda_setup").page.sections
PLACES = {section.slug: place for place, section in enumerate(SECTIONS, start=1)}


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Session(["tutor", "lesson", "cuda_setup"], 80, 24) as session:
        reader = Reader(session)
        reader.sees(SECTIONS[0].title, "torch ")
        yield reader


def answers(reader: Reader, slug: str, question: int = 0) -> None:
    """Chooses what is right in one of a section's questions."""
    reader.press(str(SECTIONS[PLACES[slug] - 1].questions[question].right + 1))


def test_this_machines_layers_are_shown_one_by_one(reader: Reader) -> None:
    """Locked at the GPU until the question is answered; then the run steps back to where torch was asked."""
    reader.show_panel()
    reader.sees("waiting for your answer", "kernel module", "the chip itself")
    reader.sees_no("nvcc")
    answers(reader, "the-layers")
    reader.finishes("one step of training on the")
    reader.press("b")
    reader.at_step(5)
    reader.sees_together("The stack")
    reader.press("b")
    reader.at_step(4)
    reader.sees_row("its code")
    reader.press("s")
    reader.at_step(5)
    reader.show_text()
    reader.press("end")
    reader.sees("right, yours")


def test_a_drivers_own_number_is_typed_and_judged(reader: Reader) -> None:
    """The rule is told beside the wrong one; what is no version is refused in a sentence."""
    reader.goes_on_to(PLACES["which-number-means-what"])
    answers(reader, "which-number-means-what")
    reader.finishes("It runs, except for PTX", "the wrong rule says otherwise")
    reader.takes("driver")
    types(reader, "450.80.02")
    reader.finishes("It fails: CUDA 12.x needs driver 525.60.13")
    types(reader, "newest")
    reader.sees_together("driver takes a version of NVIDIA's driver")
    types(reader, "580.65.06")
    reader.finishes("It runs: every CUDA 12.x runs")


def test_a_mask_is_read_and_the_doctor_is_asked(reader: Reader) -> None:
    """From the GPUs that a mask leaves to what the doctor says of a server."""
    reader.goes_on_to(PLACES["which-gpus-torch-sees"])
    answers(reader, "which-gpus-torch-sees")
    reader.sees_row("GTX 1650", "cuda:0")
    reader.sees("waiting for your answer")
    answers(reader, "which-gpus-torch-sees", 1)
    reader.finishes("2,0 leaves 2: cuda:0 is RTX 3060")
    reader.sees_row("the doctor's rules", "2, 0")
    reader.goes_on_to(PLACES["ask-the-doctor"])
    answers(reader, "ask-the-doctor")
    reader.finishes("fail:", "it explains 1 more")
    reader.takes("host")
    reader.press("right")
    reader.finishes("fail:", "--gpus all")


def types(reader: Reader, text: str) -> None:
    """Into the chosen knob, in place of what stands there."""
    reader.sees("enter type your own")
    reader.press("enter")
    reader.sees("▏")
    reader.press("ctrl+u")
    reader.type(text)
    reader.sees(f"{text}▏")
    reader.press("enter")
