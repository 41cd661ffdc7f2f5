"""Reading what stands under a root: "" is the host itself, a folder stands for another's /.

Nothing here raises or blocks: what cannot be read is None. Only regular files are opened, so that no FIFO is waited
for and no device is woken.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

LONGEST = 65536
"""Bytes of a file that are read, unless the caller knows better."""

_MOST_NAMES = 8192
_MOST_LINKS = 40
"""As the kernel's own limit on links in a path."""

_STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def data(root: str, path: str, limit: int = LONGEST) -> bytes | None:
    """The first `limit` bytes of a regular file."""
    where = place(root, path)
    try:
        if where is None or not stat.S_ISREG(os.stat(where).st_mode):
            return None
        descriptor = os.open(where, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        return _read(descriptor, limit)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def text(root: str, path: str, limit: int = LONGEST) -> str | None:
    """The same as text: whatever is not UTF-8 becomes a sign."""
    content = data(root, path, limit)
    return None if content is None else content.decode("utf-8", "replace").replace("\0", "")


def line(root: str, path: str) -> str | None:
    """The first line of a small file, as those in /sys; None where it is empty or missing."""
    content = text(root, path, 4096)
    return (content.strip().split("\n")[0].strip() or None) if content else None


def number(root: str, path: str) -> int | None:
    """A file that holds one whole number."""
    return whole(line(root, path))


def whole(digits: str | None) -> int | None:
    """Text to a number that fits JSON's readers; None for anything else, such as "max"."""
    try:
        value = int(digits or "")
    except ValueError:
        return None
    return value if -(2**63) <= value < 2**63 else None


def names(root: str, path: str) -> list[str] | None:
    """What lies in a folder, sorted; names that are not UTF-8 are left out."""
    where = place(root, path)
    found: list[str] = []
    try:
        with os.scandir(where or "\0") as entries:
            for entry in entries:
                if len(found) == _MOST_NAMES:
                    break
                if printable(entry.name) == entry.name:
                    found.append(entry.name)
    except (OSError, ValueError):
        return None if not found else sorted(found)
    return sorted(found)


def exists(root: str, path: str) -> bool:
    """Something is there, a link to nothing excepted."""
    return _mode(root, path) is not None


def is_file(root: str, path: str) -> bool:
    mode = _mode(root, path)
    return mode is not None and stat.S_ISREG(mode)


def is_folder(root: str, path: str) -> bool:
    mode = _mode(root, path)
    return mode is not None and stat.S_ISDIR(mode)


def real(root: str, path: str) -> str | None:
    """The path behind all links, as the host itself would write it; None where it leads nowhere."""
    where = place(root, path)
    if where is None or not exists(root, path):
        return None
    if not root:
        where = os.path.realpath(where)
    return printable(where[len(root.rstrip("/")) :] or "/")


def link(root: str, path: str) -> str | None:
    """Where a link points, as it is written."""
    folder, name = os.path.split(path)
    where = place(root, folder)
    try:
        return None if where is None else printable(os.readlink(os.path.join(where, name)))
    except (OSError, ValueError):
        return None


def place(root: str, path: str) -> str | None:
    """Where a path of that host lies on this one; None where links go in circles.

    Links inside a root are followed inside it: /etc/os-release -> /usr/lib/os-release must not leave it.
    """
    if not root:
        return path
    done, ahead, links = "", path.split("/")[::-1], 0
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        try:
            target = os.readlink(f"{root}{done}/{part}")
        except (OSError, ValueError):
            done = f"{done}/{part}"
            continue
        links += 1
        if links > _MOST_LINKS:
            return None
        done = "" if target.startswith("/") else done
        ahead.extend(target.split("/")[::-1])
    return root.rstrip("/") + done if done else root


def program(root: str, name: str, variables: Mapping[str, str]) -> str:
    """Where a command is found on the PATH of `variables`; "" for nowhere."""
    for folder in (variables.get("PATH") or _STANDARD_PATH).split(":"):
        path = os.path.join(folder, name)
        where = place(root, path) if folder.startswith("/") else None
        if where is not None and is_file(root, path) and os.access(where, os.X_OK):
            return printable(path)
    return ""


def printable(name: str) -> str:
    """A name of the file system or the environment as text that JSON can carry."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _mode(root: str, path: str) -> int | None:
    where = place(root, path)
    try:
        return None if where is None else os.stat(where).st_mode
    except (OSError, ValueError):
        return None


def _read(descriptor: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0:
        part = os.read(descriptor, limit)  # files of /proc come in pieces, however much is asked for
        if not part:
            break
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
