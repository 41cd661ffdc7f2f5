"""One GPU: what is known of it, and what is to be read next."""

from __future__ import annotations

import time
from typing import Any

from diagnostics.gpus import nvml
from diagnostics.gpus.nvml import Nvml, Refused
from diagnostics.gpus.reading import Reading
from diagnostics.gpus.values import ONCE, TASKS, Task, Values, credible, text

OF_PROCESSES = ("compute", "graphics")
"""Values that are no fields of a Reading: pid -> bytes."""

CONSTANT = ("index", "uuid", "name", "pci", "clock_max", "memory_total", "unified", "ecc")
"""What is still told of a GPU that cannot be read now."""


class Board:
    """The GPU that has an index of NVML's. A round of readings goes from begin() to end()."""

    def __init__(self, index: int | None, values: Values | None = None) -> None:
        self.values: Values = {**(values or {}), "index": index}
        self.state = "ready"
        """As in Reading."""
        self.was_well = False
        """Whether it was ever read: only then it is known since when it cannot be."""
        self._error: str | None = None
        self._code = 0
        self._since: float | None = None
        self._handle: Any = None
        self._read_at: dict[Task, float | None] = {}
        """What is read of it, and when it last was."""
        self._fields: dict[Task, tuple[str, ...]] = {}
        """Of a task that was answered once: the fields that it gives itself, and no other in its place."""
        self._answered: set[Task] = set()
        """What has ever been answered: that such a call fails is news, and that another fails is its nature."""
        self._answers = 0
        self._odd = 0
        self._gone = 0

    @property
    def uuid(self) -> str | None:
        uuid: str | None = self.values.get("uuid")
        return uuid

    @property
    def can_be_read(self) -> bool:
        """It has a handle, and whether that works will be seen."""
        return self.state == "ready" or None in self._read_at.values()

    @property
    def is_busy(self) -> bool:
        """Somebody computes on it, or it cannot be told."""
        return self.state == "ready" and (self.values.get("utilisation") != 0 or bool(self.used("compute")))

    def open(self, ml: Nvml) -> None:
        """Gets its handle, which after each nvmlInit is another. Raises Refused."""
        self._handle = ml.ask("nvmlDeviceGetHandleByIndex", self.values["index"])
        uuid = _uuid(ml, self._handle)
        if self.uuid != uuid:  # the first time, or another GPU has its place now
            self.values = {"index": self.values["index"], "uuid": uuid}
            self._start_again()
        elif not self._read_at:
            self._start_again()
        else:
            self.state = "ready"

    def fail(self, code: int) -> None:
        """It cannot be read, by NVML's code. What changes is forgotten: an old value would pass for a new one."""
        if self.state != "failed":
            self._since = time.time() if self.was_well else None
        self._error, self._code = nvml.what(code), code
        self._read_at = {}
        self._put_aside("failed")

    def sleep(self) -> None:
        """It must not be read until it is opened again."""
        self._error, self._since, self._code = None, None, 0
        self._put_aside("asleep")
        self._read_at = {}

    def begin(self) -> None:
        self._answers = self._odd = self._gone = 0

    def read_new(self, ml: Nvml, now: float) -> None:
        """Reads all that was not read since it was opened. Raises as read() does."""
        while not self._gone and (tasks := [task for task, at in self._read_at.items() if at is None]):
            for task in tasks:
                self.read(ml, task, now)

    def due(self, now: float, slack: float) -> list[tuple[float, Task]]:
        """What should be read again, and how late it is: 1 is just in time. `slack`: the seconds it may be early by."""
        return [
            ((now - at) / task.every, task)
            for task, at in self._read_at.items()
            if at is not None and task.every != ONCE and now - at >= task.every - slack
        ]

    def read(self, ml: Nvml, task: Task, now: float) -> None:
        """Reads one task's values. Raises Refused where it is not this GPU, but NVML, that is gone."""
        if self._gone or task not in self._read_at:
            return
        self._read_at[task] = now
        try:
            values = credible(task.read(ml, self._handle))
        except Refused as refused:
            self._note(task, refused.code)
            if self._gone:
                return
            if refused.code not in nvml.LACKING:
                self.values.update(dict.fromkeys(self._fields.get(task, task.fields)))
                return
            values = {}
        self._answers += 1
        self._answered.add(task)
        if task not in self._fields:
            self._settle(task, values)
        before = self.values.get("mig")
        self.values.update({name: values.get(name) for name in self._fields.get(task, task.fields)})
        if before is not None and self.values.get("mig") != before:  # another GPU, as far as readings go
            self._start_again()

    def end(self, ml: Nvml, now: float) -> None:
        """Judges the round: where nothing answers, the GPU has failed, and where something does, it has not."""
        if self._odd and not self._answers:
            for task in list(self._read_at):
                if task.every != ONCE:
                    self.read(ml, task, now)
        if self._gone or (self._odd and not self._answers):
            self.fail(self._gone or self._odd)
        elif self._answers:
            self.state, self._error, self._since, self._code = "ready", None, None, 0
            self.was_well = True

    def used(self, kind: str) -> dict[int, int | None]:
        """pid -> bytes, of the processes of that kind."""
        return self.values.get(kind) or {}

    def reading(self) -> Reading:
        fields = {name: value for name, value in self.values.items() if name not in OF_PROCESSES}
        fields["slices"] = fields.get("slices") or ()
        lists = [self.values.get(kind) for kind in OF_PROCESSES]
        pids = None if lists == [None, None] else tuple(sorted({pid for one in lists for pid in one or ()}))
        return Reading(
            **fields, state=self.state, error=self._error, since=self._since, code=self._code, processes=pids
        )

    def _start_again(self) -> None:
        self._read_at = dict.fromkeys(TASKS)
        self._fields = {}
        self._answered = set()

    def _put_aside(self, state: str) -> None:
        self.state = state
        self.values = {name: value for name, value in self.values.items() if name in CONSTANT}

    def _note(self, task: Task, code: int) -> None:
        """What a refusal says of the GPU. Raises it where it says something of all GPUs."""
        if code in (nvml.UNINITIALISED, nvml.DRIVER_NOT_LOADED, nvml.MISMATCH):
            raise Refused(code)
        if code in nvml.GONE:
            self._gone = code
        elif code not in nvml.LACKING and (task in self._answered or not self._answered):
            self._odd = code

    def _settle(self, task: Task, values: Values) -> None:
        """After its first answer it is known which fields a task gives here, and what must stand in for it."""
        others = [other for other in task.instead if not values.keys() & set(other.fields)]
        self._read_at.update(dict.fromkeys(others))
        theirs = {name for other in others for name in other.fields}
        self._fields[task] = tuple(name for name in task.fields if name not in theirs)
        if not values:
            del self._read_at[task]


def _uuid(ml: Nvml, handle: Any) -> str | None:
    try:
        return text(ml.ask("nvmlDeviceGetUUID", handle))
    except Refused as refused:
        if refused.code in nvml.LACKING:
            return None
        raise
