"""A tensor to be trained that was moved: on a GPU its copy is no leaf, which a run on the CPU does not show."""

from __future__ import annotations

import textwrap

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from tests.diagnostics.training.forks import Forks, Outcome  # noqa: E402

PREAMBLE = """\
import torch
from torch import nn
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""

# A script with the line that fails marked `# here` and the line to be changed `# fix`; the name; the code of the fix.
MOVED = {
    "an optimizer": (
        """
        z = torch.zeros(3, requires_grad=True).to(device)  # fix
        torch.optim.SGD([z], lr=0.1)  # here
        """,
        "z",
        "z = torch.zeros(3, requires_grad=True, device=device)",
    ),
    "groups of an optimizer": (
        """
        model = nn.Linear(2, 2).to(device)
        scale = nn.Parameter(torch.ones(2)).cuda()  # fix
        groups = [{"params": model.parameters()}, {"params": [scale], "lr": 1.0}]
        torch.optim.Adam(groups, lr=0.1)  # here
        """,
        'groups[1]["params"][0]',
        "scale = nn.Parameter(torch.ones(2, device=device)).cuda()",
    ),
    "a gradient": (
        """
        w = torch.randn(3, requires_grad=True)  # fix
        w = w.to(device)
        (w * w).sum().backward()
        with torch.no_grad():
            w -= 0.1 * w.grad  # here
        """,
        "w",
        "w = torch.randn(3, requires_grad=True, device=device)",
    ),
    "a gradient in a function": (
        """
        def sgd(params, lr):
            with torch.no_grad():
                for param in params:
                    param.grad.zero_()  # here
        b = (torch.randn(3) / 2).requires_grad_()
        b = b.to(device)  # fix
        b.sum().backward()
        sgd([b], 0.1)
        """,
        "param",
        "b = b.to(device).detach().requires_grad_()",
    ),
}

HEALTHY = {
    "a leaf made on the GPU": """
        w = torch.randn(3, device=device, requires_grad=True)
        torch.optim.SGD([w.to(device)], 0.1)
        w.sum().backward()
        w.grad.zero_()
    """,
    "a copy of a leaf whose gradient is the one that is used": """
        w = torch.randn(3, requires_grad=True)
        optimizer = torch.optim.SGD([w], 0.1)
        moved = w.to(device)
        moved.sum().backward()
        optimizer.step()
        w.grad.zero_()
    """,
    "a copy that keeps its gradient": """
        w = torch.randn(3, requires_grad=True).to(device)
        w.retain_grad()
        torch.optim.SGD([w], 0.1)
        w.sum().backward()
        w.grad.zero_()
    """,
    "an error that the script expects": """
        try:
            torch.optim.SGD([torch.zeros(3, requires_grad=True).to(device)], 0.1)
        except ValueError:
            pass
    """,
}

OTHER_FAULTS = {
    "a product": """
        w = (torch.randn(3, requires_grad=True) * 0.1).to(device)
        torch.optim.SGD([w], 0.1)
    """,
    "another dtype": """
        w = torch.randn(3, requires_grad=True).to(torch.float64)
        torch.optim.SGD([w], 0.1)
    """,
    "no backward yet": """
        w = torch.randn(3, device=device, requires_grad=True)
        w.grad.zero_()
    """,
    "another None": """
        w = torch.randn(3, requires_grad=True).to(device)
        w * None
    """,
}


def checked(forks: Forks, script: str) -> tuple[Outcome, str]:
    text = PREAMBLE + textwrap.dedent(script)
    return forks.run(text, device="check"), text


def marked(text: str, mark: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if mark in line.partition("#")[2])


@pytest.mark.parametrize("case", MOVED)
def test_a_moved_leaf_is_named_where_it_hurts(case: str, forks: Forks) -> None:
    """And the fix is where it was made."""
    script, name, code = MOVED[case]
    outcome, text = checked(forks, script)
    (finding,) = outcome.findings
    assert (finding["id"], finding["status"], finding["line"]) == ("moved-leaf", "fail", marked(text, "here"))
    assert finding["names"] == [name]
    assert finding["commands"] == [code]
    assert finding["fix"][0].startswith(f"line {marked(text, 'fix')} becomes: ")


@pytest.mark.parametrize("case", HEALTHY)
def test_a_leaf_in_its_place_is_left_alone(case: str, forks: Forks) -> None:
    """And so is a copy that nobody trains."""
    outcome, _ = checked(forks, HEALTHY[case])
    assert (outcome.error, outcome.findings) == ("", [])


@pytest.mark.parametrize("case", OTHER_FAULTS)
def test_a_fault_that_is_not_of_devices_is_the_scripts_own(case: str, forks: Forks) -> None:
    """It fails on a CPU as well, for the reason that PyTorch gives."""
    outcome, _ = checked(forks, OTHER_FAULTS[case])
    assert outcome.error
    assert outcome.findings == []
