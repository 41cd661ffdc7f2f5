"""A host examined: the probe runs in the judged Python, and Facts grow as it speaks.

    for facts in Examination(python):        # all that needs no torch, then the whole
    async for facts in Examination(python):  # each time that something was seen
    facts = examine(python)

Facts come within the time limit whatever the probe meets: a section that could not be seen says why in `troubles`.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from diagnostics.doctor.bundle import RUN, bundle
from diagnostics.doctor.probing import Probing

if TYPE_CHECKING:
    from diagnostics.doctor.facts import Facts
    from diagnostics.doctor.gathering import Gathering

TIME_LIMIT = 65.0
"""Seconds for all; torch's end RESERVE earlier."""
RESERVE = 5.0
FIRST_WORD = 20.0
"""Seconds until a Python has to speak: one in a network folder takes long to start."""

OF_PYTHON = ("python", "packages", "torch")
"""Sections that only the judged Python itself can tell."""


def examine(python: str = sys.executable, **how: Any) -> Facts:
    """This host in the end. `how`: as Examination."""
    *_, whole = Examination(python, **how)
    return whole


class Examination:
    """One look at this host, by the Python that is judged. To be iterated once; stop() ends it from any thread.

    `root` stands for another host's /; `environ` is what the probe runs in; `torch`: False leaves torch alone;
    `limits`: seconds for "nvml", "cuda", "torch" and "looks", in the place of the probe's own.
    """

    def __init__(
        self,
        python: str = sys.executable,
        *,
        torch: bool = True,
        time_limit: float = TIME_LIMIT,
        root: str = "",
        environ: Mapping[str, str] | None = None,
        limits: Mapping[str, float] | None = None,
    ) -> None:
        self.python = python
        self.torch = torch
        self.time_limit = time_limit
        self.root = root
        self.environ = environ
        self.limits = {"torch": max(time_limit - RESERVE, time_limit / 2), **(limits or {})}
        self._end = threading.Event()
        self._first: Probing | None = None
        self._refused = ""
        self._iterated = False

    def start(self) -> None:
        """Starts the probe, so that the caller can load meanwhile what shows Facts. Then iterate, or stop()."""
        if self._first is None and not self._refused:
            try:
                self._first = self._probing(self.python, () if self.torch else ("torch",))
            except (OSError, ValueError) as error:
                self._refused = f"{self.python} cannot be started: {getattr(error, 'strerror', None) or error}"

    def stop(self) -> None:
        """Nothing that was started is left; what iterates comes to its end with what was seen so far."""
        self._end.set()
        if self._first is not None and not self._iterated:
            self._first.end()

    def __iter__(self) -> Iterator[Facts]:
        """First all that needs no torch, as soon as it is there; then the whole."""
        early = not self.torch
        for gathering in self._growing():
            if not early and gathering.missing == {"torch"}:
                early = True
                yield gathering.facts
        yield gathering.facts

    async def __aiter__(self) -> AsyncIterator[Facts]:
        """Each time that something was seen, the whole last. Leaving it ends all that was started."""
        import asyncio  # here: a report in a pipe does without it, and it takes as long as the probe's Python to start

        loop = asyncio.get_running_loop()
        news: asyncio.Queue[Facts | BaseException | None] = asyncio.Queue()

        def tell(what: Facts | BaseException | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                loop.call_soon_threadsafe(news.put_nowait, what)

        def work() -> None:
            try:
                for gathering in self._growing():
                    tell(gathering.facts)
                tell(None)
            except BaseException as error:
                tell(error)

        thread = threading.Thread(target=work, name="examination", daemon=True)
        thread.start()
        try:
            while (what := await news.get()) is not None:
                if isinstance(what, BaseException):
                    raise what
                yield what
        finally:
            self._end.set()
            while thread.is_alive():
                await asyncio.sleep(0.01)

    def _growing(self) -> Iterator[Gathering]:
        """The same one each time that it grew, and in the end."""
        self.start()
        self._iterated = True
        from diagnostics.doctor.gathering import Gathering  # takes a while to load, and the probe is at work meanwhile

        gathering = Gathering()
        if not self.torch:
            gathering.give_up(["torch"], "torch was not asked for")
        yield from self._heard(self._first, gathering)
        if "pci" in gathering.missing and not self._end.is_set():  # which comes first: this Python cannot run the probe
            reason = gathering.facts.troubles.get("python") or self._refused or _why_not(self.python, self._first)
            gathering.give_up(OF_PYTHON, reason)
            yield gathering
            if self.python != sys.executable:
                yield from self._heard(self._probing(sys.executable, OF_PYTHON), gathering)
        late = f"The probe did not come so far within {self.time_limit:g} s"
        gathering.give_up(sorted(gathering.missing), "The examination was stopped" if self._end.is_set() else late)
        yield gathering

    def _heard(self, probing: Probing | None, gathering: Gathering) -> Iterator[Gathering]:
        if probing is None:
            return
        try:
            for line in probing.lines(FIRST_WORD, self.time_limit, self._end):
                if gathering.take(line):
                    yield gathering
        finally:
            probing.end()

    def _probing(self, python: str, skip: Collection[str]) -> Probing:
        text = bundle(root=self.root, skip=list(skip), limits=self.limits)
        return Probing([python, "-c", RUN], text, self.environ)


def _why_not(python: str, probing: Probing | None) -> str:
    """Why a process that was started told nothing of the host."""
    if probing is not None and probing.how == "late":
        return f"{python} said nothing within {FIRST_WORD:g} s"
    words = probing.last_words() if probing is not None else ""
    return f"{python} does not run the doctor's probe: {words or 'it ended without a word'}"
