"""Findings as plain text in 80 columns: what doctor, check and explain print."""

from __future__ import annotations

import linecache
import os
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from diagnostics.finding import Finding, Step, Tensor, Where, by_weight
from diagnostics.text import clean
from tutor.draw.canvas import Look
from tutor.draw.glyphs import cut, width
from tutor.report.text import WIDTH

if TYPE_CHECKING:
    from lessons.kit.course import Course, Topic

Piece = tuple[str, str]
"""Text, and its style as tutor/draw/palette.py names styles."""
Row = list[Piece]

SIGNS = {"ok": "✓", "note": "·", "warn": "!", "fail": "✗", "skipped": "–"}
STYLES = {"ok": "muted", "note": "muted", "warn": "bold warn", "fail": "bold danger", "skipped": "faint"}
COUNTED = {"fail": ("failed", "failed"), "warn": ("warning", "warnings"), "note": ("note", "notes")}

TITLE = len("– skipped") + 2
"""The column of titles and details."""
DETAIL = TITLE + 9
"""The column that a detail's words begin in, after its label."""

LONGEST = 2000
"""Characters of one text of a finding that are shown."""

CODE = re.compile("`[^`]*`")
NAMELESS = re.compile(r"(the|a) [^:]*: ")
"""A line about a tensor that the reader has no name for, as "the left side of `+`: cpu"."""
JOINED = "\0"
"""Stands for a space at which no line is broken; cleaned text has none."""

LARGEST = 10 * 2**20
"""Bytes of a source file that is read for one of its lines."""


def findings_text(findings: Sequence[Finding], look: Look | None, last: str) -> str:
    """All findings, the worst first, and the line with the sum. `look`: of the terminal, None where there is none."""
    rows: list[Row] = []
    for finding in unfolded(findings):
        rows += [*_finding(finding, findings, plain=look is None), []]
    rows += [[(line, "text")] for line in textwrap.wrap(last, WIDTH, break_long_words=False)]
    return "\n".join(printed(row, look) for row in rows)


def counted(findings: Iterable[Finding]) -> str:
    """As in "1 failed, 2 warnings"; empty where nothing is wrong."""
    statuses = [finding.status for finding in findings]
    counts = [(statuses.count(status), words) for status, words in COUNTED.items()]
    parts = [f"{count} {words[count != 1]}" for count, words in counts if count]
    if skipped := statuses.count("skipped"):
        parts.append(f"{skipped} not checked")
    return ", ".join(parts)


def near(file: str) -> str:
    """Relative to where the reader stands, if it lies below."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the current folder is gone
        return file


def unfolded(findings: Sequence[Finding]) -> list[Finding]:
    """Those with a row of their own, the worst first: the others stand under the finding that causes them."""
    return [
        finding
        for finding in by_weight(list(findings))
        if not any(one.id == finding.consequence_of and one is not finding for one in findings)
    ]


def followers(finding: Finding, among: Sequence[Finding]) -> list[Finding]:
    """What it causes, and what that causes."""
    found = [finding]
    for cause in found:
        found += [one for one in among if one.consequence_of == cause.id and one not in found]
    return found[1:]


def lesson_on(finding: Finding, course: Course) -> tuple[Topic, str] | None:
    """The topic that explains it and the section there, "" for the topic as a whole; None where the course has none."""
    name, _, section = finding.lesson.partition("#")
    topic = next((topic for topic in course.topics if topic.name == name), None)
    if topic is None:
        return None
    return topic, section if section and any(one.slug == section for one in topic.page.sections) else ""


def _finding(finding: Finding, among: Sequence[Finding], *, plain: bool) -> list[Row]:
    word = f"[{finding.status}]" if plain else f"{SIGNS[finding.status]} {finding.status}"
    titles = wrapped(finding.title, WIDTH - TITLE) or [""]
    rows: list[Row] = [[(word.ljust(TITLE), STYLES[finding.status]), (titles[0], "bold bright")]]
    rows += [[(" " * TITLE, "text"), (line, "bold bright")] for line in titles[1:]]
    if finding.where:
        rows += _where(finding.where, STYLES[finding.status])
    rows += _seen(finding)
    rows += detail("cause", wrapped(finding.cause))
    for number, step in enumerate(finding.fix):
        rows += _step(step, "fix" if number == 0 else "or")
    rows += _lesson(finding)
    titles = [clean(one.title, LONGEST) for one in followers(finding, among)]
    if titles:
        rows += detail("explains", [f"▾ {number_of(titles)}", *(f"  {title}" for title in titles)])
    return rows


def number_of(findings: Sequence[object]) -> str:
    return "1 finding" if len(findings) == 1 else f"{len(findings)} findings"


def _lesson(finding: Finding) -> list[Row]:
    lesson = lesson_command(finding)
    return detail("lesson", [f"learn why: {lesson}"], "muted") if lesson else []


def lesson_command(finding: Finding) -> str:
    """The command that opens the lesson where it tells why; "" where the course does not tell it."""
    if not finding.lesson:
        return ""
    from lessons.kit.told import told

    lesson = told(finding.lesson)
    return f"tutor lesson {lesson}" if lesson else ""


def place_of(where: Where) -> str:
    """As in "train.py:17"."""
    return f"{near(clean(where.file, LONGEST))}:{where.line}"


def _where(where: Where, style: str) -> list[Row]:
    rows = detail("where", [place_of(where)], "accent")
    code = clean(_source(where).strip().expandtabs(4), LONGEST)
    if not code:
        return rows + detail("", wrapped(where.expression), "code")
    start, end = marked(code, where.expression)
    code, start, end = window(code, start, end, WIDTH - DETAIL)
    rows += detail("", [code], "code")
    if end > start:
        before = width(code[:start])
        rows.append([(" " * (DETAIL + before), "text"), ("~" * width(code[start:end]), style)])
    return rows


def _source(where: Where) -> str:
    """The line as it stands in the file; "" where it cannot be read, as in a log of another machine."""
    try:
        readable = os.path.isfile(where.file) and os.path.getsize(where.file) < LARGEST
        return linecache.getline(where.file, where.line) if readable else ""
    except ValueError:  # no name that a file could have
        return ""


def marked(code: str, expression: str) -> tuple[int, int]:
    """Where the expression stands in its line; of one that goes on below, its first line."""
    for part in (expression, expression.split("\n")[0]):
        start = code.find(part.strip()) if part.strip() else -1
        if start >= 0:
            return start, start + len(part.strip())
    return 0, 0


def window(code: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """As much of a long line as there is room for, with what is marked in it."""
    if width(code) <= room:
        return code, start, end
    first = max(0, min(start - 8, len(code) - room + 1))
    if first:
        code, start, end = "…" + code[first:], start - first + 1, end - first + 1
    code = cut(code, room)
    return code, start, min(end, len(code))


def _seen(finding: Finding) -> list[Row]:
    rows = detail("seen", [line for text in finding.evidence for line in hanging(text)])
    return rows + detail("" if rows else "seen", table(untold(finding), WIDTH - DETAIL))


def untold(finding: Finding) -> list[Tensor]:
    """The tensors that its evidence has no line about."""
    tensors = finding.where.tensors if finding.where else ()
    return list(dict.fromkeys(one for one in tensors if not any(_tells(text, one) for text in finding.evidence)))


def _tells(evidence: str, tensor: Tensor) -> bool:
    """Whether a line is about the tensor, by its name, by its module's, or by its place in the operation."""
    if not tensor.name:
        return NAMELESS.match(evidence) is not None
    module = tensor.name.rpartition(".")[0]
    return evidence.startswith(f"`{tensor.name}`:") or (evidence.startswith(f"`{module}`:") and "(its " in evidence)


def table(tensors: Sequence[Tensor], room: int) -> list[str]:
    """A line a tensor, in columns; where it was made follows, on a line of its own if there is no room."""
    cells_of = [
        (clean(one.name or "(no name)"), clean(one.device), clean(one.dtype.removeprefix("torch.")), _shape(one))
        for one in tensors
    ]
    widths = [max(map(width, column)) for column in zip(*cells_of)]
    lines: list[str] = []
    for one, columns in zip(tensors, cells_of):
        padded = (text + " " * (size - width(text)) for text, size in zip(columns, widths) if size)
        line = "  ".join(padded).rstrip()
        born = f"made at {clean(one.born)}" if one.born else ""
        if born and width(line) + 2 + width(born) <= room:
            lines.append(f"{line}  {born}")
        else:
            lines += [line, *([f"  {born}"] if born else [])]
    return lines


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) if tensor.shape else "one number"


def _step(step: Step, label: str) -> list[Row]:
    text = step.text.removeprefix("or ") if label == "or" else step.text
    before, quoted, after = text.partition(f"`{step.command}`") if step.command else (text, "", "")
    code = clean(step.command, LONGEST)
    start = clean(before, LONGEST)
    rows: list[Row] = []
    if quoted and not after and width(start) + width(code) <= WIDTH - DETAIL:
        rows = detail(label, [start], label_style="bold accent")
        rows[0].append((code, "bold code"))
    else:
        rows = detail(label, wrapped(before), label_style="bold accent")
        rows += detail("" if rows else label, [code] if code else [], "bold code", label_style="bold accent")
        rows += detail("", wrapped(after))
    needs = [word for word, needed in (("root", step.root), ("a reboot", step.reboot)) if needed]
    if needs:
        rows += detail("", [f"needs {' and '.join(needs)}"], "faint")
    return rows + detail("verify", wrapped(step.verify))


def detail(
    label: str, lines: Sequence[str], style: str = "text", label_style: str = "faint", column: int = DETAIL
) -> list[Row]:
    """The label beside the first line; `column` is where the lines begin."""
    labels = [label, *[""] * len(lines)]
    return [
        [(" " * TITLE, "text"), (label.ljust(column - TITLE), label_style), (line, style)]
        for label, line in zip(labels, lines)
    ]


def wrapped(text: str, room: int = WIDTH - DETAIL) -> list[str]:
    """Lines of a paragraph; code in backquotes is not broken, so that it can be copied."""
    whole = CODE.sub(lambda code: code.group().replace(" ", JOINED), clean(text, LONGEST))
    lines = textwrap.wrap(whole, room, break_long_words=False, break_on_hyphens=False)
    return [line.replace(JOINED, " ") for line in lines]


def hanging(text: str, room: int = WIDTH - DETAIL) -> list[str]:
    """Lines of which all but the first stand further in: where one thing ends and the next begins is seen."""
    first, *rest = wrapped(text, room) or [""]
    return [first, *(f"  {line}" for line in wrapped(" ".join(rest), room - 2))]


def printed(row: Row, look: Look | None) -> str:
    """The row as a stream gets it: without `look`, text alone."""
    if look is None:
        return "".join(text for text, _ in row).rstrip()
    from rich.color import ColorSystem

    return "".join(look.style(style).render(text, color_system=ColorSystem.STANDARD) for text, style in row if text)


def look_of(stream: object) -> Look | None:
    """How findings look on a stream: None where it is no terminal that can draw.

    Sixteen colours at most, which are the reader's own: unlike the app, a report does not choose its background.
    """
    isatty = getattr(stream, "isatty", None)
    if isatty is None or not isatty() or os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        return None
    return Look(depth="none" if os.environ.get("NO_COLOR") else "16")
