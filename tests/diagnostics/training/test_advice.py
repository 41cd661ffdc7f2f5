"""Advice: what CUDA refuses becomes a finding with the reader's names and the line that mends it."""

from __future__ import annotations

import re
import runpy
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from diagnostics.finding import Finding  # noqa: E402
from diagnostics.training.advice import advise  # noqa: E402
from diagnostics.training.labels import Labels  # noqa: E402
from diagnostics.training.naming import scene  # noqa: E402
from diagnostics.training.virtual_device import DeviceMismatch, VirtualDevice, birth, device_of  # noqa: E402

PREAMBLE = """\
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""

LOOP = """
images, labels = torch.randn(8, 4), torch.randint(0, 3, (8,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), batch_size=4)
"""


def advised(folder: Path, script: str) -> tuple[Finding, str, int]:
    """The first finding of the script, its mended text by line, and the line that is marked with `# here`."""
    text = PREAMBLE + textwrap.dedent(script)
    file = folder / "train.py"
    file.write_text(text)
    found: list[Finding] = []

    def on_mismatch(mismatch: Any) -> None:
        tensors = tuple(each.tensor for each in mismatch.operands)
        at = scene(tensors, start=sys._getframe(1), birth=birth, device_of=device_of)
        found.append(advise(mismatch, at))

    with VirtualDevice(gpus=1, on_mismatch=on_mismatch), pytest.raises(DeviceMismatch):
        runpy.run_path(str(file), run_name="__main__")
    marked = [number for number, line in enumerate(text.splitlines(), 1) if "# here" in line]
    return found[0], text, marked[0]


# A script with the refused line marked `# here` and the line to be changed `# fix`; the finding's id; the name of the
# odd tensor; and the code of the fix.
CASES = {
    "labels that were not moved": (
        LOOP
        + """
model = nn.Linear(4, 3).to(device)
criterion = nn.CrossEntropyLoss()
for images, labels in loader:
    images = images.to(device)
    logits = model(images)
    loss = criterion(logits, labels)  # here, fix
""",
        "device-mismatch",
        "labels",
        "labels = labels.to(device)",
    ),
    "features that were not moved, met in forward": (
        LOOP
        + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
    def forward(self, x):
        return self.fc(x)  # here
model = Net().to(device)
for features, labels in loader:
    logits = model(features)  # fix
""",
        "device-mismatch",
        "x",
        "features = features.to(device)",
    ),
    "features that were worked on before they met the weights": (
        LOOP
        + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
    def forward(self, x):
        x = torch.relu(x - 1)
        return self.fc(x)  # here
model = Net().to(device)
for features, labels in loader:
    logits = model(features)  # fix
""",
        "device-mismatch",
        "x",
        "features = features.to(device)",
    ),
    "an entry of a batch": (
        """
        model = nn.Linear(4, 3).to(device)
        batch = {"x": torch.randn(2, 4).to(device), "y": torch.arange(2).repeat(1)}
        loss = F.cross_entropy(model(batch["x"]), batch["y"])  # here, fix
        """,
        "device-mismatch",
        'batch["y"]',
        'batch["y"] = batch["y"].to(device)',
    ),
    "a move that was thrown away": (
        """
        def evaluate(model, x, y):
            x.to(device)  # fix
            y = y.to(device)
            return F.mse_loss(model(x), y)  # here
        evaluate(nn.Linear(3, 1).to(device), torch.randn(5, 3), torch.randn(5, 1))
        """,
        "device-mismatch",
        "x",
        "x = x.to(device)",
    ),
    "a move that was thrown away, with .cuda": (
        """
        model = nn.Linear(3, 1).cuda()
        x = torch.randn(5, 3)
        x.cuda()  # fix
        model(x)  # here
        """,
        "device-mismatch",
        "x",
        "x = x.cuda()",
    ),
    "a plain attribute": (
        """
        class PosEnc(nn.Module):
            def __init__(self, d):
                super().__init__()
                self.pe = torch.zeros(50, d)  # fix
                self.proj = nn.Linear(d, d)
            def forward(self, x):
                return self.proj(x + self.pe[: x.size(1)])  # here
        net = PosEnc(8).to(device)
        net(torch.randn(2, 5, 8, device=device))
        """,
        "device-mismatch",
        "self.pe[: x.size(1)]",
        'self.register_buffer("pe", torch.zeros(50, d))',
    ),
    "a plain attribute of a layer inside": (
        """
        class Scale(nn.Module):
            def __init__(self):
                super().__init__()
                self.factor = torch.ones(4) * 0.5  # fix
            def forward(self, x):
                return x * self.factor  # here
        net = nn.Sequential(nn.Linear(4, 4), Scale()).to(device)
        net(torch.randn(2, 4, device=device))
        """,
        "device-mismatch",
        "self.factor",
        'self.register_buffer("factor", torch.ones(4) * 0.5)',
    ),
    "a model that was not moved": (
        """
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))  # fix
        x = torch.randn(2, 4, device=device)
        out = model(x)  # here
        """,
        "device-mismatch",
        "model[0].bias",
        "model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).to(device)",
    ),
    "a model that was not moved, met in forward": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 3)
            def forward(self, x):
                return self.fc(x)  # here
        def main():
            model = Net()  # fix
            model(torch.randn(2, 4, device=device))
        main()
        """,
        "device-mismatch",
        "self.fc.bias",
        "model = Net().to(device)",
    ),
    "a model of a trainer": (
        """
        class Trainer:
            def __init__(self):
                self.device = torch.device("cuda")
                self.model = nn.Linear(4, 3)  # fix
            def step(self, x):
                return self.model(x.to(self.device))  # here
        del device
        Trainer().step(torch.randn(2, 4))
        """,
        "device-mismatch",
        "self.model.bias",
        "self.model = nn.Linear(4, 3).to(self.device)",
    ),
    "layers in a plain list": (
        """
        class Layers(nn.Module):
            def __init__(self):
                super().__init__()
                self.blocks = [nn.Linear(4, 4) for _ in range(3)]  # fix
                self.head = nn.Linear(4, 2)
            def forward(self, h):
                for block in self.blocks:
                    h = torch.relu(block(h))  # here
                return self.head(h)
        m = Layers().to(device)
        m(torch.randn(2, 4, device=device))
        """,
        "device-mismatch",
        "block.bias",
        "self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])",
    ),
    "a head that came after the move": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body, self.fc = nn.Linear(4, 4), nn.Linear(4, 10)
            def forward(self, x):
                return self.fc(self.body(x))  # here
        net = Net().to(device)
        net.fc = nn.Linear(4, 2)  # fix
        net(torch.randn(2, 4, device=device))
        """,
        "device-mismatch",
        "self.fc.bias",
        "net.fc = nn.Linear(4, 2).to(device)",
    ),
    "optimizer state from before the move": (
        """
        model = nn.Linear(3, 1)
        optimizer = torch.optim.Adam(model.parameters(), foreach=False)  # fix
        model(torch.randn(4, 3)).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        model.cuda()
        x = torch.randn(4, 3).cuda()
        model(x).mean().backward()
        optimizer.step()  # here
        """,
        "device-mismatch",
        "optimizer.state[model.weight]['exp_avg']",
        "model.cuda()",
    ),
    "a hidden state": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.GRU(4, 5, batch_first=True)
            def forward(self, x):
                h0 = torch.zeros(1, x.size(0), 5)  # fix
                out, _ = self.rnn(x, h0)  # here
                return out
        Net().to(device)(torch.randn(2, 7, 4, device=device))
        """,
        "device-mismatch",
        "h0",
        "h0 = torch.zeros(1, x.size(0), 5, device=device)",
    ),
    "two hidden states made in a method": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.LSTM(4, 5, batch_first=True)
            def start(self, n):
                return torch.zeros(1, n, 5), torch.zeros(1, n, 5)  # fix
            def forward(self, x):
                h0, c0 = self.start(x.size(0))
                return self.rnn(x, (h0, c0))  # here
        Net().to(device)(torch.randn(2, 7, 4, device=device))
        """,
        "device-mismatch",
        "h0",
        "return torch.zeros(1, n, 5, device=device), torch.zeros(1, n, 5, device=device)",
    ),
    "a mask made in a function without a device": (
        """
        def masked(scores):
            mask = torch.ones(scores.shape, dtype=torch.bool)  # fix
            return torch.where(mask, scores, scores * 2)  # here
        del device
        masked(torch.randn(2, 2, device="cuda"))
        """,
        "device-mismatch",
        "mask",
        "mask = torch.ones(scores.shape, dtype=torch.bool, device=scores.device)",
    ),
    "a constant without a device": (
        """
        mean = torch.tensor([0.5, 0.5])  # fix
        x = torch.randn(3, 2, device=device)
        x = x - mean  # here
        """,
        "device-mismatch",
        "mean",
        "mean = torch.tensor([0.5, 0.5], device=device)",
    ),
    "a constant with the wrong device": (
        """
        noise = torch.randn(3, 2, device="cpu")  # fix
        x = torch.randn(3, 2, device=device)
        x = x + noise  # here
        """,
        "device-mismatch",
        "noise",
        "noise = torch.randn(3, 2, device=device)",
    ),
    "an array": (
        """
        weights = torch.from_numpy(np.ones(3, dtype=np.float32))  # fix
        x = torch.randn(3, device=device)
        x * weights  # here
        """,
        "device-mismatch",
        "weights",
        "weights = torch.from_numpy(np.ones(3, dtype=np.float32)).to(device)",
    ),
    "class weights of a loss": (
        """
        model = nn.Linear(4, 3).to(device)
        criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))  # fix
        x, y = torch.randn(2, 4, device=device), torch.tensor([0, 1], device=device)
        criterion(model(x), y)  # here
        """,
        "device-mismatch",
        "criterion.weight",
        "criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])).to(device)",
    ),
    "another name for the device": (
        """
        dev = "cuda"
        del device
        model = nn.Linear(4, 3).to(dev)
        model(torch.randn(2, 4))  # here, fix
        """,
        "device-mismatch",
        "torch.randn(2, 4)",
        "model(torch.randn(2, 4, device=dev))",
    ),
    "the device of the arguments": (
        """
        from types import SimpleNamespace
        del device
        args = SimpleNamespace(device="cuda:0")
        model = nn.Linear(4, 3).to(args.device)
        x = torch.randn(4, 4)[:2].clone()
        model(x)  # here, fix
        """,
        "device-mismatch",
        "x",
        "x = x.to(args.device)",
    ),
    "no name for the device": (
        """
        del device
        model = nn.Linear(4, 3).cuda()
        x = torch.randn(4, 4)[:2].clone()
        model(x)  # here, fix
        """,
        "device-mismatch",
        "x",
        'x = x.to("cuda")',
    ),
    "a temporary": (
        """
        model = nn.Linear(4, 3).to(device)
        def data():
            return torch.randn(2, 8)[:, :4].clone()
        model(data() * 2)  # here, fix
        """,
        "device-mismatch",
        "data() * 2",
        "model((data() * 2).to(device))",
    ),
    "a temporary of one tensor": (
        """
        def attend(scores):
            mask = torch.tril(torch.ones(5, 5))
            return scores.masked_fill(mask == 0, 0.0)  # here, fix
        attend(torch.randn(2, 5, 5, device=device))
        """,
        "device-mismatch",
        "mask == 0",
        "mask = mask.to(device)",
    ),
    "a field of a batch, made where its own word for the device holds": (
        """
        from types import SimpleNamespace
        class Task:
            def __init__(self):
                self.device = torch.device("cuda")
                self.net = nn.Linear(4, 3).to(self.device)
            def step(self, batch):
                out = self.net(batch.x)
                return F.cross_entropy(out, batch.y)  # here
        del device
        task = Task()
        batch = SimpleNamespace(x=torch.randn(2, 4, device="cuda"), y=torch.tensor([0, 1]))  # fix
        task.step(batch)
        """,
        "device-mismatch",
        "batch.y",
        'batch = SimpleNamespace(x=torch.randn(2, 4, device="cuda"), y=torch.tensor([0, 1], device="cuda"))',
    ),
    "what a library made of the features": (
        """
        layer = nn.TransformerEncoderLayer(8, 2, batch_first=True).to(device)
        x = torch.randn(2, 8, 8)[:, :5]  # fix
        copies = list(layer.parameters())
        layer(x)  # here
        """,
        "device-mismatch",
        "x",
        "x = torch.randn(2, 8, 8, device=device)[:, :5]",
    ),
    "what a library made of a batch": (
        """
        encoder = nn.TransformerEncoderLayer(8, 2, batch_first=True).to(device)
        def run(batch):
            return encoder(**batch)  # here, fix
        run({"src": torch.randn(2, 8, 8)[:, :5].clone()})
        """,
        "device-mismatch",
        'batch["src"]',
        'batch["src"] = batch["src"].to(device)',
    ),
    "numpy": (
        """
        scores = torch.randn(3, device=device)
        print(scores.numpy())  # here, fix
        """,
        "numpy-of-gpu-tensor",
        "scores",
        "scores.cpu().numpy()",
    ),
    "numpy with a graph": (
        """
        model = nn.Linear(2, 1).to(device)
        loss = model(torch.randn(3, 2, device=device)).mean()
        np.asarray(loss)  # here, fix
        """,
        "numpy-of-gpu-tensor",
        "loss",
        "np.asarray(loss.detach().cpu())",
    ),
    "lengths of packed sequences": (
        """
        from torch.nn.utils.rnn import pack_padded_sequence
        x = torch.randn(2, 5, 3, device=device)
        lengths = torch.tensor([5, 3], device=device)
        packed = pack_padded_sequence(x, lengths, batch_first=True)  # here, fix
        """,
        "host-argument",
        "lengths",
        "pack_padded_sequence(x, lengths.cpu(), batch_first=True)",
    ),
    "a generator of the CPU": (
        """
        generator = torch.Generator()  # fix
        generator.manual_seed(0)
        noise = torch.randn(3, device=device, generator=generator)  # here
        """,
        "generator-device",
        "generator",
        "generator = torch.Generator(device)",
    ),
    "a loader that shuffles where tensors are made on the GPU": (
        """
        with device:
            data = torch.utils.data.TensorDataset(torch.randn(8, 2))
            loader = torch.utils.data.DataLoader(data, batch_size=4, shuffle=True)  # fix
            for (batch,) in loader:  # here
                pass
        """,
        "generator-device",
        "loader.generator",
        "loader = torch.utils.data.DataLoader(data, batch_size=4, shuffle=True, generator=torch.Generator(device))",
    ),
    "lengths that torch sorts": (
        """
        from torch.nn.utils.rnn import pack_padded_sequence
        def encode(words, lengths):
            x = words + 0
            return pack_padded_sequence(x * 2, lengths, True, enforce_sorted=False)  # here, fix
        encode(torch.randn(2, 5, 3, device=device), torch.tensor([3, 5], device=device))
        """,
        "host-argument",
        "lengths",
        "pack_padded_sequence(x * 2, lengths.cpu(), True, enforce_sorted=False)",
    ),
    "a function of Python's": (
        """
        scores = torch.rand(3, device=device)
        scores.apply_(lambda score: score**2)  # here, fix
        """,
        "host-argument",
        "scores",
        "scores.copy_(scores.cpu().apply_(lambda score: score**2))",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_fix_is_written_for_the_line(tmp_path: Path, case: str) -> None:
    """The finding's id, place and name, and one line of code with its number."""
    script, id_, name, code = CASES[case]
    found, text, line = advised(tmp_path, script)
    mended = next(number for number, each in enumerate(text.splitlines(), 1) if "fix" in each.partition("#")[2])
    assert found.where is not None
    assert (found.id, found.status, found.where.line) == (id_, "fail", line)
    assert [each.name for each in found.where.tensors[:1]] == ([name] if name else [])
    assert found.fix[0].command == code
    step = found.fix[0].text
    assert re.match(rf"(before line {mended}, add|line {mended} becomes|in line {mended}): ", step), step
    assert f"`{code}`" in step


# The refused line is marked `# here`; what is named in the finding, and words of its title and its step.
UNCHANGED_LINES = {
    "a data set on the GPU whose batches are to be pinned": (
        """
        data = torch.utils.data.TensorDataset(torch.randn(8, 2, device=device))
        for (batch,) in torch.utils.data.DataLoader(data, batch_size=4, pin_memory=True):  # here
            pass
        """,
        "host-argument",
        "data.tensors[0]",
        "leave `pin_memory=True` out",
    ),
    "a GPU by its name": (
        """
        where = torch.device("cuda:3")
        model = nn.Linear(2, 2).to(where)  # here
        """,
        "no-such-gpu",
        "where",
        "say with --gpus how many there are",
    ),
    "a GPU by its number": (
        """
        rank = 2
        torch.zeros(2).cuda(rank)  # here
        """,
        "no-such-gpu",
        "rank",
        "say with --gpus how many there are",
    ),
    "a GPU written out": (
        """
        torch.zeros(2, device="cuda:1")  # here
        """,
        "no-such-gpu",
        '"cuda:1"',
        "say with --gpus how many there are",
    ),
}


@pytest.mark.parametrize("case", UNCHANGED_LINES)
def test_what_no_line_can_mend_is_named(tmp_path: Path, case: str) -> None:
    """Each with what to do in words."""
    script, id_, name, words = UNCHANGED_LINES[case]
    found, _, line = advised(tmp_path, script)
    assert found.where is not None
    assert (found.id, found.where.line) == (id_, line)
    assert [each.name for each in found.where.tensors] == [name]
    assert name in found.title
    assert words in found.fix[0].text


def test_the_evidence_says_who_is_where_and_where_it_was_made(tmp_path: Path) -> None:
    """Each tensor with its device, shape and birth, and CUDA's own words."""
    found, _, _ = advised(
        tmp_path,
        """
        mean = torch.tensor([0.5, 0.5])
        x = torch.randn(3, 2, device=device)
        x - mean  # here
        """,
    )
    assert found.title == "`mean` is on cpu, and `x` is on cuda:0"
    assert found.evidence == (
        "`mean`: cpu, shape (2,), made at train.py:4 torch.tensor([0.5, 0.5])",
        "`x`: cuda:0, shape (3, 2), made at train.py:5 torch.randn(3, 2, device=device)",
        "CUDA would say: Expected all tensors to be on the same device, "
        "but found at least two devices, cuda:0 and cpu!",
    )
    assert (found.category, found.lesson) == ("device-mismatch", "devices#two-devices")


def test_a_tensor_that_changed_its_name_is_followed(tmp_path: Path) -> None:
    """The evidence gives its names from call to call, the innermost first."""
    found, _, line = advised(tmp_path, CASES["features that were not moved, met in forward"][0])
    assert f"`x` at train.py:{line}, `features` at train.py:{line + 3} are one tensor" in found.evidence


def test_the_partner_is_what_the_line_names(tmp_path: Path) -> None:
    """Inside a loss the logits have become something without a name: the title says `logits` all the same."""
    found, _, _ = advised(tmp_path, CASES["labels that were not moved"][0])
    assert found.title == "`labels` is on cpu, and `logits` is on cuda:0"


def test_labels_are_judged_on_a_virtual_device_too(tmp_path: Path) -> None:
    """A label of the wrong dtype whose device is in order is the labels' finding."""
    file = tmp_path / "train.py"
    file.write_text(
        "import torch\nlogits, labels = torch.randn(4, 3).cuda(), torch.tensor([0.0, 1, 2, 0], device='cuda')\n"
        "torch.nn.functional.cross_entropy(logits, labels)\n"
    )
    found: list[Finding] = []
    with VirtualDevice(gpus=1), Labels(found.append), pytest.raises(RuntimeError, match="target dtype"):
        runpy.run_path(str(file))
    assert [(each.id, each.where.line) for each in found if each.where] == [("label-dtype", 3)]
    assert found[0].evidence[0] == "`labels`: float32, shape (4,), values 0 to 2, 3 different"
