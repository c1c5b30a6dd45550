"""Which venues have a fast path, and how to make their book source."""

from __future__ import annotations

import random
from collections.abc import Mapping

from venues.live.book_source import BookListener, BookSource, MakeBookSource
from venues.model import Instrument

FAST = ("binanceusdm", "lighter")
"""Venues by the name that the configuration uses."""


def book_source_for(venue: str, *, rng: random.Random, endpoint: str = "") -> MakeBookSource | None:
    """What makes the source of this venue's books once its instruments are known; None where there is no fast path
    and ccxt's books are to be used.

    `rng` gives the jitter of delays. `endpoint` replaces the venue's hosts, as everywhere: `http://HOST:PORT`, or
    `http://…|ws://…`. Raises `ValueError` for one that is neither.
    """
    if venue not in FAST:
        return None
    from venues.fast.endpoint import Endpoint

    Endpoint.of(endpoint, http="", ws="")  # what is wrong with it is said now, not when the source is made

    def make(
        instruments: Mapping[str, Instrument], market_ids: Mapping[str, str], listener: BookListener
    ) -> BookSource:
        if venue == "lighter":
            from venues.fast.lighter import LighterBooks

            return LighterBooks(instruments, market_ids, listener, rng=rng, endpoint=endpoint)
        from venues.fast.binanceusdm import BinanceUsdmBooks

        return BinanceUsdmBooks(instruments, market_ids, listener, rng=rng, endpoint=endpoint)

    return make
