"""Files that somebody sent, and lines of the probe: what is wrong with them is one sentence."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.doctor.decode import LARGEST, decode, decode_line, sections
from diagnostics.doctor.facts import Facts, Gpu, Host, Nvml
from tests.diagnostics.doctor import hosts

DEEP = b'{"schema_version": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize("name", hosts.HEALTHY)
def test_facts_come_back_as_they_were(name: str) -> None:
    """Whatever the host."""
    facts = hosts.HEALTHY[name]()
    assert decode(json.dumps(asdict(facts)).encode(), "host.json") == facts


def test_fields_of_later_doctors_are_passed_over() -> None:
    """Of the same schema."""
    data = b'{"schema_version": 1, "host": {"name": "x", "moons": 2}, "weather": "mild"}'
    assert decode(data, "host.json") == Facts(host=Host(name="x"))


def test_an_editors_byte_order_mark_is_passed_over() -> None:
    """As Windows writes it."""
    assert decode(b'\xef\xbb\xbf{"schema_version": 1, "nodes": []}', "host.json") == Facts(nodes=[])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "host.json holds no facts of a host: its JSON ends too early"),
        (b"hello", "host.json holds no facts of a host: it is not JSON from line 1, column 1"),
        (
            b'{"schema_version": 1,\n "host": x}',
            "host.json holds no facts of a host: it is not JSON from line 2, column 10",
        ),
        (b"[]", "host.json holds no facts of a host: the whole is a list, not an object"),
        (b"{}", "host.json holds no facts of a host: it does not say its schema_version"),
        (
            b'{"schema_version": "1"}',
            "host.json holds no facts of a host: schema_version is a text, not a whole number",
        ),
        (b'{"schema_version": 1}', "host.json holds no facts of a host: it has none of their sections"),
        (b'{"schema_version": 1, "findings": []}', "host.json holds no facts of a host: it has none of their sections"),
        (b'{"schema_version": 0, "nodes": []}', "host.json holds no facts of a host: no doctor writes schema 0"),
        (
            b'{"schema_version": 2}',
            "host.json was written by a newer doctor (schema 2, and this one reads 1): update pytorch-tutor",
        ),
        (
            b'{"schema_version": 1, "nvml": {"gpus": [{"index": "0"}]}}',
            "host.json holds no facts that can be judged: nvml.gpus[0].index is a text, not a whole number",
        ),
        (
            b'{"schema_version": 1, "host": {"cpus": true}}',
            "host.json holds no facts that can be judged: host.cpus is true or false, not a whole number or null",
        ),
        (
            b'{"schema_version": 1, "nvml": {"error": 100000000000000000000000}}',
            "host.json holds no facts that can be judged: nvml.error is out of range",
        ),
        (
            b'{"schema_version": 1, "host": {"uptime": 1e999}}',
            "host.json holds no facts that can be judged: host.uptime is out of range",
        ),
        (
            b'{"schema_version": 1, "host": {"uptime": NaN}}',
            "host.json holds no facts of a host: it is not JSON from line 1",
        ),
        (
            b'{"schema_version": 1, "host": {"name": "\xff"}}',
            "host.json holds no facts that can be judged: its text is not",
        ),
        (DEEP, "host.json holds no facts of a host: it is nested too deeply"),
        (
            b'{"schema_version": 1, "host": {"name": "' + b"a" * 70_000 + b'"}}',
            "host.json holds no facts that can be judged: host.name is a text of 70,000 characters",
        ),
        (
            b'{"schema_version": 1, "pci": [' + b",".join([b"{}"] * 10_001) + b"]}",
            "host.json holds no facts that can be judged: pci has 10,001 entries",
        ),
        (b" " * (LARGEST + 1), "host.json is larger than facts can be: 4,194,305 bytes, of at most 4,194,304"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(data: bytes, sentence: str) -> None:
    """What is wrong, and where in the file."""
    with pytest.raises(ValueError, match=r"facts|newer") as caught:
        decode(data, "host.json")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_hostile_file_cannot_speak_to_the_terminal() -> None:
    """Neither by its name nor by what it holds."""
    data = b'{"schema_version": 1, "variables": {"\\u001b]0;x\\u0007": 5}}'
    with pytest.raises(ValueError, match="no facts") as caught:
        decode(data, "\x1b[31mhost.json")
    assert str(caught.value).isprintable()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*sections(), "troubles", "hung", "taken"]), VALUES, max_size=4))
def test_whatever_stands_in_a_file_is_facts_or_a_sentence(content: dict[str, Any]) -> None:
    """Never another error."""
    data = json.dumps({"schema_version": 1, **content}).encode()
    facts: Facts | str
    try:
        facts = decode(data, "host.json")
    except ValueError as error:
        facts = str(error)
    assert isinstance(facts, Facts) or facts.isprintable()


def test_a_line_of_the_probe_is_a_section() -> None:
    """With its type."""
    section = decode_line(b'{"section": "nvml", "facts": {"error": 0, "gpus": [{"index": 0, "power": 71.5}]}}')
    assert section is not None
    assert section.value == Nvml(gpus=[Gpu(index=0, power=71.5)])


def test_a_line_of_trouble_says_why() -> None:
    """And whether it hung."""
    section = decode_line(b'{"section": "nvml", "trouble": "NVML did not answer within 5 s", "hung": true}')
    assert section is not None
    assert (section.value, section.trouble, section.hung) == (None, "NVML did not answer within 5 s", True)


def test_a_section_that_cannot_be_read_is_trouble() -> None:
    """The others go on."""
    section = decode_line(b'{"section": "host", "facts": {"cpus": "many"}}')
    assert section is not None
    assert section.trouble == ("What the probe said of it cannot be read: cpus is a text, not a whole number or null")


@pytest.mark.parametrize(
    "line", [b"", b"Last login: today", b"{", b'{"section": 5}', b'{"section": "host", "facts": {', b"[]"]
)
def test_what_a_shell_prints_is_no_section(line: bytes) -> None:
    """Start-up files speak, too."""
    assert decode_line(line) is None
