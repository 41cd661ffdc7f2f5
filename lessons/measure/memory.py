"""What the tensors of a training step weigh, counted on tensors that have shapes, dtypes and no data.

All sizes are bytes of storages, which several tensors may share. What a kernel borrows while it runs is not seen.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

CAST = torch.ops.aten._to_copy.default
"""What every cast to another dtype comes down to."""


def mean_square(output: Tensor) -> Tensor:
    """A stand-in for any loss: in float32, as losses are computed under autocast."""
    return output.float().square().mean()


@dataclass(frozen=True)
class Training:
    """What is trained, and how. `build` and `inputs` are called with the default dtype and device set as given here.

    Forward and loss run under autocast to a 16-bit dtype where one is given. With `checkpointed` each child of the
    model, which is a Sequential then, keeps its input alone and runs a second time in backward.
    """

    build: Callable[[], nn.Module]
    inputs: Callable[[], Tensor]
    optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
    loss: Callable[[Tensor], Tensor] = mean_square
    dtype: torch.dtype = torch.float32
    autocast: torch.dtype | None = None
    checkpointed: bool = False
    device: str = "cpu"


@dataclass(frozen=True)
class Budget:
    """Bytes. `activations` is what autograd keeps between forward and backward, the batch included where it is kept.

    `copies` is the part of the activations that is 16-bit copies of weights. `peak` is the most that is alive at one
    time in a step: parameters and optimizer state always, and what of the rest meets, with what ops make in passing.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    copies: int
    peak: int

    @property
    def uncopied(self) -> int:
        """The activations less the copies of weights."""
        return self.activations - self.copies

    @property
    def total(self) -> int:
        return self.parameters + self.gradients + self.optimizer + self.activations


def account(training: Training) -> Budget:
    """Goes through two steps without computing anything or taking memory: the second has the optimizer's state."""
    from torch._subclasses.fake_tensor import FakeTensorMode  # here: a second's import that a first frame does without

    alive = _Alive()
    with FakeTensorMode(), alive:
        steps = _Steps(training)
        kept = _Kept(steps.parameters)
        with torch.autograd.graph.saved_tensors_hooks(kept.add, lambda tensor: tensor):
            loss = steps.forward()
        activations, copies = kept.bytes(), kept.bytes(alive.copies(steps.parameters))
        kept.storages.clear()
        steps.backward(loss)

        alive.peak = alive.bytes
        steps.backward(steps.forward())
        return Budget(
            parameters=weigh(steps.parameters),
            gradients=weigh(p.grad for p in steps.parameters if p.grad is not None),
            optimizer=weigh(steps.state()),
            activations=activations,
            copies=copies,
            peak=alive.peak,
        )


def measured_peak(training: Training) -> int:
    """The most that torch's allocator had given out on the GPU in a real second step. Raises where there is no GPU.

    The allocator gives blocks of 512 bytes. What the matrix library keeps for itself is taken before, and not counted.
    """
    warm = torch.ones(64, 64, device=training.device)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        nn.functional.linear(warm.to(dtype), warm.to(dtype), warm[0].to(dtype))
    del warm
    before = torch.cuda.memory_allocated()
    steps = _Steps(training)
    steps.backward(steps.forward())
    torch.cuda.reset_peak_memory_stats()
    steps.backward(steps.forward())
    peak = torch.cuda.max_memory_allocated() - before
    del steps
    torch.cuda.empty_cache()
    return peak


def weigh(tensors: Iterable[Tensor]) -> int:
    """Bytes of all storages under these tensors, each counted once."""
    return sum({_key(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}.values())


class _Steps:
    """A model with its batch and optimizer, made as the training says, and the two halves of a step."""

    def __init__(self, training: Training) -> None:
        self.training = training
        with _defaults(training.dtype, training.device):
            self.model, self.batch = training.build(), training.inputs()
        self.parameters = list(self.model.parameters())
        self.optimizer = training.optimizer(self.parameters)

    def forward(self) -> Tensor:
        self.optimizer.zero_grad()
        lower, kind = self.training.autocast, torch.device(self.training.device).type
        with torch.autocast(kind, lower or torch.bfloat16, enabled=lower is not None):
            return self.training.loss(self._output())

    def backward(self, loss: Tensor) -> None:
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def state(self) -> Iterator[Tensor]:
        """All tensors that the optimizer keeps."""
        return (leaf for leaf in tree_leaves(dict(self.optimizer.state)) if isinstance(leaf, Tensor))

    def _output(self) -> Tensor:
        output = self.batch
        if not self.training.checkpointed:
            return self.model(output)  # type: ignore[no-any-return]
        for part in self.model.children():
            # Without data there is no random state to keep.
            output = checkpoint(part, output, use_reentrant=False, preserve_rng_state=False)
        return output


class _Kept:
    """The storages that autograd keeps for backward, but for those of some tensors."""

    def __init__(self, excepted: Iterable[Tensor]) -> None:
        self.excepted = {_key(tensor) for tensor in excepted}
        self.storages: dict[int, torch.UntypedStorage] = {}

    def add(self, tensor: Tensor) -> Tensor:
        if _key(tensor) not in self.excepted:
            self.storages[_key(tensor)] = tensor.untyped_storage()
        return tensor

    def bytes(self, among: set[int] | None = None) -> int:
        return sum(held.nbytes() for key, held in self.storages.items() if among is None or key in among)


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows every storage that an op makes, from then until nobody holds it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = self.peak = 0
        self._watched: dict[int, weakref.ref[torch.UntypedStorage]] = {}
        self._cast_from: dict[int, int] = {}

    def copies(self, of: Iterable[Tensor]) -> set[int]:
        """The storages alive that are casts of these tensors."""
        sources = {_key(tensor) for tensor in of}
        return {key for key, source in self._cast_from.items() if source in sources}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor) and _key(tensor) not in self._watched:
                self._watch(tensor.untyped_storage())
        if func is CAST:
            self._cast_from[_key(made)] = _key(args[0])
        return made

    def _watch(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()

        def freed(_: object) -> None:
            self.bytes -= size
            del self._watched[key]
            self._cast_from.pop(key, None)

        self._watched[key] = weakref.ref(storage, freed)
        self.bytes += size
        self.peak = max(self.peak, self.bytes)


def _key(tensor: Tensor) -> int:
    """What tells one storage from another, also where it has no address, as long as it lives."""
    key: int = tensor.untyped_storage()._cdata
    return key


@contextlib.contextmanager
def _defaults(dtype: torch.dtype, device: str) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)
