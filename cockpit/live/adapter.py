"""The live adapter: ccxt with a dialect for each venue, one pool for all accounts of one address; edgeX by its SDK."""

from __future__ import annotations

import random
from collections.abc import Mapping

from cockpit.live.account import Looked
from cockpit.live.needs import NATIVE, missing
from cockpit.live.venues import AtVenue, Wanted
from venues.edgex.venue import EdgexVenue
from venues.fast.sources import book_source_for
from venues.live.account_check import check_account
from venues.live.book_source import MakeBookSource
from venues.live.dialect import ClientIdCodec
from venues.live.dialects import DIALECTS
from venues.live.finding import Finding, Level
from venues.live.pool import VenuePool
from venues.live.venue import CcxtVenue
from venues.model import Clock, Venue, VenueRejected
from venues.model.secret import Secret


class LiveAdapter:
    """See `cockpit.live.venues.Adapter`."""

    def __init__(self, clock: Clock, rng: random.Random, ids: ClientIdCodec) -> None:
        self._clock = clock
        self._rng = rng
        self._ids = ids
        self._pools: dict[tuple[str, str], VenuePool] = {}

    def make(self, wanted: Wanted, keys: Mapping[str, Secret]) -> Venue:
        account = wanted.account
        stops = [_words(finding) for finding in missing(account.venue) if finding.level is Level.STOP]
        # without keys nothing is signed, and only what is public is asked for; edgeX's SDK asks for that too
        if stops and (keys or account.venue in NATIVE):
            raise VenueRejected("; ".join(stops))
        if account.venue in NATIVE:
            return EdgexVenue(
                account=account.name,
                credentials=keys,
                clock=self._clock,
                rng=self._rng,
                symbols=wanted.symbols,
                endpoint=account.endpoint,
                read_only=wanted.read_only,
            )
        return CcxtVenue(
            account=account.name,
            dialect=DIALECTS[account.venue](),
            credentials=keys,
            clock=self._clock,
            ids=self._ids,
            symbols=wanted.symbols,
            pool=self._pools.setdefault((account.venue, account.endpoint), VenuePool()),
            endpoint=account.endpoint,
            books=self._books(account) if wanted.books and account.fast_books else None,
            read_only=wanted.read_only,
        )

    def _books(self, account: AtVenue) -> MakeBookSource | None:
        try:
            return book_source_for(account.venue, rng=self._rng, endpoint=account.endpoint)
        except ValueError as error:
            raise VenueRejected(str(error)) from None

    async def look(self, venue: Venue) -> Looked:
        """With read-only calls; what the venue does not say stops nothing."""
        if not isinstance(venue, CcxtVenue):
            return Looked()
        symbols = [venue.ccxt_symbol(symbol) for symbol in venue.instruments]
        _facts, findings = await check_account(
            venue.dialect,
            venue.ccxt,
            symbols,
            account=venue.account,
            now_ns=self._clock.now_ns(),
            trades=not venue.read_only,
        )
        return Looked(
            unfit=tuple(map(_words, (found for found in findings if found.level is Level.STOP))),
            remarks=tuple(map(_words, (found for found in findings if found.level is Level.WARN))),
        )


def _words(finding: Finding) -> str:
    return f"{finding.text} ({finding.mend})" if finding.mend else finding.text
