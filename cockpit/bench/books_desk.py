"""Adapters of the books bench, and a desk on them: watch-only accounts, as nobody has keys for the bench."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, cast

from cockpit.desk.desk import Desk
from cockpit.desk.journal import Journal
from cockpit.desk.journal_writer import ThreadWriter
from cockpit.live.client_ids import OrderIdCodec
from strategies.registry import STRATEGIES
from venues.fast.sources import book_source_for
from venues.live.dialects import DIALECTS
from venues.live.pool import VenuePool
from venues.live.venue import CcxtVenue
from venues.model import BookUpdate, SystemClock, VenueListener


class BookEar(Protocol):
    def on_book(self, update: BookUpdate) -> None: ...


class BookEars(Protocol):
    def at(self, venue: str) -> BookEar: ...


class Counted(CcxtVenue):
    """Shows each book to somebody else too."""

    ear: BookEar | None = None

    async def connect(self, listener: VenueListener) -> None:
        told = listener if self.ear is None else cast(VenueListener, _Both(listener, self.ear))
        await super().connect(told)


class _Both:
    """A `VenueListener` in front of another."""

    def __init__(self, listener: VenueListener, ear: BookEar) -> None:
        self._listener = listener
        self._ear = ear

    def on_book(self, update: BookUpdate) -> None:
        self._listener.on_book(update)
        self._ear.on_book(update)

    def __getattr__(self, name: str) -> object:
        return getattr(self._listener, name)


class _Deaf:
    """A `VenueListener` that does nothing."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def adapters(endpoints: Mapping[str, str], symbols: Mapping[str, Sequence[str]], *, fast: bool) -> list[Counted]:
    return [
        Counted(
            account=name,
            dialect=DIALECTS[name](),
            credentials={},
            clock=SystemClock(),
            ids=OrderIdCodec(),
            symbols=symbols[name],
            pool=VenuePool(),
            endpoint=endpoint,
            books=book_source_for(name, rng=random.Random(1), endpoint=endpoint) if fast else None,
            read_only=True,
        )
        for name, endpoint in endpoints.items()
    ]


@asynccontextmanager
async def watch(made: Sequence[Counted], symbols: Mapping[str, Sequence[str]], ears: BookEars) -> AsyncIterator[None]:
    """The adapters alone."""
    for venue in made:
        venue.ear = ears.at(venue.venue)
        await venue.connect(cast(VenueListener, _Deaf()))
        venue.subscribe(symbols[venue.venue])
    try:
        yield
    finally:
        for venue in made:
            await venue.close()


@asynccontextmanager
async def desk_of(made: Sequence[Counted], journal_file: Path, ears: BookEars) -> AsyncIterator[None]:
    """A desk with its journal on disk; it subscribes to every market of its accounts."""
    for venue in made:
        venue.ear = ears.at(venue.venue)
    journal = Journal.open(journal_file, ThreadWriter)
    desk = Desk(clock=SystemClock(), journal=journal, venues=list(made), strategies=STRATEGIES, version="bench")
    starting = asyncio.get_running_loop().create_task(desk.start())
    try:
        yield
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await desk.cut_off()
        journal.close()
