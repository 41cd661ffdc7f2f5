"""The accounting of a training step, against what torch really allocates and keeps on the CPU, and on a GPU.

The other count shares no code with it: it runs the real model on real tensors, and asks autograd, the parameters and
the optimizer; the peak is asked of torch's own profiler, which sees each allocation.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="counts real PyTorch's tensors")
memory = pytest.importorskip("lessons.measure.memory")
nn = torch.nn

pytestmark = pytest.mark.torch

MIB = 2**20
ACTIVATIONS = {"ReLU": nn.ReLU, "Tanh": nn.Tanh, "GELU": nn.GELU, "Sigmoid": nn.Sigmoid}
OPTIMIZERS = {
    "SGD": partial(torch.optim.SGD, lr=0.01),
    "momentum": partial(torch.optim.SGD, lr=0.01, momentum=0.9),
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
}
MODES = {
    "float32": (torch.float32, None),
    "autocast bfloat16": (torch.float32, torch.bfloat16),
    "autocast float16": (torch.float32, torch.float16),
    "bfloat16": (torch.bfloat16, None),
    "float16": (torch.float16, None),
}


@dataclass(frozen=True)
class Net:
    """A multilayer perceptron; `pairs` puts each layer and its activation into one child of the model."""

    widths: tuple[int, ...]
    activation: str
    bias: bool
    pairs: bool

    def build(self) -> Any:
        layers = [nn.Linear(wide, next_, bias=self.bias) for wide, next_ in zip(self.widths, self.widths[1:])]
        parts = [[layer, ACTIVATIONS[self.activation]()] for layer in layers[:-1]] + [[layers[-1]]]
        return nn.Sequential(*(nn.Sequential(*part) if self.pairs else part[0] for part in parts))


def training(build: Any, shape: tuple[int, ...], optimizer: str = "Adam", mode: str = "float32", **more: Any) -> Any:
    dtype, autocast = MODES[mode]
    batch = partial(torch.randn, *shape)
    return memory.Training(build, batch, OPTIMIZERS[optimizer], dtype=dtype, autocast=autocast, **more)


def counted_by_torch(setup: Any) -> dict[str, int]:
    """Bytes of a real step on the CPU, each storage once, as autograd, the parameters and the optimizer hold them."""
    model, batch = setup.build().to(setup.dtype), setup.inputs().to(setup.dtype)
    own = {weight.data_ptr() for weight in model.parameters()}
    kept: dict[int, Any] = {}

    def pack(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    optimizer = setup.optimizer(model.parameters())
    lower, again = setup.autocast, torch.utils.checkpoint.checkpoint
    casting = torch.autocast("cpu", lower or torch.bfloat16, enabled=lower is not None)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), casting:
        output = batch
        for part in model:
            output = again(part, output, use_reentrant=False) if setup.checkpointed else part(output)
        loss = setup.loss(output)
    loss.backward()
    optimizer.step()
    state = [value for each in optimizer.state.values() for value in each.values() if torch.is_tensor(value)]
    return {
        "parameters": sum(weight.nbytes for weight in model.parameters()),
        "gradients": sum(weight.grad.nbytes for weight in model.parameters()),
        "optimizer": sum(value.nbytes for value in state),
        "activations": sum(storage.nbytes() for storage in kept.values()),
    }


def profiled_peak(setup: Any) -> int:
    """The most that torch's CPU allocator had given out in a real second step, by the profiler's memory record."""
    from torch._C._profiler import _EventType

    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as record:
        steps = memory._Steps(setup)
        steps.backward(steps.forward())
        with torch.profiler.record_function("second step"):
            steps.backward(steps.forward())
    found: list[tuple[int, int]] = []
    waiting = list(record.profiler.kineto_results.experimental_event_tree())
    begin = 0
    while waiting:
        event = waiting.pop()
        waiting.extend(event.children)
        if event.tag == _EventType.Allocation:
            found.append((event.start_time_ns, event.extra_fields.alloc_size))
        if event.name == "second step":
            begin, end = event.start_time_ns, event.end_time_ns
    assert begin
    now = peak = 0
    for at, size in sorted(found):
        now += size
        peak = max(peak, now) if begin <= at <= end else peak
    return peak


NETS = st.builds(
    Net,
    widths=st.lists(st.integers(1, 40), min_size=2, max_size=5).map(tuple),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    bias=st.booleans(),
    pairs=st.booleans(),
)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    net=NETS,
    batch=st.integers(1, 40),
    mode=st.sampled_from(sorted(MODES)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    checkpointed=st.booleans(),
)
def test_the_accounting_is_what_torch_holds(
    net: Net, batch: int, mode: str, optimizer: str, checkpointed: bool
) -> None:
    """Within 1 % for each of the four, whatever the network, the formats and the optimizer."""
    setup = training(net.build, (batch, net.widths[0]), optimizer, mode, checkpointed=checkpointed)
    budget = memory.account(setup)
    real = counted_by_torch(setup)
    assert {name: getattr(budget, name) for name in real} == pytest.approx(real, rel=0.01)
    assert budget.total == sum(getattr(budget, name) for name in real)


class Block(nn.Module):
    """What an MLP has not: a norm, attention, a sum of two ways, dropout, a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.layer = nn.LayerNorm(32), nn.Linear(32, 96)
        self.register_buffer("scale", torch.tensor(0.5))

    def forward(self, x: Any) -> Any:
        parts = (part.unflatten(-1, (4, -1)).transpose(1, 2) for part in self.layer(self.norm(x)).chunk(3, -1))
        mixed = nn.functional.scaled_dot_product_attention(*parts, is_causal=True)
        return x + self.scale * mixed.transpose(1, 2).flatten(2)


@pytest.mark.parametrize("checkpointed", [False, True])
@pytest.mark.parametrize("mode", sorted(MODES))
def test_attention_norms_and_sums_are_counted_too(mode: str, checkpointed: bool) -> None:
    setup = training(
        lambda: nn.Sequential(Block(), nn.GELU(), Block()), (3, 5, 32), "Adam", mode, checkpointed=checkpointed
    )
    budget, real = memory.account(setup), counted_by_torch(setup)
    assert {name: getattr(budget, name) for name in real} == pytest.approx(real, rel=0.01)


# ── The peak ──────────────────────────────────────────────────────────────────────────────────────────────────────────

PEAKS = [
    (Net((96, 128, 64, 10), "ReLU", True, True), 8),
    (Net((96, 128, 64, 10), "Tanh", False, True), 64),
    (Net((20, 200, 10), "GELU", True, False), 256),
]


@pytest.mark.parametrize("checkpointed", [False, True])
@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Adam"])
@pytest.mark.parametrize(("net", "batch"), PEAKS)
def test_the_peak_is_the_profilers(net: Net, batch: int, optimizer: str, checkpointed: bool) -> None:
    """In float32 to 1 %: some bytes differ, for scalars that torch keeps."""
    setup = training(net.build, (batch, net.widths[0]), optimizer, checkpointed=checkpointed)
    profiled_peak(setup)  # what torch allocates once and for all
    assert memory.account(setup).peak == pytest.approx(profiled_peak(setup), rel=0.01)


@pytest.mark.parametrize("mode", ["autocast bfloat16", "autocast float16", "bfloat16", "float16"])
@pytest.mark.parametrize(("net", "batch"), PEAKS)
def test_in_16_bits_a_kernel_may_borrow_more_and_never_less(net: Net, batch: int, mode: str) -> None:
    """On the CPU its kernels for 16 bits reorder what they are given, out of sight of the accounting."""
    setup = training(net.build, (batch, net.widths[0]), "SGD", mode)
    profiled_peak(setup)
    assert memory.account(setup).peak <= 1.01 * profiled_peak(setup)


def test_the_peak_is_not_the_sum() -> None:
    """With a large batch it is above it, for the gradients of activations; with a tiny one and SGD below it."""
    net = Net((96, 128, 64, 10), "ReLU", True, True)
    large, tiny = (memory.account(training(net.build, (batch, 96), "SGD")) for batch in (1000, 1))
    assert large.peak > large.total
    assert tiny.peak < tiny.total


# ── What is counted as what ───────────────────────────────────────────────────────────────────────────────────────────


def perceptron() -> Any:
    return nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))


@pytest.mark.parametrize(
    ("batch", "mode", "total"),
    [
        (32, "float32", 28.78), (32, "autocast bfloat16", 30.63), (32, "bfloat16", 14.39),
        (512, "float32", 33.99), (512, "autocast bfloat16", 33.24), (512, "bfloat16", 17.00),
        (4096, "float32", 72.84), (4096, "autocast bfloat16", 52.74), (4096, "bfloat16", 36.50),
    ],
)  # fmt: skip
def test_a_perceptron_with_adam_in_mib(batch: int, mode: str, total: float) -> None:
    assert memory.account(training(perceptron, (batch, 784), mode=mode)).total / MIB == pytest.approx(total, abs=0.006)


def test_parameters_gradients_and_state_are_those_of_arithmetic() -> None:
    """Four bytes a number; Adam has two numbers a weight and a step count a tensor."""
    budget = memory.account(training(perceptron, (32, 784)))
    weights = 784 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 10 + 10
    assert (budget.parameters, budget.gradients) == (4 * weights, 4 * weights)
    assert budget.optimizer == 8 * weights + 6 * 4
    assert budget.activations == 32 * 4 * (784 + 1024 + 1024 + 10)


def test_copies_are_the_16_bit_weights_that_backward_needs() -> None:
    """The first layer's is not among them, since its input has no gradient."""
    budget = memory.account(training(perceptron, (32, 784), mode="autocast bfloat16"))
    assert budget.copies == 2 * (1024 * 1024 + 1024 * 10)
    assert budget.uncopied == budget.activations - budget.copies == 32 * (2 * (784 + 1024 + 1024) + 4 * 10)


@pytest.mark.parametrize("mode", ["float32", "bfloat16"])
def test_without_autocast_nothing_is_copied(mode: str) -> None:
    assert memory.account(training(perceptron, (32, 784), mode=mode)).copies == 0


def test_shared_weights_are_counted_once() -> None:
    shared = nn.Linear(16, 16)

    def twice() -> Any:
        layer = nn.Linear(16, 16)
        return nn.Sequential(layer, nn.Tanh(), layer)

    assert memory.account(training(twice, (4, 16))).parameters == sum(weight.nbytes for weight in shared.parameters())


def test_inputs_may_be_whole_numbers_and_the_loss_any() -> None:
    def build() -> Any:
        return nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 50))

    def loss(output: Any) -> Any:
        return nn.functional.cross_entropy(output, torch.zeros(len(output), dtype=torch.long))

    setup = memory.Training(build, partial(torch.zeros, 7, dtype=torch.long), torch.optim.Adam, loss=loss)
    budget = memory.account(setup)
    assert budget.parameters == 4 * (50 * 8 + 50 * 8 + 50)
    assert budget.activations >= 4 * 7 * 50 + 8 * 7


def test_large_sizes_take_no_memory() -> None:
    """Two thousand times what the process grows by."""
    memory.account(training(perceptron, (2, 784)))
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    budget = memory.account(training(perceptron, (2**22, 784)))
    assert budget.activations == 2**22 * 4 * (784 + 1024 + 1024 + 10)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before < budget.activations / 2000


def test_nothing_stays_changed() -> None:
    """Neither after a count nor after one that failed: default dtype, device, autocast, and the numbers drawn next."""
    torch.manual_seed(0)
    wanted = torch.randn(3)

    def broken() -> Any:
        raise ZeroDivisionError

    torch.manual_seed(0)
    memory.account(training(perceptron, (2, 784), mode="float16"))
    with pytest.raises(ZeroDivisionError):
        memory.account(training(broken, (2, 784), mode="float16"))
    made = torch.randn(3)
    assert (made.dtype, made.device.type) == (torch.float32, "cpu")
    assert type(made) is torch.Tensor
    assert made.equal(wanted)
    assert not torch.is_autocast_enabled("cpu")


# ── On a GPU ──────────────────────────────────────────────────────────────────────────────────────────────────────────

LARGE = 2**18
"""A batch beside which it counts for nothing what a matrix library borrows for a product: up to 40 MiB."""


def on_gpu(build: Any, shape: tuple[int, ...], mode: str, **more: Any) -> Any:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device and a CUDA build of torch")
    optimizer = partial(torch.optim.Adam, foreach=True)
    dtype, autocast = MODES[mode]
    batch = partial(torch.randn, *shape)
    return memory.Training(build, batch, optimizer, dtype=dtype, autocast=autocast, device="cuda", **more)


@pytest.mark.gpu
@pytest.mark.parametrize("mode", ["float32", "autocast bfloat16", "autocast float16", "bfloat16"])
def test_the_peak_is_what_the_gpu_measures(mode: str) -> None:
    """To 3 %; what is borrowed and the allocator's blocks of 512 bytes are within that."""
    setup = on_gpu(perceptron, (LARGE, 784), mode)
    counted, measured = memory.account(setup).peak, memory.measured_peak(setup)
    assert measured == pytest.approx(counted, rel=0.03)


@pytest.mark.gpu
@pytest.mark.parametrize("mode", ["float32", "autocast bfloat16"])
def test_checkpointing_lowers_the_peak_on_a_gpu_as_counted(mode: str) -> None:
    def build() -> Any:
        return nn.Sequential(*(nn.Sequential(nn.Linear(512, 4096), nn.GELU(), nn.Linear(4096, 512)) for _ in range(4)))

    plain, less = (on_gpu(build, (2**16, 512), mode, checkpointed=checkpointed) for checkpointed in (False, True))
    assert memory.account(less).peak < 0.8 * memory.account(plain).peak
    assert memory.measured_peak(less) == pytest.approx(memory.account(less).peak, rel=0.05)


@pytest.mark.gpu
def test_after_forward_the_gpu_holds_weights_and_activations() -> None:
    """What stays allocated, to the 512 bytes of a block and the loss."""
    setup = on_gpu(perceptron, (4096, 784), "float32")
    budget = memory.account(setup)
    memory.measured_peak(setup)  # takes the matrix library's workspace
    before = torch.cuda.memory_allocated()
    steps = memory._Steps(setup)
    loss = steps.forward()
    held = torch.cuda.memory_allocated() - before
    assert loss.numel() == 1
    assert held == pytest.approx(budget.parameters + budget.activations, rel=0.01)
