"""Facts as they grow, line by line of what the probe says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timezone

from diagnostics.doctor.decode import decode_line, sections
from diagnostics.doctor.facts import Facts


class Gathering:
    """`facts` so far; `missing`: the sections that are neither seen nor explained."""

    def __init__(self) -> None:
        self.facts = Facts(taken=datetime.now(timezone.utc).isoformat(timespec="seconds"))
        self.missing = set(sections())

    def take(self, line: bytes) -> bool:
        """Whether a line of the probe brought anything."""
        section = decode_line(line)
        if section is None or section.name not in self.missing:
            return False
        self.missing.remove(section.name)
        if section.value is not None:
            self.facts = replace(self.facts, **{section.name: section.value})
        else:
            self._explain(section.name, section.trouble)
            if section.hung:
                self.facts = replace(self.facts, hung=[*self.facts.hung, section.name])
        return True

    def give_up(self, names: Collection[str], why: str) -> None:
        """Sections that will not come any more."""
        for name in self.missing.intersection(names):
            self._explain(name, why)
        self.missing.difference_update(names)

    def _explain(self, name: str, why: str) -> None:
        self.facts = replace(self.facts, troubles={**self.facts.troubles, name: why})
