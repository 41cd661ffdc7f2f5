"""What must hold of flat_index()."""

from __future__ import annotations

import itertools
import random

import torch

from lessons.kit.properties import expect


def it_gives_a_whole_number(given) -> None:
    """It returns an int: 6 for (1, 2) in a fresh tensor of 3 by 4."""
    place = given.flat_index(torch.arange(10.0, 22.0).view(3, 4), (1, 2))
    expect(type(place) is int, f"for (1, 2) in a tensor of 3 by 4 it returned {place!r}, which is no int")
    expect(place == 6, f"for (1, 2) in a fresh tensor of 3 by 4 it returned {place}; it is 6")


def every_number_of_a_fresh_tensor_is_found(given) -> None:
    """Right for every index of a contiguous tensor, with none, one, two or three axes."""
    for shape in ((), (1,), (5,), (3, 4), (2, 3, random.randint(2, 4))):
        _holds(given, torch.zeros(shape), f"a fresh tensor of shape {shape}")


def a_part_begins_later(given) -> None:
    """Right where a slice begins further on in the storage."""
    a = torch.zeros(random.randint(4, 6), 3)
    _holds(given, a[1:], f"a[1:], a of shape {tuple(a.shape)}")
    _holds(given, a[2], f"a[2], a of shape {tuple(a.shape)}")


def a_transposed_tensor_is_read_by_its_strides(given) -> None:
    """Right for a.T, permute and columns: they jump through the storage."""
    a = torch.zeros(3, random.randint(4, 6))
    _holds(given, a.T, f"a.T, a of shape {tuple(a.shape)}")
    _holds(given, a[:, ::2], f"a[:, ::2], a of shape {tuple(a.shape)}")
    _holds(given, torch.zeros(2, 3, 4).permute(2, 0, 1), "a.permute(2, 0, 1), a of shape (2, 3, 4)")
    _holds(given, a.T[1:, 1:], f"a.T[1:, 1:], a of shape {tuple(a.shape)}")


def an_expanded_row_stays_where_it_is(given) -> None:
    """All rows of an expanded row are at the same places."""
    _holds(given, torch.zeros(2, 4)[1:].expand(3, 4), "a[1:].expand(3, 4), a of shape (2, 4)")


def places_count_numbers_whatever_their_bytes(given) -> None:
    """The same places for float64, float16 and uint8: places count numbers."""
    for dtype in (torch.float64, torch.float16, torch.uint8):
        _holds(given, torch.zeros(4, 3, dtype=dtype)[1:], f"a[1:], a of shape (4, 3) and {dtype}")


def _holds(given, x, name: str) -> None:
    """Whether each place is that of the number, by the addresses of the number and of the storage."""
    for index in itertools.product(*map(range, x.shape)):
        place = given.flat_index(x, index)
        size = x.element_size()
        wanted = (x[index].data_ptr() - x.untyped_storage().data_ptr()) // size
        expect(place == wanted, f"x = {name}: for the index {index} it returned {place}; the number is at {wanted}")
