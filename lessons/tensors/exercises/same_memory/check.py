"""What must hold of same_memory()."""

from __future__ import annotations

import random

import torch

from lessons.kit.properties import expect


def it_answers_true_or_false(given) -> None:
    """It returns True or False."""
    x = torch.randn(3, 4)
    for answer in (given.same_memory(x, x), given.same_memory(x, torch.randn(3, 4))):
        expect(type(answer) is bool, f"it returned {answer!r}, which is neither True nor False")


def both_are_left_as_they_were(given) -> None:
    """It only looks: both tensors have the same numbers after it."""
    x = torch.randn(3, 4)
    before = x.clone()
    for name, other in (("x.clone()", x.clone()), ("x", x), ("x.T", x.T)):
        kept = other.clone()
        given.same_memory(x, other)
        left = torch.equal(x, before) and torch.equal(other, kept)
        expect(left, f"after same_memory(x, {name}) the numbers of x or of {name} are others than before")


def a_copy_does_not_share(given) -> None:
    """False for copies, equal numbers or not."""
    x = torch.randn(random.randint(2, 5), 4)
    copies = {
        "x.clone()": x.clone(),
        "x + 0": x + 0,
        "x.T.contiguous()": x.T.contiguous(),
        "x.T.reshape(-1)": x.T.reshape(-1),
        "x[[0, 1]]": x[[0, 1]],
        "torch.zeros(3)": torch.zeros(3),
        "x.double()": x.double(),
    }
    for name, copy in copies.items():
        _answers(given, x, copy, False, f"x, {name}")


def a_view_shares(given) -> None:
    """True for x and what begins at its first number: x.T, x.view(-1), expand, x itself."""
    x = torch.randn(4, random.randint(2, 5))
    views = {
        "x": x,
        "x.T": x.T,
        "x.view(-1)": x.view(-1),
        "x[:1].expand(3, -1)": x[:1].expand(3, -1),
        "x[0, 0]": x[0, 0],
    }
    for name, view in views.items():
        _answers(given, x, view, True, f"x, {name}")


def a_slice_shares(given) -> None:
    """True for x and a part of it that begins later."""
    x = torch.randn(4, 3)
    start = random.randint(1, 3)
    for name, part in ((f"x[{start}:]", x[start:]), ("x[:, 1]", x[:, 1]), ("x.flatten()[5:]", x.flatten()[5:])):
        _answers(given, x, part, True, f"x, {name}")


def parts_without_a_common_number_do_not_share(given) -> None:
    """False for two rows of one storage, True as soon as one number is in both."""
    x = torch.randn(4, 3)
    _answers(given, x[:2], x[2:], False, "x[:2], x[2:]")
    _answers(given, x[:3], x[2:], True, "x[:3], x[2:]")
    _answers(given, x[0], x.T[1], True, "x[0], x.T[1]")
    _answers(given, x[0, 0], x[0, 1:], False, "x[0, 0], x[0, 1:]")


def columns_lie_between_each_other(given) -> None:
    """False for two columns, whose numbers lie in turn; True for a column and what crosses it."""
    x = torch.randn(random.randint(3, 5), 4)
    _answers(given, x[:, 0], x[:, 1], False, "x[:, 0], x[:, 1]")
    _answers(given, x[:, ::2], x[:, 1::2], False, "x[:, ::2], x[:, 1::2]")
    _answers(given, x[:, 1:3], x[:, 2:], True, "x[:, 1:3], x[:, 2:]")
    _answers(given, x[:, :1].expand(-1, 4), x[:, 1], False, "x[:, :1].expand(-1, 4), x[:, 1]")
    _answers(given, x[:, :1].expand(-1, 4), x[1], True, "x[:, :1].expand(-1, 4), x[1]")


def bytes_count_whatever_the_dtype(given) -> None:
    """Right where one reads the other's bytes in another dtype, for detach(), and for whole numbers."""
    x = torch.randn(4, 3)
    _answers(given, x, x.view(torch.int32), True, "x, x.view(torch.int32)")
    _answers(given, x[3:], x.view(torch.uint8)[3, 4:], True, "x[3:], x.view(torch.uint8)[3, 4:]")
    _answers(given, x[0], x.view(torch.uint8)[1, :3], False, "x[0], x.view(torch.uint8)[1, :3]")
    _answers(given, x[0, 0], x.view(torch.uint8)[0, 3], True, "x[0, 0], x.view(torch.uint8)[0, 3]")
    weight = torch.randn(3, requires_grad=True)
    _answers(given, weight, weight.detach(), True, "w, w.detach()")
    counts = torch.arange(6, dtype=torch.uint8)
    _answers(given, counts[:3], counts[3:], False, "c[:3], c[3:] of uint8")


def _answers(given, a, b, wanted: bool, call: str) -> None:
    for first, second in ((a, b), (b, a)):
        answer = given.same_memory(first, second)
        expect(answer is wanted, f"same_memory({call}), or with the two exchanged, returned {answer}; it is {wanted}")
