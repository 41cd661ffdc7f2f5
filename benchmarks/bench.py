"""`make bench`: what the tutor costs, beside a bare Textual app and a bare import of torch, in one run.

CPU seconds and bytes are the same on a busy machine; times are not, and so both programs of a pair are run in turns.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable

from benchmarks import check_start, demos, doctor, gpus, rails, screen, ssh
from benchmarks.figures import Figure, table

# name -> what it measures, with how many runs (keys, seconds) in full and with --quick
MEASUREMENTS: dict[str, tuple[Callable[[int], list[Figure]], int, int]] = {
    "paint": (screen.first_paint, 9, 3),
    "keys": (screen.keys, 360, 120),
    "idle": (screen.idle, 5, 5),
    "pictures": (demos.pictures, 3, 1),
    "graphs": (rails.graphs, 40, 20),
    "launch": (demos.launch, 7, 3),
    "check_start": (check_start.start, 7, 3),
    "doctor": (doctor.doctor, 9, 3),
    "gpus": (gpus.gpus, 60, 10),
    "ssh": (ssh.over_ssh, 60, 12),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs: a first impression in a minute or two")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, metavar="NAME", help=", ".join(MEASUREMENTS))
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; 120x40, truecolor"
    )
    print("Medians, with lowest and highest or the 95th percentile.\n", flush=True)
    figures: list[Figure] = []
    failed: list[str] = []
    for name, (measure, full, quick) in MEASUREMENTS.items():
        if not options.only or name in options.only:
            print(f"measuring {name} ...", flush=True)
            try:
                figures += measure(quick if options.quick else full)
            except (AssertionError, subprocess.CalledProcessError) as error:
                failed.append(f"{name} could not be measured: {error}")
    print("", table(figures), *failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
