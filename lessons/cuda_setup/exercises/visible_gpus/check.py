"""What must hold of visible_gpus(). Masks on which torch's own parser and CUDA may differ are left out."""

from __future__ import annotations

import random
from typing import Any, List, Optional  # noqa: UP035 (a worker's Python may be older)

from lessons.kit.properties import expect

UUIDS = [
    "GPU-8f31c0de-0000-4000-8000-000000000000",
    "GPU-2c90feed-0000-4000-8000-000000000000",
    "GPU-b7e5cafe-0000-4000-8000-000000000000",
    "GPU-8f3dbeef-0000-4000-8000-000000000000",
]


def it_gives_a_list_of_numbers(given: Any) -> None:
    """It returns a list of whole numbers."""
    for mask in ("1", "2,0", "0"):
        said = given.visible_gpus(mask, list(UUIDS))
        whole = isinstance(said, list) and all(type(place) is int for place in said)
        expect(whole, f"CUDA_VISIBLE_DEVICES={mask}: it returned {str(said)[:60]!r}; a list of int is wanted")


def unset_leaves_all_and_empty_none(given: Any) -> None:
    """An unset mask leaves all GPUs, and an empty one leaves none."""
    for count in (0, 1, 4):
        _expect(given, None, list(range(count)), UUIDS[:count])
    _expect(given, "", [])


def the_order_of_the_list_is_kept(given: Any) -> None:
    """Numbers give those GPUs, in the order of the list."""
    for mask, wanted in (("0", [0]), ("3", [3]), ("2,0", [2, 0]), ("3,1,2,0", [3, 1, 2, 0]), (" 1, 0", [1, 0])):
        _expect(given, mask, wanted)
    wanted = random.sample(range(4), 3)
    _expect(given, ",".join(map(str, wanted)), wanted)


def a_bad_number_ends_the_list(given: Any) -> None:
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
    _expect(given, "0,1", [0], UUIDS[:1])


def the_digits_in_front_count(given: Any) -> None:
    """Of an entry the digits in front count: a range is no range."""
    for mask, wanted in (
        ("0-2", [0]),
        ("1gpu2", [1]),
        ("2;0", [2]),
        ("1 0", [1]),
        ("0-1,3", [0, 3]),
        ("3.0,1", [3, 1]),
    ):
        _expect(given, mask, wanted)


def beginnings_of_uuids_are_known(given: Any) -> None:
    """The beginning of one GPU's UUID names it."""
    for mask, wanted in (
        ("GPU-2c", [1]),
        (UUIDS[2], [2]),
        ("GPU-b7e5cafe,GPU-8f31", [2, 0]),
        ("GPU-8f3d,GPU-2,GPU-b,GPU-8f31", [3, 1, 2, 0]),
    ):
        _expect(given, mask, wanted)
    wanted = random.sample(range(4), 2)
    _expect(given, ",".join(UUIDS[place][: random.randint(8, 36)] for place in wanted), wanted)


def a_bad_name_ends_the_list(given: Any) -> None:
    """A beginning of no UUID, or of several, ends the list; so does a number among names, and a name among numbers."""
    for mask, wanted in (
        ("GPU-ffff", []),
        ("GPU-8f3", []),
        ("GPU-", []),
        ("GPU-2c,GPU-8f3,GPU-b7", [1]),
        ("GPU-b7,GPU-0,GPU-2c", [2]),
        ("GPU-2c,0", [1]),
        ("0,GPU-2c", [0]),
        ("8f31c0de", []),
    ):
        _expect(given, mask, wanted)


def twice_leaves_none(given: Any) -> None:
    """A GPU that comes twice leaves none at all."""
    for mask in ("0,0", "2,0,2", "1,2,3,1", "GPU-2c,GPU-2c", "GPU-2c,GPU-b7,GPU-2c90feed", "0,0-1"):
        _expect(given, mask, [])
    _expect(given, "2,-1,2", [2])  # the second 2 is beyond the end of the list


def _expect(given: Any, mask: Optional[str], wanted: List[int], uuids: Optional[List[str]] = None) -> None:  # noqa: UP006, UP045
    uuids = list(UUIDS if uuids is None else uuids)
    said = given.visible_gpus(mask, uuids)
    value = "unset" if mask is None else repr(mask)
    told = f"CUDA_VISIBLE_DEVICES {value} and {len(uuids)} GPU{'s' * (len(uuids) != 1)}"
    expect(said == wanted, f"{told}: it returned {str(said)[:60]}; {wanted} is right")
