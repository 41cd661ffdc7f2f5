"""What the key bar of an exercise offers: keys that do something now, the most useful first."""

from __future__ import annotations

from tutor.keys import EDITOR, PLACES, PRACTICE
from tutor.practice.practice import Standing
from tutor.widgets.frame import Hint

_KEYS = {key.action: key for key in (*PRACTICE, *PLACES, *EDITOR)}


def practice_hints(
    one: Standing, *, editing: bool, reference: bool, flip: str, link: bool, solved: bool
) -> tuple[list[Hint], list[Hint]]:
    """The hints, and those that always stand at the right end. `flip`: what `v` brings where two parts take turns."""
    if editing:
        keys = [_hint("run_edit", "check"), _hint("leave_editor"), _hint("original"), _hint("undo")]
        return keys, [("editing", "letters type")]
    always = [_hint("app.help"), _hint("leave")]
    view = [_hint("view", flip)] if flip else []
    if reference:
        return [_hint("code", "task"), *view, _hint("next")], always
    left = len(one.exercise.hints) - len(one.hints)
    work = [_hint("check"), _hint("edit"), _hint("outside")]
    more = [_hint("hint")] if left else []
    after = [_hint("code")] if one.done else []
    last = [_hint("lesson"), *([] if one.done else [_hint("skip")]), _hint("next"), _hint("copy"), _hint("reset")]
    follow = [_hint("follow")] if link else []
    if solved:
        return [_hint("next"), *view, *after, *follow, *work, *(key for key in last if key[0] != "n")], always
    return [*follow, *view, *work, *more, *after, *last], always


def _hint(action: str, word: str = "") -> Hint:
    key = _KEYS[action]
    return key.shown, word or key.word
