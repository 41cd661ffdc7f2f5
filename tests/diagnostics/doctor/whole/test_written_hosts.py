"""Whole hosts written as Facts: what the doctor says of each, and that it says no more."""

from __future__ import annotations

import pytest

from tests.diagnostics.doctor.whole.said import first_command, noted, told
from tests.diagnostics.doctor.whole.written_hosts import WRITTEN


@pytest.mark.parametrize("name", WRITTEN)
def test_a_host_is_told_what_is_wrong_with_it_and_nothing_else(name: str) -> None:
    """One fault, what follows from it below it, and the step that works."""
    facts, says = WRITTEN[name]
    assert told(facts) == (dict(says.roots), dict(says.folded))
    assert set(says.notes) <= noted(facts)
    if says.run:
        assert says.run in first_command(facts, next(iter(says.roots)))
