"""Losses in scripts: names, lines, fixes and births; and that the judge changes nothing of what it watches."""

from __future__ import annotations

import contextlib
import io
import pickle
import re
import runpy
import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from diagnostics.finding import Finding  # noqa: E402
from diagnostics.training.labels import Labels, calls  # noqa: E402

PREAMBLE = "import numpy as np, torch, torch.nn as nn, torch.nn.functional as F\n"


def run(folder: Path, script: str) -> tuple[list[Finding], list[int]]:
    """The findings of a script, whatever it raises, and its lines that are marked with `# here`."""
    text = PREAMBLE + textwrap.dedent(script)
    file = folder / "train.py"
    file.write_text(text)
    found: list[Finding] = []
    with Labels(found.append), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(RuntimeError, ValueError, IndexError, TypeError):
            runpy.run_path(str(file), run_name="__main__")
    return found, [number for number, line in enumerate(text.splitlines(), 1) if "# here" in line]


# A script with the loss call marked `# here`; the finding's id, the names of target and input, the expression, the fix.
NAMED = {
    "a local": (
        """
        logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0], dtype=torch.int32)
        criterion = nn.CrossEntropyLoss()
        loss = criterion(logits, labels)  # here
        """,
        "label-dtype",
        ["labels", "logits"],
        "criterion(logits, labels)",
        "labels = labels.long()",
    ),
    "an entry of a batch": (
        """
        model, batch = nn.Linear(2, 3), {"x": torch.ones(4, 2), "y": torch.ones(4)}
        loss = F.cross_entropy(model(batch["x"]), batch["y"])  # here
        """,
        "label-dtype",
        ['batch["y"]', 'model(batch["x"])'],
        'F.cross_entropy(model(batch["x"]), batch["y"])',
        'batch["y"] = batch["y"].long()',
    ),
    "a temporary": (
        """
        model, y = nn.Linear(2, 1), torch.tensor([0, 1])
        loss = F.binary_cross_entropy_with_logits(  # here
            model(torch.ones(2, 2)),  # logits
            y.view(-1, 1),
        )
        """,
        "bce-integer-target",
        ["y.view(-1, 1)", "model(torch.ones(2, 2))"],
        "F.binary_cross_entropy_with_logits(model(torch.ones(2, 2)), y.view(-1, 1))",
        "F.binary_cross_entropy_with_logits(model(torch.ones(2, 2)), y.view(-1, 1).float())",
    ),
    "an attribute": (
        """
        class Trainer:
            def __init__(self):
                self.model, self.targets = nn.Linear(2, 1), torch.ones(4)
            def step(self, x):
                return F.mse_loss(self.model(x), self.targets)  # here
        Trainer().step(torch.ones(4, 2))
        """,
        "loss-broadcast",
        ["self.targets", "self.model(x)"],
        "F.mse_loss(self.model(x), self.targets)",
        "F.mse_loss(self.model(x).squeeze(-1), self.targets)",
    ),
    "the input's axis": (
        """
        out, y = torch.randn(2, 5, 7), torch.zeros(2, 5, dtype=torch.long)
        loss = F.cross_entropy(out, y)  # here
        """,
        "class-axis",
        ["y", "out"],
        "F.cross_entropy(out, y)",
        "out = out.transpose(1, 2)",
    ),
    "one-hot": (
        """
        out, y = torch.randn(2, 3), F.one_hot(torch.tensor([0, 2]), 3)
        loss = F.cross_entropy(out, y)  # here
        """,
        "label-one-hot",
        ["y", "out"],
        "F.cross_entropy(out, y)",
        "y = y.argmax(dim=1)",
    ),
    "ids from one": (
        """
        out, y = torch.randn(3, 3), torch.tensor([1, 2, 3])
        loss = F.cross_entropy(out, y)  # here
        """,
        "label-range",
        ["y", "out"],
        "F.cross_entropy(out, y)",
        "y = y - 1",
    ),
    "features of numpy": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(2, 3)
            def forward(self, x):
                return self.fc(x)  # here
        features, net = torch.from_numpy(np.ones((4, 2))), Net()
        out = net(features)
        """,
        "input-float64",
        ["x", "self.fc.weight"],
        "self.fc(x)",
        "features = features.float()",
    ),
    "inside of a loss of one's own": (
        """
        def focal(pred, truth):
            return (2 * F.cross_entropy(pred, truth, reduction="none")).mean()  # here
        focal(torch.randn(4, 3), torch.tensor([[0], [1], [2], [0]]))
        """,
        "label-shape",
        ["truth", "pred"],
        'F.cross_entropy(pred, truth, reduction="none")',
        "truth = truth.squeeze(1)",
    ),
}


@pytest.mark.parametrize("case", NAMED)
def test_a_finding_has_the_readers_names_and_line(tmp_path: Path, case: str) -> None:
    """The id, the line, the expression on it, the names of target and input, and the fix for that line."""
    script, id_, names, expression, code = NAMED[case]
    (found,), (line,) = run(tmp_path, script)
    assert found.where is not None
    assert (found.id, found.where.line, found.where.expression) == (id_, line, expression)
    assert [each.name for each in found.where.tensors] == names
    assert found.fix[0].command == code
    assert re.match(rf"(before|in) line \d+(, add)?: .*`{re.escape(code)}`", found.fix[0].text)


def test_the_words_of_a_finding(tmp_path: Path) -> None:
    """A title with the name, what was seen of both tensors, and the lesson and category."""
    (found,), _ = run(tmp_path, NAMED["a local"][0])
    assert found.title == "`labels` is int32, and cross_entropy takes class ids as int64"
    assert found.evidence[0] == "`labels`: int32, shape (4,), values 0 to 2, 3 different"
    assert found.evidence[1].startswith("`logits`: float32, shape (4, 3), values ")
    assert (found.category, found.lesson) == ("label-dtype", "labels_and_losses#a-dtype-for-each-loss")


def test_a_line_is_told_of_once(tmp_path: Path) -> None:
    """The same fault on the same line in every step is one finding; on another line it is another."""
    script = """
    pred, target = torch.randn(4, 1), torch.randn(4)
    for step in range(10):
        F.mse_loss(pred, target)  # here
    F.mse_loss(pred, target)  # here
    """
    found, lines = run(tmp_path, script)
    assert [each.where.line for each in found if each.where] == lines


def test_a_last_batch_of_another_shape_is_seen_late(tmp_path: Path) -> None:
    """Shapes are judged in every call: squeeze() drops the batch of the last one."""
    script = """
    for count in [8] * 20 + [1]:
        target = torch.tensor([0] * count)
        F.cross_entropy(torch.randn(count, 3), target.squeeze())  # here
    """
    (found,), (line,) = run(tmp_path, script)
    assert found.where is not None
    assert (found.id, found.where.line) == ("label-shape", line)


BIRTHS = {
    "numpy numbers": ("np.ones(2, np.float32), np.int32(index % 3)", "numpy numbers of int32", "label-dtype"),
    "Python floats": ("np.ones(2, np.float32), float(index % 3)", "Python floats", "label-dtype"),
    "arrays": ("np.ones(2, np.float32), np.ones((), np.int16)", "numpy arrays of int16", "label-dtype"),
    "tensors of arrays": (
        "torch.ones(2), torch.from_numpy(np.zeros(1, np.int32))[0]",
        "torch.from_numpy made tensors of int32",
        "label-dtype",
    ),
}


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("case", BIRTHS)
def test_a_label_tells_where_its_dtype_was_born(tmp_path: Path, case: str, workers: int) -> None:
    """What the data set gives is met where the loader makes a batch of it, in a worker too."""
    item, words, id_ = BIRTHS[case]
    script = f"""
    class Rows(torch.utils.data.Dataset):
        def __len__(self):
            return 6
        def __getitem__(self, index):
            return {item}
    model = nn.Linear(2, 3)
    for x, labels in torch.utils.data.DataLoader(Rows(), batch_size=3, num_workers={workers}):
        F.cross_entropy(model(x), labels)  # here
    """
    (found,), _ = run(tmp_path, script)
    assert found.id == id_
    assert any(words in line for line in found.evidence)


def test_a_label_of_a_data_set_of_arrays_tells_the_line(tmp_path: Path) -> None:
    """torch.from_numpy keeps numpy's float64: the evidence says where."""
    script = """
    y = torch.from_numpy(np.linspace(0, 1, 6))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(6, 2), y), batch_size=3)
    model = nn.Linear(2, 1)
    for x, target in loader:
        F.mse_loss(model(x)[:, 0], target)  # here
    """
    (found,), _ = run(tmp_path, script)
    assert found.id == "target-float64"
    assert found.evidence[-1] == "torch.from_numpy made tensors of float64 at train.py:3: it keeps numpy's dtype"


def loss_of(seed: int) -> tuple[Any, ...]:
    """Everything that a judge could disturb: the loss, the gradient, and the random numbers after."""
    torch.manual_seed(seed)
    logits = torch.randn(5, 3, requires_grad=True)
    loss = F.cross_entropy(logits, torch.randint(0, 3, (5,)))
    (grad,) = torch.autograd.grad(loss, logits)
    broad = F.mse_loss(logits[:, :1], torch.randn(5).double())
    return loss.detach(), grad, broad.detach(), broad.grad_fn.name(), torch.randn(3)


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_nothing_is_changed_for_the_script() -> None:
    """The same loss, gradient, graph and random numbers with and without the judge."""
    plain = loss_of(3)
    with Labels(lambda finding: None):
        watched = loss_of(3)
    assert [str(each) for each in watched] == [str(each) for each in plain]


def test_torchs_own_error_reaches_the_script() -> None:
    """The exception is torch's, of its class and with its words."""
    with Labels(lambda finding: None), pytest.raises(IndexError, match=r"Target 3 is out of bounds"):
        F.cross_entropy(torch.randn(1, 3), torch.tensor([3]))


def test_torchs_own_warning_names_the_scripts_line() -> None:
    """A warning is told of the line that called the loss, as without us."""
    with Labels(lambda finding: None), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        F.mse_loss(torch.randn(4, 1), torch.randn(4))
    assert [each.filename for each in caught] == [__file__]


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_report_that_fails_does_not_stop_the_script() -> None:
    """What goes wrong in our own code is no matter of the script."""

    def broken(finding: Finding) -> None:
        raise OSError("the disk is full")

    with Labels(broken):
        assert F.l1_loss(torch.ones(4, 1), torch.ones(4)).item() == 0


def test_values_are_read_in_the_first_calls_of_a_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading values waits for a GPU: three calls of a line are enough."""
    read: list[Any] = []
    span = calls.span
    monkeypatch.setattr("diagnostics.training.labels.classes.span", lambda tensor: read.append(tensor) or span(tensor))
    with Labels(lambda finding: None, looks=3):
        for _ in range(10):
            F.cross_entropy(torch.randn(4, 3), torch.tensor([0, 1, 2, 0]))
    assert len(read) == 3


def test_all_is_as_before_at_the_end() -> None:
    """The functions of torch, names that the script took before, and the loader's table."""
    from torch.utils.data._utils.collate import default_collate_fn_map

    before = (F.cross_entropy, F.mse_loss, torch.from_numpy, dict(default_collate_fn_map), taken)
    with Labels(lambda finding: None):
        assert taken is not before[-1]
        assert F.cross_entropy is not before[0]
    assert (F.cross_entropy, F.mse_loss, torch.from_numpy, dict(default_collate_fn_map), taken) == before


FLOAT64 = {
    "a convolution": lambda x: nn.Conv1d(2, 1, 1)(x),
    "a recurrent layer": lambda x: nn.LSTM(3, 2)(x),
    "a linear layer in a sequence": lambda x: nn.Sequential(nn.ReLU(), nn.Linear(3, 1))(x),
}


@pytest.mark.parametrize("case", FLOAT64)
def test_features_of_float64_are_told_of_before_the_layer_refuses_them(case: str) -> None:
    """torch raises right after."""
    found: list[Finding] = []
    with Labels(found.append), pytest.raises((RuntimeError, ValueError)):
        FLOAT64[case](torch.ones(1, 2, 3).double())
    assert [each.id for each in found] == ["input-float64"]


def test_features_that_fit_are_left_in_peace() -> None:
    """A model in double precision, one that converts by itself, and layers that take any type."""
    double = torch.ones(1, 2, 3).double()
    with Labels(pytest.fail):
        nn.Linear(3, 1).double()(double)
        nn.Linear(3, 1)(double.float())
        nn.ReLU()(double)
        nn.Embedding(4, 2)(torch.tensor([1]))


taken = F.huber_loss
"""A loss taken by name before the judge comes, as `from torch.nn.functional import huber_loss` does."""


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_judge_inside_of_a_judge(tmp_path: Path) -> None:
    """Both are told, and both leave."""
    outer: list[Finding] = []
    inner: list[Finding] = []
    before = F.l1_loss
    with Labels(outer.append), Labels(inner.append):
        F.l1_loss(torch.ones(4, 1), torch.ones(4))
    assert (len(outer), len(inner), F.l1_loss) == (1, 1, before)


def scripted(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """A loss for TorchScript."""
    return F.cross_entropy(logits, labels)


def test_programs_that_are_compiled_traced_or_transformed_run_as_ever() -> None:
    """torch.jit, torch.func, torch.fx, fake tensors and torch.compile see the loss itself."""
    logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    plain = F.cross_entropy(logits, labels)
    torch.compile(scripted, backend="eager")(logits, labels)  # from here on the compiler knows the loss itself by name
    torch.compiler.reset()
    with Labels(pytest.fail), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert torch.equal(torch.jit.script(scripted)(logits, labels), plain)
        assert torch.equal(torch.jit.trace(scripted, (logits, labels))(logits, labels), plain)
        assert torch.func.grad(scripted)(logits, labels).shape == (4, 3)
        assert torch.func.vmap(scripted)(logits[:, None], labels[:, None]).shape == (4,)
        assert torch.fx.symbolic_trace(scripted)(logits, labels).item() == plain.item()
        assert torch.compile(nn.Linear(3, 1), backend="eager", fullgraph=True)(logits).shape == (4, 1)
        assert torch.compile(scripted, backend="eager", fullgraph=True)(logits, labels).item() == plain.item()
        with torch._subclasses.fake_tensor.FakeTensorMode() as fake:
            assert scripted(fake.from_tensor(logits), fake.from_tensor(labels)).shape == ()
        assert F.cross_entropy(logits.to("meta"), labels.to("meta")).is_meta


def test_a_loss_can_be_pickled_while_it_is_judged() -> None:
    """A loader's worker or a checkpoint may carry a reference to it."""
    with Labels(lambda finding: None):
        text = pickle.dumps(F.mse_loss)
        assert pickle.loads(text) is F.mse_loss
        torch.save(nn.CrossEntropyLoss(), io.BytesIO())
    assert pickle.loads(text) is F.mse_loss
