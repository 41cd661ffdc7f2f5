"""Facts that can be sent to others: without names of users and hosts, home folders, and numbers that name one board.

A redacted host is judged as the host itself: what was equal stays equal, and paths keep their ends.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from diagnostics.doctor.facts import Facts

T = TypeVar("T")

HOME = re.compile(r"(?:/[\w.-]+){0,3}?/(?:home|Users)/([^/\s:;,\"'=]+)")
"""A home folder, those of a cluster included, as /cluster/home/alice."""
BOARD = re.compile(r"\b((?:MIG-)?GPU-|MIG-)([0-9a-f][0-9a-f-]{4,})", re.IGNORECASE)
"""A GPU's UUID, or the beginning of one, which CUDA_VISIBLE_DEVICES takes, too."""
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|(?<=\benx)[0-9a-f]{12}\b", re.IGNORECASE)

DIGITS = 4
"""Of an identity that are kept; more where two would become the same."""
SHORTEST = 4
"""Letters of a name that is looked for everywhere; "sm" is a user's name, and stands in "sm_90"."""

COMMON = (
    "admin", "cloud", "conda", "container", "cuda", "data", "debian", "default", "docker", "driver", "home", "host",
    "jovyan", "lib", "library", "linux", "local", "localhost", "nccl", "node", "nvidia", "open", "python", "pytorch",
    "root", "runner", "scratch", "server", "share", "shared", "slurm", "system", "test", "torch", "triton", "ubuntu",
    "user", "users", "venv", "work", "workspace",
)  # fmt: skip
"""Names of users and hosts that say nothing of anybody, and that other things have, too."""

BOOT = re.compile(r"(?:\w*iommu|nouveau|nvidia|modprobe|module_blacklist|rd\.driver|pci|nomodeset)")
"""How words of the kernel's command line begin that the doctor reads; others name disks and networks."""

ADDRESSES = ("MASTER_ADDR",)
"""Variables that name a host."""


def redacted(facts: Facts, users: Iterable[str] = (), homes: Iterable[str] = ()) -> Facts:
    """The same host without what names it. `users`, `homes`: of those who run this, beside those that facts show."""
    texts = list(_texts(facts))
    names = {match[1] for text in texts for match in HOME.finditer(text)} | set(users) | _own_name()
    changes = [_names(name, "host") for name in _host_names(facts)]  # first: it may hold the name of a user
    changes += [_homes(home) for home in sorted({*homes, str(Path.home())}, key=len, reverse=True)]
    changes += [lambda text: HOME.sub("~", text)]
    changes += [_names(name, "user") for name in sorted(names, key=len, reverse=True)]
    changes += [_boards(texts), lambda text: MAC.sub("…", UUID.sub("…", text))]

    def change(text: str) -> str:
        for one in changes:
            text = one(text)
        return text

    return _without_addresses(_changed(facts, change))


def _own_name() -> set[str]:
    try:
        return {getpass.getuser()}
    except (OSError, KeyError):  # a number without a name, as in a container
        return set()


def _host_names(facts: Facts) -> list[str]:
    """The longest first: "node7.example.org", then "node7"."""
    name = (facts.host.name if facts.host else None) or ""
    return [name, name.partition(".")[0]] if "." in name else [name]


def _homes(home: str) -> Callable[[str], str]:
    folder = re.compile(re.escape(home.rstrip("/") or "\0") + r"(?![\w.-])")
    return lambda text: folder.sub("~", text)


def _names(name: str, instead: str) -> Callable[[str], str]:
    """Wherever it stands as a word, as in "alice-laptop" and "alice_env"; a short one only as a part of a path."""
    if not name or name.lower() in COMMON or name.isdigit():
        return lambda text: text
    within = r"(?<![a-z]){}(?![a-z])" if len(name) >= SHORTEST else r"(?<=/){}(?=/|$)"
    word = re.compile(within.format(re.escape(name)), re.IGNORECASE)
    return lambda text: word.sub(instead, text)


def _boards(texts: Iterable[str]) -> Callable[[str], str]:
    """UUIDs cut to as few digits as tell them apart: "GPU-1a2b…"."""
    known = {match[2].lower() for text in texts for match in BOARD.finditer(text) if len(match[2]) >= 36}
    digits = next(count for count in range(DIGITS, 38) if len({uuid[:count] for uuid in known}) == len(known))
    return lambda text: BOARD.sub(lambda match: f"{match[1]}{match[2][:digits]}…", text)


def _without_addresses(facts: Facts) -> Facts:
    """The host's own name, other hosts' names, and how the host was booted."""
    if facts.host:
        words = [word for word in (facts.host.command_line or "").split() if BOOT.match(word)]
        booted = " ".join(words) if facts.host.command_line is not None else None
        name = "host" if facts.host.name is not None else None
        facts = replace(facts, host=replace(facts.host, name=name, command_line=booted))
    if facts.variables:
        hidden = {name: "host" for name in ADDRESSES if name in facts.variables}
        facts = replace(facts, variables={**facts.variables, **hidden})
    return facts


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts([*value, *value.values()])
    elif is_dataclass(value):
        yield from _texts([getattr(value, field.name) for field in fields(value)])


def _changed(value: T, change: Callable[[str], str]) -> T:
    """The same data with every text changed."""
    new: Any = value
    if isinstance(value, str):
        new = change(value)
    elif isinstance(value, list):
        new = [_changed(one, change) for one in value]
    elif isinstance(value, dict):
        new = {change(key): _changed(one, change) for key, one in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        new = replace(value, **{field.name: _changed(getattr(value, field.name), change) for field in fields(value)})
    return new  # type: ignore[no-any-return]
