"""The watch from Python: what it finds, that it finds nothing where nothing is wrong, and that it leaves no trace."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

import diagnostics  # noqa: E402
from diagnostics.training.watch import gpu_here  # noqa: E402
from tests.diagnostics.training.forks import Forks  # noqa: E402


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """The same numbers for every test, and nobody else's changed."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_the_public_names_load_torch_only_when_they_are_used() -> None:
    """And a name that is not there is an AttributeError, as everywhere."""
    code = (
        "import sys, diagnostics; assert 'torch' not in sys.modules; assert not hasattr(diagnostics, 'nothing'); "
        "diagnostics.watch; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


# watch


def test_a_mismatch_raises_what_torch_would_and_is_found() -> None:
    """With line and names."""
    with diagnostics.watch(device="cuda") as findings:
        model = torch.nn.Linear(8, 2).to("cuda")
        features = torch.randn(4, 8)
        with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device") as raised:
            model(features)
    assert raised.type is RuntimeError
    (finding,) = findings
    assert (finding.id, finding.status) == ("device-mismatch", "fail")
    assert finding.where is not None
    assert finding.where.file == __file__
    assert finding.where.expression == "model(features)"
    assert "features" in [tensor.name for tensor in finding.where.tensors]


def test_a_correct_program_has_no_finding() -> None:
    """Under each kind of device."""
    for device in ("cuda", "cpu"):
        with diagnostics.watch(device=device) as findings:
            model = torch.nn.Linear(8, 2).to(device)
            optimizer = torch.optim.Adam(model.parameters())
            for _ in range(5):
                loss = torch.nn.functional.cross_entropy(
                    model(torch.randn(4, 8, device=device)), torch.zeros(4, dtype=torch.long, device=device)
                )
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        assert findings == []


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_the_list_grows_while_the_program_runs_and_tells_a_line_once() -> None:
    """A loop makes one finding, two lines make two."""
    outputs, targets = torch.randn(4, 1), torch.randn(4)
    with diagnostics.watch(device="cpu") as findings:
        for _ in range(3):
            torch.nn.functional.mse_loss(outputs, targets)
            assert len(findings) == 1
        torch.nn.functional.mse_loss(outputs, targets)
    assert len(findings) == 2


def test_all_is_restored() -> None:
    """What is patched is torch's own again, also after an error."""
    names = ("zeros", "randn", "tensor", "Tensor", "load", "Generator")
    functional = torch.nn.functional
    before = [getattr(torch, name) for name in names], functional.cross_entropy, torch.cuda.is_available
    for error in (False, True):
        try:
            with diagnostics.watch(device="cuda"):
                assert torch.cuda.is_available()
                assert error or torch.zeros(1, device="cuda").is_cuda
                if error:
                    raise KeyError("the program's own")
        except KeyError:
            pass
        after = [getattr(torch, name) for name in names], functional.cross_entropy, torch.cuda.is_available
        assert after == before
        assert not torch.zeros(1).is_cuda


def test_a_watch_within_a_watch_tells_both() -> None:
    """As in a script that watches itself and is checked."""
    with diagnostics.watch(device="cuda") as outer:
        with pytest.raises(RuntimeError, match="same device"), diagnostics.watch(device="cuda") as inner:
            torch.ones(2, device="cuda") + torch.ones(2)
        with pytest.raises(RuntimeError, match="same device"):
            torch.ones(3, device="cuda") + torch.ones(3)
    assert len(inner) == 1
    assert len(outer) == 2


def test_a_device_that_there_is_not_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="one of cuda, cpu, real, not 'tpu'"), diagnostics.watch(device="tpu"):
        pass


@pytest.mark.skipif(gpu_here(), reason="there is a GPU here")
def test_without_a_gpu_real_is_skipped_and_said() -> None:
    """Could not be checked is not ok."""
    with diagnostics.watch(device="real") as findings:
        pass
    assert [(finding.id, finding.status) for finding in findings] == [("no-gpu", "skipped")]


@pytest.mark.gpu
@pytest.mark.skipif(not gpu_here(), reason="needs a GPU and a CUDA build of torch")
def test_a_true_error_gets_the_same_names_and_lines() -> None:
    """As the virtual device gives it."""
    found = []
    for device in ("cuda", "real"):
        with contextlib.suppress(RuntimeError), diagnostics.watch(device=device) as findings:
            model = torch.nn.Linear(8, 2).to("cuda")
            features = torch.randn(4, 8)
            model(features)
        found.append(findings)
    (virtual,), (real,) = found
    assert (virtual.id, virtual.where, virtual.fix) == (real.id, real.where, real.fix)


@pytest.mark.gpu
@pytest.mark.skipif(not gpu_here(), reason="needs a GPU and a CUDA build of torch")
def test_a_watch_leaves_it_to_the_script_when_cuda_begins() -> None:
    """A script may still choose its GPUs, and fork, after torch is there."""
    code = (
        "import torch, diagnostics\nwith diagnostics.watch(): torch.zeros(1)\n"
        "assert not torch.cuda.is_initialized() and not torch.cuda._is_in_bad_fork()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


# check_batch


class Noisy(torch.nn.Module):  # type: ignore[misc]
    """Whose forward changes all that a forward can."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(8, 3)
        self.norm = torch.nn.BatchNorm1d(3)
        self.drop = torch.nn.Dropout()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, features: Any) -> Any:
        self.calls = self.calls + 1  # another tensor, not the same one changed
        random.random()
        with torch.no_grad():
            self.layer.bias += 1
        return self.drop(self.norm(self.layer(features)))


def state(model: Any) -> list[Any]:
    """Everything that may not change."""
    tensors = [tensor.clone() for tensor in model.state_dict().values()]
    gradients = [None if each.grad is None else each.grad.clone() for each in model.parameters()]
    return [*tensors, *gradients, model.calls, torch.get_rng_state(), random.getstate(), model.training]


def same(one: Any, other: Any) -> bool:
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else bool(one == other)


@pytest.mark.parametrize("with_gradients", [False, True])
def test_a_batch_that_is_right_leaves_all_as_it_was(with_gradients: bool) -> None:
    """Parameters, buffers, gradients, random numbers, mode."""
    model = Noisy()
    if with_gradients:
        model(torch.randn(4, 8)).sum().backward()
    batch = torch.randn(4, 8), torch.tensor([0, 1, 2, 0])
    before = state(model)
    assert diagnostics.check_batch(model, batch, torch.nn.CrossEntropyLoss()) == []
    assert all(map(same, before, state(model)))


def test_a_batch_that_is_wrong_is_told_and_leaves_all_as_it_was() -> None:
    """Torch would raise; the finding stands for the error."""
    model = Noisy()
    batch = torch.randn(4, 8), torch.tensor([0, 1, 3, 0])
    before = state(model)
    findings = diagnostics.check_batch(model, batch, torch.nn.functional.cross_entropy)
    assert [finding.status for finding in findings] == ["fail"]
    assert all(map(same, before, state(model)))


def test_inputs_are_spread_over_the_models_arguments() -> None:
    """A tuple by place, a dict by name."""

    class Two(torch.nn.Module):  # type: ignore[misc]
        def forward(self, a: Any, b: Any) -> Any:
            return (a - b).requires_grad_()

    one, two = torch.ones(3), torch.zeros(3)
    for inputs in ((one, two), {"b": two, "a": one}):
        assert diagnostics.check_batch(Two(), (inputs, torch.ones(3)), torch.nn.MSELoss()) == []


def test_an_error_of_another_kind_is_raised() -> None:
    """After all was put back."""
    model = Noisy()
    batch = torch.randn(4, 7), torch.zeros(4).long()
    before = state(model)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        diagnostics.check_batch(model, batch, torch.nn.CrossEntropyLoss())
    assert all(map(same, before, state(model)))


def test_a_batch_of_another_form_is_refused() -> None:
    """In a sentence that says the form."""
    with pytest.raises(ValueError, match="inputs, targets"):
        diagnostics.check_batch(Noisy(), torch.randn(3), torch.nn.CrossEntropyLoss())


@pytest.mark.parametrize(("version", "told"), [("2.6.0", ["torch-not-tried"]), ("2.13.1+cpu", [])])
def test_a_torch_that_nobody_tried_is_a_note(forks: Forks, version: str, told: list[str]) -> None:
    """And one that was tried is none, whatever was built of it."""
    outcome = forks.run(
        f"""
import torch
from diagnostics.training.virtual_device import tables
from diagnostics.training.watch import watch

tables.table(".".join(torch.__version__.split(".")[:2]))
tables.table = lambda version, known=tables.table: known("2.13")
torch.__version__ = {version!r}
with watch("cuda") as found:
    torch.ones(2, device="cuda")
print([(one.id, one.status) for one in found])
""",
        device="cpu",
    )
    assert outcome.printed == f"{[(one, 'note') for one in told]}\n", (outcome.printed, outcome.trace)
