"""Demos compute in tests as they do in the worker."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small are slower on several, and by far where other programs want the cores too."""
    torch = sys.modules.get("torch")
    if torch is None:  # not of this file
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
