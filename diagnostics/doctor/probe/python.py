"""The Python that is judged, which is the one that runs this."""

from __future__ import annotations

import os
import site
import struct
import sys
import sysconfig
from typing import Any


def look(root: str) -> dict[str, Any]:
    """Section "python". A root has no Python of its own that could run."""
    version = sys.version_info
    return {
        "executable": sys.executable,
        "version": "{}.{}.{}".format(*version) + ("" if version.releaselevel == "final" else version.releaselevel),
        "implementation": sys.implementation.name,
        "bits": struct.calcsize("P") * 8,
        "free_threaded": "t" in getattr(sys, "abiflags", ""),
        "prefix": sys.prefix,
        "conda": os.path.isdir(os.path.join(sys.prefix, "conda-meta")),
        "virtual": sys.prefix != sys.base_prefix,
        "user_site": bool(site.ENABLE_USER_SITE) and site.getusersitepackages() in sys.path,
        "local_torch": local_torch(),
        "headers": os.path.isfile(os.path.join(include(), "Python.h")),
        "managed": managed(),
    }


def managed() -> bool:
    """As pip itself looks: a virtual environment is nobody's but its user's."""
    own = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    return sys.prefix == sys.base_prefix and os.path.isfile(own)


def include() -> str:
    """Where this Python's headers belong: a virtual environment uses those of the Python that it was made from."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"
    return os.path.join(sys.base_prefix, "include", name)


def local_torch() -> str | None:
    """What a program in the current folder imports in the place of the installed torch.

    The probe itself took that folder from its path.
    """
    try:
        here = os.getcwd()
    except OSError:  # it is gone
        return None
    if os.path.realpath(here) not in map(os.path.realpath, sys.path):
        found = named_torch(here)
        if found:
            return found
    for folder in sys.path:
        if os.path.isfile(os.path.join(folder, "torch", "version.py")):
            return None
        found = named_torch(folder)
        if found:
            return found
    return None


def named_torch(folder: str) -> str | None:
    """A package or a file in a folder that `import torch` takes."""
    package = os.path.join(folder, "torch")
    if os.path.isfile(os.path.join(package, "__init__.py")):
        return package
    return f"{package}.py" if os.path.isfile(f"{package}.py") else None
