"""The sshd of the tests is what a remote server is to a program, and leaves nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support import sshd
from tests.support.processes import processes
from tests.support.session import Session
from tests.support.slow_link import SlowLink
from tests.support.sshd import Server

pytestmark = pytest.mark.pty


def test_a_program_there_finds_what_sshd_gives(tmp_path: Path) -> None:
    """A terminal of our kind and size, SSH_CONNECTION, no COLORTERM, the home that was asked for."""
    script = "echo [$TERM] [$SSH_CONNECTION] [$COLORTERM] [$HOME] [$WORD]; stty size; read x"
    with Server() as server:
        command = server.command("sh", "-c", script, home=tmp_path, env={"WORD": "a 'word'"})
        with Session(command, 110, 33, env={"COLORTERM": "truecolor"}) as session:
            text = session.wait_for("33 110").replace("\n", "")
    assert "[xterm-256color] [127.0.0.1 " in text
    assert f"[] [{tmp_path}] [a 'word']" in text


def test_its_exit_code_comes_back() -> None:
    """As ssh hands it on."""
    with Server() as server, Session(server.command("sh", "-c", "exit 7")) as session:
        assert session.exit_code() == 7
        assert server.left_behind() == []


def test_what_outlives_its_visit_is_seen_and_ended() -> None:
    """Also what left its session and has no parent any more."""
    with Server() as server:
        script = "trap '' HUP; setsid sleep 1000 & echo here; read x"
        with Session(server.command("sh", "-c", script)) as session:
            session.wait_for("here")
            session.hang_up()
        while len(server.sessions()) > 1:
            time.sleep(0.05)
        [left] = server.sessions()
        assert "sleep 1000" in left.command
    assert left.pid not in processes()


def test_a_silent_client_is_given_up() -> None:
    """Where that was asked for."""
    with (
        Server(alive=(1, 1)) as server,
        SlowLink(server.port) as link,
        Session(server.command("sh", "-c", "echo here; read x", port=link.port)) as session,
    ):
        session.wait_for("here")
        assert server.sessions() != []
        link.freeze()
        assert server.left_behind(60) == []


def test_why_there_can_be_none_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that mends it."""
    monkeypatch.setattr(sshd, "_found", lambda name: "")
    assert sshd.missing.__wrapped__() == "sshd is not installed (Debian, Ubuntu: apt install openssh-server)"


def test_who_is_logged_in_is_gone_with_it() -> None:
    """And the server itself."""
    with Server() as server:
        session = Session(server.command("cat")).__enter__()
        session.wait_for(lambda _: any(process.command == "cat" for process in server.sessions()))
        pids = {process.pid for process in server.family()}
    session.__exit__()
    assert not processes().keys() & pids
