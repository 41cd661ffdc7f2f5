"""`python -m tests.support.nvml SCENARIO COMMAND...`: runs a command on a machine with that scenario's GPUs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.nvml import SCENARIOS, scenario, simulated


def main(arguments: list[str]) -> int:
    """The command's own exit code; 64 where there is no command."""
    if len(arguments) < 2:
        names = ", ".join(sorted(path.stem for path in SCENARIOS.glob("*.ini")))
        print(f"usage: python -m tests.support.nvml SCENARIO COMMAND...\nscenarios: {names}", file=sys.stderr)
        return 64
    name, *command = arguments
    text = Path(name).read_text(encoding="utf-8") if name.endswith(".ini") else scenario(name)
    with tempfile.TemporaryDirectory() as folder:
        driver = simulated(text, Path(folder), Path(folder), clock=None)
        return subprocess.run(command, env=driver.env).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
