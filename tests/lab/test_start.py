"""A worker starts in whatever Python it is given, sees what it should, and ends with us."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.lab.conftest import DEAF, HEAD, PID, STUBS, MakeLab, job, pid_of, values
from tests.support.processes import family, wait_gone
from tutor.lab.client import Lab
from tutor.lab.process import WORKER
from tutor.lab.protocol import DemoFailed, FrameArrived, NoTorch, Ready, WorkerDied

MakePython = Callable[[str], str]
ROOT = Path(__file__).parents[2]


async def test_without_torch_it_says_so_and_how_to_go_on(make_lab: MakeLab, make_python: MakePython) -> None:
    """To those who wait for torch and to those who wait for a frame; once torch is there, demos run."""
    python = make_python('exec $PYTHON -I -S "$@"')
    lab = make_lab(python)
    lacking = await lab.ready()
    assert isinstance(lacking, NoTorch)
    assert lacking.sentence.startswith("there is no torch in /")
    assert "--python" in lacking.sentence
    assert await (await lab.run(job(PID))).next() == lacking
    assert lab.torch is None
    make_python('exec $PYTHON "$@"')
    assert isinstance(await lab.ready(), Ready)


async def test_a_torch_that_cannot_be_imported_is_told(lab: Lab, stub: Callable[[str], None]) -> None:
    """With the reason, in one safe sentence."""
    stub("broken")
    lacking = await (await lab.run(job(PID))).next()
    assert isinstance(lacking, NoTorch)
    assert "(OSError: libcudart.so.12: cannot open shared object file␛[2J)" in lacking.sentence


async def test_a_torch_that_kills_its_process_is_told(lab: Lab, stub: Callable[[str], None]) -> None:
    """Once, with what was printed before."""
    stub("crash")
    run = await lab.run(job(PID))
    died = await run.next()
    assert isinstance(died, WorkerDied)
    assert died.sentence.startswith("a segfault")
    assert died.stderr[0] == "about to crash"
    assert run.printed == died.stderr
    assert isinstance(await lab.ready(), WorkerDied)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (None, "could not be started: No such file or directory"),
        ("echo 'not for you' >&2; exit 7", "ended by itself with exit code 7"),
        ("exit 0", "ended by itself with exit code 0"),
    ],
)
async def test_a_python_that_is_none_is_told(
    make_lab: MakeLab, make_python: MakePython, script: str | None, sentence: str
) -> None:
    """A path that leads nowhere, and a program that does something else."""
    lab = make_lab("/nowhere/python" if script is None else make_python(script))
    died = await (await lab.run(job(PID))).next()
    assert isinstance(died, WorkerDied)
    assert sentence in died.sentence
    assert died.stderr == (("not for you",) if script and "echo" in script else ())


async def test_it_needs_no_site_packages_and_brings_none(make_lab: MakeLab, make_python: MakePython) -> None:
    """Without any, a demo runs; with any, nothing of ours is among them but the lessons and the diagnostics."""
    lab = make_lab(make_python('exec $PYTHON -S "$@"'))
    source = """
        import importlib.util, sys
        import lessons.kit, diagnostics
        def demo():
            strangers = ("tutor", "msgspec", "textual", "worker", "client")
            found = [name for name in strangers if importlib.util.find_spec(name)]
            loaded = [name for name in sys.modules if name.split(".")[0] in strangers]
            yield Frame((), {}, f"{found} {loaded}")
        """
    event = await (await lab.run(job(source))).next()
    assert isinstance(event, FrameArrived)
    assert event.frame.note == "[] []"


def pythons() -> list[str]:
    """Those of this machine that demos may have to run in; not those that only point to one which is not installed."""
    found = [shutil.which(f"python3.{minor}") for minor in range(9, 16)]
    runs = [path for path in found if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0]
    return runs or [sys.executable]


@pytest.mark.parametrize("python", pythons())
async def test_demos_run_in_other_pythons_than_ours(make_lab: MakeLab, python: str) -> None:
    """From 3.9 on: frames, pictures and failures are made there with the standard library alone."""
    source = """
        from lessons.kit import Chart, Field, Level, Limit, Meter, Series, Surface, Zone, field
        def demo():
            chart = Chart("Loss", (Series("train", (1.0, 0.5)),), 9, levels=(Level(0.1, "noise"),))
            surface = Surface("Loss", field(lambda x, y: x * y, (-1, 1), (-1, 1), 3, 3), ((0.0, 0.0),))
            meter = Meter("lr", 1.0, (Zone(2.0, "stable"),), (Limit(2.0, "critical"),))
            yield Frame((chart, surface, meter), {}, "All of them.")
            1 / 0
        """
    run = await make_lab(python).run(job(source))
    event = await run.next()
    assert isinstance(event, FrameArrived), event
    assert len(event.frame.pictures) == 3
    failed = await run.next()
    assert isinstance(failed, DemoFailed)
    assert (failed.kind, failed.line) == ("ZeroDivisionError", 10)


@pytest.mark.parametrize("separator", ["", os.pathsep])
async def test_modules_in_the_readers_folder_shadow_nothing(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    """Not even when PYTHONPATH begins with a separator, which is how many shells come by one."""
    for name in ("torch", "random", "json", "lessons"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", separator + str(STUBS))
    assert await pid_of(lab)


async def test_what_a_wrapper_prints_before_is_no_message(make_lab: MakeLab, make_python: MakePython) -> None:
    """Nor does a shell that stays between us and Python matter."""
    lab = make_lab(make_python('echo "Activating environment"; $PYTHON "$@"'))
    run = await lab.run(job(PID))
    assert isinstance(await run.next(), FrameArrived)
    assert run.printed == ()


READY = '{"event": "ready", "body": {"torch": "1", "python": "3", "executable": "x", "cuda": false}}'


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ("print('hello')", "it said 'hello': JSON is malformed"),
        ("""print('{"event": "party"}')""", "Invalid enum value 'party'"),
        ("""print('{"event": "frame", "run": 1, "body": 3}')""", "it said '3': Expected `object`, got `int`"),
        ("print('x' * 17_000_000)", "it sent a line of more than 16 MB"),
        ("print('x' * 17_000_000, end='')", "it sent a line of more than 16 MB"),
    ],
)
async def test_a_worker_that_cannot_be_understood_is_ended(
    make_lab: MakeLab, make_python: MakePython, tmp_path: Path, says: str, sentence: str
) -> None:
    """The sentence quotes it, and nothing hangs."""
    (tmp_path / "fake.py").write_text(f"print('{READY}', flush=True)\ninput()\n{says}\nimport time; time.sleep(600)\n")
    died = await (await make_lab(make_python(f'exec $PYTHON -u {tmp_path / "fake.py"} "$@"')).run(job(PID))).next()
    assert isinstance(died, WorkerDied)
    assert died.sentence.startswith("the process that runs demos could not be understood and was ended: ")
    assert sentence in died.sentence


def test_the_lab_loads_neither_torch_nor_a_screen() -> None:
    """On our side it is data and pipes."""
    look = "import sys, tutor.lab.client; print({'torch', 'numpy', 'textual', 'rich'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, cwd=ROOT).stdout == "set()\n"


async def test_it_takes_one_thread_and_gives_way(lab: Lab) -> None:
    """The libraries' own threads would fight over few cores; the app comes first, also for memory."""
    source = """
        def demo():
            yield Frame((), {"threads": os.environ["OMP_NUM_THREADS"] == "1", "nice": os.nice(0)}, "Polite.")
        """
    assert await values(await lab.run(job(source))) == {"threads": 1.0, "nice": os.nice(0) + 5.0}


PARENT = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from tutor.lab.client import Job, Lab

async def main():
    lab = Lab(spare={spare})
    run = await lab.run(Job({source!r}, "topic/demo.py", "demo", {{"fifo": sys.argv[2]}}))
    await run.next()
    await asyncio.gather(run.next(), asyncio.sleep(600))

asyncio.run(main())
"""


@pytest.mark.parametrize("spare", [False, True])
async def test_no_worker_outlives_a_parent_that_was_killed(
    stub: object, mark: str, tmp_path: Path, spare: bool
) -> None:
    """Not one in a loop that holds the interpreter, nor its forked child, nor an idle spare."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    source = (
        HEAD
        + dedent("""
        import time
        def demo(fifo):
            deep = lambda: open(fifo, "w").close()
            yield Frame((), {}, "Here.")
            if not os.fork():
                time.sleep(600)
        """)
        + DEAF
    )
    script = PARENT.format(spare=spare, source=source)
    parent = subprocess.Popen([sys.executable, "-c", script, str(ROOT), str(fifo)])
    try:
        await asyncio.to_thread(fifo.read_bytes)
        started = family([], mark)
        assert len(started) >= 3
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert not wait_gone([process.pid for process in started])
    finally:
        parent.kill()
        parent.wait()


def test_the_end_of_stdin_ends_a_worker_and_what_it_started(stub: object, mark: str) -> None:
    """Where the kernel does not tell that the parent died, this does."""
    source = HEAD + "def demo():\n  os.posix_spawnp('sleep', ['sleep', '600'], os.environ)\n  yield Frame((), {}, 'x')"
    run = {"do": "run", "run": 1, "source": source, "file": "topic/demo.py", "demo": "demo", "knobs": {}}
    command = [sys.executable, str(WORKER), "0"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    with worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        for request in (run, {"do": "next", "run": 1, "skip": 0}):
            worker.stdin.write(json.dumps(request).encode() + b"\n")
        worker.stdin.flush()
        assert [json.loads(worker.stdout.readline())["event"] for _ in range(3)] == ["ready", "began", "frame"]
        started = family([], mark)
        assert len(started) == 2
        worker.stdin.close()
        worker.wait()
    assert not wait_gone([process.pid for process in started])
