"""The watch thins out and never goes: it looks at what is new, and accuses nobody for what it did not see."""

from __future__ import annotations

import sys
import textwrap

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from diagnostics.training.virtual_device.lines import lines  # noqa: E402
from tests.diagnostics.training.forks import Forks, Outcome  # noqa: E402

TRAINING = """
import torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
data = TensorDataset(torch.randn(400, 4), torch.randint(0, 3, (400,)))
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
noise = torch.zeros(3)

def watched():
    return torch._C._len_torch_dispatch_stack() > 0

seen = []
for epoch in range(2):
    for index, (x, y) in enumerate(DataLoader(data, batch_size=4)):
        x, y = x.to(device), y.to(device)
        output = model(x)
        {inside}
        loss = nn.functional.cross_entropy(output, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(watched())
"""


def _run(forks: Forks, after: str = "", inside: str = "pass", **options: int) -> Outcome:
    code = TRAINING.replace("{inside}", textwrap.indent(inside, " " * 8).strip()) + textwrap.dedent(after)
    return forks.run(code, **options)


def test_the_first_passes_are_watched_and_the_rest_is_not(forks: Forks) -> None:
    """Of a hundred passes in each of two epochs, a few."""
    outcome = _run(forks, "print(seen[0], seen[1], any(seen[10:100]), sum(seen) < 20)")
    assert outcome.printed == "True True False True\n", outcome.trace


def test_zero_passes_means_all_of_them(forks: Forks) -> None:
    """The watch then never goes off."""
    assert _run(forks, "print(all(seen))", passes=0).printed == "True\n"


def test_an_evaluation_after_hundreds_of_passes_is_seen(forks: Forks) -> None:
    """A loop over another loader is a new phase."""
    outcome = _run(
        forks,
        """
        model.eval()
        with torch.no_grad():
            for x, y in DataLoader(data, batch_size=40):
                right = model(x.to(device)).argmax(1) == y
        """,
    )
    (mismatch,) = outcome.mismatches
    assert mismatch["op"] == "eq.Tensor"
    assert mismatch["line"] == outcome.line


def test_code_after_training_is_seen(forks: Forks) -> None:
    """Even where it calls nothing that is patched but the model."""
    outcome = _run(forks, "probe = data[0][0]\nprint(model(probe))")
    assert "got mat1 is on cpu" in outcome.error or "got vec is on cpu" in outcome.error, outcome.error


def test_a_branch_that_is_first_taken_late_is_seen(forks: Forks) -> None:
    """A line of the user's not yet met; before Python 3.12, within a few dozen passes."""
    outcome = _run(forks, inside="if epoch == 1 and index > 10:\n    output = output + noise")
    (mismatch,) = outcome.mismatches
    assert mismatch["message"].endswith("found at least two devices, cuda:0 and cpu!")


def test_what_was_made_while_nobody_looked_accuses_nobody(forks: Forks) -> None:
    """Its device is not known, and what was made on "its device" neither."""
    outcome = _run(
        forks,
        inside="kept = output.detach() if index == 50 else None if index < 50 else kept\n"
        "mask = (output > 0).float().cpu() if index == 50 else None if index < 50 else mask\n"
        "like = torch.zeros(4, 3, device=output.device) if index == 50 else None if index < 50 else like",
        after="""
        print(watched(), (kept + like + torch.ones(4, 3, device=device)).is_cuda, (mask + torch.ones(4, 3)).is_cuda)
        kept[torch.zeros(2, dtype=torch.long)] = 0.0
        print(kept.cpu().numpy().shape, kept.device, mask.numpy().shape)
        """,
    )
    assert not outcome.error, outcome.trace
    assert outcome.printed == "True True False\n(4, 3) cuda:0 (4, 3)\n"


def test_what_is_patched_stays_in_force(forks: Forks) -> None:
    """Moves, factories, numpy, saving: they know of devices without the watch."""
    outcome = _run(
        forks,
        inside="if index == 90:\n"
        "    print(watched(), torch.zeros(2, device=device).device, x.device, x.cpu().device, x.clone().is_cuda)\n"
        "    x.numpy()",
    )
    assert outcome.printed.splitlines()[0] == "False cuda:0 cuda:0 cpu True"
    assert outcome.error.endswith("Use Tensor.cpu() to copy the tensor to host memory first.")


def test_a_loop_without_loader_or_optimizer_thins_too(forks: Forks) -> None:
    """By the calls of its model."""
    outcome = forks.run(
        """
import torch
model = torch.nn.Linear(4, 4).to("cuda")
x = torch.ones(2, 4, device="cuda")
with torch.no_grad():
    for _ in range(300):
        x = model(x)
print(torch._C._len_torch_dispatch_stack())
"""
    )
    assert outcome.printed == "0\n", outcome.trace


def test_what_is_made_anew_each_epoch_is_no_news(forks: Forks) -> None:
    """Data set, loader and optimizer, and a function of eval: the watch goes off, and keeps no key for each."""
    outcome = forks.run(
        """
import gc, torch
from torch.utils.data import DataLoader, TensorDataset
from diagnostics.training.virtual_device import VirtualDevice

net = torch.nn.Linear(4, 2).to("cuda")
met, on = [], []
for epoch in range(60):
    data = TensorDataset(torch.randn(8, 4), torch.zeros(8, dtype=torch.long))
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    for x, y in DataLoader(data, batch_size=1):
        loss = torch.nn.functional.cross_entropy(net(x.to("cuda")), y.to("cuda"))
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        on.append(torch._C._len_torch_dispatch_stack())
    eval("lambda a: net(a).detach()")(torch.ones(1, 4, device="cuda"))
    gc.collect()
    thinning = VirtualDevice.active.thinning
    met.append((len(thinning._met), len(thinning._beats), len(thinning._passes)))
print(met[20] == met[-1], sum(on[-80:]) <= 40)
"""
    )
    assert outcome.printed == "True True\n", (outcome.printed, outcome.trace)


def test_a_line_of_the_users_is_told_when_it_is_first_come_to() -> None:
    """And not again; a branch that is first taken later is told then."""
    told: list[int] = []
    code = (
        "def f(late):\n"
        "    if late:\n"
        "        return 2\n"
        "    return 1\n"
        "for late in (False, False, True, True):\n"
        "    f(late); counts.append(len(told))\n"
    )
    counts: list[int] = []
    watched = lines(lambda: told.append(1))
    watched.look(True)
    try:
        exec(compile(code, "<string>", "exec"), {"told": told, "counts": counts})  # noqa: S102
    finally:
        watched.stop()
    first, again, late, late_again = counts
    assert 0 < first == again < late == late_again
    assert sys.gettrace() is None or sys.version_info >= (3, 12)


def test_a_debugger_keeps_its_place() -> None:
    """Before Python 3.12, lines are not looked at where somebody traces already."""

    def debugger(*ignored: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(debugger)
    try:
        watched = lines(lambda: None)
        watched.look(True)
        watched.stop()
        assert sys.gettrace() is debugger
    finally:
        sys.settrace(before)
