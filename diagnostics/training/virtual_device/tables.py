"""The table of rules for the torch that is installed: one that was made before, else made now, in memory."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from . import definitions

FOLDER = Path(__file__).with_name("rules")


class NoRules(RuntimeError):
    """There is no table for this torch, and its operator definitions are not here to make one."""


@functools.cache
def table(version: str) -> dict[str, str]:
    """What the generated device check of an operator calls itself, for all that have one; a version as "2.13"."""
    path: Path = FOLDER / f"torch-{version}.json"
    if path.is_file():
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found
    try:
        return definitions.installed()
    except OSError as error:
        raise NoRules(
            f"no rules are known for torch {version}, and its operator definitions cannot be read ({error}): "
            "use --device cpu, or torch 2.13"
        ) from error
