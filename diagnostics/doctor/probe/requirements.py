"""Requires-Dist lines read as far as pins go: `==`, and markers that tell this platform from others.

What cannot be read is no requirement: a false alarm is worse than silence.
"""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple

_LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^();]*)\)?\s*(?:;(.*))?$")
_COMPARISON = re.compile(r"""^\(*\s*(\w+)\s*(==|!=|<=|>=|<|>)\s*["']([^"']*)["']\s*\)*$""")


class Requirement(NamedTuple):
    """`wants` as "==2.13.0", "" where it is no pin."""

    on: str
    wants: str


def normalised(name: str) -> str:
    """As PEP 503 has it: "nvidia-ml-py"."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(line: str) -> Requirement | None:
    """What a line asks for here; None where its marker excludes this platform, or cannot be read."""
    match = _LINE.match(line.strip())
    if match is None or not applies(match[3] or ""):
        return None
    wants = match[2].replace(" ", "")
    return Requirement(normalised(match[1]), wants if re.match(r"^==[^,=]+$", wants) else "")


def applies(marker: str) -> bool:
    """Whether a marker holds here. Extras are not asked for."""
    return not marker.strip() or any(
        all(_holds(part) for part in re.split(r"\band\b", choice)) for choice in re.split(r"\bor\b", marker)
    )


def met(wants: str, has: str) -> bool:
    """Whether a version meets a pin; a build such as +cu126 counts only where the pin names one."""
    pin = wants[2:].lower()
    if pin.endswith(".*"):
        stem = pin[:-2].split(".")
        return has.lower().partition("+")[0].split(".")[: len(stem)] == stem
    return _bare(pin) == _bare(has.lower() if "+" in pin else has.lower().partition("+")[0])


def _bare(version: str) -> str:
    """2.13.0 and 2.13 are one version."""
    public, plus, local = version.partition("+")
    return re.sub(r"(\.0)+$", "", public) + plus + local


def _holds(comparison: str) -> bool:
    match = _COMPARISON.match(comparison.strip())
    here = _here().get(match[1]) if match else None
    if match is None or here is None:
        return False
    sign, value = match[2], match[3]
    if match[1].startswith("python"):
        left, right = _numbers(here), _numbers(value)
        return {"==": left == right, "!=": left != right, "<": left < right, ">": left > right}.get(
            sign, left <= right if sign == "<=" else left >= right
        )
    return sign in ("==", "!=") and (here == value) == (sign == "==")


def _numbers(version: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", version)]


def _here() -> dict[str, str]:
    """The variables of markers, in this Python."""
    system = os.uname()
    names = {"cpython": "CPython", "pypy": "PyPy"}
    return {
        "platform_system": system.sysname,
        "platform_machine": system.machine,
        "sys_platform": sys.platform,
        "os_name": os.name,
        "platform_python_implementation": names.get(sys.implementation.name, ""),
        "python_version": "{}.{}".format(*sys.version_info),
        "python_full_version": "{}.{}.{}".format(*sys.version_info),
    }
