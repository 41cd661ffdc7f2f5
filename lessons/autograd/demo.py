"""Autograd: what torch records, how a gradient finds its way back through it, and where it is lost. All on real graphs.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. `Watch` and `Recording` look at torch's own graph and change nothing in it.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lessons.kit import Chart, Flow, Frame, Graph, Grid, Level, Node, Series, Table, number
from lessons.measure.graph import Recording
from lessons.measure.graph_watch import Watch, dtype_name

ASKED = 8
"""The decimal places of the h that the lesson asks about."""

LONGEST = 112
"""Characters of a note: two rows of the panel's 62 columns, less what a long word at their break costs."""


def graph(
    expression: str,
    w: float,
    x: float,
    b: float,
) -> Iterator[Frame]:
    """Computes y from three leaves, and sends a gradient back through
    what was recorded on the way: one node a frame."""
    leaves = {}
    for name, value in {"w": w, "x": x, "b": b}.items():
        leaves[name] = torch.tensor(value, requires_grad=True)

    with Watch(leaves) as seen:  # only looks on
        y = evaluate(expression, leaves)  # plain torch: w * x + b

    recorded = Recording(y, seen)  # the nodes behind y.grad_fn
    yield _start(recorded, expression)

    with recorded.following():  # hooks on those very nodes
        y.backward()

    for picture in recorded.replay(expression):
        yield _backward(picture, recorded, leaves, expression)


FUNCTIONS = {
    name: getattr(torch, name) for name in ("sigmoid", "relu", "tanh", "exp", "log", "sin", "cos", "sqrt", "abs")
}
ALLOWED = (
    *(ast.Expression, ast.Name, ast.Load, ast.Constant, ast.UnaryOp, ast.USub, ast.UAdd, ast.Call, ast.Attribute),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow),
)
SIGNS = str.maketrans("·×−", "**-")
LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def evaluate(expression: str, leaves: dict[str, Tensor]) -> Tensor:
    """What torch makes of an expression such as "sigmoid(w*x + b)". Raises ValueError with a sentence."""
    signs = "+ - * · / ** ²"
    made_of = f"an expression is made of {', '.join(leaves)}, numbers, {signs}, .detach() and {', '.join(FUNCTIONS)}"
    try:
        tree = ast.parse(_python(expression), mode="eval")
    except SyntaxError:
        raise ValueError(f"{expression} cannot be read: write it as in Python, such as w*x + b") from None
    for node in ast.walk(tree):
        if sentence := _wrong(node, leaves):
            raise ValueError(f"{sentence}: {made_of}")
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            node.value = float(node.value)  # 9**9**9 of integers would take for ever
    try:
        y = eval(compile(tree, "expression", "eval"), {"__builtins__": {}}, {**FUNCTIONS, **leaves})
        if callable(y):  # relu, w.detach
            raise TypeError
    except ZeroDivisionError:
        raise ValueError(f"{expression} divides one number by zero: only a tensor can do that") from None
    except OverflowError:
        raise ValueError(f"{expression} has a number that is too large: write a smaller one") from None
    except (TypeError, AttributeError):  # relu(2), 2.0.detach(), relu*w
        called = f"functions are called on {', '.join(leaves)} and what comes of them, as in relu(w*x)"
        raise ValueError(f"{expression} cannot be computed: {called}") from None
    if isinstance(y, complex) or (isinstance(y, Tensor) and y.is_complex()):
        raise ValueError(f"{expression} is no real number: a root of a negative number is in it")
    if not isinstance(y, Tensor) or not y.requires_grad:
        raise ValueError(f"nothing in {expression} needs a gradient: use {', '.join(leaves)}, and not all detached")
    return y


def _python(expression: str) -> str:
    """As Python writes what the pictures print: "w·x²" is "w*x**2"."""
    plain = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda raised: f"**{raised[0].translate(LOWERED)}", expression)
    return plain.translate(SIGNS).strip()


def _wrong(node: ast.AST, leaves: dict[str, Tensor]) -> str:
    """What a part of an expression may not be, as the begin of a sentence; "" where it is allowed."""
    if isinstance(node, ast.Name) and node.id not in (*leaves, *FUNCTIONS):
        return f"{node.id} is not there"
    if isinstance(node, ast.Call):
        wanted = 0 if isinstance(node.func, ast.Attribute) else 1
        if len(node.args) != wanted or node.keywords:
            return f"{ast.unparse(node.func)}() takes {'one number' if wanted else 'nothing'} between its brackets"
    if isinstance(node, ast.Attribute) and node.attr != "detach":
        return f".{node.attr} has no place here"
    if isinstance(node, ast.BitXor):
        return "a power is written **, not ^"
    if isinstance(node, ast.Constant) and (isinstance(node.value, bool) or not isinstance(node.value, (int, float))):
        return f"{node.value!r} is no number"
    return "" if isinstance(node, ALLOWED) else "there is something in it that has no place here"


def leaf(at: float, double: bool, retain: bool) -> Iterator[Frame]:
    """y = h² with h = w·2. The gradient passes h on its way to w;
    only the leaf keeps it, unless h is asked to."""
    made = torch.tensor(at, requires_grad=True)
    named = {"made": made} if double else {}
    with Watch({"made" if double else "w": made}) as seen:
        w = made.double() if double else made  # now in float64
        seen.call("w", w)
        h = w * 2
        seen.call("h", h)
        y = h**2

    if retain:
        h.retain_grad()
    recorded = Recording(y, seen)
    named.update({"w": w, "h": h, "y": y})
    yield _leaf_frame(named, recorded, step=0)

    with recorded.following():
        y.backward()
    yield _leaf_frame(named, recorded, step=1)


def _leaf_frame(named: dict[str, Tensor], recorded: Recording, step: int) -> Frame:
    grads = {name: _grad(tensor) for name, tensor in named.items()}
    texts = {"h": "h = w·2", "y": "y = h²"} | ({"w": "w = made.double()"} if "made" in named else {})
    rows = tuple(
        (texts.get(name, name), "yes" if tensor.is_leaf else "no", _node_name(tensor), _shown(grads[name]))
        for name, tensor in named.items()
    )
    table = Table("after the forward pass" if step == 0 else "after backward()", ("", "leaf", "grad_fn", ".grad"), rows)
    title = "h = w·2, y = h²"
    pictures = list(recorded.replay(title)) or [recorded.start(title)]
    values = {f"{name}.grad": grad for name, grad in grads.items() if grad is not None}
    stands = ", ".join(f"{name}.grad is {_shown(grad)}" for name, grad in grads.items() if name != "y")
    note = f"After backward(): {stands}."
    if step == 0:
        first = next(iter(named))
        note = f"{first} is a leaf, made by you; h came from {_node_name(named['h'])}, and nothing has a .grad yet."
    return Frame((table, pictures[-1]), values, note, step, 1)


def _node_name(tensor: Tensor) -> str:
    return tensor.grad_fn.name() if tensor.grad_fn else "None"


def _grad(tensor: Tensor) -> float | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of the None that this is about
        return None if tensor.grad is None else tensor.grad.item()


def _shown(grad: float | None) -> str:
    return "None" if grad is None else number(grad)


def accumulate(calls: int, zero: bool) -> Iterator[Frame]:
    """Computes x³ at x = 2 and calls backward(), several times. The
    slope is 12 there; `zero` forgets x.grad before each call."""
    x = torch.tensor(2.0, requires_grad=True)
    seen = [_grad(x)]
    yield _accumulate_frame(seen, calls, zero)

    for _ in range(calls):
        if zero:
            x.grad = None  # as optimizer.zero_grad() does
        y = x**3
        y.backward()
        seen.append(_grad(x))
        yield _accumulate_frame(seen, calls, zero)


def _accumulate_frame(seen: list[float | None], calls: int, zero: bool) -> Frame:
    line = Series("x.grad", tuple(grad or 0.0 for grad in seen))
    chart = Chart("x.grad", (line,), calls, x="call", low=0, high=72, levels=(Level(12, "the slope of x³"),))
    found = [None if zero else grad for grad in seen[:-1]]
    rows = tuple((str(call), _shown(before), _shown(seen[call])) for call, before in enumerate(found, 1))
    table = Table("call by call", ("call", "x.grad before", "after"), rows)
    call, now = len(found), seen[-1]
    values = {} if now is None else {"x.grad": now}
    note = "The start: x is 2, the slope of x³ there is 12, and x.grad is None."
    if call and found[-1] is None:
        note = f"Call {call} finds x.grad None and leaves {_shown(now)} there."
    elif call:
        own = number((now or 0.0) - (found[-1] or 0.0))
        note = f"Call {call} finds {_shown(found[-1])} in x.grad and adds its own {own}: {_shown(now)}."
    return Frame((chart, table), values, note, call, calls)


def cut(how: str) -> Iterator[Frame]:
    """y = h·x + b with h = w·x, so that x is used twice. What comes
    back to w and x when h, or w, is cut off?"""
    w = torch.tensor(2.0, requires_grad=True)
    x = torch.tensor(3.0, requires_grad=True)
    b = torch.tensor(1.0, requires_grad=True)
    leaves = {"w": w, "x": x, "b": b}

    if how == "freeze":
        w.requires_grad_(False)
    with Watch(leaves) as seen:
        with torch.set_grad_enabled(how != "no_grad"):
            h = w * x
        if how == "detach":
            h = h.detach()
        y = h * x + b

    recorded = Recording(y, seen)
    yield _start(recorded, how)
    with recorded.following():
        y.backward()
    for picture in recorded.replay(how):
        yield _backward(picture, recorded, leaves)


def inplace(function: str, write: str) -> Iterator[Frame]:
    """z = 2·w and h = function(z). Between forward and backward one
    line writes: does it hit the number that a node has saved?"""
    w = torch.tensor(1.0, requires_grad=True)
    z = 2 * w
    y = h = getattr(torch, function)(z)
    seen = Written(function, write, {"w": w, "z": z, "h": h})
    yield seen.frame(0)

    try:
        if write == "h.mul_(2)":  # the same as h *= 2
            h.mul_(2)
        if write == "h.mul(2)":  # as in h * 2: a new tensor
            y = h.mul(2)
        if write == "h.data.mul_(2)":  # autograd does not see it
            h.data.mul_(2)
        if write == "z.mul_(2)":
            z.mul_(2)
        if write == "w.mul_(2)":
            w.mul_(2)
        yield seen.frame(1)
        y.backward()
    except RuntimeError as error:
        yield seen.refused(error)
        return
    yield seen.frame(2)


class Written:
    """The frames of `inplace`: three tensors, the version of each, and which of them the function's node saved."""

    def __init__(self, function: str, write: str, named: dict[str, Tensor]) -> None:
        self.function, self.write, self.named, self.step = function, write, named, 0
        self.steps = 1 if write.startswith("w") else 2
        self.before = {name: tensor.item() for name, tensor in named.items()}
        result = getattr(named["h"].grad_fn, "_saved_result", None)  # else it is _saved_self, what went in
        self.saved = "h" if isinstance(result, Tensor) else "z"

    def frame(self, step: int) -> Frame:
        self.step = step
        grad = _grad(self.named["w"])
        if step == 0:
            note = f"The forward pass is done: {self.function} saved {self.saved}, and nothing was written yet."
        elif grad is None:
            now = self.named[self.saved]._version
            note = f"After {self.write}: {self.function} saved version 0 of {self.saved}, which now has version {now}."
        else:
            note = self._passed(grad)
        return self._frame(note, {} if grad is None else {"w.grad": grad, "slope of y": self._slope()})

    def refused(self, error: RuntimeError) -> Frame:
        """torch's own words; of backward()'s long message those that tell of the version."""
        version = re.search(r"is at version \d+; expected version \d+ instead", str(error))
        words = f"{self.saved} {version[0]}" if version else str(error).rstrip(".")
        line = "backward()" if self.step else self.write
        self.step += 1
        return self._frame(f"{line} is refused: “{words}”.", {})

    def _frame(self, note: str, values: dict[str, float]) -> Frame:
        rows = tuple(
            (name, number(self.before[name]), number(tensor.item()), str(tensor._version), self._kept(name))
            for name, tensor in self.named.items()
        )
        title = f"z = 2·w, h = {self.function}(z), then {self.write if self.step else 'a write'}"
        versions = {f"version of {name}": float(tensor._version) for name, tensor in self.named.items()}
        table = Table(title, ("", "forward", "now", "version", "saved by a node"), rows)
        return Frame((table,), versions | values, note, self.step, self.steps)

    def _kept(self, name: str) -> str:
        return "yes, version 0" if name == self.saved else "no"

    def _passed(self, grad: float) -> str:
        right = self._slope()
        if math.isclose(grad, right, rel_tol=1e-3):
            return f"backward() went through: w.grad is {number(grad)}, the slope of y."
        return f"backward() went through, and w.grad is wrong: {number(grad)} in place of {number(right)}."

    def _slope(self) -> float:
        """dy/dw of the same lines, in float64 and with nothing written in place."""
        w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        y = getattr(torch, self.function)(2 * w)
        (slope,) = torch.autograd.grad(2 * y if self.write.startswith("h") else y, w)
        return float(slope.item())


def modes(training: bool, no_grad: bool) -> Iterator[Frame]:
    """Sends eight ones through a weight of ones and a dropout layer,
    four times: what is dropped, and what is recorded?"""
    torch.manual_seed(0)
    w = torch.ones(8, requires_grad=True)
    layer = nn.Dropout(0.5)
    layer.train(training)  # layer.eval() is train(False)

    x = torch.ones(8)
    seen = [x]
    yield _modes_frame(seen)

    for _ in range(4):
        with torch.set_grad_enabled(not no_grad):
            y = layer(w * x)
        seen.append(y)
        yield _modes_frame(seen)


def _modes_frame(seen: list[Tensor]) -> Frame:
    call, last = len(seen) - 1, seen[-1]
    rows = tuple(f"call {each}" for each in range(1, len(seen))) or ("x",)
    entries = tuple(entry for tensor in seen[1:] or seen for entry in tensor.tolist())
    zeros = tuple(place for place, entry in enumerate(entries) if entry == 0)
    columns = tuple(str(column) for column in range(1, 9))
    title = "what comes out" if call else "what goes in"
    grid = Grid(title, rows, columns, entries, 0, 2, zeros, "dropped" if zeros else "")
    if call == 0:
        return Frame((grid,), {}, "Eight ones wait before the layer; nothing has gone through it yet.", 0, 4)
    count = int((last == 0).sum())
    dropped = f"{count} of 8 dropped" if count else "nothing dropped"
    recorded = f"recorded, as {_node_name(last)}" if last.grad_fn else "not recorded, its grad_fn is None"
    values = {"dropped": float(count), "recorded": float(last.grad_fn is not None)}
    return Frame((grid,), values, f"Call {call}: {dropped}; the result is {recorded}.", call, 4)


def depth(depth: int, activation: str) -> Iterator[Frame]:
    """Sends 0.5 through a chain of equal layers and a gradient back,
    one layer a frame."""
    layer = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "double": lambda h: 2 * h,
    }[activation]

    x = torch.tensor(0.5, requires_grad=True)
    with Watch({"x": x}) as seen:
        h = x
        for k in range(1, depth + 1):
            h = layer(h)
            seen.call(f"h{k}", h)

    recorded = Recording(h, seen)
    gradients: list[float] = []
    yield _depth_frame(gradients, recorded.start("the chain"), depth)

    with recorded.following():
        h.backward()
    for picture in recorded.replay("the chain"):
        gradients.append(_gradient(picture))
        yield _depth_frame(gradients, picture, depth)


def _gradient(picture: Graph) -> float:
    """What has come to the node at which the pass stands."""
    gradient = None if picture.now is None else picture.flows[picture.now].gradient
    assert gradient is not None
    return gradient


def _depth_frame(gradients: list[float], picture: Graph, depth: int) -> Frame:
    """The first gradient is the one that the last layer's result starts with, the last one x.grad."""
    lines = (Series("gradient", tuple(gradients)),) if gradients else ()
    levels = (Level(6e-8, "float16 ends"),)
    chart = Chart("gradient on its way back", lines, depth, x="layers back", log=True, low=1e-8, high=10, levels=levels)
    back = len(gradients) - 1
    if back < 0:
        note = f"The chain of {depth} is computed, and no gradient has gone back yet."
        return Frame((chart, picture), {}, note, 0, depth + 1)
    now = number(gradients[-1])
    if back == 0:
        note = "The result itself starts with a gradient of 1."
    elif back < depth:
        layers = "1 layer" if back == 1 else f"{back} layers"
        note = (
            f"{layers} back the gradient is {now}: a factor of {number(gradients[-1] / gradients[-2])} in this layer."
        )
    else:
        layers = "1 layer" if depth == 1 else f"{depth} layers"
        note = f"Through {layers}, the gradient that arrives at x is {now}."
    return Frame((chart, picture), {"gradient": gradients[-1]}, note, back + 1, depth + 1)


def differences(at: float, quotient: str) -> Iterator[Frame]:
    """Compares autograd's slope of f with a difference quotient whose
    h shrinks tenfold a frame, in two precisions."""

    def f(w: Tensor) -> Tensor:
        return (torch.sigmoid(3 * w + 1) - 0.5) ** 2

    errors: dict[torch.dtype, list[float]] = {}
    for power in range(15):
        h = 10.0**-power
        for dtype in (torch.float32, torch.float64):
            w = torch.tensor(at, dtype=dtype, requires_grad=True)
            (gradient,) = torch.autograd.grad(f(w), w)
            left = h if quotient == "central" else 0.0
            with torch.no_grad():
                rise = f(w + h) - f(w - left)
            error = abs(rise / (h + left) - gradient).item()
            errors.setdefault(dtype, []).append(error)
        yield _differences_frame(errors, abs(gradient.item()))


def _differences_frame(errors: dict[torch.dtype, list[float]], gradient: float) -> Frame:
    lines = {dtype_name(dtype): tuple(seen) for dtype, seen in errors.items()}
    level = Level(gradient, "the gradient itself")
    series = tuple(Series(name, line) for name, line in lines.items())
    chart = Chart(
        "error of the quotient", series, 14, x="decimal places of h", log=True, low=1e-12, high=1, levels=(level,)
    )
    step = len(lines["float64"]) - 1
    values = {name: line[-1] for name, line in lines.items()} | {"gradient": gradient}
    now = " and ".join(f"{number(line[-1])} in {name}" for name, line in lines.items())
    note = f"With h = {number(10.0**-step)} the quotient is off by {now}."
    if step == 14:
        best = ", ".join(f"{number(min(line))} at h = {number(_best(line))} in {name}" for name, line in lines.items())
        asked = f"At h = 1e-{ASKED} float32 is off by {number(lines['float32'][ASKED])}"
        note = f"{asked}; the least error is {best}."
    return Frame((chart,), values, note, step, 14)


def _best(line: tuple[float, ...]) -> float:
    """The h of the least error."""
    return 10.0 ** -line.index(min(line))


def network(model: str) -> Iterator[Frame]:
    """One training step's graph: from a batch and the parameters to
    the loss, and the gradient on its way back."""
    torch.manual_seed(0)
    net = build(model)  # "layers", "residual" or "attention"
    batch = torch.randn(5, 8)
    target = torch.tensor([0, 1, 2, 3, 0])
    named = dict(net.named_parameters())

    with Watch({"batch": batch, **named}) as seen:
        logits = net(batch)  # (5, 4)
        loss = cross_entropy(logits, target)

    recorded = Recording(loss, seen)
    yield _start(recorded, model, "loss")

    with recorded.following():
        loss.backward()
    for picture in recorded.replay(model):
        yield _network_frame(picture, recorded)


def _network_frame(picture: Graph, recorded: Recording) -> Frame:
    step = sum(flow.gradient is not None for flow in picture.flows)
    values = {"loss": recorded.nodes[-1].value or 0.0, "gradient": _gradient(picture)}
    note = _passing(picture, recorded.nodes)
    if step == recorded.steps:
        filled = sum(node.operation == "leaf" for node in recorded.nodes)
        note = f"The pass went through all {step} nodes, and each of the {filled} parameters has its .grad."
    return Frame((picture,), values, note, step, recorded.steps)


def build(model: str) -> nn.Module:
    """A small network from 8 features to 4 logits."""
    if model == "layers":
        return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    return nn.Sequential(Residual() if model == "residual" else Attention(), nn.Linear(8, 4))


class Residual(nn.Module):
    """Adds what two layers make of its input to the input itself."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.up = nn.Linear(8, 16)
        self.down = nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.norm(x)
        change: Tensor = self.down(torch.relu(self.up(h)))
        return h + change


class Attention(nn.Module):
    """One head that lets every row of the batch look at every other, as if they were the words of one sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(8, 8, bias=False) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        scores = self.query(x) @ self.key(x).T / math.sqrt(8)  # (5, 5)
        change: Tensor = self.out(scores.softmax(dim=-1) @ self.value(x))
        return x + change


# ── What the demos of a graph share ───────────────────────────────────────────────────────────────────────────────────


def _start(recorded: Recording, title: str, result: str = "y") -> Frame:
    """The graph before the backward pass."""
    value = recorded.nodes[-1].value or 0.0
    leaves = sum(node.operation == "leaf" for node in recorded.nodes)
    nodes = "1 node" if len(recorded.nodes) == 1 else f"{len(recorded.nodes)} nodes"
    which = f"{leaves} of them leaves" if leaves > 1 else "one of them a leaf"
    note = f"{result} = {number(value)}: torch recorded {nodes}, {which}, and no gradient yet."
    return Frame((recorded.start(title),), {result: value}, note, 0, recorded.steps)


def _backward(picture: Graph, recorded: Recording, leaves: dict[str, Tensor], expression: str = "w*x*b") -> Frame:
    """The backward pass at one of the nodes. In the end it tells of all leaves of the expression, reached or not."""
    step = sum(flow.gradient is not None for flow in picture.flows)
    reached = {
        node.expression: flow
        for node, flow in zip(recorded.nodes, picture.flows)
        if node.operation == "leaf" and flow.gradient is not None
    }
    values = {"y": recorded.nodes[-1].value or 0.0}
    values.update({f"{name}.grad": _kept(flow) for name, flow in reached.items()})
    note = _passing(picture, recorded.nodes)
    if step == recorded.steps:
        missing = [name for name in leaves if name in _names(expression) and name not in reached]
        for told in (_sum, lambda flow: number(_kept(flow))):
            grads = [f"{name}.grad = {told(flow)}" for name, flow in reached.items()]
            note = f"The pass is through: {', '.join([*grads, *(f'{name}.grad = None' for name in missing)])}."
            if len(note) <= LONGEST:
                break
    return Frame((picture,), values, note, step, recorded.steps)


def _passing(picture: Graph, nodes: tuple[Node, ...]) -> str:
    """What came to the node at which the pass stands, and what it makes of that."""
    now = picture.now or 0
    node, flow = nodes[now], picture.flows[now]
    if node.operation == "leaf":
        return f"{node.expression} is a leaf: {node.expression}.grad = {_sum(flow)}."
    if not flow.sent:
        return f"{node.operation} has {_sum(flow)} and sends nothing on."
    for rules in (True, False):
        sent = [
            f"{sent.rule} = {number(sent.value)} to {_called(nodes[sent.to])}"
            if rules and sent.rule
            else f"{number(sent.value)} to {_called(nodes[sent.to])}"
            for sent in flow.sent
        ]
        note = f"{node.operation} has {_sum(flow)} and sends {' and '.join(sent)}."
        if len(note) <= LONGEST:
            break
    return note


def _sum(flow: Flow) -> str:
    """A gradient, with the parts it is the sum of: "3 + 3 + 1 = 7". Norms do not add up, so they are left out."""
    own = flow.gradient or 0.0
    total = number(own)
    if 1 < len(flow.parts) < 5 and math.isclose(sum(flow.parts), own, rel_tol=1e-5, abs_tol=1e-9):
        first, *rest = flow.parts
        signs = (f"{'−' if part < 0 else '+'} {number(abs(part))}" for part in rest)
        total = f"{' '.join([number(first), *signs])} = {total}"
    if flow.kept is None:
        return total
    return f"{number(flow.kept - own)} + {number(own)} = {number(flow.kept)}"


def _kept(flow: Flow) -> float:
    """A leaf's `.grad` after the pass."""
    return flow.gradient or 0.0 if flow.kept is None else flow.kept


def _called(node: Node) -> str:
    return node.expression if node.operation == "leaf" else node.operation


def _names(expression: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(_python(expression), mode="eval")) if isinstance(node, ast.Name)}
