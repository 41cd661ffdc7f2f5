"""What tests of scripts under watch share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.diagnostics.training.forks import Forks


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Runs scripts, each in a child forked from one process that has torch loaded."""
    running = Forks()
    yield running
    running.close()
