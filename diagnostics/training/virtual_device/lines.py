"""Tells when the user's code comes to a line for the first time. Standard library only.

From Python 3.12 on by sys.monitoring: each line is told once and then costs nothing. Before, by sys.settrace, which
slows Python down and so is on only while somebody says `look(True)`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from .frames import is_users

_TOOLS = (3, 4)
"""Numbers for tools of sys.monitoring that are nobody's by name."""


def lines(news: Callable[[], None]) -> Monitored | Traced:
    """What calls `news` at each line not yet met, in the thread that asks for it here."""
    return Monitored(news) if sys.version_info >= (3, 12) else Traced(news)


class Traced:
    """By sys.settrace. It gives way to a debugger or a coverage tool that is there already."""

    def __init__(self, news: Callable[[], None]) -> None:
        self._news = news
        self._met: set[tuple[str, int]] = set()
        self._looking = False

    def look(self, on: bool) -> None:
        if on == self._looking:
            return
        if on:
            if sys.gettrace() is not None:
                return
            frame: FrameType | None = sys._getframe(1)
            while frame is not None:
                if is_users(frame.f_code.co_filename):
                    frame.f_trace = self._line
                frame = frame.f_back
            sys.settrace(self._call)
        elif sys.gettrace() == self._call:
            sys.settrace(None)
        self._looking = on

    def stop(self) -> None:
        self.look(False)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        if is_users(frame.f_code.co_filename):
            return self._line(frame, event, argument)
        return None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        line = (frame.f_code.co_filename, frame.f_lineno)
        if line not in self._met:
            self._met.add(line)
            if self._looking:
                self._news()
        return self._line


class Monitored:
    """By sys.monitoring."""

    def __init__(self, news: Callable[[], None]) -> None:
        self._news = news
        self._met: set[tuple[str, int]] = set()
        self._thread = threading.get_ident()
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        self._tool: int | None = next((tool for tool in _TOOLS if self._monitoring.get_tool(tool) is None), None)
        if self._tool is not None:
            events = self._monitoring.events
            self._monitoring.use_tool_id(self._tool, "pytorch-tutor")
            self._monitoring.register_callback(self._tool, events.LINE, self._line)
            self._monitoring.set_events(self._tool, events.LINE)
            self._monitoring.restart_events()

    def look(self, on: bool) -> None:
        """Each line is told once, whether somebody looks or not."""

    def stop(self) -> None:
        if self._tool is not None:
            self._monitoring.set_events(self._tool, 0)
            self._monitoring.free_tool_id(self._tool)
            self._tool = None

    def _line(self, code: CodeType, line: int) -> Any:
        place = (code.co_filename, line)
        if is_users(code.co_filename) and place not in self._met and threading.get_ident() == self._thread:
            self._met.add(place)  # a line of several parts is come to at each of them
            self._news()
        return self._monitoring.DISABLE
