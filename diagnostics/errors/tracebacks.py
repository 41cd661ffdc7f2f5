"""Tracebacks in a log, of plain Python and of notebooks: what was raised, by which calls, and what it led to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

KEPT = 60
"""Calls of one traceback that are kept, from its end."""

LONGEST_MESSAGE = 40
"""Lines of a message that are kept."""

NOISE = 60
"""Lines of something else within a traceback, as of another process, after which its end is held to be missing."""


@dataclass
class Call:
    """One call of a traceback. `marked`: the expression that Python underlined."""

    file: str
    line: int
    function: str = ""
    code: str = ""
    marked: str = ""

    @property
    def own(self) -> bool:
        """Whether it is the reader's: not Python's, not of an installed package, not torch's."""
        return bool(self.file) and _NOT_OWN.search(self.file) is None

    def __str__(self) -> str:
        return f"{self.file}: {self.function}: {self.code}"


_NOT_OWN = re.compile(
    r"site-packages|dist-packages|[\\/]lib(64)?[\\/]python\d|[\\/]python\d[^\\/]*\.zip"
    r"|(?i:[\\/](python\d*|ana\w*|mini\w*|envs[\\/][^\\/]+|[\d.]+)[\\/]lib[\\/])"
    r"|^<(?!ipython-input)|<frozen |[\\/]runpy\.py$|[\\/](bin|Scripts)[\\/](torchrun|accelerate|deepspeed|python)"
    r"|[\\/]torch[\\/](nn|utils|optim|autograd|cuda|amp|jit|distributed|multiprocessing|fx|ao|func|library|backends|_\w+|"
    r"functional\.py|serialization\.py|tensor\.py|storage\.py|random\.py|__init__\.py)"
    r"|[\\/]ipykernel[_\w]*[\\/](?!\d+\.py|\w+\.py\b.*<)(kernel|ipkernel|zmqshell)"
)


@dataclass
class Raised:
    """An exception as a log tells of it.

    `link`: how it goes on from the one before it in its source: "cause", "context", "original" (that one wraps this),
    or "" for the first of a chain. `complete` is False where the log ends before the exception is named.
    """

    kind: str
    message: str
    calls: list[Call] = field(default_factory=list)
    last_own: Call | None = None
    link: str = ""
    source: str = ""
    ignored: bool = False
    complete: bool = True

    @property
    def warning(self) -> bool:
        return self.kind.endswith("Warning")

    @property
    def told(self) -> str:
        """All the calls, a line each."""
        return "\n".join(map(str, self.calls))


_HEADER = re.compile(r"Traceback \(most recent call last\)")
_ORIGINAL = re.compile(r"Original Traceback \(most recent call last\)")
_LINKS = (
    ("cause", "The above exception was the direct cause of the following exception"),
    ("context", "During handling of the above exception, another exception occurred"),
    ("original", "terminated with the following error"),
)
_CALL = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d{1,9})(?:, in (?P<function>.+))?$')
_CELL = re.compile(
    r"\s*(?:File )?(?P<file>(?:Cell|Input) In ?\[\d+\]|<ipython-input-\S+?>)"
    r"(?:, line (?P<line>\d{1,9}))?(?:,? in (?P<function>.+?))?:?$"
)
_NOTEBOOK = re.compile(
    r"(?:File )?(?P<file>(?:~|/|[A-Za-z]:[\\/])[^\n:]*?\.pyx?)(?::(?P<line>\d{1,9}))?(?:,)?(?: in (?P<function>.+))?$"
)
_BOXED = re.compile(r"[│|] (?P<file>\S.*?\.py):(?P<line>\d{1,9}) in (?P<function>\S+) +[│|]$")
_PYTEST = re.compile(r"(?P<file>[\w./\\~-]+\.py):(?P<line>\d{1,9}):(?: in (?P<function>\S+))?$")
_ARROW = re.compile(r"\s*(?:[│|] )?(?:-+>|❱) *(?P<line>\d{1,9}) (?:│ )?(?P<code>.*)$")
_MARKS = re.compile(r"\s*[~^]+[\s~^]*$")
_NAMED = re.compile(r"(?:E +)?(?P<kind>(?:[A-Za-z_]\w*\.)*(?:[A-Z]\w*|\w*error|timeout))(?:: ?(?P<message>.*)|)$")
_ALONE = re.compile(
    r"(?:E +|.{0,120}?\b(?:[Cc]aught|[Uu]ncaught|raised|[Gg]ot|ERROR\]?|CRITICAL|FATAL)\W{1,12})?"
    r"(?P<kind>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)): ?(?P<message>.*)$"
)
_WARNED = re.compile(r"(?P<file>.{1,400}?):(?P<line>\d{1,9}): (?P<kind>[\w.]*Warning): (?P<message>.*)$")
_IGNORED = re.compile(r"Exception ignored in|Exception in thread QueueFeederThread")


class Reader:
    """Takes the lines of one source, and yields what was raised once it is known whole."""

    def __init__(self, source: str = "") -> None:
        self.source = source
        self._raised: Raised | None = None
        self._open = False
        """Whether calls are read, and the exception is still to come."""
        self._link = ""
        self._ignored = False
        self._noise = 0
        self._lines = 0
        self._code = ""
        self._indent = 0
        self._earlier: list[Call] = []
        """Calls that pytest names before it tells the error."""

    @property
    def busy(self) -> bool:
        """Whether the next line may belong to what is being read."""
        return self._raised is not None

    def feed(self, text: str) -> Iterator[Raised]:
        """One line."""
        if self._indent and self.busy and not text[: self._indent].strip():
            text = text[self._indent :]
        if _HEADER.search(text):
            yield from self._header(text)
        elif link := next((link for link, words in _LINKS if words in text), ""):
            yield from self.end()
            self._link = link
        elif _IGNORED.match(text):
            yield from self.end()
            self._ignored = True
        elif self._call(text):
            yield from self._began
        elif self._open:
            yield from self._inside(text)
        else:
            yield from self._outside(text)

    def end(self) -> Iterator[Raised]:
        """What was being read ends here."""
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raised.complete = not self._open
            raised.message = raised.message.strip("\n")
            self._open = False
            if raised.kind or raised.calls:
                yield raised

    def _header(self, text: str) -> Iterator[Raised]:
        yield from self.end()
        if _ORIGINAL.search(text):
            self._link = "original"
        self._indent = len(text) - len(text.lstrip()) if text.lstrip().startswith("Traceback") else 0
        self._begin()

    def _begin(self) -> None:
        self._raised = Raised("", "", link=self._link, source=self.source, ignored=self._ignored)
        self._open, self._link, self._ignored, self._noise, self._code = True, "", False, 0, ""

    def _call(self, text: str) -> bool:
        """Whether the line names a call. One without a header stands where the beginning was cut off."""
        self._began: list[Raised] = []
        found = _CALL.match(text) or _CELL.match(text) or _BOXED.match(text)
        if found is None and self._open:
            found = _NOTEBOOK.match(text)
        if found is None or (found.re is _CELL and not (self._open or found["line"])):
            return False
        if not self._open:
            self._began = list(self.end())
            self._begin()
        self._keep(Call(found["file"], int(found["line"] or 0), (found["function"] or "").strip()))
        return True

    def _keep(self, call: Call) -> None:
        assert self._raised is not None
        calls = self._raised.calls
        calls.append(call)
        if len(calls) > KEPT:
            del calls[1]
        if call.own:
            self._raised.last_own = call
        self._code, self._noise = "", 0

    def _inside(self, text: str) -> Iterator[Raised]:
        """A line after a call: its code, its marks, the exception at last."""
        assert self._raised is not None
        call = self._raised.calls[-1] if self._raised.calls else None
        if arrow := _ARROW.match(text):
            if call is not None:
                call.line, call.code = int(arrow["line"]), arrow["code"].strip(" │\t")[:400]
            return
        if text.startswith((" ", "\t")):
            self._under(call, text)
            return
        named = _NAMED.match(text)
        if named and (call is not None or _ALONE.match(text)):
            self._name(named["kind"], named["message"] or "")
            return
        self._noise += bool(text)
        if self._noise > NOISE:
            yield from self.end()

    def _under(self, call: Call | None, text: str) -> None:
        if call is None or call.file.startswith(("Cell", "Input", "<ipython")):
            return
        if not call.code and not _MARKS.match(text):
            self._code, call.code = text, text.strip()[:400]
        elif self._code and _MARKS.match(text) and not call.marked:
            start = len(text) - len(text.lstrip())
            call.marked = self._code[start : len(text.rstrip())].strip()[:400]
            self._code = ""

    def _name(self, kind: str, message: str) -> None:
        assert self._raised is not None
        self._raised.kind, self._raised.message = kind, message
        self._open, self._lines = False, 1

    def _outside(self, text: str) -> Iterator[Raised]:
        """A line of a message, or one that begins something without calls."""
        if found := _WARNED.match(text):
            yield from self.end()
            call = Call(found["file"].strip(), int(found["line"]))
            yield Raised(found["kind"], found["message"], [call], call if call.own else None, source=self.source)
        elif found := _ALONE.match(text):
            yield from self.end()
            self._begin()
            if text.startswith("E "):
                for call in self._earlier:
                    self._keep(call)
                self._earlier = []
            self._name(found["kind"], found["message"])
        elif found := _PYTEST.match(text):
            self._earlier = [*self._earlier[-KEPT:], Call(found["file"], int(found["line"]), found["function"] or "")]
        elif self._raised is not None:
            yield from self._more(text)

    def _more(self, text: str) -> Iterator[Raised]:
        """The message goes on, until a blank line or for so many."""
        assert self._raised is not None
        self._lines += 1
        over = not text and bool(self._raised.message.strip())
        if over or self._lines > LONGEST_MESSAGE:
            yield from self.end()
        else:
            self._raised.message += "\n" + text.removeprefix("E ").lstrip(" ")
