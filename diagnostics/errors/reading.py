"""A log as lines: decoded, streamed, without colours, and without what launchers and loggers put before them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST = 16_384
"""Characters of a line that are kept: a whole traceback that a logger wrote on one line has its end in them."""

CHUNK = 2**18
"""Bytes that are read at once."""


@dataclass(frozen=True)
class Line:
    """What a program printed, and which of several wrote it: "rank3", "" where only one did."""

    text: str
    source: str = ""


def lines(log: str | bytes | Iterable[bytes]) -> Iterator[str]:
    """The lines of a text, or of a file in chunks; a carriage return ends one too, as each state of a bar."""
    if isinstance(log, str):
        log = log.encode("utf-8", "replace")
    rest = ""
    for text in _decoded([log] if isinstance(log, bytes) else log):
        *whole, end = text.split("\n")
        for part in whole:
            yield (rest + part[:LONGEST])[:LONGEST]
            rest = ""
        rest = (rest + end[:LONGEST])[:LONGEST]
    yield rest


def _decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder: codecs.IncrementalDecoder | None = None
    held = ""
    for chunk in chunks:
        if decoder is None:
            decoder = codecs.getincrementaldecoder(_encoding(chunk))("replace")
        text = held + decoder.decode(chunk)
        held = "\r" if text.endswith("\r") else ""  # half of a "\r\n", maybe
        text = text[: len(text) - len(held)]
        yield text.replace("\r\n", "\n").replace("\r", "\n")
    yield held


def _encoding(chunk: bytes) -> str:
    """UTF-8, or UTF-16 as PowerShell's `2>` writes it."""
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(chunk) > 8 and chunk[1:64:2].strip(b"\0") == b"" and chunk[0:64:2].isascii() and b"\0" not in chunk[0:64:2]:
        return "utf-16-le"
    return "utf-8-sig"


ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()][\w]|[@-Z\\^_a-z=>])|\x9b[0-?]*[ -/]*[@-~]"
)

_RANK = re.compile(
    r"\[(?P<rank>(?:rank|default|Rank |RANK )\d+)\]:? ?"  # torch, torchrun --tee
    r"|\[(?P<mpi>\d+,\d+)\]<std(?:err|out)>: ?"
    r"|\((?P<ray>\w+ pid=\d+(?:, ip=[\d.]+)?)\) "
    r"|(?P<host>[\w.-]{0,63}\d[\w.-]{0,63}): (?=  |Traceback|[\w.]+(?:Error|Exception))|(?P<srun> ?\d{1,4}): (?=\S|  )"
    r"|(?P<compose>[\w.-]{1,63}) {1,63}\| ?(?=\S|  |$)"
)
_DATE = re.compile(
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?:? ?"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]+ [^\s:\[]{1,40}(?:\[\d+\])?: "
    r"|\[\d\d:\d\d:\d\d\] "
    r"|(?:stderr|stdout)(?: [FP])?:? "
)
_QUOTE = re.compile(r"(?:> )+(?=\S|  )|>$")
_BARS = re.compile(
    r" *(?:\+-)?[+|]-? (?= *(?:File \"|Exception Group Traceback|Traceback|[\w.]+(?:Error|Exception)|    ))"
)
"""What Python draws beside the exceptions of a group."""

_PROGRESS = re.compile(r".{0,80}?\d{1,3}%\|[^|]{0,200}\| [^\[\]]{1,60}\[[^\[\]]{1,200}\](?=\S)")
"""tqdm's bar, which does not end its line before what comes next is printed."""


def line_of(text: str) -> Line:
    """A raw line as the program printed it."""
    if "\x1b" in text or "\x9b" in text:
        text = ESCAPES.sub("", text)
    if "%|" in text and (bar := _PROGRESS.match(text)):
        text = text[bar.end() :]
    sources = []
    for _ in range(4):
        found = _RANK.match(text) or _DATE.match(text) or _QUOTE.match(text) or _BARS.match(text)
        if found is None or not found.end():
            break
        if found.re is _RANK:
            sources.append(next(group for group in found.groups() if group is not None).strip())
        text = text[found.end() :]
    return Line(text.rstrip(), " ".join(sources))


_HEADER = "Traceback (most recent call last):"
_END = re.compile(r'(?<!\\)"')


def unfolded(text: str) -> list[str]:
    """The lines of a traceback that a logger wrote on one line, as in JSON; any other line alone."""
    before, header, after = text.partition(_HEADER)
    if not after.startswith((r"\n", r"\\n")):
        return [text]
    if r"\"" in after:  # quotes within are escaped: the next that is not ends it
        after = _END.split(after, maxsplit=1)[0]
    plain = after.replace(r"\\n", r"\n").replace(r"\\\"", '"').replace(r"\"", '"').replace(r"\t", "\t")
    return [before, *(header + plain).split(r"\n"), ""]
