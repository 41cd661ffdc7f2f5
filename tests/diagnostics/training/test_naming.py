"""Names: a tensor that is alone of its kind in an operation is called what the script calls it, at its line."""

from __future__ import annotations

import functools
import runpy
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from diagnostics.training.naming import Scene, is_user, scene  # noqa: E402

PREAMBLE = """\
import torch, torch.nn as nn, torch.nn.functional as F
"""


class Met(Exception):
    """A far tensor met a near one."""


class Mixed(TorchDispatchMode):
    """Stops at the first operation in which a far tensor, as far(t) makes them, meets a near one."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.bases: list[str] = []
        self.others: list[str] = []
        self.outward: list[tuple[int, str]] = []
        self.expression, self.line = "", 0
        self.asked: list[Any] = []

    def far(self, tensor: Any) -> Any:
        """Marks the tensor's memory."""
        tensor.untyped_storage()._far = True
        return tensor

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = [each for each in torch.utils._pytree.tree_leaves((args, kwargs or {})) if torch.is_tensor(each)]
        far = [each for each in tensors if hasattr(each.untyped_storage(), "_far")]
        if far and len(far) < len(tensors):
            self.look(scene(tensors, start=sys._getframe(1)), tensors, far)
            raise Met
        found = function(*args, **(kwargs or {}))
        if far and isinstance(found, torch.Tensor):
            self.far(found)
        return found

    def look(self, at: Scene, tensors: list[Any], far: list[Any]) -> None:
        """Keeps what the scene says."""
        self.names = [at.name(each) for each in far]
        self.bases = [origin.base if (origin := at.origin(each)) else "" for each in far]
        self.others = [at.name(each) for each in tensors if not any(each is other for other in far)]
        self.outward = [(origin.place.line, origin.name) for origin in at.outward(far[0])]
        self.expression, self.line = at.expression, at.line


def met(folder: Path, script: str) -> tuple[Mixed, int]:
    """The scene of the first mix in the script, and the line that is marked with `# here`."""
    text = PREAMBLE + textwrap.dedent(script)
    file = folder / "script.py"
    file.write_text(text)
    mixed = Mixed()
    with mixed, pytest.raises(Met):
        runpy.run_path(str(file), {"far": mixed.far, "watch": mixed}, "__main__")
    marked = [number for number, line in enumerate(text.splitlines(), 1) if "# here" in line]
    return mixed, marked[0]


CASES = {
    "a local": ("a, b = far(torch.ones(2)), torch.ones(2)\na + b  # here", "a", "a + b"),
    "the right operand": ("a, b = torch.ones(2), far(torch.ones(2))\nc = 2 * (a * b)  # here", "b", "a * b"),
    "an alias": ("a = b = far(torch.ones(2))\nc = torch.ones(2)\nc - b  # here", "b", "c - b"),
    "a function's argument": (
        """
        def add(left, right):
            return torch.add(left, right)  # here
        x = torch.ones(2)
        add(x, far(torch.ones(2)))
        """,
        "right",
        "torch.add(left, right)",
    ),
    "a call over lines": (
        """
        x, weight = torch.ones(2, 3), far(torch.ones(4, 3))
        out = F.linear(  # here
            x,
            weight,  # of the head
        )
        """,
        "weight",
        "F.linear(x, weight)",
    ),
    "a chain over lines": (
        """
        x, y = torch.ones(2, 3), far(torch.ones(2, 3))
        z = (
            x
            .mul(2)
            .add(y)  # here
        )
        """,
        "y",
        "x.mul(2).add(y)",
    ),
    "a method": ("x, m = torch.ones(2), far(torch.ones(2))\nx.mul(m)  # here", "m", "x.mul(m)"),
    "an operation in place": ("x, m = torch.ones(2), far(torch.ones(2))\nx += m  # here", "m", "x += m"),
    "a comprehension": (
        "a, rest = far(torch.ones(2)), [torch.ones(2)]\nsums = [each + a for each in rest]  # here",
        "a",
        "each + a",
    ),
    "the comprehension's own": (
        "a, rest = torch.ones(2), [far(torch.ones(2))]\nsums = [each + a for each in rest]  # here",
        "each",
        "each + a",
    ),
    "a generator": (
        "a = torch.ones(2)\nsum(far(torch.ones(2)) * each for each in [a])  # here",
        "far(torch.ones(2))",
        "far(torch.ones(2)) * each",
    ),
    "a lambda": (
        "b = far(torch.ones(2))\nscale = lambda t: t * b  # here\nscale(torch.ones(2))",
        "b",
        "t * b",
    ),
    "a nested function": (
        """
        def outer():
            mask = far(torch.ones(2))
            def inner(x):
                return x * mask  # here
            return inner(torch.ones(2))
        outer()
        """,
        "mask",
        "x * mask",
    ),
    "a global from a function": (
        """
        scale = far(torch.ones(2))
        def forward(x):
            return x * scale  # here
        forward(torch.ones(2))
        """,
        "scale",
        "x * scale",
    ),
    "a dict": (
        'batch = {"x": torch.ones(2), "labels": far(torch.ones(2))}\nF.mse_loss(batch["x"], batch["labels"])  # here',
        'batch["labels"]',
        'F.mse_loss(batch["x"], batch["labels"])',
    ),
    "a dict by a name": (
        'batch, key = {"y": far(torch.ones(2))}, "y"\ntorch.ones(2) + batch[key]  # here',
        "batch[key]",
        "torch.ones(2) + batch[key]",
    ),
    "a dict handed on": (
        """
        def loss(batch):
            x, y = batch.values()
            return x * y  # here
        loss({"x": torch.ones(2), "y": far(torch.ones(2))})
        """,
        "y",
        "x * y",
    ),
    "a list": (
        "states = [far(torch.ones(2)), torch.ones(2)]\nstates[1] + states[0]  # here",
        "states[0]",
        "states[1] + states[0]",
    ),
    "the last of a list": (
        "states = [torch.ones(2), far(torch.ones(2))]\nstates[0] + states[-1]  # here",
        "states[-1]",
        "states[0] + states[-1]",
    ),
    "a stack of a list": (
        "parts = [torch.ones(2), far(torch.ones(2))]\ntorch.stack(parts)  # here",
        "parts[1]",
        "torch.stack(parts)",
    ),
    "unpacked arguments": (
        "pair = (torch.ones(2), far(torch.ones(2)))\ntorch.add(*pair)  # here",
        "pair[1]",
        "torch.add(*pair)",
    ),
    "a dataclass": (
        """
        from dataclasses import dataclass
        @dataclass
        class Batch:
            x: object
            y: object
        batch = Batch(torch.ones(2), far(torch.ones(2)))
        batch.x * batch.y  # here
        """,
        "batch.y",
        "batch.x * batch.y",
    ),
    "a dataclass handed to a loss": (
        """
        from dataclasses import dataclass
        @dataclass
        class Batch:
            x: object
            y: object
        def step(batch):
            a, b = (getattr(batch, name) for name in ("x", "y"))
            return F.l1_loss(a, b)  # here
        step(Batch(torch.ones(2), far(torch.ones(2))))
        """,
        "b",
        "F.l1_loss(a, b)",
    ),
    "a namedtuple": (
        """
        from collections import namedtuple
        Batch = namedtuple("Batch", "x y")
        batch = Batch(torch.ones(2), far(torch.ones(2)))
        batch.x * batch.y  # here
        """,
        "batch.y",
        "batch.x * batch.y",
    ),
    "slots": (
        """
        class Batch:
            __slots__ = ("x", "y")
        batch = Batch()
        batch.x, batch.y = torch.ones(2), far(torch.ones(2))
        batch.x * batch.y  # here
        """,
        "batch.y",
        "batch.x * batch.y",
    ),
    "an attribute of self": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = far(torch.ones(2))
            def forward(self, x):
                return x * self.scale  # here
        Net()(torch.ones(2))
        """,
        "self.scale",
        "x * self.scale",
    ),
    "a view of an attribute": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.pe = far(torch.zeros(50, 8))
                self.proj = nn.Linear(8, 8)
            def forward(self, x):
                return self.proj(x + self.pe[: x.size(1)])  # here
        Net()(torch.ones(2, 5, 8))
        """,
        "self.pe[: x.size(1)]",
        "x + self.pe[: x.size(1)]",
    ),
    "a buffer": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("mask", far(torch.ones(2)))
            def forward(self, x):
                return x.masked_fill(self.mask == 0, 0.0)  # here
        Net()(torch.ones(2))
        """,
        "self.mask == 0",
        "x.masked_fill(self.mask == 0, 0.0)",
    ),
    "a property": (
        """
        class Net:
            @property
            def scale(self):
                return self._scale
        net = Net()
        net._scale = far(torch.ones(2))
        torch.ones(2) * net.scale  # here
        """,
        "net._scale",
        "torch.ones(2) * net.scale",
    ),
    "a parameter": (
        """
        model = nn.Linear(3, 1)
        far(model.weight.data)
        model(torch.ones(2, 3))  # here
        """,
        "model.weight",
        "model(torch.ones(2, 3))",
    ),
    "a parameter deep inside": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1))
        net = Net()
        far(net.encoder[2].bias.data)
        net.encoder(torch.ones(2, 3))  # here
        """,
        "net.encoder[2].bias",
        "net.encoder(torch.ones(2, 3))",
    ),
    "a parameter from within forward": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(3, 1)
            def forward(self, x):
                return self.fc(x)  # here
        net = Net()
        far(net.fc.weight.data)
        net(torch.ones(2, 3))
        """,
        "self.fc.weight",
        "self.fc(x)",
    ),
    "a block of a list": (
        """
        class Layers(nn.Module):
            def __init__(self):
                super().__init__()
                self.blocks = [nn.Linear(4, 4) for _ in range(3)]
            def forward(self, h):
                for block in self.blocks:
                    h = torch.relu(block(h))  # here
                return h
        layers = Layers()
        far(layers.blocks[1].weight.data)
        layers(torch.ones(2, 4))
        """,
        "block.weight",
        "block(h)",
    ),
    "a temporary in a call": (
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.emb, self.fc = nn.Embedding(5, 4), nn.Linear(4, 2)
            def forward(self, ids):
                return self.fc(self.emb(ids))  # here
        Net()(far(torch.tensor([1])))
        """,
        "ids",
        "self.emb(ids)",
    ),
    "a temporary to a module": (
        """
        fc = nn.Linear(4, 2)
        x = torch.ones(3, 4)
        fc(far(x * 2))  # here
        """,
        "far(x * 2)",
        "fc(far(x * 2))",
    ),
    "a temporary by keyword": (
        """
        x = torch.ones(3, 4)
        F.mse_loss(x, target=far(x * 2).abs())  # here
        """,
        "far(x * 2).abs()",
        "F.mse_loss(x, target=far(x * 2).abs())",
    ),
    "a temporary of an operator": (
        """
        x, y = torch.ones(3), far(torch.ones(3))
        z = x.exp() + y.exp()  # here
        """,
        "y.exp()",
        "x.exp() + y.exp()",
    ),
    "a hidden state": (
        """
        rnn = nn.LSTM(4, 5)
        x = torch.ones(7, 2, 4)
        h0, c0 = torch.zeros(1, 2, 5), far(torch.zeros(1, 2, 5))
        rnn(x, (h0, c0))  # here
        """,
        "c0",
        "rnn(x, (h0, c0))",
    ),
    "a hidden state by its call": (
        """
        gru = nn.GRU(4, 5)
        def start(n):
            return far(torch.zeros(1, n, 5))
        gru(torch.ones(7, 2, 4), start(2))  # here
        """,
        "start(2)",
        "gru(torch.ones(7, 2, 4), start(2))",
    ),
    "an index": ("x, index = far(torch.arange(5)), torch.tensor([1])\ny = x[index]  # here", "x", "x[index]"),
    "an assignment to items": (
        "x, y = torch.zeros(5), far(torch.ones(2))\nx[torch.tensor([0, 1])] = y  # here",
        "y",
        "x[torch.tensor([0, 1])] = y",
    ),
    "an f-string": (
        'a, b = torch.ones(2), far(torch.ones(2))\ntext = f"the sum is {(a + b).sum()}"  # here',
        "b",
        "a + b",
    ),
    "a walrus": (
        "b = torch.ones(2)\nif (a := far(torch.ones(2))).sum() and torch.dot(b, a):  # here\n    pass",
        "a",
        "torch.dot(b, a)",
    ),
    "a walrus in the call": (
        "b = torch.ones(2)\ntorch.dot(b, (a := far(torch.ones(2))))  # here",
        "a",
        "torch.dot(b, (a := far(torch.ones(2))))",
    ),
    "a comparison": ("a, b = torch.ones(2), far(torch.ones(2))\n(a == b).sum()  # here", "b", "a == b"),
    "a matrix product": ("a, b = torch.ones(2, 2), far(torch.ones(2, 2))\na @ b.T  # here", "b.T", "a @ b.T"),
    "optimizer state": (
        """
        model = nn.Linear(3, 1)
        optimizer = torch.optim.Adam(model.parameters(), foreach=False)
        model(torch.ones(2, 3)).sum().backward()
        optimizer.step()
        far(optimizer.state[model.weight]["exp_avg"])
        optimizer.step()  # here
        """,
        "optimizer.state[model.weight]['exp_avg']",
        "optimizer.step()",
    ),
    "optimizer state in a function": (
        """
        def train(model):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, foreach=False)
            for step in range(2):
                model(torch.ones(2, 3)).sum().backward()
                if step:
                    far(optimizer.state[model.bias]["momentum_buffer"])
                optimizer.step()  # here
        train(nn.Linear(3, 1))
        """,
        "optimizer.state[model.bias]['momentum_buffer']",
        "optimizer.step()",
    ),
    "a gradient in a step": (
        """
        model = nn.Linear(3, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, foreach=False)
        model(torch.ones(2, 3)).sum().backward()
        far(model.weight.grad)
        optimizer.step()  # here
        """,
        "model.weight.grad",
        "optimizer.step()",
    ),
    "a method of a subclass": (
        """
        class Trainer:
            def __init__(self):
                self.model, self.weights = nn.Linear(3, 2), far(torch.ones(2))
            def loss(self, x, y):
                return F.cross_entropy(self.model(x), y, weight=self.weights)  # here
        Trainer().loss(torch.ones(4, 3), torch.zeros(4, dtype=torch.long))
        """,
        "self.weights",
        "F.cross_entropy(self.model(x), y, weight=self.weights)",
    ),
    "a loss module": (
        """
        criterion = nn.CrossEntropyLoss(weight=far(torch.ones(2)))
        logits, labels = torch.ones(4, 2), torch.zeros(4, dtype=torch.long)
        loss = criterion(logits, labels)  # here
        """,
        "criterion.weight",
        "criterion(logits, labels)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_tensor_is_called_what_the_script_calls_it(tmp_path: Path, case: str) -> None:
    """The name, the exact expression and the line of an operation that mixes two kinds of tensors."""
    script, name, expression = CASES[case]
    mixed, line = met(tmp_path, script)
    assert (mixed.names[0], mixed.expression, mixed.line) == (name, expression, line)


ODD = """
class Odd:
    def __getattr__(self, name):
        raise RuntimeError("no " + name)
    def __getitem__(self, key):
        raise AssertionError("evaluated")
    def __iter__(self):
        raise AssertionError("evaluated")
    def __eq__(self, other):
        raise AssertionError("evaluated")
    __hash__ = None
class Prickly:
    __slots__ = ("full", "empty")
    @property
    def value(self):
        raise AssertionError("evaluated")
class Loud(dict):
    def __getitem__(self, key):
        raise AssertionError("evaluated")
    def items(self):
        raise AssertionError("evaluated")
class Quiet(nn.Module):
    def named_parameters(self, *args, **kwargs):
        raise AssertionError("evaluated")
"""

SURVIVED = {
    "objects that refuse everything": (
        "odd = [Odd(), Prickly()]",
        "prickly = Prickly(); prickly.full = [a]",
        "x, y",
        "y",
    ),
    "a cycle": ("ring = []; ring.append(ring)", "ring.append({'ring': ring})", "x, y", "y"),
    "a huge list": ("huge = list(range(10**6))", "more = {n: n for n in range(10**5)}", "x, y", "y"),
    "a deep nest": ("nest = []", "for _ in range(10**4): nest = [nest]", "x, y", "y"),
    "a mapping that evaluates": ("loud = Loud(a=b)", "del b", "a, dict.get(loud, 'a')", 'loud["a"]'),
    "a module that counts its own": (
        "quiet = Quiet(); quiet.weight = nn.Parameter(b)",
        "del b",
        "a, getattr(quiet, 'weight')",
        "quiet.weight",
    ),
    "a tensor among its own attributes": ("a.hook = a", "b.hook = b", "a, b", "b"),
    "an optimizer without parameters in sight": (
        "optimizer = torch.optim.SGD([nn.Parameter(b)])",
        "del b",
        "a, optimizer.param_groups[0]['params'][0]",
        "optimizer.param_groups[0]['params'][0]",
    ),
}


@pytest.mark.parametrize("case", SURVIVED)
def test_no_code_of_the_script_is_run_for_a_name(tmp_path: Path, case: str) -> None:
    """Properties that raise, odd containers, cycles and crowds: the name is found past them, or there is none."""
    first, second, pair, name = SURVIVED[case]
    if "x, y" in pair:
        first = f"x, y = a, b; {first}"
    script = f"{ODD}a, b = torch.ones(2), far(torch.ones(2))\n{first}\n{second}\nmet_by = torch.add({pair})  # here\n"
    mixed, line = met(tmp_path, script)
    assert (mixed.names[0], mixed.line) == (name, line)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype")
def test_a_kind_of_tensor_of_ones_own_is_not_asked(tmp_path: Path) -> None:
    """Attributes of a subclass go through its __torch_function__, which is the script's code."""
    script = """
    asked = []
    class Loud(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            asked.append(function)
            return super().__torch_function__(function, types, args, kwargs or {})
    loud, nested = torch.ones(2).as_subclass(Loud), torch.nested.nested_tensor([torch.ones(1), torch.ones(2)])
    a, b = torch.ones(2), far(torch.ones(2))
    class Box:
        pass
    box = Box()
    box.b = b
    del b
    def hidden():
        return box.b
    asked.clear()
    watch.asked = asked
    a + hidden()  # here
    """
    mixed, line = met(tmp_path, script)
    assert (mixed.names, mixed.line) == (["box.b"], line)
    assert mixed.asked == []


def test_the_base_of_a_view_is_known(tmp_path: Path) -> None:
    """The expression is `self.pe[: x.size(1)]`, and what has to be moved is `self.pe`."""
    mixed, _ = met(tmp_path, CASES["a view of an attribute"][0])
    assert mixed.bases == ["self.pe"]


def test_the_others_have_names_too(tmp_path: Path) -> None:
    """The near tensors of the operation, parameters included."""
    script = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 1)
        def forward(self, x):
            return self.fc(x)  # here
    Net()(far(torch.ones(2, 3)))
    """
    mixed, _ = met(tmp_path, script)
    assert sorted(mixed.others) == ["self.fc.bias", "self.fc.weight"]


def test_a_tensor_is_followed_outward(tmp_path: Path) -> None:
    """From forward to the loop that handed it in, the innermost first."""
    script = """
    class Net(nn.Module):
        def forward(self, x):
            return x * torch.ones(2)  # here
    net = Net()
    def train(images):
        return net(images)
    data = {"images": far(torch.ones(2))}
    train(data["images"])
    """
    mixed, line = met(tmp_path, script)
    assert mixed.outward == [(line, "x"), (line + 3, "images"), (line + 5, 'data["images"]')]


def test_two_temporaries_are_told_apart_by_their_order(tmp_path: Path) -> None:
    """Neither has a name: the left operand is the left expression."""
    mixed, _ = met(tmp_path, "x, y = torch.ones(3), far(torch.ones(3))\nz = x.exp() + y.exp()  # here")
    assert (mixed.others, mixed.names) == (["x.exp()"], ["y.exp()"])


def test_without_executing_the_positions_of_the_code_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same expression from Python 3.11 on; the whole line before."""
    monkeypatch.setattr("diagnostics.training.naming.source._executing", None)
    mixed, line = met(tmp_path, "a, b = torch.ones(2), far(torch.ones(2))\nc = 2 * (a + b).sum()  # here")
    expression = "a + b" if sys.version_info >= (3, 11) else "c = 2 * (a + b).sum()  # here"
    assert (mixed.expression, mixed.line) == (expression, line)
    assert mixed.names == ["b"]


def test_the_frames_of_a_traceback_have_names(tmp_path: Path) -> None:
    """What a GPU itself refused is named after the fact, from the exception's frames."""
    file = tmp_path / "script.py"
    file.write_text("import torch\ndef step(left, right):\n    return torch.mm(left, right)\nstep(a, b)\n")
    a, b = torch.ones(2, 3), torch.ones(2, 3)
    with pytest.raises(RuntimeError, match="cannot be multiplied") as error:
        runpy.run_path(str(file), {"a": a, "b": b})
    at = scene((a, b), start=error.value.__traceback__)
    assert (at.file, at.line, at.expression) == (str(file), 3, "torch.mm(left, right)")
    assert [at.name(a), at.name(b)] == ["left", "right"]


def test_a_place_says_all_that_is_known_of_its_tensors(tmp_path: Path) -> None:
    """Device, dtype, shape and birth; the birth with the call as it stands on its line."""
    file = tmp_path / "script.py"
    file.write_text("import torch\nmask = torch.zeros(2, 3)\nsee(mask + 1)\n")
    found = []

    def see(total: Any) -> None:
        at = scene((total,), start=sys._getframe(1), birth=lambda tensor: (str(file), 2, "torch.zeros"))
        found.append(at.where([total]))

    runpy.run_path(str(file), {"see": see})
    (where,) = found
    assert (where.file, where.line, where.expression) == (str(file), 3, "see(mask + 1)")
    (tensor,) = where.tensors
    assert (tensor.name, tensor.device, tensor.dtype, tensor.shape) == ("mask + 1", "cpu", "float32", (2, 3))
    assert tensor.born == "script.py:2 torch.zeros(2, 3)"


def test_a_thread_without_the_scripts_frames_stands_for_the_main_one() -> None:
    """Autograd's own threads for a GPU run no line of the script: the main thread's line is told."""
    found: list[tuple[str, str]] = []
    thread = threading.Thread(target=functools.partial(_scene_in_a_library, found, threading.Event()))
    thread.start()
    thread.join()
    assert found == [(__file__, "thread.join()")]


def _scene_in_a_library(found: list[tuple[str, str]], joining: threading.Event) -> None:
    while "join" not in (at := scene(start=sys._getframe(1))).expression:
        joining.wait(0.01)
    found.append((at.file, at.expression))


@pytest.mark.parametrize(
    ("file", "users"),
    [
        (__file__, True),
        ("train.py", True),
        ("/home/me/project/train.py", True),
        ("/home/me/project/.venv/lib/python3.11/site-packages/timm/data.py", False),
        ("/usr/lib/python3/dist-packages/numpy/core.py", False),
        (torch.nn.functional.__file__, False),
        (textwrap.__file__, False),
        (scene.__code__.co_filename, False),
        ("<frozen importlib._bootstrap>", False),
        ("<string>", False),
        ("<stdin>", True),
    ],
)
def test_frames_are_the_readers_or_not(file: str, users: bool) -> None:
    """Torch, what is installed, the standard library and our own are not; generated code is not either."""
    assert is_user(file) is users
