"""Fixes applied to the script as they are written: under the watch again, it has no finding."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

pytest.importorskip("torch")

IMPORTS = "import torch\nfrom torch import nn\n"


def applied(text: str, fix: str) -> str:
    """The script after the step, which has to name a line and the code."""
    lines = text.splitlines()
    for pattern, change in (
        (r"before line (?P<first>\d+), add: `(?P<code>.*?)`( \(.*)?", _add),
        (r"lines? (?P<first>\d+)( to (?P<last>\d+))? becomes?: `(?P<code>.*?)`( \(.*)?", _replace),
        (r"in line (?P<first>\d+): `(?P<old>.*?)` becomes `(?P<code>.*?)`( \(.*)?", _within),
    ):
        found = re.fullmatch(pattern, fix)
        if found:
            change(lines, int(found["first"]) - 1, found.groupdict())
            mended = "\n".join(lines) + "\n"
            ast.parse(mended)
            return mended
    raise AssertionError(f"no code in {fix!r}")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _add(lines: list[str], at: int, found: dict[str, str]) -> None:
    lines.insert(at, _indent(lines[at]) + found["code"])


def _replace(lines: list[str], at: int, found: dict[str, str]) -> None:
    lines[at : int(found["last"] or at + 1)] = [_indent(lines[at]) + found["code"]]


def _within(lines: list[str], at: int, found: dict[str, str]) -> None:
    assert lines[at].count(found["old"]) == 1
    lines[at] = lines[at].replace(found["old"], found["code"])


# The script, what its first step says, and what the mended script prints last.
APPLIED = {
    "the items of a loaded list that a loop writes into": (
        """\
import io
device = torch.device("cuda")
model = nn.Linear(2, 1).to(device)
file = io.BytesIO()
torch.save({"ema": [torch.zeros_like(p, device="cpu") for p in model.parameters()]}, file)
file.seek(0)
ckpt = torch.load(file, map_location="cpu")
ema = ckpt["ema"]
with torch.no_grad():
    for p in model.parameters(): p.fill_(1.0)
    for e, p in zip(ema, model.parameters()):
        e.mul_(0.5).add_(p, alpha=0.5)
print(ema[0][0, 0].item())
""",
        "line 10 becomes: ",
        "0.5",
    ),
    "a device whose name comes after the tensor": (
        """\
bank = torch.randn(10, 4)
dev = torch.device("cuda", 0)
rows = torch.ones(5, dtype=torch.long, device=dev)
print(bank[rows].shape[0])
""",
        "in line 6: |before line 6, add: `bank = bank.to(dev)`",
        "5",
    ),
    "a partner that comes after the tensor": (
        """\
def later():
    bias = torch.zeros(4, 3)
    z = torch.ones(4, 3, device="cuda:0")
    return z + bias
print(later().sum().item())
""",
        "",
        "12.0",
    ),
    "a device that the script chooses": (
        """\
from types import SimpleNamespace
def main():
    a = SimpleNamespace(device="cuda" if torch.cuda.is_available() else "cpu")
    net = nn.Linear(4, 3).to(a.device)
    for inputs, targets in torch.utils.data.DataLoader([(torch.ones(4), 1)] * 4, batch_size=2):
        inputs = inputs.to(a.device)
        loss = nn.functional.cross_entropy(net(inputs), targets)
    print(loss.dim())
main()
""",
        "before line 9, add: `targets = targets.to(a.device)`",
        "0",
    ),
    "another call of the same name on the line": (
        """\
dev = "cuda"
x = torch.ones(2, 3, device=dev)
mask, other = torch.zeros(3), torch.zeros(2, 3); scale = torch.zeros(3, device=dev)
print((x + scale).sum().item())
print((x + other).sum().item())
""",
        "in line 5: `mask, other = torch.zeros(3), torch.zeros(2, 3)` becomes ",
        "6.0",
    ),
    "siblings in a list": (
        """\
class Trainer:
    def __init__(self, device):
        self.cfg = {"lr": 1}
        self.device = device
    def fit(self):
        batch = {"extras": [torch.zeros(4, 8), torch.ones(4, 8)]}
        h = torch.ones(4, 8, device=self.device)
        for e in batch["extras"]: h = h + e
        return h
print(Trainer("cuda" if torch.cuda.is_available() else "cpu").fit().sum().item())
""",
        "line 8 becomes: ",
        "64.0",
    ),
    "a function on one line": (
        """\
model = nn.Linear(2, 2).cuda()
def joined(x): return torch.cat([model(x), torch.zeros(1, 2)])
print(joined(torch.ones(3, 2).cuda()).shape[0])
""",
        "in line 4: ",
        "4",
    ),
    "a try on one line": (
        """\
pred = torch.ones(2, device="cuda")
try: total = pred.numpy().sum()
finally: pass
print(total)
""",
        "in line 4: `pred.numpy()` becomes `pred.cpu().numpy()`",
        "2.0",
    ),
    "a loop on one line": (
        """\
w = torch.ones(2, device="cuda")
total = 0.0
for x in torch.utils.data.DataLoader([torch.ones(2)] * 4): total = total + (w * x).sum().item()
print(total)
""",
        "in line 5: `w * x` becomes ",
        "8.0",
    ),
}


@pytest.mark.parametrize("case", APPLIED)
def test_the_fix_mends_the_script(case: str, forks: Any) -> None:
    """Word for word, and the script then prints what it was to compute."""
    script, says, printed = APPLIED[case]
    found = forks.run(IMPORTS + script, "check").findings
    assert len(found) == 1
    fix = found[0]["fix"][0]
    assert fix.startswith(tuple(says.split("|"))), fix
    after = forks.run(applied(IMPORTS + script, fix), "check")
    assert (after.findings, after.error) == ([], "")
    assert after.printed.split()[-1] == printed


WORDS = {
    "an item of a list that is also held elsewhere": (
        """\
class Store: pass
store = Store()
store.ema = [torch.zeros(2)[:1].clone() for _ in range(2)]
ema = store.ema
p = torch.ones(1, device="cuda")
for e in ema:
    e.mul_(0.5).add_(p)
""",
        "put the tensors of `ema` on cuda where line 6 makes or loads them",
    ),
    "one of two calls that cannot be told apart": (
        """\
n = 3
x = torch.ones(3, device="cuda")
a, b = torch.zeros(n), torch.zeros(n + 0)
x + b
""",
        "give one of the `torch.zeros` on line 5 the device of the others",
    ),
}


@pytest.mark.parametrize("case", WORDS)
def test_what_no_single_line_mends_is_said_in_words(case: str, forks: Any) -> None:
    """Without code, which would do harm."""
    script, words = WORDS[case]
    assert forks.run(IMPORTS + script, "check").findings[0]["fix"] == [words]
