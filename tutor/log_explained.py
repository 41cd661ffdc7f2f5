"""LogExplained: an error log that the reader gave, and what was found in it; no widgets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence

import msgspec

from diagnostics.finding import Finding
from diagnostics.text import clean
from tutor.found import Found, Standing

ALONE = "import sys; '' in sys.path and sys.path.remove(''); from tutor.cli import main; sys.exit(main())"
"""What `-m tutor` does, but no module is taken from the reader's folder; Python's own -P is not in 3.10."""

EXPLAIN = (sys.executable, "-c", ALONE, "explain", "--json")
"""Run beside the app: a log may have a hundred megabytes."""


class Answer(msgspec.Struct):
    findings: list[Finding]


class LogExplained(Found):
    """Lasts as long as the app."""

    def __init__(self) -> None:
        super().__init__()
        self.all = True
        self.line = ""
        """What the reader typed."""
        self.name = ""
        self.trouble = ""
        """Why a log could not be read, in one sentence."""
        self._findings: list[Finding] = []
        self._running = False

    async def read(self, line: str) -> bool:
        """Explains the file of that name; False where it cannot be read, and `trouble` says why."""
        self.line, path = line, os.path.expanduser(line.strip())
        if not path:
            self.trouble = "name a file, or paste the log"
            return False
        if not await asyncio.to_thread(os.path.isfile, path):
            if _says_something(path):
                return await self.take(path)
            self.trouble = f"there is no file {clean(path)}"
            return False
        return await self._explain(os.path.basename(path), ["--", path], b"")

    async def take(self, text: str) -> bool:
        """Explains a log that was pasted."""
        return await self._explain("what you pasted", [], text.encode("utf-8", "replace"))

    async def _explain(self, name: str, arguments: Sequence[str], text: bytes) -> bool:
        """What was explained before stays until this is read to its end."""
        name, self.trouble, self._running = clean(name, 60), "", True
        try:
            findings = msgspec.json.decode(await self._asked(arguments, text), type=Answer).findings
        except (OSError, msgspec.MsgspecError):
            self.trouble = f"{name} could not be read to its end"
            return False
        finally:
            self._running = False
        self.forget()
        self.name, self._findings = name, findings
        await self.read_excerpts()
        return True

    async def _asked(self, arguments: Sequence[str], text: bytes) -> bytes:
        """What `tutor explain` answers. Cancelled, it leaves nothing running."""
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *EXPLAIN, *arguments, stdin=pipe, stdout=pipe, stderr=nothing, start_new_session=True
        )
        try:
            answer, _ = await process.communicate(text)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        return answer

    @property
    def found(self) -> Sequence[Finding]:
        return self._findings

    @property
    def running(self) -> bool:
        return self._running

    @property
    def shown(self) -> str:
        return self.name

    def theme(self, finding: Finding) -> str:
        return finding.category

    @property
    def standing(self) -> Standing:
        if self._running:
            return Standing("● reading", "accent")
        known = [one for one in self._findings if one.status != "skipped"]
        if known:
            return Standing("", "muted", sentence="The cause stands first; what follows from it, under it.")
        return Standing("", "muted", sentence="No error of PyTorch's was found in it.")


def _says_something(line: str) -> bool:
    """Whether a line that names no file is an error itself: "RuntimeError: CUDA out of memory"."""
    return ": " in line or (len(line.split()) > 2 and os.sep not in line)
