"""The header tells how busy a demo keeps its device, in a real terminal."""

from __future__ import annotations

import re

import pytest

from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]


def test_the_header_tells_how_busy_the_device_is_while_a_demo_runs() -> None:
    """At the end it tells the device alone, and not a byte is sent any more."""
    with Session(["tutor", "lesson", "learning_rate", "--fps", "5"], 80, 24) as session:
        reader = Reader(session)
        reader.sees("torch 2")
        reader.goes_on_to(2)
        reader.press("space")
        reader.sees(lambda _: re.search(r"torch 2\.\d+   cpu \d+ %", session.rows()[0]))
        reader.press("space")
        reader.sees(lambda _: session.rows()[0].rstrip().endswith("   cpu"))
        session.wait_quiet(2.5)
