"""A reader walks through three topics, answers, runs, turns and follows: what the lessons promise is on the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lessons.kit.course import load_course
from tests.app.reader import Reader
from tests.support.session import Session
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.pty, pytest.mark.torch]

COURSE = load_course()


@contextmanager
def opened(topic: str, slug: str, home: Path | None = None) -> Iterator[Reader]:
    """A reader in a section, in a terminal of 80 by 24."""
    sections = COURSE.topic(topic).page.sections
    number = next(k for k, section in enumerate(sections, 1) if section.slug == slug)
    with Session(["tutor", "lesson", f"{topic}#{slug}"], 80, 24, home=home) as session:
        reader = Reader(session)
        reader.sees(f"{number} of {len(sections)}", sections[number - 1].title)
        yield reader


def answers(reader: Reader, topic: str, number: int, *told: str) -> None:
    """Goes on to a section and chooses what is right in its question; the run that answers is seen to its end."""
    chooses(reader, topic, number)
    reader.finishes(*told)


def answers_at_once(reader: Reader, topic: str, number: int, *told: str) -> None:
    """The same for a long run, of which `enter` brings the end."""
    chooses(reader, topic, number)
    hurries(reader)
    reader.finishes(*told)


def hurries(reader: Reader) -> None:
    """Before the first frame `enter` would do nothing."""
    reader.sees(lambda text: "● running" in text or "✓ finished" in text)
    reader.press("enter")


def chooses(reader: Reader, topic: str, number: int) -> None:
    reader.goes_on_to(number)
    reader.show_panel()
    reader.sees("waiting for your answer")
    reader.press(str(COURSE.topic(topic).page.sections[number - 1].questions[0].right + 1))
    reader.sees_no("waiting for your answer")


def follows(reader: Reader, link: int, *told: str) -> None:
    """Follows a link of the text, so many further on; what it drives is seen to its end."""
    reader.show_text()
    reader.press(*["tab"] * link, "enter")
    reader.finishes(*told)


# --- Autograd ---


def test_gradients_are_counted_kept_cut_off_and_dropped() -> None:
    """Used twice, only leaves keep theirs, cutting the graph, no_grad() is not eval()."""
    with opened("autograd", "used-twice-counted-twice") as reader:
        counts_each_use(reader)
        keeps_what_is_asked_for(reader)
        cuts_the_graph(reader)
        turns_two_switches(reader)


def counts_each_use(reader: Reader) -> None:
    """7 = 3 + 3 + 1; one step earlier the parts of x have not all arrived."""
    answers(reader, "autograd", 3, "x.grad = 3 + 3 + 1 = 7", "gradient 7 = 3 + 3 + 1")
    reader.sees_row("●━┓", " x ", "leaf", "▲ 7")
    reader.press("b")
    reader.sees_together(
        "‖ paused", "Mul has 1 and sends 1 · 3 = 3 to x and 1 · 3 = 3 to x.", "saved for backward: x = 3"
    )
    reader.sees_row("○─╮", " x ", "1 + …")


def keeps_what_is_asked_for(reader: Reader) -> None:
    """w has no gradient where `double` made it, and h has none until `retain` is on."""
    answers(reader, "autograd", 4, "After backward(): made.grad is 24, w.grad is None, h.grad is None.")
    reader.sees_row(" h ", "no", "MulBackward0", "None")
    reader.takes("double")
    reader.press("left")
    reader.finishes("After backward(): w.grad is 24, h.grad is None.", "○─ off")
    reader.press("down", "right")
    reader.finishes("w.grad is 24, h.grad is 12.", "━● on")
    reader.sees_row(" h ", "MulBackward0", "12")


def cuts_the_graph(reader: Reader) -> None:
    """Two of the four ways leave x its 12."""
    answers(reader, "autograd", 6, "x.grad = 6, b.grad = 1, w.grad = None.", "[detach]")
    reader.sees_row(" 6·x ", "Mul", "18")
    reader.takes("how")
    for key, way, told in [
        ("right", "no_grad", "x.grad = 6, b.grad = 1, w.grad = None."),
        ("right", "freeze", "x.grad = 6 + 6 = 12, b.grad = 1, w.grad = None."),
        ("left", "no_grad", "x.grad = 6, b.grad = 1, w.grad = None."),
        ("left", "detach", "x.grad = 6, b.grad = 1, w.grad = None."),
        ("left", "nothing", "w.grad = 9, x.grad = 6 + 6 = 12, b.grad = 1."),
    ]:
        reader.press(key)
        reader.finishes(f"[{way}]", told)


def turns_two_switches(reader: Reader) -> None:
    """Dropout asks for the mode of the layer, the graph for that of the gradients."""
    answers(reader, "autograd", 8, "the result is not recorded, its grad_fn is None.")
    for call in range(1, 5):
        reader.sees(lambda text, call=call: re.search(rf"call {call} +((0!|2) *){{8}}\n", text))
    reader.takes("training")
    reader.press("left")
    reader.finishes("Call 4: nothing dropped; the result is not recorded", "○─ off")
    reader.sees_no("!")
    reader.press("down", "left")
    reader.finishes("Call 4: nothing dropped; the result is recorded, as MulBackward0.")


def test_gradients_die_shrink_and_are_checked() -> None:
    """Where a gradient dies, the deeper the smaller, check it by subtraction."""
    with opened("autograd", "where-a-gradient-dies") as reader:
        revives_a_relu(reader)
        goes_deep(reader)
        subtracts(reader)


def revives_a_relu(reader: Reader) -> None:
    """A dead relu says 0 and not None; at b = 3 it is still dead, above that it lives."""
    answers(reader, "autograd", 9, "w.grad = 0, x.grad = 0, b.grad = 0.")
    reader.sees_row("relu(w·x + b)", "Relu", "0")
    reader.takes("b")
    for b in ("1.5", "2", "2.5", "3"):
        reader.press("right")
        reader.sees(lambda _, b=b: reader.value("b") == b)
    reader.finishes("w.grad = 0, x.grad = 0, b.grad = 0.")
    reader.press("right")
    reader.finishes("w.grad = 3, x.grad = −1, b.grad = 1.")


def goes_deep(reader: Reader) -> None:
    """32 sigmoids leave 1.9e-21; relu leaves all, doubling explodes."""
    answers_at_once(reader, "autograd", 10, "the gradient that arrives at x is 1.9e-21.", "● 1.9e-21", "float16 ends")
    reader.takes("activation")
    reader.press("right", "right")
    reader.finishes("[relu]", "the gradient that arrives at x is 1.")
    reader.press("right")
    reader.finishes("[double]", "the gradient that arrives at x is 4.3e9.")


def subtracts(reader: Reader) -> None:
    """In float32 the quotient ends at 0; a one-sided one is at its best with a smaller h."""
    answers_at_once(reader, "autograd", 11, "the gradient itself", "float32 is off by 0.278", "at h = 1e-6 in float64.")
    reader.takes("quotient")
    reader.press("right")
    reader.finishes("[one-sided]", "at h = 1e-8 in float64.")


def test_a_real_graph_is_read_node_by_node() -> None:
    """A residual block's `Add` sends the whole gradient both ways; attention is longer, and its rows scroll."""
    with opened("autograd", "reading-a-real-graph") as reader:
        follows(reader, 1, "The pass went through all 19 nodes", "[residual]")
        reader.press("g")
        reader.sees("enter keep")
        reader.moves_to("down", "Add ")
        gradient = reader.chosen().split()[-1]
        reader.sees(lambda text: len(re.findall(rf"to \S+ +{re.escape(gradient)}\n", text)) == 2)
        reader.press("g")
        reader.sees("v text")
        follows(reader, 2, "The pass went through all 24 nodes", "[attention]", "↓ 14 more")
        reader.press("g")
        reader.sees("enter keep")
        reader.moves_to("down", "Softmax")
        reader.sees_together("Softmax softmax(", "saved for backward", "↑ ")
        reader.press("enter")
        reader.sees("enter let go")
        reader.press("g")
        reader.sees_together("Softmax softmax(", "saved for backward")


def test_a_step_back_writes_only_the_rows_concerned() -> None:
    """The node that acts, the one before it and those it sends to; the head, the caption and the node's details."""
    with opened("autograd", "a-gradient-flows-back") as reader:
        answers(reader, "autograd", 2, "w.grad = −18, x.grad = −12, b.grad = −6.")
        reader.press(*["b"] * 4)
        reader.at_step(3)
        reader.session.wait_quiet()
        rows = {name: row_of(reader, pattern) for name, pattern in NODES.items()}
        details = row_of(reader, r"Add  w·x \+ b")
        allowed = {row_of(reader, "step 3 of 7"), row_of(reader, "Add has −6 and sends"), *range(details, details + 3)}
        for step, told, concerned in [
            (4, "b is a leaf: b.grad = −6.", {"Mul", "b", "Add"}),
            (5, "Mul has −6 and sends −6 · 3 = −18 to w", {"Mul", "b"}),
            (6, "w is a leaf: w.grad = −18.", {"w", "x", "Mul"}),
        ]:
            mark = reader.session.mark()
            reader.press("s")
            reader.at_step(step)
            reader.sees(told)
            reader.session.wait_quiet()
            written = rows_written(reader.session, mark)
            assert {name for name, row in rows.items() if row in written} == concerned
            assert written - set(rows.values()) <= allowed


NODES = {
    "w": r" w +leaf", "x": r" x +leaf", "Mul": r" w·x +Mul", "b": r" b +leaf", "Add": r" w·x \+ b +Add",
    "Sub": r" w·x \+ b − 10 +Sub", "Pow": r"\)² +Pow",
}  # fmt: skip


def row_of(reader: Reader, pattern: str) -> int:
    """The only row with that."""
    (found,) = [k for k, row in enumerate(reader.session.rows()) if re.search(pattern, row)]
    return found


def rows_written(session: Session, mark: int) -> set[int]:
    """The rows that anything was written to since the mark, changed by it or not."""
    terminal = Terminal(session.columns, session.lines)
    terminal.screen.dirty.clear()
    terminal.feed(session.bytes_since(mark))
    return set(terminal.screen.dirty)


# --- Number formats ---


def test_numbers_end_and_gaps_grow() -> None:
    """Where float16 ends, with the ruler of all formats; gaps grow with the number."""
    with opened("number_formats", "where-float16-ends") as reader:
        reads_the_ruler(reader)
        steps_through_gaps(reader)


def reads_the_ruler(reader: Reader) -> None:
    """The number's line crosses all three; it stands on those that reach so far."""
    answers(reader, "number_formats", 2, "65504 in float16 and 65536 in bfloat16.", "0.0229 % under")
    reader.sees_row("1e-40", "1e-20", " 1 ", "1e20")
    reader.sees("│ the number 65519")
    on_ruler(reader, float32="●", float16="│", bfloat16="●")
    reader.takes("value")
    reader.press("right")
    reader.finishes("inf in float16", "│ the number 65520")
    reader.press("left", "left")
    reader.finishes("65504 in float16", "│ the number 65504")
    on_ruler(reader, float32="●", float16="●", bfloat16="●")


def on_ruler(reader: Reader, **signs: str) -> None:
    """What stands in the number's column, format by format."""
    rows = reader.session.rows()
    column = next(row.index("│") for row in rows if "│ the number" in row)
    bars = {row.split()[0]: row for row in rows if re.match(r" +b?float\d+ .*━━", row)}
    assert {name: bar[column] for name, bar in bars.items()} == signs


def steps_through_gaps(reader: Reader) -> None:
    """2048 + 1 is lost in float16; down from 1 its gap ÷ size is eps again at 6.1e-5."""
    lost = "x + 1 is x again from 256 on in bfloat16, 2048 on in float16 and 16777216 on in float32."
    answers_at_once(reader, "number_formats", 5, lost, "▲ float16 inf")
    reader.takes("way")
    reader.press("right")
    reader.finishes("[halving]", "At 1.5e-8 the gap is", "float16 is at 0.")
    reader.press(*["b"] * 12)
    reader.at_step(14)
    reader.sees_together("At 6.1e-5 the gap is", "6e-8 in float16")
    reader.sees_row("float16", "6e-8", "9.8e-4")


def test_sums_and_weights_stop() -> None:
    """1 + 1e-4 a thousand times, ones nine thousand times, and a weight on its way to π."""
    with opened("number_formats", "sums-that-stop") as reader:
        answers_at_once(
            reader,
            "number_formats",
            6,
            "1.5 in float32, 1.9766 in float16 and 1 in bfloat16.",
            "● bfloat16 1",
            "the true sum",
        )
        follows(reader, 1, "[0.0001]", "1.1 in float32, 1 in float16 and 1 in bfloat16.")
        follows(reader, 1, "[1]", "9000 in float32, 2048 in float16 and 256 in bfloat16.", "● float16 2048")
        answers_at_once(
            reader, "number_formats", 8, "w is 3.1406 in float32, 3.0938 in float16 and 2.75 in bfloat16; no move"
        )
        reader.sees_row("bfloat16", "0.00781", "0.00781")
        reader.takes("wide_copy")
        reader.press("right")
        reader.sees("● running")
        hurries(reader)
        reader.finishes("3.1406 in bfloat16, each the copy rounded.")


# --- Mixed precision ---


def test_tensors_of_a_step_are_listed_and_a_transformer_is_weighed() -> None:
    """What stays in float32; what shrinks, and what does not."""
    with opened("mixed_precision", "what-stays-in-float32") as reader:
        lists_what_is_held(reader)
        weighs_a_transformer(reader)


def lists_what_is_held(reader: Reader) -> None:
    """The gradient of a weight is float32, that of the output is not."""
    answers(reader, "mixed_precision", 2, "in 16 bits there are output, output.grad.")
    for tensor, dtype, size in [
        ("output.grad", "bfloat16", "2"),
        ("weight.grad", "float32", "4"),
        ("s", "float32", "4"),
    ]:
        reader.sees_row(f"{tensor} ", f" {dtype} ", size)
    reader.takes("dtype")
    reader.press("right")
    reader.finishes("[float16]")
    reader.sees_row(" output.grad ", " float16 ", "2")
    reader.press("b")
    reader.sees_together("‖ paused", "loss.backward() makes output.grad in float16 and weight.grad in float32.")
    reader.sees_no("Adam's")


def weighs_a_transformer(reader: Reader) -> None:
    """Two blocks: 93.2 MiB at most, and 87.2 without Adam; the link at the section's end goes back to the network."""
    answers(reader, "mixed_precision", 8, "Autocast needs 30.6 MiB, more than float32 with 28.8", "[MLP]")
    follows(reader, 2, "[transformer]", "Autocast needs 65.2 MiB of float32's 90.2", "peak 93.2", "A 66.1")
    reader.takes("optimizer")
    reader.press("right")
    reader.finishes("[momentum]", "84.2 MiB", "peak 87.2")
    follows(reader, 4, "[MLP]", "72.8 MiB")


# --- A version of one's own ---

KEPT = {
    "autograd": ("reading-a-real-graph", 11, "for _ in range(8): logits = logits.T", "all 19 nodes", "all 11 nodes"),
    "number_formats": (
        "where-float16-ends", 8, "held = exact.to(torch.bfloat16).to(dtype)",
        "65536 in float32, inf in float16 and 65536 in bfloat16.", "65519 in float32, 65504 in float16",
    ),
    "mixed_precision": (
        "what-stays-in-float32", 5, "weight = nn.Parameter(weight.detach().bfloat16())",
        "weight.grad, Adam's m, Adam's s.", "in 16 bits there are output, output.grad.",
    ),
}  # fmt: skip
"""By topic: a section, the line below which is typed, what is typed, what its run tells and what the original tells."""


@pytest.mark.parametrize("topic", KEPT)
def test_a_version_is_kept_until_it_is_thrown_away(topic: str, tmp_path: Path) -> None:
    """The tutor is left and opened twice: the first time the version is there, then the original, for good."""
    slug, line, typed, told, original = KEPT[topic]
    with opened(topic, slug, tmp_path) as reader:
        if COURSE.topic(topic).page.sections[reader.section() - 1].questions:
            answers(reader, topic, reader.section(), original)
        types_below(reader, line, typed)
        runs_the_editor(reader, told)
        leaves(reader)
    with opened(topic, slug, tmp_path) as reader:
        opens_the_editor(reader)
        reader.sees("your version", typed)
        runs_the_editor(reader, told)
        reader.press("ctrl+t")
        reader.sees("once more")
        reader.press("ctrl+t")
        reader.sees_no(typed)
        leaves(reader)
    with opened(topic, slug, tmp_path) as reader:
        opens_the_editor(reader)
        assert "your version" not in reader.sees_no(typed)
        runs_the_editor(reader, original)


def opens_the_editor(reader: Reader) -> None:
    reader.press("e")
    reader.sees("letters type")


def types_below(reader: Reader, line: int, typed: str) -> None:
    opens_the_editor(reader)
    reader.press(*["down"] * (line - 1), "end", "enter")
    reader.type(typed)
    reader.sees(typed)


def runs_the_editor(reader: Reader, *told: str) -> None:
    """The picture takes the place of the code until a key is pressed."""
    reader.press("ctrl+r")
    reader.finishes("back to the code", *told)
    reader.press("x")
    reader.sees("letters type")


def leaves(reader: Reader) -> None:
    reader.press("ctrl+q")
    assert reader.session.exit_code() == 0


def test_plumbing_is_folded_and_opened_by_enter() -> None:
    """Attention with eight more transpositions has more nodes than there are rows without folding."""
    with opened("autograd", "reading-a-real-graph") as reader:
        follows(reader, 2, "all 24 nodes")
        types_below(reader, 11, "for _ in range(8): logits = logits.T")
        runs_the_editor(reader, "all 32 nodes")
        reader.press("ctrl+g")
        reader.sees("e edits")
        reader.press("c")
        reader.sees("Reading a real graph")
        reader.show_panel()
        reader.press("g")
        reader.sees("enter keep")
        reader.moves_to("down", "⋯ 8 views")
        reader.press("enter")
        reader.sees_no("⋯ 8 views")
        reader.moves_to("down", "ᵀ")
        reader.moves_to("up", "▾ ")
        reader.press("enter")
        reader.sees_row("▌", "⋯ 8 views")
