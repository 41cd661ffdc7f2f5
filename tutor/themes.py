"""The colour tables as Textual themes, for the few widgets that are Textual's own: editor and palette."""

from __future__ import annotations

from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

from tutor.draw.canvas import Look


def theme_for(look: Look) -> Theme:
    """A theme of our tokens; below 256 colours the reader's own palette."""
    name = f"tutor-{look.theme}-{look.depth}"
    if look.flat:
        # What is left of Textual's own widgets stays in the reader's palette; only the accents are ours.
        base = BUILTIN_THEMES[f"ansi-{look.theme}"]
        plain = "ansi_default"
        accent = "ansi_cyan" if look.depth == "16" else plain
        return replace(base, name=name, primary=accent, secondary=accent, accent=accent, success=accent)
    colour = look.colour
    return Theme(
        name=name,
        dark=look.theme == "dark",
        primary=colour("accent"),
        secondary=colour("s2"),
        accent=colour("accent"),
        warning=colour("warn"),
        error=colour("danger"),
        success=colour("accent"),
        foreground=colour("text"),
        background=colour("bg"),
        surface=colour("panel"),
        panel=colour("raised"),
        boost=colour("raised"),
    )
