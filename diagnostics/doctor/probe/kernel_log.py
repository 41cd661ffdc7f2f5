"""What the NVIDIA driver wrote to the kernel's log since boot: Xids, and why it would not start.

Read from /dev/kmsg where that is allowed, else from the journal where its file may be read. Neither wakes a GPU.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator

from diagnostics.doctor.probe.root import data, names, place

_XID = re.compile(r"NVRM: Xid \((?:PCI:)?([0-9a-fA-F:.]{1,20})\): (\d{1,6})(?:, (.*))?")
_COMPLAINT = re.compile(
    r"RmInitAdapter failed|rm_init_adapter failed|requires use of the NVIDIA open kernel modules|API mismatch"
    r"|not supported by the NVIDIA|No NVIDIA GPU found|No NVIDIA devices probed"
    r"|None of the NVIDIA (?:graphics adapters|devices) were|already have another driver|BAR\d is \d+M @ 0x0"
    r"|fallen off the bus|GPU is lost|GSP.*(?:failed|timeout|error)|probe of \S+ failed|Cannot attach gpu"
    r"|[Kk]ey was rejected|unavailable key is rejected|disagrees about version|Unknown symbol"
)
_MOST_RECORDS, _RECORD, _MOST, _LONGEST = 200_000, 8192, 100, 300
_SECONDS = 1.0
_JOURNALS = ("/var/log/journal", "/run/log/journal")
_SHORT = re.compile(r"\[\s*(\d{1,12}\.\d{1,9})\] \S+ kernel: (.*)")
_JOURNALCTL = ("journalctl", "-k", "-b", "-q", "--no-pager", "-o", "short-monotonic", "--grep", "NVRM|nvidia")


def look(root: str) -> dict[str, object]:
    """The fields of KernelLog; `readable` False where this user may not see the log."""
    records = _kmsg(root)
    if records is None and not root and _may_read_journal():
        records = _journal()
    if records is None:
        return {"readable": False, "xids": None, "lines": None}
    xids: list[dict[str, object]] = []
    complaints: dict[str, None] = {}
    for seconds, message in records:
        found = _XID.search(message)
        if found:
            pci, code, words = found.groups()
            xids.append({"code": int(code), "pci": pci.lower(), "text": (words or "")[:_LONGEST], "seconds": seconds})
        elif _COMPLAINT.search(message):
            complaints[message[:_LONGEST]] = None
    return {"readable": True, "xids": xids[-_MOST:], "lines": list(complaints)[-_MOST:]}


def _kmsg(root: str) -> list[tuple[float | None, str]] | None:
    """The driver's records; None where they may not be read. In a root a plain file stands for the device."""
    where = place(root, "/dev/kmsg")
    try:
        if where is None or not stat.S_ISCHR(os.stat(where).st_mode):
            content = data(root, "/dev/kmsg", 1 << 22)
            return None if content is None else _chosen(content.splitlines())
        descriptor = os.open(where, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return None
    try:
        return _chosen(_records(descriptor))
    finally:
        os.close(descriptor)


def _records(descriptor: int) -> Iterator[bytes]:
    """One record a read, until there is none left to read without waiting."""
    for _ in range(_MOST_RECORDS):
        try:
            yield os.read(descriptor, _RECORD)
        except BrokenPipeError:
            continue  # overwritten while it was read: the next is to be had
        except OSError:
            return


def _chosen(records: Iterator[bytes] | list[bytes]) -> list[tuple[float | None, str]]:
    """(seconds since boot, text) of the records that speak of the driver, as "6,339,5140900,-;NVRM: ..."."""
    chosen = (record for record in records if b"NVRM" in record or b"nvidia" in record)
    return [_parted(record.partition(b"\n")[0].decode("utf-8", "replace")) for record in chosen]


def _parted(record: str) -> tuple[float | None, str]:
    head, separator, message = record.partition(";")
    stamp = re.match(r"\d{1,4},\d{1,20},(\d{1,18}),", head)
    return (int(stamp.group(1)) / 1e6, message) if separator and stamp else (None, record)


def _may_read_journal() -> bool:
    """journalctl of a user who may not read the system's journal shows another, and says nothing of the kernel."""
    folders = [f"{journal}/{machine}" for journal in _JOURNALS for machine in names("", journal) or []]
    return any(os.access(f"{folder}/system.journal", os.R_OK) for folder in folders)


def _journal() -> list[tuple[float | None, str]] | None:
    import subprocess  # slow to load, and needed on few hosts

    try:
        ended = subprocess.run(_JOURNALCTL, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    if ended.returncode and (ended.returncode != 1 or ended.stderr):
        return None  # 1 without a word: no line fits; with one: it is too old to search, or could not
    rows = ended.stdout.decode("utf-8", "replace").splitlines()
    return [(float(found.group(1)), found.group(2)) for row in rows if (found := _SHORT.match(row))]
