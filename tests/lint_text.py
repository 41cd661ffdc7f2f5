"""Places where text could reach a screen past its doors:  python -m tests.lint_text [FILE or FOLDER ...]

What others wrote (names, logs, files, a stranger's course) becomes printable at three doors: the canvas
(tutor/draw/glyphs.py), the streams (tutor/output.py), and behind every widget (tutor/widgets/door.py). These rules keep
the program behind them.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
CHECKED = ("tutor", "diagnostics", "lessons/kit")

ELSEWHERE = (
    "diagnostics/doctor/probe/",  # speaks JSON to us on a pipe, from another Python
    "diagnostics/training/virtual_device/make_rules.py",  # run by hand, on our own machine
)
STREAM_DOORS = (
    "tutor/output.py",
    "tutor/driver.py",  # the terminal's own driver
    "tutor/lab/",  # lines of JSON on a pipe
    "diagnostics/training/",  # in the reader's own process, where stdout is the script's
    "diagnostics/doctor/probing.py",  # a pipe to the probe
    "tutor/event_log.py",  # a file
)
ESCAPES = {
    "tutor/terminal.py",  # undoes what a killed screen left
    "tutor/driver.py",  # asks the terminal
    "tutor/pen.py",  # draws
    "tutor/repaint.py",  # reads what Textual paints
    "tutor/output.py",  # knows our styles
    "tutor/report/checking.py",  # a line that replaces the one before
    "diagnostics/text.py",
    "diagnostics/errors/reading.py",  # take the escapes out of logs
}

MARKUP = {
    "Button", "Checkbox", "Collapsible", "DataTable", "Footer", "Header", "Label", "Log", "Markdown", "MarkdownViewer",
    "OptionList", "RadioButton", "RichLog", "Select", "SelectionList", "Static", "Tab", "TabbedContent", "Tabs", "Tree",
}  # fmt: skip
"""Widgets of Textual that take a text for markup, or hand on whatever is in it."""

TITLES = ("title", "sub_title", "border_title", "border_subtitle", "tooltip")
TAG = re.compile(r"\[(?:/|@|#|\$|link\b|(?:bold|dim|italic|red|green|yellow|blue|cyan|magenta|b|i|u|on)\b[^]]*\])")
CONTROL = re.compile(r"[\x00\x07\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

DRAW = "paint it on a Canvas (tutor/widgets/drawn.py)"
PRINT = "print() it, or use write_json, write_path or control of tutor/output.py"


class Place(NamedTuple):
    """A place that gets past a door, and what to do."""

    file: Path
    line: int
    told: str

    def __str__(self) -> str:
        file = self.file.relative_to(ROOT) if self.file.is_relative_to(ROOT) else self.file
        return f"{file}:{self.line}: {self.told}"


def places(file: Path, name: str) -> Iterator[Place]:
    """Those of a file; `name` is its path in the repository."""
    tree = ast.parse(file.read_text("utf-8"), str(file))
    if name.startswith(ELSEWHERE):
        return
    streams, escapes = not name.startswith(STREAM_DOORS), name not in ESCAPES
    for node in ast.walk(tree):
        for told in (*_markup(node), *(_streams(node) if streams else ()), *(_escapes(node) if escapes else ())):
            yield Place(file, getattr(node, "lineno", 1), told)


def _markup(node: ast.AST) -> Iterator[str]:
    """What takes text for markup: a name like x[/foo]y ends the app, and [@click=app.exit] is obeyed."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual.widgets"):
        for name in sorted({alias.name for alias in node.names} & MARKUP):
            yield f"{name} takes a name like x[/foo]y for markup and ends the app; {DRAW}"
    elif isinstance(node, ast.Call):
        called = _name(node.func)
        if re.search(r"(^self|app|screen|tutor)\.notify$", _dotted(node.func)):
            yield "notify() takes text for markup, and stands over the lesson; say it in the key bar"
        elif called in ("from_markup", "escape") and not _dotted(node.func).startswith(("re.", "html.")):
            yield f"{called}() is no way to show text, Textual's escape() lets some markup through; {DRAW}"
        elif called == "SystemCommand" and node.args and not _literal(node.args[0]):
            yield "the palette takes a title for markup; wrap it in literal() (tutor/widgets/door.py)"
        if any(each.arg == "markup" and getattr(each.value, "value", True) is not False for each in node.keywords):
            yield f"markup is read from what others wrote; {DRAW}"
    elif isinstance(node, ast.JoinedStr) and any(TAG.match(part) for part in _words(node)):
        yield f"this looks like markup around a value; {DRAW}, with a style"
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        for target in targets:
            widget = isinstance(target, ast.Attribute) and target.attr in TITLES[1:]
            app = isinstance(target, ast.Attribute) and target.attr == "title" and _name(target.value) == "app"
            if (widget or app) and not (value is None or isinstance(value, ast.Constant)):
                yield f"{_dotted(target)} is shown as markup, or as the window's title; {DRAW}"


def _streams(node: ast.AST) -> Iterator[str]:
    """What writes to the terminal and not through the door that main() puts before stdout and stderr."""
    if isinstance(node, ast.Attribute):
        name = _dotted(node)
        if re.fullmatch(r"sys\.(__)?(stdout|stderr)(__)?\.(write|writelines|buffer)", name):
            yield f"{name} goes past the door; {PRINT}"
    elif isinstance(node, ast.Call):
        name = _dotted(node.func)
        if name == "os.write":
            yield f"os.write() has no door; {PRINT}"
        elif name.endswith(("driver.write", "console.print", "console.out")):
            yield f"{name}() has no door; {DRAW}"
        elif name in ("control", "output.control") and any(isinstance(each, ast.JoinedStr) for each in node.args):
            yield "control() sends what a terminal obeys: nothing that is put together belongs in it"


def _escapes(node: ast.AST) -> Iterator[str]:
    """A lone NUL is a mark that cleaned text cannot have."""
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    if CONTROL.search(text) and set(text) != {"\0"}:
        yield "a control character; only the modules in tests/lint_text.py's ESCAPES send or read some"


def _words(joined: ast.JoinedStr) -> list[str]:
    return [part.value for part in joined.values if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _literal(node: ast.expr) -> bool:
    """Whether a title is our own words, or made literal."""
    if isinstance(node, ast.Constant) or (isinstance(node, ast.Call) and _name(node.func) == "literal"):
        return True
    if isinstance(node, ast.JoinedStr):
        values = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return all(isinstance(value, ast.Name) and value.id == "theme" for value in values)
    return isinstance(node, ast.Call) and _dotted(node.func) == "key.meaning.capitalize"


def _name(node: ast.AST) -> str:
    return _dotted(node).rpartition(".")[2]


def _dotted(node: ast.AST) -> str:
    """As in "sys.stdout.write"; "?" for what is no name."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def checked(names: Iterable[str]) -> list[Place]:
    """Every place in these files and folders."""
    found: list[Place] = []
    for name in names:
        path = (ROOT / name).resolve()
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            inside = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
            found += places(file, inside)
    return found


def main() -> int:
    found = checked(sys.argv[1:] or CHECKED)
    for place in found:
        print(place)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
