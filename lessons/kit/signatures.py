"""Signatures: whether `demo.py` has the functions that `lesson.toml` declares. It is parsed and never run."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

from lessons.kit.manifest import Manifest
from lessons.kit.problems import Problem, read_text


def check_functions(manifest: Manifest, found: list[Problem]) -> None:
    """Tells of a demo without its function, of one with other parameters than knobs, and of one nobody declared."""
    topic = manifest.topic
    file = topic.folder / "demo.py"
    source = read_text(file, found) if topic.demos or file.exists() else ""
    if source is None:
        return
    tree = compiled(source, file, 1, found)
    if tree is None:
        return
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name, demo in topic.demos.items():
        if name not in functions:
            knobs = ", ".join(knob.name for knob in demo.knobs)
            told = f"demo {name} of lesson.toml has no function here; write def {name}({knobs})"
            found.append(Problem(file, None, told))
        elif name not in manifest.spoiled:
            _check_parameters(functions[name], [knob.name for knob in demo.knobs], file, found)
    for name, function in functions.items():
        if name not in topic.demos and not name.startswith("_") and _yields_frames(function):
            told = f"{name} yields frames and is no demo of lesson.toml; declare [demo.{name}] or call it _{name}"
            found.append(Problem(file, function.lineno, told))


def compiled(source: str, file: Path, line: int, found: list[Problem]) -> ast.Module | None:
    """The tree of code whose first line is `line` of the file; None, and a problem, if Python would not compile it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            compile(tree, str(file), "exec", dont_inherit=True)
    except SyntaxError as error:
        found.append(Problem(file, line - 1 + (error.lineno or 1), f"this is not Python: {error.msg}"))
    except ValueError as error:  # a null byte
        found.append(Problem(file, line, f"this is not Python: {error}"))
    except (RecursionError, MemoryError):
        found.append(Problem(file, line, "this is nested too deep for Python; write it in steps"))
    else:
        return tree
    return None


def _check_parameters(function: ast.FunctionDef, knobs: list[str], file: Path, found: list[Problem]) -> None:
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    names += [f"*{star.arg}" for star in (arguments.vararg, arguments.kwarg) if star]
    for name in names:
        if name not in knobs:
            told = (
                f"{function.name} takes {name}, which is no knob of [demo.{function.name}]; declare it or take it away"
            )
            found.append(Problem(file, function.lineno, told))
    for name in knobs:
        if name not in names:
            told = f"{function.name} does not take its knob {name}; add the parameter or take the knob away"
            found.append(Problem(file, function.lineno, told))


def _yields_frames(function: ast.FunctionDef) -> bool:
    """Whether its annotation says so, or it yields a Frame(...) outright."""
    returned = _names(function.returns) if function.returns else set()
    if "Frame" in returned and returned & {"Iterator", "Generator", "Iterable"}:
        return True
    yielded = (node.value for node in ast.walk(function) if isinstance(node, ast.Yield) and node.value)
    return any(isinstance(value, ast.Call) and "Frame" in _names(value.func) for value in yielded)


def _names(expression: ast.expr) -> set[str]:
    """All names in an expression, those within a text annotation too."""
    names = set()
    for node in ast.walk(expression):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.update(re.findall(r"\w+", node.value))
    return names
