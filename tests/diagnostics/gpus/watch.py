"""A child that runs a Sampler. For each line on stdin it prints the next sample as JSON, and what it cost.

python watch.py PCI_FOLDER INTERVAL SEES_HOST SECONDS_TO_WAIT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from diagnostics.gpus import fleet, sleep
from diagnostics.gpus.reading import as_json
from diagnostics.gpus.sampler import Sampler


def main(devices: str, interval: str, sees_host: str, wait: str) -> None:
    fleet.FIRST_WAIT = fleet.LONGEST_WAIT = float(wait)
    fleet.IDLE = fleet.REST = float(wait)
    sleep.DRIVER = Path(devices).with_name("driver")
    sampler = Sampler(float(interval), devices=Path(devices), sees_host=bool(int(sees_host)))
    sampler.start()
    for _ in sys.stdin:
        sample = sampler.wait(0.5)
        history = {reading.key: sampler.history(reading.key) for reading in sample.readings} if sample else {}
        answer = {**(as_json(sample) if sample else {"gpus": []}), "calls": sampler.calls, "history": history}
        print(json.dumps(answer), flush=True)
    sampler.stop()


main(*sys.argv[1:])
