"""What a shared library asks of the loader: a reader of ELF's dynamic section, for 64-bit files of this byte order.

A file that is none, or is damaged, reads as None; nothing of it is mapped or run.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Sequence

_MAGIC, _BITS_32 = b"\x7fELF", 1
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRTAB, _SYMTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH, _GNU_HASH, _HASH = (
    1, 5, 6, 10, 14, 15, 29, 0x6FFFFEF5, 4,
)  # fmt: skip
_MOST_HEADERS, _MOST_STRINGS, _MOST_SYMBOLS = 64, 64 << 20, 500_000
_HEADER, _SYMBOL = struct.Struct("=IIQQQQQQ"), struct.Struct("=IBBHQQ")


class Elf:
    """`rpath` and `runpath` as they are written; `wants` and `defines` are names of symbols, where they were asked."""

    __slots__ = ("defines", "needed", "rpath", "runpath", "soname", "wants")

    def __init__(self, soname: str = "", needed: Sequence[str] = (), rpath: str = "", runpath: str = "") -> None:
        self.soname, self.needed, self.rpath, self.runpath = soname, needed, rpath, runpath
        self.wants: frozenset[str] = frozenset()
        self.defines: frozenset[str] = frozenset()


def is_32_bit(path: str) -> bool:
    """The loader passes over a library of the other width and looks on."""
    head = _pieces(path, [(0, 5)])
    return bool(head) and head[0][:4] == _MAGIC and head[0][4:5] == bytes([_BITS_32])


def read(path: str, symbols: bool = False) -> Elf | None:
    """The dynamic section of a file. Symbols are read on demand: torch's own have hundreds of thousands."""
    try:
        return _read(path, symbols)
    except (struct.error, OSError, ValueError, OverflowError, LookupError):
        return None


def _read(path: str, symbols: bool) -> Elf | None:
    head = _pieces(path, [(0, 64)])
    if not head or head[0][:5] != _MAGIC + b"\x02" or len(head[0]) < 64:
        return None
    start, size, count = struct.unpack("=32xQ14xHH6x", head[0])
    if size != _HEADER.size:
        return None
    table = _pieces(path, [(start, size * min(count, _MOST_HEADERS))])[0]
    headers = list(_HEADER.iter_unpack(table[: len(table) // size * size]))
    loads = [(virtual, offset, length) for kind, _, offset, virtual, _, length, _, _ in headers if kind == _LOAD]
    dynamic = next((header for header in headers if header[0] == _DYNAMIC), None)
    if dynamic is None:
        return Elf()
    entries = _pieces(path, [(dynamic[2], min(dynamic[5], 1 << 16))])[0]
    pairs = list(struct.iter_unpack("=QQ", entries[: len(entries) // 16 * 16]))
    told = dict(reversed(pairs))  # the first of each tag counts
    strings = _pieces(path, [(_offset(loads, told[_STRTAB]), min(told[_STRSZ], _MOST_STRINGS))])[0]
    elf = Elf(
        soname=_string(strings, told.get(_SONAME)),
        needed=[_string(strings, value) for tag, value in pairs if tag == _NEEDED],
        rpath=_string(strings, told.get(_RPATH)),
        runpath=_string(strings, told.get(_RUNPATH)),
    )
    if symbols:
        elf.wants, elf.defines = _symbols(path, loads, told, strings)
    return elf


def _symbols(
    path: str, loads: list[tuple[int, int, int]], told: dict[int, int], strings: bytes
) -> tuple[frozenset[str], frozenset[str]]:
    """Those that are left to other libraries, and those that this one has."""
    count = min(_count(path, loads, told), _MOST_SYMBOLS)
    table = _pieces(path, [(_offset(loads, told[_SYMTAB]), _SYMBOL.size * count)])[0]
    wants: set[str] = set()
    defines: set[str] = set()
    for name, _, _, section, _, _ in _SYMBOL.iter_unpack(table[: len(table) // _SYMBOL.size * _SYMBOL.size]):
        (defines if section else wants).add(_string(strings, name))
    return frozenset(wants - {""}), frozenset(defines - {""})


def _count(path: str, loads: list[tuple[int, int, int]], told: dict[int, int]) -> int:
    """ELF does not say how many symbols there are: the older hash table does, of the newer the last chain tells."""
    if _HASH in told:
        return int(struct.unpack("=II", _pieces(path, [(_offset(loads, told[_HASH]), 8)])[0])[1])
    start = _offset(loads, told[_GNU_HASH])
    buckets, first, bloom, _ = struct.unpack("=IIII", _pieces(path, [(start, 16)])[0])
    if buckets > _MOST_SYMBOLS:
        raise ValueError("more buckets than symbols")
    chains = start + 16 + 8 * bloom + 4 * buckets
    table, chain = _pieces(path, [(chains - 4 * buckets, 4 * buckets), (chains, 4 * _MOST_SYMBOLS)])
    last = max(struct.unpack(f"={buckets}I", table))
    if last < first:
        return int(first)
    while not struct.unpack_from("=I", chain, 4 * (last - first))[0] & 1:
        last += 1
    return int(last) + 1


def _offset(loads: list[tuple[int, int, int]], address: int) -> int:
    """Where in the file that lies which is mapped at an address."""
    for virtual, offset, length in loads:
        if virtual <= address < virtual + length:
            return offset + address - virtual
    raise ValueError("an address outside all segments")


def _string(strings: bytes, at: int | None) -> str:
    if at is None or at >= len(strings):
        return ""
    end = strings.find(b"\0", at)
    return strings[at : end if end >= 0 else at].decode("utf-8", "replace")


def _pieces(path: str, wanted: list[tuple[int, int]]) -> list[bytes]:
    """(offset, length) of a regular file, each; [] where it cannot be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return []
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return []
    try:
        return [os.pread(descriptor, length, offset) for offset, length in wanted]
    finally:
        os.close(descriptor)
