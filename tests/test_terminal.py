"""What is decided of a terminal, from its environment."""

from __future__ import annotations

import os

import pytest

from tutor.terminal import LOCAL_FPS, REMOTE_FPS, Profile, decide, prepare, reset


def profile(environ: dict[str, str], **options: object) -> Profile:
    settings: dict[str, object] = {"ttys": True, "encoding": "utf-8", **options}
    return decide({"TERM": "xterm-256color", **environ}, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"COLORTERM": "truecolor"}, "true"),
        ({"COLORTERM": "24bit"}, "true"),
        ({}, "256"),
        ({"TERM": "tmux-256color"}, "256"),
        ({"TERM": "screen-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "vt100"}, "none"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "none"),
        ({"NO_COLOR": ""}, "256"),
        ({"TEXTUAL_COLOR_SYSTEM": "truecolor", "TERM": "xterm"}, "true"),
    ],
)
def test_colours_are_those_the_terminal_has(environ: dict[str, str], colours: str) -> None:
    """COLORTERM first, then what the terminal database knows; NO_COLOR over all, unless it is empty."""
    assert profile(environ).colours == colours


@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY", "MOSH_CONNECTION"])
def test_over_ssh_pictures_are_drawn_less_often(variable: str) -> None:
    """A remote session gets the lower rate; a local one, and one that asks for a rate, do not."""
    assert profile({variable: "x"}).fps == REMOTE_FPS
    assert profile({variable: "x"}, fps=12.0).fps == 12
    assert profile({}).fps == LOCAL_FPS


def test_an_encoding_without_braille_gets_ascii() -> None:
    """Glyphs need UTF-8; ASCII can also be asked for."""
    assert profile({}, encoding="ansi_x3.4-1968").ascii
    assert profile({}, ascii_only=True).ascii
    assert not profile({}, encoding="UTF-8").ascii


@pytest.mark.parametrize(("environ", "options"), [({"TERM": "dumb"}, {}), ({}, {"ttys": False})])
def test_where_no_screen_can_be_drawn_a_sentence_says_so(environ: dict[str, str], options: dict[str, object]) -> None:
    """A pipe and a dumb terminal are refused; a terminal is not."""
    assert profile(environ, **options).refusal
    assert not profile({}).refusal


def test_nothing_moves_unless_asked() -> None:
    """Animations are off, also locally."""
    assert not profile({}).motion
    assert profile({}, motion="full").motion


def test_reset_undoes_every_mode_of_a_screen() -> None:
    """Mouse, paste, focus, alternate screen off; cursor on."""
    text = reset()
    for mode in ("1000l", "1003l", "1006l", "2004l", "1004l", "1049l", "25h"):
        assert f"\x1b[?{mode}" in text


def test_an_empty_no_color_is_none_to_textual_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks whether the variable is there; who wants no colours is passed on."""
    monkeypatch.setenv("TEXTUAL_COLOR_SYSTEM", "auto")  # both are put back after the test
    monkeypatch.setenv("NO_COLOR", "")
    prepare(profile({"NO_COLOR": ""}))
    assert "NO_COLOR" not in os.environ
    prepare(profile({"NO_COLOR": "1"}))
    assert os.environ["NO_COLOR"] == "1"
