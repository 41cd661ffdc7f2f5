"""The rules alone, without torch: who is judged by whom, and that nobody is accused by what is not known."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.training.virtual_device.verdict import Seen, Verdict, rule


class Device(NamedTuple):
    type: str
    index: int = 0

    def __str__(self) -> str:
        return f"cuda:{self.index}" if self.type == "cuda" else "cpu"


CPU, GPU, OTHER = Device("cpu"), Device("cuda"), Device("cuda", 1)

ITERATED = rule("add")
STRICT = rule("addmm", "addmm")

seen = st.builds(
    Seen,
    st.sampled_from(["self", "other", "out"]),
    st.sampled_from([CPU, GPU, OTHER, None]),
    st.integers(0, 2),
    pliant=st.booleans(),
)


def test_the_first_argument_says_where_the_others_should_be() -> None:
    """In the generated check, scalars included."""
    verdict = STRICT((Seen("self", GPU), Seen("mat1", CPU, 0), Seen("mat2", GPU)))
    assert verdict.message.endswith(
        "got mat1 is on cpu, different from other tensors on cuda:0 "
        "(when checking argument in method wrapper_CUDA_addmm)"
    )
    assert verdict.odd == (1,)


def test_what_is_left_on_the_cpu_is_odd_even_where_it_comes_first() -> None:
    """A bias and a weight that were not moved, and an input that was."""
    verdict = STRICT((Seen("self", CPU), Seen("mat1", GPU), Seen("mat2", CPU)))
    assert "got mat1 is on cuda:0, different from other tensors on cpu" in verdict.message
    assert verdict.odd == (0, 2)


def test_of_two_gpus_the_second_is_odd() -> None:
    """Nobody is on the CPU."""
    assert ITERATED((Seen("self", GPU), Seen("other", OTHER))).odd == (1,)


def test_a_scalar_of_the_cpu_fits_an_iterator_but_not_as_its_output() -> None:
    """total += loss."""
    assert ITERATED((Seen("self", CPU, 0), Seen("other", GPU))) == Verdict(GPU)
    assert rule("add_")((Seen("self", CPU, 0), Seen("other", GPU))).message


def test_what_comes_of_the_unknown_is_unknown() -> None:
    """Unless it is a scalar, which leaves a tensor of a GPU where it is."""
    assert ITERATED((Seen("self", None), Seen("other", GPU))) == Verdict()
    assert STRICT((Seen("self", None), Seen("mat1", CPU))) == Verdict()
    assert ITERATED((Seen("self", None, 0), Seen("other", GPU))) == Verdict(GPU)
    assert ITERATED((Seen("self", CPU, 0), Seen("other", None))) == Verdict()
    assert ITERATED((Seen("self", CPU), Seen("other", None, 0))) == Verdict()


def test_what_torch_made_for_its_partners_is_where_they_are() -> None:
    """The first state of an LSTM, say; a scalar of no device may stay on the CPU."""
    assert ITERATED((Seen("self", None, pliant=True), Seen("other", GPU))) == Verdict(GPU, adopt=(0,))
    assert STRICT((Seen("self", CPU), Seen("mat1", None, pliant=True))) == Verdict(CPU, adopt=(1,))
    assert ITERATED((Seen("self", None, 0, pliant=True), Seen("other", GPU))) == Verdict(GPU)


def test_lists_are_judged_place_by_place() -> None:
    """Parameters of two GPUs in one list are no mix; a gradient elsewhere than its parameter is."""
    judge = rule("_foreach_add_")
    lists = (Seen("self", GPU), Seen("self", OTHER, part=1), Seen("other", GPU), Seen("other", OTHER, part=1))
    assert not judge(lists).message
    assert judge((*lists[:3], Seen("other", GPU, part=1))).odd == (3,)


@pytest.mark.parametrize("base", ["copy_", "_to_copy", "slice_scatter", "_foreach_copy_", "set_"])
def test_copies_take_any_mix(base: str) -> None:
    """The result is where the first is."""
    assert rule(base)((Seen("self", GPU), Seen("src", CPU))) == Verdict(GPU)


@given(st.lists(seen, min_size=1, max_size=4), st.sampled_from([ITERATED, STRICT, rule("where"), rule("_foreach_mul")]))
def test_no_verdict_rests_on_what_is_not_known(operands: list[Seen], judge: object) -> None:
    """Whoever is refused is refused as well when those without a device are left out, and none of them is odd."""
    assert callable(judge)
    verdict = judge(tuple(operands))
    if verdict.message:
        assert judge(tuple(one for one in operands if one.device is not None)).message
        assert all(operands[at].device is not None for at in verdict.odd)
    else:
        assert all(operands[at].device is None for at in verdict.adopt)


@given(st.lists(st.builds(Seen, st.just("self"), st.just(GPU), st.integers(0, 2)), min_size=1, max_size=4))
def test_tensors_of_one_device_are_never_refused(operands: list[Seen]) -> None:
    """By any rule."""
    for judge in (ITERATED, STRICT, rule("add_"), rule("_foreach_add_"), rule("where"), rule("index")):
        assert judge(tuple(operands)) == Verdict(GPU)
