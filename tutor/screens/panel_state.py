"""What the panel says in each state of a run: the state's word, and the sentences of trouble."""

from __future__ import annotations

from dataclasses import replace

from lessons.kit.pictures import Meter
from tutor.draw.panel import PanelView
from tutor.edits import DemoCode
from tutor.lab.player import Player, State
from tutor.lab.protocol import DemoFailed, NotAllowed, NoTorch, WorkerDied
from tutor.practice.told import to_allow
from tutor.reading import Reading
from tutor.report.running import as_sentence

STATES = {
    State.EMPTY: ("○ not run yet", ""),
    State.STARTING: ("", ""),
    State.RUNNING: ("● running", "accent"),
    State.PAUSED: ("‖ paused", ""),
    State.FINISHED: ("✓ finished", ""),
    State.FAILED: ("✗ stopped", "danger"),
}


def panel_view(
    reading: Reading,
    player: Player,
    *,
    words: bool = False,
    slow: bool = False,
    code: DemoCode | None = None,
    editing: bool = False,
) -> PanelView:
    """The panel as `player` stands.

    `slow`: the first frame takes long enough to say so. `code`: what is open, if it is. `editing`: letters type in it.
    """
    demo = reading.demo
    if demo is None:
        return PanelView(caption="This section has no demo.")
    state, tone = _state(reading, player, slow, code)
    frame = player.frame or player.before
    danger = player.state is State.FINISHED and _in_danger(player)
    view = PanelView(
        title=demo.name,
        shows="your version" if code and code.edited else demo.shows,
        state="■ finished" if danger else state,
        tone="danger" if danger else tone,
        frame=frame,
        locked=reading.locked,
        frozen=danger,
        words=words,
    )
    if player.trouble is not None:
        return _troubled(view, player, code is not None, editing, reading.typed)
    if reading.locked:
        count = len(reading.open_question.answers) if reading.open_question else 0
        keys = ", ".join(str(n) for n in range(1, count)) + f" or {count}"
        return replace(view, caption=f"The picture waits for your answer. Press {keys}.")
    if player.late and player.lab.torch:
        anew = "ctrl+r to run yours anew, ctrl+t for the original" if editing else "r to start it anew"
        return replace(
            view, caption=f"The next frame takes long: the demo computes, or goes round for ever. Press {anew}."
        )
    if not player.frames and slow:
        return replace(view, caption="The first frame comes as soon as torch is there. Reading goes on meanwhile.")
    return view


def _state(reading: Reading, player: Player, slow: bool, code: DemoCode | None) -> tuple[str, str]:
    match player.trouble:
        case DemoFailed(kind="ValueError") if reading.typed:
            return f"✗ {reading.typed} does not work", "danger"
        case DemoFailed(line=int(line)):
            return f"✗ stopped by line {(code and code.local_line(line)) or line}", "danger"
        case DemoFailed():
            return "✗ stopped by an error", "danger"
        case WorkerDied():
            return "✗ the demo's process ended", "danger"
        case NoTorch():
            return "– needs torch", ""
        case NotAllowed():
            return "– not allowed", ""
    if player.late and player.lab.torch:
        return "··· no frame yet", ""
    if player.state is State.STARTING or not player.frames:
        return ("··· starting torch" if slow and not player.lab.torch else "", "")
    if reading.locked:
        return "○ waiting for your answer", ""
    if player.state is State.PAUSED and player.at == 0:
        return "○ not run yet", ""
    return STATES[player.state]


def _in_danger(player: Player) -> bool:
    """Whether the last frame's meter stands where things go wrong."""
    zones = [p.zone() for p in player.frame.pictures if isinstance(p, Meter)] if player.frame else []
    return any(zone is not None and zone.tone == "danger" for zone in zones)


def _troubled(view: PanelView, player: Player, open_code: bool, editing: bool, typed: str) -> PanelView:
    """What happened, what is kept, the last lines of stderr, and the key that goes on.

    `typed` is the knob for which the reader typed a value of their own: the demo is the judge of that.
    """
    trouble = player.trouble
    if isinstance(trouble, NoTorch):
        return _no_torch(view, trouble)
    if isinstance(trouble, NotAllowed):
        return _not_allowed(view, trouble)
    kept = ""
    if player.frame:
        kept = f" The picture is the frame before it, step {player.frame.step}."
    elif player.before:
        kept = " The picture still shows the run before."
    rows: list[tuple[str, str]] = [("", "text")]
    if isinstance(trouble, WorkerDied):
        caption = f"{as_sentence(trouble.sentence)}{kept} Your text, knobs and answers are kept."
        if trouble.stderr:
            rows += [
                ("the end of stderr", "faint"),
                *((f"  {line[:100]}", "muted") for line in trouble.stderr[-4:]),
                ("", "text"),
            ]
    elif isinstance(trouble, DemoFailed) and trouble.kind == "ValueError" and typed and not editing:
        rows += [(f"t, enter  types {typed} again", "text"), ("z         all defaults", "text")]
        told = trouble.message.rstrip(".") + "."  # begins as it was typed: y is not Y
        return replace(view, caption=told + kept, details=tuple(rows), frozen=True, locked=False)
    elif isinstance(trouble, DemoFailed):
        caption = as_sentence(f"{trouble.kind}: {trouble.message}" if trouble.message else trouble.kind) + kept
    else:
        return view
    if editing:
        rows += [("ctrl+r  runs yours again", "text"), ("ctrl+t  brings the original back", "text")]
    else:
        rows += [("space  runs it again", "text"), *([] if open_code else [("c      shows the code", "text")])]
    return replace(view, caption=caption, details=tuple(rows), frozen=True, locked=False)


def _not_allowed(view: PanelView, trouble: NotAllowed) -> PanelView:
    reading = (("", "text"), ("Reading and questions work without it.", "text"), ("", "text"))
    rows = (*reading, *to_allow(trouble), ("", "text"), ("r  looks again", "text"))
    return replace(view, caption=as_sentence(trouble.sentence), details=rows, frame=None)


def _no_torch(view: PanelView, trouble: NoTorch) -> PanelView:
    rows = (
        ("", "text"),
        ("Reading and questions work without it.", "text"),
        ("", "text"),
        ("Use a torch that you already have:", "muted"),
        ("  tutor --python PATH/TO/python", "code"),
        ("", "text"),
        ("Or install it here, about 200 MB for the CPU build:", "muted"),
        ("  pip install 'pytorch-tutor[torch]' \\", "code"),
        ("    --extra-index-url https://download.pytorch.org/whl/cpu", "code"),
        ("", "text"),
        ("r  looks again", "text"),
    )
    return replace(view, caption=as_sentence(trouble.sentence), details=rows, frame=None)
