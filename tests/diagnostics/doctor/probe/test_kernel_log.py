"""The driver's complaints in the kernel's log."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.doctor.probe import kernel_log
from tests.diagnostics.doctor.roots import FIFO, kmsg, lay, linux

FELL = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."


def test_an_xid_is_parsed_with_its_gpu_and_its_time(tmp_path: Path) -> None:
    """Each is kept, in order; other lines of the kernel are not read on."""
    log = kmsg(
        "usb 1-1: new device", FELL, "NVRM: Xid (PCI:0000:D8:00): 13, pid=71, Graphics Exception", "EXT4 mounted"
    )
    seen = kernel_log.look(lay(tmp_path, linux(), log))
    assert seen["xids"] == [
        {
            "code": 79,
            "pci": "0000:3b:00",
            "text": "pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
            "seconds": 2.0,
        },
        {"code": 13, "pci": "0000:d8:00", "text": "pid=71, Graphics Exception", "seconds": 3.0},
    ]
    assert (seen["readable"], seen["lines"]) == (True, [])


@pytest.mark.parametrize(
    "complaint",
    [
        "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x24:0x65:1477)",
        "NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
        "NVRM: API mismatch: the client has the version 550.54.15, but this kernel module has the version 550.54.14.",
        "NVRM: No NVIDIA GPU found.",
        "nvidia: probe of 0000:01:00.0 failed with error -1",
        "NVRM: BAR1 is 0M @ 0x0 (PCI:0000:01:00.0)",
    ],
)
def test_a_complaint_is_kept_once(tmp_path: Path, complaint: str) -> None:
    """The driver repeats itself at every attempt."""
    seen = kernel_log.look(lay(tmp_path, linux(), kmsg(complaint, complaint)))
    assert seen["lines"] == [complaint]


def test_what_a_healthy_driver_writes_is_no_complaint(tmp_path: Path) -> None:
    """Its greeting, its taint, and the persistence daemon's words."""
    log = kmsg(
        "nvidia: loading out-of-tree module taints kernel.",
        "nvidia: module verification failed: signature and/or required key missing - tainting kernel",
        "nvidia-nvlink: Nvlink Core is being initialized, major device number 235",
        "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.14",
        "[drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver",
        "nvidia-uvm: Loaded the UVM driver, major device number 509.",
        "nvidia 0000:01:00.0: enabling device (0000 -> 0003)",
    )
    assert kernel_log.look(lay(tmp_path, linux(), log)) == {"readable": True, "xids": [], "lines": []}


def test_a_log_that_may_not_be_read_is_told_as_such(tmp_path: Path) -> None:
    """Not as one without faults; a pipe in its place is not waited for."""
    unread = {"readable": False, "xids": None, "lines": None}
    assert kernel_log.look(lay(tmp_path / "a", linux())) == unread
    assert kernel_log.look(lay(tmp_path / "b", linux(), {"/dev/kmsg": FIFO})) == unread


def test_a_flood_keeps_its_end(tmp_path: Path) -> None:
    """The last hundred Xids say what is to be said."""
    flood = kmsg(*(f"NVRM: Xid (PCI:0000:3b:00): {n}, x" for n in range(1000)))
    xids = kernel_log.look(lay(tmp_path, linux(), flood))["xids"]
    assert isinstance(xids, list)
    assert [xid["code"] for xid in xids] == list(range(900, 1000))


def test_garbage_in_the_log_is_passed_over(tmp_path: Path) -> None:
    """Half a record, a stamp that is none, bytes that are no text."""
    log = b"NVRM\n;NVRM: Xid (PCI:0000:01:00): 31\n4,x,-;NVRM: Xid (PCI:z): 5\n\xff\xfeRmInitAdapter failed, NVRM\xff\n"
    seen = kernel_log.look(lay(tmp_path, linux(), {"/dev/kmsg": log}))
    assert seen["xids"] == [{"code": 31, "pci": "0000:01:00", "text": "", "seconds": None}]
    assert seen["lines"] == ["\ufffd\ufffdRmInitAdapter failed, NVRM\ufffd"]


JOURNAL = f"""#!/bin/sh
echo "[ 5161.140900] ada kernel: {FELL}"
echo "-- No entries --"
"""


@pytest.fixture
def journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of journalctl, on a host whose /dev/kmsg may not be read."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "journalctl"
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(kernel_log, "_kmsg", lambda _: None)
    monkeypatch.setattr(kernel_log, "_JOURNALS", (str(tmp_path / "journal"),))
    lay(tmp_path, {"/bin/journalctl": JOURNAL, "/journal/0123/system.journal": ""})
    return program


@pytest.mark.usefixtures("journalctl")
def test_the_journal_tells_where_the_log_itself_may_not_be_read() -> None:
    """To a user who may read the system's journal."""
    xids = kernel_log.look("")["xids"]
    assert isinstance(xids, list)
    assert [(xid["code"], xid["seconds"]) for xid in xids] == [(79, 5161.1409)]


@pytest.mark.usefixtures("journalctl")
def test_a_user_who_may_not_read_the_journal_is_not_told_that_all_is_well(tmp_path: Path) -> None:
    """journalctl would show the user's own, in which the kernel never speaks."""
    (tmp_path / "journal/0123/system.journal").unlink()
    assert kernel_log.look("")["readable"] is False


def test_a_journal_that_takes_long_is_left_unread(journalctl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large one on a slow disk: not known, and not "no fault"."""
    journalctl.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(kernel_log, "_SECONDS", 0.05)
    assert kernel_log.look("")["readable"] is False


def test_a_journal_without_a_line_of_the_driver_is_read(journalctl: Path) -> None:
    """journalctl then ends with 1."""
    journalctl.write_text("#!/bin/sh\nexit 1\n")
    assert kernel_log.look("") == {"readable": True, "xids": [], "lines": []}


def test_a_journalctl_that_cannot_search_is_not_believed(journalctl: Path) -> None:
    """Older ones do not know the option, and end with the same number."""
    journalctl.write_text("#!/bin/sh\necho unrecognized option >&2\nexit 1\n")
    assert kernel_log.look("")["readable"] is False
