"""Commands that several faults print: they name what is there, and work as printed."""

from __future__ import annotations

import pytest

from diagnostics.doctor.checks.remedies import reload
from tests.diagnostics.doctor.hosts import changed, hgx_h200_8, rtx4090_driver550_cu126

RTX = rtx4090_driver550_cu126()


@pytest.mark.parametrize(
    ("module", "modules", "command"),
    [
        ("nvidia_uvm", ["nvidia", "nvidia_uvm"], "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm"),
        ("nvidia_uvm", ["nvidia"], "sudo modprobe nvidia_uvm"),
        ("nvidia_uvm", None, "sudo rmmod nvidia_uvm; sudo modprobe nvidia_uvm"),
        (
            "nvidia",
            ["nvidia", "nvidia_uvm", "nvidia_peermem"],
            "sudo rmmod nvidia_peermem nvidia_uvm nvidia && sudo modprobe -a nvidia_uvm nvidia_peermem",
        ),
        (
            "nvidia",
            ["nvidia", "nvidia_uvm", "nvidia_modeset", "nvidia_drm"],
            "sudo rmmod nvidia_drm nvidia_modeset nvidia_uvm nvidia && sudo modprobe -a nvidia_uvm nvidia_drm",
        ),
        ("nvidia", ["nvidia"], "sudo rmmod nvidia && sudo modprobe nvidia_uvm"),
    ],
)
def test_only_loaded_modules_are_taken_out_users_first(module: str, modules: list[str] | None, command: str) -> None:
    """rmmod fails at one that is not loaded, and a chain would end there with nothing loaded."""
    assert reload(changed(RTX, driver={"modules": modules, "persistenced": None}), module) == command


def test_services_that_hold_the_module_are_stopped_for_it() -> None:
    """The persistence daemon and the fabric manager keep nvidia in use, and not nvidia_uvm."""
    host = changed(hgx_h200_8(), driver={"persistenced": True, "fabric_manager": "running"})
    command = reload(host, "nvidia")
    assert command.startswith("sudo systemctl stop nvidia-persistenced nvidia-fabricmanager && sudo rmmod ")
    assert command.endswith(" && sudo systemctl start nvidia-persistenced nvidia-fabricmanager")
    assert "systemctl" not in reload(host, "nvidia_uvm")
