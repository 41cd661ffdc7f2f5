"""An error log in, findings out: the root cause first, then what it led to, and no guess where nothing is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from diagnostics.errors.catalogue.dataloader import WORKER_ERROR
from diagnostics.errors.matching import Match, find, find_bare, may_begin
from diagnostics.errors.reading import line_of, lines, unfolded
from diagnostics.errors.tracebacks import Call, Raised, Reader
from diagnostics.finding import Finding, Where
from diagnostics.text import clean

SOURCES = 1024
"""Processes of one log that are told apart."""

MOST = 100
"""Findings of one log."""

_HOT = re.compile(
    r"Traceback|Error|Exception|Assert|error:|Warning:|failed|[Ww]atchdog|not compatible|bus error|File \""
    r"|undefined symbol|shared object|partially init|what\(\):"
)
_AFTER_A_BAR = re.compile(r".*[^\w\s─|│>-] ?(?<!Original )(?P<traceback>Traceback \(most recent call last\):.*)")
"""A progress bar does not end its line before what comes next is printed."""
_PREFIXES = frozenset("[({>\"'")
"""What stands before the lines of a rank, of JSON, of a quotation; and what some messages begin with."""

_WRAPPED = re.compile(r"Caught \w+ in (DataLoader worker|replica|pin memory)")
_LAUNCHER = re.compile(
    r"ChildFailedError|CalledProcessError|ProcessRaisedException|ProcessExitedException|RayTaskError"
)
_EXIT_CODE = re.compile(r"exitcode *: *(-?\d+)")


def explain(log: str | bytes | Iterable[bytes]) -> list[Finding]:
    """What a log tells of PyTorch's errors; where that is nothing, one finding `not-known` that tells what was there.

    A log in chunks of bytes may be of any size: memory is bounded.
    """
    seen = _Seen()
    for text in lines(log):
        seen.line(text)
    seen.finish()
    return _findings(seen) or [_not_known(seen)]


@dataclass
class _Sighting:
    """A match, and what it was found in. `root`: the id of the first known error of its chain, "" if it is that."""

    match: Match
    raised: Raised
    own: Call | None
    root: str = ""
    times: int = 1
    noticed: bool = False
    """Whether `own` is where Python noticed it, later than it happened."""
    sources: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.match.entry.id


@dataclass
class _Chain:
    """The exceptions of one source that led to each other, as far as they were read."""

    root: str = ""
    own: Call | None = None
    wrapper: Raised | None = None


class _Seen:
    """All that is kept of a log while it is read."""

    def __init__(self) -> None:
        self.sightings: dict[str, _Sighting] = {}
        self.last: Raised | None = None
        """The last exception that nothing is known of, and that is no launcher's."""
        self.launcher: Raised | None = None
        self.exit_code = ""
        self.lines = self.characters = 0
        self.binary = False
        self._readers: dict[str, Reader] = {}
        self._chains: dict[str, _Chain] = {}

    def line(self, raw: str) -> None:
        self.lines += bool(raw)
        self.characters += len(raw.strip())
        self.binary = self.binary or "\0" in raw
        if not (self._busy() or _tells_something(raw)):
            return
        for part in unfolded(raw):
            line = line_of(part)
            bar = _AFTER_A_BAR.match(line.text) if "Traceback (" in line.text else None
            self._text(bar["traceback"] if bar else line.text, line.source)

    def _busy(self) -> bool:
        """Whether a line may belong to something that is being read."""
        return len(self._readers) > 8 or any(reader.busy for reader in self._readers.values())

    def finish(self) -> None:
        for source, reader in self._readers.items():
            for raised in reader.end():
                self._raised(raised, source)
        for chain in self._chains.values():
            self._close(chain)

    def _text(self, text: str, source: str) -> None:
        reader = self._readers.get(source)
        if reader is None:
            if len(self._readers) >= SOURCES:
                source = ""
            reader = self._readers.setdefault(source, Reader(source))
        alone = not reader.busy
        for raised in reader.feed(text):
            self._raised(raised, source)
        if code := _EXIT_CODE.search(text):
            self.exit_code = code.group(1)
        if (alone and not reader.busy) or "Assertion" in text or "NCCL" in text:
            self._bare(text.strip(), source)

    def _bare(self, text: str, source: str) -> None:
        if match := find_bare(text, at_once=not _HOT.search(text)):
            self._add(match, Raised("", text, source=source), None)

    def _raised(self, raised: Raised, source: str) -> None:
        chain = self._chains.get(source)
        if chain is None or not raised.link:
            if chain is not None:
                self._close(chain)
            chain = self._chains[source] = _Chain()
        match = find(raised.message, raised.told, warning=raised.warning)
        own = raised.last_own
        if raised.ignored:
            return
        if match is None and _WRAPPED.match(raised.message):
            chain.wrapper = raised
        elif match is not None:
            wrapper, chain.wrapper = chain.wrapper, None
            own = own or (wrapper.last_own if wrapper else None) or chain.own
            self._add(match, raised, own, chain.root)
            chain.root = chain.root or match.entry.id
        elif raised.kind and not raised.warning:
            if _LAUNCHER.search(raised.kind):
                self.launcher = raised
            elif chain.wrapper is not None and raised.link == "original":
                self._wrapped(chain, own or raised.last_own or chain.wrapper.last_own, raised)
            else:
                self.last = raised
        elif raised.calls and not raised.complete:
            self.last = self.last or raised
        chain.own = own or chain.own

    def _close(self, chain: _Chain) -> None:
        """The chain goes on no more: an error of a worker whose own traceback never came is told from its wrapper."""
        if chain.wrapper is not None:
            self._wrapped(chain, chain.wrapper.last_own, chain.wrapper)

    def _wrapped(self, chain: _Chain, own: Call | None, raised: Raised) -> None:
        wrapper, chain.wrapper = chain.wrapper, None
        assert wrapper is not None
        for wording in WORKER_ERROR.wordings:
            if found := wording.compiled.match(wrapper.message):
                match = Match(WORKER_ERROR, wording.title.format_map(found.groupdict()), raised.message)
                self._add(match, raised, own, chain.root)
                return
        self.last = raised

    def _add(self, match: Match, raised: Raised, own: Call | None, root: str = "") -> None:
        known = self.sightings.get(match.entry.id)
        if known is None:
            if len(self.sightings) < MOST:
                named = [raised.source] if raised.source else []
                root = "" if root == match.entry.id else root
                self.sightings[match.entry.id] = _Sighting(match, raised, own, root, sources=named)
            return
        known.times += 1
        if known.own is None and own is not None:
            known.own, known.match, known.raised = own, match, raised
        if raised.source and raised.source not in known.sources and len(known.sources) < 64:
            known.sources.append(raised.source)


def _tells_something(raw: str) -> bool:
    """Whether a line may begin something of use: quick, since a log has millions that do not."""
    return raw[:1] in _PREFIXES or ".py:" in raw or may_begin(raw.lstrip()) or _HOT.search(raw) is not None


# What is said


def _findings(seen: _Seen) -> list[Finding]:
    sightings = list(seen.sightings.values())
    because = {sighting.id: _because(sighting, sightings) for sighting in sightings}
    for sighting in sightings:  # an assertion on the GPU has no line; what it led to has
        if sighting.own is None:
            sighting.own = next((one.own for one in sightings if because[one.id] == sighting.id and one.own), None)
            sighting.noticed = sighting.own is not None
    findings = [_finding(sighting, because[sighting.id]) for sighting in sightings]
    return sorted(findings, key=lambda one: (bool(one.consequence_of), one.status != "fail"))


def _because(sighting: _Sighting, among: list[_Sighting]) -> str:
    """The id of what led to it; "" where the log tells of nothing."""
    ids = [one.id for one in among if one is not sighting]
    if leading := next((one for one in ids if one in sighting.match.entry.after), ""):
        return leading
    if sighting.root in ids and not _leads(sighting.root, sighting.id, among):
        return sighting.root
    if sighting.match.entry.category == "distributed":
        others = (one for one in among if one.match.entry.category != "distributed" and not one.match.entry.warning)
        return next((one.id for one in others if not one.root), "")
    return ""


def _leads(root: str, to: str, among: list[_Sighting]) -> bool:
    """Whether the root itself is a known consequence of the other: then the other is no consequence of it."""
    return any(one.id == root and to in one.match.entry.after for one in among)


def _finding(sighting: _Sighting, because: str) -> Finding:
    entry, raised = sighting.match.entry, sighting.raised
    return Finding(
        entry.id,
        "warn" if entry.warning or raised.warning else "fail",
        clean(sighting.match.title),
        evidence=tuple(_evidence(sighting)),
        cause=entry.cause,
        fix=entry.fix,
        where=_where(sighting.own),
        lesson=entry.lesson,
        consequence_of=because,
        category=entry.category,
    )


def _evidence(sighting: _Sighting) -> list[str]:
    raised = sighting.raised
    first = raised.message.strip().split("\n", 1)[0]
    told = [f"{raised.kind}: {first}" if raised.kind else first]
    line = sighting.match.line.strip()
    if line and line not in told[0]:
        told.append(line)
    if sighting.noticed:
        told.append("Python noticed it at this line; it happened at an earlier call")
    if sighting.times > 1:
        told.append(f"told {sighting.times} times in this log")
    if len(sighting.sources) > 1:
        told.append(f"by {', '.join(sorted(sighting.sources)[:16])}")
    return [clean(text, 400) for text in told]


def _where(call: Call | None) -> Where | None:
    if call is None:
        return None
    marked = call.marked if call.marked in call.code else ""
    return Where(clean(call.file, 400), call.line, clean(marked or call.code, 400))


def _not_known(seen: _Seen) -> Finding:
    """What is said where nothing of PyTorch's is known: what else was found, and how to get more."""
    evidence, cause, where = [], "", None
    if seen.last is not None:
        raised = seen.last
        where = _where(raised.last_own)
        if not raised.complete:
            evidence.append("a traceback whose end is missing: the message stands in its last lines")
        else:
            evidence.append(clean(f"{raised.kind}: {raised.message}".strip().rstrip(":").split("\n", 1)[0], 400))
            cause = (
                "This is an error of Python, of the script or of another library; the catalogue is about PyTorch's own."
            )
            if raised.calls and _IN_TORCH.search(raised.calls[-1].file):
                cause = "It comes out of torch, and the catalogue has no entry for this message."
    if seen.launcher is not None:
        evidence.append(clean(f"{seen.launcher.kind}: the launcher's report that a process of its own failed"))
        cause = cause or (
            "A launcher says that a process failed, and not why. The error itself was printed by that process, above; "
            "`torchrun --tee 3 --log-dir logs` keeps what each of them prints."
        )
        if why := _EXITS.get(seen.exit_code):
            evidence.append(why)
    if not seen.characters:
        evidence.append("the log is empty")
    elif seen.binary and not evidence:
        evidence.append("this is no text: it has bytes of value 0")
    elif not evidence:
        evidence.append(
            f"no Python error and no message of torch's: {seen.lines} {'line' if seen.lines == 1 else 'lines'}"
        )
        cause = "The log may end before the error. Python prints it on stderr: `python train.py 2>&1 | tutor explain`."
    title = "No error of PyTorch's that is known was found"
    return Finding("not-known", "skipped", title, evidence=tuple(evidence), cause=cause, where=where)


_IN_TORCH = re.compile(r"[\\/]torch[\\/]")
_EXITS = {
    "-9": "exit code -9: it was killed from outside, mostly by the kernel when the computer's memory was full",
    "-6": "exit code -6: it aborted itself, mostly in C++ code, after a line that begins with `terminate called`",
    "-11": "exit code -11: it crashed in compiled code",
    "-7": "exit code -7: a bus error, mostly because shared memory was full (see df -h /dev/shm)",
    "-15": "exit code -15: it was ended by the launcher, since another process had failed",
}
