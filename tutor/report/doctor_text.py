"""The doctor's report as plain text in 80 columns: what was judged, a row a finding, its details, and the sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from diagnostics.doctor.judge import THEMES, theme_of
from diagnostics.finding import STATUSES, Finding, Step
from diagnostics.text import clean
from tutor.draw.canvas import Look
from tutor.draw.glyphs import width
from tutor.report.doctor_words import WRONG, family, needs, roots, verdict
from tutor.report.findings import (
    LONGEST,
    SIGNS,
    STYLES,
    TITLE,
    Row,
    detail,
    hanging,
    lesson_command,
    number_of,
    printed,
    wrapped,
)
from tutor.report.text import WIDTH

THEME = max(map(len, THEMES)) + 2
"""The width of a theme's column; the labels of details stand in it, too."""
COLUMN = TITLE + THEME
"""Where titles begin, and what stands under them."""
ROOM = WIDTH - COLUMN

LEFT = 4
"""Where a command begins that has no room under its title: it is never broken, so that it can be copied."""

GREY = ("skipped", "ok")


@dataclass(frozen=True)
class Paper:
    """How a report is written. `look`: of the terminal, None where there is none; `again`: what checks once more."""

    look: Look | None
    again: str = "tutor doctor"

    def text(self, rows: Iterable[Row]) -> str:
        return "".join(f"{printed(row, self.look)}\n" for row in rows)

    def head(self, judged: Iterable[tuple[str, str]]) -> list[Row]:
        """What was judged, as (label, words)."""
        rows: list[Row] = []
        for label, words in judged:
            rows += detail(label, wrapped(words, ROOM) or [""], column=COLUMN)
        rows[0][0] = ("judged".ljust(TITLE), "faint")
        return [*rows, []]

    @property
    def waiting(self) -> list[Row]:
        """What stands between findings that needed no torch, and what torch adds."""
        return [[("torch is tried now, for a minute at most; --no-torch leaves it out.", "faint")], []]

    def sum(self, findings: Sequence[Finding], took: str) -> list[Row]:
        """The end: what was found in numbers, and how long it took."""
        return [[(verdict(findings), "bold bright")], [(took, "faint")]]

    # What was found

    def since(self, before: Sequence[Finding], findings: Sequence[Finding]) -> list[Row]:
        """What is wrong and was not told before: new, seen differently, gone with what was told, or withdrawn."""
        rooted = {one.id: one for one in roots(before, WRONG)}
        told = {one.id: one for root in rooted.values() for one in family(root, before)}
        rows: list[Row] = []
        for root in roots(findings, WRONG):
            if rooted.get(root.id) != root:
                rows += self.finding(root, findings)
            else:
                new = [one for one in family(root, findings)[1:] if one.id not in told]
                rows += [row for one in new for row in self._explained(one, root)]
        for gone in [one for name, one in told.items() if not any(name == other.id for other in findings)]:
            title = f"Withdrawn, torch shows otherwise: {gone.title}"
            rows += [*self._row(replace(gone, status="note", title=title)), []]
        return rows

    def rest(self, findings: Sequence[Finding]) -> list[Row]:
        """Notes, what could not be checked, and what is in order: those with details first, then a row each."""
        blocks = [(self.finding(one, findings), one.status in GREY) for one in roots(findings, ("note", *GREY))]
        tall = [row for block, quiet in blocks if len(block) > 2 and not quiet for row in block]
        short = [row for block, quiet in blocks if len(block) <= 2 or quiet for row in block[:-1]]
        return [*tall, *short, *([[]] if short else [])]

    def finding(self, finding: Finding, among: Sequence[Finding]) -> list[Row]:
        """One finding from its title to what it explains, and a blank row."""
        rows = self._row(finding)
        if finding.status == "ok":
            return [*rows, []]
        evidence = [line for text in finding.evidence for line in hanging(text, ROOM)]
        if finding.status == "skipped":
            return [*rows, *_under("", evidence, "faint"), []]
        rows += _under("seen", evidence)
        rows += _under("cause", wrapped(finding.cause, ROOM))
        for number, step in enumerate(finding.fix if finding.status in WRONG else finding.fix[:1]):
            rows += self._step(step, "or" if number else "next", finding)
        if finding.status in WRONG:
            rows += _under("verify", [self.verify(finding)], "code")
        if lesson := lesson_command(finding):
            rows += _under("why", [lesson], "code")
        return [*rows, *self._explains(finding, among), []]

    def verify(self, finding: Finding) -> str:
        """The command that looks for this fault alone."""
        return f"{self.again} --only {clean(finding.id)}"

    def _row(self, finding: Finding) -> list[Row]:
        """Sign, word, theme and title; grey where nothing is wrong."""
        status = finding.status
        word = f"[{status}]" if self.look is None else f"{SIGNS[status]} {status}"
        grey = status in GREY
        style = "faint" if grey else "text" if status == "note" else "bold bright"
        theme = clean(theme_of(finding)).ljust(THEME)
        first, *more = wrapped(finding.title, ROOM) or [""]
        head = [(word.ljust(TITLE), STYLES[status]), (theme, "faint" if grey else "muted"), (first, style)]
        return [head, *([(" " * COLUMN, "text"), (line, style)] for line in more)]

    def _step(self, step: Step, label: str, finding: Finding) -> list[Row]:
        text = step.text.removeprefix("or ") if label == "or" else step.text
        command = clean(step.command, LONGEST)
        if command and text.rstrip(".:").endswith(f"`{step.command}`"):
            text = text.rstrip(".:").removesuffix(f"`{step.command}`").rstrip(" :") + ":"
        rows = detail(label, wrapped(text, ROOM) or [""], "text", "bold accent", COLUMN)
        if command:
            rows.append([(" " * (COLUMN if width(command) <= ROOM else LEFT), "text"), (command, "bold code")])
        if command or step.root or step.reboot:
            rows += _under("", [needs(step)], "faint")
        if step.verify and step.verify not in (self.verify(finding), f"tutor doctor --only {finding.id}"):
            rows += _under("then", wrapped(step.verify, ROOM))
        return rows

    def _explained(self, finding: Finding, cause: Finding) -> list[Row]:
        """One that goes with a finding above."""
        rows = self._row(finding)
        return [*rows, *_under("", wrapped(f"It goes with “{cause.title}”, above.", ROOM), "muted"), []]

    def _explains(self, finding: Finding, among: Sequence[Finding]) -> list[Row]:
        folded = family(finding, among)[1:]
        if not folded:
            return []
        worse = STATUSES.index(finding.status)
        lines = [f"▾ {number_of(folded)} that will go with it"]
        for one in folded:
            word = f"{one.status}: " if STATUSES.index(one.status) < worse else ""
            lines += [f"  {line}" for line in wrapped(word + one.title, ROOM - 2)]
        return _under("explains", lines, "muted")


def _under(label: str, lines: Sequence[str], style: str = "text") -> list[Row]:
    return detail(label, lines, style, column=COLUMN)
