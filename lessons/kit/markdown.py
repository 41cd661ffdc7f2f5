"""Markdown: reads `lesson.md` into a Page, and tells at its line whatever a page cannot show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode as Node

from lessons.kit.names import slug, unknown
from lessons.kit.page import Block, Code, Inline, Items, Link, Links, Page, Paragraph, Section, Text, Word
from lessons.kit.problems import OBEYED, Problem, read_text
from lessons.kit.question import read_question

PANEL = re.compile(r"<!--\s*panel:\s*(\S+)\s*-->\s*")
LANGUAGES = ("python", "pycon", "text", "console", "bash", "toml", "json", "yaml", "diff")

REFUSED = {
    "table": "a table does not fit the column of text; write a list, or let the demo show it",
    "blockquote": "a block quote has no place on a page; write it as a paragraph",
    "code_block": "indented code has no language; put it in a fence such as ```python",
    "hr": "a line across the page means nothing here; begin a section with '## Title'",
    "image": "a terminal shows no images; let a demo draw it",
    "html_block": "HTML has no place on a page; its one comment is <!-- panel: DEMO?KNOB=VALUE -->",
    "html_inline": "HTML has no place in prose; put `<` in backticks if it is meant",
    "hardbreak": "two spaces or a backslash at the end of a line break it, which a page does not; take them away",
    "s": "struck-out text has no place on a page; take the ~~ away",
}


def read_page(file: Path, found: list[Problem]) -> Page | None:
    """The page in `lesson.md`, as far as it can be read; None where the file cannot. What is wrong goes to `found`."""
    text = read_text(file, found)
    return None if text is None else parse(text, file, found)


def parse(text: str, file: Path, found: list[Problem]) -> Page:
    """The page that `text` is; what is wrong with it goes to `found`, as said of `file`."""
    reader = _Reader(file, found, text.removesuffix("\n").split("\n"))
    for node in Node(_markdown().parse(text)).children:
        reader.read(node)
    return reader.page()


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])  # to be refused, not to pass as prose
    markdown.normalizeLink = lambda url: url  # type: ignore[method-assign]  # demo:bowl?x=λ stays as written
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # the checks say more than "no link"
    return markdown


@dataclass
class _Draft:
    """A section that is being read."""

    title: str
    line: int
    blocks: list[Block] = field(default_factory=list)
    panel: str = ""
    panel_line: int = 0


class _Reader:
    def __init__(self, file: Path, found: list[Problem], lines: list[str]) -> None:
        self.file = file
        self.found = found
        self.lines = lines
        self.title = ""
        self.drafts: list[_Draft] = []
        self.line = 1

    def tell(self, line: int, sentence: str) -> None:
        self.found.append(Problem(self.file, line, sentence))

    def page(self) -> Page:
        if not self.title:
            self.tell(1, "the page has no title; begin it with '# Title'")
        slugs = _unique_slugs([draft.title for draft in self.drafts])
        ends = [draft.line for draft in self.drafts[1:]] + [len(self.lines) + 1]
        sections = (
            Section(draft.title, name, tuple(draft.blocks), draft.panel, draft.line, draft.panel_line, end - draft.line)
            for draft, name, end in zip(self.drafts, slugs, ends)
        )
        return Page(self.title, tuple(sections))

    def read(self, node: Node) -> None:
        """Reads one block of the page's top level."""
        self.line = _line(node)
        if node.type == "heading":
            self.read_heading(node)
        elif not self.drafts:
            self.tell(self.line, "this stands before the first section; move it below a '## Title'")
        elif node.type == "html_block" and (panel := PANEL.fullmatch(node.content)):
            self.read_panel(panel[1])
        elif block := self.block(node):
            self.drafts[-1].blocks.append(block)

    def read_heading(self, node: Node) -> None:
        title = self.plain(node.children[0])
        if node.markup[0] in "=-":
            self.tell(
                self.line, "a line of = or - makes the text above it a title; write '## Title', or leave a blank line"
            )
        elif not title:
            self.tell(self.line, f"the title is empty; write it after the {node.markup}")
        elif node.markup == "#":
            self.read_title(title)
        elif node.markup == "##":
            self.drafts.append(_Draft(title, self.line))
        elif node.markup == "###" and self.drafts:
            self.drafts[-1].blocks.append(Word(title))
        else:
            self.tell(
                self.line, f"'{node.markup} {title}' has no place here; sections are '##', words such as Try are '###'"
            )

    def read_title(self, title: str) -> None:
        if self.title or self.drafts:
            self.tell(self.line, "a page has one '# Title', above everything else; make this a section with '##'")
        else:
            self.title = title

    def read_panel(self, target: str) -> None:
        draft = self.drafts[-1]
        if draft.panel:
            self.tell(self.line, "a section has one panel; take one of the two comments away")
        draft.panel, draft.panel_line = target, self.line

    def block(self, node: Node) -> Block | None:
        if node.type == "paragraph":
            return _paragraph(tuple(self.inlines(node.children[0])))
        if node.type in ("bullet_list", "ordered_list"):
            return self.items(node)
        if node.type == "fence":
            return self.fence(node)
        self.refuse(node)
        return None

    def items(self, node: Node) -> Items:
        if node.attrs.get("start", 1) != 1:
            self.tell(self.line, "the list begins with another number than 1; a page counts from 1")
        return Items(tuple(self.item(child) for child in node.children), node.type == "ordered_list")

    def item(self, node: Node) -> tuple[Inline, ...]:
        inlines: list[Inline] = []
        for place, child in enumerate(node.children):
            self.line = _line(child)
            if child.type in ("bullet_list", "ordered_list"):
                self.tell(self.line, "a list in a list has no place on a page; make it one list, or two")
            elif child.type != "paragraph" or place:
                self.tell(self.line, "an item of a list is one paragraph; move this below the list")
            else:
                inlines = self.inlines(child.children[0])
        if not node.children:
            self.tell(_line(node), "the item is empty; write it, or take its mark away")
        return tuple(inlines)

    def fence(self, node: Node) -> Block | None:
        first, last = node.map or (0, 0)
        if last - first < 2 or not self.lines[last - 1].strip(" >").startswith(node.markup):
            self.tell(self.line, f"the fence is never closed; end it with {node.markup}")
        language, _, name = node.info.strip().partition(" ")
        if language == "predict":
            if not re.fullmatch(r"[\w-]+", name):
                self.tell(self.line, "a question needs a name of one word, such as ```predict critical")
            return read_question(name, node.content, self.line + 1, self.tell)
        if not language:
            self.tell(self.line, "the fence names no language; write ```python, or ```text for what is none")
        elif language not in LANGUAGES or name:
            self.tell(self.line, unknown("fence", node.info.strip(), (*LANGUAGES, "predict NAME")))
        return Code(language, node.content.rstrip("\n"), self.line + 1)

    def inlines(self, node: Node) -> list[Inline]:
        """The prose of a paragraph, neighbours of one style joined."""
        joined: list[Inline] = []
        for inline in self.runs(node, ""):
            before = joined[-1] if joined else None
            if isinstance(before, Text) and isinstance(inline, Text) and before.style == inline.style:
                joined[-1] = Text(before.text + inline.text, inline.style)
            else:
                joined.append(inline)
        return joined

    def runs(self, node: Node, style: str) -> Iterator[Inline]:
        for child in node.children:
            if child.type == "text":
                if OBEYED.search(child.content):  # by its number, as &#8238;
                    self.tell(self.line, "an invisible character stands here; take it away")
                if child.content:
                    yield Text(child.content, style)
            elif child.type == "softbreak":
                self.line += 1
                yield Text(" ", style)
            elif child.type == "code_inline":
                yield Text(child.content, "code")
            elif child.type in ("strong", "em"):
                if style:
                    self.tell(self.line, "text is strong or emphasised, not both; take one pair of marks away")
                yield from self.runs(child, child.type)
            elif child.type == "link":
                yield self.link(child)
            else:
                self.refuse(child)

    def link(self, node: Node) -> Link:
        line, text = self.line, self.plain(node)
        if not text:
            self.tell(line, "the link has no text; write what it does between the brackets")
        return Link(text, str(node.attrs.get("href", "")), line)

    def plain(self, node: Node) -> str:
        """The text of a title or a link, its marks left out."""
        return "".join(inline.text for inline in self.runs(node, ""))

    def refuse(self, node: Node) -> None:
        self.tell(self.line, REFUSED.get(node.type, f"a page cannot show this ({node.type}); write it as a paragraph"))
        if node.type == "hardbreak":
            self.line += 1


def _paragraph(inlines: tuple[Inline, ...]) -> Paragraph | Links:
    """Links, if it is nothing but links to demos or exercises with spaces or · between them."""
    links = tuple(one for one in inlines if isinstance(one, Link) and one.target.startswith(("demo:", "exercise:")))
    rest = [inline for inline in inlines if inline not in links]
    if links and all(isinstance(inline, Text) and not inline.style and not inline.text.strip(" ·") for inline in rest):
        return Links(links)
    return Paragraph(inlines)


def _line(node: Node) -> int:
    return node.map[0] + 1 if node.map else 1


def _unique_slugs(titles: list[str]) -> list[str]:
    """A slug for each title; the second of the same gets -1, the third -2, as on GitHub."""
    used: dict[str, int] = {}
    names = []
    for title in titles:
        name = base = slug(title)
        while name in used:
            used[base] += 1
            name = f"{base}-{used[base]}"
        used[name] = 0
        names.append(name)
    return names
