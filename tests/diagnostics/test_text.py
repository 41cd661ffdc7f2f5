"""Text that others wrote reaches the screen as text and as nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.text import clean, clean_lines

anything = st.text(st.characters(exclude_categories=())) | st.binary()


@pytest.mark.parametrize(
    "text",
    [
        "python train.py --lr 0.1",
        "λ = 20, 2/λ − 1e-9 × ½",
        "naïve café, Ångström, 模型, модель, ✓ ✗ ● ⠿ █",
        "e\u0301 and q\u0323\u0307",
        "[/foo] [bold]x[/bold]",
        "",
    ],
)
def test_honest_text_is_left_alone(text: str) -> None:
    """Accents, formulas, other scripts and brackets come through unchanged."""
    assert clean(text) == text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]0;pwned\x07", "␛]0;pwned␇"),
        ("\x1b[2J", "␛[2J"),
        ("\x9b2J", "\ufffd2J"),
        ("one\ntwo\r\n", "one␊two␍␊"),
        ("a\tb", "a b"),
        ("a\xa0b\u3000c", "a b c"),
        ("\x7f\x00", "␡␀"),
        ("gpj.\u202eexe", "gpj.\ufffdexe"),
        ("pay\u200bpal\ufeff", "pay\ufffdpal\ufffd"),
        ("soft\xadhyphen", "soft\ufffdhyphen"),
        ("\u2028\u2029", "\ufffd\ufffd"),
        ("\udcff", "\ufffd"),
        ("\U000e0041", "\ufffd"),
        ("\u3164name\u2800", "\ufffdname\ufffd"),
        (b"caf\xe9", "caf\ufffd"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_becomes_a_sign(hostile: str | bytes, shown: str) -> None:
    """Escapes, C1, line breaks, bidi, zero width, tags, surrogates and broken UTF-8 are shown."""
    assert clean(hostile) == shown


def test_a_tower_of_marks_is_cut_down() -> None:
    """Three marks on a letter stay, the rest become one sign."""
    assert clean("a" + "\u0301" * 3 + "b") == "a" + "\u0301" * 3 + "b"
    assert clean("a" + "\u0301" * 90 + "b") == "a" + "\u0301" * 3 + "\ufffdb"


def test_long_text_ends_with_an_ellipsis_at_the_limit() -> None:
    """At the limit it is whole, beyond it the last character says that something is missing."""
    assert clean("x" * 200) == "x" * 200
    assert clean("x" * 201) == "x" * 199 + "…"
    assert clean("abcdef", limit=3) == "ab…"
    assert clean("a" + "\u0301" * 900 + "the rest").endswith("…")


@given(anything, st.integers(1, 300))
def test_it_is_one_printable_line_within_the_limit(text: str | bytes, limit: int) -> None:
    """Whatever comes in, what goes out is printable, short enough, and clean already."""
    shown = clean(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert clean(shown, limit) == shown


def test_lines_are_the_last_ones_as_a_terminal_would_leave_them() -> None:
    """Colours go, a progress bar is its last state, tabs stand at their stops, and only the end is kept."""
    printed = b"old\n\x1b[31mred\x1b[0m\r\n 10%\r 20%\r100%\na\tb\n\x1b[2J\n\n"
    assert clean_lines(printed, last=4) == ("red", "100%", "a       b", "␛[2J")


@pytest.mark.parametrize("nothing", ["", "\n\n", b" \n"])
def test_nothing_printed_has_no_lines(nothing: str | bytes) -> None:
    """Blank output is no line at all."""
    assert clean_lines(nothing) == ()


@given(anything)
def test_every_line_is_printable(text: str | bytes) -> None:
    """No line holds what a terminal would obey."""
    assert all(line.isprintable() for line in clean_lines(text))
