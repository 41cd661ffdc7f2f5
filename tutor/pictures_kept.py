"""The last picture of each topic, kept in the state folder so that the contents can show it."""

from __future__ import annotations

from pathlib import Path

from lessons.kit.pictures import Frame
from lessons.kit.wire import to_line, to_wire
from tutor.lab.frames import read_frame
from tutor.progress import state_folder
from tutor.whole_file import write_whole


def keep_picture(topic: str, frame: Frame, folder: Path | None = None) -> None:
    """Stores a frame; a full or read-only disk costs the picture and nothing else."""
    file = _file(topic, folder)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, to_line(to_wire(frame)))
    except OSError:
        return


def kept_picture(topic: str, folder: Path | None = None) -> Frame | None:
    """The frame that was stored, or None where there is none that can be read."""
    try:
        return read_frame(_file(topic, folder).read_bytes(), None)
    except (OSError, ValueError):
        return None


def _file(topic: str, folder: Path | None) -> Path:
    return (folder or state_folder()) / "pictures" / f"{topic}.json"
