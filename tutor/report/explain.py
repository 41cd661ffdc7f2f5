"""`tutor explain`: an error log in, from a file or stdin, and what it means out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from diagnostics.errors.explain import explain
from diagnostics.errors.reading import CHUNK
from diagnostics.finding import SCHEMA, Finding, as_json
from diagnostics.text import clean
from tutor import output
from tutor.arguments import UsageError
from tutor.report.findings import findings_text, look_of, number_of

EXPLAINED, NOT_KNOWN = 0, 1

HOW_TO_PASTE = (
    "tutor: paste the error, whole, then press enter and ctrl+d (ctrl+c leaves); "
    "or `python train.py 2>&1 | tutor explain`"
)


def explain_log(file: str | None, *, as_lines: bool) -> int:
    """Reads a log to its end and reports; the exit code. Raises UsageError for a file that cannot be read."""
    findings = _explained(file)
    if as_lines:
        answer = {"schema_version": SCHEMA, "findings": [as_json(finding) for finding in findings]}
        output.write_json(json.dumps(answer, indent=2).encode() + b"\n")
    else:
        print(findings_text(findings, look_of(sys.stdout), total(findings)))
    return NOT_KNOWN if findings[0].status == "skipped" else EXPLAINED


def total(findings: list[Finding]) -> str:
    """The last line of the report."""
    if findings[0].status == "skipped":
        return "Nothing was explained."
    folded = sum(bool(finding.consequence_of) for finding in findings)
    roots = "one cause" if len(findings) - folded == 1 else f"{len(findings) - folded} causes"
    return f"{number_of(findings)}, {roots}."


def _explained(file: str | None) -> list[Finding]:
    if file is None or file == "-":
        if sys.stdin is None:
            raise UsageError("explain takes a FILE, or a log on stdin, and there is none")
        if sys.stdin.isatty():
            print(HOW_TO_PASTE, file=sys.stderr, flush=True)
        return explain(_chunks(sys.stdin.buffer))
    shown = clean(file) or "''"
    if os.path.isdir(file):
        raise UsageError(f"{shown} is a folder; name the log in it")
    try:
        with _opened(file) as opened:
            return explain(_chunks(opened))
    except FileNotFoundError:
        raise UsageError(f"there is no file {shown}; without one, explain reads stdin") from None
    except OSError as error:
        raise UsageError(f"{shown} could not be read: {error.strerror}") from None


def _opened(file: str) -> BinaryIO:
    try:
        return open(file, "rb")
    except ValueError:  # a NUL is in it
        raise UsageError(f"{clean(file)} could not be read: that is no name of a file") from None


def _chunks(opened: BinaryIO) -> Iterator[bytes]:
    """What there is to read, as it comes: a pipe need not end before it is looked at."""
    read = getattr(opened, "read1", opened.read)
    while chunk := read(CHUNK):
        yield chunk
