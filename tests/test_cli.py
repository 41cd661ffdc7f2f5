"""The commands as scripts and people meet them: what goes to stdout and to stderr, and with which exit code."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lessons.kit.course import load_course
from lessons.kit.page import Code, Items, Link, Links, Paragraph
from tests.support.patience import PATIENCE
from tests.support.processes import family, wait_gone
from tests.support.session import Session
from tutor.cli import parser
from tutor.interpreter import Interpreter
from tutor.report import checking

ROOT = Path(__file__).parent.parent
STUBS = ROOT / "tests" / "lab" / "stubs"
TUTOR = [sys.executable, "-m", "tutor"]

COMMANDS = (
    "",
    "lessons",
    "lessons check",
    "lessons new",
    "lesson",
    "demo",
    "practice",
    "progress",
    "check",
    "explain",
    "doctor",
    "gpus",
)

MANIFEST = """
title = "Speed"
summary = "How fast."
minutes = 5
objectives = ["Say how fast."]

[demo.walk]
title = "A walk"
shows = "steps"

[demo.walk.knobs]
lr = { slider = [1e-4, 1.0], scale = "log", default = 0.05 }
"""

PAGE = """# Speed

## First

<!-- panel: walk?lr=0.01 -->

Read.

### Try

[lr 0.2](demo:walk?lr=0.2)
"""

DEMO = """
from collections.abc import Iterator

from lessons.kit import Frame


def walk(lr: float) -> Iterator[Frame]:
    yield Frame((), {"lr": lr}, "A step.")
"""


class Env:
    """An environment for commands, with a home of its own and a mark by which its processes are found."""

    def __init__(self, home: Path) -> None:
        self.mark = f"CLI_TEST={uuid.uuid4().hex}"
        self.home = home
        name, _, value = self.mark.partition("=")
        kept = {
            name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH") if name in os.environ
        }
        self.vars = {**kept, "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "LANG": "C.UTF-8", name: value}
        self.vars["PYTHONFAULTHANDLER"] = "1"

    def start(self, *argv: str, **options: Any) -> subprocess.Popen[bytes]:
        env = {**self.vars, **options.pop("env", {})}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([*TUTOR, *argv], env=env, cwd=self.home, **{**streams, **options})

    def left_behind(self) -> set[int]:
        return wait_gone([process.pid for process in family([], self.mark)])


class Done:
    """A command that has ended."""

    def __init__(self, process: subprocess.Popen[bytes], timeout: float = PATIENCE) -> None:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # faulthandler tells where it hung
            raise AssertionError(f"it never ended: {process.communicate()}") from None
        self.code = process.returncode
        self.out, self.err = (out or b"").decode(), (err or b"").decode()
        assert "Traceback" not in self.err, self.err

    @property
    def frames(self) -> list[dict[str, Any]]:
        """stdout as JSON, strictly: a line that is none, or a bare NaN, fails."""
        return [json.loads(line, parse_constant=_not_json) for line in self.out.splitlines()]


def _not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


Tutor = Callable[..., Done]


@pytest.fixture
def env(tmp_path: Path) -> Env:
    return Env(tmp_path)


@pytest.fixture
def tutor(env: Env) -> Tutor:
    """Runs a command to its end: neither of its streams is a terminal."""

    def run(*argv: str, timeout: float = PATIENCE, env_vars: Mapping[str, str] | None = None, **options: Any) -> Done:
        return Done(env.start(*argv, env=env_vars or {}, **options), timeout)

    return run


@pytest.fixture
def bare_python(tmp_path: Path) -> str:
    """A Python without torch."""
    return _script(tmp_path / "bare", f'exec {sys.executable} -S -I "$@"')


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A sound course of one topic, whose demo needs no torch."""
    folder = tmp_path / "course"
    (folder / "speed").mkdir(parents=True)
    (folder / "course.toml").write_text('title = "A course"\ntopics = ["speed"]\n')
    (folder / "speed" / "lesson.toml").write_text(MANIFEST)
    (folder / "speed" / "lesson.md").write_text(PAGE)
    (folder / "speed" / "demo.py").write_text(DEMO)
    return folder


@pytest.fixture
def stub() -> dict[str, str]:
    """The environment in which workers find a stub in place of torch."""
    return {"PYTHONPATH": str(STUBS)}


def _script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def flat(text: str) -> str:
    """Without line breaks and indents."""
    return " ".join(text.split())


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_eighty_columns_and_says_what_the_command_does(tutor: Tutor, command: str) -> None:
    """On stdout, with exit code 0."""
    done = tutor(*command.split(), "--help")
    assert done.code == 0
    assert done.err == ""
    assert max(map(len, done.out.splitlines())) <= 80
    assert done.out.isascii()
    assert done.out.startswith(f"usage: tutor{' ' * bool(command)}{command}")
    assert "--python EXE" in done.out


def test_every_option_says_what_it_is_for() -> None:
    """Also those of the commands below a command."""
    parsers: list[argparse.ArgumentParser] = [parser()]
    for one in parsers:
        for action in one._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
            else:
                assert action.help, f"{one.prog} {action.dest}"
    below = ["lessons check", "lessons new"]
    commands = [*(one for one in COMMANDS if one not in below), *below]
    assert [one.prog for one in parsers] == [f"tutor {command}".strip() for command in commands]


def test_the_version_is_told(tutor: Tutor) -> None:
    """The name and the number, and nothing else."""
    done = tutor("--version")
    assert done.code == 0
    assert re.fullmatch(r"tutor \d+\.\d+\.\d+\n", done.out)


@pytest.mark.parametrize("command", COMMANDS[1:3])
def test_the_version_and_the_reset_are_told_everywhere(tutor: Tutor, command: str) -> None:
    """Also behind a command's name, which then needs no arguments."""
    assert tutor(*command.split(), "--version").out.startswith("tutor ")
    reset = tutor(*command.split(), "--reset-terminal")
    assert reset.code == 0
    assert "\x1b[?1049l" in reset.err


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_a_script_that_the_shell_accepts(tutor: Tutor, tmp_path: Path, shell: str) -> None:
    """Every command stands in it."""
    done = tutor("--completion", shell)
    assert done.code == 0
    script = tmp_path / "completion"
    script.write_text(done.out)
    for command in COMMANDS:
        assert set(command.split()) <= set(re.findall(r"\w+", done.out))
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here to read it")
    subprocess.run([shell, "-n", str(script)], check=True, capture_output=True, timeout=60)


# Mistakes


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("lesons", "did you mean 'lessons'?"),
        ("practise-makes-perfect", "it has lessons, lesson, demo, "),
        ("--thme dark", "did you mean '--theme'?"),
        ("lessons --jsn", "tutor lessons has no option '--jsn'; did you mean '--json'?"),
        ("--theme blue", "--theme is one of dark, light, not 'blue'"),
        ("--fps 0", "takes a number from 0.1 to 60, not '0'"),
        ("--fps fast", "takes a number from 0.1 to 60, not 'fast'"),
        ("--python", "--python: expected one argument"),
        ("lesson", "NAME"),
        ("lesson learning-rate", "did you mean 'learning_rate'?"),
        ("lesson learning_rate#xyz", "it has what-step-does"),
        ("lesson learning_rate#momentum-remember", "did you mean 'momentum-remembers'?"),
        ("demo", "TOPIC/NAME"),
        ("demo learning_rate", "has no slash"),
        ("demo lerning_rate/bowl", "did you mean 'learning_rate'?"),
        ("demo learning_rate/bowel", "did you mean 'bowl'?"),
        ("demo learning_rate/", "it has step, bowl"),
        ("demo learning_rate/bowl --set lr", "'lr' has no ="),
        ("demo learning_rate/bowl --set optimiser=SGD", "did you mean 'optimizer'?"),
        ("demo learning_rate/bowl --set lr=fast", "takes a number from 0.0001 to 1, not 'fast'"),
        ("demo learning_rate/bowl --set lr=7", "goes from 0.0001 to 1; 7 is outside"),
        ("demo learning_rate/bowl --set lr=nan", "nan is outside"),
        ("demo learning_rate/bowl --set optimizer=Lion", "is one of SGD, momentum, Nesterov, Adam, not 'Lion'"),
        ("demo learning_rate/bowl --frames 0", "takes a whole number from 1, not '0'"),
        ("demo learning_rate/bowl --json --plain", "not allowed with"),
        ("demo learning_rate/bowl --python /no/such/python", "--python /no/such/python: there is no program"),
        ("lessons --search ''", "takes at least one word"),
        ("lessons chek", "did you mean 'check'?"),
        ("lessons check /no/such/folder", "there is no folder /no/such/folder"),
        ("lessons --search loss --glossary", "not allowed with"),
        ("progress --json --export f", "not allowed with"),
        ("progress --export", "--export: expected one argument"),
        ("lessons extra words", "tutor lessons has no command 'extra'"),
        ("check", "takes a SCRIPT or -m MODULE"),
        ("check -m", "takes a SCRIPT or -m MODULE"),
        ("check --steps", "--steps: expected one argument"),
        ("check --steps 0 train.py", "takes a whole number from 1, not '0'"),
        ("check --device tpu train.py", "--device is one of cuda, cpu, real, not 'tpu'"),
        ("check --devise cuda train.py", "did you mean '--device'?"),
        ("check nowhere.py", "there is no file nowhere.py"),
        ("check /", "/ is a folder; name the script in it"),
        ("check --json - train.py", "--json takes a file: stdout is the script's"),
        ("check --json /no/such/file train.py", "--json /no/such/file: there is no such folder"),
    ],
)
def test_a_mistake_is_one_sentence_and_64(tutor: Tutor, line: str, says: str) -> None:
    """On stderr, with what was probably meant or what there is; nothing runs."""
    done = tutor(*(word.strip("'") for word in line.split()))
    assert done.code == 64
    assert done.out == ""
    assert done.err.startswith("tutor: ")
    assert done.err.count("\n") == 1
    assert says in done.err


def test_a_folder_or_a_text_is_no_python(tutor: Tutor, tmp_path: Path) -> None:
    """Said before anything starts."""
    (tmp_path / "text").write_text("print(1)")
    for path in (tmp_path, tmp_path / "text"):
        done = tutor("lessons", "check", "--python", str(path))
        assert done.code == 64
        assert str(path) in done.err


def test_a_program_that_is_no_python_is_named(tutor: Tutor, tmp_path: Path) -> None:
    """With how it ended and what it said."""
    odd = _script(tmp_path / "odd", "echo what do you want >&2; exit 7")
    done = tutor("demo", "learning_rate/bowl", "--python", odd)
    assert done.code == 1
    assert f"exit code 7, before torch was there; it is {odd}" in done.err
    assert "what do you want" in done.err


# The course


def test_topics_are_listed_for_people(tutor: Tutor) -> None:
    """With no progress yet."""
    done = tutor("lessons")
    assert done.code == 0
    assert done.err == ""
    for topic in load_course().topics:
        assert f"{topic.name}  {topic.title}, {topic.minutes} min, {len(topic.page.sections)} sections" in done.out


def test_topics_are_listed_for_programs(tutor: Tutor) -> None:
    """One JSON object, in the course's order."""
    done = tutor("lessons", "--json")
    assert done.err == ""
    listed = json.loads(done.out)
    assert listed["schema_version"] == 1
    assert [topic["name"] for topic in listed["topics"]] == [topic.name for topic in load_course().topics]
    for told, topic in zip(listed["topics"], load_course().topics):
        assert told["title"] == topic.title
        assert told["demos"] == list(topic.demos)
        assert told["exercises"] == list(topic.exercises)
        done = told["progress"]
        assert (done["sections_done"], done["sections"]) == (0, len(topic.page.sections))
        assert (done["read"], done["predicted"], list(done["exercises"])) == ([], {}, list(topic.exercises))


def test_a_search_finds_sections_and_says_where(tutor: Tutor) -> None:
    """The words need not stand together; in JSON the topics are those that have them."""
    done = tutor("lessons", "--search", "remembers momentum")
    assert "learning_rate#momentum-remembers" in done.out
    found = json.loads(tutor("lessons", "--search", "remembers momentum", "--json").out)
    names = [topic["name"] for topic in found["topics"]]
    assert "learning_rate" in names
    assert "dropout" not in names
    assert set(names) == {hit["topic"] for hit in found["hits"]}
    assert {"topic", "section", "term", "sentence"} == set(found["hits"][0])
    assert "momentum-remembers" in [hit["section"] for hit in found["hits"]]


def test_a_search_that_finds_nothing_says_so(tutor: Tutor) -> None:
    """And is no error."""
    done = tutor("lessons", "--search", "xylophone")
    assert (done.code, done.out) == (0, "No topic has all of these words: xylophone\n")
    assert json.loads(tutor("lessons", "--search", "xylophone", "--json").out)["hits"] == []


@pytest.mark.parametrize("argv", [[], ["lesson", "learning_rate"]])
def test_without_a_terminal_there_is_text_and_the_reason(tutor: Tutor, bare_python: str, argv: list[str]) -> None:
    """`tutor | cat` is not a broken screen."""
    done = tutor(*argv, "--python", bare_python)
    assert done.code == 0
    assert done.err.startswith("tutor: this is not a terminal")
    assert "Learning rate" in done.out
    assert "\x1b" not in done.out


@pytest.mark.pty
@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_draw_gets_text(term: str) -> None:
    """Without one escape sequence."""
    with Session(["tutor"], rows=60, env={"TERM": term}) as session:
        assert session.exit_code() == 0
        assert f"TERM={term} cannot draw a screen" in session.text()
        assert "Learning rate" in session.text()
        assert b"\x1b" not in session.bytes_since()


def test_a_state_folder_that_cannot_be_used_stops_nobody(tutor: Tutor, tmp_path: Path) -> None:
    """Here it is a file."""
    (tmp_path / "state").write_text("")
    assert json.loads(tutor("lessons", "--json").out)["topics"][0]["progress"]["sections_done"] == 0


def test_a_broken_course_is_one_sentence_with_its_place(env: Env, tmp_path: Path) -> None:
    """And not the reader's mistake: 1, not 64."""
    for name in ("tutor", "lessons", "diagnostics"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = tmp_path / "lessons" / "learning_rate" / "lesson.toml"
    manifest.write_text(manifest.read_text().replace("minutes =", "minuets ="))
    for argv in (["lessons"], ["lesson", "learning_rate"], ["demo", "learning_rate/bowl"], []):
        done = Done(env.start(*argv))
        assert done.code == 1
        assert done.out == ""
        assert "the course cannot be read: lessons/learning_rate/lesson.toml" in done.err
    page = tmp_path / "lessons" / "learning_rate" / "lesson.md"
    shutil.copy(ROOT / "lessons" / "learning_rate" / "lesson.toml", manifest)
    page.write_text(page.read_text() + "\n```predict\nno name\n```\n")
    done = Done(env.start("lessons"))
    assert done.code == 1
    assert "lessons/learning_rate/lesson.md:" in done.err


# A demo


RUNS: dict[str, dict[str, str]] = {
    "lr=0.101": {},
    "lr=0.09": {},
    "lr=0.1": {"PYTHONIOENCODING": "ascii"},
}


@pytest.fixture(scope="module")
def bowls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """The bowl's runs at three learning rates, as JSON."""
    env = Env(tmp_path_factory.mktemp("bowls"))
    return {
        setting: Done(env.start("demo", "learning_rate/bowl", "--set", setting, "--json", env=extra), 240)
        for setting, extra in RUNS.items()
    }


@pytest.mark.torch
@pytest.mark.parametrize(
    ("setting", "holds", "words"),
    [
        ("lr=0.101", lambda ratio: ratio > 1000, "diverge"),
        ("lr=0.09", lambda ratio: ratio < 1e-6, "converged"),
        ("lr=0.1", lambda ratio: abs(ratio - 1) < 0.2, "neither converges nor explodes"),
    ],
)
def test_the_bowl_ends_as_the_lesson_says(
    bowls: dict[str, Done], setting: str, holds: Callable[[float], bool], words: str
) -> None:
    """A frame a line, 200 steps; the last note says it in words."""
    done = bowls[setting]
    assert done.code == 0
    frames = done.frames
    assert [frame["step"] for frame in frames] == list(range(201))
    assert {frame["schema_version"] for frame in frames} == {1}
    assert holds(frames[-1]["values"]["loss"] / frames[0]["values"]["loss"])
    assert words in frames[-1]["note"]
    assert all(frame["note"].strip() for frame in frames)


@pytest.mark.torch
def test_json_is_utf_8_whatever_the_terminal_takes(bowls: dict[str, Done]) -> None:
    """This one ran with an ASCII stdout; what is not JSON went to stderr."""
    done = bowls["lr=0.1"]
    assert "lr × λ" in done.frames[0]["values"]
    assert done.err.startswith("tutor: torch ")
    assert done.err.count("\n") == 1


@pytest.mark.torch
def test_infinity_is_a_word_in_json(tutor: Tutor) -> None:
    """A strict parser takes every line."""
    done = tutor("demo", "learning_rate/regression", "--set", "lr=0.035", "--json")
    assert done.code == 0
    assert done.frames[-1]["values"]["loss"] == "inf"


@pytest.mark.torch
def test_a_demo_in_sentences(tutor: Tutor) -> None:
    """Title and knobs, some steps, the pictures in words, the values; the interpreter on stderr."""
    done = tutor("demo", "learning_rate/bowl", "--set", "lr=0.09", "--set", "optimizer=sgd", "--frames", "3")
    assert done.code == 0
    assert "lr = 0.09" in done.out
    assert "optimizer = SGD" in done.out
    assert re.findall(r"^step (\d+)", done.out, re.M) == ["0", "1", "2"]
    assert "loss = " in done.out.splitlines()[-1]
    assert max(map(len, done.out.splitlines())) <= 80
    assert f" in {sys.executable} (the tutor's own)" in done.err


@pytest.mark.torch
def test_as_many_frames_as_asked_for(tutor: Tutor) -> None:
    """Lines of JSON, of a demo that has more."""
    assert len(tutor("demo", "learning_rate/bowl", "--json", "--frames", "2").frames) == 2


def test_without_torch_a_demo_says_how_to_go_on(tutor: Tutor, bare_python: str) -> None:
    """One sentence, and 1: it did not run."""
    done = tutor("demo", "learning_rate/bowl", "--python", bare_python)
    assert done.code == 1
    assert "there is no torch in" in done.err
    assert "--python" in done.err.splitlines()[-1]
    assert tutor("demo", "learning_rate/bowl", "--json", "--python", bare_python).out == ""


# A lesson in text


def linked(block: object) -> list[tuple[str, str]]:
    """Words and target of a block's links to demos, in running text too."""
    rows = block.items if isinstance(block, Items) else [block.inlines] if isinstance(block, Paragraph) else []
    links = block.links if isinstance(block, Links) else [each for row in rows for each in row]
    targets = [(each.text, each.target) for each in links if isinstance(each, Link)]
    return [(text, target.removeprefix("demo:")) for text, target in targets if target.startswith("demo:")]


def assert_is_the_page(text: str, with_demos: bool) -> None:
    """Every title, word, question, choice and why stands there, in the order of the page; so do the runs of links."""
    topic = load_course().topic("learning_rate")
    text, at = flat(text), 0
    run: set[str] = set()
    for section in topic.page.sections:
        wanted = [section.title]
        run |= {section.panel} if not section.questions else set()
        for block in section.blocks:
            if isinstance(block, Paragraph) and not any(getattr(i, "target", "") for i in block.inlines):
                wanted.append(
                    "".join(f"`{i.text}`" if getattr(i, "style", "") == "code" else i.text for i in block.inlines)
                )
            elif isinstance(block, Code):
                wanted.append(block.source)
            if with_demos:
                links = linked(block)
                again = run if not isinstance(block, Links) else set()
                wanted += [f"[{text}: {target}] " for text, target in links if target not in again]
                run |= {target for _, target in links}
        for piece in wanted:
            place = text.find(flat(piece), at)
            assert place >= 0, f"{flat(piece)!r} does not come after the piece before it"
            at = place
        for question in section.questions:
            for piece in (question.text, *itertools.chain(*((a.text, a.why) for a in question.answers))):
                assert flat(piece) in text
            if with_demos:
                assert f"[The run: {question.run}] " in text
        if with_demos and section.panel and not section.questions:
            assert f"[The panel: {section.panel}] " in text


@pytest.mark.torch
def test_a_lesson_in_text_is_whole_and_its_demos_speak(tutor: Tutor) -> None:
    """Sections, questions with all answers, and the last note of every run that the page names."""
    done = tutor("lesson", "learning_rate", "--plain")
    assert done.code == 0
    assert_is_the_page(done.out, with_demos=True)
    said = re.findall(r"\[[^\]]+: [a-z]+(?:\?[^\]]*)?\] ([^\n]+)", flat(done.out).replace(" [", "\n["))
    assert all(len(sentence) > 20 for sentence in said)
    assert "It stopped" not in done.out


@pytest.mark.torch
def test_a_section_in_text_tells_what_its_links_show_with_all_the_digits(tutor: Tutor) -> None:
    """Links in running text are run like rows of links, after their paragraph; 65504 and 65536 are told apart."""
    done = tutor("lesson", "number_formats#where-float16-ends", "--plain")
    text = flat(done.out)
    told = ["aside for inf and nan.", "[inf: bits?value=inf] In", "[nan: bits?value=nan] In", "Every number"]
    assert [text.index(words) for words in told] == sorted(text.index(words) for words in told)
    assert "(float32 65519, float16 65504, bfloat16 65536)" in text
    assert "float32 65520, float16 inf, bfloat16 65536" in text


def test_a_lesson_is_printed_without_torch_too(tutor: Tutor, bare_python: str) -> None:
    """The demos are missed once, on stderr, and the page is whole."""
    done = tutor("lesson", "learning_rate", "--plain", "--python", bare_python)
    assert done.code == 0
    assert_is_the_page(done.out, with_demos=False)
    assert done.err.count("there is no torch in") == 1
    assert max(map(len, (line for line in done.out.splitlines() if "://" not in line))) <= 80


@pytest.mark.parametrize(
    ("argv", "env_vars"),
    [([], {"PYTHONIOENCODING": "ascii"}), (["--ascii"], {}), ([], {"PYTHONIOENCODING": "latin-1"})],
)
def test_signs_that_cannot_be_printed_have_stand_ins(
    env: Env, bare_python: str, argv: list[str], env_vars: dict[str, str]
) -> None:
    """A λ stops nothing."""
    process = env.start("lesson", "learning_rate", "--plain", "--python", bare_python, *argv, env=env_vars)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"Traceback" not in err
    assert "²".encode("latin-1") in out if "latin-1" in env_vars.values() else out.isascii()
    assert b"lr" in out


# Checking a course


def test_a_sound_course_is_sound(tutor: Tutor, course: Path, stub: dict[str, str]) -> None:
    """Each setting that the page names was run, and the defaults."""
    done = tutor("lessons", "check", str(course), env_vars=stub)
    assert done.code == 0, done.out
    assert done.out == "Nothing is wrong: 1 topic, 3 demo runs.\n"


def test_all_mistakes_of_a_course_are_told_at_once(tutor: Tutor, course: Path, stub: dict[str, str]) -> None:
    """With file and line, and a last line with the sum."""
    page = course / "speed" / "lesson.md"
    page.write_text(page.read_text().replace("walk?lr=0.01", "wlak?lr=0.01").replace("walk?lr=0.2", "walk?lr=2"))
    manifest = course / "speed" / "lesson.toml"
    manifest.write_text(manifest.read_text().replace("minutes = 5", 'minutes = "five"'))
    done = tutor("lessons", "check", str(course), env_vars=stub)
    assert done.code == 1
    *mistakes, last = done.out.splitlines()
    assert last == f"{len(mistakes)} problems."
    assert any(line.startswith("course/speed/lesson.toml:4: ") for line in mistakes)
    assert any(line.startswith("course/speed/lesson.md:5: ") and "did you mean 'walk'?" in line for line in mistakes)
    assert any(line.startswith("course/speed/lesson.md:11: ") and "2 is outside" in line for line in mistakes)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('no')", "line 8: ValueError: no"),
        ("yield 3", "TypeError: a demo yields Frames"),
        ("import os; os._exit(3); yield", "exit code 3"),
        ("yield from ()", "it yielded no frame"),
        ("yield Frame((), {}, 'long ' * 50)", "the note of step 0 has 250 characters; 150 fit"),
    ],
)
def test_a_demo_that_fails_fails_the_course(
    tutor: Tutor, course: Path, stub: dict[str, str], body: str, says: str
) -> None:
    """Each of its runs, with the knobs that are not at their default."""
    demo = course / "speed" / "demo.py"
    demo.write_text(DEMO.replace('yield Frame((), {"lr": lr}, "A step.")', body))
    done = tutor("lessons", "check", str(course), env_vars=stub)
    assert done.code == 1
    assert says in done.out
    assert "speed/walk: " in done.out
    assert "speed/walk lr=0.2: " in done.out
    assert done.out.endswith("3 problems.\n")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("pass", "it stopped: no frame came for 0.5 seconds"),
        ("yield Frame((), {}, 'On.')", "it yielded 20 frames and would not end"),
    ],
)
def test_a_demo_that_never_ends_does_not_hold_the_check(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], body: str, says: str
) -> None:
    """It is told, and the next one runs."""
    monkeypatch.setenv("PYTHONPATH", str(STUBS))
    monkeypatch.setattr(checking, "PATIENCE", 0.5)
    monkeypatch.setattr(checking, "MOST_FRAMES", 20)
    demo = course / "speed" / "demo.py"
    demo.write_text(f"{DEMO}\n    while lr == 0.2:\n        {body}\n")
    assert checking.check_course(course, Interpreter(sys.executable, "for a test")) == 1
    out = capsys.readouterr().out
    assert out == f"speed/walk lr=0.2: {says}\n" + "1 problem.\n"


@pytest.mark.parametrize("argv", [["course"], []], ids=["a course of one's own", "the one that ships"])
def test_a_course_without_torch_is_not_called_sound(
    tutor: Tutor, course: Path, bare_python: str, argv: list[str]
) -> None:
    """Could not check is not ok; said once, not for every run."""
    done = tutor("lessons", "check", *argv, "--python", bare_python)
    assert done.code == 1
    assert done.out.startswith("the demos were not run: there is no torch in")
    assert done.out.endswith("\n1 problem.\n")


def test_a_folder_without_a_course_says_what_is_missing(tutor: Tutor, tmp_path: Path) -> None:
    """The name of the file."""
    (tmp_path / "empty").mkdir()
    done = tutor("lessons", "check", "empty")
    assert done.code == 1
    assert "empty/course.toml:1: the file is missing" in done.out


# Pipes, disks and signals


@pytest.mark.parametrize("argv", [["--help"], ["lessons"], ["lessons", "--json"], ["--completion", "bash"]])
def test_a_pipe_that_is_closed_is_met_in_silence(env: Env, argv: list[str]) -> None:
    """As `tutor lessons | true` closes it: nothing on stderr, and the code of SIGPIPE."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = Done(env.start(*argv, stdout=writing))
    finally:
        os.close(writing)
    assert done.code == 128 + signal.SIGPIPE
    assert done.err == ""


@pytest.mark.torch
def test_a_pipe_that_closes_ends_the_demo(env: Env) -> None:
    """As `tutor demo ... | head -1` does."""
    process = env.start("demo", "learning_rate/bowl", "--json")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    done = Done(process)
    assert done.code == 128 + signal.SIGPIPE
    assert done.err.count("\n") == 1
    assert env.left_behind() == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here to stand for a full disk")
@pytest.mark.parametrize("argv", [["lessons"], ["lessons", "--json"], ["--help"]])
def test_a_full_disk_is_one_sentence(env: Env, argv: list[str]) -> None:
    """And a failure."""
    with open("/dev/full", "w") as full:
        done = Done(env.start(*argv, stdout=full))
    assert done.code == 1
    assert done.err == "tutor: the output could not be written: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(env: Env, closed: str) -> None:
    """As a daemon's are."""
    command = f"exec {sys.executable} -m tutor lessons {closed}"
    done = subprocess.run(["sh", "-c", command], env=env.vars, cwd=env.home, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


@pytest.mark.torch
def test_ctrl_c_ends_a_demo_and_all_it_started(env: Env) -> None:
    """130, without a traceback; nobody reads the pipe until then, so the demo cannot have ended before."""
    process = env.start("demo", "learning_rate/bowl", "--json")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    done = Done(process)
    assert done.code == 130
    assert done.err.count("\n") == 1
    assert env.left_behind() == set()


@pytest.fixture
def waiting(env: Env, tmp_path: Path, stub: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command whose worker is amid the import of torch, for as long as we like."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = env.start("demo", "learning_rate/bowl", env={**stub, "TORCH_STUB": f"wait:{fifo}"})
    with open(fifo, "wb"):  # opens once the worker reads
        yield process


@pytest.mark.parametrize(("times", "number", "code"), [(1, signal.SIGINT, 130), (3, signal.SIGINT, 130)])
def test_ctrl_c_while_torch_starts(
    env: Env, waiting: subprocess.Popen[bytes], times: int, number: signal.Signals, code: int
) -> None:
    """Also pressed by somebody without patience."""
    for _ in range(times):
        waiting.send_signal(number)
    done = Done(waiting)
    assert (done.code, done.out, done.err) == (code, "", "")
    assert env.left_behind() == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_kill_leaves_no_process(env: Env, waiting: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """The worker goes with us."""
    waiting.send_signal(number)
    done = Done(waiting)
    assert done.code == -number
    assert env.left_behind() == set()
