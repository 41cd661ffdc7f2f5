"""The screen that checks a script, in a real terminal: what it finds, how it leaves, and every key of it."""

from __future__ import annotations

import os
import re
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app.reader import Reader
from tests.support.processes import wait_gone
from tests.support.session import Session
from tutor.keys import CHECK, PLACES

pytestmark = pytest.mark.pty

ROOT = Path(__file__).parents[2]
STUBS = ROOT / "tests" / "lab" / "stubs"
NO_TORCH_NEEDED = {"PYTHONPATH": os.pathsep.join(map(str, (STUBS, ROOT)))}
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])

MISMATCH = """
    import torch

    model = torch.nn.Linear(8, 2).to("cuda")
    features = torch.randn(4, 8)
    print("begun")
    logits = model(features)
"""
CLEAN = """
    import torch

    model = torch.nn.Linear(8, 2).to("cuda")
    print(model(torch.randn(4, 8, device="cuda")).shape)
"""
TWO = """
    import torch

    loss = torch.nn.functional.mse_loss(torch.randn(4, 1), torch.randn(4))
    model = torch.nn.Linear(8, 3)
    features = torch.randn(64, 8, dtype=torch.float64)
    logits = model(features)
"""
LASTING = """
    import os, signal, time

    if os.fork() == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(1, f"process {os.getpid()}\\n".encode())
    time.sleep(600)
"""


class Folder:
    """A folder of scripts that the reader stands in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home = path / "home"
        self.home.mkdir()

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(textwrap.dedent(text).lstrip("\n"))

    def session(self, size: tuple[int, int] = (80, 24), *words: str, torch: bool = False) -> Session:
        env = {} if torch else NO_TORCH_NEEDED
        return Session(["tutor", *words], *size, env=env, cwd=self.path, home=self.home)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def asks(reader: Reader, line: str) -> None:
    """From the contents: checks a script."""
    reader.sees("q quit")
    reader.press("S")
    reader.sees("enter run it")
    reader.type(line)
    reader.press("enter")


def chosen_row(text: str) -> str:
    """The row of the list that has the bar."""
    return next(row for row in text.split("\n") if row.startswith(" ▌"))


# What is found


@pytest.mark.torch
@SIZES
def test_a_mismatch_is_shown_with_its_line_and_fix(folder: Folder, size: tuple[int, int]) -> None:
    """In the list, in the source with the expression bracketed, and what the script printed."""
    folder.write("train.py", MISMATCH)
    with folder.session(size, torch=True) as session:
        reader = Reader(session)
        asks(reader, "--device cuda train.py")
        reader.sees("✗ ended with exit code 1", "virtual cuda", "torch 2", "1 failed, in")
        text = reader.sees("it printed", "✗ fail")
        assert "train.py:6" in chosen_row(text)
        assert "RuntimeError" in text
        if not reader.wide:
            reader.press("v")
        text = reader.sees("seen ", "cause ", "next ", "logits = model(features)")
        lines = text.split("\n")
        code = next(number for number, row in enumerate(lines) if re.search(r"6\s+logits = model\(features\)", row))
        assert lines[code + 1].index("╰") == lines[code].index("model(")
        assert lines[code + 1].index("╯") == lines[code].index("(features)") + len("(features)") - 1
        assert "w why" in lines[-1]


@pytest.mark.torch
def test_a_script_without_a_fault_is_one_quiet_sentence(folder: Folder) -> None:
    """No sign, no warning; what it printed is there."""
    folder.write("train.py", CLEAN)
    with folder.session(torch=True) as session:
        reader = Reader(session)
        asks(reader, "train.py")
        text = reader.sees("✓ finished", "Nothing is wrong.", "Checked in ", "torch.Size([4, 2])")
        assert not re.search("[✗!–] ?(fail|warn|skipped)", text)


def test_a_script_that_fails_by_itself_says_how(folder: Folder) -> None:
    """Its exit code and its last lines; that nothing was checked is said too."""
    folder.write("train.py", "open('no such data.csv')")
    with folder.session() as session:
        reader = Reader(session)
        asks(reader, "train.py")
        text = reader.sees("✗ ended with exit code 1", "Nothing was checked", "No such file or directory")
        assert "Nothing is wrong" not in text


CANNOT_BE_RUN = [
    ("tran.py", "there is no file tran.py"),
    (".", "is a folder; name the script in it"),
    ("", "name a script"),
    ("'train.py", "a quote is opened and not closed"),
    ("--devise cpu train.py", "--device"),
    ("--help", "--help"),
]


def test_what_cannot_be_run_is_one_sentence_under_the_line(folder: Folder) -> None:
    """And the line stays to be mended."""
    folder.write("train.py", "print('never')")
    with folder.session() as session:
        reader = Reader(session)
        asks(reader, CANNOT_BE_RUN[0][0])
        for number, (line, said) in enumerate(CANNOT_BE_RUN):
            if number:
                reader.press("ctrl+u")
                reader.sees_no("✗")
                reader.type(line)
                reader.press("enter")
            text = reader.sees("✗", lambda text, line=line, said=said: said in text and f"tutor check {line}" in text)
            assert "enter run it" in text
            assert "never" not in text


def test_without_torch_it_says_where_there_is_none(folder: Folder) -> None:
    """As the command does."""
    python = folder.path / "bare-python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    folder.write("train.py", "print('never')")
    session = folder.session((120, 40), "--python", str(python))
    session.env["PYTHONPATH"] = str(ROOT)
    with session:
        reader = Reader(session)
        asks(reader, "train.py")
        reader.sees("✗ not run", "There is no torch in", "--python")


def test_arguments_reach_the_script_as_a_shell_would_pass_them(folder: Folder) -> None:
    """Quotes are taken away, what follows the script is its own."""
    folder.write("train.py", "import sys\nprint(sys.argv[1:])")
    with folder.session() as session:
        reader = Reader(session)
        asks(reader, "train.py --name 'two words' --device cpu")
        reader.sees("['--name', 'two words', '--device', 'cpu']")


def test_what_a_script_prints_cannot_harm_the_screen(folder: Folder) -> None:
    """Escapes, titles, floods of one line, bytes that are no text: signs on the screen, none sent to the terminal."""
    folder.write(
        "train.py",
        r"""
        import sys

        sys.stdout.buffer.write(b"\x1b[2J\x1b[H\x1b]0;owned\x07\x9b31m\xff\xfe\x00 caught " + b"x" * 100000 + b"\r")
        sys.stdout.buffer.write(b"\x1b[?1049l\x1b[31mred\x1b[0m the end\n")
        """,
    )
    with folder.session((120, 40)) as session:
        reader = Reader(session)
        asks(reader, "train.py")
        text = reader.sees("✓ finished", "the end")
        assert text.split("\n")[0].startswith("  tutor  /  Check  /  train.py")
        assert text.split("\n")[-1].endswith("q back")
        sent = session.bytes_since()
        assert b"\x1b]0;owned" not in sent
        assert b"\x1b[?1049l" not in sent


# How it leaves


def in_a_lasting_script(folder: Folder, reader: Reader) -> set[int]:
    """A script that runs on with a child that ignores ctrl+c; the processes of both."""
    folder.write("train.py", LASTING)
    asks(reader, "train.py")
    text = reader.sees(lambda text: len(re.findall(r"process \d+", text)) == 2)
    return {int(pid) for pid in re.findall(r"process (\d+)", text)}


@pytest.mark.parametrize("keys", ["space", "q", "C", "r", "o"])
def test_leaving_a_script_that_runs_leaves_no_process(folder: Folder, keys: str) -> None:
    """Stopped, left, or run anew: with the script goes all that it forked. To ask for another leaves it running."""
    with folder.session((120, 40)) as session:
        reader = Reader(session)
        pids = in_a_lasting_script(folder, reader)
        reader.press(keys)
        if keys == "o":
            reader.sees("enter run it")
            assert wait_gone(pids, timeout=0) == pids
            reader.press("ctrl+u")
            reader.type("-m this")
            reader.press("enter")
            reader.sees("Beautiful is better")
        assert wait_gone(pids) == set()
        if keys == "space":
            reader.sees("■ stopped", "You stopped it.")


ENDS: dict[str, tuple[Callable[[Session], None], int]] = {
    "ctrl+q": (lambda session: session.press("ctrl+q"), 0),
    "SIGTERM": (lambda session: session.signal(signal.SIGTERM), 143),
    "closed terminal": (Session.hang_up, 129),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_the_app_is_the_end_of_the_script(folder: Folder, end: str) -> None:
    """With what it forked, and the terminal as it was."""
    act, code = ENDS[end]
    with folder.session() as session:
        in_a_lasting_script(folder, Reader(session))
        act(session)
        assert session.exit_code() == code
        assert session.left_behind() == []
        if end != "closed terminal":
            assert session.modes_left_on() == []


def test_the_last_script_is_kept_for_the_next_start(folder: Folder) -> None:
    """Also for one from another folder; nothing is written but in the state folder."""
    folder.write("train.py", "print('once', 'and for all')")
    with folder.session() as session:
        reader = Reader(session)
        asks(reader, "--device cpu train.py --epochs 3")
        reader.sees("once and for all")
    before = sorted(path.name for path in folder.path.iterdir())
    elsewhere = folder.path / "elsewhere"
    elsewhere.mkdir()
    with Session(["tutor"], 120, 40, env=NO_TORCH_NEEDED, cwd=elsewhere, home=folder.home) as session:
        reader = Reader(session)
        asks(reader, "")
        reader.sees("once and for all", "train.py --epochs 3")
    assert before == ["home", "train.py"]


def test_it_opens_over_a_lesson_and_goes_back_to_its_very_section(folder: Folder) -> None:
    """From the palette too."""
    with folder.session((80, 24), "lesson", "learning_rate") as session:
        reader = Reader(session)
        reader.sees("1 of ")
        reader.press("n")
        reader.sees("2 of ")
        reader.press(":")
        reader.sees("Search for commands")
        reader.type("check a script")
        reader.sees("key S")
        reader.press("enter")
        reader.sees("Check a training script")
        reader.escapes("Check a training script")
        reader.sees("2 of ")


# Keys


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def reader(request: pytest.FixtureRequest, folder: Folder) -> Iterator[Reader]:
    folder.write("train.py", TWO)
    with folder.session(request.param, torch=True) as session:
        yield Reader(session)


@pytest.mark.torch
def test_every_key_of_the_screen_does_what_the_help_says(reader: Reader) -> None:
    """One reader's way through a check on which no key is left out."""
    asks(reader, "train.py")
    reader.sees("✗ ended with exit code 1", "✗ fail", "! warn", "1 failed, 1 warning")
    chooses(reader)
    reads(reader)
    learns(reader)
    runs(reader)
    leaves(reader)
    expected = {name for key in (*CHECK, *PLACES) for name in key.keys.split(",")} - {"ctrl+p", "ctrl+q"}
    assert expected - reader.pressed == set()


def chooses(reader: Reader) -> None:
    """The worst is chosen first; keys go down and up the list and stay within it."""
    for back, on in (("up", "down"), ("k", "j"), ("p", "n")):
        reader.press(back)
        reader.sees(lambda text: "fail" in chosen_row(text))
        reader.press(on, on)
        reader.sees(lambda text: "warn" in chosen_row(text))
    reader.press("w")
    reader.sees("tutor / Labels and losses" if not reader.wide else "Labels and losses", "1-3 answer")
    reader.press("q")
    reader.sees("w why", lambda text: "warn" in chosen_row(text))
    reader.press("a")
    reader.sees("Everything is shown.")
    reader.press("p")
    reader.sees(lambda text: "fail" in chosen_row(text), "w why")


def reads(reader: Reader) -> None:
    """The detail, from its top to its end; where list and detail take turns, by v and enter."""
    if not reader.wide:
        reader.press("v")
        reader.sees("v list", "seen ")
        reader.press("q")
        reader.sees("v detail")
        reader.press("enter")
    reader.sees("seen ", "next ", "▸ w  why: ")
    reader.press("v") if reader.wide else None
    reader.press("enter") if reader.wide else None
    reader.session.resize(reader.session.columns, 18)
    reader.sees(lambda text: "seen " in text and "▸ w  why: " not in text)
    for on, back in (("pagedown", "pageup"), ("end", "home")):
        reader.press(on, on)
        reader.sees("▸ w  why: ")
        reader.press(back, back)
        reader.sees("▾ more")
    reader.session.resize(reader.session.columns, 24 if not reader.wide else 40)
    reader.press("y")
    reader.sees("last-fix.txt")


def learns(reader: Reader) -> None:
    """To the lesson and back to the same finding; help and palette know the screen."""
    reader.press("w")
    reader.sees("NumPy brings float64", " of 11")
    reader.press("q")
    reader.sees("Check", "features is float64")
    reader.press("?")
    reader.sees("next finding")
    reader.press("end")
    reader.sees("could not be checked")
    reader.press("?")
    reader.sees("features is float64")
    reader.press(":")
    reader.sees("Search for commands")
    reader.type("check again")
    reader.sees("key r")
    reader.escapes("Search for commands")
    reader.sees("features is float64")


def runs(reader: Reader) -> None:
    """Again, stopped, again; another script, and back."""
    if not reader.wide:
        reader.escapes("v list")
        reader.sees("v detail")
    reader.press("r")
    reader.sees("● running")
    reader.press("space")
    reader.sees("■ stopped")
    reader.press("space")
    reader.sees("● running")
    reader.sees("✗ ended with exit code 1")
    reader.press("o")
    reader.sees("tutor check train.py", "enter run it")
    reader.escapes("enter run it")
    reader.sees("✗ ended with exit code 1")


def leaves(reader: Reader) -> None:
    """Places: doctor, GPUs, exercises and contents, and the check again as it was left; then out."""
    for place, name in (("D", "Doctor"), ("G", "GPUs"), ("P", "Practice")):
        reader.press(place)
        reader.sees_place(name)
    reader.press("E")
    reader.sees("Explain an error")
    reader.escapes("Explain an error")
    reader.press("S")
    reader.sees("✗ ended with exit code 1", "✗ fail")
    reader.press("C")
    reader.sees("q quit")
    reader.press("S")
    reader.sees("✗ ended with exit code 1", "✗ fail")
    reader.press("q")
    reader.sees("q quit")
    reader.press("q")
    assert reader.session.exit_code() == 0
    assert reader.session.modes_left_on() == []
    assert reader.session.left_behind() == []
