"""Programs with one move to a device removed: `.to(...)`, `.cuda()`, `.cpu()`, or an argument `device=...`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

MOVES = ("to", "cuda", "cpu")


@dataclass(frozen=True)
class Mutant:
    """The program `name` without what stood at this place; `removed` is that text."""

    name: str
    line: int
    removed: str
    code: str

    def __str__(self) -> str:
        return f"{self.name}:{self.line} {self.removed}"


def mutants(path: Path) -> list[Mutant]:
    """One for each move in the program, from the top."""
    code = path.read_text()
    starts = [0]
    for line in code.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column

    found = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in MOVES:
            assert node.func.end_lineno
            assert node.func.end_col_offset is not None
            assert node.end_lineno
            assert node.end_col_offset is not None
            begin = offset(node.func.end_lineno, node.func.end_col_offset) - len(node.func.attr) - 1
            found.append((begin, offset(node.end_lineno, node.end_col_offset), node.func.end_lineno))
        for keyword in node.keywords:
            if keyword.arg == "device":
                comma = code.rindex(",", 0, offset(keyword.lineno, keyword.col_offset))
                assert keyword.value.end_lineno
                assert keyword.value.end_col_offset is not None
                found.append((comma, offset(keyword.value.end_lineno, keyword.value.end_col_offset), keyword.lineno))
    return [
        Mutant(path.stem, line, code[begin:end].strip(), code[:begin] + code[end:])
        for begin, end, line in sorted(found)
    ]
