"""An error in a demo as its reader needs it: what, and where in the text that stands on the screen.

Standard library only, Python 3.9 and newer: this module runs in the worker, beside any torch.
"""

from __future__ import annotations

import itertools
from types import TracebackType
from typing import Any

CALLS = 4
"""How many of the demo's own calls a trace shows, innermost last."""

LONGEST = 4000
"""Characters of an error's text that are kept."""


def failure(error: BaseException, file: str, source: str, line: int | None = None) -> dict[str, Any]:
    """Kind, message, line, columns and trace of an error in `source`, which was compiled as `file`.

    `line` counts from 1; the one given stands in where none of the demo's code was running. `columns` are those of the
    failing expression, in characters from 0, the end exclusive; None where Python does not tell (before 3.11).
    """
    kind, message = type(error).__name__, words(error)
    if isinstance(error, SyntaxError) and error.filename == file:
        return {"kind": kind, "message": error.msg, "line": error.lineno, "columns": _syntax_columns(error, source)}
    calls = _calls(error, file)
    trace = []
    for call in calls[-CALLS:]:
        trace.append(f"line {call.tb_lineno}, in {call.tb_frame.f_code.co_name}")
        trace.append(f"    {_text(source, call.tb_lineno).strip()}")
    trace.append(f"{kind}: {message}" if message else kind)
    return {
        "kind": kind,
        "message": message,
        "line": calls[-1].tb_lineno if calls else line,
        "columns": _columns(calls[-1], source) if calls else None,
        "trace": "\n".join(trace),
    }


def words(error: BaseException) -> str:
    """What the error says, as far as it can be made to."""
    if isinstance(error, SystemExit):
        return f"the code called exit({error.code!r})"
    try:
        return str(error)[:LONGEST]
    except BaseException:  # its own __str__ raised
        return ""


def _calls(error: BaseException, file: str) -> list[TracebackType]:
    """The calls that were in the demo's own code when it was raised, innermost last."""
    found, call = [], error.__traceback__
    while call is not None:
        if call.tb_frame.f_code.co_filename == file:
            found.append(call)
        call = call.tb_next
    return found


def _columns(call: TracebackType, source: str) -> tuple[int, int] | None:
    positions = getattr(call.tb_frame.f_code, "co_positions", None)
    if positions is None:
        return None
    line, last, start, end = next(itertools.islice(positions(), call.tb_lasti // 2, None))
    if line != call.tb_lineno or start is None or end is None:
        return None
    text = _text(source, line).encode()  # Python counts these in bytes
    if last != line:
        end = len(text)
    return len(text[:start].decode("utf-8", "ignore")), len(text[:end].decode("utf-8", "ignore"))


def _syntax_columns(error: SyntaxError, source: str) -> tuple[int, int] | None:
    if not error.lineno or not error.offset or error.offset < 1:
        return None
    end = getattr(error, "end_offset", None) or 0  # Python 3.10
    if getattr(error, "end_lineno", None) not in (None, error.lineno):
        end = len(_text(source, error.lineno)) + 1
    return error.offset - 1, max(error.offset, end - 1)


def _text(source: str, line: int) -> str:
    lines = source.split("\n")
    return lines[line - 1] if 0 < line <= len(lines) else ""
