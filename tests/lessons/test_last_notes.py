"""What a reader is told at the end of a run, word for word, at the places that questions, links and knobs lead to."""

from __future__ import annotations

import importlib

import pytest

from lessons.kit.course import load_course, setting
from lessons.kit.pictures import Frame

pytest.importorskip("torch", reason="the demos run real PyTorch")

pytestmark = pytest.mark.torch

COURSE = load_course()

AUTOGRAD = {
    "graph?expression=(w*x+b-10)**2": "w.grad = −18, x.grad = −12, b.grad = −6",
    "graph?expression=(w*x+b-10)**2&w=3": "w.grad = 0, x.grad = 0, b.grad = 0",
    "graph?expression=x*x*x&x=3": "x.grad = 9 + 9 + 9 = 27",
    "graph?expression=x*x+x&x=3": "x.grad = 3 + 3 + 1 = 7",
    "leaf?at=3": "w.grad is 24, h.grad is None.",
    "leaf?at=3&retain=on": "w.grad is 24, h.grad is 12.",
    "cut?how=nothing": "w.grad = 9, x.grad = 6 + 6 = 12, b.grad = 1.",
    "cut?how=detach": "x.grad = 6, b.grad = 1, w.grad = None.",
    "cut?how=no_grad": "x.grad = 6, b.grad = 1, w.grad = None.",
    "cut?how=freeze": "x.grad = 6 + 6 = 12, b.grad = 1, w.grad = None.",
    "modes?training=true&no_grad=true": "the result is not recorded, its grad_fn is None.",
    "modes?training=false&no_grad=true": "Call 4: nothing dropped; the result is not recorded",
    "modes?training=false&no_grad=false": "Call 4: nothing dropped; the result is recorded, as MulBackward0.",
    "graph?expression=relu(w*x+b)&w=-1": "w.grad = 0, x.grad = 0, b.grad = 0.",
    "graph?expression=relu(w*x+b)&w=-1&b=3": "w.grad = 0, x.grad = 0, b.grad = 0.",
    "graph?expression=relu(w*x+b)&w=-1&b=3.5": "w.grad = 3, x.grad = −1, b.grad = 1.",
    "depth?depth=32": "the gradient that arrives at x is 1.9e-21.",
    "depth?depth=32&activation=relu": "the gradient that arrives at x is 1.",
    "depth?depth=32&activation=double": "the gradient that arrives at x is 4.3e9.",
    "differences?at=0.2": "at h = 1e-6 in float64.",
    "differences?at=0.2&quotient=one-sided": "at h = 1e-8 in float64.",
    "network?model=layers": "The pass went through all 11 nodes",
    "network?model=residual": "The pass went through all 19 nodes",
    "network?model=attention": "The pass went through all 24 nodes",
}

NUMBER_FORMATS = {
    "bits?value=0.1": "0.1 becomes 0.100000001 in float32",
    "bits?value=0.5": "hold 0.5 exactly.",
    "bits?value=70000": "70144 in bfloat16.",
    "bits?value=65504": "65504 in float16",
    "bits?value=65519": "65504 in float16 and 65536 in bfloat16.",
    "bits?value=65520": "inf in float16",
    "gaps?way=doubling": "from 256 on in bfloat16, 2048 on in float16 and 16777216 on in float32.",
    "gaps?way=halving": "At 1.5e-8 the gap is",
    "sums?add=0.0005&start=1": "1.5 in float32, 1.9766 in float16 and 1 in bfloat16.",
    "sums?add=0.0001&start=1": "1.1 in float32, 1 in float16 and 1 in bfloat16.",
    "sums?add=1&times=9000": "9000 in float32, 2048 in float16 and 256 in bfloat16.",
    "weight?lr=0.02": "w is 3.1406 in float32, 3.0938 in float16 and 2.75 in bfloat16; no move",
    "weight?lr=0.02&wide_copy=on": "3.1406 in bfloat16, each the copy rounded.",
}

MIXED_PRECISION = {
    "casts?dtype=bfloat16&rules=cuda": "float32 out of layer_norm",
    "holds?dtype=bfloat16": "in 16 bits there are output, output.grad.",
    "scaler?exponent=40": "Of 60 steps 19 steps were skipped",
    "scaler?exponent=20": "no step was skipped",
    "budget?batch=32": "more than float32",
}

CUDA_SETUP = {
    "numbers?driver=450.80.02&wheel=12.4": "It fails: CUDA 12.x needs driver 525.60.13",
    "numbers?driver=580.65.06&wheel=12.4": "It runs: every CUDA 12.x runs",
    "visible?mask=2,0": "2,0 leaves 2: cuda:0 is RTX 3060",
    "doctor?host=no-gpus-flag": "fail:",
}

TOLD = [
    (topic, target, told)
    for topic, rows in (
        ("autograd", AUTOGRAD),
        ("number_formats", NUMBER_FORMATS),
        ("mixed_precision", MIXED_PRECISION),
        ("cuda_setup", CUDA_SETUP),
    )
    for target, told in rows.items()
]


def last_frame(topic: str, target: str) -> Frame:
    """Of the demo at a setting such as "depth?depth=32"."""
    asked = setting(COURSE.topic(topic), target)
    demo = importlib.import_module(f"lessons.{topic}.demo")
    *_, last = getattr(demo, asked.demo)(**asked.knobs)
    assert isinstance(last, Frame)
    return last


@pytest.mark.parametrize(("topic", "target", "told"), TOLD, ids=[f"{topic}/{target}" for topic, target, _ in TOLD])
def test_the_last_note_tells_what_came_of_it(topic: str, target: str, told: str) -> None:
    """The numbers that the page leads to."""
    assert told in last_frame(topic, target).note
