"""What must hold of visible_gpus(). Entries with more than digits after a digit, which CUDA reads, are left out."""

from __future__ import annotations

import random
from typing import Any, List, Optional  # noqa: UP035 (a worker's Python may be older)

from lessons.kit.properties import expect


def it_gives_a_list_of_numbers(given: Any) -> None:
    """It returns a list of whole numbers."""
    for mask in ("1", "2,0", "0"):
        said = given.visible_gpus(mask, 4)
        whole = isinstance(said, list) and all(type(gpu) is int for gpu in said)
        expect(whole, f"CUDA_VISIBLE_DEVICES={mask}: it returned {str(said)[:60]!r}; a list of int is wanted")


def unset_leaves_all_and_empty_none(given: Any) -> None:
    """An unset mask leaves all GPUs, and an empty one leaves none."""
    for count in (0, 1, 4):
        _expect(given, None, list(range(count)), count)
    _expect(given, "", [])


def the_order_of_the_list_is_kept(given: Any) -> None:
    """Numbers give those GPUs, in the order of the list."""
    for mask, wanted in (("0", [0]), ("3", [3]), ("2,0", [2, 0]), ("3,1,2,0", [3, 1, 2, 0])):
        _expect(given, mask, wanted)
    wanted = random.sample(range(16), 5)
    _expect(given, ",".join(map(str, wanted)), wanted, 16)


def a_bad_entry_ends_the_list(given: Any) -> None:
    """An entry that is no number, or the number of no GPU, ends the list."""
    for mask, wanted in (
        ("1,7,2", [1]),
        ("4", []),
        ("0,1,2,3,4", [0, 1, 2, 3]),
        ("-1", []),
        ("2,-1,0", [2]),
        ("cuda:0", []),
        ("0,cuda:1,2", [0]),
        ("all", []),
        ("3,,1", [3]),
        ("none", []),
    ):
        _expect(given, mask, wanted)
    _expect(given, "0,1", [0], 1)
    _expect(given, "0", [], 0)


def twice_leaves_none(given: Any) -> None:
    """A GPU that comes twice leaves none at all."""
    for mask in ("0,0", "2,0,2", "1,2,3,1"):
        _expect(given, mask, [])
    _expect(given, "2,-1,2", [2])  # the second 2 is beyond the end of the list


def _expect(given: Any, mask: Optional[str], wanted: List[int], count: int = 4) -> None:  # noqa: UP006, UP045
    said = given.visible_gpus(mask, count)
    value = "unset" if mask is None else repr(mask)
    told = f"CUDA_VISIBLE_DEVICES {value} and {count} GPU{'s' * (count != 1)}"
    expect(said == wanted, f"{told}: it returned {str(said)[:60]}; {wanted} is right")
