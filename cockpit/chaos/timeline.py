"""What happened in a run, in order: a digest that two runs of one seed share, and lines that a person can read."""

from __future__ import annotations

import zlib
from collections import deque

from venues.model import NS_PER_S

KEPT = 4_000


class Timeline:
    """Every entry goes into the digest; the text is kept where `keep`, for a replay."""

    def __init__(self, start_ns: int, *, keep: bool = False) -> None:
        self._start = start_ns
        self._keep = keep
        self.digest = 0
        self.entries = 0
        self.lines: deque[str] = deque(maxlen=KEPT)

    def add(self, now_ns: int, who: str, what: object) -> None:
        """`what` is only rendered: its text must be the same in every run of the seed."""
        text = f"{(now_ns - self._start) / NS_PER_S:10.4f}  {who:<12} {what}"
        self.digest = zlib.crc32(text.encode(), self.digest)
        self.entries += 1
        if self._keep:
            self.lines.append(text)
