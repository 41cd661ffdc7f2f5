"""All GPUs of the machine: opened, read within a number of calls, given up, let sleep and taken up again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from diagnostics.gpus import nvml
from diagnostics.gpus.board import Board
from diagnostics.gpus.numbering import cuda_uuids
from diagnostics.gpus.nvml import Nvml, Refused
from diagnostics.gpus.reading import Reading
from diagnostics.gpus.sleep import may_sleep, nvidia_gpus, sleeps
from diagnostics.gpus.values import UTILISATION, text

CALLS = 2.1
"""Calls a second for each GPU, and at least those for FEWEST GPUs; the first reading of all comes on top of them."""
FEWEST = 6

FIRST_WAIT, LONGEST_WAIT = 5.0, 60.0
"""Seconds until NVML is opened anew for what has failed; each time in vain they double. With a GPU that is lost,
opening can take the driver seconds."""

IDLE, REST, LONGEST_IDLE = 10.0, 20.0, 300.0
"""A laptop's GPU that was idle for so many seconds is let go for so many. Where it did not fall asleep then, since
somebody else holds it, the next try comes much later."""

SCAN = 30.0
"""Seconds after which the PCI devices are listed anew: a server has hundreds."""


class Fleet:
    """The GPUs, for one thread. After look() everything else tells what was seen."""

    def __init__(self, devices: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.ml = Nvml()
        self.boards: list[Board] = []
        self.driver: str | None = None
        self.trouble: str | None = None
        """Why NVML cannot be read, in one sentence."""
        self._devices = devices
        self._gpus: list[Path] = []
        self._scan_at = 0.0
        self._clock = clock
        self._allowance = 0.0
        self._wait = FIRST_WAIT
        self._open_at = 0.0
        self._busy_at = clock()
        self._rest_until = 0.0
        self._patience = IDLE

    def look(self, interval: float) -> None:
        """One round of readings. `interval`: seconds since the one before."""
        now = self._clock()
        if self._must_not_read(now):
            return
        try:
            failed = any(board.state == "failed" for board in self.boards)
            if (failed or not self.ml.is_open) and now >= self._open_at:
                self._open(now)
            if self.ml.is_open:
                self._round(now, interval)
        except Refused as refused:
            self._lose(refused.code, now)

    def readings(self) -> tuple[Reading, ...]:
        plain = [board.reading() for board in self.boards]
        order = cuda_uuids(plain, os.environ)
        numbers = {uuid: number for number, uuid in enumerate(order) if uuid}
        masked = "CUDA_VISIBLE_DEVICES" in os.environ and None not in order
        return tuple(
            replace(
                reading,
                cuda=numbers.get(reading.uuid or ""),
                hidden=masked and not {reading.uuid, *(one.uuid for one in reading.slices)} & numbers.keys(),
                slices=tuple(replace(one, cuda=numbers.get(one.uuid or "")) for one in reading.slices),
            )
            for reading in plain
        )

    def close(self) -> None:
        self.ml.close()

    # NVML

    def _open(self, now: float) -> None:
        """Connects with the driver and finds the GPUs, those known before among them. Raises Refused."""
        self._open_at = now + self._wait
        self._wait = min(2 * self._wait, LONGEST_WAIT)
        calls = self.ml.calls
        self.ml.close()
        self.ml.open()
        self.driver = text(self.ml.ask("nvmlSystemGetDriverVersion"))
        count = self.ml.ask("nvmlDeviceGetCount")
        known = {board.values["index"]: board for board in self.boards}
        before = [(board, board.uuid, dict(board.values)) for board in self.boards if board.uuid]
        self.boards = [known.get(index) or Board(index) for index in range(count)]
        for board in self.boards:
            self._open_one(board)
        here = {board.uuid for board in self.boards}
        self.boards += [_gone(board, values) for board, uuid, values in before if uuid not in here]
        if known:  # taken up again: its price is paid out of the next rounds
            self._allowance -= self.ml.calls - calls

    def _open_one(self, board: Board) -> None:
        try:
            board.open(self.ml)
        except Refused as refused:
            if refused.code in (nvml.UNINITIALISED, nvml.DRIVER_NOT_LOADED, nvml.MISMATCH):
                raise
            board.fail(refused.code)

    def _lose(self, code: int, now: float) -> None:
        """NVML as a whole does not answer. It is opened anew a while later."""
        self.ml.close()
        self._open_at = max(self._open_at, now + FIRST_WAIT)
        self.trouble = f"There are no GPU readings: {nvml.why(code)}."
        for board in self.boards:
            board.fail(code)

    def _round(self, now: float, interval: float) -> None:
        """Reads what is new, then what is latest, as far as the calls go. Raises Refused."""
        boards = [board for board in self.boards if board.values["index"] is not None and board.can_be_read]
        for board in boards:
            board.begin()
            board.read_new(self.ml, now)
        rate = CALLS * max(len(boards), FEWEST)
        self._allowance = min(self._allowance + rate * interval, 2 * rate)
        begun = self.ml.calls
        late = [(lateness, board, task) for board in boards for lateness, task in board.due(now, interval / 2)]
        late.sort(key=lambda one: (one[2] is UTILISATION, one[0]), reverse=True)
        for _, board, task in late:
            if task is UTILISATION or self.ml.calls - begun < self._allowance:
                board.read(self.ml, task, now)
        for board in boards:
            board.end(self.ml, now)
        self._allowance -= self.ml.calls - begun
        self._judge(now)

    def _judge(self, now: float) -> None:
        self.trouble = None
        if not self.boards:
            self.trouble = "The NVIDIA driver answers, and lists no GPU."
        elif all(board.state == "failed" for board in self.boards):
            first = self.boards[0].reading()
            self.trouble = f"There are no GPU readings: GPU {first.index} {first.error}."
        if all(board.state == "ready" for board in self.boards):
            self._wait = FIRST_WAIT
            self._open_at = now + self._wait

    # Laptops

    def _must_not_read(self, now: float) -> bool:
        """A GPU sleeps, or is to be let fall asleep: then no NVML is open."""
        if now >= self._scan_at:
            self._gpus, self._scan_at = nvidia_gpus(self._devices), now + SCAN
        asleep = [gpu.name for gpu in self._gpus if sleeps(gpu)]
        if asleep:
            self._tuck_in(asleep)
            self._patience = IDLE
            self._busy_at = self._open_at = now
            return True
        if now < self._rest_until:
            return True
        self._rest(now)
        return now < self._rest_until

    def _tuck_in(self, asleep: Sequence[str]) -> None:
        self.ml.close()
        self.trouble = None
        known = {board.values.get("pci") for board in self.boards}
        self.boards += [Board(None, {"pci": gpu.name}) for gpu in self._gpus if gpu.name not in known]
        for board in self.boards:
            if board.values.get("pci") in asleep:
                board.sleep()
            elif board.state == "ready":  # NVML would wake its neighbour
                board.state = "resting"

    def _rest(self, now: float) -> None:
        """Lets go of GPUs that were idle long enough, and could sleep."""
        if not self.ml.is_open or any(board.is_busy for board in self.boards):
            self._busy_at = now
        elif now - self._busy_at >= self._patience and all(map(may_sleep, self._gpus)):
            self.ml.close()
            self._rest_until = now + REST
            self._open_at = self._busy_at = self._rest_until
            self._patience = LONGEST_IDLE
            for board in self.boards:
                board.state = "resting"


def _gone(before: Board, values: dict[str, object]) -> Board:
    """A GPU that was here before, and is listed no more."""
    if before.values["index"] is None:
        return before
    board = Board(None, values)
    board.was_well = before.was_well
    board.fail(nvml.NOT_LISTED)
    return board
