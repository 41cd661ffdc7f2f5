"""A reader on Mixed precision, in a real terminal of 80 by 24: predicts, runs, steps, turns, and breaks the loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

SECTIONS = load_course().topic("mixed_precision").page.sections


@contextmanager
def opened(slug: str) -> Iterator[Reader]:
    """A reader in a section of the topic."""
    number = next(k for k, section in enumerate(SECTIONS, 1) if section.slug == slug)
    with Session(["tutor", "lesson", f"mixed_precision#{slug}"], 80, 24) as session:
        reader = Reader(session)
        reader.sees(SECTIONS[number - 1].title, f"{number} of {len(SECTIONS)}", "torch ")
        yield reader


def answers(reader: Reader, slug: str, *seen: str) -> None:
    """Chooses what is right in the section's question, and sees the end of the run that answers it."""
    section = next(section for section in SECTIONS if section.slug == slug)
    reader.press(str(section.questions[0].right + 1))
    reader.sees("✓ finished", *seen)


def test_calls_are_told_one_by_one_and_cudas_rules_differ() -> None:
    """The table is empty while the question is open."""
    with opened("each-call-picks-its-own-format") as reader:
        reader.show_panel()
        reader.sees("waiting for your answer", "cast to")
        answers(reader, "each-call-picks-its-own-format", "▸ mse_loss     bfloat16   float32    float32")
        reader.press("b")
        reader.at_step(6)
        reader.sees("softmax is left alone: it gets bfloat16 and gives bfloat16.")
        reader.press("t", "down")
        reader.sees(lambda text: "▌" in reader.knob("rules"))
        reader.press("right")
        reader.sees("by the rules of CUDA", "✓ finished", "float32 out of layer_norm")
        reader.press("t")
        reader.show_text()
        reader.press("end")
        reader.sees("CUDA's rules")


def test_fp16_alone_stops_and_learns_again_with_a_larger_factor() -> None:
    """From the section's question to its goal."""
    with opened("gradients-that-become-0") as reader:
        answers(reader, "gradients-that-become-0", "fp16 alone learned nothing", "is 0", "smallest", "scaled 0.03")
        reader.at_step(60)
        reader.press("t")
        for _ in range(12):
            before = reader.value("factor")
            reader.press("right")
            reader.sees(lambda text, before=before: reader.value("factor") != before)
        reader.sees(lambda text: reader.value("factor") == "0.0001", "✓ finished", "fp16 alone ends at 0.05")


def test_too_high_a_scale_loses_steps_and_comes_down() -> None:
    with opened("a-scale-too-high") as reader:
        answers(reader, "a-scale-too-high", "Of 60 steps 19 steps were skipped", "2^23")
        reader.press("t")
        reader.sees("▌ exponent")
        for _ in range(20):
            reader.press("left")
        reader.sees(lambda text: reader.value("exponent") != "40", "no step was skipped")


def test_weights_in_float16_are_refused_where_the_reader_put_them() -> None:
    """The edit that the section asks for."""
    with opened("clip-after-unscale_") as reader:
        answers(reader, "clip-after-unscale_", "no step was skipped", "1.02.")
        reader.press("e")
        reader.sees("letters type", "model = _network()")
        for _ in range(8):
            reader.press("down")
        reader.press("end")
        reader.type(".half()")
        reader.sees("model = _network().half()")
        reader.press("ctrl+r")
        reader.sees("Attempting to unscale FP16 gradients.")


def test_bars_tell_what_autocast_adds_and_where_it_pays() -> None:
    with opened("what-shrinks-and-what-does-not") as reader:
        reader.show_panel()
        reader.sees("waiting for your answer", "7.11 MiB")
        answers(reader, "what-shrinks-and-what-does-not", "30.6 MiB", "28.8 MiB", "copies", "more than float32")
        reader.press("t", "down")
        reader.sees(lambda text: "▌" in reader.knob("batch"))
        for _ in range(13):
            reader.press("right")
        reader.sees(lambda text: int(reader.value("batch")) >= 400, "✓ finished", "of float32's")
