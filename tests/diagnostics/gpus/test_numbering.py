"""NVML's numbers and CUDA's, for each way that an environment can choose GPUs."""

from __future__ import annotations

import pytest

from diagnostics.gpus.numbering import cuda_uuids
from diagnostics.gpus.reading import Reading, Slice

ALIKE = [Reading(index=index, uuid=f"GPU-{index}{index}", name="H200") for index in range(3)]
MIXED = [
    Reading(index=0, uuid="GPU-slow", name="T4"),
    Reading(index=1, uuid="GPU-fast", name="L40S"),
]
SLICED = [
    Reading(index=0, uuid="GPU-a", name="A100", mig=True, slices=(Slice(uuid="MIG-a0"), Slice(uuid="MIG-a1"))),
    Reading(index=1, uuid="GPU-b", name="A100"),
]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, ("GPU-00", "GPU-11", "GPU-22")),
        ("2,0", ("GPU-22", "GPU-00")),
        (" 1 , 2", ("GPU-11", "GPU-22")),
        ("", ()),
        ("-1", ()),
        ("1,-1,2", ("GPU-11",)),
        ("0,7,1", ("GPU-00",)),
        ("0,0", ()),
        ("GPU-2,GPU-0", ("GPU-22", "GPU-00")),
        ("GPU-", ()),
        ("GPU-9", ()),
    ],
)
def test_the_mask_chooses_and_orders(visible: str | None, expected: tuple[str, ...]) -> None:
    """As CUDA reads it: up to the first entry that names nothing."""
    assert cuda_uuids(ALIKE, {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}) == expected


def test_the_fastest_first_is_not_guessed() -> None:
    """Of unlike GPUs NVML cannot tell which CUDA takes for the fastest, unless it is told to count as NVML does."""
    assert cuda_uuids(MIXED, {}) == (None, None)
    assert cuda_uuids(MIXED, {"CUDA_DEVICE_ORDER": "FASTEST_FIRST", "CUDA_VISIBLE_DEVICES": "1"}) == (None,)
    assert cuda_uuids(MIXED, {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}) == ("GPU-slow", "GPU-fast")
    assert cuda_uuids(MIXED, {"CUDA_VISIBLE_DEVICES": "GPU-fast"}) == ("GPU-fast",)


def test_slices_are_known_by_their_uuid_alone() -> None:
    """A number among them may mean a GPU or a slice."""
    assert cuda_uuids(SLICED, {"CUDA_VISIBLE_DEVICES": "MIG-a1"}) == ("MIG-a1",)
    assert cuda_uuids(SLICED, {"CUDA_VISIBLE_DEVICES": "0"}) == (None,)
    assert cuda_uuids(SLICED, {}) == (None, None)


def test_a_gpu_without_a_number_or_a_uuid_is_no_trouble() -> None:
    """One that sleeps has neither."""
    assert cuda_uuids([], {"CUDA_VISIBLE_DEVICES": "0"}) == ()
    assert cuda_uuids([Reading(pci="0000:01:00.0", state="asleep")], {}) == ()
    assert cuda_uuids([Reading(index=0, name="Orin")], {"CUDA_VISIBLE_DEVICES": "GPU-1"}) == ()
