"""The tables agree with each other: a typing error in one of them shows."""

from __future__ import annotations

import re

import pytest

from diagnostics.doctor import compatibility as rules
from diagnostics.doctor import tables


def test_every_code_is_of_an_architecture_that_is_named() -> None:
    """And so is every piece of advice."""
    codes = [code.removesuffix("+PTX") for *_, row in tables.WHEEL_CODE for code in row]
    codes += [code for offer in tables.OFFERS for code in offer.codes]
    assert [code for code in codes if (int(code[:-1]), int(code[-1])) not in tables.ARCHITECTURES] == []


def test_every_wheel_is_of_a_family_whose_driver_is_known() -> None:
    """A wheel that is listed or advised can be judged by its driver."""
    tags = [tag for _, _, tag, _, _ in tables.WHEEL_CODE] + [offer.tag for offer in tables.OFFERS]
    assert [tag for tag in tags if rules.driver_needed(rules.tag_cuda(tag)) is None] == []


def test_no_release_has_two_rows() -> None:
    """One release, one CUDA and one machine: one list of code."""
    seen = [
        (minor, tag, machine)
        for first, last, tag, machine, _ in tables.WHEEL_CODE
        for minor in tables.VISION_FOR_TORCH
        if first <= minor <= last
    ]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("offer", tables.OFFERS, ids=lambda offer: f"{offer.tag} {offer.machine} {offer.torch}")
def test_no_advice_claims_code_that_the_wheels_of_its_tag_lack(offer: tables.Offer) -> None:
    """The newest wheel of a folder that the tables know for a Python has what is claimed of the folder."""
    rows = [
        (last, first, row)
        for first, last, tag, machine, row in tables.WHEEL_CODE
        if (tag, machine) == (offer.tag, offer.machine)
    ]
    for python in offered(offer):
        first, last = (rules.minor(one) or (0, 0) for one in tables.TORCH_FOR_PYTHON[python])
        here = [row for newest, oldest, row in sorted(rows) if oldest <= last and newest >= first]
        assert set(offer.codes) <= set(here[-1]) if rows else (offer.tag, offer.machine) == ("cu128", "aarch64")


def test_no_advice_is_for_a_python_that_torch_has_no_wheel_for() -> None:
    """Each Python of an offer is one that the tables know."""
    assert [offer for offer in tables.OFFERS if not set(offered(offer)) <= set(tables.TORCH_FOR_PYTHON)] == []


def offered(offer: tables.Offer) -> list[tuple[int, int]]:
    """The Pythons that an offer is for."""
    (major, oldest), (_, newest) = offer.pythons
    return [(major, minor) for minor in range(oldest, newest + 1)]


def test_a_toolkit_s_driver_is_of_its_family() -> None:
    """The driver that came with a toolkit runs what the toolkit builds."""
    assert all(rules.driver_runs(driver, cuda) for cuda, driver in tables.TOOLKIT_DRIVERS.items())


def test_torch_from_pypi_is_for_cuda_13_since_2_11() -> None:
    """The step at which `pip install torch` asks for a driver of branch 580."""
    families = {release: rules.numbers(cuda)[0] for release, cuda in tables.PYPI_CUDA.items()}
    assert {release for release, family in families.items() if family == 13} == {
        release for release in families if release >= (2, 11)
    }


def test_versions_are_versions() -> None:
    """Text that is compared as numbers is made of numbers."""
    texts = [*tables.DRIVER_FOR_FAMILY.values(), *tables.TOOLKIT_DRIVERS, *tables.TOOLKIT_DRIVERS.values()]
    texts += [text for pair in (*tables.TORCH_FOR_PYTHON.values(), *tables.FREE_THREADED.values()) for text in pair]
    assert [text for text in texts if not re.fullmatch(r"\d+(\.\d+)*", text)] == []


def test_newer_pythons_begin_and_end_with_newer_torches() -> None:
    """A typing error in a range breaks the order."""
    ranges = [
        tuple(map(rules.numbers, tables.TORCH_FOR_PYTHON[release])) for release in sorted(tables.TORCH_FOR_PYTHON)
    ]
    assert ranges == sorted(ranges)
    assert all(first <= last for first, last in ranges)
