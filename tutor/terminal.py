"""What this terminal can do, decided once at start."""

from __future__ import annotations

import codecs
import contextlib
import io
import math
import os
import select
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tutor.draw.glyphs import cells

SMALLEST = (60, 18)
"""Columns and rows below which a screen is one sentence."""

LOCAL_FPS, REMOTE_FPS = 20, 10
"""Pictures a second at most; the link, which is measured, may take fewer."""

RELAYED_FPS = 5
"""The same where a multiplexer on the server answers in the terminal's place, so that the link cannot be measured."""

REMOTE_BUDGET = 20_000
"""Bytes a second that the pictures of a run may take over SSH."""

GUESS = 4_000
"""The same where the terminal gives no answers: a quarter of 128 kbit/s."""


MODERN = ("256color", "kitty", "alacritty", "foot", "wezterm", "ghostty", "contour", "rio")
"""Parts of the names of terminals with 256 colours or more. By name: terminfo lacks the newer ones on many servers."""

CONSOLES = ("linux", "vt", "hp", "wyse", "ansi", "cons25", "sun")
"""Beginnings of the names of terminals whose font has letters and few signs: a Linux console has no braille."""


@dataclass(frozen=True)
class Profile:
    """How to draw here. `refusal` says in one sentence why no screen can be drawn; it is empty where one can."""

    colours: str = "256"
    """"true", "256", "16" or "none"."""
    ascii: bool = False
    theme: str = "dark"
    fps: float = LOCAL_FPS
    budget: float = math.inf
    """Bytes a second that the pictures of a run may take."""
    guess: float = math.inf
    """The same where the terminal never tells what has arrived."""
    motion: bool = False
    multiplexer: str = ""
    """"tmux" or "screen" where one stands between us and the terminal: it may keep what is copied."""
    refusal: str = ""


def decide(
    environ: Mapping[str, str],
    *,
    ttys: bool,
    encoding: str,
    theme: str | None = None,
    ascii_only: bool = False,
    fps: float | None = None,
    motion: str | None = None,
) -> Profile:
    """The profile of a session from its environment; what the reader asks for on the command line wins.

    `ttys`: whether stdin, stdout and stderr are all terminals. `encoding`: of stderr, where the screen goes.
    """
    term = environ.get("TERM", "")
    remote = any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "MOSH_CONNECTION"))
    relayed = _multiplexer(environ)
    profile = Profile(
        colours=_colours(environ, term),
        ascii=ascii_only or not _signs(environ, term, encoding),
        theme=theme or "dark",
        fps=fps or (LOCAL_FPS if not remote else RELAYED_FPS if relayed else REMOTE_FPS),
        budget=math.inf if not remote else 2 * GUESS if relayed else REMOTE_BUDGET,
        guess=GUESS if remote else math.inf,
        motion=motion == "full",
        multiplexer=relayed,
    )
    if not ttys:
        return replace(profile, refusal="this is not a terminal, so there is no screen to draw on")
    if term in ("dumb", "unknown"):
        return replace(profile, refusal=f"TERM={term} cannot draw a screen")
    return profile


def here(**options: object) -> Profile:
    """The profile of this process."""
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    ttys = all(stream is not None and stream.isatty() for stream in streams)
    encoding = (sys.__stderr__.encoding if sys.__stderr__ else None) or "ascii"
    return decide(os.environ, ttys=ttys, encoding=encoding, **options)  # type: ignore[arg-type]


def prepare(profile: Profile) -> None:
    """Tells Textual what was decided. It reads colours from the environment, once, when it is imported."""
    names = {"true": "truecolor", "256": "256", "16": "standard", "none": "standard"}
    os.environ["TEXTUAL_COLOR_SYSTEM"] = names[profile.colours]
    if profile.colours == "none":
        os.environ["NO_COLOR"] = "1"
    else:  # empty it asks for nothing, and Textual heeds it all the same
        os.environ.pop("NO_COLOR", None)
    if profile.ascii and isinstance(sys.__stderr__, io.TextIOWrapper):  # Textual's own widgets know nothing of it
        codecs.register_error("cells", _in_cells)
        sys.__stderr__.reconfigure(encoding="ascii", errors="cells")


def _in_cells(error: UnicodeError) -> tuple[str, int]:
    """An ASCII sign for each column, where words would move what stands after them."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(cells(error.object[error.start : error.end], ascii_only=True)), error.end


def on_hang_up(tell: Callable[[], object]) -> None:
    """Calls `tell`, from a thread of its own, once the terminal that we read from is gone.

    Where the leader of the session ignores SIGHUP nobody sends us one, and reading goes on to find nothing, at once.
    """
    if sys.__stdin__ is None or not sys.__stdin__.isatty():
        return
    watched = select.poll()
    watched.register(sys.__stdin__.fileno(), 0)  # a hang-up is always told

    def watch() -> None:
        [(_, events)] = watched.poll()
        if not events & select.POLLNVAL:  # macOS cannot poll a terminal
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                tell()

    threading.Thread(target=watch, daemon=True).start()


def can_come_back() -> bool:
    """Whether a shell waits that could bring us back from a stop.

    A command of ssh's or tmux' own has none: the kernel then drops the stop, and nothing continues what waits for it.
    """
    import psutil

    try:
        shell = psutil.Process(os.getpgrp()).ppid()
        return os.getsid(shell) == os.getsid(0) and os.getpgid(shell) != os.getpgrp()
    except (psutil.Error, OSError):
        return False


def reset() -> str:
    """What undoes a killed screen: leaves the alternate screen, mouse, paste and focus modes, shows the cursor.

    Also sets the line discipline of the controlling terminal back to sane.
    """
    _sane_tty()
    modes = "".join(f"\x1b[?{mode}l" for mode in (1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2048))
    return f"\x1b[?2026l{modes}\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?7h\x1b[0m\x1b(B\r"


def _sane_tty() -> None:
    try:
        import termios
    except ImportError:  # no POSIX terminal, nothing to mend
        return
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        try:
            if stream is None or not stream.isatty():
                continue
            mode = termios.tcgetattr(stream)
            mode[0] |= termios.ICRNL | termios.IXON | termios.BRKINT
            mode[1] |= termios.OPOST | termios.ONLCR
            mode[3] |= termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ICANON | termios.ISIG | termios.IEXTEN
            termios.tcsetattr(stream, termios.TCSANOW, mode)
            return
        except (termios.error, ValueError, OSError):
            continue


def _colours(environ: Mapping[str, str], term: str) -> str:
    if environ.get("NO_COLOR"):
        return "none"
    asked = {"truecolor": "true", "256": "256", "standard": "16"}.get(environ.get("TEXTUAL_COLOR_SYSTEM", ""))
    if asked:
        return asked
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "true"
    if "direct" in term:
        return "true"
    if any(name in term for name in MODERN) or environ.get("TMUX"):  # tmux takes 256, and sends on what there are
        return "256"
    return "none" if term.startswith(("vt", "hp", "wyse")) else "16"


def _multiplexer(environ: Mapping[str, str]) -> str:
    return "tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else ""


def _signs(environ: Mapping[str, str], term: str, encoding: str) -> bool:
    """Whether lines, blocks and braille arrive: our encoding has them, the font, and what stands in between."""
    if "utf" not in encoding.lower() or term.startswith(CONSOLES):
        return False
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    # Python speaks UTF-8 in the C locale, too; tmux and screen then send an underscore for every sign.
    return not _multiplexer(environ) or "utf" in locale.lower()
