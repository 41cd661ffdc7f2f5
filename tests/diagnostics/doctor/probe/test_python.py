"""The Python that is judged, as it sees itself."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from diagnostics.doctor.probe import python


@pytest.mark.parametrize(
    ("marked", "virtual", "managed"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_python_of_the_systems_packages_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marked: bool, virtual: bool, managed: bool
) -> None:
    """An environment that was made from it is not meant."""
    if marked:
        (tmp_path / "EXTERNALLY-MANAGED").write_text("[externally-managed]\n")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", "/usr" if virtual else sys.prefix)
    assert python.look("/")["managed"] is managed
