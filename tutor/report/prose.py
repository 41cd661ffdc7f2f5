"""Prose as plain text in 80 columns."""

from __future__ import annotations

from lessons.kit.page import Block, Code, Inline, Items, Link, Paragraph, Section, Word
from tutor.report.text import filled


def section_text(section: Section) -> str:
    """A section without its title; links that drive a panel, and questions, are left out."""
    return "\n\n".join(filter(None, map(block_text, section.blocks)))


def block_text(block: Block) -> str:
    """A paragraph, a list, code or a word that stands alone; "" for what is more than text."""
    if isinstance(block, Paragraph):
        return filled(inline_text(block.inlines))
    if isinstance(block, Items):
        rows = []
        for number, item in enumerate(block.items, 1):
            first = f"{number}. " if block.ordered else "- "
            rows.append(filled(inline_text(item), indent=len(first), first=first))
        return "\n".join(rows)
    if isinstance(block, Code):
        return "\n".join(f"    {line}" for line in block.source.rstrip("\n").split("\n"))
    return f"{block.text}:" if isinstance(block, Word) else ""


def inline_text(inlines: tuple[Inline, ...]) -> str:
    """Code between backticks, an address behind the words that lead to it."""
    parts = []
    for inline in inlines:
        if isinstance(inline, Link) and "://" in inline.target:
            parts.append(f"{inline.text} ({inline.target})")
        elif not isinstance(inline, Link) and inline.style == "code":
            parts.append(f"`{inline.text}`")
        else:
            parts.append(inline.text)
    return "".join(parts)


def headed(title: str, rule: str = "-") -> str:
    """A title with a rule under it."""
    return f"{title}\n{rule * len(title)}"
