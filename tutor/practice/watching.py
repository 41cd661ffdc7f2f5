"""Watch: tells when a file has got another text, by events where they arrive, and by looking every second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.practice.own_file import OwnFile, Unreadable

if TYPE_CHECKING:
    from watchfiles.main import FileChange

EVERY = 1.0
"""Seconds between two looks at the file, whatever events say: none arrive from NFS, or from a mount of WSL."""

SETTLED = 0.1
"""Seconds for which a file that was changed has to stay as it is: editors write in more than one go."""

PATIENCE = 10
"""So many times SETTLED is an empty or missing file waited for: an editor may truncate it first, or rename it."""


Looked = tuple[int, ...]
"""What tells one state of a file from another without reading it; empty where it is missing."""


class Way(Enum):
    """How changes are noticed; the value is what the reader is told."""

    STARTING = ""
    EVENTS = "watching by events"
    LOOKING = "events do not arrive here: looking every second"


class Watch:
    """Follows one file. `turned` is called whenever `way` changes."""

    def __init__(self, file: OwnFile, turned: Callable[[], None] = lambda: None) -> None:
        self.way = Way.STARTING
        self._file, self._turned = file, turned
        self._stirred = asyncio.Event()

    async def changes(self) -> AsyncGenerator[str | Unreadable, None]:
        """Each new text that the file gets and that is not the one we have. A file that is only touched is not new.

        Why it cannot be read, once, in place of a text; the text that comes after that is told whichever it is. Close
        it (contextlib.aclosing) to end the watch.
        """
        listening = asyncio.create_task(self._listen())
        try:
            seen: Looked | None = None
            told, trouble = self._file.text, ""
            while True:
                seen, found = await self._settle(seen)
                if isinstance(found, Unreadable):
                    if str(found) != trouble:
                        trouble = str(found)
                        yield found
                elif trouble or found not in (self._file.text, told):
                    told, trouble = found, ""
                    yield found
                await self._changed(seen)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _changed(self, seen: Looked) -> None:
        """Returns once an event tells of the file, or it no longer looks as it did."""
        while not await self._wait():
            if await asyncio.to_thread(_look, self._file.path) != seen:
                await self._doubt()
                return

    async def _wait(self) -> bool:
        """Whether it was an event that ended the wait."""
        heard = await self._stirs(EVERY)
        self._stirred.clear()
        if heard:
            self._turn(Way.EVENTS)
        return heard

    async def _doubt(self) -> None:
        """A change was seen before any event told of it: one that is on its way is waited for, and then no more."""
        if not await self._stirs(2 * SETTLED):
            self._turn(Way.LOOKING)

    async def _stirs(self, seconds: float) -> bool:
        """Whether an event comes within so many seconds."""
        stirring = asyncio.ensure_future(self._stirred.wait())
        try:
            await asyncio.wait([stirring], timeout=seconds)  # wait_for may lose a cancellation, before Python 3.12
        finally:
            stirring.cancel()
        return self._stirred.is_set()

    async def _settle(self, seen: Looked | None) -> tuple[Looked, str | Unreadable]:
        """The file once it is at rest; why it has no text where it is gone for good, or none can be read."""
        left = PATIENCE
        while True:
            await asyncio.sleep(SETTLED)
            now = await asyncio.to_thread(_look, self._file.path)
            found = await asyncio.to_thread(self._read)
            left -= 1
            if now == seen and (left <= 0 or (isinstance(found, str) and found.strip())):
                return now, found
            seen = now

    def _read(self) -> str | Unreadable:
        try:
            return self._file.read()
        except Unreadable as error:
            return error

    async def _listen(self) -> None:
        """Sets `_stirred` at each event in the file's folder: an editor may put another file in its place."""
        try:
            awatch = await asyncio.to_thread(_awatch)
            events = awatch(
                self._file.path.parent,
                watch_filter=None,
                debounce=50,
                step=20,
                recursive=False,
                force_polling=False,
                rust_timeout=60_000,
            )
            self._turn(Way.EVENTS)
            async for changes in events:
                if any(Path(path).name == self._file.path.name for _, path in changes):
                    self._stirred.set()
        except (ImportError, OSError, RuntimeError):  # no such library here, no more watches to be had
            self._turn(Way.LOOKING)

    def _turn(self, way: Way) -> None:
        if way is not self.way:
            self.way = way
            self._turned()


def _look(path: Path) -> Looked:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _awatch() -> Callable[..., AsyncGenerator[set[FileChange], None]]:
    from watchfiles import awatch  # here, and off the event loop: some 40 ms that only who watches should wait for

    return awatch
