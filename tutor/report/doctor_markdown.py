"""The doctor's report as markdown, to be pasted into an issue. Nothing in it that came from outside can be markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnostics.doctor.facts import Facts, Gpu
from diagnostics.doctor.judge import theme_of
from diagnostics.finding import Finding, Step
from diagnostics.text import clean
from tutor import __version__
from tutor.report.doctor_words import WRONG, family, needs, python_in, roots, torch_in, verdict
from tutor.report.findings import LONGEST, SIGNS

MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")
"""What markdown, or what hosts of repositories add to it, could read as more than a character."""

OPENERS = re.compile(r"^(\d*)([-+=.)])")
"""What would make a list or a heading of a paragraph's first line."""

NAMED = re.compile(r"([@#])(?=\w)")
"""Somebody mentioned, or an issue: a space of no width keeps them from being told."""

GIB = 2**30


def markdown(facts: Facts, findings: Sequence[Finding]) -> str:
    """Summary, then each finding that is one with its evidence and fix, then what the machine is. `facts` redacted."""
    parts = [
        f"### tutor doctor: {verdict(findings)}",
        _summary(findings),
        *(_finding(one, findings) for one in roots(findings, (*WRONG, "note"))),
        _environment(facts),
        f"pytorch-tutor {__version__}; names of users, folders and hosts are taken out.",
    ]
    return "\n\n".join(parts)


def _summary(findings: Sequence[Finding]) -> str:
    rows = ["| | theme | finding | id |", "|---|---|---|---|"]
    for one in roots(findings):
        explained = len(family(one, findings)) - 1
        title = escaped(one.title) + (f" (explains {explained} more)" if explained else "")
        rows.append(f"| {_word(one)} | {theme_of(one)} | {title} | `{one.id}` |")
    return "\n".join(rows)


def _finding(finding: Finding, among: Sequence[Finding]) -> str:
    parts = [f"#### {_word(finding)} · {theme_of(finding)}: {escaped(finding.title)}"]
    if finding.evidence:
        parts.append(fenced([clean(line, LONGEST) for line in finding.evidence]))
    if finding.cause:
        parts.append(escaped(finding.cause))
    parts += [_step(step, "Or" if number else "Next") for number, step in enumerate(finding.fix)]
    if finding.status in WRONG:
        parts.append(f"Verify: `tutor doctor --only {finding.id}`")
    explained = family(finding, among)[1:]
    if explained:
        parts.append("\n".join(["Explains:", "", *(f"- {_word(one)} {escaped(one.title)}" for one in explained)]))
    return "\n\n".join(parts)


def _step(step: Step, label: str) -> str:
    text = step.text.removeprefix("or ")
    said = f"**{label}:** {escaped(text)}" + (f" ({needs(step)})" if step.command or step.root or step.reboot else "")
    return f"{said}\n\n{fenced([clean(step.command, LONGEST)], 'sh')}" if step.command else said


def _environment(facts: Facts) -> str:
    known = [(clean(name), clean(words, LONGEST)) for name, words in _known(facts) if words]
    longest = max(len(name) for name, _ in known)
    lines = [f"{name:<{longest}}  {words}" for name, words in known]
    return f"<details><summary>Environment</summary>\n\n{fenced(lines)}\n\n</details>"


def _known(facts: Facts) -> list[tuple[str, str]]:
    """What the machine is, as (name, words); "" where it was not seen."""
    host, driver, nvml, cuda, packages = facts.host, facts.driver, facts.nvml, facts.cuda, facts.packages
    run, variables = facts.torch, facts.variables or {}
    return [
        ("taken", facts.taken),
        ("system", _joined(host.distribution, host.kernel, host.machine, host.libc) if host else ""),
        ("container", facts.container.kind if facts.container else ""),
        ("driver", _joined(driver.loaded, driver.open and "open modules") if driver else ""),
        ("NVML", f"error {nvml.error} {nvml.error_text}" if nvml and nvml.error else ""),
        ("libcuda", _joined(cuda.missing, cuda.error and f"error {cuda.error}", _cuda(cuda.version)) if cuda else ""),
        *((f"GPU {gpu.index}", _gpu(gpu)) for gpu in (nvml.gpus if nvml else None) or []),
        ("python", python_in(facts)),
        ("torch", torch_in(facts)),
        ("torch run", _joined(run.outcome, run.during, *run.error) if run else ""),
        *sorted((packages.versions or {}).items() if packages else ()),
        *sorted(variables.items()),
        *(("not seen", f"{section}: {why}") for section, why in facts.troubles.items()),
    ]


def _gpu(gpu: Gpu) -> str:
    memory = gpu.memory_total and f"{gpu.memory_total / GIB:.0f} GiB"
    capability = gpu.capability and "capability " + ".".join(map(str, gpu.capability))
    return _joined(gpu.name, memory, capability, gpu.mig and "MIG", gpu.error and f"error {gpu.error}")


def _cuda(version: int | None) -> str:
    """12040 as "CUDA 12.4"."""
    return f"CUDA {version // 1000}.{version % 1000 // 10}" if version else ""


def _joined(*words: object) -> str:
    return ", ".join(str(word) for word in words if word)


def _word(finding: Finding) -> str:
    return f"{SIGNS[finding.status]} {finding.status}"


# What keeps text text


def escaped(text: str) -> str:
    """Text as text: no markup, no link, nobody mentioned and no issue named."""
    text = MARKUP.sub(r"\\\g<0>", clean(text, LONGEST).strip())
    text = OPENERS.sub(r"\1\\\2", text).replace("://", ":\\//").replace("www.", "www\\.")
    return NAMED.sub(r"\1&#8203;", text)


def fenced(lines: Sequence[str], language: str = "text") -> str:
    """Lines in a block of code whose fence is longer than any in them."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])
