"""Strips that cost what they hold: Textual's make seven caches each before anybody asks, and most of a screen's lines
are painted once and looked through once."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from textual.cache import FIFOCache
from textual.strip import Strip

CACHED = 4
"""Answers that each cache keeps."""


class LeanStrip(Strip):
    """A strip whose caches come with the first question."""

    __slots__ = ()

    def __init__(self, segments: Iterable[Segment], cell_length: int | None = None) -> None:
        self._segments = list(segments)
        self._cell_length = cell_length
        self._render_cache = None
        self._link_ids = None
        self._cell_count = None

    def __getattr__(self, name: str) -> object:
        if not name.endswith("_cache"):
            raise AttributeError(name)
        cache: FIFOCache[object, object] = FIFOCache(CACHED)
        setattr(self, name, cache)
        return cache
