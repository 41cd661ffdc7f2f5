"""The bytes that a real terminal gets of the worst that others wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.hostile import ALL
from tests.support.hostile_course import hostile_course
from tests.support.session import Session

pytestmark = pytest.mark.pty

OBEYED = re.compile(r"\x1b\[(?:[\d;]*[mHKntABCDGXc]|[?>=<][\d;$]*[hlpuc])|\x1b\]22;[a-z]+\x07|\x1bP[^\x1b]*\x1b\\")
"""What Textual and our own driver send: styles, places, modes, questions, and the shape of the pointer."""

PASTED = ALL.encode("utf-8", "replace").replace(b"\x1b", b"").replace(b"\x03", b"")


def test_a_terminal_gets_nothing_that_others_wrote_to_be_obeyed(tmp_path: Path) -> None:
    """A stranger's course, the palette, a lesson, and what was pasted: no title, no link, no C1, no cleared screen."""
    course = hostile_course(tmp_path / "course", ALL)
    with Session(["tutor", "--course", str(course)], 100, 30) as session:
        session.wait_for("May this code run?")
        session.press("enter")
        session.wait_for("q quit")
        session.press(":")
        session.wait_for("Search for commands")
        session.press("escape")
        session.wait_for(lambda text: "Search for commands" not in text)
        session.press("1")
        session.wait_for("A mean is a sum")
        session.press("C", "E")
        session.wait_for("read the file")
        session.send(b"\x1b[200~" + PASTED + b"\x1b[201~")
        session.wait_quiet()
        session.press("ctrl+q")
        assert session.exit_code() == 0
        written = session.bytes_since().decode("utf-8")
    assert "Traceback" not in written
    left = OBEYED.sub("", written)
    assert [one for one in left if not (one.isprintable() or one in "\r\n")] == []
    assert session.modes_left_on() == []
