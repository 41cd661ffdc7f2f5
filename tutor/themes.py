"""The colour tables as Textual themes, for the few widgets that are Textual's own: editor and palette."""

from __future__ import annotations

from textual.theme import Theme

from tutor.draw.canvas import Look


def theme_for(look: Look) -> Theme:
    """A theme of our tokens; below 256 colours the reader's own palette."""
    name = f"tutor-{look.theme}-{look.depth}"
    if look.flat:
        plain = "ansi_default"
        accent = "ansi_cyan" if look.depth == "16" else plain
        return Theme(
            name=name, ansi=True, dark=look.theme == "dark", primary=accent, secondary=accent, accent=accent,
            warning="ansi_yellow" if look.depth == "16" else plain, error="ansi_red" if look.depth == "16" else plain,
            success=accent, foreground=plain, background=plain, surface=plain, panel=plain, boost=plain,
        )  # fmt: skip
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
