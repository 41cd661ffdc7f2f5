"""The PCI devices of a host."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.doctor.probe import pci, root
from tests.diagnostics.doctor.roots import laptop, lay, linux, pci_gpu


def test_a_gpu_is_seen_with_its_driver_and_its_link(tmp_path: Path) -> None:
    """A card in a slot that gives it half its lanes."""
    (gpu,) = pci.look(lay(tmp_path, linux(), pci_gpu(width=8))) or []
    assert gpu == {
        "address": "0000:01:00.0",
        "vendor": "10de",
        "device": "2684",
        "device_class": "0300",
        "driver": "nvidia",
        "runtime_status": "active",
        "link_width": 8,
        "link_width_max": 16,
    }


def test_a_sleeping_gpu_is_not_asked_for_its_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the width wakes it: the file is not even opened."""
    opened: list[str] = []

    def watched(where: str, path: str) -> int | None:
        opened.append(path)
        return root.number(where, path)

    monkeypatch.setattr(pci, "number", watched)
    intel, nvidia = pci.look(lay(tmp_path, linux(), laptop(asleep=True))) or []
    assert (nvidia["runtime_status"], nvidia["link_width"], nvidia["link_width_max"]) == ("suspended", None, None)
    assert intel["vendor"] == "8086"
    assert all("0000:00:02.0" in path for path in opened)
    assert opened


def test_a_gpu_without_a_driver_and_one_of_nouveau(tmp_path: Path) -> None:
    """ "" where none is bound."""
    host = lay(tmp_path, linux(), pci_gpu(driver=""), pci_gpu("0000:02:00.0", driver="nouveau"))
    assert [device["driver"] for device in pci.look(host) or []] == ["", "nouveau"]


@pytest.mark.parametrize("width", [0, 63, 255])
def test_a_width_that_no_link_has_is_not_told(tmp_path: Path, width: int) -> None:
    """A lost device answers 63, a virtual one 0."""
    (gpu,) = pci.look(lay(tmp_path, linux(), pci_gpu(width=width))) or []
    assert gpu["link_width"] is None


def test_switches_and_accelerators_are_listed_and_bridges_are_not(tmp_path: Path) -> None:
    """NVSwitch is a bridge by its class; others' bridges are nothing to us."""
    host = lay(
        tmp_path,
        linux(),
        pci_gpu("0000:05:00.0", device="22a3", device_class="0680"),
        pci_gpu("0000:06:00.0", vendor="8086", device_class="0680"),
        pci_gpu("0000:07:00.0", vendor="1002", device_class="1200", driver="amdgpu"),
        pci_gpu("0000:08:00.1", device_class="0403", driver="snd_hda_intel"),
    )
    assert [device["address"] for device in pci.look(host) or []] == ["0000:05:00.0", "0000:07:00.0"]


def test_no_bus_is_not_the_same_as_no_gpu(tmp_path: Path) -> None:
    """None on a system without /sys, [] where it was seen."""
    assert pci.look(lay(tmp_path / "mac", {"/etc/hosts": ""})) is None
    assert pci.look(lay(tmp_path / "server", linux())) == []
