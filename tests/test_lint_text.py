"""The lint speaks where text could get past a door, says what to do, and is quiet on the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint_text import CHECKED, checked

BAD = {
    "from textual.widgets import Input, Static": "Static takes a name like x[/foo]y",
    "from textual.widgets import DataTable": "DataTable takes",
    "self.app.notify(name)": "say it in the key bar",
    "Text.from_markup(name)": "Canvas",
    "widget = Field(name, markup=True)": "Canvas",
    "widget = Field(name, markup=chosen)": "Canvas",
    "label = f'[bold]{name}[/bold]'": "looks like markup",
    "label = f'{name}[/]'": "looks like markup",
    "yield SystemCommand(topic.title, 'section', go)": "literal()",
    "yield SystemCommand(f'{topic.title}: {word}', 'section', go)": "literal()",
    "self.sub_title = name": "window's title",
    "widget.tooltip = f'about {name}'": "shown as markup",
    "sys.stdout.write(name)": "goes past the door",
    "sys.stderr.buffer.write(name)": "goes past the door",
    "sys.__stdout__.write(name)": "goes past the door",
    "os.write(1, name)": "no door",
    "self._driver.write(name)": "no door",
    "control(sys.stderr, f'{name}')": "nothing that is put together",
    r"name = '\x1b[31m'": "control character",
    r"name = f'{name}\x9b'": "control character",
}

GOOD = (
    "from textual.widgets import TextArea",
    "widget = Field(name, markup=False)",
    "label = f'[{name}]'",
    "label = f'[exercise] {name}: [{target}]'",
    "tensor = f'x[{index}]'",
    "yield SystemCommand(literal(topic.title), 'section', go)",
    "self.title = name",
    "condition.notify()",
    "print(name, file=sys.stderr)",
    "sys.stdout.flush()",
    "write_json(line)",
    "control(sys.stderr, LINE_ANEW)",
    "file.write(name)",
    "re.escape(name)",
    r"JOINED = '\0'",
    r"lines = 'a\tb\r\n'",
)


def told(folder: Path, line: str) -> list[str]:
    file = folder / "planted.py"
    file.write_text(f"def planted():\n    {line}\n")
    return [str(place) for place in checked([str(file)])]


@pytest.mark.parametrize(("line", "words"), BAD.items())
def test_it_speaks_where_a_door_is_passed_by(tmp_path: Path, line: str, words: str) -> None:
    """Once, with the line, and with what to do."""
    [sentence] = told(tmp_path, line)
    assert words in sentence
    assert "planted.py:2: " in sentence


@pytest.mark.parametrize("line", GOOD)
def test_it_is_quiet_elsewhere(tmp_path: Path, line: str) -> None:
    """Brackets are no markup, and a door is one."""
    assert told(tmp_path, line) == []


def test_the_tree_keeps_to_its_doors() -> None:
    """What `make check` looks at."""
    assert checked(CHECKED) == []
