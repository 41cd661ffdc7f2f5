"""Source text: the exact expression that a frame is at, and any node of it on one line."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import linecache
import sys
import tokenize
from itertools import islice
from typing import Any

from diagnostics.training.naming.frames import Place

_executing: Any = None
with contextlib.suppress(ImportError):
    import executing as _executing

_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")


def text_of(file: str) -> str:
    """The whole text of a source file; "" where there is none."""
    return "".join(linecache.getlines(file))


def tree_of(file: str) -> ast.Module | None:
    """The syntax tree of a source file; None where it cannot be had."""
    return _parsed(text_of(file))


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def node_at(place: Place) -> ast.AST | None:
    """The expression (or the statement, as `x += y`) whose instruction runs; None where the code does not tell."""
    node = _by_executing(place) or _by_positions(place)
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        return node.iter
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        return _assignment(place.file, node) or node
    return node


def written(file: str, node: ast.AST) -> str:
    """The node as the reader wrote it, on one line and without comments; of a compound statement its first line."""
    text = text_of(file)
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        return line_of(file, node.lineno)
    try:
        segment = ast.get_source_segment(text, node)
    except (IndexError, UnicodeDecodeError):  # the file is another than the one that runs
        segment = None
    if segment is None or not _says(segment, node):
        return ast.unparse(node)
    return segment if "\n" not in segment else _joined(segment)


def line_of(file: str, line: int) -> str:
    """One line of a file, without its indentation."""
    return linecache.getline(file, line).strip()


def _by_executing(place: Place) -> ast.AST | None:
    if _executing is None:
        return None
    try:
        node: ast.AST | None = _executing.Source.executing(place.handle).node
    except Exception:  # it reads bytecode of any age: what it cannot tell, the positions or the line do
        return None
    return node


def _by_positions(place: Place) -> ast.AST | None:
    if sys.version_info < (3, 11):
        return None
    position = next(islice(place.frame.f_code.co_positions(), place.instruction // 2, None), None)
    tree = tree_of(place.file)
    if position is None or tree is None:
        return None
    start, end, column, end_column = position
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.expr, ast.stmt))
            and (node.lineno, node.col_offset) == (start, column)
            and (node.end_lineno, node.end_col_offset) == (end, end_column)
        ):
            return node.value if isinstance(node, ast.Expr) else node
    return None


def _assignment(file: str, target: ast.Subscript) -> ast.stmt | None:
    tree = tree_of(file)
    for node in ast.walk(tree) if tree else ():
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any((each.lineno, each.col_offset) == (target.lineno, target.col_offset) for each in targets):
            return node  # type: ignore[return-value]
    return None


def _says(segment: str, node: ast.AST) -> bool:
    # Positions inside f-strings were wrong before Python 3.12.
    try:
        tree: Any = ast.parse(segment if isinstance(node, ast.stmt) else f"({segment}\n)")
    except (SyntaxError, ValueError):
        return False
    found = tree.body[0] if isinstance(node, ast.stmt) else tree.body[0].value
    return ast.dump(found) == ast.dump(node).replace("ctx=Store()", "ctx=Load()") or isinstance(node, ast.stmt)


def _joined(segment: str) -> str:
    parts: list[str] = []
    before: tokenize.TokenInfo | None = None
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(f"({segment}\n)").readline)
    for token in tokens:
        if token.type in skipped:
            continue
        if token.string in _CLOSING and parts and parts[-1] == "," and before and before.start[0] != token.start[0]:
            parts.pop()
        elif before and token.start[0] == before.end[0]:
            parts.append(" " * (token.start[1] - before.end[1]))
        elif before and before.string not in _OPENING and token.string not in _CLOSING and token.string != ".":
            parts.append(" ")
        parts.append(token.string)
        before = token
    return "".join(parts)[1:-1]
