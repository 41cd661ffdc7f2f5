"""GpuPage: the GPUs, the chosen one, and the processes; where there is no GPU, the machine and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message

from diagnostics.finding import Finding
from diagnostics.gpus.reading import Reading, Sample
from diagnostics.text import clean
from tutor.draw.canvas import Canvas
from tutor.draw.findings import word_of
from tutor.draw.glyphs import cut
from tutor.draw.gpus import (
    MINUTE,
    WIDEST_SENTENCE,
    Columns,
    draw_area,
    draw_gpu,
    draw_heads,
    draw_sentence,
    draw_share,
    number_of,
)
from tutor.draw.processes import draw_processes
from tutor.draw.prose import wrapped
from tutor.gpu_watch import View
from tutor.gpu_words import facts_of, machine, remark
from tutor.report.findings import LONGEST, STYLES
from tutor.widgets.ask_field import draw_paragraph
from tutor.widgets.drawn import Drawn

GUTTER = 3
ROOMY = 32
"""Rows of the page from which GPUs have a blank one between them."""
TALL = 26
"""Rows from which a finding has its cause below it, and the list a blank row above it."""
FEW = 8
PROCESSES = 6
"""Rows that processes get at least, heads included."""
SENTENCE = 4
"""Rows of what there is to say of the chosen GPU, and the blank ones around it."""
LABEL = 11


class GpuPage(Drawn):
    class Clicked(Message):
        """A GPU or a process was clicked, `by` rows from the chosen one."""

        def __init__(self, by: int, process: bool) -> None:
            self.by, self.process = by, process
            super().__init__()

    view: View | None = None
    finding: Callable[[Reading], Finding | None] = staticmethod(lambda reading: None)
    details = False
    """Whether everything that is known of the chosen GPU stands below, in place of history and processes."""
    top_fact = 0
    """The first of the details that is shown."""
    fact_rows = 1
    """How many rows they have."""
    _gpu_rows: range = range(0)
    _every = 1
    """Rows from one GPU to the next."""
    _top = 0
    """The first GPU that is shown, and the first process."""
    _process_rows: range = range(0)
    _top_process = 0

    def paint(self, canvas: Canvas) -> None:
        view = self.view
        self._gpu_rows = self._process_rows = range(0)
        if view is None or not view.sample.time:
            canvas.put(GUTTER, 1, "Waiting for the first readings.", "muted")
        elif not view.sample.readings:
            self._no_gpu(canvas, view.sample)
        else:
            self._gpus(canvas, view)

    def _gpus(self, canvas: Canvas, view: View) -> None:
        w = canvas.width - 2 * GUTTER
        facts = [*facts_of(view.gpu, view.sample.time), *self._next(view.gpu)] if self.details and view.gpu else []
        y = self._list(canvas, w, view, len(facts) or PROCESSES)
        y = self._sentence(canvas, y, w, view)
        if facts:
            self._facts(canvas, y, w, facts)
        else:
            self._below(canvas, y, w, view)

    def _list(self, canvas: Canvas, w: int, view: View, below: int) -> int:
        """The GPUs, as many as leave `below` rows at the bottom; the row after."""
        sample = view.sample
        columns = Columns.within(w, sample.readings)
        y = 1 if canvas.height >= TALL else 0
        draw_heads(canvas, GUTTER, y, columns, sample, MINUTE)
        roomy = canvas.height >= ROOMY and len(view.gpus) <= FEW
        self._every = 2 if roomy else 1
        y += 1 + roomy
        room = max(1, (canvas.height - y - SENTENCE - below) // self._every)
        shown = view.gpus[self._top_of(view, room) :][:room]
        for row, gpu in enumerate(shown):
            draw_gpu(
                canvas,
                GUTTER,
                y + row * self._every,
                w,
                columns,
                gpu,
                view.histories(gpu.key),
                sample.time,
                on=self._top + row == view.chosen and not view.in_processes,
                stale=sample.silent is not None,
                finding=self.finding(gpu),
            )
        self._gpu_rows = range(y, y + len(shown) * self._every)
        y = self._gpu_rows.stop
        if len(view.gpus) > len(shown):
            told = f"{self._top + 1} to {self._top + len(shown)} of {len(view.gpus)}"
            canvas.put(GUTTER, y, told if len(shown) > 1 else f"{self._top + 1} of {len(view.gpus)}", "faint")
            y += 1
        return y + (not roomy)

    def _top_of(self, view: View, room: int) -> int:
        """The list stands still for as long as the chosen one is in it."""
        lowest = max(0, view.chosen - room + 1)
        self._top = max(lowest, min(self._top, view.chosen, max(0, len(view.gpus) - room)))
        return self._top

    def _sentence(self, canvas: Canvas, y: int, w: int, view: View) -> int:
        """What to make of the chosen GPU; the row after."""
        gpu = view.gpu
        if view.sample.trouble:
            canvas.put(GUTTER, y, "!", "warn bold")
            told = view.sample.trouble
            if view.sample.silent is not None:
                told += " The numbers are as old; `D` may say why."
            return draw_sentence(canvas, GUTTER + 2, y, w - 2, told, "bright") + 1
        if gpu is None:
            return y
        if (finding := self.finding(gpu)) is not None:
            return self._finding(canvas, y, w, finding)
        x = canvas.put(GUTTER, y, f"GPU {number_of(gpu)}", "bright bold") + 3
        return draw_sentence(canvas, x, y, w - x + GUTTER, remark(gpu), "muted") + 1

    def _next(self, gpu: Reading) -> list[tuple[str, str]]:
        """What the doctor says to do first, as details."""
        finding = self.finding(gpu)
        if finding is None:
            return []
        step = finding.fix[0] if finding.fix else None
        told = [("doctor", finding.title), *([("next", step.text), ("", step.command)] if step else [])]
        return [(label, clean(text, LONGEST)) for label, text in told if text]

    def _finding(self, canvas: Canvas, y: int, w: int, finding: Finding) -> int:
        """Its title names the GPU."""
        x = canvas.put(GUTTER, y, word_of(finding), STYLES[finding.status]) + 2
        end = GUTTER + w
        if finding.lesson:
            canvas.right(end, y, "w why", "faint")
            end -= len("w why") + 2
        canvas.put(x, y, cut(f"{finding.title[:1].upper()}{finding.title[1:]}.", end - x), "bright")
        if canvas.height < TALL:
            return y + 2
        y = draw_sentence(canvas, x, y + 1, w - x + GUTTER, finding.cause, "muted")
        if finding.fix:
            step = finding.fix[0]
            y = draw_sentence(canvas, x, y, w - x + GUTTER, clean(step.text, LONGEST), "text")
            if step.command:
                canvas.put(x, y, cut(clean(step.command, LONGEST), w - x + GUTTER), "code")
                y += 1
        return y + 1

    def _below(self, canvas: Canvas, y: int, w: int, view: View) -> None:
        """The history of the chosen GPU, where there is room, and the processes."""
        listed = min(len(view.processes), 12) + 2
        area = canvas.height - y - listed - 1
        gpu = view.gpu
        if gpu is not None and gpu.state in ("ready", "resting") and not gpu.mig and area >= 4:
            area = min(area, 12 if len(view.gpus) == 1 else 6)
            draw_area(canvas, GUTTER, y, w, area, view.histories(gpu.key), view.sample.time)
            y += area + 1
        if view.sample.processes is None:
            canvas.put(GUTTER, y, cut("The processes on the GPUs cannot be listed here.", w), "muted")
        elif not view.processes:
            canvas.put(GUTTER, y, cut(_no_process(view), w), "muted")
        else:
            chosen = view.chosen_process if view.in_processes else None
            shown = draw_processes(canvas, GUTTER, y, w, canvas.height - y, view.processes, chosen, view.sample.time)
            self._top_process = shown.start
            self._process_rows = range(y + 1, y + 1 + len(shown))

    def _facts(self, canvas: Canvas, y: int, w: int, facts: Sequence[tuple[str, str]]) -> None:
        """As many as there is room for; where there are more, the last row says so."""
        told = [
            (label if number == 0 else "", line)
            for label, value in facts
            for number, line in enumerate(wrapped(value, max(1, min(w - LABEL, WIDEST_SENTENCE))))
        ]
        room = canvas.height - y
        self.fact_rows = max(1, room - (len(told) > room))
        self.top_fact = max(0, min(self.top_fact, len(told) - self.fact_rows))
        for row, (label, line) in enumerate(told[self.top_fact : self.top_fact + max(0, self.fact_rows)]):
            canvas.put(GUTTER, y + row, cut(label, w), "faint")
            canvas.put(GUTTER + LABEL, y + row, cut(line, w - LABEL), "text")
        below = len(told) - self.top_fact - self.fact_rows
        if room > 1 and len(told) > room:
            canvas.put(GUTTER, canvas.height - 1, cut(f"▾ {below} more" if below else "▴ pgup", w), "accent")
            canvas.right(GUTTER + w, canvas.height - 1, "pgdn" if below and w > 20 else "", "faint")

    def _no_gpu(self, canvas: Canvas, sample: Sample) -> None:
        w = canvas.width - 2 * GUTTER
        why = sample.trouble or "NVML answers, and lists no GPU."
        y = draw_paragraph(canvas, GUTTER, 1, w, why, "bright") + 1
        next_step = "`D` asks the doctor what is missing. Here is the machine:"
        y = draw_paragraph(canvas, GUTTER, y, w, next_step, "muted") + 1
        bar = min(30, w - 30)
        for label, part, whole, text in machine(sample.host):
            canvas.put(GUTTER, y, label, "muted")
            draw_share(canvas, GUTTER + 9, y, bar, part, whole, "")
            canvas.put(GUTTER + 9 + bar + 2, y, text, "text")
            y += 2

    def on_click(self, event: events.Click) -> None:
        view = self.view
        if view is None:
            return
        if event.y in self._gpu_rows:
            at = self._top + (event.y - self._gpu_rows.start) // self._every
            self.post_message(self.Clicked(at - view.chosen, False))
        elif event.y in self._process_rows:
            at = self._top_process + event.y - self._process_rows.start
            self.post_message(self.Clicked(at - view.chosen_process, True))


def _no_process(view: View) -> str:
    where = f"GPU {number_of(view.gpu)}" if view.gpu is not None and not view.all_processes else "a GPU"
    return f"No process{f' that fits “{view.filter}”' if view.filter else ''} is on {where}."
