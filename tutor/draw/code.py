"""Source code as styled text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Styled = tuple[str, str]
"""A piece of text and its style."""


@lru_cache(64)
def highlight(source: str, language: str = "python") -> tuple[tuple[Styled, ...], ...]:
    """Each line as pieces of (text, style). A language that is not known is plain code."""
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Token
    from pygments.util import ClassNotFound

    source = source.expandtabs(4)
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False, ensurenl=False)
    except ClassNotFound:
        return tuple(((line, "code"),) for line in source.split("\n"))
    styles: dict[Any, str] = {
        Token.Keyword: "accent",
        Token.Operator.Word: "accent",
        Token.Name.Decorator: "accent",
        Token.Literal.Number: "s3",
        Token.Literal.String: "code",
        Token.Comment: "faint",
    }
    lines: list[list[Styled]] = [[]]
    for kind, text in lexer.get_tokens(source):
        while kind not in styles and kind.parent is not None:
            kind = kind.parent
        spec = styles.get(kind, "text")
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((part, spec))
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    return tuple(tuple(line) for line in lines)


def folded(line: tuple[Styled, ...], width: int) -> list[list[Styled]]:
    """A line on as many rows of `width` as it needs, broken between tokens, in long ones between words.

    What goes on below stands further in.
    """
    plain = "".join(text for text, _ in line)
    indent = min(len(plain) - len(plain.lstrip()) + 8, width // 2)
    rows: list[list[Styled]] = [[]]
    used = 0
    for text, spec in line:
        while text:
            fits = used + len(text) <= width
            if not fits and rows[-1] and used > indent and len(text) <= width - indent:
                rows.append([(" " * indent, "text")])
                text, used = text.lstrip(), indent
                continue
            part = text if fits else _fitting(text, width - used)
            rows[-1].append((part, spec))
            text, used = text[len(part) :], used + len(part)
            if text:
                text = text.lstrip(" ")
                rows.append([(" " * indent, "text")])
                used = indent
    return rows


def _fitting(text: str, width: int) -> str:
    """As many of its words as fit; of a word that is longer, a part."""
    return text[: max(text.rfind(" ", 0, width + 1), 0)].rstrip() or text[:width]
