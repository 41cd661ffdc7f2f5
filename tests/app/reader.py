"""A reader at the keyboard: the tutor in a terminal of its own, and what its places on the screen say."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.session import Session

WIDE = 100
"""Columns from which text and panel stand side by side."""


class Reader:
    """Presses keys in a running tutor and remembers which; every look waits until the screen says it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pressed: set[str] = set()

    @property
    def wide(self) -> bool:
        return self.session.columns >= WIDE

    def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed.add(key)
            self.session.press(key)

    def escapes(self, text: str) -> None:
        """Out of where a text stands: a key right behind escape would be read as alt with that key."""
        self.press("escape")
        self.sees_no(text)

    def type(self, text: str) -> None:
        """Letters into a field: they are not counted as keys."""
        for character in text:
            self.session.press("space" if character == " " else character)

    # A look means something only if it was not true before the key: what is painted late looks like what was there.

    def sees(self, *wanted: str | Callable[[str], object]) -> str:
        text = ""
        for one in wanted:
            text = self.session.wait_for(one)
        return text

    def sees_no(self, unwanted: str) -> str:
        return self.session.wait_for(lambda text: unwanted not in text)

    def sees_together(self, *parts: str) -> None:
        """All of it on one screen, wherever lines are broken."""
        self.sees(lambda text: all(part in " ".join(text.split()) for part in parts))

    def finishes(self, *parts: str) -> None:
        """A run has come to its end, and that is what is told of it then."""
        self.sees_together("✓ finished", *parts)

    def sees_place(self, name: str) -> None:
        """The header says where one is; the same words may stand on other screens."""
        self.sees(lambda _: f"/ {name}" in " ".join(self.session.rows()[0].split()))

    def sees_row(self, *parts: str) -> None:
        """All the parts in one row."""
        self.sees(lambda text: any(all(part in row for part in parts) for row in text.split("\n")))

    def goes_on_to(self, number: int) -> None:
        """From section to section."""
        while (at := self.section()) < number:
            self.press("n")
            self.sees(lambda _, at=at: self.section() == at + 1)

    def section(self) -> int:
        """Which section the header tells."""
        found = re.search(r" (\d+) of \d+", self.session.rows()[0])
        assert found
        return int(found[1])

    def takes(self, knob: str) -> None:
        """Goes to the knobs and chooses one."""
        self.press("t")
        self.sees(lambda _: self.chosen())
        rows = self.session.rows()
        self.moves_to("up" if rows.index(self.knob(knob)) < rows.index(self.chosen()) else "down", f" {knob} ")

    def moves_to(self, key: str, *parts: str) -> None:
        """Presses an arrow until the chosen row has all the parts."""
        for _ in self.session.rows() * 2:
            if all(part in (at := self.chosen()) for part in parts):
                return
            self.press(key)
            self.sees(lambda _, at=at: self.chosen() not in ("", at))
        raise AssertionError(f"{key} led to no row with {parts}:\n{self.session.text()}")

    def chosen(self) -> str:
        """The row with the bar of the focus; "" where there is none."""
        return next((row for row in self.session.rows() if row.startswith(" ▌")), "")

    def step(self) -> int:
        """Which step the panel shows."""
        found = re.search(r"step (\d+) of", self.sees(lambda text: re.search(r"step \d+ of", text)))
        assert found
        return int(found[1])

    def at_step(self, number: int) -> None:
        self.sees(lambda text: re.search(rf"step {number} of", text))

    def knob(self, name: str) -> str:
        """The row of a knob."""
        panel = [row[52:] if self.wide else row for row in self.session.rows()]
        rows = [row for row in panel if re.match(rf" ?▌? *{name} ", row) and re.search(r"[●○━\[]|\d of \d", row)]
        assert rows, f"no row of the knob {name} in\n{self.session.text()}"
        return rows[-1]

    def value(self, name: str) -> str:
        return self.knob(name).split()[-1]

    def show_panel(self) -> None:
        """Where text and panel take turns, the panel."""
        if not self.wide and not self._on_panel():
            self.press("v")
            self.sees("v text")

    def show_text(self) -> None:
        if not self.wide and self._on_panel():
            self.press("v")
            self.sees("v picture")

    def _on_panel(self) -> bool:
        return re.search(r"v (text|the answer)", self.session.rows()[-1]) is not None
