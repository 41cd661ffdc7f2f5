"""What every test starts from."""

from __future__ import annotations

import signal

import pytest

from tests.support.nvml import lay_driver, nvml_builds, simulate

__all__ = ["lay_driver", "nvml_builds", "simulate"]


def pytest_configure() -> None:
    """A suite started in the background, or under nohup, would hand ignored signals on to the programs it tests."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that drive terminals come first, the largest at the head: quick ones then fill up all workers."""
    drives = {item.path for item in items if item.get_closest_marker("pty")}
    size: dict[object, int] = {}
    for item in items:
        size[item.path] = size.get(item.path, 0) + 1
    items.sort(key=lambda item: (item.path not in drives, -size[item.path], str(item.path)))
