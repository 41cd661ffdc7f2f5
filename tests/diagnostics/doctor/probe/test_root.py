"""Reading under a root: inside it, without waiting, and never with an exception."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diagnostics.doctor.probe import root as reading
from tests.diagnostics.doctor.roots import FIFO, FOLDER, Link, lay


def test_an_absolute_link_stays_inside_the_root(tmp_path: Path) -> None:
    """/etc/os-release leads to the root's /usr/lib, not to this machine's."""
    root = lay(tmp_path, {"/etc/os-release": Link("/usr/lib/os-release"), "/usr/lib/os-release": "ID=theirs\n"})
    assert reading.text(root, "/etc/os-release") == "ID=theirs\n"
    assert reading.real(root, "/etc/os-release") == "/usr/lib/os-release"


def test_a_link_cannot_climb_out_of_the_root(tmp_path: Path) -> None:
    """Dots above the root end at it, as they do at /."""
    (tmp_path / "outside").write_text("not of this host")
    root = lay(tmp_path / "root", {"/etc/x": Link("../../../outside")})
    assert reading.text(root, "/etc/x") is None


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    """A loop is None, in a root as on the host itself."""
    root = lay(tmp_path, {"/a": Link("/b"), "/b": Link("/a"), "/c": Link("c/c")})
    for path in ("/a", "/b", "/c"):
        assert reading.text(root, path) is None
        assert reading.names(root, path) is None
        assert reading.real(root, path) is None
    assert reading.text("", f"{root}/c") is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A FIFO where a file is expected reads as None at once."""
    root = lay(tmp_path, {"/proc/version": FIFO})
    assert reading.text(root, "/proc/version") is None
    assert reading.names(root, "/proc/version") is None


def test_a_huge_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    """A sparse file of a terabyte costs what the limit says."""
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    assert len(reading.data("", str(tmp_path / "huge"), 1000) or b"") == 1000


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"12x", b"9" * 5000, b"\n\n"])
def test_what_is_no_number_is_none(tmp_path: Path, content: bytes) -> None:
    """Garbage, and digits that no JSON reader would take."""
    root = lay(tmp_path, {"/sys/x": content})
    assert reading.number(root, "/sys/x") is None


def test_a_name_that_is_not_utf8_is_left_out_of_a_listing(tmp_path: Path) -> None:
    """It could not be carried by JSON."""
    (tmp_path / "plain").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xffd")).touch()
    assert reading.names("", str(tmp_path)) == ["plain"]


def test_what_is_missing_or_a_folder_is_none(tmp_path: Path) -> None:
    """So is a path that no system takes."""
    root = lay(tmp_path, {"/folder": FOLDER})
    for path in ("/none", "/folder", "/a\0b", "/" + "x" * 5000):
        assert reading.text(root, path) is None
        assert reading.text("", path) is None


def test_a_program_is_found_on_the_path_of_the_root_alone(tmp_path: Path) -> None:
    """A file that may not be run is none, nor is one of this machine."""
    root = lay(tmp_path, {"/opt/bin/tool": "", "/opt/data/tool": ""})
    assert reading.program(root, "tool", {"PATH": "/none:/opt/data:/opt/bin"}) == "/opt/bin/tool"
    assert reading.program(root, "tool", {"PATH": "/opt/data:relative"}) == ""
    assert reading.program(root, "sh", {"PATH": os.environ["PATH"]}) == ""
