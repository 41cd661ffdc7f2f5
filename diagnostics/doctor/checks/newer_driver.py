"""The step to a newer driver, where there is one for the GPUs that are here."""

from __future__ import annotations

from diagnostics.doctor import compatibility
from diagnostics.doctor.checks import sight
from diagnostics.doctor.checks.views import contained, driver_branch, on_wsl
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step

LONG_TERM = 580
"""The branch that is installed where an older one would do: the last that Maxwell, Pascal and Volta have, too."""


def newer_driver(facts: Facts, least: str) -> tuple[Step, ...]:
    """A driver that is at least so new; none where a GPU here has none so new, or where it is not known how new."""
    branch, last = driver_branch(least), last_branch(facts)
    if branch is None or (last is not None and branch > last):
        return ()
    verify = f"`nvidia-smi` names driver {branch} or newer."
    limit = f" {last} is the last branch for a GPU here." if last else ""
    if on_wsl(facts):
        text = f"Install NVIDIA's driver {branch} or newer in Windows, then restart WSL from there.{limit}"
        return (Step(text, "wsl --shutdown", verify=verify),)
    if contained(facts):
        text = f"Have driver {branch} or newer installed on the host: a container uses the host's.{limit}"
        return (Step(text, root=True, reboot=True, verify=verify),)
    switches = bool(facts.driver and facts.driver.nvswitches)
    fabric = " and the fabric manager of the same version" if switches else ""
    ubuntu = facts.host is not None and facts.host.distribution_id == "ubuntu"
    source = "" if ubuntu else " from the distribution's packages"
    moved = "It changes for every user of this host, and running GPU programs end."
    text = f"Install driver {branch} or newer{fabric}{source}. {moved}{limit}"
    chosen = max(branch, LONG_TERM) if last is None else min(max(branch, LONG_TERM), last)
    command = f"sudo apt install {_packages(facts, chosen, switches)}" if ubuntu else ""
    return (Step(text, command, root=True, reboot=True, verify=verify),)


def last_branch(facts: Facts) -> int | None:
    """The last branch that drives every GPU here; None where no end is announced."""
    ends = [compatibility.last_branch(card.capability) for card in sight.cards(facts)]
    return min((end for end in ends if end is not None), default=None)


def _packages(facts: Facts, branch: int, switches: bool) -> str:
    """Ubuntu's: the open module drives Turing and newer; a fabric manager is packaged for the server's driver."""
    seen = [card.capability for card in sight.cards(facts)]
    opened = "-open" if seen and min(seen) >= (7, 5) else ""
    if switches:
        return f"nvidia-driver-{branch}-server{opened} nvidia-fabricmanager-{branch}"
    return f"nvidia-driver-{branch}{opened}"
