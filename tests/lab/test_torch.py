"""Demos run real torch: repeatable, on one thread, and without marks of the demo before."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.lab.conftest import job, pid_of, values
from tutor.lab.client import Lab
from tutor.lab.protocol import DemoFailed, FrameArrived, Ready

pytestmark = [
    pytest.mark.torch,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed here"),
]

TRAINING = """
import torch

def demo(lr):
    w = torch.nn.Parameter(torch.randn(3))
    yield Frame((), {"loss": w.detach().square().sum()}, "The start.")
    optimizer = torch.optim.SGD([w], lr=lr)
    for step in range(5):
        loss = w.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield Frame((), {"loss": loss}, f"Step {step}.")
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def torch_lab() -> AsyncIterator[Lab]:
    """One worker for all these tests: importing torch takes seconds."""
    lab = Lab(spare=False)
    assert isinstance(await lab.ready(), Ready)
    yield lab
    await lab.close()


async def test_it_says_which_torch_it_is(torch_lab: Lab) -> None:
    """Its version, and whether it sees a GPU."""
    assert torch_lab.torch is not None
    assert torch_lab.torch.torch[0].isdigit()
    assert torch_lab.torch.python == ".".join(map(str, sys.version_info[:3]))


async def test_the_same_knobs_give_the_same_frames(torch_lab: Lab) -> None:
    """Random starts included; tensors that require grad are taken as numbers without a warning."""
    losses = []
    for _ in range(2):
        run = await torch_lab.run(job(TRAINING, {"lr": 0.1}))
        losses.append([(await values(run))["loss"] for _ in range(6)])
        assert run.printed == ()
    assert losses[0] == losses[1]
    assert losses[0][0] == losses[0][1] > losses[0][5]


async def test_a_demo_leaves_no_settings_behind(torch_lab: Lab) -> None:
    """Default dtype, grad mode, default device and threads are those of a fresh process."""
    spoil = """
        import torch
        def demo():
            torch.set_default_dtype(torch.float64)
            torch.set_grad_enabled(False)
            torch.set_default_device("meta")
            torch.set_num_threads(2)
            yield Frame((), {}, "Spoiled.")
        """
    look = """
        import torch
        def demo():
            x = torch.ones(1, requires_grad=True) * 2
            yield Frame((), {"threads": torch.get_num_threads()}, f"{x.dtype} {x.device} {x.requires_grad}")
        """
    await values(await torch_lab.run(job(spoil)))
    event = await (await torch_lab.run(job(look))).next()
    assert isinstance(event, FrameArrived)
    assert event.frame.note == "torch.float32 cpu True"
    assert event.frame.values == {"threads": 1.0}


async def test_an_error_of_torch_is_told_at_the_demos_line(torch_lab: Lab) -> None:
    """Not at the line in torch that raised it."""
    run = await torch_lab.run(job("import torch\ndef demo():\n  torch.ones(2, 3) @ torch.ones(2, 3)\n  yield"))
    failed = await run.next()
    assert isinstance(failed, DemoFailed)
    assert (failed.kind, failed.line) == ("RuntimeError", 5)
    assert "mat1 and mat2 shapes cannot be multiplied" in failed.message
    if sys.version_info >= (3, 11):
        assert failed.columns == (2, 37)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is enforced on Linux alone")
async def test_an_allocation_beyond_the_limit_is_a_failure_and_not_the_end(torch_lab: Lab) -> None:
    """torch says how much it wanted; the worker runs on."""
    pid = await pid_of(torch_lab)
    source = """
        import resource, torch
        def demo():
            before = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, before[1]))
            try:
                torch.empty(10 * 10**9, dtype=torch.uint8)
            finally:
                resource.setrlimit(resource.RLIMIT_AS, before)
            yield
        """
    failed = await (await torch_lab.run(job(source))).next()
    assert isinstance(failed, DemoFailed)
    assert "10000000000 bytes" in failed.message
    assert failed.line == 9
    assert await pid_of(torch_lab) == pid


async def test_the_device_knob(torch_lab: Lab) -> None:
    """ "auto" takes what is there; a GPU that is not there is refused."""
    source = "import torch\ndef demo(device):\n  yield Frame((), {'sum': torch.ones(3, device=device).sum()}, device)"
    event = await (await torch_lab.run(job(source, {"device": "auto"}))).next()
    assert isinstance(event, FrameArrived)
    assert torch_lab.torch is not None
    assert event.device == ("cuda:0" if torch_lab.torch.cuda else "cpu")
    if not torch_lab.torch.cuda:
        failed = await (await torch_lab.run(job(source, {"device": "cuda"}))).next()
        assert isinstance(failed, DemoFailed)
        assert failed.message == "torch can use no GPU here: set device to cpu"
