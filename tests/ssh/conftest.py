"""What the tests over SSH start from: an sshd or a reason to skip, and how often an end is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sshd import missing

OFTEN = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--times", type=int, default=OFTEN, help=f"how often each end is tried (default: {OFTEN})")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Who asks for more may wait for longer before it counts as a hang."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(180 + 60 * _times(config)))


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    return _times(request.config)


@pytest.fixture(autouse=True)
def _sshd() -> None:
    if why := missing():
        pytest.skip(why)


def _times(config: pytest.Config) -> int:
    """The option is there only where the suite began in this folder, or above it with a path to it."""
    return int(config.getoption("--times", OFTEN))
