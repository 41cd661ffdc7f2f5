"""What the key bar of a lesson offers: keys that do something now, the most useful first."""

from __future__ import annotations

from lessons.kit.knobs import Choice, Knob, Slider
from lessons.kit.pictures import Graph
from tutor.draw.layer_rows import MOST as MOST_LAYERED
from tutor.draw.prose import LinkStop, Stop
from tutor.keys import hint
from tutor.lab.player import State
from tutor.reading import Reading
from tutor.screens.panel_state import STATES
from tutor.widgets.frame import Hint

ALWAYS = [hint("app.help"), hint("leave")]

RUN = {State.RUNNING: "pause", State.FINISHED: "run again", State.FAILED: "run again"}


def lesson_hints(
    reading: Reading,
    state: State,
    stop: Stop | None,
    *,
    mode: str,
    area: str,
    knob: Knob | None,
    graph: Graph | None,
    kept: bool,
    flip: str,
) -> tuple[list[Hint], list[Hint]]:
    """The hints, and those that always stand at the right end.

    `mode`: what stands at the left, or "edit" or "type"; `area`: what has focus; `knob`: the chosen one; `graph`:
    the one that can be looked into; `kept`: whether its chosen node stays; `flip`: what `v` brings where text and
    panel take turns, else "".
    """
    view = hint("view", flip or "view")
    run = hint("toggle_run", RUN.get(state, "run"))
    if mode == "edit":
        if flip not in ("", "picture"):
            return [("any key", "back to the code")], []
        keys = [hint("run_edit"), hint("leave_editor"), hint("original"), hint("undo")]
        sign, _, word = STATES[state][0].partition(" ")
        told = [(sign, word)] if flip and word else []  # the panel that says so cannot be seen
        return keys, [*told, ("editing", "letters type")]
    if mode == "type":
        return [("enter", "run it"), ("esc", "leave it"), ("ctrl+u", "clear")], [("typing", "letters type")]
    if mode == "find":
        return [("enter", "go"), ("↑↓", "choose"), ("esc", "leave")], []
    if mode == "read":
        return [("y", "copy"), ("w", "text")], ALWAYS
    if mode == "code":
        return [*([] if reading.locked else [run]), hint("edit"), hint("copy"), hint("code", "text"), view], ALWAYS
    if question := reading.open_question:
        answer = (f"1-{len(question.answers)}", "answer")
        return [answer, view, hint("next_section"), hint("previous_section"), hint("code")], ALWAYS
    keys = [run, *([view] if flip else [])]
    if area == "knobs" and knob is not None:
        own = [("enter", "type your own")] if isinstance(knob, Choice) and knob.typed else []
        keys += [*own, ("←→", f"turn {knob.name}"), *([(", .", "finely")] if isinstance(knob, Slider) else [])]
    elif area == "picture":
        keys = [
            ("↑↓", "node"),
            hint("follow", "let go" if kept else "keep"),
            *([hint("layers")] if graph and len(graph.nodes or ()) <= MOST_LAYERED else []),
            *keys,
            hint("graph", "leave"),
        ]
    elif isinstance(stop, LinkStop):
        keys.insert(0, hint("follow"))
    keys += [hint("step"), hint("step_back")]
    keys += [hint("graph")] if graph and area != "picture" else []
    keys += [hint("knobs")] if area != "knobs" else []
    keys += [hint("next_section"), *([] if flip else [view]), hint("code"), hint("restart"), hint("find")]
    return keys, ALWAYS
