"""Knobs, one row each: heavy up to the knob, light after it; brackets and bold, so that all reads without colour."""

from __future__ import annotations

from lessons.kit.knobs import Choice, Knob, Slider, Value
from tutor.draw.canvas import Canvas

NAME = 15
"""Columns of a knob's name."""
VALUE = 11
"""Columns of its value, at the right end."""


def draw_knob(
    canvas: Canvas, x: int, y: int, width: int, knob: Knob, value: Value, *, focus: bool, dim: bool, unused: bool
) -> None:
    """One knob in a row of `width` columns from `x`, where the gutter starts two columns before its name."""
    ground = " on raised" if focus else ""
    canvas.fill(x, y, width, 1, f"text{ground}")
    if focus:
        canvas.put(x, y, "▌", f"accent{ground}")
    quiet = dim or unused
    name = _name(width)
    colour = "bright bold" if focus else "faint" if quiet else "muted"
    canvas.put(x + 2, y, _cut(knob.name, name - 3), colour + ground)
    left, right = x + name, x + width
    if isinstance(knob, Slider):
        _slider(canvas, left, right, y, knob, value, ground, focus, quiet, unused)
    elif isinstance(knob, Choice):
        _choice(canvas, left, right, y, knob, str(value), ground, focus, quiet)
    else:
        on = bool(value)
        canvas.put(left, y, "━●" if on else "○─", ("faint" if quiet else "accent" if on else "muted") + ground)
        canvas.put(left + 3, y, knob.show(value), ("faint" if quiet else "bright" if on else "muted") + ground)
        _arrows(canvas, left - 2, left + 8, y, ground, focus)


def slider_track(x: int, width: int) -> tuple[int, int]:
    """First column and length of a slider's track, for the mouse."""
    name = _name(width)
    return x + name, max(1, width - VALUE - name)


def _name(width: int) -> int:
    return NAME if width > 50 else NAME - 2


def _slider(
    canvas: Canvas,
    left: int,
    right: int,
    y: int,
    knob: Slider,
    value: Value,
    ground: str,
    focus: bool,
    quiet: bool,
    unused: bool,
) -> None:
    length = max(1, right - VALUE - left)
    place = round(knob.fraction(value) * (length - 1))
    canvas.put(left, y, "━" * place, ("faint" if quiet else "accent") + ground)
    canvas.put(left + place, y, "●", ("faint" if quiet else "bright") + ground)
    canvas.put(left + place + 1, y, "─" * (length - place - 1), f"rule{ground}")
    _arrows(canvas, left - 2, left + length + 1, y, ground, focus)
    shown = "unused" if unused else knob.show(value)
    canvas.right(right - 1, y, shown, ("faint" if quiet else "bright bold" if focus else "text") + ground)


def _choice(
    canvas: Canvas, left: int, right: int, y: int, knob: Choice, value: str, ground: str, focus: bool, quiet: bool
) -> None:
    words = left + 1 + sum(len(option) + 2 for option in knob.options)
    gap = 3 if words + 3 * len(knob.options) <= right else 1
    own = value not in knob.options
    if own or words + gap * len(knob.options) > right:  # too many to stand side by side
        place = "yours" if own else f"{knob.options.index(value) + 1} of {len(knob.options)}"
        end = canvas.put(left, y, _cut(value, right - left - len(place) - 3), _chosen(quiet) + ground)
        _arrows(canvas, left - 2, end + 1, y, ground, focus)
        canvas.right(right - 1, y, place, "faint" + ground)
        return
    cursor = left
    for option in knob.options:
        chosen = option == value
        if chosen:
            canvas.put(cursor, y, "[", ("faint" if quiet else "accent") + ground)
            canvas.put(cursor + 1 + len(option), y, "]", ("faint" if quiet else "accent") + ground)
        canvas.put(cursor + 1, y, option, (_chosen(quiet) if chosen else "faint" if quiet else "muted") + ground)
        cursor += len(option) + 2 + gap
    _arrows(canvas, left - 2, cursor - gap + 1, y, ground, focus)


def _chosen(quiet: bool) -> str:
    return "faint" if quiet else "bright bold"


def _arrows(canvas: Canvas, left: int, right: int, y: int, ground: str, focus: bool) -> None:
    if focus:
        canvas.put(left, y, "‹", "accent" + ground)
        canvas.put(right, y, "›", "accent" + ground)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
