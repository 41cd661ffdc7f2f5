"""However a visit over SSH ends: no process is left, none spins, a terminal that is left is restored, progress is kept.

`pytest tests/ssh --times 20` tries each end so often.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ssh.visit import PATIENCE, PROMPT, Visit
from tests.support.terminal import left_on

pytestmark = pytest.mark.pty

AT_ONCE = 4
"""Visits side by side: they mostly wait."""

DIRECT = ["sh", "-c", "exec $TUTOR"]
IN_A_SHELL = ["bash", "--norc", "--noediting", "-i"]
TMUX = "tmux -L visit -f /dev/null new-session 'exec $TUTOR'"

Act = Callable[[Visit], None]
End = Callable[..., None]

tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed (Debian, Ubuntu: apt install tmux)")


@pytest.fixture
def end(times: int, tmp_path: Path) -> End:
    """Tries an end so many times, some side by side: all arrive, then each acts, then each is looked at."""

    def tried(
        argv: list[str], act: Act, look: Act, arrive: Act = Visit.arrive, alive: tuple[int, int] = (0, 0)
    ) -> None:
        for first in range(0, times, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, times))
            with contextlib.ExitStack() as inside:
                visits = [inside.enter_context(Visit(argv, tmp_path / str(number), alive)) for number in numbers]
                for step in (arrive, act, look):
                    for visit in visits:
                        step(visit)

    return tried


def killed(number: signal.Signals) -> Act:
    """The process that draws, there, by somebody who may."""
    return lambda visit: os.kill(visit.tutor().pid, number)


def left_with(code: int) -> Act:
    """And with the terminal restored."""

    def look(visit: Visit) -> None:
        assert visit.session.exit_code(PATIENCE) == code
        visit.restored()
        visit.gone()

    return look


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_on_the_server(end: End, number: signal.Signals, code: int) -> None:
    """Of an administrator, or of a batch system whose time is up."""
    end(DIRECT, killed(number), left_with(code))


def test_a_closed_laptop(end: End) -> None:
    """Nobody is told, until sshd has asked in vain; meanwhile nothing spins."""

    def close(visit: Visit) -> None:
        visit.link.freeze()

    def look(visit: Visit) -> None:
        assert visit.spinning() == []
        visit.gone()

    end(DIRECT, close, look, alive=(3, 2))


def kill_ssh(visit: Visit) -> None:
    visit.session.signal(signal.SIGKILL)


@pytest.mark.parametrize(
    "script",
    [
        "exec $TUTOR",
        "trap '' HUP; exec $TUTOR",
        "trap '' HUP; $TUTOR; exit",
        "cd && exec nohup sh -c 'exec $TUTOR <&3 >&3 2>&3' 3<>/dev/tty",
    ],
    ids=["nobody ignores SIGHUP", "it ignores SIGHUP", "its shell does", "nohup"],
)
def test_a_killed_ssh(end: End, script: str) -> None:
    """Also where nobody would end of the signal that says so."""
    end(["sh", "-c", script], kill_ssh, Visit.gone)


@tmux
def test_a_closed_tmux(end: End) -> None:
    """By kill-server on the server; tmux puts the reader's terminal back."""

    def close(visit: Visit) -> None:
        env = {**os.environ, "TMUX_TMPDIR": str(visit.folder)}
        subprocess.run(["tmux", "-L", "visit", "kill-server"], env=env, check=True, timeout=PATIENCE)

    end(["sh", "-c", f"exec {TMUX}"], close, over)


@tmux
def test_a_killed_tmux(end: End) -> None:
    """It is tmux's server that draws, so the reader's terminal stays as it is: the command mends that, too."""

    def kill(visit: Visit) -> None:
        os.kill(visit.tutor().parent, signal.SIGKILL)

    end(["sh", "-c", f"{TMUX}; tutor --reset-terminal"], kill, over)


def over(visit: Visit) -> None:
    """Whatever the exit code."""
    visit.session.exit_code(PATIENCE)
    visit.restored()
    visit.gone()


def fill(visit: Visit) -> None:
    """sshd takes nothing more from the terminal there, and this is full to the last byte: who writes to it, waits."""
    for process in visit.server.sessions():
        if "sshd" in process.command:
            os.kill(process.pid, signal.SIGSTOP)
    terminal = os.open(visit.terminal(), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(terminal, b"\0" * 256)
    finally:
        os.close(terminal)
    assert visit.spinning() == []


def test_a_full_terminal_and_then_a_cut(end: End) -> None:
    """The demo goes on drawing to a reader who does not read; then the link is gone, and sshd finds out."""

    def cut(visit: Visit) -> None:
        fill(visit)
        visit.link.cut()
        for process in visit.server.sessions():
            if "sshd" in process.command:
                os.kill(process.pid, signal.SIGCONT)

    end(DIRECT, cut, Visit.gone)


def test_a_full_terminal_and_then_a_signal(end: End) -> None:
    """It does not wait for somebody to read before it leaves."""

    def stop(visit: Visit) -> None:
        fill(visit)
        tutor = visit.tutor()
        os.kill(tutor.pid, signal.SIGTERM)
        assert visit.ends(tutor)
        assert visit.workers() == 0
        for process in visit.server.sessions():
            os.kill(process.pid, signal.SIGCONT)

    end(DIRECT, stop, Visit.gone)


def test_a_client_that_stops_reading_and_then_a_cut(end: End) -> None:
    """As a terminal whose window hangs: ssh itself waits."""

    def cut(visit: Visit) -> None:
        assert visit.spinning() == []  # not read meanwhile
        os.kill(visit.session.pid, signal.SIGSTOP)
        assert visit.spinning() == []
        visit.link.cut()

    end(DIRECT, cut, Visit.gone)


def at_the_prompt(text: str) -> bool:
    """The screen knows no alternate one, so what was there stands around it."""
    return any(row.startswith(PROMPT.rstrip()) for row in text.splitlines())


def test_suspended_and_back(end: End) -> None:
    """ctrl+z gives the shell a sane terminal, and nothing works on meanwhile; fg gives the page back."""

    def arrive(visit: Visit) -> None:
        visit.session.wait_for(PROMPT.strip(), PATIENCE)
        visit.session.send(b"$TUTOR\r")
        visit.arrive()

    def suspend(visit: Visit) -> None:
        session = visit.session
        session.press("ctrl+z")
        session.wait_for(at_the_prompt, PATIENCE)
        assert left_on(session.bytes_since()) == []
        assert visit.spinning() == []
        session.send(b"fg\r")
        session.wait_for(lambda text: "● running" in text and not at_the_prompt(text), PATIENCE)

    def look(visit: Visit) -> None:
        visit.session.press("ctrl+q")
        visit.session.wait_for(at_the_prompt, PATIENCE)
        visit.restored()
        visit.session.send(b"exit\r")
        visit.session.exit_code(PATIENCE)
        visit.gone()

    end(IN_A_SHELL, suspend, look, arrive)


def test_a_kill_that_nobody_can_catch_and_reset_terminal(end: End) -> None:
    """It takes its processes along, leaves a broken terminal, and the command mends that."""

    def kill(visit: Visit) -> None:
        assert left_on(visit.session.bytes_since()) != []
        killed(signal.SIGKILL)(visit)

    end(["sh", "-c", "$TUTOR; tutor --reset-terminal; stty -a"], kill, left_with(0))
