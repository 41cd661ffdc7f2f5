"""GpuPage: the GPUs, the chosen one, and the processes; where there is no GPU, the machine and why."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message

from diagnostics.finding import Finding
from diagnostics.gpus.reading import Host, Reading, Sample
from tutor.draw.canvas import Canvas
from tutor.draw.findings import word_of
from tutor.draw.glyphs import cut
from tutor.draw.gpus import (
    GIB,
    MINUTE,
    draw_area,
    draw_gpu,
    draw_heads,
    draw_processes,
    draw_share,
    facts_of,
)
from tutor.gpu_watch import View
from tutor.report.findings import STYLES
from tutor.widgets.drawn import Drawn
from tutor.widgets.script_field import draw_paragraph

GUTTER = 3
ROOMY = 32
"""Rows of the page from which GPUs have a blank one between them."""
FEW = 8
PROCESSES = 6
"""Rows that processes get at least, heads included."""
BUSY, IDLE = 90, 0


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
    _gpu_rows: range = range(0)
    _every = 1
    _top = 0
    _process_rows: range = range(0)

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
        w, sample = canvas.width - 2 * GUTTER, view.sample
        y = 1 if canvas.height >= 26 else 0
        draw_heads(canvas, GUTTER, y, w, sample, MINUTE)
        roomy = canvas.height >= ROOMY and len(view.gpus) <= FEW
        self._every = 2 if roomy else 1
        y += 1 + roomy
        room = max(1, (canvas.height - y - 4 - PROCESSES) // self._every)
        shown = min(len(view.gpus), room)
        self._top = max(0, view.chosen - shown + 1)
        for row, gpu in enumerate(view.gpus[self._top : self._top + shown]):
            on = self._top + row == view.chosen
            draw_gpu(
                canvas,
                GUTTER,
                y + row * self._every,
                w,
                gpu,
                view.histories(gpu.key),
                sample.time,
                on=on and not view.in_processes,
                stale=sample.silent is not None,
            )
        self._gpu_rows = range(y, y + shown * self._every)
        y += shown * self._every
        if len(view.gpus) > shown:
            canvas.put(GUTTER, y, f"{self._top + 1} to {self._top + shown} of {len(view.gpus)}", "faint")
            y += 1
        y = self._sentence(canvas, y + (0 if roomy else 1), w, view)
        if self.details and view.gpu is not None:
            self._facts(canvas, y, view.gpu, sample.time)
        else:
            self._below(canvas, y, w, view)

    def _sentence(self, canvas: Canvas, y: int, w: int, view: View) -> int:
        """What to make of the chosen GPU; the row after."""
        gpu = view.gpu
        if view.sample.trouble:
            canvas.put(GUTTER, y, "!", "warn bold")
            return draw_paragraph(canvas, GUTTER + 2, y, w - 2, view.sample.trouble, "bright") + 1
        if gpu is None:
            return y
        label = f"GPU {'?' if gpu.index is None else gpu.index}"
        x = canvas.put(GUTTER, y, label, "bright bold") + 3
        if (finding := self.finding(gpu)) is not None:
            x = canvas.put(x, y, word_of(finding), STYLES[finding.status]) + 2
            canvas.put(x, y, cut(f"{finding.title[:1].upper()}{finding.title[1:]}.", w + GUTTER - x - 7), "bright")
            if finding.lesson:
                canvas.right(GUTTER + w, y, "w why", "faint")
            text, spec = finding.cause, "muted"
            return draw_paragraph(canvas, x, y + 1, w - x + GUTTER, text, spec) + 1 if canvas.height >= 26 else y + 2
        return draw_paragraph(canvas, x, y, w - x + GUTTER, remark(gpu), "muted") + 1

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
            canvas.put(GUTTER, y, "The processes on the GPUs cannot be listed here.", "muted")
        elif not view.processes:
            where = f"GPU {gpu.index}" if gpu is not None and not view.all_processes else "a GPU"
            fitting = f" that fits “{view.filter}”" if view.filter else ""
            canvas.put(GUTTER, y, f"No process{fitting} is on {where}.", "muted")
        else:
            chosen = view.chosen_process if view.in_processes else None
            draw_processes(canvas, GUTTER, y, w, canvas.height - y, view.processes, chosen, view.sample.time)
            first = max(0, (chosen or 0) - (canvas.height - y - 1) + 1)
            self._process_rows = range(y + 1, min(canvas.height, y + 1 + len(view.processes) - first))

    def _facts(self, canvas: Canvas, y: int, gpu: Reading, now: float) -> None:
        for row, (label, value) in enumerate(facts_of(gpu, now)):
            canvas.put(GUTTER, y + row, label, "faint")
            canvas.put(GUTTER + 11, y + row, cut(value, canvas.width - 2 * GUTTER - 11), "text")

    def _no_gpu(self, canvas: Canvas, sample: Sample) -> None:
        w = canvas.width - 2 * GUTTER
        why = sample.trouble or "NVML answers, and lists no GPU."
        y = draw_paragraph(canvas, GUTTER, 1, w, why, "bright") + 1
        y = (
            draw_paragraph(canvas, GUTTER, y, w, "`D` asks the doctor what is missing. Here is the machine:", "muted")
            + 1
        )
        for label, part, whole, text in machine(sample.host):
            canvas.put(GUTTER, y, label, "muted")
            draw_share(canvas, GUTTER + 9, y, min(30, w - 30), part, whole, "")
            canvas.put(GUTTER + 9 + min(30, w - 30) + 2, y, text, "text")
            y += 2

    def on_click(self, event: events.Click) -> None:
        view = self.view
        if view is None:
            return
        if event.y in self._gpu_rows:
            at = self._top + (event.y - self._gpu_rows.start) // self._every
            self.post_message(self.Clicked(at - view.chosen, False))
        elif event.y in self._process_rows:
            self.post_message(self.Clicked(event.y - self._process_rows.start - view.chosen_process, True))


def remark(gpu: Reading) -> str:
    """What the numbers of a GPU say that is well."""
    if gpu.state == "asleep":
        return "It sleeps, and is left asleep: nothing is read."
    if gpu.state == "resting":
        return "It is idle, and was let go so that it can fall asleep."
    if gpu.mig:
        return "It is cut into slices (MIG), for which NVML gives no utilisation; enter lists them."
    if gpu.utilisation is None:
        return "NVML gives no utilisation for it."
    if gpu.utilisation == IDLE:
        held = f" {len(gpu.processes)} of its processes still hold memory." if gpu.processes else ""
        return f"No kernel ran in the last second.{held}"
    said = f"A kernel ran in {gpu.utilisation} % of the last second"
    if gpu.utilisation >= BUSY:
        return f"{said}. That does not say how full the GPU was."
    return f"{said}; in the rest it waited for its program."


def machine(host: Host) -> list[tuple[str, int | None, int | None, str]]:
    """Processors and memory: label, part, whole, text."""
    rows: list[tuple[str, int | None, int | None, str]] = []
    if host.cpu is not None:
        rows.append(("CPU", round(host.cpu), 100, f"{host.cpu:.0f} %"))
    if host.memory_used is not None and host.memory_total:
        used, total = host.memory_used, host.memory_total
        rows.append(("memory", used, total, f"{used / GIB:.1f} of {total / GIB:.1f} GiB"))
    return rows
