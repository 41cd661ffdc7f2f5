"""The table of rules for the torch that is installed: one that was made before, else made now, in memory."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from .make_rules import FOLDER, LOOSE, STRICT, installed


class NoRules(RuntimeError):
    """There is no table for this torch, and its operator definitions are not here to make one."""


@functools.cache
def table(version: str) -> dict[str, dict[str, str]]:
    """{"strict": {operator: name in its message}, "loose": {operator: ""}} for a version as "2.13"."""
    path: Path = FOLDER / f"torch-{version}.json"
    if path.is_file():
        found: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        return found
    try:
        return installed()
    except OSError as error:
        raise NoRules(
            f"no rules are known for torch {version}, and its operator definitions cannot be read ({error}): "
            "use --device cpu, or torch 2.13"
        ) from error


def strict_name(version: str, operator: str) -> str | None:
    """What the generated device check of the operator calls itself; None for one that has none."""
    return table(version)[STRICT].get(operator)


def has_cuda_kernel(version: str, operator: str) -> bool:
    """Whether the operator runs on CUDA as itself, and not as the operators that it is made of."""
    rules = table(version)
    return operator in rules[STRICT] or operator in rules[LOOSE]
