"""ScriptCheck: the script that is checked in the app, how its run stands, and what was found; no widgets."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Callable, Sequence

from diagnostics.finding import Finding
from diagnostics.text import clean
from diagnostics.training.journal import place
from tutor.arguments import Parser, UsageError, takes_a_script
from tutor.found import Found, Standing
from tutor.interpreter import Interpreter
from tutor.report.check import ended, never_began, refuse, time_and_place, total, unwatched
from tutor.report.findings import counted, near
from tutor.report.live import LiveRun
from tutor.report.watched import Asked, Ran

Place = tuple[str, str, int]


class ScriptCheck(Found):
    """Lasts as long as the app. `line` is what the reader typed: the words after `tutor check`."""

    prints = True

    def __init__(self, interpreter: Interpreter, line: str = "") -> None:
        super().__init__()
        self.interpreter = interpreter
        self.line = line
        self.asked: Asked | None = None
        self.run: LiveRun | None = None
        self.trouble = ""
        """Why nothing could be run, in one sentence."""

    # The run

    async def begin(self, line: str) -> bool:
        """Runs what `line` asks for, in place of what ran before; False where it cannot, and `trouble` says why."""
        self.line, self.trouble = line, ""
        try:
            asked = asked_in(line)
            await asyncio.to_thread(refuse, asked)
            await self.close()
            self.run = await LiveRun.start(asked, self.interpreter)
        except UsageError as error:
            self.trouble = str(error)
            return False
        self.asked = asked
        self.forget()
        return True

    async def close(self) -> None:
        """Ends the script, if it runs."""
        if self.run is not None:
            await self.run.close()

    @property
    def running(self) -> bool:
        return self.run is not None and self.run.running

    @property
    def shown(self) -> str:
        """The script with its arguments, clean."""
        if self.asked is None:
            return ""
        script, *rest = self.asked.words
        return clean(shlex.join(["-m", *rest] if script == "-m" else [self.name, *rest]))

    @property
    def name(self) -> str:
        """The script's, short enough for a header."""
        if self.asked is None:
            return ""
        script, *rest = self.asked.words
        return clean(rest[0] if script == "-m" else os.path.basename(os.path.abspath(script)), 60)

    @property
    def ran(self) -> Ran:
        return self.run.ran if self.run is not None else Ran()

    @property
    def facts(self) -> list[str]:
        """What is known of the torch that the script uses, and of the device that it gets."""
        torch = self.ran.events.get("torch", {})
        version = ".".join(str(torch.get("version", "")).split("+")[0].split(".")[:2])
        return [clean(fact) for fact in (version and f"torch {version}", torch.get("device", "")) if fact]

    @property
    def printed(self) -> tuple[str, ...]:
        """The last lines that the script printed, clean."""
        return self.run.tail.lines() if self.run is not None else ()

    @property
    def standing(self) -> Standing:
        ran = self.ran
        if self.run is None:
            return Standing("", "muted")
        if self.running:
            return Standing("● running", "accent", sentence=counted(ran.findings) or "Nothing so far.")
        if self.run.stopped:
            return Standing("■ stopped", "muted", sentence=f"You stopped it. {total(ran)}")
        if why := never_began(ran, self.interpreter):
            return Standing("✗ not run", "danger", sentence=f"{why[0].upper()}{why[1:]}.")
        word, style = ("✓ finished", "accent") if not ran.code else (f"✗ {ended(ran)}", "danger")
        if why := unwatched(ran):
            return Standing(word, style, sentence=why)
        if ran.code or counted(ran.findings):
            return Standing(word, style, sentence=total(ran))
        return Standing(word, style, "Nothing is wrong.", f"Checked {time_and_place(ran)}")

    # What was found

    @property
    def found(self) -> Sequence[Finding]:
        return self.ran.findings

    def mark(self, finding: Finding) -> Place:
        return place(finding)


def asked_in(line: str) -> Asked:
    """What the words after `tutor check` ask for. Raises UsageError with a sentence."""
    try:
        words = [os.path.expanduser(word) for word in shlex.split(line)]
    except ValueError:
        raise UsageError("a quote is opened and not closed") from None
    parser = Parser(prog="tutor check", add_help=False, allow_abbrev=False)
    takes_a_script(parser)
    options = parser.parse_args(words)
    if not options.words or options.words == ["-m"]:
        raise UsageError("name a script, or -m and a module")
    return Asked(tuple(options.words), options.device, options.gpus, options.steps)


def to_keep(line: str) -> str:
    """The line with its script's whole path, so that it holds in another folder; as it is where it asks for nothing."""
    return _with_script(line, os.path.abspath)


def from_here(line: str) -> str:
    """A kept line with its script's path as it is seen from this folder."""
    return _with_script(line, near)


def _with_script(line: str, path: Callable[[str], str]) -> str:
    try:
        asked = asked_in(line)
    except UsageError:
        return line
    if asked.words[0] == "-m":
        return line
    words = shlex.split(line)
    words[-len(asked.words)] = path(asked.words[0])
    return shlex.join(words)
