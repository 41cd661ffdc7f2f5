"""Visit: a reader who came over SSH, with a demo running that draws without end, and what is left of them."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.patience import Patience
from tests.support.processes import Process, processes, wait_gone
from tests.support.session import Session
from tests.support.slow_link import SlowLink
from tests.support.sshd import Server
from tests.support.storm import without_torch, write_storm
from tests.support.terminal import left_on
from tutor.progress import Progress

PROMPT = "ready> "
"""Of a shell there."""

WORKERS = 2
"""Processes while a demo runs: its own, and a spare."""

PATIENCE = 60.0
"""Seconds within which whatever is to end has ended, on a machine that is busy with something else."""

SPINNING = 0.5
"""CPU seconds in a second of the clock: more than drawing takes, less than a loop without a wait."""


class Visit:
    """Logs in through a link of its own to a server of its own, and runs `argv` there while the `with` block lasts.

    In a script of `argv`, "$TUTOR" opens the lesson. `alive`: after how many seconds the server asks a silent client,
    and how many times in vain. An ssh that is not read is silent, too: its write to the terminal waits.
    """

    def __init__(self, argv: Sequence[str], folder: Path, alive: tuple[int, int] = (0, 0)) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._argv, self._alive = argv, alive

    def __enter__(self) -> Visit:
        command = write_storm(self.folder / "course")
        self.server = Server(self._alive).__enter__()
        self.link = SlowLink(self.server.port).__enter__()
        env = {**without_torch(), "TUTOR": shlex.join(command), "TMUX_TMPDIR": str(self.folder), "PS1": PROMPT}
        login = self.server.command(*self._argv, home=self.home, port=self.link.port, env=env)
        self.session = Session(login, 100, 30).__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.__exit__()
        self.link.__exit__()
        self.server.__exit__()

    def arrive(self) -> None:
        """To the second section, a knob turned, and its run going on."""
        self.session.wait_for("Nothing happens here", PATIENCE)
        self.session.press("n")
        self.session.wait_for(lambda text: "not run yet" in text, PATIENCE)
        self.session.press("t", "right")
        self.session.wait_for(lambda text: "● running" in text and self.workers() == WORKERS, PATIENCE)

    # What runs there

    def tutor(self) -> Process:
        """The process that draws."""
        return next(process for process in self.server.sessions() if "/bin/tutor --trust" in process.command)

    def workers(self) -> int:
        return sum("worker.py" in process.command for process in self.server.sessions())

    def terminal(self) -> Path:
        """Of the tutor, as the server has it."""
        return Path(os.readlink(f"/proc/{self.tutor().pid}/fd/0"))

    def spinning(self) -> list[str]:
        """Which processes there use up a processor, looked at for a second in which the session is not read."""
        before = {process.pid: process.cpu for process in self.server.sessions()}
        time.sleep(1)
        after = [process for process in processes().values() if process.pid in before]
        return [str(process) for process in after if process.cpu - before[process.pid] > SPINNING]

    def ends(self, process: Process) -> bool:
        """Waits until it is gone, and takes no notice of what it writes."""
        return not wait_gone([process.pid], PATIENCE)

    # What is left

    def gone(self) -> None:
        """Nothing runs on the server any more, and all that was done before is kept."""
        patience = Patience(PATIENCE)
        while (left := self.server.sessions()) and not patience.over:
            self.session.read(0.05)  # a client whose words nobody takes waits, and the server with it
        assert not left, f"left behind: {', '.join(map(str, left))}"
        self.kept()

    def kept(self) -> None:
        [state] = self.home.glob("state/pytorch-tutor/courses/*")
        storm = Progress(state).topic("storm")
        assert storm.seen == {"first", "second"}
        assert storm.section == "second"
        assert storm.knobs["storm"]["force"] != 0.5

    def restored(self) -> None:
        """The reader's terminal is as a shell wants it."""
        assert left_on(self.session.bytes_since()) == []
