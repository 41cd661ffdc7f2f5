"""What the tests over SSH start from: an sshd or a reason to skip, and how often an end is tried."""

from __future__ import annotations

import pytest

from tests.support.sshd import missing

OFTEN = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--times", type=int, default=OFTEN, help=f"how often each end is tried (default: {OFTEN})")


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    """Named only where the tests over SSH are: a suite that began elsewhere knows no such option."""
    return int(request.config.getoption("--times", OFTEN))


@pytest.fixture(autouse=True)
def _sshd() -> None:
    if why := missing():
        pytest.skip(why)
