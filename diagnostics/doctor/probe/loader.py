"""Where the dynamic loader looks for a library: LD_LIBRARY_PATH, the configured folders, the standard ones.

Of the configured folders glibc's loader knows what ldconfig wrote to `ld.so.cache`. They are walked only where there is
no cache.
"""

from __future__ import annotations

import fnmatch
import os
import struct
from collections.abc import Iterator, Mapping

from diagnostics.doctor.probe.elf import is_32_bit
from diagnostics.doctor.probe.root import data, is_file, names, place, text

STANDARD = (
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
)
WSL = "/usr/lib/wsl/lib"

_CACHE, _CONFIGURATION = "/etc/ld.so.cache", "/etc/ld.so.conf"
_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER, _ENTRY = 48, struct.Struct("=iIIIQ")
_WIDTH = 0xFF00
"""The bits of an entry's flags that name an architecture; a 32-bit Intel library has none of them."""

_MOST_INCLUDES = 200


def candidates(root: str, name: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(path, by) of every library of that name, in the loader's order; the last may be out of the loader's sight."""
    for folder in library_path(variables):
        yield f"{folder}/{name}", "LD_LIBRARY_PATH"
    cached = cache(root)
    known = [path for key, path in cached if key == name] if cached is not None else _configured(root, name)
    for path in known:
        yield path, "wsl" if path.startswith(WSL) else "standard" if os.path.dirname(path) in STANDARD else "ld.so.conf"
    for folder in STANDARD:
        yield f"{folder}/{name}", "standard"
    yield f"{WSL}/{name}", "wsl"


def usable(root: str, path: str) -> bool:
    """There is such a library, and of the width that this Python needs."""
    where = place(root, path)
    return where is not None and is_file(root, path) and not is_32_bit(where)


def library_path(variables: Mapping[str, str], name: str = "LD_LIBRARY_PATH") -> list[str]:
    """The folders of a search path. An empty item stands for the current folder, and is passed over here."""
    items = variables.get(name, "").replace(";", ":").split(":")
    return [item.rstrip("/") or "/" for item in items if item.startswith("/")]


def cache(root: str) -> list[tuple[str, str]] | None:
    """(name, path) as glibc's cache has them; None where there is none of a known format."""
    content = data(root, _CACHE, 8 << 20) or b""
    start = content.find(_MAGIC)  # an older table may stand before it
    if start < 0 or len(content) < start + _HEADER:
        return None
    table = content[start:]
    count = min(struct.unpack_from("=I", table, 20)[0], (len(table) - _HEADER) // _ENTRY.size)
    entries = _ENTRY.iter_unpack(table[_HEADER : _HEADER + count * _ENTRY.size])
    wide = ((key, value) for flags, key, value, _, _ in entries if flags & _WIDTH)
    return [(_word(table, key), _word(table, value)) for key, value in wide]


def configured(root: str) -> list[str]:
    """The folders that ld.so.conf and what it includes name."""
    folders: list[str] = []
    ahead, read = [_CONFIGURATION], 0
    while ahead and read < _MOST_INCLUDES:
        read += 1
        for line in (text(root, ahead.pop(0)) or "").splitlines():
            words = line.partition("#")[0].split()
            if words[:1] == ["include"]:
                ahead += [path for pattern in words[1:] for path in _matching(root, pattern)]
            elif words and words[0].startswith("/"):
                folders.append(words[0].rstrip("/") or "/")
    return folders


def _configured(root: str, name: str) -> list[str]:
    return [f"{folder}/{name}" for folder in configured(root)]


def _matching(root: str, pattern: str) -> list[str]:
    """Files of one folder that fit, as "/etc/ld.so.conf.d/*.conf"."""
    folder, wanted = os.path.split(os.path.join("/etc", pattern))
    return [f"{folder}/{name}" for name in names(root, folder) or [] if fnmatch.fnmatchcase(name, wanted)]


def _word(table: bytes, at: int) -> str:
    end = table.find(b"\0", at)
    return table[at : max(end, at)].decode("utf-8", "replace") if at < len(table) else ""
