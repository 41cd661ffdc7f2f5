"""A timeline in words: what each lane did, how often and for how long."""

from __future__ import annotations

from lessons.kit.pictures import Lane, Timeline
from lessons.kit.words.numbers import number


def timeline_words(picture: Timeline) -> str:
    lanes = [_lane(lane, picture) for lane in picture.lanes]
    return f"{picture.title}, from 0 to {number(picture.end)} {picture.unit}: {'; '.join(lanes) or 'nothing yet'}."


def _lane(lane: Lane, picture: Timeline) -> str:
    told = []
    for kind, name in enumerate(picture.kinds):
        spans = [stretch.end - stretch.start for stretch in lane.stretches if stretch.kind == kind]
        if spans:
            times = f" in {len(spans)} stretches" if len(spans) > 1 else ""
            told.append(f"{name} {number(sum(spans))} {picture.unit}{times}")
    return f"{lane.name}: {', '.join(told) or 'nothing'}"
