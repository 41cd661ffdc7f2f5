"""The log under crashes, two tutors at once, full disks and folders that cannot be written."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tutor.event_log import EventLog

ROOT = Path(__file__).parent.parent


def told(log: EventLog) -> list[int]:
    return [event["n"] for event in log.read() if "n" in event]


@pytest.mark.parametrize(
    "line",
    [
        *("", "{", "[]", "null", "\x00\xff", "[" * 100_000, '{"a":' * 100_000),
        *('{"t": "x", "what": "n"}', '{"t": 1}', '{"t": 1, "what": 2}', '{"t": NaN, "what": "n"}'),
        *('{"t": true, "what": "n"}', '{"t": -1, "what": "n"}', '{"t": 1e300, "what": "n"}'),
        '{"t": 1' + "0" * 400 + ', "what": "n"}',
    ],
    ids=lambda line: line[:24],
)
def test_a_broken_line_costs_itself_alone(tmp_path: Path, line: str) -> None:
    """What a full disk or a crash left is passed over."""
    EventLog(tmp_path).add(what="n", n=1)
    (file,) = tmp_path.glob("*.jsonl")
    file.write_text(line + "\n" + file.read_text() + line)
    log = EventLog(tmp_path)
    assert told(log) == [1]
    log.add(what="n", n=2)
    assert told(EventLog(tmp_path)) == [1, 2]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_an_event_after_a_torn_line_is_not_lost_with_it(tmp_path: Path, cut: int) -> None:
    """A new process of the same number writes on in the file of one that was killed."""
    log = EventLog(tmp_path)
    log.add(what="n", n=1)
    log.add(what="n", n=2)
    (file,) = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-cut])
    after = EventLog(tmp_path)
    after.add(what="n", n=3)
    assert told(EventLog(tmp_path)) == ([1, 2, 3] if cut == 1 else [1, 3])
    assert after.reason == ""


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """Here it is a folder with a log's name, and a link to nowhere."""
    EventLog(tmp_path).add(what="n", n=1)
    (tmp_path / "a.1.jsonl").mkdir()
    (tmp_path / "b.2.jsonl").symlink_to(tmp_path / "nowhere")
    log = EventLog(tmp_path)
    assert told(log) == [1]
    assert log.unread.startswith(f"{tmp_path}/b.2.jsonl cannot be read: No such file")


WRITER = """
import sys
from pathlib import Path
from tutor.event_log import EventLog
log = EventLog(Path(sys.argv[1]))
n = int(sys.argv[2])
for _ in sys.stdin:
    for n in range(n + 1, n + 101):
        log.add(what="n", n=n)
        print(n, log.reason, flush=True)
"""


class Writer:
    """A process that writes a hundred events a round and tells of each that is kept."""

    def __init__(self, folder: Path, before: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(before)],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.kept: list[int] = []

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def hear(self, events: int) -> None:
        assert self.process.stdout is not None
        self.kept += [int(self.process.stdout.readline()) for _ in range(events)]


def test_two_tutors_at_once_lose_nothing(tmp_path: Path) -> None:
    """One of them is killed in the midst of it: what it had told to be kept is kept, and all of the other."""
    whole, killed = Writer(tmp_path, 0), Writer(tmp_path, 1000)
    for heard in (100, 40):
        for writer in (whole, killed):
            writer.begin()
        killed.hear(heard)
        whole.hear(100)
    killed.process.kill()
    for writer in (whole, killed):
        writer.process.communicate(timeout=30)
    numbers = told(EventLog(tmp_path))
    assert numbers != sorted(numbers)  # merged by time
    assert {*whole.kept, *killed.kept} <= set(numbers)
    assert [number for number in numbers if number < 1000] == list(range(1, 201))
    assert len(numbers) == len(set(numbers))


def test_two_tutors_that_share_a_file_lose_nothing(tmp_path: Path) -> None:
    """In two containers of one name both may be process 1."""
    one, other = EventLog(tmp_path), EventLog(tmp_path)
    for n in range(0, 20, 2):
        one.add(what="n", n=n)
        other.add(what="n", n=n + 1)
    assert len(list(tmp_path.iterdir())) == 1
    assert told(EventLog(tmp_path)) == list(range(20))


def test_a_disk_that_takes_half_a_line_costs_nothing_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is said, kept in mind, and written with the next event."""
    room = [1000]

    def write(descriptor: int, data: bytes, real=os.write) -> int:  # type: ignore[no-untyped-def]
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written: int = real(descriptor, data[: room[0]])
        room[0] -= written
        return written

    log = EventLog(tmp_path)
    log.add(what="n", n=1)
    room[0] = 20
    monkeypatch.setattr(os, "write", write)
    for n in (2, 3):
        log.add(what="n", n=n)
        assert log.reason == "No space left on device"
    assert told(log) == [1, 2, 3]
    assert told(EventLog(tmp_path)) == [1]
    room[0] = 1000
    log.add(what="n", n=4)
    assert log.reason == ""
    assert told(EventLog(tmp_path)) == [1, 2, 3, 4]


def test_a_disk_that_takes_nothing_and_says_nothing_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write of 0 bytes is a full disk too."""
    monkeypatch.setattr(os, "write", lambda descriptor, data: 0)
    log = EventLog(tmp_path)
    log.add(what="n", n=1)
    assert "No space left" in log.reason


# All lines at one time: they are as long in every run, and the page that is left does not end with one of them.
FULL = """
import json, sys
from pathlib import Path
from tutor.event_log import EventLog
disk = Path(sys.argv[1])
log = EventLog(disk / "progress")
log.add(what="n", n=0, t=1.5)
(disk / "ballast").write_bytes(bytes(1))
with (disk / "ballast").open("ab", buffering=0) as ballast:
    try:
        while ballast.write(bytes(4096)):
            pass
    except OSError:
        pass
n = 0
while not log.reason:
    n += 1
    log.add(what="n", n=n, t=1.5)
said = log.reason
on_disk = [event["n"] for event in EventLog(log.folder).read()]
torn = not next(log.folder.iterdir()).read_bytes().endswith(b"\\n")
(disk / "ballast").unlink()
log.add(what="n", n=n + 1, t=1.5)
after = [event["n"] for event in EventLog(log.folder).read()]
print(json.dumps([n, said, on_disk, torn, after, log.reason]))
"""

READ_ONLY = """
import json, sys
from pathlib import Path
from tutor.event_log import EventLog
home = Path(sys.argv[1])
log = EventLog(home / "progress")
seen = [event["n"] for event in log.read()]
log.add(what="n", n=2)
print(json.dumps([seen, log.reason, [event["n"] for event in log.read()]]))
"""


def on_a_disk(folder: Path, script: str, mount: str) -> list[object]:
    """Runs a script where `mount` has made a small disk of `folder`, which nobody else sees."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here to make a disk with")
    folder.mkdir()
    inner = f'{mount} && exec "$0" -c "$1" "$2"'
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", inner, sys.executable, script, str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    if done.returncode and "Traceback" not in done.stderr:
        pytest.skip(f"no disk can be made here: {done.stderr.strip()}")
    answer: list[object] = json.loads(done.stdout or f'["{done.stderr}"]')
    return answer


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """All before stands, the first event that found no room is said, and all is there once there is room again."""
    disk = tmp_path / "disk"
    n, said, on_disk, torn, after, reason = on_a_disk(disk, FULL, f'mount -t tmpfs -o size=32k tmpfs "{disk}"')
    assert isinstance(n, int)
    assert n > 1
    assert said == "No space left on device"
    assert on_disk in (list(range(n)), list(range(n + 1)))  # of the last line only its end may be missing
    assert torn
    assert after == list(range(n + 2))
    assert reason == ""


def test_a_home_that_is_really_read_only(tmp_path: Path) -> None:
    """What was done is read; what is done now counts until the end, and is said to be lost."""
    home = tmp_path / "home"
    line = '{\\"n\\": 1, \\"t\\": 5, \\"what\\": \\"n\\"}'
    mount = (
        f'mount -t tmpfs tmpfs "{home}" && mkdir "{home}/progress" && echo "{line}" > "{home}/progress/a.1.jsonl" '
        f'&& mount -o remount,ro "{home}"'
    )
    assert on_a_disk(home, READ_ONLY, mount) == [
        [1],
        "Read-only file system",
        [1, 2],
    ]


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    """The reader goes on, and is told that nothing is kept."""
    (tmp_path / "state").write_text("")
    log = EventLog(tmp_path / "state" / "progress")
    log.add(what="n", n=1)
    assert log.reason == "Not a directory"
    assert told(log) == [1]
