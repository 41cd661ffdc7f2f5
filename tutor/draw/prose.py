"""Prose as rows: a section laid out for a width, with the places in it that can be chosen (links and answers)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lessons.kit.page import Block, Code, Inline, Items, Link, Links, Paragraph, Section, Text, Word
from lessons.kit.question import Question
from tutor.draw.canvas import Canvas
from tutor.draw.code import folded
from tutor.draw.glyphs import spelled
from tutor.draw.glyphs import width as columns

WIDEST = 72
"""Columns of a line of prose."""

STYLES = {"": "text", "code": "code", "strong": "bright bold", "em": "text italic"}
QUIET = {"": "muted", "code": "code", "strong": "text", "em": "muted italic"}


@dataclass(frozen=True)
class Span:
    """Text in one style; `stop` is the number of the link that it belongs to."""

    text: str
    spec: str
    stop: int | None = None


@dataclass
class Row:
    """One row: spans from the left, `right` flush right. A row with `choice` belongs to that stop as a whole."""

    spans: list[Span] = field(default_factory=list)
    indent: int = 0
    right: Span | None = None
    choice: int | None = None


@dataclass(frozen=True)
class LinkStop:
    target: str


@dataclass(frozen=True)
class AnswerStop:
    question: str
    answer: int


Stop = LinkStop | AnswerStop


@dataclass(frozen=True)
class Asked:
    """How a question stands: what was picked, and whether the run has told what is right."""

    picked: int | None = None
    told: bool = False


@dataclass
class Layout:
    rows: list[Row] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    questions: dict[str, tuple[int, int]] = field(default_factory=dict)
    """First and last row of each question, by its name."""

    def row_of(self, word: str) -> int:
        """The row that begins with a section word; 0 where there is none."""
        return next((y for y, row in enumerate(self.rows) if row.spans and row.spans[0].text == word), 0)

    def rows_of(self, stop: int) -> tuple[int, int]:
        """First and last row of a stop."""
        at = [y for y, row in enumerate(self.rows) if row.choice == stop or any(s.stop == stop for s in row.spans)]
        return (at[0], at[-1]) if at else (0, 0)


def lay_out(
    section: Section,
    width: int,
    *,
    asked: Mapping[str, Asked],
    locked: bool = False,
    current: str = "",
    roomy: bool = True,
    ascii_only: bool = False,
) -> Layout:
    """Lays a section out. `locked`: its links wait for an answer. `current`: the demo target that the panel shows."""
    maker = _Maker(max(1, min(width, WIDEST)), asked, locked, current, roomy, ascii_only)
    maker.heading(section.title)
    for number, block in enumerate(section.blocks):
        maker.block(block)
        if isinstance(block, Question) and not asked.get(block.name, Asked()).told and number + 1 < len(section.blocks):
            maker.later()  # what comes after a question may give its answer away
            break
    return maker.layout


def lay_out_question(
    question: Question, width: int, *, word: str, hint: str, asked: Asked, ascii_only: bool = False
) -> Layout:
    """Lays a question out by itself: `word` and `hint` stand above it, at the left and at the right."""
    maker = _Maker(max(1, min(width, WIDEST)), {question.name: asked}, False, "", True, ascii_only)
    maker.question(question, word, hint)
    return maker.layout


def paint(canvas: Canvas, layout: Layout, x: int, y: int, width: int, height: int, offset: int, at: int | None) -> None:
    """Paints rows from `offset` on; `at` is the chosen stop. The focus bar stands in the gutter left of `x`."""
    width = max(1, min(width, WIDEST))
    for line, row in enumerate(layout.rows[offset : offset + height]):
        chosen = at is not None and row.choice == at
        ground = " on raised" if chosen else ""
        if chosen:
            canvas.fill(x, y + line, width, 1, "text on raised")
        cursor = x + row.indent
        for span in row.spans:
            spec = span.spec
            if at is not None and span.stop == at:
                spec = "bright bold underline"
                if span is next(s for s in row.spans if s.stop == at):
                    canvas.put(x - 2, y + line, "▌", "accent")
            elif chosen:
                spec = spec.replace("muted", "bright bold").replace("text", "bright")
            cursor = canvas.put(cursor, y + line, span.text, spec + ground)
        if chosen:
            canvas.put(x, y + line, "▌", "accent on raised")
        if row.right is not None:
            canvas.right(x + width, y + line, row.right.text, row.right.spec + ground)


@dataclass(frozen=True)
class _Piece:
    """A run of letters without a space in it, in one style."""

    text: str
    spec: str
    stop: int | None = None


class _Maker:
    """Makes the rows of one section."""

    def __init__(
        self, width: int, asked: Mapping[str, Asked], locked: bool, current: str, roomy: bool, ascii_only: bool
    ) -> None:
        self.width, self.asked, self.locked, self.current, self.roomy = width, asked, locked, current, roomy
        self.spell = spelled if ascii_only else str
        self.layout = Layout()

    def heading(self, title: str) -> None:
        self.wrap([Text(title, "strong")])
        self.blank()

    def block(self, block: Block) -> None:
        if isinstance(block, Paragraph):
            self.wrap(block.inlines)
            self.blank()
        elif isinstance(block, Items):
            self.items(block)
        elif isinstance(block, Code):
            self.code(block)
        elif isinstance(block, Word):
            self.word(block.text)
        elif isinstance(block, Links):
            self.links(block)
        else:
            self.question(block)

    def blank(self) -> None:
        rows = self.layout.rows
        if rows and (rows[-1].spans or rows[-1].right or rows[-1].choice is not None):
            rows.append(Row())

    def later(self) -> None:
        self.wrap([Text("The rest of this section comes after your answer.")], spec="faint")

    def word(self, text: str, hint: str = "", spec: str = "accent bold") -> None:
        self.blank()
        if self.roomy and len(self.layout.rows) > 2:
            self.layout.rows.append(Row())
        self.layout.rows.append(Row([Span(text, spec)], right=Span(hint, "faint") if hint else None))
        self.blank()

    def items(self, block: Items) -> None:
        for number, item in enumerate(block.items, 1):
            sign = f"{number}." if block.ordered else "·"
            self.wrap(item, indent=3, lead=Span(sign.ljust(3), "muted"))
        self.blank()

    def code(self, block: Code) -> None:
        for line in self.spell(block.source).expandtabs(4).split("\n"):
            for pieces in folded(((line, "code"),), max(1, self.width - 2)):
                self.layout.rows.append(Row([Span(text, spec) for text, spec in pieces], indent=2))
        self.blank()

    def links(self, block: Links) -> None:
        row, used = Row(), 0
        for link in block.links:
            size = columns(link.text) + 2
            if used and used + 3 + size > self.width:
                self.layout.rows.append(row)
                row, used = Row(), 0
            if used:
                row.spans.append(Span("   ", "text"))
                used += 3
            row.spans += self.link(link)
            used += size
        self.layout.rows.append(row)
        self.blank()

    def link(self, link: Link) -> list[Span]:
        if link.target.startswith("demo:"):
            if self.locked:
                return [Span("▸ ", "faint"), Span(link.text, "faint")]
            here = link.target == f"demo:{self.current}"
            number = self.stop(LinkStop(link.target))
            return [
                Span("▸ ", "accent" if here else "faint"),
                Span(link.text, "accent bold underline" if here else "accent underline", number),
            ]
        lead = [Span("▸ ", "faint")] if link.target.startswith("exercise:") else []
        return [*lead, Span(link.text, "accent underline", self.stop(LinkStop(link.target)))]

    def stop(self, stop: Stop) -> int:
        self.layout.stops.append(stop)
        return len(self.layout.stops) - 1

    def question(self, question: Question, word: str = "Predict", hint: str = "") -> None:
        asked = self.asked.get(question.name, Asked())
        first = len(self.layout.rows)
        stands = "before you run it" if asked.picked is None else "answered" if asked.told else "the run answers it"
        self.word(word, hint or stands)
        self.wrap(ticked(question.text), spec="bright")
        self.blank()
        for number, answer in enumerate(question.answers):
            self.answer(question, asked, number, answer.text)
        if asked.told and asked.picked is not None:
            self.blank()
            for number in dict.fromkeys((asked.picked, question.right)):
                right = number == question.right
                sign = Span("  ✓  " if right else "  ✗  ", "accent" if right else "danger")
                self.wrap(ticked(question.answers[number].why), indent=5, lead=sign, styles=QUIET)
        self.layout.questions[question.name] = (first, len(self.layout.rows) - 1)
        self.blank()

    def answer(self, question: Question, asked: Asked, number: int, text: str) -> None:
        sign, spec, tag = str(number + 1), "muted", ""
        words = "text"
        if asked.told:
            words = "faint"
            if number == question.right:
                tag = "right, yours" if number == asked.picked else "right"
                sign, spec, words = "✓", "accent bold", "bright"
            elif number == asked.picked:
                sign, spec, words, tag = "✗", "danger bold", "text", "yours"
        elif asked.picked is not None:
            words = "bright" if number == asked.picked else "faint"
            spec = words
            tag = "yours" if number == asked.picked else ""
        room = self.width - len(tag) - 1 if tag else self.width
        stop = self.stop(AnswerStop(question.name, number)) if asked.picked is None else None
        first = len(self.layout.rows)
        self.wrap(ticked(text), indent=5, lead=Span(f"  {sign}  ", spec), width=room, spec=words)
        for row in self.layout.rows[first:]:
            row.choice = stop
        if tag:
            colour = "accent" if number == question.right and asked.told else "danger" if asked.told else "accent"
            self.layout.rows[first].right = Span(tag, colour)

    def wrap(
        self,
        inlines: Sequence[Inline],
        *,
        indent: int = 0,
        lead: Span | None = None,
        width: int | None = None,
        spec: str = "text",
        styles: Mapping[str, str] | None = None,
    ) -> None:
        """Breaks a paragraph at spaces; a word wider than the column is cut at its edge."""
        names = styles or {**STYLES, "": spec}
        room = max(1, (width or self.width) - indent)
        row, used = Row(indent=indent), 0
        rows = [row]
        for word in self.words(inlines, names):
            size = sum(columns(piece.text) for piece in word)
            if used and used + 1 + size > room:
                row, used = Row(indent=indent), 0
                rows.append(row)
            if used:
                joined = row.spans[-1].stop if row.spans[-1].stop == word[0].stop else None
                row.spans.append(Span(" ", row.spans[-1].spec if joined is not None else "text", joined))
                used += 1
            for piece in word:
                text = piece.text
                while used + columns(text) > room and used < room:
                    cut = room - used
                    row.spans.append(Span(text[:cut], piece.spec, piece.stop))
                    text, row, used = text[cut:], Row(indent=indent), 0
                    rows.append(row)
                row.spans.append(Span(text, piece.spec, piece.stop))
                used += columns(text)
        if lead is not None:
            rows[0].indent = 0
            rows[0].spans.insert(0, lead)
        self.layout.rows += rows

    def words(self, inlines: Sequence[Inline], names: Mapping[str, str]) -> Iterator[list[_Piece]]:
        """Groups the paragraph into words: pieces that no space parts. A short piece of code stays whole."""
        word: list[_Piece] = []
        for inline in inlines:
            if isinstance(inline, Link):
                spans = self.link(inline)
                pieces = [(span.text, span.spec, span.stop) for span in spans]
            else:
                pieces = [(inline.text, names[inline.style], None)]
            for text, spec, stop in pieces:
                whole = spec == "code" and len(text) <= self.width // 2
                text = self.spell(text)
                parts = [text] if whole else text.split(" ")
                for number, part in enumerate(parts):
                    if number and word:
                        yield word
                        word = []
                    if part:
                        word.append(_Piece(part, spec, stop))
        if word:
            yield word


def ticked(text: str) -> list[Text]:
    """Plain text as inlines: what stands between two backticks is code."""
    parts = re.split(r"`([^`]+)`", text)
    return [Text(part, "code" if number % 2 else "") for number, part in enumerate(parts) if part]


def styled(text: str, width: int, spec: str = "text", ascii_only: bool = False) -> list[list[Span]]:
    """Text with code between backticks, broken as a paragraph is; `spec` is the style of its words."""
    maker = _Maker(max(1, width), {}, False, "", True, ascii_only)
    maker.wrap(ticked(text), spec=spec)
    code = "code bold" if "bold" in spec else "code"  # beside bold words plain code would look left out
    return [
        [replace(span, spec=code) if span.spec == "code" else span for span in row.spans] for row in maker.layout.rows
    ]


def wrapped(text: str, width: int, ascii_only: bool = False) -> list[str]:
    """Plain text broken at spaces; a word wider than `width` is cut."""
    maker = _Maker(max(1, width), {}, False, "", True, ascii_only)
    maker.wrap([Text(text)])
    return ["".join(span.text for span in row.spans) for row in maker.layout.rows]
