"""The key map: every key once, with what the key bar and the help page say of it. Bindings are made from it.

Small letters act here, capitals go to places, and a key means the same on every screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
    """`keys` in Textual's names, `shown` in the reader's; `word` for the key bar, `meaning` for the help page."""

    action: str
    keys: str
    shown: str
    word: str
    meaning: str
    group: str


READ, RUN, TURN, GO, EDIT = "Read", "Run", "Turn", "Go", "Edit"

LESSON = (
    Key("next_section", "n", "n", "next", "next section", READ),
    Key("previous_section", "p", "p", "previous", "previous section", READ),
    Key("up", "up,k", "↑ k", "up", "scroll, choose", READ),
    Key("down", "down,j", "↓ j", "down", "scroll, choose, downwards", READ),
    Key("page_down", "pagedown", "pgdn", "on", "a screen on", READ),
    Key("page_up", "pageup", "pgup", "back", "a screen back", READ),
    Key("home", "home", "home", "top", "to the top", READ),
    Key("end", "end", "end", "end", "to the end", READ),
    Key("next_stop", "tab", "tab", "choose", "links, knobs, graph", READ),
    Key("previous_stop", "shift+tab", "shift+tab", "choose", "the one before", READ),
    Key("follow", "enter", "enter", "follow", "follow, answer", READ),
    Key("view", "v", "v", "view", "both, picture, text", READ),
    Key("find", "/", "/", "search", "search", READ),
    Key("read_more", "w", "w", "why", "where to read more", READ),
    Key("toggle_run", "space", "space", "run", "run, pause", RUN),
    Key("step", "s", "s", "step", "one step on", RUN),
    Key("step_back", "b", "b", "back", "one step back", RUN),
    Key("restart", "r", "r", "restart", "restart the run", RUN),
    Key("graph", "g", "g", "graph", "to the graph, and back", RUN),
    Key("layers", "l", "l", "layers", "graph as rails or layers", RUN),
    Key("words", "i", "i", "in words", "the picture in words", RUN),
    Key("code", "c", "c", "code", "the demo's code", RUN),
    Key("edit", "e", "e", "edit", "edit the code", RUN),
    Key("copy", "y", "y", "copy code", "copy the code", RUN),
    Key("knobs", "t", "t", "turn knobs", "to the knobs, and back", TURN),
    Key("turn(-1)", "left", "←", "turn", "turn the knob down", TURN),
    Key("turn(1)", "right", "→", "turn", "turn the knob up", TURN),
    Key("turn_fine(-1)", "comma,shift+left", ",", "fine", "finely down", TURN),
    Key("turn_fine(1)", "full_stop,shift+right", ".", "fine", "finely up", TURN),
    Key("reset_knob", "backspace", "backspace", "default", "this knob's default", TURN),
    Key("reset_knobs", "z", "z", "defaults", "all defaults", TURN),
)

ANSWERS = tuple(
    Key(f"answer({number})", str(number), str(number), "answer", "answer the question", READ) for number in range(1, 10)
)

TOPICS = tuple(
    Key(f"topic({number})", str(number), str(number), "open", "open the topic of this number", READ)
    for number in range(1, 10)
)

PLACES = (
    Key("contents", "C", "C", "contents", "contents", GO),
    Key("app.check_script", "S", "S", "script", "check a script", GO),
    Key("app.practice", "P", "P", "practice", "exercises", GO),
    Key("app.explain", "E", "E", "explain", "explain an error", GO),
    Key("app.doctor", "D", "D", "doctor", "check this machine", GO),
    Key("app.gpus", "G", "G", "GPUs", "GPUs, live", GO),
    Key("app.command_palette", ":,ctrl+p", ":", "commands", "every command", GO),
    Key("app.help", "?", "?", "all keys", "all keys, and back", GO),
    Key("leave", "q", "q", "back", "back", GO),
    Key("app.quit", "ctrl+q", "ctrl+q", "quit", "quit", GO),
)

CONTENTS = (
    Key("up", "up,k", "↑ k", "choose", "choose a topic", READ),
    Key("down", "down,j", "↓ j", "choose", "scroll, choose, downwards", READ),
    Key("page_up", "pageup,home", "home", "first", "the first topic", READ),
    Key("page_down", "pagedown,end", "end", "last", "the last topic", READ),
    Key("open", "enter", "enter", "open", "open the topic", READ),
    Key("view", "v", "v", "preview", "list or preview", READ),
    Key("find", "/", "/", "search", "search all topics", READ),
    Key("question", "d", "d", "question", "question of the day", READ),
)

FINDINGS = (
    Key("next", "n", "n", "next", "next finding", READ),
    Key("previous", "p", "p", "previous", "previous finding", READ),
    Key("up", "up,k", "↑ k", "choose", "choose a finding, scroll", READ),
    Key("down", "down,j", "↓ j", "choose", "choose, scroll, downwards", READ),
    Key("page_down", "pagedown", "pgdn", "on", "detail or list a screen on", READ),
    Key("page_up", "pageup", "pgup", "back", "a screen back", READ),
    Key("home", "home", "home", "top", "to the top", READ),
    Key("end", "end", "end", "end", "to the end", READ),
    Key("view", "v,enter", "v", "detail", "list or detail (enter too)", READ),
    Key("lesson", "w", "w", "why", "the lesson on it", READ),
    Key("all", "a", "a", "show all", "skipped and ok too", READ),
    Key("check_again", "r", "r", "check again", "check again", RUN),
    Key("copy", "y", "y", "copy fix", "copy the fix", RUN),
)

CHECK = (
    *FINDINGS,
    Key("toggle_run", "space", "space", "stop", "stop, run", RUN),
    Key("another", "o", "o", "another script", "another script", RUN),
)

DOCTOR = FINDINGS

EXPLAIN = (
    *(key for key in FINDINGS if key.action != "check_again"),
    Key("another", "o", "o", "another log", "another log", RUN),
)

PRACTICE = (
    Key("next", "n", "n", "next", "next exercise", READ),
    Key("previous", "p", "p", "previous", "previous exercise", READ),
    Key("up", "up,k", "↑ k", "up", "scroll the task", READ),
    Key("down", "down,j", "↓ j", "down", "scroll the task downwards", READ),
    Key("page_down", "pagedown", "pgdn", "on", "the code a screen on", READ),
    Key("page_up", "pageup", "pgup", "back", "a screen back", READ),
    Key("home", "home", "home", "top", "to the top", READ),
    Key("end", "end", "end", "end", "to the end", READ),
    Key("next_stop", "tab", "tab", "choose", "links of the task", READ),
    Key("previous_stop", "shift+tab", "shift+tab", "choose", "the one before", READ),
    Key("follow", "enter", "enter", "follow", "follow the link", READ),
    Key("view", "v", "v", "view", "task or code; code alone", READ),
    Key("lesson", "w", "w", "why", "the lesson on it", READ),
    Key("hint", "h", "h", "hint", "the next hint", READ),
    Key("check", "r", "r", "check", "check your code now", RUN),
    Key("edit", "e", "e", "edit", "edit your code here", RUN),
    Key("outside", "f", "f", "your editor", "your file in $EDITOR", RUN),
    Key("copy", "y", "y", "copy path", "copy your file's path", RUN),
    Key("code", "c", "c", "reference", "the reference", RUN),
    Key("skip", "x", "x", "skip", "skip it; it stays here", RUN),
    Key("reset", "z", "z", "begin anew", "begin anew, yours is kept", RUN),
)

GPUS = (
    Key("up", "up,k", "↑ k", "choose", "choose", READ),
    Key("down", "down,j", "↓ j", "choose", "choose, downwards", READ),
    Key("first", "home", "home", "first", "the first", READ),
    Key("last", "end", "end", "last", "the last", READ),
    Key("page_down", "pagedown", "pgdn", "on", "a screen on", READ),
    Key("page_up", "pageup", "pgup", "back", "a screen back", READ),
    Key("switch", "tab,shift+tab", "tab", "processes", "GPUs, processes", READ),
    Key("details", "enter,v", "enter", "details", "all of the GPU (v too)", READ),
    Key("find", "/", "/", "filter", "filter", READ),
    Key("order", "o", "o", "order", "in another order", READ),
    Key("all", "a", "a", "processes", "of all GPUs, or of one", READ),
    Key("lesson", "w", "w", "why", "the lesson on it", READ),
    Key("in_words", "i", "i", "in words", "as text", READ),
    Key("hold", "space", "space", "hold", "hold, go on", RUN),
    Key("copy", "y", "y", "copy row", "copy the row", RUN),
)

EDITOR = (
    Key("run_edit", "ctrl+r,f5", "ctrl+r", "run yours", "run yours (F5 too)", EDIT),
    Key("original", "ctrl+t", "ctrl+t", "original", "the original again", EDIT),
    Key("leave_editor", "ctrl+g,escape", "ctrl+g", "leave editor", "leave (escape too)", EDIT),
    Key("undo", "ctrl+z", "ctrl+z", "undo", "undo", EDIT),
)

EDITING = frozenset(("backspace", "delete", "ctrl+u", "left", "right", "home", "end", "enter", "escape"))
"""Keys besides letters that every field takes."""


def bindings(keys: Iterable[Key]) -> list[Binding]:
    """Textual bindings, not shown in a footer: the key bar draws itself."""
    return [Binding(key.keys, key.action, key.word, show=False) for key in keys]


BY_ACTION = {key.action: key for key in (*LESSON, *PLACES, *EDITOR)}


def hint(action: str, word: str = "") -> tuple[str, str]:
    """(key, word) of an action of the lesson screen, for its key bar."""
    key = BY_ACTION[action]
    return key.shown, word or key.word
