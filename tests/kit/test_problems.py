"""Every fault of a course is told in one pass, at its line; a sound course is left in peace."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lessons.kit.problems import Problem, problems
from tests.kit.conftest import Author


def test_a_sound_course_has_no_problem(author: Author) -> None:
    assert author.problems() == []


def test_the_shipped_course_has_no_problem() -> None:
    assert [str(problem) for problem in problems()] == []


FAULTS = [
    ("course.toml", 'title = "A course"', "title = 3", "title takes a text in quotes, not 3"),
    ("course.toml", 'title = "A course"', "", "title is missing; it takes a text in quotes"),
    ("course.toml", 'title = "A course"', 'titel = "A course"', "there is no key 'titel'; did you mean 'title'?"),
    ("course.toml", '["steps", "noise"]', "[]", 'topics takes a list of texts, as ["one", "two"], not []'),
    (
        "course.toml",
        '"noise"]',
        '"noise", "drift"]',
        "topic drift has no folder; create drift/ or take it off the list",
    ),
    ("course.toml", '"noise"]', '"noise", "steps"]', "topic steps is listed twice; take one of them away"),
    ("course.toml", '"noise"]', '"noise", "../steps"]', "'../steps' is no name of a topic"),
    ("course.toml", ', "noise"]', "]", "the folder noise is no topic of the course; add it to topics"),
    ("steps/lesson.toml", "minutes = 15", "minutes 15", "this is no TOML: expected '=' after a key"),
    ("steps/lesson.toml", "minutes = 15", "minutes = 0", "minutes takes a whole number of minutes, as 15, not 0"),
    ("steps/lesson.toml", "minutes = 15", "minutes = 1.5", "minutes takes a whole number of minutes, as 15, not 1.5"),
    ("steps/lesson.toml", "minutes = 15", "minutes = true", "minutes takes a whole number of minutes, as 15, not true"),
    ("noise/lesson.toml", '["Tell noise from signal"]', "[]", "objectives takes a list of texts"),
    ("noise/lesson.toml", 'objectives = ["Tell noise from signal"]', "", "objectives is missing"),
    ("noise/lesson.toml", '"Why a batch is not the data."', '" "', "summary takes a text in quotes, not ' '"),
    ("steps/lesson.toml", '"https://docs', '"http://docs', "read.url takes an address"),
    ("steps/lesson.toml", "url =", "link =", "there is no key 'link'"),
    ("steps/lesson.toml", 'shows = "λ 20 and 1"', "", "demo.bowl.shows is missing"),
    ("steps/lesson.toml", 'shows = "λ', 'show = "λ', "there is no key 'show'; did you mean 'shows'?"),
    (
        "steps/lesson.toml",
        "[1e-4, 1.0]",
        "[1.0, 1e-4]",
        "demo.bowl.knobs.lr.slider takes two numbers, the lower one first",
    ),
    ("steps/lesson.toml", "[1e-4, 1.0]", "[1e-4]", "demo.bowl.knobs.lr.slider takes two numbers, the lower one first"),
    ("steps/lesson.toml", "[1e-4, 1.0]", "[0.0, inf]", "demo.bowl.knobs.lr.slider takes two numbers"),
    ("steps/lesson.toml", "[1e-4, 1.0]", "[0, 1.0]", "lr has a log scale from 0; such a scale begins above 0"),
    ("steps/lesson.toml", '"log"', '"logarithmic"', 'demo.bowl.knobs.lr.scale takes "log" or "linear"'),
    ("steps/lesson.toml", "default = 0.05", "default = 5", "the default does not fit: lr goes from 0.0001 to 1"),
    ("steps/lesson.toml", "default = 0.05", "defualt = 0.05", "demo.bowl.knobs.lr.default is missing"),
    ("steps/lesson.toml", "default = 0.05", "defualt = 0.05", "there is no key 'defualt'; did you mean 'default'?"),
    ("steps/lesson.toml", "default = 20", "default = 20.0", "count is whole; write both ends and the default without"),
    (
        "steps/lesson.toml",
        '["SGD", "momentum", "Nesterov", "Adam"]',
        '["SGD"]',
        "optimizer is a choice; give it at least two",
    ),
    (
        "steps/lesson.toml",
        '"Adam"] }',
        '"sgd"] }',
        "optimizer is a choice; give it at least two options, all different",
    ),
    ("steps/lesson.toml", '"Adam"] }', '"Adam"], default = "adam" }', "optimizer has no option 'adam'; did you mean"),
    ("steps/lesson.toml", "toggle = false", "toggle = 0", "demo.bowl.knobs.rotate.toggle takes true or false, not 0"),
    ("steps/lesson.toml", "{ toggle = false }", "false", "rotate takes a table, as rotate = { ... }, not false"),
    ("steps/lesson.toml", "{ toggle = false }", "{}", "rotate is one of slider, choice and toggle"),
    (
        "steps/lesson.toml",
        "toggle = false",
        "toggle = false, choice = []",
        "rotate is one of slider, choice and toggle",
    ),
    (
        "steps/lesson.toml",
        "used = { optimizer",
        "used = { optimiser",
        "there is no other knob 'optimiser'; did you mean",
    ),
    (
        "steps/lesson.toml",
        '["momentum", "Nesterov"] } }',
        '["adam"] } }',
        "beta is used when optimizer is 'adam', which",
    ),
    (
        "steps/lesson.toml",
        '["momentum", "Nesterov"] } }',
        '"momentum" } }',
        "demo.bowl.knobs.beta.used takes the values",
    ),
    ("steps/lesson.toml", "rotate    =", "ro-tate   =", "'ro-tate' cannot be a name in Python"),
    ("steps/lesson.md", "# Steps", "# Step", "the title is 'Step' here and 'Steps' in lesson.toml; make them the same"),
    ("steps/lesson.md", "panel: bowl?lr=0.05", "panel: bowls", "steps has no demo 'bowls'; did you mean 'bowl'?"),
    ("steps/lesson.md", "run: bowl?lr=0.1", "run: bowl?lr=7", "lr goes from 0.0001 to 1; 7 is outside"),
    ("steps/lesson.md", "lr=0.101&optimizer", "lr=0.101&optimiser", "bowl has no knob 'optimiser'; did you mean"),
    ("steps/lesson.md", "noise#where", "nois#where", "there is no topic 'nois'; did you mean 'noise'?"),
    (
        "steps/lesson.md",
        "#where-it-comes-from",
        "#where-it-come-from",
        "noise has no section 'where-it-come-from'; did you mean",
    ),
    (
        "steps/lesson.md",
        "(noise#where-it-comes-from)",
        "(noise)",
        "a link goes to demo:NAME, exercise:NAME, TOPIC#SECTION or",
    ),
    (
        "steps/lesson.md",
        "https://pytorch",
        "http://pytorch",
        "a link goes to demo:NAME, exercise:NAME, TOPIC#SECTION or https://",
    ),
    (
        "steps/lesson.md",
        "https://pytorch.org",
        "javascript:alert(1)#x",
        "a link goes to demo:NAME, exercise:NAME, TOPIC#SECTION or",
    ),
    (
        "steps/lesson.md",
        "[x] It swings",
        "[ ] It swings",
        "the question has no right answers; mark exactly one with [x]",
    ),
    ("steps/lesson.md", "optimizer.step()", "optimizer.step(", "this is not Python: '(' was never closed"),
    (
        "steps/lesson.md",
        "## Try it",
        "## Empty\n## Try it",
        "section 'Empty' is empty; write it or take its title away",
    ),
    (
        "noise/lesson.md",
        "own.",
        "own." + " word" * 150,
        "section 'Where it comes from' has 158 words of prose; it may have",
    ),
    ("noise/lesson.md", "own.", "own." + "\n\n- x" * 31, "section 'Where it comes from' has 65 lines; it may have 60"),
    ("noise/lesson.md", "## Where it comes from\n\nEach", "Each", "the page has no section; begin one with '## Title'"),
    (
        "steps/demo.py",
        "def bowl",
        "def bowls",
        "demo bowl of lesson.toml has no function here; write def bowl(lr, optimizer,",
    ),
    ("steps/demo.py", "beta: float, ", "", "bowl does not take its knob beta; add the parameter"),
    ("steps/demo.py", "beta: float, ", "gamma: float, ", "bowl takes gamma, which is no knob of [demo.bowl]"),
    ("steps/demo.py", "beta: float, ", "beta: float, *rest, ", "bowl takes *rest, which is no knob of [demo.bowl]"),
    (
        "steps/demo.py",
        "def minibatches(count: int) -> Iterator[int]",
        "def net() -> 'Iterator[Frame]'",
        "net yields frames and is no",
    ),
    (
        "steps/demo.py",
        "    yield count",
        "    yield kit.Frame(())",
        "minibatches yields frames and is no demo of lesson.toml",
    ),
    ("steps/demo.py", "    yield count", "    yield count)", "this is not Python: unmatched ')'"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), FAULTS, ids=[f"{f[0]}: {f[3][:60]}" for f in FAULTS])
def test_a_fault_is_told(author: Author, name: str, old: str, new: str, said: str) -> None:
    author.replace(name, old, new)
    assert any(said in problem and problem.startswith(name) for problem in author.problems()), author.problems()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("steps/lesson.toml", "default = 0.05", "default = 5"),
        ("steps/lesson.toml", '"log"', '"loga"'),
        ("steps/lesson.toml", "minutes = 15", "minutes ="),
        ("steps/lesson.toml", "minutes = 15", "minutes = -5"),
        ("steps/lesson.toml", '"momentum", "Nesterov"] } }', '"adam"] } }'),
        ("steps/lesson.md", "lr=0.05", "lr=50"),
        ("steps/lesson.md", "lr=0.1\n", "lr=50\n"),
        ("steps/lesson.md", "lr=0.101", "lr=50"),
        ("steps/lesson.md", "where-it-comes-from", "where-it-goes-to"),
        ("steps/lesson.md", "https://pytorch", "ftp://pytorch"),
        ("steps/lesson.md", "optimizer.step()", "optimizer.step)"),
        ("steps/demo.py", "beta: float", "alpha: float"),
    ],
)
def test_a_fault_is_told_at_its_line(author: Author, name: str, old: str, new: str) -> None:
    author.replace(name, old, new)
    assert f"{name}:{author.line(name, new.strip())}" in {problem.split(": ")[0] for problem in author.problems()}


def test_faults_of_several_files_are_told_together(author: Author) -> None:
    """One pass finds them all: a fault in one file hides none in another."""
    author.replace("course.toml", '"noise"]', '"noise", "drift"]')
    author.replace("steps/lesson.toml", "minutes = 15", "minutes = -1")
    author.replace("steps/lesson.toml", 'shows = "λ 20 and 1"', "")
    author.replace("steps/lesson.md", "lr=0.05", "lr=5")
    author.replace("steps/demo.py", "beta: float, ", "")
    author.append("noise/lesson.md", "\n> quoted\n")
    assert [problem.split(": ")[0] for problem in author.problems()] == [
        "course.toml:2",
        "noise/lesson.md:7",
        "steps/demo.py:1",
        "steps/lesson.md:4",
        "steps/lesson.toml:3",
        "steps/lesson.toml:7",
    ]


def test_tables_of_a_list_have_their_own_lines(author: Author) -> None:
    """The second [[read]] is told at its line, and a missing key at its table's."""
    author.append("noise/lesson.toml", '\n[[read]]\ntitle = "a"\nurl = "https://a"\n\n[[read]]\ntitle = 3\n')
    assert author.problems() == [
        'noise/lesson.toml:10: read.url is missing; it takes an address, as "https://pytorch.org/..."',
        "noise/lesson.toml:11: read.title takes a text in quotes, not 3",
    ]


def test_a_broken_knob_is_told_once(author: Author) -> None:
    """Links and parameters that name it are not accused as well."""
    author.replace("steps/lesson.toml", "[1e-4, 1.0]", "[1.0]")
    assert [problem.split(": ")[0] for problem in author.problems()] == ["steps/lesson.toml:11"]


def test_a_question_name_is_used_once_in_a_topic(author: Author) -> None:
    text = (author.folder / "steps/lesson.md").read_text("utf-8")
    author.write("steps/lesson.md", text + "\n" + text[text.index("```predict") : text.index("## Try it")])
    assert author.problems() == [
        "steps/lesson.md:30: question 'critical' is there already; give each one in a topic its own name"
    ]


@pytest.mark.parametrize("name", ["course.toml", "steps/lesson.toml", "steps/lesson.md", "steps/demo.py"])
def test_a_missing_file_is_told(author: Author, name: str) -> None:
    (author.folder / name).unlink()
    assert f"{name}:1: the file is missing; create it" in author.problems()


@pytest.mark.parametrize("name", ["course.toml", "steps/lesson.toml", "steps/lesson.md", "steps/demo.py"])
def test_a_file_in_another_encoding_is_told(author: Author, name: str) -> None:
    file = author.folder / name
    file.write_bytes(file.read_bytes() + "# é\n".encode("latin-1"))
    line = file.read_bytes().count(b"\n")
    assert f"{name}:{line}: byte 0xe9 is not UTF-8; save the file as UTF-8" in author.problems()


def test_a_byte_order_mark_is_no_fault(author: Author) -> None:
    for name in ("course.toml", "steps/lesson.toml", "steps/lesson.md", "steps/demo.py"):
        file = author.folder / name
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert author.problems() == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("steps/demo.py", "def minibatches", "def _paths() -> Iterator[Frame]:\n    yield 1\n\n\ndef minibatches"),
        ("steps/demo.py", "def minibatches", "def start() -> Frame:\n    return Frame(())\n\n\ndef minibatches"),
        ("steps/demo.py", "rotate: bool, beta: float", "beta: float, *, rotate: bool"),
        ("steps/demo.py", "yield count", 'yield "\\d"'),
        ("steps/lesson.md", "optimizer.step()", 'print("\\d")'),
        ("steps/lesson.md", "```python\noptimizer.step()", "```text\nnot python"),
        ("steps/lesson.md", "<!-- panel: bowl?lr=0.05 -->", ""),
        ("steps/lesson.toml", "[demo.bowl.knobs]", "# a remark\n[ demo . bowl . knobs ] # and another"),
        ("noise/lesson.toml", "minutes = 5", "minutes = 5\nread = [{ title = 'x', url = 'https://x.org' }]"),
    ],
)
def test_what_is_sound_is_left_in_peace(author: Author, name: str, old: str, new: str) -> None:
    """Private helpers, keyword parameters, odd strings, other languages, remarks in TOML."""
    author.replace(name, old, new)
    assert author.problems() == []


def test_a_folder_without_a_lesson_is_no_topic(author: Author) -> None:
    (author.folder / "__pycache__").mkdir()
    (author.folder / "notes.txt").write_text("x")
    assert author.problems() == []


def test_code_of_a_course_is_not_run(author: Author) -> None:
    mark = author.folder / "mark"
    line = f"open({str(mark)!r}, 'w').close()\n"
    author.append("steps/demo.py", line)
    author.append("steps/lesson.md", f"\n```python\n{line}```\n")
    assert author.problems() == []
    assert not mark.exists()
    assert "demo" not in sys.modules


def test_a_problem_is_written_as_compilers_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to where the author stands, if the file lies below; the first line where the whole file is meant."""
    file = tmp_path / "lessons" / "steps" / "lesson.md"
    assert str(Problem(file, 12, "it is wrong")) == f"{file}:12: it is wrong"
    monkeypatch.chdir(tmp_path)
    assert str(Problem(file, 12, "it is wrong")) == "lessons/steps/lesson.md:12: it is wrong"
    assert str(Problem(file, None, "it is wrong")) == "lessons/steps/lesson.md:1: it is wrong"
    assert str(Problem(Path("steps/lesson.md"), 1, "it is wrong")) == "steps/lesson.md:1: it is wrong"
