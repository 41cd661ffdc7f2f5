"""Errors that torch really raises here, explained from the text that Python prints of them."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

from diagnostics.errors.explain import explain
from tests.diagnostics.errors.raising import PROGRAMS

pytestmark = pytest.mark.torch

RUN = """
import json, linecache, os, sys, traceback, warnings
warnings.simplefilter("ignore")
import torch, torch.distributed
from torch import nn
from torch.nn import functional as F

for name in ("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"):
    os.environ.pop(name, None)
if __name__ == "__main__":
    said = {}
    for name, program in json.load(sys.stdin).items():
        file = f"/home/reader/{name.replace(' ', '_')}.py"
        linecache.cache[file] = (len(program), None, program.splitlines(True), file)
        try:
            exec(compile(program, file, "exec"), {"torch": torch, "nn": nn, "F": F, "__name__": "reader"})
        except Exception:
            said[name] = traceback.format_exc()
    print(json.dumps(said))
"""

NAMES = [(category, name) for category, programs in PROGRAMS.items() for name in programs]


@cache
def said() -> dict[str, str]:
    """What Python prints of each, from one process."""
    programs = {f"{category}: {name}": PROGRAMS[category][name] for category, name in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(programs), capture_output=True, text=True, timeout=200, check=True
    )
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 60


@pytest.mark.parametrize(("category", "name"), NAMES)
def test_a_real_error_is_explained(category: str, name: str) -> None:
    """With its category and the line of the reader's own program."""
    text = said()[f"{category}: {name}"]
    finding = explain(text)[0]
    assert finding.category == category, text[-600:]
    assert finding.where is not None
    assert finding.where.file.startswith("/home/reader/")
