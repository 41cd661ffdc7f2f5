"""A script under watch and the same script under python: nobody can tell the difference but by the findings."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from diagnostics.training.run import Ours
from tests.support.patience import PATIENCE
from tests.support.processes import wait_gone
from tests.support.session import Session

ROOT = Path(__file__).parent.parent.parent.parent
CHECK = [str(Path(sys.executable).with_name("tutor")), "check"]


class Ended(NamedTuple):
    """How a run ended. `err` is the script's own part of stderr, `report` ours."""

    code: int
    out: str
    err: str
    report: str = ""


class Folder:
    """A folder of scripts, run from within."""

    def __init__(self, path: Path) -> None:
        self.path = path
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
        self.env = {**kept, "HOME": str(path), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}

    def write(self, name: str, text: str) -> str:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return name

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[str]:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=self.path, env=self.env, text=True, **{**streams, **options})

    def python(self, *words: str, **options: Any) -> Ended:
        """The script alone. A signal counts as a shell counts it."""
        process = self.start([sys.executable, *words], **options)
        out, err = process.communicate(timeout=PATIENCE)
        code = process.returncode
        return Ended(128 - code if code < 0 else code, out, err)

    def check(self, *words: str, **options: Any) -> Ended:
        """The script under `tutor check`."""
        return ended(self.start([*CHECK, *words], **options))


def ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=PATIENCE)
    first, _, rest = err.partition("\n")
    assert first.startswith("tutor: "), err
    theirs, _, report = rest[:-1].rpartition("\n")
    while report and not report.startswith(("Nothing was", "1 ")) and theirs:  # the last line may be wrapped
        theirs, _, line = theirs.rpartition("\n")
        report = f"{line} {report}"
    return Ended(process.returncode, out, theirs, report)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def assert_same(checked: Ended, alone: Ended) -> None:
    """Exit code, stdout, and all of stderr but our own lines."""
    assert (checked.code, checked.out) == (alone.code, alone.out)
    assert checked.err.rstrip("\n") == alone.err.rstrip("\n")


# Same ends

ENDS = {
    "to its end": "print('done')",
    "without a code": "import sys; sys.exit()",
    "with a code": "import sys; sys.exit(7)",
    "with a code above 255": "import sys; sys.exit(300)",
    "with a negative code": "import sys; sys.exit(-1)",
    "with a message": "import sys; sys.exit('a message')",
    "with an odd code": "import sys; sys.exit(2.5)",
    "through os._exit": "import os; print('bye', flush=True); os._exit(9)",
    "by an error": "def f():\n    return 1 / 0\n\nf()",
    "by an error with a cause": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('x') from e",
    "by an error of its own class": "class Own(Exception):\n    pass\n\nraise Own('x')",
    "by a bad import": "import nowhere_to_be_found",
    "as an interrupt": "raise KeyboardInterrupt",
    "with a hook of its own": "import sys\nsys.excepthook = lambda kind, error, trace: "
    "print(kind, trace.tb_frame.f_code.co_name, file=sys.stderr)\n1 / 0",
    "through atexit": "import atexit\natexit.register(print, 'bye')\nprint('hello')",
    "by SIGTERM": "import os; os.kill(os.getpid(), 15)",
    "by SIGKILL": "import os; os.kill(os.getpid(), 9)",
    "in a segfault": "import ctypes; ctypes.string_at(0)",
    "with a syntax error": "def (",
    "beside an error in a thread": "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\n"
    "thread.start()\nthread.join()",
    "with a thread that goes on": "import threading\n"
    "threading.Thread(target=lambda: print('thread')).start()\nprint('main')",
}


@pytest.mark.parametrize("text", ENDS.values(), ids=ENDS)
def test_a_script_ends_as_it_does_under_python(folder: Folder, text: str) -> None:
    """Code, output, and the traceback to the letter: no frame of ours stands in it."""
    script = folder.write("script.py", text)
    alone = folder.python(script)
    checked = folder.check(script)
    assert_same(checked, alone)
    assert checked.report.startswith("Nothing was checked")


def test_python_errors_of_a_module_are_its_own(folder: Folder) -> None:
    """`-m` of what is not there, and of a package without a __main__."""
    folder.write("package/__init__.py", "")
    for name in ("nowhere", "package"):
        assert_same(folder.check("--python", sys.executable, "-m", name), folder.python("-m", name))


# Same world

WORLD = """
    import sys
    from pathlib import Path

    print(__name__, __file__, __package__, __spec__ and __spec__.name, type(__loader__).__name__)
    print(sorted(globals()))
    print(sys.argv, sys.path[0], Path.cwd())
    print(sys.modules["__main__"].__dict__ is globals())
    print(repr(sys.stdin.read()), sys.stdout.line_buffering)
    print([name for name in ("tutor", "lessons", "diagnostics", "executing", "torch") if name in sys.modules])
"""


@pytest.mark.parametrize(
    "words", ["world.py", "./sub/../world.py --steps 3 -m x", "linked.py -- -x", "sub", "-m sub.in"]
)
def test_a_script_sees_what_it_sees_under_python(folder: Folder, words: str) -> None:
    """Its names, its arguments, where it lies, its path, its stdin; options of ours behind it are its own."""
    for name in ("world.py", "sub/__main__.py", "sub/in.py"):
        folder.write(name, WORLD)
    (folder.path / "linked.py").symlink_to(folder.path / "sub" / "in.py")
    folder.env.pop("PYTHONPATH")
    alone = folder.python(*words.split(), stdin=_text("some\ninput"))
    folder.env["PYTHONPATH"] = str(ROOT)
    assert alone.code == 0, alone.err
    checked = folder.check(*words.split(), stdin=_text("some\ninput"))
    assert_same(checked, alone)


def test_what_the_shell_opened_for_a_script_reaches_it(folder: Folder) -> None:
    """As in `python train.py <(zcat data.gz)`."""
    script = folder.write("script.py", "import sys; print(open(sys.argv[1]).read())")
    shell = ["bash", "-c", 'exec "$@" <(echo from a pipe)', "bash", *CHECK, script]
    assert ended(folder.start(shell)).out == "from a pipe\n\n"


def test_relative_imports_and_modules_beside_it(folder: Folder) -> None:
    """As a module of a package, and as a script beside others."""
    folder.write("package/__init__.py", "")
    folder.write("package/part.py", "WORD = 'relative'")
    folder.write("package/train.py", "from .part import WORD\nprint(WORD)")
    folder.write("package/script.py", "from part import WORD\nprint(WORD)")
    assert folder.check("-m", "package.train").out == "relative\n"
    assert folder.check("package/script.py").out == "relative\n"


@pytest.mark.parametrize("name", ["tutor", "lessons", "diagnostics", "executing"])
def test_its_own_modules_of_our_names_win(folder: Folder, name: str) -> None:
    """A module or a package, found when the script begins or only later."""
    folder.write(f"{name}.py", "WHOSE = 'the script’s'")
    folder.write(f"late/{name}/__init__.py", "WHOSE = 'the late one’s'")
    folder.write(f"late/{name}/finding.py", "WHOSE = 'its part’s'")
    script = folder.write("script.py", f"import {name}\nprint({name}.WHOSE)")
    later = folder.write(
        "later/script.py",
        f"import sys\nsys.path.insert(0, 'late')\nimport {name}.finding\nprint({name}.WHOSE, {name}.finding.WHOSE)",
    )
    assert folder.check(later).out == "the late one’s its part’s\n"
    assert folder.check(script).out == "the script’s\n"


def test_ours_is_found_where_the_script_has_none(folder: Folder) -> None:
    """`import diagnostics` for the sake of its `watch`."""
    script = folder.write("script.py", "import diagnostics, diagnostics.finding\nprint(diagnostics.finding.SCHEMA)")
    assert folder.check(script).out == "1\n"


SPAWN = """
    import multiprocessing
    import sys

    def work(queue):
        queue.put([__name__, sys.argv])

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        queue = context.Queue()
        process = context.Process(target=work, args=(queue,))
        process.start()
        print(queue.get(timeout=50))
        process.join()
        print(process.exitcode)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_import_the_script_anew(folder: Folder, method: str) -> None:
    """By every way of starting them."""
    script = folder.write("script.py", SPAWN)
    assert_same(folder.check(script, method), folder.python(script, method))


def test_nothing_is_left_open_for_programs_that_it_starts(folder: Folder) -> None:
    """A server started by the script must not hold our file."""
    text = (
        "import os, subprocess, sys\nprint(subprocess.check_output([sys.executable, '-c', {code!r}], close_fds=False))"
    )
    code = "import os; print(sorted(os.listdir('/dev/fd')))"
    script = folder.write("script.py", text.format(code=code))
    assert_same(folder.check(script), folder.python(script))


# Same signals

WAITS = """
    import os
    import signal
    import sys
    import time

    def told(number, frame):
        os.write(1, b"told " + signal.Signals(number).name.encode() + b"\\n")  # print may not be entered twice
        sys.exit(5)

    if len(sys.argv) > 1:
        signal.signal(getattr(signal, sys.argv[1]), told)
    os.write(1, b"ready\\n")
    for _ in range(2000):  # one long sleep is not ended by a signal that comes after Python has looked for one
        time.sleep(0.05)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
@pytest.mark.parametrize("handled", [True, False])
def test_a_signal_goes_to_the_script(folder: Folder, name: str, handled: bool) -> None:
    """Which handles it, or ends by it; then the report comes."""
    script = folder.write("script.py", WAITS)
    process = folder.start([*CHECK, script, *([name] if handled else [])], start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.Signals[name])
    done = ended(process)
    assert done.code == (5 if handled else 128 + signal.Signals[name])
    assert done.out == (f"told {name}\n" if handled else "")
    assert ("exit code 5" if handled else name) in done.report


@pytest.mark.pty
@pytest.mark.parametrize("handled", [True, False])
def test_ctrl_c_reaches_the_script_once(tmp_path: Path, handled: bool) -> None:
    """From the terminal, which sends it to us too."""
    folder = Folder(tmp_path)
    script = folder.write("script.py", WAITS)
    command = [*CHECK, script, *(["SIGINT"] if handled else [])]
    with Session(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}) as session:
        session.wait_for("ready")
        session.press("ctrl+c")
        assert session.exit_code() == (5 if handled else 130)
        assert session.text().count("told SIGINT") == handled
        assert "Nothing was checked" in session.text()


def test_a_killed_tutor_takes_the_script_with_it(folder: Folder) -> None:
    """Nothing is left behind that nobody knows of."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process of its parent's end")
    script = folder.write("script.py", "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(100)")
    process = folder.start([*CHECK, script])
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert not wait_gone([pid])


def _text(text: str) -> Any:
    """A pipe with this text in it."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    return read


def test_what_runs_beside_a_script_imports_nothing_of_ours_late() -> None:
    """A function that imports ours when it is called would find the script's modules of that name."""
    for file in (*(ROOT / "diagnostics").glob("*.py"), *(ROOT / "diagnostics" / "training").rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                late = {name for node in ast.walk(function) for name in _imported(node)} & {"diagnostics", "executing"}
                allowed = file.name in ("run.py", "session.py")  # there it is done within Ours.present
                assert not late or allowed, f"{file}:{function.lineno} {function.name}"


def _imported(node: ast.AST) -> list[str]:
    """The packages that a statement imports; "diagnostics" also stands for what is relative."""
    if isinstance(node, ast.ImportFrom):
        return ["diagnostics" if node.level else (node.module or "").partition(".")[0]]
    return [alias.name.partition(".")[0] for alias in node.names] if isinstance(node, ast.Import) else []


def test_ours_are_present_to_one_thread_at_a_time() -> None:
    """A second one that came in between would take ours for the script's own."""
    ours = Ours({"nobodys_package": str(ROOT)})
    inside, most = [], []

    def enter() -> None:
        for _ in range(20):
            with ours.present():
                inside.append(1)
                most.append(len(inside))
                threading.Event().wait(0.0001)  # has another thread run
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
