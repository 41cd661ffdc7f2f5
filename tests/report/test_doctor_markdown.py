"""The doctor's report for an issue: it renders as it was meant, whatever a machine is called."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from diagnostics.doctor.judge import judge
from diagnostics.finding import STATUSES, Finding, Step
from diagnostics.text import clean
from tests.diagnostics.doctor.hosts import HEALTHY, changed, rtx4090_driver550_cu126
from tutor.report.doctor_markdown import escaped, fenced, markdown
from tutor.report.findings import LONGEST

FACTS = rtx4090_driver550_cu126()
GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

OLD = Finding(
    "driver-too-old",
    "fail",
    "The driver is too old",
    ("driver 535 speaks CUDA 12.2",),
    "13 is newer than 12.",
    (Step("Install another build.", "pip install torch"), Step("Or a driver.", "apt install x", root=True)),
)
FOLDED = Finding("torch-cuda-unavailable", "warn", "torch sees no GPU", consequence_of="driver-too-old")

HOSTILE = (
    "` `` ``` ````",
    "</details><script>alert(1)</script>",
    "| a | b |",
    "[x](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example",
    "@everyone #12 GH#13",
    "# a heading",
    "- a list",
    "12. a list",
    "===",
    "---",
    "<!-- ",
    "&lt;b&gt; &#64;x",
    "$x$ ~~x~~ **x** _x_",
    "\\",
    "a\nb\r\n\n# c",
    "\x1b[31mred",
)


def test_a_report_has_a_summary_each_finding_and_the_machine() -> None:
    """A table first; evidence and commands in blocks that can be copied; the machine folded away at the end."""
    report = markdown(FACTS, [OLD, FOLDED, Finding("hardware", "ok", "1 GPU is well")])
    assert report.startswith("### tutor doctor: 1 broken, 1 ok.\n")
    assert "| ✗ fail | driver-too-old |" in report or "| ✗ fail | torch |" in report
    assert "The driver is too old (explains 1 more) | `driver-too-old` |" in report
    assert "| ✓ ok | hardware | 1 GPU is well | `hardware` |" in report
    assert "```text\ndriver 535 speaks CUDA 12.2\n```" in report
    assert "**Next:** Install another build. (no root, no reboot)\n\n```sh\npip install torch\n```" in report
    assert "(needs root, no reboot)" in report
    assert "Verify: `tutor doctor --only driver-too-old`" in report
    assert "- ! warn torch sees no GPU" in report
    assert "NVIDIA GeForce RTX 4090, 24 GiB, capability 8.9" in report
    assert "CUDA 12.4" in report


@pytest.mark.parametrize("name", HEALTHY)
def test_every_healthy_host_has_a_report(name: str) -> None:
    """Whatever of it was not seen."""
    facts = HEALTHY[name]()
    assert markdown(facts, judge(facts)).startswith("### tutor doctor: Nothing ")


def read(source: str) -> str:
    """What a reader sees of it."""
    return html.unescape(re.sub(r"<[^>]*>", "", GITHUB.render(source))).replace("\u200b", "").strip()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    """It reads as it was, and makes neither link nor list nor heading nor html."""
    assert read(escaped(text)) == clean(text).strip()
    assert re.findall(r"<(?!/?p>)[^>]*>", GITHUB.render(escaped(text))) == []


@given(st.text(st.characters(blacklist_categories=()), max_size=80))
def test_any_text_stays_text(text: str) -> None:
    """One paragraph, and nothing in it but text."""
    assert re.findall(r"<(?!/?p>)[^>]*>", GITHUB.render(escaped(text))) == []
    assert " ".join(read(escaped(text)).split()) == " ".join(clean(text, LONGEST).replace("\u200b", "").split())


def test_nobody_is_told_of_a_name() -> None:
    """Neither a person nor an issue: hosts of repositories read both out of rendered text."""
    assert not re.search(r"[@#]\w", escaped("@everyone, see #12").replace("&#8203;", "\u200b"))
    assert "://" not in escaped("https://evil.example")


@given(st.lists(st.text("`~ab\\", max_size=12), max_size=5))
def test_no_line_closes_its_block(lines: list[str]) -> None:
    """The fence is longer than any run in it."""
    (token,) = GITHUB.parse(fenced(lines))
    assert (token.type, token.content) == ("fence", "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("status", STATUSES)
def test_a_hostile_machine_leaves_the_report_as_it_is(text: str, status: str) -> None:
    """The same blocks, whatever it says of itself."""
    harmless, hostile = (blocks(word, status) for word in ("harmless", text))
    assert hostile == harmless


def blocks(text: str, status: str) -> list[str]:
    """What a report is made of, when a machine says `text` wherever it can."""
    facts = changed(FACTS, variables={text: text}, host={"kernel": text}, python={"version": text})
    finding = Finding(OLD.id, status, text, (text,), text, (Step(text, text),))
    folded = Finding(FOLDED.id, status, text, (text,), text, consequence_of=OLD.id)
    return [token.type for token in GITHUB.parse(markdown(facts, [finding, folded]))]
