"""What every test starts from."""

from __future__ import annotations

import signal

from tests.support.nvml import lay_driver, nvml_builds, simulate

__all__ = ["lay_driver", "nvml_builds", "simulate"]


def pytest_configure() -> None:
    """A suite started in the background, or under nohup, would hand ignored signals on to the programs it tests."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
