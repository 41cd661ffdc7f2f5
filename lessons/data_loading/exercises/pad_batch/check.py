"""What must hold of collate()."""

from __future__ import annotations

import random

import torch
from torch.utils.data import DataLoader

from lessons.kit.properties import expect

DTYPES = (torch.int64, torch.float32, torch.int32)


def _drawn(sizes, dtype=torch.int64):
    """Samples of these lengths whose tokens are from 0 to 4: a zero may be data."""
    return [(torch.randint(0, 5, (size,)).to(dtype), random.randrange(100)) for size in sizes]


def _sizes_drawn():
    """Two to nine lengths of 1 to 12, not all the same."""
    return [random.randint(1, 6) for _ in range(random.randint(1, 8))] + [random.randint(7, 12)]


def _batch_of(given, samples):
    """What it returned, if that are four tensors."""
    batch = given.collate(list(samples))
    told = f"lengths {[len(each) for each, _ in samples]}"
    expect(isinstance(batch, (tuple, list)) and len(batch) == 4, f"{told}: it has to return four tensors")
    for name, each in zip(("tokens", "mask", "lengths", "labels"), batch):
        expect(isinstance(each, torch.Tensor), f"{told}: {name} is {type(each).__name__}, not a tensor")
    return batch


def it_returns_four_tensors(given) -> None:
    """It returns four tensors, of shapes [N, longest] twice and [N] twice."""
    for sizes in ([2, 1], [3], [4, 4], _sizes_drawn()):
        batch = _batch_of(given, _drawn(sizes))
        shapes = [tuple(each.shape) for each in batch]
        count = len(sizes)
        wanted = [(count, max(sizes)), (count, max(sizes)), (count,), (count,)]
        expect(shapes == wanted, f"lengths {sizes}: the shapes are {shapes}, and have to be {wanted}")


def dtypes_are_kept(given) -> None:
    """Tokens keep their dtype; the mask is bool; lengths and labels are int64."""
    for dtype in DTYPES:
        tokens, mask, lengths, labels = _batch_of(given, _drawn([2, 3], dtype))
        for name, each, wanted in (
            ("tokens", tokens, dtype),
            ("mask", mask, torch.bool),
            ("lengths", lengths, torch.int64),
            ("labels", labels, torch.int64),
        ):
            expect(each.dtype == wanted, f"samples of {dtype}: {name} came as {each.dtype}, not {wanted}")


def data_stands_in_front(given) -> None:
    """Each row begins with its sample's tokens."""
    for _ in range(5):
        samples = _drawn(_sizes_drawn())
        tokens = _batch_of(given, samples)[0]
        for row, (each, _) in zip(tokens, samples):
            came = row[: len(each)].tolist()
            expect(came == each.tolist(), f"the sample {each.tolist()} came as {row.tolist()}")


def the_rest_is_zero(given) -> None:
    """Behind its tokens a row is filled up with 0."""
    for _ in range(5):
        samples = _drawn(_sizes_drawn())
        for row, (each, _) in zip(_batch_of(given, samples)[0], samples):
            rest = row[len(each) :].tolist()
            expect(not any(rest), f"behind the {len(each)} tokens of a sample stands {rest}; it has to be 0")


def the_mask_tells_data_from_padding(given) -> None:
    """The mask is True where there is data, be it a 0, and False where there is padding."""
    fixed = [(torch.tensor([0, 3, 0]), 1), (torch.tensor([0]), 0)]
    for samples in (fixed, *(_drawn(_sizes_drawn()) for _ in range(5))):
        mask = _batch_of(given, samples)[1]
        longest = max(len(each) for each, _ in samples)
        for row, (each, _) in zip(mask.tolist(), samples):
            wanted = [True] * len(each) + [False] * (longest - len(each))
            expect(row == wanted, f"sample {each.tolist()}, longest {longest}: the mask is {row}, and not {wanted}")


def lengths_and_labels_are_in_order(given) -> None:
    """Lengths and labels are those of the samples, in their order."""
    for _ in range(5):
        samples = _drawn(_sizes_drawn())
        _, _, lengths, labels = _batch_of(given, samples)
        for name, came, wanted in (
            ("lengths", lengths.tolist(), [len(each) for each, _ in samples]),
            ("labels", labels.tolist(), [label for _, label in samples]),
        ):
            expect(came == wanted, f"{name} came as {came}, and have to be {wanted}")


def an_empty_sample_is_padding_alone(given) -> None:
    """A sample of length 0 becomes a row of padding."""
    tokens, mask, lengths, _ = _batch_of(given, _drawn([2, 0, 3]))
    expect(lengths.tolist() == [2, 0, 3], f"lengths 2, 0 and 3 came as {lengths.tolist()}")
    expect(
        not tokens[1].any() and not mask[1].any(), f"the empty sample came as {tokens[1].tolist()}, {mask[1].tolist()}"
    )


def samples_are_left_as_they_were(given) -> None:
    """The samples themselves are left as they were."""
    samples = _drawn([2, 5, 3])
    before = [each.clone() for each, _ in samples]
    tokens = _batch_of(given, samples)[0]
    tokens.zero_()
    same = all(torch.equal(each, was) for (each, _), was in zip(samples, before))
    expect(same, "writing into the batch changed a sample; the batch has to be a copy")


def it_works_in_a_loader(given) -> None:
    """A DataLoader makes its batches with it, the short last one included."""
    samples = _drawn([3, 1, 4, 1, 5])
    batches = list(DataLoader(samples, batch_size=2, collate_fn=given.collate))
    shapes = [tuple(batch[0].shape) for batch in batches]
    expect(shapes == [(2, 3), (2, 4), (1, 5)], f"lengths 3, 1, 4, 1, 5 in batches of 2 came in shapes {shapes}")
