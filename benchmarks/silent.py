"""Silent bugs: `tutor check` beside mldoct, torch-audit and torchtest2 on the project's own scripts, in one run.

    python -m benchmarks.silent --peers PYTHON [--scripts DIR]

PYTHON: one with `pip install mldoct torch-audit torchtest2`. DIR: more scripts; bug_KIND_*.py have a bug, others none.
A bug counts as found by a peer when it says, as a warning or worse, something that can mean this kind (NAMES).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.diagnostics.training.forks import Forks
from tests.diagnostics.training.silent.test_cases import ALL

LOUD = {"WARN", "FAIL", "WARNING", "ERROR", "CRITICAL", "FATAL"}
PEERS = ("mldoct", "torch-audit", "torchtest2")

NAMES = {
    "mldoct": {
        "missing_zero_grad": ("missing-zero-grad",),
        "missing_eval": ("evaluating-in-train", "functional-dropout"),
        "oom_leak": ("graph-kept",),
        "double_softmax": ("softmax-before-cross-entropy", "sigmoid-before-bce-logits"),
    },
    "torch-audit": {
        "TA100": ("loss-not-finite", "loss-diverges"),
        "TA102": ("loss-diverges", "missing-zero-grad", "loss-not-finite"),
        "TA103": ("half-gradients-zero", "gradient-cut", "flat-at-chance"),
        "TA104": ("gradient-cut", "loss-without-graph", "step-before-backward", "zero-grad-before-step"),
        "TA105": ("flat-at-chance",),
        "TA304": ("one-batch-only",),
        "TA500": ("layers-in-plain-list", "tensor-not-parameter", "gradient-cut"),
    },
    "torchtest2": {
        "output_finite": ("loss-not-finite", "loss-diverges"),
        "eval_determinism": ("functional-dropout",),
        "loss": ("loss-not-finite", "loss-without-graph"),
        "initial_loss": ("softmax-before-cross-entropy", "nll-of-logits", "log-softmax-over-batch", "flat-at-chance"),
        "optimizer_coverage": ("parameters-in-no-optimizer", "stale-optimizer", "tensor-not-parameter"),
        "gradient_flow": ("gradient-cut", "loss-without-graph", "half-gradients-zero", "layers-in-plain-list"),
        "gradient_magnitude": ("loss-not-finite", "loss-diverges", "half-gradients-zero"),
        "params_change": ("learning-rate-zero", "parameters-in-no-optimizer", "update-rounds-away", "gradient-cut",
                          "stale-optimizer", "learning-rate-too-low"),
        "batch_independence": ("log-softmax-over-batch", "wrong-argmax-axis"),
        "overfit_batch": ("flat-at-chance", "learning-rate-too-low", "learning-rate-zero", "loss-diverges",
                          "softmax-before-cross-entropy", "sigmoid-before-bce-logits", "gradient-cut",
                          "parameters-in-no-optimizer", "nll-of-logits", "loss-not-finite"),
    },
}  # fmt: skip
"""What of a peer's can mean which kinds; read generously."""


Ask = Callable[[str, Path], "tuple[list[tuple[str, str]], str]"]
"""Checker and script in; what it said, (status, id) each, and why it could not be used."""


@dataclass(frozen=True)
class Script:
    """`kind`: of its silent bug; "" for a healthy one."""

    name: str
    kind: str
    code: str


@dataclass(frozen=True)
class Row:
    """How one checker did."""

    checker: str
    found: int
    missed: int
    alarms: int
    unusable: int


def scripts(more: Path | None) -> list[Script]:
    """The project's cases, and those of a folder."""
    own = [Script(str(case), case.kind if case.wrong else "", case.code) for case in ALL]
    for file in sorted(more.glob("*.py")) if more else ():
        named = re.fullmatch(r"bug_(.+?)_?\d*", file.stem)
        own.append(Script(file.stem, named[1].replace("_", "-") if named else "", file.read_text()))
    return own


def ours(cases: list[Script]) -> Row:
    """`tutor check`, of which a right kind at warn or fail, or as a note of that kind, counts as found."""
    forks = Forks()
    found = alarms = unusable = 0
    try:
        for case in cases:
            outcome = forks.run(case.code, device="check")
            said = [(each["status"], each["id"]) for each in outcome.findings]
            unusable += bool(outcome.error)
            if case.kind:
                found += case.kind in [name for status, name in said if status in ("note", "warn", "fail")]
            else:
                alarms += any(status in ("warn", "fail") for status, _ in said)
    finally:
        forks.close()
    bugs = sum(bool(case.kind) for case in cases)
    return Row("tutor check", found, bugs - found, alarms, unusable)


def peer(python: str, name: str, cases: list[Script], log: dict[str, Counter[str]]) -> Row:
    """One of the others."""
    found = alarms = unusable = 0
    with _host(python) as ask, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.py"
        for case in cases:
            path.write_text(case.code)
            said, trouble = ask(name, path)
            loud = {one for status, one in said if status in LOUD}
            unusable += bool(trouble)
            if case.kind:
                found += any(case.kind in NAMES[name].get(one, ()) for one in loud)
            else:
                alarms += bool(loud)
                log.setdefault(name, Counter()).update(loud)
    bugs = sum(bool(case.kind) for case in cases)
    return Row(name, found, bugs - found, alarms, unusable)


@contextmanager
def _host(python: str) -> Iterator[Ask]:
    host = Path(__file__).with_name("peer_host.py")
    process = subprocess.Popen([python, str(host)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    requests, answers = process.stdin, process.stdout
    assert requests
    assert answers

    def ask(checker: str, path: Path) -> tuple[list[tuple[str, str]], str]:
        requests.write(json.dumps({"checker": checker, "path": str(path)}) + "\n")
        requests.flush()
        answer = json.loads(answers.readline())
        return [(status, name) for status, name in answer["said"]], answer["trouble"]

    try:
        yield ask
    finally:
        requests.close()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has mldoct, torch-audit and torchtest2")
    parser.add_argument("--scripts", metavar="DIR", type=Path, help="more scripts; bug_KIND_*.py have a bug")
    options = parser.parse_args()
    cases = scripts(options.scripts)
    bugs = sum(bool(case.kind) for case in cases)
    log: dict[str, Counter[str]] = {}
    rows = [ours(cases)]
    rows += [peer(options.peers, name, cases, log) for name in PEERS] if options.peers else []
    print(f"{bugs} scripts with a silent bug, {len(cases) - bugs} healthy look-alikes\n")
    print(f"{'':12}  {'found':>5}  {'missed':>6}  {'false alarms':>12}  could not be used on")
    for row in rows:
        print(f"{row.checker:12}  {row.found:5}  {row.missed:6}  {row.alarms:12}  {row.unusable}")
    for name, counts in log.items():
        told = ", ".join(f"{what} {count}" for what, count in counts.most_common(6))
        print(f"\nfalse alarms of {name}: {told}", end="")
    print()


if __name__ == "__main__":
    main()
