"""Server: a real sshd of one's own on the loopback address, and the ssh command lines that lead to it."""

from __future__ import annotations

import contextlib
import functools
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.support.patience import PATIENCE, Patience
from tests.support.processes import Process, family, processes, wait_gone

HOST = "127.0.0.1"
MARK = "TEST_SSHD"
PASSED_ON = ("TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH")
PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where an sshd stands that is not in a user's PATH."""

PRIVILEGES_DROPPED_IN = Path("/run/sshd")
"""An sshd of root's starts only where this folder is; its package leaves the making to the system's start."""

CONFIG = """\
ListenAddress {host}:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
UseDNS no
MaxStartups 100
ClientAliveInterval {interval}
ClientAliveCountMax {count}
SetEnv {mark}
"""

CLIENT = (
    "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null",
    "IdentitiesOnly=yes", "IdentityAgent=none", "ControlPath=none", "EscapeChar=none", "LogLevel=ERROR",
)  # fmt: skip


class Server:
    """An sshd as the present user, with keys and settings of its own, while the `with` block lasts.

    `alive`: after how many seconds of silence a client is asked whether it lives, and how many times in vain before its
    session is ended; (0, 0): never, as sshd's default is. Nothing that it started outlives the block.
    """

    def __init__(self, alive: tuple[int, int] = (0, 0)) -> None:
        self.alive = alive
        self.port = 0
        self._mark = f"{MARK}={uuid.uuid4().hex}"

    def __enter__(self) -> Server:
        self._folder = tempfile.TemporaryDirectory(prefix="sshd-", ignore_cleanup_errors=True)
        try:
            for key in ("host_key", "user_key"):
                _make_key(self.folder / key)
            if os.geteuid() == 0:
                PRIVILEGES_DROPPED_IN.mkdir(mode=0o755, exist_ok=True)
            self._start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        patience = Patience()
        while (left := self.family()) and not patience.over:
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            self._process.poll()
            wait_gone([process.pid for process in left], timeout=1)
        self._folder.cleanup()
        assert not left, f"these outlived SIGKILL: {', '.join(map(str, left))}"

    @property
    def folder(self) -> Path:
        """Empty but for keys and settings; gone with the server."""
        return Path(self._folder.name)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def command(
        self,
        *argv: str,
        home: Path | None = None,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> list[str]:
        """An ssh command line that runs `argv` there on a terminal, with our Python first in PATH.

        `home`: the home folder there, for what has to last; by default one in the server's folder. `port`: of what
        stands between, such as a slow link. `options`: more of ssh's own, as in "Compression=yes".
        """
        home = home or self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        there = {
            "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            **kept, **(env or {}),
        }  # fmt: skip
        settings = [part for option in (*CLIENT, *options) for part in ("-o", option)]
        key = str(self.folder / "user_key")
        words = ["exec", "env", *(f"{name}={value}" for name, value in there.items()), *argv]
        login = [getpass.getuser() + "@" + HOST, shlex.join(words)]
        return [_found("ssh"), "-F", "none", "-tt", "-i", key, "-p", str(port or self.port), *settings, *login]

    def sessions(self) -> list[Process]:
        """All that runs for those who are logged in, sshd's own part of it included."""
        return [process for process in self.family() if process.pid != self._process.pid]

    def left_behind(self, timeout: float = PATIENCE) -> list[Process]:
        """Waits until nothing runs for anybody any more; what still does."""
        patience = Patience(timeout)
        while (left := self.sessions()) and not patience.over:
            time.sleep(0.05)
        return left

    def family(self) -> list[Process]:
        """The server, and every process that it started, orphans included, which are known by a mark (Linux)."""
        roots = [found] if self._process.poll() is None and (found := processes().get(self._process.pid)) else []
        return family(roots, self._mark)

    def _start(self) -> None:
        for _ in range(5):  # somebody else may take the port before sshd does
            self.port = _free_port()
            settings = self.folder / "settings"
            interval, count = self.alive
            settings.write_text(
                CONFIG.format(
                    host=HOST, port=self.port, folder=self.folder, interval=interval, count=count, mark=self._mark
                )
            )
            with (self.folder / "log").open("wb") as log:
                self._process = _launch(settings, log)
            while self._process.poll() is None and "Server listening" not in self.log:
                time.sleep(0.01)
            if self._process.poll() is None:
                return
        raise RuntimeError(f"sshd did not start:\n{self.log}")


@functools.cache
def missing() -> str:
    """Why there can be no server here; "" where one was started and let us in."""
    absent = [name for name in ("sshd", "ssh", "ssh-keygen") if not _found(name)]
    if absent:
        return f"{absent[0]} is not installed (Debian, Ubuntu: apt install openssh-server)"
    try:
        with Server() as server:
            tried = subprocess.run(server.command("true"), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            return "" if tried.returncode == 0 else f"sshd let nobody in: {(server.log.splitlines() or [''])[-1]}"
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return f"sshd cannot be run here: {error}"


def _launch(settings: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """In the foreground, of a session of its own; it takes its own path, which it runs anew, only when whole."""
    argv = [_found("sshd"), "-D", "-e", "-f", str(settings)]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _make_key(file: Path) -> None:
    make = [_found("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)]
    subprocess.run(make, stdin=subprocess.DEVNULL, check=True)


def _found(name: str) -> str:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *PLACES])) or ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
