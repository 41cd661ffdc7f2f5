"""What a reader asks to be checked in the app, and the run beside the screen."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnostics.finding import Finding
from diagnostics.training.journal import Journal
from tutor.arguments import UsageError
from tutor.interpreter import Interpreter
from tutor.report.live import LiveRun
from tutor.report.watched import Asked
from tutor.script_check import ScriptCheck, asked_in, from_here, to_keep

OURS = Interpreter(sys.executable, "the tutor's own")
STUBS = Path(__file__).parent / "lab" / "stubs"
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("train.py", Asked(("train.py",))),
        ("  'my train.py' --lr 0.1 --device cpu ", Asked(("my train.py", "--lr", "0.1", "--device", "cpu"))),
        ("--device cpu --gpus 2 --steps 5 train.py", Asked(("train.py",), "cpu", 2, 5)),
        ("-m package.train --epochs 3", Asked(("-m", "package.train", "--epochs", "3"))),
        ("-- train.py", Asked(("train.py",))),
    ],
)
def test_a_line_asks_for_what_the_command_would(line: str, asked: Asked) -> None:
    """Options before the script are the check's, those after it the script's."""
    assert asked_in(line) == asked


def test_the_home_folder_is_spelt_as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/reader")
    assert asked_in("~/train.py ~/data").words == ("/home/reader/train.py", "/home/reader/data")


@pytest.mark.parametrize(
    "line", ["", "-m", "--", "'train.py", "--device", "--device tpu a.py", "--json f a.py", "-h", "--gpus 0 a.py"]
)
def test_what_asks_for_nothing_is_one_sentence(line: str) -> None:
    """And no help is printed over the screen."""
    with pytest.raises(UsageError, match=r"^[^\n]{5,}$"):
        asked_in(line)


@pytest.mark.parametrize("line", ["train.py", "--device cpu sub/train.py 'two words'", "-m train", "'broken", ""])
def test_a_kept_line_reads_the_same_from_the_same_folder(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another it names the whole path."""
    monkeypatch.chdir(tmp_path)
    kept = to_keep(line)
    assert from_here(kept) == line
    monkeypatch.chdir("/")
    assert (str(tmp_path) in kept) == ("train.py" in line and "-m" not in line and "'broken" not in line)


# The run


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Asked]:
    """Writes a script whose torch takes no time; what asks for it."""
    monkeypatch.setenv("PYTHONPATH", f"{STUBS}:{ROOT}")

    def write(text: str) -> Asked:
        (tmp_path / "train.py").write_text(text)
        return Asked((str(tmp_path / "train.py"),))

    return write


async def ended(run: LiveRun) -> LiveRun:
    await asyncio.wait_for(run.gone, 60)
    return run


async def test_a_run_ends_with_its_code_and_last_lines(write: Callable[[str], Asked]) -> None:
    """stdout and stderr as they came; a signal counts as in a shell."""
    run = await ended(await LiveRun.start(write("import sys\nprint('out')\nsys.exit('err')"), OURS))
    assert run.ran.code == 1
    assert run.tail.lines() == ("out", "err")
    run = await ended(await LiveRun.start(write("import os\nos.kill(os.getpid(), 9)"), OURS))
    assert run.ran.code == 137


async def test_a_script_gets_no_keys(write: Callable[[str], Asked]) -> None:
    """They are the screen's: it reads the end of a file."""
    run = await ended(await LiveRun.start(write("import sys\nprint(repr(sys.stdin.read()))"), OURS))
    assert run.tail.lines() == ("''",)


async def test_a_script_may_end_by_itself_when_it_is_stopped(write: Callable[[str], Asked]) -> None:
    """As ctrl+c would end it; one that does not is killed."""
    waits = """
import time
try:
    print("begun")
    time.sleep(600)
except KeyboardInterrupt:
    print("saved")
"""
    for text, code in ((waits, 0), (f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{waits}", 137)):
        run = await LiveRun.start(write(text), OURS)
        while run.tail.fed < len("begun\n"):
            await asyncio.sleep(0.01)
        await asyncio.wait_for(run.close(), 60)
        assert run.ran.code == code
        assert run.stopped
        assert (run.tail.lines()[-1] == "saved") == (code == 0)


async def test_what_is_found_is_seen_while_the_script_runs(write: Callable[[str], Asked]) -> None:
    """The journal is read as it grows, a line that is not yet whole with the next look."""
    run = await LiveRun.start(write("import time\nprint('begun')\ntime.sleep(600)"), OURS)
    while not run.tail.lines():
        await asyncio.sleep(0.01)
    run.look()
    assert "began" in run.ran.events
    assert not run.look()
    journal = Journal(os.dup(run._journal.fileno()))
    journal.report(Finding("one", "warn", "One"))
    assert run.look()
    assert [finding.id for finding in run.ran.findings] == ["one"]
    assert run.running
    await run.close()


async def test_a_python_that_cannot_be_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be run"):
        await LiveRun.start(Asked(("train.py",)), Interpreter(str(tmp_path / "no-python"), "as asked by --python"))


async def test_the_readers_choice_stays_while_findings_come_in(write: Callable[[str], Asked]) -> None:
    """Until there is one the worst is chosen; what could not be checked is hidden, and told."""
    check = ScriptCheck(OURS)
    asked = write("")
    assert await check.begin(asked.words[0])
    assert check.run is not None
    await ended(check.run)
    found = check.ran.findings
    found += [Finding("a", "note", "A"), Finding("b", "skipped", "B")]
    assert check.chosen == found[0]
    found.append(Finding("c", "warn", "C"))
    assert check.chosen == found[2]
    check.choose(1)
    assert check.chosen == found[0]
    found.append(Finding("d", "fail", "D"))
    assert check.chosen == found[0]
    assert [one.id for one in check.findings] == ["d", "c", "a"]
    assert [one.id for one in check.hidden] == ["b"]
    check.all = True
    assert [one.id for one in check.findings] == ["d", "c", "a", "b"]


async def test_a_record_that_the_script_closed_is_no_health(write: Callable[[str], Asked]) -> None:
    """What could not be seen is told beside the screen too; a whole record says nothing."""
    for text, ids in [("print('well')", []), ("import os\nos.closerange(3, 1024)", ["record-closed"])]:
        run = await ended(await LiveRun.start(write(text), OURS))
        assert run.ran.code == 0
        assert [one.id for one in run.ran.findings] == ids
