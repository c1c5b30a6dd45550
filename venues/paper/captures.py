"""Opens a capture, whichever venue's streams it holds."""

from __future__ import annotations

from pathlib import Path

from venues.paper.capture import CaptureMarket
from venues.paper.capture_file import CaptureFile
from venues.paper.capture_lighter import LighterCapture, is_lighter
from venues.paper.capture_replay import CaptureReplay


def open_capture(path: str | Path) -> CaptureReplay:
    """A market that replays the file, told by its first line. Raises `CaptureError` for one that is none."""
    file = CaptureFile(Path(path))
    try:
        first = next(iter(file), b"")
    finally:
        file.close()
    return LighterCapture(path) if is_lighter(first) else CaptureMarket(path)


def venue_of(capture: CaptureReplay) -> str:
    """Name of the profile whose fees and delays fit it."""
    return "lighter" if isinstance(capture, LighterCapture) else "binance"
