"""What every test starts from."""

from __future__ import annotations

import compileall
import signal
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support.nvml import lay_driver, nvml_builds, simulate

__all__ = ["lay_driver", "nvml_builds", "simulate"]

OURS = [Path(__file__).parents[1] / name for name in ("tutor", "lessons", "diagnostics")]

SHARED = ("tests/app/test_every_topic.py", "tests/test_shipped_course.py")
"""Files of a few long tests, a topic each, that need nothing of one another."""


def pytest_configure(config: pytest.Config) -> None:
    """What has to stand before the first program is started."""
    if not hasattr(config, "workerinput"):
        compile_ours()
    attend_to_signals()


def compile_ours() -> None:
    """Programs under test write no bytecode, so on a fresh tree each would compile all of ours: 0.4 s a start."""
    for folder in OURS:
        compileall.compile_dir(folder, quiet=2)


def attend_to_signals() -> None:
    """A suite started in the background, or under nohup, would hand ignored signals on to the programs it tests."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is shared, then files that drive terminals, the largest at the head: quick ones fill up all workers."""
    drives = {item.path for item in items if item.get_closest_marker("pty")}
    size: dict[object, int] = {}
    for item in items:
        size[item.path] = size.get(item.path, 0) + 1
    items.sort(
        key=lambda item: (_file(item.nodeid) not in SHARED, item.path not in drives, -size[item.path], str(item.path))
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling | None:
    """A worker takes a whole file (--dist loadfile), of those that are shared one test."""
    return _Shares(config, log) if config.getvalue("dist") == "loadfile" else None


class _Shares(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return nodeid if file in SHARED else file


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
