"""Scripts under the virtual device, each in a child forked from one process that has torch loaded.

What is patched holds for a whole process, and torch takes seconds to load: so neither is done in the tests' own.
`python forks.py` is that process: a request a line on stdin, an outcome a line on stdout.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Outcome:
    """How a script ended. `error` is the last line of its traceback, "" without."""

    printed: str
    error: str = ""
    line: int = 0
    """Where it raised: the last line of the script's own."""
    mismatches: list[dict[str, Any]] = field(default_factory=list)
    """kind, op, message, line, and the operands: argument, device, odd."""
    findings: list[dict[str, Any]] = field(default_factory=list)
    """Those of the whole check: id, line, names, title, fix."""
    trace: str = ""


class Forks:
    """The process that forks, from the side of the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )

    def run(self, script: str | Path, device: str = "virtual", **options: Any) -> Outcome:
        """Runs a script, or code. `device`: virtual, check (the whole of it), cpu, or cuda. `options`: gpus, passes."""
        given = {"path": str(script)} if isinstance(script, Path) else {"code": script}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({**given, "device": device, "options": options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that forks has died"
        return Outcome(**json.loads(line))

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)


def serve() -> None:
    import numpy
    import torch
    import torch._dynamo

    import diagnostics.training.virtual_device
    import diagnostics.training.watch  # noqa: F401

    torch.set_num_threads(1)
    gc.freeze()  # a child that looks for tensors need not walk, and so copy, all of this
    numpy.random.seed(0)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as answer:
            child = os.fork()
            if child == 0:
                _in_child(json.loads(line), answer)
            os.waitpid(child, 0)
            answer.seek(0)
            text = answer.read() or json.dumps({"printed": "", "error": "the child died without a word"})
        answers.write(text + "\n")
        answers.flush()


def _in_child(request: dict[str, Any], answer: Any) -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as printed:
        os.dup2(printed.fileno(), 1)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        path = request.get("path") or _written(request["code"], folder)
        outcome: dict[str, Any] = {"mismatches": [], "findings": []}
        try:
            with _device(request["device"], request["options"], outcome):
                _execute(path)
        except BaseException as error:
            outcome["error"] = "".join(traceback.format_exception_only(type(error), error)).strip()
            outcome["trace"] = traceback.format_exc()
            mine = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
            outcome["line"] = mine[-1] if mine else 0
        sys.stdout.flush()
        printed.seek(0)
        outcome["printed"] = printed.read()
        answer.write(json.dumps(outcome))
        answer.flush()
    os._exit(0)


def _written(code: str, folder: str) -> str:
    path = os.path.join(folder, "script.py")
    Path(path).write_text(code)
    return path


def _execute(path: str) -> None:
    import runpy
    import warnings

    warnings.simplefilter("ignore")
    sys.argv = [path]
    runpy.run_path(path, run_name="__main__")


@contextlib.contextmanager
def _device(device: str, options: dict[str, Any], outcome: dict[str, Any]) -> Iterator[None]:
    from diagnostics.training import virtual_device, watch
    from diagnostics.training.virtual_device.frames import user_frame

    if device == "virtual":

        def heard(mismatch: virtual_device.Mismatch) -> None:
            frame = user_frame(2)
            operands = [
                {"argument": one.argument, "device": str(one.device), "odd": one.odd} for one in mismatch.operands
            ]
            outcome["mismatches"].append(
                {
                    "kind": mismatch.kind,
                    "op": mismatch.op,
                    "message": mismatch.message,
                    "line": frame.f_lineno if frame else 0,
                    "operands": operands,
                }
            )

        with virtual_device.VirtualDevice(on_mismatch=heard, **options):
            yield
    elif device == "check":
        findings: list[Any] = []
        try:
            with watch.watch(device="cuda", **options) as findings:
                yield
        finally:
            outcome["findings"] = [_plain(finding) for finding in findings]
    else:
        yield


def _plain(finding: Any) -> dict[str, Any]:
    where = finding.where
    return {
        "id": finding.id,
        "status": finding.status,
        "line": where.line if where else 0,
        "names": [tensor.name for tensor in where.tensors] if where else [],
        "title": finding.title,
        "fix": [step.text for step in finding.fix],
        "commands": [step.command for step in finding.fix],
    }


if __name__ == "__main__":
    serve()
