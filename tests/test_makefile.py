"""The Makefile on machines that lack something: what it says, and that it never believes a half-done installation.

Python and pip are played by a script, so nothing is installed and every kind of machine can be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")

TOOLS = ("sh", "awk", "cat", "chmod", "cp", "df", "find", "ls", "mkdir", "mktemp", "rm", "test", "touch", "tr", "uname")

PYTHON = """#!/bin/sh
# Answers what the Makefile asks of a Python. $MACHINE holds what this machine lacks, and the log.
echo "$*" >>"$MACHINE/log"
version=`cat "$0.version" 2>/dev/null` || version=3.11
case "$*" in
  *"print("*) echo $version ;;
  *"version_info <"*) [ ${version#3.} -ge 10 ] ;;
  *"import venv, ensurepip") [ ! -e "$MACHINE/no-venv" ] ;;
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python
    printf '#!/bin/sh\\necho tutor opens "$@"\\n' >.venv/bin/tutor && chmod +x .venv/bin/tutor ;;
  *find_spec*) [ ! -e "$MACHINE/no-torch" ] ;;
  *"pip install"*) [ ! -e "$MACHINE/cut-off" ] || kill -TERM 0; [ ! -e "$MACHINE/no-network" ] ;;
  "-m pytest"*) echo "HOME=$HOME NO_COLOR=$NO_COLOR TMUX=$TMUX" >>"$MACHINE/log" ;;
esac
"""


@dataclass
class Machine:
    """A clone of what `make` reads, and a PATH with these tools and Pythons and no others."""

    folder: Path
    clone: Path = field(init=False)

    def __post_init__(self) -> None:
        self.clone = self.folder / "clone"
        self.clone.mkdir()
        (self.folder / "bin").mkdir()
        for name in ("Makefile", "constraints.txt", "pyproject.toml"):
            shutil.copy(ROOT / name, self.clone)
        for tool in TOOLS:
            (self.folder / "bin" / tool).symlink_to(shutil.which(tool) or tool)

    def python(self, name: str, version: str) -> Path:
        path = self.script(name, PYTHON)
        Path(f"{path}.version").write_text(version)
        return path

    def script(self, name: str, text: str) -> Path:
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def free(self, mib: int) -> None:
        self.script("df", f"#!/bin/sh\necho Filesystem\necho /dev/disk 0 0 {mib * 1024} 0% /\n")

    def lacks(self, what: str, really: bool = True) -> None:
        (self.folder / what).touch() if really else (self.folder / what).unlink()

    def make(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [shutil.which("make") or "make", *arguments]
        env = {"PATH": str(self.folder / "bin"), "MACHINE": str(self.folder), "HOME": "/the/user", **env}
        return subprocess.run(
            command, cwd=self.clone, env=env, capture_output=True, text=True, timeout=60, start_new_session=True
        )

    def log(self) -> str:
        """What was asked of Python since the last call of this."""
        path = self.folder / "log"
        text = path.read_text() if path.exists() else ""
        path.unlink(missing_ok=True)
        return text


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One that has all it takes."""
    machine = Machine(tmp_path)
    machine.python("python3", "3.11")
    machine.free(20_000)
    return machine


def said(run: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a failed `make`."""
    assert run.returncode != 0
    lines = [line for line in run.stderr.splitlines() if not line.startswith("make: ")]
    assert len(lines) == 1, run.stderr
    return lines[0]


def test_make_alone_explains_and_installs_nothing(machine: Machine) -> None:
    """The targets and the variables, in a screenful of 24 rows."""
    run = machine.make()
    assert all(word in run.stdout for word in ("make run", "make test", "TORCH_INDEX=", "TORCH_PYTHON=", "PYTHON="))
    assert run.stdout.count("\n") < 24
    assert run.stderr == ""
    assert not (machine.clone / ".venv").exists()


def test_run_installs_once_and_opens_the_tutor(machine: Machine) -> None:
    """With the torch of constraints.txt, and with the arguments given."""
    run = machine.make("run", "ARGS=lesson learning_rate")
    assert run.returncode == 0
    assert run.stdout.endswith("tutor opens lesson learning_rate\n")
    assert "-e .[torch] -c constraints.txt" in machine.log()
    assert machine.make("run").stdout == "tutor opens\n"
    assert "pip install" not in machine.log()


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_run_installs_anew_when_what_is_needed_changed(machine: Machine, name: str) -> None:
    """A stamp is as old as the files it stands for."""
    machine.make("run")
    machine.log()
    later = (machine.clone / ".venv" / "run").stat().st_mtime + 10
    os.utime(machine.clone / name, (later, later))
    machine.make("run")
    assert "pip install" in machine.log()


def test_no_python_is_said(machine: Machine) -> None:
    """In one sentence, and no folder is left."""
    (machine.folder / "bin" / "python3").unlink()
    assert "python3 was not found" in said(machine.make("run"))
    assert not (machine.clone / ".venv").exists()


def test_a_named_python_that_is_not_there_is_said(machine: Machine) -> None:
    """Another is not taken in its place."""
    assert "/no/python was not found" in said(machine.make("run", "PYTHON=/no/python"))


def test_an_old_python_is_said(machine: Machine) -> None:
    """With its version, and the one that is needed."""
    machine.python("python3", "3.9")
    assert "python3 is Python 3.9, and Python 3.10 or newer is needed" in said(machine.make("run"))


def test_a_newer_python_is_found_beside_an_old_one(machine: Machine) -> None:
    """Nothing has to be named where one will do."""
    machine.python("python3", "3.9")
    machine.python("python3.12", "3.12")
    run = machine.make("run")
    assert run.returncode == 0
    assert "with python3.12 (Python 3.12)" in run.stdout


def test_a_missing_venv_module_is_said(machine: Machine) -> None:
    """With the package that brings it."""
    machine.lacks("no-venv")
    assert "apt install python3-venv" in said(machine.make("run"))


def test_too_little_room_is_said_before_anything_is_fetched(machine: Machine) -> None:
    """A CPU build needs less than one with CUDA, and no torch least."""
    machine.free(500)
    sentence = said(machine.make("run", "TORCH_INDEX=https://download.pytorch.org/whl/cpu"))
    assert "500 MiB are free" in sentence
    assert "pip install" not in machine.log()
    assert machine.make("run", "TORCH=none").returncode == 0


def test_a_smaller_torch_is_offered_where_it_fits(machine: Machine) -> None:
    """On a disk between the two sizes the sentence leads on, and what it leads to works."""
    machine.free(3000)
    machine.script("uname", "#!/bin/sh\necho Linux\n")
    assert "smaller torch" in said(machine.make("run"))
    assert machine.make("run", "TORCH_INDEX=https://download.pytorch.org/whl/cpu").returncode == 0
    machine.script("uname", "#!/bin/sh\necho Darwin\n")
    assert machine.make("clean", "run").returncode == 0


def test_a_failed_pip_is_said_and_not_believed(machine: Machine) -> None:
    """The next call goes on where this one failed."""
    machine.lacks("no-network")
    assert "pip could not install the tutor" in said(machine.make("run"))
    machine.lacks("no-network", really=False)
    machine.log()
    assert machine.make("run").returncode == 0
    assert "pip install" in machine.log()


@pytest.mark.parametrize("earlier", [False, True])
def test_an_interrupted_pip_is_not_believed(machine: Machine, earlier: bool) -> None:
    """Neither the first installation nor a later one leaves a stamp when it is cut off."""
    if earlier:
        machine.make("run")
    machine.lacks("cut-off")
    assert machine.make("run", "TORCH=2.12.1").returncode != 0
    machine.lacks("cut-off", really=False)
    machine.log()
    assert machine.make("run").returncode == 0
    assert "torch==2.12.1" in machine.log()


def test_the_choice_of_torch_lasts(machine: Machine) -> None:
    """Until another is made: no later target fetches a build that was not asked for."""
    index = "TORCH_INDEX=https://download.pytorch.org/whl/cpu"
    machine.make("run", index)
    assert "--index-url https://download.pytorch.org/whl/cpu torch -c constraints.txt" in machine.log()
    machine.make("run")
    machine.make("run", index)
    assert "pip install" not in machine.log()
    machine.make("run", "TORCH=2.12.1")
    log = machine.log()
    assert "-e .[torch] torch==2.12.1" in log
    assert "--index-url" not in log
    assert "constraints" not in log


def test_a_requirement_is_passed_as_it_is(machine: Machine) -> None:
    """Anything pip understands."""
    machine.make("run", "TORCH=torch>=2.8,<2.9")
    assert "-e .[torch] torch>=2.8,<2.9" in machine.log()


def test_the_torch_of_another_environment_is_used(machine: Machine) -> None:
    """None is installed, and the tutor is told where to look."""
    other = machine.python("other", "3.9")
    run = machine.make("run", f"TORCH_PYTHON={other}", "ARGS=lessons")
    assert run.stdout.endswith(f"tutor opens --python {other} lessons\n")
    assert "torch]" not in machine.log()
    assert machine.make("run").stdout.endswith(f"tutor opens --python {other}\n")


def test_an_environment_without_torch_is_said(machine: Machine) -> None:
    """And one that is no Python at all; neither is kept as a choice."""
    machine.lacks("no-torch")
    other = machine.python("other", "3.11")
    assert "has no torch" in said(machine.make("run", f"TORCH_PYTHON={other}"))
    assert "/no/python is no Python" in said(machine.make("run", "TORCH_PYTHON=/no/python"))
    assert "-e .[torch]" not in machine.log()
    assert machine.make("run").returncode == 0
    assert "-e .[torch]" in machine.log()


def test_an_environment_that_was_moved_is_made_anew(machine: Machine) -> None:
    """Its scripts name the folder where it was made."""
    machine.make("run", "TORCH=none")
    machine.log()
    machine.clone = machine.clone.rename(machine.folder / "elsewhere")
    assert machine.make("run").stdout.endswith("tutor opens\n")
    assert "-m venv --clear .venv" in machine.log()


def test_another_python_makes_the_environment_anew(machine: Machine) -> None:
    """And stays chosen."""
    machine.make("run")
    other = machine.python("other", "3.12")
    machine.log()
    machine.make("run", f"PYTHON={other}")
    machine.make("run")
    assert machine.log().count("-m venv") == 1


def test_the_tests_see_nothing_of_the_user(machine: Machine) -> None:
    """Neither home nor colours nor multiplexer; what they are to be called with they are."""
    run = machine.make("test", "ARGS=-k lab", NO_COLOR="1", TMUX="outer")
    assert run.returncode == 0
    log = machine.log()
    assert "-m pytest -k lab" in log
    home, colour, multiplexer = log.splitlines()[-1].split()
    assert (colour, multiplexer) == ("NO_COLOR=", "TMUX=")
    assert home != "HOME=/the/user"
    assert not Path(home.removeprefix("HOME=")).exists()


def test_each_target_installs_what_it_needs(machine: Machine) -> None:
    """`run` brings no test tools."""
    machine.make("run")
    assert "[test]" not in machine.log()
    machine.make("test")
    assert "[test]" in machine.log()
