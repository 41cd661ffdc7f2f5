"""Page: a topic's prose as data, read from `lesson.md`.

# Learning rate                      the topic
## The limit is 2 over the curvature a section: one on the screen at a time
<!-- panel: bowl?lr=0.05 -->         which demo its panel shows, and with which knobs
### Turn                             a word alone on its row: Predict, Turn, Try, ...
[lr 0.101](demo:bowl?lr=0.101)       a link that drives the panel
```predict critical                  a question; see question.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lessons.kit.question import Question


@dataclass(frozen=True)
class Text:
    """A run of prose. style: "", "code", "strong" or "em"."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Link:
    """target: "demo:NAME?KNOB=VALUE&...", "topic#section" or an https address."""

    text: str
    target: str
    line: int = field(default=0, compare=False)


Inline = Text | Link


@dataclass(frozen=True)
class Paragraph:
    inlines: tuple[Inline, ...]


@dataclass(frozen=True)
class Items:
    """A list; `ordered` for 1, 2, 3."""

    items: tuple[tuple[Inline, ...], ...]
    ordered: bool = False


@dataclass(frozen=True)
class Code:
    """`line` is that of its first line, as with every line here: in `lesson.md`, from 1."""

    language: str
    source: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Word:
    """A section word, alone on its row: Turn, Try, Investigate, Modify, Make."""

    text: str


@dataclass(frozen=True)
class Links:
    """A paragraph of nothing but demo links: drawn as one row of things to try."""

    links: tuple[Link, ...]


Block = Paragraph | Items | Code | Word | Links | Question


@dataclass(frozen=True)
class Section:
    """`panel` is a demo target without its "demo:", or "" to keep what the section before showed.

    `line` is where its title stands, `panel_line` where its panel does, `length` how many lines it has.
    """

    title: str
    slug: str
    blocks: tuple[Block, ...]
    panel: str
    line: int
    panel_line: int = field(default=0, compare=False)
    length: int = field(default=0, compare=False)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Question))

    @property
    def links(self) -> tuple[Link, ...]:
        """Every link, in prose and in rows of links."""
        rows = (block.links for block in self.blocks if isinstance(block, Links))
        return tuple(inline for run in (*self._runs(), *rows) for inline in run if isinstance(inline, Link))

    @property
    def prose(self) -> tuple[str, ...]:
        """The text of each paragraph and of each item of a list."""
        return tuple("".join(inline.text for inline in run) for run in self._runs())

    def _runs(self) -> Iterator[tuple[Inline, ...]]:
        for block in self.blocks:
            if isinstance(block, Paragraph):
                yield block.inlines
            elif isinstance(block, Items):
                yield from block.items


@dataclass(frozen=True)
class Page:
    title: str
    sections: tuple[Section, ...]
