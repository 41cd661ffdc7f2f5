"""`tutor practice` without a screen: what goes to stdout and to stderr, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.practice import MEAN, MEAN_RIGHT, SUM, tutor_with, write_course
from tests.support.processes import family, wait_gone

ROOT = Path(__file__).parent.parent
STUBS = ROOT / "tests" / "lab" / "stubs"

Tutor = Callable[..., subprocess.CompletedProcess[str]]


class Shell:
    """Runs the tutor with a course of its own, where neither stream is a terminal."""

    def __init__(self, folder: Path) -> None:
        self.mark = f"PRACTICE_TEST={uuid.uuid4().hex}"
        name, _, value = self.mark.partition("=")
        path = os.pathsep.join(map(str, (STUBS, ROOT)))
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
        home = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "LANG": "C.UTF-8"}
        self.env = {**kept, **home, "PYTHONPATH": path, name: value}
        self.argv = tutor_with(write_course(folder / "course"))
        self.mean = folder / "state" / "pytorch-tutor" / "practice" / "numbers" / "my_mean.py"

    def __call__(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.argv, *words],
            env={**self.env, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def writes(self, text: str) -> None:
        self.mean.parent.mkdir(parents=True, exist_ok=True)
        self.mean.write_text(text)


@pytest.fixture
def tutor(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    assert wait_gone([process.pid for process in family([], shell.mark)]) == set()


def flat(text: str) -> str:
    return " ".join(text.split())


def test_without_a_terminal_the_exercises_are_listed(tutor: Shell) -> None:
    """By topic; --list says the same without the sentence on the missing screen."""
    done = tutor("practice")
    assert done.returncode == 0
    assert "not a terminal" in done.stderr
    assert "my_mean  Write a mean" in done.stdout
    assert "0 of 3 solved." in done.stdout
    listed = tutor("practice", "--list")
    assert (listed.stdout, listed.stderr) == (done.stdout, "")


def test_without_a_terminal_one_exercise_is_printed(tutor: Shell) -> None:
    """Its task, where the file is, and what can be done."""
    done = tutor("practice", "my_mean")
    assert done.returncode == 0
    assert done.stdout.startswith("Write a mean\n============\n")
    assert f"my_mean is not tried yet. Your file: {tutor.mean}" in flat(done.stdout)
    assert max(map(len, done.stdout.replace(str(tutor.mean), "").splitlines())) <= 80


def test_the_list_is_there_for_programs(tutor: Shell) -> None:
    """With how the reader stands."""
    tutor.writes(SUM)
    tutor("practice", "my_mean", "--check")
    tutor("practice", "my_turn", "--skip")
    done = tutor("practice", "--list", "--json")
    listed = json.loads(done.stdout)
    assert listed["schema_version"] == 1
    assert [one["name"] for one in listed["exercises"]] == ["my_mean", "my_clamp", "my_turn"]
    assert [one["state"] for one in listed["exercises"]] == ["begun", "new", "skipped"]
    mean = listed["exercises"][0]
    assert (mean["tries"], mean["held"], mean["of"], mean["path"]) == (1, 1, 3, str(tutor.mean))


def test_a_check_tells_each_property_and_says_by_its_code_whether_it_is_solved(tutor: Shell) -> None:
    """Broken with its counterexample; solved with what is read afterwards, once."""
    tutor.writes(SUM)
    done = tutor("practice", "my_mean", "--check")
    assert done.returncode == 1
    assert "✓ held         It returns a number." in done.stdout
    assert "✗ broken       It lies between" in done.stdout
    assert "of 5 values from " in done.stdout
    assert "– not reached  The values are left" in done.stdout
    assert "1 of 3 properties hold. `tutor practice my_mean --hint` opens hint 1 of 3." in flat(done.stdout)
    assert "torch 9.9+stub" in done.stderr
    tutor.writes(MEAN_RIGHT)
    done = tutor("practice", "numbers/my_mean", "--check")
    assert done.returncode == 0
    assert "Solved: all 3 properties hold." in done.stdout
    assert "Afterwards" in done.stdout
    assert "Afterwards" not in tutor("practice", "my_mean", "--check").stdout


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def my_mean(values):\n    return sum(values) / missing\n", "my_mean.py, line 2: NameError: name 'missing'"),
        ("def my_mean(values:\n    return 1\n", "my_mean.py, line 1: SyntaxError: '(' was never closed"),
        ("import os\n\n\ndef my_mean(values):\n    os._exit(3)\n", "your code ended its process with exit code 3"),
        ("def my_mean(values):\n    print('at', len(values))\n    return 1.5\n", "it printed at 2"),
    ],
)
def test_what_went_wrong_in_one_s_own_code_is_told(tutor: Shell, source: str, said: str) -> None:
    """With the line, and what was printed."""
    tutor.writes(source)
    done = tutor("practice", "my_mean", "--check")
    assert done.returncode == 1
    assert said in flat(done.stdout)


def test_the_first_check_makes_the_file(tutor: Shell) -> None:
    """From the start, which is not solved."""
    done = tutor("practice", "my_mean", "--check")
    assert done.returncode == 1
    assert tutor.mean.read_text() == MEAN


def test_without_torch_it_says_so(tutor: Shell) -> None:
    done = tutor("practice", "my_mean", "--check", TORCH_STUB="broken")
    assert done.returncode == 1
    assert "libcudart.so.12" in done.stdout


def test_hints_come_one_at_a_time_and_can_be_read_again(tutor: Shell) -> None:
    """The number is told; all of them once it is skipped."""
    assert "No hint is open yet." in tutor("practice", "my_mean", "--hints").stdout
    for number, text in enumerate(("by hand", "every value", "one line"), 1):
        done = tutor("practice", "my_mean", "--hint")
        assert done.returncode == 0
        assert f"Hint {number} of 3" in done.stdout
        assert text in done.stdout
    assert "All 3 hints are open" in tutor("practice", "my_mean", "--hint").stdout
    assert all(f"Hint {number} of 3" in tutor("practice", "my_mean", "--hints").stdout for number in (1, 2, 3))
    tutor("practice", "my_turn", "--skip")
    assert "Hint 3 of 3" in tutor("practice", "my_turn", "--hints").stdout
    assert "my_turn is skipped, so all 3 hints are open" in tutor("practice", "my_turn", "--hint").stdout


def test_the_reference_waits_until_it_gives_nothing_away(tutor: Shell) -> None:
    """Solved or skipped; then it is printed as it is."""
    done = tutor("practice", "my_mean", "--solution")
    assert (done.returncode, done.stdout) == (1, "")
    assert "once my_mean is solved or skipped (--skip)" in done.stderr
    skipped = tutor("practice", "my_mean", "--skip")
    assert "my_mean is skipped; it can still be solved." in skipped.stdout
    assert "Afterwards" in skipped.stdout
    assert tutor("practice", "my_mean", "--solution").stdout == MEAN_RIGHT


def test_reset_keeps_what_was_there(tutor: Shell) -> None:
    tutor.writes(SUM)
    done = tutor("practice", "my_mean", "--reset")
    assert "yours is kept in my_mean.py.before beside it" in done.stdout
    assert tutor.mean.read_text() == MEAN
    assert tutor.mean.with_name("my_mean.py.before").read_text() == SUM


def test_the_path_is_all_that_is_printed(tutor: Shell) -> None:
    """For `$EDITOR $(tutor practice NAME --path)`; the file is there."""
    done = tutor("practice", "my_mean", "--path")
    assert (done.stdout, done.stderr) == (f"{tutor.mean}\n", "")
    assert tutor.mean.exists()


def test_a_state_folder_whose_name_is_no_text_is_named_as_it_is(tutor: Shell, tmp_path: Path) -> None:
    """Its bytes on a line of their own, for a shell; in JSON escaped, so that Python opens the very file."""
    state = os.fsdecode(os.fsencode(tmp_path) + b"/st\xe9")
    done = subprocess.run(
        [*tutor.argv, "practice", "my_mean", "--path"],
        env={**tutor.env, "XDG_STATE_HOME": state}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert Path(os.fsdecode(done.stdout.rstrip(b"\n"))).read_text() == MEAN
    listed = tutor("practice", "--list", "--json", XDG_STATE_HOME=state)
    assert Path(json.loads(listed.stdout)["exercises"][0]["path"]).read_text() == MEAN


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("my_meen", "there is no exercise 'my_meen'; did you mean 'my_mean'?"),
        ("words/my_mean", "words has no exercise 'my_mean'; it has my_turn"),
        ("wrods/my_turn", "there is no topic 'wrods'; did you mean 'words'?"),
        ("--check", "--check takes the NAME of an exercise"),
        ("my_mean --json", "--json goes with --list"),
        ("my_mean --check --hint", "not allowed with"),
        ("my_mean --chek", "did you mean '--check'?"),
    ],
)
def test_a_mistake_is_one_sentence_and_64(tutor: Shell, words: str, said: str) -> None:
    done = tutor("practice", *words.split())
    assert (done.returncode, done.stdout) == (64, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_no_text_is_a_sentence(tutor: Shell) -> None:
    tutor.writes("")
    tutor.mean.write_bytes(b"x = '\xff'\n")
    done = tutor("practice", "my_mean", "--check")
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 1 of my_mean.py is not UTF-8; save the file as UTF-8" in done.stderr


def test_a_watch_tells_each_save_and_ends_quietly(tutor: Shell) -> None:
    """At once, then at each save under its time, also one that cannot be read, until Ctrl-C: 130."""
    tutor.writes(SUM)
    watching = subprocess.Popen(
        [*tutor.argv, "practice", "my_mean", "--watch"],
        env=tutor.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    with watching:
        lines = iter(watching.stdout.readline, "")
        assert next(line for line in lines if "properties hold" in line).startswith("1 of 3")
        tutor.mean.write_bytes(b"\xff\n")
        assert "is not UTF-8" in next(line for line in lines if "not judged" in line)
        tutor.mean.unlink()
        assert "No such file" in next(line for line in lines if "not judged" in line)
        tutor.writes(MEAN_RIGHT)
        assert re.match(r"\d\d:\d\d:\d\d─", next(line for line in lines if "─" in line))
        assert next(line for line in lines if "hold" in line).startswith("Solved: all 3")
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=30)
    assert watching.returncode == 130
    assert f"tutor: edit {tutor.mean}" in said
    assert "Traceback" not in said


def test_a_lesson_in_plain_text_names_its_exercises(tutor: Shell) -> None:
    """What each asks, and the command that begins it."""
    done = tutor("lesson", "numbers", "--plain")
    assert done.returncode == 0
    assert "[exercise] Write a clamp: Each value within two limits. tutor practice my_clamp" in flat(done.stdout)
