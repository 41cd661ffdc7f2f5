"""CUDA_VISIBLE_DEVICES as torch reads it: which entries count, and where and why the list ends.

The rules are torch 2.13's (torch/cuda/__init__.py: _parse_visible_devices, _transform_uuid_to_ordinals and
_device_count_nvml), which imitate CUDA's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True)
class Mask:
    """The entries that count, as numbers, or as beginnings of UUIDs; one that comes twice leaves none.

    `rest` begins with the entry that ended the list. `partly`: entries of which only the number in front counts.
    `raises`: at such an entry torch.cuda.device_count() raises ValueError.
    """

    numbers: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    twice: str = ""
    partly: tuple[str, ...] = ()
    raises: bool = False


@dataclass(frozen=True)
class Sight:
    """The GPUs that are left, by NVML's numbers. `stopped` is the entry that ended the list, and `why`.

    `why` is "unknown", "several" (GPUs that it may mean), "range" or "twice"; "" where nothing stopped it.
    """

    gpus: tuple[int, ...] = ()
    stopped: str = ""
    why: str = ""


def read(value: str) -> Mask:
    """What of the variable counts, before any GPU is asked."""
    for prefix in ("GPU-", "MIG-"):
        if value.startswith(prefix):
            return _names(value.split(","), prefix)
    return _numbers(value.split(","))


def resolve(mask: Mask, uuids: Sequence[str]) -> Sight:
    """The GPUs that a mask of numbers or of GPU UUIDs leaves of these; torch leaves MIG UUIDs to CUDA."""
    if mask.numbers:
        return _in_range(mask.numbers, len(uuids))
    chosen: list[int] = []
    for name in mask.names:
        matches = [index for index, uuid in enumerate(uuids) if uuid.startswith(name)]
        if len(matches) != 1:
            return Sight(tuple(chosen), name, "several" if matches else "unknown")
        if matches[0] in chosen:
            return Sight((), name, "twice")
        chosen.append(matches[0])
    return Sight(tuple(chosen))


def meant(value: str, uuids: Sequence[str]) -> list[str]:
    """The entries that were probably meant, in torch's own spelling; none where no GPU can be made out."""
    if re.search(r"[0-9a-f]{4,}-|(gpu|mig)-", value, re.IGNORECASE):
        words = [word.strip("\"'[](){} ").lower() for word in value.split(",")]
        found = [uuid for word in words for uuid in uuids if word and _same_start(uuid, word)]
        return list(dict.fromkeys(found)) if len(found) <= len(words) else []
    spread = re.sub(r"(\d+)\s*(?:-|\.\.)\s*(\d+)", lambda ends: _range(int(ends[1]), int(ends[2])), value[:200])
    heads = re.sub(r"\b(\d+)[A-Za-z]\w*", r"\1", spread)  # "1gpu2" is read as 1
    numbers = [int(number) for number in re.findall(r"(?<![-\d])\d{1,4}(?!\d)", heads)]
    return [str(number) for number in dict.fromkeys(numbers) if number < len(uuids)]


def _numbers(entries: list[str]) -> Mask:
    numbers: list[int] = []
    partly: list[str] = []
    for place, entry in enumerate(entries):
        head = _head(entry.strip())
        try:
            number = int(head) if head else -1
        except ValueError:  # a sign without digits, or a digit such as "²"
            return Mask(tuple(numbers), rest=tuple(entries[place:]), partly=tuple(partly), raises=True)
        if number in numbers:
            return Mask(twice=entry.strip(), partly=tuple(partly))
        if number < 0:
            return Mask(tuple(numbers), rest=tuple(entries[place:]), partly=tuple(partly))
        numbers.append(number)
        if head != entry.strip():
            partly.append(entry.strip())
    return Mask(tuple(numbers), partly=tuple(partly))


def _head(entry: str) -> str:
    """What C's strtoul would take of it, as torch imitates it."""
    sign = entry[:1] if entry[:1] in ("+", "-") else ""
    return sign + "".join(takewhile(str.isdigit, entry[len(sign) :]))


def _names(entries: list[str], prefix: str) -> Mask:
    names: list[str] = []
    for place, entry in enumerate(entries):
        if entry in names:
            return Mask(twice=entry)
        if not entry.startswith(prefix):
            return Mask(names=tuple(names), rest=tuple(entries[place:]))
        names.append(entry)
    return Mask(names=tuple(names))


def _in_range(numbers: tuple[int, ...], count: int) -> Sight:
    inside = tuple(takewhile(lambda number: number < count, numbers))
    if len(inside) == len(numbers):
        return Sight(inside)
    return Sight(inside, str(numbers[len(inside)]), "range")


def _same_start(uuid: str, word: str) -> bool:
    """Whether a word is the beginning of a UUID, in any spelling; digits alone may be a number."""
    start = re.sub(r"^(gpu|mig)-", "", word)
    bare = uuid.lower().removeprefix("gpu-").removeprefix("mig-")
    return bare.startswith(start) and len(start) >= (1 if start != word else 4)


def _range(first: int, last: int) -> str:
    return ",".join(str(number) for number in range(first, min(last, first + 63) + 1))
