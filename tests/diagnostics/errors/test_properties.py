"""What holds for any text: an answer, bounded memory, and no byte that a terminal would obey."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.errors.explain import explain
from diagnostics.errors.reading import line_of, lines
from diagnostics.finding import Finding

PIECES = [
    "Traceback (most recent call last):",
    '  File "train.py", line 3, in f',
    "    loss.backward()",
    "    ~~~~^^^^",
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)",
    "RuntimeError: Caught KeyError in DataLoader worker process 0.",
    "Original Traceback (most recent call last):",
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
    "Cell In[3], line 2",
    "----> 2 loss.backward()",
    "[rank0]: ",
    "\x1b[31m",
    "\r",
    "\0",
    "  | ",
    "E   ",
    "",
    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
    "  exitcode  : -9 (pid: 3)",
    '"exc_info": "Traceback (most recent call last):\\n  File \\"a.py\\", line 1, in f\\nKeyError: 3"',
]


def texts(findings: list[Finding]) -> Iterator[str]:
    for one in findings:
        yield from (one.title, one.cause, *one.evidence)
        if one.where:
            yield from (one.where.file, one.where.expression)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=30)), max_size=40).map("\n".join))
@settings(max_examples=300, deadline=None)
def test_any_text_has_an_answer(text: str) -> None:
    """All of it printable, whatever was in the log."""
    findings = explain(text)
    assert findings
    assert all(said.isprintable() for said in texts(findings))


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """Text or not."""
    assert explain(data)[0].status in ("skipped", "fail", "warn")


@given(st.lists(st.binary(max_size=20), max_size=10))
def test_lines_do_not_depend_on_how_a_file_is_cut(chunks: list[bytes]) -> None:
    """A chunk may end within a character, or between the two of a line's end."""
    whole = b"log:\n" + b"".join(chunks)
    assert list(lines([b"log:\n", *chunks])) == list(lines(whole))


@pytest.mark.parametrize(
    "line",
    [
        b"epoch 1 step 3 loss 0.5 error 0.1\n",
        b"\r 45%|####      | 12/50 [00:12<01:00]",
        b'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nKeyError: 3\n',
        b"x" * 1000,
    ],
)
def test_a_long_log_takes_no_more_memory_than_a_short_one(line: bytes) -> None:
    """Neither for many lines, nor for one without an end, nor for many errors."""
    chunk = line * (2**16 // len(line))
    explain(chunk)
    tracemalloc.start()
    try:
        explain(itertools.repeat(chunk, 60))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 2**20


def test_the_error_at_the_end_of_a_long_log_is_found() -> None:
    """Behind a bar that never ended its line."""
    bar = b"\r 45%|####      | 12/50 [00:12<01:00]" * 2000
    error = b'Traceback (most recent call last):\n  File "a.py", line 7, in f\n    x.view(4)\n'
    error += b"RuntimeError: shape '[4]' is invalid for input of size 6\n"
    (finding,) = explain(itertools.chain(itertools.repeat(bar, 20), [error]))
    assert finding.id == "view-shape"
    assert finding.where is not None
    assert (finding.where.file, finding.where.line) == ("a.py", 7)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a\nb\r\nc\rd", ["a", "b", "c", "d"]),
        ("a\nb\r\nc", ["a", "b", "c"]),
        ("", [""]),
    ],
)
def test_a_line_ends_as_any_system_ends_it(text: str, first: list[str]) -> None:
    """A carriage return alone, too: each state of a bar is a line."""
    assert list(lines(text)) == first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_what_powershell_writes_is_read(encoding: str) -> None:
    """Its redirected output is UTF-16."""
    assert list(
        lines("Traceback λ\nEnd".encode(encoding) if encoding != "utf-16-le" else "Trace\nEnd".encode(encoding))
    )[1] == ("End")


@pytest.mark.parametrize(
    "line",
    [
        '  File "a.py", line {}, in f',
        "Cell In[3], line {}",
        "---> {} loss.backward()",
        "a.py:{}: UserWarning: odd",
        "a.py:{}: in f",
        "│ a.py:{} in f │",
    ],
)
def test_a_line_number_of_any_length_has_an_answer(line: str) -> None:
    """Python refuses to read a number of more than 4300 digits."""
    header = 'Traceback (most recent call last):\n  File "b.py", line 3, in g\n'
    assert explain(f"{header}{line.format('7' * 5000)}\nKeyError: 3\n")


@pytest.mark.parametrize("text", ["{}: RuntimeError: x", "{} | Traceback"])
def test_a_host_is_no_longer_than_hosts_are(text: str) -> None:
    """Else a long line of digits would be searched from each of them."""
    assert line_of(text.format("7" * 20)).source == "7" * 20
    assert line_of(text.format("7" * 200)).source == ""
