"""The operator definitions that ship with torch, and what they say of devices.

An operator with a CUDA kernel is checked by code that torch generates for it, unless its definition says
`device_check: NoCheck`; most of those leave the check to TensorIterator. The generated code names itself in its
message: wrapper_CUDA_ and the operator's name with its overload, behind it for structured kernels and before it
for the others.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Definition:
    """One entry of native_functions.yaml, as far as devices are concerned."""

    name: str
    """With its overload: "index.Tensor"."""
    keys: set[str] = field(default_factory=set)
    """The dispatch keys with a kernel."""
    facts: dict[str, str] = field(default_factory=dict)


def source() -> Path:
    """Where the installed torch keeps its operator definitions. FileNotFoundError without."""
    found = importlib.util.find_spec("torchgen")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("torchgen, which ships with torch, is not installed")
    return Path(found.submodule_search_locations[0]) / "packaged/ATen/native/native_functions.yaml"


def definitions(lines: Iterable[str]) -> Iterator[Definition]:
    """The entries of native_functions.yaml, whose layout is simple enough to need no YAML library."""
    current: Definition | None = None
    in_dispatch = False
    for raw in lines:
        line = raw.split(" #")[0].rstrip()
        if line.startswith("- func:"):
            if current:
                yield current
            current = Definition(line[len("- func:") :].split("(")[0].strip())
        elif current and re.match(r"  \w", line):
            key, _, value = line.strip().partition(":")
            in_dispatch = key == "dispatch"
            current.facts[key] = value.strip()
        elif current and in_dispatch and re.match(r"    \w", line):
            current.keys.update(key.strip() for key in line.partition(":")[0].split(","))
    if current:
        yield current


def rules(lines: Iterable[str]) -> dict[str, str]:
    """Operator to the name in its message, for all that are checked by generated code."""
    entries = {entry.name: entry for entry in definitions(lines)}
    return {
        name: _wrapper(entry)
        for name, entry in entries.items()
        if _on_cuda(entry, entries) and entry.facts.get("device_check") != "NoCheck"
    }


def _on_cuda(entry: Definition, entries: dict[str, Definition]) -> bool:
    delegate = entries.get(entry.facts.get("structured_delegate", ""))
    return "CUDA" in entry.keys or "ufunc_inner_loop" in entry.facts or bool(delegate and _on_cuda(delegate, entries))


def _wrapper(entry: Definition) -> str:
    name, _, overload = entry.name.partition(".")
    structured = "structured" in entry.facts or "structured_delegate" in entry.facts
    if structured:
        return name + (f"_{overload}" if overload else "")
    return f"{overload}_{name}"


def installed() -> dict[str, str]:
    """The rules of the installed torch, from its own definitions. OSError where they are not to be had."""
    with source().open(encoding="utf-8") as lines:
        return rules(lines)
