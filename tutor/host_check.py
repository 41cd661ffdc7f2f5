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

ASKED = {"nvml": "The driver (NVML)", "cuda": "CUDA"}
"""What can hang, besides torch."""

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
        self._look: object | None = None
        """The look that runs."""
        self._cut_off = False
        """Whether the last look was ended before its end."""
        self._began = 0.0
        self._seconds: dict[bool, float] = {}
        """How long it took to know all without torch (False), and all (True)."""

    async def look(self, told: Callable[[], None]) -> None:
        """Looks again from the start, and calls `told` whenever more is known. Cancelled, it leaves nothing running."""
        look = self._look = object()
        self._cut_off, self._began, self._seconds = True, time.monotonic(), {}
        self.facts, self._findings = Facts(), []
        told()
        try:
            async for facts in self._examine(self.interpreter.path):
                self.facts, self._findings = facts, await asyncio.to_thread(judge, facts)
                if self._missing <= {"torch"}:
                    self._seconds.setdefault(False, time.monotonic() - self._began)
                told()
            self._cut_off = False
            self._seconds[True] = time.monotonic() - self._began
        finally:
            if self._look is look:  # else it was ended for another one, which runs
                self._look = None
        told()

    @property
    def looked(self) -> bool:
        """Whether it was ever begun to look."""
        return bool(self._began)

    @property
    def _missing(self) -> set[str]:
        """The sections that are neither seen nor explained yet."""
        from diagnostics.doctor.decode import sections

        return {name for name in sections() if getattr(self.facts, name) is None and name not in self.facts.troubles}

    @property
    def found(self) -> Sequence[Finding]:
        return self._findings

    @property
    def running(self) -> bool:
        return self._look is not None

    @property
    def shown(self) -> str:
        return clean(self.facts.host.name or "") if self.facts.host else ""

    @property
    def machine(self) -> list[str]:
        """The machine's name, and its GPUs, as "8 × H200"."""
        gpus = self.facts.nvml.gpus if self.facts.nvml and self.facts.nvml.gpus else []
        names = Counter(clean(gpu.name, 40).removeprefix("NVIDIA ") for gpu in gpus if gpu.name)
        return [self.shown, *(f"{count} × {name}" if count > 1 else name for name, count in names.items())]

    def verify(self, finding: Finding) -> str:
        return f"tutor doctor --only {finding.id}" if finding.status in ("fail", "warn") else ""

    def theme(self, finding: Finding) -> str:
        return theme_of(finding)

    @property
    def standing(self) -> Standing:
        if self.running:
            return Standing("● running", "accent", sentence=self._doing())
        if self._cut_off and self._began:
            late = "torch was not tried to its end" if self._missing <= {"torch"} else "not all was looked at"
            return Standing("! cut off", "warn", sentence=f"It was cut off: {late}. `r` starts again.")
        if not self._seconds:
            return Standing("", "muted")
        bad = any(one.status in ("fail", "warn") for one in self._findings)
        return Standing("", "muted", "" if bad else "Nothing is wrong.", self._took())

    def _doing(self) -> str:
        """What is waited for, and how long at most."""
        from diagnostics.doctor.examine import RESERVE, TIME_LIMIT

        missing = self._missing
        if missing == {"torch"}:
            return f"torch is tried now, for {TIME_LIMIT - RESERVE:.0f} s at most."
        if self._findings and (asked := [name for what, name in ASKED.items() if what in missing]):
            return f"{' and '.join(asked)} {'is' if len(asked) == 1 else 'are'} waited for, a minute at most."
        return "This machine is looked at now, for a minute at most."

    def _took(self) -> str:
        without, whole = self._seconds.get(False), self._seconds.get(True)
        parts = [f"{without:.1f} s without torch"] if without is not None else []
        parts += [f"{whole:.1f} s with it"] if whole is not None else []
        return f"Checked in {', '.join(parts)}. Nothing was changed."
