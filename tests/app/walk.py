"""Walks topics of the course in both sizes:  python -m tests.app.walk [TOPIC ...]"""

from __future__ import annotations

import sys

from tests.app.test_every_topic import SIZES, TOPICS, walk


def main() -> None:
    for topic in TOPICS:
        if topic.name in sys.argv[1:] or not sys.argv[1:]:
            for size in SIZES:
                walk(topic, size)
                print(f"{topic.name} at {size[0]}x{size[1]}: walked", flush=True)


if __name__ == "__main__":
    main()
