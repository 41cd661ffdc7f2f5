"""`python -m diagnostics.training.virtual_device.make_rules` writes the table of rules for the installed torch."""

from __future__ import annotations

import json
import sys

from .definitions import installed
from .tables import FOLDER


def main() -> int:
    import torch

    version = ".".join(torch.__version__.split(".")[:2])
    path = FOLDER / f"torch-{version}.json"
    text = json.dumps(installed(), indent=0, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {path} ({len(text) // 1024} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
