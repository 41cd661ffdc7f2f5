"""Findings on a screen: the rows of a list, and one of them in detail. What is said is what the plain report says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from diagnostics.finding import Finding, Step
from diagnostics.text import clean
from tutor.draw.canvas import Canvas
from tutor.draw.code import folded, highlight
from tutor.draw.excerpt import Excerpt
from tutor.draw.glyphs import cut, width
from tutor.draw.prose import WIDEST, Span, styled
from tutor.report.findings import LONGEST, SIGNS, STYLES, followers, number_of, place_of, table, untold

LABEL = 9
"""Columns of a detail's label."""
WORD = len("– skipped") + 2
"""Columns of sign and word in a list of one row a finding."""
ONE_ROW = 60
"""Columns from which a finding takes one row of a list; below, its title stands on rows of its own."""
TITLE = 2
"""The column of such a title."""
TITLE_ROWS = 2
TAIL, BOTH = 20, 32
"""Columns of what stands at the end of a row; where a row has ROOMY columns, both how much it explains and a theme."""
ROOMY = 90

BAR = 2
"""Columns left of a list in which the bar of the chosen row stands."""


def word_of(finding: Finding) -> str:
    """Sign and word."""
    return f"{SIGNS[finding.status]} {finding.status}"


# A list


def list_rows(findings: Sequence[Finding], w: int, *, roomy: bool) -> list[range]:
    """The rows that each finding takes in a list `w` columns wide, from its top."""
    rows, y = [], 0
    for finding in findings:
        size = (w < ONE_ROW) + len(_titled(finding, w))
        rows.append(range(y, y + size))
        y += size + roomy
    return rows


def list_top(rows: Sequence[range], chosen: int, h: int) -> int:
    """The first row shown in a list `h` rows high: that of a finding, and the chosen one is on the screen, whole."""
    last = rows[chosen].stop if rows else 0
    return next((row.start for row in rows[: chosen + 1] if last - row.start <= h), rows[chosen].start if rows else 0)


def list_below(rows: Sequence[range], chosen: int, h: int) -> int:
    """How many findings are below those that a list `h` rows high shows."""
    end = list_top(rows, chosen, h) + h
    return sum(row.stop > end for row in rows)


def draw_list(
    canvas: Canvas,
    x: int,
    y: int,
    w: int,
    h: int,
    findings: Sequence[Finding],
    chosen: int,
    among: Sequence[Finding],
    theme: Callable[[Finding], str] = lambda finding: "",
    *,
    roomy: bool,
) -> None:
    """Draws as many as there is room for; the bar of the chosen one stands in the gutter left of `x`.

    `among`: all that was found, what is folded under others too. `theme`: the word beside a finding, if it has one.
    """
    rows = list_rows(findings, w, roomy=roomy)
    top = list_top(rows, chosen, h)
    box = Canvas(w + BAR, h, canvas.look, canvas.ground)
    for number, (finding, place) in enumerate(zip(findings, rows)):
        if top <= place.start and place.stop <= top + h:
            explained = len(followers(finding, among))
            tail = f"explains {explained} more" if explained else ""
            _list_row(box, place.start - top, len(place), finding, theme(finding), tail, on=number == chosen)
    canvas.paste(box, x - BAR, y)


def _list_row(box: Canvas, y: int, size: int, finding: Finding, theme: str, tail: str, *, on: bool) -> None:
    ground = " on raised" if on else ""
    if on:
        box.fill(0, y, box.width, size, "text on raised")
        for row in range(size):
            box.put(0, y + row, "▌", "accent on raised")
    w = box.width - BAR
    quiet, title = ("muted", "bright bold") if on else ("faint", "text")
    box.put(BAR, y, word_of(finding), STYLES[finding.status] + ground)
    if w < ONE_ROW and theme:
        box.put(BAR + WORD, y, cut(theme, w - WORD - width(tail) - 3), quiet + ground)
        theme = ""
    room = w - WORD - 1 if w < ONE_ROW else _tail_room(w)
    tail = tail or theme or (place_of(finding.where) if finding.where else "")
    if tail and theme and tail != theme and width(tail) + width(theme) + 3 <= room:
        tail = f"{tail} · {theme}"
    elif tail != theme and size > 1:
        box.right(box.width - 1, y + 1, cut(theme, room), quiet + ground)
    box.right(box.width - 1, y, cut(tail, room), quiet + ground)
    x, first = (TITLE, 1) if w < ONE_ROW else (WORD, 0)
    for row, spans in enumerate(_titled(finding, w, title), first):
        _put(box, BAR + x, y + row, _title_room(w), spans, ground)


def _titled(finding: Finding, w: int, spec: str = "text") -> list[list[Span]]:
    """The title on as many rows as it may have; the last is cut where it is drawn."""
    rows = styled(_said(finding), _title_room(w), spec)
    last = [span for row in rows[TITLE_ROWS - 1 :] for span in (*row, Span(" ", spec))]
    return [*rows[: TITLE_ROWS - 1], *([last] if last else [])]


def _title_room(w: int) -> int:
    return max(1, w - TITLE - 1 if w < ONE_ROW else w - WORD - _tail_room(w) - 3)


def _tail_room(w: int) -> int:
    return BOTH if w >= ROOMY else TAIL


def _said(finding: Finding) -> str:
    return clean(finding.title, LONGEST)


def _put(box: Canvas, x: int, y: int, room: int, spans: Iterable[Span], ground: str = "") -> int:
    """Writes spans into `room` columns, with … where something is missing; the column after them."""
    spans, end = list(spans), x + max(0, room)
    while spans and not spans[-1].text.strip():
        spans.pop()
    for number, span in enumerate(spans):
        whole = number == len(spans) - 1 or x + width(span.text) < end
        text = span.text if whole and x + width(span.text) <= end else cut(f"{span.text}…", end - x)
        x = box.put(x, y, text, span.spec + ground)
        if x >= end:
            break
    return x


# One in detail


@dataclass(frozen=True)
class Line:
    """One row of a detail: spans from a column on. From column `raised` on it stands on the ground of focus."""

    at: int = 0
    spans: tuple[Span, ...] = ()
    label: Span | None = None
    raised: int | None = None
    bar: str = ""
    """The style of a bar at the left."""
    right: Span | None = None
    lesson: bool = False
    """Whether it is the way to the lesson."""


def finding_lines(
    finding: Finding,
    among: Sequence[Finding],
    w: int,
    *,
    excerpt: Excerpt | None = None,
    lesson: str = "",
    roomy: bool = True,
    ascii_only: bool = False,
    verify: str = "",
) -> list[Line]:
    """A finding in `w` columns: title, place, what was seen, cause, what to do. `lesson`: the title of its lesson.

    `verify`: the command that looks for it again; a step's own check is then what to do after it.
    """
    maker = _Maker(max(1, w), ascii_only, roomy, verify)
    maker.head(finding)
    maker.place(finding, excerpt)
    for text in finding.evidence:
        maker.part("seen", text, hanging=True)
    for text in table(untold(finding), maker.room):
        maker.plain("seen", text)
    maker.gap()
    maker.part("cause", finding.cause)
    maker.gap()
    for number, step in enumerate(finding.fix):
        maker.step(step, "or" if number else "next")
    if verify:
        maker.code("verify", verify)
    maker.gap()
    if explained := followers(finding, among):
        maker.plain("explains", f"▾ {number_of(explained)}")
        for one in explained:
            maker.part("explains", one.title)
        maker.gap()
    if lesson:
        maker.lesson(lesson)
    return maker.done()


def draw_lines(canvas: Canvas, x: int, y: int, w: int, h: int, lines: Sequence[Line], top: int = 0) -> None:
    """Draws the lines from number `top` on into w by h; their bars stand left of `x`."""
    box = Canvas(w + BAR, h, canvas.look, canvas.ground)
    for row, line in enumerate(lines[top : top + max(0, h)]):
        ground = ""
        if line.raised is not None:
            ground = " on raised"
            box.fill(BAR + line.raised, row, w - line.raised, 1, "text on raised")
        if line.bar:
            box.put(0, row, "▌", line.bar + ground)
        if line.label is not None:
            box.put(BAR, row, line.label.text, line.label.spec)
        right = line.right.text if line.right else ""
        room = w - line.at - (width(right) + 2 if right else 0)
        _put(box, BAR + line.at, row, room, line.spans, ground)
        if line.right is not None:
            box.right(box.width, row, right, line.right.spec + ground)
    canvas.paste(box, x - BAR, y)


class _Maker:
    """Makes the lines of one finding."""

    def __init__(self, w: int, ascii_only: bool, roomy: bool, verify: str) -> None:
        self.w, self.ascii_only, self.roomy, self.verify = w, ascii_only, roomy, verify
        self.commands = False
        """Whether the code is a shell's."""
        self.lines: list[Line] = []
        self._label = ""

    @property
    def room(self) -> int:
        """Columns after the labels."""
        return max(1, min(self.w, WIDEST) - LABEL)

    def done(self) -> list[Line]:
        while self.lines and not self.lines[-1].spans:
            self.lines.pop()
        return self.lines

    def gap(self) -> None:
        """A blank row, where there is room and none yet."""
        if self.roomy and self.lines and self.lines[-1].spans:
            self.lines.append(Line())

    def head(self, finding: Finding) -> None:
        self.commands = finding.where is None
        text, spec = (place_of(finding.where), "accent") if finding.where else (finding.id, "faint")
        right = Span(cut(text, max(0, self.w - WORD - 1)), spec)
        self.lines.append(Line(0, (Span(word_of(finding), STYLES[finding.status]),), right=right))
        for spans in styled(_said(finding), min(self.w, WIDEST), "bright bold", self.ascii_only):
            self.lines.append(Line(0, tuple(spans)))
        self._blank()

    def place(self, finding: Finding, excerpt: Excerpt | None) -> None:
        """The lines of source, the expression bracketed; where there are none, the expression."""
        where = finding.where
        if where is None:
            return
        if excerpt is not None:
            style = STYLES[finding.status].removeprefix("bold ")
            self.lines += _source(excerpt if self.roomy else excerpt.within(1), self.w, style)
        elif where.expression:
            self.code("", clean(where.expression, LONGEST))
        self._blank()

    def part(self, label: str, text: str, *, hanging: bool = False, spec: str = "text") -> None:
        """A paragraph after its label; of several under one label the first has it."""
        rows = styled(clean(text, LONGEST), self.room - 2 * hanging, spec, self.ascii_only) if text else []
        for number, spans in enumerate(rows):
            self._add(label, LABEL + 2 * (hanging and number > 0), tuple(spans))

    def plain(self, label: str, text: str, spec: str = "text") -> None:
        self._add(label, LABEL, (Span(text, spec),))

    def code(self, label: str, code: str) -> None:
        """Code to copy, whole, on a ground of its own; a command goes on below between two of its arguments."""
        for line in [_arguments(code)] if self.commands else highlight(code):
            for number, pieces in enumerate(folded(line, max(1, self.w - LABEL - 2))):
                spans = tuple(Span(text, spec) for text, spec in pieces)
                self._add(label if not number else "", LABEL + 1, spans, raised=LABEL)

    def step(self, step: Step, label: str) -> None:
        text = step.text.removeprefix("or ") if label == "or" else step.text
        before, quoted, after = text.partition(f"`{step.command}`") if step.command else (text, "", "")
        self._label = ""
        self.part(label, before.strip())
        if step.command:
            self.code("" if before.strip() else label, clean(step.command, LONGEST))
        self.part("", after.strip() if quoted else "")
        needs = [word for word, needed in (("root", step.root), ("a reboot", step.reboot)) if needed]
        if needs:
            self.plain("", f"needs {' and '.join(needs)}", "faint")
        self.part("then" if self.verify else "verify", step.verify)

    def lesson(self, title: str) -> None:
        key = (Span("▸ ", "accent"), Span("w", "bright bold"), Span("  why: ", "muted"))
        self.lines.append(Line(0, (*key, Span(title, "accent underline")), lesson=True))

    def _add(self, label: str, at: int, spans: tuple[Span, ...], raised: int | None = None) -> None:
        shown = label if label != self._label else ""
        self._label = label or self._label
        style = "bold accent" if label in ("next", "or") else "faint"
        self.lines.append(Line(at, spans, Span(shown, style) if shown else None, raised))

    def _blank(self) -> None:
        if self.lines and self.lines[-1].spans:
            self.lines.append(Line())


def _arguments(command: str) -> tuple[tuple[str, str], ...]:
    """A piece each, with the spaces before it."""
    return tuple((text, "code") for text in re.findall(r"\s*\S+", command))


def _source(excerpt: Excerpt, w: int, style: str) -> list[Line]:
    """Each line on one row, cut to fit around the expression, which is bracketed below."""
    last = excerpt.first + len(excerpt.lines) - 1
    number_width = len(str(last)) + 2
    room = max(1, w - number_width)
    left_out = _left_out(excerpt, room)
    lines: list[Line] = []
    for number, pieces in enumerate(highlight("\n".join(excerpt.lines)), excerpt.first):
        on = number == excerpt.line
        left = left_out if on else 0
        kept = [*([("…", "faint")] if left else []), *_after(pieces, left and left + 1)]
        shown = tuple(Span(text, spec) for text, spec in kept)
        label = Span(str(number).rjust(number_width - 2), "bright bold on raised" if on else "faint")
        lines.append(Line(number_width, shown, label, 0 if on else None, style if on else ""))
        if on and excerpt.columns:
            code = excerpt.lines[number - excerpt.first]
            start, end = (width(code[left:column]) for column in excerpt.columns)
            size = max(1, min(end, room) - start)
            bracket = "╰" + "─" * (size - 2) + "╯" if size > 1 else "╵"
            lines.append(Line(number_width + start, (Span(bracket, style),)))
    return lines


def _left_out(excerpt: Excerpt, room: int) -> int:
    """How much of the line is left out at its left, so that the expression is seen; 0 where that is little help."""
    start, end = excerpt.columns or (0, 0)
    line = excerpt.lines[excerpt.line - excerpt.first]
    fits_after = width(line[start:end]) + 4 <= room
    if width(line[:end]) <= room or (start <= room // 3 and not fits_after):
        return 0
    return max(0, min(start - 4, width(line) - room))


def _after(pieces: Sequence[tuple[str, str]], column: int) -> list[tuple[str, str]]:
    """The pieces without their first `column` characters."""
    kept = []
    for text, spec in pieces:
        kept += [(text[column:], spec)] if len(text) > column else []
        column = max(0, column - len(text))
    return kept
