"""`tutor explain` as scripts and people meet it: where a log comes from, what is printed, and the exit code."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tutor.cli import main
from tutor.log_explained import EXPLAIN

ERROR = (
    'Traceback (most recent call last):\n  File "train.py", line 7, in <module>\n    loss.backward()\n'
    "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn\n"
)
PLAIN = "Traceback (most recent call last):\n  File \"train.py\", line 3, in <module>\n    d['x']\nKeyError: 'x'\n"

Streams = pytest.CaptureFixture[str]


class Terminal(io.TextIOWrapper):
    """stdin at which a person sits."""

    def isatty(self) -> bool:
        return True


def given(monkeypatch: pytest.MonkeyPatch, log: bytes, *, terminal: bool = False) -> None:
    monkeypatch.setattr(sys, "stdin", (Terminal if terminal else io.TextIOWrapper)(io.BytesIO(log)))


def test_a_log_in_a_file_is_explained(tmp_path: Path, capsys: Streams) -> None:
    """Title, the reader's line, cause, fix and lesson on stdout; exit code 0."""
    (tmp_path / "error.log").write_text(ERROR)
    assert main(["explain", str(tmp_path / "error.log")]) == 0
    streams = capsys.readouterr()
    assert streams.out.startswith("[fail]     backward() was called on a result that no recorded operation led to\n")
    assert "where    train.py:7\n" in streams.out
    assert "loss.backward()" in streams.out
    assert "learn why: tutor lesson autograd#cutting-the-graph\n" in streams.out
    assert streams.out.endswith("\n1 finding, one cause.\n")
    assert streams.err == ""


@pytest.mark.parametrize("words", [[], ["-"]])
def test_a_log_on_stdin_is_explained(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """As `python train.py 2>&1 | tutor explain`; a pipe is told nothing of pasting."""
    given(monkeypatch, ERROR.encode())
    assert main(["explain", *words]) == 0
    assert capsys.readouterr().err == ""


def test_on_a_terminal_it_says_how_to_paste(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """On stderr, before it waits."""
    given(monkeypatch, ERROR.encode(), terminal=True)
    assert main(["explain"]) == 0
    said = capsys.readouterr().err
    assert "paste" in said
    assert "ctrl+d" in said


def test_what_is_not_known_is_no_diagnosis(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """The exception and the reader's line are told, without a category; exit code 1."""
    given(monkeypatch, PLAIN.encode())
    assert main(["explain", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    (finding,) = answer["findings"]
    assert (finding["id"], finding["status"], finding["category"]) == ("not-known", "skipped", "")
    assert finding["evidence"] == ["KeyError: 'x'"]
    assert finding["where"]["line"] == 3


def test_json_is_all_of_stdout(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """The same findings as data."""
    given(monkeypatch, ERROR.encode())
    assert main(["explain", "--json"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["category"], finding["status"]) == ("autograd", "fail")
    assert finding["where"] == {"file": "train.py", "line": 7, "expression": "loss.backward()", "tensors": []}


@pytest.mark.parametrize(
    "log", [b"", b"\n\n", b"\0" * 5000, bytes(range(256)) * 40, b"\xff\xfe", b"x" * 300_000, b"all is well\n"]
)
def test_what_is_no_log_is_told_so(log: bytes, monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """Empty, binary, or one endless line: not known, in a few lines."""
    given(monkeypatch, log)
    assert main(["explain"]) == 1
    streams = capsys.readouterr()
    assert streams.out.startswith("[skipped]")
    assert len(streams.out) < 1500


def test_hostile_text_reaches_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """Escapes, bells and reversed text in names and messages are shown as signs, or not at all."""
    log = (
        'Traceback (most recent call last):\n  File "/home/\x1b]0;pwned\x07x\u202egpj.py", line 7, in <module>\n'
        "    a\x9b31m(\x07)\nRuntimeError: mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)\x1b[2J [/red]\n"
    )
    given(monkeypatch, log.encode())
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert all(character.isprintable() for character in out.replace("\n", ""))


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing.log", "there is no file"), ("folder", "is a folder"), ("locked.log", "could not be read")],
)
def test_what_cannot_be_read_is_one_sentence(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    """Exit code 64, and nothing on stdout."""
    (tmp_path / "folder").mkdir()

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    if name == "locked.log":
        (tmp_path / name).touch()
        monkeypatch.setattr("builtins.open", refused)
    assert main(["explain", str(tmp_path / name)]) == 64
    streams = capsys.readouterr()
    assert said in streams.err
    assert streams.err.count("\n") == 1
    assert streams.out == ""


def test_without_stdin_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """As under a service manager that closed it."""
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["explain"]) == 64
    assert "stdin" in capsys.readouterr().err


def test_what_a_root_cause_led_to_is_counted(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """Folded under it in the text."""
    log = Path(__file__).parent / "diagnostics" / "errors" / "logs" / "known" / "device_assert.log"
    assert main(["explain", str(log)]) == 0
    out = capsys.readouterr().out
    assert "explains ▾ 1 finding\n" in out
    assert out.endswith("\n2 findings, one cause.\n")


@pytest.mark.parametrize(("name", "said"), [("", "there is no file ''"), ("a\0b", "a␀b could not be read")])
def test_what_is_no_name_of_a_file_is_told(name: str, said: str, capsys: Streams) -> None:
    """Empty, or with a NUL in it."""
    assert main(["explain", name]) == 64
    assert said in capsys.readouterr().err


def test_a_name_reaches_no_terminal_as_it_is(capsys: Streams) -> None:
    """Of whichever command: what is wrong is told with the reader's own words in it."""
    for words in (["lessons", "check", "a\x1b[31m"], ["lessons", "a\x1b[31m"], ["explain", "a\x1b[31m"]):
        assert main(words) == 64
        told = capsys.readouterr().err
        assert told.rstrip("\n").isprintable()
    assert main(["lessons", "--search", "a\x1b[31mzz"]) == 0
    assert capsys.readouterr().out.rstrip("\n").isprintable()


def test_the_app_reads_a_log_in_a_folder_that_shadows_modules(tmp_path: Path) -> None:
    """Nothing that lies in the reader's folder is run."""
    for name in ("json", "random", "argparse"):
        (tmp_path / f"{name}.py").write_text("open('was_run', 'w')\nraise SystemExit(3)\n")
    done = subprocess.run(EXPLAIN, input=ERROR.encode(), capture_output=True, cwd=tmp_path, timeout=60)
    assert json.loads(done.stdout)["findings"][0]["status"] == "fail"
    assert not (tmp_path / "was_run").exists()


def test_words_of_the_glossary_need_no_quotes(capsys: Streams) -> None:
    """As many as a term has; without one it is listed whole."""
    assert main(["lessons", "--glossary", "gradient", "accumulation"]) == 0
    told = capsys.readouterr().out
    assert "gradient accumulation" in told.casefold() or "no term 'gradient accumulation'" in told
    assert main(["lessons", "--glossary"]) == 0
    assert len(capsys.readouterr().out) > len(told)
