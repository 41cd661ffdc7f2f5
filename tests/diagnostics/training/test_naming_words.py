"""The words of a finding for tensors without a name of their own, for views, and for parameters of a module."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from diagnostics.finding import Finding  # noqa: E402
from diagnostics.training.watch import watch  # noqa: E402

PREAMBLE = """\
import torch, torch.nn as nn, torch.nn.functional as F
m, x = nn.Linear(2, 3).to("cuda"), torch.ones(4, 2).cuda()
"""


def found(folder: Path, script: str) -> Finding:
    """The one finding of a script that ends in a mismatch."""
    file = folder / "train.py"
    file.write_text(PREAMBLE + script)
    with watch("cuda") as findings, pytest.raises(RuntimeError):
        runpy.run_path(str(file), run_name="__main__")
    assert len(findings) == 1
    return findings[0]


TITLES = {
    "a module called with a temporary": (
        "m(torch.ones(1, 2))",
        "`torch.ones(1, 2)` is on cpu, and `m` is on cuda:0",
    ),
    "a module without a name": (
        "nn.Embedding(5, 2).cuda()(torch.tensor([1, 2]))",
        "`torch.tensor([1, 2])` is on cpu, and `nn.Embedding(5, 2).cuda().weight` is on cuda:0",
    ),
    "a module without a name that stayed": (
        "nn.Embedding(5, 2)(torch.tensor([1, 2]).cuda())",
        "`nn.Embedding(5, 2).weight` is on cpu, and `torch.tensor([1, 2]).cuda()` is on cuda:0",
    ),
    "a temporary beside a view with a name": (
        "pos = torch.arange(4)\nm(x * 2) + pos[:, None]",
        "`pos[:, None]` is on cpu, and `m(x * 2)` is on cuda:0",
    ),
    "what a loss made of a temporary": (
        "F.cross_entropy(m(x), torch.zeros(4, dtype=torch.long))",
        "`torch.zeros(4, dtype=torch.long)` is on cpu, and `m(x)` is on cuda:0",
    ),
    "two temporaries of three operands": (
        "torch.where(x > 0, x, torch.zeros(4, 2))",
        "`torch.zeros(4, 2)` is on cpu, and `x > 0` is on cuda:0",
    ),
    "code that has no file": (
        "exec(compile('def f(a, b): return a + b\\nf(torch.ones(2).cuda(), torch.ones(2))', '<made>', 'exec'))",
        "the second argument of `add` is on cpu, and the first argument of `add` is on cuda:0",
    ),
    "a side that a function gives": (
        "def make():\n    return torch.ones(4, 2)\ndef same(a):\n    return a\nsame(x) + make()",
        "`make()` is on cpu, and `x` is on cuda:0",
    ),
    "a side that is one of two": (
        "def make():\n    return torch.ones(4, 2)\nx - (None or make())",
        "the right side of `-` is on cpu, and `x` is on cuda:0",
    ),
}


@pytest.mark.parametrize("case", TITLES)
def test_each_operand_has_words_of_its_own(tmp_path: Path, case: str) -> None:
    """No two operands share an expression, and none is "the self of the operation"."""
    script, title = TITLES[case]
    finding = found(tmp_path, script)
    assert finding.title == title
    told = [line.partition(": ")[0] for line in finding.evidence]
    assert len(told) == len(set(told))


def test_a_called_module_stands_for_its_parameters(tmp_path: Path) -> None:
    """The weight and the bias are one line; what CUDA was not asked, it would say."""
    evidence = found(tmp_path, "y = torch.ones(4, 2)\nm(y)").evidence
    assert evidence[1] == '`m`: cuda:0 (its weight and bias), made at train.py:2 nn.Linear(2, 3).to("cuda")'
    assert len(evidence) == 3
    assert evidence[2].startswith("CUDA would say: ")


def test_the_parameters_of_a_recurrent_module_are_not_listed(tmp_path: Path) -> None:
    """Four of them and more are its parameters."""
    evidence = found(tmp_path, "rnn = nn.LSTM(2, 3).cuda()\nrnn(torch.ones(4, 1, 2))").evidence
    assert [line.partition(", made")[0] for line in evidence if line.startswith("`rnn")] == [
        "`rnn`: cuda:0 (its parameters)"
    ]


def test_the_shape_is_of_what_has_the_name(tmp_path: Path) -> None:
    """A linear layer multiplies with the transposed weight; the reader knows it as (3, 2)."""
    where = found(tmp_path, "y = torch.ones(4, 2)\nm(y)").where
    assert where is not None
    assert {each.name: each.shape for each in where.tensors}["m.weight"] == (3, 2)


def test_a_tensor_handed_through_recursion_is_told_in_one_line(tmp_path: Path) -> None:
    """A name at a place once, three at most; nothing where it never changed its name or place."""
    script = "def f(n, t):\n    return f(n - 1, t) if n else t + x\nf(30, torch.ones(4, 2))"
    evidence = found(tmp_path, script).evidence
    assert "`t` at train.py:4, `torch.ones(4, 2)` at train.py:5 are one tensor" in evidence
    assert all(line.count(" at train.py") <= 3 for line in evidence)


def test_where_a_label_was_made_stands_with_the_label(tmp_path: Path) -> None:
    """In the label's own line, not in one that does not say what was made."""
    evidence = found(
        tmp_path, 'y = torch.zeros(4, 3, dtype=torch.int).to("cuda")\nnn.BCEWithLogitsLoss()(m(x), y)'
    ).evidence
    assert evidence[0].startswith("`y`: int32, shape (4, 3), ")
    assert evidence[0].endswith(', made at train.py:3 torch.zeros(4, 3, dtype=torch.int).to("cuda")')
    assert not any(line.startswith("made at") for line in evidence)


def test_a_real_gpu_has_said_it(tmp_path: Path) -> None:
    """What a GPU refused is told as its words."""
    from diagnostics.training.advice import advise
    from diagnostics.training.naming import scene
    from diagnostics.training.virtual_device import Mismatch

    assert advise(Mismatch("add", "No."), scene(), real=True).evidence == ("CUDA says: No.",)
    assert advise(Mismatch("add", "No."), scene()).evidence == ("CUDA would say: No.",)
