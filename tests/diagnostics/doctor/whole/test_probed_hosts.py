"""Whole hosts that the probe itself looks at, from the files of a root to the verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from diagnostics.doctor.decode import decode
from diagnostics.doctor.facts import Facts, Gpu, Host, Nvml
from diagnostics.doctor.judge import judge
from diagnostics.doctor.redact import redacted
from tests.diagnostics.doctor.whole.broken_containers import CONTAINERS
from tests.diagnostics.doctor.whole.broken_drivers import DRIVERS
from tests.diagnostics.doctor.whole.broken_torches import TORCHES
from tests.diagnostics.doctor.whole.fields import every, filled, recorded, telling
from tests.diagnostics.doctor.whole.healthy import HEALTHY
from tests.diagnostics.doctor.whole.making import HOST, USER, examination
from tests.diagnostics.doctor.whole.said import first_command, noted, told
from tests.diagnostics.doctor.whole.sick_gpus import SICK

HOSTS = {**HEALTHY, **DRIVERS, **SICK, **CONTAINERS, **TORCHES}

Look = Callable[[str], Facts]


@pytest.fixture(scope="module")
def look(nvml_builds: Path, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """The facts of a host by its name: each is made once, and looked at once."""
    seen: dict[str, Facts] = {}

    def look(name: str) -> Facts:
        if name not in seen:
            *_, seen[name] = examination(HOSTS[name][0], tmp_path_factory.mktemp("host"), nvml_builds)
        return seen[name]

    return look


each = pytest.mark.parametrize("name", HOSTS)


@each
def test_a_host_is_told_what_is_wrong_with_it_and_nothing_else(look: Look, name: str) -> None:
    """From its files, its driver and its torch, by way of the probe."""
    facts, says = look(name), HOSTS[name][1]
    assert told(facts) == (dict(says.roots), dict(says.folded))
    assert set(says.notes) <= noted(facts)
    if says.run:
        assert says.run in first_command(facts, next(iter(says.roots)))


def test_a_torch_that_was_asked_for_no_gpu_is_not_said_to_run_on_the_cpu(look: Look) -> None:
    """A GPU that sleeps is left asleep, and torch could use it."""
    facts = look("laptop with a sleeping GPU")
    (line,) = [one.title for one in judge(facts) if one.id == "torch"]
    assert line == "torch 2.13.0+cu126 is imported, and was asked for no GPU"


# The fields of Facts

NEVER_TRUE = {
    "Node.opens": "the user who runs the tests made the nodes, and may open them",
    "Python.free_threaded": "the Python that runs the tests has its lock",
    "Python.managed": "a virtual environment is its user's own",
    "Python.user_site": "a virtual environment leaves the user's own packages out",
    "Torch.user_site": "a virtual environment leaves the user's own packages out",
}
"""Fields that the probe fills on these hosts with "no" alone -> why; the tests of its modules have the other answer."""


def test_every_field_is_written_by_the_probe(look: Look) -> None:
    """What a check reads and no probe writes would be silent for ever: of no host is a field left as it began."""
    written = {name for host in HOSTS for name in filled(look(host))}
    assert every() - written == set()


def test_every_field_says_something_somewhere(look: Look) -> None:
    """Not only none, no or nothing."""
    told = {name for host in HOSTS for name in telling(look(host))}
    assert every() - told == set(NEVER_TRUE)


def test_checks_read_only_what_the_probe_writes(look: Look) -> None:
    """By the attributes of facts that were asked for while all these hosts were judged."""
    asked: set[str] = set()
    written = {name for host in HOSTS for name in filled(look(host))}
    with recorded(asked):
        for host in HOSTS:
            judge(look(host))
    assert asked - written - {"Facts.troubles", "Facts.hung"} == set()
    assert len(asked) > len(every()) / 2


def test_a_field_that_nobody_writes_is_found() -> None:
    """The tests above can fail."""
    host = Facts(host=Host(name="a"), nvml=Nvml(gpus=[Gpu(mig=False)]))
    assert set(filled(host)) == {"Facts.host", "Facts.nvml", "Host.name", "Nvml.gpus", "Gpu.mig"}
    assert "Gpu.mig" not in set(telling(host))
    asked: set[str] = set()
    with recorded(asked):
        assert host.host
        assert host.host.kernel is None
    assert asked == {"Facts.host", "Host.kernel"}


# Facts that are sent


@each
def test_a_host_is_judged_the_same_from_the_file_that_was_saved(look: Look, name: str) -> None:
    """Redacted as --save-facts does it: the same faults and theme lines, with the same status and cause."""
    facts = look(name)
    assert verdict(decode(saved(facts), "facts.json")) == verdict(facts)


@each
def test_a_saved_file_names_nobody(look: Look, name: str) -> None:
    """Neither the user, nor the home folder, nor the host."""
    text = saved(look(name)).decode()
    assert USER in str(look(name))
    assert [word for word in (USER, HOST, "/home/") if word in text] == []


def saved(facts: Facts) -> bytes:
    return json.dumps(asdict(redacted(facts)), indent=1).encode()


def verdict(facts: Facts) -> list[tuple[str, str, str]]:
    return [(one.id, one.status, one.consequence_of) for one in judge(facts)]
