"""HostCheck: this machine as the doctor looks at it from the app: what was found, and how long it took; no widgets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterable, Callable, Sequence

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import judge, theme_of
from diagnostics.finding import Finding
from diagnostics.text import clean
from tutor.found import Found, Standing
from tutor.interpreter import Interpreter

Examine = Callable[[str], AsyncIterable[Facts]]
"""Looks at this machine with the Python of that path, and tells what is known, more each time."""


class HostCheck(Found):
    """Lasts as long as the app, so that what was found is there when the reader comes back."""

    def __init__(self, interpreter: Interpreter, examine: Examine) -> None:
        super().__init__()
        self.all = True
        self.interpreter = interpreter
        self._examine = examine
        self.facts = Facts()
        self._findings: list[Finding] = []
        self._running = False
        self._began = 0.0
        self._seconds: dict[bool, float] = {}
        """How long it took to know all without torch (False), and with it (True)."""

    async def look(self, told: Callable[[], None]) -> None:
        """Looks again from the start, and calls `told` whenever more is known. Cancelled, it leaves nothing running."""
        self._running, self._began, self._seconds = True, time.monotonic(), {}
        told()
        try:
            async for facts in self._examine(self.interpreter.path):
                self.facts, self._findings = facts, await asyncio.to_thread(judge, facts)
                self._seconds[facts.torch is not None] = time.monotonic() - self._began
                told()
        finally:
            self._running = False
        told()

    @property
    def looked(self) -> bool:
        """Whether anything is known yet."""
        return bool(self._seconds)

    @property
    def found(self) -> Sequence[Finding]:
        return self._findings

    @property
    def running(self) -> bool:
        return self._running

    @property
    def shown(self) -> str:
        return clean(self.facts.host.name or "") if self.facts.host else ""

    @property
    def machine(self) -> list[str]:
        """The machine's name, and its GPUs, as "8 × H200"."""
        gpus = self.facts.nvml.gpus if self.facts.nvml and self.facts.nvml.gpus else []
        names = Counter(clean(gpu.name, 40).removeprefix("NVIDIA ") for gpu in gpus if gpu.name)
        return [self.shown, *(f"{count} × {name}" if count > 1 else name for name, count in names.items())]

    def theme(self, finding: Finding) -> str:
        return theme_of(finding)

    @property
    def standing(self) -> Standing:
        if self._running:
            doing = "Now torch is asked." if self._seconds else "Now this machine is looked at."
            return Standing("● running", "accent", sentence=doing)
        if not self._seconds:
            return Standing("", "muted")
        bad = any(one.status in ("fail", "warn") for one in self._findings)
        return Standing("", "muted", "" if bad else "Nothing is wrong.", self._took())

    def _took(self) -> str:
        without, whole = self._seconds.get(False), self._seconds.get(True)
        parts = [f"{without:.1f} s without torch"] if without is not None else []
        parts += [f"{whole:.1f} s with it"] if whole is not None else []
        return f"Checked in {', '.join(parts)}. Nothing was changed."
