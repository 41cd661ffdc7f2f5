"""CUDA_VISIBLE_DEVICES is read as torch reads it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.doctor.checks.visible_devices import Mask, meant, read, resolve

UUIDS = [
    f"GPU-{start}-0a4b-4c7d-9e21-5d3b7a90c1{index:02x}"
    for index, start in enumerate(["8f6d2c1e", "8f6d77aa", "1b00c0de", "c0ffee00"])
]

WRITTEN = [
    ("0", (0,)),
    ("0,1", (0, 1)),
    ("0, 1", (0, 1)),
    (" 2 ", (2,)),
    ("+1", (1,)),
    ("0,1,", (0, 1)),
    ("", ()),
    ("-1", ()),
    ("0,0", ()),
    ("cuda:0", ()),
    ("all", ()),
    ("0,1,x,2", (0, 1)),
    ("0,-1,1", (0,)),
    ("1gpu2,2ampere", (1, 2)),
    ("0;1", (0,)),
    ("0-3", (0,)),
]

ODD = [
    "GPU-a,GPU-a",
    "GPU-a,0",
    "GPU-a, GPU-b",
    " GPU-a",
    "MIG-x,0",
    "MIG-x,MIG-y",
    "gpu-a",
    "-",
    "+",
    "++1",
    "²",
    "٣",
    "0x1",
    "1,01",
    ",0",
    "-0",
    "0,-0",
]

MASKS = st.one_of(
    st.text(alphabet="0123456789,+-x ²٣", max_size=12),
    st.lists(
        st.sampled_from(
            ["0", "1", "7", "-1", "x", "", " 2", "GPU-8f6d", "GPU-8f6d2", "GPU-1b00c0de", "MIG-1", UUIDS[0], UUIDS[3]]
        ),
        max_size=5,
    ).map(",".join),
)


@pytest.mark.parametrize(("value", "numbers"), WRITTEN)
def test_numbers_that_count(value: str, numbers: tuple[int, ...]) -> None:
    """An unreadable or negative entry ends the list, and one that comes twice empties it."""
    assert read(value).numbers == numbers


def test_what_ended_the_list_is_kept() -> None:
    """The words of a finding need the entry itself."""
    assert read("0,1,x,2") == Mask((0, 1), rest=("x", "2"))
    assert read("0,0") == Mask(twice="0")
    assert read("1gpu2") == Mask((1,), partly=("1gpu2",))
    assert read("GPU-a,0") == Mask(names=("GPU-a",), rest=("0",))


def test_a_beginning_of_a_uuid_names_one_gpu_or_none() -> None:
    """CUDA takes a beginning that only one GPU has."""
    assert resolve(read("GPU-1b"), UUIDS).gpus == (2,)
    assert resolve(read("GPU-8f6d"), UUIDS).why == "several"
    assert resolve(read("GPU-1b,GPU-dead"), UUIDS).gpus == (2,)
    assert resolve(read("GPU-1b,GPU-dead"), UUIDS).why == "unknown"
    assert resolve(read("GPU-1b,GPU-1b0"), UUIDS).why == "twice"


def test_a_number_past_the_last_gpu_ends_the_list() -> None:
    """Those before it remain, those after it do not."""
    sight = resolve(read("1,7,0"), UUIDS)
    assert (sight.gpus, sight.stopped, sight.why) == ((1,), "7", "range")


@pytest.mark.parametrize(
    ("value", "entries"),
    [
        ("cuda:0", ["0"]),
        ("[0,1]", ["0", "1"]),
        ("0,0", ["0"]),
        ("0-2", ["0", "1", "2"]),
        ("0;1", ["0", "1"]),
        ("0 1", ["0", "1"]),
        ("gpu0,gpu1", ["0", "1"]),
        ("1gpu2", ["1"]),
        ("0,-1,1", ["0", "1"]),
        ("7", []),
        ("all", []),
        ("-1", []),
        ("gpu-1b00c0de", [UUIDS[2]]),
        ("1b00c0de-0a4b", [UUIDS[2]]),
        ("GPU-8f6d", []),
        ("9" * 5000, []),
    ],
)
def test_what_was_probably_meant(value: str, entries: list[str]) -> None:
    """Where it can be made out; a fix that only hopes would be worse than none."""
    assert meant(value, UUIDS) == entries


@pytest.mark.torch
@pytest.mark.parametrize("value", [value for value, _ in WRITTEN] + ODD)
def test_every_written_mask_is_read_as_torch_reads_it(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers, the same names, and an error where torch has one."""
    _as_torch(value, monkeypatch)


@pytest.mark.torch
@settings(max_examples=500, deadline=None)
@given(value=MASKS)
def test_any_mask_is_read_as_torch_reads_it(value: str) -> None:
    """Also what nobody would write."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _as_torch(value, monkeypatch)


def _as_torch(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cuda: Any = pytest.importorskip("torch.cuda")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    monkeypatch.setattr(cuda, "_raw_device_count_nvml", lambda: len(UUIDS))
    monkeypatch.setattr(cuda, "_raw_device_uuid_nvml", lambda: list(UUIDS))
    mask = read(value)
    try:
        parsed = cuda._parse_visible_devices()
    except ValueError:
        assert mask.raises
        return
    assert not mask.raises
    assert parsed == [*mask.numbers, *mask.names]
    if not value.startswith("MIG-"):
        assert cuda._device_count_nvml() == len(resolve(mask, UUIDS).gpus)
