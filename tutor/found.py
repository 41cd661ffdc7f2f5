"""Found: findings as a screen shows them: which have a row, which are hidden, and which one is chosen; no widgets."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from diagnostics.finding import Finding
from tutor.draw.excerpt import Excerpt, read_excerpt
from tutor.report.findings import unfolded

HIDDEN = ("skipped", "ok")
"""What is shown only on demand."""


@dataclass(frozen=True)
class Standing:
    """How a check stands: sign and word in a style, a heading where there is one to give, and a sentence."""

    word: str
    style: str
    heading: str = ""
    sentence: str = ""


class Found:
    """What a screen of findings shows. Subclasses say what was found, and how the search stands."""

    def __init__(self) -> None:
        self.all = False
        """Whether what is well, and what could not be checked, is shown too."""
        self._chosen: Hashable = None
        """The finding that the reader chose; until then it is the worst."""
        self._excerpts: dict[Hashable, Excerpt | None] = {}

    @property
    def found(self) -> Sequence[Finding]:
        """All that was found, what is folded under others too."""
        raise NotImplementedError

    @property
    def running(self) -> bool:
        """Whether more may be found."""
        raise NotImplementedError

    @property
    def standing(self) -> Standing:
        raise NotImplementedError

    @property
    def shown(self) -> str:
        """What is checked, clean."""
        raise NotImplementedError

    prints = False
    """Whether what is checked prints."""

    @property
    def printed(self) -> tuple[str, ...]:
        """The last lines that it printed, clean."""
        return ()

    def theme(self, finding: Finding) -> str:
        """The word that stands beside a finding in the list; "" where its place in the code does."""
        return ""

    def verify(self, finding: Finding) -> str:
        """The command that looks for it again; "" where there is none."""
        return ""

    def mark(self, finding: Finding) -> Hashable:
        """What stays the same of a finding when it is found again."""
        return finding.id

    def excerpt(self, finding: Finding) -> Excerpt | None:
        """The lines of code around it, as they were when it was found."""
        return self._excerpts.get(self.mark(finding))

    async def read_excerpts(self) -> None:
        """Reads those that are not read yet, beside the screen: files may lie on a network."""
        for finding in list(self.found):
            if finding.where is not None and self.mark(finding) not in self._excerpts:
                self._excerpts[self.mark(finding)] = await asyncio.to_thread(read_excerpt, finding.where)

    def forget(self) -> None:
        """Before something else is looked at."""
        self._excerpts.clear()

    @property
    def findings(self) -> list[Finding]:
        """Those with a row, the worst first."""
        return [one for one in unfolded(self.found) if self.all or one.status not in HIDDEN]

    @property
    def hidden(self) -> list[Finding]:
        return [one for one in unfolded(self.found) if not self.all and one.status in HIDDEN]

    @property
    def chosen(self) -> Finding | None:
        """One of `findings`; None where there are none."""
        findings = self.findings
        return next((one for one in findings if self.mark(one) == self._chosen), findings[0] if findings else None)

    def choose(self, by: int) -> None:
        """Another finding, `by` rows on."""
        if (chosen := self.chosen) is not None:
            findings = self.findings
            at = min(len(findings) - 1, max(0, findings.index(chosen) + by))
            self._chosen = self.mark(findings[at])
